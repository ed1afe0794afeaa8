package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
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
	again  func(receiver string, at time.Time)                                    // queue another run
	dead   func(ctx context.Context, d mention.Delivery) error                    // a notice was given up, or cannot be sent for long
	tried  func(state string)                                                     // told after each try
	told   func(receiver string, err error)                                       // a receiver is sent nothing, or again
	letter func(ctx context.Context, d *mention.Delivery) (*alerts.Letter, error) // writes the mail of a report

	mu    sync.Mutex
	lanes map[string]*lane
}

// An outlet is how a receiver is reached.
type outlet struct {
	receiver alerts.Receiver
	notifier alerts.Notifier
	parallel int // notices at a time; 0 means 1
}

// A lane is a receiver with what is known of it while the daemon runs.
type lane struct {
	outlet
	*breaker
	removed bool // from the configuration; its rows wait for it to come back

	busy sync.Mutex // one run at a time
}

// A brokenReceiver stands where one could not be made: its notices wait and
// are tried again, and each try says why.
type brokenReceiver struct{ err error }

// Notify implements alerts.Notifier.
func (b brokenReceiver) Notify(context.Context, mention.Delivery) error {
	if failed, ok := errors.AsType[*alerts.NotifyError](b.err); ok {
		return failed
	}
	return &alerts.NotifyError{Err: b.err}
}

// outletsOf makes what sends to each receiver. The error tells of those that
// could not be made; they have their place all the same.
func outletsOf(list []alerts.Receiver, eg *egress.Egress, draw alerts.Draw, log *slog.Logger) (map[string]outlet, error) {
	outlets := map[string]outlet{}
	var errs []error
	for i := range list {
		n, err := alerts.New(list[i], eg, draw, log)
		if err != nil {
			err = fmt.Errorf("receiver %s: %w", list[i].ID, err)
			errs = append(errs, err)
			n = brokenReceiver{err}
		}
		outlets[list[i].ID] = outlet{receiver: list[i], notifier: n, parallel: list[i].Parallel()}
	}
	return outlets, errors.Join(errs...)
}

// set puts receivers in force. One that is not what it was begins anew.
func (d *dispatcher) set(outlets map[string]outlet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.lanes == nil {
		d.lanes = map[string]*lane{}
	}
	for id, l := range d.lanes {
		t, ok := outlets[id]
		l.removed = !ok
		if !reflect.DeepEqual(t.receiver, l.receiver) {
			l.breaker = &breaker{hasten: true}
			d.told(id, nil)
		}
	}
	for id, t := range outlets {
		l := d.lanes[id]
		if l == nil {
			l = &lane{breaker: &breaker{}}
			d.lanes[id] = l
		}
		l.outlet = t
	}
}

func (d *dispatcher) receivers() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	ids := make([]string, 0, len(d.lanes))
	for id, l := range d.lanes {
		if !l.removed {
			ids = append(ids, id)
		}
	}
	return ids
}

// A way is how a receiver is reached at present, for one run.
type way struct {
	outlet
	*breaker
}

// lane gives a receiver and the way to it; nil when there is none.
func (d *dispatcher) lane(receiver string) (*lane, way) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.lanes[receiver]
	if l == nil || l.removed {
		return nil, way{}
	}
	return l, way{l.outlet, l.breaker}
}

// run sends a receiver all that is due and queues the next run where something
// waits. One that is already being served is left to the run that serves it.
func (d *dispatcher) run(ctx context.Context, receiver string) error {
	l, _ := d.lane(receiver)
	if l == nil {
		return nil
	}
	l.busy.Lock()
	defer l.busy.Unlock()
	for {
		l, t := d.lane(receiver) // anew: the configuration may be another since
		if l == nil {
			return nil
		}
		if t.hurried() {
			if err := d.ledger.HastenDeliveries(ctx, receiver, d.now()); err != nil {
				return err
			}
		}
		more, err := d.step(ctx, receiver, t)
		if err != nil {
			return err
		}
		if !more || ending(ctx) {
			return d.later(ctx, receiver, t)
		}
	}
}

