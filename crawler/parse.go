package crawler

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
)

// A Feed is a feed file as it was read: nothing filled in, no date moved.
type Feed struct {
	Title    string        `json:"title,omitempty"`
	Link     string        `json:"link,omitempty"`
	Language string        `json:"language,omitempty"`
	Type     string        `json:"type"` // begins rss, rdf, atom or json
	Items    []Item        `json:"-"`
	TTL      time.Duration `json:"-"` // how long the feed says it stays good; 0 when it does not
	Salvaged string        `json:"-"` // what had to be repaired, in words; empty for a sound file
}

// An Item is one entry of a [Feed]. Title and Text are plain text.
type Item struct {
	GUID       string    `json:"guid,omitempty"`
	URL        string    `json:"url,omitempty"`
	Title      string    `json:"title,omitempty"`
	Author     string    `json:"author,omitempty"`
	Published  time.Time `json:"published,omitzero"`
	Updated    time.Time `json:"updated,omitzero"`
	Text       string    `json:"text,omitempty"`
	Categories []string  `json:"categories,omitempty"`
	Comments   string    `json:"-"` // address of the discussion
	Language   string    `json:"-"`
}

// ParseFeed reads RSS, RDF, Atom or JSON Feed in any encoding, broken or cut
// off as it may be. The content type is what the server said, empty for a
// file.
// The error is a [*FetchError] with a class and advice.
func ParseFeed(data []byte, contentType string) (*Feed, error) {
	feed, err := parseFeed(data, contentType)
	if err != nil {
		class := classOf(err)
		if class == ClassNetwork {
			class = ClassMalformed
		}
		return nil, &FetchError{Class: class, Err: err}
	}
	return feed, nil
}

func parseFeed(data []byte, contentType string) (*Feed, error) {
	data, err := unpack(data, maxFeedBytes)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, errEmpty
	}
	text := withoutControls(withoutProlog(toUTF8(data, contentType)))
	if len(text) > 0 && text[0] == '{' {
		if err := scanJSON(text); err != nil {
			return nil, err
		}
		return readFeed(text)
	}
	if feed, ok := readQuick(text); ok {
		return feed, nil
	}
	return parseXML(text)
}

// parseXML reads a feed of any shape, with the parser.
func parseXML(text []byte) (*Feed, error) {
	text = fromRoot(expandEntities(text))
	asides, err := scanXML(text)
	if err != nil {
		return nil, err
	}
	feed, err := readFeed(text)
	if err == nil && len(asides) == len(feed.Items) {
		for i := range asides {
			asides[i].add(&feed.Items[i])
		}
	}
	if err == nil || errors.Is(err, errNotFeed) || errors.Is(err, errTooMany) {
		return feed, err
	}
	return salvage(text, err)
}

// unpack opens a gzip file, and refuses what is too large.
func unpack(data []byte, most int) ([]byte, error) {
	if len(data) > most {
		return nil, fmt.Errorf("crawler: %d MiB: %w", len(data)>>20, errTooLarge)
	}
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b, 8}) {
		return data, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("crawler: gzip: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(z, int64(most)+1))
	if len(out) > most {
		return nil, fmt.Errorf("crawler: unpacked more than %d MiB: %w", most>>20, errTooLarge)
	}
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("crawler: gzip: %w", err)
	}
	return out, nil
}

// fromRoot drops what stands before the root element when there is a lot of
// it: the parser looks at the first 4 KiB alone to tell the kind.
func fromRoot(text []byte) []byte {
	head := text[:min(len(text), 64<<10)]
	first := -1
	for _, root := range []string{"<rss", "<feed", "<rdf:RDF", "<RDF", "<atom:feed", "<channel"} {
		if i := bytes.Index(head, []byte(root)); i >= 0 && (first < 0 || i < first) {
			first = i
		}
	}
	if first > 2048 {
		return text[first:]
	}
	return text
}

