package index

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
	"earshot/query"
)

// An era is a window of a query and the past right before it, held open.
type era struct {
	x    *Index
	ctx  context.Context
	find finder
	from time.Time // of the window
	to   time.Time
	past time.Time // first instant of the past

	views []*view
	segs  []*eraSeg

	count  uint64 // volume of the window
	steady uint64 // of these, by sources that were collected all the past
	before uint64 // volume of these in the past
	fresh  []string

	words map[string]*wordTable // by the fields they stand in
}

// An eraSeg is a segment of an era. The past holds sources that were
// collected all the time only.
type eraSeg struct {
	s                 *segView
	now, steady, past *roaring.Bitmap
}

// openEra finds what a query matches from past to to. Close it in any case.
func (x *Index) openEra(ctx context.Context, q string, past, from, to, now time.Time) (*era, error) {
	e := &era{x: x, ctx: ctx, find: finder{q: q}, past: past, from: from, to: to, words: map[string]*wordTable{}}
	qu, err := newQuestion(q, now, exclusion{irrelevant: true})
	if err != nil {
		return e, err
	}
	qu.from, qu.to = past, to
	ev := newEvaluator(ctx, qu.q, qu.now)
	for _, key := range x.keysBetween(past, to) {
		v, err := x.view(key)
		if err != nil {
			return e, err
		}
		e.views = append(e.views, v)
		for _, s := range v.segs {
			if err := e.add(ev, qu, s); err != nil {
				return e, err
			}
		}
	}
	return e, e.level()
}

func (e *era) close() {
	for _, v := range e.views {
		v.close()
	}
}

// keysBetween returns the shards that hold mentions of a stretch of time,
// newest first.
func (x *Index) keysBetween(from, to time.Time) []string {
	return slices.DeleteFunc(x.keys(), func(key string) bool {
		first, end := shardSpan(key)
		return !first.IsZero() && !first.Before(to) || !end.IsZero() && !from.Before(end)
	})
}

func (e *era) add(ev *evaluator, qu question, s *segView) error {
	docs, err := e.x.match(e.ctx, ev, qu, s)
	if err != nil {
		return err
	}
	counted, own, err := Volume{}.split(found{s, docs})
	if err != nil {
		return err
	}
	col, err := s.column()
	if err != nil {
		return err
	}
	g := &eraSeg{s: s, now: col.between(counted, e.from, e.to), past: col.between(counted, e.past, e.from)}
	e.find.own = e.find.own || !own.IsEmpty()
	if g.now.IsEmpty() && g.past.IsEmpty() {
		return nil
	}
	g.steady = g.now
	e.count += g.now.GetCardinality()
	e.segs = append(e.segs, g)
	return nil
}

// A beginning is when a source was first heard of in the index, and how many
// of the window's mentions it has.
type beginning struct {
	source string
	at     time.Time
	n      uint64
}

// mostShare is the share of the window that must be by sources that were
// collected all the past, where the past can be cut short to reach it.
const mostShare = 0.8

// level makes window and past comparable: the past begins when the sources of
// most of the window had begun, as long as it is not shorter than the window
// then, and sources that began later are left out of the comparison. Who adds
// a source has not found a trend.
func (e *era) level() error {
	list, err := e.beginnings()
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b beginning) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.source, b.source))
	})
	latest := e.from.Add(-e.to.Sub(e.from))
	var n uint64
	for _, b := range list {
		if b.at.After(e.past) && !b.at.After(latest) && float64(n) < mostShare*float64(e.count) {
			e.past = b.at
		}
		n += b.n
	}
	for _, b := range list {
		if b.at.After(e.past) {
			e.fresh = append(e.fresh, b.source)
		}
	}
	return e.cut()
}

// cut takes fresh sources, and what lies before the past, out of the
// comparison.
func (e *era) cut() error {
	for _, g := range e.segs {
		col, err := g.s.column()
		if err != nil {
			return err
		}
		g.past = col.between(g.past, e.past, e.from)
		if len(e.fresh) > 0 {
			out, err := g.s.union("source", e.fresh)
			if err != nil {
				return err
			}
			g.steady, g.past = roaring.AndNot(g.now, out), roaring.AndNot(g.past, out)
		}
		e.steady += g.steady.GetCardinality()
		e.before += g.past.GetCardinality()
	}
	return nil
}

