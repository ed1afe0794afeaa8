package alerts

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"earshot/mention"
)

const (
	maxVerdicts = 50             // of mentions that are listed
	explainSpan = 24 * time.Hour // before the time asked for
)

// A Verdict is what a rule made of a mention.
type Verdict struct {
	Mention string    `json:"mention"`
	Title   string    `json:"title,omitempty"`
	At      time.Time `json:"at"` // it entered the log
	Group   string    `json:"group,omitempty"`
	Verdict string    `json:"verdict"`
}

// A GroupState is where a group of a rule stands.
type GroupState struct {
	Group    string `json:"group,omitempty"`
	State    string `json:"state"` // of its incident; inactive when there is none
	Incident string `json:"incident,omitempty"`
	Says     string `json:"says"` // with the numbers
}

// An Explanation says why a rule did, or did not, tell.
type Explanation struct {
	Rule        string             `json:"rule"`
	At          time.Time          `json:"at"`
	Read        int                `json:"read"`    // entries of the log in the day before
	Matched     int                `json:"matched"` // of them, by match and where
	Verdicts    map[string]int     `json:"verdicts"`
	Mentions    []Verdict          `json:"mentions"` // that matched, newest first
	Asked       *Verdict           `json:"asked,omitempty"`
	Groups      []GroupState       `json:"groups"` // that have counted something, at most 50
	Transitions []Transition       `json:"transitions"`
	Deliveries  []mention.Delivery `json:"deliveries"` // sent or held, without payload
}

// Explain takes history up to a time through one rule and says what it made of
// it. The changes must reach back as far as the rule's baseline; mentionID, when
// it is not empty, is a mention that is asked for.
func Explain(o BacktestOptions, at time.Time, mentionID string, changes iter.Seq2[mention.Change, error]) (*Explanation, error) {
	if len(o.Rules) != 1 {
		return nil, fmt.Errorf("alerts: explain: %d rules; one is explained at a time", len(o.Rules))
	}
	e, err := NewEngine(o.Options)
	if err != nil {
		return nil, err
	}
	x := &Explanation{Rule: o.Rules[0].ID, At: at, Verdicts: map[string]int{}, Mentions: []Verdict{}, Groups: []GroupState{}, Transitions: []Transition{}, Deliveries: []mention.Delivery{}}
	from := at.Add(-explainSpan)
	var now *mention.Change
	e.trace = func(row *mention.Row, group, verdict string) {
		v := Verdict{Mention: row.ID, Title: headline(row.Title, row.Text), At: now.At, Group: group, Verdict: verdict}
		if row.ID == mentionID {
			x.Asked = &v
		}
		if now.At.Before(from) {
			return
		}
		x.Matched++
		x.Verdicts[verdict]++
		x.Mentions = append(x.Mentions, v)
		x.Mentions = x.Mentions[max(0, len(x.Mentions)-maxVerdicts):]
	}
	note := func(out Outcome) {
		for _, tr := range out.Transitions {
			if !tr.At.Before(from) {
				x.Transitions = append(x.Transitions, tr)
			}
		}
		for _, d := range out.Deliveries {
			if d.Payload = nil; !d.Created.Before(from) {
				x.Deliveries = append(x.Deliveries, d)
			}
		}
	}
	seq := int64(0)
	for c, err := range changes {
		if err != nil {
			return nil, fmt.Errorf("alerts: explain: %w", err)
		}
		if o.AsPublished {
			seq++
			c.At, c.Seq = c.Record.Mention.Time(), seq
		}
		if c.At.After(at) {
			break
		}
		if !c.At.Before(from) {
			x.Read++
		}
		if now = &c; c.Record.Mention.ID == mentionID && (x.Asked == nil || c.Kind == mention.ChangeRevised) {
			x.Asked = &Verdict{Mention: mentionID, Title: headline(c.Record.Mention.Title, c.Record.Mention.Text), At: c.At, Verdict: verdictUnmatched}
		}
		note(e.Step(c.At, []mention.Change{c}))
	}
	note(e.Step(at, nil))
	slices.Reverse(x.Mentions)
	e.groupStates(x, instantOf(at))
	return x, nil
}

// headline is the title of a mention, or how its text begins.
func headline(title, text string) string {
	if title == "" {
		title = strings.Join(strings.Fields(clip(text, 2*maxGroupName)), " ")
	}
	return clip(title, maxGroupName)
}

