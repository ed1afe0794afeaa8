package index

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/query"
)

// A hits is what a part of a query finds in a segment: the documents that
// match for sure, and those that may. Where the index can decide, and it
// nearly always can, both are the same bitmap. They are shared and must not
// be changed.
type hits struct {
	sure, may *roaring.Bitmap
}

func sure(b *roaring.Bitmap) hits { return hits{b, b} }

func (h hits) exact() bool { return h.sure == h.may }

// An evaluator answers one query at one instant. The segments may be asked
// by several goroutines, each with views of its own.
type evaluator struct {
	ctx  context.Context
	q    *query.Query
	root query.Node
	now  time.Time

	mu    sync.Mutex
	terms map[*query.Word]map[string]bool // what wildcard and fuzzy words stood for so far
}

func newEvaluator(ctx context.Context, q *query.Query, now time.Time) *evaluator {
	return &evaluator{ctx: ctx, q: q, root: q.Root(), now: now, terms: map[*query.Word]map[string]bool{}}
}

// segment returns what the query finds among the live documents of s.
func (e *evaluator) segment(s *segView) (hits, error) {
	h, err := e.eval(s, e.root, nil)
	if err != nil || s.deleted == nil {
		return h, err
	}
	if h.exact() {
		return sure(roaring.AndNot(h.may, s.deleted)), nil
	}
	return hits{roaring.AndNot(h.sure, s.deleted), roaring.AndNot(h.may, s.deleted)}, nil
}

// eval returns what a node finds in s, deleted documents too. Only the
// documents in only need be right, which saves reading positions; nil means
// all. The depth of nodes is limited by the parser.
func (e *evaluator) eval(s *segView, n query.Node, only *roaring.Bitmap) (hits, error) {
	if err := e.ctx.Err(); err != nil {
		return hits{}, e.slow(err)
	}
	switch n := n.(type) {
	case *query.Everything:
		return sure(s.live()), nil
	case *query.And:
		return e.and(s, n.Args, only)
	case *query.Or:
		return e.or(s, n.Args, only)
	case *query.Not:
		return e.not(s, n.Arg, only)
	case *query.Keyword:
		return e.keyword(s, n)
	case *query.Range:
		return e.within(s, n, only)
	case *query.Raw:
		return e.raw(s, n, only)
	case *query.Phrase:
		if len(n.Words) == 1 && n.Words[0].Kind != query.Exact {
			return e.word(s, n)
		}
		return e.positions(s, n, only)
	case *query.Near, *query.Sentence, *query.Repeat, *query.Address:
		return e.positions(s, n, only)
	}
	return hits{}, fmt.Errorf("index: no way to look for %T", n)
}

// and evaluates what is cheap first, and stops when nothing is left.
func (e *evaluator) and(s *segView, args []query.Node, only *roaring.Bitmap) (hits, error) {
	var sum hits
	for i, n := range byCost(args) {
		h, err := e.eval(s, n, only)
		if err != nil {
			return hits{}, err
		}
		switch {
		case i == 0:
			sum = h
		case sum.exact() && h.exact():
			sum = sure(roaring.And(sum.may, h.may))
		default:
			sum = hits{roaring.And(sum.sure, h.sure), roaring.And(sum.may, h.may)}
		}
		if sum.may.IsEmpty() {
			return sure(empty), nil
		}
		only = sum.may
	}
	return sum, nil
}

func (e *evaluator) or(s *segView, args []query.Node, only *roaring.Bitmap) (hits, error) {
	var sums, mays []*roaring.Bitmap
	exact := true
	for _, n := range args {
		h, err := e.eval(s, n, only)
		if err != nil {
			return hits{}, err
		}
		exact = exact && h.exact()
		sums, mays = append(sums, h.sure), append(mays, h.may)
	}
	if len(mays) == 1 {
		return hits{sums[0], mays[0]}, nil
	}
	if exact {
		return sure(roaring.FastOr(mays...)), nil
	}
	return hits{roaring.FastOr(sums...), roaring.FastOr(mays...)}, nil
}

func (e *evaluator) not(s *segView, n query.Node, only *roaring.Bitmap) (hits, error) {
	h, err := e.eval(s, n, only)
	if err != nil {
		return hits{}, err
	}
	if h.exact() {
		rest := s.live()
		rest.AndNot(h.may)
		return sure(rest), nil
	}
	live := s.live()
	return hits{roaring.AndNot(live, h.may), roaring.AndNot(live, h.sure)}, nil
}

// byCost orders the arguments of an AND: sets as they are stored, then what
// must be put together, then what needs positions.
func byCost(args []query.Node) []query.Node {
	list := make([]query.Node, 0, len(args))
	for want := range 3 {
		for _, n := range args {
			if cost(n) == want {
				list = append(list, n)
			}
		}
	}
	return list
}

func cost(n query.Node) int {
	switch n := n.(type) {
	case *query.Phrase:
		if len(n.Words) == 1 && n.Words[0].Kind == query.Literal {
			return 0
		}
		if len(n.Words) == 1 && n.Words[0].Kind != query.Exact {
			return 1
		}
		return 2
	case *query.Keyword, *query.Everything:
		return 0
	case *query.Range, *query.Not, *query.Or, *query.And:
		return 1
	}
	return 2
}

// word finds documents by one word: the sets of its terms.
func (e *evaluator) word(s *segView, p *query.Phrase) (hits, error) {
	var found []*roaring.Bitmap
	for _, name := range textFields(p.Scope) {
		terms, err := e.expand(s, name, &p.Words[0])
		if err != nil {
			return hits{}, err
		}
		b, err := s.union(name, terms)
		if err != nil {
			return hits{}, err
		}
		found = append(found, b)
	}
	if len(found) == 1 {
		return sure(found[0]), nil
	}
	return sure(roaring.Or(found[0], found[1])), nil
}

