package index

import (
	"strings"

	"earshot/query"
)

// A finder writes the queries that find what was counted.
type finder struct {
	q    string
	own  bool     // own channels are found by q and were not counted
	mute bool     // no query finds what was counted
	host []string // sites found by q: those below a site are not counted with it
}

// query returns the query that finds what q finds and all conditions hold
// for; nothing when there is none.
func (f *finder) query(conditions ...string) string {
	if f.mute {
		return ""
	}
	text := f.q
	for _, c := range conditions {
		if c == "" {
			return ""
		}
		if text == f.q {
			text = narrowed(f.q, c)
		} else {
			text += " AND " + c
		}
	}
	if !f.own {
		if text == "" {
			return "*"
		}
		return text
	}
	switch {
	case text != f.q:
		return text + " NOT flag:" + query.FlagOwn
	case text == "" || text == "*":
		return "time:[* TO *] NOT flag:" + query.FlagOwn
	}
	return "(" + text + ") NOT flag:" + query.FlagOwn
}

// maxBelow is how many sites below a site a query may leave out.
const maxBelow = 300

// condition returns the condition that holds for mentions with a value of a
// dimension that is not time; nothing when a query cannot say it. The value is
// as the index knows it.
func (f *finder) condition(dim, value string) string {
	if dim == dimSentiment && (value == query.FlagUnscored || value == query.FlagUnsupported) {
		return "flag:" + value
	}
	if strings.ContainsAny(value, "\"“”„*?") {
		return ""
	}
	text := dim + `:"` + value + `"`
	parsed, _ := query.Parse(text)
	if parsed == nil {
		return ""
	}
	if k, ok := parsed.Root().(*query.Keyword); !ok || k.Value != value || k.Wildcard {
		return ""
	}
	if dim != "site" {
		return text
	}
	var below []string
	for _, host := range f.host {
		if strings.HasSuffix(host, "."+value) {
			below = append(below, `"`+host+`"`)
		}
	}
	switch {
	case len(below) == 0:
		return text
	case len(below) > maxBelow:
		return ""
	}
	text = "(" + text + " NOT site:(" + strings.Join(below, " OR ") + "))"
	if parsed, _ := query.Parse(text); parsed == nil {
		return ""
	}
	return text
}

// checked returns queries, but nothing for those that are too long to be
// asked. A query that parses vouches for shorter ones of the same shape.
func checked(list []string) []string {
	longest := ""
	for _, text := range list {
		if len(text) > len(longest) {
			longest = text
		}
	}
	if longest == "" {
		return list
	}
	if q, _ := parse(longest); q != nil {
		return list
	}
	for i, text := range list {
		if q, _ := parse(text); q == nil {
			list[i] = ""
		}
	}
	return list
}

// narrowed joins a condition to a query.
func narrowed(q, condition string) string {
	if q == "" || q == "*" {
		return condition
	}
	return "(" + q + ") AND " + condition
}
