package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/query"
)

// A rhythm is what peaks of an interval are measured by.
type rhythm struct {
	around  int // buckets on either side that say what is usual
	history int // buckets that must lie between a beginning and a peak
	past    time.Duration
}

// rhythms by interval. Hours are compared with the same hour, and the ones
// beside it, of the days around.
var rhythms = map[string]rhythm{
	Hour: {around: 7 * 24, history: 7 * 24, past: 7 * 24 * time.Hour},
	Day:  {around: 14, history: 7, past: 28 * 24 * time.Hour},
	Week: {around: 8, history: 4, past: 16 * 7 * 24 * time.Hour},
}

const (
	peaksUsual  = 10
	peaksMost   = 50
	peakCount   = 5    // least mentions of a bucket that is part of a peak
	peakGrowth  = 1.25 // least count over what was usual
	peakScore   = 3.5  // deviations that make a peak by themselves
	peakLesser  = 2    // those that make one if something in it explains it
	riseShare   = 0.25 // of its excess that the buckets beside a high one have if they rose with it
	peakReasons = 6
	reasonShare = 0.1 // of the excess that a reason must make up
	peakBuckets = 20_000
)

// Peaks tells where the volume of a query stood far above what was usual, and
// what was over-represented there.
//
// What is usual for a bucket is the median of those around it, or of those
// before it if that is more, and a peak stands above both, in units of their median absolute deviation (the modified z-score of Iglewicz and
// Hoaglin, 1993, with their bound of 3.5), or of the square root of the median
// where that is more: no count is steadier than chance. A bucket of at least 2
// such deviations is a peak, too, if something in it is beyond chance. Buckets
// that follow each other make one peak.
//
// A beginning is no peak: a source counts as soon as it has been collected for
// some time, and nothing is a peak whose rise began before the query was found
// for some time, be it that a few stray mentions came before.
//
// The window is widened to whole hours, days or weeks. Reasons are found as [Index.Trends] finds trends, with the stretch before the
// peak as past, and each makes up a tenth of the excess at least. The highest peaks are told, in the order of time.
func (x *Index) Peaks(ctx context.Context, s mention.PeakSearch, now time.Time) (mention.Peaks, error) {
	zone, err := x.zoneOf(s.Zone)
	if err != nil {
		return mention.Peaks{}, err
	}
	if s.Interval = cmp.Or(s.Interval, Day); !isTime(s.Interval) {
		return mention.Peaks{}, refusal("unknown-interval", s.Interval+" is no interval", "hour, day or week")
	}
	if s.To.IsZero() {
		s.To = now
	}
	if !s.From.Before(s.To) {
		return mention.Peaks{}, refusal("bad-window", "the window ends before it begins", "from before to")
	}
	if s.Size <= 0 {
		s.Size = peaksUsual
	}
	s.Size = min(s.Size, peaksMost)
	c, err := x.curve(ctx, s, zone, now)
	if err != nil {
		return mention.Peaks{}, err
	}
	p := mention.Peaks{Series: c.series(), Rows: []mention.Peak{}}
	if p.Rows, err = x.explained(ctx, c, now); err != nil {
		return mention.Peaks{}, err
	}
	var caveats []string
	if c.young > 0 {
		caveats = append(caveats, fmt.Sprintf("%d %ss at the beginning have too short a past to be judged", c.young, s.Interval))
	}
	p.Recipe = mention.Recipe{
		Measure: "peaks", Version: 1, Query: s.Query, From: c.s.From, To: c.s.To, Zone: zone.String(), N: c.total(), Seq: x.Offset(), At: now, Caveats: caveats,
		Formula: fmt.Sprintf("(n - m) / max(1.4826 MAD, sqrt(m), 1), m the median and MAD the median absolute deviation of the %d %ss before, and of as many on either side, whichever score is less; "+
			"a peak at 3.5, or at 2 where something in it is beyond chance; at least %d mentions and %.2f m", c.rhythm.around, s.Interval, peakCount, peakGrowth),
	}
	return p, nil
}

// series returns the buckets that were asked for.
func (c *curve) series() mention.Series {
	s := mention.Series{Interval: c.s.Interval, Zone: c.cal.zone.String(), Buckets: []mention.Bucket{}}
	for i, start := range c.starts {
		if start.Before(c.s.From) {
			continue
		}
		b := mention.Bucket{Key: c.cal.key(start), Start: start, Count: uint64(c.counts[i])}
		if b.Count > 0 {
			b.Query = c.find.query(query.TimeRange(start, c.cal.next(start)))
		}
		s.Buckets = append(s.Buckets, b)
	}
	return s
}

func (c *curve) total() (n uint64) {
	for i, start := range c.starts {
		if !start.Before(c.s.From) {
			n += uint64(c.counts[i])
		}
	}
	return n
}

// A hill is buckets from one to before another that follow each other and are
// above what is usual.
type hill struct {
	from, to, top int
	score         float64
}

// hills returns the stretches above what is usual, highest first.
func (c *curve) hills() []hill {
	var list []hill
	for i := range c.score {
		if c.score[i] < peakLesser {
			continue
		}
		if n := len(list); n > 0 && list[n-1].to == i {
			h := &list[n-1]
			h.to++
			h.score = max(h.score, c.score[i])
			if c.counts[i] > c.counts[h.top] {
				h.top = i
			}
			continue
		}
		list = append(list, hill{from: i, to: i + 1, top: i, score: c.score[i]})
	}
	slices.SortStableFunc(list, func(a, b hill) int { return cmp.Compare(b.score, a.score) })
	return list
}

