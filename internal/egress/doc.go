// Package egress makes every client that this program sends to the network.
//
// An [Egress] guards the address of each connection at dial time, after names
// are resolved and again on every redirect, so that no source, link, redirect
// or receiver can make the program talk to the machine it runs on or to the
// network around it. It caps bodies after decompression, bounds the time of a
// whole exchange, and knows the configured proxy and private CA.
//
// No other package may construct an http.Client, an http.Transport or a
// net.Dialer for the outside.
package egress
