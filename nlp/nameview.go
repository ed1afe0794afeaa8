package nlp

import "math"

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

// speaks decides about a hit of a single-word name by its case, what kind of
// name the entity model believes it is, and the words beside it.
func (v *nameView) speaks(h *hit, s *scanned, says string) (bool, string) {
	w := &s.words[h.from]
	known := v.believed(w.start)
	odds, why := float32(priorRare), ""
	if h.form.common {
		odds, why = priorCommon, ", also an everyday word or a place"
	}
	if known != nil {
		names := [...]string{"no name", "a person", "a place", "an organization", "a name"}
		top := 0
		for k := range known {
			if known[k] > known[top] {
				top = k
			}
		}
		larger := top > 0 && v.larger(w.start, s.words[h.to-1].end)
		switch {
		case h.form.common:
			odds += beliefShare * logit(known[3]+known[4]*shareMisc)
			if larger {
				odds -= 2
			}
		case known[0] < 0.5: // a name: of what?
			other := (known[1] + known[2]) / (1 - known[0])
			odds -= max(0, logit(other)) * map[bool]float32{true: 2, false: 1}[larger && h.form.named]
		}
		why += ", read as " + names[top] + " here"
		if larger {
			why += ", part of a longer one"
		}
	}
	if h.form.common && !v.shouting && w.flags&flagTitle != 0 {
		gain, says := v.grammar(h, s, known)
		odds += gain
		why += says
	}
	if h.from > 0 && particles.has(s.words[h.from-1].key) {
		odds -= 4
		why += ", after " + string(s.form(&s.words[h.from-1]))
	}
	if h.form.common && scored(s, h) {
		odds += 3
		why += ", beside a score"
	}
	if odds > 0 {
		return true, says + why
	}
	return false, says + why
}

// particles stand inside longer names and foreign phrases.
var particles = setOf("la", "le", "de", "von", "van", "san", "saint", "los", "las", "el", "du", "st")

// doubles are everyday words that newspapers know as names alone.
var doubles = setOf("apple", "visa", "amazon", "shell", "delta", "orange", "dove", "tide", "mars", "oracle", "subway", "gateway", "galaxy", "caterpillar", "puma", "jaguar",
	"penguin", "eclipse", "mint", "peach", "ring", "nest", "bolt", "lime", "bird", "square", "stripe", "slack", "zoom", "meta", "alphabet", "chase", "discover", "fidelity", "vanguard", "progressive",
	"allstate", "pioneer", "titan", "polo", "focus", "escape", "fusion", "accord", "civic", "pilot", "beetle", "golf", "spark", "bounty", "galileo", "phoenix", "aurora", "nova", "corona", "bud", "virgin", "lotus", "swatch", "fossil",
	"coach", "guess", "diesel", "express", "limited", "banana", "blackberry", "cricket", "sprint", "quest", "emerald", "sage", "box", "canvas", "unity", "steam", "crunch", "snickers", "twix", "skittles", "total", "eagle", "falcon")

// grammar is what upper case and the words beside the hit say for it: a noun
// in upper case without an article that does something is a company.
func (v *nameView) grammar(h *hit, s *scanned, known *belief) (float32, string) {
	if known != nil && (known[1] > 0.6 || known[2] > 0.6) {
		return 0, "" // a person or a place
	}
	first := startsSentence(s, h.from)
	if h.to < len(s.words) {
		next := &s.words[h.to]
		if next.kind == kindPoss && h.to+1 < len(s.words) {
			next = &s.words[h.to+1]
			if next.flags&flagTitle == 0 && first {
				return 2, ", owns something"
			}
		}
		if tag := v.tagAt(next.start); first && (tag == "VBZ" || tag == "VBD" || tag == "MD") || !first && tag == "VBZ" {
			return 3, ", does something"
		}
		if v.verbAhead(s, h) && first {
			return 2.5, ", does something"
		}
	}
	if !first && s.words[h.from-1].key != keyThe {
		return 1, ", in upper case"
	}
	return 0, ""
}

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
	for i := range v.tokens {
		if t := &v.tokens[i]; t.start <= at && t.end > at {
			return v.classes[t.tag]
		}
	}
	return ""
}

var keyThe = hash("the")

// larger reports whether the name found at start..end is longer than that by
// more than the legal form of a company.
func (v *nameView) larger(start, end int32) bool {
	for _, e := range v.entities {
		if e.start <= start && e.end >= end {
			return e.start < start || e.end-end > 6
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

const (
	priorCommon = 1 // a watched name is likelier a company than any other name is
	priorRare   = 3 // a word that only names use
	shareMisc   = 0.5
	beliefShare = 0.6 // the entity model is surer than it is right
)

func logit(p float32) float32 {
	p = min(max(p, 1e-4), 1-1e-4)
	return float32(math.Log(float64(p / (1 - p))))
}

// believed returns the belief at the token that has byte at, or nil.
func (v *nameView) believed(at int32) *belief {
	for i := range v.tokens {
		if t := &v.tokens[i]; t.start <= at && t.end > at && i < len(v.beliefs) {
			return &v.beliefs[i]
		}
	}
	return nil
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
