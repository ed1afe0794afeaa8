package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"earshot/mention"
)

// A Segment is one side of what is compared.
type Segment struct {
	Query  string
	Window Window
}

// counted is the segment as one query.
func (s Segment) counted() string { return s.Window.Query(s.Query) }

// A CompareOrder says what to set side by side.
type CompareOrder struct {
	A, B     Segment
	By       string // dimension of the parts
	Interval string // of the history: hour, day or week
	Zone     *time.Location
	Size     int // most parts of a side, and most terms; 0 means 20
}

// maxParts is how many values of a dimension a side has unless asked otherwise.
const maxParts = 20

// AtOnce is how many questions SideBySide asks at one time.
const AtOnce = 3

// SideBySide asks for both sides at once. Every number of the answer carries the
// query whose rows are exactly those counted.
func SideBySide(ctx context.Context, src Source, o CompareOrder) (*mention.Comparison, error) {
	if o.Size == 0 {
		o.Size = maxParts
	}
	c := &mention.Comparison{By: o.By, Interval: o.Interval}
	err := together(
		func() (err error) { c.A, err = o.side(ctx, src, o.A); return err },
		func() (err error) { c.B, err = o.side(ctx, src, o.B); return err },
		func() error { return o.both(ctx, src, c) },
	)
	if err != nil {
		return nil, err
	}
	largest(&c.A.Parts, &c.B.Parts, o.Size)
	return c, nil
}

