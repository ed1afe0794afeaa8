package daemon

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"earshot/alerts"
	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/demo"
	"earshot/internal/ledger"
	"earshot/mention"
	"earshot/report"
)

var (
	size = flag.Int("size", 20_000, "how many mentions BenchmarkData's ledger has")
	keep = flag.String("keep", "", "a directory that keeps BenchmarkData's ledger from one run to the next")
)

// dataStore is a store of -size mentions that were understood: what they say
// is made up, for here the models are not measured.
func dataStore(b *testing.B) *Store {
	b.Helper()
	dir := *keep
	if dir == "" {
		dir = b.TempDir()
	}
	return dataStoreIn(b, dir, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
}

// dataStep is the time from one mention to the next.
const dataStep = 8 * time.Second

// dataStoreIn is dataStore in a folder, its mentions published from a time on.
func dataStoreIn(b *testing.B, dir string, from time.Time) *Store {
	b.Helper()
	s, err := OpenStore(b.Context(), dir, time.UTC, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	counts, err := s.Ledger.Counts(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	next := demo.Load(3)
	for n := int(counts.Analyzed); n < *size; n += batchSize {
		if err := putLoad(b.Context(), s, next, n, batchSize, from); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.CatchUp(b.Context(), nil); err != nil {
		b.Fatal(err)
	}
	return s
}

// putLoad stores the mentions n and on as understood.
func putLoad(ctx context.Context, s *Store, next func() mention.Mention, n, most int, from time.Time) error {
	var batch mention.Batch
	var list []ledger.Understood
	for i := range most {
		m := next()
		m.URL = fmt.Sprintf("https://load.example/%d", n+i)
		m.Published = from.Add(time.Duration(n+i) * dataStep)
		crawler.Identify(&m)
		batch.Source, batch.Mentions = "load", append(batch.Mentions, m)
		list = append(list, understoodAs(&m, n+i))
	}
	if _, err := s.Ledger.Append(ctx, now(), batch); err != nil {
		return err
	}
	return s.Ledger.PutUnderstood(ctx, int64(n+most), list)
}

func understoodAs(m *mention.Mention, i int) ledger.Understood {
	label := []string{mention.Positive, mention.Negative, mention.Neutral}[i%3]
	words := min(8, len(m.Text))
	mood := &mention.Sentiment{Label: label, Score: .5, Confidence: .7, Evidence: []mention.Evidence{{Span: mention.Span{End: words}, Weight: .5}}}
	return ledger.Understood{
		ID: m.ID, Revision: 1, Kind: mention.ChangeNew, Story: m.ID,
		Analysis: mention.Analysis{Models: "bench", Language: "en", Status: mention.StatusOK, Sentiment: mood, Keyphrases: []string{"a phrase", "another"}, Entities: []mention.Entity{
			{Text: fmt.Sprintf("Entity %d", i%500), Type: mention.Organization, Span: mention.Span{End: words}},
		}},
		Linking: mention.Linking{Config: "bench", Brands: []mention.BrandMention{{Brand: fmt.Sprintf("brand-%d", i%7), Sentiment: mood, Spans: []mention.Span{{End: words}}, Why: "name"}}},
	}
}

// BenchmarkData builds the index again, and writes everything out as NDJSON.
func BenchmarkData(b *testing.B) {
	s := dataStore(b)
	b.Run("replay", func(b *testing.B) {
		began, used := time.Now(), cpu()
		for b.Loop() {
			if err := s.Replay(b.Context(), nil); err != nil {
				b.Fatal(err)
			}
		}
		n := float64(*size * b.N)
		b.ReportMetric(n/time.Since(began).Seconds(), "mentions/s")
		b.ReportMetric(n/(cpu()-used).Seconds(), "mentions/cpu-s")
	})
	b.Run("verify", func(b *testing.B) {
		began := time.Now()
		for b.Loop() {
			if v, err := s.Verify(b.Context(), nil); err != nil || v.Missing+v.Extra+v.Stale > 0 {
				b.Fatal(v, err)
			}
		}
		b.ReportMetric(float64(*size*b.N)/time.Since(began).Seconds(), "mentions/s")
	})
	b.Run("export", func(b *testing.B) { benchExport(b, s) })
	b.Run("backtest", func(b *testing.B) { benchBacktest(b, s) })
}

// benchBacktest tries one rule that matches a tenth of all, one that matches a fifth
// of that, and a hundred rules, on the whole history.
func benchBacktest(b *testing.B, s *Store) {
	b.Helper()
	hundred := make([]alerts.Rule, 100)
	for i := range hundred {
		hundred[i] = alerts.Rule{ID: fmt.Sprint("r", i), Kind: alerts.KindSpike, Match: fmt.Sprintf("brand:brand-%d AND entity:\"Entity %d\"", i%7, i)}
	}
	for _, rules := range [][]alerts.Rule{
		{{ID: "many", Kind: alerts.KindSpike, Match: "brand:brand-1 AND NOT sentiment:neutral"}},
		{{ID: "some", Kind: alerts.KindSpike, Match: "entity:\"Entity 1?\""}},
		hundred,
	} {
		b.Run(rules[0].ID, func(b *testing.B) {
			began, used, matched := time.Now(), cpu(), int64(0)
			for b.Loop() {
				r, err := s.Try(b.Context(), config.Default(), Trial{Do: TryBacktest, Rules: rules})
				if err != nil {
					b.Fatal(err)
				}
				matched = 0
				for _, one := range r.Backtest.Rules {
					matched += one.Matched
				}
			}
			n := float64(b.N)
			b.ReportMetric(float64(matched), "matched")
			b.ReportMetric(time.Since(began).Seconds()/n, "s")
			b.ReportMetric((cpu()-used).Seconds()/n, "cpu-s")
		})
	}
}

func benchExport(b *testing.B, s *Store) {
	b.Helper()
	began, used, n := time.Now(), cpu(), 0
	var memory []int64
	for b.Loop() {
		w, err := report.NewRowWriter(io.Discard, report.RowOptions{Format: report.NDJSON})
		if err != nil {
			b.Fatal(err)
		}
		err = s.Export(b.Context(), mention.Export{Now: now()}, func(row mention.Row) error {
			if n++; n%5000 == 0 {
				memory = append(memory, anonymous())
			}
			return w.Write(&row)
		})
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/time.Since(began).Seconds(), "rows/s")
	b.ReportMetric(float64(n)/(cpu()-used).Seconds(), "rows/cpu-s")
	if n := len(memory); n > 4 {
		b.ReportMetric(float64(slices.Max(memory[:n/4]))/(1<<20), "first-quarter-anon-MB")
		b.ReportMetric(float64(slices.Max(memory[3*n/4:]))/(1<<20), "last-quarter-anon-MB")
	}
}
