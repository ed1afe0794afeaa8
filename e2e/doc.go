// Package e2e runs the built binary against real peers: a browser, a mail
// server, an OpenAPI validator and client generator, a spreadsheet, systemd. It is a module
// of its own, so that none of them is a dependency of the program.
package e2e