// step does what is to be done for a receiver as it is, and says whether there
// is more to do at once.
func (d *dispatcher) step(ctx context.Context, receiver string, t way) (more bool, err error) {
	switch t.stance() {
	case failing:
		return d.probe(ctx, receiver, t)
	case gone:
		return d.abandon(ctx, receiver, t, time.Time{})
	case flowing:
	}
	err = d.drain(ctx, receiver, t)
	_, is := d.lane(receiver)
	return is.breaker != t.breaker || t.stance() != flowing, err
}

// endMargin is how long before its time is over a run begins no more: longer
// than a receiver may take for an answer.
const endMargin = 2 * time.Minute

// ending says that what is still to be sent is left to another run.
func ending(ctx context.Context) bool {
	end, ok := ctx.Deadline()
	return ok && time.Until(end) < endMargin
}

// later queues the next run when something waits.
func (d *dispatcher) later(ctx context.Context, receiver string, t way) error {
	next, err := d.ledger.NextDelivery(ctx, receiver)
	if err != nil || next.IsZero() {
		return err
	}
	if s := t.state(); s.Open {
		heads, err := d.ledger.DueDeliveries(ctx, receiver, ever, lookWide)
		if err != nil {
			return err
		}
		_, next = s.turn(heads, d.now())
	}
	d.again(receiver, next)
	return nil
}

// ever is when everything that waits is due.
var ever = time.UnixMilli(1 << 50)

// lookWide is among how many notices the next probe is looked for.
const lookWide = 512

// probe lets one notice try whether the receiver has recovered. When it is not
// taken, what is past its time is given up, and what must not wait is passed
// on.
func (d *dispatcher) probe(ctx context.Context, receiver string, t way) (more bool, err error) {
	heads, err := d.ledger.DueDeliveries(ctx, receiver, ever, lookWide)
	if err != nil || len(heads) == 0 {
		return false, err
	}
	if row, at := t.state().turn(heads, d.now()); !at.After(d.now()) {
		if err := d.send(ctx, t, row); err != nil {
			return false, err
		}
		if t.stance() != failing {
			return true, nil
		}
	}
	if err := d.passOn(ctx, t, heads); err != nil {
		return false, err
	}
	for old := true; old && err == nil; { // what comes after it in its incident may be old too
		old, err = d.abandon(ctx, receiver, t, d.now().Add(-alerts.Span))
	}
	return false, err
}

// passOn tells of safety to who stands in for a receiver that fails for long;
// the receiver is told as well when it takes notices again.
func (d *dispatcher) passOn(ctx context.Context, t way, heads []mention.Delivery) error {
	s := t.state()
	if d.now().Sub(s.Since) < maxPaused {
		return nil
	}
	for _, row := range heads {
		if !alerts.FirstHand(&row) || !t.pass(row.ID) {
			continue
		}
		row.State, row.Error = mention.DeliveryDead, fmt.Sprint("it fails for long: ", s.Last)
		if err := d.dead(ctx, row); err != nil {
			return err
		}
	}
	return nil
}

// abandon gives up what waits for a receiver that fails and was made before a
// time, the zero time being ever.
func (d *dispatcher) abandon(ctx context.Context, receiver string, t way, before time.Time) (more bool, err error) {
	why := t.state().fault()
	heads, err := d.ledger.DueDeliveries(ctx, receiver, ever, lookAhead)
	if err != nil || why == nil {
		return false, err
	}
	for _, row := range heads {
		if !before.IsZero() && row.Created.After(before) {
			continue
		}
		row.State, row.Error, row.Next = mention.DeliveryDead, fmt.Sprint("not tried again: ", why), time.Time{}
		if err := d.put(ctx, row); err != nil {
			return false, err
		}
		more = true
	}
	return more, nil
}

// lookAhead is how many notices are read at a time.
const lookAhead = 128

// A draining is one run over what is due for a receiver.
type draining struct {
	*dispatcher
	receiver string
	way
	queue  []mention.Delivery // due, not begun
	flying map[string]bool    // ids on their way
	landed chan landing
}

// A landing is the end of a try.
type landing struct {
	id  string
	err error
}

