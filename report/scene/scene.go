// Package scene is a picture as a list of primitives, drawn as SVG for pages,
// as PNG for mail and as vectors for PDF: the same picture each time.
//
// Colours are told by their role, an [Ink]: a page gives each role its colour
// for light and dark, and PNG, PDF and an SVG that stands alone take those of
// a [Palette]. What a reader who does not see the picture needs, title,
// description and a table, comes with it.
package scene

import (
	"math"
)

// An Ink is the role of a colour.
type Ink string

// The inks. Series are told apart by dashes and by names at the line as well,
// never by colour alone.
const (
	None     Ink = ""
	Text     Ink = "text"
	Soft     Ink = "soft"
	Grid     Ink = "grid"
	Paper    Ink = "paper"
	Accent   Ink = "accent"
	Positive Ink = "pos"
	Neutral  Ink = "neu"
	Negative Ink = "neg"
	Mixed    Ink = "mix"
	Gap      Ink = "gap"
	Note     Ink = "note"
)

// Series is the ink of the n-th series; they come round after eight.
func Series(n int) Ink { return Ink("c" + string(rune('1'+n%8))) }

// Dashes is the dash pattern of the n-th series; nil is a whole line.
func Dashes(n int) []float64 {
	return [][]float64{nil, {7, 3}, {2, 3}, {9, 3, 2, 3}, nil, {7, 3}, {2, 3}, {9, 3, 2, 3}}[n%8]
}

// A Point is a place; y grows downwards.
type Point struct{ X, Y float64 }

// The alignments of a text about its place.
const (
	Start  = "start"
	Middle = "middle"
	End    = "end"
)

// A Shape is one primitive.
type Shape struct {
	Kind   Kind
	Points []Point // of a line or an area; Points[0] is the place of all else
	W, H   float64 // of a box
	R      float64 // radius of a circle, or of a box's corners
	Fill   Ink
	Stroke Ink
	Width  float64   // of the stroke; 0 means 1
	Dash   []float64 // nil means a whole line
	Faint  bool      // a third as strong

	Text  string
	Size  float64
	Bold  bool
	Align string // empty means Start
}

// A Kind is what a shape is.
type Kind uint8

// The kinds of shapes.
const (
	Line Kind = iota // open, through all points
	Area             // closed
	Box
	Circle
	Words
)

// A Group is shapes that belong together: they share a tip and a link.
type Group struct {
	Shapes []Shape
	Tip    string // told on hover
	Link   string // address below the page's own host; "" is none
	From   string // with To, the part of the axis it stands for, for scripts
	To     string
}

// A Scene is a picture.
type Scene struct {
	W, H   float64
	Title  string // what it is
	Desc   string // what it shows, in a sentence or two
	Groups []Group
	Plot   Frame // the part that the axes span
}

// A Frame is a rectangle.
type Frame struct{ X, Y, W, H float64 }

// Add puts shapes without tip or link on top.
func (s *Scene) Add(shapes ...Shape) { s.Groups = append(s.Groups, Group{Shapes: shapes}) }

// Words is a text at a place.
func (s *Scene) Words(x, y, size float64, align string, ink Ink, text string) {
	s.Add(Shape{Kind: Words, Points: []Point{{x, y}}, Size: size, Align: align, Fill: ink, Text: text})
}

// Rule is a straight line.
func (s *Scene) Rule(x1, y1, x2, y2 float64, ink Ink, dash ...float64) {
	s.Add(Shape{Kind: Line, Points: []Point{{x1, y1}, {x2, y2}}, Stroke: ink, Dash: dash})
}

// Hatch is a box filled with slanted lines.
func Hatch(f Frame, ink Ink, gap float64) []Shape {
	var list []Shape
	for d := gap; d < f.W+f.H; d += gap {
		x1, y1 := f.X+math.Min(d, f.W), f.Y+math.Max(0, d-f.W)
		x2, y2 := f.X+math.Max(0, d-f.H), f.Y+math.Min(d, f.H)
		list = append(list, Shape{Kind: Line, Points: []Point{{x1, y1}, {x2, y2}}, Stroke: ink})
	}
	return list
}
