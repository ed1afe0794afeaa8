package query

import "slices"

// maxJoined is how many spans the NEARs of one query may join in one document.
// Only a text that repeats the same words thousands of times reaches it; what
// comes after is not looked at, in a set and a search just as here.
const maxJoined = 1 << 21

// A span is a stretch of positions. Those of the text begin fieldGap after
// the last of the title.
type span struct {
	first, last int32
}

func compareSpans(a, b span) int {
	if a.first != b.first {
		return int(a.first - b.first)
	}
	return int(a.last - b.last)
}

// push pushes the spans of the text expression i.
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
			e.join(in, base, mid, mid, end)
			if !in.flag {
				e.join(in, mid, end, base, mid)
			}
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

// nearTruth reports whether the children of a NEAR or SENTENCE have a pair.
func (e *eval) nearTruth(in *inst) bool {
	base := len(e.d.spans)
	mid, ok := e.sides(in)
	if !ok {
		return false
	}
	left, right := e.d.spans[base:mid], e.d.spans[mid:]
	return e.then(in, left, right, false) || !in.flag && e.then(in, right, left, false)
}

// join pushes the spans from each in [x:xEnd) to each in [y:yEnd) that comes
// after it and is near. Many of the longer list may share an end; they are
// taken together by that end, which for the second list means to look at both
// as in a mirror.
func (e *eval) join(in *inst, x, xEnd, y, yEnd int) {
	const few = 4096
	if xs, ys := xEnd-x, yEnd-y; xs >= ys || xs*ys <= few {
		e.then(in, e.d.spans[x:xEnd], e.d.spans[y:yEnd], true)
		return
	}
	start := len(e.d.spans)
	e.mirror(y, yEnd)
	mid := len(e.d.spans)
	e.mirror(x, xEnd)
	end := len(e.d.spans)
	e.then(in, e.d.spans[start:mid], e.d.spans[mid:end], true)
	for i, s := range e.d.spans[end:] {
		e.d.spans[end+i] = span{-s.last, -s.first}
	}
	e.keep(start, end)
}

// mirror pushes the spans [lo:hi) as they look from the end of the document.
func (e *eval) mirror(lo, hi int) {
	start := len(e.d.spans)
	for i := lo; i < hi; i++ {
		s := e.d.spans[i]
		e.d.spans = append(e.d.spans, span{-s.last, -s.first})
	}
	slices.SortFunc(e.d.spans[start:], compareSpans)
}

// then finds spans of x with a span of y near after them; with emit it pushes
// the spans over both. Those of x that begin at one place reach windows of y
// that overlap, and each of y is taken once.
func (e *eval) then(in *inst, x, y []span, emit bool) bool {
	i := 0
	for k, s := range x {
		if in.op == doSentence && e.sentence(s.first) != e.sentence(s.last) {
			continue
		}
		if k == 0 || s.first != x[k-1].first {
			i = 0
		}
		if i < len(y) && y[i].first <= s.last {
			n, _ := slices.BinarySearchFunc(y[i:], s.last+1, func(t span, first int32) int { return int(t.first - first) })
			i += n
		}
		for ; i < len(y); i++ {
			near, inside := e.reaches(in, s, y[i])
			if !near {
				break
			}
			if !inside {
				continue
			}
			if !emit {
				return true
			}
			if e.joined++; e.joined > maxJoined {
				return false
			}
			e.d.spans = append(e.d.spans, span{s.first, y[i].last})
		}
	}
	return false
}

// reaches reports whether t, which comes after s, is near enough, and for
// SENTENCE whether all of it is in the sentence that it begins in.
func (e *eval) reaches(in *inst, s, t span) (near, inside bool) {
	if in.op == doNear {
		return t.first-s.last-1 <= int32(in.n), true
	}
	at := e.sentence(s.last)
	return e.sentence(t.first) == at, e.sentence(t.last) == at
}

// sentence returns the sentence of a position, mirrored or not.
func (e *eval) sentence(pos int32) uint32 {
	pos = max(pos, -pos)
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
	others := e.d.spans[mid:]
	for i := 1; i < len(others); i++ { // furthest end so far
		others[i].last = max(others[i].last, others[i-1].last)
	}
	out := base
	for i := base; i < mid; i++ {
		s := e.d.spans[i]
		if !nearAny(s, others, int32(in.n), in.flag) {
			e.d.spans[out] = s
			out++
		}
	}
	e.d.spans = e.d.spans[:out]
}

// nearAny reports whether one of the spans overlaps s or has at most n
// positions between; ordered looks after s only. The spans' last positions
// are the furthest so far.
func nearAny(s span, spans []span, n int32, ordered bool) bool {
	low := s.first - n - 1
	if ordered {
		low = s.first
	}
	i, _ := slices.BinarySearchFunc(spans, s.last+n+2, func(t span, first int32) int { return int(t.first - first) })
	return i > 0 && spans[i-1].last >= low
}
