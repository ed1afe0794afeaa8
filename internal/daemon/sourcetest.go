package daemon

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"earshot/api"
	"earshot/crawler"
	"earshot/internal/config"
	"earshot/mention"
	"earshot/nlp"
)

// The bounds of the test of an address.
const (
	testTime    = 24 * time.Second // of one that a page asked for: an answer must be begun within 30 s
	walkTime    = 12 * time.Second // of it, for the walk over a site
	testPages   = 5
	testAtOnce  = 2
	testWait    = 5 * time.Second // for a host that is being read
	testedItems = 10
	testedText  = 400 // bytes of a text
)

// TestSource reads an address once and tells what a source of it would be and
// bring; nothing is stored. The mentions are given as they would be collected.
// What the host does wrong is told in the answer; the error is for an address
// that is none, and for ctx.
func TestSource(ctx context.Context, cfg *config.Config, an *nlp.Analyzer, o crawler.Options, address string) (mention.SourceTest, []mention.Mention, error) {
	t := mention.SourceTest{Address: strings.TrimSpace(address)}
	target, err := webAddress(t.Address)
	if err != nil {
		return t, nil, err
	}
	r, err := crawler.Inspect(ctx, target, o)
	if err != nil {
		return t, nil, testFailed(ctx, &t, err)
	}
	found := r.Mentions
	t.Good, t.URL, t.Status, t.Type, t.Title, t.Repaired = true, r.URL, r.Status, r.Type, r.Title, r.Repaired
	t.Answer, t.Feeds, t.Sitemaps = answered(r, target), r.Feeds, r.Sitemaps
	t.Gap, t.Wait = mention.Duration(r.Gap.Round(time.Minute)), mention.Duration(r.Wait.Round(time.Minute))
	if r.Cut {
		t.Cut = "not every place was looked at where a feed may be: time was up"
	}
	src := r.Source
	t.Robots, t.Refused = robotsTold(r)
	walked := false
	if src.Kind == mention.SourceSite && !t.Refused && ctx.Err() == nil {
		list, err := walk(ctx, src, o)
		if err != nil {
			t.Cut = strings.TrimPrefix(err.Error(), "crawler: ")
		}
		if walked = len(list) > 0; walked {
			found = list
		}
	}
	list := NewSourceList(cfg)
	t.Known = list.At(src.URL)
	src.ID = cmp.Or(t.Known, list.NewID(r.Title, src.URL))
	t.Source = &src
	if t.YAML, err = config.SourcesYAML([]mention.Source{src}); err != nil {
		return t, nil, err
	}
	t.Found, t.Extraction = len(found), extracted(r, found, walked)
	readItems(ctx, &t, an, found)
	return t, found, nil
}

// testFailed tells why an address could not be read.
func testFailed(ctx context.Context, t *mention.SourceTest, err error) error {
	fe, ok := errors.AsType[*crawler.FetchError](err)
	if !ok {
		if errors.Is(err, context.DeadlineExceeded) {
			t.Answer, t.Class = "the host takes too long to answer", crawler.ClassTimeout
			return nil
		}
		return cmp.Or(ctx.Err(), err)
	}
	t.Answer, t.Class, t.Status, t.Refused = fe.Message(), fe.Class, fe.Status, fe.Class == crawler.ClassRobots
	return nil
}

// webAddress is what a person typed as an address; the scheme may be left out.
func webAddress(text string) (string, error) {
	bad := &api.InvalidError{Faults: []string{fmt.Sprintf("%q is not an address such as https://news.example/feed", text)}}
	if len(text) > 2000 || strings.ContainsAny(text, " \t\r\n") {
		return "", bad
	}
	if !strings.Contains(text, "://") {
		if host, _, _ := strings.Cut(text, "/"); !strings.Contains(host, ".") {
			return "", bad
		}
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", bad
	}
	u.Fragment = ""
	return u.String(), nil
}

// unsecret is an address without a password, for the audit.
func unsecret(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "an address that cannot be read"
	}
	return u.Redacted()
}

// answered tells what the host said.
func answered(r *crawler.Report, asked string) string {
	kind, _, _ := strings.Cut(r.Kind, ";")
	text := fmt.Sprintf("HTTP %d %s, %s, %s", r.Status, http.StatusText(r.Status), cmp.Or(strings.TrimSpace(kind), "no media type"), sized(r.Size))
	if r.URL != asked {
		text += "; it led to another address"
	}
	return text
}

