package nlp

import (
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
		d.logits = w.polarity.read(&d.scan, w.m.words)
		d.sums, d.lean = w.polarity.sums, w.polarity.lean
		d.feats, d.grams = append(d.feats[:0], w.polarity.feats...), append(d.grams[:0], w.polarity.grams...)
		d.given, d.news = append(d.given[:0], w.polarity.given...), w.polarity.news
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
	w.parts = w.parts[:0]
	for i := range w.fields {
		if share[i] != 0 {
			w.parts = w.evidence(w.parts, &w.fields[i], share[i])
		}
	}
	d := &w.fields[1]
	if !d.present {
		d = &w.fields[0]
	}
	out.Evidence = settle(w.parts, out.Score, mention.Span{Field: d.name, End: len(d.text)})
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

// evidence appends what every word of d gave to the difference of positive
// and negative.
func (w *worker) evidence(parts []mention.Evidence, d *field, share float32) []mention.Evidence {
	words := d.scan.words
	if len(words) == 0 {
		return parts
	}
	w.contrib = append(w.contrib[:0], make([]float32, len(words))...)
	c, m := w.contrib, w.m.polarity
	var groups [5]float32
	for i := range d.grams {
		g := &d.grams[i]
		c[g.word] += float32(g.sum[0]) - float32(g.sum[1])
	}
	for _, f := range d.feats {
		row := m.w[int(f.row)*3:]
		v := float32(row[0]) - float32(row[1])
		switch {
		case f.first < 0:
			groups[-f.first] += v
		case f.first == f.last:
			c[f.first] += v
		default:
			n := float32(f.last - f.first + 1)
			for i := f.first; i <= f.last; i++ {
				c[i] += v / n
			}
		}
	}
	scale := m.scale / sqrt(len(d.feats)+gramRows(d.grams))
	if d.news {
		scale *= financeFade
	}
	groups[-ofLexical] += lexiconShare * d.sums.compound() / scale
	spread(words, c, &groups)
	for i := range words {
		c[i] = share * polarSlope * (c[i]*scale + d.given[i])
		if c[i] != 0 {
			parts = append(parts, mention.Evidence{
				Span:   mention.Span{Field: d.name, Start: int(words[i].start), End: int(words[i].end)},
				Weight: float64(c[i]),
			})
		}
	}
	return parts
}

// spread gives what features of the whole text said to the words they mean.
func spread(words []word, c []float32, groups *[5]float32) {
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
			c[i] += groups[-ofPositive]*v/pos + groups[-ofLexical]*v/(pos+neg)
		case v < 0:
			c[i] += groups[-ofNegative]*-v/neg + groups[-ofLexical]*-v/(pos+neg)
		}
	}
}

// settle keeps the strongest parts and makes all weights add up to score: the
// parts are of the unbent score, and a last one, over the whole text, carries
// what small parts and the text as a whole gave. It reorders parts.
func settle(parts []mention.Evidence, score float64, whole mention.Span) []mention.Evidence {
	parts = strongest(parts)
	out := make([]mention.Evidence, 0, len(parts)+1)
	rest := score
	for _, p := range parts {
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

// strongest moves the strongest parts to the front, in order, the earlier one
// first of two that are equal, and returns them.
func strongest(parts []mention.Evidence) []mention.Evidence {
	n := 0
	for _, p := range parts {
		i := n
		for i > 0 && abs(parts[i-1].Weight) < abs(p.Weight) {
			i--
		}
		if i == maxEvidence {
			continue
		}
		n = min(n+1, maxEvidence)
		copy(parts[i+1:n], parts[i:n-1])
		parts[i] = p
	}
	return parts[:n]
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
