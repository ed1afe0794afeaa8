package nlp

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Places of a word relative to the token that is named.
const (
	placeSelf = iota
	placePrev
	placeNext
	placePrev2
	placeNext2
	places
)

// The labels of the entity model: O, and the beginning and inside of a name.
const entityLabels = 9

// entityKinds are the kinds that the model knows, in the order of its labels.
var entityKinds = [4]uint8{entPerson, entLocation, entOrganization, entMisc}

// Bits of a word in the list of names.
const (
	nameCity uint8 = 1 << iota
	nameCountry
	nameCompany
	nameDemonym // a people, a language, a religion, a feast
	nameRegion
	nameFirst // of a person
	nameSurname
	nameBody // an organization everybody knows
)

// An entityWord is what the entity model knows of a word by itself, at each
// place it may stand.
type entityWord struct {
	lower uint64
	shape uint64 // with repeats left out
	sums  [places][entityLabels]int16
	lists uint8             // that name it
	rows  *[places][]uint32 // nil unless the model is being trained
}

// trained returns the rows that are added up in sums, where they are still to
// be learned.
func (e *entityWord) trained(place int) []uint32 {
	if e.rows == nil {
		return nil
	}
	return e.rows[place]
}

// entityModel labels tokens with names. It is read-only.
type entityModel struct {
	linear *linear // rows of entityLabels weights
	moves  [entityLabels + 1][entityLabels]float32
	names  *lexicon
	usage  *usage
	bias   float32 // taken from O

	// What words used alike say at their own place, before and after, by
	// direction and by whether it is up or down.
	directed [usageDims * 3][3]nineSums
}

// shapeHash hashes the shape of a word, with repeats left out or not.
func shapeHash(w string, short bool) uint64 {
	h := uint64(fnvOffset)
	var last byte
	n := 0
	for _, r := range w {
		c := byte('x')
		switch {
		case r >= '0' && r <= '9':
			c = 'd'
		case r < utf8.RuneSelf && !isASCIILetter(byte(r)):
			c = byte(r)
		case unicode.IsUpper(r):
			c = 'X'
		case r >= utf8.RuneSelf && !unicode.IsLetter(r):
			c = 'u'
		}
		if short && c == last || n >= 10 {
			continue
		}
		last = c
		n++
		h = (h ^ uint64(c)) * fnvPrime
	}
	return h
}

// word makes the features of a word by itself, given the hashes of it and of
// it in lower case. The rows are scratch.
func (m *entityModel) word(e *entityWord, rows *[places][]uint32, w, lower string, own, low uint64) {
	e.lower, e.shape = low, shapeHash(w, true)
	for place := range rows {
		rows[place] = rows[place][:0]
	}
	add := func(place int, id, h uint64) { rows[place] = append(rows[place], m.linear.row(mix(h, id))) }
	full := shapeHash(w, false)
	add(placeSelf, 2, own)
	add(placeSelf, 3, e.lower)
	add(placeSelf, 4, full)
	add(placeSelf, 5, e.shape)
	for k := 1; k <= 4 && k < len(lower); k++ {
		add(placeSelf, 20+uint64(k), hashString(lower[:k]))
		add(placeSelf, 30+uint64(k), hashString(lower[len(lower)-k:]))
	}
	if i := strings.IndexByte(w, '-'); i > 0 {
		add(placeSelf, 41, 1)
	}
	if bits, listed := m.names.find(mix(e.lower, nameSeed)); listed {
		e.lists = uint8(bits)
		for b := range 8 {
			if e.lists>>b&1 == 1 {
				add(placeSelf, 50+uint64(b), e.shape)
				add(placePrev, 60+uint64(b), 1)
				add(placeNext, 70+uint64(b), 1)
			}
		}
		add(placeSelf, 58, mix(uint64(e.lists), e.shape))
	}
	group, code := m.usage.of(lower)
	if m.linear.w == nil {
		eachDirection(code, func(d, to uint64) {
			for place, id := range directionFeatures {
				add(place, id+d, to)
			}
		})
	}
	if group != 0 {
		add(placeSelf, 80, uint64(group))
		add(placeSelf, 81, mix(uint64(group), e.shape))
	}
	for place, id := range [places]uint64{0, 100, 110, 120, 130} {
		if place == placeSelf {
			continue
		}
		add(place, id, e.lower)
		if place == placePrev || place == placeNext {
			add(place, id+1, full)
			add(place, id+2, hashString(lower[max(0, len(lower)-3):]))
		}
		if group != 0 {
			add(place, id+3, uint64(group))
		}
	}
	if m.linear.w == nil {
		e.rows = new([places][]uint32)
		for place := range rows {
			e.rows[place] = slices.Clone(rows[place])
		}
		return
	}
	m.addUp(e, rows, code)
}

