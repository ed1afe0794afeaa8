package api

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/report"
	"earshot/report/chart"
	"earshot/report/scene"
)

// maxBuckets bounds a chart; a longer stretch is told by week.
const maxBuckets = 400

// axis lays out the buckets of a window; where the window is open, those from
// the first cell to the last.
func (a *api) axis(w report.Window, interval string, cells []mention.Cell) []chart.Bucket {
	from, to := w.From, w.To
	for i := range cells {
		s := cells[i].Start
		if w.From.IsZero() && (from.IsZero() || s.Before(from)) {
			from = s
		}
		if w.To.IsZero() && !s.Before(to) {
			to = after(s.In(a.zone), interval)
		}
	}
	if from.IsZero() || !from.Before(to) {
		return nil
	}
	var list []chart.Bucket
	for at := begin(from.In(a.zone), interval); at.Before(to) && len(list) < maxBuckets; {
		next := after(at, interval)
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

// volume draws the lines of a table by time and one other dimension, the
// largest first.
func (a *api) volume(s *scope, t *mention.Table, names map[string]string, order []string) *chart.Time {
	at, key := timeAt(t.By)
	c := &chart.Time{Title: "Mentions by " + s.Interval, Interval: s.Interval, Buckets: a.axis(s.Window, s.Interval, t.Cells)}
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
			c.Buckets[k].Link = a.pages.search(cell.Query)
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
			b.Link = a.pages.search(report.Window{From: b.From, To: b.To}.Query(s.Q))
		}
	}
	c.Desc = strings.Join(told, ", ") + " mentions in all."
	return c
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

// moods draws sentiment over time.
func (a *api) moods(s *scope, t *mention.Table) *chart.Time {
	c := &chart.Time{Title: "Sentiment by " + s.Interval, Interval: s.Interval, Buckets: a.axis(s.Window, s.Interval, t.Cells)}
	n := len(c.Buckets)
	series := []chart.Series{
		{Name: "negative", Ink: scene.Negative, Hatched: true, Values: make([]float64, n)}, {Name: "neutral", Ink: scene.Neutral, Values: make([]float64, n)},
		{Name: "mixed", Ink: scene.Mixed, Values: make([]float64, n)}, {Name: "positive", Ink: scene.Positive, Values: make([]float64, n)},
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
		c.Buckets[k].Link = a.pages.search(cell.Query)
	}
	if sum(series[2].Values) == 0 {
		series = slices.Delete(series, 2, 3)
	}
	c.Series = series
	c.Desc = fmt.Sprintf("%s negative and %s positive mentions in all.", grouped(all.Negative), grouped(all.Positive))
	return c
}

// hatch puts the stretches without an answer behind a chart, joined where
// they touch.
func hatch(c *chart.Time, gaps []mention.Coverage, w report.Window) {
	for _, g := range gaps {
		if !w.To.IsZero() && g.From.After(w.To) || g.To.Before(w.From) || g.To.Sub(g.From) < 10*time.Minute {
			continue
		}
		tip := fmt.Sprintf("%s did not answer, %s to %s", g.Source, g.From.Format("2 Jan 15:04"), g.To.Format("2 Jan 15:04"))
		if n := len(c.Gaps); n > 0 && !g.From.After(c.Gaps[n-1].To) {
			last := &c.Gaps[n-1]
			if g.To.After(last.To) {
				last.To = g.To
			}
			if !strings.Contains(last.Tip, g.Source) && len(last.Tip) < 300 {
				last.Tip += "; " + tip
			}
			continue
		}
		c.Gaps = append(c.Gaps, chart.Gap{From: g.From, To: g.To, Tip: tip})
	}
}

// changed says how a figure differs from the period before.
func changed(f *mention.Figure) string {
	p := f.Previous
	switch {
	case p == nil:
		return ""
	case !p.Known || !f.Known:
		return "nothing to compare with before"
	case isShare(f.Recipe.Measure):
		d := (f.Value - p.Value) * 100
		return arrow(d) + " " + chart.Count(math.Abs(d)) + " points, before " + figureText(f.Recipe.Measure, p.Value)
	case p.Value == 0 && f.Value == 0:
		return "none before either"
	case p.Value == 0:
		return "none before"
	}
	d := (f.Value - p.Value) / p.Value
	if math.Abs(d) >= 2 {
		return arrow(d) + " " + fmt.Sprintf("%.1f times", f.Value/p.Value) + ", before " + figureText(f.Recipe.Measure, p.Value)
	}
	return arrow(d) + " " + chart.Percent(math.Abs(d)) + ", before " + figureText(f.Recipe.Measure, p.Value)
}

func arrow(d float64) string {
	switch {
	case d > 0:
		return "▲"
	case d < 0:
		return "▼"
	}
	return "="
}

func isShare(measure string) bool {
	return measure == report.KPIShareOfVoice || measure == report.KPINetPolar || measure == report.KPINetAll
}

// figureText is a value as people read it.
func figureText(measure string, v float64) string {
	switch measure {
	case report.KPIShareOfVoice:
		return chart.Percent(v)
	case report.KPINetPolar, report.KPINetAll:
		return chart.Signed(v)
	}
	return chart.Count(v)
}
