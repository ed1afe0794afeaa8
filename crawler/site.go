package crawler

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gocolly/colly/v2"
	"golang.org/x/net/html"

	"earshot/internal/egress"
	"earshot/mention"
)

const (
	acceptPage   = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"
	defaultPages = 200
	defaultDepth = 1
	maxRemember  = 2000 // pages a site remembers between passes
	maxStored    = 40   // links remembered of one page
	sitePassTime = 10 * time.Minute
)

// site walks over the pages of one host and takes the articles.
type site struct {
	src    mention.Source
	o      Options
	client *http.Client
}

func newSite(src mention.Source, o Options) *site {
	return &site{src: src, o: o, client: o.Egress.Client(egress.ClientOptions{MaxBody: maxPageBytes, Wrap: o.Hosts.wrapRobots(o.MaxWait)})}
}

// siteCursor is what a site remembers between passes.
type siteCursor struct {
	Pages map[string]*sitePage `json:"pages,omitempty"` // by canonical address
	Maps  map[string]*sitePage `json:"maps,omitempty"`  // sitemaps
	Wait  time.Duration        `json:"wait,omitempty"`
}

// A sitePage is what is remembered of one page.
type sitePage struct {
	ETag     string    `json:"e,omitempty"`
	Modified string    `json:"m,omitempty"`
	Links    []string  `json:"l,omitempty"` // of an index page
	Article  bool      `json:"a,omitempty"`
	First    time.Time `json:"f"` // first fetched
	Last     time.Time `json:"t"` // last fetched
}

// due reports whether a page is to be asked again. An index page is asked on
// every pass; an article is looked at again as often as it is likely to be
// edited: after an hour, then after as long again as it has been known.
func (p *sitePage) due(now time.Time) bool {
	if p == nil || !p.Article {
		return true
	}
	return now.Sub(p.Last) >= max(time.Hour, p.Last.Sub(p.First))
}

// A visit is one pass over a site.
type visit struct {
	*pass
	ctx     context.Context //nolint:containedctx // of the pass; colly's callbacks take none
	site    *site
	start   *url.URL
	cursor  siteCursor
	queue   []siteLink
	queued  map[string]bool
	current siteLink
	asked   int
	lists   int // further pages of lists queued
	fresh   int
	err     error // that ends the pass
	started bool  // the first page was answered
}

type siteLink struct {
	url   string
	depth int
}

// Collect implements [Collector].
func (s *site) Collect(ctx context.Context, state mention.SourceState, emit func(mention.Batch) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, maxPass, errPass)
	defer cancel()
	p := begin(s.src, &s.o, state, emit)
	if err := p.held(); err != nil {
		return p.failed(ctx, err)
	}
	start, err := url.Parse(s.src.URL)
	if err != nil {
		return p.failed(ctx, &FetchError{URL: s.src.URL, Class: ClassNetwork, Err: err})
	}
	v := &visit{pass: p, ctx: ctx, site: s, start: start, cursor: recall[siteCursor](state.Cursor), queued: map[string]bool{}}
	if v.cursor.Pages == nil {
		v.cursor.Pages = map[string]*sitePage{}
	}
	v.push(s.src.URL, 0)
	if v.err = v.readMaps(); v.err == nil {
		v.walk()
	}
	if v.err != nil && (!v.started || !errors.Is(v.err, errPass) && !isFetchError(v.err)) {
		return p.failed(ctx, v.err)
	}
	return v.finish()
}

func isFetchError(err error) bool {
	_, ok := errors.AsType[*FetchError](err)
	return ok
}

// finish stores what is remembered. A pass that was cut short by its host
// counts as done as far as it came; the rest is for the next one.
func (v *visit) finish() error {
	v.cursor.forget(maxRemember)
	wait := v.cursor.Wait
	switch {
	case wait == 0:
		wait = defaultWait
	case v.fresh > 0:
		wait /= 2
	default:
		wait += wait / 2
	}
	v.cursor.Wait = min(max(wait, 3*minWait), maxWait)
	if err := v.remember(v.cursor); err != nil {
		return err
	}
	next := v.now.Add(nextWait(v.site.src.Every.Std(), v.cursor.Wait, 0, 0))
	if v.site.src.Every == 0 {
		next = v.now.Add(v.cursor.Wait + jitter(v.cursor.Wait/10))
	}
	if fe, ok := errors.AsType[*FetchError](v.err); ok && fe.RetryAfter > 0 {
		next = later(next, v.now.Add(fe.RetryAfter))
	}
	return v.done(mention.Batch{}, next, v.fresh)
}

// forget drops the pages not asked for the longest time.
func (c *siteCursor) forget(most int) {
	for len(c.Pages) > most {
		oldest, at := "", time.Time{}
		for key, p := range c.Pages {
			if at.IsZero() || p.Last.Before(at) {
				oldest, at = key, p.Last
			}
		}
		delete(c.Pages, oldest)
	}
}

