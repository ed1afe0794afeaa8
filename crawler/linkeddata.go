package crawler

import (
	"encoding/json"
	"strings"
)

const maxLinkedData = 1 << 20

// linkedData is what the JSON-LD of a page says of its article.
type linkedData struct {
	article   bool // says that the page is one
	list      bool // says that the page lists others
	headline  string
	authors   []string
	published string
	modified  string
	publisher string
	language  string
	body      string
}

// read takes one script element. What cannot be read says nothing.
func (l *linkedData) read(text string) {
	text = strings.TrimSpace(text)
	text = strings.TrimSuffix(strings.TrimPrefix(text, "<!--"), "-->")
	text = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(text), "//"), "<![CDATA[")
	text = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(text), "]]>"), "//")
	if text == "" || len(text) > maxLinkedData || scanJSON([]byte(text)) != nil {
		return
	}
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		// Line breaks inside strings are the usual fault.
		text = strings.Map(func(r rune) rune {
			if r < ' ' {
				return ' '
			}
			return r
		}, text)
		if json.Unmarshal([]byte(text), &v) != nil {
			return
		}
	}
	l.walk(v, 0)
}

func (l *linkedData) walk(v any, depth int) {
	if depth > 8 {
		return
	}
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			l.walk(e, depth+1)
		}
	case map[string]any:
		l.object(v)
		for _, key := range []string{"@graph", "mainEntity", "mainEntityOfPage", "hasPart"} {
			if inner, ok := v[key]; ok {
				l.walk(inner, depth+1)
			}
		}
	}
}

func (l *linkedData) object(v map[string]any) {
	switch ldType(v["@type"]) {
	case "list":
		l.list = true
		return
	case "page":
		if !l.article {
			l.published, l.modified = firstNonEmpty(l.published, ldText(v["datePublished"])), firstNonEmpty(l.modified, ldText(v["dateModified"]))
		}
		return
	case "article":
	default:
		return
	}
	if l.article {
		return // the first one is the page's own
	}
	l.article = true
	l.headline = ldText(v["headline"])
	if l.headline == "" {
		l.headline = ldText(v["name"])
	}
	l.published, l.modified = firstNonEmpty(ldText(v["datePublished"]), l.published), firstNonEmpty(ldText(v["dateModified"]), l.modified)
	if l.published == "" {
		l.published = ldText(v["dateCreated"])
	}
	l.authors = ldNames(v["author"], 0)
	if len(l.authors) == 0 {
		l.authors = ldNames(v["creator"], 0)
	}
	if names := ldNames(v["publisher"], 0); len(names) > 0 {
		l.publisher = names[0]
	}
	l.language, l.body = ldText(v["inLanguage"]), ldText(v["articleBody"])
}

// ldType sorts the types of schema.org.
func ldType(v any) string {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if t := ldType(e); t != "" {
				return t
			}
		}
	case string:
		name := v[strings.LastIndexByte(v, '/')+1:]
		switch {
		case strings.HasSuffix(name, "Article"), strings.HasSuffix(name, "Posting"), name == "Report", name == "Review", name == "CreativeWork", name == "Recipe":
			return "article"
		case name == "WebPage":
			return "page"
		case name == "CollectionPage", name == "SearchResultsPage", name == "ItemList":
			return "list"
		}
	}
	return ""
}

// ldText is a string, or the first of several.
func ldText(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case []any:
		if len(v) > 0 {
			return ldText(v[0])
		}
	case map[string]any:
		return ldText(v["name"])
	}
	return ""
}

// ldNames are the names of people and organisations.
func ldNames(v any, depth int) []string {
	if depth > 3 {
		return nil
	}
	switch v := v.(type) {
	case string:
		if name := plainLine(v); name != "" && !strings.Contains(name, "://") {
			return []string{name}
		}
	case []any:
		var names []string
		for _, e := range v[:min(len(v), 10)] {
			names = append(names, ldNames(e, depth+1)...)
		}
		return names
	case map[string]any:
		return ldNames(v["name"], depth+1)
	}
	return nil
}
