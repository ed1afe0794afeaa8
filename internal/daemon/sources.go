package daemon

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"earshot/api"
	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/egress"
	"earshot/internal/ledger"
	"earshot/mention"
	"earshot/query"
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

// authorKey is the setting that holds the key of hashed authors.
const authorKey = "author_key"

// newIntake prepares the door; with privacy: hash the key is made once and
// kept in the ledger, so that a backup has it.
func newIntake(ctx context.Context, led ledger.Ledger, privacy string, now func() time.Time) (*intake, error) {
	in := &intake{ledger: led, now: now}
	if privacy != "hash" {
		return in, nil
	}
	text, err := led.Setting(ctx, authorKey)
	if err == nil && text == "" {
		text = rand.Text() + rand.Text()
		err = led.SetSetting(ctx, authorKey, text)
	}
	if err != nil {
		return nil, fmt.Errorf("daemon: author key: %w", err)
	}
	in.key = []byte(text)
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
	brands []mention.Brand
	now    func() time.Time
	log    *slog.Logger
}

func newFetcher(ctx context.Context, cfg *config.Config, in *intake, now func() time.Time, log *slog.Logger) (*fetcher, error) {
	eg, err := egress.New(cfg.Fetch)
	if err != nil {
		return nil, fmt.Errorf("daemon: %w", err)
	}
	f := &fetcher{intake: in, egress: eg, brands: cfg.Brands, now: now, log: log}
	f.hosts = crawler.NewHosts(crawler.HostsOptions{Egress: eg, Now: now})
	return f, f.hold(ctx, cfg.Sources)
}

// with is the same fetcher, its manners and all, for another watch list.
func (f *fetcher) with(brands []mention.Brand) *fetcher {
	next := *f
	next.brands = brands
	return &next
}

// hold keeps everyone from the hosts that asked for it in an earlier process.
func (f *fetcher) hold(ctx context.Context, sources []mention.Source) error {
	states, err := f.intake.ledger.SourceStates(ctx)
	if err != nil {
		return fmt.Errorf("daemon: sources: %w", err)
	}
	until := map[string]time.Time{}
	for i := range states {
		until[states[i].Source] = states[i].NotBefore
	}
	for i := range sources {
		if at := until[sources[i].ID]; at.After(f.now()) {
			f.hosts.Hold(sources[i].URL, at)
		}
	}
	return nil
}

// A stored is told what became of every batch of a pass.
type stored func(mention.Batch, mention.Receipt)

// pass reads one source once and stores what it brings. A pass that failed
// has its reason in the source's state; the error is for the ledger's faults
// and for ctx.
func (f *fetcher) pass(ctx context.Context, src mention.Source, tell stored) (mention.SourceState, error) {
	state, err := f.intake.ledger.SourceState(ctx, src.ID)
	if err != nil {
		return state, fmt.Errorf("daemon: source %s: %w", src.ID, err)
	}
	if state, err = f.wished(ctx, src, state); err != nil {
		return state, err
	}
	c, err := crawler.New(src, crawler.Options{Egress: f.egress, Hosts: f.hosts, Brands: f.brands, Decode: query.DecodeRow, Now: f.now, Log: f.log})
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
		if tell != nil {
			tell(b, receipt)
		}
		return nil
	})
	if ledgerErr != nil {
		return state, ledgerErr
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return state, ctx.Err()
	}
	if fe, ok := errors.AsType[*crawler.FetchError](err); !ok || fe.Asked() {
		f.cover(ctx, src.ID, before, began, err == nil)
	}
	if err != nil {
		f.log.Warn("pass failed", "source", src.ID, "err", err)
	}
	if state.Notice != before.Notice {
		f.noticed(ctx, src.ID, state.Notice)
	}
	return state, nil
}

// noticed writes down that a source has become odd, or is as usual again.
func (f *fetcher) noticed(ctx context.Context, id, notice string) {
	action := "source.odd"
	if notice == "" {
		action = "source.usual"
	} else {
		f.log.Warn("source is odd", "source", id, "notice", notice)
	}
	if err := f.intake.ledger.Audit(ctx, mention.AuditEntry{At: f.now(), Actor: "earshot", Action: action, Object: "source:" + id, Detail: notice}); err != nil {
		f.log.Warn("notice not written down", "source", id, "err", err)
	}
}

