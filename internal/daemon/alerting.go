package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
)

// alerting is the stage that judges the analyzed log and fills the outbox.
type alerting struct {
	ledger ledger.Ledger
	log    *slog.Logger
	now    func() time.Time
	wake   func(receiver string)      // the outbox holds something for it
	tell   func(inc mention.Incident) // it was opened, changed or closed

	judged atomic.Int64 // is offset, for those who cannot wait for the lock

	mu     sync.Mutex
	engine *alerts.Engine
	offset int64
	stale  bool // the engine is ahead of the ledger: a commit failed
}

func newEngine(ctx context.Context, cfg *config.Config, led ledger.Ledger, log *slog.Logger) (*alerts.Engine, error) {
	key, err := linkKey(ctx, led)
	if err != nil {
		return nil, err
	}
	o := EngineOptions(cfg)
	o.Coverage, o.LinkKey, o.Log = coverageOf(ctx, led, log), key, log
	return alerts.NewEngine(o)
}

// EngineOptions are the part of a configuration that rules need.
func EngineOptions(cfg *config.Config) alerts.Options {
	rules, receivers := cfg.Alerting()
	return alerts.Options{
		Rules: rules, Receivers: receivers, Brands: cfg.Brands, Labels: cfg.Labels, Departments: cfg.Departments, Routes: cfg.Routes,
		PublicURL: cfg.Server.PublicURL, Zone: cfg.Location(), Examiner: cfg.Examiner(),
	}
}

// newAlerting takes up the state that the ledger holds.
func newAlerting(ctx context.Context, cfg *config.Config, led ledger.Ledger, now func() time.Time, log *slog.Logger) (*alerting, error) {
	e, err := newEngine(ctx, cfg, led, log)
	if err != nil {
		return nil, fmt.Errorf("daemon: %w", err)
	}
	a := &alerting{ledger: led, log: log, now: now, wake: func(string) {}, tell: func(mention.Incident) {}, engine: e}
	return a, a.restore(ctx)
}

// restore takes the engine to what the ledger holds, and tells it what people
// did since. Incidents that the state knows nothing of are closed.
func (a *alerting) restore(ctx context.Context) error {
	offset, parts, err := a.ledger.AlertState(ctx)
	if err != nil {
		return fmt.Errorf("daemon: alert state: %w", err)
	}
	if err := a.engine.Restore(parts); err != nil {
		return fmt.Errorf("daemon: %w", err)
	}
	for _, state := range []string{mention.StatePending, mention.StateFiring, mention.StateNoData} {
		open, err := a.ledger.Incidents(ctx, ledger.IncidentFilter{State: state, Limit: maxOpen})
		if err != nil {
			return fmt.Errorf("daemon: incidents: %w", err)
		}
		for i := range open {
			a.engine.SetFlags(open[i])
			a.engine.Orphan(open[i])
		}
	}
	for _, id := range a.engine.Waiting() {
		inc, err := a.ledger.Incident(ctx, id)
		if err == nil {
			a.engine.SetFlags(inc)
		} else if !errors.Is(err, ledger.ErrNotFound) {
			return fmt.Errorf("daemon: incident %s: %w", id, err)
		}
	}
	a.offset, a.stale = offset, false
	a.judged.Store(offset)
	return nil
}

// maxOpen is how many open incidents a start looks at.
const maxOpen = 20_000

// some judges one batch and commits what came of it with the offset, or, when
// there is nothing new, lets time pass. It returns how many entries it read.
func (a *alerting) some(ctx context.Context) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stale {
		if err := a.restore(ctx); err != nil {
			return 0, err
		}
	}
	changes, out, err := a.take(ctx, a.offset)
	if err != nil {
		return 0, err
	}
	if n := len(changes); n > 0 && n < batchSize && a.engine.Waits() {
		// Notices wait for their instant to be over: in a moment it is, and an
		// incident is committed together with what is said of it.
		time.Sleep(time.Millisecond)
		more, next, err := a.take(ctx, changes[n-1].Seq)
		if err != nil {
			a.stale = true
			return 0, err
		}
		changes = append(changes, more...)
		out.Incidents, out.Deliveries, out.Flags = append(out.Incidents, next.Incidents...), append(out.Deliveries, next.Deliveries...), append(out.Flags, next.Flags...)
	}
	if len(changes) == 0 && out.Empty() {
		return 0, nil
	}
	if err := a.commit(ctx, changes, out); err != nil {
		return 0, err
	}
	return len(changes), nil
}

