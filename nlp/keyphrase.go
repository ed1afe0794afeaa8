package nlp

import (
	"bytes"
	"encoding/binary"
	"math"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxKeyphrases  = 8
	maxPhraseWords = 4
	maxKeyTokens   = 1500
)

// A candidate is a run of words that may be a keyphrase.
type candidate struct {
	text   string
	score  float64
	lo, hi int32 // text in lower case: bytes of the reader's lowered
	at     int32
	n      int32
	next   int32 // one more than another candidate that falls in the same place, or 0
	title  bool
}

// A keyReader collects candidates. It is for one goroutine; its zero value is
// ready.
type keyReader struct {
	list    []candidate
	lowered []byte           // of them
	places  [keyPlaces]int32 // by a hash of what is lowered: one more than a candidate, or 0
	heap    []scoredCandidate
}

const keyPlaces = 256

func (r *keyReader) reset() {
	r.list, r.lowered, r.heap = r.list[:0], r.lowered[:0], r.heap[:0]
	clear(r.places[:])
}

// keyphrases are the weightiest runs of adjectives and nouns, best first.
func (w *worker) keyphrases() []string {
	r := &w.keys
	r.reset()
	for i := range w.fields {
		d := &w.fields[i]
		if !d.tagged {
			continue
		}
		toks := d.tokens[:min(len(d.tokens), maxKeyTokens)]
		for k := 0; k < len(toks); {
			to := w.nounPhrase(toks, k)
			if to == k {
				k++
				continue
			}
			w.candidate(d, toks[k:to], k, i == 0)
			k = to
		}
	}
	if len(r.list) == 0 {
		return nil
	}
	for i := range r.list {
		c := &r.list[i]
		if c.n > 1 {
			c.score *= 1 + 0.7*math.Log(float64(c.n))
		}
		c.score *= 1 + 1/(1+float64(c.at)/25)
		if c.title {
			c.score *= 1.3
		}
		r.heap = append(r.heap, scoredCandidate{c.score, int32(i)})
	}
	return r.chosen()
}

// chosen are the first candidates that are no part of one before them.
func (r *keyReader) chosen() []string {
	var best [maxKeyphrases]*candidate
	n := 0
	for k := len(r.heap)/2 - 1; k >= 0; k-- {
		sink(r.heap, k)
	}
	for n < maxKeyphrases && len(r.heap) > 0 {
		c := &r.list[r.heap[0].at]
		last := len(r.heap) - 1
		r.heap[0] = r.heap[last]
		r.heap = r.heap[:last]
		sink(r.heap, 0)
		if !slices.ContainsFunc(best[:n], func(b *candidate) bool { return bytes.Contains(r.low(b), r.low(c)) }) {
			best[n] = c
			n++
		}
	}
	out := make([]string, n)
	for i := range out {
		out[i] = best[i].text
	}
	return out
}

// low is the text of a candidate in lower case.
func (r *keyReader) low(c *candidate) []byte { return r.lowered[c.lo:c.hi] }

// A scoredCandidate stands in a heap with the best on top: few of them are
// asked for.
type scoredCandidate struct {
	score float64
	at    int32
}

// before reports whether a comes before b: the first of equals does.
func (a scoredCandidate) before(b scoredCandidate) bool {
	return a.score > b.score || a.score == b.score && a.at < b.at
}

// sink moves the one at k down to its place in a heap.
func sink(heap []scoredCandidate, k int) {
	for {
		child := 2*k + 1
		if child >= len(heap) {
			return
		}
		if child+1 < len(heap) && heap[child+1].before(heap[child]) {
			child++
		}
		if !heap[child].before(heap[k]) {
			return
		}
		heap[k], heap[child] = heap[child], heap[k]
		k = child
	}
}

// nounPhrase returns the token after the noun phrase at k, or k.
func (w *worker) nounPhrase(toks []token, k int) int {
	to, last := k, k
	for to < len(toks) && to < k+maxPhraseWords {
		t := &toks[to]
		noun := w.m.base.nouns>>t.tag&1 == 1
		if !noun && w.m.base.adjectives>>t.tag&1 == 0 || !t.phrasal() {
			break
		}
		to++
		if noun {
			last = to
		}
	}
	return last
}

// phrasal reports whether a token may be part of a keyphrase.
func (t *token) phrasal() bool {
	if isURL(t.text) { // which has the features of another
		return phrasal(t.text)
	}
	return t.known.phrasal
}

func phrasal(word string) bool {
	return (isASCIILetter(word[0]) || word[0] >= utf8.RuneSelf) && len(word) >= 3 && !strings.ContainsAny(word, "@/:<>=") && !hasFold(word, "http")
}

// candidate counts one noun phrase.
func (w *worker) candidate(d *field, toks []token, at int, title bool) {
	r := &w.keys
	text := trimMarks(d.text[toks[0].start:toks[len(toks)-1].end])
	lo := len(r.lowered)
	r.lowered = appendLower(r.lowered, text)
	key := r.lowered[lo:]
	if len(key) < 4 || bytes.IndexByte(key, '\n') >= 0 {
		r.lowered = r.lowered[:lo]
		return
	}
	place := &r.places[keyPlace(key)]
	for i := *place; i > 0; i = r.list[i-1].next {
		if c := &r.list[i-1]; string(r.low(c)) == string(key) {
			r.lowered = r.lowered[:lo]
			c.n++
			return
		}
	}
	c := candidate{text: text, lo: int32(lo), hi: int32(len(r.lowered)), at: int32(at), n: 1, next: *place, title: title}
	for i := range toks {
		c.score += float64(w.rarity(&toks[i]))
	}
	c.score /= math.Sqrt(float64(len(toks)))
	r.list = append(r.list, c)
	*place = int32(len(r.list))
}

// trimMarks cuts marks off both ends.
func trimMarks(s string) string {
	for s != "" && isMark(s[0]) {
		s = s[1:]
	}
	for s != "" && isMark(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

func isMark(c byte) bool { return c == '.' || c == ',' || c == '-' || c == '\'' || c == '"' }

// keyPlace is the place of a text of at least four bytes, by both its ends.
func keyPlace(key []byte) uint32 {
	head, tail := binary.LittleEndian.Uint32(key), binary.LittleEndian.Uint32(key[len(key)-4:])
	return (head*0x9E3779B1 ^ (tail+uint32(len(key)))*0x85EBCA77) >> 16 % keyPlaces
}

// rarity is the weight of a token: the logarithm of how few texts have it.
func (w *worker) rarity(t *token) float32 {
	rare := t.known.rare
	if isURL(t.text) { // which has the features of another
		rare = rareness(w.m.idf, hashString(strings.ToLower(t.text)))
	}
	return float32(rare) / 12
}

// unseen is how rare a word is that no text has.
const unseen = 8 * 12

// rareness is twelve times the rarity of a word.
func rareness(idf *lexicon, key uint64) int8 {
	if v, ok := idf.find(key); ok {
		return v
	}
	return unseen
}

// appendLower appends s in lower case.
func appendLower(dst []byte, s string) []byte {
	n := len(dst)
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return append(dst[:n], strings.ToLower(s)...)
		}
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		dst = append(dst, c)
	}
	return dst
}
