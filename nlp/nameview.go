package nlp

// A nameView is what the rest of the text knows about names: it decides
// whether a single word is the brand or something else.
type nameView struct {
	entities []entitySpan
	shouting bool // nearly all letters are upper case: case says nothing
}

// An entitySpan is a name found in one field, by bytes.
type entitySpan struct {
	start, end int32
	kind       uint8
}

// The kinds of names, in the order of entityTypes.
const (
	entPerson = iota
	entLocation
	entOrganization
	entMisc
	entProduct
)

// speaks decides about a hit of a single-word name by case, the kind of name
// it is part of, and the words beside it.
func (v *nameView) speaks(h *hit, s *scanned, says string) (bool, string) {
	w := &s.words[h.from]
	points, why := 2, ""
	note := func(n int, text string) {
		points += n
		why += ", " + text
	}
	if h.form.common {
		points = 0
		why = ", also an everyday word"
	}
	upper := w.flags&(flagTitle|flagUpper) != 0
	switch {
	case !upper && h.form.common && !v.shouting:
		note(-4, "in lower case")
	case upper && !v.shouting && h.from > 0 && !startsSentence(s, h.from):
		note(1, "in upper case")
	}
	for _, e := range v.entities {
		if e.start <= w.start && e.end >= w.end {
			switch e.kind {
			case entOrganization:
				note(3, "an organization here")
			case entProduct, entMisc:
				note(1, "a name here")
			case entPerson:
				note(-3, "part of a person's name")
			case entLocation:
				note(-3, "a place here")
			}
			break
		}
	}
	if points > 0 {
		return true, says + why
	}
	return false, says + why
}

// startsSentence reports whether word i is the first of a sentence.
func startsSentence(s *scanned, i int) bool {
	if i == 0 {
		return true
	}
	p := &s.words[i-1]
	if p.kind != kindPunct && p.kind != kindEmote {
		return false
	}
	switch s.text[p.end-1] {
	case '.', '!', '?', ':', '"':
		return true
	}
	return false
}

// shouts reports whether case says nothing in s.
func shouts(s *scanned) bool {
	caps, words := 0, 0
	for i := range s.words {
		if w := &s.words[i]; w.kind == kindWord && w.hi-w.lo > 2 {
			words++
			if w.flags&(flagCaps|flagTitle) != 0 {
				caps++
			}
		}
	}
	return words >= 3 && caps*5 >= words*4
}
