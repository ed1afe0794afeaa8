package alerts

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"earshot/mention"
	"earshot/query"
)

// flaggedQuery matches what is flagged as an adverse event.
const flaggedQuery = "flag:" + query.FlagSafety

// maxBacktest bounds what a back-test lists; it goes on counting beyond.
const maxBacktest = 10_000

// BacktestOptions say how history is taken.
type BacktestOptions struct {
	Options
	// AsPublished judges every mention as if it had arrived when it was
	// published; the changes must come in that order. It is for history that
	// was imported: by its recorded arrival all of it would be late.
	AsPublished bool
	// Whole tells what history there was where the changes leave out mentions
	// that no rule matches, as [Candidates] allows; nil means they leave
	// nothing out.
	Whole *Stretch
	// Until is how far time goes on after the last change; zero means not at all.
	Until time.Time
}

// A Stretch is a part of the log.
type Stretch struct {
	From, To time.Time // arrival of its first change, and its latest
	Changes  int
}

// Candidates returns queries of which every mention that a rule can say
// anything about matches one, and false where the rules must see all.
func Candidates(rules []Rule) ([]string, bool) {
	queries := []string{flaggedQuery} // flags are told without a rule, too
	for i := range rules {
		r := &rules[i]
		if r.Disabled {
			continue
		}
		q, _ := query.Parse(r.Match)
		if matchesAll(r.Match) || q == nil || !q.Timeless() {
			return nil, false
		}
		if !slices.Contains(queries, r.Match) {
			queries = append(queries, r.Match)
		}
	}
	return queries, true
}

// A BacktestResult is what rules would have done.
type BacktestResult struct {
	From        time.Time          `json:"from,omitzero"` // arrival of the first change; zero when there was none
	To          time.Time          `json:"to,omitzero"`
	Published   time.Time          `json:"published,omitzero"` // the earliest time of publication of what rules matched
	Changes     int                `json:"changes"`
	Fired       int                `json:"fired"`    // incidents
	PerWeek     float64            `json:"per_week"` // incidents
	Incidents   []mention.Incident `json:"incidents,omitempty"`
	Transitions []Transition       `json:"transitions,omitempty"`
	Receivers   []BacktestReceiver `json:"receivers,omitempty"`
	Rules       []BacktestRule     `json:"rules,omitempty"`
	Flags       int                `json:"flags,omitempty"` // mentions flagged as adverse events
	Late        int64              `json:"late,omitempty"`  // matches that were too old to be told
	Cut         bool               `json:"cut,omitempty"`   // more happened than is listed
}

// A BacktestReceiver is what one receiver would have got.
type BacktestReceiver struct {
	Receiver string         `json:"receiver"`
	Sent     int            `json:"sent"`
	Held     int            `json:"held"`
	Types    map[string]int `json:"types,omitempty"` // sent, by type
}

// A BacktestRule is what one rule would have done.
type BacktestRule struct {
	Rule    string  `json:"rule"`
	Kind    string  `json:"kind"`
	Matched int64   `json:"matched"` // mentions, by match and where
	Late    int64   `json:"late,omitempty"`
	Fired   int     `json:"fired"`
	PerWeek float64 `json:"per_week"`
}

