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

// A Feed is one page of entries for feed readers.
type Feed struct {
	ID      string // of the feed, the same for ever: see [FeedID]
	Title   string
	Home    string      // the page where people see the same
	Self    string      // its own address
	Next    string      // address of the page after it; "" on the last
	Updated time.Time   // where it has no entries
	Entries []FeedEntry // newest first
}

// A FeedEntry is one item of a feed.
type FeedEntry struct {
	ID         string // the same for ever
	Title      string // empty: a reader that needs one is given the beginning of the text
	Text       string
	URL        string
	Author     string
	Lang       string
	At         time.Time // when it is of
	Published  time.Time // as its source says; zero when not known
	Updated    time.Time // when it was last another one
	Categories []string
}

// FeedID names the feed of a query.
func FeedID(query string) string { return "urn:earshot:feed:" + url.QueryEscape(query) }

// IncidentFeedID names the feed of a rule's incidents, or of all.
func IncidentFeedID(rule string) string { return "urn:earshot:incidents:" + url.QueryEscape(rule) }

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

// MentionEntry is a mention in a feed. Page says where one without an address
// of its own is shown; it may be nil.
func MentionEntry(r *mention.Row, page func(id string) string) FeedEntry {
	e := FeedEntry{
		ID: "urn:earshot:mention:" + url.PathEscape(r.ID), Title: r.Title, Text: r.Text, URL: address(r, page), Author: r.Author, Lang: r.Lang,
		At: r.Time(), Published: r.Published, Updated: r.Time(), Categories: categories(r),
	}
	if r.Revision > 1 && r.Collected.After(e.Updated) {
		e.Updated = r.Collected
	}
	return e
}

// IncidentEntry is an incident in a feed, read at page. Its entry stays the
// same while it goes on; what is told of it changes.
func IncidentEntry(in *mention.Incident, page string) FeedEntry {
	e := FeedEntry{
		ID: "urn:earshot:incident:" + url.PathEscape(in.ID), URL: page, At: in.Opened, Published: in.Opened, Updated: in.Updated,
		Title:      fmt.Sprintf("[%s] %s: %s", in.Severity, in.State, in.Rule),
		Text:       in.Reason,
		Categories: []string{"rule:" + in.Rule, "severity:" + in.Severity, "state:" + in.State},
	}
	if in.Group != "" {
		e.Title += " · " + in.Group
		e.Categories = append(e.Categories, "group:"+in.Group)
	}
	e.Text += fmt.Sprintf("\n%d mentions so far.", in.Count)
	if in.Late {
		e.Text += "\nLate find: this was collected or re-read after the fact."
	}
	if !in.Resolved.IsZero() {
		e.Text += "\nResolved " + in.Resolved.UTC().Format("2006-01-02 15:04 UTC") + "."
	} else if in.Resolves != "" {
		e.Text += "\nIt ends when " + in.Resolves + "."
	}
	if len(in.Terms) > 0 {
		e.Text += "\nSaid more often than before: " + strings.Join(in.Terms, ", ")
	}
	return e
}

// newest is when anything on the page was last changed.
func (f *Feed) newest() time.Time {
	t := f.Updated
	for i := range f.Entries {
		if u := f.Entries[i].Updated; i == 0 || u.After(t) {
			t = u
		}
	}
	return t.UTC()
}

// headline is the title of an entry, or the beginning of its text.
func (e *FeedEntry) headline() string {
	if e.Title != "" {
		return e.Title
	}
	text := strings.Join(strings.Fields(e.Text), " ")
	if runes := []rune(text); len(runes) > 120 {
		return string(runes[:119]) + "…"
	}
	return text
}

// address is where a mention is read.
func address(r *mention.Row, page func(id string) string) string {
	if u, err := url.Parse(r.URL); err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		return r.URL
	}
	if page != nil {
		return page(r.ID)
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
	for i := range f.Entries {
		e := &f.Entries[i]
		item := rssItem{Title: e.headline(), Link: e.URL, GUID: rssGUID{ID: e.ID}, Author: e.Author, Categories: e.Categories, Text: escapeHTML(e.Text)}
		if !e.At.IsZero() {
			item.Published = e.At.UTC().Format(time.RFC1123Z)
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
	for i := range f.Entries {
		e := &f.Entries[i]
		a := atomEntry{ID: e.ID, Title: e.headline(), Updated: e.Updated.UTC().Format(time.RFC3339), Content: atomContent{"text", e.Text}}
		if !e.Published.IsZero() {
			a.Published = e.Published.UTC().Format(time.RFC3339)
		}
		if e.Author != "" {
			a.Author = &atomAuthor{e.Author}
		}
		if e.URL != "" {
			a.Links = []atomLink{{Rel: "alternate", Href: e.URL}}
		}
		for _, c := range e.Categories {
			a.Categories = append(a.Categories, atomCategory{c})
		}
		out.Entries = append(out.Entries, a)
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
	for i := range f.Entries {
		e := &f.Entries[i]
		item := jsonItem{
			ID: e.ID, URL: e.URL, Title: e.Title, Text: e.Text, Published: e.At.UTC(), Modified: e.Updated.UTC(), Tags: e.Categories, Language: e.Lang,
		}
		if item.Text == "" {
			item.Text = e.Title
		}
		if e.Author != "" {
			item.Authors = []jsonAuthor{{e.Author}}
		}
		out.Items = append(out.Items, item)
	}
	return out
}
