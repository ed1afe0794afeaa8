package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"earshot/mention"
)

// A Step is who is told when nobody has acknowledged an incident for a while.
type Step struct {
	After  mention.Duration `yaml:"after" json:"after"` // of un-acknowledged time since the incident fired
	Notify Words            `yaml:"notify" json:"notify"`
}

const (
	maxSteps = 10
	maxTerm  = 90 * 24 * time.Hour // of ack_within, respond_within and after
	// The part of respond_within at which the receivers are reminded.
	warnAt = 0.8
)

// clockFaults checks what a rule says of terms and escalation.
func (r *Rule) clockFaults() []error {
	var errs []error
	for _, d := range []struct {
		name  string
		value mention.Duration
	}{{"ack_within", r.AckWithin}, {"respond_within", r.RespondWithin}} {
		if d.value != 0 && (d.value.Std() < time.Minute || d.value.Std() > maxTerm) {
			errs = append(errs, fmt.Errorf("%s %s is not 1m to %s", d.name, d.value, mention.Duration(maxTerm)))
		}
	}
	if len(r.Escalate) > maxSteps {
		errs = append(errs, fmt.Errorf("escalate has %d steps; at most %d", len(r.Escalate), maxSteps))
	}
	for i := range r.Escalate {
		s := &r.Escalate[i]
		if s.After.Std() < time.Minute || s.After.Std() > maxTerm {
			errs = append(errs, fmt.Errorf("escalate[%d]: after %s is not 1m to %s", i, s.After, mention.Duration(maxTerm)))
		}
		if i > 0 && s.After <= r.Escalate[i-1].After {
			errs = append(errs, fmt.Errorf("escalate[%d]: after %s is not later than the step before", i, s.After))
		}
		if len(s.Notify) == 0 || len(s.Notify) > maxNotify {
			errs = append(errs, fmt.Errorf("escalate[%d]: notify names %d receivers, not 1 to %d", i, len(s.Notify), maxNotify))
		}
	}
	if r.Hours != nil {
		if _, err := r.Hours.compile(time.UTC); err != nil {
			errs = append(errs, fmt.Errorf("hours: %w", err))
		}
		if !r.timed() {
			errs = append(errs, errors.New("hours are read by ack_within, respond_within and escalate alone, and none is set"))
		}
	}
	return errs
}

// timed reports whether a clock runs for the rule's incidents.
func (r *Rule) timed() bool { return r.AckWithin > 0 || r.RespondWithin > 0 || len(r.Escalate) > 0 }

// A clock runs for an incident from when it fires, until it is acknowledged
// or over and, where the rule says how soon, answered. It may outlive the
// incident's group.
type clock struct {
	waiting
	rule *rule
	clockState
}

// clockState is the part of a clock that is kept.
type clockState struct {
	Rule     string           `json:"rule"`
	Incident mention.Incident `json:"incident"` // without its lists
	Subject  string           `json:"subject"`
	Route    []string         `json:"route,omitempty"`
	Item     *Item            `json:"item,omitempty"`  // safety: what it is about
	From     instant          `json:"from,omitempty"`  // nobody sees to it since; 0 while acknowledged
	Ran      int64            `json:"ran,omitempty"`   // milliseconds before that
	Until    instant          `json:"until,omitempty"` // the acknowledgement runs out
	Acked    instant          `json:"acked,omitempty"` // the last acknowledgement heard of
	Over     bool             `json:"over,omitempty"`  // nobody need acknowledge it
	Step     int              `json:"step,omitempty"`  // escalations done
	Late     bool             `json:"late,omitempty"`  // ack_within was told
	Warned   int              `json:"warned,omitempty"`
	Answered bool             `json:"answered,omitempty"`
	Told     int              `json:"told,omitempty"` // notices
}

// order implements sleeper.
func (c *clock) order() string { return c.Rule + "\x01" + c.Incident.ID }

