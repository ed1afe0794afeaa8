package nlp

import (
	"slices"
	"strings"
)

// A polarity scores texts. It is for one goroutine; its zero value with the
// models set is ready.
type polarity struct {
	model *linear
	words *lexicon
	known *wordCache // nil: what letters say is among the features

	lexical []int32 // words with a valence
	polarityFeatures
	opinion
}

// An opinion is what was found of a text, for its evidence.
type opinion struct {
	logits [3]float32
	lean   float32 // of the logits to positive from negative, by the kind of text
	sums   valenceSums
	said   []wordSaid
	groups [groups]int32 // what rows of the whole text gave
	n      int           // features
	given  []float32     // what business news gives to every word
	news   bool          // the text is business news
}

// valenceSums are what the lexicon says of a text.
type valenceSums struct {
	pos, neg, maxPos, maxNeg, total, last float32
	nPos, nNeg                            int
	exclaims, questions, caps             int
	social                                bool // links, handles, hashtags, emoji
	words                                 int
	medical                               int // words of patients
}

const negationScope = 3 // words after a negation

// lookUp sets what the words of s say.
func (x *polarity) lookUp(s *scanned, pw *polarityWords) {
	if x.known != nil {
		x.known.read(s)
		return
	}
	s.says = slices.Grow(s.says[:0], len(s.words))[:len(s.words)]
	for i := range s.words {
		s.says[i] = wordSays{}
		s.says[i].lists, s.says[i].valence = pw.lists(x.words, &s.words[i])
	}
}

// valences sets valence and negation of the words of s and sums them up.
func (x *polarity) valences(s *scanned, pw *polarityWords) {
	const some = onLexicon | onNegations | onContrasts | onMedical
	x.lookUp(s, pw)
	x.lexical = x.lexical[:0]
	r := valenceReading{but: -1}
	words, says, scope := s.words, s.says[:len(s.words)], 0
	n := 0
	for i := range words {
		w := &words[i]
		w.valence, w.lexical, w.negated = 0, false, false
		switch { // most words need no more than this
		case w.kind == kindWord && says[i].lists&some == 0 && w.flags&flagCaps == 0:
			n++
			w.negated = scope > 0
			scope--
		case w.kind == kindPunct && s.text[w.start] == ',':
		default:
			scope = x.weigh(s, i, scope, &r)
		}
	}
	for _, i := range x.lexical {
		r.sums.count(&words[i], int(i), r.but)
	}
	x.sums = r.sums
	x.sums.words += n
}

// A valenceReading is what is known while the words are weighed.
type valenceReading struct {
	sums valenceSums
	but  int // the last word of contrast, or -1

	mixed, counted bool // whether some words are shouted and others not, and whether that is known
}

// weigh sets valence and negation of word i. The scope is how many words after
// a negation are left; it returns how many are then.
func (x *polarity) weigh(s *scanned, i, scope int, r *valenceReading) int {
	w, says, v := &s.words[i], &s.says[i], &r.sums
	switch w.kind {
	case kindURL, kindHandle, kindCashtag:
		v.social = true
		return scope
	case kindPunct, kindEmote:
		x.mark(s, w, v)
		switch s.buf[w.lo] {
		case '.', ';', '?', '!':
			scope = 0
		}
		if w.kind == kindPunct {
			return scope
		}
	case kindHashtag:
		v.social = true
	case kindWord:
		if says.lists&onMedical != 0 {
			v.medical++
		}
	}
	v.words++
	if w.flags&flagCaps != 0 {
		v.caps++
	}
	if says.lists&onContrasts != 0 {
		r.but = i
	}
	if says.lists&onNegations != 0 {
		if says.lists&onLexicon == 0 || says.valence > 0 || lexicalAhead(s, i) {
			return negationScope
		}
		w.lexical, w.valence = true, -1.2 // a bare no
		x.lexical = append(x.lexical, int32(i))
		return negationScope - 1
	}
	w.negated = scope > 0 && w.kind != kindEmote
	if says.lists&onLexicon != 0 && !contracted(s, w) && !vague(s, i) {
		if w.flags&flagCaps != 0 && !r.counted {
			r.mixed, r.counted = mixedCase(s), true
		}
		w.lexical = true
		x.lexical = append(x.lexical, int32(i))
		w.valence = degree(s, i, float32(says.valence)/25, r.mixed)
		if w.negated {
			w.valence *= -0.74
		}
	}
	return scope - 1
}

// mixedCase reports whether some words are shouted and others are not.
func mixedCase(s *scanned) bool {
	shouts := 0
	for i := range s.words {
		if w := &s.words[i]; w.kind == kindWord && w.flags&flagCaps != 0 {
			shouts++
		}
	}
	return shouts > 0 && shouts < len(s.words)*2/3
}

