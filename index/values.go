package index

import (
	"earshot/mention"
	"earshot/query"
)

// fieldValues returns the values of a row that a keyword field is compared
// with; of a site, the host first and then the domains above it.
func fieldValues(row *mention.Row, name string) []string { return query.Values(name, row) }
