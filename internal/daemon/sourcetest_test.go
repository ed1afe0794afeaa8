package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/egress"
	"earshot/mention"
	"earshot/nlp"
)

// testbed is a host of pages, and what tests its addresses.
func testbed(t *testing.T, pages map[string]string, allow ...string) (string, func(address string) (mention.SourceTest, error)) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		if strings.HasPrefix(body, "<html") {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
		}
		fmt.Fprint(w, body)
	}))
	t.Cleanup(srv.Close)
	cfg, err := config.Parse("earshot.yaml", []byte("version: 1\nbrands: [{id: velmora, name: Velmora, role: own}]\nsources: [{id: known, kind: feed, url: \""+srv.URL+"/known.xml\"}]\n"))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Fetch.AllowCIDRs = allow
	an, err := nlp.New(nlp.Options{Brands: cfg.Brands})
	if err != nil {
		t.Fatal(err)
	}
	eg, err := egress.New(cfg.Fetch)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(eg.CloseIdle)
	o := crawler.Options{Egress: eg, Hosts: crawler.NewHosts(crawler.HostsOptions{Egress: eg, Gap: time.Nanosecond}), Brands: cfg.Brands}
	return srv.URL, func(address string) (mention.SourceTest, error) {
		got, _, err := TestSource(t.Context(), cfg, an, o, address)
		return got, err
	}
}

const testFeed = `<rss version="2.0"><channel><title>The Wire</title><item><title>Velmora recalls a lot</title><link>https://wire.example/1</link><pubDate>Fri, 20 Nov 2026 09:30:00 GMT</pubDate><description>Velmora said on Friday that it takes back every box that was sold in the spring.</description></item></channel></rss>`

func TestSourceTestTellsWhatAnAddressIs(t *testing.T) {
	article := `<html><head><title>The Wire</title></head><body><article><h1>%s</h1><p>` + strings.Repeat("Velmora said on Friday that it takes back every box that was sold in the spring. ", 12) + `</p></article></body></html>`
	base, test := testbed(t, map[string]string{
		"/wire.xml": testFeed, "/known.xml": testFeed,
		"/":        `<html><head><title>Home of the wire</title><link rel="alternate" type="application/rss+xml" href="/wire.xml"></head><body>hello</body></html>`,
		"/site/":   `<html><title>News</title><body><a href="/site/a1">one</a> <a href="/site/a2">two</a></body></html>`,
		"/site/a1": fmt.Sprintf(article, "One"), "/site/a2": fmt.Sprintf(article, "Two"),
		"/closed/": `<html><title>Closed</title><body>hello</body></html>`, "/robots.txt": "User-agent: *\nDisallow: /closed/\n",
	}, "127.0.0.0/8")
	tests := []struct {
		name, path       string
		good             bool
		kind             mention.SourceKind
		url, known       string
		found, caught    int
		robots, answered string
	}{
		{"a feed", "/wire.xml", true, mention.SourceFeed, "/wire.xml", "", 1, 1, "may read", "HTTP 200 OK, "},
		{"a feed that is a source", "/known.xml", true, mention.SourceFeed, "/known.xml", "known", 1, 1, "may read", "HTTP 200 OK, "},
		{"a page with a feed", "/", true, mention.SourceFeed, "/wire.xml", "", 1, 1, "may read", "HTTP 200 OK, text/html"},
		{"a page without one is walked", "/site/", true, mention.SourceSite, "/site/", "", 2, 2, "may read", "HTTP 200 OK, text/html"},
		{"a page that robots.txt closes", "/closed/", true, mention.SourceSite, "/closed/", "", 0, 0, "earshot does; ask its owner", "HTTP 200 OK, text/html"},
		{"nothing", "/gone", false, "", "", "", 0, 0, "", "HTTP 404"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := test(base + tt.path)
			if err != nil {
				t.Fatal(err)
			}
			if got.Good != tt.good || got.Known != tt.known || got.Found != tt.found || !strings.Contains(got.Robots, tt.robots) || !strings.Contains(got.Answer, tt.answered) {
				t.Errorf("got %+v", got)
			}
			if !tt.good {
				return
			}
			if got.Source.Kind != tt.kind || got.Source.URL != base+tt.url || !strings.Contains(got.YAML, "url: "+base+tt.url) {
				t.Errorf("source %+v\n%s", got.Source, got.YAML)
			}
			caught := 0
			for _, c := range got.Caught {
				caught += c.Count
			}
			if caught != tt.caught || tt.found > 0 && (len(got.Items[0].Brands) == 0 || !got.Items[0].Brands[0].Linked || got.Items[0].Language != "en") {
				t.Errorf("caught %+v, items %+v", got.Caught, got.Items)
			}
			if _, err := config.Parse("x.yaml", []byte("version: 1\n"+got.YAML)); err != nil {
				t.Errorf("the snippet is at fault: %v\n%s", err, got.YAML)
			}
		})
	}
}

