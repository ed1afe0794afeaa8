package daemon

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/mention"
)

// When the daemon is no longer what it should be.
const (
	maxOverdue  = 10 * time.Minute // a pass or a delivery that nobody makes
	maxStanding = 5 * time.Minute  // a stage that has work and gets nowhere
	maxPaused   = 5 * time.Minute  // a receiver that takes nothing though something waits
	beatAgain   = 15 * time.Second // after a beat that was not taken, or was not sent
)

// pulses are the heartbeats, and what became of them.
type pulses struct {
	mu    sync.Mutex
	beats map[string]*beating
}

// A beating is one heartbeat.
type beating struct {
	receiver  alerts.Receiver
	heartbeat *alerts.Heartbeat // nil when it could not be made
	next      time.Time
	last      time.Time // taken
	since     time.Time // it fails
	err       error
	busy      bool
}

// set puts heartbeats in force, makes again those that could not be made, and tells of those that are no more.
func (p *pulses) set(list []alerts.Receiver, open func(alerts.Receiver) (*alerts.Heartbeat, error)) (removed []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	beats := map[string]*beating{}
	for i := range list {
		id := list[i].ID
		if old := p.beats[id]; old != nil && old.heartbeat != nil && reflect.DeepEqual(old.receiver, list[i]) {
			beats[id] = old
			continue
		}
		b := &beating{receiver: list[i]}
		b.heartbeat, b.err = open(list[i])
		beats[id] = b
	}
	for id := range p.beats {
		if beats[id] == nil {
			removed = append(removed, id)
		}
	}
	p.beats = beats
	return removed
}

// due takes those whose time has come.
func (p *pulses) due(at time.Time) []*beating {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []*beating
	for _, b := range p.beats {
		if b.heartbeat != nil && !b.busy && !at.Before(b.next) {
			b.busy = true
			list = append(list, b)
		}
	}
	return list
}

// done notes what became of a beat, and says whether that is news.
func (p *pulses) done(b *beating, at time.Time, err error) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	news := (err == nil) != (b.err == nil)
	every := b.heartbeat.Every()
	b.busy, b.err, b.next = false, err, at.Add(every)
	switch {
	case err == nil:
		b.last, b.since = at, time.Time{}
	case b.since.IsZero():
		b.since = at
		fallthrough
	default:
		b.next = at.Add(min(every, beatAgain))
	}
	return news
}

// tell says how a heartbeat does.
func (p *pulses) tell(info *api.ReceiverInfo) {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.beats[info.ID]
	if b == nil {
		return
	}
	info.LastSent, info.NextTry = b.last, b.next
	if b.err != nil {
		info.State, info.Since, info.Error = api.ReceiverFailing, b.since, alerts.Told(b.err)
	}
}

// up tells for each heartbeat whether it beats.
func (p *pulses) up() map[string]float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	up := map[string]float64{}
	for id, b := range p.beats {
		if up[id] = 1; b.err != nil || b.last.IsZero() {
			up[id] = 0
		}
	}
	return up
}

// beat tells the watchmen that all is well, as long as it is.
func (d *Daemon) beat(ctx context.Context) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	h := &health{began: now()}
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		removed := d.pulses.set(d.cfg.Load().Heartbeats(), func(r alerts.Receiver) (*alerts.Heartbeat, error) {
			b, err := alerts.NewHeartbeat(r, d.fetch.Load().egress, d.log)
			d.fault("receiver "+r.ID, err)
			return b, err
		})
		for _, id := range removed {
			d.fault("receiver "+id, nil)
		}
		due := d.pulses.due(now())
		if len(due) == 0 {
			continue
		}
		ill := d.ill(ctx, h)
		for _, b := range due {
			wg.Go(func() { d.beatOnce(ctx, b, ill) })
		}
	}
}

func (d *Daemon) beatOnce(ctx context.Context, b *beating, ill []string) {
	var err error
	if len(ill) > 0 {
		err = fmt.Errorf("no beat, because not all is well: %s", strings.Join(ill, "; "))
	} else if err = b.heartbeat.Beat(ctx, now()); ctx.Err() != nil {
		return
	}
	if !d.pulses.done(b, now(), err) {
		return
	}
	d.fault("receiver "+b.receiver.ID, err)
	if err != nil {
		d.log.Warn("heartbeat fails", "receiver", b.receiver.ID, "err", err)
	}
}

