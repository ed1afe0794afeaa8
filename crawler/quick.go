package crawler

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A quick reads a feed of the ordinary shape in one pass over its bytes, with
// the guards of [scanXML] on the way, at several times the speed of the
// parser. It knows the plain part of XML alone: whatever else it meets makes
// the feed odd, and an odd feed goes to the parser. What it does read it reads
// exactly as the parser does.
type quick struct {
	s  string
	at int

	open   []string // names of the open elements, as written
	attrs  int      // of the whole document
	odd    bool     // not for us
	spaces []binding
	keys   map[string]string // prefix → what key said since spaces changed
	asides []aside

	// The start tag that was read last.
	prefix, name string
	attr         []quickAttr
	empty        bool // <x/>
}

// A binding is the declaration of a name space.
type binding struct {
	prefix, uri string
	depth       int
}

type quickAttr struct{ prefix, name, value string }

// fail gives the document to the parser.
func (q *quick) fail() bool {
	q.odd = true
	return false
}

// text passes over character data up to the next tag. It reports whether
// there is one.
func (q *quick) text() (string, bool) {
	n := strings.IndexByte(q.s[q.at:], '<')
	if n < 0 {
		return "", q.fail()
	}
	t := q.s[q.at : q.at+n]
	if strings.Contains(t, "]]>") || !plainReferences(t) {
		return "", q.fail()
	}
	q.at += n
	return t, true
}

// plainReferences reports a text whose numeric references are characters.
func plainReferences(t string) bool {
	for {
		i := strings.Index(t, "&#")
		if i < 0 {
			return true
		}
		t = t[i+2:]
		if r, n := reference(t); n > 0 && !inXML(r) {
			return false
		}
	}
}

// reference reads the number after "&#"; n is how many bytes it has with its
// semicolon, 0 when there is none.
func reference(t string) (r rune, n int) {
	base, from := 10, 0
	if strings.HasPrefix(t, "x") {
		base, from = 16, 1
	}
	end := from
	for end < len(t) && (t[end] >= '0' && t[end] <= '9' || base == 16 && (t[end]|0x20 >= 'a' && t[end]|0x20 <= 'f')) {
		end++
	}
	if end == len(t) || t[end] != ';' {
		return 0, 0
	}
	v, err := strconv.ParseUint(t[from:end], base, 64)
	if err != nil || v > utf8.MaxRune {
		return 0, 0
	}
	if !utf8.ValidRune(rune(v)) {
		return utf8.RuneError, end + 1
	}
	return rune(v), end + 1
}

// inXML reports a character that XML allows.
func inXML(r rune) bool {
	return r >= 0x20 && r < 0xfffe || r == '\t' || r == '\n' || r == '\r' || r > 0xffff
}

