package report

import (
	"fmt"
	"strings"
	"time"

	"earshot/mention"
	"earshot/query"
)

// A Window is a stretch of the time mentions count at: when they were
// published, or where that is not known, first seen. A zero end is open.
type Window struct {
	From, To time.Time // To is the first instant after it
}

// Empty reports whether w bounds nothing.
func (w Window) Empty() bool { return w.From.IsZero() && w.To.IsZero() }

// instantLayout is an instant as files have it.
const instantLayout = "2006-01-02T15:04:05.000Z"

// Query narrows a query to the window.
func (w Window) Query(q string) string {
	if w.Empty() {
		return q
	}
	return also(q, query.TimeRange(w.From, w.To))
}

// Before returns the stretch of equal length that ends where w begins: by the
// calendar of the zone where w is whole days, weeks or months, so that it is
// whole days too. There is none before an open one.
func (w Window) Before(zone *time.Location) (Window, bool) {
	if w.From.IsZero() || w.To.IsZero() || !w.From.Before(w.To) {
		return Window{}, false
	}
	from, to := w.From.In(zone), w.To.In(zone)
	if !midnight(from) || !midnight(to) {
		return Window{w.From.Add(-w.To.Sub(w.From)), w.From}, true
	}
	if from.Day() == 1 && to.Day() == 1 { // whole months
		months := 12*(to.Year()-from.Year()) + int(to.Month()) - int(from.Month())
		return Window{from.AddDate(0, -months, 0), w.From}, true
	}
	days := int(date(to).Sub(date(from)).Hours()) / 24
	return Window{from.AddDate(0, 0, -days), w.From}, true
}

func midnight(t time.Time) bool {
	return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 && t.Nanosecond() == 0
}

// date is the calendar day of t, where every day has 24 hours.
func date(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

// also joins a condition to a query.
func also(q, condition string) string {
	if q == "" || q == "*" {
		return condition
	}
	return "(" + q + ") AND " + condition
}

// brandQuery finds the mentions of a brand; ids have no quotes in them.
func brandQuery(id string) string { return `brand:"` + id + `"` }

// anyBrand finds the mentions of any of the brands.
func anyBrand(brands []string) string {
	list := make([]string, len(brands))
	for i, id := range brands {
		list[i] = brandQuery(id)
	}
	if len(list) == 1 {
		return list[0]
	}
	return "(" + strings.Join(list, " OR ") + ")"
}

// OpenBrands takes the conditions on brands from a query whose share of voice
// is asked for: one that picks a brand would shrink the denominator to it, and
// the share would always be the whole. It returns the query without them and
// those it took off; what excludes a brand, and what stands inside an OR,
// stays.
func OpenBrands(text string) (open string, taken []string, err error) {
	if text == "" || text == "*" {
		return text, nil, nil
	}
	q, messages := query.Parse(text)
	if q == nil {
		return "", nil, &query.Error{Messages: messages}
	}
	var keep []query.Node
	for _, p := range conjuncts(q.Root()) {
		if onlyBrands(p) {
			taken = append(taken, query.Print(p))
			continue
		}
		keep = append(keep, p)
	}
	if len(taken) == 0 {
		return text, nil, nil
	}
	return all(keep), taken, nil
}

// conjuncts are the conditions that a query asks for all of.
func conjuncts(n query.Node) []query.Node {
	and, ok := n.(*query.And)
	if !ok {
		return []query.Node{n}
	}
	var list []query.Node
	for _, arg := range and.Args {
		list = append(list, conjuncts(arg)...)
	}
	return list
}

// all is the query that asks for all of the conditions; "" finds everything.
func all(list []query.Node) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return query.Print(list[0])
	}
	return query.Print(&query.And{Args: list})
}

// onlyBrands reports whether a condition asks for brands and nothing else.
func onlyBrands(n query.Node) bool {
	switch n := n.(type) {
	case *query.Keyword:
		return n.Field == "brand"
	case *query.Or:
		for _, arg := range n.Args {
			if !onlyBrands(arg) {
				return false
			}
		}
		return true
	case *query.And:
		for _, arg := range n.Args {
			if !onlyBrands(arg) {
				return false
			}
		}
		return true
	}
	return false
}

// OpenTimes takes the conditions on time from a query: what people coded of it
// holds in every window.
func OpenTimes(text string) string {
	q, _ := query.Parse(text)
	if q == nil {
		return text
	}
	var keep []query.Node
	for _, p := range conjuncts(q.Root()) {
		if !isTime(p) {
			keep = append(keep, p)
		}
	}
	return all(keep)
}

func isTime(n query.Node) bool {
	r, ok := n.(*query.Range)
	return ok && (r.Field == "time" || r.Field == "published")
}

// ParseWindow reads the ends of a window as people write them: a year, month
// or day in a zone (2026, 2026-03, 2026-03-16), an instant
// (2026-03-16T09:30:00Z), how long ago (-7d) or now; "" is open. A year, month
// or day at the end belongs to the window.
func ParseWindow(from, to string, zone *time.Location, now time.Time) (Window, error) {
	var w Window
	var err error
	if w.From, _, err = parseEnd(from, zone, now); err != nil {
		return w, fmt.Errorf("report: from: %w", err)
	}
	if _, w.To, err = parseEnd(to, zone, now); err != nil {
		return w, fmt.Errorf("report: to: %w", err)
	}
	if !w.From.IsZero() && !w.To.IsZero() && !w.From.Before(w.To) {
		return w, fmt.Errorf("report: the window ends at %s, before it begins at %s", w.To.Format(time.RFC3339), w.From.Format(time.RFC3339))
	}
	return w, nil
}

// parseEnd returns the first instant of a time and the first after it.
func parseEnd(text string, zone *time.Location, now time.Time) (start, end time.Time, err error) {
	if text == "" {
		return start, end, nil
	}
	if text == "now" {
		return now, now, nil
	}
	if ago, ok := strings.CutPrefix(text, "-"); ok {
		d, err := mention.ParseDuration(ago)
		if err != nil {
			return start, end, err
		}
		start = now.Add(-d.Std())
		return start, start, nil
	}
	for _, f := range []struct {
		layout       string
		years, month int
		days         int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {time.DateOnly, 0, 0, 1}} {
		if t, err := time.ParseInLocation(f.layout, text, zone); err == nil {
			return t, t.AddDate(f.years, f.month, f.days), nil
		}
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02T15:04:05", "2006-01-02T15:04"} {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			t = t.Truncate(time.Millisecond)
			return t, t, nil
		}
	}
	return start, end, fmt.Errorf("%q is no time; write 2026-03-16, 2026-03-16T09:30:00Z or -7d", text)
}
