package index

import "math"

// An odds is what the past of something says of its count in a window.
//
// Counts follow a negative binomial distribution: a Poisson whose rate is not
// known but has a Gamma distribution, as the past leaves it (Gelman et al.,
// Bayesian Data Analysis, 3rd edition, section 2.6; DuMouchel 1999 ranks rare
// pairs of drugs and reactions so). Prior to any past the rate is that of half
// a mention, which shrinks what is rare: two mentions of something new are no
// trend. However long the past, the rate is never known better than to a
// fifth (a shape of at most 25), since what people talk of varies more from
// week to week than chance does.
type odds struct {
	expected float64 // mean
	shape    float64
}

const mostShape = 25

// oddsOf returns the odds of something that was in past of before mentions,
// for a window of n mentions.
func oddsOf(past, before, n uint64) odds {
	p := float64(past) + 0.5
	return odds{expected: float64(n) * p / (float64(before) + 1), shape: min(p, mostShape)}
}

// surprise returns how unlikely a count as high as n is: minus the decimal
// logarithm of its probability.
func (o odds) surprise(n uint64) float64 {
	k := float64(n)
	if k <= o.expected || o.expected <= 0 {
		return 0
	}
	q := o.expected / (o.expected + o.shape)
	a, _ := math.Lgamma(k + o.shape)
	b, _ := math.Lgamma(o.shape)
	c, _ := math.Lgamma(k + 1)
	first := a - b - c + o.shape*math.Log1p(-q) + k*math.Log(q)
	// The probabilities of n, n+1, … in terms of that of n.
	sum, term := 1.0, 1.0
	for i := k; i < k+1e5; i++ {
		term *= (i + o.shape) / (i + 1) * q
		sum += term
		if term < 1e-9*sum {
			break
		}
	}
	return max(0, -(first+math.Log(sum))/math.Ln10)
}

// growth returns how many times more than expected n is, smoothed.
func (o odds) growth(n uint64) float64 { return (float64(n) + 1) / (o.expected + 1) }
