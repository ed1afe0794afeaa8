package scene

import (
	"math"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// walk reads the d of a path as a browser does, in tenths: a list for each way
// that is drawn.
func walk(t interface{ Fatalf(string, ...any) }, d []byte) [][][2]int {
	var ways [][][2]int
	var x, y int
	number := func() int {
		for len(d) > 0 && d[0] == ' ' {
			d = d[1:]
		}
		end := 0
		for end < len(d) && (d[end] == '-' && end == 0 || d[end] == '.' || d[end] >= '0' && d[end] <= '9') {
			end++
		}
		f, err := strconv.ParseFloat(string(d[:end]), 64)
		if err != nil {
			t.Fatalf("%q: %v", d, err)
		}
		d = d[end:]
		return int(math.Round(f * 10))
	}
	for len(d) > 0 {
		command := d[0]
		d = d[1:]
		switch command {
		case 'M':
			x, y = number(), number()
		case 'm', 'l':
			x, y = x+number(), y+number()
		case 'L':
			x, y = number(), number()
		case 'h':
			x += number()
		case 'v':
			y += number()
		case 'z':
			x, y = ways[len(ways)-1][0][0], ways[len(ways)-1][0][1]
			continue
		default:
			t.Fatalf("%q is no command", command)
		}
		if command == 'M' || command == 'm' {
			ways = append(ways, nil)
		}
		ways[len(ways)-1] = append(ways[len(ways)-1], [2]int{x, y})
	}
	return ways
}

// TestPenGoesWhereItIsTold draws any shapes on one path: each place is where it
// would be had it been written in full, however long the way there.
func TestPenGoesWhereItIsTold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Custom(func(t *rapid.T) Point {
			return Point{rapid.Float64Range(-1200, 1200).Draw(t, "x"), rapid.Float64Range(-50, 500).Draw(t, "y")}
		})
		var p pen
		var want [][][2]int
		for range rapid.IntRange(1, 30).Draw(t, "shapes") {
			if rapid.Bool().Draw(t, "box") {
				from, w, h := at.Draw(t, "at"), rapid.Float64Range(0, 90).Draw(t, "w"), rapid.Float64Range(0, 90).Draw(t, "h")
				p.draw(&Shape{Kind: Box, Points: []Point{from}, W: w, H: h})
				x, y, right, bottom := tenths(from.X), tenths(from.Y), tenths(from.X)+tenths(w), tenths(from.Y)+tenths(h)
				want = append(want, [][2]int{{x, y}, {right, y}, {right, bottom}, {x, bottom}})
				continue
			}
			way := rapid.SliceOfN(at, 1, 40).Draw(t, "way")
			p.draw(&Shape{Kind: rapid.SampledFrom([]Kind{Line, Area}).Draw(t, "kind"), Points: way})
			var list [][2]int
			for _, at := range way {
				list = append(list, [2]int{tenths(at.X), tenths(at.Y)})
			}
			want = append(want, list)
		}
		if diff := cmp.Diff(want, walk(t, p.text)); diff != "" {
			t.Fatalf("%s\n%s", p.text, diff)
		}
	})
}
