package nlp

import (
	"encoding/binary"
	"slices"
)

// A safetyScorer scores texts by the model of adverse events. It is for one
// goroutine.
type safetyScorer struct {
	m     *models
	known bool // what words say is known in the text; else every row is read
	words []safetyWord
	sums  []safetySum // of all words before each
	some  []safetySum // of the first words of a stretch
	rows  []uint32    // that are yet to be added up

	touched byte // keeps reads ahead from being left out
}

// A safetyWord is what the lists say of one word.
type safetyWord struct {
	to    int32 // the word after the phrase that begins here; 0 if none does
	rows  int32 // how many rows stand in the scorer's when this word is done
	class uint8 // of the phrase
	drug  bool  // the name of a medicine
	said  uint8 // bits of what it speaks of
	own   uint8 // how many rows are in what the word says by itself
}

// A safetySum adds up rows of the model: whole numbers, which may be added in
// any order.
type safetySum struct{ none, event, rows int32 }

// A safetyContext is the two words before one, and both together.
type safetyContext struct{ last, before, joint uint64 }

// noContext is the context of the first word of a stretch.
var noContext = safetyContext{11, 12, mix(12, 11)}

// drugSeed keeps the hashes of medicines apart from those of other lists.
const drugSeed = 0xD6

// safetyBlock is how many words are read at once.
const safetyBlock = 32

// onSafety tells the lists of the safety reader that a word is on.
func (m *models) onSafety(w *word) (on wordLists) {
	if _, ok := m.drugs.find(mix(w.key, drugSeed)); ok && w.hi-w.lo > 3 {
		on = onDrugs
	}
	if len(m.safetyWords.starting(w.key)) > 0 {
		on |= onSafety
	}
	return on
}

// look asks the lists for the first n words of a text.
func (x *safetyScorer) look(s *scanned, n int) {
	x.words = slices.Grow(x.words[:0], n)[:n]
	for i := range x.words {
		var on wordLists
		if x.known {
			on = s.says[i].lists
		} else {
			on = x.m.onSafety(&s.words[i])
		}
		f := safetyWord{drug: on&onDrugs != 0}
		if on&onSafety != 0 {
			if to, class, ok := x.m.safetyWords.at(s, i); ok {
				f.to, f.class = int32(to), class
			}
		}
		x.words[i] = f
	}
}

// score is the probability that a text tells an adverse event: of the
// likeliest stretch of words in it. The text must have been looked at.
//
// The stretches overlap, so that each word is read once, and what a stretch
// says is the difference of two sums; only its first words, which know nothing
// of the words before, are read again.
func (x *safetyScorer) score(s *scanned) float32 {
	n := len(x.words)
	x.sum(s)
	var top float32
	for from := 0; from < n; from += safetyWindow / 2 {
		to := min(n, from+safetyWindow)
		if n-to < safetyWindow/3 {
			to = n
		}
		t, after := x.restart(s, from, to)
		a, b := &x.sums[after], &x.sums[to]
		k := x.m.safetyModel.scale / sqrt(int(t.rows+b.rows-a.rows))
		p := [2]float32{float32(t.none+b.none-a.none) * k, float32(t.event+b.event-a.event) * k}
		softmax(p[:])
		top = max(top, p[1])
		if to == n {
			break
		}
	}
	return top
}

// sum adds up the words of a text.
func (x *safetyScorer) sum(s *scanned) {
	n := len(x.words)
	x.sums = slices.Grow(x.sums[:0], n+1)[:n+1]
	x.sums[0] = safetySum{}
	c := noContext
	for from := 0; from < n; from += safetyBlock {
		to := min(from+safetyBlock, n)
		x.block(s, from, to, &c, x.sums[from:to+1])
	}
}

// block adds up words from..to-1: it reads the sum before them, and sets those
// after each of them.
func (x *safetyScorer) block(s *scanned, from, to int, c *safetyContext, sums []safetySum) {
	*c = x.read(s, from, to, *c)
	weights, touched := bytesOf(x.m.safetyModel.w), byte(0)
	for _, r := range x.rows { // all that lies anywhere, before any is used
		touched ^= weights[2*r]
	}
	x.touched ^= touched
	sum, done := sums[0], int32(0)
	for i := from; i < to; i++ {
		f := &x.words[i]
		none, event := sum.none, sum.event
		for _, r := range x.rows[done:f.rows] {
			w := binary.LittleEndian.Uint16(weights[2*r:])
			none += int32(int8(w))
			event += int32(int8(w >> 8))
		}
		sum.rows += f.rows - done
		if x.known {
			says := &s.says[i].safety
			none += int32(says[0])
			event += int32(says[1])
			sum.rows += int32(f.own)
		}
		sum.none, sum.event = none, event
		sums[i+1-from], done = sum, f.rows
	}
}

