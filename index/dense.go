package index

import (
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
)

// denseMost is how many numbers a dense table has at most: as many as fit a
// processor's cache.
const denseMost = 1 << 16

// An axis is a dimension of a dense table: the values that the documents of
// one segment have, from 0 on.
type axis struct {
	size    int
	numbers []uint32 // by value: that in the lane, or none

	o       *ordinals // of several values
	times   []int64
	cal     *monthCalendar
	classes []uint8
}

// of returns the values of a document; buf is where there is one alone.
func (a *axis) of(doc uint32, buf []uint32) []uint32 {
	switch {
	case a.o != nil:
		return a.o.of(doc)
	case a.cal != nil:
		buf[0] = a.cal.slots[(a.times[doc]-a.cal.from)/slotMillis] - 1
	default:
		buf[0] = uint32(a.classes[doc])
	}
	return buf
}

// axisOf returns the axis that a reader reads; false where it has none.
func axisOf(r laneReader, docs *roaring.Bitmap, col *column) (axis, bool) {
	switch r := r.(type) {
	case *valueReader:
		return axis{size: len(r.o.terms), numbers: r.numbers, o: r.o}, true
	case *timeReader:
		first, last := col.span(docs)
		return axis{size: r.cal.reach(first, last), times: r.times, cal: r.cal}, len(r.cal.slots) > 0
	case *classReader:
		a := axis{size: len(sentiments), classes: r.classes, numbers: make([]uint32, len(sentiments))}
		for n := range a.numbers {
			if a.numbers[n] = uint32(n); r.l.skip[n] {
				a.numbers[n] = none
			}
		}
		return a, true
	}
	return axis{}, false
}

// number returns the number of a value in the lane.
func (a *axis) number(value int) uint32 {
	if a.numbers == nil {
		return uint32(value)
	}
	return a.numbers[value]
}

// dense counts documents in a table that has a place for each pair of values,
// and reports whether it could: where nothing but counts and sentiment is asked
// for, and there are few values.
func (c *census) dense(s *segView, docs *roaring.Bitmap, readers []laneReader, stances []*stance) bool {
	if slices.ContainsFunc(c.meter.wanted, func(m string) bool { return m != mention.MeasureSentiment }) {
		return false
	}
	axes := [2]axis{{}, {size: 1, classes: make([]uint8, 0)}}
	for i, r := range readers {
		var ok bool
		if axes[i], ok = axisOf(r, docs, s.col); !ok {
			return false
		}
	}
	a, b := &axes[0], &axes[1]
	if a.size*b.size*len(sentiments) > min(denseMost, 64*int(docs.GetCardinality())) {
		return false
	}
	sums := make([][len(sentiments)]uint32, a.size*b.size)
	one := [2][]uint32{make([]uint32, 1), make([]uint32, 1)}
	eachDoc(docs, func(doc uint32) {
		whole := c.meter.class[doc]
		values := one[1] // of one lane: a single value, 0
		if len(readers) == 2 {
			values = b.of(doc, one[1])
		}
		for _, i := range a.of(doc, one[0]) {
			row := sums[int(i)*b.size:]
			for _, k := range values {
				class := whole
				if stances[0] != nil || len(stances) > 1 && stances[1] != nil {
					class = attitude(stances, doc, [2]uint32{a.number(int(i)), b.number(int(k))}, whole)
				}
				row[k][class]++
			}
		}
	})
	c.takeIn(a, b, sums)
	return true
}

// takeIn adds the sums of a dense table to the cells.
func (c *census) takeIn(a, b *axis, sums [][len(sentiments)]uint32) {
	for at := range sums {
		var n uint64
		for _, count := range sums[at] {
			n += uint64(count)
		}
		i, k := a.number(at/b.size), b.number(at%b.size)
		if n == 0 || i == none || k == none {
			continue
		}
		cell := c.cell(i, k)
		cell.n += n
		if !c.meter.sentiment {
			continue
		}
		if cell.measures == nil {
			cell.measures = &measures{}
		}
		for class, count := range sums[at] {
			cell.sentiment[class] += uint64(count)
		}
	}
}
