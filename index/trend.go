package index

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/RoaringBitmap/roaring/v2"

	"earshot/mention"
	"earshot/query"
)

const (
	trendsUsual = 20
	trendsMost  = 200
	windowUsual = 7 * 24 * time.Hour
	pastUsual   = 60 * 24 * time.Hour
	longest     = 3 * 366 * 24 * time.Hour // window and past
)

// Trends tells what the volume of a query is about in a window that it was
// not about in the past right before: terms, hashtags, entities, stories and
// sites, and what the audience asks.
//
// Each is scored by its number of mentions, given how much of the past's
// mentions were about it: see [odds]. It is told when the score is beyond
// chance among all that were looked at, when it is told of half as much again
// as expected, and when several authors do so, at least one for four mentions. Questions are told
// without: they are grouped by the words they share, most surprising first.
// The order is by score, then count, then key.
//
// Only sources that were collected in all of the past are compared; where
// most of the window is by others, the past is cut short to when they had
// begun. A query that found nothing in the past has no trends. Either is told
// as a caveat.
func (x *Index) Trends(ctx context.Context, s mention.TrendSearch, now time.Time) (mention.Trends, error) {
	s, kinds, err := trendSearch(s, now)
	if err != nil {
		return mention.Trends{}, err
	}
	ctx, cancel := limited(ctx)
	defer cancel()
	past := s.From.Add(-s.Past.Std())
	e, err := x.openEra(ctx, s.Query, past, s.From, s.To, now)
	defer e.close()
	if err != nil {
		return mention.Trends{}, err
	}
	t := mention.Trends{From: s.From, To: s.To, Count: e.count, Past: e.before, Rows: []mention.Trend{}, Caveats: e.caveats(past)}
	tested := 0
	if e.before == 0 && e.count > 0 {
		t.Caveats = append(t.Caveats, "nothing was found in the past by the sources of the window, so there is nothing to compare with")
	} else if e.count > 0 {
		p := e.picker(s)
		for _, k := range kinds {
			n, err := p.pick(k)
			if err != nil {
				return mention.Trends{}, err
			}
			tested += n
		}
		if t.Rows, err = p.rows(query.TimeRange(s.From, s.To)); err != nil {
			return mention.Trends{}, err
		}
	}
	t.Recipe = mention.Recipe{
		Measure: "trends", Version: 1, Query: s.Query, From: s.From, To: s.To, Zone: x.zone.String(), N: e.count, Denominator: e.before,
		Formula: "-log10 P(X >= n), X negative binomial: mean N(p+0.5)/(P+1), shape min(p+0.5, 25); n of N mentions of the window, p of P of the past " +
			"since " + e.past.UTC().Format(time.DateOnly) + "; told at n >= 3, growth >= 1.5 and, but for questions, P < 0.05 over " + strconv.Itoa(tested) + " looked at",
		Seq: x.Offset(), At: now, Caveats: t.Caveats,
	}
	return t, nil
}

// trendSearch checks a search and puts in what was left out.
func trendSearch(s mention.TrendSearch, now time.Time) (mention.TrendSearch, []*trendKind, error) {
	if s.To.IsZero() {
		s.To = now
	}
	if s.From.IsZero() {
		s.From = s.To.Add(-windowUsual)
	}
	if s.Past <= 0 {
		s.Past = mention.Duration(pastUsual)
	}
	s.From, s.To = s.From.UTC().Truncate(time.Millisecond), s.To.UTC().Truncate(time.Millisecond)
	if !s.From.Before(s.To) {
		return s, nil, refusal("bad-window", "the window ends before it begins", "from before to")
	}
	if s.To.Sub(s.From) > longest-s.Past.Std() {
		return s, nil, refusal("bad-window", "window and past are longer than three years together", "a shorter window or past")
	}
	if s.Size <= 0 {
		s.Size = trendsUsual
	}
	s.Size = min(s.Size, trendsMost)
	if len(s.Kinds) == 0 {
		s.Kinds = mention.TrendKinds
	}
	var kinds []*trendKind
	for i := range trendKinds {
		if k := &trendKinds[i]; slices.Contains(s.Kinds, k.name) && slices.Contains(mention.TrendKinds, k.name) {
			kinds = append(kinds, k)
		}
	}
	for _, name := range s.Kinds {
		if !slices.Contains(mention.TrendKinds, name) {
			return s, nil, refusal("unknown-kind", name+" is no kind of trend", "one of "+strings.Join(mention.TrendKinds, ", "))
		}
	}
	return s, kinds, nil
}

// A picker picks the trends of an era that are told.
type picker struct {
	e       *era
	size    int
	muted   map[string]bool
	authors supporters
	sites   supporters
	picked  []*pick
}

// A pick is a trend that is told.
type pick struct {
	*contender

	kind     *trendKind
	cond     string
	docs     []*roaring.Bitmap // in the window, by segment; nil where there are none
	authors  uint64
	sites    uint64
	first    int64
	examples []item
}

func (e *era) picker(s mention.TrendSearch) *picker {
	p := &picker{e: e, size: s.Size, muted: map[string]bool{}}
	for _, m := range s.Muted {
		p.muted[strings.TrimSpace(m)] = true // the id of a story, as it is
		p.muted[strings.TrimPrefix(query.Fold(strings.TrimSpace(m)), "#")] = true
	}
	p.authors.field, p.sites.field = "author", fieldHost
	return p
}

