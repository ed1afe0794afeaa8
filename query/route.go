package query

import (
	"cmp"
	"math"
	"slices"
)

// A route is a kind of key under which queries are filed.
type route uint8

const (
	routeForm       route = iota // a form of a token
	routePrefix                  // its first characters: wildcard and fuzzy words
	routeSuffix                  // its last characters: fuzzy words
	routeMiddle                  // characters inside it: fuzzy words
	routeGram                    // bytes of title or text: raw
	routeURL                     // a form in the address
	routeURLPrefix               // its first characters
	routeLink                    // a form in a link
	routeLinkPrefix              // its first characters
	routeField                   // a value of the first keyword field, and so on

	routeFieldPrefix = routeField + route(len(keywordFields)) // first characters of a value, and so on
	routeCount       = routeFieldPrefix + route(len(keywordFields))
)

const (
	maxPrefix    = 6  // characters of a prefix that are looked at
	maxPart      = 15 // characters of a suffix or middle
	maxFuzzyForm = 48 // characters of a form that may be a misspelling
	gramSize     = 3
)

// routeKey returns the key of a hash on a route. It is never wrong to call up
// a query by another's key, so that keys need not tell all hashes apart.
func routeKey(kind route, hash uint64) uint64 {
	return mix(hash + (uint64(kind)+1)*0x9e3779b97f4a7c15)
}

// A partHash is the hash of a part of a word while it grows.
type partHash uint64

func (h partHash) add(b []byte) partHash {
	for _, c := range b {
		h = (h ^ partHash(c)) * 0x100000001b3
	}
	return h
}

func (h partHash) sum() uint64 { return mix(uint64(h) + 1) }

// partOf returns the sum of the partHash of s.
func partOf[T string | []byte](s T) uint64 {
	var h partHash
	for i := range len(s) {
		h = (h ^ partHash(s[i])) * 0x100000001b3
	}
	return h.sum()
}

// gramBit returns the bit of the three bytes that s begins with.
func gramBit(s string) uint32 {
	g := uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16
	return g * 0x9E3779B1 >> 16
}

// A routeTable finds the queries filed under a key.
type routeTable struct {
	slots   []routeSlot // by key; a count of 0 is an empty one
	mask    uint64
	filed   []filed
	starts  []uint32 // by term: its first in filed; one more at the end
	uses    [routeCount]bool
	parts   bool               // parts of forms are asked for
	lengths [routeCount]uint32 // bit n: parts of n characters are asked for
	grams   []uint64           // bits of gramBit
}

type routeSlot struct {
	key          uint64
	start, count uint32
}

// A filed is a query as it stands under a key.
type filed struct {
	query  uint32
	enough bool              // the key alone makes the query true
	also   [alsoTerms]uint32 // terms, plus 1, of which the document must have one too
}

// alsoTerms is how many terms a filed may name.
const alsoTerms = 3

// byTerm returns the queries filed under a term.
func (t *routeTable) byTerm(term int32) []filed {
	return t.filed[t.starts[term]:t.starts[term+1]]
}

// A filing is one query under one key.
type filing struct {
	term int32 // or -1
	key  uint64
	filed
}

// A router files queries.
type router struct {
	prog    *program
	asked   []uint32 // by term: how often queries ask for it
	filings []filing
	keys    []routed // of the query at hand
	out     routeTable
}

// A routed is a key with what the table must know of it.
type routed struct {
	kind   route
	term   int32 // of routeForm
	key    uint64
	length int    // of the part, in characters
	gram   uint32 // its bit
	also   [alsoTerms]uint32
}

func newRouter(p *program) *router {
	b := &router{prog: p, asked: make([]uint32, len(p.terms))}
	for i := range p.words {
		if t := p.words[i].term; t >= 0 {
			b.asked[t]++
		}
	}
	for i := range p.insts {
		if p.insts[i].op == doWord {
			b.asked[p.insts[i].a]++
		}
	}
	return b
}

