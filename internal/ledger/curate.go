package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"earshot/mention"
)

// More than this on one mention is a mistake.
const (
	maxTags  = 100
	maxNotes = 1000
)

// Curate implements [Curating].
func (l *store) Curate(ctx context.Context, events []mention.CurationEvent) error {
	now, done := l.stamps.take(clean(l.now()))
	defer done()
	return l.write(ctx, "curate", func(t *txn) error {
		touched := map[int64]bool{}
		for _, e := range events {
			if e.At.IsZero() {
				e.At = now
			}
			e.At = clean(e.At)
			num, logged, err := curateOne(t, e)
			if err != nil {
				return fmt.Errorf("%s %s: %w", e.Action, e.ID, err)
			}
			if !touched[num] && logged > 0 {
				if err := logChange(t, num, mention.ChangeCurated, now); err != nil {
					return err
				}
			}
			touched[num] = true
		}
		return nil
	})
}

func curateOne(t *txn, e mention.CurationEvent) (num, logged int64, err error) {
	var folded sql.NullString
	err = t.row("SELECT num, logged, curation FROM mentions WHERE id = ? AND erased = 0", []any{e.ID}, &num, &logged, &folded)
	if err != nil {
		return 0, 0, notFound(err)
	}
	var c mention.Curation
	if folded.Valid {
		if err := json.Unmarshal([]byte(folded.String), &c); err != nil {
			return 0, 0, err
		}
	}
	if err := fold(&c, e); err != nil {
		return 0, 0, err
	}
	data, err := json.Marshal(&c)
	if err != nil {
		return 0, 0, err
	}
	if err := t.exec("UPDATE mentions SET curation = ? WHERE num = ?", string(data), num); err != nil {
		return 0, 0, err
	}
	err = t.exec("INSERT INTO curation_events (id, actor, at, action, value) VALUES (?, ?, ?, ?, ?)", e.ID, e.Actor, ms(e.At), e.Action, e.Value)
	return num, logged, err
}

// fold applies an event to what came of those before it.
func fold(c *mention.Curation, e mention.CurationEvent) error {
	value := strings.TrimSpace(e.Value)
	switch e.Action {
	case mention.CurateTag, mention.CurateUntag:
		return foldTag(c, value, e.Action == mention.CurateTag)
	case mention.CurateStar, mention.CurateUnstar:
		c.Starred = e.Action == mention.CurateStar
	case mention.CurateIrrelevant, mention.CurateRelevant:
		c.Irrelevant = e.Action == mention.CurateIrrelevant
	case mention.CurateSentiment:
		if !slices.Contains([]string{"", mention.Positive, mention.Negative, mention.Neutral, mention.Mixed}, value) {
			return fmt.Errorf("sentiment %q is none of positive, negative, neutral, mixed", value)
		}
		c.Sentiment = value
	case mention.CurateBrands:
		foldBrands(c, value)
	case mention.CurateNote:
		if value == "" {
			return errors.New("the note is empty")
		}
		if len(c.Notes) >= maxNotes {
			return fmt.Errorf("it has %d notes, and may have no more", len(c.Notes))
		}
		c.Notes = append(c.Notes, mention.Note{Actor: e.Actor, At: e.At, Text: value})
	default:
		return fmt.Errorf("action %q is not known", e.Action)
	}
	return nil
}

func foldTag(c *mention.Curation, tag string, on bool) error {
	if tag == "" {
		return errors.New("the tag is empty")
	}
	i, found := slices.BinarySearch(c.Tags, tag)
	switch {
	case found && !on:
		c.Tags = slices.Delete(c.Tags, i, i+1)
	case !found && on && len(c.Tags) >= maxTags:
		return fmt.Errorf("it has %d tags, and may have no more", len(c.Tags))
	case !found && on:
		c.Tags = slices.Insert(c.Tags, i, tag)
	}
	return nil
}

