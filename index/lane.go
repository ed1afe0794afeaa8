package index

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
	"earshot/query"
)

// The dimensions that are told from a column, not from the values of a field.
const dimSentiment = "sentiment"

func isTime(dim string) bool { return dim == Hour || dim == Day || dim == Week }

// sentiments are the values of the sentiment dimension, by class.
var sentiments = [...]string{
	mention.Positive, mention.Negative, mention.Neutral, mention.Mixed, query.FlagUnsupported, query.FlagUnscored,
}

// The last two of them.
const (
	classUnsupported = 4
	classUnscored    = 5
)

// classOf returns the class of a label; unscored when there is none.
func classOf(label string) uint8 {
	if i := slices.Index(sentiments[:classUnsupported], label); i >= 0 {
		return uint8(i)
	}
	return classUnscored
}

// none is the number of a value that is not counted.
const none = ^uint32(0)

// A lane numbers the values of one dimension over all segments.
type lane struct {
	ctx     context.Context
	dim     string
	names   []string // by number; of time: none
	numbers map[string]uint32
	only    map[string]bool // values that are counted; nil means all
	cal     *calendar       // of time
	skip    []bool          // by number: not among only
}

func newLane(ctx context.Context, dim string, zone *time.Location) *lane {
	l := &lane{ctx: ctx, dim: dim, numbers: map[string]uint32{}}
	switch {
	case isTime(dim):
		l.cal = newCalendar(dim, zone)
	case dim == dimSentiment:
		for _, name := range sentiments {
			l.number(name)
		}
	}
	return l
}

// fieldOf returns the field of the index that holds the values of a
// dimension.
func fieldOf(dim string) string {
	if dim == "site" {
		return fieldHost
	}
	return dim
}

// number returns the number of a value.
func (l *lane) number(name string) uint32 {
	n, ok := l.numbers[name]
	if !ok {
		n = uint32(len(l.names))
		l.numbers[name] = n
		l.names = append(l.names, name)
		l.skip = append(l.skip, l.only != nil && !l.only[name])
	}
	if l.skip[n] {
		return none
	}
	return n
}

// size returns how many numbers there are.
func (l *lane) size() int {
	if l.cal != nil {
		return len(l.cal.starts)
	}
	return len(l.names)
}

// A laneReader gives the numbers of the values of a document.
type laneReader interface {
	values(doc uint32, buf []uint32) []uint32
}

// read returns the reader of a segment's documents.
func (l *lane) read(s *segView, docs *roaring.Bitmap) (laneReader, error) {
	if l.cal != nil || l.dim == dimSentiment {
		col, err := s.column()
		if err != nil {
			return nil, err
		}
		if l.cal != nil {
			return &timeReader{col.times, l.cal.within(s.sh.key)}, nil
		}
		return &classReader{l, col.classes}, nil
	}
	o, err := s.valuesOf(l.ctx, fieldOf(l.dim), docs)
	if err != nil {
		return nil, err
	}
	return &valueReader{o, l.renumber(o)}, nil
}

// renumber returns the lane's number of each term.
func (l *lane) renumber(o *ordinals) []uint32 {
	list := make([]uint32, len(o.terms))
	for ord, term := range o.terms {
		list[ord] = l.number(term)
	}
	return list
}

type valueReader struct {
	o       *ordinals
	numbers []uint32 // by ordinal
}

func (r *valueReader) values(doc uint32, buf []uint32) []uint32 {
	for _, ord := range r.o.of(doc) {
		if n := r.numbers[ord]; n != none {
			buf = append(buf, n)
		}
	}
	return buf
}

type classReader struct {
	l       *lane
	classes []uint8
}

func (r *classReader) values(doc uint32, buf []uint32) []uint32 {
	n := uint32(r.classes[doc])
	if r.l.skip[n] {
		return buf
	}
	return append(buf, n)
}

type timeReader struct {
	times []int64
	cal   *monthCalendar
}

