package api

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// The figures of a page that took long are shown again for a while: at most
// reuseTimes as long as they took, so that however many look, no page takes
// more than a part in reuseTimes of a processor, and never longer than
// reuseMost. Quick ones are always counted anew, and so is everything after
// somebody changed anything. Each number keeps its recipe, which says as of when.
const (
	reuseTimes = 20
	reuseMost  = 30 * time.Second
	reuseFrom  = 250 * time.Millisecond
	reuseKept  = 64

	// What was changed comes into the index a little later: what is counted
	// until then is not remembered.
	editSettles = 5 * time.Second
)

// edits are what people changed so far.
type edits struct{ count, last atomic.Int64 }

// add notes one that begins or ends now.
func (e *edits) add() {
	e.last.Store(time.Now().UnixNano())
	e.count.Add(1)
}

// settled reports whether the last one was some time before an instant.
func (e *edits) settled(at time.Time) bool {
	last := e.last.Load()
	return last == 0 || at.Sub(time.Unix(0, last)) >= editSettles
}

// A memory remembers what was worked out for a page. What it gives is shared
// and not to be changed.
type memory[T any] struct {
	mu      sync.Mutex
	entries map[string]remembered[T]
}

type remembered[T any] struct {
	value   T
	at      time.Time
	took    time.Duration
	changes int64 // what people had changed when it was begun
}

func (m *remembered[T]) good(changes int64, now time.Time) bool {
	return m.changes == changes && now.Sub(m.at) < min(reuseTimes*m.took, reuseMost)
}

// recall gives what is remembered of a key, and of when it is; else it is made
// and remembered, unless it says that it is not whole.
func (m *memory[T]) recall(key string, changed *edits, work func() (value T, whole bool)) (value T, at time.Time) {
	began, changes := time.Now(), changed.count.Load()
	m.mu.Lock()
	known, ok := m.entries[key]
	m.mu.Unlock()
	if ok && known.good(changes, began) {
		return known.value, known.at
	}
	value, whole := work()
	took := time.Since(began)
	if !whole || took < reuseFrom || !changed.settled(began) {
		return value, began
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries == nil {
		m.entries = map[string]remembered[T]{}
	}
	for k, e := range m.entries {
		if len(m.entries) >= reuseKept || !e.good(changes, began) {
			delete(m.entries, k)
		}
	}
	m.entries[key] = remembered[T]{value, began, took, changes}
	return value, began
}

// viewKey tells pages of who asks apart: by who they are, by what they may see
// and do, and by the address.
func viewKey(ctx context.Context, s *scope) string {
	who := actorOf(ctx)
	within := ""
	if who.scope != nil {
		within = who.scope.Canonical()
	}
	return strings.Join([]string{who.name, string(who.role), within, s.Action, s.note, s.params.Encode()}, "\x00")
}