// startClock begins to wait for people, when the rule asks for it. It sets the
// incident's terms.
func (e *Engine) startClock(r *rule, inc *mention.Incident, subject string, route []string, it *Item, at instant) {
	if !r.timed() {
		return
	}
	if r.AckWithin > 0 {
		inc.AckDue = r.hours.after(at, r.AckWithin.Std()).Time()
	}
	if r.RespondWithin > 0 {
		inc.RespondDue = r.hours.after(at, r.RespondWithin.Std()).Time()
	}
	c := &clock{rule: r, clockState: clockState{Rule: r.ID, Incident: *inc, Subject: subject, Route: route, Item: it, From: at}}
	c.Incident.Mentions, c.Incident.Stories, c.Incident.Terms, c.Incident.Notes = nil, nil, nil, nil
	e.clocks[inc.ID] = c
	e.rewind(c)
}

// acknowledgeable reports whether the clock waits for an acknowledgement.
func (c *clock) acknowledgeable() bool { return !c.Over && c.From > 0 }

// due is when something is next to be told, and never when nothing is.
func (c *clock) due() instant {
	due := never
	if !c.Over && c.From == 0 && c.Until > 0 {
		due = c.Until
	}
	if c.acknowledgeable() {
		ran := time.Duration(c.Ran) * time.Millisecond
		if c.rule.AckWithin > 0 && !c.Late {
			due = min(due, c.rule.hours.after(c.From, max(0, c.rule.AckWithin.Std()-ran)))
		}
		if c.Step < len(c.rule.Escalate) {
			due = min(due, c.rule.hours.after(c.From, max(0, c.rule.Escalate[c.Step].After.Std()-ran)))
		}
	}
	if c.rule.RespondWithin > 0 && !c.Answered && c.Warned < 2 {
		due = min(due, c.respondDue())
	}
	return due
}

// respondDue is when the next word about respond_within is due.
func (c *clock) respondDue() instant {
	within := c.rule.RespondWithin.Std()
	if c.Warned == 0 {
		within = time.Duration(warnAt * float64(within))
	}
	return c.rule.hours.after(instantOf(c.Incident.Fired), within)
}

// rewind sets when a clock is woken, and lets go of one that waits for nothing.
func (e *Engine) rewind(c *clock) {
	e.changed.clocks[c] = struct{}{}
	due := c.due()
	if due == never && (c.Over || !c.pausable()) {
		delete(e.clocks, c.Incident.ID)
		due = 0
	}
	if due == never {
		due = 0
	}
	e.schedule(c, due)
}

// pausable reports whether a flag taken back could make the clock run on.
func (c *clock) pausable() bool {
	return c.rule.AckWithin > 0 && !c.Late || c.Step < len(c.rule.Escalate)
}

// wake implements sleeper.
func (c *clock) wake(e *Engine, at instant) {
	hours := c.rule.hours
	if c.From == 0 && c.Until > 0 && c.Until <= at {
		c.From, c.Until = c.Until, 0
	}
	if c.acknowledgeable() {
		ran := time.Duration(c.Ran)*time.Millisecond + hours.between(c.From, at)
		if w := c.rule.AckWithin; w > 0 && !c.Late && ran >= w.Std() {
			c.Late = true
			e.tellClock(c, at, TypeDue, c.Route, "nobody has acknowledged it within "+w.String())
		}
		for c.Step < len(c.rule.Escalate) && ran >= c.rule.Escalate[c.Step].After.Std() {
			s := &c.rule.Escalate[c.Step]
			c.Step++
			e.escalated(c)
			e.tellClock(c, at, TypeEscalated, s.Notify, fmt.Sprintf("nobody has acknowledged it for %s (step %d of %d)", s.After, c.Step, len(c.rule.Escalate)))
		}
	}
	for c.rule.RespondWithin > 0 && !c.Answered && c.Warned < 2 && c.respondDue() <= at {
		c.Warned++
		why := "it is to be answered by " + c.Incident.RespondDue.In(e.options.Zone).Format("2006-01-02 15:04 MST")
		if c.Warned == 2 {
			why = fmt.Sprintf("it was not answered within %s", c.rule.RespondWithin)
		}
		e.tellClock(c, at, TypeDue, c.Route, why)
	}
	e.rewind(c)
}

