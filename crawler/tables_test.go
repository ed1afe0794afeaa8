package crawler

import (
	"net/url"
	"testing"
	"time"
)

var canonicalTests = []struct{ url, want string }{
	{"http://www.Example.com/a/?utm_source=x&b=2&a=1#top", "https://example.com/a?a=1&b=2"},
	{"https://m.example.com:443/a//", "https://example.com/a"},
	{"https://amp.example.co.uk/a", "https://example.co.uk/a"},
	{"https://m.com/a", "https://m.com/a"},
	{"http://www.m.example.com/", "https://example.com"},
	{"http://example.com:8080/", "https://example.com:8080"},
	{"https://example.com/2026/a-long-story/amp/", "https://example.com/2026/a-long-story"},
	{"https://example.com/guitar/amp", "https://example.com/guitar/amp"},
	{"https://example.com/caf%C3%A9", "https://example.com/caf%C3%A9"},
	{"https://example.com/café", "https://example.com/caf%C3%A9"},
	{"https://example.com/a%2Fb", "https://example.com/a/b"},
	{"https://example.com/100%25", "https://example.com/100%25"},
	{"https://bücher.example/x", "https://xn--bcher-kva.example/x"},
	{"https://example.com/#!/post/1", "https://example.com#!/post/1"},
	{"http://127.0.0.1:80/x", "https://127.0.0.1/x"},
	{"http://[::1]/x", "https://[::1]/x"},
	{"mailto:a@example.com", ""},
	{"/only/a/path", ""},
	{"http://", ""},
	{"", ""},
}

func TestCanonical(t *testing.T) {
	for _, tt := range canonicalTests {
		if got := Canonical(tt.url); got != tt.want {
			t.Errorf("Canonical(%q) = %q, want %q", tt.url, got, tt.want)
		}
	}
}

var dateTests = []struct{ text, want string }{
	{"2026-03-05T10:20:30Z", "2026-03-05T10:20:30Z"},
	{"2026-03-05T10:20:30.5+02:00", "2026-03-05T08:20:30.5Z"},
	{"2026-03-05 10:20:30", "2026-03-05T10:20:30Z"},
	{"2026-03-05", "2026-03-05T00:00:00Z"},
	{"2026-03", "2026-03-01T00:00:00Z"},
	{"20260305T102030Z", "2026-03-05T10:20:30Z"},
	{"2003-335", "2003-12-01T00:00:00Z"},
	{"Thu, 05 Mar 2026 10:20:30 GMT", "2026-03-05T10:20:30Z"},
	{"Thu, 5 Mar 2026 10:20 EST", "2026-03-05T15:20:00Z"},
	{"Thu, 05 Mar 26 10:20:30 -0800", "2026-03-05T18:20:30Z"},
	{"Thu Mar  5 10:20:30 2026", "2026-03-05T10:20:30Z"},
	{"March 5, 2026", "2026-03-05T00:00:00Z"},
	{"March 5th, 2026, 3:04 PM", "2026-03-05T15:04:00Z"},
	{"5. März 2026", "2026-03-05T00:00:00Z"},
	{"Donnerstag, 5. Dezember 2024, 14:30 Uhr", "2024-12-05T14:30:00Z"},
	{"mar, 10 feb 2026 08:00:00 +0100", "2026-02-10T07:00:00Z"},
	{"jeudi 5 février 2026 à 14h30", "2026-02-05T14:30:00Z"},
	{"5 de agosto de 2026", "2026-08-05T00:00:00Z"},
	{"5 lipca 2026", "2026-07-05T00:00:00Z"},
	{"12 июля 2026", "2026-07-12T00:00:00Z"},
	{"21.11.2026 10:00", "2026-11-21T10:00:00Z"},
	{"11/21/2026", "2026-11-21T00:00:00Z"},
	{"21/11/2026", "2026-11-21T00:00:00Z"},
	{"2026/11/21 10:00:00", "2026-11-21T10:00:00Z"},
	{"1772704830", "2026-03-05T10:00:30Z"},
	{"1772704830000", "2026-03-05T10:00:30Z"},
	{"Thu, 05 Mar 2026 25:20:30 GMT", "2026-03-05T00:00:00Z"},
	{"31 February 2026", ""},
	{"yesterday", ""},
	{"soon, in March", ""},
	{"12", ""},
	{"9999-01-01", ""},
}