// drain sends what is due until nothing is, the receiver is another or the
// time is up. It leaves no goroutine behind.
func (d *dispatcher) drain(ctx context.Context, receiver string, t way) error {
	r := draining{dispatcher: d, receiver: receiver, way: t, flying: map[string]bool{}, landed: make(chan landing)}
	var failed error
	for {
		if failed == nil && !r.over(ctx) {
			failed = r.fill(ctx)
		}
		for failed == nil && len(r.queue) > 0 && len(r.flying) < r.room(max(r.parallel, 1)) {
			row, t := r.queue[0], r.way
			r.queue = r.queue[1:]
			r.flying[row.ID] = true
			go func() { r.landed <- landing{row.ID, r.send(ctx, t, row)} }()
		}
		if len(r.flying) == 0 {
			return failed
		}
		end := <-r.landed
		delete(r.flying, end.id)
		failed = errors.Join(failed, end.err)
	}
}

// over takes up how the receiver is reached now, and says whether to begin no
// more.
func (r *draining) over(ctx context.Context) bool {
	_, is := r.lane(r.receiver)
	if is.breaker != r.breaker || ending(ctx) {
		r.queue = nil
		return true
	}
	r.way = is
	return false
}

// fill reads what is due when nothing is left to begin. Of
// an incident that is the first notice alone, so what flies together never
// belongs together.
func (r *draining) fill(ctx context.Context) error {
	if len(r.queue) > 0 || r.room(1) == 0 {
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
func (d *dispatcher) send(ctx context.Context, t way, row mention.Delivery) error {
	row, err := d.ledger.UpdateDelivery(ctx, row.ID, func(r *mention.Delivery) error {
		r.State = mention.DeliverySending
		return nil
	})
	if err != nil {
		return fmt.Errorf("daemon: delivery %s: %w", row.ID, err)
	}
	n, err := d.withLetter(ctx, t.notifier, &row)
	if err != nil {
		return err
	}
	after, result := alerts.Attempt(ctx, n, row, d.now())
	if ctx.Err() != nil && after.State != mention.DeliverySent {
		return ctx.Err() // shutting down: not the receiver's fault
	}
	if err := d.put(ctx, after); err != nil {
		return err
	}
	if after.Error != "" {
		d.log.Warn("delivery not accepted", "delivery", row.ID, "receiver", row.Receiver, "attempts", after.Attempts, "state", after.State, "err", after.Error)
	}
	d.tried(after.State)
	if opened, closed := t.tell(d.now(), result); opened || closed {
		state := t.state()
		d.told(row.Receiver, state.fault())
	}
	return nil
}

// put writes a delivery as it is after a try.
func (d *dispatcher) put(ctx context.Context, after mention.Delivery) error {
	ctx = context.WithoutCancel(ctx)
	if after.State == mention.DeliveryDead { // first: a crash in between repeats it under the same id
		if err := d.dead(ctx, after); err != nil {
			return err
		}
	}
	_, err := d.ledger.UpdateDelivery(ctx, after.ID, func(r *mention.Delivery) error {
		*r = after
		return nil
	})
	if err != nil {
		return fmt.Errorf("daemon: delivery %s: %w", after.ID, err)
	}
	return nil
}

// health tells how a receiver does.
func (d *dispatcher) health(receiver string) breakerState {
	l, t := d.lane(receiver)
	if l == nil {
		return breakerState{}
	}
	return t.state()
}

// retry has a person's wish to send again try at once, whatever was.
func (d *dispatcher) retry(receiver string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l := d.lanes[receiver]; l != nil {
		l.reset()
		d.told(receiver, nil)
	}
}

// withLetter is a notifier that sends the report that a notice tells of. A
// letter that cannot be written ends the notice, and is no fault of the
// receiver; when the ledger does not answer, the notice waits.
func (d *dispatcher) withLetter(ctx context.Context, n alerts.Notifier, row *mention.Delivery) (alerts.Notifier, error) {
	if _, ok := n.(alerts.Mailer); !ok || row.Type != alerts.TypeReport {
		return n, nil
	}
	l, err := d.letter(ctx, row)
	if failed, ok := errors.AsType[*letterError](err); ok {
		return brokenReceiver{&alerts.NotifyError{Permanent: true, Err: failed}}, nil
	}
	if err != nil {
		return nil, err
	}
	return alerts.WithLetter(n, l), nil
}

// A letterError is why the letter of a notice will never be written.
type letterError struct{ err error }

func (e *letterError) Error() string { return "the report cannot be sent: " + e.err.Error() }
func (e *letterError) Unwrap() error { return e.err }
