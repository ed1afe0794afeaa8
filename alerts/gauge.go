package alerts

import "math"

// A gauge judges measures, which unlike counts have no zero and no Poisson
// law: speeds, temperatures, loads. It is the windowed Gaussian, a plain and
// hard to beat rule: how unlikely a value is under the mean and variance of
// the last 6,400, in either direction.
type gauge struct {
	window       []float64 // oldest first
	next         []float64 // taken into the window a hundred at a time
	mean, spread float64
}

const (
	gaugeWindow = 6400
	gaugeStep   = 100
	gaugeTail   = 4.5 // -log10 of the chance of a value that fires
	leastSpread = 1e-6
)

// score is on the scale of the counts' score.
func (g *gauge) score(v float64) float64 {
	z := math.Abs(v-g.mean) / g.spread
	p := 0.5 * math.Erfc(z/math.Sqrt2)
	if p <= 0 { // too small to be told from nothing
		return 2 * fireScore
	}
	return fireScore * -math.Log10(p) / gaugeTail
}

// add takes a value into the window.
func (g *gauge) add(v float64) {
	if g.next = append(g.next, v); len(g.window) >= gaugeWindow && len(g.next) < gaugeStep {
		return
	}
	g.window = append(g.window, g.next...)
	g.next = g.next[:0]
	if over := len(g.window) - gaugeWindow; over > 0 {
		g.window = append(g.window[:0], g.window[over:]...)
	}
	var sum, squares float64
	for _, x := range g.window {
		sum += x
	}
	g.mean = sum / float64(len(g.window))
	for _, x := range g.window {
		squares += (x - g.mean) * (x - g.mean)
	}
	g.spread = max(math.Sqrt(squares/float64(len(g.window))), leastSpread)
}
