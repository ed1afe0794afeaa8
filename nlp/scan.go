package nlp

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A wordKind says what a scanned word is.
type wordKind uint8

const (
	kindWord wordKind = iota
	kindNumber
	kindHashtag // #tag; the form is without the sigil
	kindHandle  // @name
	kindCashtag // $PFE
	kindURL
	kindPunct
	kindEmote // emoticon or emoji
	kindPoss  // 's
)

// The bits of word.flags.
const (
	flagCaps  = 1 << iota // two or more letters, all upper case
	flagTitle             // begins in upper case
	flagLong              // a letter was repeated more than twice
	flagSpace             // white space stands before it
	flagUpper             // has an upper case letter
)

// A word is a piece of text as people write it in posts. Its form is in lower
// case, without apostrophes, in the buf of its scanned.
type word struct {
	start, end int32  // bytes of the text
	lo, hi     int32  // form: bytes of buf
	hash       uint64 // of the form with squeezed letters and digits as 0: what models know
	key        uint64 // of the form: what names are made of
	kind       wordKind
	flags      uint8
	lexical    bool    // valence is known
	negated    bool    // inside the scope of a negation
	valence    float32 // of the lexicon, -4..4; set by the sentiment scorer
}

// A scanned is a text cut into words. Its zero value is ready; scan may be
// called again and again and then allocates nothing.
type scanned struct {
	text  string
	words []word
	buf   []byte

	says    []wordSays // of each word; empty until they are looked up
	product []bool     // of each word: a watched product; empty until the safety reader marks them
}

const (
	maxScan = 64 << 10 // bytes of a text that are looked at
	maxForm = 64       // bytes of a form; the rest of a longer word is left out of it
)

func (s *scanned) form(w *word) []byte { return s.buf[w.lo:w.hi] }

// scan cuts text into words.
func (s *scanned) scan(text string) {
	if len(text) > maxScan {
		text = text[:maxScan]
	}
	s.text, s.words, s.says, s.product = text, s.words[:0], s.says[:0], s.product[:0]
	s.buf = slices.Grow(s.buf[:0], len(text)+maxForm)
	for i := 0; i < len(text); {
		c := text[i]
		if isASCIILetter(c) {
			if j := s.scanPlain(i); j > i {
				i = j
				continue
			}
		}
		switch {
		case c <= ' ':
			i++
		case isLetterStart(text, i):
			i = s.scanWord(i)
		case c == '#' && i+1 < len(text) && isWordByte(text[i+1]):
			i = s.scanTag(i, kindHashtag)
		case c == '@' && i+1 < len(text) && isHandleByte(text[i+1]):
			i = s.scanTag(i, kindHandle)
		case c == '$' && i+1 < len(text) && isASCIILetter(text[i+1]):
			i = s.scanTag(i, kindCashtag)
		case c < utf8.RuneSelf:
			i = s.scanPunct(i)
		default:
			i = s.scanSymbol(i)
		}
	}
}

func isASCIILetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool       { return c >= '0' && c <= '9' }
func isHandleByte(c byte) bool  { return isASCIILetter(c) || isDigit(c) || c == '_' }
func isWordByte(c byte) bool    { return isHandleByte(c) || c >= utf8.RuneSelf }

