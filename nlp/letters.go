package nlp

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// A packedForm is a form of at most maxPacked bytes as two numbers, with zeros
// behind its end. No form has a zero byte, so what is equal is the same form.
// The form of a mark has markBit, which no form of its few bytes has.
type packedForm [2]uint64

const (
	maxPacked = 16
	markBit   = 1 << 63
)

// packedMasks keep the first bytes of a packed form, by how many.
var packedMasks = func() (masks [maxPacked + 1]packedForm) {
	for n := range masks {
		masks[n] = packedForm{^uint64(0) >> (64 - 8*min(n, 8)), ^uint64(0) >> (128 - 8*max(n, 8))}
	}
	return masks
}()

// packed returns the form of w, or the first bytes of one that is too long. At
// least maxPacked bytes of buf must stand behind where the form begins.
func (w *word) packed(buf []byte) packedForm {
	b := (*[maxPacked]byte)(buf[w.lo:])
	m := &packedMasks[min(uint32(w.hi-w.lo), maxPacked)]
	return packedForm{binary.LittleEndian.Uint64(b[:]) & m[0], binary.LittleEndian.Uint64(b[8:]) & m[1]}
}

// packable returns the memory of buf for packed.
func (s *scanned) packable() []byte {
	s.buf = slices.Grow(s.buf, maxPacked)
	return s.buf[:len(s.buf)+maxPacked]
}

// A wordSays is what a word says by itself, wherever it stands: to the models
// sums of weights, which may be added up in any order, and the lists that it
// is on.
type wordSays struct {
	polarity [3]int16 // its letters, to the model of sentiment
	safety   [2]int16 // it and its letters, to the model of safety
	own      [3]int8  // the word, to the model of sentiment
	valence  int8     // in the lexicon
	lists    wordLists
}

// wordLists are bits, one for each list that a word is on.
type wordLists uint16

const (
	onLexicon   wordLists = 1 << iota // it has a valence
	onNegations                       // it turns round what stands behind it
	onContrasts                       // but
	onMore                            // it strengthens the next word
	onLess
	onMedical
	onFinance // a phrase of business news begins with it
	onDrugs   // it is the name of a medicine
	onSafety  // a phrase of the safety reader begins with it
)

// polarityRowsOf is how many rows the letters of a form of n bytes have in the
// model of sentiment.
func polarityRowsOf(n int) int { return max(0, 3*n-9) }

// safetyRowsOf is how many they have in that of safety.
func safetyRowsOf(n int) int {
	if n < minPieces {
		return 0
	}
	return 2*n - 6
}

// minPieces is the length from which the letters of a word say something.
const minPieces = 4

// A knownWord is kept with its form, in half a line of the processor's cache.
type knownWord struct {
	form packedForm
	says wordSays
}

// knownSets are how many pairs of words are remembered, by the hash of their
// forms; a power of two. Half a line stands for thirty rows that lie anywhere.
const knownSets = 1 << 14

// A wordCache remembers what words say. It is for one goroutine.
type wordCache struct {
	m       *models
	sets    [][2]knownWord // the first was asked for last
	touched uint64         // keeps reads from being left out
}

func newWordCache(m *models) *wordCache {
	return &wordCache{m: m, sets: make([][2]knownWord, knownSets)}
}

// read sets what the words of s say.
func (c *wordCache) read(s *scanned) {
	s.says = slices.Grow(s.says[:0], len(s.words))[:len(s.words)]
	buf := s.packable()
	for from := 0; from < len(s.words); from += touchAhead {
		to := min(len(s.words), from+touchAhead)
		c.block(buf, s.words[from:to], s.says[from:to])
	}
}

// block sets what some words say, at most touchAhead. All places are asked for
// before any is waited for.
func (c *wordCache) block(buf []byte, words []word, says []wordSays) {
	var forms [touchAhead]packedForm
	var sets [touchAhead]*[2]knownWord
	var x uint64
	for i := range words {
		w, k := &words[i], i%touchAhead
		forms[k] = w.packed(buf)
		if w.kind == kindPunct || w.kind == kindEmote { // an accent is one, and may be a hashtag, too
			forms[k][1] |= markBit
		}
		sets[k] = &c.sets[w.key*fnvPrime>>40&uint64(len(c.sets)-1)]
		x ^= sets[k][0].form[0]
	}
	c.touched ^= x
	for i := range says {
		w, out, form, set := &words[i], &says[i], &forms[i%touchAhead], sets[i%touchAhead]
		if !knowable(w) {
			*out = c.m.says(buf[w.lo:w.hi], w)
			continue
		}
		if form[0] != set[0].form[0] || form[1] != set[0].form[1] {
			c.second(buf, w, form, set)
		}
		*out = set[0].says
	}
}

// second makes the first of a set the word that is asked for.
func (c *wordCache) second(buf []byte, w *word, form *packedForm, set *[2]knownWord) {
	if *form == set[1].form {
		set[0], set[1] = set[1], set[0]
		return
	}
	set[1] = set[0]
	set[0] = knownWord{*form, c.m.says(buf[w.lo:w.hi], w)}
}

