package crawler

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"
)

// translate makes our words of the parser's; of is what the file says in the
// words of its own format.
func translate(raw *gofeed.Feed, of any) *Feed {
	f := &Feed{
		Title:    plainLine(raw.Title),
		Link:     strings.TrimSpace(raw.Link),
		Language: strings.TrimSpace(raw.Language),
		Type:     strings.TrimSpace(raw.FeedType + " " + raw.FeedVersion[strings.LastIndexByte(raw.FeedVersion, '/')+1:]),
	}
	base, err := url.Parse(f.Link)
	if err != nil || !base.IsAbs() {
		base = nil
	}
	var original *rss.Feed
	switch o := of.(type) {
	case *rss.Feed:
		original = o
		if strings.HasPrefix(o.Version, "0.90") || o.Version == "1.0" {
			f.Type = "rdf " + o.Version
		}
		f.TTL = feedTTL(o)
	case *atom.Feed:
		if f.Link == "" {
			f.Link = linkOf(o.Links)
		}
	}
	f.Items = make([]Item, 0, len(raw.Items))
	for i, item := range raw.Items {
		it := translateItem(item, base)
		if original != nil && i < len(original.Items) {
			rssItem(&it, original.Items[i], base)
		} else if o, ok := of.(*atom.Feed); ok && i < len(o.Entries) {
			atomEntry(&it, o.Entries[i])
		}
		if it.Author == "" && raw.Author != nil {
			it.Author = person(raw.Author)
		}
		f.Items = append(f.Items, it)
	}
	return f
}

// feedTTL is how long an RSS feed says it stays good.
func feedTTL(o *rss.Feed) time.Duration {
	minutes, err := strconv.ParseFloat(strings.TrimSpace(o.TTL), 64)
	if err != nil || !(minutes > 0) {
		return 0
	}
	return time.Duration(min(minutes, 7*24*60) * float64(time.Minute))
}

func linkOf(links []*atom.Link) string {
	for _, l := range links {
		if l.Rel == "" || l.Rel == "alternate" {
			return l.Href
		}
	}
	return ""
}

func translateItem(raw *gofeed.Item, base *url.URL) Item {
	it := Item{GUID: strings.TrimSpace(raw.GUID), Title: plainLine(raw.Title)}
	it.URL = strings.TrimSpace(raw.Link)
	if it.URL == "" && len(raw.Links) > 0 {
		it.URL = strings.TrimSpace(raw.Links[0])
	}
	if full := absolute(it.URL, base); full != "" {
		if base == nil || !strings.Contains(it.URL, "://") {
			it.URL = full
		}
	}
	if it.URL == "" && (strings.HasPrefix(it.GUID, "http://") || strings.HasPrefix(it.GUID, "https://")) {
		it.URL = it.GUID
	}
	for _, a := range raw.Authors {
		if name := person(a); name != "" && !strings.Contains(it.Author, name) {
			it.Author = strings.TrimPrefix(it.Author+", "+name, ", ")
		}
	}
	if raw.DublinCoreExt != nil {
		for _, name := range raw.DublinCoreExt.Creator {
			if name = plainLine(name); name != "" && len(it.Author) < maxTitle && !strings.Contains(it.Author, name) {
				it.Author = strings.TrimPrefix(it.Author+", "+name, ", ")
			}
		}
	}
	it.Published = dateOf(raw.Published, raw.PublishedParsed)
	it.Updated = dateOf(raw.Updated, raw.UpdatedParsed)
	it.Text = itemText(raw.Content, raw.Description)
	if summary := raw.Custom["summary"]; summary != "" {
		it.Text = itemText(it.Text, summary)
	}
	for _, c := range raw.Categories {
		it.category(c)
	}
	media(&it, raw.Extensions)
	return it
}

func (it *Item) category(c string) {
	if c = plainLine(c); c != "" && len(it.Categories) < 100 && !slices.Contains(it.Categories, c) {
		it.Categories = append(it.Categories, c)
	}
}

