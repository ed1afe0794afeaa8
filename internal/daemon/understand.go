package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
	"earshot/nlp"
	"earshot/query"
)

// The story matcher looks this far back after a start, and no further.
const (
	storyWindow  = 14 * 24 * time.Hour
	storyMembers = 50_000
)

// A linker is what one version of brands and labels makes of a mention.
type linker struct {
	analyzer *nlp.Analyzer
	labels   *query.Set
	ids      []string
	version  string
}

func newLinker(cfg *config.Config, now time.Time) (*linker, error) {
	a, err := nlp.New(nlp.Options{Brands: cfg.Brands, SafetyThreshold: cfg.Safety.Threshold})
	if err != nil {
		return nil, fmt.Errorf("daemon: %w", err)
	}
	l := &linker{analyzer: a, version: cfg.LinkVersion()}
	saved := make([]query.Saved, len(cfg.Labels))
	for i, label := range cfg.Labels {
		saved[i] = query.Saved{ID: label.ID, Query: label.Query}
		l.ids = append(l.ids, label.ID)
	}
	if l.labels, err = query.NewSet(saved, now); err != nil {
		return nil, fmt.Errorf("daemon: labels: %w", err)
	}
	return l, nil
}

// reading names what a linker reads with: models, brands and labels.
func (l *linker) reading() string { return l.analyzer.Models() + "/" + l.version }

// read understands one mention; doc is scratch space of the caller.
func (l *linker) read(m *mention.Mention, doc *query.Document, now time.Time) (mention.Analysis, mention.Linking) {
	analysis, brands := l.analyzer.Analyze(m)
	linking := mention.Linking{Config: l.version, Own: l.analyzer.Own(m), Brands: brands}
	rec := mention.Record{Mention: *m, Analysis: analysis, Linking: linking}
	row := rec.Row()
	doc.Reset(&row)
	for _, i := range l.labels.Match(doc, now, nil) {
		linking.Labels = append(linking.Labels, l.ids[i])
	}
	return analysis, linking
}

// An understander is the stage that reads the mention log and writes the
// analyzed log.
type understander struct {
	ledger  ledger.Ledger
	linker  atomic.Pointer[linker]
	stories *nlp.Stories
	log     *slog.Logger
	now     func() time.Time
	once    sync.Mutex // one batch at a time: stories depend on the order
}

func newUnderstander(ctx context.Context, led ledger.Ledger, l *linker, now func() time.Time, log *slog.Logger) (*understander, error) {
	u := &understander{ledger: led, stories: nlp.NewStories(nlp.StoryOptions{}), log: log, now: now}
	u.linker.Store(l)
	members, err := led.StoryMembers(ctx, now().Add(-storyWindow), storyMembers)
	if err != nil {
		return nil, fmt.Errorf("daemon: stories: %w", err)
	}
	for _, m := range members {
		u.stories.Restore(m.ID, m.Story, m.At, m.Signature)
	}
	return u, nil
}

// some understands one batch and returns how many entries that were; 0 means
// that it has caught up.
func (u *understander) some(ctx context.Context) (int, error) {
	u.once.Lock()
	defer u.once.Unlock()
	offset, err := u.ledger.Offset(ctx, "understand")
	if err != nil {
		return 0, err
	}
	entries, err := u.ledger.Entries(ctx, offset, batchSize)
	if err != nil || len(entries) == 0 {
		return 0, err
	}
	l := u.linker.Load() // one for the whole batch: relink waits for it
	list := make([]ledger.Understood, len(entries))
	each(len(entries), func(i int, doc *query.Document) {
		m := &entries[i].Mention
		list[i] = ledger.Understood{ID: m.ID, Revision: m.Revision, Kind: mention.ChangeNew}
		if m.Revision > 1 {
			list[i].Kind = mention.ChangeRevised
		}
		list[i].Analysis, list[i].Linking = l.read(m, doc, u.now())
	})
	for i := range entries {
		m := &entries[i].Mention
		list[i].Story, list[i].Signature = u.stories.Assign(m.ID, m.Title, m.Text, m.Time())
	}
	if err := u.ledger.PutUnderstood(ctx, entries[len(entries)-1].Seq, list); err != nil {
		return 0, fmt.Errorf("daemon: understand: %w", err)
	}
	if offset == 0 { // the first ever: there is no older history to read again
		err = u.ledger.SetSetting(ctx, relinkKey, l.reading())
	}
	return len(entries), err
}

