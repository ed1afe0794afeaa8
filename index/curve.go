package index

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"earshot/mention"
)

// A curve is a series with what is usual for each of its buckets.
type curve struct {
	s      mention.PeakSearch
	cal    *calendar
	rhythm rhythm
	find   finder
	starts []time.Time
	counts []float64   // of all sources
	steady []float64   // of those that were there before the series
	fresh  [][]float64 // of each of the others, by bucket
	begun  []int       // bucket in which each of these began
	usual  []float64   // what is usual, of all sources; NaN where nothing is known
	score  []float64   // deviations above it
	young  int         // buckets that were not judged
	older  bool        // the query was found before the series begins
}

// mostFresh bounds how many sources that began are followed one by one.
const mostFresh = 50

// curve counts the series of a search, some buckets longer than it was asked
// for on the left, and judges it.
func (x *Index) curve(ctx context.Context, s mention.PeakSearch, zone *time.Location, now time.Time) (*curve, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	c := &curve{s: s, rhythm: rhythms[s.Interval], cal: newCalendar(s.Interval, zone)}
	// Whole buckets: one that is cut would show less than its day.
	if !s.From.IsZero() {
		s.From = c.cal.floor(s.From.In(zone))
	}
	s.To = c.cal.next(c.cal.floor(s.To.Add(-time.Millisecond).In(zone)))
	c.s = s
	width := map[string]time.Duration{Hour: time.Hour, Day: 24 * time.Hour, Week: 7 * 24 * time.Hour}[s.Interval]
	from := s.From
	if !from.IsZero() {
		from = c.cal.floor(s.From.Add(-width * time.Duration(c.rhythm.around)))
	}
	qu, err := newQuestion(s.Query, now, exclusion{})
	if err != nil {
		return nil, err
	}
	qu.from, qu.to = from, s.To
	a := mention.Aggregation{Query: s.Query, By: []string{s.Interval}}
	all := newCensus(ctx, a, zone)
	a.By = []string{"source"}
	sources := newCensus(ctx, a, zone)
	err = x.eachShard(ctx, qu, func(f *finding) error {
		if err := all.add(f); err != nil {
			return err
		}
		return sources.add(f)
	})
	if err != nil {
		return nil, err
	}
	c.find = finder{q: s.Query, own: all.own > 0}
	if c.older, err = x.found(ctx, qu, from); err != nil {
		return nil, err
	}
	if err := c.lay(all, from); err != nil || len(c.starts) == 0 {
		return c, err
	}
	if err := x.follow(ctx, c, qu, a, sources); err != nil {
		return nil, err
	}
	c.judge()
	return c, nil
}

