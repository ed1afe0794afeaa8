package crawler

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"earshot/internal/egress"
	"earshot/mention"
)

// A FoundFeed is a feed that belongs to an address.
type FoundFeed = mention.FoundFeed

// A Report is what an address turned out to be.
type Report struct {
	URL      string            // after redirects
	Source   mention.Source    // that would collect it best
	Title    string            // of the feed or page
	Type     string            // rss, atom, rdf, json or page
	Feeds    []FoundFeed       // of a page; each was read
	Sitemaps []string          // of a page's host
	Mentions []mention.Mention // what the source would bring
	Gap      time.Duration     // mean time between two items; 0 where it cannot be told
	Wait     time.Duration     // how long the source would rest between two passes
	Repaired string            // what of a feed had to be
	Status   int               // of HTTP
	Kind     string            // media type of the answer
	Size     int               // of the answer, in bytes
	Robots   Verdict           // on what the source would ask for
	Cut      bool              // time was up before every feed was looked for
}

// A Verdict is what robots.txt of a host says about an address.
type Verdict struct {
	Allowed bool
	Delay   time.Duration // asked for between two requests; 0 when not
	Err     error         // it could not be had, and then nothing else could
}

// verdict asks robots.txt about an address.
func (h *Hosts) verdict(ctx context.Context, u *url.URL) Verdict {
	rules, err := h.rules(ctx, u)
	switch {
	case errors.Is(err, errRobots):
		return Verdict{}
	case err != nil:
		return Verdict{Err: fetchError(ctx, u.String(), err)}
	}
	return Verdict{Allowed: rules.allowed(u), Delay: rules.delay}
}

const (
	maxGuesses = 12 // addresses asked for a page's feeds
	maxFound   = 20
)

// Inspect reads an address once and says what a source of it would give. A
// web page is searched for its feeds.
func Inspect(ctx context.Context, address string, o Options) (*Report, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	in := &inspection{
		o:      o,
		now:    o.Now().UTC(),
		client: o.Egress.Client(egress.ClientOptions{MaxBody: maxPageBytes, Wrap: o.Hosts.wrap(o.MaxWait)}),
		gated:  o.Egress.Client(egress.ClientOptions{MaxBody: maxPageBytes, Wrap: o.Hosts.wrapRobots(o.MaxWait)}),
	}
	a, err := ask(ctx, in.client, o.Now, question{url: address, accept: acceptFeed + ", text/html;q=0.5"})
	if err != nil {
		return nil, err
	}
	r := &Report{URL: a.url.String(), Status: a.status, Kind: a.header.Get("Content-Type"), Size: len(a.body), Robots: in.o.Hosts.verdict(ctx, a.url)}
	if feed, err := ParseFeed(a.body, a.header.Get("Content-Type")); err == nil {
		in.feed(r, a, feed)
		return r, nil
	}
	return r, in.page(ctx, r, a)
}

// inspection is one [Inspect].
type inspection struct {
	o             Options
	now           time.Time
	client, gated *http.Client
}

// feed tells of an address that is a feed.
func (in *inspection) feed(r *Report, a *answer, f *Feed) {
	r.Source = mention.Source{ID: "test", Kind: mention.SourceFeed, URL: r.URL}
	r.Title, r.Type, r.Repaired = f.Title, f.Type, f.Salvaged
	r.Mentions = feedMentions(r.Source, f, a.url, in.now)
	gap, overflow := rhythmOf(in.now, f.Items)
	r.Gap = gap
	r.Wait = nextWait(0, max(f.TTL, freshFor(a.header, in.now)), gap, overflow)
}

// page tells of an address that is a web page: its feeds, and the article
// that a site's walk would take from it.
func (in *inspection) page(ctx context.Context, r *Report, a *answer) error {
	doc, err := parsePage(a.body, a.header.Get("Content-Type"))
	if err != nil {
		return pageError(err, r.URL)
	}
	facts := readFacts(doc, a.url)
	r.Title, r.Type = facts.headline(), "page"
	r.Source = mention.Source{ID: "test", Kind: mention.SourceSite, URL: r.URL}
	r.Wait = defaultWait
	if art, err := readArticle(doc, a.url); err == nil && facts.isArticle(art) {
		m := articleMention(r.Source, art, facts, a.url, in.now)
		r.Mentions = []mention.Mention{m}
	}
	for _, c := range in.candidates(doc, a.url) {
		if len(r.Feeds) >= maxFound {
			break
		}
		if c.How == "path" && len(r.Feeds) > 0 {
			break // what a page names itself is enough
		}
		if err := in.verify(ctx, r, c); errors.Is(err, context.DeadlineExceeded) {
			r.Cut = true // what is known by then is the answer
			break
		} else if err != nil {
			return err
		}
	}
	if maps, err := in.o.Hosts.sitemaps(ctx, a.url); err == nil {
		r.Sitemaps = maps
	}
	return nil
}

