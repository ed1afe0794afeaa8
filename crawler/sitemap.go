package crawler

import (
	"bytes"
	"context"
	"encoding/xml"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"
)

const (
	maxSitemapBytes = 10 << 20
	maxSitemapURLs  = 50000
	maxSitemaps     = 20  // read in a pass
	maxUndated      = 500 // addresses without a date taken from one
)

// A mapped address stands in a sitemap.
type mapped struct {
	URL  string
	At   time.Time // of publication in a news sitemap, else of the last change; zero when not told
	News bool
}

// sitemap is one file: addresses, or more files.
type sitemap struct {
	pages []mapped
	maps  []mapped
}

// readSitemap reads a sitemap or an index of them, as it comes: cut off, or
// gzipped.
func readSitemap(data []byte) (*sitemap, error) {
	data, err := unpack(data, maxSitemapBytes)
	if err != nil {
		return nil, err
	}
	data = withoutControls(withoutProlog(toUTF8(data, "")))
	if text := bytes.TrimSpace(data); len(text) > 0 && text[0] != '<' {
		return plainSitemap(text), nil
	}
	if _, err := scanXML(data); err != nil {
		return nil, err
	}
	s := &sitemap{}
	dec := xml.NewDecoder(bytes.NewReader(data))
	dec.Strict = false
	dec.Entity = xml.HTMLEntity
	for len(s.pages)+len(s.maps) < maxSitemapURLs {
		tok, err := dec.Token()
		if err != nil {
			return s, nil //nolint:nilerr // the end, or where it was cut off
		}
		start, ok := tok.(xml.StartElement)
		if !ok || start.Name.Local != "url" && start.Name.Local != "sitemap" {
			continue
		}
		var e struct {
			Loc     string `xml:"loc"`
			LastMod string `xml:"lastmod"`
			News    *struct {
				Published string `xml:"publication_date"`
			} `xml:"news"`
		}
		if dec.DecodeElement(&e, &start) != nil {
			return s, nil //nolint:nilerr // as above
		}
		m := mapped{URL: strings.TrimSpace(e.Loc), News: e.News != nil}
		m.At, _ = parseDate(e.LastMod)
		if e.News != nil {
			if t, ok := parseDate(e.News.Published); ok {
				m.At = t
			}
		}
		if start.Name.Local == "sitemap" {
			s.maps = append(s.maps, m)
		} else {
			s.pages = append(s.pages, m)
		}
	}
	return s, nil
}

// plainSitemap is the form that has one address a line.
func plainSitemap(data []byte) *sitemap {
	s := &sitemap{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "http") && len(s.pages) < maxSitemapURLs {
			s.pages = append(s.pages, mapped{URL: line})
		}
	}
	return s
}

// newsFirst orders sitemaps: those of news, then by their last change.
func newsFirst(a, b mapped) int {
	isNews := func(m mapped) int {
		if strings.Contains(strings.ToLower(path.Base(m.URL)), "news") {
			return 0
		}
		return 1
	}
	if d := isNews(a) - isNews(b); d != 0 {
		return d
	}
	return b.At.Compare(a.At)
}

// sitemaps are those that robots.txt of an address's host names.
func (h *Hosts) sitemaps(ctx context.Context, u *url.URL) ([]string, error) {
	rules, err := h.rules(ctx, u)
	if err != nil {
		return nil, err
	}
	return rules.sitemaps, nil
}

// readMaps queues what the site's sitemaps name and was not read since: the
// newest first, before the links of any page.
func (v *visit) readMaps() error {
	var queue []mapped
	switch named := v.site.src.Sitemap; named {
	case "":
		return nil
	case "auto":
		list, err := v.o.Hosts.sitemaps(v.ctx, v.start)
		if err != nil {
			return fetchError(v.ctx, v.src.URL, err)
		}
		for _, address := range list {
			queue = append(queue, mapped{URL: address})
		}
		if len(queue) == 0 {
			queue = []mapped{{URL: v.start.Scheme + "://" + v.start.Host + "/sitemap.xml"}}
		}
	default:
		queue = []mapped{{URL: named}}
	}
	if v.cursor.Maps == nil {
		v.cursor.Maps = map[string]*sitePage{}
	}
	slices.SortStableFunc(queue, newsFirst)
	var pages []mapped
	seen := map[string]bool{}
	for n := 0; len(queue) > 0 && n < maxSitemaps; n++ {
		next := queue[0]
		queue = queue[1:]
		if seen[next.URL] {
			continue
		}
		seen[next.URL] = true
		s, err := v.oneMap(next)
		if err != nil {
			return err
		}
		if s == nil {
			continue
		}
		pages = append(pages, s.pages...)
		queue = append(queue, s.maps...)
		slices.SortStableFunc(queue, newsFirst)
	}
	v.pushMapped(pages)
	return nil
}

// oneMap reads a sitemap; nil when it did not change, or cannot be had.
func (v *visit) oneMap(m mapped) (*sitemap, error) {
	u, err := url.Parse(m.URL)
	if err != nil || siteOf(u.Hostname()) != siteOf(v.start.Hostname()) {
		return nil, nil //nolint:nilnil,nilerr // a sitemap speaks of its own host alone
	}
	known := v.cursor.Maps[m.URL]
	q := question{url: m.URL, accept: "application/xml, text/xml;q=0.9, */*;q=0.1"}
	if known != nil {
		if !m.At.IsZero() && m.At.Before(known.Last) {
			return nil, nil //nolint:nilnil // its index says that it did not change
		}
		q.etag, q.lastModified = known.ETag, known.Modified
	}
	a, err := ask(v.ctx, v.site.client, v.o.Now, q)
	if err != nil {
		fe, ok := err.(*FetchError) //nolint:errorlint // ask's own
		if !ok || fe.RetryAfter > 0 || fe.Class == ClassHeld || fe.Class == ClassBusy {
			return nil, err
		}
		v.o.Log.Debug("sitemap not read", "url", m.URL, "class", fe.Class)
		return nil, nil //nolint:nilnil // the pages are walked all the same
	}
	if len(v.cursor.Maps) < maxRemember {
		v.cursor.Maps[m.URL] = &sitePage{ETag: a.header.Get("Etag"), Modified: a.header.Get("Last-Modified"), Last: v.now, First: v.now}
	}
	if a.unchanged() {
		return nil, nil //nolint:nilnil // nothing is new
	}
	s, err := readSitemap(a.body)
	if err != nil {
		v.o.Log.Warn("sitemap cannot be read", "url", m.URL, "err", err)
		return nil, nil //nolint:nilnil // as above
	}
	return s, nil
}

// pushMapped queues pages that are new or changed, the newest first.
func (v *visit) pushMapped(pages []mapped) {
	slices.SortStableFunc(pages, func(a, b mapped) int {
		if a.News != b.News {
			if a.News {
				return -1
			}
			return 1
		}
		return b.At.Compare(a.At)
	})
	reach := v.site.src.Backfill.Std()
	if reach == 0 {
		reach = defaultBackfill
	}
	undated := 0
	for _, m := range pages {
		if m.At.IsZero() {
			if undated++; undated > maxUndated {
				continue
			}
		} else if v.now.Sub(m.At) > reach {
			continue
		}
		if known := v.cursor.Pages[Canonical(m.URL)]; known != nil && (m.At.IsZero() || m.At.Before(known.Last)) {
			continue
		}
		v.push(m.URL, 1)
	}
}