// pick picks the trends of a kind, and returns how many were looked at.
func (p *picker) pick(k *trendKind) (tested int, err error) {
	asked := k.name == mention.TrendQuestion
	list, tested, err := p.e.contenders(k, asked)
	if err != nil {
		return 0, err
	}
	slices.SortFunc(list, func(a, b *contender) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.now, a.now), cmp.Compare(a.key, b.key))
	})
	if k.words && !asked {
		list = withoutTwins(list)
	}
	first := len(p.picked)
	for _, c := range list {
		if len(p.picked)-first == p.size {
			break
		}
		if p.muted[strings.TrimPrefix(c.key, "#")] {
			continue
		}
		one, err := p.look(k, c)
		if err != nil {
			return 0, err
		}
		if one == nil || asked && slices.ContainsFunc(p.picked[first:], one.overlaps) {
			continue
		}
		p.picked = append(p.picked, one)
	}
	return tested, nil
}

// withoutTwins leaves out a word without accents where all its mentions write
// it with them, and the one with accents where some do not: both find the
// same.
func withoutTwins(list []*contender) []*contender {
	byKey := make(map[string]*contender, len(list))
	for _, c := range list {
		byKey[c.key] = c
	}
	drop := map[string]bool{}
	for _, c := range list {
		query.Tokenize(c.key, func(t query.Token) {
			for _, form := range t.Forms {
				bare := byKey[form]
				if form == c.key || bare == nil || strings.HasPrefix(c.key, "#") != strings.HasPrefix(form, "#") {
					continue
				}
				if bare.now == c.now {
					drop[bare.key] = true
				} else {
					drop[c.key] = true
				}
			}
		})
	}
	return slices.DeleteFunc(list, func(c *contender) bool { return drop[c.key] })
}

// overlaps reports whether half of the mentions of the smaller of two are the
// other's as well.
func (one *pick) overlaps(b *pick) bool {
	var n uint64
	for i, docs := range one.docs {
		if docs != nil && b.docs[i] != nil {
			n += docs.AndCardinality(b.docs[i])
		}
	}
	return 2*n >= min(one.now, b.now)
}

// look gathers what is told of a contender; nil when it is not to be told: what
// a few authors repeat is no trend.
func (p *picker) look(k *trendKind, c *contender) (*pick, error) {
	one := &pick{contender: c, kind: k, cond: k.condition(&p.e.find, c.key), docs: make([]*roaring.Bitmap, len(p.e.segs))}
	if one.cond == "" {
		return nil, nil //nolint:nilnil // no pick, no error
	}
	known := p.authors.next()
	p.sites.next()
	for i, g := range p.e.segs {
		if g.now.IsEmpty() {
			continue
		}
		docs, err := g.s.having(k.fields, c.key)
		if err != nil {
			return nil, err
		}
		if docs = roaring.And(docs, g.now); docs.IsEmpty() {
			continue
		}
		one.docs[i] = docs
		if err := p.authors.add(p.e.ctx, i, g, docs); err != nil {
			return nil, err
		}
		if err := p.sites.add(p.e.ctx, i, g, docs); err != nil {
			return nil, err
		}
	}
	one.authors, one.sites = p.authors.n, p.sites.n
	if k.name == mention.TrendTerm {
		tagged, err := p.e.tagged(one)
		if err != nil || 5*tagged >= 4*c.now {
			return nil, err
		}
	}
	if k.spoken() && p.authors.tooFew(p.authors.known-known) {
		return nil, nil //nolint:nilnil // no pick, no error
	}
	return one, nil
}

// tagged counts the mentions of a word that have it as a tag or handle.
func (e *era) tagged(one *pick) (n uint64, err error) {
	for i, docs := range one.docs {
		if docs == nil {
			continue
		}
		sum := roaring.New()
		for _, sigil := range []string{"#", "@"} {
			b, err := e.segs[i].s.having(one.kind.fields, sigil+one.key)
			if err != nil {
				return 0, err
			}
			sum.Or(b)
		}
		n += sum.AndCardinality(docs)
	}
	return n, nil
}

// supporters counts the distinct authors, or sites, of one pick after the
// other.
type supporters struct {
	field  string
	values map[int]*ordinals // by segment
	seen   storySet          // by what stands for their names, in this round
	n      uint64            // in this round
	known  uint64            // mentions that have one, of all rounds
}

// next begins a round, and returns how many mentions had one before it.
func (s *supporters) next() uint64 {
	if len(s.seen.slots) > 1<<10 {
		s.seen = storySet{} // emptying it would take longer
	}
	s.seen.empty()
	s.n = 0
	return s.known
}

// mentionsEach is how many mentions an author may have of a trend on average.
const mentionsEach = 4

// tooFew reports whether so few authors wrote known mentions that it is them
// who talk much, not people who talk of something.
func (s *supporters) tooFew(known uint64) bool {
	return known >= leastCount && (s.n < 2 || s.n*mentionsEach < known)
}

func (s *supporters) add(ctx context.Context, i int, g *eraSeg, docs *roaring.Bitmap) error {
	o := s.values[i]
	if o == nil {
		var err error
		if o, err = g.s.valuesOf(ctx, s.field, g.now); err != nil {
			return err
		}
		if s.values == nil {
			s.values = map[int]*ordinals{}
		}
		s.values[i] = o
	}
	eachDoc(docs, func(doc uint32) {
		for _, ord := range o.of(doc) {
			s.known++
			s.seen.add(o.sum(int(ord)))
		}
	})
	s.n = uint64(s.seen.n)
	return nil
}
