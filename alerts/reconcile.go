package alerts

import (
	"fmt"
	"slices"
	"strings"

	"earshot/mention"
)

// TypeUnreconciled is the type of the notice that flagged, sent and
// acknowledged do not add up.
const TypeUnreconciled = "safety.unreconciled"

// ToldOf lists the receivers, of those there are, for whom a safety notice
// about a mention was made.
func (e *Engine) ToldOf(mentionID string) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var list []string
	for _, id := range sortedKeys(e.receivers) {
		if key := flagKey(mentionID, "r:"+id); e.flagged[key>>56][key] {
			list = append(list, id)
		}
	}
	return list
}

// ReconciliationWords says in one sentence what does not add up.
func ReconciliationWords(r *mention.Reconciliation) string {
	counts := map[string]int{}
	for i := range r.Faults {
		counts[r.Faults[i].Fault]++
	}
	var parts []string
	for _, fault := range sortedKeys(counts) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[fault], fault))
	}
	words := fmt.Sprintf("%s flagged since %s, %d sent, %d acknowledged", plural(r.Flagged, "mention"), r.From.Format("2006-01-02"), r.Sent, r.Acknowledged)
	if len(parts) > 0 {
		words += ": " + strings.Join(parts, ", ")
	}
	return words
}

// Unreconciled makes the notices that tell the receivers of the safety rules
// what does not add up. Nothing holds them back.
func (e *Engine) Unreconciled(r *mention.Reconciliation) []mention.Delivery {
	e.mu.Lock()
	defer e.mu.Unlock()
	reason := ReconciliationWords(r)
	n := Notice{Type: TypeUnreconciled, Timestamp: r.At, Data: NoticeData{Subject: "Safety does not add up: " + reason, Reason: reason}}
	for i := range r.Faults[:min(len(r.Faults), maxListed)] {
		f := &r.Faults[i]
		n.Data.Mentions = append(n.Data.Mentions, Item{ID: f.Mention, Title: strings.TrimSpace(f.Fault + " " + f.Receiver), Excerpt: clip(f.Detail, maxGroupName), Seen: f.Since})
	}
	if e.options.PublicURL != "" {
		n.Data.Links = map[string]string{"safety": link(e.options.PublicURL, "safety")}
	}
	payload, err := n.encode()
	if err != nil {
		e.options.Log.Error("notice not written", "type", n.Type, "err", err)
	}
	var to []string
	for _, rule := range e.rules {
		if rule.kind() != KindSafety {
			continue
		}
		for _, id := range e.known(e.routes.Way(rule.Rule, nil).Receivers) {
			if !slices.Contains(to, id) {
				to = append(to, id)
			}
		}
	}
	var list []mention.Delivery
	for _, id := range to {
		list = append(list, mention.Delivery{
			ID: ident("ntc_", TypeUnreconciled, r.At.UTC().Format("2006-01-02"), id), Receiver: id, Type: TypeUnreconciled,
			State: mention.DeliveryPending, Reason: reason, Payload: payload, Created: r.At, Next: r.At,
		})
	}
	return list
}
