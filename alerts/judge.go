package alerts

import (
	"fmt"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"

	"earshot/mention"
	"earshot/query"
)

// How long an incident stays open after its condition last held, when the
// rule does not say.
const (
	keepEvent  = 24 * time.Hour // match: one incident a day at most
	keepCount  = time.Hour
	repeatFold = time.Hour // match: new stories of an open incident are told together
)

// A rule is a Rule ready for work.
type rule struct {
	*Rule
	match   *query.Query // nil means that everything matches
	of      *query.Query // nil when there is none
	where   *vm.Program  // nil means that everything fits
	judge   judge
	keep    time.Duration
	repeat  time.Duration // 0 means never
	mark    string        // changes when counters would no longer fit
	groups  map[string]*group
	terms   *termState // new_term
	late    int64      // matches too old to be told
	failed  int64      // expressions that failed
	matched int64      // since the engine was made
	kept    bool       // its counters of before fit
	usual   *vocabulary
	hours   *businessHours // nil means always
}

// A judge is what is particular to a kind of rule. It counts a mention in a
// group, and calls Engine.met when the rule's condition holds.
type judge interface {
	add(e *Engine, g *group, x *entry)
	// history counts one that is too old to be told, for the baseline.
	history(e *Engine, g *group, x *entry)
	// tick is called at the time that g.judgeDue says.
	tick(e *Engine, g *group, at instant)
}

// An entry is a mention as a judge sees it.
type entry struct {
	row  *mention.Row
	rec  *mention.Record
	at   instant // when it arrived
	t    instant // when it counts; not after at
	of   bool    // the rule's second query matches too
	late bool    // too old to be told
	why  string  // what a kind found out already
	said []said  // its terms, once somebody asked
}

// newRule makes a rule that has no faults ready for work.
func newRule(r *Rule, x *Examined, zone *time.Location) (*rule, error) {
	c := &rule{
		Rule: r, match: x.Match, of: x.of, where: x.where, mark: x.mark,
		keep: r.KeepFiringFor.Std(), repeat: r.RepeatEvery.Std(), groups: map[string]*group{},
	}
	if r.Of != "" && c.of == nil {
		c.of = query.All()
	}
	if r.Hours != nil {
		hours, err := r.Hours.compile(zone)
		if err != nil {
			return nil, fmt.Errorf("alerts: rule %s: hours: %w", r.ID, err)
		}
		c.hours = hours
	}
	c.judge = judgeOf(r)
	if c.keep == 0 {
		c.keep = keepOf(r.kind())
	}
	if c.repeat == 0 && (r.kind() == KindMatch || r.kind() == KindCompetitorActivity) {
		c.repeat = repeatFold
	}
	return c, nil
}

func judgeOf(r *Rule) judge {
	switch r.kind() {
	case KindMatch, KindCompetitorActivity:
		return matchJudge{}
	case KindThreshold:
		return &thresholdJudge{count: r.Count, window: r.Window.Std(), authors: r.MinAuthors, sites: r.MinSites}
	case KindSpike, KindDrop:
		return newCountJudge(r)
	case KindFlatline:
		return &flatlineJudge{window: r.Window.Std()}
	case KindNewTerm:
		return newTermJudge(r)
	case KindRatio, KindSentimentShift, KindShareOfVoice:
		return newShareJudge(r)
	}
	return nil // safety is judged apart
}

func keepOf(kind string) time.Duration {
	switch kind {
	case KindMatch, KindCompetitorActivity, KindNewTerm, KindSpike:
		return keepEvent
	case KindFlatline:
		return 0 // one mention ends it
	}
	return keepCount
}

// A matcher finds the rules whose queries a mention fits. One set serves all
// rules.
type matcher struct {
	set    *query.Set
	places []place // of the set's queries
	always []*rule // rules without a query
	doc    *query.Document
	hits   []int
	found  []hit
	at     map[*rule]int // into found
}

type place struct {
	rule *rule
	of   bool
}

// A hit is a rule that a mention fits.
type hit struct {
	rule *rule
	of   bool
}

func newMatcher(rules []*rule) *matcher {
	m := &matcher{doc: query.NewDocument(&mention.Row{}), at: map[*rule]int{}}
	queries := make([]*query.Query, 0, len(rules))
	for _, r := range rules {
		if r.match == nil {
			m.always = append(m.always, r)
		} else {
			queries = append(queries, r.match)
			m.places = append(m.places, place{r, false})
		}
		if r.of != nil {
			queries = append(queries, r.of)
			m.places = append(m.places, place{r, true})
		}
	}
	m.set = query.SetOf(queries)
	return m
}

// match gives the rules that a row fits, in their order in the file's kinds
// of places; the answer is good until the next call.
func (m *matcher) match(row *mention.Row, now time.Time) []hit {
	m.found = m.found[:0]
	clear(m.at)
	for _, r := range m.always {
		m.at[r] = len(m.found)
		m.found = append(m.found, hit{rule: r})
	}
	m.doc.Reset(row)
	m.hits = m.set.Match(m.doc, now, m.hits[:0])
	for _, i := range m.hits {
		if p := m.places[i]; !p.of {
			m.at[p.rule] = len(m.found)
			m.found = append(m.found, hit{rule: p.rule})
		}
	}
	for _, i := range m.hits {
		if p := m.places[i]; p.of {
			if at, ok := m.at[p.rule]; ok {
				m.found[at].of = true
			}
		}
	}
	return m.found
}

