package report_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
	"earshot/report"
)

func table() *mention.Table {
	return &mention.Table{
		By: []string{"brand", "day"},
		Total: mention.Cell{
			Count: 3, Sentiment: &mention.SentimentCounts{Positive: 1, Neutral: 1, Unscored: 1}, Engagement: &mention.Amount{N: 1, Sum: 5, Mean: 5, Median: 5},
		},
		Cells: []mention.Cell{
			{Keys: []string{"=acme", "2026-03-01"}, Count: 2, Query: "q1", Sentiment: &mention.SentimentCounts{Positive: 1, Neutral: 1}, Engagement: &mention.Amount{N: 1, Sum: 5, Mean: 5, Median: 5}},
			{Keys: []string{"globex", "2026-03-01"}, Count: 1, Sentiment: &mention.SentimentCounts{Unscored: 1}, Engagement: &mention.Amount{}},
		},
	}
}

func TestTableGrid(t *testing.T) {
	g := report.TableGrid(table())
	var csv, nd, text bytes.Buffer
	if err := g.CSV(&csv, true); err != nil {
		t.Fatal(err)
	}
	wantCSV := "\ufeffbrand,day,count,positive,negative,neutral,mixed,unsupported_language,unscored,nss_polar,nss_all,engagement_n,engagement_sum,engagement_mean,engagement_median,query\n" +
		"'=acme,2026-03-01,2,1,0,1,0,0,0,1,0.5,1,5,5,5,q1\n" +
		"globex,2026-03-01,1,0,0,0,0,0,1,,,0,0,,,\n"
	if diff := cmp.Diff(wantCSV, csv.String()); diff != "" {
		t.Errorf("csv (-want +got):\n%s", diff)
	}
	if err := g.NDJSON(&nd); err != nil {
		t.Fatal(err)
	}
	wantND := `{"brand":"=acme","day":"2026-03-01","count":2,"positive":1,"negative":0,"neutral":1,"mixed":0,"unsupported_language":0,"unscored":0,"nss_polar":1,"nss_all":0.5,"engagement_n":1,"engagement_sum":5,"engagement_mean":5,"engagement_median":5,"query":"q1"}
{"brand":"globex","day":"2026-03-01","count":1,"positive":0,"negative":0,"neutral":0,"mixed":0,"unsupported_language":0,"unscored":1,"nss_polar":null,"nss_all":null,"engagement_n":0,"engagement_sum":0,"engagement_mean":null,"engagement_median":null,"query":""}
`
	if diff := cmp.Diff(wantND, nd.String()); diff != "" {
		t.Errorf("ndjson (-want +got):\n%s", diff)
	}
	small := report.Grid{Columns: []string{"a", "t", "query"}, Rows: [][]any{{"x\x1by", time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC), "q"}}}
	if err := small.Text(&text, "query"); err != nil {
		t.Fatal(err)
	}
	if got, want := text.String(), "a    t\nx y  2026-03-01 10:00 UTC\n"; got != want {
		t.Errorf("text %q, want %q", got, want)
	}
	text.Reset()
	if err := small.JSON(&text); err != nil || text.String() != "[{\"a\":\"x\\u001by\",\"t\":\"2026-03-01T10:00:00Z\",\"query\":\"q\"}]\n" {
		t.Errorf("json %q, %v", text.String(), err)
	}
}

func TestGridsHaveAsManyCellsAsColumns(t *testing.T) {
	card := &mention.Scorecard{Figures: []mention.Figure{{Previous: &mention.Earlier{Known: true}}, {Known: true, Level: .95}}}
	for name, g := range map[string]report.Grid{
		"table": report.TableGrid(table()), "score": report.ScoreGrid(card), "trends": report.TrendGrid(&mention.Trends{Rows: make([]mention.Trend, 1)}),
		"peaks": report.PeakGrid(&mention.Peaks{Rows: make([]mention.Peak, 1)}), "voices": report.VoiceGrid([]mention.Voice{{Brands: make([]mention.VoiceBrand, 1)}}),
		"activities": report.ActivityGrid(make([]mention.Activity, 1)),
	} {
		for _, row := range g.Rows {
			if len(row) != len(g.Columns) {
				t.Errorf("%s: %d cells, %d columns", name, len(row), len(g.Columns))
			}
		}
		if err := g.Text(&bytes.Buffer{}); err != nil || len(g.Rows) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}
