package nlp

import (
	"fmt"
	"math"
	"slices"
)

const sentimentBits = 19

// polarityClasses are the classes of the sentiment model, in its order.
var polarityClasses = []string{"positive", "negative", "neutral"}

// mixture are the sets of the sentiment model with the weight of a row.
var mixture = []struct {
	set    string
	weight float32
}{
	{"semeval17.train", 1},
	{"vader_tweets", 2},
	{"vader_amazon", 2},
	{"vader_movie", 1.5},
	{"vader_nyt", 2},
	{"sst2.train", 1},
	{"druglib", 3},
	{"te_emotion.train", 1},
}

// makeSentiment trains the document model.
func (t *trainer) makeSentiment() error {
	x, err := newPolarity(&linear{classes: 3, mask: 1<<sentimentBits - 1})
	if err != nil {
		return err
	}
	pw := newPolarityWords()
	var examples []example
	check := map[string][]sample{}
	var s scanned
	for _, m := range mixture {
		rows, err := t.sets(m.set)
		if err != nil {
			return err
		}
		for i := range rows {
			r := &rows[i]
			if t.Check && checks(r) {
				check[m.set] = append(check[m.set], *r)
				continue
			}
			target := polarityTarget(r)
			if target == nil {
				continue
			}
			s.scan(r.Text)
			x.valences(&s, pw)
			x.features(&s)
			examples = append(examples, example{rows: slices.Clone(x.rows), target: target, weight: m.weight * classWeight(m.set, r.Label)})
		}
	}
	t.say("sentiment: %d texts", len(examples))
	w := learn(examples, learning{classes: 3, bits: sentimentBits, epochs: 8, rate: 0.15, decay: 1e-4, minDocs: 2, adaptive: true, seed: 7})
	x.model = quantize(w, 3)
	for _, name := range []string{"semeval17", "airline", "fpb50", "sst2"} {
		rows, err := t.read(name)
		if err != nil {
			return err
		}
		t.polarityFigures(x, pw, name, rows)
	}
	for _, m := range mixture {
		if len(check[m.set]) > 0 {
			t.polarityFigures(x, pw, m.set+" (check)", check[m.set])
		}
	}
	return t.write("sentiment", x.model.encode())
}

// newPolarity makes a scorer of a model with the embedded lexicon.
func newPolarity(model *linear) (*polarity, error) {
	words, err := openLexicon(nil, "lexicon")
	if err != nil {
		return nil, err
	}
	return &polarity{model: model, words: words}, nil
}

// classWeight evens out the classes of a set whose neutral texts are many.
func classWeight(set, label string) float32 {
	switch {
	case set == "semeval17.train" && label == "negative":
		return 2.5
	case set == "semeval17.train" && label == "neutral":
		return 0.85
	}
	if set == "druglib" && label == "neutral" {
		return 1.6
	}
	return 1
}

// polarityTarget is what a row should be scored: where people gave a number,
// the stronger the surer.
func polarityTarget(r *sample) []float32 {
	if r.Score != nil && r.set != "druglib" {
		v := *r.Score
		pos := 1 / (1 + math.Exp(-1.4*(v-0.6)))
		neg := 1 / (1 + math.Exp(-1.4*(-v-0.6)))
		if pos+neg > 0.98 {
			pos, neg = pos*0.98/(pos+neg), neg*0.98/(pos+neg)
		}
		return []float32{float32(pos), float32(neg), float32(1 - pos - neg)}
	}
	switch r.Label {
	case "positive", "joy", "optimism":
		return []float32{1, 0, 0}
	case "negative", "anger", "sadness":
		return []float32{0, 1, 0}
	case "neutral":
		return []float32{0, 0, 1}
	}
	return nil
}

// polarityFigures tells how well a model does on rows.
func (t *trainer) polarityFigures(x *polarity, pw *polarityWords, name string, rows []sample) {
	var s scanned
	var gold, said []int
	var means, scores []float64
	two := true
	for i := range rows {
		two = two && rows[i].Label != "neutral"
	}
	for i := range rows {
		r := &rows[i]
		g := indexOf(polarityClasses, r.Label)
		s.scan(r.Text)
		l := x.read(&s, pw)
		k := argmax3(l)
		if two && k == 2 {
			k = 0
			if l[1] > l[0] {
				k = 1
			}
		}
		gold, said = append(gold, g), append(said, k)
		if r.Score != nil {
			means, scores = append(means, *r.Score), append(scores, float64(polarScore(l, x.lean)))
		}
	}
	acc, f1, rec := classFigures(gold, said, 3)
	line := fmt.Sprintf("sentiment %s: n %d accuracy %.3f macroF1 %.3f macroR %.3f", name, len(rows), acc, f1, rec)
	if len(means) > 0 {
		line += fmt.Sprintf(" r %.3f", pearson(means, scores))
	}
	t.say("%s", line)
}

func indexOf(list []string, s string) int {
	for i, v := range list {
		if v == s {
			return i
		}
	}
	return -1
}

// classFigures are accuracy, macro F1 and macro recall over the classes of gold.
func classFigures(gold, said []int, classes int) (acc, f1, rec float64) {
	n := 0
	for c := range classes {
		var hit, g, s float64
		for i := range gold {
			if gold[i] == c {
				g++
			}
			if said[i] == c {
				s++
				if gold[i] == c {
					hit++
				}
			}
		}
		acc += hit
		if g == 0 {
			continue
		}
		n++
		if hit > 0 {
			f1 += 2 * hit / (g + s)
			rec += hit / g
		}
	}
	return acc / float64(len(gold)), f1 / float64(n), rec / float64(n)
}

func pearson(x, y []float64) float64 {
	var mx, my, sxy, sx, sy float64
	for i := range x {
		mx += x[i]
		my += y[i]
	}
	mx /= float64(len(x))
	my /= float64(len(y))
	for i := range x {
		sxy += (x[i] - mx) * (y[i] - my)
		sx += (x[i] - mx) * (x[i] - mx)
		sy += (y[i] - my) * (y[i] - my)
	}
	if sx == 0 || sy == 0 {
		return 0
	}
	return sxy / math.Sqrt(sx*sy)
}
