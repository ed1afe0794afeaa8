package report_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"

	"earshot/mention"
	"earshot/report"
)

// pool is n mentions, of which the query finds every second; backwards, or not.
func pool(n int, backwards bool) report.ExportFunc {
	return func(_ context.Context, q string, fn func(mention.Row) error) error {
		for i := range n {
			if backwards {
				i = n - 1 - i
			}
			if rest := strings.Contains(q, "NOT"); rest == (i%2 == 0) {
				continue
			}
			row := mention.Row{ID: fmt.Sprint("m", i), Title: "=title " + fmt.Sprint(i), Sentiment: []string{"positive", "negative", ""}[i%3], Seen: time.Unix(int64(i), 0)}
			if err := fn(row); err != nil {
				return err
			}
		}
		return nil
	}
}

func draw(t *testing.T, export report.ExportFunc, s mention.SampleSearch) mention.Sample {
	t.Helper()
	out, err := report.Draw(t.Context(), export, s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestDraw(t *testing.T) {
	search := mention.SampleSearch{Query: "a b", N: 40, Rest: -1, Seed: 1}
	one, two := draw(t, pool(1000, false), search), draw(t, pool(1000, true), search)
	if diff := cmp.Diff(one, two); diff != "" {
		t.Errorf("the order of the mentions changes the sample:\n%s", diff)
	}
	strata := map[string]int{}
	for _, r := range one.Rows {
		strata[r.Stratum]++
	}
	if strata[mention.StratumFound] != 30 || strata[mention.StratumRest] != 10 || one.Found != 500 || one.Rest != 500 || one.Query != "a AND b" {
		t.Errorf("strata %v of %d and %d, query %s", strata, one.Found, one.Rest, one.Query)
	}
	search.Seed = 2
	if other := draw(t, pool(1000, false), search); cmp.Equal(one.Rows, other.Rows) {
		t.Error("another seed draws the same")
	}
	// Nothing is left out of everything.
	if all := draw(t, pool(1000, false), mention.SampleSearch{N: 40, Rest: -1}); all.Rest != 0 || len(all.Rows) != 40 {
		t.Errorf("of everything: %d rows, %d left out", len(all.Rows), all.Rest)
	}
	if few := draw(t, pool(10, false), search); len(few.Rows) != 10 {
		t.Errorf("of ten: %d rows", len(few.Rows))
	}
	for _, bad := range []mention.SampleSearch{{N: 0}, {N: 5, Rest: 6}, {N: 1e9}, {N: 5, Query: "("}} {
		if _, err := report.Draw(t.Context(), pool(10, false), bad); err == nil {
			t.Errorf("%+v was taken", bad)
		}
	}
}

// TestEveryMentionIsAsLikely draws often and counts: 20 of 100, so that each
// comes 400 times in 2,000, give or take some deviations of 17.9.
func TestEveryMentionIsAsLikely(t *testing.T) {
	counts := map[string]int{}
	for seed := range uint64(2000) {
		for _, r := range draw(t, pool(200, false), mention.SampleSearch{Query: "a", N: 20, Rest: 0, Seed: seed}).Rows {
			counts[r.Row.ID]++
		}
	}
	for id, n := range counts {
		if n < 310 || n > 490 {
			t.Errorf("%s was drawn %d times", id, n)
		}
	}
	if len(counts) != 100 {
		t.Errorf("%d were ever drawn", len(counts))
	}
}

// fill writes judgements into a sheet.
func fill(t *testing.T, s *mention.Sample, judge func(i int, r *mention.SampleRow) (relevant, sentiment string)) string {
	t.Helper()
	var buf bytes.Buffer
	if err := report.WriteSheet(&buf, report.CSV, s); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(buf.String(), "\ufeff"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.Rows {
		rows[i+1][0], rows[i+1][1] = judge(i, &s.Rows[i])
	}
	var out strings.Builder
	w := csv.NewWriter(&out)
	w.Comma = ';' // as a spreadsheet of another country saves it
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAccuracy(t *testing.T) {
	s := draw(t, pool(1000, false), mention.SampleSearch{Query: "a", N: 40, Rest: 10, Seed: 7})
	s.Models, s.Config = "m1", "c1"
	var found, rest int
	text := fill(t, &s, func(_ int, r *mention.SampleRow) (string, string) {
		if r.Stratum == mention.StratumRest {
			if rest++; rest == 1 { // one of ten
				return "Yes", "positive"
			}
			return "no", ""
		}
		if found++; found <= 24 { // 24 of 30
			return "1", "positive"
		}
		return "n", "negative"
	})
	a, err := report.ReadAccuracy(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	// Precision 24/30; relevant in all: 500*.8 found, 500*.1 not.
	if a.Query != "a" || a.Models != "m1" || a.Coded != 40 || math.Abs(a.Precision.Value-.8) > 1e-12 || a.Precision.N != 30 || math.Abs(a.Precision.Low-.6269) > 1e-4 || math.Abs(a.Precision.High-.9049) > 1e-4 {
		t.Errorf("precision: %+v", a)
	}
	if math.Abs(a.Recall.Value-400./450) > 1e-12 || a.Recall.Low < .6 || a.Recall.Low > .75 || a.Recall.High < .95 || a.Recall.High > 1 {
		t.Errorf("recall %+v", a.Recall)
	}
	var told, right int
	seen := 0
	for i := range s.Rows {
		if r := &s.Rows[i]; r.Stratum == mention.StratumFound {
			if seen++; seen <= 24 && r.Row.Sentiment != "" {
				told++
				if r.Row.Sentiment == "positive" {
					right++
				}
			}
		}
	}
	if want := float64(right) / float64(told); math.Abs(a.Agreement.Value-want) > 1e-12 || int(a.Agreement.N) != told {
		t.Errorf("agreement %+v, want %v of %d", a.Agreement, want, told)
	}
	a.Scored = time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)
	if got := report.AccuracyText(&a, "m2", "c1"); !strings.HasPrefix(got, "precision 0.80 (95 % 0.63 to 0.90, n 30), recall 0.89 (") || !strings.Contains(got, "coded 2026-03-05, when models") {
		t.Error(got)
	}
	if g := report.AccuracyGrid(&a); len(g.Rows) < 7 {
		t.Errorf("%d rows", len(g.Rows))
	}
}

func TestAccuracyOfAWholeStratumIsExact(t *testing.T) {
	s := draw(t, pool(20, false), mention.SampleSearch{Query: "a", N: 20, Rest: 10, Seed: 7})
	text := fill(t, &s, func(_ int, r *mention.SampleRow) (string, string) {
		if r.Stratum == mention.StratumRest {
			return "no", ""
		}
		return "yes", ""
	})
	a, err := report.ReadAccuracy(strings.NewReader(text))
	if err != nil || a.Precision.Low != 1 || a.Recall != (mention.Estimate{Value: 1, Low: 1, High: 1, N: 20, Known: true}) || a.Agreement.Known {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestCodingSheetInXLSX(t *testing.T) {
	s := draw(t, pool(100, false), mention.SampleSearch{Query: "a", N: 8, Rest: 2, Seed: 3})
	var buf bytes.Buffer
	if err := report.WriteSheet(&buf, report.XLSX, &s); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range s.Rows {
		if err := f.SetCellStr("Sample", fmt.Sprint("A", i+2), "yes"); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	a, err := report.ReadAccuracy(&out)
	if err != nil || a.Precision.Value != 1 || a.Precision.N != 6 || math.Abs(a.Recall.Value-.5) > 1e-12 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestBadCodingSheetsAreRefused(t *testing.T) {
	s := draw(t, pool(100, false), mention.SampleSearch{Query: "a", N: 4, Rest: 0, Seed: 3})
	yes := func(int, *mention.SampleRow) (string, string) { return "yes", "" }
	good := fill(t, &s, yes)
	s.Seed = 4
	other := fill(t, &s, yes)
	tests := []struct{ name, text, want string }{
		{"empty", "", "no rows"},
		{"another file", "a,b\n1,2\n", `no column "relevant"`},
		{"not coded", fill(t, &s, func(int, *mention.SampleRow) (string, string) { return "", "" }), "nothing is coded"},
		{"a word of its own", fill(t, &s, func(int, *mention.SampleRow) (string, string) { return "maybe", "" }), `row 2: relevant is "maybe"`},
		{"a label of its own", fill(t, &s, func(int, *mention.SampleRow) (string, string) { return "yes", "sad" }), `row 2: sentiment is "sad"`},
		{"two samples", good + other[strings.Index(other, "\n")+1:], "of another sample"},
		{"a row twice", good + good[strings.Index(good, "\n")+1:], "in row 2 already"},
		{"a key of another row", good[:strings.Index(good, "\n")] + strings.Replace(good[strings.Index(good, "\n"):], ";k", ";kk", 1), "do not belong together"},
		{"no workbook", "PK\x03\x04", "coding sheet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := report.ReadAccuracy(strings.NewReader(tt.text)); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want one with %q", err, tt.want)
			}
		})
	}
}

func FuzzReadAccuracy(f *testing.F) {
	s, err := report.Draw(f.Context(), pool(20, false), mention.SampleSearch{Query: "a", N: 4, Rest: 1})
	if err != nil {
		f.Fatal(err)
	}
	for _, format := range []string{report.CSV, report.XLSX} {
		var buf bytes.Buffer
		if err := report.WriteSheet(&buf, format, &s); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Add([]byte("relevant;key\n\"a"))
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := report.ReadAccuracy(bytes.NewReader(data))
		if err == nil && (a.Precision.Low > a.Precision.Value || a.Precision.High < a.Precision.Value || a.Recall.Low > a.Recall.Value || a.Recall.High < a.Recall.Value) {
			t.Errorf("an interval without its value: %+v", a)
		}
	})
}