func textFields(scope query.Scope) []string {
	switch scope {
	case query.TitleOnly:
		return []string{fieldTitle}
	case query.TextOnly:
		return []string{fieldText}
	}
	return []string{fieldTitle, fieldText}
}

// expand returns the terms of a field that a word stands for.
func (e *evaluator) expand(s *segView, name string, w *query.Word) ([]string, error) {
	if w.Kind != query.Wildcard && w.Kind != query.Fuzzy {
		return []string{w.Folded}, nil
	}
	var list []string
	err := s.terms(name, w.Prefix(), func(term string) (bool, error) {
		if w.Fits(term) {
			list = append(list, term)
		}
		return len(list) <= maxTerms, e.tick(len(list))
	})
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	all := e.terms[w]
	if all == nil {
		all = map[string]bool{}
		e.terms[w] = all
	}
	for _, term := range list {
		all[term] = true
	}
	if len(all) > maxTerms {
		return nil, refusal("too-broad", fmt.Sprintf("%s stands for more than %d words of the index", w.Text, maxTerms),
			"write more letters before the * or leave the word out")
	}
	return list, nil
}

// tick looks at the clock now and then.
func (e *evaluator) tick(n int) error {
	if n%1024 != 1023 || e.ctx.Err() == nil {
		return nil
	}
	return e.slow(e.ctx.Err())
}

// slow tells a search that took too long from one that was called off.
func (e *evaluator) slow(err error) error { return tooSlow(e.ctx, err) }

var errTime = errors.New("the time of one search is over")

func tooSlow(ctx context.Context, err error) error {
	if errors.Is(context.Cause(ctx), errTime) {
		return refusal("too-slow", fmt.Sprintf("the search took longer than %s", searchTime), "add a word or a date range that narrows it")
	}
	return err
}

func refusal(code, message, hint string) error {
	return &query.Error{Messages: []query.Message{{Code: code, Severity: "error", Message: message, Hint: hint}}}
}

// keyword finds documents by a whole value.
func (e *evaluator) keyword(s *segView, k *query.Keyword) (hits, error) {
	b, err := e.values(s, k.Field, k)
	if err != nil || k.Field != fieldID {
		return sure(b), err
	}
	// An id that folds to itself is in bleve's own field alone.
	keys, err := e.values(s, fieldKey, k)
	if err != nil {
		return hits{}, err
	}
	return sure(roaring.Or(b, keys)), nil
}

func (e *evaluator) values(s *segView, name string, k *query.Keyword) (*roaring.Bitmap, error) {
	if !k.Wildcard {
		return s.docs(name, k.Value)
	}
	w := query.Word{Kind: query.Wildcard, Text: k.Value}
	sum := roaring.New()
	n := 0
	err := s.terms(name, w.Prefix(), func(term string) (bool, error) {
		n++
		if !w.Fits(term) || name == fieldKey && query.Fold(term) != term {
			return true, e.tick(n)
		}
		b, err := s.docs(name, term)
		if err == nil {
			sum.Or(b)
		}
		return true, errors.Join(err, e.tick(n))
	})
	return sum, err
}

// within finds documents by the numbers and times in the column.
func (e *evaluator) within(s *segView, r *query.Range, only *roaring.Bitmap) (hits, error) {
	col, err := s.column()
	if err != nil {
		return hits{}, err
	}
	if r.Field == "published" || r.Field == "time" {
		from, before := r.Times(e.now)
		lo, hi := millisOf(from, minMillis), millisOf(before, maxMillis)
		seen := r.Field == "time"
		return sure(col.within(only, lo, hi, func(b *timeBlock) bool { return b.published || seen && b.first > noMillis }, func(i int) bool {
			return col.published[i] || seen && col.times[i] != noMillis
		})), nil
	}
	k, ok := numberField(r.Field)
	if !ok {
		return hits{}, fmt.Errorf("index: %s: has no ranges", r.Field)
	}
	low, high, withLow, withHigh := r.Numbers()
	numbers := col.numbers[k]
	return sure(those(len(numbers), only, func(i int) bool {
		v := numbers[i]
		return (v > low || withLow && v == low) && (v < high || withHigh && v == high)
	})), nil
}

// those returns the numbers below n, or among only, for which fn is true.
func those(n int, only *roaring.Bitmap, fn func(i int) bool) *roaring.Bitmap {
	dense := make([]uint64, (n+63)/64)
	if only == nil {
		for i := range n {
			if fn(i) {
				dense[i/64] |= 1 << (i % 64)
			}
		}
		return roaring.FromDense(dense, false)
	}
	for it := only.Iterator(); it.HasNext(); {
		if i := int(it.Next()); i < n && fn(i) {
			dense[i/64] |= 1 << (i % 64)
		}
	}
	return roaring.FromDense(dense, false)
}

// noMillis is the time of a document without any.
var noMillis = time.Time{}.UnixMilli()

const (
	minMillis = -1 << 62
	maxMillis = 1 << 62
)

// millisOf rounds up to milliseconds, which is what times are kept in; the
// zero time is an open end.
func millisOf(t time.Time, open int64) int64 {
	if t.IsZero() {
		return open
	}
	ms := t.UnixMilli()
	if t.After(time.UnixMilli(ms)) {
		ms++
	}
	return ms
}
