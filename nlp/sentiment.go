package nlp

import (
	"slices"

	"earshot/mention"
)

func argmax3(p [3]float32) int {
	k := 0
	for i := 1; i < 3; i++ {
		if p[i] > p[k] {
			k = i
		}
	}
	return k
}

const (
	// The slope: how fast the score follows the difference of the scores
	// of positive and negative.
	polarSlope = 0.28

	leastPolar = 0.01 // score of a text with a label

	maxEvidence = 8 // spans with a weight of their own; a last one carries the rest
)

// polarScore is the score -1..1 of the scores of positive, negative and
// neutral without the lean, which is how much likelier one label is than the
// other in texts of that kind and tells nothing of how strongly one speaks.
func polarScore(l [3]float32, lean float32) float32 { return tanh(polarSlope * (l[0] - l[1] - lean)) }

// score scores all fields.
func (w *worker) score() {
	for i := range w.fields {
		d := &w.fields[i]
		if !d.present {
			continue
		}
		w.polarity.opinion = d.opinion // for the memory that it has
		w.polarity.read(&d.scan, w.m.words)
		d.opinion = w.polarity.opinion
	}
}

// mixed returns the scores of the whole mention: a title weighs as much as a
// short text.
func (w *worker) mixed() (l [3]float32, lean float32, share [2]float32) {
	title, text := &w.fields[0], &w.fields[1]
	switch {
	case !title.present:
		return text.logits, text.lean, [2]float32{0, 1}
	case !text.present:
		return title.logits, title.lean, [2]float32{1, 0}
	}
	share = [2]float32{0.4, 0.6}
	lean = share[0]*title.lean + share[1]*text.lean
	for k := range l {
		l[k] = share[0]*title.logits[k] + share[1]*text.logits[k]
	}
	return l, lean, share
}

// sentiment is the polarity of the whole mention with its evidence.
func (w *worker) sentiment() *mention.Sentiment {
	l, lean, share := w.mixed()
	out := verdict(l, lean)
	w.parts.n, w.parts.least = 0, 0
	for i := range w.fields {
		if share[i] != 0 {
			w.evidence(&w.parts, &w.fields[i], share[i])
		}
	}
	d := &w.fields[1]
	if !d.present {
		d = &w.fields[0]
	}
	out.Evidence = settle(&w.parts, out.Score, mention.Span{Field: d.name, End: len(d.text)})
	return &out
}

// verdict makes label, score and confidence of the three scores.
func verdict(l [3]float32, lean float32) mention.Sentiment {
	p := l
	softmax(p[:])
	k := argmax3(l)
	if l == [3]float32{} {
		k = 2 // nothing is said
	}
	score := polarScore(l, lean)
	switch k { // no label speaks against its score
	case 0:
		score = max(score, leastPolar)
	case 1:
		score = min(score, -leastPolar)
	}
	return mention.Sentiment{Label: polarityClasses[k], Score: round(score), Confidence: round(p[k])}
}

func round(x float32) float64 { return float64(int64(float64(x)*1e4+0.5*sign(float64(x)))) / 1e4 }

func sign(x float64) float64 {
	if x < 0 {
		return -1
	}
	return 1
}

// evidence adds what every word of d gave to the difference of positive and
// negative.
func (w *worker) evidence(parts *strongest, d *field, share float32) {
	words := d.scan.words
	if len(words) == 0 {
		return
	}
	w.contrib = slices.Grow(w.contrib[:0], len(words))[:len(words)]
	c := w.contrib
	d.divide(c)
	scale := w.m.polarity.scale / sqrt(d.n)
	if d.news {
		scale *= financeFade
	}
	positive, negative, lexical := float32(d.groups[ofPositive]), float32(d.groups[ofNegative]), float32(d.groups[ofLexical])
	lexical += lexiconShare * d.sums.compound() / scale
	spread(words, c, positive, negative, lexical)
	for i := range words {
		if v := share * polarSlope * (c[i]*scale + d.given[i]); max(v, -v) > parts.least {
			parts.add(d.name, &words[i], v)
		}
	}
}

// divide sets what every word gave: what features of several words gave is
// divided among them, in the order of the features.
func (o *opinion) divide(c []float32) {
	var one, two float32 // of the word before, and of the one before that
	for k := range o.said {
		f := &o.said[k]
		pair, triple, skip := float32(f.pair)/2, float32(f.triple)/3, float32(f.skip)/3
		if k == 0 {
			pair *= 2 // nobody to share with
		}
		here := float32(f.own) + pair
		one += pair
		two, one, here = two+triple, one+triple, here+triple
		two, one, here = two+skip, one+skip, here+skip
		if k > 1 {
			c[k-2] = two
		}
		two, one = one, here
	}
	n := len(c)
	c[n-1] = one + float32(o.groups[ofLast])
	if n > 1 {
		c[n-2] = two
	}
}

// spread gives what features of the whole text said to the words they mean.
func spread(words []word, c []float32, positive, negative, lexical float32) {
	var pos, neg float32
	for i := range words {
		if v := words[i].valence; v > 0 {
			pos += v
		} else {
			neg -= v
		}
	}
	for i := range words {
		v := words[i].valence
		switch {
		case v > 0:
			c[i] += positive*v/pos + lexical*v/(pos+neg)
		case v < 0:
			c[i] += negative*-v/neg + lexical*-v/(pos+neg)
		}
	}
}

// settle makes the weights of the strongest parts add up to score: the parts
// are of the unbent score, and a last one, over the whole text, carries what
// small parts and the text as a whole gave.
func settle(parts *strongest, score float64, whole mention.Span) []mention.Evidence {
	out := make([]mention.Evidence, 0, parts.n+1)
	rest := score
	for _, p := range parts.list[:parts.n] {
		if p.Weight = round(float32(p.Weight)); p.Weight != 0 {
			out = append(out, p)
			rest -= p.Weight
		}
	}
	if rest = round(float32(rest)); rest != 0 && whole.End > 0 {
		out = append(out, mention.Evidence{Span: whole, Weight: rest})
	}
	return out
}

// strongest are the strongest parts in order, the earlier one first of two
// that are equal.
type strongest struct {
	list  [maxEvidence]mention.Evidence
	n     int
	least float32 // what a part must exceed to be one of them
}

// add puts a word of a field on the list, whose weight exceeds the least.
func (s *strongest) add(field string, w *word, weight float32) {
	v := float64(weight)
	s.n = min(s.n+1, maxEvidence)
	i := s.n - 1
	for i > 0 && abs(s.list[i-1].Weight) < abs(v) {
		s.list[i] = s.list[i-1]
		i--
	}
	s.list[i] = mention.Evidence{Span: mention.Span{Field: field, Start: int(w.start), End: int(w.end)}, Weight: v}
	if s.n == maxEvidence {
		s.least = float32(abs(s.list[maxEvidence-1].Weight))
	}
}

func abs(x float64) float64 { return max(x, -x) }

// about is how the mention speaks of what stands at the spans.
func (w *worker) about(spans []mention.Span) mention.Sentiment {
	var l [3]float32
	n := min(len(spans), 8)
	for _, sp := range spans[:n] {
		t := w.targetLogits(sp)
		for k := range l {
			l[k] += t[k] / float32(n)
		}
	}
	return verdict(l, 0)
}

func (w *worker) target(sp mention.Span) mention.Sentiment { return verdict(w.targetLogits(sp), 0) }
