package ledger

import (
	"encoding/json"
	"strconv"
	"unsafe"

	"earshot/mention"
)

// Records are read some thousand a second by each consumer, and most of that
// time went into encoding/json. What it wrote for the shapes below is read by
// hand, three times as fast; whatever else there is, a field that was added
// later too, is left to it.

// decodeAnalysis reads an analysis.
func decodeAnalysis(data []byte, a *mention.Analysis) error {
	d := decoder{data: data}
	d.analysis(a)
	return d.finish(a, func() { *a = mention.Analysis{} })
}

// decodeLinking reads a linking.
func decodeLinking(data []byte, l *mention.Linking) error {
	d := decoder{data: data}
	d.linking(l)
	return d.finish(l, func() { *l = mention.Linking{} })
}

// A decoder reads compact JSON as encoding/json writes it. After anything it
// does not know it is bad, and what it has read must not be used.
type decoder struct {
	data []byte
	pos  int
	bad  bool
}

// finish falls back on encoding/json when the decoder did not know its way.
func (d *decoder) finish(dest any, reset func()) error {
	if !d.bad && d.pos == len(d.data) {
		return nil
	}
	reset()
	return json.Unmarshal(d.data, dest)
}

// next reports whether c comes, and takes it.
func (d *decoder) next(c byte) bool {
	if d.pos < len(d.data) && d.data[d.pos] == c {
		d.pos++
		return true
	}
	return false
}

func (d *decoder) need(c byte) {
	if !d.next(c) {
		d.bad = true
	}
}

// raw takes a string without escapes. It is valid until the data changes.
func (d *decoder) raw() []byte {
	d.need('"')
	start := d.pos
	for !d.bad && d.pos < len(d.data) {
		switch c := d.data[d.pos]; {
		case c == '"':
			d.pos++
			return d.data[start : d.pos-1]
		case c == '\\' || c < ' ' || c >= 0x80:
			// Escapes, and bytes that may not be UTF-8.
			d.bad = true
			return nil
		}
		d.pos++
	}
	d.bad = true
	return nil
}

// text takes any string.
func (d *decoder) text() string {
	start := d.pos
	if s := d.raw(); !d.bad {
		return string(s)
	}
	// To the end of the string, and then as encoding/json reads it.
	if start >= len(d.data) || d.data[start] != '"' {
		return ""
	}
	for i := start + 1; i < len(d.data); i++ {
		switch d.data[i] {
		case '\\':
			i++
		case '"':
			var s string
			d.bad = json.Unmarshal(d.data[start:i+1], &s) != nil
			d.pos = i + 1
			return s
		}
	}
	return ""
}

// number takes a number.
func (d *decoder) number() []byte {
	start := d.pos
	for d.pos < len(d.data) {
		c := d.data[d.pos]
		if (c < '0' || c > '9') && c != '-' && c != '+' && c != '.' && c != 'e' {
			break
		}
		d.pos++
	}
	return d.data[start:d.pos]
}

func (d *decoder) float() float64 {
	b := d.number()
	f, err := strconv.ParseFloat(unsafe.String(unsafe.SliceData(b), len(b)), 64)
	d.bad = d.bad || err != nil
	return f
}

func (d *decoder) int() int {
	b := d.number()
	if len(b) == 0 || len(b) > 9 {
		d.bad = true
		return 0
	}
	n := 0
	for i, c := range b {
		if c == '-' && i == 0 && len(b) > 1 {
			continue
		}
		if c < '0' || c > '9' {
			d.bad = true
			return 0
		}
		n = n*10 + int(c-'0')
	}
	if b[0] == '-' {
		n = -n
	}
	return n
}

// bool takes true; what is false is mostly left out, and else left to others.
func (d *decoder) bool() bool {
	for _, c := range []byte("true") {
		d.need(c)
	}
	return true
}

// object reads an object, of which field reads the value of each name.
func (d *decoder) object(field func(name []byte)) {
	d.need('{')
	if d.next('}') {
		return
	}
	for !d.bad {
		name := d.raw()
		d.need(':')
		if d.bad {
			return
		}
		field(name)
		if !d.next(',') {
			d.need('}')
			return
		}
	}
}

// list reads an array.
func list[T any](d *decoder, item func(v *T)) []T {
	d.need('[')
	if d.next(']') {
		return []T{}
	}
	var out []T
	for !d.bad {
		var v T
		item(&v)
		out = append(out, v)
		if !d.next(',') {
			d.need(']')
			break
		}
	}
	return out
}