// push queues a page that may be followed and was not queued before.
func (v *visit) push(address string, depth int) bool {
	u, err := url.Parse(address)
	if err != nil || !strings.EqualFold(u.Host, v.start.Host) || depth > 0 && !strings.HasPrefix(u.Path, v.site.src.Follow) || isFile(u.Path) {
		return false
	}
	key := Canonical(address)
	if key == "" || v.queued[key] || len(v.queued) >= 20*v.budget() {
		return false
	}
	v.queued[key] = true
	v.queue = append(v.queue, siteLink{address, depth})
	return true
}

// isFile reports paths that are surely no page.
func isFile(path string) bool {
	dot := strings.LastIndexByte(path, '.')
	if dot < 0 || len(path)-dot > 5 {
		return false
	}
	switch strings.ToLower(path[dot+1:]) {
	case "pdf", "jpg", "jpeg", "png", "gif", "webp", "svg", "ico", "css", "js", "json", "xml", "zip", "gz", "mp3", "mp4", "webm",
		"mov", "avi", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "rss", "atom", "woff", "woff2", "exe", "dmg", "txt", "csv":
		return true
	}
	return false
}

func (v *visit) budget() int {
	if v.site.src.Pages > 0 {
		return v.site.src.Pages
	}
	return defaultPages
}

func (v *visit) depth() int {
	if v.site.src.Depth > 0 {
		return v.site.src.Depth
	}
	return defaultDepth
}

// walk visits what is queued, breadth first, with a collector of its own:
// colly's memory of what it saw does not shrink. Manners are the transport's;
// colly's own limits and robots are off, and pages come as they are.
func (v *visit) walk() {
	c := colly.NewCollector(colly.StdlibContext(v.ctx), colly.AllowURLRevisit(), colly.IgnoreRobotsTxt(), colly.MaxBodySize(0),
		colly.UserAgent(v.o.Egress.UserAgent()), colly.ParseHTTPErrorResponse())
	c.SetClient(v.site.client)
	c.OnResponse(v.guarded(v.answered))
	for len(v.queue) > 0 && v.err == nil && v.asked < v.budget() && v.o.Now().Sub(v.now) < sitePassTime {
		v.current, v.queue = v.queue[0], v.queue[1:]
		known := v.cursor.Pages[Canonical(v.current.url)]
		if !known.due(v.now) {
			continue
		}
		header := http.Header{"Accept": {acceptPage}}
		if known != nil && known.ETag != "" {
			header.Set("If-None-Match", known.ETag)
		}
		if known != nil && known.Modified != "" {
			header.Set("If-Modified-Since", known.Modified)
		}
		if err := c.Request(http.MethodGet, v.current.url, nil, nil, header); err != nil {
			v.fault(fetchError(v.ctx, v.current.url, err))
		} else {
			v.asked++
		}
	}
}

// guarded keeps a panic in a page from ending the process.
func (*visit) guarded(fn colly.ResponseCallback) colly.ResponseCallback {
	return func(r *colly.Response) {
		defer func() {
			if p := recover(); p != nil {
				r.Ctx.Put("panic", "yes")
			}
		}()
		fn(r)
	}
}

// fault decides whether a page that could not be had ends the pass: the first
// one does, and a host that wants rest; any other is only itself.
func (v *visit) fault(err error) {
	fe, ok := errors.AsType[*FetchError](err)
	if !ok || !v.started {
		v.err = err
		return
	}
	switch {
	case fe.Class == ClassRobots:
	case fe.Class == ClassHeld || fe.Class == ClassBusy || fe.Status == http.StatusTooManyRequests || fe.Status == http.StatusServiceUnavailable:
		v.err = err
	default:
		v.asked++
		v.o.Log.Debug("page not read", "url", v.current.url, "class", fe.Class)
	}
}

// answered takes one page.
func (v *visit) answered(r *colly.Response) {
	key := Canonical(v.current.url)
	known := v.cursor.Pages[key]
	if r.StatusCode == http.StatusNotModified && known != nil {
		v.started = true
		known.Last = v.now
		v.follow(known.Links)
		return
	}
	if r.StatusCode != http.StatusOK {
		v.fault(&FetchError{
			URL: v.current.url, Class: statusClass(r.StatusCode), Status: r.StatusCode,
			RetryAfter: retryAfter(r.Headers.Get("Retry-After"), v.o.Now()),
		})
		return
	}
	at := r.Request.URL
	if !strings.EqualFold(at.Host, v.start.Host) && v.current.depth > 0 {
		return // led away from the site
	}
	defer v.o.Hosts.reading(r.Body)()
	doc, err := parsePage(r.Body, r.Headers.Get("Content-Type"))
	if err != nil {
		v.fault(pageError(err, v.current.url))
		return
	}
	v.started = true
	if known == nil {
		known = &sitePage{First: v.now}
		v.cursor.Pages[key] = known
	}
	known.ETag, known.Modified, known.Last = r.Headers.Get("Etag"), r.Headers.Get("Last-Modified"), v.now
	links := v.inside(pageLinks(doc, at))
	known.Links = links[:min(len(links), maxStored)]
	v.follow(links)
	v.take(r, doc, at, known)
}