// media fills what only the media and podcast extensions say.
func media(it *Item, all ext.Extensions) {
	var walk func(map[string][]ext.Extension, int)
	walk = func(level map[string][]ext.Extension, depth int) {
		for _, e := range level["category"] {
			it.category(firstNonEmpty(e.Attrs["label"], e.Attrs["text"], e.Value))
			if depth < 4 {
				walk(e.Children, depth+1)
			}
		}
		for _, e := range level["title"] {
			if it.Title == "" {
				it.Title = plainLine(e.Value)
			}
		}
		for _, e := range level["description"] {
			if it.Text == "" {
				it.Text = plainText(e.Value)
			}
		}
		for _, name := range []string{"group", "content"} {
			for _, e := range level[name] {
				if depth < 4 {
					walk(e.Children, depth+1)
				}
			}
		}
	}
	walk(all["media"], 0)
	walk(map[string][]ext.Extension{"category": all["itunes"]["category"]}, 0)
}

// dateOf prefers our reading of the words over the parser's, which takes
// unknown zones for Greenwich.
func dateOf(text string, parsed *time.Time) time.Time {
	if t, ok := parseDate(plainLine(text)); ok {
		return t
	}
	if parsed != nil {
		if t, ok := valid(*parsed); ok {
			return t
		}
	}
	return time.Time{}
}

// itemText is the content, and the description too where it says something
// else.
func itemText(content, description string) string {
	text, short := plainText(content), plainText(description)
	begin := strings.TrimRight(short, ".… ")
	if text == "" {
		return short
	}
	if short == "" || strings.Contains(text, begin) {
		return text
	}
	most, least := squeeze(text), squeeze(begin)
	switch {
	case strings.Contains(most, least):
		return text
	case len(short) >= len(most) && strings.Contains(squeeze(short), most):
		return short
	}
	return shortenText(short+"\n"+text, maxText)
}

// squeeze drops all white space.
func squeeze(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	begin := -1
	for i, r := range s {
		switch space := unicode.IsSpace(r); {
		case !space && begin < 0:
			begin = i
		case space && begin >= 0:
			b.WriteString(s[begin:i])
			begin = -1
		}
	}
	if begin >= 0 {
		b.WriteString(s[begin:])
	}
	return b.String()
}

func person(p *gofeed.Person) string {
	if p == nil {
		return ""
	}
	if name := plainLine(p.Name); name != "" {
		return name
	}
	return plainLine(p.Email)
}

// rssItem adds what the universal item leaves out of an RSS one.
func rssItem(it *Item, o *rss.Item, base *url.URL) {
	it.Comments = absolute(o.Comments, base)
	if o.GUID != nil && it.URL == "" && o.GUID.IsPermalink == "true" {
		it.URL = absolute(o.GUID.Value, base)
	}
	if it.Published.IsZero() {
		for _, name := range []string{"published", "issued", "created", "date", "pubdate", "modified", "updated"} {
			if t := extensionDate(o, name); !t.IsZero() {
				it.Published = t
				break
			}
		}
	}
	if it.Updated.IsZero() {
		for _, name := range []string{"updated", "modified"} {
			if t := extensionDate(o, name); !t.IsZero() {
				it.Updated = t
				break
			}
		}
	}
}

func extensionDate(o *rss.Item, name string) time.Time {
	if text, ok := o.Custom[name]; ok {
		if t, ok := parseDate(plainLine(text)); ok {
			return t
		}
	}
	for _, prefix := range []string{"dcterms", "dc", "atom", "a10", "prism"} {
		for _, e := range o.Extensions[prefix][name] {
			if t, ok := parseDate(plainLine(e.Value)); ok {
				return t
			}
		}
	}
	return time.Time{}
}

// atomEntry adds what the universal item leaves out of an Atom one: the
// dates of Atom 0.3.
func atomEntry(it *Item, o *atom.Entry) {
	get := func(name string) time.Time {
		for _, prefix := range []string{"", "atom", "dcterms", "dc"} {
			for _, e := range o.Extensions[prefix][name] {
				if t, ok := parseDate(plainLine(e.Value)); ok {
					return t
				}
			}
		}
		return time.Time{}
	}
	if it.Published.IsZero() {
		for _, name := range []string{"issued", "created", "published"} {
			if t := get(name); !t.IsZero() {
				it.Published = t
				break
			}
		}
	}
	if it.Updated.IsZero() {
		it.Updated = get("modified")
	}
}
