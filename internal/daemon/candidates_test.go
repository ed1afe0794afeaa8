package daemon

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"earshot/alerts"
	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/demo"
	"earshot/internal/ledger"
	"earshot/mention"
)

// What the index picks gives the same answers as all of the log does, also
// while it lags behind, and after changes of mind.
func TestCandidatesGiveWhatTheWholeLogGives(t *testing.T) {
	s := arrived(t, 1500)
	rules := []alerts.Rule{
		{ID: "match", Kind: alerts.KindMatch, Match: "brand:brand-1 AND sentiment:negative"},
		{ID: "threshold", Kind: alerts.KindThreshold, Match: "the", Count: 5, Window: mention.Duration(time.Hour)},
		{ID: "spike", Kind: alerts.KindSpike, Match: "app OR update OR store"},
		{ID: "ratio", Kind: alerts.KindRatio, Match: "brand:brand-2", Of: "sentiment:negative", Above: 50, Window: mention.Duration(6 * time.Hour)},
		{ID: "silence", Kind: alerts.KindFlatline, Match: "brand:brand-3", Window: mention.Duration(2 * time.Hour)},
		{ID: "terms", Kind: alerts.KindNewTerm, Match: "brand:brand-4", Count: 2},
		{ID: "nothing", Kind: alerts.KindMatch, Match: "nobodywritesthis"},
	}
	since := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	picked, fired := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.SampledFrom(rules), 1, 4, func(r alerts.Rule) string { return r.ID }).Draw(rt, "rules")
		from := since.Add(time.Duration(rapid.IntRange(0, 20).Draw(rt, "hours")) * time.Hour)
		found, whole, err := s.candidates(t.Context(), some, from)
		if err != nil {
			rt.Fatal(err)
		}
		o := alerts.BacktestOptions{Options: EngineOptions(config.Default())}
		o.Rules = some
		want, err := alerts.Backtest(o, s.history(t.Context(), from, false))
		if err != nil {
			rt.Fatal(err)
		}
		if whole == nil {
			return // it would be most of the log
		}
		picked++
		fired += want.Fired
		o.Whole = whole
		got, err := alerts.Backtest(o, s.entries(t.Context(), found))
		if err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			rt.Fatalf("from %s on, by candidates (+) and by the whole log (-):\n%s", from, d)
		}
	})
	if picked == 0 || fired == 0 {
		t.Errorf("%d trials went by candidates, in which %d incidents were opened: the test shows nothing", picked, fired)
	}
}

// arrived is a store of n mentions that came in one by one, a minute apart;
// the index does not know the last of them yet.
func arrived(t *testing.T, n int) *Store {
	t.Helper()
	clock := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	dir, log := t.TempDir(), slog.New(slog.DiscardHandler)
	led, err := ledger.Open(t.Context(), ledger.Options{Dir: dir, Log: log, Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	s := &Store{Ledger: led, dir: dir, zone: time.UTC, log: log, unlock: func() {}}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := s.openIndex(t.Context()); err != nil {
		t.Fatal(err)
	}
	next := demo.Load(5)
	for i := range n {
		m := next()
		m.URL, m.Published = fmt.Sprintf("https://load.example/%d", i), clock.Add(-time.Second)
		crawler.Identify(&m)
		if _, err := led.Append(t.Context(), clock, mention.Batch{Source: "load", Mentions: []mention.Mention{m}}); err != nil {
			t.Fatal(err)
		}
		if err := led.PutUnderstood(t.Context(), int64(i+1), []ledger.Understood{understoodAs(&m, i)}); err != nil {
			t.Fatal(err)
		}
		if i == n-50 {
			if err := s.CatchUp(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
		clock = clock.Add(time.Minute)
	}
	return s
}
