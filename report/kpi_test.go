package report_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

// cell is 200 mentions: 60 positive, 20 negative, 100 neutral, 5 mixed, 10 in
// a language without a model, 5 not scored.
func cell() mention.Cell {
	authors, sites := uint64(40), uint64(7)
	return mention.Cell{
		Count: 200, Query: "q",
		Sentiment:  &mention.SentimentCounts{Positive: 60, Negative: 20, Neutral: 100, Mixed: 5, Unsupported: 10, Unscored: 5},
		Engagement: &mention.Amount{N: 50, Sum: 1000, Mean: 20, Median: 3},
		Reach:      &mention.Amount{},
		Authors:    &authors, Sites: &sites,
	}
}

func TestFigures(t *testing.T) {
	c := cell()
	got := map[string]mention.Figure{}
	for _, f := range report.Figures("", &c, mention.Recipe{Zone: "UTC", Seq: 9}) {
		got[f.Recipe.Measure] = f
	}
	tests := []struct {
		kpi              string
		value, low, high float64
		known            bool
		n, denominator   uint64
		stage            string
	}{
		{report.KPIVolume, 200, 200, 200, true, 200, 0, report.StageOutputs},
		// p/(p+n) = 60/80 = .75; Wilson .6452 to .8319; 2x-1.
		{report.KPINetPolar, .5, .2904, .6638, true, 80, 80, report.StageOutTakes},
		// (60-20)/180
		{report.KPINetAll, 40. / 180, .1276, .3117, true, 180, 180, report.StageOutTakes},
		{report.KPIEngagement, 1000, 1000, 1000, true, 50, 200, report.StageOutTakes},
		{report.KPIEngagementPer, 20, 20, 20, true, 50, 200, report.StageOutTakes},
		{report.KPIEngagementMedian, 3, 3, 3, true, 50, 200, report.StageOutTakes},
		{report.KPIReach, 0, 0, 0, false, 0, 200, report.StageOutputs},
		{report.KPIAuthors, 40, 40, 40, true, 200, 0, report.StageOutputs},
		{report.KPISites, 7, 7, 7, true, 200, 0, report.StageOutputs},
	}
	for _, tt := range tests {
		t.Run(tt.kpi, func(t *testing.T) {
			f := got[tt.kpi]
			if math.Abs(f.Value-tt.value) > 1e-12 || math.Abs(f.Low-tt.low) > 5e-3 || math.Abs(f.High-tt.high) > 5e-3 || f.Known != tt.known {
				t.Errorf("%s = %v (%.4f to %.4f, known %t), want %v (%v to %v, known %t)", tt.kpi, f.Value, f.Low, f.High, f.Known, tt.value, tt.low, tt.high, tt.known)
			}
			r := f.Recipe
			if r.N != tt.n || r.Denominator != tt.denominator || r.Stage != tt.stage || r.Version != 1 || r.Formula == "" || !strings.Contains(r.Query, "q") || r.Seq != 9 {
				t.Errorf("%s: recipe %+v", tt.kpi, r)
			}
		})
	}
	if len(got) != len(tests) {
		t.Errorf("%d figures, want %d: %v", len(got), len(tests), got)
	}
	for kpi, want := range map[string]string{
		report.KPIVolume: "q", report.KPINetPolar: "(q) AND (sentiment:positive OR sentiment:negative)", report.KPIEngagement: "(q) AND engagement:[* TO *]",
	} {
		if q := got[kpi].Recipe.Query; q != want {
			t.Errorf("%s rests on %s, want %s", kpi, q, want)
		}
	}
	if text := strings.Join(got[report.KPINetAll].Recipe.Caveats, "\n"); !strings.Contains(text, "5 are mixed, 10 in a language without a model, and 5 not scored") {
		t.Errorf("caveats %q", text)
	}
	if text := strings.Join(got[report.KPIReach].Recipe.Caveats, "\n"); !strings.Contains(text, "not measured") {
		t.Errorf("caveats %q", text)
	}
}

// The two net sentiments differ where many are neutral: 80, 20 and 100 give
// .6 and .3.
func TestNetSentimentsAreToldApart(t *testing.T) {
	c := mention.Cell{Count: 200, Sentiment: &mention.SentimentCounts{Positive: 80, Negative: 20, Neutral: 100}}
	if polar, all := report.NetPolar("", &c, mention.Recipe{}).Value, report.NetAll("", &c, mention.Recipe{}).Value; math.Abs(polar-.6) > 1e-12 || math.Abs(all-.3) > 1e-12 {
		t.Errorf("polar %v, all %v", polar, all)
	}
	empty := mention.Cell{Sentiment: &mention.SentimentCounts{Unscored: 3}}
	if f := report.NetPolar("", &empty, mention.Recipe{}); f.Known || math.IsNaN(f.Value) {
		t.Errorf("of nothing: %+v", f)
	}
}

