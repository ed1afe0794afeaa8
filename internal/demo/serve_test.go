package demo_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earshot/internal/demo"
	"earshot/mention"
)

// A clock is a time that a test moves.
type clock struct{ ns atomic.Int64 }

func (c *clock) now() time.Time       { return time.Unix(0, c.ns.Load()).UTC() }
func (c *clock) set(at time.Time)     { c.ns.Store(at.UnixNano()) }
func (c *clock) step(d time.Duration) { c.ns.Add(int64(d)) }

// serve serves a world whose clock stands at the end of the past.
func serve(t *testing.T) (*demo.World, *clock) {
	t.Helper()
	w := demo.NewWorld(1, end)
	c := &clock{}
	c.set(end)
	w.Now = c.now
	ctx, stop := context.WithCancel(t.Context())
	if err := w.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		w.Wait()
	})
	return w, c
}

// get asks for an address; the header is a list of names and values.
func get(t *testing.T, url string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	res, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var body io.Reader = res.Body
	if res.Header.Get("Content-Encoding") == "gzip" {
		if body, err = gzip.NewReader(res.Body); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(text)
}

func sourceNamed(t *testing.T, w *demo.World, id string) mention.Source {
	t.Helper()
	for _, s := range w.Sources() {
		if s.ID == id {
			return s
		}
	}
	t.Fatalf("no source %s", id)
	return mention.Source{}
}

// entry is an item of any feed.
type entry struct {
	Link struct {
		Text string `xml:",chardata"`
		Href string `xml:"href,attr"`
	} `xml:"link" json:"-"`
	GUID string `xml:"guid" json:"id"`
	ID   string `xml:"id" json:"-"`
	URL  string `xml:"-" json:"url"`
}

func (e *entry) address() string { return e.URL + e.Link.Text + e.Link.Href }

func entries(t *testing.T, body string) []entry {
	t.Helper()
	var doc struct {
		RSS  []entry `xml:"channel>item"`
		Atom []entry `xml:"entry"`
		JSON []entry `json:"items" xml:"-"`
	}
	if strings.HasPrefix(body, "{") {
		if err := json.Unmarshal([]byte(body), &doc); err != nil {
			t.Fatal(err)
		}
	} else if err := xml.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	return append(append(doc.RSS, doc.Atom...), doc.JSON...)
}

func TestOnePassBringsThePast(t *testing.T) {
	w, _ := serve(t)
	have := map[string]bool{}
	for _, s := range w.Sources() {
		if s.Kind != mention.SourceFeed {
			continue
		}
		res, body := get(t, s.URL)
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s answered %s", s.ID, res.Status)
		}
		list := entries(t, body)
		if n := len(list); n == 0 || n > 600 {
			t.Errorf("%s shows %d items, want 1 to 600", s.ID, n)
		}
		for _, e := range list {
			have[e.address()] = true
		}
	}
	for _, it := range w.Truth().VisibleAt(end) {
		if !have[it.URL] && it.Source != "oststern-gazette" {
			t.Errorf("no feed has %s", it.URL)
		}
	}
	if len(have) < 3000 {
		t.Errorf("the feeds have %d items, want 3000", len(have))
	}
}

func TestConditionalGet(t *testing.T) {
	w, c := serve(t)
	url := sourceNamed(t, w, "plaudr-health").URL
	first, body := get(t, url)
	all := len(entries(t, body))
	tag, modified := first.Header.Get("ETag"), first.Header.Get("Last-Modified")
	if res, body := get(t, url, "If-None-Match", tag); res.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("with the tag: %s with %d bytes, want 304 with none", res.Status, len(body))
	}
	if res, _ := get(t, url, "If-Modified-Since", modified); res.StatusCode != http.StatusNotModified {
		t.Errorf("with the date: %s, want 304", res.Status)
	}
	c.step(2 * time.Minute)
	res, body := get(t, url, "If-None-Match", tag)
	if res.StatusCode != http.StatusOK || res.Header.Get("ETag") == tag {
		t.Fatalf("two minutes later: %s, tag %s; want 200 and another tag", res.Status, res.Header.Get("ETag"))
	}
	fresh := map[string]bool{}
	for _, e := range entries(t, body) {
		fresh[e.address()] = true
	}
	if len(fresh) > all/2 {
		t.Errorf("%d items for who had seen %d, want what is new and a little more", len(fresh), all)
	}
	for _, it := range w.Truth().VisibleAt(c.now()) {
		if it.Source == "plaudr-health" && it.Published.After(end) && !fresh[it.URL] {
			t.Errorf("%s is new and not there", it.URL)
		}
	}
	if res, _ := get(t, url, "If-None-Match", `"nonsense!"`); res.StatusCode != http.StatusOK {
		t.Errorf("with a strange tag: %s, want 200", res.Status)
	}
}

