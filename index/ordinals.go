package index

import (
	"context"
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/RoaringBitmap/roaring/v2"
)

// ordinalBytes bounds what ordinals and forward indexes keep in memory: of a
// million mentions about 90 MB.
const ordinalBytes = 192 << 20

// ordinals are the values of a field by document, as numbers of terms. Counting
// by them costs some nanoseconds a document.
type ordinals struct {
	terms  []string
	starts []uint32 // by document: where its numbers begin in list; nil where each has one at most
	list   []uint32 // then: by document, [none] where it has none
	have   []uint32 // by term: documents that have it, deleted ones too; nil where only some were read
	sums   []uint64 // by term: its hash; nil where nobody counts distinct ones
}

// of returns the numbers of the terms of a document.
func (o *ordinals) of(doc uint32) []uint32 {
	if o.starts != nil {
		return o.list[o.starts[doc]:o.starts[doc+1]]
	}
	if o.list[doc] == none {
		return nil
	}
	return o.list[doc : doc+1]
}

// eachValue calls fn with documents and the number of each of their terms.
func eachValue(o *ordinals, docs *roaring.Bitmap, fn func(doc, ord uint32)) {
	eachDoc(docs, func(doc uint32) {
		for _, ord := range o.of(doc) {
			fn(doc, ord)
		}
	})
}

// docs returns how many documents the segment has.
func (o *ordinals) docs() uint64 {
	if o.starts != nil {
		return uint64(len(o.starts) - 1)
	}
	return uint64(len(o.list))
}

func (o *ordinals) bytes() int64 {
	n := int64(4*len(o.starts) + 4*len(o.list) + 4*len(o.have) + 8*len(o.sums) + 16*len(o.terms))
	for _, t := range o.terms {
		n += int64(len(t))
	}
	return n
}

// A budget is memory that is handed out until none is left.
type budget struct {
	used    atomic.Int64
	reading [2]sync.Mutex // of what is read to be kept, which takes memory itself
}

// take reports whether n bytes were left.
func (b *budget) take(n int64) bool {
	if b.used.Add(n) <= ordinalBytes {
		return true
	}
	b.used.Add(-n)
	return false
}

// left returns how much memory is left.
func (b *budget) left() int64 { return ordinalBytes - b.used.Load() }

func (b *budget) give(n int64) { b.used.Add(-n) }

// readOrdinals reads the values of a field, term by term.
func readOrdinals(ctx context.Context, s *segView, name string) (*ordinals, error) {
	var pairs []docTerm
	o := &ordinals{}
	err := s.terms(name, "", func(term string) (bool, error) {
		if len(o.terms)%256 == 0 && ctx.Err() != nil {
			return false, tooSlow(ctx, ctx.Err())
		}
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
	o.have = make([]uint32, len(o.terms))
	for _, ord := range o.list {
		if ord != none {
			o.have[ord]++
		}
	}
	if name == "author" || name == fieldHost {
		o.sums = make([]uint64, len(o.terms))
		for ord, term := range o.terms {
			o.sums[ord] = sumOf(term)
		}
	}
	return o, nil
}

// sum returns the hash of a term, which is not 0.
func (o *ordinals) sum(ord int) uint64 {
	if o.sums != nil {
		return o.sums[ord]
	}
	return sumOf(o.terms[ord])
}

// sumSeed is what the hashes of names and words in memory begin with.
var sumSeed = maphash.MakeSeed()

// sumOf stands for a name where names are told apart by the million. Two of a
// million share one with a chance of 1 in 40 million.
func sumOf(name string) uint64 { return max(maphash.String(sumSeed, name), 1) }

// count counts, by term, the documents that have it. Where they are most of
// the segment, those that they are not are counted.
func (o *ordinals) count(docs *roaring.Bitmap) []uint32 {
	n, rest := o.docs(), docs
	most := o.have != nil && 2*docs.GetCardinality() > n
	if most {
		rest = roaring.Flip(docs, 0, n)
	}
	sums := make([]uint32, len(o.terms))
	if !rest.IsEmpty() {
		eachValue(o, rest, func(_, ord uint32) { sums[ord]++ })
	}
	if most {
		for ord, out := range sums {
			sums[ord] = o.have[ord] - out
		}
	}
	return sums
}

// A docTerm is a document that has a term, by numbers.
type docTerm struct{ doc, ord uint32 }

// file orders terms by the document, of n, that has them.
func (o *ordinals) file(n int, pairs []docTerm) {
	if o.fileOne(n, pairs) {
		return
	}
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

// fileOne is file where no document has several, and reports whether none has.
func (o *ordinals) fileOne(n int, pairs []docTerm) bool {
	o.list = make([]uint32, n)
	for i := range o.list {
		o.list[i] = none
	}
	for _, p := range pairs {
		if o.list[p.doc] != none {
			return false
		}
		o.list[p.doc] = p.ord
	}
	return true
}

// ordinals returns the values of a field from the cache, reading them when
// they are worth keeping; nil when they are not.
func (s *segView) ordinals(ctx context.Context, name string) (*ordinals, error) {
	k, err := s.sh.columns.cached(s.id, name, func(most int64) (kept, int64, error) {
		d, err := s.dict(name)
		if err != nil {
			return nil, 0, err
		}
		values, n := int64(d.Cardinality()), int64(s.seg.Count())
		// A value of its own for every other document is not worth its memory,
		// but for authors, which every overview counts.
		if name != "author" && values > n/2 {
			return nil, 0, nil
		}
		if needs := 24*values + 4*n; needs > most {
			return nil, needs, nil
		}
		o, err := readOrdinals(ctx, s, name)
		if err != nil {
			return nil, 0, err
		}
		return o, o.bytes(), nil
	})
	o, _ := k.(*ordinals)
	return o, err
}
