package index

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"

	"earshot/mention"
)

// DropBefore drops the shards of which everything was collected before a time,
// and those that hold nothing, whole instead of mention by mention. Records
// are those among them that are to stay, such as what is on hold. It returns
// the months that were dropped.
//
// The ledger is to delete what is dropped, and says so in the analyzed log:
// what of it is put later changes nothing.
func (x *Index) DropBefore(ctx context.Context, before time.Time, stay []mention.Record) ([]string, error) {
	x.putting.Lock()
	defer x.putting.Unlock()
	if x.isClosed() {
		return nil, ErrClosed
	}
	keys, err := x.past(ctx, before)
	if err != nil || len(keys) == 0 {
		return nil, err
	}
	if keys, err = x.forget(keys); err != nil {
		return nil, err
	}
	byKey := map[string]*shardBatch{}
	for i := range stay {
		row := stay[i].Row()
		key := shardKey(row.Time())
		if !slices.Contains(keys, key) {
			continue
		}
		if byKey[key] == nil {
			byKey[key] = &shardBatch{key: key}
		}
		byKey[key].put = append(byKey[key].put, numbered{Row: &row})
	}
	batches := make([]*shardBatch, 0, len(byKey))
	for _, b := range byKey {
		batches = append(batches, b)
	}
	offset := x.Offset()
	if err := x.apply(offset, batches); err != nil {
		return keys, err
	}
	if err := x.advance(offset, batches); err != nil {
		return keys, fmt.Errorf("index: drop: %w", err)
	}
	return keys, nil
}

// past returns the shards that hold nothing newer than a time.
func (x *Index) past(ctx context.Context, before time.Time) ([]string, error) {
	x.mu.Lock()
	newest := x.meta.clone().Newest
	x.mu.Unlock()
	var list []string
	for _, key := range x.keys() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t, ok := newest[key]
		if ok && t < before.UnixMilli() {
			list = append(list, key)
			continue
		}
		v, err := x.view(key)
		if err != nil {
			return nil, err
		}
		if v.count() == 0 {
			list = append(list, key)
		}
		v.close()
	}
	return list, nil
}

// forget drops those of shards that nobody uses, and returns them. What a
// crash leaves of them goes when the index is opened.
func (x *Index) forget(keys []string) ([]string, error) {
	x.mu.Lock()
	m := x.meta.clone()
	x.mu.Unlock()
	gone := map[string]*shard{}
	for _, key := range keys {
		sh := x.known(key)
		free, err := sh.retire()
		if err != nil {
			return nil, err
		}
		if free {
			gone[key] = sh
			delete(m.Shards, key)
			delete(m.Newest, key)
		}
	}
	if err := m.write(x.o.Dir); err != nil {
		for _, sh := range gone {
			sh.revive()
		}
		return nil, fmt.Errorf("index: drop: %w", err)
	}
	x.mu.Lock()
	x.meta = m
	for key := range gone {
		delete(x.shards, key)
	}
	x.mu.Unlock()
	for key, sh := range gone {
		if sh.dir == "" {
			continue
		}
		if err := os.RemoveAll(sh.dir); err != nil {
			return nil, fmt.Errorf("index: drop shard %s: %w", key, err)
		}
	}
	return slices.Sorted(maps.Keys(gone)), nil
}
