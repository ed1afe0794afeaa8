package query

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// A malformedError is an error whose text is all there is to say.
type malformedError string

func (e malformedError) Error() string { return string(e) }

const errEnd = malformedError("the document ends too early")

func (d *decoder) space() {
	for d.i < len(d.s) && (d.s[d.i] == ' ' || d.s[d.i] == '\n' || d.s[d.i] == '\t' || d.s[d.i] == '\r') {
		d.i++
	}
}

// next skips white space and returns the byte that follows.
func (d *decoder) next() (byte, error) {
	if d.space(); d.i >= len(d.s) {
		return 0, errEnd
	}
	return d.s[d.i], nil
}

// expect takes c.
func (d *decoder) expect(c byte) error {
	got, err := d.next()
	if err != nil {
		return err
	}
	if got != c {
		return fmt.Errorf("%q where %q was expected", got, c)
	}
	d.i++
	return nil
}

// enter takes the bracket of an object or array.
func (d *decoder) enter(c byte) error {
	if d.depth++; d.depth > maxNesting {
		return malformedError("values are nested too deep")
	}
	return d.expect(c)
}

// object reads an object and calls member with each name, to read the value.
func (d *decoder) object(member func(key string) error) error {
	if err := d.enter('{'); err != nil {
		return err
	}
	defer func() { d.depth-- }()
	if c, err := d.next(); err != nil || c == '}' {
		d.i++
		return err
	}
	for {
		c, err := d.next()
		if err != nil {
			return err
		}
		if c != '"' {
			return malformedError("a name in quotes was expected")
		}
		key, err := d.str()
		if err != nil {
			return err
		}
		if err := d.expect(':'); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if done, err := d.more('}'); done || err != nil {
			return err
		}
	}
}

// more takes a comma, or end and reports that it was the end.
func (d *decoder) more(end byte) (bool, error) {
	c, err := d.next()
	if err != nil {
		return false, err
	}
	d.i++
	switch c {
	case ',':
		return false, nil
	case end:
		return true, nil
	}
	d.i--
	return false, fmt.Errorf("%q where ',' or %q was expected", c, end)
}

// array reads an array and calls element for each of its values.
func (d *decoder) array(element func() error) error {
	if err := d.enter('['); err != nil {
		return err
	}
	defer func() { d.depth-- }()
	if c, err := d.next(); err != nil || c == ']' {
		d.i++
		return err
	}
	for {
		if err := element(); err != nil {
			return err
		}
		if done, err := d.more(']'); done || err != nil {
			return err
		}
	}
}

// skip reads any value.
func (d *decoder) skip() error {
	c, err := d.next()
	if err != nil {
		return err
	}
	switch c {
	case '"':
		_, err := d.str()
		return err
	case '{':
		return d.object(func(string) error { return d.skip() })
	case '[':
		return d.array(func() error { return d.skip() })
	case 'n':
		return d.word("null")
	case 't':
		return d.word("true")
	case 'f':
		return d.word("false")
	}
	_, err = d.float()
	return err
}

func (d *decoder) word(w string) error {
	if !strings.HasPrefix(d.s[d.i:], w) {
		return malformedError("a value was expected")
	}
	d.i += len(w)
	return nil
}

// float reads a number as JSON writes it.
func (d *decoder) float() (float64, error) {
	start := d.i
	if d.byte() == '-' {
		d.i++
	}
	if d.byte() == '0' {
		d.i++
	} else if !d.digits() {
		return 0, malformedError("a value was expected")
	}
	if d.byte() == '.' {
		d.i++
		if !d.digits() {
			return 0, malformedError("a digit was expected")
		}
	}
	if d.byte()|0x20 == 'e' {
		d.i++
		if c := d.byte(); c == '+' || c == '-' {
			d.i++
		}
		if !d.digits() {
			return 0, malformedError("a digit was expected")
		}
	}
	v, _ := strconv.ParseFloat(d.s[start:d.i], 64) // out of range is infinite
	return v, nil
}

