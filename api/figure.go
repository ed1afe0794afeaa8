package api

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"earshot/mention"
	"earshot/report"
	"earshot/report/chart"
	"earshot/report/scene"
)

// A figure is a chart as a page shows it, once for each width of screen.
type figure struct {
	Caption      string
	Wide, Narrow template.HTML
	Table        chart.Table
	Zoom         bool   // dragging over it changes the period
	PNG          string // address of the picture
}

// drawn is a scene as markup of ours: package scene escapes all text in it.
func drawn(s *scene.Scene, id string) template.HTML {
	var b strings.Builder
	if err := s.SVG(&b, id, nil); err != nil {
		return "" // a strings.Builder never fails
	}
	return template.HTML(b.String()) //nolint:gosec // built by package scene alone
}

// lines and stacked draw a chart over time.
func lines(t *chart.Time, id string) *figure {
	return &figure{Wide: drawn(t.Lines(chart.Wide), id), Narrow: drawn(t.Lines(chart.Narrow), id+"n"), Table: t.Table(), Zoom: true}
}

func stacked(t *chart.Time, id string, height float64) *figure {
	wide, narrow := chart.Wide, chart.Narrow
	if height > 0 {
		wide.H, narrow.H = height, height
	}
	return &figure{Wide: drawn(t.Stacked(wide), id), Narrow: drawn(t.Stacked(narrow), id+"n"), Table: t.Table(), Zoom: true}
}

// half is a chart for half the width of a page.
func half(t *chart.Time, id string) *figure {
	return &figure{Wide: drawn(t.Stacked(chart.Size{W: 580, H: 230}), id), Narrow: drawn(t.Stacked(chart.Narrow), id+"n"), Table: t.Table(), Zoom: true}
}

func bars(b *chart.Bars, id string) *figure {
	return &figure{Wide: drawn(b.Draw(900), id), Narrow: drawn(b.Draw(370), id+"n")}
}

// maxColumns is how many columns a history is filled up to.
const maxColumns = 400

// spread fills a history up to the ends of a window with empty columns, so that
// it shows how short the talk was. An open window is left as it is, and one of too
// many columns.
func (p *pages) spread(s *mention.Series, w report.Window) {
	if w.From.IsZero() || w.To.IsZero() || len(s.Buckets) == 0 {
		return
	}
	var before, after []mention.Bucket
	room := maxColumns - len(s.Buckets)
	for at := dayStart(w.From.In(p.api.zone), s.Interval); at.Before(s.Buckets[0].Start) && len(before) <= room; at = report.After(at, s.Interval) {
		before = append(before, mention.Bucket{Start: at})
	}
	last := s.Buckets[len(s.Buckets)-1].Start.In(p.api.zone)
	for at := report.After(last, s.Interval); at.Before(w.To) && len(after) <= room; at = report.After(at, s.Interval) {
		after = append(after, mention.Bucket{Start: at})
	}
	if len(before)+len(after) <= max(room, 0) { // else a part would be missing on the axis
		s.Buckets = slices.Concat(before, s.Buckets, after)
	}
}

// history is a series of counts as a chart of columns.
func (p *pages) history(s mention.Series, title string) *chart.Time {
	t := &chart.Time{Title: title, Interval: s.Interval, Series: []chart.Series{{Name: "mentions", Ink: scene.Accent}}}
	var total, most uint64
	for i := range s.Buckets {
		b := &s.Buckets[i]
		start := b.Start.In(p.api.zone)
		bucket := chart.Bucket{From: start, To: report.After(start, s.Interval)}
		if b.Query != "" {
			bucket.Link = p.search(b.Query)
		}
		t.Buckets = append(t.Buckets, bucket)
		t.Series[0].Values = append(t.Series[0].Values, float64(b.Count))
		total += b.Count
		most = max(most, b.Count)
	}
	t.Desc = fmt.Sprintf("%s mentions by %s; most in one %s: %s.", grouped(total), s.Interval, s.Interval, grouped(most))
	return t
}

// A splitView is sentiment as one bar.
type splitView struct {
	Link string
	Bar  template.HTML
}

// split draws negative, neutral, mixed and positive as one bar.
func (p *pages) split(c *mention.SentimentCounts, q string) *splitView {
	if c == nil {
		return nil
	}
	sum := c.Negative + c.Neutral + c.Mixed + c.Positive
	if sum == 0 {
		return nil
	}
	bar := &scene.Scene{W: 128, H: 13}
	var words []string
	x := 0.0
	for _, part := range []struct {
		n    uint64
		name string
		ink  scene.Ink
	}{{c.Negative, "negative", scene.Negative}, {c.Neutral, "neutral", scene.Neutral}, {c.Mixed, "mixed", scene.Mixed}, {c.Positive, "positive", scene.Positive}} {
		if part.n == 0 {
			continue
		}
		f := scene.Frame{X: x, W: float64(part.n) / float64(sum) * bar.W, H: bar.H}
		bar.Add(scene.Shape{Kind: scene.Box, Points: []scene.Point{{X: f.X}}, W: f.W, H: f.H, Fill: part.ink})
		if part.ink == scene.Negative {
			bar.Add(scene.Hatch(f, scene.Paper, 5)...)
		}
		words = append(words, fmt.Sprintf("%s %s", grouped(part.n), part.name))
		x += f.W
	}
	if n := c.Unsupported + c.Unscored; n > 0 {
		words = append(words, grouped(n)+" not scored")
	}
	bar.Title = strings.Join(words, ", ")
	return &splitView{Link: p.search(q), Bar: drawn(bar, "")}
}
