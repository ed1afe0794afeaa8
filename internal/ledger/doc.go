// Package ledger is the system of record: an ordered log of mentions and their
// revisions, what was understood of them, what people made of them, the state
// of sources and alerts, the outbox, and the bytes as they were fetched.
//
// A [Ledger] is opened with [Open]. Behind it is one SQLite file, ledger.db,
// and a directory of WARC files, captures/. A write returns when it is on disk:
// writes of many goroutines are gathered into one transaction and one sync, so
// that many small ones cost little more than a few. The bytes of a capture are
// synced before the transaction that speaks of them.
//
// [Jobs] is the queue of fetches and deliveries, in a file of its own. What is
// in it can be made again from the ledger.
package ledger
