package index

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// A newestFold brings an answer, newest first, down to one row a story, as a
// [folding] does. It holds no more of a story than its number: only those on
// the page are counted one by one.
//
// Shards come newest first and do not overlap in time, so the row of a story is
// in the first of them that has any of it.
type newestFold struct {
	ctx     context.Context
	after   *cursor // nil is from the beginning
	limit   int
	stories *storySet
	none    uint64             // mentions of no story
	placed  storySet           // stories whose row was found, here or on a former page
	shown   map[uint64]*story  // on the page, by what stands for them
	sieve   [storySieve]uint64 // bits of shown
	page    []item
	more    bool
}

// reserveMost bounds the room that is made for stories before they are seen.
const reserveMost = 1 << 19

// storySieve times 64 bits let most stories pass by that are not shown.
const storySieve = 64

// foldedNewest picks the first limit stories after a cursor.
func (x *Index) foldedNewest(ctx context.Context, qu question, c *cursor, limit int) (picked, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	// Of a million stories the set has 16 MB: lists that follow each other share it.
	stories, _ := x.storySets.Get().(*storySet)
	if stories == nil {
		stories = &storySet{}
	}
	defer func() {
		stories.empty()
		x.storySets.Put(stories)
	}()
	f := newestFold{ctx: ctx, after: c, limit: limit, stories: stories, shown: map[uint64]*story{}}
	var p picked
	if err := x.eachShard(ctx, qu, func(shard *finding) error {
		p.total += shard.total
		return f.add(shard)
	}); err != nil {
		return picked{}, err
	}
	p.items, p.more, p.folds = f.page, f.more, f.none+uint64(f.stories.n)
	return p, nil
}

// add takes in what was found in a shard.
func (f *newestFold) add(shard *finding) error {
	f.stories.reserve(int(min(shard.total, reserveMost)))
	for _, part := range shard.parts {
		if err := f.enter(part); err != nil {
			return err
		}
	}
	if !f.more {
		if err := f.pick(shard); err != nil {
			return err
		}
	}
	for _, part := range shard.parts {
		if err := f.count(part); err != nil {
			return err
		}
	}
	return tooSlow(f.ctx, f.ctx.Err())
}

// enter numbers the stories of a segment, and notes those that a former page
// has shown.
func (f *newestFold) enter(part found) error {
	col, err := part.seg.column()
	if err != nil {
		return err
	}
	eachDoc(part.docs, func(doc uint32) {
		story := col.stories[doc]
		if story == 0 {
			f.none++
			return
		}
		f.stories.add(story)
		if f.after == nil || err != nil || col.times[doc] < f.after.Time {
			return
		}
		var passed bool
		if passed, err = f.after.passed(&item{time: col.times[doc], doc: doc, seg: part.seg}); passed {
			f.placed.add(story)
		}
	})
	if err != nil {
		return err
	}
	return tooSlow(f.ctx, f.ctx.Err())
}

// pick puts the rows of a shard on the page.
func (f *newestFold) pick(shard *finding) error {
	want := f.limit - len(f.page) + 1 // one beyond the page says that there are more
	for n := want; ; n *= 4 {
		items, all, err := f.first(shard, n)
		if err != nil {
			return err
		}
		rows := oneOfEach(items)
		if len(rows) < want && !all {
			continue
		}
		if f.more = len(rows) >= want; f.more { // more items than rows are wanted may bring more rows, too
			rows = rows[:want-1]
		}
		for i := range rows {
			f.place(&rows[i])
		}
		f.page = append(f.page, rows...)
		return nil
	}
}

// first returns the first n mentions, in order, that may be rows, and whether
// these are all.
func (f *newestFold) first(shard *finding, n int) (items []item, all bool, err error) {
	var (
		times []int64 // the n newest so far, the oldest on top
		least = int64(math.MinInt64)
	)
	all = true
	err = f.sweep(shard, func(i item) (int64, error) {
		switch {
		case n >= int(shard.total):
			return least, nil
		case len(times) < n:
			times = append(times, i.time)
			siftUp(times, cmp.Compare)
		default:
			all = false
			if i.time > times[0] {
				times[0] = i.time
				siftDown(times, cmp.Compare)
			}
		}
		if len(times) == n {
			least = times[0]
		}
		return least, nil
	})
	if err != nil {
		return nil, false, err
	}
	all = all && len(times) < n
	err = f.sweep(shard, func(i item) (int64, error) {
		if i.time >= least { // ties among them
			items = append(items, i)
		}
		return least, nil
	})
	if err != nil {
		return nil, false, err
	}
	items, err = top(items, n)
	return items, all, err
}

// sweep calls fn with the mentions of a shard that come after the cursor and
// whose story has no row yet, newer segments first. Those before the time that
// fn gave last are passed over.
func (f *newestFold) sweep(shard *finding, fn func(i item) (least int64, err error)) error {
	least := int64(math.MinInt64)
	for _, part := range slices.Backward(shard.parts) {
		col, err := part.seg.column()
		if err != nil {
			return err
		}
		for it := part.docs.ReverseIterator(); it.HasNext(); {
			i := item{doc: it.Next(), seg: part.seg}
			if i.time = col.times[i.doc]; i.time < least {
				continue
			}
			if passed, err := f.after.passed(&i); passed || err != nil {
				if err != nil {
					return err
				}
				continue
			}
			if i.stands = col.stories[i.doc]; i.stands != 0 && f.placed.has(i.stands) {
				continue
			}
			if least, err = fn(i); err != nil {
				return err
			}
		}
		if err := f.ctx.Err(); err != nil {
			return tooSlow(f.ctx, err)
		}
	}
	return nil
}

// oneOfEach leaves out the mentions of a story after its first.
func oneOfEach(items []item) []item {
	seen := make(map[uint64]bool, len(items))
	return slices.DeleteFunc(items, func(i item) bool {
		again := seen[i.stands]
		seen[i.stands] = i.stands != 0
		return again
	})
}

// place gives a row its story, whose mentions are counted from now on.
func (f *newestFold) place(row *item) {
	row.story = &story{}
	if row.stands == 0 {
		row.story.n = 1
		return
	}
	f.placed.add(row.stands)
	f.shown[row.stands] = row.story
	f.sieve[row.stands>>6%storySieve] |= 1 << (row.stands % 64)
}

// count counts the mentions of a segment for the rows of their stories.
func (f *newestFold) count(part found) error {
	if len(f.shown) == 0 {
		return nil
	}
	col, err := part.seg.column()
	if err != nil {
		return err
	}
	eachDoc(part.docs, func(doc uint32) {
		stands := col.stories[doc]
		if f.sieve[stands>>6%storySieve]>>(stands%64)&1 == 0 {
			return
		}
		if s := f.shown[stands]; s != nil {
			s.n++
		}
	})
	return nil
}
