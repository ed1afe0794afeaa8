package index

import (
	"context"
	"math"
	"slices"

	"github.com/RoaringBitmap/roaring/v2"
)

// A forward index lists the words of each document of a segment, which the
// dictionaries have the other way round: counting the words of some documents
// costs some nanoseconds a word of theirs, however many words there are.
type forward struct {
	words string   // one after the other
	ends  []uint32 // by word: where it ends
	sums  []uint64 // by word: its hash
	codes []uint32 // by word: its number in the lists; that of a frequent one is small
	have  []uint32 // by code: documents that have it, deleted ones too

	often, seldom codeLists
}

// codeLists are the codes of each document: one byte each below oftenCodes, else
// three.
type codeLists struct {
	starts []uint32 // by document: where its list begins
	list   []byte
}

const (
	oftenCodes = 1 << 8
	mostCodes  = 1 << 24
)

// in returns the lists that have a code.
func (f *forward) in(code uint32) *codeLists {
	if code < oftenCodes {
		return &f.often
	}
	return &f.seldom
}

// open makes room for the codes of documents, that were counted in starts.
func (l *codeLists) open(size uint32) {
	for doc := range len(l.starts) - 1 {
		l.starts[doc+1] = size*l.starts[doc+1] + l.starts[doc]
	}
	l.list = make([]byte, l.starts[len(l.starts)-1])
}

func (f *forward) bytes() int64 {
	return int64(len(f.words) + 8*len(f.sums) + 4*(len(f.ends)+len(f.codes)+len(f.have)+len(f.often.starts)+len(f.seldom.starts)) + len(f.often.list) + len(f.seldom.list))
}

// mostPostings is how many words of documents a forward index has at most:
// reading them takes four bytes each.
const mostPostings = 1 << 24

// readForward reads the words of fields that keep says yes to, and says how many
// bytes they need; nothing when that is more than most.
func readForward(ctx context.Context, s *segView, fields []string, keep func(word string) bool, most int64) (*forward, int64, error) {
	n := s.seg.Count()
	f := &forward{often: codeLists{starts: make([]uint32, n+1)}, seldom: codeLists{starts: make([]uint32, n+1)}}
	var words []byte
	var docs []uint32 // of one word after the other
	err := s.eachWord(ctx, fields, keep, func(word string, r *postingsReader) bool {
		words = append(words, word...)
		f.ends, f.sums = append(f.ends, uint32(len(words))), append(f.sums, sumOf(word))
		before := len(docs)
		r.each(func(doc uint32) { docs = append(docs, doc) })
		f.have = append(f.have, uint32(len(docs)-before))
		return len(docs) <= mostPostings && len(f.have) < mostCodes
	})
	if err != nil {
		return nil, 0, err
	}
	if len(docs) > mostPostings || len(f.have) >= mostCodes {
		return nil, math.MaxInt64, nil
	}
	f.words = string(words)
	f.number()
	needs := f.bytes() + int64(len(docs))
	for _, have := range f.have[min(oftenCodes, len(f.have)):] {
		needs += 2 * int64(have)
	}
	if needs > most {
		return nil, needs, nil
	}
	f.fill(docs)
	return f, needs, nil
}

// fill writes the lists of the documents of one word after the other.
func (f *forward) fill(docs []uint32) {
	each := func(fn func(code uint32, docs []uint32)) {
		at := uint32(0)
		for _, code := range f.codes {
			fn(code, docs[at:at+f.have[code]])
			at += f.have[code]
		}
	}
	each(func(code uint32, docs []uint32) {
		starts := f.in(code).starts
		for _, doc := range docs {
			starts[doc+1]++
		}
	})
	f.often.open(1)
	f.seldom.open(3)
	often, seldom := slices.Clone(f.often.starts), slices.Clone(f.seldom.starts)
	each(func(code uint32, docs []uint32) {
		if code < oftenCodes {
			for _, doc := range docs {
				f.often.list[often[doc]] = byte(code)
				often[doc]++
			}
			return
		}
		for _, doc := range docs {
			list := f.seldom.list[seldom[doc]:]
			list[0], list[1], list[2] = byte(code), byte(code>>8), byte(code>>16)
			seldom[doc] += 3
		}
	})
}

