package nlp

import "strings"

// A feature is one row of the sentiment model, and the words it speaks of:
// first and last, or none (-1) for what is known of the whole text alone.
type feature struct {
	row         uint32
	first, last int32
}

// Groups that a feature of the whole text may speak of, in feature.first.
const (
	ofText     = -1 // nobody: shared by all words
	ofPositive = -2 // the words with a positive valence
	ofNegative = -3
	ofLexical  = -4 // all words with a valence
)

// A gramSum is what the letters of a word say: whole numbers, which may be
// added up in any order.
type gramSum struct {
	sum  [3]int16
	rows uint8
	word int32
}

func gramRows(grams []gramSum) int {
	n := 0
	for i := range grams {
		n += int(grams[i].rows)
	}
	return n
}

// A polarity scores texts. It is for one goroutine; its zero value with the
// models set is ready.
type polarity struct {
	model   *linear
	words   *lexicon
	feats   []feature
	grams   []gramSum    // of words that letters knows
	letters *letterCache // nil: every row is a feature
	rows    []uint32
	sums    valenceSums
	given   []float32 // what business news gives to every word
	news    bool      // the text is business news
	kind    uint64    // of the text
	lean    float32   // to positive from negative, by the kind of text
}

// valenceSums are what the lexicon says of a text.
type valenceSums struct {
	pos, neg, maxPos, maxNeg, total, last float32
	nPos, nNeg                            int
	exclaims, questions, caps             int
	social                                bool // links, handles, hashtags, emoji
	words                                 int
}

const negationScope = 3 // words after a negation

// valences sets valence and negation of the words of s and sums them up.
func (x *polarity) valences(s *scanned, pw *polarityWords) {
	v := valenceSums{}
	scope, but := 0, -1
	shouts := 0
	for i := range s.words {
		if w := &s.words[i]; w.kind == kindWord && w.flags&flagCaps != 0 {
			shouts++
		}
	}
	mixed := shouts > 0 && shouts < len(s.words)*2/3
	for i := range s.words {
		w := &s.words[i]
		w.valence, w.lexical, w.negated = 0, false, false
		switch w.kind {
		case kindURL, kindHandle, kindCashtag:
			v.social = true
			continue
		case kindPunct, kindEmote:
			x.mark(s, w, &v)
			switch s.buf[w.lo] {
			case '.', ';', '?', '!':
				scope = 0
			}
			if w.kind == kindPunct {
				continue
			}
		case kindHashtag:
			v.social = true
		}
		v.words++
		if w.flags&flagCaps != 0 {
			v.caps++
		}
		if pw.contrasts.has(w.hash) {
			but = i
		}
		if pw.negations.has(w.hash) {
			scope = negationScope
			if e, ok := x.words.find(w.hash); !ok || e > 0 || x.lexicalAhead(s, i) {
				continue
			}
			scope--
			w.lexical, w.valence = true, -1.2 // a bare no
			continue
		}
		w.negated = scope > 0 && w.kind != kindEmote
		scope--
		if e, ok := x.words.find(w.hash); ok && !contracted(s, w) && !vague(s, i) {
			w.lexical = true
			w.valence = degree(s, i, float32(e)/25, pw, mixed)
			if w.negated {
				w.valence *= -0.74
			}
		}
	}
	for i := range s.words {
		v.count(&s.words[i], i, but)
	}
	x.sums = v
}

// contraction tells words with an apostrophe from words without.
const contraction = 23

// contracted reports whether an apostrophe was left out of the form of w, so
// that it only looks like another word: I'll is not ill, he'll not hell.
func contracted(s *scanned, w *word) bool {
	return w.hi-w.lo < w.end-w.start && w.kind == kindWord && strings.ContainsAny(s.text[w.start:w.end], "'’")
}

// vague reports whether word i is the kind of "kind of".
func vague(s *scanned, i int) bool {
	return s.words[i].hash == keyKind && i+1 < len(s.words) && s.words[i+1].key == keyOf
}

var keyKind = hash("kind")