// xmlValue is what a piece of character data or an attribute says: references
// put in, line ends made one.
func xmlValue(t string) string {
	if strings.IndexByte(t, '&') < 0 && strings.IndexByte(t, '\r') < 0 {
		return t
	}
	var b strings.Builder
	b.Grow(len(t))
	for i := 0; i < len(t); i++ {
		switch c := t[i]; c {
		case '\r':
			b.WriteByte('\n')
			if i+1 < len(t) && t[i+1] == '\n' {
				i++
			}
		case '&':
			n := writeReference(&b, t[i+1:])
			i += n
			if n == 0 {
				b.WriteByte('&')
			}
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// writeReference writes what stands for the reference that t begins with, and
// tells how long it is: 0 when it is none that XML knows.
func writeReference(b *strings.Builder, t string) int {
	if strings.HasPrefix(t, "#") {
		r, n := reference(t[1:])
		if n == 0 {
			return 0
		}
		b.WriteRune(r)
		return n + 1
	}
	end := strings.IndexByte(t[:min(len(t), 5)], ';')
	if end < 0 {
		return 0
	}
	c, ok := named(t[:end])
	if !ok {
		return 0
	}
	b.WriteByte(c)
	return end + 1
}

// named are the five references that every document has.
func named(name string) (byte, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	return 0, false
}

// nameEnd is where the name that begins at i ends. Names of ASCII letters
// alone are ordinary.
func nameEnd(s string, i int) int {
	if i >= len(s) || s[i] != '_' && (s[i]|0x20 < 'a' || s[i]|0x20 > 'z') {
		return i
	}
	for i++; i < len(s); i++ {
		switch c := s[i]; {
		case c|0x20 >= 'a' && c|0x20 <= 'z', c >= '0' && c <= '9', c == '_', c == '-', c == '.':
		default:
			return i
		}
	}
	return i
}

// qualified reads a name at q.at, with its prefix if it has one.
func (q *quick) qualified() (prefix, name string, ok bool) {
	begin := q.at
	end := nameEnd(q.s, begin)
	if end == begin {
		return "", "", q.fail()
	}
	if end < len(q.s) && q.s[end] == ':' {
		prefix = q.s[begin:end]
		begin = end + 1
		if end = nameEnd(q.s, begin); end == begin {
			return "", "", q.fail()
		}
	}
	if end >= len(q.s) || q.s[end] == ':' || q.s[end] >= 0x80 {
		return "", "", q.fail()
	}
	q.at = end
	return prefix, q.s[begin:end], true
}

func (q *quick) space() {
	for q.at < len(q.s) && (q.s[q.at] == ' ' || q.s[q.at] == '\n' || q.s[q.at] == '\t' || q.s[q.at] == '\r') {
		q.at++
	}
}

// start reads the start tag at q.at. With deep, the element stands in a text
// that is taken as it is written, and its attributes are only counted.
func (q *quick) start(deep bool) bool {
	q.at++
	begin := q.at
	var ok bool
	if q.prefix, q.name, ok = q.qualified(); !ok {
		return false
	}
	written := q.s[begin:q.at]
	if q.name == "created" || deep && itemName(q.name) {
		return q.fail() // an aside; the parser's way knows it
	}
	q.attr, q.empty = q.attr[:0], false
	for n := 0; ; n++ {
		q.space()
		if q.at >= len(q.s) {
			return q.fail()
		}
		if q.s[q.at] == '>' {
			q.at++
			break
		}
		if q.s[q.at] == '/' {
			if q.empty = true; !strings.HasPrefix(q.s[q.at:], "/>") {
				return q.fail()
			}
			q.at += 2
			break
		}
		if q.attrs++; n >= 1000 || q.attrs > 500000 || !q.attribute(deep) {
			return q.fail()
		}
	}
	if len(q.open) >= maxDepth {
		return q.fail()
	}
	if itemName(q.name) {
		if len(q.asides) >= maxItems {
			return q.fail()
		}
		q.asides = append(q.asides, aside{about: q.about()})
	}
	if !q.empty {
		q.open = append(q.open, written)
	}
	return true
}

// attribute reads one attribute.
func (q *quick) attribute(deep bool) bool {
	prefix, name, ok := q.qualified()
	if !ok {
		return false
	}
	q.space()
	if q.at >= len(q.s) || q.s[q.at] != '=' {
		return q.fail()
	}
	q.at++
	q.space()
	if q.at >= len(q.s) || q.s[q.at] != '"' && q.s[q.at] != '\'' {
		return q.fail()
	}
	n := strings.IndexByte(q.s[q.at+1:], q.s[q.at])
	if n < 0 {
		return q.fail()
	}
	value := q.s[q.at+1 : q.at+1+n]
	q.at += n + 2
	if strings.IndexByte(value, '<') >= 0 || !plainReferences(value) {
		return q.fail()
	}
	if deep {
		return true
	}
	value = xmlValue(value)
	q.attr = append(q.attr, quickAttr{prefix, name, value})
	if prefix == "xmlns" || prefix == "" && name == "xmlns" {
		return q.declare(prefix, name, value)
	}
	return prefix == "" || name != "base" || q.fail()
}

// declare takes a declaration of a name space. Those that would change what
// we look for make the document odd.
func (q *quick) declare(prefix, name, uri string) bool {
	if prefix == "xmlns" && strings.HasPrefix(name, "xml") || !strings.Contains(uri, ":") || strings.TrimSpace(uri) != uri || uri == xmlSpace {
		return q.fail()
	}
	if prefix == "" {
		name = ""
	}
	if _, known := spaceKeys[uri]; !known && !looseSpaces[uri] && (wantedSpaces[name] || name == "content") {
		return q.fail()
	}
	if len(q.spaces) >= maxSpaces {
		return q.fail()
	}
	q.spaces = append(q.spaces, binding{prefix: name, uri: uri, depth: len(q.open) + 1})
	clear(q.keys)
	return true
}

// maxSpaces bounds the declarations that hold at one place: they are gone
// through for every element.
const maxSpaces = 64

// resolve is the name space of a prefix in the element that begins or is open.
func (q *quick) resolve(prefix string) string {
	if prefix == "xml" {
		return xmlSpace
	}
	for i := len(q.spaces) - 1; i >= 0; i-- {
		if q.spaces[i].prefix == prefix {
			return q.spaces[i].uri
		}
	}
	return prefix
}

// leave ends the innermost element, which had depth elements around it and
// itself.
func (q *quick) leave(depth int) {
	n := len(q.spaces)
	for n > 0 && q.spaces[n-1].depth >= depth {
		n--
	}
	if n < len(q.spaces) {
		q.spaces = q.spaces[:n]
		clear(q.keys)
	}
}

// end reads the end tag at q.at, which must be that of the innermost element.
func (q *quick) end() bool {
	written := q.open[len(q.open)-1]
	rest := q.s[q.at+2:]
	if !strings.HasPrefix(rest, written) {
		return q.fail()
	}
	q.at += 2 + len(written)
	q.space()
	if q.at >= len(q.s) || q.s[q.at] != '>' {
		return q.fail()
	}
	q.at++
	q.open = q.open[:len(q.open)-1]
	return true
}

// markup passes over a comment, an instruction or a section of characters at
// q.at, and gives what the section holds.
func (q *quick) markup() (string, bool) {
	rest := q.s[q.at:]
	switch {
	case strings.HasPrefix(rest, "<!--"):
		n := strings.Index(rest[4:], "--")
		if n < 0 || !strings.HasPrefix(rest[4+n:], "-->") {
			return "", q.fail()
		}
		q.at += 4 + n + 3
		return "", true
	case strings.HasPrefix(rest, "<![CDATA["):
		n := strings.Index(rest[9:], "]]>")
		if n < 0 {
			return "", q.fail()
		}
		q.at += 9 + n + 3
		return rest[9 : 9+n], true
	case strings.HasPrefix(rest, "<?"):
		end := nameEnd(rest, 2)
		n := strings.Index(rest[end:], "?>")
		if end == 2 || strings.EqualFold(rest[2:end], "xml") || n < 1 || rest[end] != ' ' {
			return "", q.fail()
		}
		q.at += end + n + 2
		return "", true
	}
	return "", q.fail()
}

// children calls visit for each element within the one whose start tag was
// just read. Visit must take the element whole: by children, inner, or skip.
func (q *quick) children(visit func(name string)) {
	depth := len(q.open)
	if q.empty {
		q.leave(depth + 1)
		return
	}
	for !q.odd {
		if _, ok := q.text(); !ok {
			return
		}
		switch q.s[min(q.at+1, len(q.s)-1)] {
		case '/':
			if q.end() {
				q.leave(depth)
			}
			return
		case '!', '?':
			q.markup()
		default:
			if q.start(false) {
				visit(strings.ToLower(q.name))
			}
		}
	}
}

// inner is what is written between the tags of the element whose start tag
// was just read.
func (q *quick) inner() string {
	depth := len(q.open)
	if q.empty {
		q.leave(depth + 1)
		return ""
	}
	begin := q.at
	for !q.odd {
		if _, ok := q.text(); !ok {
			return ""
		}
		end := q.at
		switch q.s[min(q.at+1, len(q.s)-1)] {
		case '/':
			if q.end() && len(q.open) < depth {
				q.leave(depth)
				return q.s[begin:end]
			}
		case '!', '?':
			q.markup()
		default:
			q.start(true)
		}
	}
	return ""
}

func itemName(name string) bool {
	return len(name) == 4 && strings.EqualFold(name, "item") || len(name) == 5 && strings.EqualFold(name, "entry")
}

// words is the text of an element as feeds mean it: the sections of
// characters as they are, everything else with its references put in.
func (q *quick) words() string { return elementText(strings.TrimSpace(q.inner())) }

func elementText(s string) string {
	const begin, end = "<![CDATA[", "]]>"
	i := strings.Index(s, begin)
	if i < 0 {
		return unescapeText(s)
	}
	if i == 0 && strings.Index(s, end) == len(s)-len(end) {
		return s[len(begin) : len(s)-len(end)]
	}
	var b strings.Builder
	b.Grow(len(s))
	for s != "" {
		i := strings.Index(s, begin)
		if i < 0 {
			b.WriteString(unescapeText(s))
			break
		}
		b.WriteString(unescapeText(s[:i]))
		n := strings.Index(s[i+len(begin):], end)
		if n < 0 {
			b.WriteString(unescapeText(s[i:]))
			break
		}
		b.WriteString(s[i+len(begin) : i+len(begin)+n])
		s = s[i+len(begin)+n+len(end):]
	}
	return b.String()
}

// unescapeText puts in the references of HTML, those alone that end in a
// semicolon: "&copy=2" in an address is none.
func unescapeText(s string) string {
	if strings.IndexByte(s, '&') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '&')
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i:]
		window := s[:min(len(s), 64)] // the longest name has 33
		end := strings.IndexByte(window, ';')
		if end < 0 && len(window) == len(s) {
			b.WriteString(s)
			return b.String()
		}
		if end > 0 {
			if c, ok := named(s[1:end]); ok {
				b.WriteByte(c)
				s = s[end+1:]
				continue
			}
		}
		if end < 0 || strings.ContainsAny(s[1:end], " \t\r\n") {
			b.WriteByte('&')
			s = s[1:]
			continue
		}
		meant := html.UnescapeString(s[:end+1])
		if meant == html.UnescapeString(s[:end])+";" {
			b.WriteByte('&')
			s = s[1:]
			continue
		}
		b.WriteString(meant)
		s = s[end+1:]
	}
}
