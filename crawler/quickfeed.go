package crawler

import (
	"net/url"
	"slices"
	"strings"

	"github.com/mmcdole/gofeed"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"
)

const (
	xmlSpace     = "http://www.w3.org/XML/1998/namespace"
	rdfSpace     = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
	atomSpace    = "http://www.w3.org/2005/Atom"
	oldAtomSpace = "http://purl.org/atom/ns#"
)

// spaceKeys are the keys under which the parser files the name spaces that we
// look into. Every other is passed over.
var spaceKeys = map[string]string{ //nolint:gochecknoglobals // a constant table
	atomSpace: "atom", oldAtomSpace: "atom03",
	"http://search.yahoo.com/mrss": "media", "http://search.yahoo.com/mrss/": "media",
	"http://www.itunes.com/DTDs/PodCast-1.0.dtd": "itunes", "http://example.com/DTDs/PodCast-1.0.dtd": "itunes",
	"http://purl.org/dc/elements/1.1/": "dc", "http://purl.org/dc/terms/": "dcterms",
	"http://purl.org/rss/1.0/modules/content/":       "content",
	"http://prismstandard.org/namespaces/1.2/basic/": "prism",
}

// looseSpaces are those that the parser does not know: it files them under
// the prefix that the feed gives them.
var looseSpaces = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"http://www.itunes.com/dtds/podcast-1.0.dtd": true, "https://www.itunes.com/dtds/podcast-1.0.dtd": true,
	"http://www.itunes.com/DTDs/Podcast-1.0.dtd": true, "http://www.rssboard.org/media-rss": true,
	"http://purl.org/rss/1.0/modules/prism/": true, "http://prismstandard.org/namespaces/basic/2.0/": true, "http://prismstandard.org/namespaces/2.0/basic/": true,
}

// wantedSpaces are the keys that [translate] asks for.
var wantedSpaces = map[string]bool{ //nolint:gochecknoglobals // a constant table
	"atom": true, "atom03": true, "atom10": true, "a10": true, "media": true, "itunes": true, "dc": true, "dcterms": true, "prism": true,
}

// rssSpaces are the name spaces of RSS itself; those of RDF files with their
// version.
var rssSpaces = map[string]string{ //nolint:gochecknoglobals // a constant table
	"": "", "rss": "", "rdf": "", rdfSpace: "",
	"http://purl.org/rss/1.0/":                    "1.0",
	"http://channel.netscape.com/rdf/simple/0.9/": "0.9",
	"http://my.netscape.com/rdf/simple/0.9/":      "0.9",
}

// readQuick reads a feed of the ordinary shape; false says that the parser
// must. A panic says so too.
func readQuick(text []byte) (feed *Feed, ok bool) {
	defer func() {
		if recover() != nil {
			feed, ok = nil, false
		}
	}()
	return quickFeed(text)
}

func quickFeed(text []byte) (*Feed, bool) {
	q := &quick{s: string(text)}
	// Characters that XML has no place for, and declared entities.
	if strings.Contains(q.s, "\ufffe") || strings.Contains(q.s, "\uffff") || strings.Contains(q.s[:min(len(q.s), 64<<10)], "<!ENTITY") {
		return nil, false
	}
	if !q.root() {
		return nil, false
	}
	var feed *Feed
	switch strings.ToLower(q.name) {
	case "rss", "rdf":
		feed = q.rss()
	case "feed":
		feed = q.atom()
	}
	if feed == nil || q.odd || !q.over() {
		return nil, false
	}
	if len(q.asides) == len(feed.Items) {
		for i := range q.asides {
			q.asides[i].add(&feed.Items[i])
		}
	}
	return feed, true
}

// root finds the first element; the parser looks for it in the first 4 KiB.
func (q *quick) root() bool {
	for {
		q.space()
		if !strings.HasPrefix(q.s[q.at:], "<!--") && !strings.HasPrefix(q.s[q.at:], "<?") {
			break
		}
		if _, ok := q.markup(); !ok {
			return false
		}
	}
	begin := q.at
	return strings.HasPrefix(q.s[begin:], "<") && q.start(false) && begin <= 2048 && q.at <= 4096
}

