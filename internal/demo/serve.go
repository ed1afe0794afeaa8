package demo

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// overlap is how much older than a reader's validator the items are that the
// reader gets again; freshItems is how many it gets at least.
const (
	overlap    = 15 * time.Minute
	freshItems = 40
)

// servers is what Serve has started.
type servers struct {
	bases   map[string]string // by source: scheme, host and port
	hook    string            // address of the webhook receiver
	mail    *net.TCPAddr      // address of the mail server
	ca      []byte            // certificate of the private CA, PEM
	secret  string            // of the webhook
	hits    map[string]int    // requests by source and path, bounded by maxHits
	hitsMu  sync.Mutex
	stopped chan struct{}
}

// maxHits bounds how many different paths are counted.
const maxHits = 4096

// base returns where a source is served; empty before Serve.
func (w *World) base(source string) string { return w.bases[source] }

// Serve puts the world on loopback and returns when every part of it listens.
// It all ends when ctx is done; Wait waits for that. Serve may be called once.
func (w *World) Serve(ctx context.Context) error {
	if w.stopped != nil {
		return errors.New("demo: served already")
	}
	authority, err := newAuthority(time.Now())
	if err != nil {
		return err
	}
	w.ca, w.secret = authority.pem, newSecret()
	w.bases, w.hits, w.stopped = map[string]string{}, map[string]int{}, make(chan struct{})
	var listeners []net.Listener
	open := func() (net.Listener, error) {
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err == nil {
			listeners = append(listeners, l)
		}
		return l, err
	}
	for range len(w.outlets) + 2 {
		if _, err := open(); err != nil {
			for _, l := range listeners {
				_ = l.Close() // nothing was served on it
			}
			close(w.stopped)
			return fmt.Errorf("demo: listen: %w", err)
		}
	}
	w.start(ctx, listeners, authority.server)
	return nil
}

// start serves the sources, the webhook receiver and the mail server, in the
// order of the listeners, until ctx is done.
func (w *World) start(ctx context.Context, listeners []net.Listener, cert *tls.Config) {
	var running sync.WaitGroup
	var stops []func() error
	serve := func(l net.Listener, h http.Handler) {
		s := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 16 << 10}
		stops = append(stops, s.Close)
		running.Go(func() { _ = s.Serve(l) }) // ends with ErrServerClosed when ctx is done
	}
	for i := range w.outlets {
		w.bases[w.outlets[i].id] = "http://" + listeners[i].Addr().String()
		serve(listeners[i], w.source(i))
	}
	n := len(w.outlets)
	w.hook = "http://" + listeners[n].Addr().String() + "/hook"
	serve(listeners[n], w.inbox.receiver(w.secret, w.now))
	w.mail, _ = listeners[n+1].Addr().(*net.TCPAddr)
	mail := newMailServer(w.inbox, cert, w.now)
	// Close knows only listeners that Serve has seen, and it may not have yet.
	stops = append(stops, listeners[n+1].Close, mail.Close)
	running.Go(func() { _ = mail.Serve(listeners[n+1]) })
	go func() {
		<-ctx.Done()
		for _, stop := range stops {
			_ = stop() // whatever is closed already may say so
		}
		running.Wait()
		close(w.stopped)
	}()
}

// Wait returns when all that Serve started has ended, which it does after its
// context is done.
func (w *World) Wait() {
	if w.stopped != nil {
		<-w.stopped
	}
}

// Hits returns how often a path of a source was asked for.
func (w *World) Hits(source, path string) int {
	w.hitsMu.Lock()
	defer w.hitsMu.Unlock()
	return w.hits[source+" "+path]
}

func (w *World) hit(source, path string) {
	w.hitsMu.Lock()
	defer w.hitsMu.Unlock()
	if key := source + " " + path; len(w.hits) < maxHits || w.hits[key] > 0 {
		w.hits[key]++
	}
}

