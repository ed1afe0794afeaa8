package daemon

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/alerts"
	"earshot/internal/ledger"
	"earshot/mention"
)

// A post office is a dispatcher with a clock and a receiver of its own.
type postOffice struct {
	t    *testing.T
	d    *dispatcher
	at   time.Time
	next time.Time // the run that was queued last
	said string    // of the receiver
	dead []string

	mu     sync.Mutex
	answer error
	refuse func(id string) error // nil means answer
	got    []string
	tries  int
}

func (p *postOffice) Notify(_ context.Context, d mention.Delivery) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.tries++
	err := p.answer
	if p.refuse != nil {
		err = p.refuse(d.ID)
	}
	if err == nil {
		p.got = append(p.got, d.ID)
	}
	return err
}

func newPostOffice(t *testing.T) *postOffice {
	t.Helper()
	led, err := ledger.Open(t.Context(), ledger.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { led.Close() })
	p := &postOffice{t: t, at: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	p.d = &dispatcher{
		ledger: led, log: slog.New(slog.DiscardHandler), now: func() time.Time { return p.at }, tried: func(string) {},
		again: func(_ string, at time.Time) { p.next = at },
		dead: func(_ context.Context, d mention.Delivery) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.dead = append(p.dead, d.ID)
			return nil
		},
		told: func(_ string, err error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.said = ""; err != nil {
				p.said = err.Error()
			}
		},
	}
	p.d.set(map[string]outlet{fireHook: {receiver: alerts.Receiver{ID: fireHook}, notifier: p, parallel: 8}})
	return p
}

// put accepts notices from one number to another, of three incidents.
func (p *postOffice) put(from, to int) {
	p.t.Helper()
	var c ledger.AlertCommit
	for n := from; n < to; n++ {
		row := fireAlert(n, 3)
		row.Created, row.Next = p.at, p.at
		c.Deliveries = append(c.Deliveries, row)
	}
	if err := p.d.ledger.CommitAlerts(p.t.Context(), c); err != nil {
		p.t.Fatal(err)
	}
}

// run drains once and tells how many tries it made.
func (p *postOffice) run() int {
	p.t.Helper()
	was := p.tries
	p.next = time.Time{}
	if err := p.d.run(p.t.Context(), fireHook); err != nil {
		p.t.Fatal(err)
	}
	return p.tries - was
}

// pass lets time go by up to the next run, and makes it, until a time is over.
func (p *postOffice) pass(d time.Duration) {
	p.t.Helper()
	for end := p.at.Add(d); ; {
		p.run()
		if p.next.IsZero() || p.next.After(end) {
			p.at = end
			return
		}
		p.at = p.next
	}
}

// hours lets time go by in steps of an hour, as if the queue were that slow.
func (p *postOffice) hours(n int) {
	p.t.Helper()
	for range n {
		p.run()
		p.at = p.at.Add(time.Hour)
	}
}

// inOrder checks that every notice came once, those of an incident in order.
func (p *postOffice) inOrder(n int) {
	p.t.Helper()
	last := map[int]int{}
	seen := map[string]bool{}
	for _, id := range p.got {
		var i int
		if _, err := fmt.Sscanf(id, "ntc_%d", &i); err != nil {
			p.t.Fatal(err)
		}
		if before, ok := last[i%3]; ok && before > i {
			p.t.Errorf("notice %d came after %d of the same incident", i, before)
		}
		if seen[id] {
			p.t.Errorf("%s came twice", id)
		}
		last[i%3], seen[id] = i, true
	}
	if len(seen) != n {
		p.t.Errorf("%d notices came, want %d", len(seen), n)
	}
}

var errDown = &alerts.NotifyError{Status: http.StatusServiceUnavailable, Err: errors.New("it answered 503")}

