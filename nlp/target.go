package nlp

import "earshot/mention"

const (
	targetBits  = 18
	targetReach = 6 // words on each side that are told apart by their distance
)

// A targetReader says how a text speaks of one thing in it.
type targetReader struct {
	model  *linear
	bounds wordSet // words that begin another clause
}

func newTargetReader(model *linear) *targetReader {
	return &targetReader{model, setOf("but", "however", "although", "though", "while", "whereas", "yet", "except", "unlike", "and", "which", "because", "otherwise", "plus", "or", "with")}
}

// bound reports whether a clause ends at word i.
func (t *targetReader) bound(s *scanned, i int) bool {
	w := &s.words[i]
	switch w.kind {
	case kindPunct, kindEmote:
		c := s.text[w.start]
		return c == '.' || c == ',' || c == ';' || c == '!' || c == '?' || c == ':' || c == '(' || c == ')' || c == '-' && w.flags&flagSpace != 0
	case kindWord:
		return t.bounds.has(w.key)
	}
	return false
}

// wordsOf returns the words from..to-1 that stand at bytes start..end.
func wordsOf(s *scanned, start, end int) (from, to int) {
	from = len(s.words)
	for i := range s.words {
		w := &s.words[i]
		if int(w.end) > start && int(w.start) < end {
			from = min(from, i)
			to = i + 1
		}
	}
	if from >= to {
		return 0, 0
	}
	return from, to
}

// rows appends the features of words from..to-1 of s, whose valences are set.
// Of the whole text it takes the scores, doc.
func (t *targetReader) rows(dst []uint32, s *scanned, from, to int, doc [3]float32) []uint32 {
	add := func(h uint64) { dst = append(dst, t.model.row(h)) }
	steps := func(id uint64, v float32) {
		if v < 0 {
			id, v = id+1, -v
		}
		for j := range uint64(min(10, v*3) + 1) {
			add(mix(id, j))
		}
	}
	left, right := from, to
	for left > 0 && !t.bound(s, left-1) {
		left--
	}
	for right < len(s.words) && !t.bound(s, right) {
		right++
	}
	wide, wideRight := left, right
	for n := 0; wide > 0 && n < 8; n++ {
		wide--
	}
	for n := 0; wideRight < len(s.words) && n < 8; n++ {
		wideRight++
	}
	var near, clause, outside, first float32
	for i := range s.words {
		w := &s.words[i]
		if i >= from && i < to {
			add(mix(w.hash, 71))
			continue
		}
		d, side := i-to+1, uint64(1)
		if i < from {
			d, side = from-i, 2
		}
		neg := uint64(0)
		if w.negated {
			neg = 7
		}
		inside := i >= left && i < right
		if d <= targetReach {
			group := uint64(min(d, 3))
			if d > 4 {
				group = 4
			}
			add(mix(w.hash, 100+side*10+group))
			add(mix(w.hash, 130+neg))
		}
		near += w.valence / float32(1+d)
		switch {
		case inside:
			clause += w.valence
			add(mix(w.hash, 140+neg))
			if i+1 < right && i+1 != from {
				add(mix(mix(w.hash, s.words[i+1].hash), 142))
			}
		case i >= wide && i < wideRight:
			outside += w.valence
			add(mix(w.hash, 150+side))
		default:
			outside += w.valence
		}
		if w.valence != 0 && (first == 0 || d <= 3) {
			first = w.valence
			add(mix(170+side, uint64(min(d, 9))*2+b2u(w.valence > 0)))
		}
	}
	if from > 0 {
		add(mix(mix(s.words[from-1].hash, 180), 1))
		if from > 1 {
			add(mix(mix(s.words[from-2].hash, s.words[from-1].hash), 181))
		}
	}
	if to < len(s.words) {
		add(mix(s.words[to].hash, 182))
		if to+1 < len(s.words) {
			add(mix(mix(s.words[to].hash, s.words[to+1].hash), 183))
		}
	}
	steps(200, near)
	steps(210, clause/1.5)
	steps(220, outside/2)
	for k, v := range doc {
		steps(300+uint64(k)*10, v)
	}
	add(mix(400, b2u(right-left == to-from)))
	add(401)
	return dst
}

func b2u(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// logits scores rows.
func (t *targetReader) logits(rows []uint32) [3]float32 {
	var s [3]float32
	for _, r := range rows {
		t.model.add3(&s, r)
	}
	k := t.model.scale / sqrt(len(rows))
	return [3]float32{s[0] * k, s[1] * k, s[2] * k}
}

// targetLogits scores how the mention speaks of what stands at sp.
func (w *worker) targetLogits(sp mention.Span) [3]float32 {
	d := &w.fields[1]
	if sp.Field == "title" && w.fields[0].present {
		d = &w.fields[0]
	}
	from, to := wordsOf(&d.scan, sp.Start, sp.End)
	if to == 0 {
		return d.logits
	}
	s := &d.scan
	if len(s.words) > maxTargetWords { // the words around it are enough
		a, b := max(0, from-maxTargetWords/2), min(len(s.words), to+maxTargetWords/2)
		part := *s
		part.words, part.says, part.product = s.words[a:b], nil, nil
		s, from, to = &part, from-a, to-a
	}
	w.rows = w.m.targets.rows(w.rows[:0], s, from, to, d.logits)
	return w.m.targets.logits(w.rows)
}

const maxTargetWords = 80
