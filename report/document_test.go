package report_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"earshot/mention"
	"earshot/report"
)

// A desk answers every question of a report with the same small numbers.
type desk struct{ word string }

func (desk) cell() mention.Cell {
	n := uint64(3)
	return mention.Cell{
		Count: 40, Query: "recall", Sentiment: &mention.SentimentCounts{Positive: 5, Negative: 25, Neutral: 10},
		Engagement: &mention.Amount{}, Reach: &mention.Amount{}, Authors: &n, Sites: &n, Stories: &n,
	}
}

func (d desk) Aggregate(_ context.Context, a mention.Aggregation) (mention.Table, error) {
	t := mention.Table{By: a.By, Total: d.cell(), Recipe: mention.Recipe{Query: a.Query, Models: "m1", Config: "c1"}}
	c := d.cell()
	for _, by := range a.By {
		c.Keys = append(c.Keys, map[string]string{"brand": "brillux", "label": "recalls"}[by])
		c.Start = time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	}
	if len(a.By) > 0 {
		t.Cells = append(t.Cells, c)
	}
	if len(a.By) == 2 && a.By[1] == "label" {
		other := d.cell()
		other.Keys, other.Sentiment = []string{"vantor", "recalls"}, &mention.SentimentCounts{Positive: 30, Negative: 5}
		t.Cells = append(t.Cells, other)
	}
	return t, nil
}

func (d desk) Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error) {
	return report.Scorecard(ctx, d.Aggregate, s, time.UTC)
}

func (d desk) Voices(context.Context, mention.VoiceSearch) (mention.Voices, error) {
	return mention.Voices{Rows: []mention.Voice{{Name: d.word, Site: "news.example", Mentions: 8}}}, nil
}

func (d desk) Activities(context.Context, mention.ActivitySearch) (mention.Activities, error) {
	return mention.Activities{Rows: []mention.Activity{{Brand: "vantor", Type: "launch", At: time.Date(2026, 11, 4, 0, 0, 0, 0, time.UTC), Evidence: d.word, Count: 3, Query: "launch"}}}, nil
}

func (d desk) trend(kind string) mention.Trend {
	return mention.Trend{Kind: kind, Term: d.word, Count: 20, Expected: .5, Sites: 4, Query: "splinters"}
}

func (d desk) Trends(context.Context, mention.TrendSearch) (mention.Trends, error) {
	return mention.Trends{Rows: []mention.Trend{d.trend(mention.TrendStory), d.trend(mention.TrendQuestion)}}, nil
}

func (d desk) Peaks(context.Context, mention.PeakSearch) (mention.Peaks, error) {
	return mention.Peaks{Rows: []mention.Peak{{Top: time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC), Count: 40, Sentence: "40 mentions, 10 times what is usual", Reasons: []mention.Trend{d.trend(mention.TrendTerm)}, Query: "recall"}}}, nil
}

func (d desk) Search(context.Context, mention.Search) (mention.Page, error) {
	at := time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC)
	return mention.Page{Rows: []mention.Row{{ID: "m1", Title: d.word, Site: "news.example", Published: at, Sentiment: mention.Negative, Story: "m1", Folded: 3}}, Total: 3}, nil
}

func (desk) Notes(context.Context) ([]mention.TimeNote, error) { return nil, nil }

func order(kind string) report.Order {
	from := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	return report.Order{
		Kind: kind, Window: report.Window{From: from, To: from.AddDate(0, 0, 7)}, Zone: time.UTC, Made: from.AddDate(0, 0, 7),
		Brands: []mention.Brand{{ID: "brillux", Name: "Brillux", Role: mention.RoleOwn}, {ID: "vantor", Name: "Vantor"}},
		Link:   func(q string) string { return "https://ear.example/mentions?q=" + q },
	}
}

func TestReportTellsTheFindingFirst(t *testing.T) {
	for kind, want := range map[string][]string{
		report.KindWeekly: {"“splinters” drove 40 mentions on 3 Nov\n", "2 Nov to 8 Nov 2026", "Brillux: 40 mentions", "net sentiment −0.67", "WHAT PEOPLE ASK", "launch", "Models m1, configuration c1"},
		report.KindVersus: {"Brillux has 100 % of the voice", "Brillux on recalls: net sentiment −0.67, all brands +0.08, of 30 mentions that take sides.", "Vantor on recalls: net sentiment +0.71", "STRENGTHS", "Nothing stands out"},
	} {
		d, err := report.Make(t.Context(), desk{"splinters"}, order(kind))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := d.Write(&b, report.Text); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s lacks %q\n%s", kind, w, &b)
			}
		}
	}
}

func TestReportOfStrangeTexts(t *testing.T) {
	for _, word := range []string{"<script>alert(1)</script>", "=1+1", "日本語 😀 \u202e", "", strings.Repeat("very long ", 400), "a\x00\xff"} {
		for _, kind := range report.Kinds {
			d, err := report.Make(t.Context(), desk{word}, order(kind[0]))
			if err != nil {
				t.Fatal(err)
			}
			for _, format := range report.DocumentFormats {
				var b bytes.Buffer
				if err := d.Write(&b, format); err != nil {
					t.Errorf("%s as %s with %.20q: %v", kind[0], format, word, err)
				}
				if format == report.HTML && strings.Contains(b.String(), "<script") {
					t.Errorf("%.20q became a script", word)
				}
			}
		}
	}
}

func TestReportIsRefused(t *testing.T) {
	for name, change := range map[string]func(*report.Order){
		"open": func(o *report.Order) { o.Window.From = time.Time{} },
		"back": func(o *report.Order) { o.Window.To = o.Window.From },
		"kind": func(o *report.Order) { o.Kind = "yearly" },
	} {
		o := order(report.KindWeekly)
		change(&o)
		if _, err := report.Make(t.Context(), desk{}, o); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}
