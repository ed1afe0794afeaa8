// Package query is the language in which people ask for mentions.
//
// [Parse] reads a query and says what is wrong with it. A [Query] answers for
// one [Document]; a [Set] answers for many saved queries at once. The index
// compiles [Query.Root] and tokenizes with [Tokenize], so that all three give
// the same answer for every query and document.
//
// The manual of the language is docs/query.md.
package query