// backfillKey is the setting that holds how far back a source is to be read.
func backfillKey(source string) string { return "backfill:" + source }

// wished puts a wish for the past of a source into its state. The wish is
// over when the state is stored, at the end of the pass.
func (f *fetcher) wished(ctx context.Context, src mention.Source, state mention.SourceState) (mention.SourceState, error) {
	text, err := f.intake.ledger.Setting(ctx, backfillKey(src.ID))
	if err != nil || text == "" {
		return state, err
	}
	if from, err := time.Parse(time.RFC3339, text); err == nil {
		if state, err = crawler.Backfill(src, f.brands, state, from, f.now()); err != nil {
			f.log.Warn("past not asked for", "source", src.ID, "err", err)
		} else if _, err := f.intake.ledger.Append(ctx, f.now(), mention.Batch{Source: src.ID, State: &state}); err != nil {
			return state, err
		}
	}
	return state, f.intake.ledger.SetSetting(ctx, backfillKey(src.ID), "")
}

// Backfill asks for the past of a source from a time on; the next passes over
// it collect that.
func (s *Store) Backfill(ctx context.Context, cfg *config.Config, src mention.Source, from time.Time) error {
	if _, err := crawler.Backfill(src, cfg.Brands, mention.SourceState{}, from, now()); err != nil {
		return err
	}
	return s.Ledger.SetSetting(ctx, backfillKey(src.ID), from.UTC().Format(time.RFC3339))
}

// Screening tells of every source, owned ones first, that it was looked
// through in a period.
func (s *Store) Screening(ctx context.Context, cfg *config.Config, from, to time.Time) ([]mention.Screening, error) {
	var owned, others []mention.Screening
	for i := range cfg.Sources {
		row, err := s.Ledger.Screening(ctx, cfg.Sources[i].ID, from, to)
		if err != nil {
			return nil, err
		}
		if row.Owned = cfg.Sources[i].Owned; row.Owned {
			owned = append(owned, row)
		} else {
			others = append(others, row)
		}
	}
	return append(owned, others...), nil
}

// Screening implements api.Reading.
func (b backend) Screening(ctx context.Context, from, to time.Time) ([]mention.Screening, error) {
	return b.store.Screening(ctx, b.cfg.Load(), from, to)
}

// Backfill implements api.Configuring.
func (b backend) Backfill(ctx context.Context, id, actor string, from time.Time) error {
	src, ok := b.source(id)
	if !ok {
		return fmt.Errorf("source %s: %w", id, api.ErrNotFound)
	}
	if err := b.store.Backfill(ctx, b.cfg.Load(), src, from); err != nil {
		return &api.InvalidError{Faults: []string{strings.TrimPrefix(err.Error(), "crawler: ")}}
	}
	if err := b.jobs.FetchAt(ctx, id, now()); err != nil {
		return fmt.Errorf("daemon: source %s: %w", id, err)
	}
	return b.audit(ctx, actor, "backfill", id, from.UTC().Format(time.RFC3339))
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

// plan queues the first pass of every source that is new, for when its state
// says. Each pass queues the next one; a source that is gone or paused has none.
func (d *Daemon) plan(ctx context.Context, sources []mention.Source) error {
	states, err := d.store.Ledger.SourceStates(ctx)
	if err != nil {
		return fmt.Errorf("daemon: sources: %w", err)
	}
	at := map[string]time.Time{}
	for i := range states {
		at[states[i].Source] = later(states[i].Next, states[i].NotBefore)
	}
	planned := map[string]bool{}
	for i := range sources {
		id := sources[i].ID
		if sources[i].Paused {
			continue
		}
		planned[id] = true
		if d.planned[id] {
			continue
		}
		if err := d.jobs.FetchAt(ctx, id, later(at[id], now())); err != nil {
			return fmt.Errorf("daemon: source %s: %w", id, err)
		}
	}
	d.planned = planned
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
