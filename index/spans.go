package index

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/query"
)

// A span is a stretch of tokens in a field of a document, with the sentences
// that its first and its last token stand in.
type span struct {
	first, last                 int
	firstSentence, lastSentence int
}

// maxSpans is how many spans one part of a query may have in one document.
const maxSpans = 1 << 20

// documentsAtOnce bounds how many documents' places are in memory.
const documentsAtOnce = 32768

// positions finds documents by where words stand in them: first those that
// have the words, then each of these by its positions.
func (e *evaluator) positions(s *segView, n query.Node, only *roaring.Bitmap) (hits, error) {
	repeat := 1
	if r, ok := n.(*query.Repeat); ok {
		n, repeat = r.Arg, r.N
	}
	names := []string{fieldTitle, fieldText}
	if a, ok := n.(*query.Address); ok {
		names = []string{a.Field}
	}
	fields := make([]*roaring.Bitmap, len(names))
	for i, name := range names {
		b, err := e.candidates(s, name, n)
		if err != nil {
			return hits{}, err
		}
		if only != nil {
			b = roaring.And(b, only)
		}
		fields[i] = b
	}
	all := fields[0]
	if len(fields) > 1 {
		all = roaring.Or(fields[0], fields[1])
	}
	if hasOdd(n) {
		return hits{empty, all}, nil
	}
	found := roaring.New()
	for many := all.ManyIterator(); ; {
		docs := make([]uint32, min(documentsAtOnce, all.GetCardinality()))
		docs = docs[:many.NextMany(docs)]
		if len(docs) == 0 {
			return sure(found), nil
		}
		if err := e.check(s, n, repeat, names, fields, docs, found); err != nil {
			return hits{}, err
		}
	}
}

// check adds those of docs to found that have spans at enough different
// starts.
func (e *evaluator) check(s *segView, n query.Node, repeat int, names []string, fields []*roaring.Bitmap, docs []uint32, found *roaring.Bitmap) error {
	some := roaring.BitmapOf(docs...)
	parts := make([]part, len(names))
	for i, name := range names {
		p, err := e.part(s, name, n, roaring.And(fields[i], some))
		if err != nil {
			return err
		}
		parts[i] = p
	}
	for i, doc := range docs {
		if err := e.tick(i); err != nil {
			return err
		}
		starts := 0
		for _, p := range parts { // a field without the words has no places to read
			list, err := p.spans(doc, repeat == 1)
			if err != nil {
				return err
			}
			starts += countStarts(list)
			if starts >= repeat {
				found.Add(doc)
				break
			}
		}
	}
	return nil
}

func countStarts(list []span) int {
	n := 0
	for i := range list {
		if i == 0 || list[i].first != list[i-1].first {
			n++
		}
	}
	return n
}

// candidates returns the documents that have the words which spans of n in a
// field cannot do without.
func (e *evaluator) candidates(s *segView, name string, n query.Node) (*roaring.Bitmap, error) {
	switch n := n.(type) {
	case *query.Phrase:
		if !slices.Contains(textFields(n.Scope), name) {
			return empty, nil
		}
		return e.having(s, name, n.Words)
	case *query.Address:
		return e.having(s, name, n.Words)
	case *query.Or:
		sum := roaring.New()
		for _, arg := range n.Args {
			b, err := e.candidates(s, name, arg)
			if err != nil {
				return nil, err
			}
			sum.Or(b)
		}
		return sum, nil
	case *query.Near:
		if n.Negated {
			return e.candidates(s, name, n.Left)
		}
		return e.both(s, name, n.Left, n.Right)
	case *query.Sentence:
		return e.both(s, name, n.Left, n.Right)
	}
	return nil, fmt.Errorf("index: %T has no place in a text", n)
}

func (e *evaluator) both(s *segView, name string, l, r query.Node) (*roaring.Bitmap, error) {
	a, err := e.candidates(s, name, l)
	if err != nil || a.IsEmpty() {
		return empty, err
	}
	b, err := e.candidates(s, name, r)
	if err != nil {
		return nil, err
	}
	return roaring.And(a, b), nil
}

// having returns the documents that have all words in a field.
func (e *evaluator) having(s *segView, name string, words []query.Word) (*roaring.Bitmap, error) {
	var sum *roaring.Bitmap
	for i := range words {
		terms, err := e.expand(s, name, &words[i])
		if err != nil {
			return nil, err
		}
		b, err := s.union(name, terms)
		if err != nil {
			return nil, err
		}
		if sum == nil {
			sum = b
		} else {
			sum = roaring.And(sum, b)
		}
	}
	return sum, nil
}

