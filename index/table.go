package index

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/query"
)

// maxFilled is how many cells a table over time may have before empty ones
// are left out.
const maxFilled = 20000

// leftOut says in words what is not counted.
func (c *census) leftOut() string {
	var parts []string
	if !c.a.Own {
		parts = append(parts, "own channels")
	}
	if !c.a.Irrelevant {
		parts = append(parts, "what people marked irrelevant")
	}
	if len(parts) == 0 {
		return ""
	}
	return " without " + strings.Join(parts, " and ")
}

// finish makes cells of plain counts.
func (c *census) finish() {
	for n, count := range c.counts {
		if count > 0 {
			c.cells = append(c.cells, cell{n: count, numbers: [2]uint32{uint32(n)}})
		}
	}
	c.counts = nil
}

// ordered returns the cells' places in the order of the answer: by time, then
// those that count most, then by value.
func (c *census) ordered() []int {
	c.finish()
	list := make([]int, len(c.cells))
	for i := range list {
		list[i] = i
	}
	slices.SortFunc(list, func(a, b int) int { return c.compare(&c.cells[a], &c.cells[b]) })
	if len(c.lanes) == 1 && c.lanes[0].cal == nil && c.a.Size > 0 && len(list) > c.a.Size {
		list = list[:c.a.Size]
	}
	return list
}

func (c *census) compare(a, b *cell) int {
	for i, l := range c.lanes {
		if l.cal != nil {
			if d := l.cal.starts[a.numbers[i]].Compare(l.cal.starts[b.numbers[i]]); d != 0 {
				return d
			}
		}
	}
	if d := cmp.Compare(b.n, a.n); d != 0 {
		return d
	}
	for i, l := range c.lanes {
		if l.cal == nil {
			if d := cmp.Compare(l.names[a.numbers[i]], l.names[b.numbers[i]]); d != 0 {
				return d
			}
		}
	}
	return 0
}

// finder returns what writes the queries of the cells.
func (c *census) finder() *finder {
	f := &finder{q: c.a.Query, own: c.own > 0 && !c.a.Own, mute: c.a.Irrelevant}
	for _, l := range c.lanes {
		if l.dim == "site" {
			f.host = slices.Clone(l.names)
			slices.Sort(f.host)
		}
	}
	return f
}

// table makes the answer.
func (x *Index) table(c *census) (mention.Table, error) {
	t := mention.Table{By: c.a.By, Cells: []mention.Cell{}, Own: c.own, Irrelevant: c.irrelevant}
	for _, l := range c.lanes {
		if l.cal != nil {
			t.Zone = l.cal.zone.String()
		}
	}
	f := c.finder()
	c.total.fillInto(&t.Total, &c.meter)
	t.Total.Query = checked([]string{f.query()})[0]
	list := c.ordered()
	labels := make([]labeller, len(c.lanes))
	for i, l := range c.lanes {
		var err error
		if labels[i], err = x.labeller(c, l, i, list, f); err != nil {
			return t, err
		}
	}
	queries := make([]string, len(list))
	for k, place := range list {
		in := &c.cells[place]
		out := mention.Cell{Keys: make([]string, len(c.lanes))}
		conditions := make([]string, len(c.lanes))
		for i, l := range c.lanes {
			n := in.numbers[i]
			out.Keys[i], conditions[i] = labels[i].keys[n], labels[i].conditions[n]
			if l.cal != nil {
				out.Start = l.cal.starts[n]
			}
		}
		in.fillInto(&out, &c.meter)
		queries[k] = f.query(conditions...)
		t.Cells = append(t.Cells, out)
	}
	for k, text := range checked(queries) {
		t.Cells[k].Query = text
	}
	if len(c.lanes) == 1 && c.lanes[0].cal != nil {
		t.Cells = c.filled(t.Cells)
	}
	return t, nil
}

func (in *cell) fillInto(out *mention.Cell, m *meter) {
	out.Count = in.n
	m.fill(out, in)
}

// A labeller holds what the values of a lane are called, and the conditions
// they stand for, by number.
type labeller struct {
	keys, conditions []string
}

