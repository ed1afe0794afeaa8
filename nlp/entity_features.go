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
	lower  uint64
	shape  uint64 // with repeats left out
	eights [places]eight
	ninths [places]int16
	lists  uint8             // that name it
	rows   *[places][]uint32 // nil unless the model is being trained
}

// trained returns the rows that are added up in sums, where they are still to
// be learned.
func (e *entityWord) trained(place int) []uint32 {
	if e.rows == nil {
		return nil
	}
	return e.rows[place]
}

// says returns the sums of a word at a place.
func (e *entityWord) says(place int) nine {
	return nine{e.eights[place], int64(e.ninths[place])}
}

// entityModel labels tokens with names. It is read-only.
type entityModel struct {
	linear *linear                           // rows of entityLabels weights
	rows   *[entityLabels << entityBits]byte // the same; nil while the model is being trained
	none   uint8                             // prose's label of what is no name
	moves  entityMoves
	names  *lexicon
	usage  *usage
	bias   float32 // taken from O

	// What words used alike say at their own place, before and after, by two
	// directions at once: the half bytes of their codes.
	directed [usageBytes * 2][16][directedPlaces]nine
	tables   *entityTables
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
// What the word says together with no label, which most have, is added here.
func (m *entityModel) addUp(e *entityWord, rows *[places][]uint32, code []byte) {
	rows[placeSelf] = append(rows[placeSelf], voted(e.lower, m.none))
	var sums [places]nine
	for place := range rows {
		for _, r := range rows[place] {
			sums[place] = sums[place].plus(m.says(r))
		}
	}
	for i, b := range code {
		for place := range directedPlaces {
			sums[place] = sums[place].plus(m.directed[2*i][b&15][place]).plus(m.directed[2*i+1][b>>4][place])
		}
	}
	for place := range sums {
		e.eights[place], e.ninths[place] = sums[place].eight, int16(sums[place].ninth)
	}
}

// directionFeatures are the first of the features of directions, by place.
var directionFeatures = [directedPlaces]uint64{placeSelf: 300, placePrev: 400, placeNext: 500}

// directedPlaces are the places at which directions are features.
const directedPlaces = placeNext + 1

// direct adds up the rows of directions.
func (m *entityModel) direct() {
	for i := range m.directed {
		for half := range m.directed[i] {
			eachDirection([]byte{byte(half)}, func(d, to uint64) {
				for place, id := range directionFeatures {
					s := &m.directed[i][half][place]
					*s = s.plus(m.says(row(id+uint64(2*i)+d, to)))
				}
			})
		}
	}
}

// nameWords is the number of words of the longest listed name.
const nameWords = 5

// nameSeed keeps the hashes of names apart from those of other lists.
const nameSeed = 0xA3
