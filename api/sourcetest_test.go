package api_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"earshot/api"
	"earshot/mention"
)

func testedSource(address string) mention.SourceTest {
	return mention.SourceTest{
		Address: address, URL: "https://news.example/feed", Good: true, Answer: "HTTP 200 OK, text/xml, 12 KiB", Robots: "programs may read this address", Type: "rss", Title: "The Wire",
		Source: &mention.Source{ID: "the-wire", Kind: mention.SourceFeed, URL: "https://news.example/feed"}, YAML: "sources:\n  - id: the-wire\n", Found: 2,
		Caught: []mention.BrandCount{{Brand: "brillux", Count: 1}},
		Items:  []mention.TestedItem{{Title: "Brillux recalls", Published: day, Text: "It does.", Words: 2, Language: "en", Brands: []mention.TestedBrand{{Brand: "brillux", Words: "Brillux", Linked: true, Why: "its name"}}}},
	}
}

// TestAddressesAreTestedByThoseWhoMay: analysts and admins who see everything.
func TestAddressesAreTestedByThoseWhoMay(t *testing.T) {
	tests := []struct {
		who       string
		test, add int
	}{
		{"root", http.StatusOK, http.StatusSeeOther},
		{"ann", http.StatusOK, http.StatusForbidden},
		{"vic", http.StatusForbidden, http.StatusForbidden},
		{"ag", http.StatusForbidden, http.StatusForbidden},
	}
	for _, tt := range tests {
		t.Run(tt.who, func(t *testing.T) {
			f, people := newFake(1), team()
			people.users["ag"] = mention.User{Name: "ag", Role: "analyst", Scope: "source:wire", Password: passHash}
			f.tested = testedSource("news.example")
			h := cheap(t, api.Options{Backend: f, People: people})
			cookie := signIn(t, h, tt.who)
			send := func(r *http.Request) (*http.Response, string) {
				r.AddCookie(cookie)
				return answer(h, r)
			}
			res, body := send(form("/sources/test", url.Values{"url": {"news.example"}}))
			if res.StatusCode != tt.test {
				t.Errorf("test: %d, want %d\n%s", res.StatusCode, tt.test, body)
			}
			if tt.test == http.StatusOK {
				for _, want := range []string{"The Wire", "HTTP 200 OK", "programs may read", "<strong>brillux</strong> in 1", "id: the-wire", "Brillux recalls"} {
					if !strings.Contains(body, want) {
						t.Errorf("the page does not say %q", want)
					}
				}
				if got := strings.Contains(body, "Add it"); got != (tt.who == "root") {
					t.Errorf("can be added: %v", got)
				}
			}
			if res, _ := send(request("POST", "/api/v1/sources/test", `{"url":"news.example"}`)); res.StatusCode != tt.test {
				t.Errorf("API: %d, want %d", res.StatusCode, tt.test)
			}
			if res, body := send(form("/sources", url.Values{"id": {"the-wire"}, "kind": {"feed"}, "url": {"https://news.example/feed"}})); res.StatusCode != tt.add {
				t.Errorf("add: %d, want %d\n%s", res.StatusCode, tt.add, body)
			}
			if _, ok := f.objects["source the-wire"]; ok != (tt.add == http.StatusSeeOther) {
				t.Errorf("added: %v", ok)
			}
		})
	}
}

func TestASourceThatCannotBeAddedIsShownAgain(t *testing.T) {
	f := newFake(1)
	h := handler(t, api.Options{Backend: f})
	res, body := postForm(h, "/sources", url.Values{"id": {"no good id"}, "kind": {"feed"}, "url": {"gopher://x.example/"}})
	if res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "no good id") || !strings.Contains(body, "scheme is not http") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if faults := faultsOf(t, body); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestWhatAHostSaysIsShownAsText(t *testing.T) {
	for _, v := range vectors {
		f := newFake(1)
		f.tested = testedSource("x")
		f.tested.Title, f.tested.Answer, f.tested.Robots, f.tested.YAML, f.tested.URL = v, v, v, v, v
		f.tested.Feeds, f.tested.Type = []mention.FoundFeed{{URL: v, Title: v}}, "page"
		f.tested.Items[0].Title, f.tested.Items[0].Text, f.tested.Items[0].URL, f.tested.Items[0].Brands[0].Words = v, v, v, v
		_, body := postForm(handler(t, api.Options{Backend: f}), "/sources/test", url.Values{"url": {v}})
		if faults := faultsOf(t, body); len(faults) > 0 {
			t.Errorf("%q: %v", v, faults)
		}
	}
}

func TestManySourcesAreShownPageByPage(t *testing.T) {
	f := newFake(1)
	for i := range 250 {
		f.sources = append(f.sources, mention.SourceStatus{Source: mention.Source{ID: fmt.Sprintf("feed-%03d", i), Kind: mention.SourceFeed, URL: fmt.Sprintf("https://many.example/%d", i)}, State: mention.SourceState{LastOK: day}})
	}
	h := handler(t, api.Options{Backend: f})
	for _, tt := range []struct {
		target     string
		rows       int
		first      string
		prev, next bool
	}{
		{"/sources", 100, "gone", false, true},
		{"/sources?page=1", 100, "feed-099", true, true},
		{"/sources?page=2", 52, "feed-199", true, false},
		{"/sources?page=99", 100, "gone", false, true},
		{"/sources?page=-1", 100, "gone", false, true},
		{"/sources?find=FEED-00", 10, "feed-000", false, false},
		{"/sources?find=many.example/249", 1, "feed-249", false, false},
		{"/sources?find=%3Cscript%3E", 0, "", false, false},
	} {
		res, body := get(h, tt.target)
		rows := strings.Count(body, `data-label="owner"`)
		if res.StatusCode != http.StatusOK || rows != tt.rows || strings.Contains(body, `rel="prev"`) != tt.prev || strings.Contains(body, `rel="next"`) != tt.next {
			t.Errorf("%s: %d, %d rows, want %d", tt.target, res.StatusCode, rows, tt.rows)
		}
		if _, after, _ := strings.Cut(body, "<tbody>"); tt.first != "" && !strings.Contains(after[:200], ">"+tt.first+"<") {
			t.Errorf("%s does not begin with %s: %s", tt.target, tt.first, after[:200])
		}
		if faults := faultsOf(t, body); len(faults) > 0 || len(body) > 120_000 {
			t.Errorf("%s: %d bytes, %v", tt.target, len(body), faults)
		}
	}
}
