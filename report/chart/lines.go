package chart

import (
	"math"

	"earshot/report/scene"
)

// Lines draws a line for each series, with its name at its end.
func (t *Time) Lines(z Size) *scene.Scene {
	low, high := t.span()
	right := 16.0
	if len(t.Series)+len(t.Lanes) > 1 {
		for i := range t.Series {
			right = math.Max(right, scene.Width(t.Series[i].Name, textSize, false)+14)
		}
		for i := range t.Lanes {
			right = math.Max(right, scene.Width(t.Lanes[i].Name, textSize, false)+14)
		}
		right = math.Min(right, z.W*.24)
	}
	top := 10.0
	if len(t.Peaks) > 0 {
		top = 26
	}
	p := t.newPlot(z, right, top, low, high)
	ends := make([]float64, 0, len(t.Series))
	for i := range t.Series {
		p.line(i)
		ends = append(ends, p.end(i))
	}
	if len(t.Series) > 1 {
		ends = nudge(ends, textSize+2, p.f.Y+4, p.f.Y+p.f.H)
		for i := range t.Series {
			name := scene.Fit(t.Series[i].Name, textSize, false, right-8)
			p.Add(scene.Shape{
				Kind: scene.Words, Points: []scene.Point{{X: p.f.X + p.f.W + 8, Y: ends[i] + 4}}, Size: textSize, Bold: i == 0, Fill: t.ink(i), Text: name,
			})
		}
	}
	p.hits()
	p.peaks()
	return p.Scene
}

func (t *Time) ink(i int) scene.Ink {
	if t.Series[i].Ink != scene.None {
		return t.Series[i].Ink
	}
	return scene.Series(i)
}

// span is the lowest and highest value.
func (t *Time) span() (low, high float64) {
	for i := range t.Series {
		for _, v := range t.Series[i].Values {
			if !math.IsNaN(v) {
				low, high = math.Min(low, v), math.Max(high, v)
			}
		}
	}
	return low, high
}

// line draws a series; where a value is missing, it is broken.
func (p *plot) line(i int) {
	s := &p.t.Series[i]
	shape := scene.Shape{Kind: scene.Line, Stroke: p.t.ink(i), Width: 2, Dash: scene.Dashes(i)}
	if s.Light {
		shape.Width, shape.Dash = 1.3, []float64{3, 3}
	}
	var way []scene.Point
	flush := func() {
		switch {
		case len(way) == 1: // alone between gaps: a dot
			p.Add(scene.Shape{Kind: scene.Circle, Points: way, R: 2.5, Fill: shape.Stroke})
		case len(way) > 1:
			part := shape
			part.Points = way
			p.Add(part)
		}
		way = nil
	}
	for k := range min(len(s.Values), len(p.t.Buckets)) {
		if math.IsNaN(s.Values[k]) {
			flush()
			continue
		}
		way = append(way, scene.Point{X: p.mid(k), Y: p.y(s.Values[k])})
	}
	flush()
}

// end is the height of a series' last value.
func (p *plot) end(i int) float64 {
	values := p.t.Series[i].Values
	for k := min(len(values), len(p.t.Buckets)) - 1; k >= 0; k-- {
		if !math.IsNaN(values[k]) {
			return p.y(values[k])
		}
	}
	return p.f.Y + p.f.H
}

// Stacked draws a column for each bucket, its series on top of each other.
func (t *Time) Stacked(z Size) *scene.Scene {
	high := 0.0
	for i := range t.Buckets {
		high = math.Max(high, t.sum(i))
	}
	top := 10.0
	if len(t.Series) > 1 {
		top = 30
	}
	p := t.newPlot(z, 8, top, 0, high)
	if len(t.Series) > 1 {
		x := p.f.X
		for i := range t.Series {
			x += swatch(p.Scene, x, p.f.Y-14, t.ink(i), t.Series[i].Hatched, t.Series[i].Name)
		}
	}
	feet := make([]float64, len(t.Buckets)) // where the next part of each column stands
	for k := range feet {
		feet[k] = p.f.Y + p.f.H
	}
	for i := range t.Series {
		p.layer(i, feet)
	}
	p.hits()
	return p.Scene
}

func (t *Time) sum(k int) float64 {
	sum := 0.0
	for i := range t.Series {
		if k < len(t.Series[i].Values) && !math.IsNaN(t.Series[i].Values[k]) {
			sum += t.Series[i].Values[k]
		}
	}
	return sum
}

// layer draws the parts of a series in all columns: alike, they go on one path.
func (p *plot) layer(i int, feet []float64) {
	s := &p.t.Series[i]
	var g scene.Group
	var hatches []scene.Shape
	for k := range min(len(feet), len(s.Values)) {
		if math.IsNaN(s.Values[k]) || s.Values[k] <= 0 {
			continue
		}
		from, to := p.x(p.t.Buckets[k].From), p.x(p.t.Buckets[k].To)
		gap := math.Min((to-from)*.2, 6)
		height := math.Max(p.y(0)-p.y(s.Values[k]), 1.5) // a few are not none
		feet[k] -= height
		f := scene.Frame{X: from + gap/2, Y: feet[k], W: math.Max(to-from-gap, 1), H: height}
		g.Shapes = append(g.Shapes, scene.Shape{Kind: scene.Box, Points: []scene.Point{{X: f.X, Y: f.Y}}, W: f.W, H: f.H, Fill: p.t.ink(i)})
		if s.Hatched && f.W > 5 {
			hatches = append(hatches, scene.Hatch(f, scene.Paper, 5)...)
		}
	}
	g.Shapes = append(g.Shapes, hatches...)
	p.Groups = append(p.Groups, g)
}
