package index

import (
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/RoaringBitmap/roaring/v2"
	segment "github.com/blevesearch/scorch_segment_api/v2"

	"earshot/mention"
	"earshot/query"
)

// leastCount is how many mentions of a window something needs before anyone
// asks whether there are many of them.
const leastCount = 3

// A contender is a term or value of a window that may have grown.
type contender struct {
	key               string
	now, steady, past uint64
	odds              odds
	score             float64
}

// A field group says where values of a kind of trend stand in the index.
type trendKind struct {
	name   string
	fields []string
	dim    string // of conditions; empty for words
	words  bool   // found through dictionaries, not document by document
	prefix string
}

var trendKinds = []trendKind{
	{name: mention.TrendTerm, fields: []string{fieldTitle, fieldText}, words: true},
	{name: mention.TrendHashtag, fields: []string{fieldTitle, fieldText}, words: true, prefix: "#"},
	{name: mention.TrendEntity, fields: []string{"entity"}, dim: "entity"},
	{name: mention.TrendStory, fields: []string{"story"}, dim: "story"},
	{name: mention.TrendSite, fields: []string{fieldHost}, dim: "site"},
	{name: mention.TrendAuthor, fields: []string{"author"}, dim: "author"},
	{name: mention.TrendQuestion, fields: []string{fieldQuestion}, dim: fieldQuestion, words: true},
}

// tells reports whether a term can be one of a kind of trend.
func (k *trendKind) tells(term string) bool {
	switch k.name {
	case mention.TrendTerm:
		c, n := utf8.DecodeRuneInString(term)
		return n < len(term) && c != '#' && c != '@' && c != '$' && strings.IndexFunc(term, unicode.IsLetter) >= 0 &&
			!strings.HasSuffix(term, "'s") && !query.IsCommon(term)
	case mention.TrendHashtag:
		return !strings.HasSuffix(term, "'s")
	}
	return true
}

// spoken reports whether a kind is what people say, so that several of them
// must say it.
func (k *trendKind) spoken() bool {
	switch k.name {
	case mention.TrendTerm, mention.TrendHashtag, mention.TrendEntity, mention.TrendQuestion:
		return true
	}
	return false
}

// condition returns the condition that finds a key of a kind.
func (k *trendKind) condition(f *finder, key string) string {
	if k.dim != "" {
		return f.condition(k.dim, key)
	}
	if strings.ContainsAny(key, "\"“”„*?") {
		return ""
	}
	text := `"` + key + `"`
	q, _ := query.Parse(text)
	if q == nil {
		return ""
	}
	p, ok := q.Root().(*query.Phrase)
	if !ok || len(p.Words) != 1 || p.Words[0].Kind != query.Literal || p.Words[0].Text != key {
		return ""
	}
	return text
}

// contenders returns what of a kind grew in the window so much that chance
// does not explain it, most surprising first, and how many were looked at.
// Looking at many, some look surprising by chance: a surprise must be rarer
// than 1 in 20 among all that were looked at (Bonferroni).
func (e *era) contenders(k *trendKind, all bool) ([]*contender, int, error) {
	list, err := e.window(k)
	if err != nil {
		return nil, 0, err
	}
	list = slices.DeleteFunc(list, func(c *contender) bool { return c.now < leastCount })
	least := math.Log10(float64(len(list)) / 0.05)
	if all {
		least = 0
	}
	tested := len(list)
	weigh := func(c *contender) bool {
		c.odds = oddsOf(c.past, e.before, e.steady)
		c.score = c.odds.surprise(c.steady)
		return c.score < least || c.odds.growth(c.steady) < leastGrowth && !all
	}
	// A longer past only makes it less surprising, so what part of it does not
	// leave surprising need not be looked at further.
	list = slices.DeleteFunc(list, weigh)
	for _, c := range list {
		if c.past, err = e.pastOf(k, c.key); err != nil {
			return nil, 0, err
		}
	}
	return slices.DeleteFunc(list, weigh), tested, nil
}

// leastGrowth is how many times more than expected something must be told of.
const leastGrowth = 1.5

// pastOf counts the past's mentions of a key.
func (e *era) pastOf(k *trendKind, key string) (n uint64, err error) {
	for i, g := range e.segs {
		if i%64 == 0 && e.ctx.Err() != nil {
			return 0, tooSlow(e.ctx, e.ctx.Err())
		}
		if g.past.IsEmpty() {
			continue
		}
		docs, err := g.s.having(k.fields, key)
		if err != nil {
			return 0, err
		}
		n += docs.AndCardinality(g.past)
	}
	return n, nil
}

// having returns the documents that have a term in one of some fields.
func (s *segView) having(fields []string, term string) (*roaring.Bitmap, error) {
	sum, err := s.docs(fields[0], term)
	if err != nil {
		return nil, err
	}
	for _, name := range fields[1:] {
		b, err := s.docs(name, term)
		if err != nil {
			return nil, err
		}
		switch {
		case b.IsEmpty():
		case sum.IsEmpty():
			sum = b
		default:
			sum = roaring.Or(sum, b)
		}
	}
	return sum, nil
}

// window counts the values of a kind in the window.
func (e *era) window(k *trendKind) ([]*contender, error) {
	if k.words {
		return e.windowWords(k)
	}
	l := newLane(e.ctx, k.dim, nil)
	var now, steady []uint64
	var err error
	for _, g := range e.segs {
		if g.now.IsEmpty() {
			continue
		}
		if now, err = l.count(g.s, g.now, now); err != nil {
			return nil, err
		}
		if len(e.fresh) > 0 {
			if steady, err = l.count(g.s, g.steady, steady); err != nil {
				return nil, err
			}
		}
	}
	if k.dim == "site" {
		e.find.host = l.names
	}
	var list []*contender
	for n, count := range now {
		if count < leastCount {
			continue
		}
		c := &contender{key: l.names[n], now: count, steady: count}
		if len(e.fresh) > 0 {
			c.steady = 0
			if n < len(steady) {
				c.steady = steady[n]
			}
		}
		list = append(list, c)
	}
	return list, nil
}

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