// verify reads a feed that may be there.
func (in *inspection) verify(ctx context.Context, r *Report, c FoundFeed) error {
	a, err := ask(ctx, in.gated, in.o.Now, question{url: c.URL, accept: acceptFeed})
	if err != nil {
		if _, ok := errors.AsType[*FetchError](err); ok && !interrupted(ctx) {
			return nil
		}
		return err
	}
	f, err := ParseFeed(a.body, a.header.Get("Content-Type"))
	if err != nil {
		return nil //nolint:nilerr // it is no feed: that is the answer
	}
	c.URL, c.Items = a.url.String(), len(f.Items)
	c.Title = firstNonEmpty(f.Title, c.Title)
	if slices.ContainsFunc(r.Feeds, func(x FoundFeed) bool { return Canonical(x.URL) == Canonical(c.URL) }) {
		return nil
	}
	if len(r.Feeds) == 0 {
		gap, overflow := rhythmOf(in.now, f.Items)
		r.Gap, r.Wait = gap, nextWait(0, max(f.TTL, freshFor(a.header, in.now)), gap, overflow)
		r.Source = mention.Source{ID: "test", Kind: mention.SourceFeed, URL: c.URL}
		r.Mentions = feedMentions(r.Source, f, a.url, in.now) // and no article: the source brings what the feed has
		r.Robots = in.o.Hosts.verdict(ctx, a.url)
	}
	r.Feeds = append(r.Feeds, c)
	return nil
}

// candidates are addresses at which a page's feeds may be, most likely first.
func (*inspection) candidates(doc *html.Node, at *url.URL) []FoundFeed {
	var list []FoundFeed
	seen := map[string]bool{}
	add := func(how, title string, links ...string) {
		for _, link := range links {
			if link != "" && !seen[link] && len(list) < maxFound+maxGuesses {
				seen[link] = true
				list = append(list, FoundFeed{URL: link, Title: title, How: how})
			}
		}
	}
	wordPress := false
	eachNode(doc, func(n *html.Node) bool {
		switch {
		case n.Type != html.ElementNode:
		case n.DataAtom == atom.Link && strings.Contains(" "+strings.ToLower(attr(n, "rel"))+" ", " alternate ") && isFeedType(attr(n, "type")):
			add("link", plainLine(attr(n, "title")), absolute(attr(n, "href"), at))
		case n.DataAtom == atom.Meta && attr(n, "itemprop") == "channelId", n.DataAtom == atom.Meta && attr(n, "itemprop") == "identifier" && strings.HasPrefix(attr(n, "content"), "UC"):
			add("host", "", "https://www.youtube.com/feeds/videos.xml?channel_id="+url.QueryEscape(attr(n, "content")))
		case n.DataAtom == atom.Meta && strings.EqualFold(attr(n, "name"), "generator"):
			wordPress = wordPress || strings.Contains(strings.ToLower(attr(n, "content")), "wordpress")
		}
		return n.DataAtom != atom.Body || n.Type != html.ElementNode
	})
	add("host", "", hostFeeds(at)...)
	root := at.Scheme + "://" + at.Host
	if wordPress {
		add("host", "comments", root+"/comments/feed/")
	}
	for _, path := range []string{"feed", "rss.xml", "feed.xml", "atom.xml", "index.xml", "rss", "feed.json", "index.rss", "feed.atom", "rss/feed.xml"} {
		add("path", "", root+"/"+path)
	}
	return list
}

func isFeedType(kind string) bool {
	switch base, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(kind)), ";"); strings.TrimSpace(base) {
	case "application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml", "application/x-rss+xml":
		return true
	}
	return false
}

// hostFeeds are the feeds that a platform has for each of its pages.
func hostFeeds(at *url.URL) []string {
	host := siteOf(at.Hostname())
	root := at.Scheme + "://" + at.Host
	parts := strings.Split(strings.Trim(at.Path, "/"), "/")
	first := parts[0]
	second := ""
	if len(parts) > 1 {
		second = parts[1]
	}
	switch {
	case host == "youtube.com" && first == "channel" && second != "":
		return []string{root + "/feeds/videos.xml?channel_id=" + url.QueryEscape(second)}
	case host == "youtube.com" && at.Query().Get("list") != "":
		return []string{root + "/feeds/videos.xml?playlist_id=" + url.QueryEscape(at.Query().Get("list"))}
	case host == "github.com" && second != "":
		repo := root + "/" + first + "/" + second
		return []string{repo + "/releases.atom", repo + "/tags.atom", repo + "/commits.atom"}
	case (host == "reddit.com" || host == "old.reddit.com") && (first == "r" || first == "user" || first == "u") && second != "":
		return []string{root + "/" + first + "/" + second + "/.rss"}
	case host == "medium.com" && first != "":
		return []string{root + "/feed/" + first}
	case strings.HasPrefix(first, "@") && len(parts) == 1: // Mastodon and its like
		return []string{root + "/" + first + ".rss"}
	case first == "tags" && second != "":
		return []string{root + "/tags/" + second + ".rss"}
	}
	return nil
}
