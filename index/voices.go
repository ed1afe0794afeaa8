package index

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/mention"
)

// The orders of voices.
const (
	ByMentions   = "mentions"
	ByStories    = "stories"
	ByEngagement = "engagement"
)

const (
	voicesUsual = 20
	voicesMost  = 1000
)

// Voices tells who speaks in the volume of a query: authors or sites, with
// the stories they told, how they spoke of each brand, and when they spoke
// first and last. Own channels and what people marked irrelevant are left
// out, as they are in every volume; so are mentions without a known author.
//
// Voices with as many mentions, stories or as much engagement come by name.
func (x *Index) Voices(ctx context.Context, s mention.VoiceSearch, now time.Time) ([]mention.Voice, error) {
	c, err := newChoir(s)
	if err != nil {
		return nil, err
	}
	qu, err := newQuestion(s.Query, now, exclusion{irrelevant: true})
	if err != nil {
		return nil, err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	c.ctx, c.lane = ctx, newLane(ctx, c.s.By, nil)
	if err := x.eachShard(ctx, qu, c.hear); err != nil {
		return nil, err
	}
	c.choose()
	if err := x.eachShard(ctx, qu, c.listen); err != nil {
		return nil, err
	}
	return x.voices(ctx, c)
}

// A choir is the voices of one question.
type choir struct {
	s      mention.VoiceSearch
	ctx    context.Context
	field  string // of the index, that voices go by
	find   finder
	lane   *lane   // of the voices
	all    []heard // by number in the lane
	chosen map[string]*portrait
}

// A heard is what choosing the voices to tell needs to know of one.
type heard struct {
	n          uint64
	engagement float64
	measured   bool
	stories    map[uint64]struct{} // where they are asked for by stories
}

// newChoir checks a question.
func newChoir(s mention.VoiceSearch) (*choir, error) {
	s.By, s.Order = cmp.Or(s.By, "author"), cmp.Or(s.Order, ByMentions)
	if s.By != "author" && s.By != "site" {
		return nil, refusal("unknown-field", s.By+": no voices go by it", "author or site")
	}
	if s.Order != ByMentions && s.Order != ByStories && s.Order != ByEngagement {
		return nil, refusal("unknown-order", s.Order+": voices have no such order", "one of mentions, stories, engagement")
	}
	if s.Size <= 0 {
		s.Size = voicesUsual
	}
	s.Size = min(s.Size, voicesMost)
	return &choir{
		s: s, field: fieldOf(s.By), find: finder{q: s.Query},
		chosen: map[string]*portrait{},
	}, nil
}

// hear counts what was found in a shard.
func (c *choir) hear(f *finding) error {
	for _, part := range f.parts {
		counted, own, err := Volume{}.split(part)
		if err != nil {
			return err
		}
		if err := c.hearPart(part.seg, counted); err != nil {
			return err
		}
		c.find.own = c.find.own || !own.IsEmpty()
	}
	return nil
}

func (c *choir) hearPart(s *segView, docs *roaring.Bitmap) error {
	if docs.IsEmpty() {
		return nil
	}
	col, err := s.column()
	if err != nil {
		return err
	}
	o, err := s.valuesOf(c.ctx, c.field, docs)
	if err != nil {
		return err
	}
	numbers, voices := col.numbers[numEngagement], slices.Repeat([]uint32{none}, len(o.terms))
	eachValue(o, docs, func(doc, ord uint32) {
		if voices[ord] == none {
			voices[ord] = c.lane.number(o.terms[ord])
			c.all = append(c.all, make([]heard, c.lane.size()-len(c.all))...)
		}
		h := &c.all[voices[ord]]
		h.n++
		if numbers != nil && !math.IsNaN(numbers[doc]) {
			h.measured = true
			h.engagement += numbers[doc]
		}
		if number := col.stories[doc]; number != 0 && c.s.Order == ByStories {
			if h.stories == nil {
				h.stories = map[uint64]struct{}{}
			}
			h.stories[number] = struct{}{}
		}
	})
	return nil
}

// choose picks the first voices in the order asked for.
func (c *choir) choose() {
	rank := func(h *heard) float64 {
		switch {
		case c.s.Order == ByStories:
			return float64(len(h.stories))
		case c.s.Order == ByMentions:
			return float64(h.n)
		case !h.measured:
			return math.Inf(-1)
		}
		return h.engagement
	}
	list := []int{}
	for n := range c.all {
		if c.all[n].n > 0 {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b int) int {
		return cmp.Or(cmp.Compare(rank(&c.all[b]), rank(&c.all[a])), cmp.Compare(c.lane.names[a], c.lane.names[b]))
	})
	for i, n := range list {
		name := c.lane.names[n]
		if i < c.s.Size {
			c.chosen[name] = &portrait{stories: map[uint64]struct{}{}, brands: map[string]*mention.VoiceBrand{}, sites: map[string]uint64{}}
		}
		if c.s.By == "site" { // a query for one site finds those below it
			c.find.host = append(c.find.host, name)
		}
	}
	c.all = nil
}

// countValues calls fn with every value that documents have in a field, and
// with how many of them.
func (s *segView) countValues(ctx context.Context, name string, docs *roaring.Bitmap, fn func(term string, n uint64)) error {
	o, err := s.valuesOf(ctx, name, docs)
	if err != nil {
		return err
	}
	for ord, n := range o.count(docs) {
		if n > 0 {
			fn(o.terms[ord], uint64(n))
		}
	}
	return nil
}

// visit calls fn with every value that documents have in a field: from memory
// where values are kept, else document by document or value by value.
func (s *segView) visit(ctx context.Context, name string, docs *roaring.Bitmap, fn func(doc uint32, term string)) error {
	o, err := s.ordinals(ctx, name)
	if err != nil {
		return err
	}
	if o != nil {
		for it := docs.Iterator(); it.HasNext(); {
			doc := it.Next()
			for _, ord := range o.of(doc) {
				fn(doc, o.terms[ord])
			}
		}
		return nil
	}
	if dv, ok := s.seg.(segment.DocValueVisitable); ok && hasColumn(name) {
		return s.visitColumn(ctx, name, docs, dv, fn)
	}
	n := 0
	return s.terms(name, "", func(term string) (bool, error) {
		if n++; n%256 == 0 && ctx.Err() != nil {
			return false, tooSlow(ctx, ctx.Err())
		}
		b, err := s.docs(name, term)
		if err != nil {
			return false, err
		}
		for it := roaring.And(b, docs).Iterator(); it.HasNext(); {
			fn(it.Next(), term)
		}
		return true, nil
	})
}

func (s *segView) visitColumn(ctx context.Context, name string, docs *roaring.Bitmap, dv segment.DocValueVisitable, fn func(doc uint32, term string)) error {
	var (
		fields = []string{name}
		state  segment.DocVisitState
		err    error
		doc    uint32
	)
	visit := func(_ string, term []byte) { fn(doc, string(term)) }
	n := 0
	for it := docs.Iterator(); it.HasNext(); {
		doc = it.Next()
		if n++; n%4096 == 0 && ctx.Err() != nil {
			return tooSlow(ctx, ctx.Err())
		}
		if state, err = dv.VisitDocValues(uint64(doc), fields, visit, state); err != nil {
			return s.damaged(err)
		}
	}
	return nil
}

// voices makes the answer.
func (x *Index) voices(ctx context.Context, c *choir) ([]mention.Voice, error) {
	names := slices.Collect(maps.Keys(c.chosen))
	written, err := x.written(ctx, c.s.By, names)
	if err != nil {
		return nil, err
	}
	brands, err := x.brandNames(ctx, c)
	if err != nil {
		return nil, err
	}
	list := []mention.Voice{}
	for i, name := range names {
		p := c.chosen[name]
		if p.voice.Mentions == 0 { // gone since it was chosen
			continue
		}
		v := p.finish()
		v.By, v.Name, v.Query = c.s.By, written[i], c.find.query(c.find.condition(c.s.By, name))
		for k := range v.Brands {
			v.Brands[k].Brand = brands[v.Brands[k].Brand]
		}
		list = append(list, v)
	}
	slices.SortFunc(list, func(a, b mention.Voice) int {
		return cmp.Or(cmp.Compare(c.weight(&b), c.weight(&a)), cmp.Compare(a.Name, b.Name))
	})
	return list, nil
}

// weight is what voices are ordered by.
func (c *choir) weight(v *mention.Voice) float64 {
	switch {
	case c.s.Order == ByStories:
		return float64(v.Stories)
	case c.s.Order == ByMentions:
		return float64(v.Mentions)
	case v.Engagement == nil:
		return math.Inf(-1)
	}
	return v.Engagement.Sum
}

// brandNames returns the ids of brands as they are written, by how the index
// knows them.
func (x *Index) brandNames(ctx context.Context, c *choir) (map[string]string, error) {
	set := map[string]string{}
	for _, p := range c.chosen {
		for name := range p.brands {
			set[name] = name
		}
	}
	names := slices.Sorted(maps.Keys(set))
	written, err := x.written(ctx, "brand", names)
	if err != nil {
		return nil, fmt.Errorf("index: brands of voices: %w", err)
	}
	for i, name := range names {
		set[name] = written[i]
	}
	return set, nil
}
