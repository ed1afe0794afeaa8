package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/alerts"
	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
)

// manyRules are rules of which a mention of twenty words meets about one.
func manyRules(n int) []alerts.Rule {
	r := rand.New(rand.NewPCG(1, 2))
	rules := make([]alerts.Rule, n)
	for i := range rules {
		rules[i] = alerts.Rule{ID: fmt.Sprint("r", i), Match: fmt.Sprintf("w%d AND w%d", r.IntN(3000), r.IntN(3000)), Notify: alerts.Words{"hook"}}
		switch i % 10 {
		case 1, 3, 5, 7:
			rules[i].Kind, rules[i].Count, rules[i].Window = alerts.KindThreshold, 2, mention.Duration(time.Hour)
		case 9:
			rules[i].Kind = alerts.KindSpike
		}
	}
	return rules
}

func manyWords(r *rand.Rand) string {
	var b strings.Builder
	for range 20 {
		fmt.Fprintf(&b, "w%d ", int(20000*r.Float64()*r.Float64()*r.Float64()))
	}
	return b.String()
}

func ruleConfig(n int) *config.Config {
	cfg := config.Default()
	cfg.Rules = manyRules(n)
	cfg.Receivers = []alerts.Receiver{{ID: "hook", Kind: "webhook", URL: "https://hook.example/", SecretFile: "x", Cap: 10_000}}
	return cfg
}

