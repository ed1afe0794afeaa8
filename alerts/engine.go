package alerts

import (
	"container/heap"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"earshot/mention"
)

// DefaultLateness is how old a mention may be and still raise an alarm.
const DefaultLateness = 24 * time.Hour

// maxGroups bounds the groups of a rule that are counted at once; what comes
// beyond is counted together in the group "other".
const (
	maxGroups  = 5_000
	otherGroup = "other"
)

// A CoverageFunc reports whether a source answered throughout a stretch of
// time, as far as that was known at now.
type CoverageFunc func(source string, from, to, now time.Time) bool

// Options are what an [Engine] needs from outside.
type Options struct {
	Rules       []Rule
	Receivers   []Receiver
	Brands      []mention.Brand
	Labels      []mention.Label      // for their departments
	Departments []mention.Department // whose receivers are told what no rule names one for
	Routes      Routes               // likewise
	LinkKey     []byte               // signs links that act with one click; empty means none are made
	Coverage    CoverageFunc         // nil means that every source always answered
	Lateness    time.Duration        // how old a mention may be and still raise an alarm; 0 means DefaultLateness
	PublicURL   string               // of the pages, for links in notices; may be empty
	Zone        *time.Location       // of quiet hours and digests; nil means UTC
	Examiner    *Examiner            // remembers rules between engines; nil means that each is read anew
	Log         *slog.Logger         // nil means no logging
}

// An Outcome is everything one [Engine.Step] changed, to be committed in one
// transaction with the engine's state.
type Outcome struct {
	Incidents   []mention.Incident // in their latest state, each once
	Deliveries  []mention.Delivery // to be sent, or held with the reason
	Flags       []mention.SafetyFlag
	Transitions []Transition // what happened, in order; told, not stored
}

// A Transition is an incident coming into a state.
type Transition struct {
	At       time.Time `json:"at"`
	Incident string    `json:"incident"`
	Rule     string    `json:"rule"`
	Group    string    `json:"group,omitempty"`
	State    string    `json:"state"`
	Reason   string    `json:"reason"`
}

// Empty reports whether nothing changed.
func (o *Outcome) Empty() bool { return len(o.Incidents)+len(o.Deliveries)+len(o.Flags) == 0 }

// An Engine judges mentions by rules. What it decides depends on the changes,
// their times and its state alone: the same log gives the same incidents and
// deliveries with the same ids, whatever the batches and wherever it was
// stopped and restored. It may be used from many goroutines.
type Engine struct {
	mu        sync.Mutex
	options   Options
	rules     []*rule
	byID      map[string]*rule
	matcher   *matcher
	receivers map[string]*receiver
	roles     map[string]mention.Role
	names     map[string]string // of brands
	routes    *Router

	clock   instant
	seq     int64
	matches int64 // of rules, since it was made
	begun   bool
	judging bool
	trace   func(row *mention.Row, group, verdict string) // of mentions that match; nil when nobody asks
	saying  []*group                                      // their notices are made when the instant is over
	flagged flagged
	open    map[string]*group // by incident
	clocks  map[string]*clock // by incident
	timers  timers
	changed changed
	orphans []mention.Incident // of rules that are gone; closed by the next step
	out     outcome
}

// NewEngine makes an engine. Its error names every fault of the rules and
// receivers.
func NewEngine(o Options) (*Engine, error) {
	examined, errs := checkRules(o.Rules, o.Receivers, o.Examiner)
	if len(errs) > 0 {
		return nil, fmt.Errorf("alerts: %w", errors.Join(errs...))
	}
	if o.Lateness == 0 {
		o.Lateness = DefaultLateness
	}
	if o.Zone == nil {
		o.Zone = time.UTC
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	e := &Engine{
		options: o, byID: make(map[string]*rule, len(o.Rules)), receivers: make(map[string]*receiver, len(o.Receivers)),
		roles: make(map[string]mention.Role, len(o.Brands)), names: make(map[string]string, len(o.Brands)),
		open: map[string]*group{}, clocks: map[string]*clock{}, changed: newChanged(),
	}
	for i := range o.Brands {
		b := &o.Brands[i]
		e.roles[b.ID], e.names[b.ID] = b.Role, b.Name
		if b.Role == "" {
			e.roles[b.ID] = mention.RoleCompetitor
		}
	}
	for i := range o.Receivers {
		r, err := newReceiver(&o.Receivers[i], o.Zone)
		if err != nil {
			return nil, err
		}
		e.receivers[r.Receiver.ID] = r
	}
	e.routes = NewRouter(o.Routes, o.Labels, o.Departments)
	for i := range o.Rules {
		if o.Rules[i].Disabled {
			continue
		}
		r, err := newRule(&o.Rules[i], &examined[i], o.Zone)
		if err != nil {
			return nil, err
		}
		e.rules = append(e.rules, r)
		e.byID[r.ID] = r
	}
	e.matcher = newMatcher(e.rules)
	return e, nil
}

// Seq is the sequence of the last change judged.
func (e *Engine) Seq() int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.seq
}

