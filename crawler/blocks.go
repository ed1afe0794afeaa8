package crawler

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	maxBlocks    = 20000
	maxBlockText = 16 << 10
)

// A block is a paragraph, heading, item or row of a page as a reader sees it.
type block struct {
	Text  string `json:"t"`
	Where string `json:"w,omitempty"` // the heading above it
	Frame bool   `json:"f,omitempty"` // of the site's menu, not of the page
	key   string // what of it counts; see blockKey
}

// pageBlocks takes a page apart, or the parts of it that a CSS selector
// matches.
func pageBlocks(doc *html.Node, selector string) ([]block, error) {
	roots := []*html.Node{doc}
	if selector != "" {
		sel, err := cascadia.ParseGroup(selector)
		if err != nil {
			return nil, &FetchError{Class: ClassSelector, Err: fmt.Errorf("crawler: selector %q: %w", selector, err)}
		}
		if roots = cascadia.QueryAll(doc, sel); len(roots) == 0 {
			return nil, &FetchError{Class: ClassSelector, Err: fmt.Errorf("crawler: selector %q matches nothing", selector)}
		}
	}
	w := &blockWriter{}
	for _, root := range roots {
		w.walk(root)
		w.flush()
	}
	return w.blocks, nil
}

type blockWriter struct {
	blocks []block
	text   strings.Builder
	where  string
	frame  int  // how many menus we are in
	margin int  // how many headers and footers
	link   int  // how many links
	plain  bool // the block has text outside links
}

func (w *blockWriter) walk(n *html.Node) {
	switch n.Type {
	case html.TextNode:
		if left := maxBlockText - w.text.Len(); left > 0 {
			w.text.WriteString(n.Data[:min(len(n.Data), left)])
		}
		w.plain = w.plain || w.link == 0 && strings.TrimSpace(n.Data) != ""
		return
	case html.ElementNode:
		if silent[n.DataAtom] || isBanner(n) {
			return
		}
	case html.CommentNode, html.DoctypeNode:
		return
	}
	isHeading := n.DataAtom == atom.H1 || n.DataAtom == atom.H2 || n.DataAtom == atom.H3 || n.DataAtom == atom.H4 || n.DataAtom == atom.Title
	breaks := isHeading || breaking[n.DataAtom]
	if breaks {
		w.flush()
	}
	if count := w.counter(n); count != nil {
		*count++
		defer func() { *count-- }()
	}
	if n.DataAtom == atom.Td || n.DataAtom == atom.Th || n.DataAtom == atom.Button || n.DataAtom == atom.Option || n.DataAtom == atom.A && w.frame > 0 {
		w.text.WriteByte(' ')
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		w.walk(c)
	}
	if isHeading {
		if text := tidyBlock(w.text.String()); text != "" {
			w.where = shorten(text, 120)
		}
	}
	if breaks {
		w.flush()
	}
}

func (w *blockWriter) flush() {
	text := strings.ToValidUTF8(tidyBlock(w.text.String()), "")
	w.text.Reset()
	defer func() { w.plain = false }()
	if text == "" || len(w.blocks) >= maxBlocks {
		return
	}
	b := block{Text: text, Where: w.where, Frame: w.frame > 0 || w.margin > 0 && !w.plain}
	if b.Where == text {
		b.Where = ""
	}
	if b.key = blockKey(text); b.key != "" {
		w.blocks = append(w.blocks, b)
	}
}

func tidyBlock(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' || r == '\u00ad' || r == '\u2060'
	}), " ")
}

// counter is what an element counts for while we are in it. Menus are on
// every page of a site, and so are links in its header and footer.
func (w *blockWriter) counter(n *html.Node) *int {
	if n.Type != html.ElementNode {
		return nil
	}
	role := attr(n, "role")
	switch {
	case n.DataAtom == atom.A:
		return &w.link
	case n.DataAtom == atom.Nav || role == "navigation" || role == "menu" || role == "menubar":
		return &w.frame
	case n.DataAtom == atom.Footer || n.DataAtom == atom.Header || role == "contentinfo" || role == "banner":
		return &w.margin
	}
	return nil
}

