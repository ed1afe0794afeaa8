package index

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
	"earshot/query"
)

const (
	activityUsual = 100    // activities of an answer
	maxTold       = 50_000 // mentions that one question may read
	maxTellers    = 20     // ids told of an activity
	maxStories    = 800    // stories and ids that a query may name
)

// Activities tells what companies did, newest first: each typed event of a
// brand and each change of its watched pages once, however often it was told.
//
// A telling is an event that a mention tells of a brand, or of the brand whose
// own channel it is; or a page change. What people marked irrelevant is left
// out, and so are brands that people took away from a mention. Tellings of one
// brand and type, taken by time, are one activity when they are of one story,
// or come at most seven days after the last one and name the same other
// company, product or person, or say it in mostly the same words. An activity
// is known by the telling that was seen first, so its id stays when older and
// newer ones come in.
//
// Count is the volume it caused: its tellings, and whatever else in their
// stories names the brand; own channels are among them. The answer of a
// window holds what was told first in it.
func (x *Index) Activities(ctx context.Context, s mention.ActivitySearch, now time.Time) ([]mention.Activity, error) {
	qu, err := newQuestion(s.Query, now, exclusion{irrelevant: true})
	if err != nil {
		return nil, err
	}
	refs, err := x.tellers(ctx, qu, s)
	if err != nil {
		return nil, err
	}
	told, err := x.tellings(ctx, refs, s)
	if err != nil {
		return nil, err
	}
	deeds := join(told)
	deeds = slices.DeleteFunc(deeds, func(d *deed) bool {
		at := d.told[0].at
		return !s.From.IsZero() && at.Before(s.From) || !s.To.IsZero() && !at.Before(s.To)
	})
	slices.SortFunc(deeds, func(a, b *deed) int {
		return cmp.Or(b.told[0].at.Compare(a.told[0].at), cmp.Compare(a.id(), b.id()))
	})
	limit := s.Limit
	if limit <= 0 {
		limit = activityUsual
	}
	deeds = deeds[:min(limit, len(deeds))]
	if err := x.measure(ctx, qu, deeds); err != nil {
		return nil, err
	}
	list := make([]mention.Activity, len(deeds))
	for i, d := range deeds {
		list[i] = d.answer(s.Query)
	}
	return list, nil
}

// tellers returns the mentions that may tell what is asked for, a
// week of older ones among them: they say what is not new.
func (x *Index) tellers(ctx context.Context, qu question, s mention.ActivitySearch) ([]mention.Ref, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	from := int64(minMillis)
	if !s.From.IsZero() {
		from = s.From.Add(-openFor).UnixMilli()
	}
	var refs []mention.Ref
	err := x.eachShard(ctx, qu, func(f *finding) error {
		if _, end := shardSpan(f.view.key); !end.IsZero() && end.UnixMilli() <= from {
			return nil
		}
		for _, part := range f.parts {
			docs, err := part.tellers(s)
			if err != nil {
				return err
			}
			col, err := part.seg.column()
			if err != nil {
				return err
			}
			for it := docs.Iterator(); it.HasNext(); {
				n := it.Next()
				if col.times[n] < from {
					continue
				}
				if len(refs) == maxTold {
					return refusal("too-broad", "more than 50000 mentions tell of activities", "ask for a shorter time, fewer brands or fewer types")
				}
				ref, err := part.seg.ref(n)
				if err != nil {
					return err
				}
				refs = append(refs, ref)
			}
		}
		return nil
	})
	return refs, err
}

// tellers returns those found that tell of an activity, and may tell of one of
// the brands asked for.
func (p found) tellers(s mention.ActivitySearch) (*roaring.Bitmap, error) {
	told := roaring.New()
	err := p.seg.terms("activity", "", func(term string) (bool, error) {
		if len(s.Types) > 0 && !containsFolded(s.Types, term) {
			return true, nil
		}
		b, err := p.seg.docs("activity", term)
		if err == nil {
			told.Or(b)
		}
		return true, err
	})
	if err != nil {
		return nil, err
	}
	told.And(p.docs)
	if len(s.Brands) == 0 || told.IsEmpty() {
		return told, nil
	}
	names := make([]string, len(s.Brands))
	for i, name := range s.Brands {
		names[i] = query.Fold(name)
	}
	named, err := p.seg.union("brand", names)
	if err != nil {
		return nil, err
	}
	own, err := p.seg.docs(fieldFlag, flagOwn)
	if err != nil {
		return nil, err
	}
	told.And(roaring.Or(named, own))
	return told, nil
}

func containsFolded(list []string, s string) bool {
	s = query.Fold(s)
	return slices.ContainsFunc(list, func(v string) bool { return query.Fold(v) == s })
}

