package crawler

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/markusmobius/go-trafilatura"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/net/html/charset"
)

// An Article is what a reader sees of a page of text, without what stands
// around it on every page of its site.
type Article struct {
	URL       string    `json:"url,omitempty"`
	Title     string    `json:"title,omitempty"`
	Author    string    `json:"author,omitempty"`
	Site      string    `json:"site,omitempty"`
	Published time.Time `json:"published,omitzero"`
	Updated   time.Time `json:"-"`
	Language  string    `json:"language,omitempty"` // ISO 639-1, as the page declares it
	Text      string    `json:"text,omitempty"`
	Canonical string    `json:"-"` // rel=canonical, as the page says it
	Article   bool      `json:"-"` // the page says that it is one
}

const (
	maxNodes   = 150000 // of a page; the largest real ones have a third
	maxTokens  = 400000
	maxTagSize = 64 << 10
)

// Extract reads the article of an HTML page. The address is where the page
// was, empty for a file. The error is a [*FetchError] with a class and advice.
func Extract(data []byte, address string) (*Article, error) {
	a, err := extract(data, address)
	if err != nil {
		return nil, pageError(err, address)
	}
	return a, nil
}

// pageError gives what went wrong with a page its class.
func pageError(err error, address string) error {
	class := classOf(err)
	switch class {
	case ClassNetwork:
		class = ClassMalformed
	case ClassNotFeed:
		class = ClassNotPage
	}
	return &FetchError{URL: address, Class: class, Err: err}
}

func extract(data []byte, address string) (*Article, error) {
	doc, err := parsePage(data, "")
	if err != nil {
		return nil, err
	}
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		u = nil
	}
	return readArticle(doc, u)
}

// parsePage gives the tree of a page, after a look at its size.
func parsePage(data []byte, contentType string) (*html.Node, error) {
	data, err := unpack(data, maxPageBytes)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errEmpty
	}
	if bytes.IndexByte(data[:min(len(data), 1024)], 0) >= 0 && !bytes.HasPrefix(data, []byte("\xff\xfe")) && !bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("crawler: binary data: %w", errNotFeed)
	}
	text := pageUTF8(data, contentType)
	if err := scanHTML(text); err != nil {
		return nil, err
	}
	doc, err := html.Parse(bytes.NewReader(text))
	if err != nil {
		if strings.Contains(err.Error(), "open stack") {
			return nil, fmt.Errorf("crawler: %w: %w", errTooDeep, err)
		}
		return nil, fmt.Errorf("crawler: html: %w", err)
	}
	return doc, nil
}

// metaCharset finds a declaration that stands further down than it may.
var metaCharset = regexp.MustCompile(`(?i)<meta[^>]{0,200}\bcharset\s*=\s*["']?([\w-]+)`)

// pageUTF8 decodes a page: by its marks, as UTF-8 where it is that, by what
// it or the server declares.
func pageUTF8(data []byte, contentType string) []byte {
	if _, ok := byMark(data); !ok {
		_, name, certain := charset.DetermineEncoding(data, contentType)
		if m := metaCharset.FindSubmatch(data[:min(len(data), 16<<10)]); !certain && m != nil {
			name, certain = strings.ToLower(string(m[1])), true
		}
		if _, known := charset.Lookup(name); name != "" && known != "" && certain && name != "utf-8" {
			if out, ok := decodeAs(data, name); ok && !sameAsUTF8(data) {
				return out
			}
		}
	}
	return toUTF8(data, contentType)
}

// scanHTML walks over the tags of a page before a tree is made of it.
func scanHTML(text []byte) error {
	tokens, depth := 0, 0
	z := html.NewTokenizer(bytes.NewReader(text))
	z.SetMaxBuf(len(text) + 1)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return nil
		case html.StartTagToken:
			if len(z.Raw()) > maxTagSize {
				return fmt.Errorf("crawler: a tag of %d KiB: %w", len(z.Raw())>>10, errTooLarge)
			}
			if name, _ := z.TagName(); !voidElement[atom.Lookup(name)] {
				depth++
			}
			tokens++
		case html.EndTagToken:
			depth = max(depth-1, 0)
		case html.TextToken, html.SelfClosingTagToken, html.CommentToken:
			tokens++
		}
		if tokens > maxNodes {
			return fmt.Errorf("crawler: more than %d elements: %w", maxNodes, errTooLarge)
		}
	}
}

// readArticle takes the article out of a page's tree.
func readArticle(doc *html.Node, u *url.URL) (a *Article, err error) {
	defer func() {
		if p := recover(); p != nil {
			a, err = nil, fmt.Errorf("crawler: extraction: %v", p)
		}
	}()
	f := readFacts(doc, u)
	a = &Article{
		Title: f.headline(), Author: f.author(), Site: f.siteName(), Published: f.published(u), Updated: f.updated(), Language: f.language(),
		Canonical: f.canonical, Article: f.ld.article,
	}
	if u != nil {
		a.URL = u.String()
		if a.Site == "" {
			a.Site = siteOf(u.Hostname())
		}
	}
	mode := trafilatura.Extensive
	if !a.Published.IsZero() {
		mode = trafilatura.Disabled
	}
	small := smallText(doc, a.Title) // before the library takes things out
	result, err := trafilatura.ExtractDocument(doc, trafilatura.Options{
		OriginalURL: u, EnableFallback: true, ExcludeComments: true, HtmlDateMode: mode,
	})
	if err == nil {
		a.fill(result.Metadata)
		a.Text = nodeText(result.ContentNode)
		if repeats(a.Text, small) {
			a.Text = small
		}
		a.Text = withoutFurniture(a.Text, a.Title)
	}
	if a.Text == "" && a.Title == "" {
		return nil, errors.New("crawler: no text on the page")
	}
	return a, nil
}

// fill takes from the library what the page did not say plainly.
func (a *Article) fill(m trafilatura.Metadata) {
	a.Title = firstNonEmpty(a.Title, plainLine(m.Title))
	a.Author = firstNonEmpty(a.Author, cleanNames([]string{plainLine(m.Author)}, a.Site))
	a.Site = firstNonEmpty(a.Site, plainLine(m.Sitename))
	a.Language = firstNonEmpty(a.Language, languageCode(m.Language))
	if t, ok := valid(m.Date); ok && a.Published.IsZero() {
		a.Published = t
	}
}

// nodeText is the text of a tree, one line per block.
func nodeText(n *html.Node) string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	writeText(&b, n)
	return shortenText(tidyLines(b.String()), maxText)
}

func writeText(b *strings.Builder, n *html.Node) {
	switch n.Type {
	case html.TextNode:
		b.WriteString(strings.Map(func(r rune) rune {
			if r == '\n' || r == '\r' {
				return ' '
			}
			return r
		}, n.Data))
		return
	case html.ElementNode:
		if silent[n.DataAtom] {
			return
		}
		if breaking[n.DataAtom] {
			b.WriteByte('\n')
			defer b.WriteByte('\n')
		}
		if n.DataAtom == atom.Td || n.DataAtom == atom.Th {
			b.WriteByte(' ')
		}
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		writeText(b, c)
	}
}