// labeller labels those values of the i-th lane that stand in cells.
func (x *Index) labeller(c *census, l *lane, i int, cells []int, f *finder) (labeller, error) {
	lb := labeller{make([]string, l.size()), make([]string, l.size())}
	seen := make([]bool, l.size())
	var numbers []uint32
	for _, place := range cells {
		if n := c.cells[place].numbers[i]; !seen[n] {
			seen[n] = true
			numbers = append(numbers, n)
		}
	}
	if l.cal != nil {
		for _, n := range numbers {
			start := l.cal.starts[n]
			lb.keys[n], lb.conditions[n] = l.cal.key(start), query.TimeRange(start, l.cal.next(start))
		}
		return lb, nil
	}
	names := make([]string, len(numbers))
	for k, n := range numbers {
		names[k] = l.names[n]
		lb.conditions[n] = f.condition(l.dim, l.names[n])
	}
	written, err := x.written(c.ctx, l.dim, names)
	if err != nil {
		return lb, fmt.Errorf("index: values of %s: %w", l.dim, err)
	}
	for k, n := range numbers {
		lb.keys[n] = written[k]
	}
	return lb, nil
}

// filled puts in the hours, days or weeks in which nothing was counted.
func (c *census) filled(cells []mention.Cell) []mention.Cell {
	cal := c.lanes[0].cal
	var list []mention.Cell
	for i := range cells {
		if i > 0 {
			gap := cells[i].Start.Sub(cells[i-1].Start) > 50*365*24*time.Hour
			for at := cal.next(cells[i-1].Start); at.Before(cells[i].Start) && len(list) < maxFilled && !gap; at = cal.next(at) {
				empty := mention.Cell{Keys: []string{cal.key(at)}, Start: at}
				c.meter.fill(&empty, &cell{})
				list = append(list, empty)
			}
		}
		list = append(list, cells[i])
	}
	if list == nil {
		return []mention.Cell{}
	}
	return list
}

// Histogram counts the volume of a query over time, by hour, day or week in a
// zone; nil means the zone of the index. Own channels are left out: see
// [Index.HistogramOf].
func (x *Index) Histogram(ctx context.Context, q, interval string, zone *time.Location, now time.Time) (mention.Series, error) {
	return x.HistogramOf(ctx, q, interval, zone, Volume{}, now)
}

// HistogramOf is [Index.Histogram] with a choice of what is volume. The
// buckets are the cells of [Index.Aggregate].
func (x *Index) HistogramOf(ctx context.Context, q, interval string, zone *time.Location, v Volume, now time.Time) (mention.Series, error) {
	if zone == nil {
		zone = x.zone
	}
	if !isTime(interval) {
		return mention.Series{}, fmt.Errorf("index: interval %q is none of %s, %s, %s", interval, Hour, Day, Week)
	}
	list, err := x.countBy(ctx, q, []string{interval}, 0, zone, v, now)
	if err != nil {
		return mention.Series{}, err
	}
	s := mention.Series{Interval: interval, Zone: zone.String(), Buckets: buckets(list[0].Cells)}
	for i := range s.Buckets {
		s.Buckets[i].Start = list[0].Cells[i].Start
	}
	return s, nil
}

// countBy counts by several dimensions at once, each on its own.
func (x *Index) countBy(ctx context.Context, q string, dims []string, size int, zone *time.Location, v Volume, now time.Time) ([]mention.Table, error) {
	qu, err := newQuestion(q, now, exclusion{})
	if err != nil {
		return nil, err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	list := make([]*census, len(dims))
	for i, dim := range dims {
		list[i] = newCensus(ctx, mention.Aggregation{Query: q, By: []string{dim}, Size: size, Own: v.Own, Irrelevant: v.Irrelevant}, zone)
	}
	err = x.eachShard(ctx, qu, func(f *finding) error {
		for _, c := range list {
			if err := c.add(f); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	tables := make([]mention.Table, len(list))
	for i, c := range list {
		if tables[i], err = x.table(c); err != nil {
			return nil, err
		}
	}
	return tables, nil
}

func buckets(cells []mention.Cell) []mention.Bucket {
	list := make([]mention.Bucket, len(cells))
	for i := range cells {
		list[i] = mention.Bucket{Key: cells[i].Keys[0], Count: cells[i].Count, Query: cells[i].Query}
	}
	return list
}