// byte returns the byte at i, or 0 at the end.
func (d *decoder) byte() byte {
	if d.i < len(d.s) {
		return d.s[d.i]
	}
	return 0
}

func (d *decoder) digits() bool {
	n := digits(d.s[d.i:])
	d.i += n
	return n > 0
}

// str reads a string, whose quote is the next byte.
func (d *decoder) str() (string, error) {
	d.i++
	start := d.i
	d.i += plainBytes(d.s[start:])
	switch c := d.byte(); {
	case d.i >= len(d.s):
		return "", errEnd
	case c == '"':
		d.i++
		return d.s[start : d.i-1], nil
	case c == '\\':
		return d.escaped(start)
	}
	return "", malformedError("a control character stands in a string")
}

// escaped reads on in a string that began at start and has escapes.
func (d *decoder) escaped(start int) (string, error) {
	var out strings.Builder
	out.Grow(d.rawLen(start)) // what an escape means is never longer
	out.WriteString(d.s[start:d.i])
	for d.i < len(d.s) {
		n := plainBytes(d.s[d.i:])
		out.WriteString(d.s[d.i : d.i+n])
		if d.i += n; d.i == len(d.s) {
			break
		}
		c := d.s[d.i]
		d.i++
		switch c {
		case '"':
			return out.String(), nil
		case '\\':
			r, err := d.escape()
			if err != nil {
				return "", err
			}
			out.WriteRune(r)
		default:
			return "", malformedError("a control character stands in a string")
		}
	}
	return "", errEnd
}

// rawLen is how many bytes a string that begins at start has with its escapes,
// if it is a good one.
func (d *decoder) rawLen(start int) int {
	i := start
	for {
		if i += plainBytes(d.s[min(i, len(d.s)):]); i >= len(d.s) || d.s[i] != '\\' {
			return i - start
		}
		i += 2
	}
}

// plainBytes counts the bytes before the first quote, backslash or control
// character in s, eight at a time.
func plainBytes(s string) int {
	const each = 0x0101010101010101
	n := 0
	for ; n+8 <= len(s); n += 8 {
		b := s[n : n+8]
		x := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		quote, slash := x^'"'*each, x^'\\'*each
		// The high bit of the first such byte is set; what is above may be wrong.
		found := (x - ' '*each) &^ x
		found |= (quote-each)&^quote | (slash-each)&^slash
		if found &= 0x80 * each; found != 0 {
			return n + bits.TrailingZeros64(found)/8
		}
	}
	for n < len(s) && s[n] != '"' && s[n] != '\\' && s[n] >= ' ' {
		n++
	}
	return n
}

// escape reads what follows a backslash.
func (d *decoder) escape() (rune, error) {
	c := d.byte()
	d.i++
	switch c {
	case '"', '\\', '/':
		return rune(c), nil
	case 'b':
		return '\b', nil
	case 'f':
		return '\f', nil
	case 'n':
		return '\n', nil
	case 'r':
		return '\r', nil
	case 't':
		return '\t', nil
	case 'u':
		r, ok := d.hex()
		if !ok {
			return 0, malformedError("four hexadecimal digits were expected")
		}
		if utf16.IsSurrogate(r) && strings.HasPrefix(d.s[d.i:], `\u`) {
			was := d.i
			d.i += len(`\u`)
			low, ok := d.hex()
			if pair := utf16.DecodeRune(r, low); ok && pair != utf8.RuneError {
				return pair, nil
			}
			d.i = was
		}
		return r, nil // half a pair becomes U+FFFD when appended
	}
	return 0, malformedError("an unknown escape stands in a string")
}

func (d *decoder) hex() (rune, bool) {
	if d.i+4 > len(d.s) {
		return 0, false
	}
	v, err := strconv.ParseUint(d.s[d.i:d.i+4], 16, 16)
	if err != nil || d.s[d.i] == '+' {
		return 0, false
	}
	d.i += 4
	return rune(v), true
}
