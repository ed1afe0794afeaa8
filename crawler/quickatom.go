package crawler

import (
	"slices"
	"strings"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	"golang.org/x/net/html"
)

// atom reads what is in an Atom root.
func (q *quick) atom() *Feed {
	f := &atom.Feed{Version: q.get("version"), Language: q.get("lang")}
	if f.Version == "" {
		f.Version = map[string]string{oldAtomSpace: "0.3", atomSpace: "1.0"}[q.resolve(q.prefix)]
	}
	q.children(func(name string) {
		if !q.isAtom() {
			q.extend(&f.Extensions)
			return
		}
		switch name {
		case "title":
			f.Title = q.construct()
		case "link":
			f.Links = append(f.Links, q.atomLink())
		case "author":
			f.Authors = append(f.Authors, q.person())
		case "entry":
			f.Entries = append(f.Entries, q.entry())
		default:
			q.inner()
		}
	})
	if q.odd {
		return nil
	}
	raw, err := (&gofeed.DefaultAtomTranslator{}).Translate(f)
	if err != nil || !datesRead(raw) {
		q.fail()
		return nil
	}
	return translate(raw, f)
}

func (q *quick) isAtom() bool {
	space := q.resolve(q.prefix)
	return space == "" || space == atomSpace || space == oldAtomSpace
}

func (q *quick) entry() *atom.Entry {
	e := &atom.Entry{}
	q.children(func(name string) {
		if !q.isAtom() {
			q.extend(&e.Extensions)
			return
		}
		switch name {
		case "title":
			e.Title = q.construct()
		case "id":
			e.ID = normalAddress(q.construct())
		case "summary":
			e.Summary = q.construct()
		case "content":
			e.Content = &atom.Content{Value: q.construct()}
		case "updated", "modified":
			e.Updated = q.construct()
		case "published", "issued":
			e.Published = q.construct()
		case "link":
			e.Links = append(e.Links, q.atomLink())
		case "author":
			e.Authors = append(e.Authors, q.person())
		case "category":
			e.Categories = append(e.Categories, &atom.Category{Term: q.get("term"), Label: q.get("label")})
			q.inner()
		default:
			q.inner()
		}
	})
	return e
}

func (q *quick) atomLink() *atom.Link {
	q.addresses()
	l := &atom.Link{Href: q.get("href"), Rel: firstNonEmpty(q.get("rel"), "alternate")}
	q.inner()
	return l
}

func (q *quick) person() *atom.Person {
	p := &atom.Person{}
	q.children(func(name string) {
		switch name {
		case "name":
			p.Name = q.construct()
		case "email":
			p.Email = q.construct()
		default:
			q.inner()
		}
	})
	return p
}

// construct is the text of an Atom element, by its type.
func (q *quick) construct() string {
	kind, mode := "", ""
	for _, a := range q.attr {
		switch a.name {
		case "type":
			kind = strings.ToLower(a.value)
		case "mode":
			mode = strings.ToLower(a.value)
		}
	}
	s := strings.TrimSpace(q.inner())
	switch {
	case strings.Contains(s, "<![CDATA["):
		return elementText(s)
	case kind == "text" || strings.HasPrefix(kind, "text/") || kind == "" && mode == "":
		return unescapeText(s)
	case strings.Contains(kind, "xhtml"):
		return withoutDiv(s)
	case kind == "html":
		return unescapeText(withoutDiv(s))
	}
	q.fail() // encoded, perhaps
	return ""
}

// withoutDiv takes off the one element that XHTML in Atom is wrapped in.
func withoutDiv(s string) string {
	if strings.IndexByte(s, '<') < 0 {
		return s // no element
	}
	doc, err := html.Parse(strings.NewReader(s))
	if err != nil {
		return s
	}
	var div *html.Node
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "body" {
			continue
		}
		elements := slices.DeleteFunc(slices.Collect(n.ChildNodes()), func(c *html.Node) bool { return c.Type != html.ElementNode })
		if len(elements) != 1 || elements[0].Data != "div" {
			return s
		}
		div = elements[0]
		break
	}
	if div == nil {
		return s
	}
	var b strings.Builder
	for c := range div.ChildNodes() {
		if html.Render(&b, c) != nil {
			return s
		}
	}
	return b.String()
}
