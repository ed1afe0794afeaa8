package index

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"earshot/mention"
	"earshot/query"
)

// Count returns how many mentions a query matches: what [Index.Each] gives
// rows for, own channels among them and irrelevant ones not.
func (x *Index) Count(ctx context.Context, q string, now time.Time) (uint64, error) {
	qu, err := newQuestion(q, now, exclusion{irrelevant: true})
	if err != nil {
		return 0, err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	var total uint64
	err = x.eachShard(ctx, qu, func(f *finding) error {
		total += f.total
		return nil
	})
	return total, err
}

// Search returns one page of the mentions a query matches, with their exact
// total. Mentions of own channels are among them; those that people marked
// irrelevant only when asked for. A row shows the record as it is now; one
// that was erased since it was indexed is left out.
func (x *Index) Search(ctx context.Context, s mention.Search, now time.Time) (mention.Page, error) {
	start := time.Now()
	c, err := readCursor(s)
	if err != nil {
		return mention.Page{}, err
	}
	if c != nil { // relative dates mean what they meant on the first page
		now = time.UnixMilli(c.Now)
	}
	qu, err := newQuestion(s.Query, now, exclusion{irrelevant: !s.Irrelevant})
	if err != nil {
		return mention.Page{}, err
	}
	limit := s.Limit
	if limit <= 0 {
		limit = math.MaxInt - 1
	}
	var p picked
	order := cmp.Or(s.Order, mention.NewestFirst)
	switch {
	case order != mention.NewestFirst && order != mention.EngagementFirst && order != mention.RelevanceFirst:
		return mention.Page{}, fmt.Errorf("index: order %q is none of %s, %s, %s", s.Order, mention.NewestFirst, mention.RelevanceFirst, mention.EngagementFirst)
	case s.Fold && order == mention.NewestFirst:
		p, err = x.foldedNewest(ctx, qu, c, limit)
	case s.Fold:
		p, err = x.foldedRanked(ctx, qu, c, limit, order)
	case order == mention.NewestFirst:
		p, err = x.newest(ctx, qu, c, limit)
	default:
		p, err = x.ranked(ctx, qu, c, limit, order)
	}
	if err != nil {
		return mention.Page{}, err
	}
	page := mention.Page{Total: p.total, Folds: p.folds}
	if page.Rows, err = x.pageRows(ctx, p.items); err != nil {
		return mention.Page{}, err
	}
	if s.Highlight {
		highlight(qu, page.Rows)
	}
	if p.more && len(p.items) > 0 {
		page.Next = writeCursor(s, now, p.items[len(p.items)-1])
	}
	page.Took = time.Since(start)
	return page, nil
}

// pageRows hydrates the items of a page.
func (x *Index) pageRows(ctx context.Context, items []item) ([]mention.Row, error) {
	refs, err := refsOf(items)
	if err != nil {
		return nil, err
	}
	folded := make(map[string]uint64)
	for _, it := range items {
		if it.story != nil {
			folded[it.id] = it.story.n
		}
	}
	rows, err := x.rows(ctx, refs)
	for i := range rows {
		rows[i].Folded = folded[rows[i].ID]
	}
	return rows, err
}

// refsOf returns where the records of items are, which have their ids.
func refsOf(items []item) ([]mention.Ref, error) {
	refs := make([]mention.Ref, len(items))
	for i := range items {
		col, err := items[i].seg.column()
		if err != nil {
			return nil, err
		}
		refs[i] = mention.Ref{ID: items[i].id, Number: col.ledger[items[i].doc]}
	}
	return refs, nil
}

// highlight notes what a question finds in rows.
func highlight(qu question, rows []mention.Row) {
	var d query.Document
	for i := range rows {
		d.Reset(&rows[i])
		rows[i].Highlights = qu.q.Highlights(&d)
	}
}

// A picked is the documents of one page, in order.
type picked struct {
	items []item
	total uint64
	folds uint64 // stories, when they are folded
	more  bool   // there are others after them
}

// An item is a document on its way into an answer. Items are ordered by
// score, then time, highest first, then by id.
type item struct {
	score int64
	time  int64
	doc   uint32
	seg   *segView
	id    string

	// Of a folded answer:
	story  *story
	stands uint64 // for the story, see [storyNumber]
}

func (a item) compare(b item) int {
	return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.time, a.time), cmp.Compare(a.id, b.id))
}

