package crawler

import (
	"math/rand/v2"
	"slices"
	"time"
)

const (
	minWait     = 5 * time.Minute // of a source without an every
	maxWait     = 12 * time.Hour
	defaultWait = time.Hour
	maxBackOff  = 24 * time.Hour
)

// nextWait is how long a source rests after a good pass. A given every is the
// longest wait; it is only cut short where the feed would run over before.
// Without one the rhythm of the items decides, and the feed's own word of how
// long it stays good.
func nextWait(every, fresh, rhythm, overflow time.Duration) time.Duration {
	if every > 0 {
		if overflow > 0 && overflow < every {
			every = max(overflow, min(every, minWait))
		}
		return every - jitter(every/20)
	}
	wait := defaultWait
	if rhythm > 0 {
		wait = rhythm / 2
	}
	wait = max(wait, min(fresh, maxWait))
	if overflow > 0 {
		wait = min(wait, overflow)
	}
	wait = min(max(wait, minWait), maxWait)
	return wait + jitter(wait/10)
}

// rhythmOf is the mean gap between items by their dates, and the time in
// which half of them are pushed out of the feed. Both are 0 where too few are
// dated. An item long past counts little: the newest ten tell the pace.
func rhythmOf(now time.Time, items []Item) (gap, overflow time.Duration) {
	var dates []time.Time
	for i := range items {
		if t := items[i].Published; !t.IsZero() && !t.After(now) {
			dates = append(dates, t)
		}
	}
	if len(dates) < 3 {
		return 0, 0
	}
	slices.SortFunc(dates, func(a, b time.Time) int { return b.Compare(a) })
	dates = dates[:min(len(dates), 10)]
	// The silence since the newest counts as a gap: a feed that has fallen
	// asleep is asked less.
	gap = now.Sub(dates[len(dates)-1]) / time.Duration(len(dates))
	burst := dates[0].Sub(dates[len(dates)-1]) / time.Duration(len(dates)-1)
	if len(items) <= 50 {
		overflow = max(min(burst, gap)*time.Duration(len(items))/2, time.Minute)
	}
	return gap, overflow
}

// backOff is how long a source rests after a failure: twice as long each
// time, up to a day, never longer than a given every.
func backOff(failures int, every time.Duration, fe *FetchError) time.Duration {
	if every > 0 {
		return every
	}
	wait := min(minWait<<min(max(failures-1, 0), 12), maxBackOff)
	if !fe.Temporary() {
		wait = min(4*wait, maxBackOff)
	}
	return wait + jitter(wait/5)
}

// jitter is a random part of d, so that sources that began together part.
func jitter(d time.Duration) time.Duration {
	if d <= 0 {
		return 0
	}
	return rand.N(d)
}
