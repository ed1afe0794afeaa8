package nlp

import (
	"slices"
	"strings"
)

// languageNames maps the labels of the sets.
var languageNames = map[string]string{"english": "en", "german": "de", "french": "fr", "spanish": "es", "dutch": "nl", "italian": "it"}

const languageBits = 17

// makeLanguage trains the language model.
func (t *trainer) makeLanguage() error {
	rows, err := t.sets("langid_uva.train", "langid_liga")
	if err != nil {
		return err
	}
	more, err := t.catalogRows()
	if err != nil {
		return err
	}
	proto := &linear{classes: len(languages), mask: 1<<languageBits - 1}
	var s scanned
	var examples []example
	var check []sample
	for _, r := range append(rows, more...) {
		name := r.Label
		if n, ok := languageNames[name]; ok {
			name = n
		}
		k := slices.Index(languages, name)
		if k < 0 {
			continue
		}
		r.Label = name
		if t.Check && checks(&r) {
			check = append(check, r)
			continue
		}
		s.scan(r.Text)
		f, letters := letterFeatures(nil, proto, &s)
		if letters < minLetters {
			continue
		}
		target := make([]float32, len(languages))
		target[k] = 1
		e := example{rows: f, target: target, weight: 1}
		if r.set == "catalog" {
			e.weight = 0.5
		}
		examples = append(examples, e)
	}
	w := learn(examples, learning{classes: len(languages), bits: languageBits, epochs: 8, rate: 0.5, minDocs: 2, adaptive: true, seed: 1})
	m := &languageModel{quantize(w, len(languages))}
	t.say("language: %d texts", len(examples))
	t.languageFigures(m, check, "check")
	if uva, err := t.read("langid_uva"); err == nil {
		for i := range uva {
			uva[i].Label = languageNames[uva[i].Label]
		}
		t.languageFigures(m, uva, "langid_uva")
	}
	return t.write("language", m.linear.encode())
}

func (t *trainer) languageFigures(m *languageModel, rows []sample, name string) {
	hits, total := map[string]int{}, map[string]int{}
	var s scanned
	for _, r := range rows {
		s.scan(r.Text)
		lang, _, _, _ := m.identify(nil, nil, &s)
		for _, k := range []string{r.set, r.set + " " + r.Label} {
			total[k]++
			if lang == r.Label {
				hits[k]++
			}
		}
	}
	keys := make([]string, 0, len(total))
	for k := range total {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		t.say("language %s: %s: accuracy %.3f of %d", name, k, float64(hits[k])/float64(total[k]), total[k])
	}
}

// catalogRows makes rows of the translations in the catalogues: for the
// languages that are known at most 2,500 lines, for all others 250 each.
func (t *trainer) catalogRows() ([]sample, error) {
	if t.Catalogs == "" {
		t.say("catalogues: none given; Portuguese and other languages are not learned")
		return nil, nil
	}
	lines, err := catalogLines(t.Catalogs)
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(lines))
	for k := range lines {
		names = append(names, k)
	}
	slices.Sort(names)
	var out []sample
	for _, name := range names {
		short, _, _ := strings.Cut(name, "_")
		most := 300
		label := undLanguage
		switch {
		case short == "en":
			continue
		case slices.Contains(languages, short):
			label, most = short, 1500
			if short == "pt" {
				most = 4000
			}
		case slices.Contains([]string{"fy", "ia", "gl", "ca", "ast", "lb", "dsb", "io"}, short):
			most = 60 // too like one of ours to be learned as another
		}
		var kept []string
		for _, l := range lines[name] {
			if n := len(strings.Fields(l)); n >= 3 && !strings.ContainsAny(l, "%{<") {
				kept = append(kept, l)
			}
		}
		step := max(1, len(kept)/most)
		for i := 0; i < len(kept); i += step {
			if !foreign(kept[i]) {
				out = append(out, sample{Text: kept[i], Label: label, set: "catalog"})
			}
		}
	}
	t.say("catalogues: %d lines of %d languages", len(out), len(names))
	return out, nil
}
