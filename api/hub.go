package api

import (
	"sync"
	"sync/atomic"

	"earshot/mention"
)

// hubBuffer is how many events a client may be behind before it is dropped;
// it comes back with Last-Event-ID and reads on from the change feed.
const hubBuffer = 256

// A Hub hands what happens to the event streams. The daemon calls
// [Hub.Change], [Hub.Incident] and [Hub.Edited]; none ever blocks. The zero value is
// ready.
type Hub struct {
	edits atomic.Pointer[edits] // of the API that it is given to

	mu   sync.Mutex
	subs map[*subscriber]struct{}
	done bool
}

type event struct {
	change   *mention.Change
	incident *mention.Incident
}

type subscriber struct {
	events chan event // closed when the client is dropped or the hub is
	gone   bool       // guarded by Hub.mu
}

// Change tells of an entry of the analyzed log, in the log's order, once it can
// be found.
func (h *Hub) Change(c mention.Change) {
	if c.Kind == mention.ChangeCurated || c.Kind == mention.ChangeErased {
		h.Edited()
	}
	h.publish(event{change: &c})
}

// Edited tells that what figures rest on was changed otherwise than by the API,
// and is in force: no figure that was counted before is shown again.
func (h *Hub) Edited() {
	if e := h.edits.Load(); e != nil {
		e.count.Add(1)
	}
}

// Incident tells of an incident that was opened, changed or closed.
func (h *Hub) Incident(i mention.Incident) { h.publish(event{incident: &i}) }

// Close ends every stream, so that the server can shut down; later clients
// are turned away.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.done = true
	for s := range h.subs {
		h.drop(s)
	}
}

func (h *Hub) publish(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.subs {
		select {
		case s.events <- e:
		default:
			h.drop(s)
		}
	}
}

// drop is called with h.mu held.
func (h *Hub) drop(s *subscriber) {
	if !s.gone {
		s.gone = true
		delete(h.subs, s)
		close(s.events)
	}
}

// subscribe gives a subscriber and the function that ends it, or false when
// the hub is closed or has limit subscribers already.
func (h *Hub) subscribe(limit int) (*subscriber, func(), bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.done || len(h.subs) >= limit {
		return nil, nil, false
	}
	if h.subs == nil {
		h.subs = map[*subscriber]struct{}{}
	}
	s := &subscriber{events: make(chan event, hubBuffer)}
	h.subs[s] = struct{}{}
	return s, func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.drop(s)
	}, true
}