func TestReceiverDownForADay(t *testing.T) {
	p := newPostOffice(t)
	p.answer = errDown
	p.put(0, 60)
	p.pass(15 * time.Minute)
	if !strings.Contains(p.said, "failing since 2026-03-02 10:00") || !strings.Contains(p.said, "503") {
		t.Errorf("of the receiver is said %q", p.said)
	}
	before := p.tries
	for hour := range 2 {
		p.put(60+2*hour, 62+2*hour)
		p.pass(time.Hour)
	}
	// A probe a minute, and none beside it.
	if n := p.tries - before; n < 2*55 || n > 2*61 {
		t.Errorf("%d tries in two hours of failing, want one a minute", n)
	}
	p.hours(22)
	p.mu.Lock()
	p.answer = nil
	p.mu.Unlock()
	p.pass(time.Minute)
	p.inOrder(64)
	if p.said != "" || len(p.dead) > 0 {
		t.Errorf("after recovery is said %q, %d given up", p.said, len(p.dead))
	}
}

func TestOneRefusedNoticeHoldsUpNoOther(t *testing.T) {
	p := newPostOffice(t)
	p.refuse = func(id string) error {
		if id == "ntc_000000" {
			return errDown
		}
		return nil
	}
	p.put(0, 1)
	p.pass(20 * time.Minute) // its tries alone open the breaker
	if p.said == "" {
		t.Error("nothing is said of a receiver that took nothing for 20 minutes")
	}
	p.put(1, 3) // of other incidents
	p.pass(maxProbe)
	if len(p.got) != 2 || p.said != "" {
		t.Errorf("came %q, said %q, want both others and nothing said", p.got, p.said)
	}
}

func TestWhatFailsForThreeDaysIsGivenUp(t *testing.T) {
	p := newPostOffice(t)
	p.answer = errDown
	p.put(0, 9)
	p.pass(20 * time.Minute)
	p.hours(74)
	if len(p.dead) > 0 {
		t.Fatalf("%d given up within 75 hours", len(p.dead))
	}
	p.put(9, 12) // what is younger waits on
	p.hours(2)
	p.run()
	if len(p.dead) != 9 {
		t.Errorf("given up: %q, want the nine that are past their time", p.dead)
	}
	p.answer = nil
	p.pass(time.Minute)
	p.inOrder(3)
}

func TestRetryAfterPutsProbesOff(t *testing.T) {
	p := newPostOffice(t)
	p.answer = &alerts.NotifyError{Status: 429, RetryAfter: time.Hour, Err: errors.New("it answered 429")}
	p.put(0, 60)
	for range 20 {
		p.put(60, 80)
		p.run()
		p.at = p.at.Add(10 * time.Second)
	}
	p.pass(time.Minute)
	tried := p.tries
	if tried > 20 {
		t.Errorf("%d tries of a receiver that asked for an hour of peace", tried)
	}
	p.pass(30 * time.Minute)
	if p.tries != tried {
		t.Errorf("%d tries within the hour of what it was asked to wait with", p.tries-tried)
	}
	p.add(mention.Delivery{ID: "new", Type: alerts.TypeFiring})
	p.pass(maxPeace + time.Second)
	if p.tries != tried+1 {
		t.Errorf("%d tries of what is new in five minutes, want one", p.tries-tried)
	}
	p.answer = nil
	p.add(mention.Delivery{ID: "newer", Type: alerts.TypeFiring})
	p.pass(maxPeace + time.Second)
	if len(p.got) != 82 || p.got[0] != "newer" || p.said != "" {
		t.Errorf("%d came, first %q, said %q; want all once one was taken", len(p.got), p.got[:1], p.said)
	}
}

// add accepts a notice that is due now.
func (p *postOffice) add(row mention.Delivery) {
	p.t.Helper()
	row.Receiver, row.Created, row.Next = fireHook, p.at, p.at
	if err := p.d.ledger.AddDeliveries(p.t.Context(), []mention.Delivery{row}); err != nil {
		p.t.Fatal(err)
	}
}

