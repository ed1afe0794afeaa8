package query

import (
	"strings"
	"unicode/utf8"
)

type tokenKind uint8

const (
	kindWord tokenKind = iota
	kindSingle
	kindEmoji
	kindFlag
	kindLink
)

// A rawToken is where a token stands, before its forms are made.
type rawToken struct {
	start, end int
	body       int // first byte after the sigil
	kind       tokenKind
	sigil      byte
	plain      bool // ASCII but for curly apostrophes
	curly      bool // has curly apostrophes
}

// A scanner cuts a text into tokens.
type scanner struct {
	s       string
	i       int
	links   bool // web addresses are tokens
	pattern bool // * and ? are letters
	blocked bool // right before i stands a character that a sigil or link cannot follow
}

// at returns the character at i, its class and its length; 0 at the end.
func (sc *scanner) at(i int) (rune, class, int) {
	if i >= len(sc.s) {
		return 0, classOther, 0
	}
	if c := sc.s[i]; c < utf8.RuneSelf {
		if sc.pattern && (c == '*' || c == '?') {
			return rune(c), classLetter, 1
		}
		return rune(c), asciiClass[c], 1
	}
	r, n := utf8.DecodeRuneInString(sc.s[i:])
	return r, classOf(r), n
}

// next returns the next token, which may turn out to be empty.
func (sc *scanner) next() (rawToken, bool) {
	for sc.i < len(sc.s) {
		i := sc.i
		r, k, n := sc.at(i)
		if sc.links && !sc.blocked && (r|0x20 == 'h' || r|0x20 == 'w') {
			if e := linkEnd(sc.s, i); e > 0 {
				sc.i = e
				return rawToken{start: i, end: e, body: i, kind: kindLink}, true
			}
		}
		switch k {
		case classLetter, classDigit, classLow:
			return sc.word(i, i, 0), true
		case classSingle:
			sc.i, _ = sc.skipMarks(i + n)
			sc.blocked = false
			return rawToken{start: i, end: sc.i, body: i, kind: kindSingle}, true
		case classFlag:
			return sc.flag(i, n), true
		case classEmoji:
			return sc.emoji(i, n), true
		}
		if sigil := sigilOf(r); sigil != 0 && !sc.blocked {
			if tok, ok := sc.tagged(i, n, sigil); ok {
				return tok, true
			}
		}
		sc.blocked = false
		sc.i = i + n
	}
	return rawToken{}, false
}

// word reads the word whose body starts at body.
func (sc *scanner) word(start, body int, sigil byte) rawToken {
	tok := rawToken{start: start, body: body, sigil: sigil, plain: true}
	i, last, prev := body, classOther, classOther // last letter, digit or low line; class before i
	for i < len(sc.s) {
		r, k, n := sc.at(i)
		switch k {
		case classLetter, classDigit, classLow:
			last, prev = k, k
		case classMark, classFormat:
			prev = k
		default:
			_, next, _ := sc.at(i + n)
			apostrophe := isApostrophe(r) && (last == classLetter || last == classDigit) && next == classLetter
			point := (r == '.' || r == ',') && last == classDigit && next == classDigit
			if !apostrophe && !point {
				sc.end(&tok, i, prev)
				return tok
			}
		}
		if r >= utf8.RuneSelf {
			if r == 0x2018 || r == 0x2019 {
				tok.curly = true
			} else {
				tok.plain = false
			}
		}
		i += n
	}
	sc.end(&tok, i, prev)
	return tok
}

func (sc *scanner) end(tok *rawToken, i int, prev class) {
	tok.end, sc.i = i, i
	sc.blocked = prev != classFormat && prev != classSingle
}

// skipMarks returns where the marks and format characters from i on end, and
// the class of the last of them.
func (sc *scanner) skipMarks(i int) (int, class) {
	last := classSingle
	for {
		_, k, n := sc.at(i)
		if k != classMark && k != classFormat {
			return i, last
		}
		last = k
		i += n
	}
}

// tagged reads a word with its sigil, or reports that the sign only separates.
func (sc *scanner) tagged(i, n int, sigil byte) (rawToken, bool) {
	_, k, size := sc.at(i + n)
	var tok rawToken
	was := *sc
	switch k {
	case classSingle:
		e, last := sc.skipMarks(i + n + size)
		tok = rawToken{start: i, body: i + n, sigil: sigil, kind: kindSingle}
		sc.end(&tok, e, last)
	case classLetter, classDigit, classLow:
		tok = sc.word(i, i+n, sigil)
	default:
		return tok, false
	}
	if sc.takes(sigil, tok.body, tok.end) {
		return tok, true
	}
	*sc = was
	return tok, false
}

