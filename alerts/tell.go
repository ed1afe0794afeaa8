package alerts

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// crisis is the place of that severity among Severities.
var crisis = slices.Index(Severities, mention.SeverityCrisis)

// A receiver is a Receiver with what waits for it.
type receiver struct {
	waiting
	*Receiver
	quiet *quietHours
	floor int
	zone  *time.Location
	receiverState
}

// receiverState is the part of a receiver that is kept.
type receiverState struct {
	ID      string       `json:"id"`
	Hour    instant      `json:"hour,omitempty"` // the hour that Sent counts
	Sent    int          `json:"sent,omitempty"`
	Queue   []DigestItem `json:"queue,omitempty"` // oldest first, an incident once
	More    int          `json:"more,omitempty"`  // beyond what the queue holds
	Release instant      `json:"release,omitempty"`
}

func newReceiver(r *Receiver, zone *time.Location) (*receiver, error) {
	c := &receiver{Receiver: r, floor: max(slices.Index(Severities, r.Severity), 0), zone: zone, receiverState: receiverState{ID: r.ID}}
	if r.Quiet != nil {
		q, err := r.Quiet.compile(zone)
		if err != nil {
			return nil, fmt.Errorf("alerts: receiver %s: quiet: %w", r.ID, err)
		}
		c.quiet = q
	}
	return c, nil
}

// order implements sleeper.
func (r *receiver) order() string { return "\xff" + r.Receiver.ID } // after all rules

// tell makes the notice of an incident for receivers. What a receiver is not
// sent is held, with the reason.
func (e *Engine) tell(g *group, at instant, typ, reason string, to []string) {
	inc := g.Incident
	inc.Notices++
	withheld := inc.Withheld
	if terms := g.unusual(); len(terms) > 0 {
		inc.Terms = terms
	}
	notice := e.notice(g, at, typ, reason)
	flags := inc.flagsHold(at, typ)
	for _, id := range e.known(to) {
		r := e.receivers[id]
		d := mention.Delivery{
			ID: noticeID(inc.ID, typ, inc.Notices, id), Incident: inc.ID, Rule: g.rule.ID, Receiver: id,
			Type: typ, State: mention.DeliveryPending, Reason: reason, Payload: e.payload(notice, id), Created: at.Time(), Next: at.Time(),
		}
		held := flags
		if held == "" && g.rule.kind() != KindSafety {
			held = r.hold(e, g, at, typ, reason)
		}
		if held != "" {
			d.State, d.Reason, d.Next = mention.DeliveryHeld, held, time.Time{}
		} else if !slices.Contains(inc.Told, id) {
			inc.Told = append(inc.Told, id)
		}
		e.out.Deliveries = append(e.out.Deliveries, d)
	}
	inc.Last, inc.Fresh, inc.Unsaid = at, 0, nil
	if inc.Withheld = 0; flags != "" {
		inc.Withheld = withheld + 1
	}
}

// flagsHold says why people's flags hold a notice back, or "".
func (inc *incident) flagsHold(at instant, typ string) string {
	now := at.Time()
	switch {
	case inc.Kind == KindSafety:
		return "" // nothing holds it back
	case inc.Muted:
		return "the incident is muted"
	case inc.Held:
		return "the incident is on hold"
	case now.Before(inc.Snoozed):
		return "the incident is snoozed until " + inc.Snoozed.UTC().Format("2006-01-02 15:04 UTC")
	case typ == TypeUpdated && inc.acked(now):
		return strings.TrimSpace("acknowledged by " + inc.AckedBy)
	}
	return ""
}

func (inc *incident) acked(now time.Time) bool {
	return !inc.Acked.IsZero() && (inc.AckExpires.IsZero() || now.Before(inc.AckExpires))
}

// hold says why a receiver is not sent a notice now, or "". What is not lost
// for good is queued for the next digest.
func (r *receiver) hold(e *Engine, g *group, at instant, typ, reason string) string {
	severity := slices.Index(Severities, g.rule.severity())
	if severity < r.floor {
		return fmt.Sprintf("%s is below the receiver's severity %s", g.rule.severity(), r.Severity)
	}
	inc := g.Incident
	if typ == TypeResolved && !slices.Contains(inc.Told, r.Receiver.ID) && !r.queued(inc.ID) {
		return "the receiver was not told of the incident"
	}
	until, why := instant(0), ""
	if r.quiet != nil && severity < r.quiet.pass {
		if end := r.quiet.end(at); end > 0 {
			until, why = end, "quiet hours until "+end.Time().In(r.quiet.zone).Format("2006-01-02 15:04 MST")
		}
	}
	if r.Digest > 0 && severity < crisis {
		if next := nextTick(at, r.Digest.Std(), r.zone); next > until {
			until, why = next, "waits for the digest at "+next.Time().In(r.zone).Format("2006-01-02 15:04 MST")
		}
	}
	e.touchReceiver(r)
	if until == 0 {
		until, why = r.storm(at)
	}
	if until == 0 {
		return ""
	}
	r.enqueue(e, g, at, until, reason)
	return why
}

// storm counts the hour's notices, and holds what comes beyond the cap until
// the hour is over.
func (r *receiver) storm(at instant) (until instant, why string) {
	most := r.Cap
	if most == 0 {
		most = defaultCap
	}
	hour := at - at%instant(time.Hour/time.Millisecond)
	if r.Hour != hour {
		r.Hour, r.Sent = hour, 0
	}
	if r.Sent >= most {
		return hour.add(time.Hour), fmt.Sprintf("over the cap of %d notices an hour; waits for the next hour", most)
	}
	r.Sent++
	return 0, ""
}

func (r *receiver) queued(incident string) bool {
	return slices.ContainsFunc(r.Queue, func(d DigestItem) bool { return d.Incident == incident })
}

