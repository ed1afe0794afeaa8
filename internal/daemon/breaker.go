package daemon

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"earshot/alerts"
	"earshot/mention"
)

// When the breaker of a receiver opens, and how it is closed again. A probe is
// one notice; while they fail they come further apart, but never so far that
// what is new waits long.
const (
	tripAfter  = 10 // failures in a row
	tripLeast  = 3  // or so many
	tripOver   = 5 * time.Minute
	firstProbe = 10 * time.Second
	maxProbe   = time.Minute
	maxPeace   = 5 * time.Minute // however long the receiver asked not to be called
)

// A stance is whether a receiver is sent anything.
type stance int

const (
	flowing stance = iota
	failing        // one notice tries every so often
	gone           // it asked never to be called again
)

// A breaker keeps notices from a receiver that fails, so that it can recover
// and others need not wait for it. Nothing is lost meanwhile: what is due
// stays in the outbox and goes out, in order, when a probe is taken.
type breaker struct {
	mu       sync.Mutex
	failures int       // in a row
	since    time.Time // the first of them
	last     error     // the last of them
	open     bool
	gone     bool
	until    time.Time // the next probe
	peace    time.Time // the receiver asked not to be called before
	tried    time.Time // the last failure
	wait     time.Duration
	passed   map[string]bool // notices that somebody else is told too
	most     int             // after it closed, how many at a time; 0 means all
	hasten   bool            // what waits for its next try need not wait any more
}

// A breakerState is what people are told of a breaker.
type breakerState struct {
	Open, Gone bool
	Failures   int
	Since      time.Time
	Until      time.Time
	Peace      time.Time
	Tried      time.Time
	Last       error
}

func (b *breaker) state() breakerState {
	b.mu.Lock()
	defer b.mu.Unlock()
	return breakerState{Open: b.open, Gone: b.gone, Failures: b.failures, Since: b.since, Until: b.until, Peace: b.peace, Tried: b.tried, Last: b.last}
}

func (b *breaker) stance() stance {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.gone:
		return gone
	case b.open:
		return failing
	}
	return flowing
}

// pass says, once for each notice while the breaker is open, that somebody
// else is to be told.
func (b *breaker) pass(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.passed[id] {
		return false
	}
	if b.passed == nil {
		b.passed = map[string]bool{}
	}
	b.passed[id] = true
	return true
}

// room is how many notices may be under way of a receiver that bears so many.
func (b *breaker) room(parallel int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.open || b.gone:
		return 0
	case b.most > 0:
		return min(b.most, parallel)
	}
	return parallel
}

// reset closes the breaker because a person wants to try.
func (b *breaker) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.clear()
	b.most, b.hasten = 1, true
}

// hurried says, once, whether what waits shall be sent at once.
func (b *breaker) hurried() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.hasten
	b.hasten = false
	return was
}

func (b *breaker) clear() {
	b.failures, b.since, b.last, b.open, b.gone, b.wait = 0, time.Time{}, nil, false, false, 0
	b.peace, b.tried, b.passed = time.Time{}, time.Time{}, nil
}

// tell takes the result of a try in, and says whether it opened or closed the
// breaker.
func (b *breaker) tell(now time.Time, result error) (opened, closed bool) {
	failed, _ := errors.AsType[*alerts.NotifyError](result)
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case result == nil:
		closed = b.open || b.gone
		if closed {
			b.most, b.hasten = 1, true
		} else if b.most > 0 {
			b.most *= 2
		}
		if b.most > 64 {
			b.most = 0
		}
		b.clear()
		return false, closed
	case failed != nil && failed.Gone():
		opened = !b.gone
		b.gone, b.last = true, result
		if b.since.IsZero() {
			b.since = now
		}
		return opened, false
	case failed != nil && failed.Permanent:
		return false, false // this notice is refused; the receiver itself answers
	}
	if b.failures++; b.failures == 1 {
		b.since = now
	}
	b.last, b.tried = result, now
	if failed != nil {
		b.peace = later(b.peace, now.Add(min(failed.RetryAfter, alerts.MaxRetryAfter)))
	}
	if b.open && now.Before(b.until) {
		return false, false // was under way when it opened
	}
	if !b.open && b.failures < tripAfter && (b.failures < tripLeast || now.Sub(b.since) < tripOver) {
		return false, false
	}
	opened, b.open = !b.open, true
	b.wait = min(max(2*b.wait, firstProbe), maxProbe)
	wait := b.wait
	if failed != nil {
		wait = max(wait, min(failed.RetryAfter, maxPeace))
	}
	b.until = now.Add(wait)
	return opened, false
}

// turn picks which notice may probe next, and when: the one that was tried
// least, since one may be refused for what it says. Those of a receiver that
// asked for peace have their time; what is new is not to wait so long, and
// what is urgent waits for no other.
func (s breakerState) turn(heads []mention.Delivery, now time.Time) (row mention.Delivery, at time.Time) {
	for i := range heads {
		d := &heads[i]
		when, fresh := s.Until, d.Attempts == 0
		switch urgent := alerts.Urgent(d); {
		case urgent && fresh && s.Tried.Add(firstProbe).Before(s.Until):
			when = s.Tried.Add(firstProbe)
		case !urgent && now.Before(s.Peace) && d.Next.After(when):
			when = d.Next
			if when.After(s.Peace) {
				when = s.Peace
			}
		}
		when = later(when, now)
		if i == 0 || when.Before(at) || when.Equal(at) && d.Attempts < row.Attempts {
			row, at = *d, when
		}
	}
	return row, at
}

// fault is what the daemon says of a receiver that is sent nothing; nil when
// all is well.
func (s breakerState) fault() error {
	switch {
	case s.Gone:
		return fmt.Errorf("switched off: %w; its notices are given up. Change or remove the receiver, or send one of them again to try", s.Last)
	case s.Open:
		return fmt.Errorf("failing since %s, %d tries in a row: %w; its notices wait, one tries every so often", s.Since.UTC().Format("2006-01-02 15:04 UTC"), s.Failures, s.Last)
	}
	return nil
}
