// Package index keeps mentions searchable: it answers the questions of the
// query language exactly, newest first, and counts over time and by value.
//
// An [Index] is a set of shards, one for each month of publication, each a
// bleve index in a directory of its own that is opened when a question needs
// it. The index is a consumer of the analyzed log: it can be thrown away and
// filled again, and remembers in [Index.Offset] how far it has read.
//
// Bleve keeps the terms, their positions and the sets of documents they stand
// in. A query is evaluated segment by segment on these sets; what stands in
// a row, near each other, in one sentence or in one spelling is decided from
// positions. Where the index cannot decide (raw characters, a few letters
// whose case cannot be told back), the rows in doubt are read from the ledger
// and decided by [query.Query.Match]: search and match always agree.
//
// The records themselves are not kept here; rows of an answer come from
// [Options].Records.
package index