// over reports that nothing but space and comments is left.
func (q *quick) over() bool {
	for {
		q.space()
		if q.at == len(q.s) {
			return true
		}
		if !strings.HasPrefix(q.s[q.at:], "<!--") {
			return false
		}
		if _, ok := q.markup(); !ok {
			return false
		}
	}
}

// get is an attribute of the start tag that was read last; one without a
// prefix is preferred.
func (q *quick) get(name string) string {
	with, found := "", false
	for _, a := range q.attr {
		if a.name != name {
			continue
		}
		if a.prefix == "" {
			return a.value
		}
		if !found {
			with, found = a.value, true
		}
	}
	return with
}

// addresses writes the addresses among the attributes as the parser does.
func (q *quick) addresses() {
	for i, a := range q.attr {
		switch strings.ToLower(a.name) {
		case "href", "scheme", "src", "uri":
			q.attr[i].value = normalAddress(a.value)
		}
	}
}

func normalAddress(s string) string {
	if u, err := url.Parse(strings.TrimLeft(s, " ")); err == nil {
		return u.String()
	}
	return s
}

// rss reads what is in an RSS or RDF root.
func (q *quick) rss() *Feed {
	own := q.resolve(q.prefix)
	if _, ok := rssSpaces[own]; !ok && own != "http://backend.userland.com/rss2" {
		q.fail() // a name space that the root brings along counts as RSS, unless it is a known other
		return nil
	}
	version := q.get("version")
	if strings.EqualFold(q.name, "rdf") {
		version = q.rdfVersion()
	}
	var channel *rss.Feed
	var items []*rss.Item
	q.children(func(name string) {
		switch {
		case !q.native(own):
			q.inner()
		case name == "channel":
			channel = q.channel(own)
		case name == "item":
			items = append(items, q.item(own))
		default:
			q.inner()
		}
	})
	if q.odd {
		return nil
	}
	if channel == nil {
		channel = &rss.Feed{}
	}
	channel.Items = append(channel.Items, items...)
	channel.Version = version
	raw, err := (&gofeed.DefaultRSSTranslator{DisableContentImageScan: true}).Translate(channel)
	if err != nil || !datesRead(raw) {
		q.fail()
		return nil
	}
	return translate(raw, channel)
}

func (q *quick) native(own string) bool {
	space := q.resolve(q.prefix)
	_, ok := rssSpaces[space]
	return ok || space == own
}

func (q *quick) rdfVersion() string {
	if v := rssSpaces[q.resolve("")]; v != "" {
		return v
	}
	found := ""
	for _, b := range q.spaces {
		found = max(found, rssSpaces[b.uri])
	}
	return found
}

// datesRead reports that we can read every date of the items ourselves: what
// the parser makes of the others only the parser knows.
func datesRead(raw *gofeed.Feed) bool {
	for _, it := range raw.Items {
		for _, text := range []string{it.Published, it.Updated} {
			if _, ok := parseDate(plainLine(text)); !ok && text != "" {
				return false
			}
		}
	}
	return true
}

// key is what the parser files the element under, by its name space.
func (q *quick) key() string {
	if key, ok := q.keys[q.prefix]; ok {
		return key
	}
	if q.keys == nil {
		q.keys = map[string]string{}
	}
	key := q.findKey()
	if len(q.keys) < 2*maxSpaces {
		q.keys[q.prefix] = key
	}
	return key
}

func (q *quick) findKey() string {
	space := q.resolve(q.prefix)
	if key, ok := spaceKeys[space]; ok {
		return key
	}
	if !looseSpaces[space] {
		return space
	}
	for _, b := range slices.Backward(q.spaces) {
		if b.uri == space && q.resolve(b.prefix) == space {
			return firstNonEmpty(b.prefix, space)
		}
	}
	return space
}

// extend takes an element of another name space, if we look into it.
func (q *quick) extend(all *ext.Extensions) {
	key := q.key()
	if !wantedSpaces[key] {
		q.inner()
		return
	}
	name := q.name
	q.addresses()
	e := q.extension()
	if *all == nil {
		*all = ext.Extensions{}
	}
	if (*all)[key] == nil {
		(*all)[key] = map[string][]ext.Extension{}
	}
	(*all)[key][name] = append((*all)[key][name], e)
}

