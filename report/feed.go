package report

import (
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"earshot/mention"
)

// The formats of a feed.
const (
	RSS      = "rss"
	Atom     = "atom"
	JSONFeed = "json"
)

// FeedTypes are the media types of the formats.
var FeedTypes = map[string]string{
	RSS: "application/rss+xml; charset=utf-8", Atom: "application/atom+xml; charset=utf-8", JSONFeed: "application/feed+json",
}

// A Feed is one page of a query's mentions for feed readers.
type Feed struct {
	ID      string // of the feed, the same for ever: see [FeedID]
	Title   string
	Home    string                 // the page where people see the same
	Self    string                 // its own address
	Next    string                 // address of the page after it; "" on the last
	Updated time.Time              // where it has no entries
	Page    func(id string) string // where a mention without an address of its own is shown; may be nil
	Rows    []mention.Row
}

// FeedID names the feed of a query.
func FeedID(query string) string { return "urn:earshot:feed:" + url.QueryEscape(query) }

// Write writes the feed in one of the formats.
func (f *Feed) Write(w io.Writer, format string) error {
	var err error
	switch format {
	case RSS:
		err = writeXML(w, f.rss())
	case Atom:
		err = writeXML(w, f.atom())
	case JSONFeed:
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		err = enc.Encode(f.json())
	default:
		return fmt.Errorf("report: feed format %q is none of %s, %s, %s", format, RSS, Atom, JSONFeed)
	}
	if err != nil {
		return fmt.Errorf("report: feed: %w", err)
	}
	return nil
}

func writeXML(w io.Writer, v any) error {
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	if err := xml.NewEncoder(w).Encode(v); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// EntryID is what feed readers know a mention by: it never changes.
func EntryID(id string) string { return "urn:earshot:mention:" + url.PathEscape(id) }

// updated is when the text of a row was last another one.
func updated(r *mention.Row) time.Time {
	t := r.Time()
	if r.Revision > 1 && r.Collected.After(t) {
		return r.Collected
	}
	return t
}

// newest is when anything on the page was last changed.
func (f *Feed) newest() time.Time {
	t := f.Updated
	for i := range f.Rows {
		if u := updated(&f.Rows[i]); i == 0 || u.After(t) {
			t = u
		}
	}
	return t.UTC()
}

// headline is the title of a mention, or the beginning of its text.
func headline(r *mention.Row) string {
	if r.Title != "" {
		return r.Title
	}
	text := strings.Join(strings.Fields(r.Text), " ")
	if runes := []rune(text); len(runes) > 120 {
		return string(runes[:119]) + "…"
	}
	return text
}

// address is where a mention is read.
func (f *Feed) address(r *mention.Row) string {
	if u, err := url.Parse(r.URL); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return r.URL
	}
	if f.Page != nil {
		return f.Page(r.ID)
	}
	return ""
}

// categories are what a mention is about, as words for a reader's filters.
func categories(r *mention.Row) []string {
	var list []string
	add := func(prefix string, values ...string) {
		for _, v := range values {
			if v != "" {
				list = append(list, prefix+v)
			}
		}
	}
	add("brand:", r.Brands...)
	add("label:", r.Labels...)
	add("tag:", r.Tags...)
	add("sentiment:", r.Sentiment)
	return list
}

type rssFeed struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	AtomNS  string     `xml:"xmlns:atom,attr"`
	DC      string     `xml:"xmlns:dc,attr"`
	Title   string     `xml:"channel>title"`
	Link    string     `xml:"channel>link"`
	About   string     `xml:"channel>description"`
	Built   string     `xml:"channel>lastBuildDate,omitempty"`
	Links   []atomLink `xml:"channel>atom:link"`
	Items   []rssItem  `xml:"channel>item"`
}

type rssItem struct {
	Title      string   `xml:"title"`
	Link       string   `xml:"link,omitempty"`
	GUID       rssGUID  `xml:"guid"`
	Published  string   `xml:"pubDate,omitempty"`
	Author     string   `xml:"dc:creator,omitempty"`
	Categories []string `xml:"category"`
	Text       string   `xml:"description"`
}

type rssGUID struct {
	Permanent bool   `xml:"isPermaLink,attr"`
	ID        string `xml:",chardata"`
}

