package scene

import (
	"math"
	"strconv"
)

// A pen writes the d of paths, as short as it goes: in tenths, each place as
// the way from the last one where that is shorter. A page has thousands.
type pen struct {
	text []byte
	x, y int // where it is
}

// draw adds a line, an area or a box.
func (p *pen) draw(s *Shape) {
	if s.Kind == Box {
		x, y, w, h := tenths(s.Points[0].X), tenths(s.Points[0].Y), tenths(s.W), tenths(s.H)
		p.move(x, y)
		p.line(x+w, y)
		p.line(x+w, y+h)
		p.line(x, y+h)
		p.close(x, y)
		return
	}
	for i, at := range s.Points {
		if x, y := tenths(at.X), tenths(at.Y); i == 0 {
			p.move(x, y)
		} else {
			p.line(x, y)
		}
	}
	if s.Kind == Area {
		p.close(tenths(s.Points[0].X), tenths(s.Points[0].Y))
	}
}

func (p *pen) move(x, y int) {
	whole, by := pair('M', x, y), pair('m', x-p.x, y-p.y)
	if len(p.text) == 0 || len(whole) <= len(by) {
		by = whole
	}
	p.text = append(p.text, by...)
	p.x, p.y = x, y
}

func (p *pen) line(x, y int) {
	switch {
	case y == p.y:
		p.text = append(append(p.text, 'h'), tenth(x-p.x)...)
	case x == p.x:
		p.text = append(append(p.text, 'v'), tenth(y-p.y)...)
	default:
		whole, by := pair('L', x, y), pair('l', x-p.x, y-p.y)
		if len(whole) < len(by) {
			by = whole
		}
		p.text = append(p.text, by...)
	}
	p.x, p.y = x, y
}

// close ends a way where it began.
func (p *pen) close(x, y int) {
	p.text = append(p.text, 'z')
	p.x, p.y = x, y
}

func pair(command byte, x, y int) string {
	second := tenth(y)
	if second[0] != '-' {
		second = " " + second
	}
	return string(command) + tenth(x) + second
}

func tenths(f float64) int {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return int(math.Round(f * 10))
}

// tenth writes tenths: 125 is 12.5, 5 is .5.
func tenth(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	if n%10 == 0 {
		return sign + strconv.Itoa(n/10)
	}
	whole := ""
	if n >= 10 {
		whole = strconv.Itoa(n / 10)
	}
	return sign + whole + "." + strconv.Itoa(n%10)
}
