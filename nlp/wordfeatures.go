package nlp

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/mingrammer/commonregex"
)

// The shapes of a word, as prose names them.
var shapes = []string{"None", "number", "punct", "downcase", "upcase", "mixedcase", "other"}

const (
	shapeNone = iota
	shapeNumber
	shapePunct
	shapeDown
	shapeUp
	shapeMixed
	shapeOther
)

// A prefix is the hash of how the name of a feature begins.
type prefix uint64

func newPrefix(s string) prefix { return prefix(hashString(s)) }

// of hashes the name of the feature that ends in s.
func (p prefix) of(s string) uint64 {
	h := uint64(p)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * fnvPrime
	}
	return h
}

// How prose names the features of a word.
var (
	wordBefore    = newPrefix("i-1 word ")
	suffixBefore  = newPrefix("i-1 suffix ")
	wordBefore2   = newPrefix("i-2 word ")
	wordAfter     = newPrefix("i+1 word ")
	suffixAfter   = newPrefix("i+1 suffix ")
	wordAfter2    = newPrefix("i+2 word ")
	ownSuffix     = newPrefix("i suffix ")
	ownPrefix     = newPrefix("i pref1 ")
	ownWord       = newPrefix("i word ")
	labelPrefix   = newPrefix("prefix3-")
	labelSuffix   = newPrefix("suffix3-")
	labelWord     = newPrefix("word-")
	labelLower    = newPrefix("word.lower-")
	labelBefore   = newPrefix("prevword-")
	labelAfter    = newPrefix("nextword-")
	labelWithNext = newPrefix("word+nextpos-")
)

// wordFeatures are the weights of everything about one word that does not
// depend on the words around it.
type wordFeatures struct {
	margin       float32 // of named
	marginBefore float32 // of nerPrev
	marginNext   float32 // of nerNext
	fixed        int16   // part of speech that is sure; -1 if there is none
	shape        uint8
	nexted       bool // it may be in features with the part of speech of the next word
	phrasal      bool // it may be part of a keyphrase
	rare         int8 // what it weighs there: see rareness
	pairs        wordPairs
	ranked       ranking  // of self, unless fixed
	most         [4]int32 // no class has more of: before, before2, after, after2
	before       [2]ref   // when it is the word before
	before2      ref
	after2       ref
	after        [2]ref
	self         [3]ref
	entity       entityWord // what the entity model knows

	// What is seldom asked for.
	word             string // what it was made of
	withNext         prefix // the word, to be ended by the part of speech of the next one
	nerPrev, nerNext ref
	named            [maxLabels]int64 // of its label: what the word itself says, which prose adds first
}

func (f *wordFeatures) of(word string) bool { return f.word == word }

// context finds the weights of f, a word of the normal form n, as itself and as
// a neighbour, given the hashes of its own features that rest on a part of it.
func (t *tagger) context(f *wordFeatures, n string, own [2]uint64) {
	s := n[len(n)-min(len(n), 3):]
	h := hashes{uint64(wordBefore), uint64(wordBefore2), uint64(wordAfter), uint64(wordAfter2), uint64(ownWord)}
	h.add(n)
	names := [...]uint64{h[0], suffixBefore.of(s), h[1], h[2], suffixAfter.of(s), h[3], own[0], own[1], h[4]}
	var r [len(names)]ref
	t.b.pos.findAll(r[:], names[:])
	f.before, f.before2, f.after, f.after2 = [2]ref{r[0], r[1]}, r[2], [2]ref{r[3], r[4]}, r[5]
	f.self = [3]ref{r[6], r[7], r[8]}
	if f.fixed < 0 {
		t.b.rank(f)
	}
	f.most = [...]int32{t.b.most(r[0]) + t.b.most(r[1]), t.b.most(r[2]), t.b.most(r[3]) + t.b.most(r[4]), t.b.most(r[5])}
	f.pairs = t.b.pairs.of(hashString(n))
}

var (
	noneWord = regexp.MustCompile(`^(?:0|\*[\w?]\*|\*\-\d{1,3}|\*[A-Z]+\*\-\d{1,3}|\*)$`)
	keepWord = regexp.MustCompile(`^\-[A-Z]{3}\-$`)
)

// known returns the features of a word.
func (t *tagger) known(w string) *wordFeatures {
	if f := t.cache.get(w); f != nil {
		return f
	}
	w = strings.Clone(w)
	f := t.learn(w, strings.ToLower(w))
	f.word = w
	t.cache.put(w, f)
	return f
}

