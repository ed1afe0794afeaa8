package alerts

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"earshot/mention"
)

// The limits of what an incident lists.
const (
	maxMentions = 100
	maxStories  = 100
)

// A group is a rule's counters and incident for one value of its dimensions.
type group struct {
	waiting
	rule *rule
	groupState
}

// groupState is the part of a group that is kept.
type groupState struct {
	Key      string     `json:"k"`
	Times    millis     `json:"t,omitempty"` // threshold: event times, ascending
	Authors  []uint32   `json:"a,omitempty"`
	Sites    []uint32   `json:"s,omitempty"`
	Recent   []Item     `json:"r,omitempty"` // newest first
	Series   *series    `json:"n,omitempty"`
	Other    *series    `json:"o,omitempty"` // ratio: those of the second query; sentiment_shift: the negative ones
	Feeds    []feed     `json:"f,omitempty"` // sources that bring its mentions
	Usual    *usual     `json:"u,omitempty"`
	Newest   instant    `json:"e,omitempty"` // flatline: time of the last mention
	Incident *incident  `json:"i,omitempty"`
	JudgeDue instant    `json:"j,omitempty"`
	Idle     instant    `json:"z,omitempty"` // when the counters are empty, for good
	Said     [][]string `json:"w,omitempty"` // terms of its last mentions
}

// An incident is a mention.Incident with what the engine must know of it.
type incident struct {
	mention.Incident
	Since    instant   `json:"since"`            // its condition began to hold
	Until    instant   `json:"until"`            // its condition holds no longer than this
	When     []instant `json:"when,omitempty"`   // times of Mentions
	Items    []Item    `json:"items,omitempty"`  // newest first, copies folded
	Unsaid   []string  `json:"unsaid,omitempty"` // items that no notice has told
	Subject  string    `json:"subject,omitempty"`
	Ends     string    `json:"ends,omitempty"`  // what would resolve it
	Route    []string  `json:"route,omitempty"` // receivers
	Fresh    int       `json:"fresh,omitempty"` // new stories since the last notice
	Notices  int       `json:"notices,omitempty"`
	Last     instant   `json:"last,omitempty"`    // notice
	Say      string    `json:"say,omitempty"`     // type of the notice that the end of the instant makes
	Told     []string  `json:"told,omitempty"`    // receivers that know of it
	Overdue  instant   `json:"overdue,omitempty"` // flags run out then, and it is told again
	Seen     bool      `json:"seen,omitempty"`
	Withheld int       `json:"withheld,omitempty"` // notices held by flags since the last one sent
}

// group finds or makes a rule's group.
func (e *Engine) group(r *rule, key string) *group {
	g := r.groups[key]
	if g == nil && len(r.groups) >= maxGroups {
		key = otherGroup
		g = r.groups[key]
	}
	if g == nil {
		g = &group{rule: r, groupState: groupState{Key: key}}
		r.groups[key] = g
		e.changed.rules[r] = struct{}{}
	}
	e.touch(g)
	return g
}

// order implements sleeper.
func (g *group) order() string { return g.rule.ID + "\x00" + g.Key }

// ident makes an id out of what a thing is made of, so that a replay makes
// the same. It has no dot and fits a header, a URL and a mail address.
func ident(prefix string, parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return prefix + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:15]))
}

// ensure gives a group's incident, and opens one when there is none; x is the
// mention that did it, and nil when time did.
func (e *Engine) ensure(g *group, at instant, x *entry) *incident {
	if g.Incident != nil {
		return g.Incident
	}
	var row *mention.Row
	opener := ""
	if x != nil {
		row, opener = x.row, x.row.ID
	}
	id := ident("inc_", g.rule.ID, g.Key, strconv.FormatInt(int64(at), 10), opener)
	way := e.routes.way(g.rule.Rule, g.Key, row)
	g.Incident = &incident{
		Incident: mention.Incident{
			ID: id, Rule: g.rule.ID, Kind: g.rule.kind(), Match: g.rule.Match, Group: g.Key, State: mention.StatePending,
			Severity: g.rule.severity(), Opened: at.Time(), Updated: at.Time(), Department: way.Department,
		},
		Since: at, Until: at, Route: way.Receivers,
	}
	e.open[id] = g
	return g.Incident
}

// join adds a mention to an incident; copies of a known story are folded in.
func (inc *incident) join(it *Item, at instant) {
	story := it.Story
	if story == "" {
		story = it.ID
	}
	inc.Count++
	inc.Updated = at.Time()
	inc.list(it)
	if slices.Contains(inc.Stories, story) {
		for i := range inc.Items {
			if s := inc.Items[i].Story; s == story || s == "" && inc.Items[i].ID == story {
				inc.Items[i].Copies++
			}
		}
		return
	}
	inc.Stories = slices.Insert(inc.Stories, 0, story)
	inc.Stories = inc.Stories[:min(len(inc.Stories), maxStories)]
	inc.Items = insertItem(inc.Items, it, maxItems+1)
	inc.Items = dropLeast(inc.Items, maxItems)
	inc.Unsaid = append(inc.Unsaid, it.ID)
	inc.Unsaid = inc.Unsaid[max(0, len(inc.Unsaid)-maxItems):]
	inc.Fresh++
}

