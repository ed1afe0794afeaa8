package crawler

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

const (
	acceptFeed = "application/rss+xml, application/atom+xml, application/feed+json;q=0.9, application/xml;q=0.9, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1"
	maxKnown   = 2000 // items a feed remembers between passes
)

// A feed collects from a feed. It does not ask robots.txt: a feed is put out
// to be polled, and the address was named by the user.
type feed struct {
	src    mention.Source
	o      Options
	client *http.Client
}

func newFeed(src mention.Source, o Options) *feed {
	return &feed{src: src, o: o, client: o.Egress.Client(egress.ClientOptions{MaxBody: maxFeedBytes, Wrap: o.Hosts.wrap(o.MaxWait)})}
}

// feedCursor is what a feed remembers: hashes of the items of the last pass,
// each of its identity and its content, and the rhythm for passes that find
// nothing changed.
type feedCursor struct {
	Known    []byte        `json:"known,omitempty"` // 16 bytes an item
	Rhythm   time.Duration `json:"rhythm,omitempty"`
	Overflow time.Duration `json:"overflow,omitempty"`
	Fresh    time.Duration `json:"fresh,omitempty"`
}

// Collect implements [Collector].
func (f *feed) Collect(ctx context.Context, state mention.SourceState, emit func(mention.Batch) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, maxPass, errPass)
	defer cancel()
	p := begin(f.src, &f.o, state, emit)
	if err := p.held(); err != nil {
		return p.failed(ctx, err)
	}
	a, err := ask(ctx, f.client, f.o.Now, question{url: f.src.URL, accept: acceptFeed, etag: state.ETag, lastModified: state.LastModified})
	if err != nil {
		return p.failed(ctx, err)
	}
	cursor := recall[feedCursor](state.Cursor)
	if a.unchanged() {
		wait := nextWait(f.src.Every.Std(), max(cursor.Fresh, freshFor(a.header, p.now)), cursor.Rhythm, cursor.Overflow)
		return p.done(mention.Batch{}, p.now.Add(wait), 0)
	}
	done := f.o.Hosts.reading(a.body)
	parsed, err := ParseFeed(a.body, a.header.Get("Content-Type"))
	done()
	if err != nil {
		if fe, ok := err.(*FetchError); ok { //nolint:errorlint // ParseFeed's own
			fe.URL = f.src.URL
		}
		return p.failed(ctx, err)
	}
	return f.take(p, a, parsed, cursor)
}

// take turns what was read into mentions, leaves out those that the last pass
// gave already, and ends the pass.
func (f *feed) take(p *pass, a *answer, parsed *Feed, cursor feedCursor) error {
	mentions := feedMentions(f.src, parsed, a.url, a.fetched)
	known := knownSet(cursor.Known)
	var batch mention.Batch
	var hashes []byte
	fresh := 0
	for i := range mentions {
		m := &mentions[i]
		id, content := mentionHashes(m)
		if len(hashes) < maxKnown*16 {
			hashes = binary.BigEndian.AppendUint64(hashes, id)
			hashes = binary.BigEndian.AppendUint64(hashes, content)
		}
		was, seen := known[id]
		if !seen {
			fresh++
		} else if was == content {
			continue
		}
		batch.Mentions = append(batch.Mentions, *m)
	}
	cursor.Known = hashes
	cursor.Rhythm, cursor.Overflow = rhythmOf(p.now, parsed.Items)
	cursor.Fresh = max(parsed.TTL, freshFor(a.header, p.now))
	if err := p.remember(cursor); err != nil {
		return err
	}
	if len(batch.Mentions) > 0 {
		batch.Capture = a.capture()
	}
	if len(known) > 0 && fresh == len(mentions) && fresh >= 10 {
		p.odd = fmt.Sprintf("overflow: all %d items were new, so some may have been missed between two passes; leave `every` out, or make it shorter", fresh)
		f.o.Log.Warn("feed overflowed between passes", "items", fresh)
	}
	p.state.ETag, p.state.LastModified = a.header.Get("Etag"), a.header.Get("Last-Modified")
	if parsed.Salvaged != "" {
		f.o.Log.Warn("feed is damaged", "what", parsed.Salvaged)
		// Validators would keep us from the whole file once it is mended.
		p.state.ETag, p.state.LastModified = "", ""
	}
	wait := nextWait(f.src.Every.Std(), cursor.Fresh, cursor.Rhythm, cursor.Overflow)
	return p.done(batch, p.now.Add(wait), fresh)
}

