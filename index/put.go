package index

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/document"

	"earshot/mention"
)

// A shardBatch is what one Put changes in one shard.
type shardBatch struct {
	key    string
	put    []numbered
	remove []string
	moved  bool // something removed here is put into another shard
}

// A numbered row is one with its number in the ledger.
type numbered struct {
	*mention.Row

	number uint32
}

// Put brings in changes of the analyzed log, and notes that everything up to
// offset is contained. When it returns, the changes are durable and found by
// every question asked from then on. Repeating it changes nothing: after an
// error the same changes are to be put again.
//
// Give it some hundred changes at a time; one at a time costs ten times as
// much.
func (x *Index) Put(ctx context.Context, offset int64, changes []mention.Change) error {
	x.putting.Lock()
	defer x.putting.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if x.isClosed() {
		return ErrClosed
	}
	batches, err := x.divide(latestOf(changes))
	if err != nil {
		return err
	}
	// Removals of what moves go first: a mention may be missing for a moment,
	// but is never counted twice.
	var first, rest []*shardBatch
	for _, b := range batches {
		if b.moved {
			first = append(first, &shardBatch{key: b.key, remove: b.remove})
			b.remove = nil
		}
		if len(b.put)+len(b.remove) > 0 {
			rest = append(rest, b)
		}
	}
	if err := x.apply(offset, first); err != nil {
		return err
	}
	if err := x.apply(offset, rest); err != nil {
		return err
	}
	if err := x.advance(offset, batches); err != nil {
		return fmt.Errorf("index: put: %w", err)
	}
	return x.closeIdle()
}

// A latest is the last of the changes of one mention.
type latest struct {
	*mention.Change
	erased bool // it or one before it erased the mention
}

// latestOf leaves out the changes that a later one of the same mention
// overtakes.
func latestOf(changes []mention.Change) []latest {
	at := make(map[string]int, len(changes))
	list := make([]latest, 0, len(changes))
	for i := range changes {
		c := latest{&changes[i], changes[i].Kind == mention.ChangeErased}
		id := c.Record.Mention.ID
		if id == "" {
			continue
		}
		if k, ok := at[id]; ok {
			list[k] = latest{c.Change, c.erased || list[k].erased}
			continue
		}
		at[id] = len(list)
		list = append(list, c)
	}
	return list
}

// divide sorts changes by the shards they touch. A mention lies in the shard
// of its publication; before that was known, in the one of when it was seen.
func (x *Index) divide(changes []latest) ([]*shardBatch, error) {
	byKey := map[string]*shardBatch{}
	batch := func(key string) *shardBatch {
		b := byKey[key]
		if b == nil {
			b = &shardBatch{key: key}
			byKey[key] = b
		}
		return b
	}
	seek := map[string][]string{} // shard -> ids that may lie there and must not
	keys := x.keys()
	for _, c := range changes {
		id, home := c.Record.Mention.ID, ""
		if c.Kind != mention.ChangeErased {
			row := c.Record.Row()
			home = shardKey(row.Time())
			b := batch(home)
			b.put = append(b.put, numbered{&row, c.Number})
		}
		for _, key := range keys {
			if key != home && (c.erased || key == shardKey(c.Record.Mention.Seen)) {
				seek[key] = append(seek[key], id)
			}
		}
	}
	for key, ids := range seek {
		found, err := x.find(key, ids)
		if err != nil {
			return nil, err
		}
		if len(found) > 0 {
			b := batch(key)
			b.remove, b.moved = found, true
		}
	}
	list := make([]*shardBatch, 0, len(byKey))
	for _, b := range byKey {
		list = append(list, b)
	}
	return list, nil
}

// find returns those of ids that lie in a shard.
func (x *Index) find(key string, ids []string) ([]string, error) {
	v, err := x.view(key)
	if err != nil {
		return nil, err
	}
	defer v.close()
	found := make(map[string]bool)
	for _, seg := range v.segs {
		docs, err := seg.lookup(ids)
		if err != nil {
			return nil, err
		}
		for id := range docs {
			found[id] = true
		}
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !found[id] }), nil
}

// apply writes batches, a few at a time: each waits for the disk.
func (x *Index) apply(offset int64, batches []*shardBatch) error {
	var (
		wg   sync.WaitGroup
		gate = make(chan struct{}, 8)
		errs = make([]error, len(batches))
	)
	for i, b := range batches {
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			errs[i] = x.write(offset, b)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// write brings one batch into its shard, together with the offset.
func (x *Index) write(offset int64, b *shardBatch) (err error) {
	sh := x.shard(b.key)
	idx, err := x.acquire(sh)
	if err != nil {
		return err
	}
	defer sh.release()
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("index: put into shard %s: %v", b.key, r)
		}
		if err != nil {
			sh.fail()
		}
	}()
	batch := idx.NewBatch()
	for _, doc := range buildDocuments(b.put) {
		if err := batch.IndexAdvanced(doc); err != nil {
			return fmt.Errorf("index: put %s: %w", doc.ID(), err)
		}
	}
	for _, id := range b.remove {
		batch.Delete(id)
	}
	batch.SetInternal(offsetKey, binary.BigEndian.AppendUint64(nil, uint64(offset)))
	if err := idx.Batch(batch); err != nil {
		return fmt.Errorf("index: put into shard %s: %w", b.key, err)
	}
	return warm(sh, idx)
}

// warm reads what newest-first needs of new segments, so that no question has
// to wait for it.
func warm(sh *shard, idx bleve.Index) error {
	v, err := newView(sh, idx)
	if err != nil {
		return err
	}
	defer v.closeSnapshot()
	for _, seg := range v.segs {
		if _, err := seg.column(); err != nil {
			return err
		}
	}
	sh.columns.keep(v.ids())
	return nil
}

// buildDocuments makes the documents of rows on all processors.
func buildDocuments(rows []numbered) []*document.Document {
	docs := make([]*document.Document, len(rows))
	workers := min(runtime.GOMAXPROCS(0), 1+len(rows)/32)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			var b builder
			for i := w; i < len(rows); i += workers {
				docs[i] = b.document(rows[i].Row, rows[i].number)
			}
		})
	}
	wg.Wait()
	return docs
}

// advance notes what is contained now.
func (x *Index) advance(offset int64, batches []*shardBatch) error {
	x.mu.Lock()
	m := x.meta.clone()
	x.mu.Unlock()
	m.Offset = max(offset, m.Offset)
	for _, b := range batches {
		m.Shards[b.key] = offset
		for _, row := range b.put {
			m.Newest[b.key] = max(row.Collected.UnixMilli(), m.Newest[b.key])
		}
	}
	if err := m.write(x.o.Dir); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.meta = m
	for _, b := range batches {
		x.shards[b.key].expect(offset)
	}
	return nil
}

// closeIdle closes shards that were not used for a while.
func (x *Index) closeIdle() error {
	before := time.Now().Add(-idleClose)
	for _, sh := range x.all() {
		if err := sh.closeIdle(before); err != nil {
			return err
		}
	}
	return nil
}

// shard returns a shard, making it when it is new.
func (x *Index) shard(key string) *shard {
	x.mu.Lock()
	defer x.mu.Unlock()
	sh := x.shards[key]
	if sh == nil {
		sh = newShard(key, "", &x.memory)
		if x.o.Dir != "" {
			sh.dir = filepath.Join(x.o.Dir, key)
		}
		x.shards[key] = sh
	}
	return sh
}
