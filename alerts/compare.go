package alerts

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"earshot/mention"
)

// A RulesDiff is what other rules would have done otherwise.
type RulesDiff struct {
	From      time.Time          `json:"from,omitzero"`
	To        time.Time          `json:"to,omitzero"`
	Changes   int                `json:"changes"`
	Same      int                `json:"same"` // incidents that fired under both
	Gone      []mention.Incident `json:"gone"` // fired under the old rules alone
	New       []mention.Incident `json:"new"`  // under the new ones alone
	Receivers []ReceiverDiff     `json:"receivers"`
}

// A ReceiverDiff is what a receiver would have got.
type ReceiverDiff struct {
	Receiver string `json:"receiver"`
	Old      int    `json:"old"` // sent
	New      int    `json:"new"`
}

// Diff compares two back-tests over the same history: an incident is the same
// when it is of the same rule and group and fired within a day.
func Diff(before, after *BacktestResult) *RulesDiff {
	d := &RulesDiff{From: after.From, To: after.To, Changes: after.Changes, Gone: []mention.Incident{}, New: []mention.Incident{}, Receivers: []ReceiverDiff{}}
	type place struct{ rule, group string }
	left := map[place][]mention.Incident{}
	for _, inc := range before.Incidents {
		if !inc.Fired.IsZero() {
			p := place{inc.Rule, inc.Group}
			left[p] = append(left[p], inc)
		}
	}
	for _, inc := range after.Incidents {
		if inc.Fired.IsZero() {
			continue
		}
		p := place{inc.Rule, inc.Group}
		i := slices.IndexFunc(left[p], func(o mention.Incident) bool { return o.Fired.Sub(inc.Fired).Abs() < 24*time.Hour })
		if i < 0 {
			d.New = append(d.New, inc)
			continue
		}
		d.Same++
		left[p] = slices.Delete(left[p], i, i+1)
	}
	for _, list := range left {
		d.Gone = append(d.Gone, list...)
	}
	slices.SortFunc(d.Gone, func(a, b mention.Incident) int { return a.Fired.Compare(b.Fired) })
	sent := map[string]*ReceiverDiff{}
	for i, r := range [][]BacktestReceiver{before.Receivers, after.Receivers} {
		for j := range r {
			x := sent[r[j].Receiver]
			if x == nil {
				x = &ReceiverDiff{Receiver: r[j].Receiver}
				sent[r[j].Receiver] = x
			}
			*[]*int{&x.Old, &x.New}[i] = r[j].Sent
		}
	}
	for _, id := range sortedKeys(sent) {
		d.Receivers = append(d.Receivers, *sent[id])
	}
	return d
}

// A Suggestion is a limit at which a rule would have fired about as often as
// it is wanted to.
type Suggestion struct {
	Rule    string  `json:"rule"`
	Count   int     `json:"count"`
	PerWeek float64 `json:"per_week"`
	Enough  bool    `json:"enough"` // no limit is rare enough
}

// Suggest finds the least count at which a rule of kind threshold, spike or
// new_term fires no more than perWeek times a week over a history, which is
// read again for each count that is tried.
func Suggest(o BacktestOptions, perWeek float64, history func() iter.Seq2[mention.Change, error]) (*Suggestion, error) {
	if len(o.Rules) != 1 || !slices.Contains([]string{KindThreshold, KindSpike, KindNewTerm}, o.Rules[0].kind()) {
		return nil, fmt.Errorf("alerts: suggest: a count is suggested for one rule of kind %s, %s or %s", KindThreshold, KindSpike, KindNewTerm)
	}
	rate := func(count int) (float64, error) {
		try := o
		try.Rules = slices.Clone(o.Rules)
		try.Rules[0].Count = count
		r, err := Backtest(try, history())
		if err != nil {
			return 0, err
		}
		return r.PerWeek, nil
	}
	low, high := 0, 1 // too often at low; rare enough at high, once known
	for {
		got, err := rate(high)
		if err != nil {
			return nil, err
		}
		if got <= perWeek {
			break
		}
		if low = high; high >= maxCount {
			return &Suggestion{Rule: o.Rules[0].ID, Count: high, PerWeek: got}, nil
		}
		high = min(high*4, maxCount)
	}
	for high-low > 1 {
		mid := (low + high) / 2
		got, err := rate(mid)
		if err != nil {
			return nil, err
		}
		if got <= perWeek {
			high = mid
		} else {
			low = mid
		}
	}
	got, err := rate(high)
	return &Suggestion{Rule: o.Rules[0].ID, Count: high, PerWeek: got, Enough: true}, err
}

// The shares and numbers at which a rule is warned of.
const (
	warnShare  = 0.9
	warnLeast  = 100 // mentions before anything is said
	warnWeekly = 100 // fires
)

// Warnings says what is odd about rules, with the numbers of a back-test.
func (r *BacktestResult) Warnings() []string {
	var list []string
	for i := range r.Rules {
		s := &r.Rules[i]
		switch {
		case r.Changes < warnLeast:
		case s.Matched == 0 && s.Kind != KindSafety:
			list = append(list, fmt.Sprintf("rule %s matched none of %d mentions", s.Rule, r.Changes))
		case float64(s.Matched) >= warnShare*float64(r.Changes) && s.Kind == KindMatch:
			list = append(list, fmt.Sprintf("rule %s matched %d of %d mentions: nearly everything", s.Rule, s.Matched, r.Changes))
		}
		if s.PerWeek >= warnWeekly {
			list = append(list, fmt.Sprintf("rule %s would have fired %.0f times a week", s.Rule, s.PerWeek))
		}
	}
	return list
}
