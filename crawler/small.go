package crawler

import (
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// smallPage is the size of a text below which the library has too little to
// go by: it takes every paragraph it sees, also twice and without breaks.
const smallPage = 1000

// around are the elements that stand around a text.
var around = map[atom.Atom]bool{ //nolint:gochecknoglobals // a constant table
	atom.Nav: true, atom.Header: true, atom.Footer: true, atom.Aside: true, atom.Form: true, atom.Button: true, atom.Head: true,
	atom.Iframe: true, atom.Select: true, atom.Textarea: true,
}

// smallText is the text of a page that has little, one line per block and
// without its title; empty where a page has more.
func smallText(doc *html.Node, title string) string {
	var b strings.Builder
	root := doc
	for _, a := range []atom.Atom{atom.Article, atom.Main} {
		if n := onlyOne(doc, a); n != nil {
			root = n
			break
		}
	}
	writeSmall(&b, root)
	text := tidyLines(b.String())
	if len(text) >= smallPage {
		return ""
	}
	lines := strings.Split(text, "\n")
	keep := lines[:0]
	for _, line := range lines {
		if title == "" || folded(line) != folded(title) {
			keep = append(keep, line)
		}
	}
	return strings.Join(keep, "\n")
}

// onlyOne is the one element of a kind; nil where there are none or several.
func onlyOne(doc *html.Node, a atom.Atom) (found *html.Node) {
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && n.DataAtom == a {
			if found != nil {
				return nil
			}
			found = n
		}
	}
	return found
}

func writeSmall(b *strings.Builder, n *html.Node) {
	if b.Len() > 64*smallPage { // white space included
		return
	}
	if n.Type == html.ElementNode && (around[n.DataAtom] || silent[n.DataAtom]) {
		return
	}
	if n.Type == html.TextNode || n.FirstChild == nil {
		writeText(b, n)
		return
	}
	block := breaking[n.DataAtom]
	if block {
		b.WriteByte('\n')
	}
	if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
		b.WriteByte(' ')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		writeSmall(b, c)
	}
	if block {
		b.WriteByte('\n')
	}
}

// repeats reports a text that says the same as a page's own small text more
// than once, or no more than it with other breaks.
func repeats(text, small string) bool {
	if small == "" {
		return false
	}
	all, own, longest := squeezed(text), squeezed(small), ""
	for line := range strings.Lines(small) {
		if s := squeezed(line); len(s) > len(longest) {
			longest = s
		}
	}
	return all == "" || longest != "" && strings.Count(all, longest) > max(1, strings.Count(own, longest)) || all == own
}

// squeezed is a text without its white space.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)
}
