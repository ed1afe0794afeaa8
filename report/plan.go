package report

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// A Plan is a report that is made again and again, kept, and sent.
type Plan struct {
	ID        string           `yaml:"id" json:"id"`
	Name      string           `yaml:"name,omitempty" json:"name,omitempty"`
	Kind      string           `yaml:"kind,omitempty" json:"kind,omitempty"`     // weekly, versus or board; empty means weekly, or board where one is named
	Board     string           `yaml:"board,omitempty" json:"board,omitempty"`   // the template of kind board
	Query     string           `yaml:"query,omitempty" json:"query,omitempty"`   // only mentions that match
	Brands    []string         `yaml:"brands,omitempty" json:"brands,omitempty"` // ids; empty means all
	Period    mention.Duration `yaml:"period,omitempty" json:"period,omitempty"` // whole days it tells of, up to the day it is made; 0 means from one time to the next
	Schedule  string           `yaml:"schedule" json:"schedule"`                 // when: mon 07:00, weekdays 07:00, daily 07:00, 1st 07:00
	Zone      string           `yaml:"zone,omitempty" json:"zone,omitempty"`     // IANA name; empty means the installation's
	Receivers []string         `yaml:"receivers,omitempty" json:"receivers,omitempty"`
	Attach    []string         `yaml:"attach,omitempty" json:"attach,omitempty"` // pdf, xlsx; empty means both
}

// MaxPlans is how many planned reports there may be.
const MaxPlans = 200

// maxPeriod is the longest stretch of a planned report.
const maxPeriod = 366 * 24 * time.Hour

const day = 24 * time.Hour

// kind is the kind with its default.
func (p *Plan) kind() string {
	switch {
	case p.Kind != "":
		return p.Kind
	case p.Board != "":
		return KindBoard
	}
	return KindWeekly
}

// Faults returns everything that is wrong with p; what it refers to is for
// others to look up.
func (p *Plan) Faults() []error {
	var errs []error
	if err := mention.CheckID(p.ID); err != nil {
		errs = append(errs, err)
	}
	switch kind := p.kind(); {
	case !slices.Contains([]string{KindWeekly, KindVersus, KindBoard}, kind):
		errs = append(errs, fmt.Errorf("kind %q is none of %s, %s, %s", kind, KindWeekly, KindVersus, KindBoard))
	case kind == KindBoard && p.Board == "":
		errs = append(errs, errors.New("board is missing: the id of the board to make"))
	case kind != KindBoard && p.Board != "":
		errs = append(errs, fmt.Errorf("board is read by kind %s alone", KindBoard))
	}
	if p.Schedule == "" {
		errs = append(errs, errors.New("schedule is missing: when it is made, such as mon 07:00, weekdays 07:00, daily 07:00 or 1st 07:00"))
	} else if _, err := parseSchedule(p.Schedule); err != nil {
		errs = append(errs, err)
	}
	if _, err := time.LoadLocation(p.Zone); err != nil || p.Zone == "Local" {
		errs = append(errs, fmt.Errorf("zone %q is not known: an IANA name such as Europe/Zurich or UTC", p.Zone))
	}
	if d := p.Period.Std(); d != 0 && (d < day || d > maxPeriod || d%day != 0) {
		errs = append(errs, fmt.Errorf("period %s is not a number of whole days, 1d to 366d", p.Period))
	}
	for _, f := range p.Attach {
		if f != PDF && f != XLSX {
			errs = append(errs, fmt.Errorf("attach %q is none of %s, %s", f, PDF, XLSX))
		}
	}
	return errs
}

