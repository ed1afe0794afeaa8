package index

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/index/scorch"
	"github.com/blevesearch/bleve/v2/mapping"
)

// boltWait is how long an open waits for another process to let go: opening
// twice would otherwise block for ever.
const boltWait = "500ms"

// errDropped reports a shard that is gone.
var errDropped = errors.New("index: the shard is gone")

var offsetKey = []byte("earshot.offset")

// A shard is the bleve index of one month.
type shard struct {
	key string
	dir string // "" in memory

	mu      sync.Mutex
	idx     bleve.Index // nil when closed
	users   int
	used    time.Time
	known   bool  // a Put that touched it was acknowledged
	least   int64 // offset that it must hold then
	broken  bool  // a batch failed: memory and disk may differ, so it is opened again
	dropped bool  // it is closed for good
	columns columnCache
}

func newShard(key, dir string, memory *budget) *shard {
	return &shard{key: key, dir: dir, columns: columnCache{memory: memory}}
}

// newMapping returns the mapping that is kept in a shard. Documents are built
// field by field (see document.go), so it maps nothing by itself.
func newMapping() *mapping.IndexMappingImpl {
	m := bleve.NewIndexMapping()
	m.DefaultMapping = bleve.NewDocumentDisabledMapping()
	m.StoreDynamic, m.IndexDynamic, m.DocValuesDynamic = false, false, false
	return m
}

// mergePlan returns bleve's usual plan with a smaller floor: batches of some
// hundred documents were merged over and over until each segment had 2,000.
// (30,000 mentions in batches of 500: half the CPU time.)
func mergePlan() map[string]any {
	return map[string]any{
		"MaxSegmentsPerTier": 10, "MaxSegmentSize": 5_000_000, "TierGrowth": 10.0, "SegmentsPerMergeTask": 10,
		"FloorSegmentSize": 500, "ReclaimDeletesWeight": 2.0,
	}
}

// glance finds the damage that can be seen without opening a shard.
func (s *shard) glance() error {
	for _, name := range []string{"index_meta.json", filepath.Join("store", "root.bolt")} {
		st, err := os.Stat(filepath.Join(s.dir, name))
		if err != nil {
			return fmt.Errorf("%w: shard %s: %w", ErrDamaged, s.key, err)
		}
		if st.Size() == 0 {
			return fmt.Errorf("%w: shard %s: %s is empty", ErrDamaged, s.key, name)
		}
	}
	return nil
}

// open opens s if it is not; s.mu is held. Bleve panics on some damaged
// files.
func (s *shard) open() (err error) {
	if s.idx != nil && !s.broken {
		return nil
	}
	if s.broken && s.users > 0 {
		return fmt.Errorf("index: shard %s: a write failed and it is still being read", s.key)
	}
	if err := s.shut(); err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			s.idx, err = nil, fmt.Errorf("%w: shard %s: %v", ErrDamaged, s.key, r)
		}
	}()
	idx, err := s.openBleve()
	switch {
	case err == nil:
	case err.Error() == "timeout": // of bolt's file lock
		return fmt.Errorf("%w: shard %s", ErrLocked, s.key)
	case errors.Is(err, os.ErrPermission) || strings.Contains(err.Error(), "too many open files") || strings.Contains(err.Error(), "no space left"):
		return fmt.Errorf("index: open shard %s: %w", s.key, err) // the files are not to blame
	default:
		return fmt.Errorf("%w: shard %s: %w", ErrDamaged, s.key, err)
	}
	s.idx, s.broken = idx, false
	return s.checkOffset()
}

func (s *shard) openBleve() (bleve.Index, error) {
	config := map[string]any{"bolt_timeout": boltWait, "scorchMergePlanOptions": mergePlan()}
	if s.dir == "" {
		return bleve.NewUsing("", newMapping(), scorch.Name, scorch.Name, config)
	}
	if _, err := os.Stat(s.dir); err != nil {
		if !errors.Is(err, os.ErrNotExist) || s.known {
			return nil, err
		}
		return bleve.NewUsing(s.dir, newMapping(), scorch.Name, scorch.Name, config)
	}
	if s.known {
		if err := checkBolt(filepath.Join(s.dir, "store", "root.bolt")); err != nil {
			return nil, err
		}
	}
	idx, err := bleve.OpenUsing(s.dir, config)
	if err != nil && !s.known && err.Error() != "timeout" {
		// Made by a Put that did not come to its end: nothing is lost.
		if err := os.RemoveAll(s.dir); err != nil {
			return nil, err
		}
		return bleve.NewUsing(s.dir, newMapping(), scorch.Name, scorch.Name, config)
	}
	return idx, err
}

// checkOffset finds a shard that has lost acknowledged batches.
func (s *shard) checkOffset() error {
	if !s.known || s.dir == "" {
		return nil
	}
	v, err := s.idx.GetInternal(offsetKey)
	if err != nil {
		return fmt.Errorf("%w: shard %s: %w", ErrDamaged, s.key, err)
	}
	if len(v) != 8 || int64(binary.BigEndian.Uint64(v)) < s.least {
		_ = s.shut()
		return fmt.Errorf("%w: shard %s has lost what was written up to %d", ErrDamaged, s.key, s.least)
	}
	return nil
}

// acquire opens s if needed and keeps it open until release.
func (s *shard) acquire(now time.Time) (bleve.Index, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dropped {
		return nil, errDropped
	}
	if err := s.open(); err != nil {
		return nil, err
	}
	s.users++
	s.used = now
	return s.idx, nil
}

func (s *shard) release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users--
}

// revive takes back what retire did.
func (s *shard) revive() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped = false
}

// retire closes a shard for good, unless somebody uses it.
func (s *shard) retire() (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.users > 0 {
		return false, nil
	}
	s.dropped = true
	return true, s.shut()
}

// closeIdle closes s when nobody uses it and it was last used before a time.
func (s *shard) closeIdle(before time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dir == "" || s.idx == nil || s.users > 0 || !s.used.Before(before) {
		return nil
	}
	return s.shut()
}

func (s *shard) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.shut()
}

// shut closes s whoever uses it; s.mu is held.
func (s *shard) shut() error {
	if s.idx == nil {
		return nil
	}
	idx := s.idx
	s.idx = nil
	s.columns.clear()
	if err := idx.Close(); err != nil {
		return fmt.Errorf("index: close shard %s: %w", s.key, err)
	}
	return nil
}

// isOpen reports whether s is open, and when it was last used.
func (s *shard) isOpen() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.used, s.idx != nil && s.dir != ""
}

// fail notes that a batch failed. What memory and disk hold may differ then,
// so the shard is opened again as soon as nobody uses it.
func (s *shard) fail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.broken = s.dir != ""
}

// expect notes what the shard must hold from now on.
func (s *shard) expect(offset int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known, s.least = true, max(s.least, offset)
}