// list puts a mention among the newest of an incident, by event time.
func (inc *incident) list(it *Item) {
	if n := len(inc.Mentions) - len(inc.When); n > 0 { // listed before times were kept
		inc.When = append(inc.When, make([]instant, n)...)
	}
	at := 0
	for at < len(inc.When) && inc.When[at] > it.when() {
		at++
	}
	inc.Mentions, inc.When = slices.Insert(inc.Mentions, at, it.ID), slices.Insert(inc.When, at, it.when())
	n := min(len(inc.Mentions), maxMentions)
	inc.Mentions, inc.When = inc.Mentions[:n], inc.When[:n]
}

// insertItem puts an item in its place in a list, newest first by event time;
// of two of the same time the one that came later is first.
func insertItem(list []Item, it *Item, most int) []Item {
	at := 0
	for at < len(list) && list[at].when() > it.when() {
		at++
	}
	list = slices.Insert(list, at, *it)
	return list[:min(len(list), most)]
}

// dropLeast makes room in a list: the oldest of those with the fewest copies
// goes, so that the top stories stay.
func dropLeast(list []Item, most int) []Item {
	if len(list) <= most {
		return list
	}
	least := len(list) - 1
	for i := range list {
		if list[i].Copies <= list[least].Copies {
			least = i
		}
	}
	return slices.Delete(list, least, least+1)
}

// newest is the newest mention of an incident by event time, copies included;
// it is the one that has just joined.
func (g *group) newest(it *Item) *Item {
	first := g.Incident.Mentions[0]
	for _, list := range [][]Item{{*it}, g.Recent, g.Incident.Items} {
		for i := range list {
			if list[i].ID == first {
				return &list[i]
			}
		}
	}
	return it
}

// fresh are the items that no notice has told, newest first.
func (inc *incident) fresh() []Item {
	var list []Item
	for i := range inc.Items {
		if slices.Contains(inc.Unsaid, inc.Items[i].ID) {
			list = append(list, inc.Items[i])
		}
	}
	if len(list) == 0 { // edits
		return inc.Items[:min(inc.Fresh, len(inc.Items))]
	}
	return list
}

// met says that a group's condition holds at a time, and for how long if
// nothing more comes. The incident was made by ensure.
func (e *Engine) met(g *group, at, until instant, reason string) {
	inc := g.Incident
	inc.Until = max(inc.Until, until)
	inc.Reason, inc.Updated = reason, at.Time()
	if inc.State == mention.StatePending && at.sub(inc.Since) >= g.rule.For.Std() {
		e.fire(g, at)
	} else if inc.State == mention.StateFiring && inc.Say == "" && e.repeatDue(g) <= at {
		e.say(g, at, TypeUpdated)
	} else if inc.State == mention.StatePending && !inc.Seen {
		e.out.transition(&inc.Incident, at)
	}
	inc.Seen = true
	e.out.incident(&inc.Incident)
	e.reschedule(g)
}

func (e *Engine) fire(g *group, at instant) {
	inc := g.Incident
	inc.State, inc.Fired, inc.Subject = mention.StateFiring, at.Time(), g.rule.title()+": "+inc.Reason
	inc.Resolves = inc.Ends
	e.startClock(g.rule, &inc.Incident, inc.Subject, inc.Route, nil, at)
	e.out.transition(&inc.Incident, at)
	e.say(g, at, TypeFiring)
}

// say makes a notice, when a mention led to it at the end of its instant: what
// enters the log at one time is told with the numbers of all of it, however it
// was cut into batches.
func (e *Engine) say(g *group, at instant, typ string) {
	if g.Incident.Say = typ; e.judging {
		e.saying = append(e.saying, g)
		return
	}
	e.sayNow(g, at)
}

func (e *Engine) sayNow(g *group, at instant) {
	inc := g.Incident
	if inc == nil || inc.Say == "" {
		return
	}
	typ, reason := inc.Say, inc.Reason
	inc.Say = ""
	if typ == TypeFiring {
		inc.Subject = g.rule.title() + ": " + reason
		if c := e.clocks[inc.ID]; c != nil {
			c.Subject, c.Incident.Reason = inc.Subject, reason
			e.changed.clocks[c] = struct{}{}
		}
	} else if list := inc.fresh(); g.rule.folds() && inc.Fresh > 1 && len(list) > 0 {
		reason = plural(inc.Fresh, "new story") + " since the last notice; newest: " + list[0].words()
	}
	e.touch(g)
	e.tell(g, at, typ, reason, inc.Route)
	e.out.incident(&inc.Incident)
	e.reschedule(g)
}

// sayAll makes the notices of an instant that is over.
func (e *Engine) sayAll() {
	list := e.saying
	e.saying = nil
	slices.SortFunc(list, func(a, b *group) int { return strings.Compare(a.order(), b.order()) })
	for _, g := range list {
		e.sayNow(g, e.clock)
	}
}