// knowable reports whether the form of a word, and whether it is a mark, tell
// all that it says, and it is short enough to be remembered: the form of a link
// or of a handle does not.
func knowable(w *word) bool {
	const never = 1<<kindURL | 1<<kindHandle | 1<<kindCashtag
	return never>>w.kind&1 == 0 && uint32(w.hi-w.lo-1) < maxPacked
}

// says looks up what a word says.
func (m *models) says(form []byte, w *word) (out wordSays) {
	out.lists, out.valence = m.words.lists(m.lexicon, w)
	out.lists |= m.onSafety(w)
	switch w.kind {
	case kindURL, kindHandle, kindCashtag:
		return out
	case kindPunct, kindEmote:
		out.own = m.polarity.row3(m.polarity.row(mix(w.hash, asMark)))
		out.safety = m.safetyRow(mix(w.hash, safetyMark))
		return out
	case kindPoss:
		out.safety = m.safetyRow(mix(w.hash, safetyMark))
	case kindWord, kindNumber, kindHashtag:
		out.safety = m.safetyRow(w.hash)
	}
	out.own = m.polarity.row3(m.polarity.row(w.hash))
	if len(form) >= minPieces {
		m.sayLetters(&out, form)
	}
	return out
}

// safetyRow returns the row of a feature in the model of safety.
func (m *models) safetyRow(h uint64) [2]int16 {
	w := m.safetyModel.w[int(m.safetyModel.row(h))*2:][:2]
	return [2]int16{int16(w[0]), int16(w[1])}
}

// sayLetters adds up what polarityRows and letterRows name.
func (m *models) sayLetters(out *wordSays, form []byte) {
	var p [3]int32
	var s [2]int32
	polarity := func(h uint64) {
		w := m.polarity.w[int(m.polarity.row(h))*3:][:3]
		p[0], p[1], p[2] = p[0]+int32(w[0]), p[1]+int32(w[1]), p[2]+int32(w[2])
	}
	safety := func(h uint64) {
		w := m.safetyModel.w[int(m.safetyModel.row(h))*2:][:2]
		s[0], s[1] = s[0]+int32(w[0]), s[1]+int32(w[1])
	}
	for a := 0; a+3 <= len(form); a++ {
		h := mix(hashBytes(form[a:a+3]), 2)
		polarity(h)
		safety(h)
		if a+4 <= len(form) {
			h = mix(h, uint64(form[a+3]))
			polarity(h)
		}
		if a+5 <= len(form) {
			h = mix(h, uint64(form[a+4]))
			polarity(h)
			safety(h)
		}
	}
	for k := range p {
		out.polarity[k] = int16(p[k])
	}
	for k := range s {
		out.safety[k] += int16(s[k])
	}
}

// A languageWord is what the letters of one word say to the model of
// languages, and half a line, too.
type languageWord struct {
	form packedForm
	sums [8]int16
}

// languageSets are fewer: the beginning of a text tells its language.
const languageSets = 1 << 13

// A languageCache remembers languageWords. It is for one goroutine.
type languageCache struct {
	sets    [][2]languageWord // the first was asked for last
	rows    []uint32
	touched uint64 // keeps reads from being left out
}

func newLanguageCache() *languageCache {
	return &languageCache{sets: make([][2]languageWord, languageSets)}
}

// touch brings what is remembered of words near: all of it is asked for before
// any is waited for.
func (c *languageCache) touch(words []word) {
	if c == nil {
		return
	}
	var x uint64
	for i := range words {
		x ^= c.sets[words[i].key*fnvPrime>>40%languageSets][0].form[0]
	}
	c.touched ^= x
}

// of returns what the letters of a word say, and how many rows they are; no
// sums for a form that is too long. A nil cache knows nothing.
func (c *languageCache) of(l *linear, buf []byte, w *word) (sums *[8]int16, rows int) {
	if c == nil || uint32(w.hi-w.lo-1) >= maxPacked {
		return nil, 0
	}
	form, set := w.packed(buf), &c.sets[w.key*fnvPrime>>40%languageSets]
	if form != set[0].form {
		if form == set[1].form {
			set[0], set[1] = set[1], set[0]
		} else {
			set[1] = set[0]
			set[0] = languageWord{form, c.sum(l, buf[w.lo:w.hi], w.key)}
		}
	}
	return &set[0].sums, form.languageRows(int(w.hi - w.lo))
}

// sum adds up the rows of a word.
func (c *languageCache) sum(l *linear, form []byte, key uint64) (out [8]int16) {
	c.rows = languageRows(c.rows[:0], l, form, key)
	var some lanes
	weights := bytesOf(l.w)
	for _, r := range c.rows {
		some.add(weights[int(r)*len(out):])
	}
	var sums [8]int32
	some.sums(&sums)
	for k, v := range sums {
		out[k] = int16(v)
	}
	return out
}

// languageRows is how many rows the function of that name appends for a form
// of n bytes: one for the word, for every byte and the mark before them those
// of two to five, and those of single bytes that are not ASCII.
func (f *packedForm) languageRows(n int) int {
	const high = 0x8080808080808080
	rows := 1 + bits.OnesCount64(f[0]&high) + bits.OnesCount64(f[1]&high)
	if n == 1 {
		return rows + 3
	}
	return rows + 4*n - 2
}
