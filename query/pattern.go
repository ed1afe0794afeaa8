package query

import (
	"strings"
	"unicode/utf8"
)

// literalPrefix returns what stands before the first wildcard of a pattern.
func literalPrefix(pattern string) string {
	if i := strings.IndexAny(pattern, "*?"); i >= 0 {
		return pattern[:i]
	}
	return pattern
}

// globMatch reports whether all of s fits a pattern of * (any characters, also
// none) and ? (exactly one).
func globMatch[T string | []byte](pattern string, s T) bool {
	p, i, star, mark := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, i
			p++
		case p < len(pattern) && pattern[p] == '?':
			p++
			i += runeLen(s, i)
		case p < len(pattern) && pattern[p] == s[i]:
			p++
			i++
		case star >= 0:
			mark += runeLen(s, mark)
			p, i = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// runeLen returns the length of the character at i.
func runeLen[T string | []byte](s T, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	n := 1
	for n < utf8.UTFMax && i+n < len(s) && s[i+n]&0xC0 == 0x80 {
		n++
	}
	return n
}

// maxFuzzy is the length in characters beyond which a word has no misspelling
// within two edits of a form that was compared; no word is longer in practice,
// and the rows of the distance fit on the stack.
const fuzzyRow = 64

// fuzzyMatch reports whether form begins with the first character of word and
// is at most limit edits (insert, delete, replace) away from it.
func fuzzyMatch[T string | []byte](word string, form T, limit int) bool {
	if len(form) == 0 || len(word) == 0 || form[0] != word[0] {
		return false
	}
	if d := len(form) - len(word); d > limit*utf8.UTFMax || -d > limit*utf8.UTFMax {
		return false
	}
	var stack [2][fuzzyRow]rune
	a, b := appendRunes(stack[0][:0], word), appendRunes(stack[1][:0], form)
	return a[0] == b[0] && distanceWithin(a[1:], b[1:], limit)
}

func appendRunes[T string | []byte](dst []rune, s T) []rune {
	for i := 0; i < len(s); {
		n := runeLen(s, i)
		r := rune(s[i])
		if n > 1 {
			r, _ = utf8.DecodeRuneInString(string(s[i : i+n]))
		}
		dst = append(dst, r)
		i += n
	}
	return dst
}

// distanceWithin reports whether the Levenshtein distance of a and b is at
// most limit. Only the band of limit about the diagonal is computed.
func distanceWithin(a, b []rune, limit int) bool {
	if len(a)-len(b) > limit || len(b)-len(a) > limit {
		return false
	}
	const far = 1 << 20
	var row [2*maxEdits + 3]int // row[k+1] is the cell at column i-limit+k
	width := 2*limit + 1
	for k := range width {
		row[k+1] = far
		if k >= limit {
			row[k+1] = k - limit
		}
	}
	row[0], row[width+1] = far, far
	for i := 1; i <= len(a); i++ {
		left := far
		for k := range width {
			j := i - limit + k
			cell := far
			switch {
			case j == 0:
				cell = i
			case j > 0 && j <= len(b):
				cell = row[k+1]
				if a[i-1] != b[j-1] {
					cell++
				}
				cell = min(cell, row[k+2]+1, left+1)
			}
			row[k+1], left = cell, cell
		}
	}
	return row[len(b)-len(a)+limit+1] <= limit
}

// maxEdits is the most that ~n may ask of one word, and nearest of a name.
const maxEdits = 2

// nearest returns the name at most two edits from s, the nearest and then the
// first in the alphabet, or "".
func nearest(s string, names []string) string {
	best, a := "", []rune(s)
	for limit := range maxEdits + 1 {
		for _, name := range names {
			if (best == "" || name < best) && distanceWithin(a, []rune(name), limit) {
				best = name
			}
		}
		if best != "" {
			return best
		}
	}
	return ""
}