func TestParseDate(t *testing.T) {
	for _, tt := range dateTests {
		got, ok := parseDate(tt.text)
		text := ""
		if ok {
			text = got.Format(time.RFC3339Nano)
		}
		if text != tt.want {
			t.Errorf("parseDate(%q) = %q, want %q", tt.text, text, tt.want)
		}
	}
}

func TestRobots(t *testing.T) {
	const file = `# a comment
User-agent: otherbot
Disallow: /

User-agent: earshot
User-agent: third
Disallow: /private/
Disallow: /*.pdf$
Disallow: /search?
Allow: /private/open
Crawl-delay: 2.5

User-agent: *
Disallow: /everything
Sitemap: https://x.test/map.xml

User-agent: Earshot
Disallow: /later
`
	rules := parseRobots([]byte(file), "earshot/1.0 (+http://x)", "earshot")
	for path, want := range map[string]bool{
		"/": true, "/private/x": false, "/private/open/x": true, "/a/b.pdf": false, "/a/b.pdf.html": true, "/search?q=1": false,
		"/everything": true, "/later/x": false, "/%70rivate/x": false, "/robots.txt": true,
	} {
		u, _ := url.Parse("http://x.test" + path)
		if got := rules.allowed(u); got != want {
			t.Errorf("allowed(%q) = %t, want %t", path, got, want)
		}
	}
	if rules.delay != 2500*time.Millisecond || len(rules.sitemaps) != 1 {
		t.Errorf("delay %s, sitemaps %v", rules.delay, rules.sitemaps)
	}
	if other := parseRobots([]byte(file), "somebody"); other.allowed(&url.URL{Path: "/everything"}) {
		t.Error("the group of all does not hold for others")
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 5, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"120": 2 * time.Minute, " 5 ": 5 * time.Second, "-5": 0, "": 0, "soon": 0, "1.5": 1500 * time.Millisecond,
		"99999999999": maxRetryAfter, "99999999999999999999999999": maxRetryAfter, "NaN": 0, "-Inf": 0, "Inf": maxRetryAfter,
		"Thu, 05 Mar 2026 10:01:00 GMT": time.Minute, "Thu, 05 Mar 2020 10:01:00 GMT": 0, "Thu, 05 Mar 2099 10:01:00 GMT": maxRetryAfter,
	} {
		if got := retryAfter(text, now); got != want {
			t.Errorf("retryAfter(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestNextWait(t *testing.T) {
	const h = time.Hour
	tests := []struct {
		name                           string
		every, fresh, rhythm, overflow time.Duration
		min, max                       time.Duration
	}{
		{"a given every is the longest wait", 6 * h, 12 * h, h, 0, 6*h - 6*h/20, 6 * h},
		{"cut short where the feed would overflow", 6 * h, 0, 0, h, h - h/20, h},
		{"nothing known", 0, 0, 0, 0, h, h + h/10},
		{"half the rhythm", 0, 0, 4 * h, 0, 2 * h, 2*h + h/5},
		{"the feed's own word", 0, 3 * h, h, 0, 3 * h, 3*h + 3*h/10},
		{"never too often", 0, 0, time.Second, 0, minWait, minWait + minWait/10},
		{"never too rarely", 0, 0, 1000 * h, 0, maxWait, maxWait + maxWait/10},
	}
	for _, tt := range tests {
		for range 20 {
			if got := nextWait(tt.every, tt.fresh, tt.rhythm, tt.overflow); got < tt.min || got > tt.max {
				t.Errorf("%s: %s, want %s to %s", tt.name, got, tt.min, tt.max)
			}
		}
	}
}
