package alerts

import (
	"encoding/csv"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// rows writes counts five minutes apart, with a burst.
func rows(n, burst int) string {
	r := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	b.WriteString("timestamp,value\n")
	for i := range n {
		mean := 8 + 4*math.Sin(2*math.Pi*float64(i)/288)
		if i >= burst && i < burst+12 {
			mean *= 10
		}
		fmt.Fprintf(&b, "%s,%d\n", start.Add(time.Duration(i)*binWidth).Format("2006-01-02 15:04:05"), poisson(r, mean))
	}
	return b.String()
}

func detect(t testing.TB, in string) []string {
	t.Helper()
	var out strings.Builder
	if err := Detect(strings.NewReader(in), &out); err != nil {
		t.Fatalf("Detect: %v", err)
	}
	return strings.Split(strings.TrimSpace(out.String()), "\n")
}

func TestDetectFindsTheBurstAndNothingElse(t *testing.T) {
	lines := detect(t, rows(5000, 4500))
	if len(lines) != 5001 || lines[0] != "timestamp,value,score,state" {
		t.Fatalf("%d lines, first %q", len(lines), lines[0])
	}
	first := -1
	for i, line := range lines[1:] {
		if strings.HasSuffix(line, ",firing") && first < 0 {
			first = i
		}
		if i > 600 && i < 4500 && strings.HasSuffix(line, ",firing") {
			t.Fatalf("row %d fires: %s", i, line)
		}
	}
	if first < 4500 || first > 4503 {
		t.Errorf("fires first at row %d, want 4500 or soon after", first)
	}
}

func TestDetectNeverLooksAhead(t *testing.T) {
	in := rows(3000, 2000)
	whole := detect(t, in)
	for _, n := range []int{5, 11, 600, 2003} {
		part := detect(t, strings.Join(strings.SplitAfter(in, "\n")[:n+1], ""))
		if !slices.Equal(part, whole[:n+1]) {
			t.Errorf("the answers of the first %d rows change when more come", n)
		}
	}
}

func TestDetectMeasures(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var b strings.Builder
	for i := range 2000 {
		v := 60 + r.NormFloat64()
		if i == 1500 {
			v = 40
		}
		fmt.Fprintf(&b, "%s,%.3f\n", start.Add(time.Duration(i)*time.Hour).Format(time.RFC3339), v)
	}
	if line := detect(t, b.String())[1501]; !strings.HasSuffix(line, ",firing") {
		t.Errorf("a fall by twenty deviations: %s", line)
	}
}

func TestDetectSaysWhatItCannotRead(t *testing.T) {
	for in, want := range map[string]string{
		"timestamp,value\n2026-03-01 10:00:00,1\nyesterday,2\n": "line 3: \"yesterday\" is not a time",
		"2026-03-01 10:00:00,many\n":                            "line 1: \"many\" is not a number",
		"2026-03-01 10:00:00\n":                                 "line 1: a row is timestamp,value",
		"2026-03-01 10:00:00,NaN\n":                             "is not a number",
	} {
		if err := Detect(strings.NewReader(in), &strings.Builder{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Detect(%q) = %v, want %q", in, err, want)
		}
	}
}

func FuzzDetect(f *testing.F) {
	f.Add(rows(20, 10))
	f.Add("2026-03-01,1e15\n2026-03-01,-1\n2020-01-01,.5\n")
	f.Fuzz(func(t *testing.T, in string) {
		var out strings.Builder
		if Detect(strings.NewReader(in), &out) != nil {
			return
		}
		rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows[1:] {
			if s, err := strconv.ParseFloat(row[2], 64); err != nil || s < 0 || s > 1 {
				t.Fatalf("score of %q", row)
			}
		}
	})
}

// TestSeriesCountsLikeAPlainSlice compares with the obvious way.
func TestSeriesCountsLikeAPlainSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const n = 60
		plain := make([]float64, n)
		s := &series{}
		for range rapid.IntRange(0, 40).Draw(t, "adds") {
			bin, v := rapid.IntRange(0, n-1).Draw(t, "bin"), float64(rapid.IntRange(1, 5).Draw(t, "v"))
			plain[bin] += v
			s.add(int64(bin), v)
		}
		text, err := s.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		back := &series{}
		if err := back.UnmarshalText(text); err != nil || !slices.Equal(back.cells, s.cells) {
			t.Fatalf("through text: %v, %v, want %v", err, back.cells, s.cells)
		}
		a := rapid.IntRange(0, n-2).Draw(t, "a")
		b := rapid.IntRange(a+1, n).Draw(t, "b")
		w := rapid.IntRange(1, 15).Draw(t, "w")
		sum := func(from, to int) (x float64) {
			for i := max(from, 0); i < to; i++ {
				x += plain[i]
			}
			return x
		}
		if got, want := s.sum(int64(a), int64(b)), sum(a, b); got != want {
			t.Fatalf("sum(%d, %d) = %g, want %g", a, b, got, want)
		}
		var sums []float64
		for i := a; i < b; i++ {
			sums = append(sums, sum(i+1-w, i+1))
		}
		slices.Sort(sums)
		for _, q := range []float64{0, 0.5, 0.9, 0.999, 1} {
			want := sums[int(float64(len(sums)-1)*q)]
			if got := s.quantile(int64(a), int64(b), int64(w), q); math.Abs(got-want) > 1e-9 {
				t.Fatalf("quantile(%d, %d, %d, %g) = %g, want %g", a, b, w, q, got, want)
			}
		}
	})
}

// TestTails compares with sums of the distribution's terms.
func TestTails(t *testing.T) {
	term := func(k int, mean, shape float64) float64 {
		a, _ := math.Lgamma(float64(k) + shape)
		b, _ := math.Lgamma(shape)
		c, _ := math.Lgamma(float64(k) + 1)
		return math.Exp(a - b - c + shape*math.Log(shape/(mean+shape)) + float64(k)*math.Log(mean/(mean+shape)))
	}
	for _, tt := range []struct {
		x           int
		mean, shape float64
	}{{5, 1, 0.5}, {14, 3.5, 20}, {60, 30, 8}, {400, 300, 200}} {
		above, below := 0.0, 0.0
		for k := range 5000 {
			if k >= tt.x {
				above += term(k, tt.mean, tt.shape)
			}
			if k <= int(tt.mean)/2 {
				below += term(k, tt.mean, tt.shape)
			}
		}
		if got, want := nbTail(float64(tt.x), tt.mean, tt.shape), -math.Log10(above); math.Abs(got-want) > 1e-6*want {
			t.Errorf("nbTail(%d, %g, %g) = %g, want %g", tt.x, tt.mean, tt.shape, got, want)
		}
		if got, want := nbBelow(float64(int(tt.mean)/2), tt.mean, tt.shape), -math.Log10(below); want < 10 && math.Abs(got-want) > 1e-4*want {
			t.Errorf("nbBelow(%d, %g, %g) = %g, want %g", int(tt.mean)/2, tt.mean, tt.shape, got, want)
		}
	}
}