// together runs all at one time. What panics in one of them would end the
// program: it is an error, with where it was.
func together(fns ...func() error) error {
	errs := make([]error, len(fns))
	var wait sync.WaitGroup
	for i, fn := range fns {
		wait.Go(func() {
			defer func() {
				if v := recover(); v != nil {
					errs[i] = fmt.Errorf("report: panic: %v\n%s", v, debug.Stack())
				}
			}()
			errs[i] = fn()
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (o *CompareOrder) side(ctx context.Context, src Source, s Segment) (mention.Compared, error) {
	out := mention.Compared{Query: s.Query, From: s.Window.From, To: s.Window.To, Terms: []mention.Trend{}}
	card, err := src.Scorecard(ctx, mention.KPISearch{
		Query: s.Query, From: s.Window.From, To: s.Window.To, Zone: o.Zone.String(),
		Measures: []string{mention.MeasureSentiment, mention.MeasureAuthors, mention.MeasureSites, mention.MeasureStories},
	})
	if err != nil {
		return out, err
	}
	out.Figures = card.Figures
	out.Parts, err = src.Aggregate(ctx, mention.Aggregation{
		Query: s.counted(), By: []string{o.By}, Zone: o.Zone.String(), Measures: []string{mention.MeasureSentiment},
	})
	if err != nil {
		return out, err
	}
	if out.Over, err = src.Aggregate(ctx, mention.Aggregation{Query: s.counted(), By: []string{o.Interval}, Zone: o.Zone.String()}); err != nil {
		return out, err
	}
	if s.Window.From.IsZero() || s.Window.To.IsZero() {
		return out, nil
	}
	t, err := src.Trends(ctx, mention.TrendSearch{
		Query: s.Query, From: s.Window.From, To: s.Window.To, Past: mention.Duration(4 * s.Window.To.Sub(s.Window.From)),
		Kinds: []string{mention.TrendTerm}, Size: o.Size,
	})
	if t.Rows != nil {
		out.Terms = t.Rows
	}
	return out, err
}

// both counts what is in both sides. Windows apart have nothing in common.
func (o *CompareOrder) both(ctx context.Context, src Source, c *mention.Comparison) error {
	q := o.A.counted()
	if o.A != o.B {
		q = and(q, o.B.counted())
	}
	if q == "" {
		return nil
	}
	t, err := src.Aggregate(ctx, mention.Aggregation{Query: q, Zone: o.Zone.String()})
	if err == nil {
		c.Both, c.BothQuery = &t.Total.Count, t.Total.Query
	}
	return err
}

// largest cuts two tables to the values that are among the first of either, so
// that a value that is not among them is not taken for none.
func largest(a, b *mention.Table, n int) {
	keep := map[string]bool{}
	for _, t := range []*mention.Table{a, b} {
		for i := range t.Cells[:min(n, len(t.Cells))] {
			keep[t.Cells[i].Keys[0]] = true
		}
	}
	for _, t := range []*mention.Table{a, b} {
		t.Cells = slices.DeleteFunc(slices.Clone(t.Cells), func(c mention.Cell) bool { return !keep[c.Keys[0]] })
	}
}

// CompareGrid lays a comparison out, a row for each number that both sides
// have, and for each term.
func CompareGrid(c *mention.Comparison) Grid {
	var noFloat *float64 // not known, or not asked
	g := Grid{Columns: []string{"part", "key", "a", "a_low", "a_high", "a_before", "b", "b_low", "b_high", "b_before", "a_query", "b_query"}}
	for i := range c.A.Figures {
		f := &c.A.Figures[i]
		other := figureLike(c.B.Figures, f)
		row := []any{"figure", f.Recipe.Measure}
		row = append(row, figureCells(f)...)
		row = append(row, figureCells(other)...)
		g.Rows = append(g.Rows, append(row, f.Recipe.Query, other.Recipe.Query))
	}
	part := func(part, key string, a, b *mention.Cell) {
		g.Rows = append(g.Rows, []any{part, key, a.Count, noFloat, noFloat, noFloat, b.Count, noFloat, noFloat, noFloat, a.Query, b.Query})
	}
	Parts(c, func(key string, a, b *mention.Cell) { part(c.By, key, a, b) })
	terms := func(t *mention.Trend, first bool) {
		n := float64(t.Count)
		row := []any{"term", t.Term, &n, noFloat, noFloat, noFloat, noFloat, noFloat, noFloat, noFloat, t.Query, ""}
		if !first {
			row[2], row[6], row[10], row[11] = noFloat, &n, "", t.Query
		}
		g.Rows = append(g.Rows, row)
	}
	for i := range c.A.Terms {
		terms(&c.A.Terms[i], true)
	}
	for i := range c.B.Terms {
		terms(&c.B.Terms[i], false)
	}
	return g
}

// figureLike is the same figure of another side.
func figureLike(list []mention.Figure, f *mention.Figure) *mention.Figure {
	for i := range list {
		if x := &list[i]; x.Recipe.Measure == f.Recipe.Measure && x.Subject == f.Subject {
			return x
		}
	}
	return &mention.Figure{}
}

// figureCells are value, low, high and before of a figure.
func figureCells(f *mention.Figure) []any {
	value, low, high, before := knownOf(f)
	return []any{value, low, high, before}
}

// knownOf are the numbers of a figure, nil where they are not known.
func knownOf(f *mention.Figure) (value, low, high, before *float64) {
	if f.Known {
		value = &f.Value
		if f.Level > 0 {
			low, high = &f.Low, &f.High
		}
	}
	if f.Previous != nil && f.Previous.Known {
		before = &f.Previous.Value
	}
	return value, low, high, before
}

// Parts gives the values of both sides, the largest first; a side that has none
// of a value has an empty cell.
func Parts(c *mention.Comparison, emit func(key string, a, b *mention.Cell)) {
	type pair struct{ a, b *mention.Cell }
	pairs := map[string]*pair{}
	var keys []string
	at := func(k string) *pair {
		if pairs[k] == nil {
			pairs[k] = &pair{&mention.Cell{}, &mention.Cell{}}
			keys = append(keys, k)
		}
		return pairs[k]
	}
	for i := range c.A.Parts.Cells {
		at(c.A.Parts.Cells[i].Keys[0]).a = &c.A.Parts.Cells[i]
	}
	for i := range c.B.Parts.Cells {
		at(c.B.Parts.Cells[i].Keys[0]).b = &c.B.Parts.Cells[i]
	}
	slices.SortStableFunc(keys, func(x, y string) int {
		return cmp.Compare(pairs[y].a.Count+pairs[y].b.Count, pairs[x].a.Count+pairs[x].b.Count)
	})
	for _, k := range keys {
		emit(k, pairs[k].a, pairs[k].b)
	}
}
