package crawler

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// An Outline is one feed of an OPML file.
type Outline struct {
	Title  string
	URL    string // of the feed
	Page   string // of the site it belongs to
	Folder string // names of the folders it lies in, joined by " / "
}

const (
	maxOPML     = 10 << 20
	maxOutlines = 20000
)

type opmlOutline struct {
	Title    string        `xml:"title,attr,omitempty"`
	Text     string        `xml:"text,attr"`
	Type     string        `xml:"type,attr,omitempty"`
	XMLURL   string        `xml:"xmlUrl,attr,omitempty"`
	HTMLURL  string        `xml:"htmlUrl,attr,omitempty"`
	Outlines []opmlOutline `xml:"outline"`
}

// ParseOPML reads the feeds of a list of subscriptions, each once.
func ParseOPML(data []byte) ([]Outline, error) {
	if len(data) > maxOPML {
		return nil, fmt.Errorf("crawler: opml: %w", errTooLarge)
	}
	text := withoutControls(withoutProlog(toUTF8(data, "")))
	if _, err := scanXML(text); err != nil {
		return nil, fmt.Errorf("crawler: opml: %w", err)
	}
	var doc struct {
		XMLName xml.Name
		Body    []opmlOutline `xml:"body>outline"`
	}
	dec := xml.NewDecoder(strings.NewReader(string(text)))
	dec.Strict = false
	dec.Entity = xml.HTMLEntity
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("crawler: opml: %w", err)
	}
	if !strings.EqualFold(doc.XMLName.Local, "opml") {
		return nil, fmt.Errorf("crawler: opml: the file begins with <%s>, not with <opml>", doc.XMLName.Local)
	}
	var list []Outline
	seen := map[string]bool{}
	var walk func(outlines []opmlOutline, folder string)
	walk = func(outlines []opmlOutline, folder string) {
		for i := range outlines {
			o := &outlines[i]
			name := plainLine(firstNonEmpty(o.Title, o.Text))
			if key := Canonical(o.XMLURL); key != "" && !seen[key] && len(list) < maxOutlines {
				seen[key] = true
				list = append(list, Outline{Title: name, URL: strings.TrimSpace(o.XMLURL), Page: o.HTMLURL, Folder: folder})
			}
			inner := name
			if folder != "" {
				inner = folder + " / " + name
			}
			walk(o.Outlines, inner)
		}
	}
	walk(doc.Body, "")
	if len(list) == 0 {
		return nil, errors.New("crawler: opml: there is no feed in it")
	}
	return list, nil
}

// WriteOPML writes feeds as a list of subscriptions that other readers take.
func WriteOPML(w io.Writer, title string, made time.Time, list []Outline) error {
	type head struct {
		Title string `xml:"title"`
		Made  string `xml:"dateCreated"`
	}
	doc := struct {
		XMLName xml.Name      `xml:"opml"`
		Version string        `xml:"version,attr"`
		Head    head          `xml:"head"`
		Body    []opmlOutline `xml:"body>outline"`
	}{Version: "2.0", Head: head{title, made.UTC().Format(time.RFC1123Z)}}
	for _, o := range list {
		doc.Body = append(doc.Body, opmlOutline{Text: o.Title, Title: o.Title, Type: "rss", XMLURL: o.URL, HTMLURL: o.Page})
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(w)
	enc.Indent("", "  ")
	if err := enc.Encode(&doc); err != nil {
		return fmt.Errorf("crawler: opml: %w", err)
	}
	_, err := io.WriteString(w, "\n")
	return err
}
