package crawler

import (
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"earshot/mention"
)

const (
	maxComments     = 500 // of one page
	maxCommentDepth = 40
)

// A comment is what a reader wrote below an article.
type comment struct {
	anchor string // the element's id, which is its address on the page
	parent string // anchor of what it answers; "" for the article
	author string
	text   string
	at     time.Time
}

// pageComments are the comments of a page that are marked up as such: by the
// microdata of schema.org, or as WordPress and its like write them. A comment
// without an anchor has no identity, and is left out.
func pageComments(doc *html.Node) []comment {
	var list []comment
	var walk func(n *html.Node, parent string, depth int)
	walk = func(n *html.Node, parent string, depth int) {
		if n.Type == html.ElementNode && isComment(n) && depth < maxCommentDepth && len(list) < maxComments {
			if anchor := commentAnchor(n); anchor != "" {
				c := comment{anchor: anchor, parent: parent}
				c.read(n)
				if c.text != "" {
					list = append(list, c)
					parent = anchor
				}
			}
			depth++
		}
		for ch := n.FirstChild; ch != nil; ch = ch.NextSibling {
			walk(ch, parent, depth)
		}
	}
	walk(doc, "", 0)
	return list
}

// isComment reports an element that is one comment, with all its answers.
func isComment(n *html.Node) bool {
	if strings.HasSuffix(strings.TrimRight(attr(n, "itemtype"), "/"), "schema.org/Comment") || attr(n, "itemprop") == "comment" {
		return true
	}
	return (n.DataAtom == atom.Li || n.DataAtom == atom.Article || n.DataAtom == atom.Div) && hasClass(n, "comment") && commentAnchor(n) != ""
}

func hasClass(n *html.Node, class string) bool {
	return strings.Contains(" "+attr(n, "class")+" ", " "+class+" ")
}

// commentAnchor is the id of a comment, on itself or just below.
func commentAnchor(n *html.Node) string {
	for el := n; el != nil; el = firstElement(el) {
		if id := attr(el, "id"); isCommentAnchor(strings.Replace(id, "div-comment-", "comment-", 1)) {
			return strings.Replace(id, "div-comment-", "comment-", 1)
		}
		if el != n && isComment(el) {
			break
		}
	}
	return ""
}

func firstElement(n *html.Node) *html.Node {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.ElementNode {
			return c
		}
	}
	return nil
}

// isCommentAnchor reports fragments that name a comment: comment-12, c12.
func isCommentAnchor(s string) bool {
	for _, prefix := range []string{"comment-", "comment_", "comment", "c-", "c"} {
		if rest, ok := strings.CutPrefix(s, prefix); ok && rest != "" && len(rest) <= 40 && strings.Trim(rest, "0123456789abcdef-") == "" && strings.ContainsAny(rest, "0123456789") {
			return true
		}
	}
	return false
}

// read takes what belongs to one comment, and leaves its answers out.
func (c *comment) read(n *html.Node) {
	for ch := n.FirstChild; ch != nil; ch = ch.NextSibling {
		if ch.Type != html.ElementNode || isComment(ch) || hasClass(ch, "children") || attr(ch, "itemprop") == "comment" {
			continue
		}
		prop := attr(ch, "itemprop")
		switch {
		case c.text == "" && (prop == "text" || prop == "commentText" || hasClass(ch, "comment-content") || hasClass(ch, "comment-body-text") || hasClass(ch, "comment-text")):
			c.text = shortenText(tidyLines(nodeText(ch)), maxText)
			continue
		case c.author == "" && (prop == "name" || prop == "author" && firstElement(ch) == nil || hasClass(ch, "fn") || hasClass(ch, "comment-author-name")):
			c.author = shortenText(nodeLine(ch), maxTitle)
		case c.at.IsZero() && (ch.DataAtom == atom.Time || prop == "dateCreated" || prop == "datePublished"):
			if t, ok := parseDate(firstNonEmpty(attr(ch, "datetime"), attr(ch, "content"), nodeLine(ch))); ok {
				c.at = t
			}
		}
		c.read(ch)
	}
}

// commentMentions makes mentions of the comments below an article. The thread
// is the article.
func commentMentions(article *mention.Mention, list []comment, at *url.URL, now time.Time) []mention.Mention {
	var out []mention.Mention
	ids := map[string]string{"": article.ID}
	seen := map[string]bool{}
	for i := range list {
		c := &list[i]
		u := *at
		u.Fragment = c.anchor
		m := mention.Mention{
			Source: article.Source, Origin: article.Origin, Kind: mention.KindComment, URL: u.String(), GUID: c.anchor, Text: c.text, Author: c.author,
			Lang: article.Lang, Country: article.Country, Channel: article.Channel, Published: clamp(c.at, now), Canonical: article.Canonical,
			Thread: article.ID,
		}
		Identify(&m)
		if seen[m.ID] {
			continue
		}
		seen[m.ID], ids[c.anchor] = true, m.ID
		m.Parent = firstNonEmpty(ids[c.parent], article.ID)
		out = append(out, m)
	}
	return out
}