// readFeed runs the parser. A panic of it is an error like any other.
func readFeed(text []byte) (feed *Feed, err error) {
	defer func() {
		if p := recover(); p != nil {
			feed, err = nil, fmt.Errorf("crawler: parser: %v", p)
		}
	}()
	parser := gofeed.NewParser()
	parser.RSSTranslator = &gofeed.DefaultRSSTranslator{DisableContentImageScan: true}
	parser.KeepOriginalFeed = true
	raw, err := parser.Parse(bytes.NewReader(text))
	if errors.Is(err, gofeed.ErrFeedTypeNotDetected) {
		return nil, errNotFeed
	}
	if err != nil {
		return nil, fmt.Errorf("crawler: parser: %w", err)
	}
	if len(raw.Items) > maxItems {
		return nil, errTooMany
	}
	if raw.FeedType == "json" && raw.FeedVersion == "" && len(raw.Items) == 0 && raw.Title == "" {
		return nil, errNotFeed
	}
	return translate(raw, raw.OriginalFeed()), nil
}

// salvage reads what can be read of a broken feed: up to its last whole item,
// or item by item.
func salvage(text []byte, cause error) (*Feed, error) {
	closing := closers(text)
	if end := lastItemEnd(text); end > 0 {
		if feed, err := readFeed(append(bytes.Clone(text[:end]), closing...)); err == nil && len(feed.Items) > 0 {
			feed.Salvaged = "the file breaks off; read up to its last whole item"
			return feed, nil
		}
	}
	spans := itemSpans(text)
	if len(spans) == 0 {
		if feed, err := readFeed(append(bytes.Clone(text), closing...)); err == nil && feed.Title != "" {
			feed.Salvaged = "the file breaks off before its first item"
			return feed, nil
		}
		return nil, cause
	}
	head := text[:spans[0][0]]
	if len(head) > 64<<10 {
		return nil, cause
	}
	var whole *Feed
	bad := 0
	for _, s := range spans {
		one := append(append(bytes.Clone(head), text[s[0]:s[1]]...), closing...)
		if _, err := scanXML(one); err != nil {
			bad++
			continue
		}
		feed, err := readFeed(one)
		switch {
		case err != nil || len(feed.Items) == 0:
			bad++
		case whole == nil:
			whole = feed
		default:
			whole.Items = append(whole.Items, feed.Items...)
		}
	}
	if whole == nil {
		return nil, cause
	}
	whole.Salvaged = fmt.Sprintf("the file is broken; %d of %d items could be read", len(spans)-bad, len(spans))
	return whole, nil
}

// closers are the end tags of what is open around the items.
func closers(text []byte) []byte {
	head := text[:min(len(text), 64<<10)]
	switch {
	case bytes.Contains(head, []byte("<rdf:RDF")):
		return []byte("</rdf:RDF>")
	case bytes.Contains(head, []byte("<RDF")):
		return []byte("</RDF>")
	case bytes.Contains(head, []byte("<rss")):
		return []byte("</channel></rss>")
	}
	return []byte("</feed>")
}

func lastItemEnd(text []byte) int {
	end := -1
	for _, tag := range []string{"</item>", "</entry>"} {
		if i := bytes.LastIndex(text, []byte(tag)); i >= 0 {
			end = max(end, i+len(tag))
		}
	}
	return end
}

// itemSpans finds the items of a feed by their tags alone. An item without an
// end reaches to the beginning of the next.
func itemSpans(text []byte) [][2]int {
	open, end := "<item", "</item>"
	if bytes.Contains(text, []byte("<entry")) && !bytes.Contains(text, []byte("<item")) {
		open, end = "<entry", "</entry>"
	}
	var spans [][2]int
	for at := 0; len(spans) < maxItems; {
		i := bytes.Index(text[at:], []byte(open))
		if i < 0 {
			break
		}
		start := at + i
		at = start + len(open)
		if at >= len(text) || !strings.ContainsRune(" \t\r\n>", rune(text[at])) {
			continue
		}
		if i = bytes.Index(text[at:], []byte(end)); i < 0 {
			break
		}
		at += i + len(end)
		spans = append(spans, [2]int{start, at})
	}
	return spans
}

// absolute resolves a reference; what is no web address after that is empty.
func absolute(ref string, base *url.URL) string {
	ref = strings.TrimSpace(ref)
	if ref == "" {
		return ""
	}
	u, err := url.Parse(ref)
	if err != nil {
		return ""
	}
	if !u.IsAbs() && base != nil {
		u = base.ResolveReference(u)
	}
	if u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return ""
	}
	return u.String()
}
