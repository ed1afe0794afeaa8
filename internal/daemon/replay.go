package daemon

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"

	"earshot/index"
	"earshot/mention"
)

// ErrReplaying reports a replay while another one runs.
var ErrReplaying = errors.New("daemon: the index is being built again already")

// Replay builds the index again from the ledger beside the one in use, and
// puts it in its place when it is whole: whoever asks meanwhile is answered
// from the old one. A run that was broken off is gone on with.
func (s *Store) Replay(ctx context.Context, progress func(done, total int64)) error {
	if !s.replaying.TryLock() {
		return ErrReplaying
	}
	defer s.replaying.Unlock()
	fresh := s.indexDir() + ".new"
	x, err := index.Open(ctx, s.indexOptions(fresh))
	if errors.Is(err, index.ErrDamaged) { // of an earlier run
		if err := os.RemoveAll(fresh); err != nil {
			return fmt.Errorf("daemon: replay: %w", err)
		}
		x, err = index.Open(ctx, s.indexOptions(fresh))
	}
	if err != nil {
		return fmt.Errorf("daemon: replay: %w", err)
	}
	if err := s.fill(ctx, x, progress); err != nil {
		if errors.Is(err, index.ErrDamaged) {
			return errors.Join(err, x.Close(), os.RemoveAll(fresh))
		}
		return errors.Join(err, x.Close())
	}
	s.indexing.Lock()
	defer s.indexing.Unlock()
	err = s.fill(ctx, x, nil) // what came at the last moment
	if err = errors.Join(err, x.Close()); err != nil {
		return err
	}
	return s.swap(ctx, fresh)
}

// swap puts an index in the place of the one in use; s.indexing is held.
func (s *Store) swap(ctx context.Context, fresh string) error {
	old := s.indexDir() + ".old"
	if err := os.RemoveAll(old); err != nil {
		return fmt.Errorf("daemon: replay: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	if s.index != nil {
		err = s.index.Close()
	}
	s.index, s.fault, s.suspect = nil, errors.New("it is swapped"), nil
	if err = errors.Join(err, os.Rename(s.indexDir(), old), os.Rename(fresh, s.indexDir())); err != nil {
		return fmt.Errorf("daemon: swap the index: %w", err)
	}
	if s.index, err = index.Open(ctx, s.indexOptions(s.indexDir())); err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	s.fault = nil
	return os.RemoveAll(old)
}

// A page is some entries of the analyzed log, read ahead.
type page struct {
	changes []mention.Change
	err     error
}

// fill takes an index to the end of the analyzed log; the next entries are
// read while those before them are put.
func (s *Store) fill(ctx context.Context, x *index.Index, progress func(done, total int64)) error {
	_, last, err := s.Ledger.LastSeq(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan page, 2)
	read := make(chan struct{})
	defer func() {
		cancel()
		<-read
	}()
	go func() {
		defer close(read)
		defer close(pages)
		for after := x.Offset(); ; {
			changes, err := s.Ledger.Changes(ctx, after, replayAtOnce)
			if len(changes) == 0 && err == nil {
				return
			}
			select {
			case <-ctx.Done():
				return
			case pages <- page{changes, err}:
			}
			if err != nil {
				return
			}
			after = changes[len(changes)-1].Seq
		}
	}()
	for p := range pages {
		if p.err != nil {
			return p.err
		}
		if err := x.Put(ctx, p.changes[len(p.changes)-1].Seq, p.changes); err != nil {
			return fmt.Errorf("daemon: replay: %w", err)
		}
		if progress != nil {
			progress(x.Offset(), max(last, x.Offset()))
		}
	}
	return ctx.Err()
}

// replayAtOnce is how many entries a replay puts at a time: more than live,
// where each is waited for.
const replayAtOnce = 2000

// A Verification is how far the index agrees with the ledger.
type Verification struct {
	Checked int `json:"checked"`
	Missing int `json:"missing"`
	Extra   int `json:"extra"`
	Stale   int `json:"stale"`
}

// Verify checks the ledger itself, and ids and checksums of the index against
// it, also while both are written to: what differs because it is on its way
// is looked at again, with the index held still.
func (s *Store) Verify(ctx context.Context, progress func(done, total int64)) (Verification, error) {
	var v Verification
	if err := s.Ledger.Check(ctx); err != nil {
		return v, err
	}
	x, err := s.Index()
	if err != nil {
		return v, err
	}
	counts, err := s.Ledger.Counts(ctx)
	if err != nil {
		return v, err
	}
	d, err := x.Verify(ctx, nil, func(fn func(mention.Record) error) error {
		return s.Ledger.EachRecord(ctx, "", func(rec mention.Record) error {
			if v.Checked++; progress != nil && v.Checked%1000 == 0 {
				progress(int64(v.Checked), max(counts.Analyzed, int64(v.Checked)))
			}
			return fn(rec)
		})
	})
	s.Suspect(x, err)
	if err == nil && d.Len() > 0 {
		d, err = s.verifyAgain(ctx, d.IDs())
	}
	v.Missing, v.Extra, v.Stale = len(d.Missing), len(d.Extra), len(d.Stale)
	return v, err
}

// verifyTries is how often what differs is looked at again while mentions
// come in.
const verifyTries = 20

// verifyAgain compares ids while the index stands still at the end of the log.
func (s *Store) verifyAgain(ctx context.Context, ids []string) (d index.Difference, err error) {
	s.indexing.Lock()
	defer s.indexing.Unlock()
	for range verifyTries {
		for n := 1; n > 0; {
			if n, err = s.indexMore(ctx); err != nil {
				return d, err
			}
		}
		x, err := s.Index()
		if err != nil {
			return d, err
		}
		d, err = x.Verify(ctx, ids, func(fn func(mention.Record) error) error {
			for chunk := range slices.Chunk(ids, batchSize) {
				records, err := s.Ledger.Records(ctx, chunk)
				if err != nil {
					return err
				}
				for i := range records {
					if err := fn(records[i]); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil || d.Len() == 0 {
			return d, err
		}
		_, last, err := s.Ledger.LastSeq(ctx)
		if err != nil || last == x.Offset() {
			return d, err
		}
	}
	return d, nil
}