// learn makes the features of a word.
func (t *tagger) learn(w, low string) *wordFeatures {
	b := t.b
	own := hashes{uint64(labelWord), fnvOffset}
	own.add(w)
	listed := b.listed.find(own[1])
	f := &wordFeatures{shape: shapeOf(w, low), fixed: t.sure(w, int16(listed>>fixedShift)-1), phrasal: phrasal(w)}
	head, tail := w[:min(len(w), 3)], w[len(w)-min(len(w), 3):]
	t.context(f, normalize(w, low), [...]uint64{ownSuffix.of(tail), ownPrefix.of(string(rune(w[0])))})
	lows := hashes{uint64(labelLower), uint64(labelBefore), uint64(labelAfter), uint64(labelWithNext), fnvOffset}
	lows.add(low)
	names := [...]uint64{labelPrefix.of(strings.ToLower(head)), labelSuffix.of(strings.ToLower(tail)), own[0], lows[0], lows[1], lows[2]}
	var refs [len(names)]ref
	b.ner.findAll(refs[:], names[:])
	f.named = b.labeller.byForm(b, listed&plainWord, f.shape, len(w))
	for _, r := range refs[:len(refs)-2] {
		addLabels(&f.named, b.ner.of(r))
	}
	f.nerPrev, f.nerNext = refs[len(refs)-2], refs[len(refs)-1]
	f.margin, f.marginBefore, f.marginNext = b.marginOf(&f.named), b.margin(f.nerPrev), b.margin(f.nerNext)
	f.withNext = prefix(prefix(lows[3]).of("+"))
	f.nexted = b.nexted.has(uint64(f.withNext))
	if t.entities != nil {
		t.entities.word(&f.entity, &t.rows, w, low, own[1], lows[4])
	}
	if t.idf != nil {
		f.rare = rareness(t.idf, lows[4])
	}
	return f
}

// hashes are several hashes that go on by the same text.
type hashes [5]uint64

func (h *hashes) add(s string) {
	a, b, c, d, e := h[0], h[1], h[2], h[3], h[4]
	for i := range len(s) {
		x := uint64(s[i])
		a, b, c, d, e = (a^x)*fnvPrime, (b^x)*fnvPrime, (c^x)*fnvPrime, (d^x)*fnvPrime, (e^x)*fnvPrime
	}
	*h = hashes{a, b, c, d, e}
}

// sure returns the class of a word where prose does not ask its model, or -1;
// listed is what its list says.
func (t *tagger) sure(w string, listed int16) int16 {
	var tag string
	switch {
	case w == "-":
		tag = "-"
	case isEmoticon(w):
		tag = "SYM"
	case w[0] == '@', len(w) < maxFixed && strings.IndexByte(w, '.') > 0 && commonregex.LinkRegex.MatchString(w),
		len(w) < maxFixed && strings.IndexByte(w, '@') > 0 && commonregex.EmailRegex.MatchString(w):
		tag = "NN"
	case (w == "0" || w[0] == '*') && noneWord.MatchString(w):
		tag = "-NONE-"
	case len(w) == 5 && w[0] == '-' && keepWord.MatchString(w):
		tag = w
	default:
		return listed
	}
	return int16(t.index(tag))
}

// index returns the class of a tag; prose keeps words like -LRB- as their own
// tag, and those its models do not know count as symbols.
func (t *tagger) index(tag string) uint8 {
	for i, c := range t.b.classes {
		if c == tag {
			return uint8(i)
		}
	}
	return t.index("SYM")
}

// normalize is the form of a word in prose's tagger.
func normalize(w, low string) string {
	switch {
	case w[0] != '-' && strings.IndexByte(w, '-') >= 0:
		return "!HYPHEN"
	case len(w) == 4 && isInteger(w):
		return "!YEAR"
	case isDigit(w[0]):
		return "!DIGITS"
	}
	return low
}

func isInteger(w string) bool {
	if w[0] == '+' || w[0] == '-' {
		w = w[1:]
	}
	for i := range len(w) {
		if !isDigit(w[i]) {
			return false
		}
	}
	return w != ""
}

// shapeOf is the shape of a word in prose's labeller.
func shapeOf(w, low string) uint8 {
	switch c := w[len(w)-1]; {
	case isNumeric(w):
		return shapeNumber
	case !isHandleByte(c):
		return shapePunct
	case low == w:
		return shapeDown
	case titled(w):
		return shapeUp
	}
	return shapeMixed
}

func isNumeric(w string) bool {
	switch c := w[0]; {
	case isDigit(c):
	case c == '+', c == '-', c == '.':
		if len(w) == 1 || !isDigit(w[1]) && !strings.ContainsRune(".iInN", rune(w[1])) {
			return false
		}
	case c|0x20 == 'i', c|0x20 == 'n': // inf, nan, infinity
		if len(w) != 3 && len(w) != 8 {
			return false
		}
	default:
		return false
	}
	_, err := strconv.ParseFloat(w, 64)
	return err == nil
}
