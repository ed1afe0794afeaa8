// Package ledger is the system of record: an ordered log of mentions and
// their revisions, the analyzed log that every later stage follows, the state
// of sources, curation, alerts, deliveries and audit, and the captures they
// came from.
//
// [Open] gives the SQLite one. Everything that reads a ledger does so through
// [Ledger]; no SQL and no SQLite type crosses this package's edge.
package ledger
