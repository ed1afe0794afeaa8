package daemon

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/egress"
	"earshot/internal/ledger"
	"earshot/mention"
)

// passLimit is how long one pass over one source may take.
const passLimit = 10 * time.Minute

// An intake is the door of the ledger: everything that is collected, pushed
// or imported goes through it.
type intake struct {
	ledger ledger.Ledger
	now    func() time.Time
	key    []byte // authors are stored as keyed hashes; nil stores them clear
}

// newIntake prepares the door; with privacy: hash the key is made once and
// kept in the data directory.
func newIntake(led ledger.Ledger, dir, privacy string, now func() time.Time) (*intake, error) {
	in := &intake{ledger: led, now: now}
	if privacy != "hash" {
		return in, nil
	}
	path := filepath.Join(dir, "author.key")
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key = make([]byte, 32)
		if _, err := rand.Read(key); err != nil {
			return nil, fmt.Errorf("daemon: author key: %w", err)
		}
		err = os.WriteFile(path, key, 0o600)
	}
	if err != nil {
		return nil, fmt.Errorf("daemon: author key: %w", err)
	}
	in.key = key
	return in, nil
}

// put stores a batch; its mentions come out as they are stored.
func (in *intake) put(ctx context.Context, b mention.Batch) (mention.Receipt, error) {
	if in.key != nil {
		for i := range b.Mentions {
			b.Mentions[i].Author = in.hashed(b.Mentions[i].Site, b.Mentions[i].Author)
		}
	}
	return in.ledger.Append(ctx, in.now(), b)
}

func (in *intake) hashed(site, author string) string {
	if author == "" {
		return ""
	}
	mac := hmac.New(sha256.New, in.key)
	mac.Write([]byte(site + "|" + strings.ToLower(author)))
	return "author-" + hex.EncodeToString(mac.Sum(nil)[:8])
}

// A fetcher makes passes over sources.
type fetcher struct {
	intake *intake
	egress *egress.Egress
	hosts  *crawler.Hosts
	now    func() time.Time
	log    *slog.Logger
}

func newFetcher(cfg *config.Config, in *intake, now func() time.Time, log *slog.Logger) (*fetcher, error) {
	eg, err := egress.New(cfg.Fetch)
	if err != nil {
		return nil, fmt.Errorf("daemon: %w", err)
	}
	f := &fetcher{intake: in, egress: eg, now: now, log: log}
	f.hosts = crawler.NewHosts(crawler.HostOptions{Egress: eg, Now: now, Log: log})
	return f, nil
}

// A stored is told of every mention that a pass brought anew.
type stored func(ids []string)

// pass reads one source once and stores what it brings. A pass that failed
// has its reason in the source's state; the error is for the ledger's faults
// and for ctx.
func (f *fetcher) pass(ctx context.Context, src mention.Source, tell stored) (mention.SourceState, error) {
	state, err := f.intake.ledger.SourceState(ctx, src.ID)
	if err != nil {
		return state, fmt.Errorf("daemon: source %s: %w", src.ID, err)
	}
	c, err := crawler.New(src, crawler.Options{Egress: f.egress, Hosts: f.hosts, Now: f.now, Log: f.log})
	if err != nil {
		return state, fmt.Errorf("daemon: source %s: %w", src.ID, err)
	}
	ctx, cancel := context.WithTimeout(ctx, passLimit)
	defer cancel()
	began, before := f.now(), state
	var ledgerErr error
	err = c.Collect(ctx, state, func(b mention.Batch) error {
		receipt, err := f.intake.put(ctx, b)
		if err != nil {
			ledgerErr = err
			return err
		}
		if b.State != nil {
			state = *b.State
		}
		if tell != nil && len(receipt.IDs) > 0 {
			tell(receipt.IDs)
		}
		return nil
	})
	if ledgerErr != nil {
		return state, ledgerErr
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return state, ctx.Err()
	}
	f.cover(ctx, src.ID, before, began, err == nil)
	if err != nil {
		f.log.Warn("pass failed", "source", src.ID, "err", err)
	}
	return state, nil
}

// cover notes for which stretch of time a source answered: from the last pass
// that went well to this one.
func (f *fetcher) cover(ctx context.Context, source string, before mention.SourceState, at time.Time, ok bool) {
	from := before.LastTry
	if ok {
		from = before.LastOK
	}
	if from.IsZero() || from.After(at) {
		from = at
	}
	if err := f.intake.ledger.AddCoverage(ctx, mention.Coverage{Source: source, From: from, To: at, OK: ok}); err != nil {
		f.log.Warn("coverage not noted", "source", source, "err", err)
	}
}

// A schedule says when each source is to be read next, and hands those that
// are due to the job queue, each once.
type schedule struct {
	ledger ledger.Ledger
	start  func(ctx context.Context, source string) error // enqueue a pass
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	next  map[string]time.Time // sources that wait; one under way is not in it
	known map[string]bool
	kick  chan struct{}
}

func newSchedule(led ledger.Ledger, start func(context.Context, string) error, now func() time.Time, log *slog.Logger) *schedule {
	return &schedule{
		ledger: led, start: start, now: now, log: log,
		next: map[string]time.Time{}, known: map[string]bool{}, kick: make(chan struct{}, 1),
	}
}

// set puts sources in force. Those that are new begin when their state says.
func (s *schedule) set(ctx context.Context, sources []mention.Source) error {
	states, err := s.ledger.SourceStates(ctx)
	if err != nil {
		return fmt.Errorf("daemon: sources: %w", err)
	}
	at := map[string]time.Time{}
	for i := range states {
		at[states[i].Source] = later(states[i].Next, states[i].NotBefore)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := map[string]bool{}
	for i := range sources {
		id := sources[i].ID
		if sources[i].Paused {
			continue
		}
		known[id] = true
		if !s.known[id] {
			s.next[id] = at[id]
		}
	}
	for id := range s.next {
		if !known[id] {
			delete(s.next, id)
		}
	}
	s.known = known
	s.poke()
	return nil
}

// done says that a pass is over and when the next one may be.
func (s *schedule) done(source string, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known[source] {
		s.next[source] = next
		s.poke()
	}
}

func (s *schedule) poke() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// run hands out what is due until ctx is done.
func (s *schedule) run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.kick:
		case <-timer.C:
		}
		due, wait := s.due()
		for _, id := range due {
			if err := s.start(ctx, id); err != nil {
				if ctx.Err() == nil {
					s.log.Error("pass not queued", "source", id, "err", err)
				}
				s.done(id, s.now().Add(10*time.Second))
			}
		}
		timer.Reset(wait)
	}
}

// due takes out the sources whose time has come and tells how long the rest waits.
func (s *schedule) due() (ids []string, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	wait = time.Minute
	for id, at := range s.next {
		if d := at.Sub(now); d > 0 {
			wait = min(wait, d)
			continue
		}
		delete(s.next, id)
		ids = append(ids, id)
	}
	return ids, wait
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
