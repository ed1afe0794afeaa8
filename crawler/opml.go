package crawler

import (
	"bytes"
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
	Line   int    // of the file, at which its tag ends
	Same   int    // line of the one before it with the same address; 0: it is the first
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

	line int
}

// UnmarshalXML implements [xml.Unmarshaler]: it remembers the line.
func (o *opmlOutline) UnmarshalXML(dec *xml.Decoder, start xml.StartElement) error {
	line, _ := dec.InputPos()
	type plain opmlOutline
	err := dec.DecodeElement((*plain)(o), &start)
	o.line = line
	return err
}

// ParseOPML reads the feeds of a list of subscriptions in their order, with
// those that stand there twice and those whose address is none.
func ParseOPML(data []byte) ([]Outline, error) {
	if len(data) > maxOPML {
		return nil, fmt.Errorf("crawler: opml: %w", errTooLarge)
	}
	text := toUTF8(data, "")
	lines := bytes.Count(text, []byte("\n"))
	text = withoutControls(withoutProlog(text))
	above := lines - bytes.Count(text, []byte("\n"))
	if _, err := scanXML(text); err != nil {
		return nil, fmt.Errorf("crawler: opml: %w", err)
	}
	var doc struct {
		XMLName xml.Name
		Body    []opmlOutline `xml:"body>outline"`
	}
	dec := xml.NewDecoder(bytes.NewReader(text))
	dec.Strict = false
	dec.Entity = xml.HTMLEntity
	if err := dec.Decode(&doc); err != nil {
		if at, ok := errors.AsType[*xml.SyntaxError](err); ok {
			at.Line += above
		}
		return nil, fmt.Errorf("crawler: opml: %w", err)
	}
	if !strings.EqualFold(doc.XMLName.Local, "opml") {
		return nil, fmt.Errorf("crawler: opml: the file begins with <%s>, not with <opml>", doc.XMLName.Local)
	}
	list := outlinesOf(doc.Body, above)
	if len(list) == 0 {
		return nil, errors.New("crawler: opml: there is no feed in it")
	}
	return list, nil
}

// outlinesOf lists the feeds of a tree of outlines.
func outlinesOf(body []opmlOutline, above int) []Outline {
	var list []Outline
	seen := map[string]int{}
	var walk func(outlines []opmlOutline, folder string)
	walk = func(outlines []opmlOutline, folder string) {
		for i := range outlines {
			o := &outlines[i]
			name, address := plainLine(firstNonEmpty(o.Title, o.Text)), strings.TrimSpace(o.XMLURL)
			if (address != "" || strings.EqualFold(o.Type, "rss")) && len(list) < maxOutlines {
				x := Outline{Title: name, URL: address, Page: o.HTMLURL, Folder: folder, Line: o.line + above}
				if key := Canonical(address); key != "" {
					if x.Same = seen[key]; x.Same == 0 {
						seen[key] = x.Line
					}
				}
				list = append(list, x)
			}
			inner := name
			if folder != "" {
				inner = folder + " / " + name
			}
			walk(o.Outlines, inner)
		}
	}
	walk(body, "")
	return list
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
