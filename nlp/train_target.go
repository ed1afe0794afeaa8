package nlp

import (
	"path/filepath"
	"strings"
)

// span is the place of the target of a row, in bytes.
func (r *sample) span() (start, end int) {
	if r.From != nil && r.To != nil {
		chars := []rune(r.Text)
		from, to := min(*r.From, len(chars)), min(*r.To, len(chars))
		start = len(string(chars[:from]))
		return start, start + len(string(chars[from:to]))
	}
	start = strings.Index(r.Tmpl, "$T$")
	if start < 0 {
		return 0, 0
	}
	return start, start + len(r.Target)
}

// makeTargets trains the model of how a text speaks of one thing in it.
func (t *trainer) makeTargets() error {
	doc, err := openLinearFile(filepath.Join(t.Out, "sentiment.bin"))
	if err != nil {
		return err
	}
	x, err := newPolarity(doc)
	if err != nil {
		return err
	}
	pw := newPolarityWords()
	reader := newTargetReader(&linear{classes: 3, mask: 1<<targetBits - 1})
	var examples []example
	for _, set := range []struct {
		name   string
		weight float32
	}{{"mams_atsa.train", 1}, {"dong14.train", 1}, {"rest14.train", 1}, {"lapt14.train", 1.3}} {
		rows, err := t.sets(set.name)
		if err != nil {
			return err
		}
		for i := range rows {
			if e, ok := targetExample(reader, x, pw, &rows[i]); ok {
				e.weight = set.weight
				examples = append(examples, e)
			}
		}
	}
	t.say("targets: %d", len(examples))
	w := learn(examples, learning{classes: 3, bits: targetBits, epochs: 5, rate: 0.15, decay: 1e-4, minDocs: 2, adaptive: true, seed: 5})
	reader.model = quantize(w, 3)
	for _, name := range []string{"mams_atsa", "dong14", "rest14", "lapt14"} {
		rows, err := t.read(name)
		if err != nil {
			return err
		}
		var gold, said []int
		for i := range rows {
			e, ok := targetExample(reader, x, pw, &rows[i])
			if !ok {
				continue
			}
			gold = append(gold, indexOf(polarityClasses, rows[i].Label))
			said = append(said, argmax3(reader.logits(e.rows)))
		}
		acc, f1, rec := classFigures(gold, said, 3)
		t.say("targets %s: n %d accuracy %.3f macroF1 %.3f macroR %.3f", name, len(gold), acc, f1, rec)
	}
	return t.write("targets", reader.model.encode())
}

func targetExample(reader *targetReader, x *polarity, pw *polarityWords, r *sample) (example, bool) {
	k := indexOf(polarityClasses, r.Label)
	start, end := r.span()
	var s scanned
	s.scan(r.Text)
	l := x.read(&s, pw)
	from, to := wordsOf(&s, start, end)
	if k < 0 || to == 0 {
		return example{}, false
	}
	target := make([]float32, 3)
	target[k] = 1
	return example{rows: reader.rows(nil, &s, from, to, l), target: target, weight: 1}, true
}
