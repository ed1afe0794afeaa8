package index

import (
	"context"
	"math"
	"slices"
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

// fieldKey names the fields of a kind.
func (k *trendKind) fieldKey() string { return strings.Join(k.fields, " ") }

// listed reports whether a word is kept in the forward index of a kind: it
// serves words and hashtags both.
func (k *trendKind) listed(term string) bool {
	if k.name == mention.TrendTerm || k.name == mention.TrendHashtag {
		return strings.HasPrefix(term, "#") && trendKinds[1].tells(term) || trendKinds[0].tells(term)
	}
	return k.tells(term)
}

// contenders returns what of a kind grew in the window so much that chance
// does not explain it, most surprising first, and how many were looked at.
// Looking at many, some look surprising by chance: a surprise must be rarer
// than 1 in 20 among all that were looked at (Bonferroni).
func (e *era) contenders(k *trendKind, all bool) ([]*contender, int, error) {
	list, lacking, err := e.window(k)
	if err != nil {
		return nil, 0, err
	}
	tested := len(list)
	least := math.Log10(float64(tested) / 0.05)
	weigh := func(c *contender) bool {
		c.odds = oddsOf(c.past, e.before, e.steady)
		if !all && c.odds.growth(c.steady) < leastGrowth {
			return true
		}
		c.score = c.odds.surprise(c.steady)
		return !all && c.score < least
	}
	list = slices.DeleteFunc(list, weigh)
	if len(lacking) == 0 {
		return list, tested, nil
	}
	// More past only makes something less surprising, so only what is so
	// without the rest of it is looked up there, until there is too much of it.
	for _, c := range list {
		for i, g := range lacking {
			if i%16 == 0 && e.ctx.Err() != nil {
				return nil, 0, tooSlow(e.ctx, e.ctx.Err())
			}
			docs, err := g.s.having(k.fields, c.key)
			if err != nil {
				return nil, 0, err
			}
			if n := docs.AndCardinality(g.past); n > 0 {
				if c.past += n; !all && weigh(c) {
					break
				}
			}
		}
	}
	return slices.DeleteFunc(list, weigh), tested, nil
}

// leastGrowth is how many times more than expected something must be told of.
const leastGrowth = 1.5

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

// window counts the values of a kind that stand in the window, in window and
// past; those of fewer than [leastCount] mentions are left out. The segments of
// the past that it did not count are lacking.
func (e *era) window(k *trendKind) (list []*contender, lacking []*eraSeg, err error) {
	switch {
	case k.words:
		return e.windowWords(k)
	case k.name == mention.TrendStory:
		list, err = e.windowStories()
		return list, nil, err
	}
	l := newLane(e.ctx, k.dim, nil)
	var now, steady, past []uint64
	for _, g := range e.segs {
		if e.ctx.Err() != nil {
			return nil, nil, tooSlow(e.ctx, e.ctx.Err())
		}
		sets, sums := []*roaring.Bitmap{g.now, g.past}, []*[]uint64{&now, &past}
		if len(e.fresh) > 0 {
			sets, sums = append(sets, g.steady), append(sums, &steady)
		}
		if err := l.counts(g.s, sets, sums); err != nil {
			return nil, nil, err
		}
	}
	if len(e.fresh) == 0 {
		steady = now
	}
	for n, count := range now {
		if count > 0 && k.dim == "site" {
			e.find.host = append(e.find.host, l.names[n])
		}
		if count >= leastCount {
			list = append(list, &contender{key: l.names[n], now: count, steady: nth(steady, n), past: nth(past, n)})
		}
	}
	return list, nil, nil
}

// nth returns the n-th number of a list that may be shorter.
func nth(list []uint64, n int) uint64 {
	if n < len(list) {
		return list[n]
	}
	return 0
}

// windowStories counts the stories of the window by what stands for them in
// the columns: most have one mention, and their names are not worth reading.
func (e *era) windowStories() ([]*contender, error) {
	var often storySketch
	err := e.eachStory(func(g *eraSeg) *roaring.Bitmap { return g.now }, func(_ *eraSeg, _ uint32, story uint64) { often.add(story) })
	if err != nil {
		return nil, err
	}
	type told struct {
		contender

		s   *segView
		doc uint32
	}
	found := map[uint64]*told{}
	var order []*told
	err = e.eachStory(func(g *eraSeg) *roaring.Bitmap { return g.now }, func(g *eraSeg, doc uint32, story uint64) {
		if !often.has(story, leastCount) {
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
	if err != nil {
		return nil, err
	}
	order = slices.DeleteFunc(order, func(t *told) bool { return t.now < leastCount })
	if len(order) == 0 {
		return nil, nil
	}
	err = e.eachStory(func(g *eraSeg) *roaring.Bitmap { return g.past }, func(_ *eraSeg, _ uint32, story uint64) {
		if often.has(story, leastCount) {
			if t := found[story]; t != nil {
				t.past++
			}
		}
	})
	if err != nil {
		return nil, err
	}
	var list []*contender
	for _, t := range order {
		if err := t.s.storyOf(e.ctx, t.doc, &t.key); err != nil {
			return nil, err
		}
		list = append(list, &t.contender)
	}
	return list, nil
}

// eachStory calls fn with the story of documents of each segment.
func (e *era) eachStory(docs func(g *eraSeg) *roaring.Bitmap, fn func(g *eraSeg, doc uint32, story uint64)) error {
	for _, g := range e.segs {
		col, err := g.s.column()
		if err != nil {
			return err
		}
		eachDoc(docs(g), func(doc uint32) {
			if story := col.stories[doc]; story != 0 {
				fn(g, doc, story)
			}
		})
	}
	return nil
}

// storyOf reads the name of a document's story.
func (s *segView) storyOf(ctx context.Context, doc uint32, name *string) error {
	docs, fn := roaring.BitmapOf(doc), func(_ uint32, story string) { *name = story }
	if dv, ok := s.seg.(segment.DocValueVisitable); ok {
		return s.visitColumn(ctx, "story", docs, dv, fn)
	}
	return s.visit(ctx, "story", docs, fn)
}