// restart adds up the first words of the stretch from..to-1, without what
// stands before it, and what is said in all of it. It returns the word after
// those words.
func (x *safetyScorer) restart(s *scanned, from, to int) (sum safetySum, after int) {
	after = from
	if from > 0 { // elsewhere the sums know nothing of words before either
		for left := 2; left > 0 && after < to; after++ {
			if s.words[after].kind < kindPunct {
				left--
			}
		}
		c := noContext
		x.some = slices.Grow(x.some[:0], after-from+1)[:after-from+1]
		x.some[0] = safetySum{}
		x.block(s, from, after, &c, x.some)
		sum = x.some[after-from]
	}
	x.rows = x.m.saidRows(x.rows[:0], x.said(from, to))
	return x.m.safetySum(sum, x.rows), after
}

// said tells what words from..to-1 speak of.
func (x *safetyScorer) said(from, to int) (said uint8) {
	for i := range x.words[from:to] {
		said |= x.words[from+i].said
	}
	return said
}

// safetySum adds rows to a sum.
func (m *models) safetySum(sum safetySum, rows []uint32) safetySum {
	weights := bytesOf(m.safetyModel.w)
	for _, r := range rows {
		w := binary.LittleEndian.Uint16(weights[2*r:])
		sum.none += int32(int8(w))
		sum.event += int32(int8(w >> 8))
	}
	sum.rows += int32(len(rows))
	return sum
}

// read makes the rows of words from..to-1, but for those that are in what a
// word says by itself. It returns the context of the next word.
func (x *safetyScorer) read(s *scanned, from, to int, c safetyContext) safetyContext {
	l, rows := x.m.safetyModel, x.rows[:0]
	for i := from; i < to; i++ {
		w, f := &s.words[i], &x.words[i]
		h := w.hash
		switch w.kind {
		case kindURL:
			h = 21
			rows = append(rows, l.row(w.hash))
		case kindHandle, kindCashtag:
			h = 22
			rows = append(rows, l.row(w.hash))
		case kindPunct, kindEmote, kindPoss:
			if f.own = 1; !x.known {
				rows = append(rows, l.row(mix(h, safetyMark)))
			}
			f.rows = int32(len(rows))
			continue
		case kindWord, kindNumber, kindHashtag:
			if f.drug || i < len(s.product) && s.product[i] {
				f.said |= saysDrug
				h = 23
				rows = append(rows, l.row(mix(c.last, h)))
			}
			if f.to > 0 {
				f.said |= 1 << min(f.class, 4)
				class := uint64(f.class)
				rows = append(rows, l.row(mix(class, 31)), l.row(mix(mix(class, 32), c.last)))
			}
			if f.own = uint8(1 + safetyRowsOf(int(w.hi-w.lo))); !x.known {
				rows = append(letterRows(rows, l, s.form(w)), l.row(w.hash))
			}
		}
		joint := mix(c.last, h)
		rows = append(rows, l.row(joint), l.row(mix(c.joint, h)), l.row(mix(mix(c.before, 3), h)))
		c = safetyContext{last: h, before: c.last, joint: joint}
		f.rows = int32(len(rows))
	}
	x.rows = rows
	return c
}

// safetyMark makes the feature of a mark, which is no word.
const safetyMark = 5

// saidRows appends the rows of what a stretch speaks of.
func (m *models) saidRows(rows []uint32, said uint8) []uint32 {
	l := m.safetyModel
	rows = append(rows, l.row(mix(uint64(said), 41)))
	for b := range 5 {
		rows = append(rows, l.row(mix(uint64(said>>b&1)<<8|uint64(b), 42)))
	}
	return rows
}

// safetyRows returns the rows of all words of a text.
func (m *models) safetyRows(s *scanned) []uint32 {
	x := safetyScorer{m: m}
	x.look(s, len(s.words))
	x.read(s, 0, len(x.words), noContext)
	return m.saidRows(x.rows, x.said(0, len(x.words)))
}

// letterRows appends the rows of the 3 to 5 byte pieces of a form.
func letterRows(rows []uint32, l *linear, form []byte) []uint32 {
	if len(form) < 4 {
		return rows
	}
	for a := 0; a+3 <= len(form); a++ {
		g := mix(hashBytes(form[a:a+3]), 2)
		rows = append(rows, l.row(g))
		if a+5 <= len(form) {
			rows = append(rows, l.row(mix(mix(g, uint64(form[a+3])), uint64(form[a+4]))))
		}
	}
	return rows
}
