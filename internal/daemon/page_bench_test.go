package daemon

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/demo"
	"earshot/mention"
)

// counted is a backend that counts the questions put to the index.
type countedBackend struct {
	backend
	n *atomic.Int64
}

func (c countedBackend) Search(ctx context.Context, s mention.Search) (mention.Page, error) {
	c.n.Add(1)
	return c.backend.Search(ctx, s)
}

func (c countedBackend) Count(ctx context.Context, q string) (uint64, error) {
	c.n.Add(1)
	return c.backend.Count(ctx, q)
}

func (c countedBackend) Histogram(ctx context.Context, q, interval string, zone *time.Location) (mention.Series, error) {
	c.n.Add(1)
	return c.backend.Histogram(ctx, q, interval, zone)
}

func (c countedBackend) Facets(ctx context.Context, q string, fields []string, size int) ([]mention.Facet, error) {
	c.n.Add(1)
	return c.backend.Facets(ctx, q, fields, size)
}

func (c countedBackend) Aggregate(ctx context.Context, a mention.Aggregation) (mention.Table, error) {
	c.n.Add(1)
	return c.backend.Aggregate(ctx, a)
}

func (c countedBackend) Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error) {
	c.n.Add(1)
	return c.backend.Scorecard(ctx, s)
}

func (c countedBackend) Voices(ctx context.Context, s mention.VoiceSearch) (mention.Voices, error) {
	c.n.Add(1)
	return c.backend.Voices(ctx, s)
}

func (c countedBackend) Activities(ctx context.Context, s mention.ActivitySearch) (mention.Activities, error) {
	c.n.Add(1)
	return c.backend.Activities(ctx, s)
}

func (c countedBackend) Trends(ctx context.Context, s mention.TrendSearch) (mention.Trends, error) {
	c.n.Add(1)
	return c.backend.Trends(ctx, s)
}

func (c countedBackend) Peaks(ctx context.Context, s mention.PeakSearch) (mention.Peaks, error) {
	c.n.Add(1)
	return c.backend.Peaks(ctx, s)
}

// benchPages are the pages, and the heaviest states of some.
var benchPages = []string{
	"/", "/?period=30d", "/mentions", "/mentions?q=brand:brand-1+AND+sentiment:negative", "/mentions?fold=1", "/trends", "/competitors", "/compare", "/voices",
	"/alerts", "/alerts?tab=rules", "/sources", "/boards", "/boards/desk", "/reports", "/rules/new?match=brand:brand-1", "/settings", "/api/v1/docs",
}

// BenchmarkPages asks for every page over -size mentions while more of them are
// indexed, each time counted anew, and tells the median, the 95th percentile and the weight of the
// HTML, uncompressed; the style and the script, which browsers keep, are told once.
func BenchmarkPages(b *testing.B) {
	dir := *keep
	if dir == "" {
		dir = b.TempDir()
	}
	from := time.Now().UTC().Add(-time.Duration(*size) * dataStep).Truncate(time.Second)
	s := dataStoreIn(b, filepath.Join(dir, "data"), from)
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	d := pageDaemon(b, dir)
	var n atomic.Int64
	h, err := api.New(api.Options{Backend: countedBackend{backend{d}, &n}, Hub: &d.hub, Zone: time.UTC})
	if err != nil {
		b.Fatal(err)
	}
	ctx, stop := context.WithCancel(b.Context())
	var wg sync.WaitGroup
	x, err := d.store.Index()
	if err != nil {
		b.Fatal(err)
	}
	began := time.Now()
	if err := x.Warm(ctx, now().Add(-warmFor)); err != nil {
		b.Fatal(err)
	}
	b.Logf("read ahead in %.2f s", time.Since(began).Seconds())
	wg.Go(func() { d.keepWarm(ctx) })
	wg.Go(func() { indexOn(ctx, d, from) })
	defer func() { stop(); wg.Wait() }()
	ask := func(path string) (int, int) {
		r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://127.0.0.1"+path, nil)
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.Len()
	}
	_, style := ask("/assets/style.css")
	_, script := ask("/assets/app.js")
	for _, path := range benchPages {
		b.Run(strings.NewReplacer("/", "_", "?", ".").Replace(path), func(b *testing.B) {
			var took []time.Duration
			weight, used := 0, cpu()
			n.Store(0)
			for b.Loop() {
				d.hub.Edited() // or what was counted before would be shown again
				began := time.Now()
				code, size := ask(path)
				took = append(took, time.Since(began))
				if weight = size; code != http.StatusOK {
					b.Fatalf("%s: %d", path, code)
				}
			}
			slices.Sort(took)
			at := func(p float64) float64 { return took[min(len(took)-1, int(p*float64(len(took))))].Seconds() * 1000 }
			b.ReportMetric(at(.5), "ms-p50")
			b.ReportMetric(at(.95), "ms-p95")
			b.ReportMetric((cpu()-used).Seconds()*1000/float64(len(took)), "cpu-ms")
			b.ReportMetric(float64(weight)/1024, "KB")
			b.ReportMetric(float64(weight+style+script)/1024, "KB-in-all")
			b.ReportMetric(float64(n.Load())/float64(len(took)), "queries")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// pageDaemon is a daemon on the data whose stages do not run: what indexes
// beside the pages is the benchmark's own.
func pageDaemon(b *testing.B, dir string) *Daemon {
	b.Helper()
	var brands []string
	for i := range 7 {
		brands = append(brands, fmt.Sprintf("  - {id: brand-%d, name: Brand %d, role: %s}", i, i, []string{"own", "competitor"}[min(i, 1)]))
	}
	text := "version: 1\nbrands:\n" + strings.Join(brands, "\n") + `
rules: [{id: many, kind: threshold, match: "brand:brand-1", count: 100, window: 1h}]
boards: [{id: desk, parts: [{chart: number, query: "sentiment:negative"}, {chart: lines, breakdown: brand}, {chart: stacked}, {breakdown: site}, {breakdown: entity}]}]
`
	d := opened(b, dir, text)
	b.Cleanup(func() {
		if err := d.close(context.WithoutCancel(b.Context())); err != nil {
			b.Error(err)
		}
	})
	return d
}

// opened is a daemon of a configuration whose stages do not run; who asks for
// it closes it.
func opened(b *testing.B, dir, text string) *Daemon {
	b.Helper()
	path := filepath.Join(dir, "earshot.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		b.Fatal(err)
	}
	d, err := open(b.Context(), Options{Config: cfg})
	if err != nil {
		b.Fatal(err)
	}
	return d
}

// indexOn stores and indexes twenty mentions ten times a second.
func indexOn(ctx context.Context, d *Daemon, from time.Time) {
	next := demo.Load(9)
	for n := *size; ctx.Err() == nil; n += 20 {
		if err := putLoad(ctx, d.store, next, n+10_000_000, 20, from.Add(-10_000_000*dataStep)); err == nil {
			_ = d.store.CatchUp(ctx, nil) // the next one says what is wrong
		}
		sleep(ctx, 100*time.Millisecond)
	}
}