// addUp adds up the rows of a word, and what the directions of its use say.
func (m *entityModel) addUp(e *entityWord, rows *[places][]uint32, code []byte) {
	var sums [places]nineSums
	for place := range rows {
		sums[place].add(m.linear, rows[place])
	}
	eachDirection(code, func(d, to uint64) {
		for place := range directionFeatures {
			one, s := &m.directed[3*d+to-1][place], &sums[place]
			s.lanes.even += one.lanes.even
			s.lanes.odd += one.lanes.odd
			s.lanes.n++
			s.ninth += one.ninth
		}
	})
	for place := range sums {
		e.sums[place] = sums[place].all()
	}
}

// nineSums adds up rows of nine weights.
type nineSums struct {
	lanes lanes
	ninth int16
}

// all returns the sums: of at most a hundred rows, which fit in 16 bits.
func (s *nineSums) all() (out [entityLabels]int16) {
	var eight [8]int32
	s.lanes.sums(&eight)
	for k, v := range eight {
		out[k] = int16(v)
	}
	out[entityLabels-1] = s.ninth
	return out
}

// add adds rows of l.
func (s *nineSums) add(l *linear, rows []uint32) {
	weights := bytesOf(l.w)
	for _, r := range rows {
		row := weights[int(r)*entityLabels:][:entityLabels]
		s.lanes.add(row)
		s.ninth += int16(int8(row[entityLabels-1]))
	}
}

// directionFeatures are the first of the features of directions, by place.
var directionFeatures = [...]uint64{placeSelf: 300, placePrev: 400, placeNext: 500}

// direct makes the rows of directions.
func (m *entityModel) direct() {
	for i := range m.directed {
		for place, id := range directionFeatures {
			m.directed[i][place].add(m.linear, []uint32{m.linear.row(mix(uint64(i%3+1), id+uint64(i/3)))})
		}
	}
}

// nameWords is the number of words of the longest listed name.
const nameWords = 5

// nameSeed keeps the hashes of names apart from those of other lists.
const nameSeed = 0xA3

// An entityText is a run of tokens with all that the model wants to know.
type entityText struct {
	toks     []token
	words    []*entityWord
	listed   []uint16 // place in a name of several words from the list: 0 none
	shouting uint64
}

var startWord = &entityWord{lower: 11, shape: 12}

func (t *entityText) at(i int) *entityWord {
	if i < 0 || i >= len(t.words) {
		return startWord
	}
	return t.words[i]
}

func (t *entityText) tag(i int) uint64 {
	if i < 0 || i >= len(t.toks) {
		return 99
	}
	return uint64(t.toks[i].tag)
}

func (t *entityText) vote(i int) uint64 {
	if i < 0 || i >= len(t.toks) {
		return 99
	}
	return uint64(t.toks[i].label)
}

// joint appends the rows of features made of several words of token i.
func (m *entityModel) joint(rows []uint32, t *entityText, i int) []uint32 {
	add := func(id, h uint64) { rows = append(rows, m.linear.row(mix(h, id))) }
	e, p, n := t.at(i), t.at(i-1), t.at(i+1)
	add(201, mix(p.lower, e.lower))
	add(202, mix(e.lower, n.lower))
	add(203, mix(mix(p.shape, e.shape), n.shape))
	add(204, mix(p.lower, e.shape))
	add(205, mix(e.shape, n.lower))
	add(206, mix(t.at(i-2).lower, p.lower))
	add(207, mix(n.lower, t.at(i+2).lower))
	c, cp, cn := t.tag(i), t.tag(i-1), t.tag(i+1)
	add(210, c)
	add(211, c<<8|cp)
	add(212, c<<8|cn)
	add(213, c<<16|cp<<8|cn)
	add(214, mix(e.shape, c))
	v := t.vote(i)
	add(220, v)
	add(221, v<<16|t.vote(i-1)<<8|t.vote(i+1))
	add(222, mix(e.shape, v))
	add(223, mix(e.lower, v))
	add(230, t.shouting<<8|e.shape)
	if p.lists|e.lists != 0 {
		add(235, mix(uint64(p.lists)<<8|uint64(e.lists), mix(p.shape, e.shape)))
	}
	if n.lists|e.lists != 0 {
		add(236, mix(uint64(n.lists)<<8|uint64(e.lists), mix(e.shape, n.shape)))
	}
	if i == 0 {
		add(231, e.shape)
	}
	if t.listed[i] != 0 {
		add(232, uint64(t.listed[i]))
		add(233, mix(e.shape, uint64(t.listed[i])))
	}
	return rows
}

// lookUp marks the tokens that are part of a listed name of several words.
func (m *entityModel) lookUp(t *entityText) {
	for i := range t.words {
		h := t.words[i].lower
		for n := 2; n <= nameWords && i+n <= len(t.words); n++ {
			h = mix(h, t.words[i+n-1].lower)
			key := mix(h, nameSeed)
			if !m.names.may(key) {
				continue
			}
			bits, ok := m.names.find(key)
			if !ok {
				continue
			}
			for k := i; k < i+n; k++ {
				place := uint16(2)
				if k == i {
					place = 1
				}
				t.listed[k] = place<<8 | uint16(uint8(bits))
			}
		}
	}
}
