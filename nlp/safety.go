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
	r := safetyReading{out: &mention.Safety{}, told: w.told[:0], treated: a.treated(linked)}
	for i := range w.fields {
		d := &w.fields[i]
		if !d.present {
			continue
		}
		d.markProducts(linked)
		w.lookSafe(&d.scan)
		w.safetyElements(d, &r)
		r.out.Score = max(r.out.Score, round(w.safe.score(&d.scan)))
	}
	w.told = r.told
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
	told    []toldWords
	treated [][]uint64 // the words of each indication
	excused bool       // a reaction was left out as an indication
}

// A toldWords is what stands on one list of elements.
type toldWords struct {
	list  *[]mention.Span
	words []word
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

// add puts a span on a list of elements unless its words are there already.
func (r *safetyReading) add(list *[]mention.Span, d *field, from, to int) {
	if len(*list) >= maxElements {
		return
	}
	words := d.scan.words[from:to]
	for i := range r.told {
		if t := &r.told[i]; t.list == list && len(t.words) == len(words) && sameWords(t.words, words) {
			return
		}
	}
	r.told = append(r.told, toldWords{list, words})
	*list = append(*list, d.span(from, to))
}

// sameWords reports whether the forms of words are equal, one by one.
func sameWords(a, b []word) bool {
	for i := range a {
		if a[i].key != b[i].key {
			return false
		}
	}
	return true
}

// safetyElements collects the spans of the four elements and of seriousness.
func (w *worker) safetyElements(d *field, r *safetyReading) {
	s, e := &d.scan, &r.out.Elements
	for i := 0; i < len(w.safe.words); {
		if s.product[i] {
			to := i + 1
			for to < len(s.words) && s.product[to] {
				to++
			}
			r.said |= saysDrug
			r.add(&e.Product, d, i, to)
			i = to
			continue
		}
		f := &w.safe.words[i]
		if f.drug {
			r.said |= saysDrug
			r.add(&e.Product, d, i, i+1)
		}
		if f.to == 0 {
			i++
			continue
		}
		to := int(f.to)
		switch f.class {
		case safetyReaction:
			if r.indication(s, i, to) {
				r.excused = true
				break
			}
			r.said |= saysReaction
			r.add(&e.Reaction, d, i, to)
		case safetySerious:
			r.said |= saysSerious
			r.add(&r.out.Serious, d, i, to)
		case safetyPatient:
			r.said |= saysPatient
			r.add(&e.Patient, d, i, to)
		case safetyReporter:
			r.add(&e.Reporter, d, i, to)
		case safetyDrug:
			r.said |= saysDrug
			r.add(&e.Product, d, i, to)
		default:
			r.types[f.class-safetyPregnancy] = true
		}
		i = to
	}
}

// lookSafe makes the scorer ready for a text.
func (w *worker) lookSafe(s *scanned) {
	w.safe.m, w.safe.known = w.m, w.polarity.known != nil
	w.safe.look(s, min(len(s.words), maxSafety))
}
