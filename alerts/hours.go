package alerts

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Hours are those in which somebody works: outside of them no clock runs for
// or against them.
type Hours struct {
	From string `yaml:"from" json:"from"`                     // 08:00
	To   string `yaml:"to" json:"to"`                         // 18:00; later than From
	Days Words  `yaml:"days,omitempty" json:"days,omitempty"` // mon … sun; empty means mon to fri
	Zone string `yaml:"zone,omitempty" json:"zone,omitempty"` // IANA; empty means the installation's
}

// businessHours is an Hours ready for work.
type businessHours struct {
	from, to int // minutes of the day
	days     [7]bool
	zone     *time.Location
}

// maxWorkDays bounds how far ahead a clock is looked: no term is longer.
const maxWorkDays = 400

func (h *Hours) compile(zone *time.Location) (*businessHours, error) {
	c := &businessHours{zone: zone}
	for _, f := range []struct {
		name, text string
		minute     *int
	}{{"from", h.From, &c.from}, {"to", h.To, &c.to}} {
		t, err := time.Parse("15:04", f.text)
		if err != nil && f.text == "24:00" {
			*f.minute = 24 * 60
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%s %q is not a time of day like 08:00", f.name, f.text)
		}
		*f.minute = t.Hour()*60 + t.Minute()
	}
	if c.from >= c.to {
		return nil, errors.New("to is not later than from; hours over midnight are two rules' work")
	}
	if h.Zone != "" {
		z, err := time.LoadLocation(h.Zone)
		if err != nil {
			return nil, fmt.Errorf("zone %q is not known; use a name like Europe/Zurich", h.Zone)
		}
		c.zone = z
	}
	for _, name := range h.Days {
		i := slices.Index(dayNames, strings.ToLower(name))
		if i < 0 {
			return nil, oneOf("day", name, dayNames)
		}
		c.days[i] = true
	}
	if len(h.Days) == 0 {
		c.days = [7]bool{false, true, true, true, true, true, false}
	}
	return c, nil
}

// next is the first stretch of work that is not over at a time; the clock on
// the wall decides.
func (h *businessHours) next(at instant) (begin, end instant) {
	now := at.Time().In(h.zone)
	for ahead := range maxWorkDays {
		day := time.Date(now.Year(), now.Month(), now.Day()+ahead, 0, 0, 0, 0, h.zone)
		if !h.days[day.Weekday()] {
			continue
		}
		wall := func(minute int) instant {
			return instantOf(time.Date(day.Year(), day.Month(), day.Day(), minute/60, minute%60, 0, 0, h.zone))
		}
		if begin, end = wall(h.from), wall(h.to); end > at {
			return max(begin, at), end
		}
	}
	return at, never
}

// after is when so much of working time has passed since a time. Without
// hours all time is.
func (h *businessHours) after(at instant, d time.Duration) instant {
	if h == nil {
		return at.add(d)
	}
	for range maxWorkDays {
		begin, end := h.next(at)
		if d <= end.sub(begin) {
			return begin.add(d)
		}
		d -= end.sub(begin)
		at = end
	}
	return at
}

// between is how much working time lies between two times.
func (h *businessHours) between(from, to instant) time.Duration {
	if from >= to {
		return 0
	}
	if h == nil {
		return to.sub(from)
	}
	sum := time.Duration(0)
	for range maxWorkDays {
		begin, end := h.next(from)
		if begin >= to {
			return sum
		}
		sum += min(end, to).sub(begin)
		if end >= to {
			return sum
		}
		from = end
	}
	return sum
}