// inside keeps the links that may be followed.
func (v *visit) inside(links []string) []string {
	keep := links[:0]
	for _, link := range links {
		if u, err := url.Parse(link); err == nil && strings.EqualFold(u.Host, v.start.Host) && strings.HasPrefix(u.Path, v.site.src.Follow) && !isFile(u.Path) {
			keep = append(keep, link)
		}
	}
	return keep
}

func (v *visit) follow(links []string) {
	if v.current.depth >= v.depth() {
		return
	}
	for _, link := range links {
		// A further page of a list is no deeper than the list.
		if u, err := url.Parse(link); err == nil && v.lists < v.site.src.Lists && isPagination(u) && v.push(link, v.current.depth) {
			v.lists++
			continue
		}
		v.push(link, v.current.depth+1)
	}
}

// take emits the article of a page, if it has one. The first page has none:
// it is where the walk begins.
func (v *visit) take(r *colly.Response, doc *html.Node, at *url.URL, known *sitePage) {
	if v.current.depth == 0 || isPagination(at) {
		return
	}
	facts := readFacts(doc, at)
	var comments []comment
	if v.site.src.Comments {
		comments = pageComments(doc)
	}
	fields := &v.site.src.Fields
	removeFields(doc, fields)
	a, err := readArticle(doc, at)
	if err != nil {
		return
	}
	applyFields(doc, fields, a)
	if !facts.isArticle(a) && len(selected(doc, fields.Text)) == 0 {
		return
	}
	if !known.Article {
		known.Article = true
		v.fresh++
	}
	known.Links = nil
	answer := answer{url: at, status: r.StatusCode, header: *r.Headers, body: r.Body, fetched: v.o.Now().UTC()}
	m := articleMention(v.site.src, a, facts, at, answer.fetched)
	b := mention.Batch{Source: m.Source, Mentions: append([]mention.Mention{m}, commentMentions(&m, comments, at, answer.fetched)...)}
	b.Capture = answer.capture()
	if err := v.emit(b); err != nil {
		v.err = err
	}
}

// articleMention makes the mention of an article.
func articleMention(src mention.Source, a *Article, f *facts, at *url.URL, now time.Time) mention.Mention {
	m := mention.Mention{
		Source: src.ID, Origin: mention.OriginCollect, Kind: src.Type, URL: at.String(), Canonical: Canonical(f.canonical),
		Title: a.Title, Text: a.Text, Author: a.Author, Country: firstNonEmpty(src.Country, countryOf(at.Hostname())), Channel: src.Channel,
		Lang: firstNonEmpty(src.Lang, a.Language), Published: clamp(a.Published, now), Updated: clamp(a.Updated, now),
	}
	if !m.Updated.After(m.Published) {
		m.Updated = time.Time{}
	}
	if m.Kind == "" {
		m.Kind = guessKind(m.URL, src)
	}
	Identify(&m)
	return m
}

// countryOf is the country of a host's top level domain, where that means one.
func countryOf(host string) string {
	tld := host[strings.LastIndexByte(host, '.')+1:]
	switch tld {
	case "tv", "io", "co", "me", "ai", "fm", "ly", "cc", "ws", "to", "gg", "sh", "ac", "la", "eu", "im", "is", "nu", "tk", "ml", "ga", "cf", "gq", "vc", "su", "ag", "st", "pw", "bz", "sc", "so", "dj", "am", "app", "ms", "md":
		return "" // sold to anyone
	case "uk":
		return "gb"
	}
	if len(tld) != 2 || strings.ContainsFunc(tld, func(r rune) bool { return r < 'a' || r > 'z' }) {
		return ""
	}
	return tld
}

// isPagination reports addresses of further pages of a list.
func isPagination(u *url.URL) bool {
	last := strings.ToLower(u.Path[strings.LastIndexByte(strings.TrimRight(u.Path, "/"), '/')+1:])
	last = strings.TrimSuffix(strings.TrimSuffix(strings.TrimRight(last, "/"), ".html"), ".php")
	for _, prefix := range []string{"page-", "page", "seite-", "p"} {
		if rest, ok := strings.CutPrefix(last, prefix); ok && rest != "" && len(rest) <= 4 && strings.Trim(rest, "0123456789") == "" {
			return true
		}
	}
	q := u.Query()
	return q.Has("page") || q.Has("paged") || q.Has("offset") || q.Has("start")
}
