package alerts

import (
	"slices"
	"time"

	"earshot/mention"
)

// The completeness gate: a stretch of time counts only when the sources that
// bring a group's mentions answered throughout.

// maxFeeds bounds the sources remembered for a group; feedAge is how long one
// that brings nothing more is waited for; feedShare is the part of a group's
// mentions that makes a source matter.
const (
	maxFeeds  = 50
	feedAge   = baselineDays * 24 * time.Hour
	feedShare = 0.05
)

// A feed is a source of a group's mentions.
type feed struct {
	Source string  `json:"s"`
	Count  float64 `json:"n"`
	Last   instant `json:"l"`
}

// fed notes which source brought a mention.
func (g *group) fed(x *entry) {
	for i := range g.Feeds {
		if f := &g.Feeds[i]; f.Source == x.row.Source {
			f.Count++
			f.Last = max(f.Last, x.at)
			return
		}
	}
	g.Feeds = append(g.Feeds, feed{Source: x.row.Source, Count: 1, Last: x.at})
	if len(g.Feeds) > maxFeeds { // the one that was silent longest
		oldest := slices.MinFunc(g.Feeds, func(a, b feed) int { return int(a.Last - b.Last) })
		g.Feeds = slices.DeleteFunc(g.Feeds, func(f feed) bool { return f.Source == oldest.Source })
	}
}

// complete reports whether all sources that matter to a group answered
// between two times.
func (e *Engine) complete(g *group, from, to, now instant) bool {
	if e.options.Coverage == nil {
		return true
	}
	total := 0.0
	for i := range g.Feeds {
		total += g.Feeds[i].Count
	}
	for i := range g.Feeds {
		f := &g.Feeds[i]
		if f.Count < feedShare*total || now.sub(f.Last) > feedAge {
			continue
		}
		if !e.options.Coverage(f.Source, from.Time(), to.Time(), now.Time()) {
			return false
		}
	}
	return true
}

// caughtUp reports whether a mention without a date came after its source had
// been silent: nobody knows when it was published, so it belongs to no window.
func (e *Engine) caughtUp(x *entry, window time.Duration) bool {
	if !x.row.Published.IsZero() || e.options.Coverage == nil {
		return false
	}
	return !e.options.Coverage(x.row.Source, x.at.add(-window).Time(), x.at.Time(), x.at.Time())
}

// noData puts a firing incident into the state no_data: what its sources say
// is not known, so it is neither held to go on nor to be over.
func (e *Engine) noData(g *group, at instant) {
	inc := g.Incident
	if inc == nil || inc.State != mention.StateFiring {
		return
	}
	inc.State, inc.Updated = mention.StateNoData, at.Time()
	e.out.transition(&inc.Incident, at)
	e.out.incident(&inc.Incident)
}

// data takes an incident back out of no_data.
func (e *Engine) data(g *group, at instant) {
	inc := g.Incident
	if inc == nil || inc.State != mention.StateNoData {
		return
	}
	inc.State, inc.Updated = mention.StateFiring, at.Time()
	inc.Until = max(inc.Until, at)
	e.out.transition(&inc.Incident, at)
	e.out.incident(&inc.Incident)
}
