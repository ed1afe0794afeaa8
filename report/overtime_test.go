package report_test

import (
	"strings"
	"testing"
	"time"

	"earshot/mention"
	"earshot/query"
	"earshot/report"
	"earshot/report/chart"
)

// TestChartsLeadToWhatTheyCount: own channels are no volume, but a search finds
// them, so the address of a column leaves them out; and it ends with the window.
func TestChartsLeadToWhatTheyCount(t *testing.T) {
	day := time.Date(2026, 5, 4, 0, 0, 0, 0, time.UTC)
	for _, own := range []uint64{0, 3} {
		o := &report.OverTime{
			Query: "drug OR pill", Window: report.Window{From: day, To: day.Add(36 * time.Hour)}, Interval: "day", Zone: time.UTC,
			Link: func(q string) string { return q },
		}
		cell := func(keys ...string) mention.Cell {
			return mention.Cell{Keys: keys, Start: day, Count: 2, Query: "x", Sentiment: &mention.SentimentCounts{Positive: 2}}
		}
		byDay := &mention.Table{By: []string{"day"}, Own: own, Cells: []mention.Cell{cell("2026-05-04")}}
		byBrand := &mention.Table{By: []string{"brand", "day"}, Own: own, Cells: []mention.Cell{cell("acme", "2026-05-04")}}
		for name, c := range map[string]*chart.Time{"moods": o.Moods(byDay), "volume": o.Volume(byBrand, nil, []string{"acme"})} {
			for i, b := range c.Buckets {
				if b.Link == "" && name == "moods" && i > 0 {
					continue // nothing is counted there
				}
				q, messages := query.Parse(b.Link)
				if q == nil {
					t.Fatalf("%s: %q: %v", name, b.Link, messages)
				}
				for _, at := range []struct {
					in  bool
					own bool
					at  time.Time
				}{
					{true, false, b.From},
					{own == 0, true, b.From},
					{false, false, b.To},
					{false, false, o.Window.To},
					{i == 0, false, day.Add(23 * time.Hour)},
					{i == 1, false, day.Add(35 * time.Hour)},
				} {
					row := &mention.Row{Text: "a pill", Published: at.at, Seen: at.at}
					if at.own {
						row.Own = "acme"
					}
					if got := q.At(day).Match(query.NewDocument(row)); got != at.in {
						t.Errorf("%s, own %d: %q finds a mention of %s, own %v: %v", name, own, b.Link, at.at, at.own, got)
					}
				}
				if strings.Contains(b.Link, "flag:") != (own > 0) {
					t.Errorf("%s, own %d: %q", name, own, b.Link)
				}
			}
		}
	}
}
