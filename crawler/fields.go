package crawler

import (
	"fmt"
	"strings"

	"github.com/andybalholm/cascadia"
	"golang.org/x/net/html"

	"earshot/mention"
)

// checkFields tells the selectors of a site that cannot be read.
func checkFields(f *mention.Fields) []error {
	var errs []error
	for _, x := range []struct{ name, selector string }{
		{"title", f.Title}, {"text", f.Text}, {"author", f.Author}, {"published", f.Published}, {"remove", f.Remove},
	} {
		if x.selector == "" {
			continue
		}
		if _, err := cascadia.ParseGroup(x.selector); err != nil {
			errs = append(errs, fmt.Errorf("fields: %s: selector %q: %w", x.name, x.selector, err))
		}
	}
	return errs
}

// removeFields takes out of a page what a site's selectors say is no part of
// its articles.
func removeFields(doc *html.Node, f *mention.Fields) {
	for _, n := range selected(doc, f.Remove) {
		if n.Parent != nil {
			n.Parent.RemoveChild(n)
		}
	}
}

// applyFields lets a site's own selectors win over what was found. One that
// matches nothing leaves what was found.
func applyFields(doc *html.Node, f *mention.Fields, a *Article) {
	if list := selected(doc, f.Title); len(list) > 0 {
		a.Title = firstNonEmpty(shortenText(nodeLine(list[0]), maxTitle), a.Title)
	}
	if list := selected(doc, f.Text); len(list) > 0 {
		var parts []string
		for _, n := range list {
			if text := tidyLines(nodeText(n)); text != "" {
				parts = append(parts, text)
			}
		}
		a.Text = firstNonEmpty(shortenText(strings.Join(parts, "\n"), maxText), a.Text)
	}
	if list := selected(doc, f.Author); len(list) > 0 {
		a.Author = firstNonEmpty(shortenText(nodeLine(list[0]), maxTitle), a.Author)
	}
	for _, n := range selected(doc, f.Published) {
		if t, ok := parseDate(firstNonEmpty(attr(n, "datetime"), attr(n, "content"), nodeLine(n))); ok {
			a.Published = t
			break
		}
	}
}

func selected(doc *html.Node, selector string) []*html.Node {
	if selector == "" {
		return nil
	}
	sel, err := cascadia.ParseGroup(selector)
	if err != nil {
		return nil // told when the configuration was read
	}
	return cascadia.QueryAll(doc, sel)
}
