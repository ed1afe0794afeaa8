package alerts

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// quietHours is a Quiet ready for work.
type quietHours struct {
	from, to int // minutes of the day
	days     [7]bool
	zone     *time.Location
	pass     int
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// compile reads the hours; zone is the default.
func (q *Quiet) compile(zone *time.Location) (*quietHours, error) {
	c := &quietHours{zone: zone, pass: crisis}
	for _, f := range []struct {
		name, text string
		minute     *int
	}{{"from", q.From, &c.from}, {"to", q.To, &c.to}} {
		t, err := time.Parse("15:04", f.text)
		if err != nil {
			return nil, fmt.Errorf("%s %q is not a time of day like 22:00", f.name, f.text)
		}
		*f.minute = t.Hour()*60 + t.Minute()
	}
	if c.from == c.to {
		return nil, fmt.Errorf("from and to are both %s", q.From)
	}
	if q.Zone != "" {
		z, err := time.LoadLocation(q.Zone)
		if err != nil {
			return nil, fmt.Errorf("zone %q is not known; use a name like Europe/Zurich", q.Zone)
		}
		c.zone = z
	}
	for _, name := range q.Days {
		i := slices.Index(dayNames, strings.ToLower(name))
		if i < 0 {
			return nil, oneOf("day", name, dayNames)
		}
		c.days[i] = true
	}
	if len(q.Days) == 0 {
		c.days = [7]bool{true, true, true, true, true, true, true}
	}
	if q.Pass != "" {
		if c.pass = slices.Index(Severities, q.Pass); c.pass < 0 {
			return nil, oneOf("pass", q.Pass, Severities)
		}
	}
	return c, nil
}

// end says when the quiet hours that at falls into are over; 0 when at is in
// none. The clock on the wall decides, also when it is put forward or back.
func (q *quietHours) end(at instant) instant {
	now := at.Time().In(q.zone)
	for back := range 2 { // begun today, or yesterday
		day := time.Date(now.Year(), now.Month(), now.Day()-back, 0, 0, 0, 0, q.zone)
		if !q.days[day.Weekday()] {
			continue
		}
		begin, end := q.wall(day, q.from, 0), q.wall(day, q.to, 0)
		if q.to < q.from {
			end = q.wall(day, q.to, 1)
		}
		if !now.Before(begin) && now.Before(end) {
			return instantOf(end)
		}
	}
	return 0
}

func (q *quietHours) wall(day time.Time, minute, later int) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day()+later, minute/60, minute%60, 0, 0, q.zone)
}

// nextTick is the next moment on the clock of a zone that is a multiple of
// every, counted from midnight; of days, from a fixed Monday.
func nextTick(at instant, every time.Duration, zone *time.Location) instant {
	now := at.Time().In(zone)
	day := 24 * time.Hour
	if every >= day {
		days := int(every / day)
		start := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC) // a Monday
		today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
		past := int(today.Sub(start)/day) % days
		if t := time.Date(now.Year(), now.Month(), now.Day(), digestHour, 0, 0, 0, zone); past == 0 && t.After(now) {
			return instantOf(t)
		}
		return instantOf(time.Date(now.Year(), now.Month(), now.Day()+days-past, digestHour, 0, 0, 0, zone))
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	past := now.Sub(midnight)
	return instantOf(now.Add(every - past%every))
}

// digestHour is when a digest of a day or more is sent.
const digestHour = 8
