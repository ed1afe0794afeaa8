package index

import (
	"math"

	"github.com/RoaringBitmap/roaring/v2"
)

// A distinctAll counts the distinct authors, sites and stories of all mentions,
// in the order of distinctDims.
type distinctAll [len(distinctDims)]distinctCount

// lend gives measures the memory to count distinct values, until what it returns
// is called.
func (x *Index) lend(m *measures) (giveBack func()) {
	all, _ := x.distincts.Get().(*distinctAll)
	if all == nil {
		all = &distinctAll{}
	}
	m.all = all
	return func() {
		for i := range all {
			all[i].empty()
		}
		x.distincts.Put(all)
	}
}

// addTotal counts documents in the cell of all of them.
func (c *census) addTotal(s *segView, docs *roaring.Bitmap) error {
	c.total.n += docs.GetCardinality()
	if len(c.meter.wanted) == 0 {
		return nil
	}
	if c.total.measures == nil {
		c.total.measures = &measures{}
	}
	if c.meter.sentiment {
		for class, set := range s.col.classSets() {
			c.total.sentiment[class] += set.AndCardinality(docs)
		}
	}
	c.total.engagement = appendKnown(c.total.engagement, c.meter.engagement, docs)
	c.total.reach = appendKnown(c.total.reach, c.meter.reach, docs)
	for i, l := range c.meter.lanes {
		if l == nil {
			continue
		}
		if err := c.addDistinct(&c.total.all[i], l.dim, s, docs); err != nil {
			return err
		}
	}
	return nil
}

// addDistinct counts the distinct values of documents.
func (c *census) addDistinct(to *distinctCount, dim string, s *segView, docs *roaring.Bitmap) error {
	if dim == "story" {
		eachDoc(docs, func(doc uint32) {
			if story := s.col.stories[doc]; story != 0 {
				to.add(story)
			}
		})
		return nil
	}
	o, err := s.valuesOf(c.ctx, fieldOf(dim), docs)
	if err != nil {
		return err
	}
	for ord, n := range o.count(docs) {
		if n > 0 {
			to.add(o.sum(ord))
		}
	}
	return nil
}

// appendKnown appends the numbers of documents that have one; of may be nil.
func appendKnown(to, of []float64, docs *roaring.Bitmap) []float64 {
	if of == nil {
		return to
	}
	eachDoc(docs, func(doc uint32) {
		if v := of[doc]; !math.IsNaN(v) {
			to = append(to, v)
		}
	})
	return to
}