// tellings reads what mentions tell, oldest first.
func (x *Index) tellings(ctx context.Context, refs []mention.Ref, s mention.ActivitySearch) ([]telling, error) {
	var told []telling
	for chunk := range slices.Chunk(refs, recordsAtOnce) {
		records, err := x.o.Records(ctx, chunk)
		if err != nil {
			return nil, err
		}
		for i := range records {
			for _, t := range tellingsOf(&records[i]) {
				if len(s.Brands) > 0 && !containsFolded(s.Brands, t.brand) || len(s.Types) > 0 && !containsFolded(s.Types, t.kind) {
					continue
				}
				told = append(told, t)
			}
		}
	}
	slices.SortStableFunc(told, func(a, b telling) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.id, b.id))
	})
	return told, nil
}

// measure counts the volume that deeds caused.
func (x *Index) measure(ctx context.Context, qu question, deeds []*deed) error {
	if len(deeds) == 0 {
		return nil
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	for _, d := range deeds {
		d.name()
	}
	return x.eachShard(ctx, qu, func(f *finding) error {
		for _, part := range f.parts {
			if ctx.Err() != nil {
				return tooSlow(ctx, ctx.Err())
			}
			for _, d := range deeds {
				if err := d.add(ctx, part); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// name sorts out by what the mentions of a deed are found: by story and brand
// where that finds them, else by id.
func (d *deed) name() {
	d.sites = map[string]struct{}{}
	for i := range d.told {
		t := &d.told[i]
		if t.story != "" && t.named && t.change == nil {
			d.stories = appendNew(d.stories, t.story)
		} else {
			d.ids = appendNew(d.ids, t.id)
		}
	}
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// add counts what was found in a segment.
func (d *deed) add(ctx context.Context, part found) error {
	stories := make([]string, len(d.stories))
	for i, s := range d.stories {
		stories[i] = query.Fold(s)
	}
	docs, err := part.seg.union("story", stories)
	if err != nil {
		return err
	}
	if !docs.IsEmpty() {
		brand, err := part.seg.docs("brand", query.Fold(d.told[0].brand))
		if err != nil {
			return err
		}
		docs = roaring.And(docs, brand)
	}
	for _, name := range []string{fieldID, fieldKey} {
		ids := make([]string, len(d.ids))
		for i, id := range d.ids {
			ids[i] = query.Fold(id)
		}
		b, err := part.seg.union(name, ids)
		if err != nil {
			return err
		}
		docs = roaring.Or(docs, b)
	}
	docs = roaring.And(docs, part.docs)
	if docs.IsEmpty() {
		return nil
	}
	d.count += docs.GetCardinality()
	col, err := part.seg.column()
	if err != nil {
		return err
	}
	for it := docs.Iterator(); it.HasNext(); {
		d.last = max(d.last, col.times[it.Next()])
	}
	return part.seg.visit(ctx, fieldHost, docs, func(_ uint32, host string) { d.sites[host] = struct{}{} })
}

// answer makes the activity of a deed.
func (d *deed) answer(q string) mention.Activity {
	t := &d.told[0]
	a := mention.Activity{
		ID: d.id(), Brand: t.brand, Type: t.kind, At: t.at, Last: d.told[len(d.told)-1].at, Evidence: t.evidence, Change: t.change,
		Count: d.count, Sites: uint64(len(d.sites)), Stories: d.stories, Severity: severityOf(t), Query: d.query(q),
	}
	if last := time.UnixMilli(d.last).UTC(); last.After(a.Last) {
		a.Last = last
	}
	for i := range d.told {
		t := &d.told[i]
		a.Role = cmp.Or(a.Role, t.role)
		a.Own = a.Own || t.own
		if len(a.Mentions) < maxTellers {
			a.Mentions = appendNew(a.Mentions, t.id)
		}
	}
	return a
}

// query returns the query whose rows are those counted, or nothing when there
// is none.
func (d *deed) query(q string) string {
	if len(d.stories)+len(d.ids) > maxStories {
		return ""
	}
	var parts []string
	add := func(field string, values []string) string {
		list := make([]string, len(values))
		for i, v := range values {
			list[i] = field + `:"` + v + `"`
		}
		return strings.Join(list, " OR ")
	}
	if len(d.stories) > 0 {
		parts = append(parts, add("brand", []string{d.told[0].brand})+" AND ("+add("story", d.stories)+")")
	}
	if len(d.ids) > 0 {
		parts = append(parts, add("id", d.ids))
	}
	for _, v := range slices.Concat(d.stories, d.ids, []string{d.told[0].brand}) {
		if strings.ContainsAny(v, "\"“”„*?") {
			return ""
		}
	}
	condition := parts[0]
	if len(parts) > 1 {
		condition = "(" + parts[0] + ") OR (" + parts[1] + ")"
	}
	text := narrowed(q, "("+condition+")")
	if parsed, _ := query.Parse(text); parsed == nil {
		return ""
	}
	return text
}

// severityOf grades what was done.
func severityOf(t *telling) string {
	if t.change != nil {
		return t.change.Severity
	}
	switch t.kind {
	case "acquisition", "recall", "rejection", "lawsuit":
		return "high"
	case "earnings", "hiring":
		return "low"
	}
	return "medium"
}
