// Package daemon wires the stages into one straight way and runs it: sources
// are fetched into the ledger, understood, and what was understood is followed
// by the index and by the alert engine, each at its own offset.
//
// A [Store] is an open data directory; the commands that work without a daemon
// use it alone. [Run] is the daemon.
package daemon
