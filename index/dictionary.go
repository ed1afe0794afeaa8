package index

import (
	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

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

func newPostingsReader(s *segView, fields []string) *postingsReader {
	return &postingsReader{s: s, fields: fields, lists: make([]segment.PostingsList, len(fields)), its: make([]segment.PostingsIterator, len(fields))}
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

// each calls fn with each document that has the term at hand.
func (r *postingsReader) each(fn func(doc uint32)) {
	if r.docs == nil {
		fn(r.doc)
		return
	}
	eachDoc(r.docs, fn)
}

// each calls fn with each term that one of the fields has, in order, and says
// which have it, until fn returns false.
func (s *segView) each(fields []string, fn func(term string, in []bool) (bool, error)) error {
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
		its[i] = iterate(d, nil, nil)
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
		if more, err := fn(least, in); err != nil || !more {
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
