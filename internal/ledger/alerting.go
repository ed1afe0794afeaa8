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

// CommitAlerts implements [Alerting].
func (l *store) CommitAlerts(ctx context.Context, c AlertCommit) error {
	now := clean(l.now())
	return l.write(ctx, "commit alerts", func(t *txn) error {
		for i := range c.Incidents {
			if err := putIncident(t, c.Incidents[i]); err != nil {
				return fmt.Errorf("incident %s: %w", c.Incidents[i].ID, err)
			}
		}
		for i := range c.Deliveries {
			if err := addDelivery(t, c.Deliveries[i]); err != nil {
				return fmt.Errorf("delivery %s: %w", c.Deliveries[i].ID, err)
			}
		}
		for i := range c.Flags {
			if err := addFlag(t, c.Flags[i], now); err != nil {
				return fmt.Errorf("safety flag of %s: %w", c.Flags[i].Mention, err)
			}
		}
		for key, part := range c.Parts {
			if err := putPart(t, key, part); err != nil {
				return fmt.Errorf("part %q: %w", key, err)
			}
		}
		return t.exec("INSERT OR REPLACE INTO alert_state (one, offset) VALUES (1, ?)", c.Offset)
	})
}

func putPart(t *txn, key string, part []byte) error {
	if part == nil {
		return t.exec("DELETE FROM alert_parts WHERE name = ?", key)
	}
	return t.exec("INSERT OR REPLACE INTO alert_parts (name, body) VALUES (?, ?)", key, part)
}

// AlertState implements [Alerting].
func (l *store) AlertState(ctx context.Context) (offset int64, parts map[string][]byte, err error) {
	err = l.r.row(ctx, "SELECT offset FROM alert_state", nil, &offset)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, nil, reading("alert state", err)
	}
	parts = map[string][]byte{}
	err = l.r.each(ctx, "SELECT name, body FROM alert_parts", func(rows *sql.Rows) error {
		var name string
		var body []byte
		err := rows.Scan(&name, &body)
		parts[name] = body
		return err
	})
	return offset, parts, reading("alert state", err)
}

// putIncident stores an incident as the engine has it; its flags stay as
// people set them.
func putIncident(t *txn, in mention.Incident) error {
	var body string
	err := t.row("SELECT body FROM incidents WHERE id = ?", []any{in.ID}, &body)
	switch {
	case errors.Is(err, sql.ErrNoRows):
	case err != nil:
		return err
	default:
		var old mention.Incident
		if err := json.Unmarshal([]byte(body), &old); err != nil {
			return err
		}
		in.TakeFlags(&old)
	}
	return writeIncident(t, &in)
}

func writeIncident(t *txn, in *mention.Incident) error {
	data, err := json.Marshal(in)
	if err != nil {
		return err
	}
	return t.exec(`INSERT INTO incidents (id, rule, state, opened, body) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET rule = excluded.rule, state = excluded.state, opened = excluded.opened, body = excluded.body`,
		in.ID, in.Rule, in.State, ms(in.Opened), string(data))
}

