package demo

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"html"
	"strconv"
	"strings"
	"time"
)

// A feed is what one answer of a feed's source shows.
type feed struct {
	o     *outlet
	self  string
	now   time.Time
	items []Item
}

// render writes the feed in its source's format.
func (f *feed) render() (contentType string, body []byte, err error) {
	switch f.o.format {
	case formatAtom:
		return f.atom()
	case formatJSON:
		return f.json()
	default:
		return f.rss()
	}
}

// guid is the item's GUID as the feed shows it now. A churning feed makes up a
// new one each minute; the address stays.
func (f *feed) guid(it *Item) string {
	if !f.o.churn {
		return it.GUID
	}
	return f.o.id + "-" + strconv.FormatInt(f.now.Unix()/60, 36) + "-" + it.Canonical[strings.LastIndexByte(it.Canonical, '-')+1:]
}

// paragraphs is the text as a content system makes HTML of it.
func paragraphs(text string) string {
	var b strings.Builder
	for p := range strings.SplitSeq(text, "\n\n") {
		b.WriteString("<p>")
		b.WriteString(html.EscapeString(p))
		b.WriteString("</p>\n")
	}
	return b.String()
}

type rssGUID struct {
	PermaLink bool   `xml:"isPermaLink,attr"`
	Value     string `xml:",chardata"`
}

type rssItem struct {
	Title       string  `xml:"title,omitempty"`
	Link        string  `xml:"link"`
	GUID        rssGUID `xml:"guid"`
	Creator     string  `xml:"dc:creator,omitempty"`
	PubDate     string  `xml:"pubDate"`
	Category    string  `xml:"category,omitempty"`
	Description string  `xml:"description"`
	Content     string  `xml:"content:encoded,omitempty"`
}

type rssFeed struct {
	XMLName xml.Name `xml:"rss"`
	Version string   `xml:"version,attr"`
	DC      string   `xml:"xmlns:dc,attr"`
	Content string   `xml:"xmlns:content,attr"`
	Channel struct {
		Title       string    `xml:"title"`
		Link        string    `xml:"link"`
		Description string    `xml:"description"`
		Language    string    `xml:"language,omitempty"`
		Built       string    `xml:"lastBuildDate"`
		Items       []rssItem `xml:"item"`
	} `xml:"channel"`
}

func (f *feed) rss() (contentType string, body []byte, err error) {
	doc := rssFeed{Version: "2.0", DC: "http://purl.org/dc/elements/1.1/", Content: "http://purl.org/rss/1.0/modules/content/"}
	doc.Channel.Title, doc.Channel.Link = f.o.title, "https://"+f.o.site+"/"
	doc.Channel.Description = f.o.title + ", newest first"
	if f.o.foreign == 0 {
		doc.Channel.Language = "en"
	}
	doc.Channel.Built = f.now.UTC().Format(time.RFC1123Z)
	for i := range f.items {
		it := &f.items[i]
		out := rssItem{Title: it.Title, Link: it.URL, GUID: rssGUID{Value: f.guid(it)}, Creator: it.Author, PubDate: it.Published.Format(time.RFC1123Z), Category: it.Product}
		if f.o.genre == genreNews || f.o.genre == genreBlog {
			teaser, _, _ := strings.Cut(it.Text, "\n\n")
			out.Description, out.Content = html.EscapeString(teaser), paragraphs(it.Text)
		} else {
			out.Description = paragraphs(it.Text)
		}
		doc.Channel.Items = append(doc.Channel.Items, out)
	}
	body, err = marshalXML(doc)
	return "application/rss+xml; charset=utf-8", body, err
}

type atomText struct {
	Type  string `xml:"type,attr"`
	Value string `xml:",chardata"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Lang      string   `xml:"xml:lang,attr,omitempty"`
	ID        string   `xml:"id"`
	Title     string   `xml:"title"`
	Link      atomLink `xml:"link"`
	Published string   `xml:"published"`
	Updated   string   `xml:"updated"`
	Author    string   `xml:"author>name"`
	Content   atomText `xml:"content"`
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Links   []atomLink  `xml:"link"`
	Updated string      `xml:"updated"`
	Entries []atomEntry `xml:"entry"`
}

func (f *feed) atom() (contentType string, body []byte, err error) {
	doc := atomFeed{ID: "urn:" + f.o.id, Title: f.o.title, Updated: f.now.UTC().Format(time.RFC3339)}
	doc.Links = []atomLink{{"alternate", "https://" + f.o.site + "/"}, {"self", f.self}}
	for i := range f.items {
		it := &f.items[i]
		doc.Entries = append(doc.Entries, atomEntry{
			Lang: it.Lang, ID: f.guid(it), Title: it.Title, Link: atomLink{"alternate", it.URL}, Author: it.Author,
			Published: it.Published.Format(time.RFC3339), Updated: it.changed(f.now).Format(time.RFC3339),
			Content: atomText{"html", paragraphs(it.Text)},
		})
	}
	body, err = marshalXML(doc)
	return "application/atom+xml; charset=utf-8", body, err
}

func marshalXML(doc any) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(xml.Header)
	err := xml.NewEncoder(&b).Encode(doc)
	return b.Bytes(), err
}

type jsonAuthor struct {
	Name string `json:"name"`
}

type jsonItem struct {
	ID        string       `json:"id"`
	URL       string       `json:"url"`
	Title     string       `json:"title,omitempty"`
	Text      string       `json:"content_text,omitempty"`
	HTML      string       `json:"content_html,omitempty"`
	Published string       `json:"date_published"`
	Modified  string       `json:"date_modified,omitempty"`
	Authors   []jsonAuthor `json:"authors"`
	Language  string       `json:"language,omitempty"`
}

func (f *feed) json() (contentType string, body []byte, err error) {
	doc := struct {
		Version string     `json:"version"`
		Title   string     `json:"title"`
		Home    string     `json:"home_page_url"`
		Self    string     `json:"feed_url"`
		Items   []jsonItem `json:"items"`
	}{"https://jsonfeed.org/version/1.1", f.o.title, "https://" + f.o.site + "/", f.self, []jsonItem{}}
	for i := range f.items {
		it := &f.items[i]
		out := jsonItem{ID: f.guid(it), URL: it.URL, Title: it.Title, Published: it.Published.Format(time.RFC3339), Authors: []jsonAuthor{{it.Author}}, Language: it.Lang}
		if f.o.genre == genrePost {
			out.Text = it.Text
		} else {
			out.HTML = paragraphs(it.Text)
		}
		doc.Items = append(doc.Items, out)
	}
	body, err = json.Marshal(doc)
	return "application/feed+json; charset=utf-8", body, err
}
