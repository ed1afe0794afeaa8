package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"earshot/internal/config"
	"earshot/mention"
)

// BenchmarkTenThousandFeeds makes a pass over 10,000 feeds, each a host of its
// own on loopback, of which a tenth has something new since the pass before,
// and takes that all the way into the index.
func BenchmarkTenThousandFeeds(b *testing.B) {
	const feeds, items = 10000, 3
	var round atomic.Int64
	port := everyHost(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		var hi, lo int64
		fmt.Sscanf(host, "127.1.%d.%d", &hi, &lo)
		n := hi<<8 | lo
		version := int64(0)
		if n%10 == 0 {
			version = round.Load()
		}
		tag := fmt.Sprintf(`"%d"`, version)
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, feedOf(n, version, items))
	}))
	cfg, err := config.Parse(filepath.Join(b.TempDir(), "earshot.yaml"), []byte("version: 1\nfetch: {allow_cidrs: [\"127.0.0.0/8\"]}\nbrands: [{id: acme, name: Acme}]\n"))
	if err != nil {
		b.Fatal(err)
	}
	for i := range feeds {
		cfg.Sources = append(cfg.Sources, mention.Source{ID: fmt.Sprintf("s%d", i), Kind: mention.SourceFeed, URL: fmt.Sprintf("http://127.1.%d.%d:%s/", i>>8, i&255, port)})
	}
	s, err := OpenStore(b.Context(), cfg.DataDir(), cfg.Location(), slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	pass := func(want int) {
		b.Helper()
		result, err := s.Fetch(context.WithoutCancel(b.Context()), FetchOptions{Config: cfg, Sources: cfg.Sources, Log: slog.New(slog.DiscardHandler)})
		if err != nil || len(result.Failed) > 0 || result.New != want {
			b.Fatalf("%d new, want %d; %d failed; %v", result.New, want, len(result.Failed), err)
		}
	}
	pass(feeds * items)
	began := cpu()
	for b.Loop() {
		round.Add(1)
		pass(feeds / 10)
	}
	b.ReportMetric((cpu()-began).Seconds()/float64(b.N), "cpu-s/pass")
	b.ReportMetric(float64(anonymous()>>20), "anon-MB")
}

// feedOf is a feed whose newest item is of a version.
func feedOf(n, version int64, items int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<rss version="2.0"><channel><title>feed %d</title>`, n)
	for i := range items {
		at := version + int64(items-i)
		fmt.Fprintf(&b, `<item><title>Story %d of feed %d</title><link>https://f%d.example/%d</link><description>Acme and others said something worth a line in feed %d, again.</description></item>`, at, n, n, at, n)
	}
	b.WriteString("</channel></rss>")
	return b.String()
}

// everyHost serves at every address of loopback until the benchmark ends, and
// gives the port.
func everyHost(b *testing.B, h http.Handler) string {
	b.Helper()
	srv := httptest.NewUnstartedServer(h)
	l, err := (&net.ListenConfig{}).Listen(b.Context(), "tcp", "0.0.0.0:0")
	if err != nil {
		b.Fatal(err)
	}
	srv.Listener.Close()
	srv.Listener = l
	srv.Start()
	b.Cleanup(srv.Close)
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	return port
}
