package crawler

import (
	"bytes"
	"encoding/binary"
	"mime"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding/charmap"
)

// prolog finds what an XML declaration says of the encoding.
var prolog = regexp.MustCompile(`^\s*<\?xml\b[^>]{0,200}?encoding\s*=\s*["']\s*([\w.:-]+)\s*["'][^>]{0,200}\?>`)

// toUTF8 gives the characters of a document of the web as UTF-8, whatever it
// says of itself. The bytes are believed first (marks, zeros, valid UTF-8),
// then the document's own word, then the server's; bytes that fit none are
// read as windows-1252 one by one.
func toUTF8(data []byte, contentType string) []byte {
	if out, ok := byMark(data); ok {
		return out
	}
	declared := ""
	if m := prolog.FindSubmatch(data[:min(len(data), 512)]); m != nil {
		declared = strings.ToLower(string(m[1]))
	}
	if utf8.Valid(data) && !sevenBit(data, declared) {
		return data
	}
	for _, name := range []string{declared, charsetOf(contentType)} {
		if out, ok := decodeAs(data, name); ok {
			return out
		}
	}
	return repairUTF8(data)
}

func charsetOf(contentType string) string {
	_, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return ""
	}
	return strings.ToLower(params["charset"])
}

// sevenBit reports an encoding that writes everything in ASCII bytes.
func sevenBit(data []byte, declared string) bool {
	return declared == "iso-2022-jp" && bytes.Contains(data, []byte("\x1b$"))
}

// byMark decodes what its first bytes give away: byte order marks, and the
// zeros of UTF-16 and UTF-32 without one.
func byMark(data []byte) ([]byte, bool) {
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
		if utf8.Valid(data) {
			return data, true
		}
		return repairUTF8(data), true
	case bytes.HasPrefix(data, []byte("\xff\xfe\x00\x00")):
		return fromUTF32(data[4:], binary.LittleEndian), true
	case bytes.HasPrefix(data, []byte("\x00\x00\xfe\xff")):
		return fromUTF32(data[4:], binary.BigEndian), true
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		return fromUTF16(data[2:], binary.LittleEndian), true
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		return fromUTF16(data[2:], binary.BigEndian), true
	case bytes.HasPrefix(data, []byte("<\x00\x00\x00")):
		return fromUTF32(data, binary.LittleEndian), true
	case bytes.HasPrefix(data, []byte("\x00\x00\x00<")):
		return fromUTF32(data, binary.BigEndian), true
	case bytes.HasPrefix(data, []byte("<\x00")), bytes.HasPrefix(data, []byte("{\x00")):
		return fromUTF16(data, binary.LittleEndian), true
	case bytes.HasPrefix(data, []byte("\x00<")), bytes.HasPrefix(data, []byte("\x00{")):
		return fromUTF16(data, binary.BigEndian), true
	}
	return nil, false
}

func fromUTF16(data []byte, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(data)/2+16)
	for i := 0; i+1 < len(data); i += 2 {
		r := rune(order.Uint16(data[i:]))
		if utf16.IsSurrogate(r) && i+3 < len(data) {
			if pair := utf16.DecodeRune(r, rune(order.Uint16(data[i+2:]))); pair != utf8.RuneError {
				r = pair
				i += 2
			}
		}
		out = utf8.AppendRune(out, r)
	}
	return out
}

func fromUTF32(data []byte, order binary.ByteOrder) []byte {
	out := make([]byte, 0, len(data)/4+16)
	for ; len(data) >= 4; data = data[4:] {
		out = utf8.AppendRune(out, rune(order.Uint32(data)&0x7fffffff)) //nolint:gosec // masked
	}
	return out
}

// decodeAs decodes by a name; not for UTF-8, which the caller has ruled out,
// nor for UTF-16, which would have shown.
func decodeAs(data []byte, name string) ([]byte, bool) {
	if name == "" || strings.HasPrefix(name, "utf") || name == "us-ascii" || name == "ascii" || strings.HasPrefix(name, "unicode") {
		return nil, false
	}
	enc, canonical := charset.Lookup(name)
	if enc == nil || canonical == "replacement" || strings.HasPrefix(canonical, "utf") {
		return nil, false
	}
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return nil, false
	}
	return out, true
}

// repairUTF8 keeps what is valid UTF-8 and reads every other byte as
// windows-1252: feeds put together from several sources hold both.
func repairUTF8(data []byte) []byte {
	out := make([]byte, 0, len(data)+len(data)/8)
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(data[0]))
		} else {
			out = append(out, data[:n]...)
		}
		data = data[n:]
	}
	return out
}

// withoutProlog takes the XML declaration off: what it says of the encoding
// is no longer true.
func withoutProlog(data []byte) []byte {
	trimmed := bytes.TrimLeft(data, " \t\r\n\ufeff")
	if !bytes.HasPrefix(trimmed, []byte("<?xml")) {
		return trimmed
	}
	end := bytes.IndexByte(trimmed, '>')
	if end < 0 || end > 1024 {
		return trimmed
	}
	return trimmed[end+1:]
}

// withoutControls drops the control characters that XML has no place for.
func withoutControls(data []byte) []byte {
	i := 0
	for i < len(data) && (data[i] >= 0x20 || !control(data[i])) {
		i++
	}
	if i == len(data) {
		return data
	}
	out := append(make([]byte, 0, len(data)), data[:i]...)
	for _, c := range data[i:] {
		if !control(c) {
			out = append(out, c)
		}
	}
	return out
}

func control(c byte) bool { return c < 0x20 && c != '\t' && c != '\n' && c != '\r' }

// sameAsUTF8 reports bytes that are UTF-8 and more than ASCII: no other
// encoding looks like that by chance.
func sameAsUTF8(data []byte) bool {
	if !utf8.Valid(data) {
		return false
	}
	return bytes.ContainsFunc(data, func(r rune) bool { return r >= 0x80 })
}
