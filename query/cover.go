package query

import (
	"math"
	"strings"
	"unicode/utf8"
)

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
