package alerts

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// flagged remembers, by hash, which mentions were flagged and to whom they
// were told, for good: a notice is never made twice. It is kept in parts, so
// that a flag does not write them all.
type flagged [flaggedParts]flags

type flags map[uint64]bool

const flaggedParts = 256

func flaggedPart(i int) string { return partFlagged + strconv.Itoa(i) }

func flagKey(id, receiver string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	h.Write([]byte{0})
	h.Write([]byte(receiver))
	return h.Sum64()
}

// flagOnce reports whether a key is new.
func (e *Engine) flagOnce(key uint64) bool {
	part := &e.flagged[key>>56]
	if (*part)[key] {
		return false
	}
	if *part == nil {
		*part = flags{}
	}
	(*part)[key] = true
	e.changed.flagged[key>>56] = true
	return true
}

func (f *flagged) restore(number string, data []byte) error {
	i, err := strconv.Atoi(number)
	if err != nil || i < 0 || i >= flaggedParts {
		return fmt.Errorf("no part %q", number)
	}
	return json.Unmarshal(data, &f[i])
}

// flag tells of a mention that looks like an adverse event: once to each
// receiver of the safety rules it fits, the first time that it is flagged.
// Nothing here asks for lateness, quiet hours, caps, digests, severities or
// flags, and nothing may.
func (e *Engine) flag(c *mention.Change, x *entry, rules []hit, late bool) {
	m := &c.Record.Mention
	switch m.Origin {
	case mention.OriginImport, mention.OriginBackfill, mention.OriginReplay:
		late = true
	}
	first := e.flagOnce(flagKey(m.ID, ""))
	if first {
		e.out.Flags = append(e.out.Flags, mention.SafetyFlag{
			Mention: m.ID, Revision: m.Revision, Score: c.Record.Analysis.Safety.Score, Published: m.Published, Seen: m.Seen,
			Flagged: x.at.Time(), Late: late,
		})
	}
	if len(rules) == 0 {
		return
	}
	words := adverseEvent
	if late {
		words = "late find, " + words
	}
	it := itemOf(x.row)
	reason := words + ": " + it.words()
	inc := mention.Incident{
		ID: SafetyIncident(m.ID), Rule: rules[0].rule.ID, Kind: KindSafety, Group: m.ID, State: mention.StateFiring,
		Severity: mention.SeveritySafety, Reason: reason, Count: 1, Mentions: []string{m.ID}, Stories: []string{storyOf(x.row)},
		Opened: x.at.Time(), Fired: x.at.Time(), Updated: x.at.Time(), Late: late,
	}
	way := e.routes.way(rules[0].rule.Rule, m.ID, x.row)
	inc.Department, inc.Resolves = way.Department, "a person acknowledges it"
	if e.flagOnce(flagKey(m.ID, "\x00incident")) {
		e.startClock(rules[0].rule, &inc, safetySubject(rules[0].rule.Rule, late, &it), way.Receivers, &it, x.at)
		e.out.incident(&inc)
		e.out.transition(&inc, x.at)
	}
	for _, h := range rules {
		for _, id := range e.known(e.routes.way(h.rule.Rule, m.ID, x.row).Receivers) {
			if e.flagOnce(flagKey(m.ID, "r:"+id)) {
				e.tellSafety(c, x, h.rule, id, &inc, &it)
			}
		}
	}
}

// SafetyIncident is the id of the incident of a flagged mention.
func SafetyIncident(mentionID string) string { return ident("inc_", KindSafety, mentionID) }

const adverseEvent = "possible adverse event"

// safetySubject says once what it is about, also when the rule's name says it.
func safetySubject(r *Rule, late bool, it *Item) string {
	s := r.title()
	if !strings.Contains(strings.ToLower(s), adverseEvent) {
		s += ": " + adverseEvent
	}
	if late {
		s += " (late find)"
	}
	return s + ": " + it.words()
}

