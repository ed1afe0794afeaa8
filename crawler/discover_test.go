package crawler

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"earshot/mention"
)

func TestInspect(t *testing.T) {
	tests := []struct {
		name  string
		pages map[string]string // by path; BASE is the host
		kind  mention.SourceKind
		at    string // path of the source found
		feeds []string
		n     int // mentions
	}{
		{"a feed", map[string]string{"/": rssItems(rssItem1(1, "a"), rssItem1(2, "b"))}, "feed", "/", nil, 2},
		{"a page that names its feeds", map[string]string{
			"/":        `<html><head><title>Home</title><link rel="alternate" type="application/rss+xml" title="All" href="/all.xml"><link rel="alternate" type="application/atom+xml" href="/gone.xml"></head><body>hello</body></html>`,
			"/all.xml": rssItems(rssItem1(1, "a")), "/feed": rssItems(rssItem1(1, "not asked")),
		}, "feed", "/all.xml", []string{"link /all.xml"}, 1},
		{"a page that does not", map[string]string{"/": `<title>Home</title>hello`, "/rss.xml": rssItems(rssItem1(1, "a"))}, "feed", "/rss.xml", []string{"path /rss.xml"}, 1},
		{"an article that names a feed", map[string]string{
			"/": `<html><head><title>One</title><link rel="alternate" type="application/rss+xml" href="/all.xml"><meta property="og:type" content="article"></head><body><article><h1>One</h1><p>` +
				strings.Repeat("The works by the river were closed on Monday, and nobody said why. ", 12) + `</p></article></body></html>`,
			"/all.xml": rssItems(rssItem1(1, "a"), rssItem1(2, "b"), rssItem1(3, "c")),
		}, "feed", "/all.xml", []string{"link /all.xml"}, 3},
		{"WordPress", map[string]string{
			"/":      `<head><title>Home</title><meta name="generator" content="WordPress 6.9"><link rel="alternate" type="application/rss+xml" href="/feed/"></head>`,
			"/feed/": rssItems(rssItem1(1, "a")), "/comments/feed/": rssItems(rssItem1(1, "c")),
		}, "feed", "/feed/", []string{"link /feed/", "host /comments/feed/"}, 1},
		{"no feed", map[string]string{"/": `<title>Home</title>hello`}, "site", "/", nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			srv := serve(t, func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/robots.txt" {
					fmt.Fprintf(w, "Sitemap: http://%s/map.xml\n", req.Host)
					return
				}
				body, ok := tt.pages[req.URL.Path]
				if !ok {
					http.NotFound(w, req)
					return
				}
				if strings.HasPrefix(strings.TrimSpace(body), "<") && !strings.Contains(body, "<rss") {
					w.Header().Set("Content-Type", "text/html")
				}
				fmt.Fprint(w, body)
			})
			got, err := Inspect(t.Context(), srv.URL+"/", Options{Egress: r.egress, Hosts: r.hosts, Now: r.clock})
			if err != nil {
				t.Fatal(err)
			}
			var feeds []string
			for _, f := range got.Feeds {
				feeds = append(feeds, f.How+" "+strings.TrimPrefix(f.URL, srv.URL))
			}
			if diff := cmp.Diff(tt.feeds, feeds); diff != "" {
				t.Errorf("feeds (-want +got)\n%s", diff)
			}
			if got.Source.Kind != tt.kind || got.Source.URL != srv.URL+tt.at || len(got.Mentions) != tt.n || got.Wait <= 0 {
				t.Errorf("Inspect = %+v, want a %s at %s with %d mentions", got, tt.kind, tt.at, tt.n)
			}
			if got.Type == "page" && len(got.Sitemaps) != 1 {
				t.Errorf("sitemaps %q", got.Sitemaps)
			}
		})
	}
}

func TestHostFeeds(t *testing.T) {
	for address, want := range map[string]string{
		"https://www.youtube.com/channel/UCx":       "https://www.youtube.com/feeds/videos.xml?channel_id=UCx",
		"https://www.youtube.com/playlist?list=PL1": "https://www.youtube.com/feeds/videos.xml?playlist_id=PL1",
		"https://github.com/zorblax/pill":           "https://github.com/zorblax/pill/releases.atom",
		"https://www.reddit.com/r/pharmacy/":        "https://www.reddit.com/r/pharmacy/.rss",
		"https://mastodon.example/@zorblax":         "https://mastodon.example/@zorblax.rss",
		"https://mastodon.example/tags/zorblax":     "https://mastodon.example/tags/zorblax.rss",
		"https://medium.com/@zorblax":               "https://medium.com/feed/@zorblax",
		"https://example.com/":                      "",
		"https://github.com/zorblax":                "",
	} {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if list := hostFeeds(u); len(list) > 0 {
			got = list[0]
		}
		if got != want {
			t.Errorf("hostFeeds(%s) = %q, want %q", address, got, want)
		}
	}
}

