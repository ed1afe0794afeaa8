package nlp

import (
	"slices"

	"earshot/mention"
)

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
// The watched products that are linked in it count as products; what they are
// taken for is no reaction to them.
func (w *worker) safety(a *Analyzer, linked []mention.BrandMention) *mention.Safety {
	clear(w.told)
	r := safetyReading{out: &mention.Safety{}, told: w.told, key: w.key, treated: a.treated(linked)}
	for i := range w.fields {
		d := &w.fields[i]
		if !d.present {
			continue
		}
		d.markProducts(linked)
		w.safetyElements(d, &r)
		r.out.Score = max(r.out.Score, round(w.safetyScore(d)))
	}
	w.key = r.key
	out := r.out
	for i, on := range r.types {
		if on && r.said&(saysDrug|saysPatient) != 0 {
			out.Types = append(out.Types, safetyTypes[i])
		}
	}
	threshold := a.o.SafetyThreshold
	if threshold == 0 {
		threshold = safetyThreshold
	}
	out.AdverseEvent = out.Score >= threshold
	if r.excused && len(out.Elements.Reaction) == 0 && len(out.Types) == 0 && len(out.Serious) == 0 {
		out.AdverseEvent = false
	}
	return out
}

// A safetyReading is what is known while the elements are collected.
type safetyReading struct {
	out     *mention.Safety
	said    uint8
	types   [specialSituations]bool
	told    map[string]bool // list and word
	key     []byte          // of told
	treated [][]uint64      // the words of each indication
	excused bool            // a reaction was left out as an indication
}

// treated returns the words of what the linked products are taken for.
func (a *Analyzer) treated(linked []mention.BrandMention) [][]uint64 {
	var out [][]uint64
	for i := range linked {
		if linked[i].Product == "" {
			continue
		}
		for k := range a.o.Brands {
			b := &a.o.Brands[k]
			if b.ID != linked[i].Brand {
				continue
			}
			for j := range b.Products {
				p := &b.Products[j]
				if productID(p) == linked[i].Product && p.Indication != "" {
					out = append(out, stems(p.Indication))
				}
			}
		}
	}
	return out
}

// stems are the words of a text without their endings.
func stems(text string) []uint64 {
	var s scanned
	s.scan(text)
	var out []uint64
	for i := range s.words {
		if s.words[i].kind == kindPunct {
			continue
		}
		out = append(out, stem(s.form(&s.words[i])))
		if string(s.form(&s.words[i])) == "loss" {
			out = append(out, hashString("lost"), hashString("losing"))
		}
	}
	return out
}

// indication reports whether all the words from..to-1 are of one indication.
func (r *safetyReading) indication(s *scanned, from, to int) bool {
	return slices.ContainsFunc(r.treated, func(words []uint64) bool {
		for i := from; i < to; i++ {
			if !slices.Contains(words, stem(s.form(&s.words[i]))) {
				return false
			}
		}
		return true
	})
}

// markProducts notes which words of the field are watched products.
func (d *field) markProducts(linked []mention.BrandMention) {
	d.scan.product = append(d.scan.product[:0], make([]bool, len(d.scan.words))...)
	for i := range linked {
		if linked[i].Product == "" {
			continue
		}
		for _, sp := range linked[i].Spans {
			if sp.Field != d.name {
				continue
			}
			for k := range d.scan.words {
				if w := &d.scan.words[k]; int(w.start) >= sp.Start && int(w.end) <= sp.End {
					d.scan.product[k] = true
				}
			}
		}
	}
}

// add puts a span on a list of elements unless its word is there already.
func (r *safetyReading) add(list *[]mention.Span, name string, d *field, from, to int) {
	if len(*list) >= maxElements {
		return
	}
	r.key = append(r.key[:0], name...)
	for i := from; i < to; i++ {
		r.key = append(append(r.key, ' '), d.scan.form(&d.scan.words[i])...)
	}
	if !r.told[string(r.key)] {
		r.told[string(r.key)] = true
		*list = append(*list, d.span(from, to))
	}
}

// safetyElements collects the spans of the four elements and of seriousness.
func (w *worker) safetyElements(d *field, r *safetyReading) {
	s, e := &d.scan, &r.out.Elements
	for i := 0; i < min(len(s.words), maxSafety); {
		if s.product[i] {
			to := i + 1
			for to < len(s.words) && s.product[to] {
				to++
			}
			r.said |= saysDrug
			r.add(&e.Product, "product", d, i, to)
			i = to
			continue
		}
		if _, ok := w.m.drugs.find(mix(s.words[i].key, drugSeed)); ok && s.words[i].hi-s.words[i].lo > 3 {
			r.said |= saysDrug
			r.add(&e.Product, "product", d, i, i+1)
		}
		to, class, ok := w.m.safetyWords.at(s, i)
		if !ok {
			i++
			continue
		}
		switch class {
		case safetyReaction:
			if r.indication(s, i, to) {
				r.excused = true
				break
			}
			r.said |= saysReaction
			r.add(&e.Reaction, "reaction", d, i, to)
		case safetySerious:
			r.said |= saysSerious
			r.add(&r.out.Serious, "serious", d, i, to)
		case safetyPatient:
			r.said |= saysPatient
			r.add(&e.Patient, "patient", d, i, to)
		case safetyReporter:
			r.add(&e.Reporter, "reporter", d, i, to)
		case safetyDrug:
			r.said |= saysDrug
			r.add(&e.Product, "product", d, i, to)
		default:
			r.types[class-safetyPregnancy] = true
		}
		i = to
	}
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
		var s [2]float32
		known := 0
		w.rows = w.m.safetyRows(w.rows[:0], &d.scan, from, to, func(i int, rows []uint32) []uint32 {
			form := d.scan.form(&d.scan.words[i])
			if w.polarity.known == nil {
				return letterRows(rows, w.m.safetyModel, form)
			}
			says := &d.scan.says[i]
			s[0] += float32(says.safety[0])
			s[1] += float32(says.safety[1])
			known += safetyRowsOf(len(form))
			return rows
		})
		for _, r := range w.rows {
			row := w.m.safetyModel.w[int(r)*2:][:2]
			s[0] += float32(row[0])
			s[1] += float32(row[1])
		}
		k := w.m.safetyModel.scale / sqrt(len(w.rows)+known)
		p := []float32{s[0] * k, s[1] * k}
		softmax(p)
		top = max(top, p[1])
		if to == n {
			break
		}
	}
	return top
}

// safetyRows appends the rows of the safety model for words from..to-1;
// letters appends those of the letters of word i.
func (m *models) safetyRows(rows []uint32, s *scanned, from, to int, letters func(i int, rows []uint32) []uint32) []uint32 {
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
			_, ok := m.drugs.find(mix(w.key, drugSeed))
			if ok && w.hi-w.lo > 3 || i < len(s.product) && s.product[i] {
				said |= saysDrug
				h = 23
				add(mix(p1, h))
			}
			if _, class, ok := m.safetyWords.at(s, i); ok {
				said |= 1 << min(class, 4)
				add(mix(uint64(class), 31))
				add(mix(mix(uint64(class), 32), p1))
			}
			rows = letters(i, rows)
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
