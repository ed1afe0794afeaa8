package index

import (
	"sync/atomic"
)

// ordinalBytes bounds what ordinals of an index keep in memory.
const ordinalBytes = 96 << 20

// ordinals are the values of a field by document: document i has the terms
// with the numbers list[starts[i]:starts[i+1]]. Counting by them costs some
// nanoseconds a document.
type ordinals struct {
	terms  []string
	starts []uint32
	list   []uint32
}

func (o *ordinals) bytes() int64 {
	n := int64(4*len(o.starts) + 4*len(o.list) + 16*len(o.terms))
	for _, t := range o.terms {
		n += int64(len(t))
	}
	return n
}

// A budget is memory that is handed out until none is left.
type budget struct {
	used atomic.Int64
}

// take reports whether n bytes were left.
func (b *budget) take(n int64) bool {
	if b.used.Add(n) <= ordinalBytes {
		return true
	}
	b.used.Add(-n)
	return false
}

func (b *budget) give(n int64) { b.used.Add(-n) }

// readOrdinals reads the values of a field, term by term.
func readOrdinals(s *segView, name string) (*ordinals, error) {
	var pairs []docTerm
	o := &ordinals{}
	err := s.terms(name, "", func(term string) (bool, error) {
		b, err := s.docs(name, term)
		if err != nil {
			return false, err
		}
		ord := uint32(len(o.terms))
		o.terms = append(o.terms, term)
		for it := b.Iterator(); it.HasNext(); {
			pairs = append(pairs, docTerm{it.Next(), ord})
		}
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	o.file(int(s.seg.Count()), pairs)
	return o, nil
}

// A docTerm is a document that has a term, by numbers.
type docTerm struct{ doc, ord uint32 }

// file orders terms by the document, of n, that has them.
func (o *ordinals) file(n int, pairs []docTerm) {
	o.starts = make([]uint32, n+1)
	for _, p := range pairs {
		o.starts[p.doc+1]++
	}
	for i := 1; i <= n; i++ {
		o.starts[i] += o.starts[i-1]
	}
	o.list = make([]uint32, len(pairs))
	next := make([]uint32, len(o.starts))
	copy(next, o.starts)
	for _, p := range pairs {
		o.list[next[p.doc]] = p.ord
		next[p.doc]++
	}
}

// ordinals returns the values of a field from the cache, reading them when
// they are worth keeping; nil when they are not.
func (s *segView) ordinals(name string) (*ordinals, error) {
	c := &s.sh.columns
	if o := c.ordinals(s.id, name); o != nil {
		return o, nil
	}
	d, err := s.dict(name)
	if err != nil {
		return nil, err
	}
	// A value of its own for every other document is not worth its memory.
	if uint64(d.Cardinality()) > s.seg.Count()/2 {
		return nil, nil //nolint:nilnil // no ordinals, no error
	}
	o, err := readOrdinals(s, name)
	if err != nil {
		return nil, err
	}
	c.setOrdinals(s.id, name, o)
	return o, nil
}
