package index

import (
	"cmp"
	"context"
	"slices"

	"earshot/mention"
)

// Export is [Index.Each] from a place on.
func (x *Index) Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error {
	qu, err := newQuestion(e.Query, e.Now, exclusion{irrelevant: true})
	if err != nil {
		return err
	}
	var from *cursor
	if e.AfterID != "" {
		from = &cursor{Time: e.AfterTime.UnixMilli(), ID: e.AfterID}
	}
	return x.eachShard(ctx, qu, func(f *finding) error {
		items := make([]item, 0, f.total)
		if err := f.after(from, func(i item) { items = append(items, i) }); err != nil {
			return err
		}
		slices.SortFunc(items, func(a, b item) int { return cmp.Compare(b.time, a.time) })
		return x.give(ctx, items, fn)
	})
}

// give hydrates items, which are in order of time, and passes their rows on.
func (x *Index) give(ctx context.Context, items []item, fn func(mention.Row) error) error {
	h := x.newHydrating(ctx)
	defer h.stop()
	for len(items) > 0 {
		n := min(recordsAtOnce, len(items))
		for n < len(items) && items[n].time == items[n-1].time {
			n++
		}
		some, err := top(items[:n], n)
		if err != nil {
			return err
		}
		items = items[n:]
		for chunk := range slices.Chunk(some, recordsAtOnce) {
			if err := h.add(chunk, fn); err != nil {
				return err
			}
		}
	}
	return h.drain(0, fn)
}

// A hydrating reads rows some chunks ahead, side by side, and passes them on
// in their order.
type hydrating struct {
	x       *Index
	ctx     context.Context
	cancel  context.CancelFunc
	pending []chan hydrated
}

type hydrated struct {
	rows []mention.Row
	err  error
}

// chunksAhead is how many chunks are read while one is passed on.
const chunksAhead = 6

func (x *Index) newHydrating(ctx context.Context) *hydrating {
	ctx, cancel := context.WithCancel(ctx)
	return &hydrating{x: x, ctx: ctx, cancel: cancel}
}

// add reads a chunk, once there is room for it.
func (h *hydrating) add(items []item, fn func(mention.Row) error) error {
	refs, err := refsOf(items)
	if err != nil {
		return err
	}
	done := make(chan hydrated, 1)
	h.pending = append(h.pending, done)
	go func() {
		rows, err := h.x.rows(h.ctx, refs)
		done <- hydrated{rows, err}
	}()
	return h.drain(chunksAhead, fn)
}

// drain passes rows on until no more than some chunks are on their way.
func (h *hydrating) drain(most int, fn func(mention.Row) error) error {
	for len(h.pending) > most {
		got := <-h.pending[0]
		h.pending = h.pending[1:]
		if got.err != nil {
			return got.err
		}
		for i := range got.rows {
			if err := fn(got.rows[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// stop waits for what is still read.
func (h *hydrating) stop() {
	h.cancel()
	for _, done := range h.pending {
		<-done
	}
}
