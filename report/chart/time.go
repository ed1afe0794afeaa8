package chart

import (
	"math"
	"strconv"
	"strings"
	"time"

	"earshot/report/scene"
)

// A Time is numbers over time, drawn as lines or as stacked columns.
type Time struct {
	Title    string
	Desc     string // what it shows, in words
	Interval string // hour, day or week
	Buckets  []Bucket
	Series   []Series
	Peaks    []Peak
	Gaps     []Gap
	Since    time.Time // history begins here; zero means before all of it
	Lanes    []Lane
	Notes    []Note
	Format   func(float64) string // of values; nil means Count
	Low      float64              // the axis goes down to here at least
	High     float64              // and up to here
}

// A Bucket is a stretch of time.
type Bucket struct {
	From, To time.Time // in the zone they are told in
	Link     string
}

// A Series is a value for each bucket; NaN where there is none.
type Series struct {
	Name    string
	Values  []float64
	Ink     scene.Ink // empty means that of its place
	Hatched bool      // when stacked
	Light   bool      // drawn thin and dashed, such as the period before
}

// A Peak is a numbered mark on the line.
type Peak struct {
	N    int
	At   time.Time
	Tip  string
	Link string
}

// A Gap is a stretch without data.
type Gap struct {
	From, To time.Time
	Tip      string
}

// A Lane is a row of marks above the plot, on the same axis.
type Lane struct {
	Name  string
	Ink   scene.Ink
	Marks []Mark
}

// A Mark is something that happened.
type Mark struct {
	At   time.Time
	Big  bool
	Tip  string
	Link string
}

// A Note is what a person pinned to a stretch, as a numbered mark.
type Note struct {
	N        int
	From, To time.Time // To is the first instant after it
	Tip      string
	Link     string
}

// laneHeight is how much room a lane takes, noteHeight a row of notes.
const (
	laneHeight = 22
	noteHeight = 20
)

// plot is a chart while it is drawn.
type plot struct {
	*scene.Scene
	t         *Time
	z         Size
	f         scene.Frame
	low, high float64
	first     time.Time
	last      time.Time
}

func (t *Time) newPlot(z Size, right, top, low, high float64) *plot {
	rows := t.noteRows()
	lanes := float64(len(t.Lanes))*laneHeight + float64(len(rows))*noteHeight
	s := &scene.Scene{W: z.W, H: z.H + lanes, Title: t.Title, Desc: t.Desc}
	format := t.format()
	most := 4
	if top := math.Max(high, t.High); t.Format == nil && top < 4 { // counts are whole
		most = int(math.Max(1, math.Ceil(top)))
	}
	grid := ticks(math.Min(low, t.Low), math.Max(high, t.High), most)
	left := 0.0
	for _, v := range grid {
		left = math.Max(left, scene.Width(format(v), textSize, false))
	}
	p := &plot{Scene: s, t: t, z: z, low: grid[0], high: grid[len(grid)-1]}
	p.f = scene.Frame{X: left + 10, Y: top + lanes, W: z.W - left - 10 - right, H: z.H - top - 24}
	s.Plot = p.f
	if n := len(t.Buckets); n > 0 {
		p.first, p.last = t.Buckets[0].From, t.Buckets[n-1].To
	}
	p.gaps()
	for _, v := range grid {
		y := p.y(v)
		p.Rule(p.f.X, y, p.f.X+p.f.W, y, scene.Grid)
		p.Words(p.f.X-8, y+4, textSize, scene.End, scene.Soft, format(v))
	}
	p.dates()
	p.lanes()
	p.notes(rows)
	return p
}

func (t *Time) format() func(float64) string {
	if t.Format != nil {
		return t.Format
	}
	return Count
}

func (p *plot) y(v float64) float64 {
	return p.f.Y + p.f.H - (v-p.low)/(p.high-p.low)*p.f.H
}

func (p *plot) x(at time.Time) float64 {
	span := p.last.Sub(p.first)
	if span <= 0 {
		return p.f.X
	}
	share := float64(at.Sub(p.first)) / float64(span)
	return p.f.X + math.Min(math.Max(share, 0), 1)*p.f.W
}

func (p *plot) mid(i int) float64 {
	b := &p.t.Buckets[i]
	return (p.x(b.From) + p.x(b.To)) / 2
}

// gaps are hatched, from behind everything else.
func (p *plot) gaps() {
	list := p.t.Gaps
	if p.t.Since.After(p.first) {
		list = append([]Gap{{p.first, p.t.Since, "No history before " + p.t.Since.Format("2 Jan 2006")}}, list...)
	}
	for _, g := range list {
		from, to := p.x(g.From), p.x(g.To)
		if to-from < 3 {
			to = from + 3
		}
		to = math.Min(to, p.f.X+p.f.W)
		if g.To.Before(p.first) || g.From.After(p.last) || to <= from {
			continue
		}
		f := scene.Frame{X: from, Y: p.f.Y, W: to - from, H: p.f.H}
		shapes := scene.Hatch(f, scene.Gap, 6)
		for i := range shapes {
			shapes[i].Faint = true
		}
		shapes = append(shapes, scene.Shape{Kind: scene.Box, Points: []scene.Point{{X: f.X, Y: f.Y}}, W: f.W, H: f.H})
		p.Groups = append(p.Groups, scene.Group{Shapes: shapes, Tip: g.Tip})
	}
}

// hours is a step of hours that meets every midnight, of at least so many.
func hours(step int) int {
	for _, s := range []int{1, 2, 3, 6, 12, 24} {
		if step <= s {
			return s
		}
	}
	return (step + 23) / 24 * 24
}

