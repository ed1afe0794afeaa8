package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"earshot/mention"
)

// stateVersion is raised when an older earshot could not read the state.
const stateVersion = 2

// ErrNewerState reports a state that a newer earshot has written.
var ErrNewerState = errors.New("alerts: the state was written by a newer earshot")

// A State is what an engine keeps between runs, in parts that nobody else
// reads: one for each counter, so that a step writes only what it changed.
type State map[string][]byte

// The kinds of parts, by how their names begin.
const (
	partHead     = "head"
	partRule     = "r/" // and the rule
	partGroup    = "g/" // and the rule, a newline, the group
	partTerms    = "t/" // and the rule, a newline, a number
	partReceiver = "n/" // and the receiver
	partClock    = "c/" // and the incident
	partFlagged  = "f/" // and a number
)

type headState struct {
	Version int     `json:"version"`
	Seq     int64   `json:"seq"`
	Clock   instant `json:"clock"`
}

type ruleState struct {
	Print string      `json:"print"`
	Late  int64       `json:"late,omitempty"`
	Since instant     `json:"since,omitempty"` // new_term: it listens
	Usual *vocabulary `json:"usual,omitempty"`
}

// changed remembers which parts of the state the last steps touched.
type changed struct {
	groups    map[*group]struct{}
	rules     map[*rule]struct{}
	receivers map[*receiver]struct{}
	clocks    map[*clock]struct{}
	terms     map[*rule]*[termParts]bool
	flagged   [flaggedParts]bool
	gone      map[string]struct{}
}

func newChanged() changed {
	return changed{
		groups: map[*group]struct{}{}, rules: map[*rule]struct{}{}, receivers: map[*receiver]struct{}{}, clocks: map[*clock]struct{}{},
		terms: map[*rule]*[termParts]bool{}, gone: map[string]struct{}{},
	}
}

func (e *Engine) touch(g *group) { e.changed.groups[g] = struct{}{} }

func (g *group) part() string { return partGroup + g.rule.ID + "\n" + g.Key }

// State returns everything the engine has to be given to go on from here.
func (e *Engine) State() (State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := newChanged()
	for _, r := range e.rules {
		all.rules[r] = struct{}{}
		for _, g := range r.groups {
			all.groups[g] = struct{}{}
		}
		if r.terms != nil {
			touched := &[termParts]bool{}
			for i := range touched {
				touched[i] = true
			}
			all.terms[r] = touched
		}
	}
	for _, r := range e.receivers {
		all.receivers[r] = struct{}{}
	}
	for _, c := range e.clocks {
		all.clocks[c] = struct{}{}
	}
	for i := range all.flagged {
		all.flagged[i] = true
	}
	s, err := e.encode(&all)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(s, func(_ string, part []byte) bool { return part == nil })
	return s, nil
}

// Changed returns the parts of the state that are others than at the last
// call, to be committed with what the steps between gave; one that is nil is
// gone. What it returned and was not committed is lost: the engine must then
// be restored.
func (e *Engine) Changed() (State, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s, err := e.encode(&e.changed)
	e.changed = newChanged()
	return s, err
}

// encode writes parts.
func (e *Engine) encode(c *changed) (State, error) {
	s := State{}
	for key := range c.gone {
		s[key] = nil
	}
	var failed error
	put := func(key string, v any, empty bool) {
		if empty {
			s[key] = nil
			return
		}
		data, err := json.Marshal(v)
		if err != nil {
			failed = fmt.Errorf("alerts: state: %s: %w", key, err)
		}
		s[key] = data
	}
	put(partHead, headState{stateVersion, e.seq, e.clock}, false)
	for r := range c.rules {
		rs := ruleState{Print: r.mark, Late: r.late, Usual: r.usual}
		if r.terms != nil {
			rs.Since = r.terms.Since
		}
		put(partRule+r.ID, rs, len(r.groups) == 0 && r.late == 0 && r.terms == nil && r.usual == nil)
	}
	for g := range c.groups {
		if now := g.rule.groups[g.Key]; now == nil || now == g { // else another one has its place
			put(g.part(), &g.groupState, now == nil)
		}
	}
	for r, touched := range c.terms {
		for i, yes := range touched {
			if yes {
				put(termPart(r, i), r.terms.part(i), len(r.terms.Seen[i]) == 0)
			}
		}
	}
	for r := range c.receivers {
		put(partReceiver+r.Receiver.ID, &r.receiverState, r.Hour == 0 && len(r.Queue) == 0)
	}
	for k := range c.clocks {
		if now := e.clocks[k.Incident.ID]; now == nil || now == k {
			put(partClock+k.Incident.ID, &k.clockState, now == nil)
		}
	}
	for i, yes := range c.flagged {
		if yes {
			put(flaggedPart(i), e.flagged[i], len(e.flagged[i]) == 0)
		}
	}
	return s, failed
}

