package ledger

import (
	"sync"
	"time"
)

// stamps gives the entries of the analyzed log their times and remembers those
// that are on their way, so that a reader knows which time the log is past.
type stamps struct {
	mu   sync.Mutex
	last time.Time
	open map[int64]time.Time
	next int64
}

// take gives a time, no earlier than any frontier that was told, and what is
// called when its entries are in the log, or will never be.
func (s *stamps) take(now time.Time) (at time.Time, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.last) {
		now = s.last
	}
	s.last = now
	if s.open == nil {
		s.open = map[int64]time.Time{}
	}
	s.next++
	id := s.next
	s.open[id] = now
	return now, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.open, id)
	}
}

// frontier is a time before which no entry will come any more.
func (s *stamps) frontier(now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Before(s.last) {
		now = s.last
	}
	s.last = now
	for _, t := range s.open {
		if !t.After(now) {
			now = t.Add(-time.Millisecond)
		}
	}
	return now
}

// Frontier implements [Alerting].
func (l *store) Frontier() time.Time { return l.stamps.frontier(clean(l.now())) }
