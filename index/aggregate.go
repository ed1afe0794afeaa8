package index

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
)

// A Volume says which mentions aggregations count beyond the usual: usually
// neither those of a brand's own channels nor those that people marked
// irrelevant are volume, although a search finds the former.
type Volume struct {
	Own        bool // also own channels
	Irrelevant bool // also what people marked irrelevant
}

// split parts what was found into what is counted and what is not: own
// channels.
func (v Volume) split(part found) (counted, own *roaring.Bitmap, err error) {
	if v.Own {
		return part.docs, empty, nil
	}
	all, err := part.seg.docs(fieldFlag, flagOwn)
	if err != nil || all.IsEmpty() {
		return part.docs, empty, err
	}
	return roaring.AndNot(part.docs, all), roaring.And(part.docs, all), nil
}

// maxCells is how many cells a table may have.
const maxCells = 1 << 18

// Aggregate counts the volume of a query by up to two dimensions, with
// measures. Numbers are exact. Each cell has the query that finds exactly the
// mentions it counts, unless irrelevant ones are among them, which no query
// names, or a value has signs that a query cannot say.
//
// With one dimension of time there is a cell for every hour, day or week from
// the first mention's to the last one's, up to 20,000; else cells that count
// nothing are left out. A mention counts at its publication, or when that is
// not known, at the time it was first seen.
func (x *Index) Aggregate(ctx context.Context, a mention.Aggregation, now time.Time) (mention.Table, error) {
	zone, err := x.zoneOf(a.Zone)
	if err != nil {
		return mention.Table{}, err
	}
	if err := checkAggregation(a); err != nil {
		return mention.Table{}, err
	}
	qu, err := newQuestion(a.Query, now, exclusion{})
	if err != nil {
		return mention.Table{}, err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	c := newCensus(ctx, a, zone)
	if c.total.measures != nil {
		defer x.lend(c.total.measures)()
	}
	if a.Size > 0 && (len(a.By) > 1 || len(a.Measures) > 0) {
		if c.only, err = x.leaders(ctx, qu, a, zone); err != nil {
			return mention.Table{}, err
		}
	}
	c.limit()
	if err := x.eachShard(ctx, qu, c.add); err != nil {
		return mention.Table{}, err
	}
	t, err := x.table(c)
	if err != nil {
		return mention.Table{}, err
	}
	from, to := timesOf(qu.q.Root(), now)
	t.Recipe = mention.Recipe{
		Measure: "volume", Formula: "number of mentions" + c.leftOut(), Version: 1, Query: a.Query, From: from, To: to,
		Zone: zone.String(), N: t.Total.Count, Seq: x.Offset(), At: now,
	}
	return t, nil
}

// zoneOf returns a zone by its name; "" is that of the index.
func (x *Index) zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return x.zone, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, refusal("unknown-zone", fmt.Sprintf("%q is no time zone", name), "a name like Europe/Zurich or UTC")
	}
	return zone, nil
}

func checkAggregation(a mention.Aggregation) error {
	if len(a.By) > 2 {
		return refusal("too-many-dimensions", fmt.Sprintf("%d dimensions", len(a.By)), "at most two")
	}
	for i, dim := range a.By {
		if !slices.Contains(mention.Dimensions, dim) {
			hint := "one of " + strings.Join(mention.Dimensions, ", ")
			if near := mention.Nearest(dim, mention.Dimensions); near != "" {
				hint = "did you mean " + near + "? " + hint
			}
			return refusal("unknown-dimension", dim+": cannot be counted by", hint)
		}
		if i > 0 && (dim == a.By[0] || isTime(dim) && isTime(a.By[0])) {
			return refusal("same-dimension", dim+" beside "+a.By[0]+" says nothing more", "another dimension")
		}
	}
	for _, m := range a.Measures {
		if !slices.Contains(measureNames, m) {
			return refusal("unknown-measure", m+" is no measure", "one of "+strings.Join(measureNames, ", "))
		}
	}
	return nil
}

// A census counts the volume of a query by dimensions. It is made for one
// question and filled shard by shard.
type census struct {
	ctx    context.Context
	a      mention.Aggregation
	lanes  []*lane
	only   []map[string]bool // by lane: values that are counted; nil means all
	meter  meter
	total  cell
	cells  []cell
	places map[uint64]uint32 // of cells, by their numbers; of two lanes
	direct []uint32          // the same plus 1, of one lane
	counts []uint64          // of one lane, where only counts are asked for

	own, irrelevant uint64 // left out
}

// A cell is a count with its measures.
type cell struct {
	n uint64
	*measures

	numbers [2]uint32 // in the lanes
}

func newCensus(ctx context.Context, a mention.Aggregation, zone *time.Location) *census {
	c := &census{ctx: ctx, a: a, places: map[uint64]uint32{}, only: make([]map[string]bool, len(a.By))}
	for _, dim := range a.By {
		c.lanes = append(c.lanes, newLane(ctx, dim, zone))
	}
	c.meter.wanted, c.meter.sentiment = a.Measures, slices.Contains(a.Measures, mention.MeasureSentiment)
	for i, d := range distinctDims {
		if c.meter.wants(d.measure) {
			c.meter.lanes[i] = newLane(ctx, d.dim, zone)
			c.total.measures = &measures{}
		}
	}
	return c
}

// limit makes the lanes count only what was chosen.
func (c *census) limit() {
	for i, l := range c.lanes {
		l.only = c.only[i]
		if l.dim == dimSentiment && l.only != nil {
			for n, name := range l.names {
				l.skip[n] = !l.only[name]
			}
		}
	}
}

