package nlp

import (
	"encoding/binary"
	"slices"
)

// entityTables are sums of weights that few features decide.
type entityTables struct {
	before, after [mostClasses][noTag + 1]nine // what a tag and the one before or after it say
	votes         [maxVotes][maxVotes][maxVotes]nine
	blank         uint32 // a row that says nothing
}

// maxVotes is the number of prose's labels and of the edge of a text.
const maxVotes = maxLabels + 1

// tabulate fills the tables. It fails when there is no row that says nothing.
func (m *entityModel) tabulate() error {
	t := &entityTables{}
	m.tables = t
	for m.says(t.blank) != (nine{}) {
		if t.blank++; t.blank == 1<<entityBits {
			return errModel
		}
	}
	for c := range uint64(mostClasses) {
		for o := range uint64(noTag + 1) {
			t.before[c][o] = m.says(row(211, c<<8|o))
			t.after[c][o] = m.says(row(212, c<<8|o))
		}
	}
	number := func(v uint64) uint64 {
		if v == maxLabels {
			return noTag
		}
		return v
	}
	for v := range uint64(maxVotes) {
		for p := range uint64(maxVotes) {
			for n := range uint64(maxVotes) {
				t.votes[v][p][n] = m.says(row(221, v<<16|number(p)<<8|number(n)))
			}
		}
	}
	return nil
}

// row returns the row of a feature.
func row(id, h uint64) uint32 {
	h = mix(h, id)
	return uint32(h^h>>20^h>>40) & (1<<entityBits - 1)
}

// says returns the weights of row r.
func (m *entityModel) says(r uint32) nine {
	at := int(r&(1<<entityBits-1)) * entityLabels
	return nineOf((*[entityLabels]byte)(m.rows[at : at+entityLabels]))
}

// first returns most of row r, to bring it near: one in eight lies in two lines
// of the processor's cache.
func (m *entityModel) first(r uint32) uint64 {
	at := int(r&(1<<entityBits-1)) * entityLabels
	return binary.LittleEndian.Uint64(m.rows[at : at+entityLabels])
}

// voted returns the row of a word that prose labels so.
func voted(lower uint64, label uint8) uint32 { return row(223, mix(lower, uint64(label))) }

// A shapeSum is what the shape of a token says together with its tag and its
// label.
type shapeSum struct {
	shape uint64
	eight
	of    uint32 // tag, label, shouting; 0 is empty
	ninth int16
}

// shapeSums are the ones met lately. It is for one goroutine.
type shapeSums [1 << 10]shapeSum

// jointRows is the number of rows that are read for a token.
const jointRows = 10

// emissionBlock is the number of tokens whose features are found before their
// weights are: so many of them are on their way from memory at once.
const emissionBlock = 32

// emissions sets the scores of all labels of all tokens.
func (m *entityModel) emissions(dst []float32, t *entityText, shaped *shapeSums) []float32 {
	n := t.size()
	dst = slices.Grow(dst[:0], n*entityLabels)[:n*entityLabels]
	var rows [emissionBlock][jointRows]uint32
	for from := 0; from < n; from += emissionBlock {
		to := min(from+emissionBlock, n)
		for i := from; i < to; i++ {
			m.find(&rows[i-from], t.around(i))
		}
		x := uint64(0)
		for i := range rows[:to-from] {
			r := &rows[i]
			x ^= m.first(r[0]) ^ m.first(r[1]) ^ m.first(r[2]) ^ m.first(r[3]) ^ m.first(r[4]) ^
				m.first(r[5]) ^ m.first(r[6]) ^ m.first(r[7]) ^ m.first(r[8]) ^ m.first(r[9])
		}
		t.touched ^= x
		for i := from; i < to; i++ {
			s := t.around(i)
			sum := m.sum(s, &rows[i-from])
			sum = sum.plus(shaped.of(m, s, t.shouting))
			if i == 0 {
				sum = sum.plus(m.says(row(231, s[2].shape)))
			}
			sum.scores((*[entityLabels]float32)(dst[i*entityLabels:]), m.linear.scale)
		}
	}
	return dst
}

// find sets the rows of what is said by the words and shapes together.
func (m *entityModel) find(rows *[jointRows]uint32, s *around) {
	t := m.tables
	p, e, n := &s[1], &s[2], &s[3]
	rows[0] = row(201, e.pair)
	rows[1] = row(202, n.pair)
	rows[2] = row(206, p.pair)
	rows[3] = row(207, s[4].pair)
	rows[4] = row(204, mix(p.lower, e.shape))
	rows[5] = row(205, mix(e.shape, n.lower))
	rows[6] = row(203, mix(e.shapes, n.shape))
	rows[7] = row(213, uint64(e.tag)<<16|uint64(p.tag)<<8|uint64(n.tag))
	rows[8], rows[9] = t.blank, t.blank
	if p.lists|e.lists != 0 {
		rows[8] = row(235, mix(uint64(p.lists)<<8|uint64(e.lists), e.shapes))
	}
	if n.lists|e.lists != 0 {
		rows[9] = row(236, mix(uint64(n.lists)<<8|uint64(e.lists), n.shapes))
	}
}

// sum adds up what the words at and around a token say, and the rows of what
// they say together.
func (m *entityModel) sum(s *around, rows *[jointRows]uint32) nine {
	t := m.tables
	p, e, n := &s[1], &s[2], &s[3]
	sum := t.before[e.tag][p.tag].plus(t.after[e.tag][n.tag])
	sum = sum.plus(t.votes[min(e.vote, maxLabels)][min(p.vote, maxLabels)][min(n.vote, maxLabels)])
	sum = sum.plus(m.says(rows[0])).plus(m.says(rows[1])).plus(m.says(rows[2])).plus(m.says(rows[3])).plus(m.says(rows[4]))
	sum = sum.plus(m.says(rows[5])).plus(m.says(rows[6])).plus(m.says(rows[7])).plus(m.says(rows[8])).plus(m.says(rows[9]))
	sum = sum.plus(e.word.says(placeSelf))
	sum = sum.plus(p.word.says(placePrev))
	sum = sum.plus(n.word.says(placeNext))
	sum = sum.plus(s[0].word.says(placePrev2))
	sum = sum.plus(s[4].word.says(placeNext2))
	if e.vote != m.none {
		sum = sum.minus(m.says(voted(e.lower, m.none)))
		sum = sum.plus(m.says(voted(e.lower, e.vote)))
	}
	if e.listed != 0 {
		sum = sum.plus(m.says(row(232, uint64(e.listed))))
		sum = sum.plus(m.says(row(233, mix(e.shape, uint64(e.listed)))))
	}
	return sum
}

// of returns what the shape of a token says.
func (c *shapeSums) of(m *entityModel, s *around, shouting uint64) nine {
	e := &s[2]
	of := uint32(e.tag) | uint32(e.vote)<<8 | uint32(shouting)<<16 | 1<<24
	k := &c[(e.shape^uint64(of))*fnvPrime>>40%uint64(len(c))]
	if k.shape != e.shape || k.of != of {
		tag, vote := uint64(e.tag), uint64(e.vote)
		var sum nine
		for _, r := range [...]uint32{row(210, tag), row(214, mix(e.shape, tag)), row(220, vote), row(222, mix(e.shape, vote)), row(230, shouting<<8|e.shape)} {
			sum = sum.plus(m.says(r))
		}
		*k = shapeSum{e.shape, sum.eight, of, int16(sum.ninth)}
	}
	return nine{k.eight, int64(k.ninth)}
}