func foldBrands(c *mention.Curation, value string) {
	c.Brands, c.NoBrands = nil, value == "-"
	if value == "" || value == "-" {
		return
	}
	for b := range strings.SplitSeq(value, ",") {
		if b = strings.TrimSpace(b); b != "" && !slices.Contains(c.Brands, b) {
			c.Brands = append(c.Brands, b)
		}
	}
}

// Curations implements [Curating].
func (l *store) Curations(ctx context.Context, id string) ([]mention.CurationEvent, error) {
	var list []mention.CurationEvent
	err := l.r.each(ctx, "SELECT seq, id, actor, at, action, value FROM curation_events WHERE id = ? ORDER BY seq", func(rows *sql.Rows) error {
		var e mention.CurationEvent
		var millis int64
		err := rows.Scan(&e.Seq, &e.ID, &e.Actor, &millis, &e.Action, &e.Value)
		e.At = at(millis)
		list = append(list, e)
		return err
	}, id)
	return list, reading("curations", err)
}

// SetHold implements [Curating].
func (l *store) SetHold(ctx context.Context, object, reason, actor string, on bool) error {
	kind, name, _ := strings.Cut(object, ":")
	if name == "" || !slices.Contains([]string{"mention", "capture", "author"}, kind) {
		return fmt.Errorf("ledger: hold: object %q is not mention:ID, capture:ID or author:NAME", object)
	}
	now := clean(l.now())
	return l.write(ctx, "hold", func(t *txn) error {
		query, args, action := "DELETE FROM holds WHERE object = ?", []any{object}, "unhold"
		if on {
			query, args, action = "INSERT OR IGNORE INTO holds (object, reason, actor, at) VALUES (?, ?, ?, ?)", []any{object, reason, actor, ms(now)}, "hold"
		}
		n, err := t.update(query, args...)
		if err != nil || n == 0 {
			return err
		}
		return audit(t, mention.AuditEntry{At: now, Actor: actor, Action: action, Object: object, Detail: reason})
	})
}

// Audit implements [Curating].
func (l *store) Audit(ctx context.Context, e mention.AuditEntry) error {
	if e.At.IsZero() {
		e.At = l.now()
	}
	return l.write(ctx, "audit", func(t *txn) error { return audit(t, e) })
}

func audit(t *txn, e mention.AuditEntry) error {
	return t.exec("INSERT INTO audit (at, actor, action, object, detail) VALUES (?, ?, ?, ?, ?)", ms(e.At), e.Actor, e.Action, e.Object, e.Detail)
}

// AuditLog implements [Curating].
func (l *store) AuditLog(ctx context.Context, after int64, limit int) ([]mention.AuditEntry, error) {
	var list []mention.AuditEntry
	err := l.r.each(ctx, "SELECT seq, at, actor, action, object, detail FROM audit WHERE seq > ? ORDER BY seq LIMIT ?", auditRows(&list), after, limitOr(limit))
	return list, reading("audit log", err)
}

// auditRows reads rows of the audit.
func auditRows(list *[]mention.AuditEntry) func(*sql.Rows) error {
	return func(rows *sql.Rows) error {
		var e mention.AuditEntry
		var millis int64
		err := rows.Scan(&e.Seq, &millis, &e.Actor, &e.Action, &e.Object, &e.Detail)
		e.At = at(millis)
		*list = append(*list, e)
		return err
	}
}

