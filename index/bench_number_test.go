package index_test

import (
	"testing"
	"time"

	"earshot/index"
	"earshot/mention"
)

// benchNumbers asks for tables, trends and peaks.
func benchNumbers(b *testing.B, x *index.Index) {
	b.Helper()
	for _, bm := range []struct {
		name string
		a    mention.Aggregation
	}{
		{"day of a brand", mention.Aggregation{Query: "brand:brand-1", By: []string{"day"}, Zone: "Europe/Zurich"}},
		{"brand by day, sentiment", mention.Aggregation{By: []string{"brand", "day"}, Measures: []string{mention.MeasureSentiment}}},
		{"brand, all measures", mention.Aggregation{By: []string{"brand"}, Measures: allMeasures}},
		{"top entities of a word", mention.Aggregation{Query: word(0), By: []string{"entity"}, Size: 20}},
		{"top authors by site", mention.Aggregation{Query: word(0), By: []string{"author", "site"}, Size: 20}},
	} {
		b.Run("table/"+bm.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := x.Aggregate(b.Context(), bm.a, streamEnd); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("trends not read ahead", func(b *testing.B) {
		for b.Loop() {
			if _, err := x.Trends(b.Context(), mention.TrendSearch{From: streamEnd.AddDate(0, 0, -7), To: streamEnd}, streamEnd); err != nil {
				b.Fatal(err)
			}
		}
	})
	if err := x.Warm(b.Context(), streamEnd.AddDate(0, 0, -92)); err != nil { // as the daemon does
		b.Fatal(err)
	}
	for _, q := range []string{"", "brand:brand-1", word(9)} {
		for _, kinds := range [][]string{nil, {mention.TrendTerm}} {
			name := "trends/" + q
			if kinds != nil {
				name += "/terms alone"
			}
			b.Run(name, func(b *testing.B) {
				var n uint64
				for b.Loop() {
					t, err := x.Trends(b.Context(), mention.TrendSearch{Query: q, From: streamEnd.AddDate(0, 0, -7), To: streamEnd, Kinds: kinds}, streamEnd)
					if err != nil {
						b.Fatal(err)
					}
					n = t.Count
				}
				b.ReportMetric(float64(n), "mentions")
			})
		}
		b.Run("peaks/"+q, func(b *testing.B) {
			for b.Loop() {
				if _, err := x.Peaks(b.Context(), mention.PeakSearch{Query: q, From: streamEnd.Add(-60 * 24 * time.Hour), To: streamEnd}, streamEnd); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
