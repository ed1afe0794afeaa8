package nlp

import "sort"

// A nameView is what the rest of the text knows about names: it decides
// whether a single word is the brand or something else.
type nameView struct {
	entities []entitySpan
	shouting bool // nearly all letters are upper case: case says nothing
	tokens   []token
	classes  []string // of their tags
	beliefs  []belief
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

// particles stand inside longer names and foreign phrases.
var particles = setOf("la", "le", "de", "von", "van", "san", "saint", "los", "las", "el", "du", "st")

// doubles are everyday words that newspapers know as names alone.
var doubles = setOf("apple", "visa", "amazon", "shell", "delta", "orange", "dove", "tide", "mars", "oracle", "subway", "gateway", "galaxy", "caterpillar", "puma", "jaguar",
	"penguin", "eclipse", "mint", "peach", "ring", "nest", "bolt", "lime", "bird", "square", "stripe", "slack", "zoom", "meta", "alphabet", "chase", "discover", "fidelity", "vanguard", "progressive",
	"allstate", "pioneer", "titan", "polo", "focus", "escape", "fusion", "accord", "civic", "pilot", "beetle", "golf", "spark", "bounty", "galileo", "phoenix", "aurora", "nova", "corona", "bud", "virgin", "lotus", "swatch", "fossil",
	"coach", "guess", "diesel", "express", "limited", "banana", "blackberry", "cricket", "sprint", "quest", "emerald", "sage", "box", "canvas", "unity", "steam", "crunch", "snickers", "twix", "skittles", "total", "eagle", "falcon")

// verbAhead reports whether the word after the hit looks like a verb of a
// headline: it ends in s, stands in lower case, and an object follows.
func (v *nameView) verbAhead(s *scanned, h *hit) bool {
	if h.to+1 >= len(s.words) {
		return false
	}
	w, next := &s.words[h.to], &s.words[h.to+1]
	form := s.form(w)
	if w.kind != kindWord || w.flags&flagUpper != 0 || len(form) < 4 || form[len(form)-1] != 's' || form[len(form)-2] == 's' {
		return false
	}
	switch tag := v.tagAt(next.start); tag {
	case "DT", "CD", "PRP$", "RP", "IN", "JJ", "TO", "RB":
		return true
	}
	return false
}

// tagAt is the part of speech of the token that has byte at.
func (v *nameView) tagAt(at int32) string {
	if i := v.tokenAt(at); i >= 0 {
		return v.classes[v.tokens[i].tag]
	}
	return ""
}

// tokenAt is the token that has byte at, or -1.
func (v *nameView) tokenAt(at int32) int {
	i := sort.Search(len(v.tokens), func(i int) bool { return v.tokens[i].end > at })
	if i < len(v.tokens) && v.tokens[i].start <= at {
		return i
	}
	return -1
}

var keyThe = hash("the")

// inPerson reports whether start..end is part of a longer name of a person.
func (v *nameView) inPerson(start, end int32) bool {
	for _, e := range v.entities {
		if e.start <= start && e.end >= end {
			return e.kind == entPerson && e.end-e.start > end-start
		}
	}
	return false
}

// scored reports whether a number like the score of a game, or the other team,
// stands beside the hit in a short line of results.
func scored(s *scanned, h *hit) bool {
	if len(s.words) > 30 {
		return false
	}
	game := func(i int) bool {
		if i < 0 || i >= len(s.words) {
			return false
		}
		w := &s.words[i]
		return w.kind == kindNumber && w.hi-w.lo <= 3 || w.key == keyAgainst
	}
	return game(h.to) || game(h.from-1) && h.from <= 4
}

var keyAgainst = hash("v")

// believed returns the mean belief at the tokens of start..end, and whether
// there is one.
func (v *nameView) believed(start, end int32) (mean belief, ok bool) {
	n := float32(0)
	for i := v.tokenAt(start); i >= 0 && i < len(v.beliefs) && v.tokens[i].start < end; i++ {
		b := v.beliefs[i]
		softmax(b[:])
		for k, p := range b {
			mean[k] += p
		}
		n++
	}
	for k := range mean {
		mean[k] /= max(n, 1)
	}
	return mean, n > 0
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