func (r *timeReader) values(doc uint32, buf []uint32) []uint32 {
	return append(buf, r.cal.number(r.times[doc]))
}

// count counts documents by number, where nothing else is asked for: some
// nanoseconds a document.
func (l *lane) count(s *segView, docs *roaring.Bitmap, sums []uint64) ([]uint64, error) {
	err := l.counts(s, []*roaring.Bitmap{docs}, []*[]uint64{&sums})
	return sums, err
}

// counts counts several sets of documents by number.
func (l *lane) counts(s *segView, sets []*roaring.Bitmap, sums []*[]uint64) error {
	if counted, err := l.countFew(s, sets, sums); counted || err != nil {
		return err
	}
	all := sets[0]
	if len(sets) > 1 {
		all = roaring.FastOr(sets...)
	}
	r, err := l.read(s, all)
	if err != nil {
		return err
	}
	for i, docs := range sets {
		if docs.IsEmpty() {
			continue
		}
		add := func(n uint32, count uint64) { addTo(sums[i], n, count) }
		switch r := r.(type) {
		case *valueReader:
			for ord, n := range r.o.count(docs) {
				if n > 0 && r.numbers[ord] != none {
					add(r.numbers[ord], uint64(n))
				}
			}
		case *timeReader:
			r.cal.count(r.times, docs, add)
		default:
			var buf [1]uint32
			eachDoc(docs, func(doc uint32) {
				for _, n := range r.values(doc, buf[:0]) {
					add(n, 1)
				}
			})
		}
	}
	return nil
}

// addTo adds to the n-th of numbers.
func addTo(sums *[]uint64, n uint32, count uint64) {
	for uint32(len(*sums)) <= n {
		*sums = append(*sums, 0)
	}
	(*sums)[n] += count
}

// fewValues is how many documents of a segment there are for each value at
// least where values are few.
const fewValues = 512

// countFew counts documents by the sets of few values, which are not worth the
// memory of their ordinals, and reports whether they are few.
func (l *lane) countFew(s *segView, sets []*roaring.Bitmap, sums []*[]uint64) (bool, error) {
	name := fieldOf(l.dim)
	if l.cal != nil || l.dim == dimSentiment {
		return false, nil
	}
	if k, _ := s.sh.columns.look(s.id, name); k != nil {
		return false, nil
	}
	d, err := s.dict(name)
	if err != nil || uint64(d.Cardinality()) > s.seg.Count()/fewValues {
		return false, err
	}
	return true, s.terms(name, "", func(term string) (bool, error) {
		b, err := s.docs(name, term)
		if err != nil {
			return false, err
		}
		for i, docs := range sets {
			if n := b.AndCardinality(docs); n > 0 {
				if number := l.number(term); number != none {
					addTo(sums[i], number, n)
				}
			}
		}
		return true, nil
	})
}

// eachDoc calls fn with each document.
func eachDoc(docs *roaring.Bitmap, fn func(doc uint32)) {
	var buf [256]uint32
	for it := docs.ManyIterator(); ; {
		n := it.NextMany(buf[:])
		if n == 0 {
			return
		}
		for _, doc := range buf[:n] {
			fn(doc)
		}
	}
}

// valuesOf returns the values of a field: all of them where they are kept in
// memory, else those of docs alone.
func (s *segView) valuesOf(ctx context.Context, name string, docs *roaring.Bitmap) (*ordinals, error) {
	o, err := s.ordinals(ctx, name)
	if err != nil || o != nil {
		return o, err
	}
	o = &ordinals{}
	var pairs []docTerm
	known := map[string]uint32{}
	err = s.visit(ctx, name, docs, func(doc uint32, term string) {
		ord, ok := known[term]
		if !ok {
			term = strings.Clone(term)
			ord = uint32(len(o.terms))
			known[term] = ord
			o.terms = append(o.terms, term)
		}
		pairs = append(pairs, docTerm{doc, ord})
	})
	if err != nil {
		return nil, err
	}
	o.file(int(s.seg.Count()), pairs)
	return o, nil
}
