package report

import "math"

// Level is the confidence of every interval, and z its two-sided normal
// quantile.
const (
	Level = .95
	z     = 1.959963984540054
)

// The methods of intervals, as recipes tell them.
const (
	methodWilson = "95 % Wilson score interval (Wilson 1927), as if mentions were independent"
	methodTango  = "95 % score interval of the difference of two shares of one sample (Tango 1998), as if mentions were independent"
)

// Wilson returns the score interval of a share of x in n at [Level]. Nothing
// is known of an empty sample: its interval is all there is.
func Wilson(x, n float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	p := x / n
	mid := p + z*z/(2*n)
	half := z * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	low, high = (mid-half)/(1+z*z/n), (mid+half)/(1+z*z/n)
	// The ends are exact where rounding would leave a trace.
	if x <= 0 {
		low = 0
	}
	if x >= n {
		high = 1
	}
	return low, high
}

// Difference returns the score interval of (a-b)/n at [Level], where a and b
// count two of the classes of one sample of n: what Wilson is for one share.
func Difference(a, b, n float64) (low, high float64) {
	if n <= 0 {
		return -1, 1
	}
	point := (a - b) / n
	return solve(a, b, n, -1, point, z), solve(a, b, n, 1, point, -z)
}

// solve finds the difference between end and point at which the score
// statistic is want; it falls as the difference rises.
func solve(a, b, n, end, point, want float64) float64 {
	out, in := end, point
	for range 100 {
		mid := (out + in) / 2
		if math.Abs(tango(a, b, n, mid)) > math.Abs(want) {
			out = mid
		} else {
			in = mid
		}
	}
	return (out + in) / 2
}

// tango is the score statistic of a true difference d, the other class's
// share being its most likely value under d.
func tango(a, b, n, d float64) float64 {
	qa, qb, qc := 2*n, -a-b+(2*n-a+b)*d, -b*d*(1-d)
	q := (math.Sqrt(max(0, qb*qb-4*qa*qc)) - qb) / (2 * qa)
	variance := n * (2*q + d*(1-d))
	if variance <= 0 {
		switch diff := a - b - n*d; {
		case diff > 0:
			return math.Inf(1)
		case diff < 0:
			return math.Inf(-1)
		}
		return 0
	}
	return (a - b - n*d) / math.Sqrt(variance)
}

// A bound is a number with its interval.
type bound struct{ at, low, high float64 }

// ratio returns the interval of x/y from those of x and y, both at or above
// zero (MOVER, Donner and Zou 2012). Where y may be zero the upper end is
// infinite.
func ratio(x, y bound) bound {
	if y.at <= 0 {
		return bound{math.Inf(1), 0, math.Inf(1)}
	}
	r := bound{at: x.at / y.at}
	xy := x.at * y.at
	if d := y.high * (2*y.at - y.high); d > 0 {
		r.low = (xy - math.Sqrt(max(0, xy*xy-x.low*y.high*(2*x.at-x.low)*(2*y.at-y.high)))) / d
	} else {
		r.low = x.low / y.high // wider than needed, never narrower
	}
	if d := y.low * (2*y.at - y.low); d > 0 {
		r.high = (xy + math.Sqrt(max(0, xy*xy-x.high*y.low*(2*x.at-x.high)*(2*y.at-y.low)))) / d
	} else {
		r.high = math.Inf(1)
	}
	r.low, r.high = max(0, min(r.low, r.at)), max(r.high, r.at)
	return r
}
