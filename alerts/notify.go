package alerts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

// A Notifier hands a delivery to one receiver.
type Notifier interface {
	// Notify makes one try. It returns nil when the receiver took the notice,
	// else a *NotifyError. It may be called from many goroutines.
	Notify(ctx context.Context, d mention.Delivery) error
}

// A NotifyError reports that a receiver did not take a notice.
type NotifyError struct {
	Status     int           // HTTP status or SMTP reply code; 0 if there was no reply
	RetryAfter time.Duration // what the receiver asked for; 0 if nothing
	Permanent  bool          // trying again is of no use
	Err        error         // in words
}

// Error implements error.
func (e *NotifyError) Error() string { return "alerts: notify: " + e.Err.Error() }

// Told is an error of a notifier in the words for people.
func Told(err error) string { return strings.TrimPrefix(err.Error(), "alerts: notify: ") }

// Unwrap gives the cause.
func (e *NotifyError) Unwrap() error { return e.Err }

// Gone reports that the receiver asked never to be called again.
func (e *NotifyError) Gone() bool { return e.Status == http.StatusGone }

// New makes the notifier of a receiver. It reads the receiver's secrets. Draw
// makes the pictures in mails, and may be nil; so may log.
func New(r Receiver, eg *egress.Egress, draw Draw, log *slog.Logger) (Notifier, error) {
	if errs := r.Faults(); len(errs) > 0 {
		return nil, fmt.Errorf("alerts: receiver %s: %w", r.ID, errors.Join(errs...))
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	log = log.With("receiver", r.ID)
	switch r.Kind {
	case ReceiverWebhook:
		return newWebhook(&r, eg, log)
	case ReceiverEmail:
		return newEmail(&r, eg, draw, log)
	case ReceiverChat:
		return newChat(&r, eg)
	}
	return nil, fmt.Errorf("alerts: receiver %s: a %s takes no notices", r.ID, r.Kind)
}

// schedule is the waits between tries that Standard Webhooks recommends:
// 75 h 35 m in all.
var schedule = []time.Duration{
	5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour,
	10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// Span is the whole of the schedule. A notice is not given up before it is
// this old, however fast its tries were used up.
const Span = 75*time.Hour + 35*time.Minute + 5*time.Second

// MaxRetryAfter is how long a receiver may put us off.
const MaxRetryAfter = 24 * time.Hour

// NextTry says when a delivery that failed with err is tried again, after so
// many attempts, or that it is dead. The waits are those of Standard Webhooks
// with up to a tenth more at random, and never shorter than Retry-After.
func NextTry(attempts int, created, now time.Time, err error) (next time.Time, dead bool) {
	failed, _ := errors.AsType[*NotifyError](err)
	if failed != nil && failed.Permanent {
		return time.Time{}, true
	}
	last := len(schedule) - 1
	if attempts > len(schedule) && now.Sub(created) >= Span {
		return time.Time{}, true
	}
	wait := schedule[min(max(attempts-1, 0), last)]
	wait += time.Duration(rand.Int64N(int64(wait)/10 + 1)) //nolint:gosec // jitter, not a secret
	if failed != nil {
		wait = max(wait, min(failed.RetryAfter, MaxRetryAfter))
	}
	return now.Add(wait), false
}

// Attempt makes one try of a delivery and returns the delivery as it is after
// it, and what the receiver said. A try that the context cut short does not
// count.
func Attempt(ctx context.Context, n Notifier, d mention.Delivery, now time.Time) (mention.Delivery, error) {
	err := n.Notify(ctx, d)
	if err != nil && ctx.Err() != nil {
		d.State, d.Next = mention.DeliveryPending, now
		return d, err
	}
	d.Attempts++
	if err == nil {
		d.State, d.Sent, d.Next, d.Error = mention.DeliverySent, now, time.Time{}, ""
		return d, nil
	}
	next, dead := NextTry(d.Attempts, d.Created, now, err)
	d.State, d.Next, d.Error = mention.DeliveryPending, next, clip(Told(err), 1000)
	if dead {
		d.State = mention.DeliveryDead
	}
	return d, err
}