// Backtest takes old changes, in the order of the log, through a new engine:
// the live one, with recorded arrival times and no delivery. An error of the
// changes ends it.
func Backtest(o BacktestOptions, changes iter.Seq2[mention.Change, error]) (*BacktestResult, error) {
	e, err := NewEngine(o.Options)
	if err != nil {
		return nil, err
	}
	b := &backtest{incidents: map[string]int{}, receivers: map[string]*BacktestReceiver{}, fired: map[string]int{}}
	if w := o.Whole; w != nil && w.Changes > 0 {
		b.result.From, b.result.To = w.From, w.To
		b.add(e.Step(w.From, nil))
	}
	seq := int64(0)
	for c, err := range changes {
		if err != nil {
			return nil, fmt.Errorf("alerts: back-test: %w", err)
		}
		if o.AsPublished {
			c.At = c.Record.Mention.Time()
			seq++
			c.Seq = seq
		}
		if b.result.From.IsZero() {
			b.result.From = c.At
		}
		if c.At.After(b.result.To) {
			b.result.To = c.At
		}
		b.result.Changes++
		before := e.matches
		b.add(e.Step(c.At, []mention.Change{c}))
		if t := c.Record.Mention.Published; e.matches > before && !t.IsZero() && (b.result.Published.IsZero() || t.Before(b.result.Published)) {
			b.result.Published = t
		}
	}
	if w := o.Whole; w != nil && w.Changes > 0 {
		b.result.Changes = w.Changes
		b.add(e.Step(b.result.To, nil))
	}
	if b.result.Changes > 0 && o.Until.After(b.result.To) {
		b.result.To = o.Until
		b.add(e.Step(o.Until, nil))
	}
	if e.Waits() {
		b.add(e.Step(b.result.To.Add(time.Millisecond), nil))
	}
	return b.done(e), nil
}

// AtOnce reports whether history arrived within a small part of the time in
// which it was published, as what is imported or collected for the first time
// does: then little can be said of how often rules fire.
func (r *BacktestResult) AtOnce() bool {
	const days, part = 2 * 24 * time.Hour, 10
	published := r.To.Sub(r.Published)
	return !r.Published.IsZero() && published > days && r.To.Sub(r.From) < published/part
}

type backtest struct {
	result    BacktestResult
	incidents map[string]int
	receivers map[string]*BacktestReceiver
	fired     map[string]int // by rule
}

func (b *backtest) add(out Outcome) {
	for i := range out.Transitions {
		if out.Transitions[i].State == mention.StateFiring {
			b.result.Fired++
			b.fired[out.Transitions[i].Rule]++
		}
	}
	if len(b.result.Transitions) < maxBacktest {
		b.result.Transitions = append(b.result.Transitions, out.Transitions...)
	} else if len(out.Transitions) > 0 {
		b.result.Cut = true
	}
	for _, inc := range out.Incidents {
		if i, ok := b.incidents[inc.ID]; ok {
			b.result.Incidents[i] = inc
		} else if len(b.result.Incidents) < maxBacktest {
			b.incidents[inc.ID] = len(b.result.Incidents)
			b.result.Incidents = append(b.result.Incidents, inc)
		} else {
			b.result.Cut = true
		}
	}
	for i := range out.Deliveries {
		b.deliver(&out.Deliveries[i])
	}
	b.result.Flags += len(out.Flags)
}

func (b *backtest) deliver(d *mention.Delivery) {
	r := b.receivers[d.Receiver]
	if r == nil {
		r = &BacktestReceiver{Receiver: d.Receiver, Types: map[string]int{}}
		b.receivers[d.Receiver] = r
	}
	if d.State == mention.DeliveryHeld {
		r.Held++
		return
	}
	r.Sent++
	r.Types[d.Type]++
}

func (b *backtest) done(e *Engine) *BacktestResult {
	weeks := max(1, b.result.To.Sub(b.result.From).Hours()/(7*24))
	b.result.PerWeek = float64(b.result.Fired) / weeks
	for _, id := range sortedKeys(b.receivers) {
		b.result.Receivers = append(b.result.Receivers, *b.receivers[id])
	}
	for _, r := range e.rules {
		if b.result.Late += r.late; b.result.Changes == 0 {
			continue
		}
		b.result.Rules = append(b.result.Rules, BacktestRule{r.ID, r.kind(), r.matched, r.late, b.fired[r.ID], float64(b.fired[r.ID]) / weeks})
	}
	return &b.result
}

// A TestResult is what came of a case.
type TestResult struct {
	Rule   string   `json:"rule"`
	Test   string   `json:"test"`
	Faults []string `json:"faults,omitempty"` // none means that it passed
}

