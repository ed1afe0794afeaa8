package nlp

import "slices"

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
	x.rows, x.of = x.rows[:0], x.of[:0]
	x.own, x.said = slices.Grow(x.own[:0], n)[:n], slices.Grow(x.said[:0], n)[:n]
	x.sum, x.n = sum3{}, 0
	p1, pair, skip := uint64(11), uint64(0), uint64(0)
	after := false
	for k := range s.words {
		w, says := &s.words[k], &s.says[k]
		from := len(x.rows)
		h := w.hash
		x.said[k] = wordSaid{}
		switch w.kind {
		case kindURL:
			h = 21
		case kindHandle, kindCashtag:
			h = 22
		case kindPunct, kindEmote:
			x.sign(k, says, h)
		case kindHashtag, kindWord, kindNumber, kindPoss:
			plain := !contracted(s, w)
			if !plain {
				h = mix(h, contraction)
			}
			x.word(s, k, h, plain)
			after = after || plain && says.lists&onContrasts != 0
			if after && w.valence > 0 {
				x.put(901)
			} else if after && w.valence < 0 {
				x.put(902)
			}
		}
		x.own[k] = uint8(len(x.rows) - from)
		triple := mix(pair, h)
		pair = mix(p1, h)
		x.put(pair)
		if k >= tripled {
			x.put(triple)
			x.put(mix(skip, h))
		}
		skip, p1 = mix(p1, 3), h
	}
	if n > 0 {
		x.ofAll(mix(s.words[n-1].hash, 91), ofLast)
	}
	x.whole()
}

// word adds what word k says by itself; plain tells that h is its hash.
func (x *polarity) word(s *scanned, k int, h uint64, plain bool) {
	w := &s.words[k]
	form := s.form(w)
	lettered := len(form) >= minPieces && w.kind != kindNumber && plain
	if x.known != nil && plain {
		x.say(k, &s.says[k], lettered, len(form))
	} else {
		x.put(h)
	}
	x.ofKind(h, 0)
	if w.negated {
		x.put(mix(h, 77))
		x.ofKind(h, 1)
	}
	if w.flags&flagCaps != 0 {
		x.put(mix(h, 33))
	}
	if w.flags&flagLong != 0 {
		x.put(9030)
	}
	if w.lexical {
		x.put(mix(2000, uint64(int(w.valence*2)+50)))
	}
	if lettered && x.known == nil {
		x.rows = polarityRows(x.rows, x.model, form)
	}
}

// say adds what word k is known to say by itself.
func (x *polarity) say(k int, says *wordSays, lettered bool, n int) {
	sum := sum3{int32(says.own[0]), int32(says.own[1]), int32(says.own[2])}
	x.n++
	if lettered {
		sum = sum.plus(sum3{int32(says.polarity[0]), int32(says.polarity[1]), int32(says.polarity[2])})
		x.n += polarityRowsOf(n)
	}
	x.said[k].own = sum.pos - sum.neg
	x.sum = x.sum.plus(sum)
}

// sign adds what a mark or an emoticon, word k, says by itself.
func (x *polarity) sign(k int, says *wordSays, h uint64) {
	if x.known != nil {
		x.say(k, says, false, 0)
	} else {
		x.put(mix(h, asMark))
	}
	x.ofKind(h, 0)
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

func (x *polarity) put(h uint64) { x.rows = append(x.rows, x.model.row(h)) }

// ofAll adds a feature of the whole text.
func (x *polarity) ofAll(h uint64, of int8) {
	x.put(h)
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

// weights3 are the weights of a row of three.
func (l *linear) weights3(row uint32) sum3 {
	w := l.w[int(row)*3:][:3]
	return sum3{int32(w[0]), int32(w[1]), int32(w[2])}
}

// addUp adds up the rows, and for each word what was said of it.
func (x *polarity) addUp() {
	l, rows, sum := x.model, x.rows, x.sum
	x.n += len(rows)
	for k := range x.said {
		said := &x.said[k]
		var own sum3
		for range x.own[k] {
			own = own.plus(l.weights3(rows[0]))
			rows = rows[1:]
		}
		pair := l.weights3(rows[0])
		sum = sum.plus(own).plus(pair)
		said.own += own.lean()
		if k < tripled {
			rows = rows[1:]
			said.pair, said.triple, said.skip = int16(pair.lean()), 0, 0
			continue
		}
		triple, skip := l.weights3(rows[1]), l.weights3(rows[2])
		rows = rows[3:]
		sum = sum.plus(triple).plus(skip)
		said.pair, said.triple, said.skip = int16(pair.lean()), int16(triple.lean()), int16(skip.lean())
	}
	x.groups = [groups]int32{}
	for i, r := range rows {
		w := l.weights3(r)
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
