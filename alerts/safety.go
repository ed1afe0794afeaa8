package alerts

import (
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"earshot/mention"
)

// flagged remembers, by hash, which mentions were flagged and to whom they
// were told, for good: a notice is never made twice.
type flagged map[uint64]bool

func flagKey(id, receiver string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	h.Write([]byte{0})
	h.Write([]byte(receiver))
	return h.Sum64()
}

// add reports whether a key is new.
func (f flagged) add(key uint64) bool {
	if f[key] {
		return false
	}
	f[key] = true
	return true
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
	first := e.flagged.add(flagKey(m.ID, ""))
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
		ID: ident("inc_", KindSafety, m.ID), Rule: rules[0].rule.ID, Kind: KindSafety, Group: m.ID, State: mention.StateFiring,
		Severity: mention.SeveritySafety, Reason: reason, Count: 1, Mentions: []string{m.ID}, Stories: []string{storyOf(x.row)},
		Opened: x.at.Time(), Fired: x.at.Time(), Updated: x.at.Time(), Late: late,
	}
	if e.flagged.add(flagKey(m.ID, "\x00incident")) {
		e.out.incident(&inc)
		e.out.transition(&inc, x.at)
	}
	for _, h := range rules {
		for _, id := range h.rule.Notify {
			if e.flagged.add(flagKey(m.ID, "r:"+id)) {
				e.tellSafety(c, x, h.rule, id, &inc, &it)
			}
		}
	}
}

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
		Links: e.links(inc.ID),
	}}
	payload, err := n.encode()
	if err != nil {
		e.options.Log.Error("safety notice not written", "mention", m.ID, "err", err)
	}
	e.out.Deliveries = append(e.out.Deliveries, mention.Delivery{
		ID: ident("ntc_", KindSafety, m.ID, to), Incident: inc.ID, Rule: r.ID, Receiver: to, Type: TypeSafety,
		State: mention.DeliveryPending, Reason: inc.Reason, Mention: m.ID, Payload: payload, Created: x.at.Time(), Next: x.at.Time(),
	})
}

// Escalate gives the safety notice that goes to a receiver's fallback when it
// could not be delivered; ok is false when d is no dead safety notice or there
// is nobody to turn to. Its id is made of the dead one's.
func (e *Engine) Escalate(d *mention.Delivery, at time.Time) (mention.Delivery, bool) {
	r := e.receivers[d.Receiver]
	if d.Type != TypeSafety || d.State != mention.DeliveryDead || r == nil || r.Fallback == "" {
		return mention.Delivery{}, false
	}
	next := *d
	next.ID, next.Receiver, next.State = ident("ntc_", d.ID, r.Fallback), r.Fallback, mention.DeliveryPending
	next.Reason = fmt.Sprintf("%s could not be told (%s); %s", d.Receiver, clip(d.Error, maxGroupName), d.Reason)
	next.Attempts, next.Error, next.Seq = 0, "", 0
	next.Created, next.Next = at, at
	return next, true
}

// MarshalText implements encoding.TextMarshaler.
func (f flagged) MarshalText() ([]byte, error) {
	keys := make([]uint64, 0, len(f))
	for k := range f {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	raw := make([]byte, 0, 8*len(keys))
	last := uint64(0)
	for _, k := range keys {
		raw = binary.AppendUvarint(raw, k-last)
		last = k
	}
	return base64.RawStdEncoding.AppendEncode(nil, raw), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (f *flagged) UnmarshalText(text []byte) error {
	raw, err := base64.RawStdEncoding.AppendDecode(nil, text)
	if err != nil {
		return err
	}
	*f = flagged{}
	last := uint64(0)
	for len(raw) > 0 {
		v, n := binary.Uvarint(raw)
		if n <= 0 {
			return errors.New("flagged mentions cannot be read")
		}
		last += v
		(*f)[last] = true
		raw = raw[n:]
	}
	return nil
}