// put stores and analyses mentions, without any language model.
func putAnalyzed(b *testing.B, led ledger.Ledger, first, n int, r *rand.Rand) {
	b.Helper()
	batch := mention.Batch{Source: "s"}
	at := now()
	for i := range n {
		m := mention.Mention{ID: fmt.Sprint("m", first+i), Title: manyWords(r), Source: "s", Kind: "post", URL: fmt.Sprint("https://a.example/", first+i), Published: at, Seen: at, Collected: at}
		batch.Mentions = append(batch.Mentions, m)
	}
	got, err := led.Append(b.Context(), at, batch)
	if err != nil {
		b.Fatal(err)
	}
	list := make([]ledger.Understood, len(got.IDs))
	for i, id := range got.IDs {
		list[i] = ledger.Understood{ID: id, Revision: 1, Kind: mention.ChangeNew, Analysis: mention.Analysis{Status: mention.StatusOK, Language: "en", Models: "m"}}
	}
	if err := led.PutUnderstood(b.Context(), got.LastSeq, list); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkOutbox offers 1,000 analysed mentions a second to 10,000 rules and
// tells how long after each batch entered the log its notices were committed.
// An operation is one mention.
func BenchmarkOutbox(b *testing.B) {
	const group = 10
	led, err := ledger.Open(b.Context(), ledger.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer led.Close()
	a, err := newAlerting(b.Context(), ruleConfig(10_000), led, now, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	var took []time.Duration
	began := time.Now()
	b.ResetTimer()
	for i := 0; i < b.N; i += group {
		if wait := time.Until(began.Add(time.Duration(i) * time.Millisecond)); wait > 0 {
			time.Sleep(wait)
		}
		putAnalyzed(b, led, i, group, r)
		at := time.Now()
		for n := 1; n > 0 || a.engine.Waits(); {
			if n, err = a.some(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		took = append(took, time.Since(at))
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "mentions/s")
}

// ruleFile is a configuration of 10,000 rules of which one has the given name.
func ruleFile(name string) []byte {
	text := []byte("version: 1\nserver: {listen: \"127.0.0.1:0\"}\nreceivers:\n  - {id: hook, kind: webhook, url: 'https://hook.example/', secret_file: x, cap: 10000}\nrules:\n")
	for i, r := range manyRules(10_000) {
		if i != 5000 {
			name = fmt.Sprint("Rule ", i)
		}
		text = fmt.Appendf(text, "  - id: %s\n    name: %s\n    kind: %s\n    match: '%s'\n    count: %d\n    window: %s\n    notify: [hook]\n", r.ID, name, r.Kind, r.Match, r.Count, r.Window)
	}
	return text
}

// BenchmarkRulesLive is a file of 10,000 rules of which one was changed that
// is read, checked and goes into force, over counters that are kept.
func BenchmarkRulesLive(b *testing.B) {
	led, err := ledger.Open(b.Context(), ledger.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer led.Close()
	path := filepath.Join(b.TempDir(), "earshot.yaml")
	var reader config.Reader
	write := func(name string) *config.Config {
		if err := os.WriteFile(path, ruleFile(name), 0o600); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		cfg, err := reader.Load(path)
		if err != nil {
			b.Fatal(err)
		}
		return cfg
	}
	a, err := newAlerting(b.Context(), write("first"), led, now, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 20 {
		putAnalyzed(b, led, 500*i, 500, r)
		if _, err := a.some(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		if err := a.reload(b.Context(), write(fmt.Sprint("edit ", i))); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRuleEdit is how long after one of 10,000 rules was changed in the
// file a daemon judges by it: the watch of the file included.
func BenchmarkRuleEdit(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "earshot.yaml")
	write := func(name string) {
		if err := os.WriteFile(path, ruleFile(name), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	write("first")
	var reader config.Reader
	load := func() (*config.Config, error) { return reader.Load(path) }
	cfg, err := load()
	if err != nil {
		b.Fatal(err)
	}
	d, err := open(b.Context(), Options{Config: cfg, Reload: load})
	if err != nil {
		b.Fatal(err)
	}
	defer d.close(b.Context())
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 20 {
		putAnalyzed(b, d.store.Ledger, 500*i, 500, r)
		if _, err := d.alerting.some(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(b.Context())
	defer stop()
	go d.watchConfig(ctx)
	inForce := func() *alerts.Engine {
		d.alerting.mu.Lock()
		defer d.alerting.mu.Unlock()
		return d.alerting.engine
	}
	var took []time.Duration
	b.ResetTimer()
	for i := range b.N {
		b.StopTimer()
		was := inForce()
		time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond)
		write(fmt.Sprint("edit ", i))
		b.StartTimer()
		began := time.Now()
		for inForce() == was {
			time.Sleep(100 * time.Microsecond)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "max-ms")
}

// BenchmarkTrial is a back-test of one rule, and of a hundred, over stored
// history. An operation is one mention.
func BenchmarkTrial(b *testing.B) {
	const stored = 50_000
	s, err := OpenStore(b.Context(), b.TempDir(), time.UTC, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	r := rand.New(rand.NewPCG(5, 6))
	for i := 0; i < stored; i += 1000 {
		putAnalyzed(b, s.Ledger, i, 1000, r)
	}
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("%d rules", n), func(b *testing.B) {
			cfg := ruleConfig(n)
			cfg.Rules[0].Match = "w1*"
			runs := 0
			for b.Loop() {
				if _, err := s.Try(b.Context(), cfg, Trial{Do: TryBacktest, Rules: cfg.Rules}); err != nil {
					b.Fatal(err)
				}
				runs++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(runs)/stored, "µs/mention")
		})
	}
}

// BenchmarkMemory is what rules and groups cost in memory.
func BenchmarkMemory(b *testing.B) {
	for _, size := range []struct{ rules, groups int }{{100, 1}, {100, 100}, {1000, 10}, {1000, 100}} {
		b.Run(fmt.Sprintf("%d rules of %d groups", size.rules, size.groups), func(b *testing.B) {
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			var e *alerts.Engine
			for b.Loop() {
				e = filledEngine(b, size.rules, size.groups)
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(size.rules*size.groups), "B/group")
			runtime.KeepAlive(e)
		})
	}
}

func filledEngine(b *testing.B, rules, groups int) *alerts.Engine {
	b.Helper()
	list := make([]alerts.Rule, rules)
	for i := range list {
		list[i] = alerts.Rule{ID: fmt.Sprint("r", i), Kind: alerts.KindSpike, By: alerts.Words{"site"}}
	}
	e, err := alerts.NewEngine(alerts.Options{Rules: list})
	if err != nil {
		b.Fatal(err)
	}
	at := now()
	for i := range groups * 3 {
		at = at.Add(time.Minute)
		m := mention.Mention{ID: fmt.Sprint("m", i), Revision: 1, Title: "a title of common length about a product", Site: fmt.Sprint("s", i%groups), Published: at, Seen: at, Collected: at}
		e.Step(at, []mention.Change{{Seq: int64(i + 1), Kind: mention.ChangeNew, At: at, Record: mention.Record{Mention: m}}})
	}
	return e
}
