package crawler

import (
	"bytes"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"earshot/mention"
)

func FuzzSitemap(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0" encoding="ISO-8859-1"?><urlset xmlns:n="http://www.google.com/schemas/sitemap-news/0.9"><url><loc> http://x.test/a&amp;b </loc><lastmod>2026-03-01</lastmod><n:news><n:publication_date>2026-03-01T10:00:00Z</n:publication_date></n:news></url>`))
	f.Add([]byte(`<sitemapindex><sitemap><loc>http://x.test/news.xml</loc></sitemap><sitemap><loc/></sitemap></sitemapindex>`))
	f.Add([]byte("http://x.test/1\r\nhttp://x.test/2\n# no\n"))
	f.Add([]byte("\xff\xfe<\x00u\x00r\x00l\x00>\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := readSitemap(data)
		if err != nil {
			return
		}
		for _, m := range append(s.pages, s.maps...) {
			if !utf8.ValidString(m.URL) || m.URL != strings.TrimSpace(m.URL) {
				t.Fatalf("address %q", m.URL)
			}
			if y := m.At.Year(); !m.At.IsZero() && (y < 1899 || y > 2201) {
				t.Fatalf("date %s", m.At)
			}
		}
		if n := len(s.pages) + len(s.maps); n > maxSitemapURLs {
			t.Fatalf("%d addresses", n)
		}
	})
}

func FuzzOPML(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0" encoding="windows-1252"?><opml><head/><body><outline text="F"><outline text="A &amp; B" xmlUrl="http://x.test/feed" htmlUrl="http://x.test/"/></outline><outline text="` + "\xe9" + `" xmlUrl="HTTP://Y.test/?b=1&a=2#f"/></body></opml>`))
	f.Add([]byte(`<opml><body>` + strings.Repeat("<outline>", 260)))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := ParseOPML(data)
		if err != nil {
			return
		}
		for i := range list {
			if same := list[i].Same; list[i].Line < 1 || same > list[i].Line {
				t.Fatalf("a feed at no place: %+v", list[i])
			}
			list[i].Folder, list[i].Line, list[i].Same = "", 0, min(list[i].Same, 1) // is not written
		}
		var out bytes.Buffer
		if err := WriteOPML(&out, "t", time.Unix(1e9, 0), list); err != nil {
			t.Fatal(err)
		}
		again, err := ParseOPML(out.Bytes())
		if err != nil {
			t.Fatalf("what was written cannot be read: %v\n%s", err, out.Bytes())
		}
		for i := range again {
			again[i].Line, again[i].Same = 0, min(again[i].Same, 1)
		}
		if d := cmp.Diff(list, again); d != "" {
			t.Fatalf("what was written reads otherwise:\n%s", d)
		}
	})
}

func FuzzTable(f *testing.F) {
	f.Add([]byte("title,text,published\nA,B,2026-03-01\n,,\n\"C\nD\",E,soon\nF,G,H,I\n"), uint8(2))
	f.Add([]byte("Report;x\n\nQuery Name;Snippet;Page Type;Date\nq;s;blog;2026-03-01 10:00\n"), uint8(0))
	f.Add([]byte("\xff\xfet\x00i\x00t\x00l\x00e\x00\n\x00a\x00"), uint8(1))
	f.Add([]byte("title\ttext\n\"a\tb\n\xe9\tc\n"), uint8(1))
	f.Fuzz(func(t *testing.T, data []byte, skip uint8) {
		type taken struct {
			n   int
			row mention.Row
			err string
		}
		read := func(skip int) (rows []taken, err error) {
			err = ReadDocuments(bytes.NewReader(data), DocumentOptions{Decode: decodeRow, CSV: true, Skip: skip}, func(n int, row mention.Row, err error) error {
				r := taken{n: n, row: row}
				if err != nil {
					r = taken{n: n, err: err.Error()}
				}
				rows = append(rows, r)
				return nil
			})
			return rows, err
		}
		all, err := read(0)
		for i, r := range all {
			if r.err == "" && (r.row.Title == "" && r.row.Text == "" || !utf8.ValidString(r.row.Title+r.row.Text)) {
				t.Fatalf("row %d is taken: %+v", r.n, r.row)
			}
			if r.n < 1 || i > 0 && r.n <= all[i-1].n && r.err == "" {
				t.Fatalf("row %d after row %d", r.n, all[max(i-1, 0)].n)
			}
		}
		// A later run goes on where an earlier one stopped.
		rest, err2 := read(int(skip))
		if (err == nil) != (err2 == nil) {
			t.Fatalf("error %v, and %v with %d lines left out", err, err2, skip)
		}
		var want []taken
		for _, r := range all {
			if r.n > int(skip) {
				want = append(want, r)
			}
		}
		if d := cmp.Diff(want, rest, cmp.AllowUnexported(taken{})); d != "" {
			t.Fatalf("with %d lines left out (-want +got):\n%s", skip, d)
		}
	})
}

func FuzzLinks(f *testing.F) {
	f.Add(`<base href="/b/"><link rel=canonical href="//x.test/a"><a href="../c?d#e">l</a><a href="javascript:x">m</a><ol><li class="comment" id="comment-1"><p>Hi<div itemprop=comment id=c2>Ho`, "/news/a.html")
	f.Add(`<a href="http:\\y.test\">`, "?")
	f.Fuzz(func(t *testing.T, page, ref string) {
		at := &url.URL{Scheme: "http", Host: "x.test", Path: "/news/"}
		for _, link := range []string{absolute(ref, at), absolute(ref, nil)} {
			if u, err := url.Parse(link); link != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
				t.Fatalf("absolute(%q) = %q", ref, link)
			}
			if again := absolute(link, nil); again != link {
				t.Fatalf("absolute(%q) = %q", link, again)
			}
		}
		doc, err := html.Parse(strings.NewReader(page))
		if err != nil {
			return
		}
		for _, link := range append(pageLinks(doc, at), relCanonical(doc, at)) {
			if link != "" && absolute(link, nil) != link {
				t.Fatalf("link %q", link)
			}
		}
		seen := map[string]bool{"": true}
		for _, c := range pageComments(doc) {
			if c.text == "" || c.anchor == "" || !seen[c.parent] {
				t.Fatalf("comment %+v", c)
			}
			seen[c.anchor] = true
		}
	})
}

func FuzzCharset(f *testing.F) {
	f.Add([]byte(`<?xml version="1.0" encoding="windows-1251"?><a>`+"\xc0\xe1"), "text/xml; charset=utf-8")
	f.Add([]byte("\xfe\xff\x00<\xd8\x3d"), "")
	f.Add([]byte("\xef\xbb\xbf\xff"), "text/html; charset=gb18030")
	f.Fuzz(func(t *testing.T, data []byte, contentType string) {
		out := toUTF8(data, contentType)
		if !utf8.Valid(out) {
			t.Fatalf("toUTF8(%q, %q) = %q", data, contentType, out)
		}
		if sameAsUTF8(data) && !bytes.Contains(data, []byte("encoding")) && !bytes.Contains(data, []byte("\x00")) && !bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) && !bytes.Equal(out, data) {
			t.Fatalf("toUTF8(%q, %q) = %q: UTF-8 is left alone", data, contentType, out)
		}
		if clean := withoutControls(out); bytes.IndexByte(clean, 0) >= 0 || !utf8.Valid(clean) {
			t.Fatalf("withoutControls(%q) = %q", out, clean)
		}
	})
}
