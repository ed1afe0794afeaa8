package query

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A former makes the forms of one token after the other in the same memory.
type former struct {
	buf  []byte // the forms, one after the other
	ends [8]int
	n    int
	key  int // number of the form a query looks up
	tmp  []byte
	tmp2 []byte
}

// at returns form i of the last token.
func (f *former) at(i int) []byte {
	start := 0
	if i > 0 {
		start = f.ends[i-1]
	}
	return f.buf[start:f.ends[i]]
}

func (f *former) close() {
	f.ends[f.n] = len(f.buf)
	f.n++
}

// form makes the forms of raw, which stands in text. It reports false when
// nothing is left of the token; a link is a token without forms.
func (f *former) form(text string, raw rawToken) bool {
	f.buf, f.n, f.key = f.buf[:0], 0, 0
	switch raw.kind {
	case kindLink:
		return true
	case kindFlag:
		f.buf = append(f.buf, text[raw.start:raw.end]...)
		f.close()
		return true
	case kindEmoji:
		f.buf = appendEmoji(f.buf, text[raw.start:raw.end])
		f.close()
		return true
	}
	if raw.plain {
		f.buf = appendPlain(f.buf, text[raw.body:raw.end], raw.curly, raw.sigil == 0, true)
		if len(f.buf) == 0 {
			return false
		}
		f.close()
	} else if !f.full(text, raw) {
		return false
	}
	f.possessives()
	if raw.sigil != 0 {
		f.key = f.n
		for i := range f.n {
			f.buf = append(f.buf, raw.sigil)
			f.buf = append(f.buf, f.at(i)...)
			f.close()
		}
	}
	return true
}

// full makes the folded form and the one without accents of any word.
func (f *former) full(text string, raw rawToken) bool {
	f.tmp = appendClean(f.tmp[:0], text[raw.body:raw.end], raw.sigil == 0)
	if len(f.tmp) == 0 {
		return false
	}
	f.buf = appendFolded(f.buf, f.tmp)
	f.close()
	if allStable(f.buf) {
		var accents bool
		if f.tmp, accents = appendLatinBare(f.tmp[:0], f.buf); accents {
			f.buf = append(f.buf, f.tmp...)
			f.close()
		}
		return true
	}
	if !hasAccents(f.buf) {
		return true
	}
	f.tmp, f.tmp2 = appendBare(f.tmp[:0], f.tmp2[:0], f.at(0))
	if !bytes.Equal(f.tmp, f.at(0)) {
		f.buf = append(f.buf, f.tmp...)
		f.close()
	}
	return true
}

// possessives adds the forms without a final 's, if the folded one has it.
func (f *former) possessives() {
	if s := f.at(0); len(s) <= 2 || s[len(s)-1] != 's' || s[len(s)-2] != '\'' {
		return
	}
	for i := range f.n {
		s := f.at(i)
		f.buf = append(f.buf, s[:len(s)-2]...)
		f.close()
	}
}

// exact returns the exact form of the token, sigil included.
func (f *former) exact(text string, raw rawToken) string {
	f.tmp = f.tmp[:0]
	if raw.sigil != 0 {
		f.tmp = append(f.tmp, raw.sigil)
	}
	f.tmp = appendSurface(f.tmp, text, raw)
	return string(f.tmp)
}

// appendSurface appends the exact form of raw without its sigil.
func appendSurface(dst []byte, text string, raw rawToken) []byte {
	switch {
	case raw.kind == kindFlag:
		return append(dst, text[raw.start:raw.end]...)
	case raw.kind == kindEmoji:
		return appendEmoji(dst, text[raw.start:raw.end])
	case raw.plain:
		return appendPlain(dst, text[raw.body:raw.end], raw.curly, raw.sigil == 0, false)
	}
	return appendClean(dst, text[raw.body:raw.end], raw.sigil == 0)
}

// appendPlain appends an ASCII word, curly apostrophes made straight.
func appendPlain(dst []byte, s string, curly, trim, lower bool) []byte {
	if trim {
		for len(s) > 0 && s[0] == '_' {
			s = s[1:]
		}
		for len(s) > 0 && s[len(s)-1] == '_' {
			s = s[:len(s)-1]
		}
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if lower && c >= 'A' && c <= 'Z' {
			c |= 0x20
		} else if curly && c >= utf8.RuneSelf {
			c = '\''
			i += 2
		}
		dst = append(dst, c)
	}
	return dst
}

