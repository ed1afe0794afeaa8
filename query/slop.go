package query

import (
	"math/bits"
	"slices"
)

// slop answers for words in any order; with emit it pushes their spans.
func (e *eval) slop(in *inst, emit bool) bool {
	s := &e.d.stores[textStore]
	words := e.p.words[in.a:in.b]
	if !e.mask(in, s, words) {
		return false
	}
	width := len(words) + int(in.n)
	all := uint32(1)<<len(words) - 1 // 32 words: all bits
	for t, m := range e.d.masks {
		if m == 0 {
			continue
		}
		end := min(t+width, len(s.tokens))
		last := slopEnd(e.d.masks[t:end], len(words), all, func(k int) bool { return s.tokens[t+k].seg == s.tokens[t].seg })
		if last < 0 {
			continue
		}
		if !emit {
			return true
		}
		e.at(t, last+1)
	}
	return false
}

// mask fills e.d.masks and reports whether each word fits some token.
func (e *eval) mask(in *inst, s *store, words []progWord) bool {
	for k := range words {
		if t := words[k].term; t >= 0 && e.form(t) < 0 {
			return false
		}
	}
	e.d.masks = slices.Grow(e.d.masks[:0], len(s.tokens))[:len(s.tokens)]
	clear(e.d.masks)
	for k := range words {
		w, found, id := &words[k], false, int32(-1)
		if w.term >= 0 {
			id = e.form(w.term)
		}
		for t := range s.tokens {
			if e.inScope(in, t) && s.fits(t, w, id) {
				e.d.masks[t] |= 1 << k
				found = true
			}
		}
		if !found {
			return false
		}
	}
	return true
}

// slopEnd returns the first place by which each word has a token of its own,
// the token at 0 among them, or -1. Tokens are given to words one after the
// other; a word gives up its token for another when it can, so what is counted
// is the largest matching, and the token at 0 is never lost.
func slopEnd(masks []uint32, words int, all uint32, within func(k int) bool) int {
	seen := uint32(0)
	for _, m := range masks {
		seen |= m
	}
	if seen != all {
		return -1
	}
	var owner [MaxWords]int32 // by word: place of its token plus 1
	matched := 0
	for k, m := range masks {
		if m == 0 {
			continue
		}
		if !within(k) {
			return -1
		}
		tried := uint32(0)
		if augment(masks, &owner, k, &tried) {
			if matched++; matched == words {
				return k
			}
		}
	}
	return -1
}

// augment gives the token at k a word, moving others where needed.
func augment(masks []uint32, owner *[MaxWords]int32, k int, tried *uint32) bool {
	for m := masks[k] &^ *tried; m != 0; m &^= *tried {
		w := bits.TrailingZeros32(m)
		*tried |= 1 << w
		if owner[w] == 0 || augment(masks, owner, int(owner[w]-1), tried) {
			owner[w] = int32(k + 1)
			return true
		}
	}
	return false
}
