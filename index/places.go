package index

import (
	"cmp"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/query"
)

// A place is where a word stands in a document's field.
type place struct {
	doc      uint32
	position int // of the token; of links, the link's number in the high half
	sentence int
}

// linkShift keeps the positions of different links so far apart that they are
// never in a row.
const linkShift = 32

// A leaf is the places of one word in one field, read document by document in
// ascending order.
type leaf struct {
	places []place
	next   int
}

// of returns the places in a document; documents are asked for in ascending
// order.
func (l *leaf) of(doc uint32) []place {
	for l.next < len(l.places) && l.places[l.next].doc < doc {
		l.next++
	}
	end := l.next
	for end < len(l.places) && l.places[end].doc == doc {
		end++
	}
	return l.places[l.next:end]
}

// leaf reads the places of a word in some documents.
func (e *evaluator) leaf(s *segView, name string, w *query.Word, docs *roaring.Bitmap) (*leaf, error) {
	terms, err := e.expand(s, name, w)
	if err != nil {
		return nil, err
	}
	r := reader{s: s, name: name}
	if w.Kind == query.Exact {
		r.spelled, r.spelling = true, spellingOf(w.Text, w.Folded)
	}
	for i, term := range terms {
		if err := e.tick(i); err != nil {
			return nil, err
		}
		if err := r.read(term, docs); err != nil {
			return nil, err
		}
	}
	if len(terms) > 1 {
		slices.SortFunc(r.places, func(a, b place) int {
			return cmp.Or(cmp.Compare(a.doc, b.doc), cmp.Compare(a.position, b.position))
		})
		r.places = slices.Compact(r.places) // two forms of one token
	}
	return &leaf{places: r.places}, nil
}

// A reader reads places term by term.
type reader struct {
	s        *segView
	name     string
	spelled  bool // only this spelling
	spelling uint64
	it       segment.PostingsIterator
	places   []place
}

func (r *reader) read(term string, docs *roaring.Bitmap) error {
	list, err := r.s.postings(r.name, term)
	if err != nil {
		return err
	}
	all, err := bitmap(list)
	if err != nil {
		return err
	}
	some := roaring.And(all, docs)
	if some.IsEmpty() {
		return nil
	}
	r.it = list.Iterator(true, true, true, r.it)
	if o, ok := r.it.(segment.OptimizablePostingsIterator); ok {
		o.ReplaceActual(some)
	}
	for {
		p, err := r.it.Next()
		if err != nil {
			return r.s.damaged(err)
		}
		if p == nil {
			return nil
		}
		doc := uint32(p.Number())
		for _, l := range p.Locations() {
			if r.spelled && l.End() != r.spelling {
				continue
			}
			pl := place{doc: doc, position: int(l.Pos()), sentence: int(l.Start())}
			if r.name == fieldLink {
				pl.position += pl.sentence << linkShift
			}
			r.places = append(r.places, pl)
		}
	}
}
