package api

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/query"
	"earshot/report"
)

// A scope is what a page is about: a query and a stretch of time. It is read
// from the address, and every link of the page writes it there again.
type scope struct {
	Action   string // address of the page
	Q        string
	Period   string // of periods; "custom" when From or To is given
	Periods  []choice
	Label    string // the stretch in words
	Custom   bool
	Clear    string  // address without the custom stretch
	Keep     []field // other parameters of the page
	Messages []messageView
	Window   report.Window
	Interval string // of charts

	params url.Values
	zone   *time.Location
	note   string // id of the note that is being changed
}

// A choice is a link that may be the one in force.
type choice struct {
	Name, Link string
	On         bool
}

// A field is a parameter that a form hands on.
type field struct{ Name, Value string }

// A period is a stretch that ends now.
type period struct {
	key, name string
	days      int // whole days, today's included; 0 is the last 24 hours, less is all
}

var periods = []period{
	{"24h", "24 h", 0}, {"7d", "7 days", 7}, {"30d", "30 days", 30}, {"90d", "90 days", 90}, {"365d", "Year", 365}, {"all", "All", -1},
}

// newScope reads the scope of a page; fallback is the period when none is given.
func (a *api) newScope(r *http.Request, path, fallback string, now time.Time) *scope {
	params := r.URL.Query()
	note := params.Get("note")
	for _, once := range []string{"cursor", "done", "undo", "note"} {
		params.Del(once)
	}
	s := &scope{Action: a.pages.to(path), Q: strings.TrimSpace(params.Get("q")), Period: params.Get("period"), params: params, zone: a.zone, note: note}
	from, ok1 := instant(params.Get("from"), a.zone, false)
	to, ok2 := instant(params.Get("to"), a.zone, true)
	s.Custom = (ok1 || ok2) && (!ok1 || !ok2 || from.Before(to))
	i := slices.IndexFunc(periods, func(p period) bool { return p.key == s.Period })
	if i < 0 {
		i = slices.IndexFunc(periods, func(p period) bool { return p.key == fallback })
	}
	if s.Custom {
		s.Period, s.Window = "custom", report.Window{From: from, To: to}
		s.Label = stretch(s.Window, a.zone)
	} else {
		s.Period, s.Window, s.Label = periods[i].key, periods[i].window(now.In(a.zone)), periods[i].name
	}
	s.links(fallback)
	s.Interval = intervalFor(s.Window)
	if s.Q != "" && s.Q != "*" {
		if q, messages := query.Parse(s.Q); q == nil {
			s.Messages = placed(s.Q, messages)
		}
	}
	return s
}

func (p period) window(now time.Time) report.Window {
	to := now.Truncate(time.Minute).Add(time.Minute)
	switch {
	case p.days < 0:
		return report.Window{}
	case p.days == 0:
		return report.Window{From: to.Add(-24 * time.Hour), To: to}
	}
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	return report.Window{From: midnight.AddDate(0, 0, 1-p.days), To: to}
}

// links are the addresses of the other periods, and of the page without the
// stretch that was picked by hand.
func (s *scope) links(fallback string) {
	for _, p := range periods {
		s.Periods = append(s.Periods, choice{p.name, s.with("period", p.key, "from", "", "to", ""), s.Period == p.key})
	}
	s.Clear = s.with("period", fallback, "from", "", "to", "")
	for _, name := range slices.Sorted(maps.Keys(s.params)) {
		if name != "q" && s.params.Get(name) != "" {
			s.Keep = append(s.Keep, field{name, s.params.Get(name)})
		}
	}
}

// with is the address of the page with some parameters changed; an empty
// value takes one away.
func (s *scope) with(pairs ...string) string {
	params := url.Values{}
	for k, v := range s.params {
		if len(v) > 0 && v[0] != "" {
			params.Set(k, v[0])
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		params.Del(pairs[i])
		if pairs[i+1] != "" {
			params.Set(pairs[i], pairs[i+1])
		}
	}
	if len(params) == 0 {
		return s.Action
	}
	return s.Action + "?" + params.Encode()
}

// query is what the page counts: the query within the window.
func (s *scope) query() string { return s.Window.Query(s.Q) }

// state is the scope as parameters.
func (s *scope) state() url.Values {
	v := url.Values{}
	for _, k := range []string{"q", "from", "to"} {
		if s.params.Get(k) != "" {
			v.Set(k, s.params.Get(k))
		}
	}
	if !s.Custom && s.Period != "all" {
		v.Set("period", s.Period)
	}
	return v
}

// instant reads a day of the zone, or an instant; the end of a stretch takes
// its whole day.
func instant(text string, zone *time.Location, end bool) (time.Time, bool) {
	if t, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		if end {
			t = t.AddDate(0, 0, 1)
		}
		return t, true
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil || t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}, false
	}
	return t.In(zone), true
}

// stretch is a window in words.
func stretch(w report.Window, zone *time.Location) string {
	tell := func(t time.Time) string {
		t = t.In(zone)
		if t.Hour() == 0 && t.Minute() == 0 {
			return t.Format("2 Jan 2006")
		}
		return t.Format("2 Jan 2006 15:04")
	}
	last := w.To
	if l := w.To.In(zone); !w.To.IsZero() && l.Hour() == 0 && l.Minute() == 0 {
		last = l.AddDate(0, 0, -1) // the last day that is in it
	}
	switch {
	case w.From.IsZero():
		return "until " + tell(last)
	case w.To.IsZero():
		return "since " + tell(w.From)
	case tell(w.From) == tell(last):
		return tell(last)
	}
	return tell(w.From) + " – " + tell(last)
}

// intervalFor is how fine a chart of the window is.
func intervalFor(w report.Window) string {
	span := w.To.Sub(w.From)
	switch {
	case w.From.IsZero() || w.To.IsZero():
		return "day"
	case span <= 50*time.Hour:
		return "hour"
	case span <= 130*24*time.Hour:
		return "day"
	}
	return "week"
}

// Here is the address of the page as it stands.
func (s *scope) Here() string { return s.with() }
