package query

import (
	"math/bits"
	"slices"
	"strings"
	"time"
)

// fieldGap is the distance put between the positions of title and text: more
// than any NEAR or phrase can bridge.
const fieldGap = 1024

// A span is a stretch of positions. Those of the text begin fieldGap after
// the last of the title.
type span struct {
	first, last int32
}

// Match reports whether d is what q looks for.
func (q *Query) Match(d *Document) bool {
	e := eval{d: d, p: q.prog, now: q.now}
	return e.match(0)
}

// An eval answers the trees of a program for one document.
type eval struct {
	d     *Document
	p     *program
	now   time.Time // zero until a relative date is met
	terms []sighting
	epoch uint32
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
		mid, ok := e.sides(in)
		if !ok {
			return false
		}
		return e.pairs(in, base, mid, false)
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

// sides pushes the spans of both children and returns where the second's
// begin, or false when one has none.
func (e *eval) sides(in *inst) (mid int, ok bool) {
	base := len(e.d.spans)
	e.push(in.a)
	mid = len(e.d.spans)
	if mid == base {
		return mid, false
	}
	e.push(in.a + 1)
	return mid, len(e.d.spans) > mid
}

func (e *eval) push(i int32) {
	e.pushInst(&e.p.insts[i])
}

// pushInst pushes the spans of a text expression, in order and without doubles.
func (e *eval) pushInst(in *inst) {
	base := len(e.d.spans)
	switch in.op {
	case doWord:
		e.word(in, true)
	case doPhrase:
		e.phrase(in, textStore, true)
	case doSlop:
		e.slop(in, true)
	case doOr:
		for k := in.a; k < in.b; k++ {
			e.push(k)
		}
		e.tidy(base)
	case doNear, doSentence:
		mid, ok := e.sides(in)
		end := len(e.d.spans)
		if ok {
			e.pairs(in, base, mid, true)
		}
		e.keep(base, end)
		e.tidy(base)
	case doNotNear:
		e.notNear(in, base)
	}
}

// keep moves the spans from end on down to base.
func (e *eval) keep(base, end int) {
	n := copy(e.d.spans[base:], e.d.spans[end:])
	e.d.spans = e.d.spans[:base+n]
}

// tidy sorts the spans from base on and drops doubles.
func (e *eval) tidy(base int) {
	s := e.d.spans[base:]
	if !slices.IsSortedFunc(s, compareSpans) {
		slices.SortFunc(s, compareSpans)
	}
	e.d.spans = e.d.spans[:base+len(slices.Compact(s))]
}

func compareSpans(a, b span) int {
	if a.first != b.first {
		return int(a.first - b.first)
	}
	return int(a.last - b.last)
}

// pairs joins the spans [base:mid) and [mid:len) and reports whether there is
// a pair; with emit it pushes the spans over all pairs.
func (e *eval) pairs(in *inst, base, mid int, emit bool) bool {
	left, right := e.d.spans[base:mid], e.d.spans[mid:]
	if e.before(in, left, right, emit) && !emit {
		return true
	}
	if in.op == doNear && in.flag {
		return len(e.d.spans) > mid+len(right)
	}
	return e.before(in, right, left, emit) && !emit || len(e.d.spans) > mid+len(right)
}

// before finds pairs with a span of a first, then one of b near it.
func (e *eval) before(in *inst, a, b []span, emit bool) bool {
	for _, s := range a {
		if in.op == doSentence && e.sentence(s.first) != e.sentence(s.last) {
			continue
		}
		i, _ := slices.BinarySearchFunc(b, s.last+1, func(t span, first int32) int { return int(t.first - first) })
		for ; i < len(b); i++ {
			t := b[i]
			if in.op == doNear {
				if t.first-s.last-1 > int32(in.n) {
					break
				}
			} else if at := e.sentence(s.last); e.sentence(t.first) != at {
				break
			} else if e.sentence(t.last) != at {
				continue
			}
			if !emit {
				return true
			}
			e.d.spans = append(e.d.spans, span{s.first, t.last})
		}
	}
	return false
}

// sentence returns the sentence of a position.
func (e *eval) sentence(pos int32) uint32 {
	if int(pos) >= e.d.title {
		pos -= fieldGap
	}
	return e.d.stores[textStore].tokens[pos].sentence
}

// notNear pushes the spans of the first child that have none of the second
// near them.
func (e *eval) notNear(in *inst, base int) {
	e.push(in.a)
	mid := len(e.d.spans)
	if mid == base {
		return
	}
	e.push(in.a + 1)
	end := len(e.d.spans)
	out := base
	for i := base; i < mid; i++ {
		s := e.d.spans[i]
		if !nearAny(s, e.d.spans[mid:end], int32(in.n), in.flag) {
			e.d.spans[out] = s
			out++
		}
	}
	e.d.spans = e.d.spans[:out]
}

// nearAny reports whether one of the spans overlaps s or has at most n
// positions between; ordered looks after s only.
func nearAny(s span, spans []span, n int32, ordered bool) bool {
	low := s.first - n - 1
	if ordered {
		low = s.first
	}
	for _, t := range spans {
		if t.first > s.last+n+1 {
			return false
		}
		if t.last >= low {
			return true
		}
	}
	return false
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

// slop answers for words in any order; with emit it pushes their spans.
func (e *eval) slop(in *inst, emit bool) bool {
	s := &e.d.stores[textStore]
	words := e.p.words[in.a:in.b]
	if !e.mask(in, s, words) {
		return false
	}
	width := len(words) + int(in.n)
	all := uint32(1)<<len(words) - 1 // 32 words: all bits
	for t, m := range e.d.masks {
		if m == 0 {
			continue
		}
		end := min(t+width, len(s.tokens))
		last := slopEnd(e.d.masks[t:end], len(words), all, func(k int) bool { return s.tokens[t+k].seg == s.tokens[t].seg })
		if last < 0 {
			continue
		}
		if !emit {
			return true
		}
		e.at(t, last+1)
	}
	return false
}

// mask fills e.d.masks and reports whether each word fits some token.
func (e *eval) mask(in *inst, s *store, words []progWord) bool {
	for k := range words {
		if t := words[k].term; t >= 0 && e.form(t) < 0 {
			return false
		}
	}
	e.d.masks = slices.Grow(e.d.masks[:0], len(s.tokens))[:len(s.tokens)]
	clear(e.d.masks)
	for k := range words {
		w, found, id := &words[k], false, int32(-1)
		if w.term >= 0 {
			id = e.form(w.term)
		}
		for t := range s.tokens {
			if e.inScope(in, t) && s.fits(t, w, id) {
				e.d.masks[t] |= 1 << k
				found = true
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// slopEnd returns the first place by which each word has a token of its own,
// the token at 0 among them, or -1. Tokens are given to words one after the
// other; a word gives up its token for another when it can, so what is counted
// is the largest matching, and the token at 0 is never lost.
func slopEnd(masks []uint32, words int, all uint32, within func(k int) bool) int {
	seen := uint32(0)
	for _, m := range masks {
		seen |= m
	}
	if seen != all {
		return -1
	}
	var owner [MaxWords]int32 // by word: place of its token plus 1
	matched := 0
	for k, m := range masks {
		if m == 0 {
			continue
		}
		if !within(k) {
			return -1
		}
		tried := uint32(0)
		if augment(masks, &owner, k, &tried) {
			if matched++; matched == words {
				return k
			}
		}
	}
	return -1
}

// augment gives the token at k a word, moving others where needed.
func augment(masks []uint32, owner *[MaxWords]int32, k int, tried *uint32) bool {
	for m := masks[k] &^ *tried; m != 0; m &^= *tried {
		w := bits.TrailingZeros32(m)
		*tried |= 1 << w
		if owner[w] == 0 || augment(masks, owner, int(owner[w]-1), tried) {
			owner[w] = int32(k + 1)
			return true
		}
	}
	return false
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
		return e.inTime(r)
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

func (e *eval) inTime(r *Range) bool {
	t := e.d.row.Published
	if t.IsZero() {
		return false
	}
	if e.now.IsZero() && (r.From.relative || r.To.relative) {
		e.now = time.Now()
	}
	from, before := r.Times(e.now)
	return (from.IsZero() || !t.Before(from)) && (before.IsZero() || t.Before(before))
}
