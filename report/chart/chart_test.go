package chart_test

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/report/chart"
	"earshot/report/scene"
)

var update = flag.Bool("update", false, "write the pictures in testdata again")

// talk is two months of two brands, with a peak, a gap and an activity.
func talk() *chart.Time {
	start := time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)
	t := &chart.Time{
		Title: "Mentions by day", Desc: "Brillux rose to 96 on 2 October.", Interval: "day",
		Series: []chart.Series{{Name: "Brillux"}, {Name: "Vantor & Söhne"}},
		Since:  start.AddDate(0, 0, 4),
		Peaks:  []chart.Peak{{N: 1, At: start.AddDate(0, 0, 31), Tip: "1: recall", Link: "/mentions?q=recall"}},
		Gaps:   []chart.Gap{{From: start.AddDate(0, 0, 14), To: start.AddDate(0, 0, 16), Tip: "wire did not answer"}},
		Lanes:  []chart.Lane{{Name: "Vantor & Söhne", Marks: []chart.Mark{{At: start.AddDate(0, 0, 20), Big: true, Tip: "launch <b>", Link: "/competitors#a"}}}},
	}
	for i := range 60 {
		from := start.AddDate(0, 0, i)
		t.Buckets = append(t.Buckets, chart.Bucket{From: from, To: from.AddDate(0, 0, 1), Link: fmt.Sprintf("/mentions?q=%d&x=\"<", i)})
		v := 20 + 6*math.Sin(float64(i)/3)
		if i >= 31 && i < 35 {
			v = 96 - 20*float64(i-31)
		}
		w := 14 + 4*math.Cos(float64(i)/4)
		if i == 14 || i == 15 {
			v, w = math.NaN(), math.NaN()
		}
		t.Series[0].Values = append(t.Series[0].Values, math.Round(v))
		t.Series[1].Values = append(t.Series[1].Values, math.Round(w))
	}
	return t
}

func moods() *chart.Time {
	t := talk()
	t.Peaks, t.Lanes, t.Gaps, t.Since = nil, nil, nil, time.Time{}
	t.Title = "Sentiment"
	t.Series = []chart.Series{
		{Name: "negative", Ink: scene.Negative, Hatched: true, Values: t.Series[0].Values},
		{Name: "neutral", Ink: scene.Neutral, Values: t.Series[1].Values},
		{Name: "positive", Ink: scene.Positive, Values: t.Series[1].Values},
	}
	return t
}

// noted has notes that lie beside, over and off each other.
func noted() *chart.Time {
	t := talk()
	start := t.Buckets[0].From
	t.Notes = []chart.Note{
		{N: 1, From: start.AddDate(0, 0, -9), To: start.AddDate(0, 0, 3), Tip: "1: before <b>", Link: "#n1"},
		{N: 2, From: start.AddDate(0, 0, 31), To: start.AddDate(0, 0, 32), Tip: "2: recall", Link: "#n2"},
		{N: 3, From: start.AddDate(0, 0, 30), To: start.AddDate(0, 0, 40), Tip: "3: campaign"},
		{N: 4, From: start.AddDate(0, 0, 200), To: start.AddDate(0, 0, 201), Tip: "4: off"},
	}
	return t
}

func shares() *chart.Bars {
	return &chart.Bars{Title: "Share of voice", Format: chart.Percent, Max: 1, Rows: []chart.Bar{
		{Name: "Brillux", Value: .52, Low: .48, High: .56, Link: "/mentions?q=a", Tip: "52 %"},
		{Name: "A very long name of a brand that nobody can remember", Value: .3},
		{Name: "Vantor", Value: .18, Parts: []chart.Part{{Value: .1, Ink: scene.Positive}, {Value: .08, Ink: scene.Negative, Hatched: true}}},
	}}
}

func TestPicturesAreAsTheyWere(t *testing.T) {
	for name, s := range map[string]*scene.Scene{
		"lines": talk().Lines(chart.Wide), "lines-narrow": talk().Lines(chart.Narrow), "stacked": moods().Stacked(chart.Wide), "notes": noted().Lines(chart.Wide),
		"bars": shares().Draw(600), "spark": chart.Spark("last days", []float64{1, 4, 2, 8, 5}, 120, 28),
		"empty": (&chart.Time{Title: "Nothing", Interval: "day"}).Lines(chart.Wide),
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := s.SVG(&got, "x", scene.Light()); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join("testdata", name+".svg")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got.String()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTableHoldsEveryNumberOfThePicture(t *testing.T) {
	table := talk().Table()
	if len(table.Rows) != 60 || table.Rows[31].Cells[0] != "96" || table.Rows[14].Cells[1] != "–" {
		t.Errorf("%d rows, %v, %v", len(table.Rows), table.Rows[31], table.Rows[14])
	}
}

func TestNumbersAsPeopleReadThem(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{chart.Count(1234567), "1,234,567"},
		{chart.Count(0), "0"},
		{chart.Count(-1200), "−1,200"},
		{chart.Count(-.2), "0"},
		{chart.Percent(.0421), "4.2 %"},
		{chart.Percent(.5), "50 %"},
		{chart.Percent(-.05), "−5.0 %"},
		{chart.Percent(math.NaN()), "–"},
		{chart.Signed(.25), "+0.25"},
		{chart.Signed(-.25), "−0.25"},
		{chart.Signed(0), "0.00"},
		{chart.Signed(-.001), "0.00"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