// folds reports whether a rule tells of mentions rather than of numbers.
func (r *rule) folds() bool {
	return r.kind() == KindMatch || r.kind() == KindCompetitorActivity || r.kind() == KindNewTerm
}

const never = instant(1 << 62)

// repeatDue is when a firing incident is told again.
func (*Engine) repeatDue(g *group) instant {
	inc := g.Incident
	if g.rule.repeat == 0 || inc.Say != "" || inc.State != mention.StateFiring || (g.rule.folds() && inc.Fresh == 0) {
		return never
	}
	return inc.Last.add(g.rule.repeat)
}

// reschedule sets when a group is next looked at without a mention.
func (e *Engine) reschedule(g *group) {
	due := never
	if g.JudgeDue > 0 {
		due = g.JudgeDue
	}
	if inc := g.Incident; inc != nil {
		switch inc.State {
		case mention.StatePending:
			due = min(due, e.pendingEnd(g))
		case mention.StateFiring: // one without data waits for its judge
			due = min(due, e.quietEnd(g), e.repeatDue(g))
			if inc.Overdue > 0 {
				due = min(due, inc.Overdue)
			}
		}
	} else if g.Idle > 0 {
		due = min(due, g.Idle)
	}
	if due == never {
		due = 0
	}
	e.schedule(g, due)
}

// pendingEnd is when a pending incident fires or lapses.
func (*Engine) pendingEnd(g *group) instant {
	return min(g.Incident.Since.add(g.rule.For.Std()), max(g.Incident.Until, g.Incident.Since)+1)
}

// quietEnd is when a firing incident resolves if nothing more comes.
func (*Engine) quietEnd(g *group) instant {
	return max(g.Incident.Until, instantOf(g.Incident.Fired)).add(g.rule.keep)
}

// wake implements sleeper.
func (g *group) wake(e *Engine, at instant) {
	e.touch(g)
	if g.JudgeDue > 0 && g.JudgeDue <= at {
		g.JudgeDue = 0
		g.rule.judge.tick(e, g, at)
	}
	if g.Incident != nil {
		e.settle(g, at)
	}
	if g.Incident == nil && g.JudgeDue == 0 && g.Idle <= at {
		delete(g.rule.groups, g.Key)
		e.changed.rules[g.rule] = struct{}{}
		e.schedule(g, 0)
		return
	}
	e.reschedule(g)
}

// settle makes the transitions that time alone brings.
func (e *Engine) settle(g *group, at instant) {
	inc := g.Incident
	switch {
	case inc.State == mention.StatePending && inc.Until >= inc.Since.add(g.rule.For.Std()) && at >= inc.Since.add(g.rule.For.Std()):
		e.fire(g, at)
	case inc.State == mention.StatePending && at > inc.Until:
		e.close(g, at, mention.StateInactive)
		return
	case inc.State == mention.StateFiring && e.quietEnd(g) <= at:
		e.close(g, at, mention.StateResolved)
		return
	case inc.State == mention.StateFiring && inc.Overdue > 0 && inc.Overdue <= at:
		e.flagsOver(g, at)
	case inc.State == mention.StateFiring && e.repeatDue(g) <= at:
		if !g.rule.folds() && inc.Until < at { // it waits to be resolved; nothing to repeat
			inc.Last = at
			break
		}
		e.say(g, at, TypeUpdated)
	default:
		return
	}
	e.out.incident(&inc.Incident)
}

// close ends a group's incident.
func (e *Engine) close(g *group, at instant, state string) {
	inc := g.Incident
	inc.State, inc.Updated = state, at.Time()
	if state == mention.StateResolved {
		inc.Resolved = at.Time()
		if !g.rule.folds() { // what was said stays said: there is nothing to resolve
			e.tell(g, at, TypeResolved, fmt.Sprintf("over since %s: %s", inc.Until.Time().Format("2006-01-02 15:04 UTC"), inc.Reason), inc.Route)
		}
	}
	e.out.transition(&inc.Incident, at)
	e.out.incident(&inc.Incident)
	delete(e.open, inc.ID)
	g.Incident = nil
	e.over(inc.ID)
}

// closeOrphans ends the incidents of rules that are gone or were changed.
func (e *Engine) closeOrphans() {
	for i := range e.orphans {
		inc := &e.orphans[i]
		inc.State, inc.Updated = mention.StateResolved, e.clock.Time()
		inc.Resolved = inc.Updated
		inc.Reason += " (closed: the rule was changed or removed)"
		e.out.incident(inc)
		e.over(inc.ID)
	}
	e.orphans = nil
}

// forget takes an erased mention's words out of what waits to be told.
func (e *Engine) forget(id string) {
	gone := func(it Item) bool { return it.ID == id }
	for _, r := range e.rules {
		for _, g := range r.groups {
			n := len(g.Recent)
			g.Recent = slices.DeleteFunc(g.Recent, gone)
			if g.Incident != nil {
				n += len(g.Incident.Items)
				g.Incident.Items = slices.DeleteFunc(g.Incident.Items, gone)
				n -= len(g.Incident.Items)
			}
			if n != len(g.Recent) {
				e.touch(g)
			}
		}
	}
}