// judge takes one change through all rules.
func (e *Engine) judge(c *mention.Change) {
	if c.Kind == mention.ChangeErased {
		e.forget(c.Record.Mention.ID)
		return
	}
	quiet := c.Kind == mention.ChangeRescored || c.Kind == mention.ChangeCurated
	flagged := c.Record.Analysis.Safety != nil && c.Record.Analysis.Safety.AdverseEvent
	if quiet && !flagged { // changing our mind never notifies; safety alone does
		return
	}
	row := c.Record.Row()
	x := &entry{row: &row, rec: &c.Record, at: e.clock, t: min(instantOf(row.Time()), e.clock)}
	if x.t == 0 {
		x.t = x.at
	}
	hits := e.matcher.match(&row, e.clock.Time())
	var fields *whereFields
	late := x.at.sub(x.t) > e.options.Lateness
	safety := hits[:0:0]
	for _, h := range hits {
		if why := e.unconcerned(h.rule, c, &row, quiet, flagged); why != "" {
			e.told(&row, "", why)
			continue
		}
		if h.rule.where != nil {
			if fields == nil {
				fields = fieldsOf(&row)
			}
			ok, err := holds(h.rule.where, fields)
			if err != nil {
				e.whereFailed(h.rule, err)
			}
			// A safety rule whose expression fails tells rather than not.
			if !ok && (err == nil || h.rule.kind() != KindSafety) {
				e.told(&row, "", map[bool]string{false: verdictWhere, true: verdictFailed}[err != nil])
				continue
			}
		}
		h.rule.matched++
		e.matches++
		switch {
		case h.rule.kind() == KindSafety:
			safety = append(safety, h)
		default:
			if x.late = late; late {
				h.rule.late++
				e.changed.rules[h.rule] = struct{}{}
			}
			e.count(h, x)
		}
	}
	if flagged {
		e.flag(c, x, safety, quiet || late)
	}
}

// unconcerned says why a rule does not look at a change, or "".
func (*Engine) unconcerned(r *rule, c *mention.Change, row *mention.Row, quiet, flagged bool) string {
	switch {
	case r.kind() == KindSafety && flagged:
		return ""
	case r.kind() == KindSafety:
		return verdictUnmatched
	case quiet:
		return verdictQuiet
	case row.Irrelevant:
		return verdictIrrelevant
	case c.Kind == mention.ChangeRevised && !r.OnEdit:
		return verdictEdit
	case row.Own != "" && !r.Own && r.kind() != KindCompetitorActivity:
		return verdictOwn
	}
	return ""
}

// count hands a mention to the rule's judge, once for each of its groups.
func (e *Engine) count(h hit, x *entry) {
	x.of, x.why = h.of, ""
	switch h.rule.kind() {
	case KindMatch, KindThreshold:
		if x.late {
			e.told(x.row, "", verdictLate)
			return // no need to make a group
		}
	case KindCompetitorActivity:
		if !x.late {
			e.hear(h.rule, x)
			e.activity(h.rule, x)
		}
		return
	case KindNewTerm:
		e.newTerms(h.rule, x)
		return
	case KindShareOfVoice:
		e.group(h.rule, totalGroup).whole(x)
	}
	e.hear(h.rule, x)
	for _, key := range groupsOf(h.rule.By, x.row) {
		g := e.group(h.rule, key)
		if x.late {
			h.rule.judge.history(e, g, x)
			e.told(x.row, g.Key, verdictLate)
		} else {
			g.say(x)
			e.add(g, x)
		}
		e.reschedule(g)
	}
}

// add has a group count a mention.
func (e *Engine) add(g *group, x *entry) {
	if e.trace == nil {
		g.rule.judge.add(e, g, x)
		return
	}
	var had *incident
	if g.Incident != nil {
		was := *g.Incident
		had = &was
	}
	g.rule.judge.add(e, g, x)
	e.told(x.row, g.Key, g.verdict(had))
}

// whereFailed says once per rule that its expression fails.
func (e *Engine) whereFailed(r *rule, err error) {
	if r.failed++; r.failed == 1 {
		e.options.Log.Warn("rule expression failed; told once", "rule", r.ID, "err", err)
	}
}

// A RuleStats is what the engine has seen of a rule since it was made.
type RuleStats struct {
	Groups int   // counted now
	Late   int64 // matches that were too old to be told
	Failed int64 // mentions on which the rule's expression failed
}

// Stats tells of a rule; ok is false when it is not live.
func (e *Engine) Stats(ruleID string) (s RuleStats, ok bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r, ok := e.byID[ruleID]
	if !ok {
		return s, false
	}
	return RuleStats{Groups: len(r.groups), Late: r.late, Failed: r.failed}, true
}

// storyOf is the story of a row; one without counts by itself.
func storyOf(row *mention.Row) string {
	if row.Story != "" {
		return row.Story
	}
	return row.ID
}

// plural writes 1 mention, 2 mentions.
func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	if rest, ok := strings.CutSuffix(word, "y"); ok {
		return fmt.Sprintf("%d %sies", n, rest)
	}
	return fmt.Sprintf("%d %ss", n, word)
}