// RunTests runs the cases beside a rule. The error says that the rule itself
// cannot be used.
func RunTests(r Rule, brands []mention.Brand) ([]TestResult, error) {
	r.Notify, r.Disabled = nil, false
	var results []TestResult
	for i := range r.Tests {
		t := &r.Tests[i]
		list := t.changes()
		until := t.Until
		if until.IsZero() && len(list) > 0 {
			until = list[len(list)-1].At.Add(24 * time.Hour)
		}
		out, err := Backtest(BacktestOptions{Options: Options{Rules: []Rule{r}, Brands: brands}, Until: until},
			func(yield func(mention.Change, error) bool) {
				for i := range list {
					if !yield(list[i], nil) {
						return
					}
				}
			})
		if err != nil {
			return nil, err
		}
		results = append(results, TestResult{Rule: r.ID, Test: t.Name, Faults: t.compare(out.Transitions)})
	}
	return results, nil
}

// changes makes the mentions of a case, in the order of their arrival.
func (t *Test) changes() []mention.Change {
	var list []mention.Change
	for i := range t.Given {
		g := &t.Given[i]
		for n := range max(g.Times, 1) {
			list = append(list, g.change(fmt.Sprintf("test:%d:%d", i, n), g.At.Add(time.Duration(n)*g.Every.Std())))
		}
	}
	slices.SortStableFunc(list, func(a, b mention.Change) int { return a.At.Compare(b.At) })
	for i := range list {
		list[i].Seq = int64(i + 1)
	}
	return list
}

func (g *TestEntry) change(id string, at time.Time) mention.Change {
	m := mention.Mention{
		ID: id, Revision: 1, Source: g.Source, Kind: g.Kind, Site: g.Site, Title: g.Title, Text: g.Text, Author: g.Author,
		Published: at, Seen: at, Collected: at, Reach: g.Reach,
		Given: &mention.Given{Brands: g.Brands, Products: g.Products, Labels: g.Labels, Sentiment: g.Sentiment, Lang: g.Lang, Story: g.Story},
	}
	a := mention.Analysis{Language: g.Lang, Status: mention.StatusOK}
	if g.Safety {
		a.Safety = &mention.Safety{AdverseEvent: true, Score: 1}
	}
	return mention.Change{Kind: mention.ChangeNew, At: at, Record: mention.Record{Mention: m, Analysis: a, Story: g.Story}}
}

// compare says how transitions differ from those expected. Every firing must
// be expected; another state is looked at only when the case names it.
func (t *Test) compare(got []Transition) []string {
	named := map[string]bool{mention.StateFiring: true}
	for i := range t.Expect {
		named[t.Expect[i].State] = true
	}
	got = slices.DeleteFunc(slices.Clone(got), func(tr Transition) bool { return !named[tr.State] })
	var faults []string
	for i := range max(len(got), len(t.Expect)) {
		switch {
		case i >= len(t.Expect):
			faults = append(faults, "not expected: "+got[i].words())
		case i >= len(got):
			faults = append(faults, "did not happen: "+t.Expect[i].words())
		case !t.Expect[i].fits(&got[i]):
			faults = append(faults, fmt.Sprintf("expected %s, got %s", t.Expect[i].words(), got[i].words()))
		}
	}
	return faults
}

func (x *TestExpect) fits(tr *Transition) bool {
	return x.State == tr.State && (x.Group == "" || x.Group == tr.Group) && (x.At.IsZero() || x.At.Equal(tr.At))
}

func (x *TestExpect) words() string {
	return words(x.State, x.Group, x.At)
}

func (tr *Transition) words() string {
	return words(tr.State, tr.Group, tr.At) + ": " + tr.Reason
}

func words(state, group string, at time.Time) string {
	if group != "" {
		state += " for " + group
	}
	if !at.IsZero() {
		state += " at " + at.UTC().Format(time.RFC3339)
	}
	return state
}
