package api

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"time"

	"earshot/mention"
)

// feedRows is how many mentions a feed holds.
const feedRows = 100

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title   string      `xml:"title"`
	ID      string      `xml:"id"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title   string     `xml:"title"`
	ID      string     `xml:"id"`
	Updated string     `xml:"updated"`
	Author  string     `xml:"author>name"`
	Links   []atomLink `xml:"link"`
	Summary string     `xml:"summary"` // plain text
}

// atom is a search as a feed.
func (a *api) atom(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query().Get("q")
	page, err := ask(r.Context(), a, "mention", func(ctx context.Context) (mention.Page, error) {
		return a.backend.Search(ctx, mention.Search{Query: q, Limit: feedRows, Order: mention.NewestFirst})
	})
	if err != nil {
		writeProblem(w, r, a.problem(r.Context(), err, "mention"))
		return
	}
	self := a.absolute("/mentions.atom") + "?" + url.Values{"q": {q}}.Encode()
	feed := atomFeed{
		Title: "earshot: " + q, ID: self, Updated: time.Unix(0, 0).UTC().Format(time.RFC3339),
		Links: []atomLink{{"self", self}, {"alternate", a.absolute("/mentions") + "?" + url.Values{"q": {q}}.Encode()}},
	}
	for i := range page.Rows {
		row := &page.Rows[i]
		e := atomEntry{
			Title: row.Title, ID: "urn:earshot:" + url.PathEscape(row.ID), Updated: row.Time().UTC().Format(time.RFC3339),
			Author: row.Author, Summary: excerpt(row.Text), Links: []atomLink{{"related", a.absolute("/mentions/" + url.PathEscape(row.ID))}},
		}
		if e.Title == "" {
			e.Title = excerpt(row.Text)
		}
		if e.Author == "" {
			e.Author = row.Site
		}
		if raw := safeURL(row.URL); raw != "" {
			e.Links = append(e.Links, atomLink{"alternate", raw})
		}
		if i == 0 {
			feed.Updated = e.Updated
		}
		feed.Entries = append(feed.Entries, e)
	}
	w.Header().Set("Content-Type", "application/atom+xml; charset=utf-8")
	_, _ = w.Write([]byte(xml.Header))
	_ = xml.NewEncoder(w).Encode(feed) // the client is gone: nobody to tell
}
