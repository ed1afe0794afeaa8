package chart

import (
	"math"

	"earshot/report/scene"
)

// Bars is values side by side, longest meant first.
type Bars struct {
	Title  string
	Desc   string
	Rows   []Bar
	Format func(float64) string // nil means Count
	Max    float64              // the full width; 0 means the largest value
}

// A Bar is one value, or parts that add up to it.
type Bar struct {
	Name      string
	Value     float64
	Low, High float64 // interval; equal when there is none
	Ink       scene.Ink
	Parts     []Part // drawn one after the other instead
	Link      string
	Tip       string
}

// A Part is a piece of a bar.
type Part struct {
	Value   float64
	Ink     scene.Ink
	Hatched bool
}

// wider is how much wider than ours a browser's letters may be.
const wider = 1.15

// Draw draws the bars, as high as they need.
func (c *Bars) Draw(width float64) *scene.Scene {
	const row = 26.0
	s := &scene.Scene{W: width, H: row*float64(len(c.Rows)) + 6, Title: c.Title, Desc: c.Desc}
	format, most := c.Format, c.Max
	if format == nil {
		format = Count
	}
	names, values := 0.0, 0.0
	for i := range c.Rows {
		r := &c.Rows[i]
		names = math.Max(names, scene.Width(r.Name, textSize+1, false))
		values = math.Max(values, scene.Width(format(r.Value), textSize+1, true))
		if c.Max == 0 {
			most = math.Max(most, math.Max(r.Value, r.High))
		}
	}
	left := math.Min(names*wider, width*.36) + 10
	room := width - left - values - 12
	s.Plot = scene.Frame{X: left, W: room, H: s.H}
	for i := range c.Rows {
		c.bar(s, i, float64(i)*row+4, left, room, most, format)
	}
	return s
}

func (c *Bars) bar(s *scene.Scene, i int, y, left, room, most float64, format func(float64) string) {
	r := &c.Rows[i]
	scale := func(v float64) float64 {
		if most <= 0 || math.IsNaN(v) {
			return 0
		}
		return math.Min(math.Max(v/most, 0), 1) * room
	}
	g := scene.Group{Tip: r.Tip, Link: r.Link}
	text := func(x float64, align, words string, bold bool) {
		g.Shapes = append(g.Shapes, scene.Shape{Kind: scene.Words, Points: []scene.Point{{X: x, Y: y + 14}}, Size: textSize + 1, Align: align, Bold: bold, Fill: scene.Text, Text: words})
	}
	text(left-10, scene.End, scene.Fit(r.Name, textSize+1, false, (left-10)/wider), false)
	parts := r.Parts
	if len(parts) == 0 {
		ink := r.Ink
		if ink == scene.None {
			ink = scene.Accent
		}
		parts = []Part{{Value: r.Value, Ink: ink}}
	}
	x := left
	for _, p := range parts {
		f := scene.Frame{X: x, Y: y + 2, W: scale(p.Value), H: 16}
		x += f.W
		g.Shapes = append(g.Shapes, scene.Shape{Kind: scene.Box, Points: []scene.Point{{X: f.X, Y: f.Y}}, W: f.W, H: f.H, Fill: p.Ink})
		if p.Hatched {
			g.Shapes = append(g.Shapes, scene.Hatch(f, scene.Paper, 5)...)
		}
	}
	end := x
	if r.High > r.Low {
		a, b := left+scale(r.Low), left+scale(r.High)
		end = math.Max(end, b)
		for _, line := range [][4]float64{{a, y + 10, b, y + 10}, {a, y + 6, a, y + 14}, {b, y + 6, b, y + 14}} {
			g.Shapes = append(g.Shapes, scene.Shape{Kind: scene.Line, Points: []scene.Point{{X: line[0], Y: line[1]}, {X: line[2], Y: line[3]}}, Stroke: scene.Text, Width: 1.2})
		}
	}
	text(end+8, scene.Start, format(r.Value), true)
	s.Groups = append(s.Groups, g)
}

// Spark is a line without axes, for a cell of a table.
func Spark(title string, values []float64, w, h float64) *scene.Scene {
	s := &scene.Scene{W: w, H: h, Title: title}
	high := 0.0
	for _, v := range values {
		high = math.Max(high, v)
	}
	if len(values) < 2 || high == 0 {
		s.Rule(0, h-2, w, h-2, scene.Grid)
		return s
	}
	way := make([]scene.Point, 0, len(values))
	for i, v := range values {
		if math.IsNaN(v) {
			v = 0
		}
		way = append(way, scene.Point{X: 2 + float64(i)/float64(len(values)-1)*(w-5), Y: h - 2 - v/high*(h-5)})
	}
	s.Add(scene.Shape{Kind: scene.Line, Points: way, Stroke: scene.Accent, Width: 1.5})
	s.Add(scene.Shape{Kind: scene.Circle, Points: way[len(way)-1:], R: 2, Fill: scene.Accent})
	return s
}