func (e *Engine) tellSafety(c *mention.Change, x *entry, r *rule, to string, inc *mention.Incident, it *Item) {
	m, s := &c.Record.Mention, c.Record.Analysis.Safety
	n := Notice{Type: TypeSafety, Timestamp: x.at.Time(), Data: NoticeData{
		Subject: safetySubject(r.Rule, inc.Late, it), Reason: inc.Reason, Incident: brief(inc), Rule: ruleInfo(r.Rule), Mentions: []Item{*it},
		Resolves: "a person acknowledges it",
		Safety: &SafetyInfo{
			Score: s.Score, Patient: evidence(m, s.Elements.Patient), Reporter: evidence(m, s.Elements.Reporter),
			Product: evidence(m, s.Elements.Product), Reaction: evidence(m, s.Elements.Reaction), Serious: evidence(m, s.Serious),
			Types: s.Types, Flagged: x.at.Time(), Late: inc.Late,
		},
		Links: e.links(inc, to, x.at.Time()),
	}}
	payload, err := n.encode()
	if err != nil {
		e.options.Log.Error("safety notice not written", "mention", m.ID, "err", err)
	}
	e.out.Deliveries = append(e.out.Deliveries, mention.Delivery{
		ID: SafetyNotice(m.ID, to), Incident: inc.ID, Rule: r.ID, Receiver: to, Type: TypeSafety,
		State: mention.DeliveryPending, Reason: inc.Reason, Mention: m.ID, Payload: payload, Created: x.at.Time(), Next: x.at.Time(),
	})
}

// FirstHand reports whether d is a safety notice to whom the rules tell first,
// and none that takes the place of another.
func FirstHand(d *mention.Delivery) bool {
	return d.Type == TypeSafety && d.ID == SafetyNotice(d.Mention, d.Receiver)
}

// SafetyNotice is the id of the notice that tells a receiver of a flagged
// mention.
func SafetyNotice(mentionID, receiver string) string {
	return ident("ntc_", KindSafety, mentionID, receiver)
}

// Urgent reports whether d is of safety or of a crisis.
func Urgent(d *mention.Delivery) bool {
	var n struct {
		Data struct {
			Rule struct {
				Severity string `json:"severity"`
			} `json:"rule"`
		} `json:"data"`
	}
	if d.Type == TypeSafety {
		return true
	}
	_ = json.Unmarshal(d.Payload, &n) // one that cannot be read is of no severity
	return n.Data.Rule.Severity == mention.SeverityCrisis || n.Data.Rule.Severity == mention.SeveritySafety
}

// Escalate gives the safety notice that goes to a receiver's fallback when it
// could not be delivered; ok is false when d is no dead safety notice or there
// is nobody to turn to. Its id is made of the dead one's.
func (e *Engine) Escalate(d *mention.Delivery, at time.Time) (mention.Delivery, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	to := e.fallback(d)
	if to == "" {
		return mention.Delivery{}, false
	}
	next := *d
	next.ID, next.Receiver, next.State = ident("ntc_", d.ID, to), to, mention.DeliveryPending
	next.Reason = fmt.Sprintf("%s could not be told (%s); %s", d.Receiver, clip(d.Error, maxGroupName), d.Reason)
	next.Attempts, next.Error, next.Seq = 0, "", 0
	next.Created, next.Next = at, at
	return next, true
}

// fallback is who is told when a safety notice could not be delivered: the
// receiver's fallback; when the receiver itself is gone, the first that a rule
// of safety tells.
func (e *Engine) fallback(d *mention.Delivery) string {
	if d.Type != TypeSafety || d.State != mention.DeliveryDead {
		return ""
	}
	if r := e.receivers[d.Receiver]; r != nil {
		return r.Fallback
	}
	for _, r := range e.rules {
		if r.kind() == KindSafety {
			if list := e.known(e.routes.way(r.Rule, d.Mention, nil).Receivers); len(list) > 0 {
				return list[0]
			}
		}
	}
	return ""
}

// MarshalText implements encoding.TextMarshaler.
func (f flags) MarshalText() ([]byte, error) {
	w := packed{}
	last := uint64(0)
	for _, k := range sortedKeys(f) {
		w.unsigned(k - last)
		last = k
	}
	return w.text(), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *flags) UnmarshalText(text []byte) error {
	r := unpack(text)
	*f = flags{}
	last := uint64(0)
	for r.more() {
		last += r.unsigned()
		(*f)[last] = true
	}
	return r.err
}