func TestSourceTestStaysOutside(t *testing.T) {
	base, test := testbed(t, map[string]string{"/feed": testFeed})
	for _, address := range []string{base + "/feed", "http://localhost:1/", "http://169.254.169.254/latest/", "http://[::1]/", "10.0.0.1/feed"} {
		got, err := test(address)
		if err != nil || got.Good || got.Class != crawler.ClassBlocked {
			t.Errorf("%s: %+v, %v", address, got, err)
		}
	}
	for _, address := range []string{"", "nonsense", "file:///etc/passwd", "ftp://news.example/", "https://", "https://a b.example/"} {
		if _, err := test(address); err == nil {
			t.Errorf("%q was tested", address)
		}
	}
}

func TestOPMLIsAddedWholeOrNot(t *testing.T) {
	h := keepHouse(t, t.TempDir(), "sources: [{id: wire, kind: feed, url: \"http://127.0.0.1:1/wire\", paused: true}]\n")
	send := func(path, body string) (int, mention.SourceImport) {
		resp, err := http.Post(h.base+path, "text/x-opml", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var plan mention.SourceImport
		if err := json.NewDecoder(resp.Body).Decode(&plan); err != nil && resp.StatusCode == http.StatusOK {
			t.Fatal(err)
		}
		return resp.StatusCode, plan
	}
	list := "<opml><body>\n<outline text=\"A\" xmlUrl=\"http://127.0.0.1:1/a\"/>\n<outline text=\"B\" xmlUrl=\"http://127.0.0.1:1/a#x\"/>\n<outline text=\"W\" xmlUrl=\"http://127.0.0.1:1/wire\"/>\n<outline text=\"D\" xmlUrl=\"gopher://x/\"/></body></opml>"
	status, plan := send("/api/v1/sources/opml", list)
	if status != http.StatusOK || plan.New != 1 || plan.Twice != 1 || plan.Known != 1 || plan.Faults != 1 || plan.Added || plan.Feeds[3].Line != 5 {
		t.Errorf("%d %+v", status, plan)
	}
	if _, plan = send("/api/v1/sources/opml?add=true", list); !plan.Added {
		t.Errorf("%+v", plan)
	}
	var got struct{ Rows []mention.SourceStatus }
	h.get("/api/v1/sources", &got)
	if len(got.Rows) != 2 || got.Rows[1].Source.ID != "a" || got.Rows[1].Owner == "file" {
		t.Errorf("sources %+v", got.Rows)
	}
	if _, plan = send("/api/v1/sources/opml?add=true", list); plan.Added || plan.Known != 2 {
		t.Errorf("again: %+v", plan)
	}
	if status, _ := send("/api/v1/sources/opml", "<html>"); status != http.StatusUnprocessableEntity {
		t.Errorf("another file: %d", status)
	}
}

func TestPasswordsOfTestedAddressesStayOutOfTheAudit(t *testing.T) {
	h := keepHouse(t, t.TempDir(), "")
	if status, body := h.post("/api/v1/sources/test", map[string]string{"url": "http://ann:hunter2@127.0.0.1:1/feed"}); status != http.StatusOK || !strings.Contains(body, "connection_refused") {
		t.Errorf("%d %s", status, body)
	}
	var audit struct{ Rows []mention.AuditEntry }
	h.get("/api/v1/audit?limit=1000", &audit)
	seen := false
	for _, e := range audit.Rows {
		seen = seen || e.Action == "test.source" && strings.Contains(e.Object, "ann:xxxxx@127.0.0.1")
		if strings.Contains(e.Object+e.Detail, "hunter2") {
			t.Errorf("the audit has the password: %+v", e)
		}
	}
	if !seen {
		t.Errorf("the test is not in the audit: %+v", audit.Rows)
	}
}

func TestSourceTestSaysWhatItHadNoTimeToRead(t *testing.T) {
	an, err := nlp.New(nlp.Options{Brands: []mention.Brand{{ID: "velmora", Name: "Velmora"}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found := make([]mention.Mention, 30)
	for i := range found {
		found[i] = mention.Mention{ID: "m", Text: "Velmora opens a shop."}
	}
	var got mention.SourceTest
	readItems(ctx, &got, an, found)
	if len(got.Items) != testedItems || len(got.Caught) != 1 || got.Caught[0].Count != testedItems || !strings.Contains(got.Cut, "first 10 of 30") {
		t.Errorf("readItems = %+v", got)
	}
}
