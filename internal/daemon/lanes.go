package daemon

import (
	"context"
	"sync"
	"time"
)

const (
	quickPlaces = 32
	slowPlaces  = 96
	slowAfter   = time.Second     // a pass that takes longer moves to the slow lane
	slowAgain   = 5 * time.Second // when a slow source asks again for a place
)

// lanes keep the sources that answer at once from waiting behind those that
// do not: hosts that drip, hosts with many pages, hosts that others are busy
// at. Every pass begins in the quick lane and moves over when it takes long;
// a source that was slow the last time begins in the slow lane, and comes
// back later when that is full.
type lanes struct {
	quick, slow chan struct{}

	mu    sync.Mutex
	known map[string]bool // sources whose last pass took long
}

func newLanes() *lanes {
	return &lanes{quick: make(chan struct{}, quickPlaces), slow: make(chan struct{}, slowPlaces), known: map[string]bool{}}
}

// enter waits for a place and gives the way to leave it; leave is nil when
// there is none for a slow source now.
func (l *lanes) enter(ctx context.Context, source string) (leave func(), err error) {
	l.mu.Lock()
	known := l.known[source]
	l.mu.Unlock()
	if known {
		select {
		case l.slow <- struct{}{}:
			return l.leaver(source, l.slow), nil
		default:
			return nil, nil //nolint:nilnil // no place
		}
	}
	select {
	case l.quick <- struct{}{}:
		return l.leaver(source, l.quick), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// leaver gives up the place in a lane, or the one that the pass has moved to.
func (l *lanes) leaver(source string, in chan struct{}) func() {
	began := time.Now()
	var mu sync.Mutex
	over := false
	move := time.AfterFunc(slowAfter, func() {
		mu.Lock()
		defer mu.Unlock()
		if over || in == l.slow {
			return
		}
		select {
		case l.slow <- struct{}{}:
			<-in
			in = l.slow
		default: // it keeps its place
		}
	})
	return func() {
		move.Stop()
		mu.Lock()
		over = true
		<-in
		mu.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if time.Since(began) > slowAfter {
			l.known[source] = true
		} else {
			delete(l.known, source)
		}
	}
}