func (q *quick) extension() ext.Extension {
	e := ext.Extension{Name: q.name}
	if len(q.attr) > 0 {
		e.Attrs = make(map[string]string, len(q.attr))
		for _, a := range q.attr {
			e.Attrs[a.name] = a.value
		}
	}
	var value strings.Builder
	first := ""
	q.mixed(func(text string) {
		if first == "" && value.Len() == 0 {
			first = text
			return
		}
		value.WriteString(text)
	}, func() {
		child := q.extension()
		if e.Children == nil {
			e.Children = map[string][]ext.Extension{}
		}
		e.Children[child.Name] = append(e.Children[child.Name], child)
	})
	e.Value = strings.TrimSpace(first + value.String())
	return e
}

// mixed calls text and element for what is within the element whose start tag
// was just read.
func (q *quick) mixed(text func(string), element func()) {
	depth := len(q.open)
	if q.empty {
		q.leave(depth + 1)
		return
	}
	for !q.odd {
		t, ok := q.text()
		if !ok {
			return
		}
		text(xmlValue(t))
		switch q.s[min(q.at+1, len(q.s)-1)] {
		case '/':
			if q.end() {
				q.leave(depth)
			}
			return
		case '!', '?':
			if t, ok := q.markup(); ok && t != "" {
				text(strings.ReplaceAll(strings.ReplaceAll(t, "\r\n", "\n"), "\r", "\n"))
			}
		default:
			if q.start(false) {
				element()
			}
		}
	}
}

func (q *quick) channel(own string) *rss.Feed {
	f := &rss.Feed{}
	q.children(func(name string) {
		if !q.native(own) {
			q.extend(&f.Extensions)
			return
		}
		switch name {
		case "title":
			f.Title = q.words()
		case "link":
			f.Link = q.link()
			f.Links = append(f.Links, f.Link)
		case "language":
			f.Language = q.words()
		case "managingeditor":
			f.ManagingEditor = q.words()
		case "webmaster":
			f.WebMaster = q.words()
		case "ttl":
			f.TTL = q.words()
		case "item":
			f.Items = append(f.Items, q.item(own))
		default:
			q.inner()
		}
	})
	if itunes, ok := f.Extensions["itunes"]; ok {
		f.ITunesExt = ext.NewITunesFeedExtension(itunes)
	}
	if dc, ok := f.Extensions["dc"]; ok {
		f.DublinCoreExt = ext.NewDublinCoreExtension(dc)
	}
	return f
}

// link is the address in an element, or that of its attribute.
func (q *quick) link() string {
	q.addresses()
	href := q.get("href")
	if s := q.words(); s != "" {
		return s
	}
	return href
}

func (q *quick) item(own string) *rss.Item {
	it := &rss.Item{}
	q.children(func(name string) {
		if name == "encoded" && q.key() == "content" {
			it.Content = q.words()
			return
		}
		if !q.native(own) {
			q.extend(&it.Extensions)
			return
		}
		switch name {
		case "title":
			it.Title = q.words()
		case "description":
			it.Description = q.words()
		case "link":
			it.Link = q.link()
			it.Links = append(it.Links, it.Link)
		case "author":
			it.Author = q.words()
		case "comments":
			it.Comments = q.words()
		case "pubdate":
			if it.PubDate != "" {
				q.fail() // of several, the parser keeps the last that it can read
			}
			it.PubDate = q.words()
		case "guid":
			permanent := firstNonEmpty(q.get("isPermaLink"), q.get("isPermalink"), "true")
			it.GUID = &rss.GUID{IsPermalink: permanent, Value: q.words()}
		case "category":
			it.Categories = append(it.Categories, &rss.Category{Value: q.words()})
		case "source", "enclosure":
			q.inner()
		default:
			if it.Custom == nil {
				it.Custom = map[string]string{}
			}
			key := q.name
			it.Custom[key] = q.words()
		}
	})
	if itunes, ok := it.Extensions["itunes"]; ok {
		it.ITunesExt = ext.NewITunesItemExtension(itunes)
	}
	if dc, ok := it.Extensions["dc"]; ok {
		it.DublinCoreExt = ext.NewDublinCoreExtension(dc)
	}
	return it
}

// about is the rdf:about of the start tag that was read last.
func (q *quick) about() string {
	for _, a := range q.attr {
		if a.prefix == "rdf" && a.name == "about" {
			return a.value
		}
	}
	return ""
}
