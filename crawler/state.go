package crawler

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"earshot/mention"
)

// A pass is one Collect: the state it began with, and the one it will leave.
type pass struct {
	src   mention.Source
	o     *Options
	now   time.Time
	state mention.SourceState
	emit  func(mention.Batch) error
	odd   string // what the pass itself found odd, in words
}

// begin starts a pass.
func begin(src mention.Source, o *Options, state mention.SourceState, emit func(mention.Batch) error) *pass {
	p := &pass{src: src, o: o, now: o.Now().UTC(), state: state, emit: emit}
	p.state.Source = src.ID
	return p
}

// held reports, as an error, a source whose host asked for rest in an earlier
// process; the host is told to this process too.
func (p *pass) held() error {
	if !p.state.NotBefore.After(p.now) {
		return nil
	}
	p.o.Hosts.Hold(p.src.URL, p.state.NotBefore)
	return &FetchError{URL: p.src.URL, Class: ClassHeld, RetryAfter: p.state.NotBefore.Sub(p.now)}
}

// done ends a pass that went well: the last batch carries the state.
func (p *pass) done(b mention.Batch, next time.Time, fresh int) error {
	s := &p.state
	s.LastTry, s.LastOK, s.Next, s.NotBefore = p.now, p.now, next, time.Time{}
	s.Passes++
	s.Failures, s.Error, s.ErrorClass = 0, "", ""
	p.notice(fresh)
	if fresh > 0 {
		s.LastNew = p.now
	}
	s.Items += int64(fresh)
	b.Source, b.State = p.src.ID, s
	return p.emit(b)
}

const (
	silentTimes = 20 // the usual gap, after which a source has fallen silent
	silentLeast = 24 * time.Hour
	floodTimes  = 20 // the usual pace
	floodLeast  = 50 // mentions of one pass
)

// notice says what is odd about a source that answers: that it has fallen
// silent, or brings far more than it used to. What it said stays until the
// next pass with something new.
func (p *pass) notice(fresh int) {
	s := &p.state
	since := p.now.Sub(s.LastNew)
	switch {
	case s.LastNew.IsZero(): // the first mentions are the past
	case fresh > 0:
		s.Notice = p.odd
		gap := max(since/time.Duration(fresh), time.Second)
		if usual := s.Usual.Std(); usual == 0 {
			s.Usual = mention.Duration(gap)
		} else {
			if s.Notice == "" && fresh >= floodLeast && gap < usual/floodTimes {
				s.Notice = fmt.Sprintf("a flood: %d new mentions in %s; it used to bring one about every %s", fresh, since.Round(time.Minute), usual.Round(time.Minute))
			}
			s.Usual = mention.Duration(usual/5*4 + gap/5)
		}
	case s.Usual > 0 && since > max(silentTimes*s.Usual.Std(), silentLeast):
		s.Notice = fmt.Sprintf("silent: nothing new since %s; it used to bring something about every %s", s.LastNew.Format("2006-01-02 15:04"), s.Usual.Std().Round(time.Minute))
	}
}

// partly ends a pass that went well but for something that a person must see.
func (p *pass) partly(next time.Time, fresh int, fe *FetchError) error {
	s := &p.state
	s.LastTry, s.LastOK, s.Next, s.NotBefore = p.now, p.now, next, time.Time{}
	s.Passes++
	s.Failures, s.Error, s.ErrorClass = 0, fe.Message(), fe.Class
	if fresh > 0 {
		s.LastNew = p.now
	}
	return p.emit(mention.Batch{Source: p.src.ID, State: s})
}

// failed ends a pass with the error at the source, in words. An error that is
// not about the source (the context's, or emit's) is given back untouched.
func (p *pass) failed(ctx context.Context, err error) error {
	fe, ok := err.(*FetchError) //nolint:errorlint // only our own, not one that emit wrapped
	if !ok || interrupted(ctx) {
		return err
	}
	s := &p.state
	switch {
	case !fe.Asked():
		// Nothing was learned about the source.
		s.Next = p.now.Add(fe.RetryAfter)
		if fe.Class == ClassBusy {
			s.Next = p.now.Add(5 * time.Second)
		} else {
			s.NotBefore = later(s.NotBefore, s.Next)
			s.Error, s.ErrorClass = fe.Message(), fe.Class
		}
	default:
		s.LastTry = p.now
		s.Passes++
		s.Failures++
		s.Error, s.ErrorClass = fe.Message(), fe.Class
		s.Next = p.now.Add(backOff(s.Failures, p.src.Every.Std(), fe))
		if rest := p.rest(fe); rest > 0 {
			s.NotBefore = p.now.Add(rest)
			s.Next = later(s.Next, s.NotBefore)
		}
	}
	p.o.Log.Debug("pass failed", "class", fe.Class, "err", err)
	if err := p.emit(mention.Batch{Source: p.src.ID, State: s}); err != nil {
		return err
	}
	return fe
}

// rest is how long the source's host is to be left alone.
func (p *pass) rest(fe *FetchError) time.Duration {
	if fe.Status != 429 && fe.Status != 503 {
		return 0
	}
	if fe.RetryAfter > 0 {
		return fe.RetryAfter
	}
	return min(defaultRest<<min(p.state.Failures-1, 10), maxDefaultRest)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// remember puts what a kind of source keeps between passes into the state.
func (p *pass) remember(v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	p.state.Cursor = data
	return nil
}

// recall reads it back; a cursor of another time or kind is none.
func recall[T any](cursor []byte) T {
	var v T
	if len(cursor) > 0 && json.Unmarshal(cursor, &v) != nil {
		var none T
		return none
	}
	return v
}
