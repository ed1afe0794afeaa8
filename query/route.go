package query

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
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

// cover adds the keys of which a document must have one for the tree to be
// true, and returns what they cost: the share of documents that they are
// thought to call the query for. Without such keys the cost is infinite.
func (b *router) cover(i int32) float64 {
	in := &b.prog.insts[i]
	switch in.op {
	case doOr:
		sum := 0.0
		for k := in.a; k < in.b; k++ {
			sum += b.cover(k)
		}
		return sum
	case doAnd, doNear, doSentence:
		return b.cheapest(int(in.b-in.a), func(k int) float64 { return b.cover(in.a + int32(k)) })
	case doNotNear, doRepeat:
		return b.cover(in.a)
	case doWord:
		return b.form(in.a)
	case doPhrase, doSlop:
		return b.cheapest(int(in.b-in.a), func(k int) float64 { return b.word(&b.prog.words[in.a+int32(k)]) })
	case doAddress:
		return b.address(in)
	case doKeyword:
		return b.keyword(in)
	case doRaw:
		return b.gram(b.prog.texts[in.a])
	}
	return math.Inf(1)
}

// cheapest keeps the keys of the cheapest of n choices that must all be true,
// and lets them name the terms of the next.
func (b *router) cheapest(n int, choice func(k int) float64) float64 {
	base, best, next := len(b.keys), math.Inf(1), math.Inf(1)
	end := base
	var also [alsoTerms]uint32
	for k := range n {
		cost := choice(k)
		was, now := b.keys[base:end], b.keys[end:]
		if cost < best {
			if terms, ok := termsOf(was); ok && end > base {
				also, next = terms, best
			}
			best = cost
			end = base + copy(b.keys[base:], now)
		} else if terms, ok := termsOf(now); ok && cost < next {
			also, next = terms, cost
		}
		b.keys = b.keys[:end]
	}
	for i := base; i < end; i++ {
		if b.keys[i].also[0] == 0 {
			b.keys[i].also = also
		}
	}
	return best
}

// termsOf returns the terms of keys, when they are few and nothing else.
func termsOf(keys []routed) (terms [alsoTerms]uint32, ok bool) {
	if len(keys) > alsoTerms {
		return terms, false
	}
	for i := range keys {
		if keys[i].kind != routeForm {
			return terms, false
		}
		terms[i] = uint32(keys[i].term + 1)
	}
	return terms, len(keys) > 0
}

func (b *router) add(kind route, hash uint64, length int) {
	b.keys = append(b.keys, routed{kind: kind, term: -1, key: routeKey(kind, hash), length: length})
}

// form files a term.
func (b *router) form(term int32) float64 {
	b.keys = append(b.keys, routed{kind: routeForm, term: term})
	return wordCost(b.prog.terms[term].text) + float64(b.asked[term])/float64(len(b.prog.insts))
}

// word files one word of title or text.
func (b *router) word(w *progWord) float64 {
	switch w.kind {
	case Wildcard:
		return b.prefix(routePrefix, literalPrefix(w.text))
	case Fuzzy:
		return b.fuzzy(w)
	}
	return b.form(w.term)
}

// address files words of an address.
func (b *router) address(in *inst) float64 {
	words, prefixes := routeURL, routeURLPrefix
	if in.n == linkStore {
		words, prefixes = routeLink, routeLinkPrefix
	}
	return b.cheapest(int(in.b-in.a), func(k int) float64 {
		w := &b.prog.words[in.a+int32(k)]
		if w.kind == Wildcard {
			return b.prefix(prefixes, literalPrefix(w.text))
		}
		t := &b.prog.terms[w.term]
		b.add(words, t.hash, 0)
		if isAddressWord(t.text) {
			return 1
		}
		return wordCost(t.text)
	})
}

func (b *router) prefix(kind route, s string) float64 {
	n, end := 0, 0
	for end < len(s) && n < maxPrefix {
		end += runeLen(s, end)
		n++
	}
	b.add(kind, partOf(s[:end]), n)
	return 0.5 / float64(n*n)
}

// fuzzy cuts a word into one part more than the edits it allows: one of them
// must stand unchanged in every misspelling, the first at its beginning and
// the last at its end.
func (b *router) fuzzy(w *progWord) float64 {
	runes := []rune(w.text)
	n, parts := len(runes), int(w.edits)+1
	if n+maxEdits > maxFuzzyForm {
		return math.Inf(1)
	}
	cut := n / parts
	first := min(cut, maxPrefix)
	b.add(routePrefix, partOf(string(runes[:first])), first)
	if parts > 2 {
		size := min(cut, maxPart)
		b.add(routeMiddle, partOf(string(runes[cut:cut+size])), size)
	}
	size := min(n-cut*(parts-1), maxPart)
	b.add(routeSuffix, partOf(string(runes[n-size:])), size)
	return 0.2
}

// fieldCost is the share of documents that have one value of a field, for the
// fields with few values.
func fieldCost(field string) float64 {
	switch field {
	case "lang":
		return 0.6
	case "kind", "sentiment", "country":
		return 0.35
	case "brand", "label", "source":
		return 0.1
	}
	return 0.02
}

func (b *router) keyword(in *inst) float64 {
	cost := fieldCost(keywordFields[in.n])
	if !in.flag {
		b.add(routeField+route(in.n), b.prog.values[in.a].hash, 0)
		return cost
	}
	return cost + b.prefix(routeFieldPrefix+route(in.n), literalPrefix(b.prog.values[in.a].text))
}

// gram files raw text under the three bytes that look rarest.
func (b *router) gram(s string) float64 {
	best, at := -1, 0
	for i := 0; i+gramSize <= len(s); i++ {
		score := 0
		for _, c := range []byte(s[i : i+gramSize]) {
			switch {
			case c >= 'a' && c <= 'z':
				score++
			case c == ' ':
			case c >= utf8.RuneSelf:
				score += 2
			default:
				score += 4
			}
		}
		if score > best {
			best, at = score, i
		}
	}
	g := s[at : at+gramSize]
	b.keys = append(b.keys, routed{kind: routeGram, term: -1, key: routeKey(routeGram, partOf(g)), gram: gramBit(g)})
	return 0.3 / float64(1+best)
}

// commonWords are words that nearly every text has, in the languages that most
// queries are for.
const commonWords = " the a an and or of to in on at for from by with as is are was were be been it its this that these those" +
	" i you he she we they my your his her our their me him us them not no but if so do does did have has had will would can could" +
	" just about out up what when who how all more new one get like now than then there here over after before into also" +
	" der die das und ist in den von zu mit auf im ein eine nicht es le la les de des et en un une est que pour dans" +
	" el los las y por con del se com https http www t co rt "

func wordCost(w string) float64 {
	switch n := utf8.RuneCountInString(w); {
	case strings.Contains(commonWords, " "+w+" "):
		return 0.4
	case n <= 2:
		return 0.05
	case n == 3:
		return 0.01
	case n == 4:
		return 0.006
	}
	return 0.003
}

// isAddressWord reports whether w stands in nearly every address.
func isAddressWord(w string) bool {
	switch w {
	case "http", "https", "www", "com", "org", "net", "co":
		return true
	}
	return false
}
