package crawler

import (
	"context"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"earshot/mention"
)

const (
	maxTrails  = 500 // topics remembered
	maxGaps    = 20  // of one topic; the oldest are joined
	defaultLag = 15 * time.Minute
	freshAge   = 48 * time.Hour
	gapWait    = 2 * time.Minute // until the next pass while history is still being read
	firstReach = 24 * time.Hour  // how far back a first pass looks before it turns to history
)

// apiCursor is what a public API remembers between passes.
type apiCursor struct {
	Trails map[string]*trail `json:"trails,omitempty"` // by topic
	Turn   int               `json:"turn,omitempty"`   // topic that the next pass begins with
	Known  []byte            `json:"known,omitempty"`  // as of a feed, newest first
	Watch  []watched         `json:"watch,omitempty"`  // what is to be read again, by time
	Rhythm time.Duration     `json:"rhythm,omitempty"`
}

// A trail is how far one topic was read.
type trail struct {
	Seen time.Time `json:"seen,omitzero"` // everything up to here was read
	Used time.Time `json:"used,omitzero"`
	Gaps []gap     `json:"gaps,omitempty"` // but these stretches, newest first
}

// A gap is a stretch of the past that is still to be read, from its new end.
type gap struct {
	From   time.Time `json:"from"`
	To     time.Time `json:"to,omitzero"` // zero where the cursor alone tells
	Cursor string    `json:"cursor,omitempty"`
}

// apiPass is one pass over a public API.
type apiPass struct {
	*pass
	api    *api
	key    secret
	cursor apiCursor
	known  map[uint64]uint64
	fresh  int
	left   int // pages
	dates  []Item
	added  []byte // hashes of what this pass brought
	heard  bool   // a stream told what was new: the next pass closes the gap behind it
}

// Collect implements [Collector].
func (a *api) Collect(ctx context.Context, state mention.SourceState, emit func(mention.Batch) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, maxPass, errPass)
	defer cancel()
	p := &apiPass{pass: begin(a.src, &a.o, state, emit), api: a, cursor: recall[apiCursor](state.Cursor), left: apiPages}
	if err := p.held(); err != nil {
		return p.failed(ctx, err)
	}
	if a.src.Pages > 0 {
		p.left = a.src.Pages
	}
	p.known = knownSet(p.cursor.Known)
	if p.cursor.Trails == nil {
		p.cursor.Trails = map[string]*trail{}
	}
	var err error
	if p.key, err = readSecret(&a.src); err == nil {
		err = p.run(ctx)
	}
	if err == nil && a.src.Stream && a.platform.listen != nil {
		err = a.platform.listen(ctx, p)
	}
	p.keep()
	if rememberErr := p.remember(p.cursor); rememberErr != nil {
		return rememberErr
	}
	if err != nil {
		if p.fresh > 0 {
			p.state.LastNew = p.now
		}
		return p.failed(ctx, err)
	}
	return p.done(mention.Batch{}, p.next(), p.fresh)
}

// run reads what is new of every topic, then what engagement is due, then
// history, as far as the pages of a pass go.
func (p *apiPass) run(ctx context.Context) error {
	topics := p.api.topics()
	for i := range topics {
		at := (p.cursor.Turn + i) % len(topics)
		t := p.trail(topics[at])
		share := max(1, p.left/max(1, len(topics)-i))
		if err := p.head(ctx, topics[at], t, share); err != nil {
			p.cursor.Turn = at
			return err
		}
		if p.left <= 0 {
			p.cursor.Turn = (at + 1) % len(topics)
			break
		}
	}
	if err := p.remeasure(ctx); err != nil {
		return err
	}
	for p.left > 0 {
		before := p.left
		for _, topic := range topics {
			if t := p.cursor.Trails[topic]; t != nil && len(t.Gaps) > 0 && p.left > 0 {
				if err := p.fill(ctx, topic, t); err != nil {
					return err
				}
			}
		}
		if p.left == before {
			return nil
		}
	}
	return nil
}

