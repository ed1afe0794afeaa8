package nlp

import (
	"encoding/binary"
	"slices"
)

// polarityFeatures are the rows of the sentiment model that a text has, in the
// order in which they are learned: of every word its own, one with the word
// before it, and two with the two words before it; then those of the whole
// text. Where a cache knows what words say by themselves, the rows of that are
// left out and added up instead.
type polarityFeatures struct {
	rows []uint32
	own  []uint8 // of each word: how many rows are its own
	of   []int8  // of each row of the whole text: the words that it speaks of
	kind uint64  // of the text
	sum  sum3    // of what is known, and in the end of all

	cells []uint32 // the weights of rows
}

// The words that a row of the whole text may speak of.
const (
	ofText     = iota // nobody: shared by all words
	ofPositive        // the words with a positive valence
	ofNegative
	ofLexical // all words with a valence
	ofLast    // the last word
	groups
)

// asMark tells punctuation and emoticons from words.
const asMark = 5

// A wordSaid is what the features of one word gave to the difference of
// positive and negative.
type wordSaid struct {
	own                int32
	pair, triple, skip int16 // with the word before, with two, and with the one before that
}

// tripled is the first word that has two before it.
const tripled = 2

// features makes the features of s, whose valences must be set.
func (x *polarity) features(s *scanned) {
	x.kind = x.sums.textKind(len(s.words))
	n := len(s.words)
	x.of = x.of[:0]
	x.own, x.said = slices.Grow(x.own[:0], n)[:n], slices.Grow(x.said[:0], n)[:n]
	l, rows := x.model, x.rows[:0]
	var sum sum3
	known := 0
	p1, pair, skip := uint64(11), uint64(0), uint64(0)
	after := false
	for k := range s.words {
		w, says := &s.words[k], &s.says[k]
		h, plain := standsFor(s, w)
		after = after || plain && says.lists&onContrasts != 0
		var own sum3
		if plain && x.known != nil {
			var n int
			own, n = says.polarityOf(w)
			known += n
			sum = sum.plus(own)
		}
		x.said[k] = wordSaid{own: own.lean()}
		from := len(rows)
		if x.known == nil || !plain || w.negated || w.lexical || w.flags&(flagCaps|flagLong) != 0 || x.kind != kindPlain {
			rows = x.word(rows, s, w, h, plain, after)
		}
		x.own[k] = uint8(len(rows) - from)
		triple := mix(pair, h)
		pair = mix(p1, h)
		if k < tripled {
			rows = append(rows, l.row(pair))
		} else {
			rows = append(rows, l.row(pair), l.row(triple), l.row(mix(skip, h)))
		}
		skip, p1 = mix(p1, 3), h
	}
	x.rows, x.sum, x.n = rows, sum, known
	if n > 0 {
		x.ofAll(mix(s.words[n-1].hash, 91), ofLast)
	}
	x.whole()
}

// standsFor returns what stands for a word beside others, and whether that is
// the word itself.
func standsFor(s *scanned, w *word) (h uint64, plain bool) {
	switch w.kind {
	case kindURL:
		return 21, false
	case kindHandle, kindCashtag:
		return 22, false
	}
	if contracted(s, w) {
		return mix(w.hash, contraction), false
	}
	return w.hash, true
}

// polarityOf is what a word says by itself, and of how many rows that is the
// sum.
func (s *wordSays) polarityOf(w *word) (sum sum3, rows int) {
	sum, rows = sum3{int32(s.own[0]), int32(s.own[1]), int32(s.own[2])}, 1
	if w.lettered() { // a short one has no rows, and sums of nothing
		sum = sum.plus(sum3{int32(s.polarity[0]), int32(s.polarity[1]), int32(s.polarity[2])})
		rows += polarityRowsOf(int(w.hi - w.lo))
	}
	return sum, rows
}

// lettered reports whether the letters of a word may say something.
func (w *word) lettered() bool { return w.kind == kindWord || w.kind == kindHashtag }

// word appends the rows of a word alone that are not known; h stands for it,
// and plain tells that it is its hash.
func (x *polarity) word(rows []uint32, s *scanned, w *word, h uint64, plain, after bool) []uint32 {
	l, known := x.model, plain && x.known != nil
	switch w.kind {
	case kindURL, kindHandle, kindCashtag:
		return rows
	case kindPunct, kindEmote:
		if !known {
			rows = append(rows, l.row(mix(h, asMark)))
		}
		return x.ofKind(rows, h, 0)
	}
	if !known {
		rows = append(rows, l.row(h))
	}
	rows = x.ofKind(rows, h, 0)
	if w.negated {
		rows = x.ofKind(append(rows, l.row(mix(h, 77))), h, 1)
	}
	if w.flags&flagCaps != 0 {
		rows = append(rows, l.row(mix(h, 33)))
	}
	if w.flags&flagLong != 0 {
		rows = append(rows, l.row(9030))
	}
	if w.lexical {
		rows = append(rows, l.row(mix(2000, uint64(int(w.valence*2)+50))))
	}
	if plain && !known && w.lettered() && w.hi-w.lo >= minPieces {
		rows = polarityRows(rows, l, s.form(w))
	}
	if after && w.valence > 0 {
		rows = append(rows, l.row(901))
	} else if after && w.valence < 0 {
		rows = append(rows, l.row(902))
	}
	return rows
}

