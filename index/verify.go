package index

import (
	"context"
	"fmt"

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

// Verify compares the index with the ledger, whose records each gives in any
// order: how many are missing from the index, how many it has that the ledger
// has not, and how many it knows in another state. It may run while the index
// is in use; what changes meanwhile may then count as a difference.
func (x *Index) Verify(ctx context.Context, each func(fn func(mention.Record) error) error) (missing, extra, stale int, err error) {
	total, err := x.DocCount(ctx)
	if err != nil {
		return 0, 0, 0, err
	}
	byShard := map[string][]*mention.Row{}
	held, known := 0, 0
	check := func() error {
		for key, rows := range byShard {
			k, s, err := x.compare(key, rows)
			if err != nil {
				return err
			}
			known, stale, missing = known+k, stale+s, missing+len(rows)-k
		}
		clear(byShard)
		held = 0
		return ctx.Err()
	}
	err = each(func(r mention.Record) error {
		row := r.Row()
		key := shardKey(row.Time())
		byShard[key] = append(byShard[key], &row)
		if held++; held < recordsAtOnce {
			return nil
		}
		return check()
	})
	if err == nil {
		err = check()
	}
	if err != nil {
		return 0, 0, 0, fmt.Errorf("index: verify: %w", err)
	}
	return missing, max(0, int(total)-known), stale, nil
}

// compare returns how many rows a shard has, and how many of these in another
// state.
func (x *Index) compare(key string, rows []*mention.Row) (known, stale int, err error) {
	v, err := x.view(key)
	if err != nil {
		return 0, 0, err
	}
	defer v.close()
	ids := make([]string, len(rows))
	sums := make(map[string]uint64, len(rows))
	for i, row := range rows {
		ids[i], sums[row.ID] = row.ID, rowSum(row)
	}
	for _, s := range v.segs {
		docs, err := s.lookup(ids)
		if err != nil {
			return 0, 0, err
		}
		for id, n := range docs {
			known++
			same := false
			err := s.seg.VisitStoredFields(uint64(n), func(name string, _ byte, data []byte, _ []uint64) bool {
				if name == fieldMeta && len(data) >= metaFixed {
					same = metaSum(data) == sums[id]
				}
				return true
			})
			if err != nil {
				return 0, 0, s.damaged(err)
			}
			if !same {
				stale++
			}
		}
	}
	return known, stale, nil
}