// A schedule is the days and the time of day at which a plan is due.
type schedule struct {
	days   [7]bool // by time.Weekday
	month  int     // day of the month; 0 means by week
	hour   int
	minute int
}

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// parseSchedule reads days and a time: mon,thu 07:00.
func parseSchedule(text string) (schedule, error) {
	var s schedule
	wrong := func(why string) error {
		return fmt.Errorf("schedule %q: %s; write mon 07:00, mon,thu 07:00, weekdays 07:00, daily 07:00 or 1st 07:00", text, why)
	}
	days, clock, ok := strings.Cut(strings.ToLower(strings.TrimSpace(text)), " ")
	if !ok {
		return s, wrong("it needs days and a time")
	}
	at, err := time.Parse("15:04", strings.TrimSpace(clock))
	if err != nil {
		return s, wrong(fmt.Sprintf("%q is no time of the day", strings.TrimSpace(clock)))
	}
	s.hour, s.minute = at.Hour(), at.Minute()
	for name := range strings.SplitSeq(days, ",") {
		switch name {
		case "daily":
			s.days = [7]bool{true, true, true, true, true, true, true}
			continue
		case "weekdays":
			for d := time.Monday; d <= time.Friday; d++ {
				s.days[d] = true
			}
			continue
		}
		if n, err := strconv.Atoi(strings.TrimRight(name, "stndrh")); err == nil && n >= 1 && n <= 28 && days == name {
			s.month = n
			continue
		}
		i := slices.IndexFunc(dayNames, func(d string) bool { return len(name) >= 3 && strings.HasPrefix(longDay(d), name) })
		if i < 0 {
			return s, wrong(fmt.Sprintf("%q is no day", name))
		}
		s.days[i] = true
	}
	return s, nil
}

// longDay is the whole name of a day.
func longDay(short string) string {
	i := slices.Index(dayNames, short)
	return strings.ToLower(time.Weekday(i).String())
}

// on is the instant of the schedule on a day, when there is one.
func (s *schedule) on(year int, month time.Month, d int, zone *time.Location) (time.Time, bool) {
	t := time.Date(year, month, d, s.hour, s.minute, 0, 0, zone)
	if s.month > 0 {
		return t, t.Day() == s.month
	}
	return t, s.days[time.Date(year, month, d, 12, 0, 0, 0, zone).Weekday()]
}

// zone is the plan's own, else the installation's.
func (p *Plan) zone(home *time.Location) *time.Location {
	if z, err := time.LoadLocation(p.Zone); err == nil && p.Zone != "" {
		return z
	}
	return home
}

// Last is the newest time at or before now at which the plan is due.
func (p *Plan) Last(now time.Time, home *time.Location) time.Time {
	s, err := parseSchedule(p.Schedule)
	if err != nil {
		return time.Time{}
	}
	local := now.In(p.zone(home))
	for i := range 40 {
		if t, ok := s.on(local.Year(), local.Month(), local.Day()-i, local.Location()); ok && !t.After(now) {
			return t
		}
	}
	return time.Time{}
}

// Next is the first time after now at which the plan is due.
func (p *Plan) Next(now time.Time, home *time.Location) time.Time {
	s, err := parseSchedule(p.Schedule)
	if err != nil {
		return time.Time{}
	}
	local := now.In(p.zone(home))
	for i := range 40 {
		if t, ok := s.on(local.Year(), local.Month(), local.Day()+i, local.Location()); ok && t.After(now) {
			return t
		}
	}
	return time.Time{}
}

// Order is the report of a plan that is due, or asked for, at a time: whole
// days that end where the day of that time begins.
func (p *Plan) Order(due time.Time, home *time.Location, brands []mention.Brand, boards []Board) (Order, error) {
	zone := p.zone(home)
	local := due.In(zone)
	to := time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, zone)
	from := to.AddDate(0, 0, -int(p.Period.Std()/day))
	if p.Period == 0 {
		before := p.Last(due.Add(-time.Second), home).In(zone)
		from = time.Date(before.Year(), before.Month(), before.Day(), 0, 0, 0, 0, zone)
		if !from.Before(to) {
			from = to.AddDate(0, 0, -1)
		}
	}
	o := Order{Kind: p.kind(), Name: p.Name, Query: p.Query, Window: Window{From: from, To: to}, Zone: zone}
	for i := range brands {
		if len(p.Brands) == 0 || slices.Contains(p.Brands, brands[i].ID) {
			o.Brands = append(o.Brands, brands[i])
		}
	}
	if o.Kind == KindBoard {
		i := slices.IndexFunc(boards, func(b Board) bool { return b.ID == p.Board })
		if i < 0 {
			return o, fmt.Errorf("report: there is no board %q", p.Board)
		}
		o.Board = &boards[i]
	}
	return o, nil
}
