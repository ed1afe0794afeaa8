package nlp

import (
	"bytes"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"gopkg.in/neurosnap/sentences.v1"
)

// A sentenceReader finds where the sentences of a text end, one end after
// another: what stands first is mostly all that is asked for. It decides as
// the sentence splitter of prose does, which reads a whole text before it
// tells anything. Its zero value is ready for begin.
type sentenceReader struct {
	learned *sentences.Storage
	text    string
	at      int  // byte that is read next
	from    int  // byte after the last word
	follows bool // the last word may end a sentence
	flushed int  // how many words that are none came after the last one

	before, last punktWord // a word is sure when the two after it are known
	end          int32     // what was found last

	one, two, both, low []byte // scratch
}

// A punktWord is a word that may end a sentence, or the word after one.
type punktWord struct {
	text  string
	end   int32
	ends  bool // a sentence
	short bool // it is an abbreviation
}

// What is known of how a word is written.
const (
	punktMidUpper = 1 << 2
	punktUpper    = 1<<1 | 1<<2 | 1<<3
	punktBegLower = 1 << 4
	punktLower    = 1<<4 | 1<<5 | 1<<6
)

// begin makes r ready for a text.
func (r *sentenceReader) begin(text string) {
	r.text, r.at, r.from, r.follows, r.flushed, r.end = text, 0, 0, false, 0, 0
	r.before, r.last = punktWord{}, punktWord{}
	var err error
	if r.learned, err = punkt(); err != nil || !strings.ContainsAny(text, ".!?") {
		r.flushed = 2
	}
}

// reach returns the first end of a sentence at or after a byte; the end of the
// text is the last one.
func (r *sentenceReader) reach(at int32) int32 {
	for r.end < at {
		r.end = r.next()
	}
	return r.end
}

// next returns the next end.
func (r *sentenceReader) next() int32 {
	for r.flushed < 2 {
		w, ok := r.word()
		if !ok {
			r.flushed++
		}
		r.look(&w)
		r.pair(&r.last, &w)
		r.dotted(&r.before, &r.last)
		sure := r.before
		r.before, r.last = r.last, w
		if sure.ends {
			return sure.end
		}
	}
	if n := int32(len(r.text)); r.end < n {
		return n
	}
	return math.MaxInt32
}

// word cuts the next word with a mark that may end a sentence, or the one
// after such a word. The last byte belongs to a word; the last rune of a text
// does not where it has several bytes.
func (r *sentenceReader) word() (punktWord, bool) {
	t, marked := r.text, false
	for i := r.at; i < len(t); {
		c, at := t[i], i
		i++
		cut, own := c == ' ' || c >= '\t' && c <= '\r', false
		if c >= utf8.RuneSelf {
			ch, size := utf8.DecodeRuneInString(t[at:])
			i = at + size
			cut = unicode.IsSpace(ch)
			if sentences.IsCjkPunct(ch) {
				cut, own, at = true, true, i
			}
		} else if c == '.' || c == '!' || c == '?' {
			marked = true
		}
		if !cut && at != len(t)-1 {
			continue
		}
		if at == len(t)-1 {
			at = len(t)
		}
		if own {
			marked = strings.ContainsAny(t[r.from:at], ".!?。！？")
		}
		if !marked && !r.follows {
			r.from = at
			continue
		}
		w := strings.TrimSpace(t[r.from:at])
		if w == "" {
			r.from, marked = at, false
			continue
		}
		r.from, r.at, r.follows = at, i, marked
		return punktWord{text: w, end: int32(at)}, true
	}
	r.at = len(t)
	return punktWord{}, false
}

// look says what a word is by itself.
func (r *sentenceReader) look(w *punktWord) {
	switch {
	case closes(w.text):
		w.ends = true
	case periodFinal(w.text) && !strings.HasSuffix(w.text, ".."):
		// Runes are counted where bytes are cut, as the splitter does.
		r.low = appendLower(r.low[:0], w.text[:utf8.RuneCountInString(w.text)-1])
		known := r.learned.AbbrevTypes
		w.short = known[string(r.low)] != 0
		if i := bytes.LastIndexByte(r.low, '-'); i >= 0 && !w.short {
			w.short = known[string(r.low[i+1:])] != 0
		}
		w.ends = !w.short
	}
}

// closes reports whether a word has a mark, not counting a period at its end,
// after which a sentence is over.
func closes(w string) bool {
	for i := range len(w) {
		c := w[i]
		if c != '.' && c != '?' && c != '!' {
			continue
		}
		switch rest := w[i+1:]; rest {
		case "":
			if c != '.' {
				return true
			}
		case `"`, "'", ")", "’", "”":
			return true
		default:
			if rest[0] == '[' || rest[0] == '(' || c == '.' && (rest[0] == '"' || rest[0] == '\'') {
				return true
			}
		}
	}
	return false
}

