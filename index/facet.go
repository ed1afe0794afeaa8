package index

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/mention"
	"earshot/query"
)

// facetFields are the dimensions of [Index.Facets].
var facetFields = []string{
	"site", "author", "lang", "country", "kind", "source", "channel", "brand", "product", "entity", "label", "tag",
	"sentiment", "story", "thread", "activity",
}

// Facets counts the volume of a query by the values of fields, most first,
// equal ones by value; size bounds the values of each, 0 means all. Counts
// are exact. Own channels are left out: see [Index.FacetsOf].
func (x *Index) Facets(ctx context.Context, q string, fields []string, size int, now time.Time) ([]mention.Facet, error) {
	return x.FacetsOf(ctx, q, fields, size, Volume{}, now)
}

// FacetsOf is [Index.Facets] with a choice of what is volume. A site is told
// by its host. A value has a query when one finds exactly the mentions
// counted for it.
func (x *Index) FacetsOf(ctx context.Context, q string, fields []string, size int, v Volume, now time.Time) ([]mention.Facet, error) {
	for _, name := range fields {
		if !slices.Contains(facetFields, name) {
			return nil, refusal("unknown-field", name+": cannot be counted by", "one of "+strings.Join(facetFields, ", "))
		}
	}
	qu, err := newQuestion(q, now, exclusion{irrelevant: !v.Irrelevant})
	if err != nil {
		return nil, err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	tallies := make([]*tally, len(fields))
	for i, name := range fields {
		tallies[i] = &tally{ctx: ctx, field: name, volume: v, values: map[string]*value{}}
	}
	err = x.eachShard(ctx, qu, func(f *finding) error {
		for _, t := range tallies {
			if err := t.add(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	list := make([]mention.Facet, len(tallies))
	for i, t := range tallies {
		if list[i], err = x.facet(ctx, t, q, size); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// A value is the count of one value of a field.
type value struct {
	n     uint64
	vague bool // a query would also find own channels
}

// A tally counts the values of one field.
type tally struct {
	ctx    context.Context
	field  string
	volume Volume
	values map[string]*value
}

func (t *tally) name() string {
	if t.field == "site" {
		return fieldHost
	}
	return t.field
}

// add counts what was found in a shard.
func (t *tally) add(f *finding) error {
	for _, part := range f.parts {
		counted, own, err := t.volume.split(part)
		if err != nil {
			return err
		}
		if err := t.count(part.seg, counted, func(v *value, n uint64) { v.n += n }); err != nil {
			return err
		}
		if own.IsEmpty() {
			continue
		}
		if err := t.count(part.seg, own, func(v *value, _ uint64) { v.vague = true }); err != nil {
			return err
		}
	}
	return nil
}

// count goes by numbers in memory where they are kept; else value by value
// when there are few of them, or document by document.
func (t *tally) count(s *segView, docs *roaring.Bitmap, fn func(v *value, n uint64)) error {
	o, err := s.ordinals(t.name())
	if err != nil {
		return err
	}
	if o != nil {
		t.byOrdinal(o, docs, fn)
		return nil
	}
	d, err := s.dict(t.name())
	if err != nil {
		return err
	}
	dv, ok := s.seg.(segment.DocValueVisitable)
	if ok && hasColumn(t.name()) && uint64(d.Cardinality()) > docs.GetCardinality()/2 {
		return t.byDocument(s, docs, dv, fn)
	}
	return t.byValue(s, docs, fn)
}

func (t *tally) value(term string) *value {
	v := t.values[term]
	if v == nil {
		v = &value{}
		t.values[term] = v
	}
	return v
}

func (t *tally) byOrdinal(o *ordinals, docs *roaring.Bitmap, fn func(v *value, n uint64)) {
	counts := make([]uint32, len(o.terms))
	for it := docs.Iterator(); it.HasNext(); {
		doc := it.Next()
		for _, ord := range o.list[o.starts[doc]:o.starts[doc+1]] {
			counts[ord]++
		}
	}
	for ord, n := range counts {
		if n > 0 {
			fn(t.value(o.terms[ord]), uint64(n))
		}
	}
}

func (t *tally) byValue(s *segView, docs *roaring.Bitmap, fn func(v *value, n uint64)) error {
	n := 0
	return s.terms(t.name(), "", func(term string) (bool, error) {
		if n++; n%256 == 0 && t.ctx.Err() != nil {
			return false, tooSlow(t.ctx, t.ctx.Err())
		}
		b, err := s.docs(t.name(), term)
		if err != nil {
			return false, err
		}
		if c := b.AndCardinality(docs); c > 0 {
			fn(t.value(term), c)
		}
		return true, nil
	})
}

func (t *tally) byDocument(s *segView, docs *roaring.Bitmap, dv segment.DocValueVisitable, fn func(v *value, n uint64)) error {
	var (
		fields = []string{t.name()}
		state  segment.DocVisitState
		err    error
	)
	visit := func(_ string, term []byte) {
		v := t.values[string(term)] // does not allocate
		if v == nil {
			v = t.value(string(term))
		}
		fn(v, 1)
	}
	n := 0
	for it := docs.Iterator(); it.HasNext(); {
		doc := it.Next()
		if n++; n%4096 == 0 && t.ctx.Err() != nil {
			return tooSlow(t.ctx, t.ctx.Err())
		}
		if state, err = dv.VisitDocValues(uint64(doc), fields, visit, state); err != nil {
			return s.damaged(err)
		}
	}
	return nil
}

// facet makes the answer of a tally.
func (x *Index) facet(ctx context.Context, t *tally, q string, size int) (mention.Facet, error) {
	names := t.top(size)
	written, err := x.written(ctx, t, names)
	if err != nil {
		return mention.Facet{}, err
	}
	f := mention.Facet{Field: t.field, Values: make([]mention.Bucket, len(names))}
	for i, name := range names {
		f.Values[i] = mention.Bucket{Key: written[i], Count: t.values[name].n, Query: t.query(q, name)}
	}
	return f, nil
}

// top returns the values with the highest counts, equal ones by name.
func (t *tally) top(size int) []string {
	type entry struct {
		name string
		n    uint64
	}
	entries := make([]entry, 0, len(t.values))
	for name, v := range t.values {
		if v.n > 0 { // else own channels alone
			entries = append(entries, entry{name, v.n})
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.name, b.name))
	})
	if size > 0 && len(entries) > size {
		entries = entries[:size]
	}
	names := make([]string, len(entries))
	for i, e := range entries {
		names[i] = e.name
	}
	return names
}

// query returns the query that finds what was counted for a value, or nothing
// when there is none.
func (t *tally) query(q, name string) string {
	if t.values[name].vague || t.volume.Irrelevant || strings.ContainsAny(name, "\"“”„*?") {
		return ""
	}
	if t.field == "site" {
		for other := range t.values {
			if strings.HasSuffix(other, "."+name) { // site: finds it too
				return ""
			}
		}
	}
	text := narrowed(q, t.field+`:"`+name+`"`)
	if parsed, _ := query.Parse(text); parsed == nil {
		return ""
	}
	return text
}

// written returns values as a mention has them: the index knows them folded.
func (x *Index) written(ctx context.Context, t *tally, names []string) ([]string, error) {
	list := slices.Clone(names)
	switch t.field {
	case "site", "lang", "country", "kind", "sentiment":
		return list, nil
	}
	having, err := x.having(t.name(), names)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(names))
	at := map[string][]int{}
	for i, name := range names {
		id := having[name]
		if at[id] == nil {
			ids = append(ids, id)
		}
		at[id] = append(at[id], i)
	}
	rows, err := x.rows(ctx, ids)
	if err != nil {
		return nil, tooSlow(ctx, err)
	}
	for i := range rows {
		for _, k := range at[rows[i].ID] {
			if raw, ok := asWritten(&rows[i], t.field, names[k]); ok {
				list[k] = raw
			}
		}
	}
	return list, nil
}

// having returns for each value the id of a mention that has it.
func (x *Index) having(name string, values []string) (map[string]string, error) {
	found := map[string]string{}
	for _, key := range x.keys() {
		if len(found) == len(values) {
			break
		}
		if err := x.havingIn(key, name, values, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (x *Index) havingIn(key, name string, values []string, found map[string]string) error {
	v, err := x.view(key)
	if err != nil {
		return err
	}
	defer v.close()
	for _, s := range v.segs {
		for _, term := range values {
			if found[term] != "" {
				continue
			}
			b, err := s.docs(name, term)
			if err != nil {
				return err
			}
			if s.deleted != nil {
				b = roaring.AndNot(b, s.deleted)
			}
			if b.IsEmpty() {
				continue
			}
			if found[term], err = s.docID(b.Minimum()); err != nil {
				return err
			}
		}
	}
	return nil
}

// asWritten finds the value of a row that folds to name.
func asWritten(row *mention.Row, name, folded string) (string, bool) {
	var list []string
	switch name {
	case "author":
		list = []string{row.Author}
	case "source":
		list = append([]string{row.Source}, row.Sources...)
	case "channel":
		list = []string{row.Channel}
	case "brand":
		list = row.Brands
	case "product":
		list = row.Products
	case "entity":
		list = row.Entities
	case "label":
		list = row.Labels
	case "tag":
		list = row.Tags
	case "activity":
		list = row.Activities
	case "story":
		list = []string{row.Story}
	case "thread":
		list = []string{row.Thread}
	}
	for _, raw := range list {
		if raw == folded || query.Fold(raw) == folded || name == "author" && query.Fold(strings.TrimLeft(raw, "@")) == folded {
			return raw, true
		}
	}
	return "", false
}