// groupStates tells where the groups stand.
func (e *Engine) groupStates(x *Explanation, at instant) {
	for _, r := range e.rules {
		for _, key := range sortedKeys(r.groups) {
			if len(x.Groups) == maxVerdicts {
				return
			}
			g := r.groups[key]
			s := GroupState{Group: key, State: mention.StateInactive}
			if key == totalGroup {
				continue
			}
			if w, ok := r.judge.(explainer); ok {
				s.Says = w.explain(e, g, at)
			}
			if inc := g.Incident; inc != nil {
				s.State, s.Incident = inc.State, inc.ID
				s.Says = inc.Reason
			}
			x.Groups = append(x.Groups, s)
		}
	}
}

// The verdicts on mentions.
const (
	verdictUnmatched  = "does not match"
	verdictQuiet      = "not new: a correction or another reading never notifies"
	verdictOwn        = "left out: a brand's own channel, and the rule does not say own"
	verdictIrrelevant = "left out: marked irrelevant"
	verdictEdit       = "left out: an edit, and the rule does not say on_edit"
	verdictWhere      = "left out: where does not hold"
	verdictFailed     = "left out: where failed on it"
	verdictLate       = "too old when it arrived to be told; it counts for baselines"
	verdictCounted    = "counted; the condition does not hold"
	verdictPending    = "counted; the condition holds, but not yet for long enough"
	verdictOpened     = "told: it opened the incident"
	verdictJoined     = "joined the open incident"
)

// told traces a verdict where somebody asks.
func (e *Engine) told(row *mention.Row, group, verdict string) {
	if e.trace != nil {
		e.trace(row, group, verdict)
	}
}

// verdict is what became of a mention in its group; had is the incident that
// was open before.
func (g *group) verdict(had *incident) string {
	switch {
	case g.Incident == nil:
		return verdictCounted
	case g.Incident.State == mention.StatePending:
		return verdictPending
	case had == nil || had.ID != g.Incident.ID || had.State == mention.StatePending:
		return verdictOpened
	}
	return verdictJoined
}

// An explainer is a judge that can say where a group stands without an incident.
type explainer interface {
	explain(e *Engine, g *group, at instant) string
}

func (j *thresholdJudge) explain(_ *Engine, g *group, at instant) string {
	first, _ := slices.BinarySearch(g.Times, at.add(-j.window)+1)
	n := len(g.Times) - first
	says := fmt.Sprintf("%s in the last %s; %d make an incident", plural(n, "mention"), mention.Duration(j.window), j.count)
	if j.authors > 0 {
		says += fmt.Sprintf("; %d authors of %d", distinct(g.Authors[first:]), j.authors)
	}
	if j.sites > 0 {
		says += fmt.Sprintf("; %d sites of %d", distinct(g.Sites[first:]), j.sites)
	}
	return says
}

func (j *countJudge) explain(_ *Engine, g *group, at instant) string {
	if g.Series == nil {
		return "nothing was counted yet"
	}
	bin := binOf(at)
	n := g.Series.sum(bin+1-j.width, bin+1)
	says := fmt.Sprintf("%s in the last %s; at least %d are told", plural(int(n), "mention"), mention.Duration(j.window), j.least)
	history, need := at.sub(timeOf(g.Series.First)), leastHistory
	if j.drop {
		need = wholeWeek
	}
	if history < need {
		return says + fmt.Sprintf("; %s of history, and %s are needed", mention.Duration(history.Truncate(time.Hour)), mention.Duration(need))
	}
	u := j.clock.expect(g.Series, bin, j.width, nil)
	if !u.Known() {
		return says + "; not enough complete days to compare with"
	}
	records := j.clock.records(g.Series, bin/j.clock.hour*j.clock.hour-1, j.width)
	if j.drop {
		return says + fmt.Sprintf("; about %s are usual at this time of day", about(u.Mean))
	}
	return says + fmt.Sprintf("; about %s are usual at this time of day; the score is %.2f, and %.2f fires", about(u.Mean),
		score(g.Series.sum(bin, bin+1), n, u, records, j.width), j.fire)
}

func (j *flatlineJudge) explain(_ *Engine, g *group, at instant) string {
	return fmt.Sprintf("the last mention was %s ago; silence is told after %s", mention.Duration(at.sub(g.Newest).Truncate(time.Minute)), mention.Duration(j.window))
}

func (j *shareJudge) explain(_ *Engine, g *group, at instant) string {
	p := j.parts(g, hourOf(at)+1)
	if p.whole < j.least {
		return fmt.Sprintf("%s in the last %s; a share is told of %.0f at least", plural(int(p.whole), "mention"), mention.Duration(j.window), j.least)
	}
	says := fmt.Sprintf("%.0f %% (%d of %d) in the last %s", 100*p.part/p.whole, int(p.part), int(p.whole), mention.Duration(j.window))
	if p.wholeBefore >= j.least {
		says += fmt.Sprintf("; %.0f %% are usual", 100*p.partBefore/p.wholeBefore)
	}
	return says
}