func (d *decoder) texts() []string {
	return list(d, func(s *string) { *s = d.text() })
}

func (d *decoder) spans() []mention.Span { return list(d, d.span) }

func (d *decoder) span(s *mention.Span) {
	d.object(func(name []byte) { d.spanField(name, s) })
}

func (d *decoder) spanField(name []byte, s *mention.Span) {
	switch string(name) {
	case "field":
		s.Field = d.text()
	case "start":
		s.Start = d.int()
	case "end":
		s.End = d.int()
	default:
		d.bad = true
	}
}

func (d *decoder) analysis(a *mention.Analysis) {
	d.object(func(name []byte) {
		switch string(name) {
		case "models":
			a.Models = d.text()
		case "language":
			a.Language = d.text()
		case "status":
			a.Status = d.text()
		case "sentiment":
			a.Sentiment = d.sentiment()
		case "entities":
			a.Entities = list(d, d.entity)
		case "keyphrases":
			a.Keyphrases = d.texts()
		case "events":
			a.Events = list(d, d.event)
		case "safety":
			a.Safety = d.safety()
		default:
			d.bad = true
		}
	})
}

func (d *decoder) sentiment() *mention.Sentiment {
	s := &mention.Sentiment{}
	d.object(func(name []byte) {
		switch string(name) {
		case "label":
			s.Label = d.text()
		case "score":
			s.Score = d.float()
		case "confidence":
			s.Confidence = d.float()
		case "evidence":
			s.Evidence = list(d, d.evidence)
		default:
			d.bad = true
		}
	})
	return s
}

func (d *decoder) evidence(e *mention.Evidence) {
	d.object(func(name []byte) {
		if string(name) == "weight" {
			e.Weight = d.float()
			return
		}
		d.spanField(name, &e.Span)
	})
}

func (d *decoder) entity(e *mention.Entity) {
	d.object(func(name []byte) {
		switch string(name) {
		case "text":
			e.Text = d.text()
		case "type":
			e.Type = d.text()
		default:
			d.spanField(name, &e.Span)
		}
	})
}

func (d *decoder) event(e *mention.Event) {
	d.object(func(name []byte) {
		switch string(name) {
		case "type":
			e.Type = d.text()
		case "role":
			e.Role = d.text()
		case "evidence":
			e.Evidence = d.text()
		case "brand":
			e.Brand = d.text()
		default:
			d.bad = true
		}
	})
}

func (d *decoder) safety() *mention.Safety {
	s := &mention.Safety{}
	d.object(func(name []byte) {
		switch string(name) {
		case "adverse_event":
			if d.pos < len(d.data) && d.data[d.pos] == 'f' {
				for _, c := range []byte("false") {
					d.need(c)
				}
				return
			}
			s.AdverseEvent = d.bool()
		case "score":
			s.Score = d.float()
		case "elements":
			d.elements(&s.Elements)
		case "serious":
			s.Serious = d.spans()
		case "types":
			s.Types = d.texts()
		default:
			d.bad = true
		}
	})
	return s
}

func (d *decoder) elements(e *mention.SafetyElements) {
	d.object(func(name []byte) {
		switch string(name) {
		case "patient":
			e.Patient = d.spans()
		case "reporter":
			e.Reporter = d.spans()
		case "product":
			e.Product = d.spans()
		case "reaction":
			e.Reaction = d.spans()
		default:
			d.bad = true
		}
	})
}

func (d *decoder) linking(l *mention.Linking) {
	d.object(func(name []byte) {
		switch string(name) {
		case "config":
			l.Config = d.text()
		case "own":
			l.Own = d.text()
		case "brands":
			l.Brands = list(d, d.brand)
		case "labels":
			l.Labels = d.texts()
		default:
			d.bad = true
		}
	})
}

func (d *decoder) brand(b *mention.BrandMention) {
	d.object(func(name []byte) {
		switch string(name) {
		case "brand":
			b.Brand = d.text()
		case "product":
			b.Product = d.text()
		case "sentiment":
			b.Sentiment = d.sentiment()
		case "spans":
			b.Spans = d.spans()
		case "why":
			b.Why = d.text()
		default:
			d.bad = true
		}
	})
}
