package scene

import (
	"bufio"
	"html"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// SVG writes the picture. With a palette it stands alone: colours, letters and
// a background are written out. Without one the page it stands in gives it
// those, by the classes f-INK, s-INK and plot, which fills no line. A group
// that stands for a part of the axis tells its end where no other begins there.
func (s *Scene) SVG(w io.Writer, id string, p *Palette) error {
	b := bufio.NewWriter(w)
	v := &svg{Writer: b, palette: p}
	v.head(s, id)
	for i := range s.Groups {
		g := s.Groups[i]
		if i+1 < len(s.Groups) && s.Groups[i+1].From == g.To {
			g.To = "" // told by the next one
		}
		v.group(&g)
	}
	v.put("</svg>")
	return b.Flush()
}

type svg struct {
	*bufio.Writer
	palette *Palette
}

// put writes; an error stays with the writer, and Flush tells it.
func (v *svg) put(parts ...string) {
	for _, p := range parts {
		_, _ = v.WriteString(p)
	}
}

func (v *svg) head(s *Scene, id string) {
	v.put("<svg")
	if v.palette != nil {
		v.put(` xmlns="http://www.w3.org/2000/svg" width="`, number(s.W), `" height="`, number(s.H), `" font-family="'Liberation Sans', Arial, Helvetica, sans-serif"`)
	} else {
		v.put(` class="plot"`)
	}
	v.put(` viewBox="0 0 `, number(s.W), " ", number(s.H), `"`)
	role := "img"
	for i := range s.Groups {
		if s.Groups[i].Link != "" {
			role = "group" // an image has nothing to follow in it
		}
	}
	v.put(` role="`, role, `"`)
	if id != "" {
		v.put(` aria-labelledby="`, escape(id), `-t `, escape(id), `-d"`)
	}
	if s.Plot != (Frame{}) {
		v.put(` font-size="`, number(usualSize), `"`)
	}
	v.put(">")
	v.text("title", id, "-t", s.Title)
	if id != "" || s.Desc != "" {
		v.text("desc", id, "-d", s.Desc)
	}
	if v.palette != nil {
		v.put(`<rect width="100%" height="100%" fill="`, v.palette.Hex(Paper), `"/>`)
	}
}

func (v *svg) text(element, id, suffix, text string) {
	v.put("<", element)
	if id != "" {
		v.put(` id="`, escape(id), suffix, `"`)
	}
	v.put(">", escape(text), "</", element, ">")
}

func (v *svg) group(g *Group) {
	wrap := g.Tip != "" || g.Link != "" || g.From != ""
	if g.Link != "" {
		v.put(`<a href="`, escape(g.Link), `"`)
		if g.From != "" {
			v.put(` tabindex="-1"`) // the table beside the picture has them all
		}
	} else if wrap {
		v.put("<g")
	}
	if wrap {
		if g.From != "" {
			v.put(` data-from="`, escape(g.From), `"`)
		}
		if g.To != "" {
			v.put(` data-to="`, escape(g.To), `"`)
		}
		v.put(">")
	}
	if g.Tip != "" {
		v.put("<title>", escape(g.Tip), "</title>")
	}
	for i := 0; i < len(g.Shapes); {
		i += v.shapes(g.Shapes[i:])
	}
	if g.Link != "" {
		v.put("</a>")
	} else if wrap {
		v.put("</g>")
	}
}

// shapes writes the first of shapes, and those that follow it on one path: a
// hatched bar would have a dozen paths otherwise. It returns how many.
func (v *svg) shapes(list []Shape) int {
	s := &list[0]
	if s.Kind == Circle || s.Kind == Words || s.Kind == Box && s.R > 0 {
		v.shape(s)
		return 1
	}
	var way pen
	n := 0
	for n == 0 || n < len(list) && s.joins(&list[n]) {
		way.draw(&list[n])
		n++
	}
	v.put(`<path d="`, string(way.text), `"`)
	v.paint(s)
	v.put("/>")
	return n
}

// joins reports whether two shapes look as they would on one path.
func (s *Shape) joins(o *Shape) bool {
	alike := s.Kind == o.Kind && s.Fill == o.Fill && s.Stroke == o.Stroke && s.Width == o.Width && s.Faint == o.Faint && slices.Equal(s.Dash, o.Dash)
	return alike && (s.Kind == Line && len(s.Points) == 2 && len(o.Points) == 2 || s.Kind == Box && s.R == o.R && s.Stroke == None && !s.Faint)
}

func (v *svg) shape(s *Shape) {
	at := s.Points[0]
	switch s.Kind {
	case Box:
		v.put(`<rect x="`, number(at.X), `" y="`, number(at.Y), `" width="`, number(s.W), `" height="`, number(s.H), `"`)
		if s.R > 0 {
			v.put(` rx="`, number(s.R), `"`)
		}
	case Circle:
		v.put(`<circle cx="`, number(at.X), `" cy="`, number(at.Y), `" r="`, number(s.R), `"`)
	case Words:
		v.put(`<text x="`, number(at.X), `" y="`, number(at.Y), `"`)
		if s.Size != usualSize {
			v.put(` font-size="`, number(s.Size), `"`)
		}
		if s.Bold {
			v.put(` font-weight="700"`)
		}
		if s.Align != "" && s.Align != Start {
			v.put(` text-anchor="`, escape(s.Align), `"`)
		}
	}
	v.paint(s)
	if s.Kind == Words {
		v.put(">", escape(s.Text), "</text>")
		return
	}
	v.put("/>")
}

func (v *svg) paint(s *Shape) {
	var class []string
	for _, c := range []struct {
		name, attr string
		ink        Ink
	}{{"f-", "fill", s.Fill}, {"s-", "stroke", s.Stroke}} {
		switch {
		case c.ink == None && c.attr == "stroke":
		case c.ink == None && v.palette == nil && (s.Kind == Line || s.Stroke == None):
			// The page fills neither lines nor what is there to be pointed at.
		case c.ink == None:
			v.put(` fill="none"`)
			if s.Kind == Box && s.Stroke == None {
				v.put(` pointer-events="all"`)
			}
		case v.palette != nil:
			v.put(" ", c.attr, `="`, v.palette.Hex(c.ink), `"`)
		default:
			class = append(class, c.name+string(c.ink))
		}
	}
	if len(class) > 0 {
		v.put(` class="`, strings.Join(class, " "), `"`)
	}
	if s.Width != 0 && s.Width != 1 {
		v.put(` stroke-width="`, number(s.Width), `"`)
	}
	if s.Kind == Line && len(s.Points) > 2 {
		v.put(` stroke-linejoin="round" stroke-linecap="round"`)
	}
	if len(s.Dash) > 0 {
		v.put(` stroke-dasharray="`)
		for i, d := range s.Dash {
			if i > 0 {
				v.put(" ")
			}
			v.put(number(d))
		}
		v.put(`"`)
	}
	if s.Faint {
		v.put(` opacity=".35"`)
	}
}

// usualSize is that of most words.
const usualSize = 12

// number is short: one decimal, no trailing zero.
func number(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return "0"
	}
	s := strconv.FormatFloat(f, 'f', 1, 64)
	s = strings.TrimSuffix(s, ".0")
	if s == "-0" {
		return "0"
	}
	return s
}

// escape makes text of the world safe between tags and in quotes, and leaves
// out what XML cannot hold.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	return html.EscapeString(s)
}