func periodFinal(w string) bool { return strings.HasSuffix(w, ".") || strings.HasSuffix(w, "。") }

// pair decides on a word with a period by the word after it.
func (r *sentenceReader) pair(w, next *punktWord) {
	if next.text == "" || !periodFinal(w.text) {
		return
	}
	r.one = kindOfWord(r.one[:0], w.text)
	r.one = unperiod(r.one)
	r.two = kindOfWord(r.two[:0], next.text)
	if next.ends {
		r.two = unperiod(r.two)
	}
	r.both = append(append(append(r.both[:0], r.one...), ','), r.two...)
	if r.learned.Collocations[string(r.both)] != 0 {
		w.ends, w.short = false, true
		return
	}
	initial := len(w.text) == 2 && isASCIILetter(w.text[0])
	if (w.short || strings.HasSuffix(w.text, "..")) && !initial && r.begins(next) {
		w.ends = true
		return
	}
	if w.text == "." && next.text == "." {
		w.ends, next.ends = false, false
		return
	}
	if !initial && string(r.one) != "##number##" {
		return
	}
	switch r.starter(next) {
	case 0:
		w.ends, w.short = false, true
	case -1:
		if initial && upperFirst(next.text) && r.learned.OrthoContext[string(r.two)]&punktLower == 0 {
			w.ends, w.short = false, true
		}
	}
}

// dotted decides on an abbreviation with several periods, as in F.B.I.
func (r *sentenceReader) dotted(w, next *punktWord) {
	if next.text == "" || !periodInside(w.text) {
		return
	}
	r.two = kindOfWord(r.two[:0], next.text)
	if next.ends {
		r.two = unperiod(r.two)
	}
	w.short, w.ends = true, r.begins(next)
}

// periodInside reports whether a letter, digit or underscore with a period
// after it is followed by no or more of those and another period.
func periodInside(w string) bool {
	for i := 1; i < len(w); i++ {
		if w[i] != '.' || !isHandleByte(w[i-1]) {
			continue
		}
		k := i + 1
		for k < len(w) && isHandleByte(w[k]) {
			k++
		}
		if k < len(w) && w[k] == '.' {
			return true
		}
	}
	return false
}

// begins reports whether a word, whose kind is r.two, begins a sentence.
func (r *sentenceReader) begins(w *punktWord) bool {
	return r.starter(w) == 1 || upperFirst(w.text) && r.learned.SentStarters[string(r.two)] != 0
}

// starter tells by the case of a word, whose kind is r.two, whether it begins
// a sentence: 1, or 0 where it does not, or -1.
func (r *sentenceReader) starter(w *punktWord) int {
	first, size := utf8.DecodeRuneInString(w.text)
	if size == len(w.text) && strings.ContainsRune(";:,.!?；：，。！？", first) {
		return 0
	}
	seen := r.learned.OrthoContext[string(r.two)]
	switch {
	case unicode.IsUpper(first) && seen&punktLower > 0 && seen&punktMidUpper == 0:
		return 1
	case unicode.IsLower(first) && (seen&punktUpper > 0 || seen&punktBegLower == 0):
		return 0
	}
	return -1
}

func upperFirst(w string) bool {
	r, _ := utf8.DecodeRuneInString(w)
	return unicode.IsUpper(r)
}

// kindOfWord appends a word in lower case, without commas, and with a word for
// the number at its end.
func kindOfWord(dst []byte, w string) []byte {
	dst = appendLower(dst, w)
	at := len(dst)
	for at > 0 && (isDigit(dst[at-1]) || dst[at-1] == ',' || dst[at-1] == '.' || dst[at-1] == '-') {
		at--
	}
	if i := bytes.IndexFunc(dst[at:], func(c rune) bool { return c >= '0' && c <= '9' }); i >= 0 {
		n := at + i
		if n > at && dst[n-1] != '-' {
			n--
		}
		if n > at && dst[n-1] == '-' {
			n--
		}
		dst = append(dst[:n], "##number##"...)
	}
	if len(dst) == 1 {
		return dst
	}
	n := 0
	for _, c := range dst {
		if c != ',' {
			dst[n] = c
			n++
		}
	}
	return dst[:n]
}

// unperiod takes the period off the end of a kind of word.
func unperiod(w []byte) []byte {
	if len(w) > 1 && w[len(w)-1] == '.' {
		return w[:len(w)-1]
	}
	return w
}
