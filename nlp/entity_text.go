package nlp

import "slices"

// A spot is a token as the entity model sees it: all that it and its
// neighbours ask of it.
type spot struct {
	lower, shape uint64 // of the word
	pair, shapes uint64 // of the word before and this one: both in lower case, both shapes
	word         *entityWord
	listed       uint16 // place in a name of several words from the list: 0 none
	lists        uint8
	tag, vote    uint8
}

// An entityText is a run of tokens with all that the model wants to know.
type entityText struct {
	spots    []spot // of the tokens, with edges at both ends
	shouting uint64
	touched  uint64
}

// The spots before and after those of tokens: as many as features and names
// from the list reach.
const (
	spotsBefore = 2
	spotsAfter  = nameWords - 1
)

// around are a token and the two at each side of it.
type around [2*spotsBefore + 1]spot

const noTag = 99 // before and after a text

var (
	startWord = &entityWord{lower: 11, shape: 12}
	edge      = spot{
		lower: startWord.lower, shape: startWord.shape, word: startWord, tag: noTag, vote: noTag,
		pair: mix(startWord.lower, startWord.lower), shapes: mix(startWord.shape, startWord.shape),
	}
)

// read fills the spots.
func (t *entityText) read(toks []token, shouting bool) {
	t.shouting = 0
	if shouting {
		t.shouting = 1
	}
	n := spotsBefore + len(toks) + spotsAfter
	t.spots = slices.Grow(t.spots[:0], n)[:n]
	before := &edge
	for i := range spotsBefore {
		t.spots[i] = edge
	}
	for i := range toks {
		k := &toks[i]
		e, s := &k.known.entity, &t.spots[spotsBefore+i]
		*s = spot{
			lower: e.lower, shape: e.shape, pair: mix(before.lower, e.lower), shapes: mix(before.shape, e.shape),
			word: e, lists: e.lists, tag: k.tag, vote: k.label,
		}
		before = s
	}
	for i := spotsBefore + len(toks); i < n; i++ {
		s := &t.spots[i]
		*s = edge
		s.pair, s.shapes = mix(before.lower, s.lower), mix(before.shape, s.shape)
		before = s
	}
}

// size is the number of tokens.
func (t *entityText) size() int { return len(t.spots) - spotsBefore - spotsAfter }

// around returns token i with its neighbours.
func (t *entityText) around(i int) *around { return (*around)(t.spots[i:]) }

// at returns the word of token i.
func (t *entityText) at(i int) *entityWord { return t.spots[spotsBefore+i].word }

// joint appends the rows of features made of several words of token i, from
// which the model is trained: sum gives what they add up to.
func (m *entityModel) joint(rows []uint32, t *entityText, i int) []uint32 {
	add := func(id, h uint64) { rows = append(rows, m.linear.row(mix(h, id))) }
	s := t.around(i)
	p, e, n := &s[1], &s[2], &s[3]
	add(201, e.pair)
	add(202, n.pair)
	add(203, mix(e.shapes, n.shape))
	add(204, mix(p.lower, e.shape))
	add(205, mix(e.shape, n.lower))
	add(206, p.pair)
	add(207, s[4].pair)
	c, cp, cn := uint64(e.tag), uint64(p.tag), uint64(n.tag)
	add(210, c)
	add(211, c<<8|cp)
	add(212, c<<8|cn)
	add(213, c<<16|cp<<8|cn)
	add(214, mix(e.shape, c))
	v := uint64(e.vote)
	add(220, v)
	add(221, v<<16|uint64(p.vote)<<8|uint64(n.vote))
	add(222, mix(e.shape, v))
	add(223, mix(e.lower, v))
	add(230, t.shouting<<8|e.shape)
	if p.lists|e.lists != 0 {
		add(235, mix(uint64(p.lists)<<8|uint64(e.lists), e.shapes))
	}
	if n.lists|e.lists != 0 {
		add(236, mix(uint64(n.lists)<<8|uint64(e.lists), n.shapes))
	}
	if i == 0 {
		add(231, e.shape)
	}
	if e.listed != 0 {
		add(232, uint64(e.listed))
		add(233, mix(e.shape, uint64(e.listed)))
	}
	return rows
}

// lookUp marks the tokens that are part of a listed name of several words.
func (m *entityModel) lookUp(t *entityText) {
	for i := range t.size() {
		s := (*[nameWords]spot)(t.spots[spotsBefore+i:])
		two := s[1].pair
		three := mix(two, s[2].lower)
		four := mix(three, s[3].lower)
		five := mix(four, s[4].lower)
		l := m.names
		if l.may(mix(two, nameSeed))|l.may(mix(three, nameSeed))|l.may(mix(four, nameSeed))|l.may(mix(five, nameSeed)) != 0 {
			m.mark(t.spots[spotsBefore+i : spotsBefore+t.size()])
		}
	}
}

// mark marks the listed names at the beginning of spots.
func (m *entityModel) mark(spots []spot) {
	h := spots[0].lower
	for n := 2; n <= min(nameWords, len(spots)); n++ {
		h = mix(h, spots[n-1].lower)
		key := mix(h, nameSeed)
		if m.names.may(key) == 0 {
			continue
		}
		bits, ok := m.names.find(key)
		if !ok {
			continue
		}
		for k := range n {
			place := uint16(2)
			if k == 0 {
				place = 1
			}
			spots[k].listed = place<<8 | uint16(uint8(bits))
		}
	}
}
