package alerts

import (
	"fmt"
	"math"
	"strings"
	"time"

	"earshot/mention"
)

const (
	shareWindow = 24 * time.Hour
	shareCount  = 20  // the least mentions to speak of a share
	shiftPoints = 20  // sentiment_shift, when the rule does not say
	significant = 3.0 // standard errors
	totalGroup  = "\x00total"
)

// A shareJudge compares parts of a whole: those of a second query, the
// negative among the polar, or a brand's among all brands'.
type shareJudge struct {
	kind                 string
	window               time.Duration
	width                int64 // bins
	least                float64
	above, below, change float64
}

func newShareJudge(r *Rule) *shareJudge {
	j := &shareJudge{kind: r.kind(), window: r.Window.Std(), least: float64(r.Count), above: r.Above, below: r.Below, change: r.Change}
	if j.window == 0 {
		j.window = shareWindow
	}
	if j.least == 0 {
		j.least = shareCount
	}
	if j.kind == KindSentimentShift && j.change == 0 {
		j.change = shiftPoints
	}
	j.width = max(1, int64(j.window/time.Hour))
	return j
}

func hourOf(t instant) int64 { return int64(t) / int64(time.Hour/time.Millisecond) }

// count adds a mention to the whole, and to the part when it belongs to it.
// It reports whether the mention is of the whole at all.
func (j *shareJudge) count(g *group, x *entry) bool {
	part := x.of
	switch j.kind {
	case KindSentimentShift:
		if x.row.Sentiment != mention.Positive && x.row.Sentiment != mention.Negative {
			return false
		}
		part = x.row.Sentiment == mention.Negative
	case KindShareOfVoice:
		part = false // the whole is the rule's
	}
	g.whole(x)
	if part {
		if g.Other == nil {
			g.Other = &series{First: hourOf(x.t)}
		}
		g.Other.add(hourOf(x.t), 1)
	}
	return true
}

// whole counts a mention by the hour.
func (g *group) whole(x *entry) {
	bin := hourOf(x.t)
	if g.Series == nil {
		g.Series = &series{First: bin}
	}
	g.Series.First = min(g.Series.First, bin)
	g.Series.add(bin, 1)
	g.Idle = x.at.add(2 * maxWindow)
	for _, s := range []*series{g.Series, g.Other} {
		if s != nil {
			s.trim(hourOf(x.at) - int64(2*maxWindow/time.Hour))
		}
	}
}

// history implements judge.
func (j *shareJudge) history(_ *Engine, g *group, x *entry) {
	if !x.row.Published.IsZero() && x.at.sub(x.t) < 2*maxWindow {
		j.count(g, x)
	}
}

// add implements judge.
func (j *shareJudge) add(e *Engine, g *group, x *entry) {
	if e.caughtUp(x, j.window) || !j.count(g, x) {
		return
	}
	g.fed(x)
	e.keep(g, x)
	j.look(e, g, x.at, x)
	if g.JudgeDue == 0 {
		g.JudgeDue = nextHour(x.at)
	}
}

func nextHour(at instant) instant { return timeOf((hourOf(at) + 1) * 12) }

// tick implements judge: windows move on without mentions.
func (j *shareJudge) tick(e *Engine, g *group, at instant) {
	if g.Incident == nil && (g.Series == nil || g.Series.sum(hourOf(at)-j.width, hourOf(at)+1) == 0) {
		return // the next mention wakes it
	}
	g.JudgeDue = nextHour(at)
	j.look(e, g, at, nil)
}

// parts are a share's two numbers in a window and in the time before.
type parts struct{ part, whole, partBefore, wholeBefore float64 }

func (j *shareJudge) parts(g *group, end int64) parts {
	before := end - j.width - max(baselineDays*24, 4*j.width)
	sum := func(s *series, a, b int64) float64 {
		if s == nil {
			return 0
		}
		return s.sum(a, b)
	}
	part, whole := g.Other, g.Series
	if j.kind == KindShareOfVoice {
		part, whole = g.Series, nil
		if total := g.rule.groups[totalGroup]; total != nil {
			whole = total.Series
		}
	}
	return parts{sum(part, end-j.width, end), sum(whole, end-j.width, end), sum(part, before, end-j.width), sum(whole, before, end-j.width)}
}

// look judges the window that ends now.
func (j *shareJudge) look(e *Engine, g *group, at instant, x *entry) {
	p := j.parts(g, hourOf(at)+1)
	if p.whole < j.least {
		return
	}
	if !e.complete(g, at.add(-j.window), at.add(-min(settleTime, j.window/2)), at) {
		e.noData(g, at)
		return
	}
	e.data(g, at)
	reason := j.told(&p)
	if reason == "" {
		return
	}
	if g.Incident == nil {
		inc := e.ensure(g, at, x)
		for i := len(g.Recent) - 1; i >= 0; i-- {
			inc.join(&g.Recent[i], at)
		}
		inc.Count = int(p.whole)
		inc.Ends = "the share is back on the other side"
	}
	e.met(g, at, nextHour(at), reason)
}

// told says what is to be told of a window, or "".
func (j *shareJudge) told(p *parts) string {
	share := 100 * p.part / p.whole
	what := fmt.Sprintf("%.0f %% (%d of %d) in %s", share, int(p.part), int(p.whole), mention.Duration(j.window))
	switch {
	case j.above > 0 && share >= j.above:
		return fmt.Sprintf("%s, limit %g %%", what, j.above)
	case j.below > 0 && share <= j.below:
		return fmt.Sprintf("%s, not above %g %%", what, j.below)
	case j.change == 0 || p.wholeBefore < j.least:
		return ""
	}
	usual := 100 * p.partBefore / p.wholeBefore
	all := (p.part + p.partBefore) / (p.whole + p.wholeBefore)
	errors := math.Sqrt(all*(1-all)*(1/p.whole+1/p.wholeBefore)) * 100
	points := share - usual
	if math.Abs(points) < significant*errors {
		return ""
	}
	if j.kind == KindSentimentShift { // net sentiment (p-n)/(p+n) moves twice as far, the other way
		net, before := 100-2*share, 100-2*usual
		if math.Abs(net-before) < j.change {
			return ""
		}
		return fmt.Sprintf("net sentiment is %+.0f over %s (%d polar mentions) where %+.0f is usual", net, mention.Duration(j.window), int(p.whole), before)
	}
	if math.Abs(points) < j.change {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("%s where %.0f %% is usual", what, usual))
}