// lexicalAhead reports whether a word with a valence stands among the three
// after word i.
func (x *polarity) lexicalAhead(s *scanned, i int) bool {
	for k := i + 1; k < min(len(s.words), i+4); k++ {
		if _, ok := x.words.find(s.words[k].hash); ok {
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
func degree(s *scanned, i int, v float32, pw *polarityWords, mixed bool) float32 {
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
		if d, ok := pw.degrees.find(s.words[i-back].hash); ok {
			v += sign * d * by[back-1]
		}
	}
	return v
}

func (v *valenceSums) count(w *word, i, but int) {
	if !w.lexical || w.valence == 0 {
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

// features makes the features of s, whose valences must be set.
func (x *polarity) features(s *scanned, pw *polarityWords) {
	x.feats, x.grams = x.feats[:0], x.grams[:0]
	x.kind = x.sums.textKind(s)
	p1, p2 := uint64(11), uint64(12)
	after := false
	var at1, at2 int32 = -1, -1
	for k := range s.words {
		w, i := &s.words[k], int32(k)
		h := w.hash
		if contracted(s, w) {
			h = mix(h, contraction)
		}
		switch w.kind {
		case kindURL:
			h = 21
		case kindHandle, kindCashtag:
			h = 22
		case kindPunct, kindEmote:
			x.add(mix(h, 5), i, i)
			x.ofKind(h, 0, i)
		case kindHashtag, kindWord, kindNumber, kindPoss:
			x.word(s, w, i, h)
			after = after || pw.contrasts.has(h)
			if after && w.valence > 0 {
				x.add(901, i, i)
			} else if after && w.valence < 0 {
				x.add(902, i, i)
			}
		}
		x.add(mix(p1, h), max(at1, 0), i)
		if k > 1 {
			x.add(mix(mix(p2, p1), h), at2, i)
			x.add(mix(mix(p2, 3), h), at2, i)
		}
		p2, p1, at2, at1 = p1, h, at1, i
	}
	if n := int32(len(s.words)); n > 0 {
		x.add(mix(s.words[n-1].hash, 91), n-1, n-1)
	}
	x.whole()
}

// word adds what one word says by itself.
func (x *polarity) word(s *scanned, w *word, i int32, h uint64) {
	x.add(h, i, i)
	x.ofKind(h, 0, i)
	if w.negated {
		x.add(mix(h, 77), i, i)
		x.ofKind(h, 1, i)
	}
	if w.flags&flagCaps != 0 {
		x.add(mix(h, 33), i, i)
	}
	if w.flags&flagLong != 0 {
		x.add(9030, i, i)
	}
	if w.lexical {
		x.add(mix(2000, uint64(int(w.valence*2)+50)), i, i)
	}
	form := s.form(w)
	if len(form) < 4 || w.kind == kindNumber || h != w.hash {
		return
	}
	if e := x.letters.of(form, w.key); e != nil {
		x.grams = append(x.grams, gramSum{e.polarity, e.polarityRows, i})
		return
	}
	x.rows = polarityRows(x.rows[:0], x.model, form)
	for _, r := range x.rows {
		x.feats = append(x.feats, feature{r, i, i})
	}
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

func (x *polarity) add(h uint64, first, last int32) {
	x.feats = append(x.feats, feature{x.model.row(h), first, last})
}

// steps adds one feature for every step that v reaches.
func (x *polarity) steps(id uint64, v float32, of int32) {
	for j := range uint64(min(13, max(0, v*1.5)) + 1) {
		x.add(mix(1000+id, j), of, of)
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
			x.add(mix(3000, uint64(j+10)), ofLexical, ofLexical)
			x.add(mix(3100+kind, uint64(j+10)), ofLexical, ofLexical)
			x.ofKind(uint64(j+10), 3, ofLexical)
		}
	}
	switch {
	case v.last > 0:
		x.add(9001, ofPositive, ofPositive)
	case v.last < 0:
		x.add(9002, ofNegative, ofNegative)
	default:
		x.add(9003, ofText, ofText)
	}
	for j := range uint64(min(v.exclaims, 3)) {
		x.add(9100+j, ofText, ofText)
	}
	for j := range uint64(min(v.questions, 3)) {
		x.add(9110+j, ofText, ofText)
	}
	for j := range uint64(min(v.caps, 3)) {
		x.add(9120+j, ofText, ofText)
	}
	x.add(9200, ofText, ofText)
	x.add(9210+kind, ofText, ofText)
}

// logits returns the scores of positive, negative and neutral.
func (x *polarity) logits() [3]float32 {
	var s [3]float32
	for i := range x.feats {
		x.model.add3(&s, x.feats[i].row)
	}
	for i := range x.grams {
		for k, v := range x.grams[i].sum {
			s[k] += float32(v)
		}
	}
	k := x.model.scale / sqrt(len(x.feats)+gramRows(x.grams))
	return [3]float32{s[0] * k, s[1] * k, s[2] * k}
}

// read scores a text: positive, negative, neutral.
func (x *polarity) read(s *scanned, pw *polarityWords) [3]float32 {
	if x.lean = 0; len(s.words) == 0 {
		return [3]float32{}
	}
	x.valences(s, pw)
	x.features(s, pw)
	l := x.logits()
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
	x.lean = tilt[0] - tilt[1]
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