// contraction tells words with an apostrophe from words without.
const contraction = 23

// contracted reports whether an apostrophe was left out of the form of w, so
// that it only looks like another word: I'll is not ill, he'll not hell.
func contracted(s *scanned, w *word) bool {
	return w.hi-w.lo < w.end-w.start && w.kind == kindWord && apostrophed(s, w)
}

func apostrophed(s *scanned, w *word) bool {
	return strings.ContainsAny(s.text[w.start:w.end], "'’")
}

// vague reports whether word i is the kind of "kind of".
func vague(s *scanned, i int) bool {
	return s.words[i].hash == keyKind && i+1 < len(s.words) && s.words[i+1].key == keyOf
}

var keyKind = hash("kind")

// lexicalAhead reports whether a word with a valence stands among the three
// after word i.
func lexicalAhead(s *scanned, i int) bool {
	for k := i + 1; k < min(len(s.words), i+4); k++ {
		if s.says[k].lists&onLexicon != 0 {
			return true
		}
	}
	return false
}

// mark counts a punctuation mark or emoticon.
func (*polarity) mark(s *scanned, w *word, v *valenceSums) {
	for _, c := range s.text[w.start:w.end] {
		switch c {
		case '!':
			v.exclaims++
		case '?':
			v.questions++
		}
	}
	if w.kind == kindEmote && s.buf[w.lo] >= 0x80 {
		v.social = true
	}
}

// degree applies the words before word i, and its capitals, to its valence.
func degree(s *scanned, i int, v float32, mixed bool) float32 {
	sign := float32(1)
	if v < 0 {
		sign = -1
	}
	w := &s.words[i]
	if mixed && w.flags&flagCaps != 0 {
		v += sign * 0.733
	}
	if w.flags&flagLong != 0 {
		v += sign * 0.3
	}
	by := [...]float32{1, 0.95, 0.9}
	for back := 1; back <= 3 && i-back >= 0; back++ {
		switch s.says[i-back].lists & (onMore | onLess) {
		case onMore:
			v += sign * degreeStep * by[back-1]
		case onLess:
			v += sign * -degreeStep * by[back-1]
		}
	}
	return v
}

func (v *valenceSums) count(w *word, i, but int) {
	if w.valence == 0 {
		return
	}
	if but >= 0 && i < but {
		w.valence *= 0.5
	} else if but >= 0 && i > but {
		w.valence *= 1.5
	}
	v.total += w.valence
	v.last = w.valence
	if w.valence > 0 {
		v.pos += w.valence
		v.nPos++
		v.maxPos = max(v.maxPos, w.valence)
	} else {
		v.neg -= w.valence
		v.nNeg++
		v.maxNeg = max(v.maxNeg, -w.valence)
	}
}

// compound is the sum of the valences squeezed into -1..1.
func (v *valenceSums) compound() float32 {
	t := v.total
	loud := 0.292 * float32(min(v.exclaims, 4))
	if v.questions > 1 {
		loud += 0.18 * float32(min(v.questions, 4))
	}
	if t > 0 {
		t += loud
	} else if t < 0 {
		t -= loud
	}
	return t / sqrt32(t*t+15)
}

// read scores a text: positive, negative, neutral.
func (x *polarity) read(s *scanned, pw *polarityWords) [3]float32 {
	x.logits, x.lean = [3]float32{}, 0
	if len(s.words) == 0 {
		return x.logits
	}
	x.valences(s, pw)
	x.features(s)
	x.addUp()
	l := x.scores()
	x.given = append(x.given[:0], make([]float32, len(s.words))...)
	news, business := pw.finance.read(s, x.sums.social, &l, x.given)
	x.news = news
	c := lexiconShare * x.sums.compound()
	l[0] += c / 2
	l[1] -= c / 2
	tilt := tiltPlain
	switch {
	case business:
		tilt = tiltNews
	case s.words[0].kind == kindHandle:
		tilt = tiltAddressed
	case x.kind == kindMedical:
		tilt = tiltMedical
	}
	l[0] += tilt[0]
	l[1] += tilt[1]
	x.logits, x.lean = l, tilt[0]-tilt[1]
	return l
}

// lexiconShare is how much the plain lexicon adds to the learned scores: it
// keeps them from falling behind it where nothing was learned.
const lexiconShare = 1.0

// What is added to positive and negative, by the kind of text: who writes to
// a company seldom praises, and news are mostly neutral. Chosen on the
// development halves of the judging sets.
var (
	tiltPlain     = [2]float32{-0.4, -0.3}
	tiltAddressed = [2]float32{-0.65, 0.18}
	tiltNews      = [2]float32{-0.45, -0.3}
	tiltMedical   = [2]float32{-0.4, -0.6}
)