func (f *Feed) rss() rssFeed {
	out := rssFeed{
		Version: "2.0", AtomNS: "http://www.w3.org/2005/Atom", DC: "http://purl.org/dc/elements/1.1/",
		Title: f.Title, Link: f.Home, About: f.Title, Links: f.links(""),
	}
	if t := f.newest(); !t.IsZero() {
		out.Built = t.Format(time.RFC1123Z)
	}
	for i := range f.Rows {
		r := &f.Rows[i]
		item := rssItem{Title: headline(r), Link: f.address(r), GUID: rssGUID{ID: EntryID(r.ID)}, Author: r.Author, Categories: categories(r), Text: escapeHTML(r.Text)}
		if !r.Time().IsZero() {
			item.Published = r.Time().UTC().Format(time.RFC1123Z)
		}
		out.Items = append(out.Items, item)
	}
	return out
}

// escapeHTML makes plain text HTML, which is what RSS readers take a
// description for.
func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "\n", "<br>\n").Replace(s)
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Author  string      `xml:"author>name"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID         string         `xml:"id"`
	Title      string         `xml:"title"`
	Updated    string         `xml:"updated"`
	Published  string         `xml:"published,omitempty"`
	Author     *atomAuthor    `xml:"author,omitempty"`
	Links      []atomLink     `xml:"link"`
	Categories []atomCategory `xml:"category"`
	Content    atomContent    `xml:"content"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

// links are a feed's own address, the next page and, with a media type, the
// page for people.
func (f *Feed) links(html string) []atomLink {
	list := []atomLink{{Rel: "self", Href: f.Self}}
	if html != "" && f.Home != "" {
		list = append(list, atomLink{Rel: "alternate", Type: html, Href: f.Home})
	}
	if f.Next != "" {
		list = append(list, atomLink{Rel: "next", Href: f.Next})
	}
	return list
}

func (f *Feed) atom() atomFeed {
	out := atomFeed{ID: f.ID, Title: f.Title, Updated: f.newest().Format(time.RFC3339), Author: "earshot", Links: f.links("text/html")}
	for i := range f.Rows {
		r := &f.Rows[i]
		e := atomEntry{ID: EntryID(r.ID), Title: headline(r), Updated: updated(r).UTC().Format(time.RFC3339), Content: atomContent{"text", r.Text}}
		if !r.Published.IsZero() {
			e.Published = r.Published.UTC().Format(time.RFC3339)
		}
		if r.Author != "" {
			e.Author = &atomAuthor{r.Author}
		}
		if link := f.address(r); link != "" {
			e.Links = []atomLink{{Rel: "alternate", Href: link}}
		}
		for _, c := range categories(r) {
			e.Categories = append(e.Categories, atomCategory{c})
		}
		out.Entries = append(out.Entries, e)
	}
	return out
}

type jsonFeed struct {
	Version string     `json:"version"`
	Title   string     `json:"title"`
	Home    string     `json:"home_page_url,omitempty"`
	Self    string     `json:"feed_url,omitempty"`
	Next    string     `json:"next_url,omitempty"`
	Items   []jsonItem `json:"items"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url,omitempty"`
	Title     string       `json:"title,omitempty"`
	Text      string       `json:"content_text"`
	Published time.Time    `json:"date_published,omitzero"`
	Modified  time.Time    `json:"date_modified,omitzero"`
	Authors   []jsonAuthor `json:"authors,omitempty"`
	Tags      []string     `json:"tags,omitempty"`
	Language  string       `json:"language,omitempty"`
}

type jsonAuthor struct {
	Name string `json:"name"`
}

func (f *Feed) json() jsonFeed {
	out := jsonFeed{Version: "https://jsonfeed.org/version/1.1", Title: f.Title, Home: f.Home, Self: f.Self, Next: f.Next, Items: []jsonItem{}}
	for i := range f.Rows {
		r := &f.Rows[i]
		item := jsonItem{
			ID: EntryID(r.ID), URL: f.address(r), Title: r.Title, Text: r.Text, Published: r.Time().UTC(), Modified: updated(r).UTC(),
			Tags: categories(r), Language: r.Lang,
		}
		if item.Text == "" {
			item.Text = r.Title
		}
		if r.Author != "" {
			item.Authors = []jsonAuthor{{r.Author}}
		}
		out.Items = append(out.Items, item)
	}
	return out
}