// leaders returns the values with the highest counts of each dimension that
// is not time.
func (x *Index) leaders(ctx context.Context, qu question, a mention.Aggregation, zone *time.Location) ([]map[string]bool, error) {
	var list []*census
	for _, dim := range a.By {
		one := a
		one.By, one.Measures = []string{dim}, nil
		list = append(list, newCensus(ctx, one, zone))
	}
	err := x.eachShard(ctx, qu, func(f *finding) error {
		for _, c := range list {
			if isTime(c.a.By[0]) {
				continue
			}
			if err := c.add(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	only := make([]map[string]bool, len(list))
	for i, c := range list {
		if isTime(c.a.By[0]) {
			continue
		}
		only[i] = map[string]bool{}
		for _, n := range c.ordered() {
			only[i][c.lanes[0].names[c.cells[n].numbers[0]]] = true
		}
	}
	return only, nil
}

// add counts what was found in a shard.
func (c *census) add(f *finding) error {
	for _, part := range f.parts {
		docs, err := c.volume(part)
		if err != nil {
			return err
		}
		if docs.IsEmpty() {
			continue
		}
		if err := c.addPart(part.seg, docs); err != nil {
			return err
		}
	}
	return nil
}

// volume returns what is counted of what was found, and notes what is left
// out.
func (c *census) volume(part found) (*roaring.Bitmap, error) {
	docs := part.docs
	for _, f := range []struct {
		flag string
		in   bool
		n    *uint64
	}{{flagIrrelevant, c.a.Irrelevant, &c.irrelevant}, {flagOwn, c.a.Own, &c.own}} {
		if f.in {
			continue
		}
		out, err := part.seg.docs(fieldFlag, f.flag)
		if err != nil {
			return nil, err
		}
		if n := out.AndCardinality(docs); n > 0 {
			*f.n += n
			docs = roaring.AndNot(docs, out)
		}
	}
	return docs, nil
}

func (c *census) addPart(s *segView, docs *roaring.Bitmap) error {
	if err := c.ctx.Err(); err != nil {
		return tooSlow(c.ctx, err)
	}
	if len(c.a.Measures) == 0 && len(c.lanes) < 2 {
		c.total.n += docs.GetCardinality()
		if len(c.lanes) == 0 {
			return nil
		}
		var err error
		c.counts, err = c.lanes[0].count(s, docs, c.counts)
		return err
	}
	readers := make([]laneReader, len(c.lanes))
	stances := make([]*stance, len(c.lanes))
	for i, l := range c.lanes {
		var err error
		if readers[i], err = l.read(s, docs); err != nil {
			return err
		}
		if c.meter.sentiment && (l.dim == towardBrand || l.dim == towardProduct) {
			if stances[i], err = stanceOf(s, l, docs); err != nil {
				return err
			}
		}
	}
	if err := c.meter.open(s, docs, len(c.lanes) > 0); err != nil {
		return err
	}
	if err := c.addTotal(s, docs); err != nil {
		return err
	}
	if len(c.lanes) == 0 {
		return nil
	}
	if c.dense(s, docs, readers, stances) {
		return c.bounded()
	}
	return c.each(docs, readers, stances)
}

// each counts documents one by one in the cells of their values.
func (c *census) each(docs *roaring.Bitmap, readers []laneReader, stances []*stance) error {
	var (
		bufs [2][]uint32
		err  error
		n    int
	)
	eachDoc(docs, func(doc uint32) {
		if n++; n%8192 == 0 && err == nil && c.ctx.Err() != nil {
			err = tooSlow(c.ctx, c.ctx.Err())
		}
		if err != nil {
			return
		}
		c.meter.turn(doc)
		whole := c.meter.class[doc]
		for i, r := range readers {
			bufs[i] = r.values(doc, bufs[i][:0])
		}
		for _, a := range bufs[0] {
			if len(readers) == 1 {
				c.meter.add(c.cell(a, 0), doc, attitude(stances, doc, [2]uint32{a}, whole))
				continue
			}
			for _, b := range bufs[1] {
				c.meter.add(c.cell(a, b), doc, attitude(stances, doc, [2]uint32{a, b}, whole))
			}
		}
		err = c.bounded()
	})
	return err
}

// bounded refuses a table of too many cells.
func (c *census) bounded() error {
	if len(c.cells) > maxCells {
		return refusal("too-many-cells", fmt.Sprintf("the table has more than %d cells", maxCells), "narrow the query, or ask for the first values only")
	}
	return nil
}

// attitude returns the class of sentiment of a document in a cell: that
// towards its product, else its brand, else that of the mention.
func attitude(stances []*stance, doc uint32, numbers [2]uint32, whole uint8) uint8 {
	best := -1
	for i, st := range stances {
		if st != nil && (best < 0 || st.product) {
			best = i
		}
	}
	if best < 0 {
		return whole
	}
	return stances[best].toward(doc, numbers[best], whole)
}

// cell returns the cell of numbers.
func (c *census) cell(a, b uint32) *cell {
	if len(c.lanes) == 1 {
		for uint32(len(c.direct)) <= a {
			c.direct = append(c.direct, 0)
		}
		if c.direct[a] == 0 {
			c.cells = append(c.cells, cell{numbers: [2]uint32{a, b}})
			c.direct[a] = uint32(len(c.cells))
		}
		return &c.cells[c.direct[a]-1]
	}
	key := uint64(a)<<32 | uint64(b)
	i, ok := c.places[key]
	if !ok {
		i = uint32(len(c.cells))
		c.places[key] = i
		c.cells = append(c.cells, cell{numbers: [2]uint32{a, b}})
	}
	return &c.cells[i]
}