// hasOdd reports whether n has an exact word whose spelling the index cannot
// tell.
func hasOdd(n query.Node) bool {
	switch n := n.(type) {
	case *query.Phrase:
		return slices.ContainsFunc(n.Words, func(w query.Word) bool {
			return w.Kind == query.Exact && spellingOf(w.Text, w.Folded) == spellingOdd
		})
	case *query.Or:
		return slices.ContainsFunc(n.Args, hasOdd)
	case *query.Near:
		return hasOdd(n.Left) || hasOdd(n.Right)
	case *query.Sentence:
		return hasOdd(n.Left) || hasOdd(n.Right)
	}
	return false
}

// A part gives the spans of a node in one field, document by document in
// ascending order. Spans are sorted by first and last and each is there once.
// With one, one span is enough.
type part interface {
	spans(doc uint32, one bool) ([]span, error)
}

// part makes the part of a node, reading the places of its words in docs.
func (e *evaluator) part(s *segView, name string, n query.Node, docs *roaring.Bitmap) (part, error) {
	switch n := n.(type) {
	case *query.Phrase:
		if !slices.Contains(textFields(n.Scope), name) {
			return nothing{}, nil
		}
		return e.row(s, name, n.Words, n.Slop, docs)
	case *query.Address:
		return e.row(s, name, n.Words, query.InRow, docs)
	case *query.Or:
		var p anyOf
		for _, arg := range n.Args {
			a, err := e.part(s, name, arg, docs)
			if err != nil {
				return nil, err
			}
			p = append(p, a)
		}
		return p, nil
	case *query.Near:
		l, r, err := e.pair(s, name, n.Left, n.Right, docs)
		if err != nil {
			return nil, err
		}
		if n.Negated {
			return &notNear{l: l, r: r, n: n.N, ordered: n.Ordered}, nil
		}
		return &near{e: e, l: l, r: r, n: n.N, ordered: n.Ordered}, nil
	case *query.Sentence:
		l, r, err := e.pair(s, name, n.Left, n.Right, docs)
		if err != nil {
			return nil, err
		}
		return &sentence{e: e, l: l, r: r}, nil
	}
	return nil, fmt.Errorf("index: %T has no place in a text", n)
}

func (e *evaluator) pair(s *segView, name string, left, right query.Node, docs *roaring.Bitmap) (l, r part, err error) {
	if l, err = e.part(s, name, left, docs); err != nil {
		return nil, nil, err
	}
	r, err = e.part(s, name, right, docs)
	return l, r, err
}

func (e *evaluator) row(s *segView, name string, words []query.Word, slop int, docs *roaring.Bitmap) (part, error) {
	leaves := make([]*leaf, len(words))
	for i := range words {
		l, err := e.leaf(s, name, &words[i], docs)
		if err != nil {
			return nil, err
		}
		leaves[i] = l
	}
	if slop == query.InRow || len(words) == 1 {
		return &inRow{leaves: leaves}, nil
	}
	return &slopped{leaves: leaves, width: len(words) + slop}, nil
}

type nothing struct{}

func (nothing) spans(uint32, bool) ([]span, error) { return nil, nil }

// anyOf has the spans of all its parts.
type anyOf []part

func (p anyOf) spans(doc uint32, one bool) ([]span, error) {
	var sum []span
	for _, a := range p {
		list, err := a.spans(doc, one)
		if err != nil {
			return nil, err
		}
		sum = append(sum, list...)
	}
	return sorted(sum), nil
}

// sorted orders spans and leaves out what is there twice.
func sorted(list []span) []span {
	if len(list) < 2 {
		return list
	}
	slices.SortFunc(list, func(a, b span) int {
		return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(a.last, b.last))
	})
	return slices.Compact(list)
}

// inRow has a span wherever its words stand in a row.
type inRow struct {
	leaves []*leaf
}

func (p *inRow) spans(doc uint32, one bool) ([]span, error) {
	lists := make([][]place, len(p.leaves))
	for i, l := range p.leaves {
		if lists[i] = l.of(doc); len(lists[i]) == 0 {
			return nil, nil
		}
	}
	var found []span
	for _, head := range lists[0] {
		last, ok := head, true
		for j := 1; j < len(lists) && ok; j++ {
			last, ok = at(lists[j], head.position+j)
		}
		if ok {
			found = append(found, span{head.position, last.position, head.sentence, last.sentence})
			if one {
				break
			}
		}
	}
	return found, nil
}

// at finds a position among places.
func at(list []place, position int) (place, bool) {
	i, ok := slices.BinarySearchFunc(list, position, func(p place, want int) int { return cmp.Compare(p.position, want) })
	if !ok {
		return place{}, false
	}
	return list[i], true
}