// health is what is remembered between two looks at the daemon itself.
type health struct {
	began time.Time
	moved map[string]time.Time // when each consumer last got on
	at    map[string]int64     // where it was then
}

// standing reports whether a consumer has work and has not got on for long.
func (h *health) standing(consumer string, at time.Time, offset, last int64) bool {
	if h.moved == nil {
		h.moved, h.at = map[string]time.Time{}, map[string]int64{}
	}
	if was, ok := h.at[consumer]; !ok || offset != was || offset >= last {
		h.at[consumer], h.moved[consumer] = offset, at
	}
	return at.Sub(h.moved[consumer]) > maxStanding
}

// ill says what is wrong: whether it collects, analyses and delivers.
func (d *Daemon) ill(ctx context.Context, h *health) []string {
	at := now()
	var reasons []string
	for _, look := range []func(context.Context, *health, time.Time) (string, error){d.illStages, d.illCollecting, d.illDelivering} {
		reason, err := look(ctx, h, at)
		if err != nil {
			reason = err.Error()
		}
		if reason != "" {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

func (d *Daemon) illStages(ctx context.Context, h *health, at time.Time) (string, error) {
	d.status.mu.Lock()
	for _, stage := range []string{"understand", "alerts"} {
		if text, ok := d.status.faults[stage]; ok {
			d.status.mu.Unlock()
			return stage + ": " + text, nil
		}
	}
	d.status.mu.Unlock()
	mentions, analyzed, err := d.store.Ledger.LastSeq(ctx)
	understood, err2 := d.store.Ledger.Offset(ctx, "understand")
	switch {
	case errors.Join(err, err2) != nil:
		return "", errors.Join(err, err2)
	case h.standing("understand", at, understood, mentions):
		return fmt.Sprintf("analysis stands still, %d entries behind", mentions-understood), nil
	case h.standing("alerts", at, d.alerting.judged.Load(), analyzed):
		return fmt.Sprintf("alerts stand still, %d entries behind", analyzed-d.alerting.judged.Load()), nil
	}
	return "", nil
}

// illCollecting: of the sources one at least answers, and is asked in time.
func (d *Daemon) illCollecting(ctx context.Context, h *health, at time.Time) (string, error) {
	states, err := d.store.Ledger.SourceStates(ctx)
	if err != nil {
		return "", err
	}
	known := map[string]*mention.SourceState{}
	for i := range states {
		known[states[i].Source] = &states[i]
	}
	failing, overdue, all := 0, 0, 0
	sources := d.cfg.Load().Sources
	for i := range sources {
		if sources[i].Paused {
			continue
		}
		all++
		switch s := known[sources[i].ID]; {
		case s == nil && at.Sub(h.began) < maxOverdue:
		case s == nil, at.Sub(later(later(s.Next, s.NotBefore), h.began)) > maxOverdue:
			overdue++
		case s.Error != "":
			failing++
		}
	}
	if all > 0 && failing+overdue == all {
		return fmt.Sprintf("nothing is collected: of %d sources %d fail and %d are not asked in time", all, failing, overdue), nil
	}
	return "", nil
}

// illDelivering: what is due goes out.
func (d *Daemon) illDelivering(ctx context.Context, h *health, at time.Time) (string, error) {
	waiting, err := d.store.Ledger.Waiting(ctx)
	if err != nil {
		return "", err
	}
	for _, w := range waiting {
		if l, _ := d.dispatch.lane(w.Receiver); l == nil {
			continue // gone from the configuration: told elsewhere
		}
		if s := d.dispatch.health(w.Receiver); s.Open {
			if at.Sub(s.Since) > maxPaused {
				return fmt.Sprintf("%d notices wait for %s: %s", w.Count, w.Receiver, alerts.Told(s.Last)), nil
			}
			continue
		}
		next, err := d.store.Ledger.NextDelivery(ctx, w.Receiver)
		if err != nil {
			return "", err
		}
		if !next.IsZero() && at.Sub(later(next, h.began)) > maxOverdue {
			return fmt.Sprintf("%d notices wait for %s and nobody delivers them", w.Count, w.Receiver), nil
		}
	}
	return "", nil
}
