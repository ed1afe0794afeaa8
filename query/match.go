package query

import (
	"strings"
	"time"
)

// fieldGap is the distance put between the positions of title and text: more
// than any NEAR or phrase can bridge.
const fieldGap = 1024

// Match reports whether d is what q looks for.
func (q *Query) Match(d *Document) bool {
	e := eval{d: d, p: q.prog, now: q.now}
	return e.match(0)
}

// An eval answers the trees of a program for one document.
type eval struct {
	d   *Document
	p   *program
	now time.Time // zero until a relative date is met

	terms []sighting // where a set found its terms; nil makes each look for itself
	epoch uint32

	joined int // spans joined for the query at hand
}

// A sighting is where a term of a program was last found.
type sighting struct {
	epoch uint32
	form  int32
}

// form returns the number of the form that term looks up in title and text,
// or -1.
func (e *eval) form(term int32) int32 {
	if e.terms == nil {
		t := &e.p.terms[term]
		return e.d.stores[textStore].find(t.hash, t.text)
	}
	if s := e.terms[term]; s.epoch == e.epoch {
		return s.form
	}
	return -1
}

func (e *eval) match(i int32) bool {
	in := &e.p.insts[i]
	switch in.op {
	case doAnd:
		for k := in.a; k < in.b; k++ {
			if !e.match(k) {
				return false
			}
		}
		return true
	case doOr:
		for k := in.a; k < in.b; k++ {
			if e.match(k) {
				return true
			}
		}
		return false
	case doNot:
		return !e.match(in.a)
	case doWord:
		return e.word(in, false)
	case doPhrase:
		return e.phrase(in, textStore, false)
	case doAddress:
		return e.phrase(in, int(in.n), false)
	case doRaw:
		s := e.p.texts[in.a]
		return strings.Contains(e.d.row.Title, s) || strings.Contains(e.d.row.Text, s)
	case doKeyword:
		return e.keyword(in)
	case doRange:
		return e.inRange(e.p.ranges[in.a])
	case doAll:
		return true
	}
	base := len(e.d.spans)
	found := e.spanTruth(in, base)
	e.d.spans = e.d.spans[:base]
	return found
}

// spanTruth is match for what is told from spans.
func (e *eval) spanTruth(in *inst, base int) bool {
	switch in.op {
	case doNear, doSentence:
		return e.nearTruth(in)
	case doRepeat:
		e.push(in.a)
		starts, last := int32(0), int32(-1)
		for _, s := range e.d.spans[base:] {
			if s.first != last {
				starts++
				last = s.first
			}
		}
		return starts >= int32(in.n)
	case doSlop:
		return e.slop(in, false)
	}
	e.pushInst(in)
	return len(e.d.spans) > base
}

// inScope reports whether a token stands where in looks.
func (e *eval) inScope(in *inst, token int) bool {
	switch in.scope {
	case TitleOnly:
		return token < e.d.title
	case TextOnly:
		return token >= e.d.title
	}
	return true
}

// at pushes the span of count tokens from token on.
func (e *eval) at(token, count int) {
	first := int32(token)
	if token >= e.d.title {
		first += fieldGap
	}
	e.d.spans = append(e.d.spans, span{first, first + int32(count) - 1})
}

// word answers for one literal word; with emit it pushes its spans.
func (e *eval) word(in *inst, emit bool) bool {
	id := e.form(in.a)
	if id < 0 || !emit && in.scope == Anywhere {
		return id >= 0
	}
	s := &e.d.stores[textStore]
	for k := s.forms[id].head; k >= 0; k = s.entries[k].next {
		token := int(s.entries[k].token)
		if !e.inScope(in, token) {
			continue
		}
		if !emit {
			return true
		}
		e.at(token, 1)
	}
	return false
}

// phrase answers for words in a row; with emit it pushes their spans.
func (e *eval) phrase(in *inst, which int, emit bool) bool {
	s, words := e.d.store(which), e.p.words[in.a:in.b]
	var ids [MaxWords]int32
	anchor := -1 // the rarest word that is looked up
	for k := range words {
		ids[k] = -1
		term := words[k].term
		if term < 0 {
			continue
		}
		if which == textStore {
			ids[k] = e.form(term)
		} else {
			ids[k] = s.find(e.p.terms[term].hash, e.p.terms[term].text)
		}
		if ids[k] < 0 {
			return false
		}
		if anchor < 0 || s.forms[ids[k]].count < s.forms[ids[anchor]].count {
			anchor = k
		}
	}
	if anchor < 0 {
		for t := range s.tokens {
			if e.rowAt(in, s, words, &ids, t, emit) && !emit {
				return true
			}
		}
		return false
	}
	for k := s.forms[ids[anchor]].head; k >= 0; k = s.entries[k].next {
		if e.rowAt(in, s, words, &ids, int(s.entries[k].token)-anchor, emit) && !emit {
			return true
		}
	}
	return false
}

// rowAt reports whether the words fit the tokens from t on.
func (e *eval) rowAt(in *inst, s *store, words []progWord, ids *[MaxWords]int32, t int, emit bool) bool {
	end := t + len(words) - 1
	if t < 0 || end >= len(s.tokens) || s.tokens[t].seg != s.tokens[end].seg || !e.inScope(in, t) {
		return false
	}
	for k := range words {
		if !s.fits(t+k, &words[k], ids[k]) {
			return false
		}
	}
	if emit {
		e.at(t, len(words))
	}
	return true
}

func (e *eval) keyword(in *inst) bool {
	want := &e.p.values[in.a]
	for _, v := range e.d.fieldValues(int(in.n)) {
		if in.flag {
			if globMatch(want.text, e.d.valueBytes(v)) {
				return true
			}
		} else if v.hash == want.hash && string(e.d.valueBytes(v)) == want.text {
			return true
		}
	}
	return false
}

func (e *eval) inRange(r *Range) bool {
	var v *float64
	switch r.Field {
	case "published":
		return e.inTime(r, e.d.row.Published)
	case "time":
		return e.inTime(r, e.d.row.Time())
	case "score":
		v = e.d.row.Score
	case "engagement":
		v = e.d.row.Engagement
	case "reach":
		v = e.d.row.Reach
	case "rating":
		v = e.d.row.Rating
	}
	if v == nil {
		return false
	}
	low, high, withLow, withHigh := r.Numbers()
	return (*v > low || withLow && *v == low) && (*v < high || withHigh && *v == high)
}

func (e *eval) inTime(r *Range, t time.Time) bool {
	if t.IsZero() {
		return false
	}
	if e.now.IsZero() && (r.From.relative || r.To.relative) {
		e.now = time.Now()
	}
	from, before := r.Times(e.now)
	return (from.IsZero() || !t.Before(from)) && (before.IsZero() || t.Before(before))
}
