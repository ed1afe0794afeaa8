package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/query"
	"earshot/report/chart"
	"earshot/report/scene"
)

// maxBuckets bounds a chart; a longer stretch is told by week.
const maxBuckets = 400

// axis lays out the buckets of a window; where the window is open, those from
// the first cell to the last.
func axis(w Window, interval string, zone *time.Location, cells []mention.Cell) []chart.Bucket {
	from, to := w.From, w.To
	for i := range cells {
		s := cells[i].Start
		if w.From.IsZero() && (from.IsZero() || s.Before(from)) {
			from = s
		}
		if w.To.IsZero() && !s.Before(to) {
			to = After(s.In(zone), interval)
		}
	}
	if from.IsZero() || !from.Before(to) {
		return nil
	}
	var list []chart.Bucket
	for at := begin(from.In(zone), interval); at.Before(to) && len(list) < maxBuckets; {
		next := After(at, interval)
		list = append(list, chart.Bucket{From: at, To: next})
		at = next
	}
	return list
}

// begin is the start of the bucket that t is in.
func begin(t time.Time, interval string) time.Time {
	if interval == "hour" {
		return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second - time.Duration(t.Nanosecond()))
	}
	t = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	if interval == "week" {
		t = t.AddDate(0, 0, -(int(t.Weekday())+6)%7)
	}
	return t
}

// bucketOf is the place of a time on an axis, -1 when it is off it.
func bucketOf(axis []chart.Bucket, t time.Time) int {
	i, _ := slices.BinarySearchFunc(axis, t, func(b chart.Bucket, t time.Time) int {
		if b.To.After(t) {
			return 1
		}
		return -1
	})
	if i >= len(axis) || t.Before(axis[i].From) {
		return -1
	}
	return i
}

// An OverTime lays out tables by time as charts.
type OverTime struct {
	Query    string
	Window   Window
	Interval string // hour, day or week
	Zone     *time.Location
	Link     func(query string) string // address of the mentions of a query; nil means no links
}

func (o *OverTime) link(q string) string {
	if o.Link == nil || q == "" {
		return ""
	}
	return o.Link(q)
}

// Volume draws the lines of a table by time and one other dimension, in the
// order given; names are told instead of values.
func (o *OverTime) Volume(t *mention.Table, names map[string]string, order []string) *chart.Time {
	at, key := timeAt(t.By)
	c := &chart.Time{Title: "Mentions by " + o.Interval, Interval: o.Interval, Buckets: axis(o.Window, o.Interval, o.Zone, t.Cells)}
	rows := map[string][]float64{}
	for i := range t.Cells {
		cell := &t.Cells[i]
		k := bucketOf(c.Buckets, cell.Start)
		if k < 0 || at >= len(cell.Keys) {
			continue
		}
		name := "mentions"
		if key >= 0 {
			name = cell.Keys[key]
		}
		if rows[name] == nil {
			rows[name] = make([]float64, len(c.Buckets))
		}
		rows[name][k] += float64(cell.Count)
		if key < 0 && cell.Query != "" {
			c.Buckets[k].Link = o.link(cell.Query)
		}
	}
	if key < 0 {
		order = []string{"mentions"}
	}
	var told []string
	for _, name := range order {
		if rows[name] == nil {
			continue
		}
		label := name
		if names[name] != "" {
			label = names[name]
		}
		c.Series = append(c.Series, chart.Series{Name: label, Values: rows[name]})
		told = append(told, fmt.Sprintf("%s %s", label, chart.Count(sum(rows[name]))))
	}
	if key >= 0 {
		for i := range c.Buckets {
			b := &c.Buckets[i]
			b.Link = o.link(o.within(b, t))
		}
	}
	c.Desc = strings.Join(told, ", ") + " mentions in all."
	return c
}

// within is the query of what a table counts in the part of a bucket that lies
// in the window: a search finds own channels, too, which are no volume.
func (o *OverTime) within(b *chart.Bucket, t *mention.Table) string {
	w := Window{From: b.From, To: b.To}
	if o.Window.From.After(w.From) {
		w.From = o.Window.From
	}
	if to := o.Window.To; !to.IsZero() && to.Before(w.To) {
		w.To = to
	}
	q := w.Query(o.Query)
	if t.Own > 0 {
		q += " NOT flag:" + query.FlagOwn
	}
	return q
}

// timeAt finds the time dimension of a table, and the other one, -1 when
// there is none.
func timeAt(by []string) (at, other int) {
	other = -1
	for i, d := range by {
		if d == "hour" || d == "day" || d == "week" {
			at = i
		} else {
			other = i
		}
	}
	return at, other
}

func sum(list []float64) float64 {
	var s float64
	for _, v := range list {
		s += v
	}
	return s
}

// Moods draws sentiment over time.
func (o *OverTime) Moods(t *mention.Table) *chart.Time {
	c := &chart.Time{Title: "Sentiment by " + o.Interval, Interval: o.Interval, Buckets: axis(o.Window, o.Interval, o.Zone, t.Cells)}
	n := len(c.Buckets)
	series := []chart.Series{
		{Name: "negative", Ink: scene.Negative, Hatched: true, Values: make([]float64, n)},
		{Name: "neutral", Ink: scene.Neutral, Values: make([]float64, n)},
		{Name: "mixed", Ink: scene.Mixed, Values: make([]float64, n)},
		{Name: "positive", Ink: scene.Positive, Values: make([]float64, n)},
	}
	var all mention.SentimentCounts
	for i := range t.Cells {
		cell := &t.Cells[i]
		k := bucketOf(c.Buckets, cell.Start)
		if k < 0 || cell.Sentiment == nil {
			continue
		}
		for j, v := range []uint64{cell.Sentiment.Negative, cell.Sentiment.Neutral, cell.Sentiment.Mixed, cell.Sentiment.Positive} {
			series[j].Values[k] += float64(v)
		}
		all.Negative += cell.Sentiment.Negative
		all.Positive += cell.Sentiment.Positive
		if cell.Query != "" {
			c.Buckets[k].Link = o.link(o.within(&c.Buckets[k], t))
		}
	}
	if sum(series[2].Values) == 0 {
		series = slices.Delete(series, 2, 3)
	}
	c.Series = series
	c.Desc = fmt.Sprintf("%s negative and %s positive mentions in all.", chart.Count(float64(all.Negative)), chart.Count(float64(all.Positive)))
	return c
}

// After is the first instant after a bucket.
func After(start time.Time, interval string) time.Time {
	switch interval {
	case "hour":
		return start.Add(time.Hour)
	case "week":
		return start.AddDate(0, 0, 7)
	}
	return start.AddDate(0, 0, 1)
}

// Largest are the values of the dimension that is not time, by their counts.
func Largest(t *mention.Table, most int) []string {
	_, key := timeAt(t.By)
	if key < 0 {
		return nil
	}
	counts := map[string]uint64{}
	var list []string
	for i := range t.Cells {
		name := t.Cells[i].Keys[key]
		if _, ok := counts[name]; !ok {
			list = append(list, name)
		}
		counts[name] += t.Cells[i].Count
	}
	slices.SortStableFunc(list, func(x, y string) int {
		switch {
		case counts[x] > counts[y]:
			return -1
		case counts[x] < counts[y]:
			return 1
		}
		return 0
	})
	return list[:min(most, len(list))]
}
