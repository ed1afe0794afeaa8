package index

import (
	"runtime"
	"slices"
	"sync"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// cuts part a dictionary into stretches that are read side by side.
var cuts = []string{"", "b", "d", "g", "k", "n", "q", "t", "w", "\x7f"}

// windowWords counts the words of the window, dictionary by dictionary. Each
// processor reads its own stretches of all of them.
func (e *era) windowWords(k *trendKind) ([]*contender, error) {
	var (
		wg    sync.WaitGroup
		next  = make(chan int, len(cuts))
		lists = make([][]*contender, len(cuts))
		errs  = make([]error, len(cuts))
	)
	for i := range cuts {
		next <- i
	}
	close(next)
	for range min(runtime.GOMAXPROCS(0), len(cuts)) {
		wg.Go(func() {
			for i := range next {
				from, to := k.prefix+cuts[i], []byte(nil)
				if i+1 < len(cuts) {
					to = []byte(k.prefix + cuts[i+1])
				} else if k.prefix != "" {
					to = after(k.prefix)
				}
				lists[i], errs[i] = e.stretch(k, []byte(from), to)
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return slices.Concat(lists...), nil
}

// stretch counts the words of a stretch of the dictionaries.
func (e *era) stretch(k *trendKind, from, to []byte) ([]*contender, error) {
	found := map[string]*contender{}
	var list []*contender
	for _, g := range e.segs {
		if g.now.IsEmpty() {
			continue
		}
		s := *g.s // a view is used by one goroutine
		s.dicts = map[string]segment.TermDictionary{}
		r := &postingsReader{s: &s, fields: k.fields, lists: make([]segment.PostingsList, len(k.fields)), its: make([]segment.PostingsIterator, len(k.fields))}
		n := 0
		err := s.each(k.fields, from, to, func(term string, in []bool) error {
			if n++; n%4096 == 0 && e.ctx.Err() != nil {
				return tooSlow(e.ctx, e.ctx.Err())
			}
			if err := r.read(in, term); err != nil {
				return err
			}
			count := r.count(g.now)
			if count == 0 || !k.tells(term) {
				return nil
			}
			c := found[term]
			if c == nil {
				c = &contender{key: term}
				found[term] = c
				list = append(list, c)
			}
			c.now += count
			if g.steady != g.now {
				count = r.count(g.steady)
			}
			c.steady += count
			c.past += r.count(g.past)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return list, nil
}

// A postingsReader reads the documents of one term after the other into the
// same memory: a dictionary has hundreds of thousands of terms.
type postingsReader struct {
	s      *segView
	fields []string
	lists  []segment.PostingsList
	its    []segment.PostingsIterator

	docs *roaring.Bitmap // of the term at hand; nil where it has one document
	doc  uint32
}

// read reads the documents that have a term in the fields that are known to
// have it.
func (r *postingsReader) read(in []bool, term string) error {
	r.docs = nil
	first := true
	for i, name := range r.fields {
		if !in[i] {
			continue
		}
		b, doc, err := r.field(i, name, term)
		switch {
		case err != nil:
			return err
		case first:
			r.docs, r.doc, first = b, doc, false
			continue
		}
		sum := roaring.New()
		for _, h := range []struct {
			b   *roaring.Bitmap
			doc uint32
		}{{r.docs, r.doc}, {b, doc}} {
			if h.b == nil {
				sum.Add(h.doc)
			} else {
				sum.Or(h.b)
			}
		}
		r.docs = sum
	}
	return nil
}

func (r *postingsReader) field(i int, name, term string) (*roaring.Bitmap, uint32, error) {
	d, err := r.s.dict(name)
	if err != nil {
		return nil, 0, err
	}
	list, err := d.PostingsList([]byte(term), nil, r.lists[i])
	if err != nil {
		return nil, 0, r.s.damaged(err)
	}
	it := list.Iterator(false, false, false, r.its[i])
	r.lists[i], r.its[i] = list, it
	o, ok := it.(segment.OptimizablePostingsIterator)
	if !ok {
		return empty, 0, nil
	}
	if n, ok := o.DocNum1Hit(); ok {
		return nil, uint32(n), nil
	}
	if b := o.ActualBitmap(); b != nil {
		return b, 0, nil
	}
	return empty, 0, nil
}

// count returns how many of docs have the term at hand.
func (r *postingsReader) count(docs *roaring.Bitmap) uint64 {
	switch {
	case r.docs != nil:
		return r.docs.AndCardinality(docs)
	case docs.Contains(r.doc):
		return 1
	}
	return 0
}

// each calls fn with each term that one of the fields has from one key to
// another, in order, and says which have it.
func (s *segView) each(fields []string, from, to []byte, fn func(term string, in []bool) error) error {
	its := make([]segment.DictionaryIterator, len(fields))
	heads := make([]string, len(fields))
	open := make([]bool, len(fields))
	step := func(i int) error {
		entry, err := its[i].Next()
		if err != nil {
			return s.damaged(err)
		}
		if open[i] = entry != nil; open[i] {
			heads[i] = entry.Term
		}
		return nil
	}
	for i, name := range fields {
		d, err := s.dict(name)
		if err != nil {
			return err
		}
		its[i] = iterate(d, from, to)
		if err := step(i); err != nil {
			return err
		}
	}
	in := make([]bool, len(fields))
	for {
		least, some := "", false
		for i := range fields {
			if open[i] && (!some || heads[i] < least) {
				least, some = heads[i], true
			}
		}
		if !some {
			return nil
		}
		for i := range fields {
			in[i] = open[i] && heads[i] == least
		}
		if err := fn(least, in); err != nil {
			return err
		}
		for i := range fields {
			if in[i] {
				if err := step(i); err != nil {
					return err
				}
			}
		}
	}
}
