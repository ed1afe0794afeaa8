package crawler

import (
	"strings"
	"unicode"
)

// A wordList tells whether a text has one of many words in it. It lets more
// through than a brand's own rules: what a mention is about is decided later.
type wordList struct {
	whole []string // as words between spaces
	parts []string // of scripts that write without spaces
}

func newWordList(terms []string) *wordList {
	w := &wordList{}
	seen := map[string]bool{}
	for _, t := range terms {
		t = spaced(t)
		if strings.TrimSpace(t) == "" || seen[t] {
			continue
		}
		seen[t] = true
		if strings.ContainsFunc(t, unspaced) {
			w.parts = append(w.parts, strings.TrimSpace(t))
		} else {
			w.whole = append(w.whole, t)
		}
	}
	return w
}

func unspaced(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// spaced is a text in lower case with one space around each word, and around
// the signs of tags, handles and tickers.
func spaced(s string) string {
	var b strings.Builder
	b.Grow(len(s) + 8)
	b.WriteByte(' ')
	gap := true
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r):
			b.WriteRune(unicode.ToLower(r))
			gap = false
		case r == '#' || r == '@' || r == '$':
			if !gap {
				b.WriteByte(' ')
			}
			b.WriteRune(r)
			b.WriteByte(' ')
			gap = true
		case !gap:
			b.WriteByte(' ')
			gap = true
		}
	}
	if !gap {
		b.WriteByte(' ')
	}
	return b.String()
}

func (w *wordList) in(text string) bool {
	text = spaced(text)
	for _, t := range w.whole {
		if strings.Contains(text, t) {
			return true
		}
	}
	for _, t := range w.parts {
		if strings.Contains(text, t) {
			return true
		}
	}
	return false
}