// topics are what the source asks for, each once.
func (a *api) topics() []string {
	var out []string
	if a.src.Query.Text != "" {
		out = append(out, a.src.Query.Text)
	}
	for _, t := range a.platform.topics(&a.src, a.names()) {
		if !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func (p *apiPass) trail(topic string) *trail {
	t := p.cursor.Trails[topic]
	if t == nil {
		t = &trail{}
		p.cursor.Trails[topic] = t
	}
	t.Used = p.now
	return t
}

// head reads a topic from its newest down to what was read before. What the
// pages did not reach becomes a gap. A topic that is new begins a back-fill.
func (p *apiPass) head(ctx context.Context, topic string, t *trail, pages int) error {
	c := p.call(topic)
	first := t.Seen.IsZero()
	history := p.now.Add(-p.api.reach())
	switch {
	case !first:
		c.from = t.Seen.Add(-max(p.api.platform.lag, defaultLag))
	case p.api.platform.timed:
		c.from = later(history, p.now.Add(-firstReach))
	default:
		c.from = history
	}
	if err := p.read(ctx, c, min(pages, p.left)); err != nil {
		return err
	}
	switch {
	case c.cursor != "" && first:
		t.gap(gap{From: history, Cursor: c.cursor})
	case c.cursor != "":
		t.gap(gap{From: c.from, Cursor: c.cursor})
	case first && history.Before(c.from):
		t.gap(gap{From: history, To: c.from})
	}
	t.Seen = p.now
	return nil
}

// fill reads one page of a topic's newest gap.
func (p *apiPass) fill(ctx context.Context, topic string, t *trail) error {
	g := &t.Gaps[0]
	c := p.call(topic)
	c.from, c.to, c.cursor = g.From, g.To, g.Cursor
	if err := p.read(ctx, c, 1); err != nil {
		if fe, ok := errors.AsType[*FetchError](err); ok && !fe.Temporary() && g.Cursor != "" {
			g.Cursor = "" // it is no good any more
		}
		return err
	}
	if g.Cursor = c.cursor; g.Cursor == "" {
		t.Gaps = t.Gaps[1:]
	}
	return nil
}

// reach is how far back the first passes go.
func (a *api) reach() time.Duration {
	if back := a.src.Backfill.Std(); back > 0 {
		return back
	}
	return defaultBackfill
}

func (t *trail) gap(g gap) {
	t.Gaps = append([]gap{g}, t.Gaps...)
	if n := len(t.Gaps); n > maxGaps {
		// Reading twice is harmless, losing a stretch is not.
		t.Gaps[n-2].From = t.Gaps[n-1].From
		t.Gaps = t.Gaps[:n-1]
	}
}

func (p *apiPass) call(topic string) *call {
	return &call{api: p.api, src: &p.api.src, base: p.api.base, key: p.key, topic: topic, now: p.now}
}

// read reads pages of a topic until one is older than wanted, the last, or
// the last that is allowed. The cursor of c is then where to go on, empty
// when there is nothing left.
func (p *apiPass) read(ctx context.Context, c *call, pages int) error {
	for ; pages > 0; pages-- {
		l, err := p.api.platform.page(ctx, c)
		if err != nil {
			return err
		}
		p.left--
		if err := p.take(l); err != nil {
			return err
		}
		last := l.next == "" || l.next == c.cursor || !l.oldest.IsZero() && l.oldest.Before(c.from)
		c.cursor = l.next
		if last {
			c.cursor = ""
			return nil
		}
	}
	return nil
}

// take emits the mentions of a page that are not known yet.
func (p *apiPass) take(l *leaf) error {
	var b mention.Batch
	for i := range l.mentions {
		m := &l.mentions[i]
		id, content := mentionHashes(m)
		was, seen := p.known[id]
		if seen && was == content {
			continue
		}
		if !seen {
			p.fresh++
			p.dates = append(p.dates, Item{Published: m.Published})
			p.watch(l.watch[m.ID], m)
		}
		p.known[id] = content
		p.added = binary.BigEndian.AppendUint64(p.added, id)
		p.added = binary.BigEndian.AppendUint64(p.added, content)
		if !m.Published.IsZero() && p.now.Sub(m.Published) > freshAge {
			m.Origin = mention.OriginBackfill
		}
		b.Mentions = append(b.Mentions, *m)
	}
	if len(b.Mentions) == 0 {
		return nil
	}
	b.Source = p.src.ID
	if l.answer != nil {
		b.Capture = l.answer.capture()
	}
	return p.emit(b)
}

// keep bounds what is remembered.
func (p *apiPass) keep() {
	known := slices.Concat(p.added, p.cursor.Known)
	p.cursor.Known = known[:min(len(known), maxKnown*16)]
	for len(p.cursor.Trails) > maxTrails {
		oldest := ""
		for topic, t := range p.cursor.Trails {
			if oldest == "" || t.Used.Before(p.cursor.Trails[oldest].Used) {
				oldest = topic
			}
		}
		delete(p.cursor.Trails, oldest)
	}
	for topic, t := range p.cursor.Trails {
		if p.now.Sub(t.Used) > 90*24*time.Hour {
			delete(p.cursor.Trails, topic)
		}
	}
}

// next is when the platform is asked again: soon while history is still to be
// read or engagement is due.
func (p *apiPass) next() time.Time {
	wait := p.api.platform.wait
	if wait == 0 {
		wait = apiWait
	}
	if gap, _ := rhythmOf(p.now, p.dates); gap > 0 && p.api.platform.wait == 0 {
		wait = min(max(gap/2, minWait), time.Hour)
	}
	if every := p.api.src.Every.Std(); every > 0 {
		wait = every - jitter(every/20)
	} else {
		wait += jitter(wait / 10)
	}
	for _, t := range p.cursor.Trails {
		if len(t.Gaps) > 0 && t.Used.Equal(p.now) {
			wait = min(wait, gapWait)
		}
	}
	if p.heard {
		wait = time.Second
	}
	next := p.now.Add(wait)
	for _, w := range p.cursor.Watch {
		if w.At.Before(next) {
			next = later(w.At, p.now.Add(gapWait))
		}
	}
	if until := p.o.Hosts.restOf(p.api.base); until.After(next) {
		next = until
	}
	return next
}