// Step judges changes in the order of the log and moves time on to now. All
// changes that entered the log before now should have been given by then.
// Changes with a sequence judged before are passed over. With no changes it
// moves time alone, which may fire or resolve incidents. Notices of what
// entered the log at now itself wait until time moves on: more may come.
func (e *Engine) Step(now time.Time, changes []mention.Change) Outcome {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.out = outcome{}
	end := instantOf(now)
	if e.clock == 0 {
		e.clock = end
		if len(changes) > 0 {
			e.clock = e.arrival(&changes[0], end)
		}
	}
	e.closeOrphans()
	if !e.begun {
		e.begin()
		e.begun = true
	}
	for i := range changes {
		c := &changes[i]
		if c.Seq != 0 && c.Seq <= e.seq {
			continue
		}
		e.advance(e.arrival(c, end))
		e.judging = true
		e.judge(c)
		e.judging = false
		e.seq = max(e.seq, c.Seq)
	}
	e.advance(end)
	return e.out.take()
}

// Waits reports whether notices wait for time to move on.
func (e *Engine) Waits() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.saying) > 0
}

// arrival is the time a change is judged at: when it entered the log.
func (*Engine) arrival(c *mention.Change, now instant) instant {
	if c.At.IsZero() {
		return now
	}
	return min(instantOf(c.At), now)
}

// advance moves the clock to at, and runs what is due on the way at the time
// it is due, so that it does not matter how often the engine is stepped.
func (e *Engine) advance(at instant) {
	e.wakeUntil(min(at, e.clock))
	if at > e.clock {
		e.sayAll()
		e.wakeUntil(at)
	}
	e.clock = max(e.clock, at)
}

func (e *Engine) wakeUntil(at instant) {
	for len(e.timers) > 0 && e.timers[0].wait().due <= at {
		s := e.timers[0]
		e.clock = max(e.clock, s.wait().due)
		e.schedule(s, 0)
		s.wake(e, e.clock)
	}
}

// A sleeper is woken at a time.
type sleeper interface {
	wait() *waiting
	wake(e *Engine, at instant)
	order() string // decides between two that are due at once
}

// waiting is a sleeper's place among the timers.
type waiting struct {
	due   instant // 0 means that it does not wait
	place int
}

func (w *waiting) wait() *waiting { return w }

// schedule sets when s is woken; 0 means never.
func (e *Engine) schedule(s sleeper, due instant) {
	w := s.wait()
	switch {
	case w.due == due:
	case w.due == 0:
		w.due = due
		heap.Push(&e.timers, s)
	case due == 0:
		heap.Remove(&e.timers, w.place)
		w.due = 0
	default:
		w.due = due
		heap.Fix(&e.timers, w.place)
	}
}

// timers is a heap of sleepers, the first due on top.
type timers []sleeper

// Len implements heap.Interface.
func (t timers) Len() int { return len(t) }

// Less implements heap.Interface.
func (t timers) Less(i, j int) bool {
	a, b := t[i].wait(), t[j].wait()
	if a.due != b.due {
		return a.due < b.due
	}
	return t[i].order() < t[j].order()
}

// Swap implements heap.Interface.
func (t timers) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].wait().place, t[j].wait().place = i, j
}

// Push implements heap.Interface.
func (t *timers) Push(x any) {
	s := x.(sleeper)
	s.wait().place = len(*t)
	*t = append(*t, s)
}

// Pop implements heap.Interface.
func (t *timers) Pop() any {
	last := len(*t) - 1
	s := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	return s
}

// An instant is a time in milliseconds since 1970; 0 means none.
type instant int64

func instantOf(t time.Time) instant {
	if t.IsZero() {
		return 0
	}
	return instant(t.UnixMilli())
}

// Time is i as the standard library's type.
func (i instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(i)).UTC()
}

func (i instant) add(d time.Duration) instant { return i + instant(d/time.Millisecond) }

func (i instant) sub(o instant) time.Duration { return time.Duration(i-o) * time.Millisecond }

// outcome collects what a step changes.
type outcome struct {
	Outcome
	place map[string]int
}

// incident notes the latest state of an incident.
func (o *outcome) incident(inc *mention.Incident) {
	c := *inc
	c.Mentions, c.Stories = append([]string(nil), inc.Mentions...), append([]string(nil), inc.Stories...)
	c.Terms = append([]string(nil), inc.Terms...)
	if i, ok := o.place[c.ID]; ok {
		o.Incidents[i] = c
		return
	}
	if o.place == nil {
		o.place = map[string]int{}
	}
	o.place[c.ID] = len(o.Incidents)
	o.Incidents = append(o.Incidents, c)
}

// transition notes that an incident came into its state.
func (o *outcome) transition(inc *mention.Incident, at instant) {
	o.Transitions = append(o.Transitions, Transition{at.Time(), inc.ID, inc.Rule, inc.Group, inc.State, inc.Reason})
}

func (o *outcome) take() Outcome {
	taken := o.Outcome
	*o = outcome{}
	return taken
}
