package daemon

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/internal/config"
	"earshot/mention"
)

const (
	goodHosts    = 60
	hostileHosts = 80
	goodEvery    = 2 * time.Second
)

// BenchmarkHostile runs a daemon over 60 good feeds, each a host of its own
// asked every two seconds, by themselves and then beside 80 hostile hosts asked
// as often: bombs, floods, drips, silence, loops and nonsense. It tells how
// late the good ones are asked, and the ratio of the two.
func BenchmarkHostile(b *testing.B) {
	bombs := hostileBodies(b)
	for b.Loop() {
		var alone, beside []time.Duration
		asked := 0
		for range 2 { // in turns, as other work on the machine comes and goes
			late, _ := lateness(b, bombs, 0)
			alone = append(alone, late...)
			late, n := lateness(b, bombs, hostileHosts)
			beside, asked = append(beside, late...), asked+n
		}
		slices.Sort(alone)
		slices.Sort(beside)
		b.ReportMetric(mean(beside).Seconds()/mean(alone).Seconds(), "x-late-mean")
		b.ReportMetric(float64(mean(alone).Milliseconds()), "ms-late-alone")
		b.ReportMetric(float64(mean(beside).Milliseconds()), "ms-late-beside")
		b.ReportMetric(float64(alone[len(alone)*95/100].Milliseconds()), "ms-late-alone-p95")
		b.ReportMetric(float64(beside[len(beside)*95/100].Milliseconds()), "ms-late-beside-p95")
		b.ReportMetric(float64(asked), "hostile-requests")
	}
}

func mean(list []time.Duration) time.Duration {
	var sum time.Duration
	for _, d := range list {
		sum += d
	}
	return sum / time.Duration(len(list))
}

// lateness is how long after their time the good feeds were asked, and how
// often the hostile ones were.
func lateness(b *testing.B, bombs map[string][]byte, hostile int) (late []time.Duration, asked int) {
	b.Helper()
	var mu sync.Mutex
	last := map[string]time.Time{}
	const due = goodEvery - goodEvery/40 // the schedule takes off a twentieth at most, at random
	over := make(chan struct{})
	port := everyHost(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.Host)
		var kind, n int64
		fmt.Sscanf(host, "127.1.%d.%d", &kind, &n)
		if kind == 1 {
			mu.Lock()
			asked++
			mu.Unlock()
			misbehave(w, r, int(n), bombs, over)
			return
		}
		mu.Lock()
		if at, ok := last[host]; ok {
			late = append(late, time.Since(at)-due)
		}
		mu.Unlock()
		fmt.Fprint(w, feedOf(n, time.Now().Unix(), 3))
		mu.Lock()
		last[host] = time.Now()
		mu.Unlock()
	}))
	defer close(over)
	cfg, err := config.Parse(filepath.Join(b.TempDir(), "earshot.yaml"), []byte("version: 1\nfetch: {allow_cidrs: [\"127.0.0.0/8\"]}\nserver: {listen: \"127.0.0.1:0\"}\nbrands: [{id: acme, name: Acme}]\n"))
	if err != nil {
		b.Fatal(err)
	}
	for kind, count := range []int{goodHosts, hostile} {
		for n := range count {
			cfg.Sources = append(cfg.Sources, mention.Source{ID: fmt.Sprintf("s%d-%d", kind, n), Kind: mention.SourceFeed, Every: mention.Duration(goodEvery), URL: fmt.Sprintf("http://127.1.%d.%d:%s/", kind, n, port)})
		}
	}
	ctx, cancel := context.WithTimeout(b.Context(), 20*time.Second)
	defer cancel()
	if err := Run(ctx, Options{Config: cfg, Log: slog.New(slog.DiscardHandler)}); err != nil {
		b.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(late) < goodHosts {
		b.Fatalf("the good feeds were asked %d times", len(late))
	}
	return late, asked
}

// hostileBodies are what the hostile hosts send.
func hostileBodies(b *testing.B) map[string][]byte {
	b.Helper()
	pack := func(head, piece string, n int) []byte {
		var out bytes.Buffer
		z := gzip.NewWriter(&out)
		fmt.Fprint(z, head)
		for range n {
			fmt.Fprint(z, piece)
		}
		if err := z.Close(); err != nil {
			b.Fatal(err)
		}
		return out.Bytes()
	}
	const head = "<rss><channel>"
	return map[string][]byte{
		"bomb":   pack(head+"<item><title>", strings.Repeat(" ", 1<<20), 100),
		"nested": pack(head+"<item>", strings.Repeat("<a:b>", 1000), 1000),
		"items":  pack(head, strings.Repeat("<item><title>i</title></item>", 1000), 150),
	}
}

// misbehave answers as the n-th hostile host does.
func misbehave(w http.ResponseWriter, r *http.Request, n int, bombs map[string][]byte, over chan struct{}) {
	wait := func(d time.Duration) bool {
		select {
		case <-time.After(d):
			return true
		case <-over:
		case <-r.Context().Done():
		}
		return false
	}
	switch n % 8 {
	case 0: // a byte a second
		for wait(time.Second) {
			fmt.Fprint(w, " ")
			w.(http.Flusher).Flush() //nolint:forcetypeassert // the server's own
		}
	case 1: // nothing at all
		wait(time.Minute)
	case 2, 3, 4:
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(bombs[[]string{"bomb", "nested", "items"}[n%8-2]])
	case 5: // without end
		for piece := bytes.Repeat([]byte("<item><title>more</title></item>"), 2000); ; {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	case 6:
		http.Redirect(w, r, "/again"+r.URL.Path, http.StatusFound)
	case 7:
		fmt.Fprint(w, "<html><body>", strings.Repeat("<div>", 10000))
	}
}
