// Package chart lays out the charts of pages, mails and reports as scenes.
//
// Every chart tells its numbers thrice: as a picture, in a description, and
// in a [Table] that a page shows on demand. Nothing is told by colour alone.
package chart

import (
	"math"
	"strconv"
	"strings"
	"time"

	"earshot/report/scene"
)

// A Size is how large a chart is drawn, in units of about a pixel.
type Size struct {
	W, H float64
	Bare bool // no links and tips at each bucket: for small screens and paper
}

// The sizes of pages; a report takes Wide.
var (
	Wide   = Size{W: 960, H: 250}
	Narrow = Size{W: 380, H: 230, Bare: true}
)

// A Table is the numbers of a chart.
type Table struct {
	Head []string
	Rows []Row
}

// A Row is a line of a table.
type Row struct {
	Label string
	Link  string
	Cells []string
}

// Count is a whole number as people read it: 12,345.
func Count(v float64) string {
	s := strconv.FormatFloat(math.Abs(math.Round(v)), 'f', 0, 64)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	if v <= -.5 {
		return "−" + s
	}
	return s
}

// Percent is a share of one as people read it.
func Percent(v float64) string {
	switch p := v * 100; {
	case math.IsNaN(v):
		return "–"
	case p != 0 && math.Abs(p) < 9.95:
		return minus(strconv.FormatFloat(p, 'f', 1, 64)) + " %"
	default:
		return minus(strconv.FormatFloat(p, 'f', 0, 64)) + " %"
	}
}

// Signed is a number between -1 and 1 with its sign.
func Signed(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	s := strconv.FormatFloat(v, 'f', 2, 64)
	if v > 0 && s != "0.00" {
		return "+" + s
	}
	return strings.Replace(minus(s), "−0.00", "0.00", 1)
}

// minus writes the sign that is as wide as a plus.
func minus(s string) string { return strings.Replace(s, "-", "−", 1) }

// ticks are round values that span low to high, about n of them.
func ticks(low, high float64, n int) []float64 {
	if !(high > low) {
		high = low + 1
	}
	raw := (high - low) / float64(max(n, 1))
	step := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, f := range []float64{1, 2, 5, 10} {
		if step*f >= raw {
			step *= f
			break
		}
	}
	var list []float64
	for v := math.Floor(low/step) * step; ; v += step {
		list = append(list, math.Round(v/step)*step)
		if v >= high-step*1e-9 {
			return list
		}
	}
}

// day is a bucket's name: short for the axis.
func day(t time.Time, interval string, long bool) string {
	switch {
	case interval == "hour" && long:
		return t.Format("Mon 2 Jan 2006 15:04")
	case interval == "hour":
		return t.Format("15:04")
	case interval == "week" && long:
		return "week of " + t.Format("2 Jan 2006")
	case long:
		return t.Format("Mon 2 Jan 2006")
	}
	return t.Format("2 Jan")
}

// nudge moves places on a line apart, in order, so that neighbours are at
// least gap from each other and all stay between low and high.
func nudge(at []float64, gap, low, high float64) []float64 {
	order := make([]int, len(at))
	for i := range order {
		order[i] = i
	}
	for i := range order {
		for j := i; j > 0 && at[order[j]] < at[order[j-1]]; j-- {
			order[j], order[j-1] = order[j-1], order[j]
		}
	}
	out := make([]float64, len(at))
	last := math.Inf(-1)
	for _, i := range order {
		out[i] = math.Max(math.Max(at[i], last+gap), low)
		last = out[i]
	}
	next := high + gap
	for k := len(order) - 1; k >= 0; k-- {
		i := order[k]
		out[i] = math.Min(out[i], next-gap)
		next = out[i]
	}
	return out
}

// swatch is a little box with a name, for legends; it gives the width it took.
func swatch(s *scene.Scene, x, y float64, ink scene.Ink, hatched bool, name string) float64 {
	f := scene.Frame{X: x, Y: y - 9, W: 10, H: 10}
	box := scene.Shape{Kind: scene.Box, Points: []scene.Point{{X: f.X, Y: f.Y}}, W: f.W, H: f.H, Fill: ink}
	s.Add(box)
	if hatched {
		s.Add(scene.Hatch(f, scene.Paper, 4)...)
	}
	s.Words(x+15, y, textSize, scene.Start, scene.Soft, name)
	return 15 + scene.Width(name, textSize, false) + 16
}

// textSize is that of axes and legends.
const textSize = 12