// catchUp understands all that waits.
func (u *understander) catchUp(ctx context.Context) error {
	for {
		if n, err := u.some(ctx); n == 0 || err != nil {
			return err
		}
	}
}

// The settings that say what history was read with, or, after "to:", is being
// read with, and how far that has come.
const (
	relinkKey    = "history"
	relinkCursor = "history:cursor"
	relinkTo     = "to:"
)

// relink reads history again when brands, labels or models are others than it
// was read with: in the background, resumable, with progress in records. It
// never notifies by itself: its entries say rescored.
func (u *understander) relink(ctx context.Context, progress func(done int64)) error {
	l := u.linker.Load()
	u.once.Lock()   // a batch that began with an older linker is committed first
	u.once.Unlock() //nolint:staticcheck // a barrier, not a critical section
	want := l.reading()
	have, err := u.ledger.Setting(ctx, relinkKey)
	if err != nil || have == want {
		return err
	}
	if have != relinkTo+want { // what was half-way to elsewhere begins anew
		if err := errors.Join(u.ledger.SetSetting(ctx, relinkCursor, ""), u.ledger.SetSetting(ctx, relinkKey, relinkTo+want)); err != nil {
			return err
		}
	}
	after, err := u.ledger.Setting(ctx, relinkCursor)
	if err != nil {
		return err
	}
	var batch []mention.Record
	var done int64
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		if u.linker.Load() != l {
			return errSuperseded
		}
		if err := u.rescore(ctx, l, batch); err != nil {
			return err
		}
		last := batch[len(batch)-1].Mention.ID
		done += int64(len(batch))
		batch = batch[:0]
		progress(done)
		return u.ledger.SetSetting(ctx, relinkCursor, last)
	}
	err = u.ledger.EachRecord(ctx, after, func(rec mention.Record) error {
		if batch = append(batch, rec); len(batch) < batchSize {
			return ctx.Err()
		}
		return flush()
	})
	if err == nil {
		err = flush()
	}
	if err != nil {
		return err
	}
	return errors.Join(u.ledger.SetSetting(ctx, relinkKey, want), u.ledger.SetSetting(ctx, relinkCursor, ""))
}

var errSuperseded = errors.New("daemon: the configuration changed again")

// rescore writes what l makes of records that were read with something else.
func (u *understander) rescore(ctx context.Context, l *linker, recs []mention.Record) error {
	recs = slices.DeleteFunc(slices.Clone(recs), func(r mention.Record) bool {
		return r.Linking.Config == l.version && r.Analysis.Models == l.analyzer.Models()
	})
	if len(recs) == 0 {
		return nil
	}
	list := make([]ledger.Understood, len(recs))
	each(len(recs), func(i int, doc *query.Document) {
		m := &recs[i].Mention
		list[i] = ledger.Understood{ID: m.ID, Revision: m.Revision, Kind: mention.ChangeRescored, Story: recs[i].Story}
		list[i].Analysis, list[i].Linking = l.read(m, doc, u.now())
	})
	return u.ledger.PutUnderstood(ctx, 0, list)
}

// each runs fn for 0..n-1 on every processor, each with a scratch document.
func each(n int, fn func(i int, doc *query.Document)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			doc := query.NewDocument(&mention.Row{})
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				fn(i, doc)
			}
		})
	}
	wg.Wait()
}
