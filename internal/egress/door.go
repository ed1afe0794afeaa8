package egress

import (
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
)

// ErrNoWayOut is what a [Door] says that leads nowhere.
var ErrNoWayOut = errors.New("egress: no way out was opened")

// A Door is the way out for a library that takes no client and uses
// [http.DefaultTransport]: the program puts one there as it starts. It leads
// nowhere until [Door.Use]; from then on everything that goes through is
// guarded and limited as by a client of ours.
type Door struct {
	way atomic.Pointer[way]

	alone   sync.Mutex // held by who watches
	mu      sync.Mutex
	watched bool
	answers []Answer
}

// An Answer is what became of a request that went through a [Door].
type Answer struct {
	Status     int    // 0 when there was none
	RetryAfter string // the header
	Err        error
}

type way struct {
	of  *Egress
	out http.RoundTripper
}

// Use lets the door lead out by e, with the limits of o.
func (d *Door) Use(e *Egress, o ClientOptions) { d.way.Store(&way{e, e.Transport(o)}) }

// RoundTrip implements http.RoundTripper.
func (d *Door) RoundTrip(req *http.Request) (*http.Response, error) {
	w := d.way.Load()
	if w == nil {
		d.note(nil, ErrNoWayOut)
		return nil, ErrNoWayOut
	}
	resp, err := w.out.RoundTrip(req)
	d.note(resp, err)
	return resp, err
}

func (d *Door) note(resp *http.Response, err error) {
	a := Answer{Err: err}
	if resp != nil {
		a.Status, a.RetryAfter = resp.StatusCode, resp.Header.Get("Retry-After")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.watched && len(d.answers) < maxAnswers {
		d.answers = append(d.answers, a)
	}
}

// maxAnswers bounds what is kept of one watch.
const maxAnswers = 100

// Watch runs do and tells what was answered meanwhile. One is watched at a
// time: a library that says only in words what went wrong, or not at all, can
// be checked that way.
func (d *Door) Watch(do func()) []Answer {
	d.alone.Lock()
	defer d.alone.Unlock()
	d.mu.Lock()
	d.watched, d.answers = true, nil
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.watched = false
	}()
	do()
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.answers
}

// CloseIdleConnections closes what is open and not in use, which a client does
// that is told so.
func (d *Door) CloseIdleConnections() {
	if w := d.way.Load(); w != nil {
		w.of.CloseIdle()
	}
}
