package report_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"earshot/report"
)

func near(a, b float64) bool { return math.Abs(a-b) < 5e-5 }

func TestWilson(t *testing.T) {
	const zz = 1.959963984540054 * 1.959963984540054
	tests := []struct {
		name            string
		x, n, low, high float64
	}{
		{"nothing of ten: z²/(n+z²)", 0, 10, 0, zz / (10 + zz)},
		{"all of ten", 10, 10, 10 / (10 + zz), 1},
		{"no sample", 0, 0, 0, 1},
		{"half of a hundred", 50, 100, .5 - .5*math.Sqrt(zz/(100+zz)), .5 + .5*math.Sqrt(zz/(100+zz))},
		{"published: 15 of 148, Newcombe 1998", 15, 148, .0624, .1605},
		{"published: 1 of 29, Newcombe 1998", 1, 29, .0061, .1718},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if low, high := report.Wilson(tt.x, tt.n); !near(low, tt.low) || !near(high, tt.high) {
				t.Errorf("Wilson(%v, %v) = %.4f, %.4f, want %.4f, %.4f", tt.x, tt.n, low, high, tt.low, tt.high)
			}
		})
	}
}

func TestDifference(t *testing.T) {
	const zz = 1.959963984540054 * 1.959963984540054
	tests := []struct {
		name               string
		a, b, n, low, high float64
	}{
		{"neither: as Wilson of none, on both sides", 0, 0, 20, -zz / (20 + zz), zz / (20 + zz)},
		{"all of one: twice Wilson of all, less one", 20, 0, 20, (20 - zz) / (20 + zz), 1},
		{"no sample", 0, 0, 0, -1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if low, high := report.Difference(tt.a, tt.b, tt.n); !near(low, tt.low) || !near(high, tt.high) {
				t.Errorf("Difference(%v, %v, %v) = %.4f, %.4f, want %.4f, %.4f", tt.a, tt.b, tt.n, low, high, tt.low, tt.high)
			}
		})
	}
}

// TestDifferenceIsWhereTheStatisticIsZ looks for the most likely share of the
// other class by trying all of them.
func TestDifferenceIsWhereTheStatisticIsZ(t *testing.T) {
	for _, c := range [][3]float64{{12, 2, 50}, {5, 9, 40}, {30, 10, 40}, {1, 0, 7}} {
		a, b, n := c[0], c[1], c[2]
		low, high := report.Difference(a, b, n)
		for want, d := range map[float64]float64{1.959963984540054: low, -1.959963984540054: high} {
			best, q := math.Inf(-1), 0.0
			for i := range 200_000 { // shares: a is q+d, b is q, the rest 1-2q-d
				try := max(0, -d) + (float64(i)+.5)/200_000*(1-math.Abs(d))/2
				l := term(a, try+d) + term(b, try) + term(n-a-b, 1-2*try-d)
				if l > best {
					best, q = l, try
				}
			}
			got := (a - b - n*d) / math.Sqrt(n*(2*q+d-d*d))
			if math.Abs(got-want) > 1e-3 {
				t.Errorf("at %.4f of %v the statistic is %.4f, want %.4f", d, c, got, want)
			}
		}
	}
}

func term(n, p float64) float64 {
	if n == 0 {
		return 0
	}
	return n * math.Log(p)
}

func TestIntervalsHoldTheirPoint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "n")
		a := rapid.IntRange(0, n).Draw(t, "a")
		b := rapid.IntRange(0, n-a).Draw(t, "b")
		fn, fa, fb := float64(n), float64(a), float64(b)
		if low, high := report.Wilson(fa, fn); low < 0 || high > 1 || low > fa/fn || high < fa/fn {
			t.Fatalf("Wilson(%d, %d) = %v, %v", a, n, low, high)
		}
		low, high := report.Difference(fa, fb, fn)
		if at := (fa - fb) / fn; low < -1 || high > 1 || low > at+1e-12 || high < at-1e-12 {
			t.Fatalf("Difference(%d, %d, %d) = %v, %v around %v", a, b, n, low, high, at)
		}
		if l, h := report.Difference(fb, fa, fn); math.Abs(l+high) > 1e-9 || math.Abs(h+low) > 1e-9 {
			t.Fatalf("Difference(%d, %d, %d) is not the mirror of %v, %v: %v, %v", b, a, n, low, high, l, h)
		}
	})
}
