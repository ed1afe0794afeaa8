package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/egress"
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
		PublicURL: cfg.Server.PublicURL, Zone: cfg.Location(),
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
	for i := range out.Incidents {
		a.tell(out.Incidents[i])
	}
	for i := range out.Deliveries {
		if out.Deliveries[i].State == mention.DeliveryPending {
			a.wake(out.Deliveries[i].Receiver)
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

// A dispatcher drains the outbox: one receiver at a time, in order.
type dispatcher struct {
	ledger ledger.Ledger
	log    *slog.Logger
	now    func() time.Time
	again  func(receiver string, at time.Time)                 // queue another run
	dead   func(ctx context.Context, d mention.Delivery) error // a notice was given up

	tried func(state string) // told after each try

	mu        sync.Mutex
	notifiers map[string]alerts.Notifier
	busy      map[string]*sync.Mutex
}

// A brokenReceiver stands where one could not be made: its notices wait and
// are tried again, and each try says why.
type brokenReceiver struct{ err error }

// Notify implements alerts.Notifier.
func (b brokenReceiver) Notify(context.Context, mention.Delivery) error {
	return &alerts.NotifyError{Err: b.err}
}

// notifiersOf makes what sends to each receiver. The error tells of those
// that could not be made; they have their place all the same.
func notifiersOf(list []alerts.Receiver, eg *egress.Egress, log *slog.Logger) (map[string]alerts.Notifier, error) {
	notifiers := map[string]alerts.Notifier{}
	var errs []error
	for i := range list {
		n, err := alerts.New(list[i], eg, log)
		if err != nil {
			err = fmt.Errorf("receiver %s: %w", list[i].ID, err)
			errs = append(errs, err)
			n = brokenReceiver{err}
		}
		notifiers[list[i].ID] = n
	}
	return notifiers, errors.Join(errs...)
}

// set puts receivers in force.
func (d *dispatcher) set(notifiers map[string]alerts.Notifier) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notifiers = notifiers
	if d.busy == nil {
		d.busy = map[string]*sync.Mutex{}
	}
	for id := range notifiers {
		if d.busy[id] == nil {
			d.busy[id] = &sync.Mutex{}
		}
	}
}

func (d *dispatcher) receivers() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := make([]string, 0, len(d.notifiers))
	for id := range d.notifiers {
		ids = append(ids, id)
	}
	return ids
}

// run sends a receiver all that is due and queues the next run where a retry
// waits. One that is already being served is left to the run that serves it.
func (d *dispatcher) run(ctx context.Context, receiver string) error {
	d.mu.Lock()
	n, busy := d.notifiers[receiver], d.busy[receiver]
	d.mu.Unlock()
	if n == nil {
		return nil // gone from the configuration; its rows wait for it to come back
	}
	busy.Lock()
	defer busy.Unlock()
	for {
		due, err := d.ledger.DueDeliveries(ctx, receiver, d.now(), 50)
		if err != nil {
			return fmt.Errorf("daemon: outbox of %s: %w", receiver, err)
		}
		if len(due) == 0 {
			break
		}
		for i := range due {
			if err := d.send(ctx, n, due[i]); err != nil {
				return err
			}
		}
	}
	next, err := d.ledger.NextDelivery(ctx, receiver)
	if err == nil && !next.IsZero() {
		d.again(receiver, next)
	}
	return err
}

// send makes one try: the row says sending before the first byte leaves, so
// that a crash in between repeats it at most once and is seen.
func (d *dispatcher) send(ctx context.Context, n alerts.Notifier, row mention.Delivery) error {
	row, err := d.ledger.UpdateDelivery(ctx, row.ID, func(r *mention.Delivery) error {
		r.State = mention.DeliverySending
		return nil
	})
	if err != nil {
		return fmt.Errorf("daemon: delivery %s: %w", row.ID, err)
	}
	after := alerts.Attempt(ctx, n, row, d.now())
	if ctx.Err() != nil && after.State != mention.DeliverySent {
		return ctx.Err() // shutting down: not the receiver's fault
	}
	if after.State == mention.DeliveryDead { // first: a crash in between repeats it under the same id
		if err := d.dead(context.WithoutCancel(ctx), after); err != nil {
			return err
		}
	}
	_, err = d.ledger.UpdateDelivery(context.WithoutCancel(ctx), row.ID, func(r *mention.Delivery) error {
		*r = after
		return nil
	})
	if err != nil {
		return fmt.Errorf("daemon: delivery %s: %w", row.ID, err)
	}
	if after.Error != "" {
		d.log.Warn("delivery not accepted", "delivery", row.ID, "receiver", row.Receiver, "attempts", after.Attempts, "state", after.State, "err", after.Error)
	}
	d.tried(after.State)
	return nil
}
