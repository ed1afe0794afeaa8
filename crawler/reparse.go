package crawler

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

// Reparse reads a capture again as its source did, and gives the mentions that
// the parsers of today make of it. Times are those of the capture: the same
// bytes give the same mentions whenever that is done. Nothing is fetched. A
// watched page tells changes between two captures, and gives none.
func Reparse(ctx context.Context, src mention.Source, c *mention.Capture, o Options) ([]mention.Mention, error) {
	at, err := url.Parse(c.URL)
	if err != nil {
		return nil, fmt.Errorf("crawler: capture %s: %w", c.ID, err)
	}
	kind, known := kindOf(src.Kind)
	header := http.Header(c.Header)
	switch {
	case src.Kind == mention.SourcePage:
		return nil, nil
	case src.Kind == mention.SourceSite:
		return reparsePage(src, c, at, header)
	case known && kind.platform != nil:
		return reparseAPI(ctx, kind.platform, src, c, at, o)
	}
	feed, err := ParseFeed(c.Body, header.Get("Content-Type"))
	if err == nil {
		return feedMentions(src, feed, at, c.Fetched), nil
	}
	if src.Kind == "" { // its source is gone from the configuration
		return reparsePage(src, c, at, header)
	}
	return nil, err
}

func reparsePage(src mention.Source, c *mention.Capture, at *url.URL, header http.Header) ([]mention.Mention, error) {
	doc, err := parsePage(c.Body, header.Get("Content-Type"))
	if err != nil {
		return nil, pageError(err, c.URL)
	}
	facts := readFacts(doc, at)
	var comments []comment
	if src.Comments {
		comments = pageComments(doc)
	}
	removeFields(doc, &src.Fields)
	a, err := readArticle(doc, at)
	if err != nil {
		return nil, err
	}
	applyFields(doc, &src.Fields, a)
	m := articleMention(src, a, facts, at, c.Fetched)
	return append([]mention.Mention{m}, commentMentions(&m, comments, at, c.Fetched)...), nil
}

// reparseAPI has the platform read its page again, from a transport that
// answers with the capture alone.
func reparseAPI(ctx context.Context, p *platform, src mention.Source, c *mention.Capture, at *url.URL, o Options) ([]mention.Mention, error) {
	a := &api{platform: p, src: src, o: o, base: at.Scheme + "://" + at.Host}
	a.o.Now = func() time.Time { return c.Fetched }
	a.o.Hosts = NewHosts(HostsOptions{Egress: o.Egress, Now: a.o.Now})
	a.client = o.Egress.Client(egress.ClientOptions{MaxBody: maxAPIBytes, Wrap: func(http.RoundTripper) http.RoundTripper { return captured{c} }})
	call := &call{api: a, src: &a.src, base: a.base, now: c.Fetched, offline: true}
	if len(bytes.TrimSpace(c.Body)) > 0 && bytes.TrimSpace(c.Body)[0] != '<' {
		call.key = "none" // keyed answers are JSON where others are feeds
	}
	if p.topicOf != nil {
		call.topic = p.topicOf(at)
	}
	read := p.page
	if p.again != nil {
		read = p.again
	}
	l, err := read(ctx, call)
	if err != nil {
		return nil, err
	}
	return l.mentions, nil
}

// captured answers every request with one capture.
type captured struct{ c *mention.Capture }

// RoundTrip implements [http.RoundTripper].
func (t captured) RoundTrip(req *http.Request) (*http.Response, error) {
	u, err := url.Parse(t.c.URL)
	if err != nil {
		return nil, err
	}
	header := http.Header{}
	maps.Copy(header, t.c.Header)
	header.Del("Content-Encoding") // the body was decoded before it was kept
	asked := req.Clone(req.Context())
	asked.URL = u
	return &http.Response{StatusCode: http.StatusOK, Header: header, Request: asked, Body: io.NopCloser(bytes.NewReader(t.c.Body))}, nil
}

// youTubeTopic tells which of YouTube's answers an address gave.
func youTubeTopic(u *url.URL) string {
	switch {
	case strings.HasPrefix(u.Path, "/feeds/"):
		return "channel:" + u.Query().Get("channel_id")
	case strings.HasSuffix(u.Path, "/commentThreads"):
		return "comments:" + u.Query().Get("allThreadsRelatedToChannelId")
	}
	return u.Query().Get("q")
}

func appStoreTopic(u *url.URL) string {
	_, rest, _ := strings.Cut(u.Path, "/id=")
	app, _, _ := strings.Cut(rest, "/")
	return app
}

func openFDATopic(u *url.URL) string {
	return strings.TrimSuffix(strings.TrimPrefix(u.Path, "/"), ".json") + " x"
}
