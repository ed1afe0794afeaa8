// Package crawler brings in what sources publish: feeds, sites and watched
// pages.
//
// A [Collector] makes one pass over one source and gives what it found in
// batches; the last one carries what the source must remember. All collectors
// of a process share one [Hosts], which keeps them polite: one request at a
// time to a host, a second between two, robots.txt obeyed, and a host that
// asks for rest left alone.
//
// Whatever the world sends is bounded in bytes, depth, items and time before
// a library sees it, and what cannot be read becomes a [FetchError] that says
// in words what to do.
package crawler
