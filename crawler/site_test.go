package crawler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/mention"
)

// smallSite is a host with a list of stories, some of which may not be asked.
type smallSite struct {
	robots string
	pages  map[string]string
	asked  []string
	status map[string]int
}

func story(title, canonical string) string {
	words := strings.Repeat("Nordlicht Pharma said on Monday that its new plant in Kiel would open in spring, a year late. ", 8)
	link := ""
	if canonical != "" {
		link = `<link rel="canonical" href="` + canonical + `">`
	}
	return `<!doctype html><html lang="en"><head><title>` + title + ` | Nordlicht</title><meta property="og:site_name" content="Nordlicht">` + link +
		`<meta property="article:published_time" content="2026-02-03T04:05:06Z"><meta name="author" content="Ada Invent"></head><body><nav><a href="/news/">News</a></nav>` +
		`<article><h1>` + title + `</h1><p>` + words + `</p><p>` + words + `</p></article></body></html>`
}

func (s *smallSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.asked = append(s.asked, r.URL.RequestURI())
	if r.URL.Path == "/robots.txt" {
		fmt.Fprint(w, s.robots)
		return
	}
	if code := s.status[r.URL.Path]; code != 0 {
		w.Header().Set("Retry-After", "900")
		w.WriteHeader(code)
		return
	}
	body, ok := s.pages[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	tag := `"` + hash(body) + `"`
	w.Header().Set("ETag", tag)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	fmt.Fprint(w, body)
}

func newSmallSite() *smallSite {
	return &smallSite{
		robots: "User-agent: *\nDisallow: /news/draft\n",
		status: map[string]int{},
		pages: map[string]string{
			"/news/":            `<title>News</title><a href="a.html">A</a><a href="/news/b.html?utm_source=x">B</a><a href="/news/b.html">B</a><a href="/news/draft-1.html">D</a><a href="/about.html">About</a><a href="http://elsewhere.test/">E</a><a href="/news/page-2.html">older</a><a href="/news/x.pdf">X</a>`,
			"/news/page-2.html": `<title>News</title><a href="/news/c.html">C</a>`,
			"/news/a.html":      story("Nordlicht opens a plant in Kiel", ""),
			"/news/b.html":      story("Nordlicht names a new chief of research", "/news/b-the-real-one.html"),
			"/news/c.html":      story("Nordlicht reports a quiet quarter", "http://elsewhere.test/c"),
		},
	}
}

func titles(list []mention.Mention) []string {
	var out []string
	for _, m := range list {
		out = append(out, m.Title)
	}
	slices.Sort(out)
	return out
}

func TestSitePasses(t *testing.T) {
	site, r := newSmallSite(), newRig(t)
	srv := serve(t, site.ServeHTTP)
	src := mention.Source{ID: "nordlicht", Kind: mention.SourceSite, URL: srv.URL + "/news/", Follow: "/news/", Depth: 3}
	var state mention.SourceState
	got, err := r.collect(src, &state)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"Nordlicht names a new chief of research", "Nordlicht opens a plant in Kiel", "Nordlicht reports a quiet quarter"}
	if !slices.Equal(titles(got), want) {
		t.Errorf("titles = %q, want %q", titles(got), want)
	}
	if site.asked[0] != "/robots.txt" {
		t.Errorf("first asked for %s, want /robots.txt", site.asked[0])
	}
	for _, path := range site.asked {
		if strings.Contains(path, "draft") || strings.Contains(path, "about") || strings.Contains(path, "pdf") {
			t.Errorf("asked for %s", path)
		}
	}
	for _, m := range got {
		if m.Author != "Ada Invent" || m.Lang != "en" || !m.Published.Equal(time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)) || !strings.HasPrefix(m.Text, "Nordlicht Pharma said") {
			t.Errorf("mention = %+v", m)
		}
		if strings.Contains(m.Canonical, "elsewhere") || strings.Contains(m.Title, "names") != strings.HasSuffix(m.Canonical, "/news/b-the-real-one.html") {
			t.Errorf("canonical of %q is %s", m.Title, m.Canonical)
		}
	}

	r.sleep(10 * time.Minute)
	site.asked = nil
	site.pages["/news/"] += `<a href="/news/d.html">D</a>`
	site.pages["/news/d.html"] = story("Nordlicht recalls nothing at all", "")
	got, err = r.collect(src, &state)
	if err != nil || !slices.Equal(titles(got), []string{"Nordlicht recalls nothing at all"}) {
		t.Errorf("second pass: %q, %v", titles(got), err)
	}
	if len(site.asked) > 4 {
		t.Errorf("second pass asked for %q, want the lists and the new story", site.asked)
	}
	if state.Items != 4 || state.Passes != 2 {
		t.Errorf("state = %+v", state)
	}
}