func TestShareOfVoice(t *testing.T) {
	table := mention.Table{
		By: []string{"brand"}, Total: mention.Cell{Count: 90, Query: "all of them"}, Recipe: mention.Recipe{Query: "q"},
		Cells: []mention.Cell{{Keys: []string{"a"}, Count: 60, Query: "qa"}, {Keys: []string{"elsewhere"}, Count: 50}, {Keys: []string{"b"}, Count: 40, Query: "qb"}},
	}
	got := report.ShareOfVoice(&table, []string{"b", "a", "none"})
	for i, want := range []float64{.4, .6, 0} {
		if f := got[i]; math.Abs(f.Value-want) > 1e-12 || f.Recipe.Denominator != 100 || f.Recipe.Of != "all of them" || f.Low > f.Value || f.High < f.Value {
			t.Errorf("%s: %+v, want %v of 100", f.Subject, f, want)
		}
	}
	if text := strings.Join(got[0].Recipe.Caveats, "\n"); !strings.Contains(text, "90 mentions speak of the set") {
		t.Errorf("caveats %q", text)
	}
	if got[2].Recipe.Query != `(q) AND brand:"none"` {
		t.Errorf("query of a brand without mentions: %s", got[2].Recipe.Query)
	}
}

func TestShareOfVoiceSumsToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var table mention.Table
		var brands []string
		var sum uint64
		for i, n := range rapid.SliceOfN(rapid.Uint64Range(0, 1000), 1, 12).Draw(t, "counts") {
			id := string(rune('a' + i))
			brands = append(brands, id)
			sum += n
			table.Total.Count = max(table.Total.Count, n)
			table.Cells = append(table.Cells, mention.Cell{Keys: []string{id}, Count: n})
		}
		var total float64
		for _, f := range report.ShareOfVoice(&table, brands) {
			if f.Known != (sum > 0) {
				t.Fatalf("known %t of %d", f.Known, sum)
			}
			total += f.Value
		}
		if sum > 0 && math.Abs(total-1) > 1e-9 {
			t.Fatalf("the shares sum to %v", total)
		}
	})
}

func TestOpenBrands(t *testing.T) {
	tests := []struct{ name, query, want, taken string }{
		{"nothing to take", "recall AND lang:en", "recall AND lang:en", ""},
		{"one brand", "brand:a AND recall", "recall", "brand:a"},
		{"any of some", "(brand:a OR brand:b) recall lang:en", "recall AND lang:en", "brand:(a OR b)"},
		{"a brand alone", "brand:a", "", "brand:a"},
		{"what excludes stays", "recall AND NOT brand:a", "recall AND NOT brand:a", ""},
		{"what is inside an or stays", "recall OR brand:a", "recall OR brand:a", ""},
		{"all", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, taken, err := report.OpenBrands(tt.query)
			if err != nil || got != tt.want || strings.Join(taken, " ") != tt.taken {
				t.Errorf("OpenBrands(%q) = %q, %q, %v, want %q, %q", tt.query, got, taken, err, tt.want, tt.taken)
			}
		})
	}
	if _, _, err := report.OpenBrands("(("); err == nil {
		t.Error("a bad query was taken")
	}
}

