package alerts

import (
	"fmt"

	"earshot/mention"
)

// A matchJudge tells of every mention: the first opens the incident, the
// stories that follow are told together, copies are folded in.
type matchJudge struct{}

// add implements judge.
func (matchJudge) add(e *Engine, g *group, x *entry) {
	inc := e.ensure(g, x.at, x)
	it := itemOf(x.row)
	edited := x.row.Revision > 1 && g.rule.OnEdit
	inc.join(&it, x.at)
	if edited {
		inc.Fresh++ // an edit is told again though its story is known
	}
	reason := "matched by " + it.words()
	if n := inc.Count; n > 1 {
		reason = fmt.Sprintf("%s in %s; newest: %s", plural(n, "mention"), plural(len(inc.Stories), "story"), g.newest(&it).words())
	}
	if x.why != "" {
		reason = x.why + "; newest: " + g.newest(&it).words()
	}
	e.met(g, x.at, x.at, reason)
}

// history implements judge.
func (matchJudge) history(*Engine, *group, *entry) {}

// tick implements judge.
func (matchJudge) tick(*Engine, *group, instant) {}

// activity finds what competitors did, in their own channels, in the news
// and on watched pages, and tells it by competitor.
func (e *Engine) activity(r *rule, x *entry) {
	type act struct{ brand, what string }
	var acts []act
	add := func(brand, what string) {
		if e.roles[brand] != mention.RoleCompetitor {
			return
		}
		for _, a := range acts {
			if a.brand == brand {
				return // once for each competitor
			}
		}
		acts = append(acts, act{brand, what})
	}
	if c := x.rec.Mention.PageChange; c != nil {
		brand := x.row.Own
		if brand == "" && len(x.row.Brands) == 1 {
			brand = x.row.Brands[0]
		}
		add(brand, c.Type+" change on a watched page")
	}
	for _, ev := range x.rec.Analysis.Events {
		brand := ev.Brand
		if brand == "" {
			brand = x.row.Own
		}
		add(brand, ev.Type)
	}
	for _, a := range acts {
		name := e.names[a.brand]
		if name == "" {
			name = a.brand
		}
		x.why = name + ": " + a.what
		key := a.brand
		if len(r.By) > 0 {
			key = groupsOf(r.By, x.row)[0]
		}
		g := e.group(r, key)
		g.say(x)
		e.add(g, x)
	}
}
