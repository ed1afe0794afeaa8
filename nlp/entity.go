package nlp

import (
	"strings"

	"earshot/mention"
)

// entityTypes are the names of the kinds of names.
var entityTypes = []string{mention.Person, mention.Location, mention.Organization, mention.Misc, mention.Product}

// entities are the names in all fields; it fills the views.
func (w *worker) entities() []mention.Entity {
	var out []mention.Entity
	for i := range w.fields {
		d := &w.fields[i]
		if !d.tagged {
			continue
		}
		d.view.entities = w.proseEntities(d.view.entities[:0], d.tokens)
		for _, e := range d.view.entities {
			out = append(out, mention.Entity{
				Text: d.text[e.start:e.end], Type: entityTypes[e.kind],
				Span: mention.Span{Field: d.name, Start: int(e.start), End: int(e.end)},
			})
		}
	}
	return out
}

// proseEntities chunks prose's labels.
func (w *worker) proseEntities(dst []entitySpan, toks []token) []entitySpan {
	inside := false
	for i := range toks {
		l := w.m.base.labels[toks[i].label]
		if l == "O" {
			inside = false
			continue
		}
		if inside && l[0] == 'I' {
			dst[len(dst)-1].end = toks[i].end
			continue
		}
		kind := uint8(entLocation)
		switch {
		case strings.HasSuffix(l, "PERSON"):
			kind = entPerson
		case strings.HasSuffix(l, "ORGANIZATION"):
			kind = entOrganization
		}
		dst = append(dst, entitySpan{toks[i].start, toks[i].end, kind})
		inside = true
	}
	return dst
}
