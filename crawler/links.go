package crawler

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const maxLinks = 2000 // taken from one page

// eachNode visits a tree in reading order; where fn gives false, what is
// below is left out.
func eachNode(n *html.Node, fn func(*html.Node) bool) {
	if !fn(n) {
		return
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		eachNode(c, fn)
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// pageLinks are the web addresses a page leads to, each once.
func pageLinks(doc *html.Node, at *url.URL) []string {
	base := at
	var links []string
	seen := map[string]bool{}
	eachNode(doc, func(n *html.Node) bool {
		if n.Type != html.ElementNode {
			return true
		}
		switch n.DataAtom {
		case atom.Base:
			if u, err := at.Parse(attr(n, "href")); err == nil && u.Host == at.Host {
				base = u
			}
		case atom.A, atom.Area:
			if strings.Contains(attr(n, "rel"), "nofollow") {
				return true
			}
			link := absolute(attr(n, "href"), base)
			if link, _, _ = strings.Cut(link, "#"); link != "" && !seen[link] && len(links) < maxLinks && len(link) < 2000 {
				seen[link] = true
				links = append(links, link)
			}
		}
		return true
	})
	return links
}

// relCanonical is the address a page gives as its own; empty unless it is one
// of the same host.
func relCanonical(doc *html.Node, at *url.URL) string {
	found := ""
	eachNode(doc, func(n *html.Node) bool {
		if found == "" && n.DataAtom == atom.Link && strings.EqualFold(attr(n, "rel"), "canonical") {
			found = absolute(attr(n, "href"), at)
		}
		return found == ""
	})
	u, err := url.Parse(found)
	if err != nil || u.Port() != at.Port() || siteOf(u.Hostname()) != siteOf(at.Hostname()) {
		return ""
	}
	if strings.Trim(u.Path, "/") == "" && strings.Trim(at.Path, "/") != "" {
		return "" // a template that calls every page the front page
	}
	return found
}
