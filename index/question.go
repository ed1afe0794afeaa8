package index

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/query"
)

// A part of an answer: what a query found in one segment.
type found struct {
	seg  *segView
	docs *roaring.Bitmap
}

// A finding is what a query found in one shard. The view stays open.
type finding struct {
	view  *view
	parts []found
	total uint64
}

// parse reads a query; an empty one and * mean all.
func parse(text string) (*query.Query, error) {
	if text == "" || text == "*" {
		return query.All(), nil
	}
	q, messages := query.Parse(text)
	if q == nil {
		return nil, &query.Error{Messages: messages}
	}
	return q, nil
}

// A question is a parsed search at one instant.
type question struct {
	q   *query.Query
	now time.Time
	out exclusion

	from, to time.Time // also between these; zero means open
}

// An exclusion says which mentions are left out although a query matches
// them.
type exclusion struct {
	irrelevant, own bool
}

func newQuestion(text string, now time.Time, out exclusion) (question, error) {
	q, err := parse(text)
	if err != nil {
		return question{}, err
	}
	return question{q: q.At(now), now: now, out: out}, nil
}

// limited gives a question the time of one search.
func limited(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, searchTime, errTime)
}

// eachShard finds what a question matches, shard by shard, newest first. The
// views are open while fn runs.
func (x *Index) eachShard(ctx context.Context, qu question, fn func(f *finding) error) error {
	e := newEvaluator(ctx, qu.q, qu.now)
	from, before := timesOf(e.root, qu.now)
	if qu.from.After(from) {
		from = qu.from
	}
	if !qu.to.IsZero() && (before.IsZero() || qu.to.Before(before)) {
		before = qu.to
	}
	for _, key := range x.keys() {
		first, end := shardSpan(key)
		if !before.IsZero() && !first.IsZero() && !first.Before(before) || !from.IsZero() && !end.IsZero() && !from.Before(end) {
			continue
		}
		if err := x.inShard(ctx, e, qu, key, fn); err != nil {
			return err
		}
	}
	return nil
}

// survive is deferred where a shard is read: bleve panics on some damaged
// files, which is an error then.
func (x *Index) survive(key string, err *error) {
	if r := recover(); r != nil {
		x.log.Error("panic while a shard was read", "shard", key, "panic", r, "stack", string(debug.Stack()))
		*err = fmt.Errorf("%w: shard %s: %v", ErrDamaged, key, r)
	}
}

func (x *Index) inShard(ctx context.Context, e *evaluator, qu question, key string, fn func(f *finding) error) (err error) {
	defer x.survive(key, &err)
	v, err := x.view(key)
	if err != nil {
		return err
	}
	defer v.close()
	f := &finding{view: v}
	for _, s := range v.segs {
		docs, err := x.match(ctx, e, qu, s)
		if err != nil {
			return err
		}
		if n := docs.GetCardinality(); n > 0 {
			f.parts = append(f.parts, found{s, docs})
			f.total += n
		}
	}
	return fn(f)
}

// match returns the live documents of a segment that a question matches.
func (x *Index) match(ctx context.Context, e *evaluator, qu question, s *segView) (*roaring.Bitmap, error) {
	h, err := e.segment(s)
	if err != nil {
		return nil, err
	}
	if !h.may.IsEmpty() {
		if h, err = qu.out.apply(s, h); err != nil {
			return nil, err
		}
	}
	docs, err := x.decide(ctx, e, s, h)
	if err != nil || docs.IsEmpty() || qu.from.IsZero() && qu.to.IsZero() {
		return docs, err
	}
	col, err := s.column()
	if err != nil {
		return nil, err
	}
	return col.between(docs, qu.from, qu.to), nil
}

// apply takes what is left out from what was found.
func (o exclusion) apply(s *segView, h hits) (hits, error) {
	for _, f := range []struct {
		out  bool
		flag string
	}{{o.irrelevant, flagIrrelevant}, {o.own, flagOwn}} {
		if !f.out {
			continue
		}
		b, err := s.docs(fieldFlag, f.flag)
		if err != nil {
			return h, err
		}
		switch {
		case b.IsEmpty():
		case h.exact():
			h = sure(roaring.AndNot(h.may, b))
		default:
			h = hits{roaring.AndNot(h.sure, b), roaring.AndNot(h.may, b)}
		}
	}
	return h, nil
}

// timesOf returns the stretch of time that a query cannot reach out of, from
// the first instant to the one after the last; zero times are open ends.
func timesOf(n query.Node, now time.Time) (from, before time.Time) {
	switch n := n.(type) {
	case *query.Range:
		if n.Field == "published" || n.Field == "time" {
			return n.Times(now)
		}
	case *query.And:
		for _, arg := range n.Args {
			f, b := timesOf(arg, now)
			if f.After(from) {
				from = f
			}
			if !b.IsZero() && (before.IsZero() || b.Before(before)) {
				before = b
			}
		}
	}
	return from, before
}
