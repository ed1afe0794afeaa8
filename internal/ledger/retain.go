package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"earshot/mention"
)

// retention is who deletes what is past its time, in tombstones and audit log.
const retention = "retention"

// expireAtOnce is how many mentions are deleted in one transaction.
const expireAtOnce = 500

// heldMention is true for mentions m on hold: by themselves, or by an author or
// capture of any of their revisions, of which r is the latest.
const heldMention = `EXISTS (SELECT 1 FROM holds WHERE object = 'mention:' || m.id)
	OR EXISTS (WITH RECURSIVE past(author, capture, prev) AS (
			SELECT r.author, r.capture, r.prev
			UNION ALL SELECT o.author, o.capture, o.prev FROM past JOIN revisions o ON o.seq = past.prev
		) SELECT 1 FROM past JOIN holds h ON h.object IN ('author:' || past.author, 'capture:' || past.capture))`

// Expire implements [Keeping].
func (l *store) Expire(ctx context.Context, now time.Time, keep time.Duration) (int, error) {
	now = clean(now)
	cutoff := ms(now.Add(-keep))
	total := 0
	for after, seq := int64(-1<<62), int64(0); ; {
		var ids []string
		err := l.r.each(ctx, `SELECT m.id, r.collected, r.seq FROM revisions r JOIN mentions m ON m.num = r.num AND m.seq = r.seq
			WHERE r.collected < ? AND r.meta <> '' AND (r.collected, r.seq) > (?, ?) AND NOT (`+heldMention+`)
			ORDER BY r.collected, r.seq LIMIT ?`, func(rows *sql.Rows) error {
			var id string
			err := rows.Scan(&id, &after, &seq)
			ids = append(ids, id)
			return err
		}, cutoff, after, seq, expireAtOnce)
		if err != nil {
			return total, reading("expire", err)
		}
		if len(ids) == 0 {
			break
		}
		n, err := l.expire(ctx, now, cutoff, ids)
		if total += n; err != nil {
			return total, err
		}
	}
	if total == 0 {
		return 0, nil
	}
	days := keep.Round(time.Hour).String()
	return total, l.Audit(ctx, mention.AuditEntry{At: now, Actor: retention, Action: "expire", Detail: fmt.Sprintf("%d mentions collected more than %s ago", total, days)})
}

// expire deletes those of ids that are still past their time and not on hold.
func (l *store) expire(ctx context.Context, now time.Time, cutoff int64, ids []string) (n int, err error) {
	err = l.write(ctx, "expire", func(t *txn) error {
		n = 0
		for _, id := range ids {
			var collected int64
			err := t.row("SELECT r.collected FROM mentions m JOIN revisions r ON r.seq = m.seq WHERE m.id = ? AND m.erased = 0", []any{id}, &collected)
			if errors.Is(err, sql.ErrNoRows) || err == nil && collected >= cutoff {
				continue // changed meanwhile
			}
			if err != nil {
				return err
			}
			_, err = erase(t, id, retention, "past its time", now)
			switch {
			case errors.Is(err, ErrHeld):
				continue
			case err != nil:
				return fmt.Errorf("mention %s: %w", id, err)
			}
			n++
		}
		return nil
	})
	return n, err
}

// Held implements [Keeping].
func (l *store) Held(ctx context.Context, before time.Time) ([]mention.Record, error) {
	var ids []string
	err := l.r.each(ctx, `SELECT m.id FROM revisions r JOIN mentions m ON m.num = r.num AND m.seq = r.seq
		WHERE r.collected < ? AND r.meta <> '' AND (`+heldMention+`) ORDER BY r.seq`, func(rows *sql.Rows) error {
		var id string
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, ms(clean(before)))
	if err != nil {
		return nil, reading("held", err)
	}
	return l.Records(ctx, ids)
}
