package index

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

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
	tables, err := x.countBy(ctx, q, fields, size, x.zone, v, now)
	if err != nil {
		return nil, err
	}
	list := make([]mention.Facet, len(fields))
	for i, name := range fields {
		list[i] = mention.Facet{Field: name, Values: buckets(tables[i].Cells)}
	}
	return list, nil
}

// written returns values as a mention has them: the index knows them folded.
func (x *Index) written(ctx context.Context, field string, names []string) ([]string, error) {
	list := slices.Clone(names)
	switch field {
	case "site", "lang", "country", "kind", "sentiment":
		return list, nil
	}
	having, err := x.having(field, names)
	if err != nil {
		return nil, err
	}
	refs := make([]mention.Ref, 0, len(names))
	at := map[string][]int{}
	for i, name := range names {
		id := having[name]
		if at[id] == nil {
			refs = append(refs, mention.Ref{ID: id})
		}
		at[id] = append(at[id], i)
	}
	rows, err := x.rows(ctx, refs)
	if err != nil {
		return nil, tooSlow(ctx, err)
	}
	for i := range rows {
		for _, k := range at[rows[i].ID] {
			if raw, ok := asWritten(&rows[i], field, names[k]); ok {
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
