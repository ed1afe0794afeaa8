package index

import (
	"context"
	"math"
	"slices"
	"sort"
	"strings"
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
		enough := uint64(math.MaxUint64)
		if !all {
			enough = e.mostPast(c, weigh)
		}
		if c.past, err = e.pastOf(k, c.key, enough); err != nil {
			return nil, 0, err
		}
	}
	return slices.DeleteFunc(list, weigh), tested, nil
}

// mostPast returns how many mentions of the past leave a contender surprising
// at most.
func (e *era) mostPast(c *contender, weigh func(c *contender) bool) uint64 {
	try := *c
	return uint64(sort.Search(int(e.before), func(p int) bool {
		try.past = uint64(p) + 1
		return weigh(&try)
	}))
}

// leastGrowth is how many times more than expected something must be told of.
const leastGrowth = 1.5

// pastOf counts the past's mentions of a key, until there are more than
// enough.
func (e *era) pastOf(k *trendKind, key string, enough uint64) (n uint64, err error) {
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
		if n += docs.AndCardinality(g.past); n > enough {
			break
		}
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
	if k.name == mention.TrendStory {
		return e.windowStories()
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

// windowStories counts the stories of the window by what stands for them in
// the columns: most have one mention, and their names are not worth reading.
func (e *era) windowStories() ([]*contender, error) {
	type told struct {
		contender

		s   *segView
		doc uint32
	}
	found := map[uint64]*told{}
	var order []*told
	for _, g := range e.segs {
		col, err := g.s.column()
		if err != nil {
			return nil, err
		}
		eachDoc(g.now, func(doc uint32) {
			story := col.stories[doc]
			if story == 0 {
				return
			}
			t := found[story]
			if t == nil {
				t = &told{s: g.s, doc: doc}
				found[story] = t
				order = append(order, t)
			}
			t.now++
			if g.steady == g.now || g.steady.Contains(doc) {
				t.steady++
			}
		})
	}
	var list []*contender
	for _, t := range order {
		if t.now < leastCount {
			continue
		}
		if err := t.s.storyOf(e.ctx, t.doc, &t.key); err != nil {
			return nil, err
		}
		list = append(list, &t.contender)
	}
	return list, nil
}

// storyOf reads the name of a document's story.
func (s *segView) storyOf(ctx context.Context, doc uint32, name *string) error {
	docs, fn := roaring.BitmapOf(doc), func(_ uint32, story string) { *name = story }
	if dv, ok := s.seg.(segment.DocValueVisitable); ok {
		return s.visitColumn(ctx, "story", docs, dv, fn)
	}
	return s.visit(ctx, "story", docs, fn)
}
