package ledger

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/mention"
)

const (
	hashSize   = 16
	maxSources = 256 // kept of one mention
)

// An offer is a mention on its way in.
type offer struct {
	mention mention.Mention
	meta    string
	hash    [hashSize]byte
}

// Append implements [Intake].
func (l *store) Append(ctx context.Context, now time.Time, b mention.Batch) (mention.Receipt, error) {
	now = clean(now)
	a := &appending{l: l, now: now, source: b.Source, capture: b.Capture}
	if err := a.prepare(b.Mentions); err != nil {
		return mention.Receipt{}, fmt.Errorf("ledger: append: %w", err)
	}
	var state string
	if b.State != nil {
		data, err := json.Marshal(b.State)
		if err != nil {
			return mention.Receipt{}, fmt.Errorf("ledger: append: %w", err)
		}
		state = string(data)
	}
	err := l.write(ctx, "append", func(t *txn) error {
		if err := a.run(t); err != nil {
			return err
		}
		if err := a.putMetrics(t, b.Metrics); err != nil {
			return err
		}
		return a.putState(t, b.State, state)
	})
	if err != nil {
		return mention.Receipt{}, err
	}
	if b.Capture != nil && a.stored {
		b.Capture.ID = a.captureID
	}
	return a.receipt, nil
}

// appending is one batch on its way into the ledger.
type appending struct {
	l         *store
	now       time.Time
	source    string
	capture   *mention.Capture
	captureID string
	stored    bool // the capture
	offers    []offer
	refused   int
	receipt   mention.Receipt
	lastRef   int64
}

// prepare does what needs no transaction.
func (a *appending) prepare(list []mention.Mention) error {
	if a.capture != nil {
		a.captureID = captureID(a.capture)
	}
	a.offers = make([]offer, 0, len(list))
	for i := range list {
		m := list[i]
		m.Title, m.Text = strings.ToValidUTF8(m.Title, "\uFFFD"), strings.ToValidUTF8(m.Text, "\uFFFD")
		if m.ID == "" || m.Title == "" && m.Text == "" {
			a.refused++
			continue
		}
		if m.Source == "" {
			m.Source = a.source
		}
		if a.capture != nil {
			m.Capture = a.captureID
		}
		m.Published, m.Updated, m.Seen, m.Collected = clean(m.Published), clean(m.Updated), clean(m.Seen), clean(m.Collected)
		if m.Seen.IsZero() {
			m.Seen = a.now
		}
		if m.Collected.IsZero() {
			m.Collected = a.now
		}
		meta, err := metaOf(&m)
		if err != nil {
			return fmt.Errorf("mention %s: %w", m.ID, err)
		}
		a.offers = append(a.offers, offer{mention: m, meta: meta, hash: hashOf(&m)})
	}
	return nil
}

// hashOf tells one title and text from another.
func hashOf(m *mention.Mention) [hashSize]byte {
	b := make([]byte, 0, len(m.Title)+1+len(m.Text))
	b = append(b, m.Title...)
	b = append(b, 0)
	b = append(b, m.Text...)
	sum := sha256.Sum256(b)
	return [hashSize]byte(sum[:hashSize])
}

// metaOf is what of a mention has no column.
func metaOf(m *mention.Mention) (string, error) {
	c := *m
	c.ID, c.Revision, c.Source, c.Sources, c.Title, c.Text, c.Author, c.Capture = "", 0, "", nil, "", "", "", ""
	c.Published, c.Seen, c.Collected = time.Time{}, time.Time{}, time.Time{}
	data, err := json.Marshal(&c)
	return string(data), err
}

// A known mention, as the ledger has it.
type known struct {
	num, revision, seq, published, logged int64
	sources                               []string
	hashes                                []byte
	meta, author                          string
	fresh                                 bool // made by this batch
}

// run does the batch within a transaction. It may be run once only.
func (a *appending) run(t *txn) error {
	a.receipt.Refused = a.refused
	// Nothing is ever taken out of the log, so the next sequence is known.
	if err := t.row("SELECT COALESCE(MAX(seq), 0) FROM revisions", nil, &a.receipt.LastSeq); err != nil {
		return err
	}
	ids := make([]string, len(a.offers))
	for i := range a.offers {
		ids[i] = a.offers[i].mention.ID
	}
	list, err := json.Marshal(ids)
	if err != nil {
		return err
	}
	stored, err := knownMentions(t, string(list))
	if err != nil {
		return err
	}
	refused := map[string]bool{}
	err = t.each("SELECT t.id FROM json_each(?) j CROSS JOIN tombstones t ON t.id = j.value", func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		refused[id] = true
		return err
	}, string(list))
	if err != nil {
		return err
	}
	for i := range a.offers {
		o := &a.offers[i]
		if refused[o.mention.ID] {
			a.receipt.Refused++
			continue
		}
		if k := stored[o.mention.ID]; k != nil {
			err = a.again(t, k, o)
		} else if k, err = a.first(t, o); err == nil {
			stored[o.mention.ID] = k
		}
		if err != nil {
			return err
		}
	}
	return a.putCapture(t)
}

