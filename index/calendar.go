package index

import (
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// Intervals of time. Weeks begin on Monday.
const (
	Hour = "hour"
	Day  = "day"
	Week = "week"
)

// A calendar numbers the hours, days or weeks of a zone that were met.
type calendar struct {
	interval string
	zone     *time.Location
	starts   []time.Time // by number
	numbers  map[int64]uint32
	month    *monthCalendar
}

func newCalendar(interval string, zone *time.Location) *calendar {
	return &calendar{interval: interval, zone: zone, numbers: map[int64]uint32{}}
}

// number returns the number of the bucket that holds an instant.
func (c *calendar) number(ms int64) uint32 {
	start := c.floor(time.UnixMilli(ms).In(c.zone))
	key := start.UnixMilli()
	n, ok := c.numbers[key]
	if !ok {
		n = uint32(len(c.starts))
		c.numbers[key] = n
		c.starts = append(c.starts, start)
	}
	return n
}

// key names a bucket.
func (c *calendar) key(start time.Time) string {
	if c.interval == Hour {
		return start.Format(time.RFC3339)
	}
	return start.Format(time.DateOnly)
}

// floor returns the start of the bucket that holds t.
func (c *calendar) floor(t time.Time) time.Time {
	switch c.interval {
	case Hour:
		// Subtracting keeps the two hours of a clock change apart.
		return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	case Week:
		t = t.AddDate(0, 0, -int(t.Weekday()+6)%7)
	}
	return startOfDay(t.Year(), t.Month(), t.Day(), c.zone)
}

// next returns the start of the bucket after the one that starts at t.
func (c *calendar) next(t time.Time) time.Time {
	switch c.interval {
	case Hour:
		n := c.floor(t.Add(time.Hour))
		if !n.After(t) {
			n = t.Add(time.Hour)
		}
		return n
	case Week:
		return startOfDay(t.Year(), t.Month(), t.Day()+7, c.zone)
	}
	return startOfDay(t.Year(), t.Month(), t.Day()+1, c.zone)
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

// slotMillis is a quarter of an hour, of which the buckets of every zone
// since 1990 are made.
const slotMillis = 15 * 60 * 1000

// A monthCalendar is a calendar that remembers the bucket of every quarter of
// an hour of a shard's month. Of the shards that are no months it remembers
// none.
type monthCalendar struct {
	*calendar

	shard string
	from  int64
	slots []uint32 // number of the bucket plus 1
}

// within returns the calendar of a shard.
func (c *calendar) within(shard string) *monthCalendar {
	if c.month != nil && c.month.shard == shard {
		return c.month
	}
	m := &monthCalendar{calendar: c, shard: shard}
	if from, to := shardSpan(shard); !from.IsZero() && !to.IsZero() {
		m.from = from.UnixMilli()
		m.slots = make([]uint32, (to.UnixMilli()-m.from)/slotMillis)
	}
	c.month = m
	return m
}

func (m *monthCalendar) number(ms int64) uint32 {
	i := (ms - m.from) / slotMillis
	if ms < m.from || i >= int64(len(m.slots)) {
		return m.calendar.number(ms)
	}
	if m.slots[i] == 0 {
		m.slots[i] = m.calendar.number(ms) + 1
	}
	return m.slots[i] - 1
}

// reach numbers the buckets from an instant to another, and returns how many
// numbers there are.
func (m *monthCalendar) reach(first, last int64) int {
	for i := range m.slots {
		if ms := m.from + int64(i)*slotMillis; ms > first-slotMillis && ms <= last {
			m.number(ms)
		}
	}
	return len(m.starts)
}

// count gives add the number of documents of each bucket.
func (m *monthCalendar) count(times []int64, docs *roaring.Bitmap, add func(n uint32, count uint64)) {
	counts := make([]uint32, len(m.slots))
	eachDoc(docs, func(doc uint32) {
		if i := uint64(times[doc]-m.from) / slotMillis; times[doc] >= m.from && i < uint64(len(counts)) {
			counts[i]++
		} else {
			add(m.calendar.number(times[doc]), 1)
		}
	})
	for i, n := range counts {
		if n > 0 {
			add(m.number(m.from+int64(i)*slotMillis), uint64(n))
		}
	}
}
