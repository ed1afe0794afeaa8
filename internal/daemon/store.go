package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"earshot/api"
	"earshot/index"
	"earshot/internal/ledger"
	"earshot/mention"
)

// batchSize is how many log entries a stage takes at a time: large enough to
// share a commit, small enough to be searchable soon.
const batchSize = 500

// A Store is an open data directory: the ledger and the index that follows it.
type Store struct {
	Ledger ledger.Ledger

	dir    string
	zone   *time.Location
	log    *slog.Logger
	unlock func()
	muted  func() []string // terms that are never told; nil asks the ledger
	mute   []string        // of a configuration, beside those of the ledger

	noting    sync.Mutex // who reads the notes to change one
	replaying sync.Mutex
	indexing  sync.Mutex // who takes the index further, or puts another in its place
	mu        sync.RWMutex
	index     *index.Index // nil while it is being mended
	fault     error        // why it is nil, or why it lags
	suspect   error        // what was found damaged while reading
}

// OpenStore opens a data directory and makes it where it is not there. A
// damaged index is moved aside and built again from the ledger by the first
// [Store.CatchUp].
func OpenStore(ctx context.Context, dir string, zone *time.Location, log *slog.Logger) (*Store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("daemon: data directory: %w", err)
	}
	unlock, _, err := ledger.LockDir(dir)
	if err != nil {
		return nil, err
	}
	led, err := ledger.Open(ctx, ledger.Options{Dir: dir, Locked: true, Log: log})
	if err != nil {
		unlock()
		return nil, fmt.Errorf("daemon: %w", err)
	}
	s := &Store{Ledger: led, dir: dir, zone: zone, log: log, unlock: unlock}
	if err := s.openIndex(ctx); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Close lets go of the data directory.
func (s *Store) Close() error {
	s.mu.Lock()
	var errs []error
	if s.index != nil {
		errs = append(errs, s.index.Close())
		s.index = nil
	}
	s.mu.Unlock()
	errs = append(errs, s.Ledger.Close())
	s.unlock()
	return errors.Join(errs...)
}

// Index returns the open index, or why there is none just now.
func (s *Store) Index() (*index.Index, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.index == nil {
		return nil, fmt.Errorf("%w: the index is being mended: %w", api.ErrUnavailable, s.fault)
	}
	return s.index, nil
}

func (s *Store) indexDir() string { return filepath.Join(s.dir, "index") }

func (s *Store) indexOptions(dir string) index.Options {
	return index.Options{Dir: dir, Records: s.Ledger.RecordsAt, Zone: s.zone, Log: s.log}
}