func TestOpenTimes(t *testing.T) {
	for text, want := range map[string]string{
		"a b": "a AND b", "": "", "time:-7d": "", "(a OR b) AND time:[2026-03-01 TO *]": "a OR b", "a AND b AND published:2026-03": "a AND b",
		"((a) AND time:-7d) AND b": "a AND b", "a OR time:-7d": "a OR time:-7d",
	} {
		if got := report.OpenTimes(text); got != want {
			t.Errorf("OpenTimes(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestWindow(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct{ name, from, to, want string }{
		{"a week", "2026-03-09 00:00", "2026-03-16 00:00", "2026-03-02 00:00"},
		{"days over the change of clocks", "2026-03-29 00:00", "2026-03-31 00:00", "2026-03-27 00:00"},
		{"whole months", "2026-03-01 00:00", "2026-04-01 00:00", "2026-02-01 00:00"},
		{"a quarter", "2026-01-01 00:00", "2026-04-01 00:00", "2025-10-01 00:00"},
		{"hours", "2026-03-09 08:00", "2026-03-09 12:00", "2026-03-09 04:00"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := report.Window{From: at(tt.from), To: at(tt.to)}
			before, ok := w.Before(zone)
			if !ok || !before.From.Equal(at(tt.want)) || !before.To.Equal(w.From) {
				t.Errorf("before %v: %v", w, before)
			}
		})
	}
	w := report.Window{From: at("2026-03-09 00:00")}
	if _, ok := w.Before(zone); ok {
		t.Error("an open window has a period before it")
	}
	if got, want := w.Query("a OR b"), "(a OR b) AND time:[2026-03-08T23:00Z TO *]"; got != want {
		t.Errorf("Query = %s, want %s", got, want)
	}
	for _, w := range []report.Window{w, {To: w.From}, {From: w.From, To: w.From.Add(time.Hour)}} {
		if q, messages := query.Parse(w.Query("a")); q == nil {
			t.Errorf("%s: %v", w.Query("a"), messages)
		}
	}
}

func TestParseWindow(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 3, 20, 12, 0, 0, 0, time.UTC)
	tests := []struct{ name, from, to, wantFrom, wantTo string }{
		{"days of the zone, the last one with", "2026-03-01", "2026-03-31", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z"},
		{"a month", "2026-02", "2026-02", "2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"},
		{"a year", "2025", "2025", "2024-12-31T23:00:00Z", "2025-12-31T23:00:00Z"},
		{"ago", "-7d", "now", "2026-03-13T12:00:00Z", "2026-03-20T12:00:00Z"},
		{"instants", "2026-03-01T10:00:00Z", "2026-03-01T12:00:00+01:00", "2026-03-01T10:00:00Z", "2026-03-01T11:00:00Z"},
		{"an instant of the zone", "2026-03-01T10:00", "", "2026-03-01T09:00:00Z", "0001-01-01T00:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, err := report.ParseWindow(tt.from, tt.to, zone, now)
			if got := w.From.UTC().Format(time.RFC3339); err != nil || got != tt.wantFrom {
				t.Errorf("from %s, %v, want %s", got, err, tt.wantFrom)
			}
			if got := w.To.UTC().Format(time.RFC3339); got != tt.wantTo {
				t.Errorf("to %s, want %s", got, tt.wantTo)
			}
		})
	}
	for _, bad := range [][2]string{{"soon", ""}, {"", "2026-13-01"}, {"2026-03-02", "2026-03-01"}, {"-7", ""}} {
		if _, err := report.ParseWindow(bad[0], bad[1], zone, now); err == nil {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestScorecard(t *testing.T) {
	var asked []mention.Aggregation
	ask := func(_ context.Context, a mention.Aggregation) (mention.Table, error) {
		asked = append(asked, a)
		table := mention.Table{By: a.By, Total: cell(), Own: 3, Recipe: mention.Recipe{Query: a.Query}}
		if len(a.By) > 0 {
			one, two := cell(), cell()
			one.Keys, two.Keys, two.Count = []string{"a"}, []string{"b"}, 100
			table.Cells = []mention.Cell{one, two}
		}
		if strings.Contains(a.Query, "2026-03-02") { // the week before
			table.Total.Count = 150
		}
		return table, nil
	}
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	card, err := report.Scorecard(t.Context(), ask, mention.KPISearch{Query: "brand:a AND recall", Brands: []string{"a", "b", "a"}, From: day(9), To: day(16)}, time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	var queries []string
	for _, a := range asked {
		queries = append(queries, a.Query)
	}
	want := []string{
		"(brand:a AND recall) AND time:[2026-03-09 TO 2026-03-15]",
		`((recall) AND time:[2026-03-09 TO 2026-03-15]) AND (brand:"a" OR brand:"b")`,
		"(brand:a AND recall) AND time:[2026-03-02 TO 2026-03-08]",
		`((recall) AND time:[2026-03-02 TO 2026-03-08]) AND (brand:"a" OR brand:"b")`,
	}
	if diff := cmp.Diff(want, queries); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
	first := card.Figures[0]
	if first.Recipe.Measure != report.KPIVolume || first.Value != 200 || first.Previous == nil || first.Previous.Value != 150 || !first.Previous.From.Equal(day(2)) {
		t.Errorf("volume: %+v, before %+v", first, first.Previous)
	}
	if text := strings.Join(first.Recipe.Caveats, "\n"); !strings.Contains(text, "3 mentions in the brands' own channels are left out") {
		t.Errorf("caveats %q", text)
	}
	var shares float64
	for _, f := range card.Figures {
		if f.Recipe.Measure == report.KPIShareOfVoice {
			shares += f.Value
		}
	}
	if math.Abs(shares-1) > 1e-12 {
		t.Errorf("shares sum to %v", shares)
	}
	if len(card.Caveats) != 1 || !strings.Contains(card.Caveats[0], "brand:a") {
		t.Errorf("caveats %q", card.Caveats)
	}
	if _, err := report.Scorecard(t.Context(), ask, mention.KPISearch{Brands: []string{`a"b`}}, time.UTC); err == nil {
		t.Error("a bad id was taken")
	}
}
