package api

import (
	"cmp"
	"math"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// How often a sign-in may fail, and how fast that is forgotten. An address is
// throttled soon, whatever the names; a name by itself late, or anybody could
// keep its owner out.
const (
	failsPair    = 5
	failsAddress = 20
	failsName    = 100
	forgotten    = 3 * time.Minute // one failure of a pair or an address
	longestWait  = 15 * time.Minute
	maxThrottled = 4096 // of each kind
)

// A throttle counts failed sign-ins by address and name. The zero value is
// ready. Its memory is bounded: of too many, those with the fewest failures
// make room.
type throttle struct {
	mu   sync.Mutex
	list map[throttleKey]*failures
}

// A throttleKey is a name, an address or both.
type throttleKey struct {
	name string
	from netip.Prefix
}

type failures struct {
	n    float64
	last time.Time
	held time.Time // until then nothing is tried
}

func (k throttleKey) limit() (most float64, forget time.Duration) {
	switch {
	case k.name == "":
		return failsAddress, forgotten
	case !k.from.IsValid():
		return failsName, forgotten / 10
	}
	return failsPair, forgotten
}

// networkOf is where somebody comes from. Of IPv6 a whole network is one; it is
// invalid when there is no address: all such are one.
func networkOf(from netip.Addr) netip.Prefix {
	bits := 32
	if from.Is6() {
		bits = 64
	}
	network, _ := from.Prefix(bits)
	return network
}

// throttleKeys are what a try counts for. Without a name it is its address
// alone: what has no owner must not be shut for all by one.
func throttleKeys(name string, from netip.Addr) []throttleKey {
	network := networkOf(from)
	if name == "" {
		return []throttleKey{{"", network}}
	}
	return []throttleKey{{name, network}, {"", network}, {name, netip.Prefix{}}}
}

// wait is how long a name from an address has to wait for its next try.
func (t *throttle) wait(name string, from netip.Addr, now time.Time) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	var longest time.Duration
	for _, k := range throttleKeys(name, from) {
		if f := t.list[k]; f != nil {
			longest = max(longest, f.held.Sub(now))
		}
	}
	return longest
}

// failed counts a try that was wrong.
func (t *throttle) failed(name string, from netip.Addr, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.list == nil {
		t.list = map[throttleKey]*failures{}
	}
	for _, k := range throttleKeys(name, from) {
		f := t.list[k]
		if f == nil {
			t.room(now)
			f = &failures{}
			t.list[k] = f
		}
		most, _ := k.limit()
		f.n, f.last = f.left(k, now)+1, now
		if over := math.Round(f.n) - most; over >= 0 {
			f.held = now.Add(min(longestWait, time.Duration(math.Pow(2, min(over, 12)))*time.Second))
		}
	}
}

// passed forgets the failures of a name from an address: it was its owner.
func (t *throttle) passed(name string, from netip.Addr) {
	if name == "" {
		return // an address has no owner
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.list, throttleKeys(name, from)[0])
}

// left is how many failures are not forgotten yet.
func (f *failures) left(k throttleKey, now time.Time) float64 {
	_, forget := k.limit()
	return max(0, f.n-float64(now.Sub(f.last))/float64(forget))
}

// room makes place for more: what is forgotten goes, and of too many the
// quarter with the fewest failures. It is called with t.mu held.
func (t *throttle) room(now time.Time) {
	if len(t.list) < 3*maxThrottled {
		return
	}
	type rank struct {
		key throttleKey
		n   float64
	}
	var ranks []rank
	for k, f := range t.list {
		if n := f.left(k, now); n > 0 || f.held.After(now) {
			ranks = append(ranks, rank{k, n})
		} else {
			delete(t.list, k)
		}
	}
	if len(t.list) < 9*maxThrottled/4 {
		return
	}
	slices.SortFunc(ranks, func(x, y rank) int { return cmp.Compare(x.n, y.n) })
	for _, r := range ranks[:len(ranks)/4] {
		delete(t.list, r.key)
	}
}
