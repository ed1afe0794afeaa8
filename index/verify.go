package index

import (
	"context"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
)

// DocCount returns how many mentions are indexed, irrelevant ones and own
// channels among them.
func (x *Index) DocCount(ctx context.Context) (uint64, error) {
	var total uint64
	for _, key := range x.keys() {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		v, err := x.view(key)
		if err != nil {
			return 0, err
		}
		total += v.count()
		v.close()
	}
	return total, nil
}

// A Difference is what index and ledger disagree about: ids of mentions.
type Difference struct {
	Missing []string // not in the index
	Extra   []string // in the index, and not in the ledger; or there twice
	Stale   []string // in another state
}

// maxDifferences bounds how many ids a [Difference] has of each kind.
const maxDifferences = 10_000

// Len is how many ids d has.
func (d *Difference) Len() int { return len(d.Missing) + len(d.Extra) + len(d.Stale) }

// IDs are all ids of d, each once.
func (d *Difference) IDs() []string {
	list := slices.Concat(d.Missing, d.Extra, d.Stale)
	slices.Sort(list)
	return slices.Compact(list)
}

func differ(list *[]string, id string) {
	if len(*list) < maxDifferences {
		*list = append(*list, id)
	}
}

// Verify compares the index with the ledger, whose records each gives in any
// order, by ids and checksums. The index is looked at as it stands at the
// beginning; what the ledger gives and is not indexed yet is missing.
//
// With ids, each gives the records of these alone, without those that are
// gone, and nothing else is looked at.
func (x *Index) Verify(ctx context.Context, ids []string, each func(fn func(mention.Record) error) error) (Difference, error) {
	var d Difference
	snap, err := x.snapshot(ctx)
	if err != nil {
		return d, err
	}
	defer snap.close()
	var held []*mention.Row
	err = each(func(r mention.Record) error {
		row := r.Row()
		if held = append(held, &row); len(held) < recordsAtOnce {
			return nil
		}
		defer func() { held = held[:0] }()
		return snap.compare(ctx, held, &d)
	})
	if err == nil {
		err = snap.compare(ctx, held, &d)
	}
	if err == nil {
		err = snap.extra(ids, &d)
	}
	if err != nil {
		return d, fmt.Errorf("index: verify: %w", err)
	}
	return d, nil
}

// A snapshot is all shards at one instant, and what of them was seen.
type snapshot struct {
	views []*view
	seen  map[*segView]*roaring.Bitmap
}

func (x *Index) snapshot(ctx context.Context) (*snapshot, error) {
	s := &snapshot{seen: map[*segView]*roaring.Bitmap{}}
	for _, key := range x.keys() {
		v, err := x.view(key)
		if err == nil {
			s.views = append(s.views, v)
			err = ctx.Err()
		}
		if err != nil {
			s.close()
			return nil, err
		}
		for _, seg := range v.segs {
			s.seen[seg] = roaring.New()
		}
	}
	return s, nil
}

func (s *snapshot) close() {
	for _, v := range s.views {
		v.close()
	}
}

// compare notes which of rows are missing, or there in another state.
func (s *snapshot) compare(ctx context.Context, rows []*mention.Row, d *Difference) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	byShard := map[string][]*mention.Row{}
	for _, row := range rows {
		key := shardKey(row.Time())
		byShard[key] = append(byShard[key], row)
	}
	for _, v := range s.views {
		if err := s.compareShard(v, byShard[v.key], d); err != nil {
			return err
		}
		delete(byShard, v.key)
	}
	for _, rows := range byShard {
		for _, row := range rows {
			differ(&d.Missing, row.ID)
		}
	}
	return nil
}

func (s *snapshot) compareShard(v *view, rows []*mention.Row, d *Difference) error {
	if len(rows) == 0 {
		return nil
	}
	byID := make(map[string]*mention.Row, len(rows))
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i], byID[row.ID] = row.ID, row
	}
	for _, seg := range v.segs {
		docs, err := seg.lookup(ids)
		if err != nil {
			return err
		}
		for id, n := range docs {
			row := byID[id]
			if row == nil {
				continue // there twice
			}
			delete(byID, id)
			s.seen[seg].Add(n)
			sum, err := seg.sum(n)
			if err != nil {
				return err
			}
			if sum != rowSum(row) {
				differ(&d.Stale, id)
			}
		}
	}
	for id := range byID {
		differ(&d.Missing, id)
	}
	return nil
}

// sum returns the checksum of a document; 0 when it has none.
func (s *segView) sum(n uint32) (sum uint64, err error) {
	err = s.seg.VisitStoredFields(uint64(n), func(name string, _ byte, data []byte, _ []uint64) bool {
		if name == fieldMeta && len(data) >= metaFixed {
			sum = metaSum(data)
		}
		return true
	})
	if err != nil {
		return 0, s.damaged(err)
	}
	return sum, nil
}

// extra notes what was not seen; of these ids alone when there are any.
func (s *snapshot) extra(ids []string, d *Difference) error {
	for _, v := range s.views {
		for _, seg := range v.segs {
			if len(ids) > 0 {
				docs, err := seg.lookup(ids)
				if err != nil {
					return err
				}
				for id, n := range docs {
					if !s.seen[seg].Contains(n) {
						differ(&d.Extra, id)
					}
				}
				continue
			}
			rest := seg.live()
			rest.AndNot(s.seen[seg])
			for it := rest.Iterator(); it.HasNext() && len(d.Extra) < maxDifferences; {
				id, err := seg.docID(it.Next())
				if err != nil {
					return err
				}
				d.Extra = append(d.Extra, id)
			}
		}
	}
	return nil
}
