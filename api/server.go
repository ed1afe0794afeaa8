package api

import (
	"net/http"
	"time"
)

// The bounds of a [Server].
const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 15 * time.Second
	idleTimeout       = 60 * time.Second
	maxHeaderBytes    = 16 << 10
	maxBody           = 16 << 20 // most bytes of any request's body
	writeTimeout      = 30 * time.Second
)

// Server makes the hardened server for what [New] gives: slow clients are cut
// off, headers and bodies are capped. The long answers (exports and event
// streams) move their own deadlines on as long as the client reads.
func Server(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: readHeaderTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeaderBytes,
	}
}
