package index

import (
	"cmp"
	"slices"
)

// near has a span over each pair of spans that do not overlap and have at
// most n tokens between them.
type near struct {
	e       *evaluator
	l, r    part
	n       int
	ordered bool
}

func (p *near) spans(doc uint32, one bool) ([]span, error) {
	left, right, err := sides(doc, p.l, p.r)
	if err != nil || left == nil || right == nil {
		return nil, err
	}
	found, err := p.follow(nil, left, right, one)
	if err != nil || one && len(found) > 0 {
		return found, err
	}
	if !p.ordered {
		found, err = p.follow(found, right, left, one)
	}
	return sorted(found), err
}

// follow adds the pairs in which a span of second stands behind one of first;
// one is enough where one is asked for.
func (p *near) follow(found, first, second []span, one bool) ([]span, error) {
	for i, s := range first {
		if err := p.e.tick(i); err != nil {
			return nil, err
		}
		for _, t := range startingAt(second, s.last+1) {
			if t.first-s.last-1 > p.n {
				break
			}
			found = append(found, span{s.first, t.last, s.firstSentence, t.lastSentence})
		}
		if one && len(found) > 0 {
			return found[:1], nil
		}
		if len(found) > maxSpans {
			return nil, tooManySpans()
		}
	}
	return found, nil
}

func tooManySpans() error {
	return refusal("too-slow", "a document has too many places where the words stand near each other", "use rarer words, or fewer NEARs in each other")
}

// sides reads both sides of a pair; nil when one has no span.
func sides(doc uint32, l, r part) (left, right []span, err error) {
	if left, err = l.spans(doc, false); err != nil {
		return nil, nil, err
	}
	if len(left) == 0 {
		return nil, nil, nil
	}
	right, err = r.spans(doc, false)
	if err != nil || len(right) == 0 {
		return nil, nil, err
	}
	return left, right, nil
}

// startingAt returns the spans of a sorted list that start at a position or
// after it.
func startingAt(list []span, first int) []span {
	i, _ := slices.BinarySearchFunc(list, first, func(s span, want int) int { return cmp.Compare(s.first, want) })
	return list[i:]
}

// notNear has the spans of its left side that no span of the right side
// overlaps or comes near.
type notNear struct {
	l, r    part
	n       int
	ordered bool // looks after the left side only
}

func (p *notNear) spans(doc uint32, one bool) ([]span, error) {
	left, err := p.l.spans(doc, false)
	if err != nil {
		return nil, err
	}
	right, err := p.r.spans(doc, false)
	if err != nil || len(right) == 0 || len(left) == 0 {
		return left, err
	}
	reach := make([]int, len(right)) // the last position of the spans up to here
	for i, t := range right {
		reach[i] = t.last
		if i > 0 {
			reach[i] = max(reach[i], reach[i-1])
		}
	}
	var found []span
	for _, s := range left {
		from := len(right) - len(startingAt(right, s.last+1))
		if from < len(right) && right[from].first-s.last-1 <= p.n {
			continue // comes near after s
		}
		if from > 0 {
			last := reach[from-1] // of the spans that start before s ends
			if last >= s.first || !p.ordered && s.first-last-1 <= p.n {
				continue
			}
		}
		found = append(found, s)
		if one {
			break
		}
	}
	return found, nil
}

// sentence has a span over each pair of spans that do not overlap and lie in
// one sentence.
type sentence struct {
	e    *evaluator
	l, r part
}

func (p *sentence) spans(doc uint32, one bool) ([]span, error) {
	left, right, err := sides(doc, p.l, p.r)
	if err != nil || left == nil || right == nil {
		return nil, err
	}
	bySentence := map[int][]span{}
	for _, t := range right {
		if t.firstSentence == t.lastSentence {
			bySentence[t.firstSentence] = append(bySentence[t.firstSentence], t)
		}
	}
	var found []span
	for i, s := range left {
		if err := p.e.tick(i); err != nil {
			return nil, err
		}
		if s.firstSentence != s.lastSentence {
			continue
		}
		for _, t := range bySentence[s.firstSentence] {
			if s.last < t.first || t.last < s.first {
				found = append(found, span{min(s.first, t.first), max(s.last, t.last), s.firstSentence, s.firstSentence})
				if one {
					return found, nil
				}
			}
		}
		if len(found) > maxSpans {
			return nil, tooManySpans()
		}
	}
	return sorted(found), nil
}

// slopped has, for each position where one of its words stands, the shortest
// span that starts there and has each word at a position of its own.
type slopped struct {
	leaves []*leaf
	width  int
}

func (p *slopped) spans(doc uint32, one bool) ([]span, error) {
	lists := make([][]place, len(p.leaves))
	var all []place
	for i, l := range p.leaves {
		if lists[i] = l.of(doc); len(lists[i]) == 0 {
			return nil, nil
		}
		all = append(all, lists[i]...)
	}
	slices.SortFunc(all, func(a, b place) int { return cmp.Compare(a.position, b.position) })
	all = slices.Compact(all)
	var found []span
	m := matching{lists: lists}
	for i, head := range all {
		if last, ok := m.end(all[i:], p.width); ok {
			found = append(found, span{head.position, last.position, head.sentence, last.sentence})
			if one {
				break
			}
		}
	}
	return found, nil
}

// A matching gives each word a position of its own. Positions come in
// ascending order, and one that has a word keeps having one, so the first
// position stays in and the last one that was needed is the smallest end.
type matching struct {
	lists [][]place
	words []int  // word -> position it has, or -1
	tried []bool // words seen in this search
}

// end returns the last of the positions that are needed when the first one
// is used; false when the words are not all within width.
func (m *matching) end(positions []place, width int) (place, bool) {
	m.words, m.tried = slices.Repeat([]int{-1}, len(m.lists)), make([]bool, len(m.lists))
	first, n := positions[0].position, 0
	for _, p := range positions {
		if p.position >= first+width {
			break
		}
		clear(m.tried)
		if m.take(p.position) {
			if n++; n == len(m.lists) {
				return p, true
			}
		}
	}
	return place{}, false
}

// take finds a word for a position, moving other positions to other words.
func (m *matching) take(position int) bool {
	for w, list := range m.lists {
		if m.tried[w] {
			continue
		}
		if _, ok := at(list, position); !ok {
			continue
		}
		m.tried[w] = true
		if m.words[w] < 0 || m.take(m.words[w]) {
			m.words[w] = position
			return true
		}
	}
	return false
}
