package nlp

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An example is one labelled text as rows of a linear model.
type example struct {
	rows   []uint32
	target []float32 // a probability for each class
	weight float32
}

// learning are the settings of a training run. Equal settings and examples
// give equal weights, bit for bit: one goroutine, a seeded order.
type learning struct {
	classes  int
	bits     int
	epochs   int
	rate     float32
	decay    float32 // of a weight, at each use
	minDocs  uint8   // rows seen in fewer texts stay empty
	adaptive bool    // a step of its own for every row
	seed     uint64
}

// learn fits a softmax model by gradient descent.
func learn(examples []example, o learning) []float32 {
	size := 1 << o.bits
	w := make([]float32, size*o.classes)
	seen := documentCounts(examples, size)
	var squares []float32
	if o.adaptive {
		squares = make([]float32, size)
	}
	order := make([]int, len(examples))
	for i := range order {
		order[i] = i
	}
	rng := rand.New(rand.NewPCG(o.seed, 0x9E3779B97F4A7C15))
	p := make([]float32, o.classes)
	total, n := float32(o.epochs*len(examples)), float32(0)
	for range o.epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			step(&examples[i], w, p, squares, seen, &o, o.rate*(1-n/(total+1)))
			n++
		}
	}
	return w
}

func documentCounts(examples []example, size int) []uint8 {
	seen := make([]uint8, size)
	last := make([]int32, size)
	for i := range examples {
		for _, r := range examples[i].rows {
			if last[r] != int32(i)+1 {
				last[r] = int32(i) + 1
				if seen[r] < math.MaxUint8 {
					seen[r]++
				}
			}
		}
	}
	return seen
}

// step moves the weights towards one example.
func step(e *example, w, p, squares []float32, seen []uint8, o *learning, rate float32) {
	clear(p)
	k := o.classes
	for _, r := range e.rows {
		row := w[int(r)*k:][:k]
		for c := range row {
			p[c] += row[c]
		}
	}
	scale := 1 / sqrt(len(e.rows))
	for c := range p {
		p[c] *= scale
	}
	softmax(p)
	var norm float32
	for c := range p {
		p[c] = (p[c] - e.target[c]) * e.weight * scale
		norm += p[c] * p[c]
	}
	keep := 1 - rate*o.decay
	for _, r := range e.rows {
		if seen[r] < o.minDocs {
			continue
		}
		by := rate
		if squares != nil {
			squares[r] += norm
			by = rate / float32(math.Sqrt(float64(squares[r])+1e-4))
		}
		row := w[int(r)*k:][:k]
		for c := range row {
			row[c] = row[c]*keep - by*p[c]
		}
	}
}

// quantize makes a model of int8 weights; the few that are larger than the
// limit are cut, so that the many small ones keep their precision.
func quantize(w []float32, classes int) *linear {
	sizes := make([]float32, 0, len(w)/4)
	for _, x := range w {
		if x != 0 {
			sizes = append(sizes, max(x, -x))
		}
	}
	slices.Sort(sizes)
	limit := float32(1)
	if len(sizes) > 0 {
		limit = sizes[min(len(sizes)-1, len(sizes)*9999/10000)]
	}
	l := &linear{classes: classes, mask: uint32(len(w)/classes - 1), scale: limit / 127, w: make([]int8, len(w))}
	for i, x := range w {
		l.w[i] = int8(max(-127, min(127, math.Round(float64(x/l.scale)))))
	}
	return l
}
