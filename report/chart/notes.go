package chart

import (
	"math"
	"strconv"
	"time"

	"earshot/report/scene"
)

const (
	maxNoteRows = 3
	markSize    = 14.0 // of a note's number
)

// noteRows lays the notes that lie on the axis out in rows, so that none
// covers another; those for which there is no room share the last.
func (t *Time) noteRows() [][]Note {
	if len(t.Buckets) == 0 {
		return nil
	}
	first, last := t.Buckets[0].From, t.Buckets[len(t.Buckets)-1].To
	apart := last.Sub(first) / 24 // room for the number
	var rows [][]Note
	var free []time.Time // from when on a row is
	for _, n := range t.Notes {
		if !n.To.After(first) || !n.From.Before(last) {
			continue
		}
		n.From, n.To = later(n.From, first), sooner(n.To, last)
		at := 0
		for at < len(rows) && n.From.Before(free[at]) {
			at++
		}
		if at == len(rows) && at < maxNoteRows {
			rows, free = append(rows, nil), append(free, time.Time{})
		}
		at = min(at, len(rows)-1)
		rows[at] = append(rows[at], n)
		free[at] = later(n.To, n.From.Add(apart))
	}
	return rows
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func sooner(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// notes are numbered squares on a bar over their stretch, above the plot, with
// threads down to the axis.
func (p *plot) notes(rows [][]Note) {
	above := float64(len(p.t.Lanes)) * laneHeight
	for i, row := range rows {
		y := above + float64(i)*noteHeight + noteHeight/2
		for _, n := range row {
			from, to := p.x(n.From), p.x(n.To)
			mid := math.Min(math.Max((from+to)/2, p.f.X+markSize/2), p.f.X+p.f.W-markSize/2)
			bottom := p.f.Y + p.f.H
			g := scene.Group{Tip: n.Tip, Link: n.Link}
			for _, x := range []float64{from, to} {
				g.Shapes = append(g.Shapes, scene.Shape{Kind: scene.Line, Points: []scene.Point{{X: x, Y: y}, {X: x, Y: bottom}}, Stroke: scene.Note, Dash: []float64{1, 3}})
			}
			g.Shapes = append(g.Shapes,
				scene.Shape{Kind: scene.Box, Points: []scene.Point{{X: from, Y: y - 1.5}}, W: math.Max(to-from, 1), H: 3, Fill: scene.Note},
				scene.Shape{Kind: scene.Box, Points: []scene.Point{{X: mid - markSize/2 - 1, Y: y - markSize/2}}, W: markSize + 2, H: markSize, R: 3, Fill: scene.Note, Stroke: scene.Paper},
				scene.Shape{Kind: scene.Words, Points: []scene.Point{{X: mid, Y: y + 4}}, Size: 11, Bold: true, Align: scene.Middle, Fill: scene.Paper, Text: strconv.Itoa(n.N)})
			p.Groups = append(p.Groups, g)
		}
	}
}
