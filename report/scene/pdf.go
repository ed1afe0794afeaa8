package scene

import (
	"strings"

	"codeberg.org/go-pdf/fpdf"
)

// Font is the name under which [Fonts] makes the fonts known.
const Font = "earshot"

// Fonts makes the picture's fonts known to a document.
func Fonts(doc *fpdf.Fpdf) {
	doc.AddUTF8FontFromBytes(Font, "", Regular())
	doc.AddUTF8FontFromBytes(Font, "B", Bold())
}

// PDF draws the picture as vectors, width wide, with its top left corner at x
// and y, in the units of the document, whose fonts are those of [Fonts]. It
// gives the height it took.
func (s *Scene) PDF(doc *fpdf.Fpdf, x, y, width float64, p *Palette) float64 {
	v := &pdf{doc: doc, x: x, y: y, scale: width / s.W, palette: p}
	for i := range s.Groups {
		for j := range s.Groups[i].Shapes {
			v.shape(&s.Groups[i].Shapes[j])
		}
	}
	doc.SetAlpha(1, "Normal")
	doc.SetDashPattern(nil, 0)
	return s.H * v.scale
}

type pdf struct {
	doc         *fpdf.Fpdf
	x, y, scale float64
	palette     *Palette
}

func (v *pdf) at(p Point) fpdf.PointType {
	return fpdf.PointType{X: v.x + p.X*v.scale, Y: v.y + p.Y*v.scale}
}

func (v *pdf) shape(s *Shape) {
	style := v.paint(s)
	if style == "" {
		return
	}
	at := v.at(s.Points[0])
	switch s.Kind {
	case Line, Area:
		v.doc.MoveTo(at.X, at.Y)
		for _, p := range s.Points[1:] {
			to := v.at(p)
			v.doc.LineTo(to.X, to.Y)
		}
		if s.Kind == Area {
			v.doc.ClosePath()
		} else {
			style = "D"
		}
		v.doc.DrawPath(style)
	case Box:
		v.doc.RoundedRect(at.X, at.Y, s.W*v.scale, s.H*v.scale, s.R*v.scale, "1234", style)
	case Circle:
		v.doc.Circle(at.X, at.Y, s.R*v.scale, style)
	case Words:
		v.words(s, at)
	}
}

// paint sets the colours; it gives the style, "" when nothing is to be seen.
func (v *pdf) paint(s *Shape) string {
	alpha := 1.0
	if s.Faint {
		alpha = .35
	}
	v.doc.SetAlpha(alpha, "Normal")
	style := ""
	if s.Fill != None {
		r, g, b := v.palette.RGB(s.Fill)
		v.doc.SetFillColor(int(r), int(g), int(b))
		v.doc.SetTextColor(int(r), int(g), int(b))
		style = "F"
	}
	if s.Stroke == None {
		return style
	}
	r, g, b := v.palette.RGB(s.Stroke)
	v.doc.SetDrawColor(int(r), int(g), int(b))
	v.doc.SetLineWidth(max(s.Width, 1) * v.scale)
	v.doc.SetLineJoinStyle("round")
	dash := make([]float64, len(s.Dash))
	for i, d := range s.Dash {
		dash[i] = d * v.scale
	}
	v.doc.SetDashPattern(dash, 0)
	return style + "D"
}

func (v *pdf) words(s *Shape, at fpdf.PointType) {
	style := ""
	if s.Bold {
		style = "B"
	}
	v.doc.SetFont(Font, style, 0)
	v.doc.SetFontUnitSize(s.Size * v.scale)
	text := Plain(s.Text)
	switch s.Align {
	case Middle:
		at.X -= v.doc.GetStringWidth(text) / 2
	case End:
		at.X -= v.doc.GetStringWidth(text)
	}
	v.doc.Text(at.X, at.Y, text)
}

// Plain leaves out what the PDF library cannot write: characters beyond the
// basic plane, and controls.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case r < ' ' || r > 0xFFFF || r == 0xFFFD || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}
