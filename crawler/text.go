package crawler

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// silent elements hold nothing that a reader sees.
var silent = map[atom.Atom]bool{ //nolint:gochecknoglobals // a constant table
	atom.Script: true, atom.Style: true, atom.Template: true, atom.Noscript: true, atom.Svg: true, atom.Noframes: true,
}

// breaking elements begin and end a line.
var breaking = map[atom.Atom]bool{ //nolint:gochecknoglobals // a constant table
	atom.P: true, atom.Div: true, atom.Br: true, atom.Li: true, atom.Ul: true, atom.Ol: true, atom.H1: true, atom.H2: true,
	atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Tr: true, atom.Table: true, atom.Blockquote: true,
	atom.Pre: true, atom.Section: true, atom.Article: true, atom.Header: true, atom.Footer: true, atom.Aside: true,
	atom.Figure: true, atom.Figcaption: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.Hr: true, atom.Form: true,
	atom.Nav: true, atom.Main: true, atom.Address: true, atom.Details: true, atom.Summary: true, atom.Option: true,
	atom.Caption: true, atom.Body: true,
}

// plainText is what a reader sees of a piece of HTML, one line per block. A
// text without markup is itself, with its white space in order.
func plainText(s string) string { return shortenText(markupText(s), maxText) }

// plainLine is plainText on one line, for titles and names.
func plainLine(s string) string {
	return shortenText(strings.Join(strings.Fields(markupText(s)), " "), maxTitle)
}

func markupText(s string) string {
	if len(s) > 4*maxText {
		s = strings.ToValidUTF8(s[:4*maxText], "")
	}
	for range 3 {
		if !strings.ContainsAny(s, "<&") {
			break
		}
		var marked bool
		s, marked = untag(s)
		// Markup that was escaped twice shows its tags only now. Where there
		// was markup before, tags that show are what the author wrote about.
		if marked && !hasTags(s, harmful) || !hasTags(s, nil) {
			break
		}
	}
	return tidyLines(s)
}

// harmful elements are never let through, not even as text.
var harmful = map[atom.Atom]bool{ //nolint:gochecknoglobals // a constant table
	atom.Script: true, atom.Style: true, atom.Iframe: true, atom.Object: true, atom.Embed: true, atom.Applet: true,
	atom.Svg: true, atom.Math: true, atom.Meta: true, atom.Link: true, atom.Base: true, atom.Form: true, atom.Frame: true,
}

// untag gives the text of HTML, and whether there was any markup in it.
func untag(s string) (text string, marked bool) {
	var b strings.Builder
	b.Grow(len(s))
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(len(s) + 1)
	var hidden atom.Atom // the silent element we are in
	depth := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return b.String(), marked
		case html.TextToken:
			if hidden == 0 {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			marked = marked || a != 0
			switch {
			case hidden != 0:
				if a == hidden {
					depth++
				}
			case silent[a]:
				hidden, depth = a, 1
			case breaking[a]:
				b.WriteByte('\n')
			case a == atom.Td || a == atom.Th || a == atom.Img:
				b.WriteByte(' ')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			a := atom.Lookup(name)
			switch {
			case hidden != 0:
				if a == hidden {
					if depth--; depth == 0 {
						hidden = 0
					}
				}
			case breaking[a]:
				b.WriteByte('\n')
			}
		}
	}
}

// hasTags reports a text in which a tag of HTML is left, of only, or of any
// element where that is nil. An angle bracket alone, or one around a word that
// is no element, is text.
func hasTags(s string, only map[atom.Atom]bool) bool {
	for i := strings.IndexByte(s, '<'); i >= 0 && i+1 < len(s); {
		rest := strings.TrimLeft(s[i+1:min(len(s), i+64)], "/ \t\r\n")
		if rest != "" && (rest[0] == '!' || rest[0] == '?') && only == nil {
			return true
		}
		n := 0
		for n < len(rest) && (rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z' || n > 0 && rest[n] >= '1' && rest[n] <= '6') {
			n++
		}
		if a := atom.Lookup([]byte(strings.ToLower(rest[:n]))); n > 0 && a != 0 && (only == nil || only[a]) && strings.IndexByte(s[i:], '>') > 0 {
			return true
		}
		next := strings.IndexByte(s[i+1:], '<')
		if next < 0 {
			return false
		}
		i += 1 + next
	}
	return false
}

// tidyLines folds white space: one space between words, one break between
// lines, none at the ends. What cannot be seen is dropped.
func tidyLines(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space, line := false, false
	begin := func() {
		if b.Len() > 0 && line {
			b.WriteByte('\n')
		} else if b.Len() > 0 && space {
			b.WriteByte(' ')
		}
		space, line = false, false
	}
	for i := 0; i < len(s); {
		end := i
		for end < len(s) && s[end] > ' ' && s[end] < 0x7f {
			end++
		}
		if end > i { // a word of ASCII, in one piece
			begin()
			b.WriteString(s[i:end])
			i = end
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
			line = true
		case unicode.IsSpace(r):
			space = true
		case unicode.Is(unicode.Cc, r) || r == '\ufeff' || r == '\u200b' || r == '\u00ad':
		default:
			begin()
			b.WriteRune(r)
		}
	}
	return b.String()
}

// shortenText cuts a text that is too long at the end of a word.
func shortenText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = strings.ToValidUTF8(s[:n], "")
	if i := strings.LastIndexAny(s, " \n"); i > n/2 {
		s = s[:i]
	}
	return s
}

// voidElement are the elements without an end.
var voidElement = map[atom.Atom]bool{ //nolint:gochecknoglobals // a constant table
	atom.Area: true, atom.Base: true, atom.Br: true, atom.Col: true, atom.Embed: true, atom.Hr: true, atom.Img: true,
	atom.Input: true, atom.Link: true, atom.Meta: true, atom.Source: true, atom.Track: true, atom.Wbr: true, atom.Param: true,
}