// dates are the names under the axis, as many as there is room for.
func (p *plot) dates() {
	n := len(p.t.Buckets)
	if n == 0 {
		return
	}
	room := max(1, int(p.f.W/58))
	step := (n + room - 1) / room
	if p.t.Interval == "day" && step > 2 {
		step = (step + 6) / 7 * 7
	}
	begins := func(time.Time) bool { return true }
	switch {
	case p.t.Interval == "day" && step%7 == 0:
		begins = func(t time.Time) bool { return t.Weekday() == time.Monday }
	case p.t.Interval == "hour":
		step = hours(step)
		begins = func(t time.Time) bool { return t.Hour()%min(step, 24) == 0 }
	}
	start := 0
	for start < n-1 && !begins(p.t.Buckets[start].From) {
		start++
	}
	for i := start; i < n; i += step {
		x := p.mid(i)
		at := p.t.Buckets[i].From
		label := day(at, p.t.Interval, false)
		if p.t.Interval == "hour" && at.Hour() == 0 && n > 24 {
			label = day(at, "day", false)
		}
		half := scene.Width(label, textSize, false) / 2
		x = math.Min(math.Max(x, half), p.z.W-half)
		p.Words(x, p.f.Y+p.f.H+16, textSize, scene.Middle, scene.Soft, label)
	}
}

// lanes are the marks above the plot, with a thread down to the axis.
func (p *plot) lanes() {
	for i := range p.t.Lanes {
		lane := &p.t.Lanes[i]
		y := float64(i)*laneHeight + laneHeight/2
		ink := lane.Ink
		if ink == scene.None {
			ink = scene.Series(i)
		}
		p.Rule(p.f.X, y, p.f.X+p.f.W, y, scene.Grid)
		p.Words(p.f.X+p.f.W+8, y+4, textSize, scene.Start, ink, scene.Fit(lane.Name, textSize, false, p.z.W-p.f.X-p.f.W-8))
		for _, m := range lane.Marks {
			if m.At.Before(p.first) || m.At.After(p.last) {
				continue
			}
			r := 4.0
			if m.Big {
				r = 6.5
			}
			p.Groups = append(p.Groups, scene.Group{Tip: m.Tip, Link: m.Link, Shapes: []scene.Shape{
				{Kind: scene.Circle, Points: []scene.Point{{X: p.x(m.At), Y: y}}, R: r, Fill: ink, Stroke: scene.Paper, Width: 1.5},
			}})
		}
	}
}

// tip tells all values of a bucket.
func (t *Time) tip(i int) string {
	parts := []string{}
	for j := range t.Series {
		if i < len(t.Series[j].Values) && !math.IsNaN(t.Series[j].Values[i]) {
			parts = append(parts, t.Series[j].Name+" "+t.format()(t.Series[j].Values[i]))
		}
	}
	return day(t.Buckets[i].From, t.Interval, true) + ": " + strings.Join(parts, " · ")
}

// hits make each bucket of the plot a place to point at and to follow.
func (p *plot) hits() {
	if p.z.Bare {
		return
	}
	for i := range p.t.Buckets {
		b := &p.t.Buckets[i]
		from, to := p.x(b.From), p.x(b.To)
		p.Groups = append(p.Groups, scene.Group{
			Tip: p.t.tip(i), Link: b.Link, From: b.From.Format(time.RFC3339), To: b.To.Format(time.RFC3339),
			Shapes: []scene.Shape{{Kind: scene.Box, Points: []scene.Point{{X: from, Y: p.f.Y}}, W: to - from, H: p.f.H}},
		})
	}
}

// peaks are numbered circles above what they mark.
func (p *plot) peaks() {
	var taken []scene.Point
	for _, k := range p.t.Peaks {
		x, top := p.x(k.At), p.high
		for i := range p.t.Buckets {
			if b := &p.t.Buckets[i]; !k.At.Before(b.From) && k.At.Before(b.To) {
				x, top = p.mid(i), p.t.highest(i)
			}
		}
		at := scene.Point{X: x, Y: math.Max(p.y(top)-14, 10)}
		for _, o := range taken {
			if math.Abs(o.X-at.X) < 19 && math.Abs(o.Y-at.Y) < 19 {
				at.X = o.X + 20
			}
		}
		at.X = math.Min(math.Max(at.X, p.f.X+9), p.f.X+p.f.W-9)
		taken = append(taken, at)
		p.Groups = append(p.Groups, scene.Group{Tip: k.Tip, Link: k.Link, Shapes: []scene.Shape{
			{Kind: scene.Circle, Points: []scene.Point{at}, R: 9, Fill: scene.Text, Stroke: scene.Paper, Width: 1.5},
			{Kind: scene.Words, Points: []scene.Point{{X: at.X, Y: at.Y + 4}}, Size: 11, Bold: true, Align: scene.Middle, Fill: scene.Paper, Text: strconv.Itoa(k.N)},
		}})
	}
}

func (t *Time) highest(i int) float64 {
	top := 0.0
	for j := range t.Series {
		if i < len(t.Series[j].Values) {
			top = math.Max(top, t.Series[j].Values[i]) // NaN is never the greater
		}
	}
	return top
}

// Table is the numbers, a row for each bucket.
func (t *Time) Table() Table {
	table := Table{Head: []string{t.Interval}}
	for j := range t.Series {
		table.Head = append(table.Head, t.Series[j].Name)
	}
	for i := range t.Buckets {
		row := Row{Label: day(t.Buckets[i].From, t.Interval, true), Link: t.Buckets[i].Link}
		for j := range t.Series {
			cell := "–"
			if i < len(t.Series[j].Values) && !math.IsNaN(t.Series[j].Values[i]) {
				cell = t.format()(t.Series[j].Values[i])
			}
			row.Cells = append(row.Cells, cell)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}