// bannerName finds what a consent banner is called; acceptWord what stands on
// its button.
var (
	bannerName = regexp.MustCompile(`(?i)\b(cookie|consent|gdpr|onetrust|didomi|usercentrics|cc-window|cmp)`)
	acceptWord = regexp.MustCompile(`(?i)\b(accept|agree|allow|got it|ok|akzeptieren|zustimmen|accepter|aceptar|accetta|accepteren|aceitar|reject|decline)\b`)
)

// isBanner reports the banner that asks for consent: it is on every page, and
// says nothing of this one.
func isBanner(n *html.Node) bool {
	if n.DataAtom != atom.Div && n.DataAtom != atom.Section && n.DataAtom != atom.Aside && n.DataAtom != atom.Dialog && n.DataAtom != atom.Form {
		return false
	}
	name := attr(n, "id") + " " + attr(n, "class")
	if name == " " || len(name) > 500 || !bannerName.MatchString(name) {
		return false
	}
	buttons, size := false, 0
	eachNode(n, func(c *html.Node) bool {
		if c.Type == html.TextNode {
			size += len(c.Data)
		}
		if c.DataAtom == atom.Button || c.DataAtom == atom.A || c.DataAtom == atom.Input {
			buttons = buttons || acceptWord.MatchString(nodeLine(c)+" "+attr(c, "value"))
		}
		return size < 4000
	})
	return buttons && size < 4000
}

// noise are the stretches of a text that change without anyone changing it,
// with what they are read as.
var noise = []struct {
	find *regexp.Regexp
	as   string
}{
	// Addresses hidden from robots come and go with the host's settings.
	{regexp.MustCompile(`(?i)\[\s*email[\s\x{a0}]*protected\s*\]|\bemail protected\b|[\w.+-]+@[\w-]+(?:\.[\w-]+)+|\S*cdn-cgi/l/email-protection\S*`), " "},
	{regexp.MustCompile(`(?i)\b(?:\d+|an?|one|few)\s+(?:second|minute|hour|day|week|month|year|sec|min|hr)s?\s+ago\b|\bvor\s+\w+\s+(?:sekunden?|minuten?|stunden?|tag(?:en)?|wochen?|monat(?:en)?|jahr(?:en)?)\b|\bil y a\s+\d+\s+\w+|\bjust now\b`), " "},
	{regexp.MustCompile(`(?i)\b[\d.,]+\s*[kmb]?\+?\s+(?:views?|likes?|shares?|followers?|online|visitors?|downloads?|stars?|aufrufe)\b`), " "},
	{regexp.MustCompile(`(?i)\b(?:page )?(?:generated|rendered|served|loaded) (?:in|at|on|by)\b.*$`), " "},
	{regexp.MustCompile(`(?i)(?:©|\(c\)|copyright)\s*(?:©\s*)?(?:(?:19|20)\d\d\s*[-–—]\s*)?(?:19|20)\d\d`), " "},
	{regexp.MustCompile(`\b[0-9a-fA-F]{16,}\b|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b`), " "},
	{regexp.MustCompile(`\b[0-2]?\d:[0-5]\d:[0-5]\d\b`), " "},
}

// keyWord is a word, an amount, or a sign that says what an amount is of.
var keyWord = regexp.MustCompile(`[\pL\pN_]+(?:[.,][0-9]+)*|[$€£¥₹%]`)

// blockKey is what of a block's text counts: its words in lower case, amounts
// and their signs. Two blocks of one key say the same to a reader.
func blockKey(text string) string {
	for _, n := range noise {
		text = n.find.ReplaceAllString(text, n.as)
	}
	return strings.Join(keyWord.FindAllString(strings.ToLower(text), -1), " ")
}