// newest picks the first limit documents after a cursor by time. Shards come
// newest first and do not overlap in time, so documents are looked at only
// until there are enough; older shards are merely counted.
func (x *Index) newest(ctx context.Context, qu question, c *cursor, limit int) (picked, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	var p picked
	err := x.eachShard(ctx, qu, func(f *finding) error {
		p.total += f.total
		if p.more || f.total == 0 {
			return nil
		}
		items, more, err := f.first(c, limit-len(p.items))
		if err != nil {
			return err
		}
		p.items, p.more = append(p.items, items...), more
		return nil
	})
	return p, err
}

// first returns the first n documents of f after a cursor by time, in order,
// and whether there are more of them.
func (f *finding) first(c *cursor, n int) (items []item, more bool, err error) {
	var (
		heap  []int64 // the n newest times so far, the oldest on top
		total int
	)
	err = f.after(c, func(i item) {
		total++
		switch {
		case len(heap) < n:
			heap = append(heap, i.time)
			siftUp(heap, cmp.Compare)
		case n > 0 && i.time > heap[0]:
			heap[0] = i.time
			siftDown(heap, cmp.Compare)
		}
	})
	if err != nil || len(heap) == 0 {
		return nil, total > n, err
	}
	err = f.after(c, func(i item) {
		if i.time >= heap[0] { // ties among them
			items = append(items, i)
		}
	})
	if err != nil {
		return nil, false, err
	}
	items, err = top(items, n)
	return items, total > n, err
}

// after calls fn with the documents of f that come after a cursor by time, in
// no order and without ids but for those at the cursor's own instant.
func (f *finding) after(c *cursor, fn func(i item)) error {
	for _, part := range f.parts {
		col, err := part.seg.column()
		if err != nil {
			return err
		}
		for it := part.docs.Iterator(); it.HasNext(); {
			n := it.Next()
			i := item{time: col.times[n], doc: n, seg: part.seg}
			if c != nil && i.time >= c.Time {
				if i.time > c.Time {
					continue
				}
				if i.id, err = part.seg.docID(n); err != nil {
					return err
				}
				if i.id <= c.ID {
					continue
				}
			}
			fn(i)
		}
	}
	return nil
}

// top returns the first n of items in order, with their ids.
func top(items []item, n int) ([]item, error) {
	if n < len(items) {
		items = within(items, n)
	}
	for i := range items {
		if items[i].id != "" {
			continue
		}
		id, err := items[i].seg.docID(items[i].doc)
		if err != nil {
			return nil, err
		}
		items[i].id = id
	}
	slices.SortFunc(items, item.compare)
	return items[:min(n, len(items))], nil
}

// within returns the items that may be among the first n: those at or above
// the score and time of the n-th, ties included.
func within(items []item, n int) []item {
	type rank struct{ score, time int64 }
	less := func(a, b rank) int { return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.time, b.time)) }
	heap := make([]rank, 0, n) // smallest on top
	for _, it := range items {
		r := rank{it.score, it.time}
		if len(heap) == n {
			if less(r, heap[0]) <= 0 {
				continue
			}
			heap[0] = r
			siftDown(heap, less)
			continue
		}
		heap = append(heap, r)
		siftUp(heap, less)
	}
	least := heap[0]
	return slices.DeleteFunc(items, func(it item) bool { return less(rank{it.score, it.time}, least) < 0 })
}

func siftUp[T any](heap []T, less func(a, b T) int) {
	for i := len(heap) - 1; i > 0; {
		up := (i - 1) / 2
		if less(heap[i], heap[up]) >= 0 {
			return
		}
		heap[i], heap[up] = heap[up], heap[i]
		i = up
	}
}

func siftDown[T any](heap []T, less func(a, b T) int) {
	for i := 0; ; {
		c := 2*i + 1
		if c >= len(heap) {
			return
		}
		if c+1 < len(heap) && less(heap[c+1], heap[c]) < 0 {
			c++
		}
		if less(heap[i], heap[c]) <= 0 {
			return
		}
		heap[i], heap[c] = heap[c], heap[i]
		i = c
	}
}

// Each calls fn with the row of each mention a query matches, newest first,
// until fn gives an error. Irrelevant ones are left out. Rows are read some
// hundred at a time, so memory does not grow with their number; there is no
// limit of time.
func (x *Index) Each(ctx context.Context, q string, now time.Time, fn func(mention.Row) error) error {
	return x.Export(ctx, mention.Export{Query: q, Now: now}, fn)
}
