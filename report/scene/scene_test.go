package scene_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"

	"codeberg.org/go-pdf/fpdf"

	"earshot/report/scene"
)

func picture(text string) *scene.Scene {
	s := &scene.Scene{W: 200, H: 100, Title: text, Desc: text}
	s.Rule(0, 50, 200, 50, scene.Grid, 4, 2)
	s.Words(10, 20, 12, scene.Middle, scene.Text, text)
	s.Groups = append(s.Groups, scene.Group{Tip: text, Link: "/x?q=" + text, From: text, To: text, Shapes: []scene.Shape{
		{Kind: scene.Box, Points: []scene.Point{{X: 20, Y: 30}}, W: 40, H: 40, R: 4, Fill: scene.Negative},
		{Kind: scene.Circle, Points: []scene.Point{{X: 120, Y: 50}}, R: 20, Fill: scene.Positive, Stroke: scene.Text, Width: 2},
		{Kind: scene.Area, Points: []scene.Point{{X: 150, Y: 20}, {X: 190, Y: 20}, {X: 170, Y: 60}}, Fill: scene.Mixed, Faint: true},
		{Kind: scene.Line, Points: []scene.Point{{X: 0, Y: 0}, {X: math.NaN(), Y: math.Inf(1)}, {X: 10, Y: 10}}, Stroke: scene.Accent},
	}})
	s.Add(scene.Hatch(scene.Frame{X: 20, Y: 30, W: 40, H: 40}, scene.Paper, 5)...)
	return s
}

var vectors = []string{
	"<script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "]]><x", "a\x00b\xff", "&amp;&lt;", "' onload='x", "\u202etxet", "", "日本 😀", strings.Repeat("long ", 500),
}

func TestTextOfTheWorldStaysText(t *testing.T) {
	for _, x := range vectors {
		for _, p := range []*scene.Palette{nil, scene.Light()} {
			var b bytes.Buffer
			if err := picture(x).SVG(&b, "c1", p); err != nil {
				t.Fatal(err)
			}
			d := xml.NewDecoder(&b)
			for {
				tok, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatalf("%q: %v", x, err)
				}
				el, ok := tok.(xml.StartElement)
				if !ok {
					continue
				}
				if !strings.Contains(" svg title desc g a rect circle path text ", " "+el.Name.Local+" ") {
					t.Errorf("%q made an element %s", x, el.Name.Local)
				}
				for _, a := range el.Attr {
					if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "style" {
						t.Errorf("%q made an attribute %s", x, a.Name.Local)
					}
				}
			}
		}
	}
}

func TestPNGShowsEveryShape(t *testing.T) {
	var b bytes.Buffer
	if err := picture("Peak").PNG(&b, 2, scene.Light()); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	if got := img.Bounds().Size(); got.X != 400 || got.Y != 200 {
		t.Fatalf("size %v", got)
	}
	for what, at := range map[string][2]int{"circle": {240, 100}, "area": {340, 60}, "box": {42, 64}} {
		r, g, bl, _ := img.At(at[0], at[1]).RGBA()
		if r>>8 > 0xf4 && g>>8 > 0xf4 && bl>>8 > 0xf4 {
			t.Errorf("nothing is drawn where the %s should be", what)
		}
	}
	if err := picture("x").PNG(io.Discard, 1e6, scene.Light()); err == nil {
		t.Error("a picture without bounds was drawn")
	}
}

func TestPDFIsMade(t *testing.T) {
	for _, x := range vectors {
		doc := fpdf.New("P", "mm", "A4", "")
		scene.Fonts(doc)
		doc.AddPage()
		if h := picture(x).PDF(doc, 10, 10, 100, scene.Light()); h != 50 {
			t.Errorf("height %g", h)
		}
		var b bytes.Buffer
		if err := doc.Output(&b); err != nil || !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) {
			t.Errorf("%q: %v", x, err)
		}
	}
}

func TestInksStandOut(t *testing.T) {
	inks := []scene.Ink{scene.Soft, scene.Accent, scene.Positive, scene.Negative, scene.Mixed, scene.Gap, scene.Note}
	for i := range 8 {
		inks = append(inks, scene.Series(i))
	}
	for name, p := range map[string]*scene.Palette{"light": scene.Light(), "dark": scene.Dark()} {
		for _, ink := range inks {
			if c := contrast(p, ink, scene.Paper); c < 3 {
				t.Errorf("%s: %s stands out by %.1f to 1, want 3", name, ink, c)
			}
		}
		for _, ink := range []scene.Ink{scene.Text, scene.Soft} {
			if c := contrast(p, ink, scene.Paper); c < 4.5 {
				t.Errorf("%s: %s is read at %.1f to 1, want 4.5", name, ink, c)
			}
		}
	}
}

// contrast is that of WCAG 2.
func contrast(p *scene.Palette, a, b scene.Ink) float64 {
	light := func(i scene.Ink) float64 {
		part := func(v uint8) float64 {
			c := float64(v) / 255
			if c <= .04045 {
				return c / 12.92
			}
			return math.Pow((c+.055)/1.055, 2.4)
		}
		r, g, bl := p.RGB(i)
		return .2126*part(r) + .7152*part(g) + .0722*part(bl) + .05
	}
	x, y := light(a), light(b)
	return math.Max(x, y) / math.Min(x, y)
}

func TestFitIsNoWiderThanAsked(t *testing.T) {
	for _, w := range []float64{0, 5, 30, 100, 1000} {
		got := scene.Fit("Haldenbrook Group of Companies", 12, true, w)
		if scene.Width(got, 12, true) > w {
			t.Errorf("%q is wider than %g", got, w)
		}
	}
}