func TestAnswersAreCompressedForWhoAsks(t *testing.T) {
	w, _ := serve(t)
	url := sourceNamed(t, w, "daily-brim").URL
	plain, want := get(t, url)
	packed, got := get(t, url, "Accept-Encoding", "gzip")
	if plain.Header.Get("Content-Encoding") != "" || packed.Header.Get("Content-Encoding") != "gzip" {
		t.Errorf("encodings %q and %q, want none and gzip", plain.Header.Get("Content-Encoding"), packed.Header.Get("Content-Encoding"))
	}
	if got != want {
		t.Error("the compressed answer is another one")
	}
}

func TestGUIDsOfOneFeedChurnAndAddressesStay(t *testing.T) {
	w, c := serve(t)
	url := sourceNamed(t, w, "daily-brim").URL
	_, body := get(t, url)
	before := entries(t, body)
	c.step(time.Minute)
	_, body = get(t, url)
	guids, addresses := map[string]bool{}, map[string]bool{}
	for _, e := range entries(t, body) {
		guids[e.GUID], addresses[e.address()] = true, true
	}
	for _, e := range before {
		if guids[e.GUID] {
			t.Fatalf("GUID %s is still there", e.GUID)
		}
		if !addresses[e.address()] {
			t.Fatalf("address %s is gone", e.address())
		}
	}
}

func TestOneSourceFailsAtTimes(t *testing.T) {
	w, c := serve(t)
	url := sourceNamed(t, w, "corner-blog").URL
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{0, 200}, {10 * time.Second, 200}, {30 * time.Second, 404}, {65 * time.Second, 200}, {100 * time.Second, 404}} {
		c.set(end.Add(tt.after))
		if res, _ := get(t, url); res.StatusCode != tt.want {
			t.Errorf("after %s: %s, want %d", tt.after, res.Status, tt.want)
		}
	}
}

func TestTheSiteCanBeCrawled(t *testing.T) {
	w, c := serve(t)
	s := sourceNamed(t, w, "oststern-gazette")
	_, index := get(t, s.URL)
	articles := 0
	for _, it := range w.Truth().VisibleAt(end) {
		if it.Source != s.ID {
			continue
		}
		articles++
		if !strings.Contains(index, `href="`+it.URL+`"`) {
			t.Errorf("the front page does not link to %s", it.URL)
		}
		if articles > 3 {
			continue
		}
		res, page := get(t, it.URL)
		if res.StatusCode != http.StatusOK || !strings.Contains(page, `rel="canonical" href="`+it.Canonical+`"`) {
			t.Errorf("%s: %s without its own address", it.URL, res.Status)
		}
	}
	if articles < 30 {
		t.Errorf("%d articles, want 30", articles)
	}
	root := strings.TrimSuffix(s.URL, "/news/")
	if _, body := get(t, root+"/robots.txt"); !strings.Contains(body, "Disallow: /members/") {
		t.Errorf("robots.txt is %q", body)
	}
	if n := w.Hits(s.ID, "/members/archive"); n != 0 {
		t.Errorf("%d hits of what robots may not see, want 0", n)
	}
	get(t, root+"/members/archive")
	if n := w.Hits(s.ID, "/members/archive"); n != 1 {
		t.Errorf("%d hits counted, want 1", n)
	}
	for _, it := range w.Truth().Edited(end.Add(3 * time.Minute)) {
		if it.Source == s.ID {
			c.set(it.Edits[0].At)
			if _, page := get(t, it.URL); !strings.Contains(page, "Correction: an earlier version") {
				t.Errorf("%s does not show its edit", it.URL)
			}
		}
	}
	if res, _ := get(t, root+"/news/nothing-here"); res.StatusCode != http.StatusNotFound {
		t.Errorf("a page that is not there: %s, want 404", res.Status)
	}
}

func TestThePricePageChanges(t *testing.T) {
	w, c := serve(t)
	url := sourceNamed(t, w, "quorvance-pricing").URL
	_, before := get(t, url)
	c.step(time.Second)
	_, noise := get(t, url)
	if before == noise {
		t.Error("the page has no noise")
	}
	c.step(time.Minute)
	_, after := get(t, url)
	pages := w.Truth().Pages(c.now())
	old, now := pages[len(pages)-2], pages[len(pages)-1]
	if table(before) != table(noise) || table(before) == table(after) {
		t.Errorf("prices went from %v to %v, and the page from\n%s\nto\n%s", old.Prices, now.Prices, table(before), table(after))
	}
}

// table cuts out what a reader sees of the prices.
func table(page string) string {
	_, rest, _ := strings.Cut(page, "<table>")
	body, _, _ := strings.Cut(rest, "</table>")
	return body
}

func TestServeTwiceIsRefused(t *testing.T) {
	w, _ := serve(t)
	if err := w.Serve(t.Context()); err == nil {
		t.Error("a second Serve was taken")
	}
}
