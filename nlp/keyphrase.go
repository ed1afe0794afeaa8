package nlp

import (
	"bytes"
	"cmp"
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
	lo, hi int    // text in lower case: bytes of the worker's lowered
	hash   uint64 // of that
	at     int
	n      int
	score  float64
	title  bool
}

// keyphrases are the weightiest runs of adjectives and nouns, best first.
func (w *worker) keyphrases() []string {
	w.phrases, w.lowered = w.phrases[:0], w.lowered[:0]
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
	if len(w.phrases) == 0 {
		return nil
	}
	for i := range w.phrases {
		c := &w.phrases[i]
		c.score *= 1 + 0.7*math.Log(float64(c.n))
		c.score *= 1 + 1/(1+float64(c.at)/25)
		if c.title {
			c.score *= 1.3
		}
	}
	slices.SortStableFunc(w.phrases, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	return w.chosen()
}

// chosen are the first candidates that are no part of one before them.
func (w *worker) chosen() []string {
	var at [maxKeyphrases]int
	n := 0
	for i := range w.phrases {
		if n == maxKeyphrases {
			break
		}
		c := &w.phrases[i]
		if !slices.ContainsFunc(at[:n], func(k int) bool { return bytes.Contains(w.low(&w.phrases[k]), w.low(c)) }) {
			at[n] = i
			n++
		}
	}
	out := make([]string, n)
	for i := range out {
		out[i] = w.phrases[at[i]].text
	}
	return out
}

// low is the text of a candidate in lower case.
func (w *worker) low(c *candidate) []byte { return w.lowered[c.lo:c.hi] }

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
	start, end := toks[0].start, toks[len(toks)-1].end
	text := strings.Trim(d.text[start:end], ".,-'\"")
	lo := len(w.lowered)
	w.lowered = appendLower(w.lowered, text)
	key := w.lowered[lo:]
	if len(key) < 4 || bytes.IndexByte(key, '\n') >= 0 {
		w.lowered = w.lowered[:lo]
		return
	}
	hash := hashBytes(key)
	for i := range w.phrases {
		if c := &w.phrases[i]; c.hash == hash && bytes.Equal(w.low(c), key) {
			w.lowered = w.lowered[:lo]
			c.n++
			return
		}
	}
	c := candidate{text: text, lo: lo, hi: len(w.lowered), hash: hash, at: at, n: 1, title: title}
	for i := range toks {
		c.score += float64(w.m.rarity(toks[i].lower()))
	}
	c.score /= math.Sqrt(float64(len(toks)))
	w.phrases = append(w.phrases, c)
}

// lower is the hash of a token in lower case.
func (t *token) lower() uint64 {
	if isURL(t.text) { // which has the features of another
		return hashString(strings.ToLower(t.text))
	}
	return t.known.entity.lower
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

// rarity is the weight of a word: the logarithm of how few texts have it.
func (m *models) rarity(key uint64) float32 {
	if v, ok := m.idf.find(key); ok {
		return float32(v) / 12
	}
	return 8
}
