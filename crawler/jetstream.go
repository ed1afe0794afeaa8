package crawler

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/coder/websocket"

	"earshot/internal/egress"
	"earshot/mention"
)

const (
	jetstreamBase  = "https://jetstream2.us-east.bsky.network"
	jetstreamStay  = time.Minute      // how long a pass listens
	jetstreamIdle  = 20 * time.Second // without a word of the whole network: the connection is dead
	jetstreamBack  = 2 * time.Second  // how far a pass goes back behind the one before; posts come slightly out of order
	jetstreamReach = 24 * time.Hour   // how far back the servers remember
	maxEvent       = 1 << 20
	maxTogether    = 100 // mentions of a batch
)

// jetstream listens to all posts of Bluesky as they are written, without a
// key, and keeps those that have a watched word in them. A pass listens for a
// minute; the next goes on where it stopped, also after hours.
type jetstream struct {
	src    mention.Source
	o      Options
	client *http.Client
	words  *wordList
	stay   time.Duration
}

// jetstreamCursor is what it remembers.
type jetstreamCursor struct {
	At int64 `json:"at,omitempty"` // time of the last event read, in microseconds since 1970
}

func checkJetstream(src *mention.Source) []error {
	if src.Query.IsZero() && len(src.In) == 0 {
		return []error{errors.New("query: say what to look for, as in query: {from: brands}")}
	}
	return nil
}

func newJetstream(src mention.Source, o Options) *jetstream {
	if src.URL == "" {
		src.URL = jetstreamBase
	}
	j := &jetstream{src: src, o: o, stay: jetstreamStay}
	j.client = o.Egress.Client(egress.ClientOptions{MaxBody: maxEvent, Timeout: jetstreamStay + jetstreamIdle, NoRedirect: true})
	var terms []string
	for _, tag := range src.In {
		terms = append(terms, "#"+strings.TrimPrefix(tag, "#"))
	}
	for _, group := range (&api{src: src, o: o}).names() {
		terms = append(terms, group...)
		for _, tag := range tagsOf(group) {
			terms = append(terms, "#"+tag)
		}
	}
	j.words = newWordList(terms)
	return j
}

// Collect implements [Collector].
func (j *jetstream) Collect(ctx context.Context, state mention.SourceState, emit func(mention.Batch) error) error {
	p := begin(j.src, &j.o, state, emit)
	if err := p.held(); err != nil {
		return p.failed(ctx, err)
	}
	cursor := recall[jetstreamCursor](state.Cursor)
	if from := p.now.Add(-min(j.src.Backfill.Std(), jetstreamReach)); cursor.At == 0 && j.src.Backfill > 0 {
		cursor.At = from.UnixMicro()
	}
	s := &stream{jetstream: j, pass: p, cursor: cursor}
	err := s.listen(ctx)
	if flushErr := s.flush(); flushErr != nil {
		return flushErr
	}
	if rememberErr := p.remember(s.cursor); rememberErr != nil {
		return rememberErr
	}
	if err != nil && (s.events == 0 || interrupted(ctx)) {
		return p.failed(ctx, err)
	}
	next := time.Second // a connection that ends is made again
	if j.src.Every > 0 {
		next = max(next, j.src.Every.Std())
	}
	return p.done(mention.Batch{}, p.now.Add(next), s.fresh)
}

// A stream is one pass.
type stream struct {
	*jetstream
	*pass
	cursor jetstreamCursor
	events int
	fresh  int
	leaf   leaf
	gone   []mention.Metric
}

// listen reads events until the pass is over or the connection ends.
func (s *stream) listen(ctx context.Context) error {
	params := url.Values{"wantedCollections": {"app.bsky.feed.post"}}
	if s.cursor.At > 0 {
		params.Set("cursor", strconv.FormatInt(s.cursor.At-jetstreamBack.Microseconds(), 10))
	}
	address := strings.TrimRight(s.jetstream.src.URL, "/") + "/subscribe?" + params.Encode()
	stay, cancel := context.WithTimeout(ctx, s.stay)
	defer cancel()
	conn, resp, err := websocket.Dial(stay, address, &websocket.DialOptions{HTTPClient: s.client}) //nolint:bodyclose // the library closes it
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return &FetchError{URL: address, Status: resp.StatusCode, Class: statusClass(resp.StatusCode), RetryAfter: retryAfter(resp.Header.Get("Retry-After"), s.now)}
		}
		return fetchError(ctx, address, err)
	}
	defer conn.CloseNow() //nolint:errcheck // it is over
	conn.SetReadLimit(maxEvent)
	for {
		one, stop := context.WithTimeout(stay, jetstreamIdle)
		_, data, err := conn.Read(one)
		stop()
		if stay.Err() != nil && ctx.Err() == nil {
			conn.Close(websocket.StatusNormalClosure, "")
			return nil
		}
		if err != nil {
			return fetchError(ctx, address, err)
		}
		if err := s.take(data); err != nil {
			return err
		}
	}
}

// jetstreamEvent is what a message says of a post.
type jetstreamEvent struct {
	DID    string `json:"did"`
	At     int64  `json:"time_us"`
	Commit *struct {
		Operation  string        `json:"operation"`
		Collection string        `json:"collection"`
		Key        string        `json:"rkey"`
		Record     blueskyRecord `json:"record"`
	} `json:"commit"`
}

// take reads one event. What it cannot read it passes over.
func (s *stream) take(data []byte) error {
	var e jetstreamEvent
	if json.Unmarshal(data, &e) != nil || e.At <= 0 {
		return nil //nolint:nilerr // another kind of message
	}
	if before := s.cursor.At; s.events == 0 && before > 0 && e.At-before > time.Minute.Microseconds() {
		s.odd = fmt.Sprintf("a gap: the stream begins %s after the last pass ended, so posts between them are missing", (time.Duration(e.At-before) * time.Microsecond).Round(time.Second))
		s.jetstream.o.Log.Warn("the stream has a gap", "gap", time.Duration(e.At-before)*time.Microsecond)
	}
	s.events++
	s.cursor.At = max(s.cursor.At, min(e.At, time.Now().UnixMicro())) // a time to come would hide every gap
	if e.Commit == nil || e.Commit.Collection != "app.bsky.feed.post" || e.DID == "" || e.Commit.Key == "" {
		return nil
	}
	uri := "at://" + e.DID + "/app.bsky.feed.post/" + e.Commit.Key
	if e.Commit.Operation == "delete" {
		s.gone = append(s.gone, mention.Metric{ID: uri, At: time.UnixMicro(e.At).UTC(), Gone: true})
	} else if r := &e.Commit.Record; s.words.in(r.Text) || slices.ContainsFunc(r.Tags, func(t string) bool { return s.words.in("#" + t) }) {
		m := r.mention(uri, e.DID, time.UnixMicro(e.At).UTC())
		m.Author = e.DID
		s.leaf.add(&call{src: &s.jetstream.src, now: s.jetstream.o.Now()}, m)
	}
	if len(s.leaf.mentions) >= maxTogether || len(s.gone) >= 50*maxTogether {
		return s.flush()
	}
	return nil
}

// flush hands on what was heard so far. The place in the stream is written
// down with the end of the pass: what comes twice is known already.
func (s *stream) flush() error {
	if len(s.leaf.mentions)+len(s.gone) == 0 {
		return nil
	}
	b := mention.Batch{Source: s.jetstream.src.ID, Mentions: s.leaf.mentions, Metrics: s.gone}
	s.fresh += len(b.Mentions)
	s.leaf, s.gone = leaf{}, nil
	return s.emit(b)
}