func isLetterStart(text string, i int) bool {
	c := text[i]
	if c < utf8.RuneSelf {
		return isHandleByte(c)
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	return unicode.IsLetter(r) || unicode.IsDigit(r)
}

// push appends a word whose form is what was put into buf since lo.
func (s *scanned) push(start, end int, lo int32, kind wordKind, flags uint8) *word {
	if start > 0 && s.text[start-1] <= ' ' {
		flags |= flagSpace
	}
	w := s.next()
	w.start, w.end, w.lo, w.hi = int32(start), int32(end), lo, int32(len(s.buf))
	w.key = hashBytes(s.buf[lo:])
	w.hash, w.kind, w.flags = w.key, kind, flags
	return w
}

// next appends an empty word.
func (s *scanned) next() *word {
	n := len(s.words)
	if n == cap(s.words) {
		s.words = append(s.words, word{})
	} else {
		s.words = s.words[:n+1]
	}
	w := &s.words[n]
	*w = word{}
	return w
}

// scanTag reads a hashtag, handle or cashtag at i.
func (s *scanned) scanTag(i int, kind wordKind) int {
	j := i + 1
	for j < len(s.text) {
		c := s.text[j]
		if c < utf8.RuneSelf {
			if !isHandleByte(c) {
				break
			}
			j++
			continue
		}
		r, size := utf8.DecodeRuneInString(s.text[j:])
		if kind != kindHashtag || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		j += size
	}
	if j == i+1 {
		return s.scanPunct(i)
	}
	lo := int32(len(s.buf))
	flags := s.lower(s.text[i+1 : j])
	w := s.push(i, j, lo, kind, flags)
	if kind == kindHashtag {
		w.hash = squeezed(s.form(w))
	}
	return j
}

// lower puts the lower case form of t into buf, without apostrophes and cut
// at maxForm, and tells its flags.
func (s *scanned) lower(t string) uint8 {
	var flags uint8
	ups, downs, run := 0, 0, 0
	var last rune
	from := len(s.buf)
	for i, r := range t {
		if r == '\'' || r == '’' {
			continue
		}
		if r >= utf8.RuneSelf || r >= 'A' && r <= 'Z' {
			l := unicode.ToLower(r)
			if l != r {
				ups++
				if i == 0 {
					flags |= flagTitle
				}
			} else if unicode.IsLower(r) {
				downs++
			}
			r = l
		} else if r >= 'a' && r <= 'z' {
			downs++
		}
		if r == last {
			run++
			if run == 2 && (r < '0' || r > '9') {
				flags |= flagLong
			}
		} else {
			run, last = 0, r
		}
		if len(s.buf)-from < maxForm {
			s.buf = utf8.AppendRune(s.buf, r)
		}
	}
	if ups > 0 {
		flags |= flagUpper
	}
	if ups > 1 && downs == 0 {
		flags |= flagCaps
	}
	return flags
}

// scanWord reads a word, number, URL or possessive at i.
func (s *scanned) scanWord(i int) int {
	t := s.text
	if end, ok := urlEnd(t, i); ok {
		lo := int32(len(s.buf))
		s.buf = append(s.buf, "url"...)
		s.push(i, end, lo, kindURL, 0)
		return end
	}
	if end, ok := dotted(t, i); ok { // U.S. S.A.
		lo := int32(len(s.buf))
		s.push(i, end, lo, kindWord, s.lower(t[i:end]))
		s.rehash()
		return end
	}
	j, number := i, isDigit(t[i])
	for j < len(t) {
		c := t[j]
		if c < utf8.RuneSelf {
			if isHandleByte(c) || (c == '.' || c == ',') && number && j+1 < len(t) && isDigit(t[j+1]) {
				j++
				continue
			}
			if c == '\'' && j+1 < len(t) && isASCIILetter(t[j+1]) && !isPossessive(t, j, 1) {
				j++
				continue
			}
			break
		}
		r, size := utf8.DecodeRuneInString(t[j:])
		if r == '’' && j+size < len(t) && isASCIILetter(t[j+size]) && !isPossessive(t, j, size) {
			j += size
			continue
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			break
		}
		j += size
	}
	kind := kindWord
	if number {
		kind = kindNumber
	}
	lo := int32(len(s.buf))
	s.push(i, j, lo, kind, s.lower(t[i:j]))
	s.rehash()
	return s.scanPossessive(j)
}

// rehash makes the model hash of the last word.
func (s *scanned) rehash() {
	w := &s.words[len(s.words)-1]
	if w.flags&flagLong != 0 || w.kind == kindNumber || hasDigit(s.form(w)) {
		w.hash = squeezed(s.form(w))
	}
}

func hasDigit(b []byte) bool {
	return slices.ContainsFunc(b, isDigit)
}

// isPossessive reports whether an apostrophe of size bytes at j begins an 's
// that ends its word.
func isPossessive(t string, j, size int) bool {
	k := j + size
	return k < len(t) && t[k]|0x20 == 's' && (k+1 == len(t) || !isWordByte(t[k+1]) && t[k+1] != '\'')
}

func (s *scanned) scanPossessive(j int) int {
	size := 0
	if strings.HasPrefix(s.text[j:], "'") {
		size = 1
	} else if strings.HasPrefix(s.text[j:], "’") {
		size = len("’")
	}
	if size == 0 || !isPossessive(s.text, j, size) {
		return j
	}
	lo := int32(len(s.buf))
	s.buf = append(s.buf, "'s"...)
	s.push(j, j+size+1, lo, kindPoss, 0)
	return j + size + 1
}

// urlEnd tells where a URL that begins at i ends.
func urlEnd(t string, i int) (int, bool) {
	c := t[i] | 0x20
	if c != 'h' && c != 'w' {
		return 0, false
	}
	rest := t[i:]
	if !hasFold(rest, "http://") && !hasFold(rest, "https://") && !hasFold(rest, "www.") {
		return 0, false
	}
	j := i
	for j < len(t) && t[j] > ' ' && t[j] != '"' && t[j] != '<' && t[j] != '>' {
		j++
	}
	for j > i && strings.IndexByte(".,;:!?)'", t[j-1]) >= 0 {
		j--
	}
	return j, true
}

func hasFold(t, prefix string) bool {
	return len(t) >= len(prefix) && strings.EqualFold(t[:len(prefix)], prefix)
}

// dotted tells where a run of single letters with dots between them ends; the
// last dot is left out.
func dotted(t string, i int) (int, bool) {
	if i+2 >= len(t) || !isASCIILetter(t[i]) || t[i+1] != '.' || !isASCIILetter(t[i+2]) {
		return 0, false
	}
	j := i
	for j+2 < len(t) && t[j+1] == '.' && isASCIILetter(t[j+2]) {
		j += 2
	}
	if j+1 < len(t) && isWordByte(t[j+1]) {
		return 0, false
	}
	return j + 1, true
}

// scanPunct reads a run of punctuation at i; two and more are an emoticon,
// of which four bytes are kept.
func (s *scanned) scanPunct(i int) int {
	t := s.text
	if t[i] == '&' {
		if end, form := entity(t[i:]); end > 0 {
			lo := int32(len(s.buf))
			s.buf = append(s.buf, form...)
			kind := kindPunct
			if len(form) > 1 {
				kind = kindEmote
			}
			s.push(i, i+end, lo, kind, 0)
			return i + end
		}
	}
	j := i + 1
	if j == len(t) || t[j] <= ' ' { // as most marks are
		s.buf = append(s.buf, t[i])
		s.push(i, j, int32(len(s.buf)-1), kindPunct, 0)
		return j
	}
	for j < len(t) && t[j] > ' ' && t[j] < utf8.RuneSelf && !isHandleByte(t[j]) && t[j] != '@' && t[j] != '#' && t[j] != '$' && t[j] != '&' {
		j++
	}
	if strings.IndexByte(":;-=", t[j-1]) >= 0 && j < len(t) && strings.IndexByte("DPpdOo3", t[j]) >= 0 && (j+1 == len(t) || t[j+1] <= ' ') {
		j++ // :D :-P
	}
	kind := kindPunct
	if j-i > 1 {
		kind = kindEmote
	}
	lo := int32(len(s.buf))
	s.buf = append(s.buf, t[i:min(j, i+4)]...)
	s.push(i, j, lo, kind, 0)
	return j
}

// entity reads one of the HTML entities that posts still carry.
func entity(t string) (int, string) {
	switch {
	case strings.HasPrefix(t, "&lt;3"):
		return 5, "<3"
	case strings.HasPrefix(t, "&amp;"):
		return 5, "&"
	case strings.HasPrefix(t, "&lt;"), strings.HasPrefix(t, "&gt;"):
		return 4, "<"
	case strings.HasPrefix(t, "&quot;"):
		return 6, `"`
	}
	return 0, ""
}

// scanSymbol reads one rune that is no letter: an emoji, a quote, a bad byte.
func (s *scanned) scanSymbol(i int) int {
	r, size := utf8.DecodeRuneInString(s.text[i:])
	if r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || r == 0xFE0F || r == 0x200D {
		return i + size
	}
	lo := int32(len(s.buf))
	s.buf = append(s.buf, s.text[i:i+size]...)
	kind := kindEmote
	if unicode.IsPunct(r) || r == '™' || r == '®' || r == '©' {
		kind = kindPunct
	}
	s.push(i, i+size, lo, kind, 0)
	return i + size
}
