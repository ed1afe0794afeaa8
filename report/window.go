package report

import (
	"strings"
	"time"

	"earshot/query"
)

// A Window is a stretch of the time mentions count at: when they were
// published, or where that is not known, first seen. A zero end is open.
type Window struct {
	From, To time.Time // To is the first instant after it
}

// Empty reports whether w bounds nothing.
func (w Window) Empty() bool { return w.From.IsZero() && w.To.IsZero() }

// instantLayout is an instant as queries take it.
const instantLayout = "2006-01-02T15:04:05.000Z"

// Query narrows a query to the window.
func (w Window) Query(q string) string {
	if w.Empty() {
		return q
	}
	from, to := "*", "*"
	if !w.From.IsZero() {
		from = w.From.UTC().Format(instantLayout)
	}
	if !w.To.IsZero() {
		to = w.To.Add(-time.Millisecond).UTC().Format(instantLayout)
	}
	return also(q, "time:["+from+" TO "+to+"]")
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
	parts := []query.Node{q.Root()}
	if and, ok := parts[0].(*query.And); ok {
		parts = and.Args
	}
	var keep []query.Node
	for _, p := range parts {
		if onlyBrands(p) {
			taken = append(taken, query.Print(p))
			continue
		}
		keep = append(keep, p)
	}
	switch {
	case len(taken) == 0:
		return text, nil, nil
	case len(keep) == 0:
		return "", taken, nil
	case len(keep) == 1:
		return query.Print(keep[0]), taken, nil
	}
	return query.Print(&query.And{Args: keep}), taken, nil
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