// PutObject implements [Curating].
func (l *store) PutObject(ctx context.Context, list ...Object) error {
	for i := range list {
		if o := &list[i]; o.Kind == "" || o.ID == "" || !json.Valid(o.Body) {
			return fmt.Errorf("ledger: put object %q %q: kind, id and a JSON body are needed", o.Kind, o.ID)
		}
	}
	return l.write(ctx, "put object", func(t *txn) error {
		for _, o := range list {
			if o.Updated.IsZero() {
				o.Updated = l.now()
			}
			if err := t.exec("INSERT OR REPLACE INTO objects (kind, id, owner, body, updated) VALUES (?, ?, ?, ?, ?)", o.Kind, o.ID, o.Owner, o.Body, ms(o.Updated)); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeleteObject implements [Curating].
func (l *store) DeleteObject(ctx context.Context, kind, id string) error {
	return l.write(ctx, "delete object", func(t *txn) error {
		n, err := t.update("DELETE FROM objects WHERE kind = ? AND id = ?", kind, id)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		return err
	})
}

// Objects implements [Curating].
func (l *store) Objects(ctx context.Context, kind string) ([]Object, error) {
	var list []Object
	err := l.r.each(ctx, "SELECT kind, id, owner, body, updated FROM objects WHERE ? IN ('', kind) ORDER BY kind, id", func(rows *sql.Rows) error {
		var o Object
		var millis int64
		err := rows.Scan(&o.Kind, &o.ID, &o.Owner, &o.Body, &millis)
		o.Updated = at(millis)
		list = append(list, o)
		return err
	}, kind)
	return list, reading("objects", err)
}

// erase blanks one mention within a transaction and gives the captures it was
// read from.
func erase(t *txn, id, actor, reason string, now time.Time) (captures []string, err error) {
	var num, seq int64
	var understood bool
	err = t.row("SELECT num, seq, EXISTS (SELECT 1 FROM understood u WHERE u.num = m.num) FROM mentions m WHERE id = ? AND erased = 0", []any{id}, &num, &seq, &understood)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	if err := notHeld(t, id, seq); err != nil {
		return nil, err
	}
	if err := t.exec("INSERT OR IGNORE INTO tombstones (id, at, actor, reason) VALUES (?, ?, ?, ?)", id, ms(now), actor, reason); err != nil {
		return nil, err
	}
	if num == 0 {
		return nil, nil // never seen, or erased before: it stays away
	}
	captures, err = eraseRevisions(t, seq)
	if err != nil {
		return nil, err
	}
	for _, query := range []string{
		"DELETE FROM understood WHERE num = ?", "DELETE FROM analyses_past WHERE num = ?", "DELETE FROM metrics WHERE num = ?",
		"UPDATE mentions SET erased = 1, curation = NULL, sources = '[]', hashes = x'' WHERE num = ?",
	} {
		if err := t.exec(query, num); err != nil {
			return nil, err
		}
	}
	for _, query := range []string{
		"DELETE FROM curation_events WHERE id = ?", "UPDATE deliveries SET payload = NULL WHERE mention = ? AND mention <> ''",
	} {
		if err := t.exec(query, id); err != nil {
			return nil, err
		}
	}
	t.mentions--
	if understood {
		t.analyzed--
	}
	return captures, logChange(t, num, mention.ChangeErased, now)
}

// notHeld gives ErrHeld when a revision of a mention is on hold.
func notHeld(t *txn, id string, seq int64) error {
	for seq != 0 {
		var author, capture, object string
		if err := t.row("SELECT prev, author, capture FROM revisions WHERE seq = ?", []any{seq}, &seq, &author, &capture); err != nil {
			return err
		}
		err := t.row("SELECT object FROM holds WHERE object IN (?, ?, ?) LIMIT 1", []any{"mention:" + id, "author:" + author, "capture:" + capture}, &object)
		if err == nil {
			return fmt.Errorf("%w: %s", ErrHeld, object)
		}
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	return nil
}

// eraseRevisions blanks every revision of a mention.
func eraseRevisions(t *txn, seq int64) (captures []string, err error) {
	for seq != 0 {
		var prev int64
		var capture string
		if err := t.row("SELECT prev, capture FROM revisions WHERE seq = ?", []any{seq}, &prev, &capture); err != nil {
			return nil, err
		}
		if err := t.exec("UPDATE revisions SET author = '', capture = '', title = '', text = '', meta = '' WHERE seq = ?", seq); err != nil {
			return nil, err
		}
		if capture != "" {
			captures = append(captures, capture)
		}
		seq = prev
	}
	return captures, nil
}