// take judges what the log holds after an offset, at most one batch.
func (a *alerting) take(ctx context.Context, offset int64) ([]mention.Change, alerts.Outcome, error) {
	at := a.ledger.Frontier() // before the log is read: what comes later is later
	changes, err := a.ledger.Changes(ctx, offset, batchSize)
	if err != nil {
		return nil, alerts.Outcome{}, err
	}
	switch n := len(changes); {
	case n == batchSize: // there is more: time must not run ahead of the log
		at = changes[n-1].At
	case n > 0 && at.Before(changes[n-1].At):
		at = changes[n-1].At
	}
	return changes, a.engine.Step(at, changes), nil
}

// commit makes a step durable. When that fails the engine goes back to what
// the ledger holds before its next step, which takes this one again.
func (a *alerting) commit(ctx context.Context, changes []mention.Change, out alerts.Outcome) error {
	offset := a.offset
	if len(changes) > 0 {
		offset = changes[len(changes)-1].Seq
	}
	parts, err := a.engine.Changed()
	if err == nil {
		err = a.ledger.CommitAlerts(ctx, ledger.AlertCommit{
			Offset: offset, Parts: parts, Incidents: out.Incidents, Deliveries: out.Deliveries, Flags: out.Flags,
		})
	}
	if err != nil {
		a.stale = true
		return fmt.Errorf("daemon: alerts: %w", err)
	}
	a.offset = offset
	a.judged.Store(offset)
	for i := range out.Incidents {
		a.tell(out.Incidents[i])
	}
	woken := map[string]bool{}
	for i := range out.Deliveries {
		if r := out.Deliveries[i].Receiver; out.Deliveries[i].State == mention.DeliveryPending && !woken[r] {
			woken[r] = true
			a.wake(r)
		}
	}
	return nil
}

// escalate hands a safety notice that could not be delivered to the next
// receiver.
func (a *alerting) escalate(ctx context.Context, dead mention.Delivery) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	next, ok := a.engine.Escalate(&dead, a.now())
	if !ok {
		return nil
	}
	return a.commit(ctx, nil, alerts.Outcome{Deliveries: []mention.Delivery{next}})
}

// reload puts other rules in force; what rules that stay have counted is kept.
func (a *alerting) reload(ctx context.Context, cfg *config.Config) error {
	e, err := newEngine(ctx, cfg, a.ledger, a.log) // judging goes on meanwhile
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	e.Inherit(a.engine)
	a.engine = e
	return nil
}

// linkKey is what signs the links in notices; it is made once.
func linkKey(ctx context.Context, led ledger.Ledger) ([]byte, error) {
	const name = "link_key"
	text, err := led.Setting(ctx, name)
	if err == nil && text == "" {
		text = api.NewSecret()
		err = led.SetSetting(ctx, name, text)
	}
	return []byte(text), err
}

// coverageOf tells the engine whether a source answered: it did unless a pass
// in that stretch is known to have failed. What is not collected by a source,
// such as pushes, has no passes and always answers.
func coverageOf(ctx context.Context, led ledger.Ledger, log *slog.Logger) alerts.CoverageFunc {
	return func(source string, from, to, _ time.Time) bool {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		list, err := led.Coverage(ctx, source, from, to)
		if err != nil {
			log.Warn("coverage not known", "source", source, "err", err)
			return true
		}
		return !slices.ContainsFunc(list, func(c mention.Coverage) bool { return !c.OK })
	}
}

// CoverageOf is what a back-test of the stored history is given.
func (s *Store) CoverageOf(ctx context.Context) alerts.CoverageFunc {
	return coverageOf(ctx, s.Ledger, s.log)
}