// polarityRows appends the rows of the 3 to 5 byte pieces of a form.
func polarityRows(rows []uint32, l *linear, form []byte) []uint32 {
	for a := 0; a+3 <= len(form); a++ {
		g := mix(hashBytes(form[a:a+3]), 2)
		rows = append(rows, l.row(g))
		if a+4 <= len(form) {
			rows = append(rows, l.row(mix(g, uint64(form[a+3]))))
		}
		if a+5 <= len(form) {
			rows = append(rows, l.row(mix(mix(g, uint64(form[a+3])), uint64(form[a+4]))))
		}
	}
	return rows
}

// ofAll adds a feature of the whole text.
func (x *polarity) ofAll(h uint64, of int8) {
	x.rows = append(x.rows, x.model.row(h))
	x.of = append(x.of, of)
}

// steps adds one feature for every step that v reaches.
func (x *polarity) steps(id uint64, v float32, of int8) {
	for j := range uint64(min(13, max(0, v*1.5)) + 1) {
		x.ofAll(mix(1000+id, j), of)
	}
}

// whole adds what the lexicon says of the whole text.
func (x *polarity) whole() {
	v := &x.sums
	kind := uint64(0)
	switch {
	case v.social:
		kind = 1
	case v.words <= 8:
		kind = 2
	case v.words > 25:
		kind = 3
	}
	x.steps(1, v.pos, ofPositive)
	x.steps(2, v.neg, ofNegative)
	x.steps(3, float32(v.nPos), ofPositive)
	x.steps(4, float32(v.nNeg), ofNegative)
	x.steps(5, v.maxPos*1.5, ofPositive)
	x.steps(6, v.maxNeg*1.5, ofNegative)
	if v.total > 0 {
		x.steps(7, v.total, ofLexical)
	} else {
		x.steps(8, -v.total, ofLexical)
	}
	c := v.compound()
	for j := -9; j <= 9; j++ {
		if (j > 0 && c*10 >= float32(j)) || (j < 0 && c*10 <= float32(j)) {
			x.ofAll(mix(3000, uint64(j+10)), ofLexical)
			x.ofAll(mix(3100+kind, uint64(j+10)), ofLexical)
			if x.kind != kindPlain {
				x.ofAll(mix(uint64(j+10), x.kind+3), ofLexical)
			}
		}
	}
	switch {
	case v.last > 0:
		x.ofAll(9001, ofPositive)
	case v.last < 0:
		x.ofAll(9002, ofNegative)
	default:
		x.ofAll(9003, ofText)
	}
	for j := range uint64(min(v.exclaims, 3)) {
		x.ofAll(9100+j, ofText)
	}
	for j := range uint64(min(v.questions, 3)) {
		x.ofAll(9110+j, ofText)
	}
	for j := range uint64(min(v.caps, 3)) {
		x.ofAll(9120+j, ofText)
	}
	x.ofAll(9200, ofText)
	x.ofAll(9210+kind, ofText)
}

// A sum3 is the sum of weights for positive, negative and neutral.
type sum3 struct{ pos, neg, neutral int32 }

func (s sum3) plus(t sum3) sum3 { return sum3{s.pos + t.pos, s.neg + t.neg, s.neutral + t.neutral} }

func (s sum3) lean() int32 { return s.pos - s.neg }

// cells appends the weights of rows of three, each row in one number: reading
// them all before any is added up lets the processor wait for many at once.
func (l *linear) cells(dst, rows []uint32) []uint32 {
	w := bytesOf(l.w)
	last := len(w) - 4
	for _, r := range rows {
		at := min(int(r)*3, last)
		dst = append(dst, binary.LittleEndian.Uint32(w[at:])>>(8*(int(r)*3-at)))
	}
	return dst
}

// cellOf takes a number of cells apart.
func cellOf(c uint32) sum3 { return sum3{int32(int8(c)), int32(int8(c >> 8)), int32(int8(c >> 16))} }

// addUp adds up the rows, and for each word what was said of it.
func (x *polarity) addUp() {
	x.n += len(x.rows)
	x.cells = x.model.cells(x.cells[:0], x.rows)
	cells, sum := x.cells, x.sum
	for k := range x.said {
		said := &x.said[k]
		for ; x.own[k] > 0; x.own[k]-- {
			c := cellOf(cells[0])
			cells = cells[1:]
			sum = sum.plus(c)
			said.own += c.lean()
		}
		pair := cellOf(cells[0])
		sum = sum.plus(pair)
		said.pair = int16(pair.lean())
		if k < tripled {
			cells = cells[1:]
			continue
		}
		triple, skip := cellOf(cells[1]), cellOf(cells[2])
		cells = cells[3:]
		sum = sum.plus(triple).plus(skip)
		said.triple, said.skip = int16(triple.lean()), int16(skip.lean())
	}
	x.groups = [groups]int32{}
	for i, c := range cells {
		w := cellOf(c)
		sum = sum.plus(w)
		x.groups[x.of[i]] += w.lean()
	}
	x.sum = sum
}

// scores are those of positive, negative and neutral.
func (x *polarity) scores() [3]float32 {
	k := x.model.scale / sqrt(x.n)
	return [3]float32{float32(x.sum.pos) * k, float32(x.sum.neg) * k, float32(x.sum.neutral) * k}
}
