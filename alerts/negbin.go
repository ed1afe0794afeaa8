package alerts

import "math"

// nbTail is -log10 of the chance that a negative-binomial count of a mean and
// a shape (variance = mean + mean²/shape) is x or more.
func nbTail(x, mean, shape float64) float64 {
	if x <= mean {
		return 0
	}
	p := incompleteBeta(x, shape, mean/(mean+shape))
	if p < 1e-300 {
		return 300
	}
	return -math.Log10(p)
}

// nbBelow is -log10 of the chance that such a count is x or less.
func nbBelow(x, mean, shape float64) float64 {
	if x >= mean {
		return 0
	}
	p := 1 - incompleteBeta(x+1, shape, mean/(mean+shape))
	if p < 1e-15 { // what is left of the subtraction
		return 15
	}
	return -math.Log10(p)
}

// incompleteBeta is the regularised incomplete beta function I_x(a, b).
func incompleteBeta(a, b, x float64) float64 {
	if x <= 0 {
		return 0
	}
	if x >= 1 {
		return 1
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab - la - lb + a*math.Log(x) + b*math.Log1p(-x))
	if x < (a+1)/(a+b+2) {
		return front * betaFraction(a, b, x) / a
	}
	return 1 - front*betaFraction(b, a, 1-x)/b
}

// betaFraction evaluates the continued fraction of the incomplete beta
// function by Lentz's method.
func betaFraction(a, b, x float64) float64 {
	const tiny, enough, steps = 1e-300, 1e-9, 300
	guard := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/guard(1-(a+b)*x/(a+1))
	h := d
	for m := 1.0; m <= steps; m++ {
		for _, n := range []float64{m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m)), -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))} {
			d = 1 / guard(1+n*d)
			c = guard(1 + n/c)
			h *= d * c
		}
		if math.Abs(d*c-1) < enough {
			break
		}
	}
	return h
}