// number gives words their codes, those that most documents have first.
func (f *forward) number() {
	byCount := make([]uint32, len(f.have))
	for i := range byCount {
		byCount[i] = uint32(i)
	}
	slices.SortFunc(byCount, func(a, b uint32) int { return int(f.have[b]) - int(f.have[a]) })
	f.codes = make([]uint32, len(byCount))
	have := make([]uint32, len(byCount))
	for code, i := range byCount {
		f.codes[i], have[code] = uint32(code), f.have[i]
	}
	f.have, f.ends, f.sums = have, slices.Clone(f.ends), slices.Clone(f.sums)
}

// count counts, by code, the documents of two sets that have each word. The
// sets have no document in common. Of these and of the documents in neither,
// the largest are not counted one by one: they are what is left.
func (f *forward) count(a, b *roaring.Bitmap) (ofA, ofB []uint32) {
	n := uint64(len(f.often.starts) - 1)
	sizeA, sizeB := a.GetCardinality(), b.GetCardinality()
	rest := func() []uint32 { return f.sum(roaring.Flip(roaring.Or(a, b), 0, n)) }
	switch sizeC := n - sizeA - sizeB; {
	case sizeC >= max(sizeA, sizeB):
		return f.sum(a), f.sum(b)
	case sizeA >= sizeB:
		ofB = f.sum(b)
		return f.left(ofB, rest()), ofB
	default:
		ofA = f.sum(a)
		return ofA, f.left(ofA, rest())
	}
}

// left counts the documents that were not counted in two sums; the second is
// overwritten.
func (f *forward) left(a, b []uint32) []uint32 {
	for code, have := range f.have {
		b[code] = have - a[code] - b[code]
	}
	return b
}

// sum counts, by code, those of docs that have each word, one by one.
func (f *forward) sum(docs *roaring.Bitmap) []uint32 {
	sums := make([]uint32, len(f.have))
	if docs.IsEmpty() {
		return sums
	}
	var often [oftenCodes]uint32
	eachDoc(docs, func(doc uint32) {
		for _, code := range f.often.list[f.often.starts[doc]:f.often.starts[doc+1]] {
			often[code]++
		}
		for list := f.seldom.list[f.seldom.starts[doc]:f.seldom.starts[doc+1]]; len(list) >= 3; list = list[3:] {
			sums[uint32(list[0])|uint32(list[1])<<8|uint32(list[2])<<16]++
		}
	})
	copy(sums, often[:])
	return sums
}

// forward returns the words of a kind of trend from the cache, reading them
// when there is memory for them; nil when there is none.
func (s *segView) forward(ctx context.Context, k *trendKind) (*forward, error) {
	found, err := s.sh.columns.cached(s.id, k.fieldKey(), func(most int64) (kept, int64, error) {
		f, needs, err := readForward(ctx, s, k.fields, k.listed, most)
		if f == nil {
			return nil, needs, err
		}
		return f, needs, err
	})
	f, _ := found.(*forward)
	return f, err
}

// eachWord calls fn with each word of fields that keep says yes to, in the
// order of the dictionary, and its documents, until it returns false.
func (s *segView) eachWord(ctx context.Context, fields []string, keep func(word string) bool, fn func(word string, r *postingsReader) bool) error {
	r := newPostingsReader(s, fields)
	n := 0
	return s.each(fields, func(word string, in []bool) (bool, error) {
		if n++; n%4096 == 0 && ctx.Err() != nil {
			return false, tooSlow(ctx, ctx.Err())
		}
		if !keep(word) {
			return true, nil
		}
		if err := r.read(in, word); err != nil {
			return false, err
		}
		return fn(word, r), nil
	})
}
