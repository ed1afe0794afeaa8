package alerts

import (
	"fmt"
	"math"
	"time"

	"earshot/mention"
)

const (
	binWidth     = 5 * time.Minute
	leastHistory = 3 * 24 * time.Hour // before a brand's first spike
	wholeWeek    = 8 * 24 * time.Hour // before its first drop: the first weekend is none
	settleTime   = time.Hour          // sources are asked this long after a window before it counts as complete
	spikeCount   = 5                  // the least to be told about, when the rule does not say
	dropMean     = 10                 // the least expected before its absence is told
	dropTail     = 4.0                // -log10 of the chance of so few
)

// sensitive is what a score is compared with.
var sensitive = map[string]float64{"low": 2.1, "": fireScore, "medium": fireScore, "high": 1.25}

// binOf is the bin of 5 minutes that a time falls into.
func binOf(t instant) int64 { return int64(t) / int64(binWidth/time.Millisecond) }

func timeOf(bin int64) instant { return instant(bin * int64(binWidth/time.Millisecond)) }

// A countJudge finds spikes and drops against the same time of day.
type countJudge struct {
	clock          clockwork
	width          int64 // bins of the window
	window         time.Duration
	least          int
	fire           float64
	drop           bool
	authors, sites int
}

func newCountJudge(r *Rule) *countJudge {
	j := &countJudge{
		clock: clockOf(binWidth), window: r.Window.Std(), least: r.Count, fire: sensitive[r.Sensitivity], drop: r.kind() == KindDrop,
		authors: r.MinAuthors, sites: r.MinSites,
	}
	if j.window == 0 {
		j.window = time.Hour
	}
	if j.width = int64(j.window / binWidth); j.width == 0 {
		j.width = 1
	}
	if j.least == 0 {
		if j.least = spikeCount; j.drop {
			j.least = dropMean
		}
	}
	return j
}

// history implements judge: it counts for the baseline alone.
func (*countJudge) history(_ *Engine, g *group, x *entry) {
	bin := binOf(x.t)
	if x.row.Published.IsZero() || x.at.sub(x.t) > (baselineDays+1)*24*time.Hour {
		return
	}
	if g.Series == nil {
		g.Series = &series{First: bin}
	}
	g.Series.First = min(g.Series.First, bin)
	g.Series.add(bin, 1)
	g.Idle = x.at.add(feedAge)
}

// add implements judge.
func (j *countJudge) add(e *Engine, g *group, x *entry) {
	if e.caughtUp(x, j.window) {
		return
	}
	bin := binOf(x.t)
	if g.Series == nil {
		g.Series = &series{First: bin}
	}
	g.fed(x)
	g.Series.add(bin, 1)
	g.Series.trim(binOf(x.at) - (baselineDays+2)*j.clock.day)
	g.Idle = x.at.add(feedAge)
	it := e.keep(g, x)
	if j.drop {
		if g.JudgeDue == 0 {
			g.JudgeDue = j.next(x.at)
		}
		return
	}
	voices := j.voices(g, x)
	n := g.Series.sum(bin+1-j.width, bin+1)
	if n < float64(j.least) || !voices || x.at.sub(timeOf(g.Series.First)) < leastHistory {
		return
	}
	u := j.expected(e, g, bin, x.at)
	if !u.Expected.Known() || score(g.Series.sum(bin, bin+1), n, u.Expected, u.Records, j.width) < j.fire {
		return
	}
	if g.Incident == nil {
		e.openCounted(g, x, int(n))
		g.Incident.Ends = fmt.Sprintf("nothing so unusual comes for %s", mention.Duration(g.rule.keep))
	}
	reason := fmt.Sprintf("%s in %s where about %s are usual at this time of day (%.1f times; %d days' history); newest: %s",
		plural(int(n), "mention"), mention.Duration(j.window), about(u.Expected.Mean), n/u.Expected.Mean, min(baselineDays, int(x.at.sub(timeOf(g.Series.First)).Hours()/24)), g.newest(&it).words())
	e.met(g, x.at, x.at.add(binWidth), reason)
}

// openCounted opens an incident with the mentions that led to it.
func (e *Engine) openCounted(g *group, x *entry, n int) {
	inc := e.ensure(g, x.at, x)
	for i := len(g.Recent) - 1; i >= 0; i-- {
		inc.join(&g.Recent[i], x.at)
	}
	inc.Count = n
}

func about(mean float64) string {
	if mean < 10 {
		return fmt.Sprintf("%.1f", mean)
	}
	return fmt.Sprintf("%.0f", math.Round(mean))
}

// voices keeps who wrote in the window, where the rule asks for several, and
// reports whether they are enough.
func (j *countJudge) voices(g *group, x *entry) bool {
	if j.authors == 0 && j.sites == 0 {
		return true
	}
	t := &thresholdJudge{count: 1, window: j.window, authors: j.authors, sites: j.sites}
	at := t.insert(g, x)
	t.forget(g, x.at.add(-2*j.window))
	n, _ := t.widest(g, at)
	return n > 0
}