func knownSet(packed []byte) map[uint64]uint64 {
	known := make(map[uint64]uint64, len(packed)/16)
	for ; len(packed) >= 16; packed = packed[16:] {
		known[binary.BigEndian.Uint64(packed)] = binary.BigEndian.Uint64(packed[8:])
	}
	return known
}

// mentionHashes are short forms of a mention's identity and content.
func mentionHashes(m *mention.Mention) (id, content uint64) {
	h := fnv.New64a()
	h.Write([]byte(m.ID))
	id = h.Sum64()
	h.Reset()
	for _, s := range []string{m.Title, m.Text, m.Author} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return id, h.Sum64()
}

// feedMentions makes mentions of the items of a feed, each once. An item with
// neither title nor text brings nothing.
func feedMentions(src mention.Source, f *Feed, at *url.URL, now time.Time) []mention.Mention {
	base := at
	if u, err := url.Parse(f.Link); err == nil && u.Host != "" {
		base = u
	}
	seen := map[string]bool{}
	mentions := make([]mention.Mention, 0, len(f.Items))
	for i := range f.Items {
		m := itemMention(src, f, &f.Items[i], base, now)
		if m.Title == "" && m.Text == "" {
			continue
		}
		Identify(&m)
		if seen[m.ID] {
			continue
		}
		seen[m.ID] = true
		mentions = append(mentions, m)
	}
	return mentions
}

func itemMention(src mention.Source, f *Feed, it *Item, base *url.URL, now time.Time) mention.Mention {
	m := mention.Mention{
		Source: src.ID, Origin: mention.OriginCollect, Kind: src.Type, GUID: it.GUID, URL: absolute(it.URL, base),
		Title: it.Title, Text: it.Text, Author: it.Author, Categories: it.Categories, Country: src.Country, Channel: src.Channel,
		Published: clamp(it.Published, now), Updated: clamp(it.Updated, now),
	}
	if m.Published.IsZero() {
		// An Atom entry must say when it was updated, and need not say more.
		m.Published = m.Updated
	}
	if !m.Updated.After(m.Published) {
		m.Updated = time.Time{}
	}
	if m.Kind == "" {
		m.Kind = guessKind(m.URL, src)
	}
	m.Lang = firstNonEmpty(src.Lang, languageCode(it.Language), languageCode(f.Language))
	return m
}

// clamp brings a date from the future to now: a clock that is wrong must not
// put a mention on top of the list for ever.
func clamp(t, now time.Time) time.Time {
	if t.After(now) {
		return now.Truncate(time.Millisecond)
	}
	return t.Truncate(time.Millisecond)
}

// languageCode is the ISO 639-1 code of a language tag; empty when it has none.
func languageCode(tag string) string {
	code, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(strings.ReplaceAll(tag, "_", "-"))), "-")
	if len(code) != 2 || code[0] < 'a' || code[0] > 'z' || code[1] < 'a' || code[1] > 'z' {
		return ""
	}
	return code
}

func firstNonEmpty(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// guessKind tells the kind of content by where it is. News is what a feed is
// taken for when nothing says otherwise.
func guessKind(address string, src mention.Source) mention.Kind {
	u, err := url.Parse(address)
	if err != nil {
		return mention.KindNews
	}
	host, path := strings.ToLower(u.Hostname()), strings.ToLower(u.Path)
	has := func(s string, words ...string) bool {
		for _, w := range words {
			if strings.Contains(s, w) {
				return true
			}
		}
		return false
	}
	switch {
	case has(host, "youtube.com", "youtu.be", "vimeo.com"):
		return mention.KindVideo
	case has(host, "reddit.com", "news.ycombinator.com", "lobste.rs", "stackexchange.com", "stackoverflow.com"),
		strings.HasPrefix(host, "forum.") || strings.HasPrefix(host, "forums.") || strings.HasPrefix(host, "community."),
		has(path, "/forum/", "/forums/", "/viewtopic"):
		return mention.KindForum
	case has(host, "twitter.com", "bsky.app", "mastodon", "threads.net", "tumblr.com"), host == "x.com":
		return mention.KindPost
	case has(path, "/press-release", "/pressrelease", "/newsroom", "/press/", "/media-center"),
		has(host, "prnewswire", "businesswire", "globenewswire"), src.Brand != "":
		return mention.KindRelease
	case strings.HasPrefix(host, "blog.") || has(host, ".blogspot.", "wordpress.com", "medium.com", "substack.com") || has(path, "/blog/"):
		return mention.KindBlog
	}
	return mention.KindNews
}