// explained makes peaks of the highest hills.
func (x *Index) explained(ctx context.Context, c *curve, now time.Time) ([]mention.Peak, error) {
	rows := []mention.Peak{}
	hills := c.hills()
	for _, h := range hills[:min(len(hills), 2*c.s.Size)] {
		if len(rows) == c.s.Size {
			break
		}
		p := mention.Peak{Start: c.starts[h.from], End: c.cal.next(c.starts[h.to-1]), Top: c.starts[h.top], Score: h.score}
		for i := h.from; i < h.to; i++ {
			p.Count += uint64(c.counts[i])
			p.Expected += c.usual[i]
		}
		p.Query = checked([]string{c.find.query(query.TimeRange(p.Start, p.End))})[0]
		var err error
		if p.Reasons, err = x.reasons(ctx, c, &p, now); err != nil {
			return nil, err
		}
		if h.score < peakScore && len(p.Reasons) == 0 {
			continue
		}
		p.Sentence = c.sentence(&p)
		rows = append(rows, p)
	}
	slices.SortFunc(rows, func(a, b mention.Peak) int { return a.Start.Compare(b.Start) })
	return rows, nil
}

// reasons returns what is over-represented in a peak.
func (x *Index) reasons(ctx context.Context, c *curve, peak *mention.Peak, now time.Time) ([]mention.Trend, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	e, err := x.openEra(ctx, c.s.Query, peak.Start.Add(-c.rhythm.past), peak.Start, peak.End, now)
	defer e.close()
	if err != nil || e.before == 0 {
		return []mention.Trend{}, err
	}
	p := e.picker(mention.TrendSearch{Size: 3, Muted: c.s.Muted})
	for i := range trendKinds {
		if trendKinds[i].name == mention.TrendQuestion {
			continue
		}
		if _, err := p.pick(&trendKinds[i]); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(p.picked, func(a, b *pick) int { return cmp.Compare(b.score, a.score) })
	excess := float64(peak.Count) - peak.Expected
	p.picked = slices.DeleteFunc(distinct(p.picked), func(one *pick) bool {
		return float64(one.now)-one.odds.expected < reasonShare*excess
	})
	p.picked = p.picked[:min(len(p.picked), peakReasons)]
	return p.rows(query.TimeRange(peak.Start, peak.End))
}

// distinct leaves out what says the same as another reason: a tag beside its
// word, whichever has fewer mentions, and the words of a name beside the name.
func distinct(list []*pick) []*pick {
	same := func(a, b *pick) bool { // a says no more than b
		if a == b || !a.kind.spoken() || !b.kind.spoken() || b.now < a.now {
			return false
		}
		word := strings.TrimPrefix(a.key, "#")
		if b.kind.dim == "" {
			return word == strings.TrimPrefix(b.key, "#") && (a.now < b.now || strings.HasPrefix(a.key, "#"))
		}
		return a.kind.dim == "" && slices.Contains(strings.Fields(b.key), word)
	}
	var out []*pick
	for _, a := range list {
		if !slices.ContainsFunc(list, func(b *pick) bool { return same(a, b) }) {
			out = append(out, a)
		}
	}
	return out
}

// sentence tells a peak in words.
func (c *curve) sentence(p *mention.Peak) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d mentions %s, %.1f times the %.0f that were usual", p.Count, c.when(p), float64(p.Count)/max(p.Expected, 1), p.Expected)
	if len(p.Reasons) == 0 {
		b.WriteString("; nothing in them stands out")
	}
	for i := range p.Reasons {
		t := &p.Reasons[i]
		b.WriteString([]string{"; ", ", "}[min(i, 1)])
		switch t.Kind {
		case mention.TrendStory:
			fmt.Fprintf(&b, "the story “%s”", t.Term)
		case mention.TrendTerm, mention.TrendHashtag:
			fmt.Fprintf(&b, "“%s”", t.Term)
		default:
			fmt.Fprintf(&b, "the %s %s", t.Kind, t.Term)
		}
		fmt.Fprintf(&b, " in %d of them (%.1f expected)", t.Count, t.Expected)
	}
	return b.String() + "."
}

// when tells the time of a peak in its zone.
func (c *curve) when(p *mention.Peak) string {
	end := p.End.Add(-time.Millisecond).In(c.cal.zone)
	switch {
	case c.s.Interval == Hour && p.Start.Format(time.DateOnly) == end.Format(time.DateOnly):
		return "on " + p.Start.Format("2006-01-02 15:04") + " to " + p.End.In(c.cal.zone).Format("15:04")
	case c.s.Interval == Hour:
		return "from " + p.Start.Format("2006-01-02 15:04") + " to " + p.End.In(c.cal.zone).Format("2006-01-02 15:04")
	case p.Start.Format(time.DateOnly) == end.Format(time.DateOnly):
		return "on " + p.Start.Format(time.DateOnly)
	}
	return "from " + p.Start.Format(time.DateOnly) + " to " + end.Format(time.DateOnly)
}
