package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jdkato/prose/v2"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/demo"
	"earshot/mention"
)

// cpu is the processor time this process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// anonymous is the resident anonymous memory of this process in bytes.
func anonymous() int64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kb int64
		if n, _ := fmt.Sscanf(line, "RssAnon: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}

func benchConfig(tb testing.TB, hook string) *config.Config {
	tb.Helper()
	dir := tb.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("whsec_"+strings.Repeat("QUJD", 11)+"\n"), 0o600); err != nil {
		tb.Fatal(err)
	}
	cfg := config.Default()
	cfg.Brands = demo.Brands()
	cfg.Fetch.AllowCIDRs = []string{"127.0.0.0/8"}
	text := fmt.Sprintf("version: 1\nrules: [{id: ae, kind: safety, notify: [hook]}]\nreceivers: [{id: hook, kind: webhook, url: %q, secret_file: %q}]\n", hook, secret)
	parsed, err := config.Parse(filepath.Join(dir, "earshot.yaml"), []byte(text))
	if err != nil {
		tb.Fatal(err)
	}
	cfg.Rules, cfg.Receivers = parsed.Rules, parsed.Receivers
	cfg.Labels = []mention.Label{{ID: "recalls", Query: "recall* OR rückruf*"}, {ID: "prices", Query: "price* NEAR/5 (high OR expensive)"}}
	cfg.Server.Listen = "127.0.0.1:0"
	cfg.SetDataDir(filepath.Join(dir, "data"))
	return cfg
}

// BenchmarkPipeline takes 90 % posts and 10 % articles the whole way, from the
// ledger's door to searchable and judged, and the same texts through prose
// alone with a shared model, its splitter off.
func BenchmarkPipeline(b *testing.B) {
	b.Run("prose", func(b *testing.B) {
		model := prose.ModelFromData("en")
		next := demo.Load(1)
		began := cpu()
		for b.Loop() {
			m := next()
			if _, err := prose.NewDocument(m.Title+" "+m.Text, prose.UsingModel(model), prose.WithSegmentation(false)); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/(cpu()-began).Seconds(), "docs/cpu-s")
	})
	b.Run("earshot", func(b *testing.B) {
		cfg := benchConfig(b, "http://127.0.0.1:1/")
		d, err := open(b.Context(), Options{Config: cfg})
		if err != nil {
			b.Fatal(err)
		}
		defer d.close(context.WithoutCancel(b.Context()))
		next := demo.Load(1)
		began := cpu()
		batch := make([]mention.Mention, 0, batchSize)
		for b.Loop() {
			m := next()
			crawler.Identify(&m)
			if batch = append(batch, m); len(batch) == cap(batch) {
				wholeWay(b, d, batch)
				batch = batch[:0]
			}
		}
		if len(batch) > 0 {
			wholeWay(b, d, batch)
		}
		b.ReportMetric(float64(b.N)/(cpu()-began).Seconds(), "docs/cpu-s")
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "docs/s")
	})
}

func wholeWay(b *testing.B, d *Daemon, batch []mention.Mention) {
	ctx := b.Context()
	if _, err := d.intake.put(ctx, mention.Batch{Source: "load", Mentions: batch}); err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	if err := d.understand.catchUp(ctx); err != nil {
		b.Fatal(err)
	}
	wg.Go(func() {
		for n := 1; n > 0; {
			var err error
			if n, err = d.alerting.some(ctx); err != nil {
				b.Error(err)
				return
			}
		}
	})
	if err := d.store.CatchUp(ctx, nil); err != nil {
		b.Error(err)
	}
	wg.Wait()
}

