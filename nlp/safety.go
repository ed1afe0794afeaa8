package nlp

import "earshot/mention"

const (
	maxSafety         = 4000 // words of a field that are read
	maxElements       = 12   // spans of one element
	safetyBits        = 18
	specialSituations = 7
	safetyWindow      = 60 // words that are scored at once: an event is told in a few sentences

	// The score from which a text is flagged.
	safetyThreshold = 0.33
)

// Bits of what a stretch of words speaks of.
const (
	saysReaction = 1 << iota
	saysDrug
	saysPatient
	saysSerious
	saysWarnings
)

// safety says whether the mention looks like the report of an adverse event.
func (w *worker) safety(a *Analyzer) *mention.Safety {
	out := &mention.Safety{}
	var said uint8
	var types [specialSituations]bool
	for i := range w.fields {
		d := &w.fields[i]
		if d.present {
			said |= w.safetyElements(d, out, &types)
			out.Score = max(out.Score, round(w.safetyScore(d)))
		}
	}
	for i, on := range types {
		if on && said&(saysDrug|saysPatient) != 0 {
			out.Types = append(out.Types, safetyTypes[i])
		}
	}
	threshold := a.o.SafetyThreshold
	if threshold == 0 {
		threshold = safetyThreshold
	}
	out.AdverseEvent = out.Score >= threshold
	return out
}

// safetyElements collects the spans of the four elements and of seriousness.
func (w *worker) safetyElements(d *field, out *mention.Safety, types *[specialSituations]bool) uint8 {
	var said uint8
	s := &d.scan
	add := func(list *[]mention.Span, from, to int) {
		if len(*list) < maxElements {
			*list = append(*list, d.span(from, to))
		}
	}
	for i := 0; i < min(len(s.words), maxSafety); {
		if _, ok := w.m.drugs.find(mix(s.words[i].key, drugSeed)); ok && s.words[i].hi-s.words[i].lo > 3 {
			said |= saysDrug
			add(&out.Elements.Product, i, i+1)
		}
		to, class, ok := w.m.safetyWords.at(s, i)
		if !ok {
			i++
			continue
		}
		switch class {
		case safetyReaction:
			said |= saysReaction
			add(&out.Elements.Reaction, i, to)
		case safetySerious:
			said |= saysSerious
			add(&out.Serious, i, to)
		case safetyPatient:
			said |= saysPatient
			add(&out.Elements.Patient, i, to)
		case safetyReporter:
			add(&out.Elements.Reporter, i, to)
		case safetyDrug:
			said |= saysDrug
			add(&out.Elements.Product, i, to)
		default:
			types[class-safetyPregnancy] = true
		}
		i = to
	}
	return said
}

// drugSeed keeps the hashes of medicines apart from those of other lists.
const drugSeed = 0xD6

// safetyScore is the probability that a field tells an adverse event: of the
// likeliest stretch of words in it.
func (w *worker) safetyScore(d *field) float32 {
	n := min(len(d.scan.words), maxSafety)
	var top float32
	for from := 0; from < n; from += safetyWindow / 2 {
		to := min(n, from+safetyWindow)
		if n-to < safetyWindow/3 {
			to = n
		}
		w.rows = w.m.safetyRows(w.rows[:0], &d.scan, from, to)
		var s [2]float32
		for _, r := range w.rows {
			row := w.m.safetyModel.w[int(r)*2:][:2]
			s[0] += float32(row[0])
			s[1] += float32(row[1])
		}
		k := w.m.safetyModel.scale / sqrt(len(w.rows))
		p := []float32{s[0] * k, s[1] * k}
		softmax(p)
		top = max(top, p[1])
		if to == n {
			break
		}
	}
	return top
}

// safetyRows appends the rows of the safety model for words from..to-1.
func (m *models) safetyRows(rows []uint32, s *scanned, from, to int) []uint32 {
	l := m.safetyModel
	add := func(h uint64) { rows = append(rows, l.row(h)) }
	p1, p2 := uint64(11), uint64(12)
	var said uint8
	for i := from; i < to; i++ {
		w := &s.words[i]
		h := w.hash
		switch w.kind {
		case kindURL:
			h = 21
		case kindHandle, kindCashtag:
			h = 22
		case kindPunct, kindEmote, kindPoss:
			add(mix(h, 5))
			continue
		case kindWord, kindNumber, kindHashtag:
			if _, ok := m.drugs.find(mix(w.key, drugSeed)); ok && w.hi-w.lo > 3 {
				said |= saysDrug
				h = 23
				add(mix(p1, h))
			}
			if _, class, ok := m.safetyWords.at(s, i); ok {
				said |= 1 << min(class, 4)
				add(mix(uint64(class), 31))
				add(mix(mix(uint64(class), 32), p1))
			}
			rows = letterRows(rows, l, s.form(w))
		}
		add(w.hash)
		add(mix(p1, h))
		add(mix(mix(p2, p1), h))
		add(mix(mix(p2, 3), h))
		p2, p1 = p1, h
	}
	add(mix(uint64(said), 41))
	for b := range 5 {
		add(mix(uint64(said>>b&1)<<8|uint64(b), 42))
	}
	return rows
}

// letterRows appends the rows of the 3 to 5 byte pieces of a form.
func letterRows(rows []uint32, l *linear, form []byte) []uint32 {
	if len(form) < 4 {
		return rows
	}
	for a := 0; a+3 <= len(form); a++ {
		g := mix(hashBytes(form[a:a+3]), 2)
		rows = append(rows, l.row(g))
		if a+5 <= len(form) {
			rows = append(rows, l.row(mix(mix(g, uint64(form[a+3])), uint64(form[a+4]))))
		}
	}
	return rows
}