func knownMentions(t *txn, ids string) (map[string]*known, error) {
	stored := map[string]*known{}
	err := t.each(`SELECT m.id, m.num, m.revision, m.seq, m.published, m.logged, m.sources, m.hashes, r.author, r.meta
		FROM json_each(?) j CROSS JOIN mentions m ON m.id = j.value CROSS JOIN revisions r ON r.seq = m.seq`,
		func(rows *sql.Rows) error {
			k := &known{}
			var id string
			var sources sql.RawBytes
			if err := rows.Scan(&id, &k.num, &k.revision, &k.seq, &k.published, &k.logged, &sources, &k.hashes, &k.author, &k.meta); err != nil {
				return err
			}
			k.sources = parseList(sources)
			stored[id] = k
			return nil
		}, ids)
	return stored, err
}

// first stores a mention that the ledger has never seen.
func (a *appending) first(t *txn, o *offer) (*known, error) {
	m := &o.mention
	k := &known{revision: 1, published: ms(m.Published), sources: []string{m.Source}, hashes: slices.Concat(o.hash[:], o.hash[:]), meta: o.meta, author: m.Author, fresh: true}
	a.receipt.LastSeq++
	k.seq = a.receipt.LastSeq
	var err error
	k.num, err = t.insert("INSERT INTO mentions (id, revision, seq, seen, published, sources, hashes) VALUES (?, 1, ?, ?, ?, ?, ?)",
		m.ID, k.seq, ms(m.Seen), k.published, formatList(k.sources), k.hashes)
	if err != nil {
		return nil, err
	}
	t.mentions++
	a.receipt.New++
	if err := a.measured(t, k.num, m); err != nil {
		return nil, err
	}
	return k, a.log(t, k, m, o.meta, 0)
}