// takes reports whether a sigil may stand before a word.
func (sc *scanner) takes(sigil byte, body, end int) bool {
	if sigil == '$' {
		return sc.isTicker(sc.s[body:end])
	}
	for i := body; i < end; {
		_, k, n := sc.at(i)
		if k == classLetter || k == classSingle || sigil == '@' && k == classDigit {
			return true
		}
		i += n
	}
	return false
}

func (sc *scanner) isTicker(s string) bool {
	n := 0
	for n < len(s) && s[n] < utf8.RuneSelf && (asciiClass[s[n]] == classLetter || sc.pattern && (s[n] == '*' || s[n] == '?')) {
		n++
	}
	if n < 1 || n > 6 {
		return false
	}
	if n == len(s) {
		return true
	}
	r, size := utf8.DecodeRuneInString(s[n:])
	tail := s[n+size:]
	return isApostrophe(r) && (tail == "s" || tail == "S")
}

func (sc *scanner) flag(i, n int) rawToken {
	end := i + n
	if _, k, size := sc.at(end); k == classFlag {
		end += size
	}
	sc.i, sc.blocked = end, false
	return rawToken{start: i, end: end, body: i, kind: kindFlag}
}

func (sc *scanner) emoji(i, n int) rawToken {
	end, joined := i+n, false
	for {
		r, k, size := sc.at(end)
		if k != classMark && k != classFormat && (k != classEmoji || !joined) {
			break
		}
		joined = r == 0x200D
		end += size
	}
	sc.i, sc.blocked = end, false
	return rawToken{start: i, end: end, body: i, kind: kindEmoji}
}

func isApostrophe(r rune) bool {
	return r == '\'' || r == 0x2018 || r == 0x2019 || r == 0xFF07
}

func sigilOf(r rune) byte {
	switch r {
	case '#', 0xFF03:
		return '#'
	case '@', 0xFF20:
		return '@'
	case '$', 0xFF04:
		return '$'
	}
	return 0
}

// linkEnd returns where the web address that starts at i ends, or 0.
func linkEnd(s string, i int) int {
	var prefix int
	switch {
	case hasFold(s, i, "www."):
		prefix = len("www.")
	case hasFold(s, i, "http://"):
		prefix = len("http://")
	case hasFold(s, i, "https://"):
		prefix = len("https://")
	default:
		return 0
	}
	rest := i + prefix
	if rest >= len(s) || s[rest] >= utf8.RuneSelf || !isAlnum(s[rest]) {
		return 0
	}
	end := rest
	for end < len(s) && s[end] > ' ' && s[end] < 0x7F && s[end] != '"' && s[end] != '<' && s[end] != '>' {
		end++
	}
	for strings.IndexByte(`.,;:!?'")]}*_~`, s[end-1]) >= 0 {
		end--
	}
	return end
}

func isAlnum(c byte) bool {
	return asciiClass[c&0x7F] == classLetter || asciiClass[c&0x7F] == classDigit
}

// hasFold reports whether s has the lower-case ASCII prefix at i, in any case.
func hasFold(s string, i int, prefix string) bool {
	if len(s)-i < len(prefix) {
		return false
	}
	for j := range len(prefix) {
		c := s[i+j]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != prefix[j] {
			return false
		}
	}
	return true
}

// endsSentence reports whether a new sentence starts after gap, the text
// between two tokens.
func endsSentence(gap string) bool {
	if gap == " " {
		return false
	}
	for i := 0; i < len(gap); {
		r, n := utf8.DecodeRuneInString(gap[i:])
		i += n
		switch r {
		case '!', '?', 0x2026, 0x3002, 0xFF01, 0xFF1F, '\n', '\r':
			return true
		case '.':
			if spaceAfterClosing(gap[i:]) {
				return true
			}
		}
	}
	return false
}

// spaceAfterClosing reports whether white space follows closing quotes and
// brackets.
func spaceAfterClosing(s string) bool {
	for i, r := range s {
		switch r {
		case '"', '\'', 0x2019, 0x201D, ')', ']':
		case utf8.RuneError:
			return false
		default:
			return i >= 0 && isSpace(r)
		}
	}
	return false
}