func TestUrgentNoticesProbe(t *testing.T) {
	p := newPostOffice(t)
	p.answer = &alerts.NotifyError{Status: 429, RetryAfter: 24 * time.Hour, Err: errors.New("it answered 429")}
	p.put(0, 30)
	for i := range 10 {
		p.add(mention.Delivery{ID: fmt.Sprint("ntc_", 100+i), Incident: fmt.Sprint(i), Type: alerts.TypeFiring})
	}
	p.pass(10 * time.Minute)
	state := p.d.health(fireHook)
	if !state.Open || state.Until.Sub(state.Tried) > maxPeace {
		t.Fatalf("state %+v, want it open for five minutes at most", state)
	}
	tried := p.tries
	p.add(mention.Delivery{ID: "crisis", Type: alerts.TypeFiring, Payload: []byte(`{"data":{"rule":{"severity":"crisis"}}}`)})
	if p.run() != 1 {
		t.Error("a crisis that is new does not try at once")
	}
	p.pass(time.Hour)
	if n := p.tries - tried; n < 11 || n > 14 {
		t.Errorf("%d tries of a crisis in an hour, want one every five minutes", n)
	}
	p.answer = nil
	p.add(mention.Delivery{ID: "safety", Type: alerts.TypeSafety})
	p.at = p.at.Add(firstProbe)
	p.run()
	if len(p.got) != 42 || p.got[0] != "safety" {
		t.Errorf("%d came, first %q; want all behind the notice of safety", len(p.got), p.got[:1])
	}
}

func TestSafetyIsPassedOnWhenAReceiverFailsForLong(t *testing.T) {
	p := newPostOffice(t)
	first := mention.Delivery{ID: alerts.SafetyNotice("m1", fireHook), Mention: "m1", Type: alerts.TypeSafety}
	other := mention.Delivery{ID: "ntc_other", Mention: "m2", Type: alerts.TypeSafety} // takes the place of another
	var passed []mention.Delivery
	p.d.dead = func(_ context.Context, d mention.Delivery) error {
		passed = append(passed, d)
		return nil
	}
	p.answer = errDown
	p.put(0, 30)
	p.pass(4 * time.Minute)
	p.add(first)
	p.add(other)
	p.pass(30 * time.Second)
	if len(passed) > 0 {
		t.Error("passed on before five minutes were over")
	}
	p.pass(10 * time.Minute)
	if len(passed) != 1 || passed[0].ID != first.ID || passed[0].State != mention.DeliveryDead || !strings.Contains(passed[0].Error, "503") {
		t.Errorf("passed on: %+v, want the first hand's once, and why", passed)
	}
	p.answer = nil
	p.pass(5 * time.Minute)
	if len(p.got) != 32 {
		t.Errorf("%d came after recovery, want all, that of safety too", len(p.got))
	}
}

func TestABacklogGoesWhereTheReceiverIsNow(t *testing.T) {
	p, other := newPostOffice(t), &postOffice{}
	p.d.told = func(string, error) {}
	p.refuse = func(string) error {
		p.d.set(map[string]outlet{fireHook: {receiver: alerts.Receiver{ID: fireHook, URL: "https://other.example/"}, notifier: other}})
		return nil
	}
	p.d.set(map[string]outlet{fireHook: {receiver: alerts.Receiver{ID: fireHook}, notifier: p}})
	p.put(0, 200)
	p.run()
	if len(p.got) != 1 || len(other.got) != 199 {
		t.Errorf("%d came to the old address, %d to the new", len(p.got), len(other.got))
	}
	other.refuse = func(string) error { p.d.set(nil); return nil }
	p.put(200, 400)
	p.run()
	if len(other.got) != 200 {
		t.Errorf("%d came after the receiver was removed", len(other.got)-200)
	}
}

func TestARunEndsBeforeItsTimeIsOver(t *testing.T) {
	p := newPostOffice(t)
	p.put(0, 10)
	ctx, cancel := context.WithTimeout(t.Context(), endMargin-time.Second)
	defer cancel()
	if err := p.d.run(ctx, fireHook); err != nil || p.tries != 0 || !p.next.Equal(p.at) {
		t.Errorf("run = %v, %d tries, again %s; want the rest left to another run at once", err, p.tries, p.next)
	}
}