func appendEmoji(dst []byte, s string) []byte {
	for _, r := range s {
		if classOf(r) == classEmoji {
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

// appendClean appends what is left of the characters of one token: no
// invisible ones, and NFKC.
func appendClean(dst []byte, s string, trim bool) []byte {
	if allStable(s) {
		return appendPlain(dst, s, false, trim, false)
	}
	start, dirty := len(dst), false
	for _, r := range s {
		if r >= 0xAD && (classOf(r) == classFormat || r >= 0xFE00 && r <= 0xFE0F || r == 0x20E3) {
			dirty = true
			continue
		}
		dst = utf8.AppendRune(dst, r)
	}
	if dirty {
		if norm.NFKC.QuickSpan(dst[start:]) < len(dst)-start {
			dst = append(dst[:start], norm.NFKC.Bytes(dst[start:])...)
		}
	} else {
		dst = norm.NFKC.AppendString(dst[:start], s)
	}
	out := start
	for i := start; i < len(dst); {
		r, n := utf8.DecodeRune(dst[i:])
		if r == 0x2018 || r == 0x2019 {
			dst[out] = '\''
			out++
		} else {
			out += copy(dst[out:], dst[i:i+n])
		}
		i += n
	}
	dst = dst[:out]
	if trim {
		for len(dst) > start && dst[len(dst)-1] == '_' {
			dst = dst[:len(dst)-1]
		}
		n := start
		for n < len(dst) && dst[n] == '_' {
			n++
		}
		dst = append(dst[:start], dst[n:]...)
	}
	return dst
}

// appendFolded appends s in simple lower case, with σ for a final ς.
func appendFolded[T string | []byte](dst []byte, s T) []byte {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		n := runeLen(s, i)
		r, _ := utf8.DecodeRuneInString(string(s[i : i+n]))
		dst = utf8.AppendRune(dst, foldRune(r))
		i += n
	}
	return dst
}

func foldRune(r rune) rune {
	if r = unicode.ToLower(r); r == 'ς' {
		return 'σ'
	}
	return r
}

// hasAccents reports whether s may have another form without accents.
func hasAccents(s []byte) bool {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		if r < 0x400 || r >= 0x1E00 && r < 0x2000 || r == 0x212B || unicode.Is(unicode.Mn, r) {
			return true
		}
		i += n
	}
	return norm.NFC.QuickSpan(s) < len(s)
}

// appendBare appends s without the accents of Latin and Greek letters. It
// returns dst and its second buffer.
func appendBare(dst, tmp, s []byte) (out, buf []byte) {
	dst = norm.NFD.Append(dst, s...)
	base := rune(0)
	for i := 0; i < len(dst); {
		r, n := utf8.DecodeRune(dst[i:])
		i += n
		if r >= 0x300 && r <= 0x36F {
			if isAccentBase(base) {
				continue
			}
		} else {
			base = r
		}
		tmp = appendBareRune(tmp, r)
	}
	return norm.NFC.Append(dst[:0], tmp...), tmp
}

func isAccentBase(r rune) bool {
	return r < utf8.RuneSelf && asciiClass[r] == classLetter || r >= 0x370 && r <= 0x3FF || r >= 0xC0 && r <= 0x24F
}

func appendBareRune(dst []byte, r rune) []byte {
	switch r {
	case 'ß':
		return append(dst, "ss"...)
	case 'æ':
		return append(dst, "ae"...)
	case 'œ':
		return append(dst, "oe"...)
	case 'ø':
		return append(dst, 'o')
	case 'ł':
		return append(dst, 'l')
	case 'đ', 'ð':
		return append(dst, 'd')
	case 'þ':
		return append(dst, "th"...)
	case 'ħ':
		return append(dst, 'h')
	case 'ı':
		return append(dst, 'i')
	}
	return utf8.AppendRune(dst, r)
}

// Fold returns s as keyword fields are compared: NFKC and simple lower case.
func Fold(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= utf8.RuneSelf || c >= 'A' && c <= 'Z' {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return string(appendFold(nil, s))
}

// appendFold appends Fold(s) to dst.
func appendFold(dst []byte, s string) []byte {
	if !allStable(s) {
		s = norm.NFKC.String(s)
	}
	return appendFolded(dst, s)
}