func TestSiteStopsWhereItsHostWantsRest(t *testing.T) {
	site, r := newSmallSite(), newRig(t)
	site.status["/news/a.html"] = http.StatusTooManyRequests
	srv := serve(t, site.ServeHTTP)
	var state mention.SourceState
	_, err := r.collect(mention.Source{ID: "n", Kind: mention.SourceSite, URL: srv.URL + "/news/", Follow: "/news/", Every: mention.Duration(time.Minute)}, &state)
	if err != nil || len(site.asked) != 3 {
		t.Errorf("%v after %q, want nothing after the refusal", err, site.asked)
	}
	if wait := state.Next.Sub(r.now); wait < 14*time.Minute {
		t.Errorf("next pass in %s, want the 15 minutes asked for", wait)
	}
}

func TestSiteDisallowed(t *testing.T) {
	site, r := newSmallSite(), newRig(t)
	site.robots = "User-agent: *\nDisallow: /\n"
	srv := serve(t, site.ServeHTTP)
	for _, kind := range []mention.SourceKind{mention.SourceSite, mention.SourcePage} {
		var state mention.SourceState
		_, err := r.collect(mention.Source{ID: "n", Kind: kind, URL: srv.URL + "/news/"}, &state)
		if err == nil || state.ErrorClass != ClassRobots || !strings.Contains(state.Error, "robots.txt") {
			t.Errorf("%s: %v, %+v", kind, err, state)
		}
	}
	if len(site.asked) != 1 {
		t.Errorf("asked for %q, want robots.txt once", site.asked)
	}
}

func TestPagePasses(t *testing.T) {
	r := newRig(t)
	site := &smallSite{status: map[string]int{}, pages: map[string]string{}}
	srv := serve(t, site.ServeHTTP)
	src := mention.Source{ID: "pricing", Kind: mention.SourcePage, URL: srv.URL + "/pricing", Brand: "acme"}
	const shell = `<html lang="en"><title>Pricing</title><h1>Pricing</h1><script>var t = %d</script><table><tr><td>Basic</td><td>%s</td></tr><tr><td>Team</td><td>$20</td></tr></table><p>Updated %d minutes ago</p><p>© 20%d Acme</p>`
	var state mention.SourceState
	steps := []struct {
		name, page string
		want       string
	}{
		{"baseline", fmt.Sprintf(shell, 1, "$10", 3, 25), ""},
		{"the same", fmt.Sprintf(shell, 1, "$10", 3, 25), ""},
		{"noise", fmt.Sprintf(shell, 2, "$10", 9, 26), ""},
		{"a price", fmt.Sprintf(shell, 3, "$12", 4, 26), "Changed under “Pricing”: “Basic $10” became “Basic $12”"},
		{"and back", fmt.Sprintf(shell, 4, "$10", 4, 26), "Changed under “Pricing”: “Basic $12” became “Basic $10”"},
	}
	seen := map[string]bool{}
	for _, s := range steps {
		site.pages["/pricing"] = s.page
		got, err := r.collect(src, &state)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		if s.want == "" {
			if len(got) > 0 {
				t.Errorf("%s: %q", s.name, got[0].Text)
			}
			continue
		}
		if len(got) != 1 {
			t.Fatalf("%s: %d mentions, want 1", s.name, len(got))
		}
		m := got[0]
		if m.Text != s.want || m.Kind != mention.KindPage || m.PageChange == nil || m.PageChange.Type != "pricing" || m.PageChange.Severity != "critical" ||
			m.Title != "Pricing: prices changed" || !m.Published.IsZero() || seen[m.ID] {
			t.Errorf("%s: %+v, change %+v", s.name, m, m.PageChange)
		}
		seen[m.ID] = true
	}
	delete(site.pages, "/pricing")
	for i, want := range []int{0, 1, 0} {
		got, err := r.collect(src, &state)
		if err == nil || len(got) != want {
			t.Errorf("pass %d without a page: %d mentions, %v, want %d", i, len(got), err, want)
		}
	}
	site.pages["/pricing"] = steps[0].page
	if got, err := r.collect(src, &state); err != nil || len(got) != 1 || got[0].PageChange.Type != "new_page" {
		t.Errorf("the page is back: %v, %v", got, err)
	}
}

func TestPageSelector(t *testing.T) {
	r := newRig(t)
	site := &smallSite{status: map[string]int{}, pages: map[string]string{"/p": `<div id="a">one</div><div id="b">two</div>`}}
	srv := serve(t, site.ServeHTTP)
	src := mention.Source{ID: "p", Kind: mention.SourcePage, URL: srv.URL + "/p", Select: "#a"}
	var state mention.SourceState
	if _, err := r.collect(src, &state); err != nil {
		t.Fatal(err)
	}
	site.pages["/p"] = `<div id="a">one</div><div id="b">three</div>`
	if got, err := r.collect(src, &state); err != nil || len(got) != 0 {
		t.Errorf("a change outside the selector: %v, %v", got, err)
	}
	src.Select = "#nowhere"
	if _, err := r.collect(src, &state); err == nil || state.ErrorClass != ClassSelector {
		t.Errorf("a selector that matches nothing: %v, %+v", err, state)
	}
}
