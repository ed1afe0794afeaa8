// Package demo is a small web of its own: about a dozen sources that talk
// about invented pharma brands, with receivers for what the daemon sends.
//
// [NewWorld] writes sixty days of posts, articles, reviews, press releases and
// forum comments, and goes on writing after that for as long as it is asked.
// Everything it writes follows from a seed and the time at which the past
// ends, so [World.Truth] knows what a daemon should have found.
//
// [World.Serve] puts the world on loopback: a port for each source, a webhook
// receiver, a mail server. [World.Config] is the configuration of a daemon
// that listens to it; [World.Inbox] shows what that daemon delivered. [Load]
// is an endless stream of mentions for benchmarks, without any server.
//
// Brands, products, people and sites are invented; the sites live under the
// reserved domain "example". The cities are real, so that they can be found as
// places.
package demo
