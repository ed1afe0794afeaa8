package nlp

import (
	"math"
	"math/rand/v2"
)

// A field of random labels: sums over all sequences of labels of one text.
type lattice struct {
	em            []float64 // of the text, entityLabels each token
	ahead, behind []float64
	marginal      []float64
	pair          [entityLabels + 1][entityLabels]float64 // expected moves
}

// follows reports whether label k may come after j; entityLabels is the start.
func follows(j, k int) bool {
	if k == 0 || k%2 == 1 {
		return true
	}
	return j == k || j == k-1
}

func logSum(v []float64) float64 {
	top := math.Inf(-1)
	for _, x := range v {
		top = max(top, x)
	}
	if math.IsInf(top, -1) {
		return top
	}
	var sum float64
	for _, x := range v {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

// expect fills the marginals of all labels and moves.
func (l *lattice) expect(n, limit int, moves *[entityLabels + 1][entityLabels]float32) {
	size := n * entityLabels
	l.ahead = append(l.ahead[:0], make([]float64, size)...)
	l.behind = append(l.behind[:0], make([]float64, size)...)
	l.marginal = append(l.marginal[:0], make([]float64, size)...)
	l.pair = [entityLabels + 1][entityLabels]float64{}
	var terms [entityLabels]float64
	never := math.Inf(-1)
	for k := range entityLabels {
		l.ahead[k] = never
		if k < limit && follows(entityLabels, k) {
			l.ahead[k] = l.em[k] + float64(moves[entityLabels][k])
		}
	}
	for i := 1; i < n; i++ {
		for k := range entityLabels {
			for j := range entityLabels {
				terms[j] = never
				if k < limit && j < limit && follows(j, k) {
					terms[j] = l.ahead[(i-1)*entityLabels+j] + float64(moves[j][k])
				}
			}
			l.ahead[i*entityLabels+k] = logSum(terms[:]) + l.em[i*entityLabels+k]
		}
	}
	for i := n - 2; i >= 0; i-- {
		for j := range entityLabels {
			for k := range entityLabels {
				terms[k] = never
				if k < limit && j < limit && follows(j, k) {
					terms[k] = l.behind[(i+1)*entityLabels+k] + l.em[(i+1)*entityLabels+k] + float64(moves[j][k])
				}
			}
			l.behind[i*entityLabels+j] = logSum(terms[:])
		}
	}
	all := logSum(l.ahead[size-entityLabels : size])
	for i := range size {
		l.marginal[i] = math.Exp(l.ahead[i] + l.behind[i] - all)
	}
	for k := range limit {
		l.pair[entityLabels][k] = l.marginal[k]
	}
	for i := 1; i < n; i++ {
		for k := range limit {
			for j := range limit {
				if follows(j, k) {
					l.pair[j][k] += math.Exp(l.ahead[(i-1)*entityLabels+j] + float64(moves[j][k]) + l.em[i*entityLabels+k] + l.behind[i*entityLabels+k] - all)
				}
			}
		}
	}
}

// A crf is a conditional random field being fitted.
type crf struct {
	w       []float32
	squares []float32
	moves   [entityLabels + 1][entityLabels]float32
	steps   [entityLabels + 1][entityLabels]float32
	rate    float32
	decay   float32
}

// fieldRuns is how many fits, each with the texts in other orders, are
// averaged: single ones differ by a point or two on small sets.
const fieldRuns = 4

// fitFields is the mean of several fits.
func fitFields(train []tagged, bits, epochs int, rate, decay float32) ([]float32, [entityLabels + 1][entityLabels]float32) {
	mean, moves := fitField(train, bits, epochs, rate, decay, 0)
	for run := range fieldRuns - 1 {
		w, m := fitField(train, bits, epochs, rate, decay, uint64(run)+1)
		for i, v := range w {
			mean[i] += v
		}
		for j := range m {
			for k, v := range m[j] {
				moves[j][k] += v
			}
		}
	}
	for i := range mean {
		mean[i] /= fieldRuns
	}
	for j := range moves {
		for k := range moves[j] {
			moves[j][k] /= fieldRuns
		}
	}
	return mean, moves
}

// fitField fits rows and moves so that the right labels become likely.
func fitField(train []tagged, bits, epochs int, rate, decay float32, run uint64) ([]float32, [entityLabels + 1][entityLabels]float32) {
	c := &crf{w: make([]float32, entityLabels<<bits), squares: make([]float32, 1<<bits), decay: decay}
	seen := make([]uint8, 1<<bits)
	for i := range train {
		for _, rows := range train[i].rows {
			for _, r := range rows {
				seen[r] = min(seen[r]+1, 200)
			}
		}
	}
	rng := rand.New(rand.NewPCG(3, 5+run))
	order := make([]int, len(train))
	for i := range order {
		order[i] = i
	}
	var l lattice
	mean := make([]float32, len(c.w))
	var meanMoves [entityLabels + 1][entityLabels]float32
	kept := epochs - epochs/3
	for e := range epochs {
		c.rate = rate * (1 - 0.8*float32(e)/float32(epochs))
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			c.step(&train[i], &l, seen)
		}
		if e < kept { // the mean of the last rounds is steadier than the last
			continue
		}
		by := 1 / float32(epochs-kept)
		for i, v := range c.w {
			mean[i] += by * v
		}
		for j := range c.moves {
			for k, v := range c.moves[j] {
				meanMoves[j][k] += by * v
			}
		}
	}
	return mean, meanMoves
}

func (c *crf) step(x *tagged, l *lattice, seen []uint8) {
	n := len(x.rows)
	if n == 0 {
		return
	}
	l.em = l.em[:0]
	for _, rows := range x.rows {
		var sum [entityLabels]float32
		for _, r := range rows {
			for k, v := range c.w[int(r)*entityLabels:][:entityLabels] {
				sum[k] += v
			}
		}
		for _, v := range sum {
			l.em = append(l.em, float64(v))
		}
	}
	l.expect(n, x.limit, &c.moves)
	before := entityLabels
	for i, rows := range x.rows {
		gold := int(x.gold[i])
		l.pair[before][gold]--
		before = gold
		var g [entityLabels]float32
		var norm float32
		for k := range g {
			g[k] = float32(l.marginal[i*entityLabels+k])
			if k == gold {
				g[k]--
			}
			norm += g[k] * g[k]
		}
		if norm < 1e-7 {
			continue
		}
		for _, r := range rows {
			if seen[r] < 2 {
				continue
			}
			c.squares[r] += norm
			by := c.rate / float32(math.Sqrt(float64(c.squares[r])+0.1))
			row := c.w[int(r)*entityLabels:][:entityLabels]
			for k := range row {
				row[k] -= by * (g[k] + c.decay*row[k])
			}
		}
	}
	for j := range l.pair {
		for k := range entityLabels {
			if g := float32(l.pair[j][k]); g != 0 {
				c.steps[j][k] += g * g
				c.moves[j][k] -= c.rate * g / float32(math.Sqrt(float64(c.steps[j][k])+1))
			}
		}
	}
}