// Restore takes over a state, also of other rules: what belongs to a rule
// that is gone or judges otherwise now is dropped, and its incidents are
// closed by the next step. No parts are the state of an engine that has seen
// nothing.
func (e *Engine) Restore(s State) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var head headState
	if data := s[partHead]; data != nil {
		if err := json.Unmarshal(data, &head); err != nil {
			return fmt.Errorf("alerts: state: %w", err)
		}
		if head.Version > stateVersion {
			return fmt.Errorf("%w: version %d, and this one knows %d", ErrNewerState, head.Version, stateVersion)
		}
	}
	e.reset()
	e.seq, e.clock = head.Seq, head.Clock
	keys := sortedKeys(s)
	slices.SortStableFunc(keys, func(a, b string) int { return rank(a) - rank(b) })
	for _, key := range keys {
		if err := e.restorePart(key, s[key]); err != nil {
			return fmt.Errorf("alerts: state: %q: %w", key, err)
		}
	}
	return nil
}

// rank puts rules before what belongs to them.
func rank(key string) int {
	if strings.HasPrefix(key, partRule) {
		return 0
	}
	return 1
}

func (e *Engine) restorePart(key string, data []byte) error {
	name := key[min(2, len(key)):]
	owner, rest, _ := strings.Cut(name, "\n")
	switch {
	case key == partHead, data == nil:
		return nil
	case strings.HasPrefix(key, partRule):
		var rs ruleState
		if err := json.Unmarshal(data, &rs); err != nil {
			return err
		}
		e.restoreRule(name, &rs)
		return nil
	case strings.HasPrefix(key, partGroup):
		gs := &groupState{}
		if err := json.Unmarshal(data, gs); err != nil {
			return err
		}
		e.restoreGroup(key, owner, gs)
		return nil
	case strings.HasPrefix(key, partTerms):
		r := e.byID[owner]
		if r == nil || !r.kept || r.terms == nil {
			e.changed.gone[key] = struct{}{}
			return nil
		}
		return r.terms.restore(rest, data)
	case strings.HasPrefix(key, partReceiver):
		if r := e.receivers[name]; r != nil {
			if err := json.Unmarshal(data, &r.receiverState); err != nil {
				return err
			}
			e.schedule(r, r.Release)
			return nil
		}
	case strings.HasPrefix(key, partClock):
		return e.restoreClock(key, data)
	case strings.HasPrefix(key, partFlagged):
		return e.flagged.restore(name, data)
	}
	e.changed.gone[key] = struct{}{}
	return nil
}

// reset forgets everything counted.
func (e *Engine) reset() {
	for _, s := range e.timers {
		s.wait().due = 0
	}
	e.begun, e.saying = false, nil
	e.changed = newChanged()
	e.timers, e.orphans, e.open, e.clocks, e.flagged = nil, nil, map[string]*group{}, map[string]*clock{}, flagged{}
	for _, r := range e.rules {
		r.groups, r.late, r.terms, r.usual, r.kept = map[string]*group{}, 0, nil, nil, false
	}
	for _, r := range e.receivers {
		r.receiverState = receiverState{ID: r.Receiver.ID}
	}
}

func (e *Engine) restoreRule(id string, rs *ruleState) {
	r := e.byID[id]
	if r == nil || r.mark != rs.Print || r.kind() == KindSafety {
		e.changed.gone[partRule+id] = struct{}{}
		if r != nil {
			e.changed.rules[r] = struct{}{}
		}
		return
	}
	r.kept, r.late, r.usual = true, rs.Late, rs.Usual
	if r.kind() == KindNewTerm {
		r.terms = &termState{Since: rs.Since}
	}
}

