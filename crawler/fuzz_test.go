package crawler

import (
	"net/url"
	"testing"
	"time"
	"unicode/utf8"

	"earshot/mention"
)

func FuzzFeed(f *testing.F) {
	f.Add([]byte(rssItems(rssItem1(1, "a"))), "text/xml")
	f.Add([]byte(`<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><id>1</id><title type="html">&lt;b&gt;x`), "")
	f.Add([]byte(`{"version":"https://jsonfeed.org/version/1.1","title":"t","items":[{"id":"1","content_text":"x"}]}`), "application/feed+json")
	f.Add([]byte("\xff\xfe<\x00r\x00s\x00s\x00>\x00"), "")
	f.Add([]byte(`<!DOCTYPE r [<!ENTITY a "b">]><rss><channel><item><title>&a;</title></item></channel></rss>`), "text/xml; charset=latin1")
	at, _ := url.Parse("http://fuzz.test/feed")
	f.Fuzz(func(t *testing.T, data []byte, contentType string) {
		feed, err := ParseFeed(data, contentType)
		if err != nil {
			if fe, ok := err.(*FetchError); !ok || fe.Class == "" || fe.Message() == "" { //nolint:errorlint // by contract
				t.Fatalf("error %v without class or advice", err)
			}
			return
		}
		for _, m := range feedMentions(mention.Source{ID: "f"}, feed, at, time.Unix(1e9, 0)) {
			if !utf8.ValidString(m.Title) || !utf8.ValidString(m.Text) || m.ID == "" || m.Title == "" && m.Text == "" || m.Published.After(time.Unix(1e9, 0)) {
				t.Fatalf("bad mention %+v", m)
			}
			if again := m; MentionID(&again) != m.ID {
				t.Fatalf("identity of %+v is not stable", m)
			}
		}
	})
}

func FuzzHTML(f *testing.F) {
	f.Add([]byte("<!doctype html><title>T</title><article><h1>T</h1><p>Some words of a text."), []byte("<p>x"))
	f.Add([]byte("<table><tr><td>$5<td>a</table>"), []byte("<table><tr><td>$6<td>a</table>"))
	f.Add([]byte(`<script type="application/ld+json">{"@type":"Article","author":[[["x"]]]}</script>`), []byte{})
	f.Fuzz(func(t *testing.T, data, other []byte) {
		if a, err := Extract(data, "http://fuzz.test/x"); err == nil && !utf8.ValidString(a.Title+a.Text+a.Author) {
			t.Fatalf("not UTF-8: %+v", a)
		}
		if same, err := DiffPages(data, data, ""); err == nil && len(same) > 0 {
			t.Fatalf("a page differs from itself: %+v", same)
		}
		changes, err := DiffPages(data, other, "")
		for _, c := range changes {
			if err == nil && (c.Type == "" || c.Before == "" && c.After == "") {
				t.Fatalf("a change that says nothing: %+v", c)
			}
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, tt := range dateTests {
		f.Add(tt.text)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok := parseDate(s)
		if !ok {
			return
		}
		if again, ok := parseDate(got.Format(time.RFC3339Nano)); !ok || !again.Equal(got) {
			t.Fatalf("parseDate(%q) = %s, which reads back as %s", s, got, again)
		}
	})
}

func FuzzRobots(f *testing.F) {
	f.Add([]byte("User-agent: *\nDisallow: /a*b$\nAllow: /\nCrawl-delay: 1e9\nSitemap: x"), "/a/b")
	f.Add([]byte("\xef\xbb\xbfuser-agent:earshot\rdisallow:%zz"), "/%zz")
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		rules := parseRobots(data, "earshot/1", "earshot")
		if rules.delay < 0 || rules.delay > maxCrawlDelay {
			t.Fatalf("delay %s", rules.delay)
		}
		u := &url.URL{Scheme: "http", Host: "x.test", Path: path}
		_ = rules.allowed(u)
		if !rules.allowed(&url.URL{Path: "/robots.txt"}) {
			t.Fatal("robots.txt itself is refused")
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	for _, s := range []string{"120", "-5", "Fri, 31 Dec 1999 23:59:59 GMT", "99999999999999999999999", "1e400", "NaN", "1.5", " 7 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if d := retryAfter(s, time.Unix(1e9, 0)); d < 0 || d > maxRetryAfter {
			t.Fatalf("retryAfter(%q) = %s", s, d)
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, tt := range canonicalTests {
		f.Add(tt.url)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := Canonical(s)
		if twice := Canonical(once); twice != once {
			t.Fatalf("Canonical(%q) = %q, whose own is %q", s, once, twice)
		}
		a, b := mention.Mention{URL: s, GUID: "g", Source: "s"}, mention.Mention{URL: once, GUID: "g", Source: "s"}
		if once != "" && MentionID(&a) != MentionID(&b) {
			t.Fatalf("%q and %q have other ids", s, once)
		}
	})
}
