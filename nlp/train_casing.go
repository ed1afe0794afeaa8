package nlp

import "slices"

const (
	casingLeast = 3    // times that a word stands in the texts
	casingShare = 0.45 // of them in lower case
	casingPrior = 2    // times in upper case that every word is given
)

// makeCasing lists the words that people write in lower case where they would
// write names in upper case, of those that prose does not know for words.
func (t *trainer) makeCasing() error {
	rows, err := t.unlabelledRows()
	if err != nil {
		return err
	}
	judged, err := t.ambiguousTexts()
	if err != nil {
		return err
	}
	b, err := loadBase()
	if err != nil {
		return err
	}
	type count struct{ lower, all float64 }
	counts := map[string]count{}
	var s scanned
	texts := 0
	for i := range rows {
		s.scan(rows[i].Text)
		if !cased(&s) || judged[normalText(rows[i].Text)] {
			continue
		}
		texts++
		for k := range s.words {
			w := &s.words[k]
			if w.kind != kindWord || startsSentence(&s, k) {
				continue
			}
			form := string(s.form(w))
			c := counts[form]
			c.all++
			if w.flags&flagUpper == 0 {
				c.lower++
			}
			counts[form] = c
		}
	}
	var keys []uint64
	for form, c := range counts {
		if c.all >= casingLeast && c.lower >= casingShare*(c.all+casingPrior) && !b.everyday(form) {
			keys = append(keys, hashString(form))
		}
	}
	slices.Sort(keys)
	l := newLexicon(len(keys))
	for _, k := range keys {
		l.put(k, 1)
	}
	t.say("casing: %d words of %d texts", len(keys), texts)
	return t.write("casing", l.encode())
}

// cased reports whether upper case tells something in s: it begins so, and
// most of it is not.
func cased(s *scanned) bool {
	words, upper := 0, 0
	for i := range s.words {
		w := &s.words[i]
		if w.kind != kindWord {
			continue
		}
		if words == 0 && w.flags&flagTitle == 0 {
			return false
		}
		words++
		if w.flags&flagUpper != 0 {
			upper++
		}
	}
	return words >= 4 && upper*2 <= words
}
