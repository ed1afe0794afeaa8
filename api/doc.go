// Package api is the door of the daemon: the HTTP API with its OpenAPI
// document, the event stream, the exports, the health and metrics endpoints,
// and the pages.
//
// [New] makes one handler of it all. It denies by default: without a token it
// answers loopback clients alone. What it needs of the daemon is the
// [Backend]; it knows no store, no index and no rule engine.
package api