// source returns the handler of one source.
func (w *World) source(i int) http.Handler {
	o := &w.outlets[i]
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		now := w.now()
		w.hit(o.id, r.URL.Path)
		switch {
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			http.Error(rw, "read only", http.StatusMethodNotAllowed)
		case r.URL.Path == "/robots.txt":
			answer(rw, r, "text/plain; charset=utf-8", []byte(robots))
		case o.broken && w.brokenAt(now):
			http.Error(rw, "The corner dispensary is moving house. The blog is back in a minute.", http.StatusNotFound)
		case o.format == formatSite:
			page(rw, r, w.sitePage(r.URL.Path, now))
		case o.format == formatPage && r.URL.Path == "/prices":
			page(rw, r, w.renderPrices(now))
		case r.URL.Path == feedPath(o):
			w.feed(rw, r, i, now)
		default:
			http.NotFound(rw, r)
		}
	})
}

// brokenAt says when the source that fails does so: never before the live part
// and in its first 20 seconds, then 40 seconds of every minute.
func (w *World) brokenAt(now time.Time) bool {
	live := now.Sub(w.end)
	return live > 0 && live%time.Minute >= 20*time.Second
}

func feedPath(o *outlet) string {
	switch o.format {
	case formatJSON:
		return "/feed.json"
	case formatAtom:
		return "/atom.xml"
	default:
		return "/rss.xml"
	}
}

// feed answers for a feed, with 304 for who has seen it all. Who comes back
// with the tag of an earlier answer gets what is new since then and some more, not
// all the sixty days: a feed that changes every few seconds would be most of
// the work of a small machine.
func (w *World) feed(rw http.ResponseWriter, r *http.Request, source int, now time.Time) {
	o := &w.outlets[source]
	items := w.visible(source, now, feedItems)
	changed := w.end.Add(-Past)
	for i := range items {
		if c := items[i].changed(now); c.After(changed) {
			changed = c
		}
	}
	if o.churn {
		if churned := now.UTC().Truncate(time.Minute); churned.After(changed) {
			changed = churned
		}
	}
	tag := `"` + strconv.FormatInt(changed.UnixMilli(), 36) + `"`
	rw.Header().Set("ETag", tag)
	rw.Header().Set("Last-Modified", changed.UTC().Format(http.TimeFormat))
	rw.Header().Set("Cache-Control", "no-cache")
	rw.Header().Set("Vary", "Accept-Encoding")
	had := r.Header.Get("If-None-Match")
	if had == "" {
		if t, err := http.ParseTime(r.Header.Get("If-Modified-Since")); err == nil && !changed.After(t) {
			rw.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if strings.Contains(had, tag) {
		rw.WriteHeader(http.StatusNotModified)
		return
	}
	if since, ok := tagTime(had); ok {
		items = newer(items, since.Add(-overlap), now)
	}
	f := feed{o: o, self: w.base(o.id) + feedPath(o), now: now, items: items}
	contentType, body, err := f.render()
	if err != nil {
		http.Error(rw, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(rw, r, contentType, body)
}

// tagTime reads the time out of a tag of ours.
func tagTime(header string) (time.Time, bool) {
	header = strings.Trim(strings.TrimPrefix(header, "W/"), `"`)
	ms, err := strconv.ParseInt(header, 36, 64)
	return time.UnixMilli(ms), err == nil && header != ""
}

// newer keeps what changed after a time, and the first few in any case.
func newer(items []Item, since, now time.Time) []Item {
	var out []Item
	for i := range items {
		if i < freshItems || items[i].changed(now).After(since) {
			out = append(out, items[i])
		}
	}
	return out
}

func page(rw http.ResponseWriter, r *http.Request, body []byte) {
	if len(body) == 0 {
		http.NotFound(rw, r)
		return
	}
	answer(rw, r, "text/html; charset=utf-8", body)
}

// answer writes a body, compressed for who takes that.
func answer(rw http.ResponseWriter, r *http.Request, contentType string, body []byte) {
	rw.Header().Set("Content-Type", contentType)
	rw.Header().Set("Vary", "Accept-Encoding")
	if r.Method == http.MethodHead {
		return
	}
	if len(body) < 1024 || !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		_, _ = rw.Write(body) // the reader has gone
		return
	}
	rw.Header().Set("Content-Encoding", "gzip")
	z, err := gzip.NewWriterLevel(rw, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is a constant
	}
	_, _ = z.Write(body)
	_ = z.Close()
}