func TestGoneReceiverIsSwitchedOff(t *testing.T) {
	p := newPostOffice(t)
	p.answer = &alerts.NotifyError{Status: http.StatusGone, Permanent: true, Err: errors.New("it answered 410: it does not want notices any more")}
	p.put(0, 30)
	p.run()
	if p.tries > 8 || len(p.dead) != 30 || !strings.Contains(p.said, "410") {
		t.Errorf("%d tries, %d given up, said %q; want a few, all, and why", p.tries, len(p.dead), p.said)
	}
	p.put(30, 31)
	if n := p.run(); n != 0 || len(p.dead) != 31 {
		t.Errorf("%d tries of a receiver that is switched off, %d given up", n, len(p.dead))
	}
	p.answer = nil
	p.d.retry(fireHook) // a person sends one again
	p.put(31, 32)
	if n := p.run(); n != 1 || p.said != "" {
		t.Errorf("%d tries after a person asked, said %q", n, p.said)
	}
}

func TestAChangedReceiverBeginsAnew(t *testing.T) {
	p := newPostOffice(t)
	p.answer = errDown
	p.put(0, 60)
	p.pass(10 * time.Minute)
	p.answer = nil
	p.d.set(map[string]outlet{fireHook: {receiver: alerts.Receiver{ID: fireHook, URL: "https://other.example/"}, notifier: p, parallel: 8}})
	if p.said != "" {
		t.Errorf("of a changed receiver is said %q", p.said)
	}
	p.put(60, 63)
	p.run()
	if state := p.d.health(fireHook); state.Open || len(p.got) == 0 {
		t.Errorf("state %+v, %d came", state, len(p.got))
	}
	p.d.set(nil)
	if list := p.d.receivers(); len(list) != 0 {
		t.Errorf("receivers %q after all were removed", list)
	}
}

// mailer is a post office that sends letters.
type mailer struct{ *postOffice }

func (m mailer) Mail(ctx context.Context, d mention.Delivery, _ *alerts.Letter) error {
	return m.Notify(ctx, d)
}

func TestALetterThatCannotBeWrittenIsNoFaultOfTheReceiver(t *testing.T) {
	p := newPostOffice(t)
	p.d.set(map[string]outlet{fireHook: {receiver: alerts.Receiver{ID: fireHook}, notifier: mailer{p}, parallel: 1}})
	busy := errors.New("ledger is busy")
	p.d.letter = func(_ context.Context, row *mention.Delivery) (*alerts.Letter, error) {
		switch row.ID {
		case "lost":
			return nil, &letterError{errors.New("it was deleted")}
		case "later":
			return nil, busy
		}
		return &alerts.Letter{}, nil
	}
	put := func(id string) {
		t.Helper()
		row := mention.Delivery{ID: id, Receiver: fireHook, Type: alerts.TypeReport, Created: p.at, Payload: []byte("{}")}
		if err := p.d.ledger.AddDeliveries(t.Context(), []mention.Delivery{row}); err != nil {
			t.Fatal(err)
		}
	}
	put("lost")
	put("well")
	p.run()
	row, err := p.d.ledger.Delivery(t.Context(), "lost")
	if err != nil || row.State != mention.DeliveryDead || !strings.Contains(row.Error, "it was deleted") {
		t.Errorf("a notice of a report that is gone: %+v, %v", row, err)
	}
	if len(p.got) != 1 || p.d.health(fireHook).Failures != 0 {
		t.Errorf("came %q, %d failures are held against the receiver", p.got, p.d.health(fireHook).Failures)
	}
	put("later")
	if err := p.d.run(t.Context(), fireHook); !errors.Is(err, busy) {
		t.Errorf("run = %v, want the ledger's error", err)
	}
	row, err = p.d.ledger.Delivery(t.Context(), "later")
	if err != nil || row.Attempts != 0 || row.State == mention.DeliveryDead || p.d.health(fireHook).Failures != 0 {
		t.Errorf("a notice whose report could not be read: %+v, %v", row, err)
	}
}
