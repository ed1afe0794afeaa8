package alerts

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"earshot/mention"
)

// stateVersion is raised when an older earshot could not read the state.
const stateVersion = 1

// ErrNewerState reports a state that a newer earshot has written.
var ErrNewerState = errors.New("alerts: the state was written by a newer earshot")

// state is what an engine keeps between runs.
type state struct {
	Version   int             `json:"version"`
	Seq       int64           `json:"seq"`
	Clock     instant         `json:"clock"`
	Flagged   flagged         `json:"flagged,omitempty"`
	Rules     []ruleState     `json:"rules,omitempty"`
	Receivers []receiverState `json:"receivers,omitempty"`
}

type ruleState struct {
	ID     string        `json:"id"`
	Print  string        `json:"print"`
	Late   int64         `json:"late,omitempty"`
	Terms  *termState    `json:"terms,omitempty"`
	Groups []*groupState `json:"groups"`
}

// State returns what the engine has to be given to go on from here, as bytes
// that nobody else reads.
func (e *Engine) State() ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := state{Version: stateVersion, Seq: e.seq, Clock: e.clock, Flagged: e.flagged}
	for _, r := range e.rules {
		if len(r.groups) == 0 && r.late == 0 && r.terms == nil {
			continue
		}
		rs := ruleState{ID: r.ID, Print: r.print, Late: r.late, Terms: r.terms}
		for _, key := range sortedKeys(r.groups) {
			rs.Groups = append(rs.Groups, &r.groups[key].groupState)
		}
		s.Rules = append(s.Rules, rs)
	}
	for _, id := range sortedKeys(e.receivers) {
		if r := &e.receivers[id].receiverState; r.Hour != 0 || len(r.Queue) > 0 {
			s.Receivers = append(s.Receivers, *r)
		}
	}
	data, err := json.Marshal(&s)
	if err != nil {
		return nil, fmt.Errorf("alerts: state: %w", err)
	}
	return data, nil
}

// Restore takes over a state of [Engine.State], also of other rules: what
// belongs to a rule that is gone or judges otherwise now is dropped, and its
// incidents are closed by the next step. No bytes are the state of an engine
// that has seen nothing.
func (e *Engine) Restore(data []byte) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	var s state
	if len(data) > 0 {
		var head struct{ Version int }
		if err := json.Unmarshal(data, &head); err != nil {
			return fmt.Errorf("alerts: state: %w", err)
		}
		if head.Version > stateVersion {
			return fmt.Errorf("%w: version %d, and this one knows %d", ErrNewerState, head.Version, stateVersion)
		}
		if err := json.Unmarshal(data, &s); err != nil {
			return fmt.Errorf("alerts: state: %w", err)
		}
	}
	e.reset()
	e.seq, e.clock = s.Seq, s.Clock
	if s.Flagged != nil {
		e.flagged = s.Flagged
	}
	for i := range s.Rules {
		e.restoreRule(&s.Rules[i])
	}
	for _, rs := range s.Receivers {
		if r := e.receivers[rs.ID]; r != nil {
			r.receiverState = rs
			e.schedule(r, rs.Release)
		}
	}
	return nil
}

// reset forgets everything counted.
func (e *Engine) reset() {
	for _, s := range e.timers {
		s.wait().due = 0
	}
	e.begun = false
	e.timers, e.orphans, e.open, e.flagged = nil, nil, map[string]*group{}, flagged{}
	for _, r := range e.rules {
		r.groups, r.late, r.terms = map[string]*group{}, 0, nil
	}
	for _, r := range e.receivers {
		r.receiverState = receiverState{ID: r.Receiver.ID}
	}
}

func (e *Engine) restoreRule(rs *ruleState) {
	r := e.byID[rs.ID]
	fits := r != nil && r.print == rs.Print && r.kind() != KindSafety
	if fits {
		r.late, r.terms = rs.Late, rs.Terms
	}
	for _, gs := range rs.Groups {
		if gs == nil {
			continue
		}
		if inc := gs.Incident; inc != nil && !fits {
			if inc.State == mention.StateFiring || inc.State == mention.StatePending || inc.State == mention.StateNoData {
				e.orphans = append(e.orphans, inc.Incident)
			}
			continue
		}
		if !fits || len(r.groups) > maxGroups || !gs.sound() {
			continue
		}
		g := &group{rule: r, groupState: *gs}
		r.groups[g.Key] = g
		if g.Incident != nil {
			e.open[g.Incident.ID] = g
		}
		e.reschedule(g)
	}
}

// sound reports whether the parts of a group fit together, so that a state
// that somebody edited cannot make the engine fall.
func (g *groupState) sound() bool {
	n := len(g.Times)
	return (len(g.Authors) == 0 || len(g.Authors) == n) && (len(g.Sites) == 0 || len(g.Sites) == n) &&
		slices.IsSorted(g.Times) && (g.Incident == nil || g.Incident.ID != "")
}
