package ledger

import (
	"earshot/mention"
)

// decodeMeta reads what a revision keeps of a mention beside its columns.
func decodeMeta(data []byte, m *mention.Mention) error {
	d := decoder{data: data}
	d.meta(m)
	return d.finish(m, func() { *m = mention.Mention{} })
}

func (d *decoder) meta(m *mention.Mention) {
	d.object(func(name []byte) {
		if s := metaText(m, name); s != nil {
			*s = d.text()
			return
		}
		switch string(name) {
		case "kind":
			m.Kind = mention.Kind(d.text())
		case "origin":
			m.Origin = mention.Origin(d.text())
		case "categories":
			m.Categories = d.texts()
		case "updated":
			start := d.pos
			if d.raw(); !d.bad {
				d.bad = m.Updated.UnmarshalJSON(d.data[start:d.pos]) != nil
			}
		case "engagement":
			m.Engagement = d.floats()
		case "reach":
			m.Reach = d.floats()
		case "rating":
			m.Rating = d.floats()
		default:
			d.bad = true
		}
	})
}

// floats reads a number that may be missing.
func (d *decoder) floats() *float64 {
	f := d.float()
	return &f
}

// metaText returns the text of m that goes by a name.
func metaText(m *mention.Mention, name []byte) *string {
	switch string(name) {
	case "id":
		return &m.ID
	case "source":
		return &m.Source
	case "guid":
		return &m.GUID
	case "url":
		return &m.URL
	case "canonical":
		return &m.Canonical
	case "site":
		return &m.Site
	case "lang":
		return &m.Lang
	case "country":
		return &m.Country
	case "channel":
		return &m.Channel
	case "thread":
		return &m.Thread
	case "parent":
		return &m.Parent
	}
	return nil
}
