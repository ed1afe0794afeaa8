package egress

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"runtime"
	"strconv"
	"sync"
)

// ErrNoWayOut is what a [Door] says that leads nowhere.
var ErrNoWayOut = errors.New("egress: no way out was opened")

// A Door is the way out for a library that takes no client and uses
// [http.DefaultTransport]: the program puts one there as it starts. It leads
// nowhere but for those whom [Door.Through] lets through, each by a way of
// their own.
type Door struct {
	mu   sync.Mutex
	open map[uint64]*passage // by goroutine
}

// An Answer is what became of a request that went through a [Door].
type Answer struct {
	Status     int    // 0 when there was none
	RetryAfter string // the header
	Err        error
}

// A passage is the way out of one goroutine. Only that goroutine uses it.
type passage struct {
	ctx     context.Context
	out     http.RoundTripper
	answers []Answer
}

// maxAnswers bounds what is kept of one passage.
const maxAnswers = 100

// Through runs do, and lets what the same goroutine asks meanwhile out by a
// transport of the caller's, until ctx ends. It tells what was answered: a
// library that says only in words what went wrong, or not at all, can be
// checked that way. Many may go through at once; they do not wait for each
// other. What do starts in other goroutines finds no way out.
func (d *Door) Through(ctx context.Context, out http.RoundTripper, do func()) []Answer {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p, id := &passage{ctx: ctx, out: out}, goroutine()
	if id == 0 {
		return []Answer{{Err: ErrNoWayOut}}
	}
	d.mu.Lock()
	if d.open == nil {
		d.open = map[uint64]*passage{}
	}
	before := d.open[id]
	d.open[id] = p
	d.mu.Unlock()
	defer func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if delete(d.open, id); before != nil {
			d.open[id] = before
		}
	}()
	do()
	return p.answers
}

// RoundTrip implements http.RoundTripper.
func (d *Door) RoundTrip(req *http.Request) (*http.Response, error) {
	d.mu.Lock()
	p := d.open[goroutine()]
	d.mu.Unlock()
	if p == nil {
		return nil, ErrNoWayOut
	}
	// The library's requests know nothing of when we stop to wait.
	ctx, cancel := context.WithCancelCause(req.Context())
	context.AfterFunc(p.ctx, func() { cancel(context.Cause(p.ctx)) }) //nolint:contextcheck // either ends it
	resp, err := p.out.RoundTrip(req.WithContext(ctx))
	a := Answer{Err: err}
	if resp != nil {
		a.Status, a.RetryAfter = resp.StatusCode, resp.Header.Get("Retry-After")
	}
	if len(p.answers) < maxAnswers {
		p.answers = append(p.answers, a)
	}
	return resp, err
}

// goroutine is the number of the goroutine that calls it, or 0. The library
// gives its requests no context by which to know whose they are; but it makes
// them where it is called. Were the number not to be read one day, the door
// would lead nowhere.
func goroutine() uint64 {
	var buf [64]byte
	text, _ := bytes.CutPrefix(buf[:runtime.Stack(buf[:], false)], []byte("goroutine "))
	digits, _, _ := bytes.Cut(text, []byte(" "))
	id, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil {
		return 0
	}
	return id
}
