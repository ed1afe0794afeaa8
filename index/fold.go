package index

import (
	"context"
	"errors"
	"maps"
	"slices"

	"earshot/mention"
)

// A story is the mentions of one story in an answer: the first of them in the
// order asked for, and how many there are.
type story struct {
	n     uint64
	best  item
	shard int // in the how manyth shard best was found
}

// A folding brings an answer in order of a score down to one row a story. A
// mention of no story is one by itself.
//
// The row of a story is its first mention in the order, and the cursor is a
// place in that order: a story is on a former page exactly when its row does
// not come after the cursor, so none comes twice, however many of its mentions
// follow.
type folding struct {
	ctx     context.Context
	order   string
	ranker  ranker
	stories map[uint64]*story
	singles []*story // mentions of no story
	none    uint64   // how many there are of these
	shard   int      // the one at hand
	block   []story
	fresh   []*story // whose best was found in it
}

// foldedRanked picks the first limit stories after a cursor.
func (x *Index) foldedRanked(ctx context.Context, qu question, c *cursor, limit int, order string) (picked, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	f := folding{ctx: ctx, order: order, stories: map[uint64]*story{}}
	var err error
	if f.ranker, err = x.rankerOf(ctx, qu, order); err != nil {
		return picked{}, err
	}
	var p picked
	if err := x.eachShard(ctx, qu, func(shard *finding) error {
		p.total += shard.total
		f.shard++
		f.fresh = f.fresh[:0]
		for _, part := range shard.parts {
			if err := f.add(part); err != nil {
				return err
			}
		}
		return f.name()
	}); err != nil {
		return picked{}, err
	}
	if err := f.pickRanked(&p, c, limit); err != nil {
		return picked{}, err
	}
	p.folds = f.none + uint64(len(f.stories))
	return p, nil
}

// add takes in what was found in a segment.
func (f *folding) add(part found) error {
	col, err := part.seg.column()
	if err != nil {
		return err
	}
	scores := func(uint32) int64 { return 0 }
	switch f.order {
	case mention.EngagementFirst:
		scores = engagementOf(col)
	case mention.RelevanceFirst:
		if scores, err = f.ranker.scores(part); err != nil {
			return err
		}
	}
	for it := part.docs.Iterator(); it.HasNext(); {
		doc := it.Next()
		number := col.stories[doc]
		s := f.stories[number]
		switch {
		case number == 0:
			s = f.newStory()
			f.none++
			f.singles = append(f.singles, s)
		case s == nil:
			s = f.newStory()
			f.stories[number] = s
		}
		if err := f.count(s, item{score: scores(doc), time: col.times[doc], doc: doc, seg: part.seg}); err != nil {
			return err
		}
	}
	return tooSlow(f.ctx, f.ctx.Err())
}

// newStory hands stories out from blocks: there may be a million of them.
func (f *folding) newStory() *story {
	if len(f.block) == 0 {
		f.block = make([]story, 512)
	}
	s := &f.block[0]
	f.block = f.block[1:]
	return s
}

// count counts i for s, and puts it in the place of its first if it comes
// before that.
func (f *folding) count(s *story, i item) error {
	s.n++
	if s.n > 1 && i.score == s.best.score && i.time == s.best.time { // the id decides
		if err := errors.Join(i.name(), s.best.name()); err != nil {
			return err
		}
	}
	if s.n > 1 && i.compare(s.best) >= 0 {
		return nil
	}
	i.story = s
	s.best = i
	if s.shard != f.shard {
		s.shard = f.shard
		f.fresh = append(f.fresh, s)
	}
	return nil
}

// name reads the id of an item whose view is open.
func (i *item) name() (err error) {
	if i.id == "" {
		i.id, err = i.seg.docID(i.doc)
	}
	return err
}

// passed reports whether an item does not come after the cursor.
func (c *cursor) passed(i *item) (bool, error) {
	if c == nil {
		return false, nil
	}
	if i.score == c.Score && i.time == c.Time {
		if err := i.name(); err != nil {
			return false, err
		}
	}
	mark := item{score: c.Score, time: c.Time, id: c.ID}
	return mark.compare(*i) >= 0, nil
}

// after returns the first mentions of those stories whose row comes after the
// cursor.
func (c *cursor) after(stories []*story) ([]item, error) {
	items := make([]item, 0, len(stories))
	for _, s := range stories {
		passed, err := c.passed(&s.best)
		if err != nil {
			return nil, err
		}
		if !passed {
			items = append(items, s.best)
		}
	}
	return items, nil
}

// name reads the ids of what the shard at hand has while it is open: which of
// it comes first is known when all shards are seen.
func (f *folding) name() error {
	for _, s := range f.fresh {
		if err := s.best.name(); err != nil {
			return err
		}
	}
	return nil
}

// pickRanked takes a page of all stories.
func (f *folding) pickRanked(p *picked, c *cursor, limit int) error {
	items, err := c.after(slices.AppendSeq(f.singles, maps.Values(f.stories)))
	if err != nil {
		return err
	}
	p.more = len(items) > limit
	p.items, err = top(items, limit)
	return err
}