// Incidents implements [Alerting].
func (l *store) Incidents(ctx context.Context, f IncidentFilter) ([]mention.Incident, error) {
	opened, num := int64(1)<<62, int64(1)<<62
	if f.Before != "" {
		if err := l.r.row(ctx, "SELECT opened, num FROM incidents WHERE id = ?", []any{f.Before}, &opened, &num); err != nil {
			return nil, reading("incidents", err)
		}
	}
	query, args := "SELECT "+watchedCols+", body FROM incidents WHERE (opened, num) < (?, ?)", []any{opened, num}
	if f.Keep == nil {
		query = "SELECT '', '', body FROM incidents WHERE (opened, num) < (?, ?)"
	}
	if f.Rule != "" {
		query, args = query+" AND rule = ?", append(args, f.Rule)
	}
	if f.State != "" {
		query, args = query+" AND state = ?", append(args, f.State)
	}
	var list []mention.Incident
	err := l.r.each(ctx, query+" ORDER BY opened DESC, num DESC LIMIT ?", func(rows *sql.Rows) error {
		var kind, match string
		var body sql.RawBytes
		if err := rows.Scan(&kind, &match, &body); err != nil || f.Keep != nil && !f.Keep(kind, match) {
			return err
		}
		var in mention.Incident
		err := json.Unmarshal(body, &in)
		if list = append(list, in); err == nil && len(list) == limitOr(f.Limit) {
			err = errEnough
		}
		return err
	}, append(args, scanned(f.Keep, f.Limit))...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, reading("incidents", err)
}

// errEnough ends a reading that has what it wants.
var errEnough = errors.New("enough")

// watchedCols are what a [mention.Keep] asks of an incident.
const watchedCols = "COALESCE(json_extract(body, '$.kind'), '') AS kind, COALESCE(json_extract(body, '$.match'), '') AS asked"

// scanned is how many rows are looked at for a list: where some are passed
// over, as many as there are.
func scanned(keep mention.Keep, limit int) int64 {
	if keep != nil {
		return -1
	}
	return int64(limitOr(limit))
}

// Tallies implements [Alerting]. An incident that waited longer than a week
// before it fired is taken for older than it is.
func (l *store) Tallies(ctx context.Context, since time.Time) (map[string]mention.RuleTally, error) {
	out := map[string]mention.RuleTally{}
	err := l.r.each(ctx, `SELECT rule, MAX(opened), MAX(state = 'firing'),
		SUM(CASE WHEN opened >= ?1 - 604800000 THEN COALESCE(unixepoch(json_extract(body, '$.fired'), 'subsec') * 1000 >= ?1, 0) ELSE 0 END)
		FROM incidents GROUP BY rule`, func(rows *sql.Rows) error {
		var rule string
		var last int64
		var t mention.RuleTally
		err := rows.Scan(&rule, &last, &t.Firing, &t.Fired)
		t.Last = at(last)
		out[rule] = t
		return err
	}, ms(since))
	return out, reading("tallies of rules", err)
}

func limitOr(limit int) int {
	if limit <= 0 {
		return 100
	}
	return limit
}

// scanJSON reads a row of one column.
func scanJSON[T any](rows *sql.Rows) (v T, err error) {
	var data sql.RawBytes
	if err := rows.Scan(&data); err != nil {
		return v, err
	}
	err = json.Unmarshal(data, &v)
	return v, err
}

// Incident implements [Alerting].
func (l *store) Incident(ctx context.Context, id string) (in mention.Incident, err error) {
	var body []byte
	if err = l.r.row(ctx, "SELECT body FROM incidents WHERE id = ?", []any{id}, &body); err == nil {
		err = json.Unmarshal(body, &in)
	}
	return in, reading("incident", err)
}

// UpdateIncident implements [Alerting].
func (l *store) UpdateIncident(ctx context.Context, id string, change func(*mention.Incident) error) (in mention.Incident, err error) {
	err = l.write(ctx, "update incident", func(t *txn) error {
		var body []byte
		if err := t.row("SELECT body FROM incidents WHERE id = ?", []any{id}, &body); err != nil {
			return notFound(err)
		}
		if err := json.Unmarshal(body, &in); err != nil {
			return err
		}
		if err := change(&in); err != nil {
			return err
		}
		in.ID = id
		return writeIncident(t, &in)
	})
	return in, err
}

func notFound(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// addFlag stores a safety flag and puts on hold what it rests on: the mention,
// the bytes it was read from, and its author.
func addFlag(t *txn, f mention.SafetyFlag, now time.Time) error {
	data, err := json.Marshal(&f)
	if err != nil {
		return err
	}
	n, err := t.update("INSERT OR IGNORE INTO safety_flags (mention, flagged, body) VALUES (?, ?, ?)", f.Mention, ms(f.Flagged), string(data))
	if err != nil || n == 0 {
		return err
	}
	var num int64
	if err := t.row("SELECT num FROM mentions WHERE id = ? AND erased = 0", []any{f.Mention}, &num); err != nil {
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	}
	objects := []string{"mention:" + f.Mention}
	err = t.each("SELECT author, capture FROM revisions WHERE seq = (SELECT seq FROM mentions WHERE num = ?)", func(rows *sql.Rows) error {
		var author, capture string
		err := rows.Scan(&author, &capture)
		if author != "" {
			objects = append(objects, "author:"+author)
		}
		if capture != "" {
			objects = append(objects, "capture:"+capture)
		}
		return err
	}, num)
	if err != nil {
		return err
	}
	for _, object := range objects {
		if err := t.exec("INSERT OR IGNORE INTO holds (object, reason, actor, at) VALUES (?, 'safety', 'earshot', ?)", object, ms(now)); err != nil {
			return err
		}
	}
	return nil
}

// SafetyFlags implements [Alerting].
func (l *store) SafetyFlags(ctx context.Context, since time.Time) ([]mention.SafetyFlag, error) {
	var list []mention.SafetyFlag
	err := l.r.each(ctx, "SELECT body FROM safety_flags WHERE flagged >= ? ORDER BY flagged, mention", func(rows *sql.Rows) error {
		f, err := scanJSON[mention.SafetyFlag](rows)
		list = append(list, f)
		return err
	}, ms(since))
	return list, reading("safety flags", err)
}

// UpdateSafetyFlag implements [Alerting].
func (l *store) UpdateSafetyFlag(ctx context.Context, id string, change func(*mention.SafetyFlag) error) error {
	return l.write(ctx, "update safety flag", func(t *txn) error { return notFound(updateFlag(t, id, change)) })
}

func updateFlag(t *txn, id string, change func(*mention.SafetyFlag) error) error {
	var body []byte
	if err := t.row("SELECT body FROM safety_flags WHERE mention = ?", []any{id}, &body); err != nil {
		return err
	}
	var f mention.SafetyFlag
	if err := json.Unmarshal(body, &f); err != nil {
		return err
	}
	if err := change(&f); err != nil {
		return err
	}
	f.Mention = id
	data, err := json.Marshal(&f)
	if err != nil {
		return err
	}
	return t.exec("UPDATE safety_flags SET flagged = ?, body = ? WHERE mention = ?", ms(f.Flagged), string(data), id)
}