func TestOPML(t *testing.T) {
	list, err := ParseOPML([]byte("\n<?xml version=\"1.0\"\n?>\n<opml version=\"2.0\"><body>\n<outline text=\"A &amp; B\"><outline title=\"C\" text=\"c\" xmlUrl=\"https://c.test/f?x=1&amp;y=2\"/>\n" +
		`<outline text="again" xmlUrl="http://www.c.test/f?y=2&amp;x=1"/></outline>` + "\n" + `<outline text="D" xmlUrl="javascript:1"/><outline type="rss" text="E"/></body></opml>`))
	want := []Outline{
		{Title: "C", URL: "https://c.test/f?x=1&y=2", Folder: "A & B", Line: 5},
		{Title: "again", URL: "http://www.c.test/f?y=2&x=1", Folder: "A & B", Line: 6, Same: 5},
		{Title: "D", URL: "javascript:1", Line: 7},
		{Title: "E", Line: 7},
	}
	if diff := cmp.Diff(want, list); diff != "" || err != nil {
		t.Errorf("ParseOPML (-want +got), %v\n%s", err, diff)
	}
	var b strings.Builder
	if err := WriteOPML(&b, "mine", testTime, list[:1]); err != nil {
		t.Fatal(err)
	}
	want[0].Folder = ""
	if back, err := ParseOPML([]byte(b.String())); err != nil || !cmp.Equal(want[:1], back, cmpopts.IgnoreFields(Outline{}, "Line")) {
		t.Errorf("what was written reads as %+v, %v\n%s", back, err, &b)
	}
	if _, err := ParseOPML([]byte("<?xml version=\"1.0\"?>\n<opml><body>\n<outline text=\"a\"</body></opml>")); err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("a broken file: %v", err)
	}
	for _, bad := range []string{"", "<rss></rss>", "<opml><body></body></opml>", strings.Repeat("<outline>", 5000)} {
		if got, err := ParseOPML([]byte(bad)); err == nil {
			t.Errorf("ParseOPML(%.20q) = %v", bad, got)
		}
	}
}

func TestSitemapsNewsFirst(t *testing.T) {
	r := newRig(t)
	site := newSmallSite()
	day := func(d int) string { return testTime.AddDate(0, 0, -d).Format(time.RFC3339) }
	site.pages["/index.xml"] = `<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>BASE/all.xml</loc></sitemap><sitemap><loc>BASE/news-map.xml</loc></sitemap><sitemap><loc>http://elsewhere.test/x.xml</loc></sitemap></sitemapindex>`
	site.pages["/news-map.xml"] = `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>BASE/news/fresh.html</loc><news:news><news:publication_date>` + day(1) + `</news:publication_date></news:news></url></urlset>`
	site.pages["/all.xml"] = `<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>BASE/news/older.html</loc><lastmod>` + day(9) + `</lastmod></url><url><loc>BASE/news/ancient.html</loc><lastmod>` + day(900) + `</lastmod></url><url><loc>BASE/news/draft-2.html</loc><lastmod>` + day(1) + `</lastmod></url>`
	for _, name := range []string{"fresh", "older", "ancient", "draft-2"} {
		site.pages["/news/"+name+".html"] = story("Nordlicht story that is "+name, "")
	}
	site.pages["/news/"] = "<title>News</title>"
	srv := serve(t, site.ServeHTTP)
	site.robots = "User-agent: *\nDisallow: /news/draft\nSitemap: " + srv.URL + "/index.xml\n"
	for path, body := range site.pages {
		site.pages[path] = strings.ReplaceAll(body, "BASE", srv.URL)
	}
	src := mention.Source{ID: "s", Kind: mention.SourceSite, URL: srv.URL + "/news/", Follow: "/news/", Sitemap: "auto"}
	var state mention.SourceState
	got, err := r.collect(src, &state)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, m := range got {
		order = append(order, m.Title)
	}
	if diff := cmp.Diff([]string{"Nordlicht story that is fresh", "Nordlicht story that is older"}, order); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	before := len(site.asked)
	r.sleep(2 * time.Hour)
	if again, err := r.collect(src, &state); err != nil || len(again) != 0 {
		t.Errorf("a second pass brings %q, %v", titles(again), err)
	}
	for _, path := range site.asked[before:] {
		if path == "/news/fresh.html" {
			t.Error("a page that its sitemap says did not change is asked for again")
		}
	}
}

