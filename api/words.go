package api

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"earshot/query"
)

// wordsOf are the words a query looks for, for marking them: a trailing * is
// kept.
func wordsOf(text string) []string {
	if text == "" || text == "*" {
		return nil
	}
	q, _ := query.Parse(text)
	if q == nil {
		return nil
	}
	var list []string
	for _, w := range q.Explain().Words {
		w = strings.ToLower(strings.Trim(w, "{}"))
		if i := strings.IndexAny(w, "~?"); i >= 0 {
			continue // found by other rules than these
		}
		if utf8.RuneCountInString(strings.Trim(w, "*")) >= 2 && len(list) < 40 {
			list = append(list, w)
		}
	}
	return list
}

// mark cuts a text where the words are.
func mark(text string, words []string) []piece {
	var out []piece
	plain := 0
	for i := 0; i < len(text); {
		n := wordAt(text, i, words)
		if n == 0 {
			i = nextWord(text, i)
			continue
		}
		if plain < i {
			out = append(out, piece{Text: text[plain:i]})
		}
		out = append(out, piece{Text: text[i : i+n], Class: "hit"})
		i += n
		plain = i
	}
	if plain < len(text) {
		out = append(out, piece{Text: text[plain:]})
	}
	return out
}

func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

// nextWord is where the next word after i may begin; always behind i.
func nextWord(text string, i int) int {
	r, n := utf8.DecodeRuneInString(text[i:])
	i += n
	for inWord(r) && i < len(text) {
		if r, n = utf8.DecodeRuneInString(text[i:]); inWord(r) {
			i += n
		}
	}
	for i < len(text) {
		r, n = utf8.DecodeRuneInString(text[i:])
		if inWord(r) || strings.ContainsRune("#@$", r) {
			break
		}
		i += n
	}
	return i
}

// wordAt is how long the word of the list is that begins at i, 0 when none does.
func wordAt(text string, i int, words []string) int {
	for _, w := range words {
		stem, open := strings.CutSuffix(w, "*")
		n := prefixFold(text[i:], stem)
		if n == 0 {
			continue
		}
		for i+n < len(text) {
			r, size := utf8.DecodeRuneInString(text[i+n:])
			if !inWord(r) {
				return n
			}
			if !open {
				n = 0
				break
			}
			n += size
		}
		if n > 0 {
			return n
		}
	}
	return 0
}

// prefixFold is how many bytes of text the prefix takes, any case.
func prefixFold(text, prefix string) int {
	i := 0
	for _, want := range prefix {
		r, n := utf8.DecodeRuneInString(text[i:])
		if n == 0 || unicode.ToLower(r) != want {
			return 0
		}
		i += n
	}
	return i
}

// around is an excerpt that shows the first of the words.
func around(text string, words []string) string {
	const before = 90
	for i := 0; i < len(text) && len(words) > 0; {
		if n := wordAt(text, i, words); n > 0 {
			if i < 240 {
				break
			}
			cut := i - before
			for !utf8.RuneStart(text[cut]) {
				cut--
			}
			if sp := strings.IndexByte(text[cut:i], ' '); sp >= 0 {
				cut += sp + 1
			}
			return "… " + excerpt(text[cut:])
		}
		i = nextWord(text, i)
	}
	return excerpt(text)
}