// usual is what a group's counts are compared with. It is kept: found again
// after a restart it could be another, when late mentions came in between.
type usual struct {
	Bin      int64 // that Expected is for
	Hour     int64 // that Records are for
	Expected expectation
	Records  records
}

// expected is the expectation for a bin, without days on which sources were
// silent. It is found once for a bin, the records once for an hour.
func (j *countJudge) expected(e *Engine, g *group, bin int64, now instant) *usual {
	if g.Usual == nil {
		g.Usual = &usual{}
	}
	u := g.Usual
	if u.Bin != bin {
		u.Bin = bin
		u.Expected = j.clock.expect(g.Series, bin, j.width, func(day int64) bool {
			at := timeOf(bin - day*j.clock.day)
			return e.complete(g, at-timeOf(j.width+j.clock.hour), at+timeOf(j.clock.hour), now)
		})
	}
	if hour := bin / j.clock.hour; u.Hour != hour {
		u.Hour = hour
		// Not with the hour that is judged: it would be its own record.
		u.Records = j.clock.records(g.Series, hour*j.clock.hour-1, j.width)
	}
	return u
}

// next is when a drop is looked for: once an hour, when sources have had time.
func (*countJudge) next(at instant) instant {
	hour := instant(time.Hour / time.Millisecond)
	return (at/hour + 1) * hour
}

// tick implements judge: it looks for a drop.
func (j *countJudge) tick(e *Engine, g *group, at instant) {
	g.JudgeDue = j.next(at)
	end := binOf(at.add(-settleTime)) - 1
	if g.Series == nil || timeOf(end).sub(timeOf(g.Series.First)) < wholeWeek {
		return
	}
	from, to := timeOf(end+1-j.width), timeOf(end+1)
	// What came without a date right after a silence was not counted: the
	// stretch before must be complete as well.
	if !e.complete(g, from.add(-j.window), to, at) {
		e.noData(g, at)
		return
	}
	e.data(g, at)
	expected := j.expected(e, g, end, at).Expected
	n := g.Series.sum(end+1-j.width, end+1)
	tail := dropTail * j.fire / fireScore
	if !expected.Known() || expected.Mean < float64(j.least) || n > expected.Low/2 || nbBelow(n, expected.Mean, expected.Shape) < tail {
		if g.Incident == nil && g.Idle <= at {
			g.JudgeDue = 0 // nothing left to compare with
		}
		return
	}
	inc := e.ensure(g, at, nil)
	inc.Ends = "the count is usual again"
	e.met(g, at, g.JudgeDue, fmt.Sprintf("%s in %s where about %s are usual at this time of day, and all sources answered",
		plural(int(n), "mention"), mention.Duration(j.window), about(expected.Mean)))
}

// A flatlineJudge tells when nothing comes for a while.
type flatlineJudge struct{ window time.Duration }

// recheck is how often a silence is looked at again.
const recheck = 15 * time.Minute

// history implements judge.
func (*flatlineJudge) history(*Engine, *group, *entry) {}

// add implements judge.
func (j *flatlineJudge) add(e *Engine, g *group, x *entry) {
	g.fed(x)
	g.Newest = max(g.Newest, x.t)
	g.JudgeDue = max(g.Newest.add(j.window), x.at+1)
	if g.Incident != nil && x.at.sub(x.t) < j.window {
		e.data(g, x.at)
		g.Incident.Until = min(g.Incident.Until, x.at)
		it := itemOf(x.row)
		g.Incident.join(&it, x.at)
		e.out.incident(&g.Incident.Incident)
	}
}

// begin starts to listen for silence before the first mention.
func (e *Engine) begin() {
	for _, r := range e.rules {
		if j, ok := r.judge.(*flatlineJudge); ok && len(r.By) == 0 && len(r.groups) == 0 {
			g := e.group(r, "")
			g.Newest = e.clock
			g.JudgeDue = e.clock.add(j.window)
			e.reschedule(g)
		}
	}
}

// tick implements judge.
func (j *flatlineJudge) tick(e *Engine, g *group, at instant) {
	g.JudgeDue = at.add(recheck)
	if len(g.rule.By) > 0 && at.sub(g.Newest) > j.window+feedAge { // one of many that is gone for good
		g.JudgeDue = 0
		return
	}
	if !e.complete(g, at.add(-j.window), at.add(-min(settleTime, j.window/2)), at) {
		e.noData(g, at)
		return
	}
	e.data(g, at)
	inc := e.ensure(g, at, nil)
	inc.Ends = "a mention comes"
	e.met(g, at, g.JudgeDue, fmt.Sprintf("nothing since %s, and all sources answered", g.Newest.Time().Format("2006-01-02 15:04 UTC")))
}