func TestFurtherPagesOfLists(t *testing.T) {
	r := newRig(t)
	site := newSmallSite()
	srv := serve(t, site.ServeHTTP)
	src := mention.Source{ID: "s", Kind: mention.SourceSite, URL: srv.URL + "/news/", Follow: "/news/", Lists: 1}
	got, err := r.collect(src, &mention.SourceState{})
	if err != nil || len(got) != 3 {
		t.Errorf("%q, %v; want the story on the second page of the list too", titles(got), err)
	}
}

func TestFieldsOfASite(t *testing.T) {
	r := newRig(t)
	site := newSmallSite()
	site.pages["/news/a.html"] = `<html lang="en"><head><title>Shop</title></head><body><div class="ad">Buy now</div><h3 class="t">The real title</h3><div class="who">Bo</div><i data-x="1" content="2026-02-01" class="d">x</i><div class="b"><p>Short text.</p><div class="ad">Buy</div></div></body></html>`
	site.pages["/news/"] = `<a href="/news/a.html">A</a>`
	srv := serve(t, site.ServeHTTP)
	src := mention.Source{ID: "s", Kind: mention.SourceSite, URL: srv.URL + "/news/", Fields: mention.Fields{Title: ".t", Text: ".b", Author: ".who", Published: ".d", Remove: ".ad"}}
	got, err := r.collect(src, &mention.SourceState{})
	if err != nil || len(got) != 1 {
		t.Fatalf("%+v, %v", got, err)
	}
	if m := got[0]; m.Title != "The real title" || m.Text != "Short text." || m.Author != "Bo" || m.Published.Format(time.DateOnly) != "2026-02-01" {
		t.Errorf("got %+v", m)
	}
	src.Fields.Text = "p >"
	if errs := Faults(&src); len(errs) != 1 {
		t.Errorf("Faults = %v, want the selector told", errs)
	}
}

func TestCommentsBelowAnArticle(t *testing.T) {
	r := newRig(t)
	site := newSmallSite()
	word := `<ol class="comment-list"><li id="comment-7" class="comment even"><article id="div-comment-7" class="comment-body"><footer><b class="fn">Ann</b><time datetime="2026-02-04T10:00:00Z">then</time></footer><div class="comment-content"><p>First!</p></div></article>
<ol class="children"><li id="comment-8" class="comment"><b class="fn">Bob</b><div class="comment-content">No, second.</div></li></ol></li></ol>`
	micro := `<div itemscope itemtype="https://schema.org/Comment" id="c12"><span itemprop="author">Cy</span><meta itemprop="dateCreated" content="2026-02-05"><div itemprop="text">Third</div></div><div itemtype="http://schema.org/Comment"><p itemprop="text">without an id</p></div>`
	site.pages["/news/"] = `<a href="/news/a.html">A</a>`
	site.pages["/news/a.html"] = strings.Replace(story("Nordlicht opens a plant in Kiel", ""), "</body>", word+micro+"</body>", 1)
	srv := serve(t, site.ServeHTTP)
	got, err := r.collect(mention.Source{ID: "s", Kind: mention.SourceSite, URL: srv.URL + "/news/", Comments: true}, &mention.SourceState{})
	if err != nil || len(got) != 4 {
		t.Fatalf("%d mentions, %v: %+v", len(got), err, got)
	}
	article, first, second, third := got[0], got[1], got[2], got[3]
	type row struct{ text, author, thread, parent, url string }
	want := []row{
		{"First!", "Ann", article.ID, article.ID, srv.URL + "/news/a.html#comment-7"},
		{"No, second.", "Bob", article.ID, first.ID, srv.URL + "/news/a.html#comment-8"},
		{"Third", "Cy", article.ID, article.ID, srv.URL + "/news/a.html#c12"},
	}
	for i, m := range []mention.Mention{first, second, third} {
		if g := (row{m.Text, m.Author, m.Thread, m.Parent, m.URL}); g != want[i] || m.Kind != mention.KindComment || m.ID == article.ID {
			t.Errorf("comment %d: %+v, want %+v", i, g, want[i])
		}
	}
	// The comment feed of the same page tells the same comment.
	m := mention.Mention{Source: "f", URL: srv.URL + "/news/a.html#comment-7"}
	if Identify(&m); m.ID != first.ID {
		t.Error("a comment of a feed is another than that of the page")
	}
}
