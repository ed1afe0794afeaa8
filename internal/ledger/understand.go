package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"earshot/mention"
)

// understandConsumer is whose offset PutUnderstood moves.
const understandConsumer = "understand"

const selectEntries = `SELECT r.seq, m.id, r.revision, m.published, m.seen, m.sources, r.collected, r.author, r.capture, r.title, r.text, r.meta
	FROM revisions r JOIN mentions m ON m.num = r.num`

// Entries implements [Understanding].
func (l *store) Entries(ctx context.Context, after int64, limit int) ([]Entry, error) {
	list := make([]Entry, 0, min(limit, 1000))
	var c mentionColumns
	err := l.r.each(ctx, selectEntries+" WHERE r.seq > ? ORDER BY r.seq LIMIT ?", func(rows *sql.Rows) error {
		var seq int64
		if err := rows.Scan(append([]any{&seq}, c.dest()...)...); err != nil {
			return err
		}
		list = append(list, Entry{Seq: seq})
		return c.mention(&list[len(list)-1].Mention)
	}, after, limit)
	return list, reading("entries", err)
}

// StoryMembers implements [Understanding].
func (l *store) StoryMembers(ctx context.Context, since time.Time, n int) ([]StoryMember, error) {
	var list []StoryMember
	err := l.r.each(ctx, `SELECT m.id, u.story, u.at, u.signature FROM understood u JOIN mentions m ON m.num = u.num
		WHERE u.at >= ? AND u.story <> '' ORDER BY u.at DESC, u.num DESC LIMIT ?`, func(rows *sql.Rows) error {
		var s StoryMember
		var millis int64
		err := rows.Scan(&s.ID, &s.Story, &millis, &s.Signature)
		s.At = at(millis)
		list = append(list, s)
		return err
	}, ms(since), n)
	slices.Reverse(list)
	return list, reading("story members", err)
}

// A conclusion is an Understood on its way in.
type conclusion struct {
	Understood
	analysis, linking string
}

// PutUnderstood implements [Understanding].
func (l *store) PutUnderstood(ctx context.Context, offset int64, list []Understood) error {
	conclusions := make([]conclusion, len(list))
	ids := make([]string, len(list))
	for i := range list {
		analysis, err := json.Marshal(&list[i].Analysis)
		if err != nil {
			return fmt.Errorf("ledger: put understood %s: %w", list[i].ID, err)
		}
		linking, err := json.Marshal(&list[i].Linking)
		if err != nil {
			return fmt.Errorf("ledger: put understood %s: %w", list[i].ID, err)
		}
		conclusions[i] = conclusion{list[i], string(analysis), string(linking)}
		ids[i] = list[i].ID
	}
	data, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("ledger: put understood: %w", err)
	}
	now, done := l.stamps.take(clean(l.now()))
	defer done()
	return l.write(ctx, "put understood", func(t *txn) error {
		subjects, err := readSubjects(t, string(data))
		if err != nil {
			return err
		}
		for i := range conclusions {
			c := &conclusions[i]
			s := subjects[c.ID]
			if s == nil {
				continue // erased since it was read
			}
			if err := s.conclude(t, c, now); err != nil {
				return fmt.Errorf("mention %s: %w", c.ID, err)
			}
		}
		if offset <= 0 {
			return nil
		}
		return setOffset(t, understandConsumer, offset)
	})
}

// A subject is a mention, with what was understood of it before.
type subject struct {
	num, revision, seq, seen, published, logged int64
	has                                         bool // understood before
	uRevision                                   int64
	models, config, story, analysis, linking    string
}

func readSubjects(t *txn, ids string) (map[string]*subject, error) {
	subjects := map[string]*subject{}
	err := t.each(`SELECT m.id, m.num, m.revision, m.seq, m.seen, m.published, m.logged,
			u.num IS NOT NULL, COALESCE(u.revision, 0), COALESCE(u.models, ''), COALESCE(u.config, ''), COALESCE(u.story, ''), COALESCE(u.analysis, ''), COALESCE(u.linking, '')
		FROM json_each(?) j CROSS JOIN mentions m ON m.id = j.value LEFT JOIN understood u ON u.num = m.num WHERE m.erased = 0`,
		func(rows *sql.Rows) error {
			var s subject
			var id string
			err := rows.Scan(&id, &s.num, &s.revision, &s.seq, &s.seen, &s.published, &s.logged,
				&s.has, &s.uRevision, &s.models, &s.config, &s.story, &s.analysis, &s.linking)
			subjects[id] = &s
			return err
		}, ids)
	return subjects, err
}

// conclude stores one conclusion about s and logs it when it says anything new
// about the latest revision.
func (s *subject) conclude(t *txn, c *conclusion, now time.Time) error {
	revision := int64(c.Revision)
	switch {
	case revision > s.revision:
		return fmt.Errorf("revision %d is not in the ledger, which has %d", revision, s.revision)
	case revision < s.revision:
		return putPast(t, s.num, revision, c.Analysis.Models, c.analysis)
	}
	story := c.Story
	if s.story != "" {
		story = s.story // a story is never another one later
	}
	same := s.has && s.uRevision == revision && s.models == c.Analysis.Models
	if same {
		if s.config == c.Linking.Config && s.linking == c.linking && s.story == story {
			return nil
		}
		c.analysis = s.analysis // it is immutable
	} else if s.has {
		if err := putPast(t, s.num, s.uRevision, s.models, s.analysis); err != nil {
			return err
		}
	}
	when := s.published
	if when == 0 {
		when = s.seen
	}
	err := t.exec(`INSERT OR REPLACE INTO understood (num, seq, revision, at, models, config, story, signature, analysis, linking)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		s.num, s.seq, revision, when, c.Analysis.Models, c.Linking.Config, story, c.Signature, c.analysis, c.linking)
	if err != nil {
		return err
	}
	kind := s.kind(c.Kind, revision)
	if !s.has {
		t.analyzed++
	}
	s.has, s.uRevision, s.models, s.config = true, revision, c.Analysis.Models, c.Linking.Config
	s.story, s.analysis, s.linking = story, c.analysis, c.linking
	if s.logged != revision {
		s.logged = revision
		if err := t.exec("UPDATE mentions SET logged = ? WHERE num = ?", revision, s.num); err != nil {
			return err
		}
	}
	return logChange(t, s.num, kind, now)
}

// kind says why a change is logged. The first that the log says of a mention
// is that it is new, even when the revision before was overtaken unread; and it
// is new once.
func (s *subject) kind(given string, revision int64) string {
	switch {
	case s.logged == 0:
		return mention.ChangeNew
	case revision > s.logged:
		return mention.ChangeRevised
	case given == mention.ChangeCurated:
		return given
	default:
		return mention.ChangeRescored
	}
}

func putPast(t *txn, num, revision int64, models, analysis string) error {
	return t.exec("INSERT OR IGNORE INTO analyses_past (num, revision, models, analysis) VALUES (?, ?, ?, ?)", num, revision, models, analysis)
}