func sized(n int) string {
	switch {
	case n < 1<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 1<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%.1f MiB", float64(n)/(1<<20))
}

// robotsTold is what robots.txt means for the source, and whether it keeps it
// away: feeds are there to be polled, and are.
func robotsTold(r *crawler.Report) (text string, refused bool) {
	v := r.Robots
	pause := ""
	if v.Delay > 0 {
		pause = fmt.Sprintf("; it asks for %s between two requests, which are kept", v.Delay)
	}
	switch {
	case v.Err != nil:
		return "it could not be had: " + strings.TrimPrefix(v.Err.Error(), "crawler: "), r.Source.Kind != mention.SourceFeed
	case v.Allowed:
		return "programs may read this address" + pause, false
	case r.Source.Kind == mention.SourceFeed:
		return "it asks programs to stay away from this address; a feed is there to be polled, and is" + pause, false
	}
	return "it asks programs to stay away from this address, and earshot does; ask its owner", true
}

// walk makes a short pass over a site.
func walk(ctx context.Context, src mention.Source, o crawler.Options) ([]mention.Mention, error) {
	ctx, cancel := context.WithTimeout(ctx, walkTime)
	defer cancel()
	src.Pages = testPages
	c, err := crawler.New(src, o)
	if err != nil {
		return nil, err
	}
	var found []mention.Mention
	err = c.Collect(ctx, mention.SourceState{Source: src.ID}, func(b mention.Batch) error {
		found = append(found, b.Mentions...)
		return nil
	})
	if ctx.Err() != nil {
		return found, errors.New("only the first pages of the site were read: time was up")
	}
	return found, err
}

// extracted says where the texts come from.
func extracted(r *crawler.Report, found []mention.Mention, walked bool) string {
	words, empty := 0, 0
	for i := range found {
		n := len(strings.Fields(found[i].Text))
		if words += n; n == 0 {
			empty++
		}
	}
	switch {
	case len(found) == 0 && r.Source.Kind == mention.SourceFeed:
		return "the feed is empty now"
	case len(found) == 0:
		return "no article was found on the first pages; as a `page` it can be watched for changes"
	case r.Source.Kind == mention.SourceFeed && empty == len(found):
		return "the feed gives titles alone"
	case r.Source.Kind == mention.SourceFeed:
		return fmt.Sprintf("text of the feed, %d words an item on average", words/len(found))
	case walked:
		return fmt.Sprintf("main text of %d articles on the first %d pages, %d words on average", len(found), testPages, words/len(found))
	}
	return fmt.Sprintf("main text of this page, %d words", words)
}

// readItems tells of the first mentions what would be understood, and of all
// which brands they are about.
func readItems(ctx context.Context, t *mention.SourceTest, an *nlp.Analyzer, found []mention.Mention) {
	counts := map[string]int{}
	for i := range found {
		if i >= testedItems && ctx.Err() != nil {
			t.Cut = strings.TrimPrefix(t.Cut+"; ", "; ") + fmt.Sprintf("brands were looked for in the first %d of %d: time was up", i, len(found))
			break
		}
		m := &found[i]
		analysis, linked := an.Analyze(m)
		about := map[string]bool{}
		for _, b := range linked {
			if !about[b.Brand] {
				about[b.Brand] = true
				counts[b.Brand]++
			}
		}
		if i < testedItems {
			t.Items = append(t.Items, testedItem(m, &analysis, an.Preview(m)))
		}
	}
	for brand, n := range counts {
		t.Caught = append(t.Caught, mention.BrandCount{Brand: brand, Count: n})
	}
	slices.SortFunc(t.Caught, func(a, b mention.BrandCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Brand, b.Brand))
	})
}

func testedItem(m *mention.Mention, a *mention.Analysis, places []nlp.Candidate) mention.TestedItem {
	item := mention.TestedItem{
		Title: m.Title, URL: m.URL, Author: m.Author, Published: m.Published, Text: beginning(m.Text, testedText),
		Words: len(strings.Fields(m.Text)), Language: a.Language, Status: a.Status,
	}
	if a.Sentiment != nil {
		item.Sentiment = a.Sentiment.Label
	}
	told := map[string]bool{}
	for _, p := range places {
		text := m.Text
		if p.Span.Field == "title" {
			text = m.Title
		}
		b := mention.TestedBrand{Brand: p.Brand, Product: p.Product, Linked: p.Linked, Why: p.Why}
		if p.Span.Start >= 0 && p.Span.End <= len(text) && p.Span.Start < p.Span.End {
			b.Words = text[p.Span.Start:p.Span.End]
		}
		key := fmt.Sprintf("%s\x00%s\x00%t", b.Brand, b.Product, b.Linked)
		if !told[key] && len(item.Brands) < 20 {
			told[key] = true
			item.Brands = append(item.Brands, b)
		}
	}
	return item
}

// beginning is the start of a text, in at most n bytes and whole runes.
func beginning(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n] + " …"
}

// TestSource implements api.Configuring.
func (b backend) TestSource(ctx context.Context, actor, address string) (mention.SourceTest, error) {
	select {
	case b.testing <- struct{}{}:
		defer func() { <-b.testing }()
	default:
		return mention.SourceTest{}, fmt.Errorf("%w: other addresses are being tested; wait for them", api.ErrUnavailable)
	}
	ctx, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	f := b.fetch.Load()
	o := crawler.Options{Egress: f.egress, Hosts: f.hosts, Brands: f.brands, Now: now, MaxWait: testWait, Log: b.log}
	t, _, err := TestSource(ctx, b.cfg.Load(), b.understand.linker.Load().analyzer, o, address)
	if err != nil {
		return t, err
	}
	return t, b.audit(context.WithoutCancel(ctx), actor, "test.source", unsecret(t.Address), t.Answer)
}