func (e *Engine) restoreGroup(key, id string, gs *groupState) {
	r := e.byID[id]
	fits := r != nil && r.kept
	if inc := gs.Incident; inc != nil && !fits {
		e.orphan(inc.Incident)
	}
	if !fits || len(r.groups) > maxGroups || !gs.sound() {
		e.changed.gone[key] = struct{}{}
		return
	}
	e.adopt(r, &group{rule: r, groupState: *gs})
}

// adopt makes a group one of a rule's.
func (e *Engine) adopt(r *rule, g *group) {
	r.groups[g.Key] = g
	if g.Incident != nil {
		g.Incident.Match = r.Match // of a state from before it was noted; else it is the same
		e.open[g.Incident.ID] = g
		if g.Incident.Say != "" {
			e.saying = append(e.saying, g)
		}
	}
	e.reschedule(g)
}

// orphan notes an incident that nobody judges any more.
func (e *Engine) orphan(inc mention.Incident) {
	if inc.State == mention.StateFiring || inc.State == mention.StatePending || inc.State == mention.StateNoData {
		e.orphans = append(e.orphans, inc)
	}
}

// Orphan has the next step close an incident that the engine does not hold,
// such as one of a state that was lost. Those of safety are left to people.
func (e *Engine) Orphan(inc mention.Incident) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.open[inc.ID] == nil && inc.Kind != KindSafety {
		e.orphan(inc)
	}
}

// Inherit takes over what another engine holds, as Restore does with its
// state, without writing it out. The other one must not be used any more.
func (e *Engine) Inherit(old *Engine) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reset()
	e.seq, e.clock, e.flagged, e.changed = old.seq, old.clock, old.flagged, newChanged()
	e.changed.flagged, e.changed.gone = old.changed.flagged, old.changed.gone
	for g := range old.changed.groups {
		if g.rule.groups[g.Key] == nil {
			e.changed.gone[g.part()] = struct{}{}
		}
	}
	for c := range old.changed.clocks {
		if old.clocks[c.Incident.ID] == nil {
			e.changed.gone[partClock+c.Incident.ID] = struct{}{}
		}
	}
	for _, r := range old.rules {
		e.inheritRule(r, old)
	}
	for id, was := range old.receivers {
		if r := e.receivers[id]; r != nil {
			r.receiverState = was.receiverState
			e.changed.receivers[r] = struct{}{}
			e.schedule(r, r.Release)
		} else if was.Hour != 0 || len(was.Queue) > 0 {
			e.changed.gone[partReceiver+id] = struct{}{}
		}
	}
	for _, c := range old.clocks {
		e.inheritClock(c)
	}
	for i := range old.orphans {
		e.orphan(old.orphans[i])
	}
	e.begun = old.begun && len(e.rules) == len(old.rules)
}

func (e *Engine) inheritRule(was *rule, old *Engine) {
	r := e.byID[was.ID]
	if r == nil || r.mark != was.mark {
		e.changed.gone[partRule+was.ID] = struct{}{}
		for _, key := range sortedKeys(was.groups) {
			g := was.groups[key]
			e.changed.gone[g.part()] = struct{}{}
			if g.Incident != nil {
				e.orphan(g.Incident.Incident)
			}
		}
		if was.terms != nil {
			for i := range was.terms.Seen {
				e.changed.gone[termPart(was, i)] = struct{}{}
			}
		}
		return
	}
	r.kept, r.late, r.terms, r.usual, r.failed = true, was.late, was.terms, was.usual, was.failed
	if _, ok := old.changed.rules[was]; ok {
		e.changed.rules[r] = struct{}{}
	}
	if t := old.changed.terms[was]; t != nil {
		e.changed.terms[r] = t
	}
	for _, g := range was.groups {
		next := &group{rule: r, groupState: g.groupState}
		e.adopt(r, next)
		if _, ok := old.changed.groups[g]; ok {
			e.touch(next)
		}
	}
}

// sound reports whether the parts of a group fit together, so that a state
// that somebody edited cannot make the engine fall.
func (g *groupState) sound() bool {
	n := len(g.Times)
	return (len(g.Authors) == 0 || len(g.Authors) == n) && (len(g.Sites) == 0 || len(g.Sites) == n) &&
		slices.IsSorted(g.Times) && (g.Incident == nil || g.Incident.ID != "")
}