// openIndex opens the index; a damaged one is set aside and begun anew.
func (s *Store) openIndex(ctx context.Context) error {
	x, err := index.Open(ctx, s.indexOptions(s.indexDir()))
	if errors.Is(err, index.ErrDamaged) {
		return s.setAside(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	s.mu.Lock()
	s.index, s.fault = x, nil
	s.mu.Unlock()
	return nil
}

// setAside moves a damaged index away and begins a new one, which catches up
// from the ledger. One of another version is whole, and not worth the room.
func (s *Store) setAside(ctx context.Context, cause error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.index != nil {
		if err := s.index.Close(); err != nil {
			s.log.Warn("damaged index did not close", "err", err)
		}
	}
	s.index, s.fault, s.suspect = nil, cause, nil
	if old, err := filepath.Glob(s.indexDir() + ".damaged-*"); err == nil { // the newest is enough to look at
		for _, path := range old {
			if err := os.RemoveAll(path); err != nil {
				s.log.Warn("older damaged index not removed", "path", path, "err", err)
			}
		}
	}
	aside := s.indexDir() + ".damaged-" + time.Now().UTC().Format("20060102T150405.000")
	if err := os.Rename(s.indexDir(), aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("daemon: set the damaged index aside: %w", err)
	}
	if errors.Is(cause, index.ErrSchema) {
		s.log.Info("index is made anew from the ledger", "why", cause)
		if err := os.RemoveAll(aside); err != nil {
			s.log.Warn("older index not removed", "path", aside, "err", err)
		}
	} else {
		s.log.Error("index damaged; it is built again from the ledger", "err", cause, "moved_to", aside)
	}
	x, err := index.Open(ctx, s.indexOptions(s.indexDir()))
	if err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	s.index, s.fault = x, nil
	return nil
}

// Suspect notes an error of the index that means damage; the next step of
// the index stage builds it again.
func (s *Store) Suspect(x *index.Index, err error) {
	if !errors.Is(err, index.ErrDamaged) {
		return
	}
	s.mu.Lock()
	if x == s.index { // not one that was replaced meanwhile
		s.suspect = err
	}
	s.mu.Unlock()
}

func (s *Store) suspected() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.suspect
}

// inspect reads every part of the index once, so that damage is found before
// somebody asks.
func (s *Store) inspect(ctx context.Context) {
	x, err := s.Index()
	if err == nil {
		_, err = x.DocCount(ctx)
	}
	s.Suspect(x, err)
}

// mend closes an index that refused a write and opens it again, so that what
// is searched is what is on disk.
func (s *Store) mend(ctx context.Context, cause error) error {
	s.mu.Lock()
	if s.index != nil {
		if err := s.index.Close(); err != nil {
			s.log.Warn("index did not close", "err", err)
		}
	}
	s.index, s.fault = nil, cause
	s.mu.Unlock()
	return s.openIndex(ctx)
}

// indexSome takes the index one batch further and returns how many entries
// that were; 0 means that it has caught up.
func (s *Store) indexSome(ctx context.Context) (int, error) {
	s.indexing.Lock()
	defer s.indexing.Unlock()
	return s.indexMore(ctx)
}

// indexMore is indexSome while s.indexing is held.
func (s *Store) indexMore(ctx context.Context) (int, error) {
	x, err := s.Index()
	if err != nil {
		return 0, err
	}
	changes, err := s.Ledger.Changes(ctx, x.Offset(), batchSize)
	if err != nil || len(changes) == 0 {
		return 0, err
	}
	if err := x.Put(ctx, changes[len(changes)-1].Seq, changes); err != nil {
		s.Suspect(x, err)
		return 0, fmt.Errorf("daemon: %w", err)
	}
	return len(changes), nil
}

// CatchUp brings the index to the end of the analyzed log and tells progress,
// entries done and to do, after each batch; progress may be nil.
func (s *Store) CatchUp(ctx context.Context, progress func(done, total int64)) error {
	_, last, err := s.Ledger.LastSeq(ctx)
	if err != nil {
		return err
	}
	for {
		n, err := s.indexSome(ctx)
		if err != nil {
			return err
		}
		if n == 0 {
			return nil
		}
		if x, err := s.Index(); err == nil && progress != nil {
			progress(x.Offset(), max(last, x.Offset()))
		}
	}
}

// Lag returns how many entries of the analyzed log are not searchable yet,
// and why when there is a reason.
func (s *Store) Lag(ctx context.Context) (int64, error) {
	_, last, err := s.Ledger.LastSeq(ctx)
	if err != nil {
		return 0, err
	}
	x, err := s.Index()
	if err != nil {
		return last, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return last - x.Offset(), s.fault
}

func (s *Store) setFault(err error) {
	s.mu.Lock()
	s.fault = err
	s.mu.Unlock()
}

// record returns one record, or api.ErrNotFound.
func (s *Store) record(ctx context.Context, id string) (mention.Record, error) {
	list, err := s.Ledger.Records(ctx, []string{id})
	if err != nil {
		return mention.Record{}, err
	}
	if len(list) == 0 {
		return mention.Record{}, fmt.Errorf("mention %s: %w", id, api.ErrNotFound)
	}
	return list[0], nil
}

// Retain deletes the mentions that were collected longer ago than keep and are
// not on hold. Months of which nothing stays leave the index whole; what else
// is deleted leaves it by the analyzed log.
func (s *Store) Retain(ctx context.Context, at time.Time, keep time.Duration) error {
	n, err := s.Ledger.Expire(ctx, at, keep)
	if n > 0 {
		s.log.Info("mentions past their time deleted", "mentions", n)
	}
	if err != nil {
		return err
	}
	before := at.Add(-keep)
	stay, err := s.Ledger.Held(ctx, before)
	if err != nil {
		return err
	}
	x, err := s.Index()
	if err != nil {
		return err
	}
	months, err := x.DropBefore(ctx, before, stay)
	if len(months) > 0 {
		s.log.Info("months dropped from the index", "months", months)
	}
	s.Suspect(x, err)
	return err
}