// found reports whether a question finds anything before a time.
func (x *Index) found(ctx context.Context, qu question, before time.Time) (bool, error) {
	if before.IsZero() {
		return false, nil
	}
	qu.from, qu.to = time.Time{}, before
	some := false
	err := x.eachShard(ctx, qu, func(f *finding) error {
		if some = f.total > 0; some {
			return errEnough
		}
		return nil
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return some, err
}

var errEnough = errors.New("index: enough was found")

// lay lays the buckets of the series out: from its beginning on where the
// query was found before it, else from the first with a mention.
func (c *curve) lay(all *census, from time.Time) error {
	byStart := map[int64]float64{}
	var first, last time.Time
	for _, place := range all.ordered() {
		in := &all.cells[place]
		last = all.lanes[0].cal.starts[in.numbers[0]]
		if first.IsZero() {
			first = last
		}
		byStart[last.UnixMilli()] = float64(in.n)
	}
	if first.IsZero() {
		return nil
	}
	if c.older {
		first = from
	}
	for at := first; !at.After(last); at = c.cal.next(at) {
		if len(c.starts) == peakBuckets {
			return refusal("too-many-buckets", fmt.Sprintf("the series has more than %d %ss", peakBuckets, c.s.Interval), "a shorter window or a longer interval")
		}
		c.starts = append(c.starts, at)
		c.counts = append(c.counts, byStart[at.UnixMilli()])
	}
	c.steady = slices.Clone(c.counts)
	return nil
}

// follow takes the sources that began within the series out of the steady
// ones, and counts each by itself.
func (x *Index) follow(ctx context.Context, c *curve, qu question, a mention.Aggregation, sources *census) error {
	var list []beginning
	for _, place := range sources.ordered() {
		in := &sources.cells[place]
		list = append(list, beginning{source: sources.lanes[0].names[in.numbers[0]], n: in.n})
	}
	if err := x.begin(list, c.starts[0], qu.to); err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(b beginning) bool { return b.at.Before(c.starts[0]) })
	if len(list) == 0 {
		return nil
	}
	list = list[:min(len(list), mostFresh)] // those with most mentions
	a.By = []string{c.s.Interval, "source"}
	k := newCensus(ctx, a, c.cal.zone)
	k.only[1] = map[string]bool{}
	for i, b := range list {
		k.only[1][b.source] = true
		c.fresh = append(c.fresh, make([]float64, len(c.starts)))
		c.begun = append(c.begun, c.at(b.at))
		list[i] = b
	}
	k.limit()
	if err := x.eachShard(ctx, qu, k.add); err != nil {
		return err
	}
	for i := range k.cells {
		in := &k.cells[i]
		at := c.at(k.lanes[0].cal.starts[in.numbers[0]])
		which := slices.IndexFunc(list, func(b beginning) bool { return b.source == k.lanes[1].names[in.numbers[1]] })
		if at < len(c.starts) {
			c.fresh[which][at] += float64(in.n)
			c.steady[at] -= float64(in.n)
		}
	}
	return nil
}

// at returns the bucket that holds an instant.
func (c *curve) at(t time.Time) int {
	i, found := slices.BinarySearchFunc(c.starts, t, time.Time.Compare)
	if !found {
		i--
	}
	return max(0, i)
}

// judge finds what is usual for each bucket, and how far above it stands.
func (c *curve) judge() {
	n := len(c.starts)
	c.usual, c.score = make([]float64, n), make([]float64, n)
	series := make([]float64, n)
	for i := range n {
		c.usual[i] = math.NaN()
		if c.starts[i].Before(c.s.From) {
			continue
		}
		from, here := c.comparable(i, series)
		if i-from < c.rhythm.history {
			c.young++
			continue
		}
		var before, around []float64
		for j := max(from, i-c.rhythm.around); j <= min(n-1, i+c.rhythm.around); j++ {
			if j == i || c.s.Interval == Hour && !sameHour(c.starts[i], c.starts[j]) {
				continue
			}
			around = append(around, series[j])
			if j < i {
				before = append(before, series[j])
			}
		}
		if len(before) == 0 {
			continue
		}
		m, score := deviation(slices.Clone(before), here)
		m2, score2 := deviation(around, here)
		m, score = max(m, m2), min(score, score2)
		c.usual[i] = m + c.counts[i] - here // sources that are not compared are as usual
		if here < peakCount || here < peakGrowth*m || score < peakLesser {
			continue
		}
		if c.rise(series, before, from, i)-from < c.rhythm.history {
			c.young++
			continue
		}
		c.score[i] = score
	}
}

// rise returns the bucket in which the stretch that holds bucket i rose above
// what is usual before it: the first of those back to from that stand nearly
// as high, with less than a day between them. A collection that began after a
// few stray mentions is told from a burst by it: the one has no past.
func (c *curve) rise(series, before []float64, from, i int) int {
	m, _ := deviation(before, 0)
	high := m + max((series[i]-m)*riseShare, peakLesser*spread(before, m))
	first, gap := i, 1
	if c.s.Interval == Hour {
		gap = 24
	}
	for j := i - 1; j >= from && first-j <= gap; j-- {
		if series[j] >= high {
			first = j
		}
	}
	return first
}

// deviation returns the median of a series, and how many deviations above it
// a count is. It leaves the distances from the median in the series.
func deviation(series []float64, count float64) (usual, score float64) {
	usual = median(series)
	for k := range series {
		series[k] = math.Abs(series[k] - usual)
	}
	return usual, (count - usual) / spread(series, usual)
}

// spread returns what one deviation is, of distances from a median.
func spread(distances []float64, usual float64) float64 {
	return max(1.4826*median(distances), math.Sqrt(usual), 1)
}

// comparable fills in the series of the sources that had begun some time
// before bucket i, and returns where their series begins and the count of
// bucket i.
func (c *curve) comparable(i int, series []float64) (from int, here float64) {
	lo, hi := max(0, i-c.rhythm.around), min(len(c.starts), i+c.rhythm.around+1)
	copy(series[lo:hi], c.steady[lo:hi])
	for k, begun := range c.begun {
		if begun > i-c.rhythm.history {
			continue
		}
		from = max(from, begun)
		for j := lo; j < hi; j++ {
			series[j] += c.fresh[k][j]
		}
	}
	from = max(from, lo)
	for !c.older && from < i && series[from] == 0 && !slices.ContainsFunc(c.counts[:from], func(v float64) bool { return v > 0 }) {
		from++
	}
	return from, series[i]
}

// sameHour reports whether two instants are of the same hour of their days, or
// of one beside it.
func sameHour(a, b time.Time) bool {
	d := (a.Hour() - b.Hour() + 24) % 24
	return d <= 1 || d == 23
}

// median returns the median of numbers, which it sorts.
func median(list []float64) float64 {
	slices.Sort(list)
	n := len(list)
	return (list[(n-1)/2] + list[n/2]) / 2
}
