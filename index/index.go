package index

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"earshot/mention"
)

// The errors callers tell apart.
var (
	// ErrDamaged reports an index that cannot be read, or was written by
	// another version. Any method may give it, because shards are opened when
	// they are needed. The directory is to be moved aside and filled again.
	ErrDamaged = errors.New("index: damaged")
	// ErrSchema reports, beside ErrDamaged, an index that is whole but was
	// written by another version.
	ErrSchema = errors.New("index: of another version")
	// ErrCursor reports a cursor that is not of this query and order.
	ErrCursor = errors.New("index: the cursor is of another search")
	// ErrClosed reports a call on a closed index.
	ErrClosed = errors.New("index: closed")
	// ErrLocked reports an index that another process has open.
	ErrLocked = errors.New("index: in use by another process")
)

// Limits of one question.
const (
	maxTerms   = 4096            // terms that one wildcard or fuzzy word may stand for
	searchTime = 2 * time.Second // time of one search
	maxOpen    = 64              // shards open at a time when nobody asks
	idleClose  = 5 * time.Minute // after which an unused shard is closed
)

// Options are what an [Index] needs from outside.
type Options struct {
	Dir     string                                                                  // "" keeps the index in memory
	Records func(ctx context.Context, refs []mention.Ref) ([]mention.Record, error) // required: hydrates mentions in their order, leaving out unknown ones
	Zone    *time.Location                                                          // of days and weeks where a question names none; nil means UTC
	Log     *slog.Logger                                                            // nil means no logging
}

// An Index answers queries over mentions. One goroutine may call
// [Index.Put] at a time; everything else may be called by many at once,
// also beside Put.
type Index struct {
	o    Options
	zone *time.Location
	log  *slog.Logger

	memory  budget     // of what facets keep
	putting sync.Mutex // one writer
	mu      sync.Mutex // guards what follows
	shards  map[string]*shard
	meta    meta
	closed  bool

	storySets sync.Pool // of *storySet, empty
	distincts sync.Pool // of *distinctAll, empty
}

// Open opens the index in a directory, or makes it. Shards are opened when
// they are needed, so Open is quick however large the index is.
func Open(ctx context.Context, o Options) (*Index, error) {
	if o.Records == nil {
		return nil, errors.New("index: open: Records is missing")
	}
	x := &Index{o: o, zone: o.Zone, log: o.Log, shards: map[string]*shard{}, meta: newMeta()}
	if x.zone == nil {
		x.zone = time.UTC
	}
	if x.log == nil {
		x.log = slog.New(slog.DiscardHandler)
	}
	if o.Dir == "" {
		return x, ctx.Err()
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("index: open: %w", err)
	}
	m, err := readMeta(o.Dir)
	if err != nil {
		return nil, err
	}
	x.meta = m
	if err := x.findShards(); err != nil {
		return nil, err
	}
	return x, ctx.Err()
}

// findShards makes a closed shard for each directory, and checks that none
// is missing. What is there and not known is what a Put or a drop left that
// did not come to its end: the Put is repeated, and the rest is to go.
func (x *Index) findShards() error {
	entries, err := os.ReadDir(x.o.Dir)
	if err != nil {
		return fmt.Errorf("index: open: %w", err)
	}
	for _, e := range entries {
		if !e.IsDir() || !isShardKey(e.Name()) {
			continue
		}
		if _, ok := x.meta.Shards[e.Name()]; ok {
			x.shards[e.Name()] = newShard(e.Name(), filepath.Join(x.o.Dir, e.Name()), &x.memory)
			continue
		}
		if err := os.RemoveAll(filepath.Join(x.o.Dir, e.Name())); err != nil {
			return fmt.Errorf("index: open: %w", err)
		}
	}
	for key, offset := range x.meta.Shards {
		sh := x.shards[key]
		if sh == nil {
			return fmt.Errorf("%w: shard %s is missing", ErrDamaged, key)
		}
		sh.known, sh.least = true, offset
		if err := sh.glance(); err != nil {
			return err
		}
	}
	return nil
}

// Offset returns the sequence of the analyzed log up to which everything is
// contained.
func (x *Index) Offset() int64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.meta.Offset
}

// Close waits for the writer and closes all shards. Questions that still run
// end with an error.
func (x *Index) Close() error {
	x.putting.Lock()
	defer x.putting.Unlock()
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return nil
	}
	x.closed = true
	var errs []error
	for _, sh := range x.shards {
		errs = append(errs, sh.close())
	}
	return errors.Join(errs...)
}
