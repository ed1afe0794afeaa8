package crawler

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"earshot/internal/egress"
	"earshot/mention"
)

const (
	maxPageMemory = 1 << 20 // of a page's text between passes
	pageWait      = 6 * minWait
)

// page watches one page for what a reader would see change.
type page struct {
	src    mention.Source
	o      Options
	client *http.Client
}

func newPage(src mention.Source, o Options) *page {
	return &page{src: src, o: o, client: o.Egress.Client(egress.ClientOptions{MaxBody: maxPageBytes, Wrap: o.Hosts.wrapRobots(o.MaxWait)})}
}

// pageCursor is what a watched page remembers: its text at the last change.
type pageCursor struct {
	Blocks []byte `json:"blocks,omitempty"` // gzip of JSON
	Select string `json:"select,omitempty"` // the selector it was taken with
	Title  string `json:"title,omitempty"`
	Gone   int    `json:"gone,omitempty"` // passes in a row that found no page
}

// Collect implements [Collector]. The first visit is the baseline and brings
// nothing; a later one that finds a change brings one mention.
func (g *page) Collect(ctx context.Context, state mention.SourceState, emit func(mention.Batch) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, maxPass, errPass)
	defer cancel()
	p := begin(g.src, &g.o, state, emit)
	if err := p.held(); err != nil {
		return p.failed(ctx, err)
	}
	cursor := recall[pageCursor](state.Cursor)
	q := question{url: g.src.URL, accept: acceptPage, etag: state.ETag, lastModified: state.LastModified}
	if cursor.Select != g.src.Select || len(cursor.Blocks) == 0 {
		q.etag, q.lastModified = "", "" // another part of the page is wanted
	}
	a, err := ask(ctx, g.client, g.o.Now, q)
	if err != nil {
		if fe, ok := errors.AsType[*FetchError](err); ok && (fe.Status == http.StatusNotFound || fe.Status == http.StatusGone) {
			return g.gone(ctx, p, cursor, fe)
		}
		return p.failed(ctx, err)
	}
	next := p.now.Add(nextWait(g.src.Every.Std(), freshFor(a.header, p.now), pageWait*2, 0))
	if a.unchanged() {
		return p.done(mention.Batch{}, next, 0)
	}
	defer g.o.Hosts.reading(a.body)()
	doc, err := parsePage(a.body, a.header.Get("Content-Type"))
	if err != nil {
		return p.failed(ctx, pageError(err, g.src.URL))
	}
	blocks, err := pageBlocks(doc, g.src.Select)
	if err != nil {
		return p.failed(ctx, err)
	}
	var batch mention.Batch
	f := readFacts(doc, a.url)
	if len(cursor.Blocks) > 0 && cursor.Select == g.src.Select {
		changes := diffBlocks(unpackBlocks(cursor.Blocks), blocks)
		if cursor.Gone > 1 {
			changes = append([]mention.PageChange{{Type: "new_page", Severity: "high", After: "the page is there again"}}, changes...)
		}
		if len(changes) > 0 {
			batch.Mentions = []mention.Mention{g.mention(f.headline(), firstNonEmpty(g.src.Lang, f.language()), changes, cursor.Blocks)}
			batch.Capture = a.capture()
		}
	}
	if len(cursor.Blocks) == 0 || cursor.Select != g.src.Select || len(batch.Mentions) > 0 {
		cursor.Blocks = packBlocks(blocks)
	}
	cursor.Select, cursor.Title, cursor.Gone = g.src.Select, f.headline(), 0
	if err := p.remember(cursor); err != nil {
		return err
	}
	p.state.ETag, p.state.LastModified = a.header.Get("Etag"), a.header.Get("Last-Modified")
	return p.done(batch, next, len(batch.Mentions))
}

// gone notes that the page was not there. Seen twice, it is a change of its
// own; the pass is still a failed one.
func (g *page) gone(ctx context.Context, p *pass, cursor pageCursor, fe *FetchError) error {
	if len(cursor.Blocks) == 0 {
		return p.failed(ctx, fe)
	}
	cursor.Gone++
	if err := p.remember(cursor); err != nil {
		return err
	}
	p.state.ETag, p.state.LastModified = "", ""
	if cursor.Gone == 2 {
		change := mention.PageChange{Type: "removed_page", Severity: "high", Before: firstNonEmpty(cursor.Title, "the page")}
		m := g.mention(cursor.Title, g.src.Lang, []mention.PageChange{change}, cursor.Blocks)
		if err := p.emit(mention.Batch{Source: g.src.ID, Mentions: []mention.Mention{m}}); err != nil {
			return err
		}
	}
	return p.failed(ctx, fe)
}

// mention tells changes in words. Its time of publication is not known: the
// page changed at some time since the last visit. The GUID is made of the
// text before and of the changes, so that telling it twice is telling it once.
func (g *page) mention(title, lang string, changes []mention.PageChange, before []byte) mention.Mention {
	top := gravest(changes)
	m := mention.Mention{
		Source: g.src.ID, Origin: mention.OriginCollect, Kind: mention.KindPage, URL: g.src.URL, Lang: lang, Country: g.src.Country,
		Channel: g.src.Channel, PageChange: top, Title: shorten(firstNonEmpty(title, g.src.URL), 300) + ": " + kindOfChange(top.Type),
	}
	var b strings.Builder
	for _, c := range changes {
		line := tellChange(c)
		if b.Len()+len(line) > maxText {
			break
		}
		b.WriteString(line)
		b.WriteByte('\n')
	}
	m.Text = strings.TrimSpace(b.String())
	m.GUID = "change:" + hash(string(before), m.Text)
	Identify(&m)
	return m
}

func kindOfChange(kind string) string {
	switch kind {
	case "pricing":
		return "prices changed"
	case "feature":
		return "features changed"
	case "people":
		return "people changed"
	case "legal":
		return "legal text changed"
	case "new_page":
		return "page is back"
	case "removed_page":
		return "page is gone"
	}
	return "wording changed"
}

func tellChange(c mention.PageChange) string {
	where := ""
	if c.Where != "" {
		where = fmt.Sprintf(" under “%s”", c.Where)
	}
	switch {
	case c.Type == "removed_page":
		return "The page is gone: " + c.Before
	case c.Type == "new_page":
		return "The page is there again."
	case c.Before == "":
		return fmt.Sprintf("New%s: %s", where, c.After)
	case c.After == "":
		return fmt.Sprintf("Gone%s: %s", where, c.Before)
	}
	return fmt.Sprintf("Changed%s: “%s” became “%s”", where, c.Before, c.After)
}

// packBlocks makes bytes of a page's text; what is too much is left out at
// the end, on both sides of a later comparison alike.
func packBlocks(blocks []block) []byte {
	size := 0
	for i := range blocks {
		if size += len(blocks[i].Text) + len(blocks[i].Where); size > maxPageMemory {
			blocks = blocks[:i]
			break
		}
	}
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if json.NewEncoder(z).Encode(blocks) != nil || z.Close() != nil {
		return nil
	}
	return out.Bytes()
}

func unpackBlocks(data []byte) []block {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	var blocks []block
	if json.NewDecoder(io.LimitReader(z, 4*maxPageMemory)).Decode(&blocks) != nil {
		return nil
	}
	return blocks
}
