package scene

import "math"

// box is a rectangle's contour, clockwise; corners are rounded by r.
func box(f Frame, r float64) contour {
	r = math.Min(r, math.Min(f.W, f.H)/2)
	if r <= 0 {
		return contour{{f.X, f.Y}, {f.X + f.W, f.Y}, {f.X + f.W, f.Y + f.H}, {f.X, f.Y + f.H}}
	}
	var way contour
	for i, c := range []Point{{f.X + f.W - r, f.Y + r}, {f.X + f.W - r, f.Y + f.H - r}, {f.X + r, f.Y + f.H - r}, {f.X + r, f.Y + r}} {
		for step := range 5 {
			a := math.Pi/2*float64(i-1) + math.Pi/8*float64(step)
			way = append(way, Point{c.X + r*math.Cos(a), c.Y + r*math.Sin(a)})
		}
	}
	return way
}

func circle(c Point, r float64) contour {
	const corners = 32
	way := make(contour, 0, corners)
	for i := range corners {
		a := 2 * math.Pi * float64(i) / corners
		way = append(way, Point{c.X + r*math.Cos(a), c.Y + r*math.Sin(a)})
	}
	return way
}

// stroke is the ground that a pen of a width covers along a way: a box for each
// part and a circle at each bend, all clockwise, so that overlaps do not undo
// each other.
func stroke(way contour, width float64) []contour {
	var list []contour
	half := width / 2
	for i := 1; i < len(way); i++ {
		a, b := way[i-1], way[i]
		dx, dy := b.X-a.X, b.Y-a.Y
		length := math.Hypot(dx, dy)
		if length == 0 {
			continue
		}
		nx, ny := -dy/length*half, dx/length*half
		list = append(list, contour{{a.X - nx, a.Y - ny}, {b.X - nx, b.Y - ny}, {b.X + nx, b.Y + ny}, {a.X + nx, a.Y + ny}})
		if i+1 < len(way) && width > 1 {
			list = append(list, circle(b, half))
		}
	}
	return list
}

// dashed cuts a way into its dashes.
func dashed(way contour, pattern []float64) []contour {
	sum := 0.0
	for _, d := range pattern {
		sum += d
	}
	if sum <= 0 {
		return []contour{way}
	}
	var list []contour
	on, index, left := true, 0, pattern[0]
	part := contour{}
	for i := 1; i < len(way); i++ {
		a, b := way[i-1], way[i]
		length := math.Hypot(b.X-a.X, b.Y-a.Y)
		if on && len(part) == 0 {
			part = contour{a}
		}
		for done := 0.0; done < length; {
			step := math.Min(left, length-done)
			done += step
			left -= step
			p := Point{a.X + (b.X-a.X)*done/length, a.Y + (b.Y-a.Y)*done/length}
			if on {
				part = append(part, p)
			}
			if left > 0 {
				continue
			}
			if on {
				list = append(list, part)
				part = contour{}
			} else {
				part = contour{p}
			}
			on, index = !on, (index+1)%len(pattern)
			left = math.Max(pattern[index], .5)
		}
	}
	if on && len(part) > 1 {
		list = append(list, part)
	}
	return list
}
