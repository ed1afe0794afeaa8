package nlp

import (
	"slices"
	"strings"

	"earshot/mention"
)

// entityTypes are the names of the kinds of names.
var entityTypes = []string{mention.Person, mention.Location, mention.Organization, mention.Misc, mention.Product}

// entities are the names in all fields; it fills the views.
func (w *worker) entities(a *Analyzer) []mention.Entity {
	n := 0
	for i := range w.fields {
		d := &w.fields[i]
		d.view.entities = d.view.entities[:0]
		if !d.tagged {
			continue
		}
		w.hits = a.linker.find(w.hits[:0], &d.scan)
		w.single = slices.ContainsFunc(w.hits, func(h hit) bool { return !h.ok && !h.form.exact })
		w.name(d)
		w.products(d)
		n += len(d.view.entities)
	}
	if n == 0 {
		return nil
	}
	out := make([]mention.Entity, 0, n)
	for i := range w.fields {
		d := &w.fields[i]
		for _, e := range d.view.entities {
			out = append(out, mention.Entity{
				Text: d.text[e.start:e.end], Type: entityTypes[e.kind],
				Span: mention.Span{Field: d.name, Start: int(e.start), End: int(e.end)},
			})
		}
	}
	return out
}

// name finds the names of a field by the entity model.
func (w *worker) name(d *field) {
	t, m := &w.names, w.m.entities
	t.read(d.tokens, d.view.shouting)
	m.lookUp(t)
	w.emissions = m.emissions(w.emissions, t, &w.shaped)
	partLines(w.emissions, d)
	best := w.path.decode(w.emissions, &m.moves, m.bias)
	d.view.tokens, d.view.classes, d.view.beliefs = d.tokens, w.m.base.classes, d.view.beliefs[:0]
	if w.single {
		d.view.beliefs = w.path.beliefs(d.view.beliefs, w.emissions, &m.moves, m.bias)
	}
	for i := 0; i < len(best); i++ {
		if best[i] == 0 {
			continue
		}
		end := i + 1
		for end < len(best) && best[end] != 0 && best[end]%2 == 0 {
			end++
		}
		d.view.entities = append(d.view.entities, entitySpan{d.tokens[i].start, d.tokens[end-1].end, entityKinds[(best[i]-1)/2]})
		i = end - 1
	}
}

// partLines keeps names from running across a line break.
func partLines(emissions []float32, d *field) {
	for i := 1; i < len(d.tokens); i++ {
		from, to := d.tokens[i-1].end, d.tokens[i].start
		if from >= to || d.text[from:to] == " " || !strings.ContainsAny(d.text[from:to], "\n\r\u2028\u2029") {
			continue
		}
		row := emissions[i*entityLabels:][:entityLabels]
		for k := 2; k < entityLabels; k += 2 { // the labels that go on
			row[k] = impossible
		}
	}
}

// products marks names that are products of the watched brands.
func (w *worker) products(d *field) {
	for i := range w.hits {
		h := &w.hits[i]
		if h.form.product == "" {
			continue
		}
		from, to := d.scan.words[h.from].start, d.scan.words[h.to-1].end
		known := false
		for k := range d.view.entities {
			e := &d.view.entities[k]
			if e.start == from && e.end == to {
				e.kind, known = entProduct, true
			} else if e.start < to && e.end > from {
				known = true
			}
		}
		if !known {
			at := 0
			for at < len(d.view.entities) && d.view.entities[at].start < from {
				at++
			}
			d.view.entities = slices.Insert(d.view.entities, at, entitySpan{from, to, entProduct})
		}
	}
}
