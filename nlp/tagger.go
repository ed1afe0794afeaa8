package nlp

import (
	"math"
	"math/bits"
	"strings"
)

const (
	maxClasses  = 1 << classBits
	mostClasses = 48 // as many as prose has
	maxLabels   = 13
	maxFixed    = 200 // bytes of a word that is tried against the link patterns
)

// tagWeights are the weights of features made of tags alone: few enough to be
// addressed by index.
type tagWeights struct {
	prev, prev2 []ref // pos: by class; the last two are the start marks
	pair        []ref // pos: prev*n + prev2
	bias        ref   // pos
	starts      []tagStart
	n           int
}

func (s *tagWeights) fill(b *base) {
	names := append(append([]string{}, b.classes...), startTag, "-START2-")
	s.n = len(names)
	s.bias = b.pos.ref(hashString("bias"))
	for _, c := range b.classes {
		b.folded = append(b.folded, strings.ToLower(c))
	}
	for _, p := range names {
		s.prev = append(s.prev, b.pos.ref(hashString("i-1 tag "+p)))
		s.prev2 = append(s.prev2, b.pos.ref(hashString("i-2 tag "+p)))
		for _, p2 := range names {
			s.pair = append(s.pair, b.pos.ref(hashString("i tag+i-2 tag "+p+" "+p2)))
		}
	}
	s.starts = make([]tagStart, s.n*s.n)
	for i := range s.starts {
		p1, p2 := i/s.n, i%s.n
		for _, r := range [...]ref{s.bias, s.prev[p1], s.prev2[p2], s.pair[i]} {
			s.starts[i].add(b.tagsOf(r))
		}
		s.starts[i].ranked.rank(&s.starts[i])
	}
}

// A tagger runs prose's models. It is for one goroutine.
type tagger struct {
	b         *base
	cache     *recent[wordFeatures, *wordFeatures]
	runs      *recent[cutRun, *cutRun] // what runs without white space are made of
	row       []*wordFeatures
	cut       []string         // scratch of pieces
	cutPieces []piece          // the same
	touched   uint32           // of no meaning: keeps reads that only bring weights near
	rows      [places][]uint32 // scratch of words
	edge      [4]*wordFeatures // -START-, -START2-, -END-, -END2-
	entities  *entityModel
	idf       *lexicon // of words; nil where no keyphrases are looked for
}

// newTagger makes a tagger that remembers by itself.
func newTagger(b *base) *tagger {
	return newSharedTagger(b, newRecent[wordFeatures](), newRecent[cutRun]())
}

// newSharedTagger makes one of several that remember together.
func newSharedTagger(b *base, cache *recent[wordFeatures, *wordFeatures], runs *recent[cutRun, *cutRun]) *tagger {
	t := &tagger{b: b, cache: cache, runs: runs}
	for i, n := range []string{startTag, "-START2-", "-END-", "-END2-"} {
		f := &wordFeatures{}
		t.context(f, n, [2]uint64{})
		t.edge[i] = f
	}
	return t
}

// tag sets the parts of speech of toks.
func (t *tagger) tag(toks []token) {
	row := append(t.row[:0], t.edge[0], t.edge[1])
	for i := range toks {
		row = append(row, toks[i].known)
	}
	t.row = append(row, t.edge[2], t.edge[3])
	b, s := t.b, &t.b.small
	p1, p2 := len(b.classes), len(b.classes)+1
	for i := range toks {
		if i%touchAhead == 0 {
			t.touchTags(toks[i:min(len(toks), i+touchAhead)])
		}
		c := int(t.row[i+2].fixed)
		if c < 0 {
			at := (*[5]*wordFeatures)(t.row[i:])
			pair := b.pairs.with(&at[2].pairs, p1)
			start := &s.starts[p1*s.n+p2]
			var ok bool
			if c, ok = b.shortVote(start, at, pair); !ok {
				refs := s.features(at, p1, p2, pair)
				c = b.vote(start, &refs)
			}
		}
		toks[i].tag = uint8(c)
		p1, p2 = c, p1
	}
}

// features are those of the word in the middle of at, behind two tags.
func (s *tagWeights) features(at *[5]*wordFeatures, p1, p2 int, pair ref) [tagFeatures]ref {
	before, f, after := at[1], at[2], at[3]
	return [...]ref{
		s.bias, f.self[0], f.self[1], f.self[2],
		s.prev[p1], s.prev2[p2], s.pair[p1*s.n+p2], pair,
		before.before[0], before.before[1], at[0].before2,
		after.after[0], after.after[1], at[4].after2,
	}
}

// touchAhead is the number of tokens whose weights are brought near at once.
const touchAhead = 32

// touchTags reads the first of the weights of each feature of words: see
// touchRuns.
func (t *tagger) touchTags(toks []token) {
	var x tagWeight
	w := t.b.pos.weights
	for i := range toks {
		f := toks[i].known
		x ^= w[f.self[0].at()] ^ w[f.self[1].at()] ^ w[f.self[2].at()] ^ w[f.before[0].at()] ^ w[f.before[1].at()] ^
			w[f.before2.at()] ^ w[f.after[0].at()] ^ w[f.after[1].at()] ^ w[f.after2.at()]
	}
	t.touched ^= uint32(x)
}

// tagFeatures is the number of features of a token in prose's tagger.
const tagFeatures = 14

// A tagStart is what all features of a token say together that rest on
// nothing but the two tags before it, by class.
type tagStart struct {
	sums   [mostClasses]int32
	hit    uint64 // classes that have a weight
	ranked ranking
}

func (s *tagStart) add(weights []tagWeight) {
	for _, w := range weights {
		if c := w.class(); c < mostClasses {
			s.sums[c] += w.thousandths()
			s.hit |= 1 << c
		}
	}
}

// vote returns the class with the highest sum of weights among those that
// have one. The features that start holds are among refs.
func (b *base) vote(start *tagStart, refs *[tagFeatures]ref) int {
	sum := tagStart{sums: start.sums, hit: start.hit}
	for _, r := range refs[1:4] {
		sum.add(b.tagsOf(r))
	}
	for _, r := range refs[7:] {
		sum.add(b.tagsOf(r))
	}
	sums, hit := &sum.sums, sum.hit
	at, top, even := 0, int32(math.MinInt32), false
	for ; hit != 0; hit &= hit - 1 {
		switch k := bits.TrailingZeros64(hit); {
		case sums[k] > top:
			at, top, even = k, sums[k], false
		case sums[k] == top:
			even = true
		}
	}
	if even {
		return b.rounded(refs, sums, top)
	}
	return at
}

// rounded decides between the classes with the sum top as prose does: by what
// its sums are off by.
func (b *base) rounded(refs *[tagFeatures]ref, sums *[mostClasses]int32, top int32) int {
	var exact [maxClasses]float64
	var hit uint64
	for _, r := range refs {
		for _, w := range b.tagsOf(r) {
			c := w.class()
			exact[c] += float64(w.thousandths()) / 1000
			hit |= 1 << c
		}
	}
	at := -1
	for ; hit != 0; hit &= hit - 1 {
		if k := bits.TrailingZeros64(hit); sums[k] == top && (at < 0 || exact[k] > exact[at]) {
			at = k
		}
	}
	return at
}
