package index

import (
	"context"
	"math"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/mention"
	"earshot/query"
)

// ranked picks the first limit documents after a cursor by engagement or by
// relevance. Equal ones come newest first; what has no measured engagement
// comes last.
//
// Relevance is BM25 over the words a query looks for, title and text each on
// its own. It depends on what else is in the index, so pages of a search that
// is written to meanwhile may repeat or miss a row.
func (x *Index) ranked(ctx context.Context, qu question, c *cursor, limit int, order string) (picked, error) {
	ctx, cancel := limited(ctx)
	defer cancel()
	var p picked
	r, err := x.rankerOf(ctx, qu, order)
	if err != nil {
		return p, err
	}
	var after int
	err = x.eachShard(ctx, qu, func(f *finding) error {
		p.total += f.total
		items, err := f.scored(&r, order, c)
		if err != nil {
			return err
		}
		after += len(items)
		if items, err = top(items, limit); err != nil { // ids are read while the view is open
			return err
		}
		p.items, err = top(append(p.items, items...), limit)
		return err
	})
	p.more = after > len(p.items)
	return p, err
}

// scored returns the documents of f that come after a cursor, with their
// scores.
func (f *finding) scored(r *ranker, order string, c *cursor) ([]item, error) {
	var items []item
	for _, part := range f.parts {
		col, err := part.seg.column()
		if err != nil {
			return nil, err
		}
		scores := engagementOf(col)
		if order == mention.RelevanceFirst {
			if scores, err = r.scores(part); err != nil {
				return nil, err
			}
		}
		for it := part.docs.Iterator(); it.HasNext(); {
			n := it.Next()
			i := item{score: scores(n), time: col.times[n], doc: n, seg: part.seg}
			if c != nil {
				mark := item{score: c.Score, time: c.Time, id: c.ID}
				if i.score == mark.score && i.time == mark.time {
					if i.id, err = part.seg.docID(n); err != nil {
						return nil, err
					}
				}
				if mark.compare(i) >= 0 {
					continue
				}
			}
			items = append(items, i)
		}
	}
	return items, nil
}

// engagementOf orders by engagement; what has none comes after zero.
func engagementOf(col *column) func(n uint32) int64 {
	numbers := col.numbers[numEngagement]
	return func(n uint32) int64 {
		if numbers == nil || math.IsNaN(numbers[n]) {
			return -1
		}
		return int64(math.Float64bits(max(numbers[n], 0))) // ordered as the numbers are
	}
}

// The constants of BM25, and how much a word in a title counts.
const (
	bm25K      = 1.2
	bm25B      = 0.75
	titleBoost = 2
	bm25Length = 30   // tokens of a usual text; exact averages would have to read every text
	scoreUnit  = 1e6  // scores are kept as whole millionths, so that cursors are exact
	rareFloor  = 1e-3 // of the weight of a word that nearly every document has
)

// A ranker scores documents by the words that a query looks for.
type ranker struct {
	e      *evaluator
	words  []rankWord
	weight []float64
}

type rankWord struct {
	name string
	w    *query.Word
}

// rankerOf returns what an order needs; nothing unless it is relevance.
func (x *Index) rankerOf(ctx context.Context, qu question, order string) (ranker, error) {
	if order != mention.RelevanceFirst {
		return ranker{}, nil
	}
	r := newRanker(newEvaluator(ctx, qu.q, qu.now))
	return r, x.weigh(&r)
}

func newRanker(e *evaluator) ranker {
	r := ranker{e: e}
	r.collect(e.root)
	return r
}

// collect lists the words of the positive parts of a query.
func (r *ranker) collect(n query.Node) {
	switch n := n.(type) {
	case *query.And:
		for _, arg := range n.Args {
			r.collect(arg)
		}
	case *query.Or:
		for _, arg := range n.Args {
			r.collect(arg)
		}
	case *query.Near:
		r.collect(n.Left)
		if !n.Negated {
			r.collect(n.Right)
		}
	case *query.Sentence:
		r.collect(n.Left)
		r.collect(n.Right)
	case *query.Repeat:
		r.collect(n.Arg)
	case *query.Phrase:
		for _, name := range textFields(n.Scope) {
			for i := range n.Words {
				r.words = append(r.words, rankWord{name, &n.Words[i]})
			}
		}
	}
}

// weigh gives each word its weight: the rarer, the heavier.
func (x *Index) weigh(r *ranker) error {
	var total float64
	counts := make([]float64, len(r.words))
	for _, key := range x.keys() {
		err := func() error {
			v, err := x.view(key)
			if err != nil {
				return err
			}
			defer v.close()
			total += float64(v.count())
			for _, s := range v.segs {
				if err := r.count(s, counts); err != nil {
					return err
				}
			}
			return nil
		}()
		if err != nil {
			return err
		}
	}
	r.weight = make([]float64, len(r.words))
	for i, n := range counts {
		r.weight[i] = max(math.Log(1+(total-n+0.5)/(n+0.5)), rareFloor)
		if r.words[i].name == fieldTitle {
			r.weight[i] *= titleBoost
		}
	}
	return nil
}

func (r *ranker) count(s *segView, counts []float64) error {
	if err := r.e.ctx.Err(); err != nil {
		return r.e.slow(err)
	}
	for i, w := range r.words {
		terms, err := r.e.expand(s, w.name, w.w)
		if err != nil {
			return err
		}
		b, err := s.union(w.name, terms)
		if err != nil {
			return err
		}
		counts[i] += float64(b.GetCardinality())
		if s.deleted != nil {
			counts[i] -= float64(b.AndCardinality(s.deleted))
		}
	}
	return nil
}

// scores returns the score of the documents that were found in a segment.
func (r *ranker) scores(part found) (func(n uint32) int64, error) {
	sums := map[uint32]float64{}
	for i, w := range r.words {
		terms, err := r.e.expand(part.seg, w.name, w.w)
		if err != nil {
			return nil, err
		}
		for _, term := range terms {
			if err := addScores(sums, part, w.name, term, r.weight[i]); err != nil {
				return nil, err
			}
		}
	}
	return func(n uint32) int64 { return int64(math.Round(sums[n] * scoreUnit)) }, nil
}

func addScores(sums map[uint32]float64, part found, name, term string, weight float64) error {
	list, err := part.seg.postings(name, term)
	if err != nil {
		return err
	}
	all, err := bitmap(list)
	if err != nil {
		return err
	}
	some := roaring.And(all, part.docs)
	if some.IsEmpty() {
		return nil
	}
	it := list.Iterator(true, true, false, nil)
	if o, ok := it.(segment.OptimizablePostingsIterator); ok {
		o.ReplaceActual(some)
	}
	for {
		p, err := it.Next()
		if err != nil {
			return part.seg.damaged(err)
		}
		if p == nil {
			return nil
		}
		f := float64(p.Frequency())
		length := float64(math.Float32bits(float32(p.Norm()))) // bleve keeps the length in the bits of the norm
		sums[uint32(p.Number())] += weight * f * (bm25K + 1) / (f + bm25K*(1-bm25B+bm25B*length/bm25Length))
	}
}
