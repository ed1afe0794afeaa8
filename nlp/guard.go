package nlp

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxDeep  = 16 << 10 // bytes of a text that are tokenized and tagged
	maxToken = 96       // bytes without white space before a cut
	maxLink  = 400      // the same where the run is a URL
	maxRun   = 3        // equal punctuation marks in a row
)

// A cleaned is a text made safe for prose's tokenizer, which panics on runes
// whose lower case has another length and is quadratic in runs of
// punctuation. It knows where each of its bytes came from.
type cleaned struct {
	text  string
	shift []shift
	buf   []byte
}

// A shift says that from byte at on, a byte of the clean text stands delta
// bytes later in the original.
type shift struct{ at, delta int32 }

// clean makes the clean form of text.
func (c *cleaned) clean(text string) {
	if len(text) > maxDeep {
		text = text[:maxDeep]
	}
	c.buf, c.shift = c.buf[:0], c.shift[:0]
	run, span, limit := 0, 0, maxToken
	var last byte
	for i := c.quiet(text, 0); i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			if b < ' ' && b != '\n' && b != '\t' || b == 0x7f {
				b = ' '
			}
			if b == '&' && strings.HasPrefix(text[i:], "&rsquo;") {
				c.put("'", i, len("&rsquo;"))
				i += len("&rsquo;")
				continue
			}
			if b == last && !isHandleByte(b) && b > ' ' {
				if run++; run >= maxRun {
					i++
					c.mark(i)
					continue
				}
			} else {
				run, last = 0, b
			}
			if b <= ' ' {
				c.buf = append(c.buf, b)
				i, span, limit = c.quiet(text, i+1), 0, maxToken
				continue
			} else if span++; span == 1 && isURL(text[i:]) {
				limit = maxLink
			}
			c.buf = append(c.buf, b)
			i++
		} else {
			n := c.rune(text, i)
			i, span, last = i+n, span+n, 0
		}
		if span >= limit {
			c.buf = append(c.buf, ' ')
			c.mark(i)
			span, limit = 0, maxToken
		}
	}
	if c.text = text; string(c.buf) != text {
		c.text = string(c.buf)
	}
}

// quiet puts what stands from byte i on, up to white space, and stays as it
// is, as nearly all of a text does. It returns the byte after that.
func (c *cleaned) quiet(text string, i int) int {
	end := i // after white space
	for at := i; at+10 <= len(text) && at+16-end <= maxToken; at += 8 {
		x := eightAt(text, at)
		thrice := (x ^ eightAt(text, at+1)) | (x ^ eightAt(text, at+2))
		// A byte that is zero, or a control character, leaves its high bit unset.
		sure := (thrice&^highBits + 0x7F*eachByte) & (x ^ 0x7F*eachByte + 0x7F*eachByte) & (x ^ '&'*eachByte + 0x7F*eachByte) & (x + 0x60*eachByte) &^ x
		if sure&highBits != highBits {
			break
		}
		if space := ^(x ^ ' '*eachByte + 0x7F*eachByte) & highBits; space != 0 {
			end = at + bits.Len64(space)/8
		}
	}
	c.buf = append(c.buf, text[i:end]...)
	return end
}

func isURL(t string) bool {
	if t == "" {
		return false
	}
	switch t[0] | 0x20 {
	case 'h':
		return hasFold(t, "http")
	case 'w':
		return hasFold(t, "www.")
	}
	return false
}

// rune puts the rune at i and returns its length in text.
func (c *cleaned) rune(text string, i int) int {
	r, size := utf8.DecodeRuneInString(text[i:])
	switch {
	case r == utf8.RuneError && size == 1:
		c.put(" ", i, size)
	case r == '“' || r == '”':
		c.put(`"`, i, size)
	case r == '‘' || r == '’':
		c.put("'", i, size)
	case unicode.IsControl(r):
		c.put(" ", i, size)
	default:
		if l := unicode.ToLower(r); utf8.RuneLen(l) != size {
			c.put(string(l), i, size)
		} else {
			c.buf = append(c.buf, text[i:i+size]...)
		}
	}
	return size
}

// put appends s in place of size bytes of the text at i.
func (c *cleaned) put(s string, i, size int) {
	c.buf = append(c.buf, s...)
	if len(s) != size {
		c.mark(i + size)
	}
}

// mark notes that the next byte of the clean text is byte i of the original.
func (c *cleaned) mark(i int) {
	at := int32(len(c.buf))
	if n := len(c.shift); n > 0 && c.shift[n-1].at == at {
		c.shift[n-1].delta = int32(i) - at
		return
	}
	c.shift = append(c.shift, shift{at: at, delta: int32(i) - at})
}

// delta moves on from shift k to the last one at or before byte at.
func (c *cleaned) delta(delta int32, k, at int) (int32, int) {
	for k < len(c.shift) && int(c.shift[k].at) <= at {
		delta = c.shift[k].delta
		k++
	}
	return delta, k
}
