package scene

import (
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io"
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// maxSide bounds a PNG, in pixels.
const maxSide = 8000

// PNG writes the picture scale times as large, 2 for sharp screens.
func (s *Scene) PNG(w io.Writer, scale float64, p *Palette) error {
	width, height := int(math.Ceil(s.W*scale)), int(math.Ceil(s.H*scale))
	if width < 1 || height < 1 || width > maxSide || height > maxSide {
		return fmt.Errorf("scene: %d by %d pixels are not 1 to %d", width, height, maxSide)
	}
	r := &raster{img: image.NewNRGBA(image.Rect(0, 0, width, height)), z: vector.NewRasterizer(1, 1), scale: scale, palette: p}
	draw.Draw(r.img, r.img.Bounds(), image.NewUniform(p.color(Paper, false)), image.Point{}, draw.Src)
	for i := range s.Groups {
		for j := range s.Groups[i].Shapes {
			r.shape(&s.Groups[i].Shapes[j])
		}
	}
	if err := png.Encode(w, r.img); err != nil {
		return fmt.Errorf("scene: writing PNG: %w", err)
	}
	return nil
}

// A raster draws each shape in a rasteriser as large as the shape alone.
type raster struct {
	img     *image.NRGBA
	z       *vector.Rasterizer
	scale   float64
	palette *Palette
}

// A contour is a closed way around filled ground.
type contour []Point

func (r *raster) shape(s *Shape) {
	at := s.Points[0]
	var ways []contour
	switch s.Kind {
	case Line, Area:
		ways = []contour{contour(s.Points)}
	case Box:
		ways = []contour{box(Frame{at.X, at.Y, s.W, s.H}, s.R)}
	case Circle:
		ways = []contour{circle(at, s.R)}
	case Words:
		ways = outlines(s)
	}
	if s.Fill != None && s.Kind != Line {
		r.fill(ways, s.Fill, s.Faint)
	}
	if s.Stroke == None {
		return
	}
	width := s.Width
	if width == 0 {
		width = 1
	}
	var strokes []contour
	for _, way := range ways {
		if s.Kind != Line && len(way) > 0 {
			way = append(way[:len(way):len(way)], way[0])
		}
		for _, part := range dashed(way, s.Dash) {
			strokes = append(strokes, stroke(part, width)...)
		}
	}
	r.fill(strokes, s.Stroke, s.Faint)
}

func (r *raster) fill(ways []contour, ink Ink, faint bool) {
	low, high := Point{math.Inf(1), math.Inf(1)}, Point{math.Inf(-1), math.Inf(-1)}
	for _, way := range ways {
		for _, p := range way {
			low.X, low.Y = math.Min(low.X, p.X*r.scale), math.Min(low.Y, p.Y*r.scale)
			high.X, high.Y = math.Max(high.X, p.X*r.scale), math.Max(high.Y, p.Y*r.scale)
		}
	}
	if !(low.X < high.X+1 && low.Y < high.Y+1) {
		return
	}
	at := image.Rect(int(math.Floor(low.X)), int(math.Floor(low.Y)), int(math.Ceil(high.X))+1, int(math.Ceil(high.Y))+1)
	at = at.Intersect(r.img.Bounds().Inset(-64))
	if at.Empty() {
		return
	}
	r.z.Reset(at.Dx(), at.Dy())
	place := func(p Point) (x, y float32) {
		return float32(p.X*r.scale - float64(at.Min.X)), float32(p.Y*r.scale - float64(at.Min.Y))
	}
	for _, way := range ways {
		for i, p := range way {
			if x, y := place(p); i == 0 {
				r.z.MoveTo(x, y)
			} else {
				r.z.LineTo(x, y)
			}
		}
		r.z.ClosePath()
	}
	r.z.Draw(r.img, at, image.NewUniform(r.palette.color(ink, faint)), image.Point{})
}

// outlines are the outlines of a text.
func outlines(s *Shape) []contour {
	f := fontOf(s.Bold)
	if f == nil {
		return nil
	}
	x, y := s.Points[0].X, s.Points[0].Y
	switch s.Align {
	case Middle:
		x -= Width(s.Text, s.Size, s.Bold) / 2
	case End:
		x -= Width(s.Text, s.Size, s.Bold)
	}
	var b sfnt.Buffer
	em := fixed.Int26_6(s.Size * 64)
	var list []contour
	for _, c := range s.Text {
		g, err := f.GlyphIndex(&b, c)
		if err != nil {
			continue
		}
		segments, err := f.LoadGlyph(&b, g, em, nil)
		if err == nil {
			list = append(list, outline(segments, x, y)...)
		}
		x += Width(string(c), s.Size, s.Bold)
	}
	return list
}

// outline flattens the curves of a glyph.
func outline(segments sfnt.Segments, x, y float64) []contour {
	var list []contour
	place := func(p fixed.Point26_6) Point { return Point{x + float64(p.X)/64, y + float64(p.Y)/64} }
	for _, seg := range segments {
		if seg.Op == sfnt.SegmentOpMoveTo {
			list = append(list, contour{place(seg.Args[0])})
			continue
		}
		if len(list) == 0 {
			continue
		}
		way := &list[len(list)-1]
		from := (*way)[len(*way)-1]
		switch seg.Op {
		case sfnt.SegmentOpLineTo:
			*way = append(*way, place(seg.Args[0]))
		case sfnt.SegmentOpQuadTo:
			c, to := place(seg.Args[0]), place(seg.Args[1])
			for i := 1; i <= 4; i++ {
				t := float64(i) / 4
				*way = append(*way, Point{
					(1-t)*(1-t)*from.X + 2*t*(1-t)*c.X + t*t*to.X,
					(1-t)*(1-t)*from.Y + 2*t*(1-t)*c.Y + t*t*to.Y,
				})
			}
		case sfnt.SegmentOpCubeTo:
			*way = append(*way, place(seg.Args[2])) // TrueType has none
		case sfnt.SegmentOpMoveTo:
		}
	}
	return list
}