// escalated notes on the incident how far up it went.
func (e *Engine) escalated(c *clock) {
	c.Incident.Escalated = c.Step
	if g := e.open[c.Incident.ID]; g != nil {
		g.Incident.Escalated = c.Step
		e.touch(g)
		e.out.incident(&g.Incident.Incident)
		return
	}
	if c.Incident.Kind == KindSafety {
		inc := c.Incident
		inc.Mentions, inc.Stories = []string{inc.Group}, []string{inc.Group}
		e.out.incident(&inc)
	}
}

// tellClock makes the notices of a clock.
func (e *Engine) tellClock(c *clock, at instant, typ string, to []string, why string) {
	c.Told++
	if g := e.open[c.Incident.ID]; g != nil {
		e.tell(g, at, typ, why+": "+g.Incident.Reason, to)
		e.out.incident(&g.Incident.Incident)
		return
	}
	inc := &incident{Incident: c.Incident, Subject: c.Subject, Notices: 1000 + c.Told, Ends: "a person answers it"}
	if c.Incident.Kind == KindSafety {
		inc.Ends = "a person acknowledges it"
	}
	if c.Item != nil {
		inc.Items = []Item{*c.Item}
	}
	e.tell(&group{rule: c.rule, groupState: groupState{Key: c.Incident.Group, Incident: inc}}, at, typ, why+": "+c.Incident.Reason, to)
}

// hear takes over what people did to the incident.
func (c *clock) hear(e *Engine, inc *mention.Incident) {
	c.Incident.Acked, c.Incident.AckedBy, c.Incident.AckExpires = inc.Acked, inc.AckedBy, inc.AckExpires
	c.Incident.Snoozed, c.Incident.Muted, c.Incident.Held = inc.Snoozed, inc.Muted, inc.Held
	c.Answered = !inc.Responded.IsZero()
	acked := instantOf(inc.Acked)
	switch {
	case acked > 0 && acked != c.Acked:
		if c.From > 0 {
			c.Ran += c.rule.hours.between(c.From, acked).Milliseconds()
		}
		c.Acked, c.From, c.Until = acked, 0, instantOf(inc.AckExpires)
		if c.Incident.Kind == KindSafety {
			c.Over = true
		}
	case acked == 0 && c.Acked > 0:
		c.Acked, c.Until, c.From = 0, 0, e.clock
	}
	e.rewind(c)
}

// over tells a clock that its incident has ended: it need not be acknowledged.
func (e *Engine) over(id string) {
	if c := e.clocks[id]; c != nil {
		c.Over = true
		e.rewind(c)
	}
}

// Waiting lists the incidents that people are waited for, so that what they
// did can be told with [Engine.SetFlags] after a start.
func (e *Engine) Waiting() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return sortedKeys(e.clocks)
}

func (e *Engine) restoreClock(key string, data []byte) error {
	c := &clock{}
	if err := json.Unmarshal(data, &c.clockState); err != nil {
		return err
	}
	if !e.adoptClock(c) {
		e.changed.gone[key] = struct{}{}
	}
	return nil
}

// adoptClock makes a clock go on under the rule as it is now.
func (e *Engine) adoptClock(c *clock) bool {
	if c.rule = e.byID[c.Rule]; c.rule == nil || !c.rule.timed() {
		return false
	}
	c.Step = min(c.Step, len(c.rule.Escalate))
	e.clocks[c.Incident.ID] = c
	due := c.due()
	if due == never {
		due = 0
	}
	e.schedule(c, due)
	return true
}

func (e *Engine) inheritClock(was *clock) {
	c := &clock{clockState: was.clockState}
	if !e.adoptClock(c) {
		e.changed.gone[partClock+was.Incident.ID] = struct{}{}
		return
	}
	e.changed.clocks[c] = struct{}{}
}

// noticeID is the id of the n-th notice of an incident to a receiver.
func noticeID(incident, typ string, n int, receiver string) string {
	return ident("ntc_", incident, typ, strconv.Itoa(n), receiver)
}

// known leaves out receivers that are gone.
func (e *Engine) known(ids []string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return e.receivers[id] == nil })
}
