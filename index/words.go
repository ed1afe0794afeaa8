package index

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"

	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// A wordTable counts words of several segments.
type wordTable struct {
	list  []contender
	slots []uint32 // open addressing, half of them empty at least: place in list plus 1
	sums  []uint64 // by place: the hash

	lacking []*eraSeg // of the past, not counted
}

// place returns the place of a word in the list; -1 when it is not in it.
func (t *wordTable) place(word string, sum uint64) int {
	if len(t.slots) == 0 {
		return -1
	}
	n := *t.slot(word, sum)
	return int(n) - 1
}

// add returns the place of a word, which is put into the list if need be.
func (t *wordTable) add(word string, sum uint64) int {
	if 2*len(t.list) >= len(t.slots) {
		t.grow(max(1024, 4*len(t.slots)))
	}
	n := t.slot(word, sum)
	if *n == 0 {
		t.list, t.sums = append(t.list, contender{key: word}), append(t.sums, sum)
		*n = uint32(len(t.list))
	}
	return int(*n) - 1
}

func (t *wordTable) slot(word string, sum uint64) *uint32 {
	mask := uint64(len(t.slots) - 1)
	for i := sum & mask; ; i = (i + 1) & mask {
		n := &t.slots[i]
		if *n == 0 || t.sums[*n-1] == sum && t.list[*n-1].key == word {
			return n
		}
	}
}

func (t *wordTable) grow(size int) {
	t.slots = make([]uint32, size)
	for i, sum := range t.sums {
		*t.slot(t.list[i].key, sum) = uint32(i + 1)
	}
}

// segWords are the words of one segment that stand in an era, by their number
// in its forward index; without one, by the order they were met in.
type segWords struct {
	f                 *forward
	words             []string
	now, steady, past []uint32
}

// each calls fn with each word and its hash, and with the place of its counts.
func (w *segWords) each(fn func(word string, sum uint64, at int)) {
	if w.f == nil {
		for i, word := range w.words {
			fn(word, sumOf(word), i)
		}
		return
	}
	from := uint32(0)
	for i, end := range w.f.ends {
		fn(w.f.words[from:end], w.f.sums[i], int(w.f.codes[i]))
		from = end
	}
}

// without leaves out counts that are all nothing.
func (w *segWords) without(g *eraSeg) *segWords {
	if g.now.IsEmpty() {
		w.now, w.steady = nil, nil
	}
	if g.past.IsEmpty() {
		w.past = nil
	}
	return w
}

// windowWords counts the words of a kind that stand in the window, in window
// and past, and returns the segments of the past that it did not count.
func (e *era) windowWords(k *trendKind) (list []*contender, lacking []*eraSeg, err error) {
	fields := k.fieldKey()
	if e.words[fields] == nil {
		t, err := e.countWords(k)
		if err != nil {
			return nil, nil, err
		}
		e.words[fields] = t
	}
	for i := range e.words[fields].list {
		if c := e.words[fields].list[i]; strings.HasPrefix(c.key, k.prefix) && k.tells(c.key) {
			list = append(list, &c)
		}
	}
	return list, e.words[fields].lacking, nil
}

// countWords counts the words of fields: those of the window that are frequent
// enough, and how often these stand in the past. Processors share the segments.
func (e *era) countWords(k *trendKind) (*wordTable, error) {
	var (
		wg    sync.WaitGroup
		next  = make(chan int, len(e.segs))
		lists = make([]*segWords, len(e.segs))
		errs  = make([]error, len(e.segs))
	)
	for i := range e.segs {
		next <- i
	}
	close(next)
	for range min(runtime.GOMAXPROCS(0), len(e.segs)) {
		wg.Go(func() {
			for i := range next {
				lists[i], errs[i] = e.wordsOf(e.segs[i], k)
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	t := tableOf(lists)
	for i, g := range e.segs {
		if lists[i] == nil {
			t.lacking = append(t.lacking, g)
		}
	}
	return t, nil
}

// wordsOf counts the words of a segment in a goroutine of its own.
func (e *era) wordsOf(g *eraSeg, k *trendKind) (w *segWords, err error) {
	defer e.x.survive(g.s.sh.key, &err)
	return g.words(e.ctx, k)
}

// tableOf adds up what segments have; nil stands for one that is not counted
// yet.
func tableOf(lists []*segWords) *wordTable {
	var all, most wordTable
	for _, w := range lists {
		if w == nil || w.now == nil {
			continue
		}
		w.each(func(word string, sum uint64, at int) {
			if n := w.now[at]; n > 0 {
				i := all.add(word, sum)
				c := &all.list[i]
				c.now += uint64(n)
				c.steady += uint64(w.steady[at])
			}
		})
	}
	for i := range all.list {
		if c := &all.list[i]; c.now >= leastCount {
			to := most.add(c.key, all.sums[i])
			most.list[to] = *c
		}
	}
	for _, w := range lists {
		if w == nil || w.past == nil {
			continue
		}
		w.each(func(word string, sum uint64, at int) {
			if n := w.past[at]; n > 0 {
				if i := most.place(word, sum); i >= 0 {
					most.list[i].past += uint64(n)
				}
			}
		})
	}
	return &most
}

// words counts the words of a segment. Where the segment is of the past alone
// and has no forward index yet, there is nothing: reading one would take longer
// than looking up the few words that may have grown.
func (g *eraSeg) words(ctx context.Context, k *trendKind) (*segWords, error) {
	s := *g.s // a view is used by one goroutine
	s.dicts = map[string]segment.TermDictionary{}
	if f, _ := s.sh.columns.look(s.id, k.fieldKey()); f == nil && g.now.IsEmpty() && s.seg.Count() >= warmSize {
		return nil, nil //nolint:nilnil // nothing yet, no error
	}
	f, err := s.forward(ctx, k)
	if err != nil {
		return nil, err
	}
	if f == nil {
		return g.walk(ctx, &s, k)
	}
	w := &segWords{f: f}
	w.now, w.past = f.count(g.now, g.past)
	if w.steady = w.now; g.steady != g.now {
		w.steady, _ = f.count(g.steady, empty)
	}
	return w.without(g), nil
}

// walk counts the words of a segment without a forward index: through its
// dictionaries.
func (g *eraSeg) walk(ctx context.Context, s *segView, k *trendKind) (*segWords, error) {
	w := &segWords{now: []uint32{}, past: []uint32{}}
	err := s.eachWord(ctx, k.fields, k.listed, func(word string, r *postingsReader) bool {
		now, past := r.count(g.now), r.count(g.past)
		if now+past == 0 {
			return true
		}
		steady := now
		if g.steady != g.now {
			steady = r.count(g.steady)
		}
		w.words = append(w.words, strings.Clone(word))
		w.now, w.steady, w.past = append(w.now, uint32(now)), append(w.steady, uint32(steady)), append(w.past, uint32(past))
		return true
	})
	return w.without(g), err
}
