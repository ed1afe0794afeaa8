package nlp

import (
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"earshot/mention"
)

// Own returns the brand whose own channel m comes from, by the domain of its
// address and the handle of its author, or the empty string.
func (a *Analyzer) Own(m *mention.Mention) string {
	for _, raw := range []string{m.URL, m.Canonical} {
		if u, err := url.Parse(raw); raw != "" && err == nil {
			if b := a.ownDomain(u.Hostname()); b != "" {
				return b
			}
		}
	}
	if b := a.ownDomain(m.Site); b != "" {
		return b
	}
	if m.Author != "" {
		return a.own["@"+strings.ToLower(strings.TrimPrefix(m.Author, "@"))]
	}
	return ""
}

func (a *Analyzer) ownDomain(host string) string {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	for range 8 {
		if host == "" {
			return ""
		}
		if b, ok := a.own[host]; ok {
			return b
		}
		_, rest, ok := strings.Cut(host, ".")
		if !ok {
			return ""
		}
		host = rest
	}
	return ""
}

func ownChannels(brands []mention.Brand) map[string]string {
	own := map[string]string{}
	for i := range brands {
		b := &brands[i]
		for _, d := range b.Domains {
			d = strings.TrimPrefix(strings.ToLower(d), "www.")
			if d != "" {
				own[d] = b.ID
			}
		}
		for _, h := range b.Handles {
			if strings.HasPrefix(h, "@") {
				own[strings.ToLower(h)] = b.ID
			}
		}
	}
	return own
}

// BrandsVersion names a set of brands: equal brands have equal names.
func BrandsVersion(brands []mention.Brand) string {
	b, err := json.Marshal(brands)
	if err != nil {
		return ""
	}
	return strconv.FormatUint(hashBytes(b), 16)
}

// brands tells which brands the fields speak of.
func (a *Analyzer) brands(w *worker, scored bool) []mention.BrandMention {
	var out []mention.BrandMention
	for i := range w.fields {
		d := &w.fields[i]
		if !d.present {
			continue
		}
		w.hits = a.linker.find(w.hits[:0], &d.scan)
		a.linker.decide(w.hits, &d.scan, &d.view)
		for _, h := range w.hits {
			if h.ok {
				out = a.addHit(out, d, &h)
			}
		}
	}
	if scored {
		for i := range out {
			s := w.about(out[i].Spans)
			out[i].Sentiment = &s
		}
	}
	return out
}

// addHit adds a hit to the mention of its brand and product.
func (a *Analyzer) addHit(out []mention.BrandMention, d *field, h *hit) []mention.BrandMention {
	id := a.o.Brands[h.form.brand].ID
	sp := mention.Span{Field: d.name, Start: int(d.scan.words[h.from].start), End: int(d.scan.words[h.to-1].end)}
	k := slices.IndexFunc(out, func(b mention.BrandMention) bool { return b.Brand == id && b.Product == h.form.product })
	if k < 0 {
		return append(out, mention.BrandMention{Brand: id, Product: h.form.product, Spans: []mention.Span{sp}, Why: h.why})
	}
	last := &out[k].Spans[len(out[k].Spans)-1]
	switch {
	case last.Field == sp.Field && sp.Start < last.End: // a longer form of the same name
		last.Start, last.End = min(last.Start, sp.Start), max(last.End, sp.End)
	case len(out[k].Spans) < maxSpans:
		out[k].Spans = append(out[k].Spans, sp)
	}
	return out
}

const maxSpans = 100 // of one brand in one mention

// A Candidate is one place where a name of a brand stands, and what was
// decided about it.
type Candidate struct {
	Brand   string       `json:"brand"`
	Product string       `json:"product,omitempty"`
	Span    mention.Span `json:"span"`
	Linked  bool         `json:"linked"`
	Why     string       `json:"why"`
}

// Preview tells every place where a name stands in m, linked or not, and why.
func (a *Analyzer) Preview(m *mention.Mention) []Candidate {
	w := a.acquire()
	defer a.release(w)
	w.load(m)
	if _, ok := w.language(m); ok {
		w.read()
		w.entities(a)
	}
	var out []Candidate
	for i := range w.fields {
		d := &w.fields[i]
		w.hits = a.linker.find(w.hits[:0], &d.scan)
		a.linker.decide(w.hits, &d.scan, &d.view)
		for _, h := range w.hits {
			out = append(out, Candidate{
				Brand: a.o.Brands[h.form.brand].ID, Product: h.form.product, Linked: h.ok, Why: h.why,
				Span: mention.Span{Field: d.name, Start: int(d.scan.words[h.from].start), End: int(d.scan.words[h.to-1].end)},
			})
		}
	}
	return out
}