// BenchmarkSeen offers 200 mentions a second to a running daemon and tells how
// long after the ledger took one it was searchable, and its safety notice
// received. An operation is one mention.
func BenchmarkSeen(b *testing.B) {
	const rate = 200
	var mu sync.Mutex
	put := map[string]time.Time{}
	var searchable, received []time.Duration
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		at := time.Now()
		var notice struct {
			Data struct{ Mentions []struct{ ID string } }
		}
		if err := json.NewDecoder(r.Body).Decode(&notice); err != nil || len(notice.Data.Mentions) == 0 {
			return
		}
		mu.Lock()
		defer mu.Unlock()
		if since, ok := put[notice.Data.Mentions[0].ID]; ok {
			received = append(received, at.Sub(since))
		}
	}))
	defer hook.Close()
	cfg := benchConfig(b, hook.URL)
	ctx, stop := context.WithCancel(b.Context())
	ready := make(chan string, 1)
	d, err := open(ctx, Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Ready: func(a string) { ready <- a }})
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.run(ctx) }()
	<-ready
	watch, unwatch := context.WithCancel(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { searchable = whenSearchable(watch, d, &mu, put) })
	next := demo.Load(2)
	pace := time.NewTicker(time.Second / rate)
	n := 0
	for b.Loop() {
		<-pace.C
		m := next()
		n++
		if n%20 == 0 {
			m.Title, m.Text = "", fmt.Sprintf("I took Zentrilox last week (note %d) and ended up in hospital with a severe allergic reaction and vomiting.", n)
		}
		m.URL = fmt.Sprintf("https://load.example/%d", n)
		crawler.Identify(&m)
		mu.Lock()
		put[m.ID] = time.Now()
		mu.Unlock()
		if _, err := d.intake.put(ctx, mention.Batch{Source: "load", Mentions: []mention.Mention{m}}); err != nil {
			b.Fatal(err)
		}
	}
	pace.Stop()
	time.Sleep(2 * time.Second)
	unwatch()
	wg.Wait()
	stop()
	if err := <-ended; err != nil {
		b.Error(err)
	}
	_ = d.close(context.WithoutCancel(b.Context()))
	mu.Lock()
	defer mu.Unlock()
	tell(b, "searchable", searchable)
	tell(b, "webhook", received)
}

// whenSearchable looks every few milliseconds how far the index has come.
func whenSearchable(ctx context.Context, d *Daemon, mu *sync.Mutex, put map[string]time.Time) (took []time.Duration) {
	seen := int64(0)
	for ctx.Err() == nil {
		time.Sleep(2 * time.Millisecond)
		x, err := d.store.Index()
		if err != nil || x.Offset() <= seen {
			continue
		}
		at, end := time.Now(), x.Offset()
		changes, err := d.store.Ledger.Changes(ctx, seen, int(end-seen))
		if err != nil {
			return took
		}
		seen = end
		mu.Lock()
		for i := range changes {
			if since, ok := put[changes[i].Record.Mention.ID]; ok {
				took = append(took, at.Sub(since))
			}
		}
		mu.Unlock()
	}
	return took
}

func tell(b *testing.B, what string, took []time.Duration) {
	if len(took) == 0 {
		b.Errorf("%s: none", what)
		return
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, what+"-p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, what+"-p99-ms")
	b.ReportMetric(float64(len(took)), what+"-n")
}

// BenchmarkStart opens a data directory of 100,000 mentions: how long until
// the API answers, and how much anonymous memory an idle daemon has.
func BenchmarkStart(b *testing.B) {
	cfg := benchConfig(b, "http://127.0.0.1:1/")
	d, err := open(b.Context(), Options{Config: cfg})
	if err != nil {
		b.Fatal(err)
	}
	next := demo.Load(3)
	for range 200 {
		batch := make([]mention.Mention, 0, batchSize)
		for range batchSize {
			m := next()
			crawler.Identify(&m)
			batch = append(batch, m)
		}
		wholeWay(b, d, batch)
	}
	if err := d.close(context.WithoutCancel(b.Context())); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		ctx, stop := context.WithCancel(b.Context())
		ended, ready := make(chan error, 1), make(chan string, 1)
		go func() { ended <- Run(ctx, Options{Config: cfg, Ready: func(a string) { ready <- a }}) }()
		<-ready
		b.StopTimer()
		time.Sleep(3 * time.Second)
		b.ReportMetric(float64(anonymous())/(1<<20), "anon-MB")
		stop()
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
	}
}
