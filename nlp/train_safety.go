package nlp

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// makeDrugs packs the names of medicines of the public lists.
func (t *trainer) makeDrugs() error {
	names := map[uint64]bool{}
	everyday, err := loadBase()
	if err != nil {
		return err
	}
	take := func(name string) {
		var s scanned
		s.scan(name)
		for i := range s.words {
			w := &s.words[i]
			form := string(s.form(w))
			if w.kind == kindWord && len(form) > 4 && !everyday.everyday(form) && (i == 0 || strings.Contains(name, ";")) {
				names[mix(w.key, drugSeed)] = true
			}
		}
	}
	err = eachLine(filepath.Join(t.Data, "lexicons", "drug-ingredient-brands.jsonl.gz"), func(line []byte) error {
		var r struct {
			Ingredient string
			Names      []string
		}
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("drugs: %w", err)
		}
		take(r.Ingredient)
		for _, n := range r.Names {
			take(n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	keys := make([]uint64, 0, len(names))
	for k := range names {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	l := newLexicon(len(keys))
	for _, k := range keys {
		l.put(k, 1)
	}
	t.say("drugs: %d names", len(keys))
	return t.write("drugs", l.encode())
}

// makeSafety trains the adverse event model: talk of patients and case
// reports together, with everyday posts and reviews of other things as what
// is none.
func (t *trainer) makeSafety() error {
	drugs, err := openLexiconFile(filepath.Join(t.Out, "drugs.bin"))
	if err != nil {
		return err
	}
	m := &models{drugs: drugs, safetyWords: safetyLists(), safetyModel: &linear{classes: 2, mask: 1<<safetyBits - 1}}
	var examples []example
	var check []sample
	add := func(r *sample, event bool, weight float32) {
		var s scanned
		s.scan(r.Text)
		if len(s.words) == 0 {
			return
		}
		target := []float32{1, 0}
		if event {
			target = []float32{0, 1}
		}
		examples = append(examples, example{rows: m.safetyRows(&s), target: target, weight: weight})
	}
	for _, set := range []struct {
		name, positive string
		weight         float32
		most           int
	}{
		{"psytar.train", "adr", 1.5, 0},
		{"ade_v2", "ade", 1, 0},
		{"semeval17.train", "-", 0.7, 12000},
		{"vader_amazon", "-", 0.5, 1000},
		{"vader_nyt", "-", 0.5, 1500},
	} {
		rows, err := t.sets(set.name)
		if err != nil {
			return err
		}
		step := 1
		if set.most > 0 {
			step = max(1, len(rows)/set.most)
		}
		for i := 0; i < len(rows); i += step {
			r := &rows[i]
			r.Label = map[bool]string{true: "event", false: "none"}[r.Label == set.positive]
			if t.Check && checks(r) {
				check = append(check, *r)
				continue
			}
			add(r, r.Label == "event", set.weight)
		}
	}
	w := learn(examples, learning{classes: 2, bits: safetyBits, epochs: 6, rate: 1.0, decay: 1e-4, minDocs: 2, seed: 3})
	m.safetyModel = quantize(w, 2)
	t.say("safety: %d texts", len(examples))
	psytar, err := t.read("psytar")
	if err != nil {
		return err
	}
	for i := range psytar {
		psytar[i].Label = map[bool]string{true: "event", false: "none"}[psytar[i].Label == "adr"]
	}
	tweets, err := t.read("semeval17")
	if err != nil {
		return err
	}
	t.safetyFigures(m, append(append(check, psytar...), tweets...))
	return t.write("safety", m.safetyModel.encode())
}

func (t *trainer) safetyFigures(m *models, rows []sample) {
	w := worker{m: m}
	type count struct{ hit, said, gold, n int }
	counts := map[string]*count{}
	for i := range rows {
		r := &rows[i]
		c := counts[r.set]
		if c == nil {
			c = &count{}
			counts[r.set] = c
		}
		d := &w.fields[1]
		d.text = r.Text
		d.scan.scan(r.Text)
		flag := w.safetyScore(d) >= safetyThreshold
		c.n++
		if flag {
			c.said++
		}
		if r.Label == "event" {
			c.gold++
			if flag {
				c.hit++
			}
		}
	}
	names := make([]string, 0, len(counts))
	for k := range counts {
		names = append(names, k)
	}
	slices.Sort(names)
	for _, k := range names {
		c := counts[k]
		t.say("safety %s: n %d, events %d, P %.3f R %.3f F1 %.3f, flags per 1,000: %.1f", k, c.n, c.gold,
			float64(c.hit)/float64(max(c.said, 1)), float64(c.hit)/float64(max(c.gold, 1)), 2*float64(c.hit)/float64(max(c.said+c.gold, 1)), 1000*float64(c.said)/float64(c.n))
	}
}

// safetyScore is the probability that a field tells an adverse event.
func (w *worker) safetyScore(d *field) float32 {
	w.lookSafe(&d.scan)
	return w.safe.score(&d.scan)
}