// beginnings returns when each source of the window began.
func (e *era) beginnings() ([]beginning, error) {
	var c []uint64
	l := newLane(e.ctx, "source", time.UTC)
	for _, g := range e.segs {
		var err error
		if c, err = l.count(g.s, g.now, c); err != nil {
			return nil, err
		}
	}
	var list []beginning
	for n, count := range c {
		if count > 0 {
			list = append(list, beginning{source: l.names[n], n: count, at: e.from})
		}
	}
	return list, e.x.begin(list, e.past, e.to)
}

// begin sets when sources began: those heard of before a time began then, as
// far as anyone asks.
func (x *Index) begin(list []beginning, before, to time.Time) error {
	open := make(map[string]*beginning, len(list))
	for i := range list {
		list[i].at = to
		open[list[i].source] = &list[i]
	}
	for _, key := range x.keysBetween(time.Time{}, to) {
		if len(open) == 0 {
			break
		}
		if err := x.beginIn(key, open, before); err != nil {
			return err
		}
	}
	return nil
}

func (x *Index) beginIn(key string, open map[string]*beginning, before time.Time) error {
	v, err := x.view(key)
	if err != nil {
		return err
	}
	defer v.close()
	for source, b := range open {
		for _, s := range v.segs {
			at, err := s.first("source", source, before)
			if err != nil {
				return err
			}
			if t := time.UnixMilli(at).UTC(); at != math.MaxInt64 && t.Before(b.at) {
				b.at = t
			}
		}
		if b.at.Before(before) {
			delete(open, source)
		}
	}
	return nil
}

// first returns the time of the first document that has a term, or of one
// before a time.
func (s *segView) first(field, term string, before time.Time) (int64, error) {
	docs, err := s.docs(field, term)
	if err != nil || docs.IsEmpty() {
		return math.MaxInt64, err
	}
	if s.deleted != nil {
		docs = roaring.AndNot(docs, s.deleted)
	}
	return s.earliest(docs, millisOf(before, minMillis))
}

// earliest returns the time of the first of documents, or of one before enough.
func (s *segView) earliest(docs *roaring.Bitmap, enough int64) (int64, error) {
	first := int64(math.MaxInt64)
	col, err := s.column()
	if err != nil {
		return first, err
	}
	for it := docs.Iterator(); it.HasNext() && first >= enough; {
		doc := it.PeekNext()
		if k := doc / timeBlockSize; col.blocks[k].first >= first {
			it.AdvanceIfNeeded((k + 1) * timeBlockSize)
			continue
		}
		first = min(first, col.times[it.Next()])
	}
	return first, nil
}

// caveats says in words what was not compared.
func (e *era) caveats(asked time.Time) []string {
	var list []string
	if e.past.After(asked) {
		list = append(list, "the past begins "+e.past.UTC().Format(time.DateOnly)+", when the sources of most of the window had begun")
	}
	if n := len(e.fresh); n > 0 {
		names := e.fresh[:min(n, 5)]
		text := "sources that began after the past did are counted and not compared: " + strings.Join(names, ", ")
		if n > len(names) {
			text += " and others"
		}
		list = append(list, text)
	}
	return list
}

// examplesOf is how many mentions stand for a row.
const examplesOf = 3

// exampleOf puts a row in short.
func exampleOf(row *mention.Row) mention.Example {
	title := row.Title
	if title == "" {
		title = row.Text
	}
	const most = 140
	if runes := []rune(title); len(runes) > most {
		title = string(runes[:most]) + "…"
	}
	e := mention.Example{ID: row.ID, Title: title, URL: row.URL, At: row.Time()}
	if v := query.Values("site", row); len(v) > 0 {
		e.Site = v[0]
	}
	return e
}