// log appends a revision to the mention log.
func (a *appending) log(t *txn, k *known, m *mention.Mention, meta string, prev int64) error {
	seq, err := t.insert("INSERT INTO revisions (num, revision, prev, collected, author, capture, title, text, meta) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		k.num, k.revision, prev, ms(m.Collected), m.Author, m.Capture, m.Title, m.Text, meta)
	if err != nil {
		return err
	}
	if seq != k.seq {
		return fmt.Errorf("mention log is at %d, not %d", seq, k.seq)
	}
	t.longer = true
	t.revisions++
	a.lastRef = max(a.lastRef, ms(m.Collected))
	a.receipt.IDs = append(a.receipt.IDs, m.ID)
	return nil
}

// again takes a mention that is known: another revision when its source now
// says something else than it did, else at most more about it.
func (a *appending) again(t *txn, k *known, o *offer) error {
	m := &o.mention
	var old mention.Mention
	if err := json.Unmarshal([]byte(k.meta), &old); err != nil {
		return fmt.Errorf("mention %s: %w", m.ID, err)
	}
	old.Author, old.Published = k.author, at(k.published)
	news, changed := k.heard(m.Source, o.hash[:])
	if changed {
		return a.revise(t, k, o, &old)
	}
	a.receipt.Unchanged++
	engagement, reach := old.Engagement, old.Reach
	more := enrich(&old, m)
	if old.Engagement != engagement || old.Reach != reach {
		if err := a.measured(t, k.num, m); err != nil {
			return err
		}
	}
	if !news && !more {
		return nil
	}
	if more {
		meta, err := metaOf(&old)
		if err != nil {
			return err
		}
		k.meta, k.author, k.published = meta, old.Author, ms(old.Published)
		if err := t.exec("UPDATE revisions SET author = ?, meta = ? WHERE seq = ?", k.author, meta, k.seq); err != nil {
			return err
		}
	}
	if err := k.update(t); err != nil {
		return err
	}
	if k.logged != k.revision {
		return nil // it is told when it is understood
	}
	return logChange(t, k.num, mention.ChangeRescored, a.now)
}

// revise stores another text of a known mention. When it was first seen and
// when it was published do not move.
func (a *appending) revise(t *txn, k *known, o *offer, old *mention.Mention) error {
	m := o.mention
	published := old.Published
	enrich(old, &m)
	enrich(&m, old)
	if !published.IsZero() {
		m.Published = published
	}
	meta, err := metaOf(&m)
	if err != nil {
		return err
	}
	prev := k.seq
	a.receipt.LastSeq++
	k.seq = a.receipt.LastSeq
	k.revision++
	k.meta, k.author, k.published, k.fresh = meta, m.Author, ms(m.Published), true
	a.receipt.Revised++
	if err := k.update(t); err != nil {
		return err
	}
	return a.log(t, k, &m, meta, prev)
}

func (k *known) update(t *txn) error {
	if err := t.exec("UPDATE mentions SET revision = ?, seq = ?, published = ?, sources = ?, hashes = ? WHERE num = ?",
		k.revision, k.seq, k.published, formatList(k.sources), k.hashes, k.num); err != nil {
		return err
	}
	if k.published == 0 {
		return nil
	}
	return t.exec("UPDATE understood SET at = ? WHERE num = ? AND at <> ?", k.published, k.num, k.published)
}

// heard notes what a source says, and reports whether that must be stored and
// whether it makes a revision. A source that repeats what it said before
// changes nothing, even when another source says it differently: else two
// sources that differ would make a revision at each of their passes. Of one
// batch, the first text of a mention counts.
func (k *known) heard(source string, hash []byte) (news, changed bool) {
	said, elsewhere := []byte(nil), false
	for i, s := range k.sources {
		h := k.hashes[(i+1)*hashSize : (i+2)*hashSize]
		if s == source {
			said = h
		} else if bytes.Equal(h, hash) {
			elsewhere = true
		}
	}
	latest := k.hashes[:hashSize]
	switch {
	case said == nil && len(k.sources) >= maxSources, said != nil && k.fresh, bytes.Equal(said, hash):
		return false, false
	case said == nil:
		k.sources = append(k.sources, source)
		k.hashes = append(k.hashes, hash...)
		changed = !k.fresh && !elsewhere && !bytes.Equal(latest, hash)
	default:
		copy(said, hash)
		changed = !bytes.Equal(latest, hash)
	}
	if changed {
		copy(k.hashes[:hashSize], hash)
	}
	return true, changed
}

// putCapture stores the bytes a batch was read from when something refers to
// them, or nothing was read from them at all.
func (a *appending) putCapture(t *txn) error {
	if a.capture == nil || len(a.receipt.IDs) == 0 && len(a.offers) > 0 {
		return nil
	}
	var one int
	err := t.row("SELECT 1 FROM captures WHERE id = ?", []any{a.captureID}, &one)
	if errors.Is(err, sql.ErrNoRows) {
		c := *a.capture
		if c.Fetched.IsZero() {
			c.Fetched = a.now
		}
		err = a.l.warc.add(t, a.now, a.captureID, &c)
	}
	if err != nil {
		return err
	}
	a.stored = true
	return t.exec("UPDATE captures SET last_ref = MAX(last_ref, ?) WHERE id = ?", a.lastRef, a.captureID)
}

func (a *appending) putState(t *txn, s *mention.SourceState, body string) error {
	if n := a.receipt.New; n > 0 && a.source != "" {
		err := t.exec(`INSERT INTO source_states (source, items, last_new) VALUES (?, ?, ?)
			ON CONFLICT (source) DO UPDATE SET items = items + excluded.items, last_new = MAX(last_new, excluded.last_new)`,
			a.source, n, ms(a.now))
		if err != nil {
			return err
		}
	}
	if s == nil {
		return nil
	}
	source := s.Source
	if source == "" {
		source = a.source
	}
	return t.exec("INSERT INTO source_states (source, body) VALUES (?, ?) ON CONFLICT (source) DO UPDATE SET body = excluded.body", source, body)
}

// logChange adds an entry to the analyzed log, whose times never go back
// though the clock may.
func logChange(t *txn, num int64, kind string, now time.Time) error {
	t.longer = true
	return t.exec("INSERT INTO changes (num, kind, at) VALUES (?, ?, MAX(?, COALESCE((SELECT at FROM changes ORDER BY seq DESC LIMIT 1), 0)))", num, kind, ms(now))
}