// file files a query and reports whether anything can call it up.
func (b *router) file(query uint32, root int32) bool {
	b.keys = b.keys[:0]
	if cost := b.cover(root); math.IsInf(cost, 1) {
		return false
	}
	enough := b.anyWord(root)
	for _, k := range b.keys {
		f := filing{term: -1, key: k.key, filed: filed{query: query, enough: enough, also: k.also}}
		if k.kind == routeForm {
			f.term, f.key = k.term, 0
		}
		b.filings = append(b.filings, f)
		b.out.uses[k.kind] = true
		b.out.lengths[k.kind] |= 1 << k.length
		switch k.kind {
		case routePrefix, routeSuffix, routeMiddle:
			b.out.parts = true
		case routeGram:
			if b.out.grams == nil {
				b.out.grams = make([]uint64, 1<<16/64)
			}
			b.out.grams[k.gram>>6] |= 1 << (k.gram & 63)
		}
	}
	return true
}

// anyWord reports whether a tree is true as soon as one of its words is found.
func (b *router) anyWord(i int32) bool {
	in := &b.prog.insts[i]
	if in.op == doOr {
		for k := in.a; k < in.b; k++ {
			if !b.anyWord(k) {
				return false
			}
		}
		return true
	}
	return in.op == doWord && in.scope == Anywhere
}

// table returns the table of all that was filed.
func (b *router) table() routeTable {
	slices.SortFunc(b.filings, func(x, y filing) int {
		return cmp.Or(cmp.Compare(x.term, y.term), cmp.Compare(x.key, y.key), cmp.Compare(x.query, y.query))
	})
	t := b.out
	t.filed = make([]filed, len(b.filings))
	t.starts = make([]uint32, len(b.prog.terms)+1)
	keys := 0
	for i := range b.filings {
		f := &b.filings[i]
		t.filed[i] = f.filed
		if f.term >= 0 {
			t.starts[f.term+1] = uint32(i + 1)
		} else if i == 0 || f.key != b.filings[i-1].key {
			keys++
		}
	}
	unfiled, _ := slices.BinarySearchFunc(b.filings, 0, func(f filing, term int32) int { return cmp.Compare(f.term, term) })
	t.starts[0] = uint32(unfiled)
	for i := range b.prog.terms {
		t.starts[i+1] = max(t.starts[i+1], t.starts[i])
	}
	t.slots = make([]routeSlot, tableSize(keys))
	t.mask = uint64(len(t.slots) - 1)
	for i := 0; i < unfiled; {
		key, start := b.filings[i].key, i
		for i < unfiled && b.filings[i].key == key {
			i++
		}
		slot := key & t.mask
		for t.slots[slot].count != 0 {
			slot = (slot + 1) & t.mask
		}
		t.slots[slot] = routeSlot{key: key, start: uint32(start), count: uint32(i - start)}
	}
	return t
}

// tableSize returns the size of a hash table that stays at most half full.
func tableSize(n int) int {
	size := 2
	for size < 2*n {
		size *= 2
	}
	return size
}

// A termTable finds the terms of a program.
type termTable []termSlot

type termSlot struct {
	tag  uint32 // high half of the hash
	term uint32 // plus 1; 0 is an empty slot
}

func newTermTable(terms []hashed) termTable {
	t := make(termTable, tableSize(len(terms)))
	mask := uint64(len(t) - 1)
	for i := range terms {
		slot := terms[i].hash & mask
		for t[slot].term != 0 {
			slot = (slot + 1) & mask
		}
		t[slot] = termSlot{tag: uint32(terms[i].hash >> 32), term: uint32(i + 1)}
	}
	return t
}

// find returns the number of a form, or -1.
func (t termTable) find(terms []hashed, hash uint64, form []byte) int32 {
	mask := uint64(len(t) - 1)
	for slot := hash & mask; t[slot].term != 0; slot = (slot + 1) & mask {
		if t[slot].tag == uint32(hash>>32) && terms[t[slot].term-1].text == string(form) {
			return int32(t[slot].term - 1)
		}
	}
	return -1
}
