package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"earshot/mention"
)

// maxReport bounds what one kept report may hold, in bytes.
const maxReport = 16 << 20

// PutReport implements [Archiving].
func (l *store) PutReport(ctx context.Context, r mention.KeptReport, notices []mention.Delivery) error {
	if r.ID == "" || len(r.Body) == 0 || len(r.Body) > maxReport {
		return fmt.Errorf("ledger: put report %q: an id and a body of at most %d bytes are needed", r.ID, maxReport)
	}
	head, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("ledger: put report: %w", err)
	}
	return l.write(ctx, "put report", func(t *txn) error {
		n, err := t.update("INSERT OR IGNORE INTO reports (id, plan, head, body) VALUES (?, ?, ?, ?)", r.ID, r.Plan, string(head), r.Body)
		if err != nil || n == 0 {
			return err // there already, and its notices with it
		}
		for i := range notices {
			if err := addDelivery(t, notices[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// AddDeliveries implements [Archiving].
func (l *store) AddDeliveries(ctx context.Context, list []mention.Delivery) error {
	return l.write(ctx, "add deliveries", func(t *txn) error {
		for i := range list {
			if err := addDelivery(t, list[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// Reports implements [Archiving].
func (l *store) Reports(ctx context.Context, f mention.KeptFilter) ([]mention.KeptReport, error) {
	before := int64(1) << 62
	if f.Before != "" {
		if err := l.r.row(ctx, "SELECT seq FROM reports WHERE id = ?", []any{f.Before}, &before); err != nil {
			return nil, reading("report", err)
		}
	}
	var list []mention.KeptReport
	err := l.r.each(ctx, "SELECT head FROM reports WHERE seq < ? AND ? IN ('', plan) ORDER BY seq DESC LIMIT ?", func(rows *sql.Rows) error {
		var head string
		var r mention.KeptReport
		if err := rows.Scan(&head); err != nil {
			return err
		}
		err := json.Unmarshal([]byte(head), &r)
		list = append(list, r)
		return err
	}, before, f.Plan, limitOr(f.Limit))
	return list, reading("reports", err)
}

// Report implements [Archiving].
func (l *store) Report(ctx context.Context, id string) (mention.KeptReport, error) {
	var r mention.KeptReport
	var head string
	var body []byte
	err := l.r.row(ctx, "SELECT head, body FROM reports WHERE id = ?", []any{id}, &head, &body)
	if err == nil {
		err = json.Unmarshal([]byte(head), &r)
	}
	r.Body = body
	return r, reading("report", err)
}

// DeleteReport implements [Archiving].
func (l *store) DeleteReport(ctx context.Context, id, actor string) error {
	return l.write(ctx, "delete report", func(t *txn) error {
		n, err := t.update("DELETE FROM reports WHERE id = ?", id)
		if err == nil && n == 0 {
			return ErrNotFound
		}
		if err == nil {
			err = t.exec("DELETE FROM shares WHERE report = ?", id)
		}
		if err == nil {
			err = endNotices(t, id)
		}
		if err == nil {
			err = audit(t, mention.AuditEntry{At: l.now(), Actor: actor, Action: "delete.report", Object: id})
		}
		return err
	})
}

// endNotices gives up what waits to tell of a report that is deleted.
func endNotices(t *txn, report string) error {
	return t.exec(`UPDATE deliveries SET state = 'dead', body = json_remove(json_set(body, '$.state', 'dead', '$.error', 'the report was deleted'), '$.next')
		WHERE state IN `+openStates+` AND CASE WHEN json_valid(CAST(payload AS TEXT)) THEN json_extract(CAST(payload AS TEXT), '$.data.report') END = ?`, report)
}

// PutShare implements [Archiving].
func (l *store) PutShare(ctx context.Context, s mention.Share) error {
	body, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("ledger: put share: %w", err)
	}
	return l.write(ctx, "put share", func(t *txn) error {
		var there int
		if err := t.row("SELECT 1 FROM reports WHERE id = ?", []any{s.Report}, &there); errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		} else if err != nil {
			return err
		}
		if err := t.exec("INSERT INTO shares (id, report, hash, body) VALUES (?, ?, ?, ?)", s.ID, s.Report, s.Hash, string(body)); err != nil {
			return err
		}
		return audit(t, mention.AuditEntry{At: s.Created, Actor: s.By, Action: "share.report", Object: s.Report, Detail: "share " + s.ID + " until " + s.Expires.UTC().Format(time.RFC3339)})
	})
}

func scanShare(body, hash string) (s mention.Share, err error) {
	err = json.Unmarshal([]byte(body), &s)
	s.Hash = hash
	return s, err
}

// Shares implements [Archiving].
func (l *store) Shares(ctx context.Context, report string) ([]mention.Share, error) {
	var list []mention.Share
	err := l.r.each(ctx, "SELECT body, hash FROM shares WHERE report = ? ORDER BY rowid DESC", func(rows *sql.Rows) error {
		var body, hash string
		if err := rows.Scan(&body, &hash); err != nil {
			return err
		}
		s, err := scanShare(body, hash)
		list = append(list, s)
		return err
	}, report)
	return list, reading("shares", err)
}

// ShareOf implements [Archiving].
func (l *store) ShareOf(ctx context.Context, hash string) (mention.Share, error) {
	var body string
	if err := l.r.row(ctx, "SELECT body FROM shares WHERE hash = ?", []any{hash}, &body); err != nil {
		return mention.Share{}, reading("share", err)
	}
	s, err := scanShare(body, hash)
	return s, reading("share", err)
}

// RevokeShare implements [Archiving].
func (l *store) RevokeShare(ctx context.Context, id, actor string, now time.Time) error {
	return l.write(ctx, "revoke share", func(t *txn) error {
		var body string
		if err := t.row("SELECT body FROM shares WHERE id = ?", []any{id}, &body); errors.Is(err, sql.ErrNoRows) {
			return ErrNotFound
		} else if err != nil {
			return err
		}
		s, err := scanShare(body, "")
		if err != nil || !s.Revoked.IsZero() {
			return err
		}
		s.Revoked = now
		next, err := json.Marshal(s)
		if err == nil {
			err = t.exec("UPDATE shares SET body = ? WHERE id = ?", string(next), id)
		}
		if err == nil {
			err = audit(t, mention.AuditEntry{At: now, Actor: actor, Action: "revoke.share", Object: s.Report, Detail: "share " + id})
		}
		return err
	})
}
