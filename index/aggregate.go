package index

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
)

// Intervals of a histogram. Weeks begin on Monday.
const (
	Hour = "hour"
	Day  = "day"
	Week = "week"
)

// A Volume says which mentions aggregations count beyond the usual: usually
// neither those of a brand's own channels nor those that people marked
// irrelevant are volume, although a search finds the former.
type Volume struct {
	Own        bool // also own channels
	Irrelevant bool // also what people marked irrelevant
}

// split parts what was found into what is counted and what is not: own
// channels.
func (v Volume) split(part found) (counted, own *roaring.Bitmap, err error) {
	if v.Own {
		return part.docs, empty, nil
	}
	all, err := part.seg.docs(fieldFlag, flagOwn)
	if err != nil || all.IsEmpty() {
		return part.docs, empty, err
	}
	return roaring.AndNot(part.docs, all), roaring.And(part.docs, all), nil
}

// Histogram counts the volume of a query over time, by hour, day or week in a
// zone; nil means the zone of the index. A mention counts at its publication,
// or when that is not known, at the time it was first seen. Own channels are
// left out: see [Index.HistogramOf].
func (x *Index) Histogram(ctx context.Context, q, interval string, zone *time.Location, now time.Time) (mention.Series, error) {
	return x.HistogramOf(ctx, q, interval, zone, Volume{}, now)
}

// HistogramOf is [Index.Histogram] with a choice of what is volume. The
// buckets go from the first mention's to the last one's, empty ones between
// them included unless there were more than 20,000. A bucket has a query when
// one finds exactly the mentions counted in it.
func (x *Index) HistogramOf(ctx context.Context, q, interval string, zone *time.Location, v Volume, now time.Time) (mention.Series, error) {
	if zone == nil {
		zone = x.zone
	}
	if interval != Hour && interval != Day && interval != Week {
		return mention.Series{}, fmt.Errorf("index: interval %q is none of %s, %s, %s", interval, Hour, Day, Week)
	}
	qu, err := newQuestion(q, now, exclusion{irrelevant: !v.Irrelevant})
	if err != nil {
		return mention.Series{}, err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	h := histogram{interval: interval, zone: zone, volume: v, counts: map[int64]*slot{}}
	err = x.eachShard(ctx, qu, h.add)
	if err != nil {
		return mention.Series{}, err
	}
	return mention.Series{Interval: interval, Zone: zone.String(), Buckets: h.buckets(q)}, nil
}

// A histogram counts in slots of a quarter of an hour, of which the buckets of
// every zone since 1990 are made; before that, in slots of a millisecond.
type histogram struct {
	interval string
	zone     *time.Location
	volume   Volume
	counts   map[int64]*slot // by the first millisecond
}

type slot struct {
	n     uint64
	vague bool // some are not found by published:, or others would be
}

const slotMillis = 15 * 60 * 1000

// maxFilled is how many buckets a histogram may have before empty ones are
// left out.
const maxFilled = 20000

func (h *histogram) add(f *finding) error {
	width := int64(slotMillis)
	if f.view.sh.key == "0000-00" {
		width = 1
	}
	for _, part := range f.parts {
		col, err := part.seg.column()
		if err != nil {
			return err
		}
		counted, own, err := h.volume.split(part)
		if err != nil {
			return err
		}
		h.count(col, counted, width)
		for it := own.Iterator(); it.HasNext(); {
			t := col.times[it.Next()]
			h.slot(t - mod(t, width)).vague = true // a query would find it
		}
	}
	return nil
}

func (h *histogram) count(col *column, docs *roaring.Bitmap, width int64) {
	var last *slot
	lastKey := int64(minMillis)
	for it := docs.Iterator(); it.HasNext(); {
		n := it.Next()
		t := col.times[n]
		if key := t - mod(t, width); key != lastKey {
			last, lastKey = h.slot(key), key
		}
		last.n++
		last.vague = last.vague || !col.published[n]
	}
}

func (h *histogram) slot(key int64) *slot {
	sl := h.counts[key]
	if sl == nil {
		sl = &slot{}
		h.counts[key] = sl
	}
	return sl
}

func mod(a, b int64) int64 { return ((a % b) + b) % b }

// buckets sums the slots up.
func (h *histogram) buckets(q string) []mention.Bucket {
	keys := slices.Sorted(maps.Keys(h.counts))
	list := []mention.Bucket{}
	vague := false
	var end time.Time
	for _, key := range keys {
		t := time.UnixMilli(key).In(h.zone)
		for len(list) > 0 && !t.Before(end) {
			h.query(&list[len(list)-1], q, end, vague)
			start := end
			if len(list) >= maxFilled || t.Year()-end.Year() > 50 {
				start = h.floor(t)
			}
			list, vague, end = append(list, h.bucket(start)), false, h.next(start)
		}
		if len(list) == 0 {
			start := h.floor(t)
			list, end = append(list, h.bucket(start)), h.next(start)
		}
		list[len(list)-1].Count += h.counts[key].n
		vague = vague || h.counts[key].vague
	}
	if len(list) > 0 {
		h.query(&list[len(list)-1], q, end, vague)
	}
	// Own channels alone make no bucket at the ends.
	some := func(b mention.Bucket) bool { return b.Count > 0 }
	first := slices.IndexFunc(list, some)
	if first < 0 {
		return []mention.Bucket{}
	}
	for !some(list[len(list)-1]) {
		list = list[:len(list)-1]
	}
	return list[first:]
}

func (h *histogram) bucket(start time.Time) mention.Bucket {
	key := start.Format(time.DateOnly)
	if h.interval == Hour {
		key = start.Format(time.RFC3339)
	}
	return mention.Bucket{Key: key, Start: start}
}

// query sets the query that finds what a bucket counts.
func (h *histogram) query(b *mention.Bucket, q string, end time.Time, vague bool) {
	if vague || b.Count == 0 || h.volume.Irrelevant {
		return
	}
	const layout = "2006-01-02T15:04:05.000Z"
	b.Query = narrowed(q, fmt.Sprintf("published:[%s TO %s]", b.Start.UTC().Format(layout), end.Add(-time.Millisecond).UTC().Format(layout)))
}

// floor returns the start of the bucket that holds t.
func (h *histogram) floor(t time.Time) time.Time {
	switch h.interval {
	case Hour:
		// Subtracting keeps the two hours of a clock change apart.
		return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case Week:
		t = t.AddDate(0, 0, -int(t.Weekday()+6)%7)
	}
	return startOfDay(t.Year(), t.Month(), t.Day(), h.zone)
}

// next returns the start of the bucket after the one that starts at t.
func (h *histogram) next(t time.Time) time.Time {
	switch h.interval {
	case Hour:
		n := h.floor(t.Add(time.Hour))
		if !n.After(t) {
			n = t.Add(time.Hour)
		}
		return n
	case Week:
		return startOfDay(t.Year(), t.Month(), t.Day()+7, h.zone)
	}
	return startOfDay(t.Year(), t.Month(), t.Day()+1, h.zone)
}

// startOfDay returns the first instant of a day, also where midnight does not
// exist because clocks are put forward then.
func startOfDay(y int, m time.Month, d int, zone *time.Location) time.Time {
	want := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	if t.Day() == want.Day() {
		return t
	}
	_, t = t.ZoneBounds()
	return t
}

// narrowed joins a condition to a query.
func narrowed(q, condition string) string {
	if q == "" || q == "*" {
		return condition
	}
	return "(" + q + ") AND " + condition
}