// enqueue keeps an incident's latest state for the digest.
func (r *receiver) enqueue(e *Engine, g *group, at, until instant, reason string) {
	inc := g.Incident
	it := DigestItem{
		Incident: inc.ID, Rule: g.rule.ID, Name: clip(g.rule.Name, maxGroupName), Severity: inc.Severity, State: inc.State,
		Reason: clip(reason, maxExcerpt), At: at.Time(), Notices: 1, Link: link(e.options.PublicURL, "incidents", inc.ID),
	}
	if i := slices.IndexFunc(r.Queue, func(d DigestItem) bool { return d.Incident == inc.ID }); i >= 0 {
		it.Notices += r.Queue[i].Notices
		r.Queue[i] = it
	} else if len(r.Queue) < maxDigest {
		r.Queue = append(r.Queue, it)
	} else {
		r.More++
	}
	r.Release = max(r.Release, until)
	e.schedule(r, r.Release)
}

func (e *Engine) touchReceiver(r *receiver) { e.changed.receivers[r] = struct{}{} }

// wake implements sleeper: it sends what was held, in one notice.
func (r *receiver) wake(e *Engine, at instant) {
	e.touchReceiver(r)
	if len(r.Queue) == 0 {
		r.Release = 0
		return
	}
	if r.quiet != nil { // a digest that falls into quiet hours waits for their end
		if end := r.quiet.end(at); end > 0 {
			r.Release = end
			e.schedule(r, end)
			return
		}
	}
	subject := plural(len(r.Queue)+r.More, "incident") + " held back until now"
	n := Notice{Type: TypeDigest, Timestamp: at.Time(), Data: NoticeData{Subject: subject, Reason: subject, Digest: r.Queue, More: r.More}}
	payload, err := n.encode()
	if err != nil {
		e.options.Log.Error("digest not written", "receiver", r.Receiver.ID, "err", err)
	}
	e.out.Deliveries = append(e.out.Deliveries, mention.Delivery{
		ID:       ident("ntc_", TypeDigest, r.Receiver.ID, strconv.FormatInt(int64(at), 10)),
		Receiver: r.Receiver.ID, Type: TypeDigest, State: mention.DeliveryPending, Reason: subject, Payload: payload,
		Created: at.Time(), Next: at.Time(),
	})
	for _, it := range r.Queue {
		if g := e.open[it.Incident]; g != nil && !slices.Contains(g.Incident.Told, r.Receiver.ID) {
			g.Incident.Told = append(g.Incident.Told, r.Receiver.ID)
			e.touch(g)
		}
	}
	r.Queue, r.More, r.Release = nil, 0, 0
}

// notice is what is said of an incident.
func (*Engine) notice(g *group, at instant, typ, reason string) *Notice {
	inc := g.Incident
	n := &Notice{Type: typ, Timestamp: at.Time(), Data: NoticeData{
		Subject: inc.Subject, Reason: reason, Incident: brief(&inc.Incident), Rule: ruleInfo(g.rule.Rule),
		Terms: inc.Terms, Resolves: inc.Ends, Counted: g.counted(at),
	}}
	n.Data.Mentions = inc.Items
	if typ == TypeUpdated && g.rule.folds() && inc.Fresh > 0 {
		n.Data.Mentions = inc.fresh()
	}
	return n
}

// payload freezes what a notice says to one receiver.
func (e *Engine) payload(n *Notice, receiver string) []byte {
	n.Data.Links = e.links(n.Data.Incident, receiver, n.Timestamp)
	payload, err := n.encode()
	if err != nil {
		e.options.Log.Error("notice not written", "incident", n.Data.Incident.ID, "err", err)
	}
	return payload
}

// links lead to the incident, and to what may be done about it with one click
// and a confirmation.
func (e *Engine) links(inc *mention.Incident, receiver string, at time.Time) map[string]string {
	if e.options.PublicURL == "" {
		return nil
	}
	links := map[string]string{"incident": link(e.options.PublicURL, "incidents", inc.ID)}
	if len(e.options.LinkKey) == 0 {
		return links
	}
	for _, action := range LinkActions {
		if inc.Kind == KindSafety && action != ActionAck {
			continue
		}
		l := Link{Incident: inc.ID, Action: action, Receiver: receiver, Expires: at.Add(linkLife)}
		links[action] = link(e.options.PublicURL, "act", l.sign(e.options.LinkKey))
	}
	return links
}

// SetFlags takes over the flags that people set on an open incident. Those
// of one that is not open have nothing to hold back.
func (e *Engine) SetFlags(inc mention.Incident) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c := e.clocks[inc.ID]; c != nil {
		c.hear(e, &inc)
	}
	g := e.open[inc.ID]
	if g == nil {
		return
	}
	i := g.Incident
	i.TakeFlags(&inc)
	i.Overdue = 0
	for _, end := range []time.Time{i.AckExpires, i.Snoozed} {
		if at := instantOf(end); at > e.clock {
			i.Overdue = max(i.Overdue, at)
		}
	}
	e.touch(g)
	e.reschedule(g)
}

// flagsOver tells again of an incident whose acknowledgement or snooze has
// run out while it still fires.
func (e *Engine) flagsOver(g *group, at instant) {
	inc := g.Incident
	inc.Overdue = 0
	why := "the acknowledgement has run out"
	if inc.Acked.IsZero() || instantOf(inc.Snoozed) == at {
		why = "the snooze is over"
	}
	if inc.Withheld > 0 {
		why += ", " + plural(inc.Withheld, "notice") + " held meanwhile"
	}
	e.tell(g, at, TypeUpdated, "still firing, "+why+": "+inc.Reason, inc.Route)
}
