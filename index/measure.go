package index

import (
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
)

// measureNames are the measures of a cell beside its count.
var measureNames = []string{
	mention.MeasureSentiment, mention.MeasureEngagement, mention.MeasureReach,
	mention.MeasureAuthors, mention.MeasureSites, mention.MeasureStories,
}

// distinctDims are the dimensions whose distinct values are counted, and the
// measures they make.
var distinctDims = [...]struct{ dim, measure string }{
	{"author", mention.MeasureAuthors}, {"site", mention.MeasureSites}, {"story", mention.MeasureStories},
}

const storyDim = 2 // among them

// measures are what a cell holds beside its count. Each is filled only where
// it was asked for.
type measures struct {
	sentiment  [len(sentiments)]uint64
	engagement []float64
	reach      []float64
	distinct   [len(distinctDims)]*roaring.Bitmap // numbers of values
	all        *distinctAll                       // instead, of the total
}

// A meter takes the measures of documents. It serves one table.
type meter struct {
	wanted    []string
	sentiment bool
	lanes     [len(distinctDims)]*lane // nil where not asked for
	stories   storyLane

	// Of the segment at hand:
	class      []uint8
	engagement []float64
	reach      []float64
	readers    [len(distinctDims)]laneReader

	// Of the document at hand:
	values [len(distinctDims)][]uint32
}

// open turns to the documents of a segment, and to what cells need of them
// where there are any.
func (m *meter) open(s *segView, docs *roaring.Bitmap, cells bool) error {
	col, err := s.column()
	if err != nil {
		return err
	}
	m.class, m.engagement, m.reach = col.classes, nil, nil
	if m.wants(mention.MeasureEngagement) {
		m.engagement = col.numbers[numEngagement]
	}
	if m.wants(mention.MeasureReach) {
		m.reach = col.numbers[numReach]
	}
	for i, l := range m.lanes {
		if l == nil || !cells {
			continue
		}
		if l.dim == "story" {
			m.readers[i] = m.stories.read(col)
			continue
		}
		if m.readers[i], err = l.read(s, docs); err != nil {
			return err
		}
	}
	return nil
}

// A storyLane is a lane of stories that need no names: it goes by what stands
// for them in the columns (see [storyNumber]).
type storyLane struct {
	table   storyTable
	stories []uint64 // of the segment at hand
}

func (l *storyLane) read(col *column) laneReader {
	l.stories = col.stories
	return l
}

func (l *storyLane) values(doc uint32, buf []uint32) []uint32 {
	story := l.stories[doc]
	if story == 0 {
		return buf
	}
	return append(buf, l.table.number(story))
}

func (m *meter) wants(measure string) bool { return slices.Contains(m.wanted, measure) }

// turn reads what cells need of a document.
func (m *meter) turn(doc uint32) {
	for i, r := range m.readers {
		if r != nil {
			m.values[i] = r.values(doc, m.values[i][:0])
		}
	}
}

// add counts the document at hand in a cell, with a class of sentiment.
func (m *meter) add(c *cell, doc uint32, class uint8) {
	c.n++
	if len(m.wanted) == 0 {
		return
	}
	if c.measures == nil {
		c.measures = &measures{}
	}
	if m.sentiment {
		c.sentiment[class]++
	}
	if m.engagement != nil && !math.IsNaN(m.engagement[doc]) {
		c.engagement = append(c.engagement, m.engagement[doc])
	}
	if m.reach != nil && !math.IsNaN(m.reach[doc]) {
		c.reach = append(c.reach, m.reach[doc])
	}
	for i, values := range m.values {
		for _, n := range values {
			if c.distinct[i] == nil {
				c.distinct[i] = roaring.New()
			}
			c.distinct[i].Add(n)
		}
	}
}

// fill gives a cell of the answer what was measured.
func (m *meter) fill(out *mention.Cell, c *cell) {
	in := c.measures
	if in == nil {
		in = &measures{}
	}
	for _, name := range m.wanted {
		switch name {
		case mention.MeasureSentiment:
			s := &in.sentiment
			out.Sentiment = &mention.SentimentCounts{
				Positive: s[0], Negative: s[1], Neutral: s[2], Mixed: s[3], Unsupported: s[classUnsupported], Unscored: s[classUnscored],
			}
		case mention.MeasureEngagement:
			out.Engagement = orZero(amountOf(in.engagement))
		case mention.MeasureReach:
			out.Reach = orZero(amountOf(in.reach))
		case mention.MeasureAuthors:
			out.Authors = in.count(0)
		case mention.MeasureSites:
			out.Sites = in.count(1)
		case mention.MeasureStories:
			out.Stories = in.count(storyDim)
		}
	}
}

func orZero(a *mention.Amount) *mention.Amount {
	if a == nil {
		return &mention.Amount{}
	}
	return a
}

// count returns how many values of a distinct dimension there are.
func (m *measures) count(i int) *uint64 {
	var n uint64
	if b := m.distinct[i]; b != nil {
		n = b.GetCardinality()
	}
	if m.all != nil {
		n += m.all[i].count()
	}
	return &n
}

// A stance gives the class of what a document says of a brand or product.
type stance struct {
	o     *ordinals
	who   []uint32 // by ordinal: number in the lane, or none
	class []uint8  // by ordinal

	product bool
}

// stanceOf reads what the documents of a segment say of the values of a lane
// of brands or products.
func stanceOf(s *segView, l *lane, docs *roaring.Bitmap) (*stance, error) {
	o, err := s.valuesOf(l.ctx, fieldToward, docs)
	if err != nil {
		return nil, err
	}
	st := &stance{o: o, product: l.dim == towardProduct, who: make([]uint32, len(o.terms)), class: make([]uint8, len(o.terms))}
	for ord, term := range o.terms {
		kind, name, label := cutToward(term)
		st.who[ord] = none
		if n, ok := l.numbers[name]; ok && kind == l.dim {
			st.who[ord], st.class[ord] = n, classOf(label)
		}
	}
	return st, nil
}

// toward returns the class of what a document says of the n-th value; whole is
// the class of the mention.
func (st *stance) toward(doc, n uint32, whole uint8) uint8 {
	for _, ord := range st.o.of(doc) {
		if st.who[ord] == n {
			return st.class[ord]
		}
	}
	if whole == classUnsupported {
		return classUnsupported
	}
	return classUnscored
}
