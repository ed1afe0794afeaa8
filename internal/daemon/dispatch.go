package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"earshot/alerts"
	"earshot/internal/egress"
	"earshot/internal/ledger"
	"earshot/mention"
)

// A dispatcher drains the outbox: to each receiver several notices at a time,
// of an incident one after the other.
type dispatcher struct {
	ledger ledger.Ledger
	log    *slog.Logger
	now    func() time.Time
	again  func(receiver string, at time.Time)                 // queue another run
	dead   func(ctx context.Context, d mention.Delivery) error // a notice was given up
	tried  func(state string)                                  // told after each try

	mu    sync.Mutex
	lanes map[string]*lane
}

// An outlet is how a receiver is reached.
type outlet struct {
	notifier alerts.Notifier
	parallel int // notices at a time; 0 means 1
}

// A lane is a receiver with what is known of it while the daemon runs.
type lane struct {
	outlet
	gone bool // from the configuration; its rows wait for it to come back

	busy sync.Mutex // one run at a time
}

// A brokenReceiver stands where one could not be made: its notices wait and
// are tried again, and each try says why.
type brokenReceiver struct{ err error }

// Notify implements alerts.Notifier.
func (b brokenReceiver) Notify(context.Context, mention.Delivery) error {
	return &alerts.NotifyError{Err: b.err}
}

// outletsOf makes what sends to each receiver. The error tells of those that
// could not be made; they have their place all the same.
func outletsOf(list []alerts.Receiver, eg *egress.Egress, log *slog.Logger) (map[string]outlet, error) {
	outlets := map[string]outlet{}
	var errs []error
	for i := range list {
		n, err := alerts.New(list[i], eg, log)
		if err != nil {
			err = fmt.Errorf("receiver %s: %w", list[i].ID, err)
			errs = append(errs, err)
			n = brokenReceiver{err}
		}
		outlets[list[i].ID] = outlet{n, list[i].Parallel()}
	}
	return outlets, errors.Join(errs...)
}

// set puts receivers in force.
func (d *dispatcher) set(outlets map[string]outlet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lanes == nil {
		d.lanes = map[string]*lane{}
	}
	for id, l := range d.lanes {
		_, ok := outlets[id]
		l.gone = !ok
	}
	for id, t := range outlets {
		if d.lanes[id] == nil {
			d.lanes[id] = &lane{}
		}
		d.lanes[id].outlet = t
	}
}

func (d *dispatcher) receivers() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := make([]string, 0, len(d.lanes))
	for id, l := range d.lanes {
		if !l.gone {
			ids = append(ids, id)
		}
	}
	return ids
}

// lane gives a receiver and how it is reached at present; nil when there is
// none.
func (d *dispatcher) lane(receiver string) (*lane, outlet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[receiver]
	if l == nil || l.gone {
		return nil, outlet{}
	}
	return l, l.outlet
}

// run sends a receiver all that is due and queues the next run where a retry
// waits. One that is already being served is left to the run that serves it.
func (d *dispatcher) run(ctx context.Context, receiver string) error {
	l, t := d.lane(receiver)
	if l == nil {
		return nil
	}
	l.busy.Lock()
	defer l.busy.Unlock()
	if err := d.drain(ctx, receiver, t); err != nil {
		return err
	}
	next, err := d.ledger.NextDelivery(ctx, receiver)
	if err == nil && !next.IsZero() {
		d.again(receiver, next)
	}
	return err
}

// lookAhead is how many notices are read at a time.
const lookAhead = 128

// A draining is one run over what is due for a receiver.
type draining struct {
	*dispatcher
	receiver string
	outlet
	queue  []mention.Delivery // due, not begun
	flying map[string]bool    // ids on their way
	landed chan landing
}

// A landing is the end of a try.
type landing struct {
	id  string
	err error
}

// drain sends what is due until nothing is. It leaves no goroutine behind.
func (d *dispatcher) drain(ctx context.Context, receiver string, t outlet) error {
	r := draining{dispatcher: d, receiver: receiver, outlet: t, flying: map[string]bool{}, landed: make(chan landing)}
	r.parallel = max(r.parallel, 1)
	var failed error
	for {
		if failed == nil {
			failed = r.fill(ctx)
		}
		for failed == nil && len(r.queue) > 0 && len(r.flying) < r.parallel {
			row := r.queue[0]
			r.queue = r.queue[1:]
			r.flying[row.ID] = true
			go func() { r.landed <- landing{row.ID, r.send(ctx, r.notifier, row)} }()
		}
		if len(r.flying) == 0 {
			return failed
		}
		end := <-r.landed
		delete(r.flying, end.id)
		failed = errors.Join(failed, end.err)
	}
}

// fill reads what is due when there is room and nothing is left to begin. Of
// an incident that is the first notice alone, so what flies together never
// belongs together.
func (r *draining) fill(ctx context.Context) error {
	if len(r.queue) > 0 {
		return nil
	}
	due, err := r.ledger.DueDeliveries(ctx, r.receiver, r.now(), len(r.flying)+lookAhead)
	if err != nil {
		return fmt.Errorf("daemon: outbox of %s: %w", r.receiver, err)
	}
	for i := range due {
		if !r.flying[due[i].ID] {
			r.queue = append(r.queue, due[i])
		}
	}
	return nil
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
