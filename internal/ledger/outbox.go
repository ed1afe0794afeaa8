package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"earshot/mention"
)

// A delivery waits while it is pending or sending; what was sending when the
// process ended is sent again.
const (
	openStates   = "('pending', 'sending')"
	deliveryCols = "seq, state, payload, body"
	// The first of its incident, for its receiver: what comes after it waits.
	headOfIncident = ` NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.receiver = d.receiver AND e.incident = d.incident
		AND d.incident <> '' AND e.seq < d.seq AND e.state IN ` + openStates + `)`
)

// addDelivery puts a notice at the end of the outbox.
func addDelivery(t *txn, d mention.Delivery) error {
	if d.State == "" {
		d.State = mention.DeliveryPending
	}
	body, err := deliveryBody(d)
	if err != nil {
		return err
	}
	return t.exec("INSERT OR IGNORE INTO deliveries (id, receiver, incident, mention, state, next, payload, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		d.ID, d.Receiver, d.Incident, d.Mention, d.State, due(&d), d.Payload, body)
}

// deliveryBody is what of a delivery has no column.
func deliveryBody(d mention.Delivery) (string, error) {
	d.Payload, d.Seq = nil, 0
	data, err := json.Marshal(&d)
	return string(data), err
}

// due is when a delivery may be sent.
func due(d *mention.Delivery) int64 { return max(ms(d.Next), ms(d.Created)) }

// scanDelivery reads a row of the columns before, and of deliveryCols.
func scanDelivery(rows *sql.Rows, before ...any) (d mention.Delivery, err error) {
	var seq int64
	var state string
	var payload []byte
	var body sql.RawBytes
	if err := rows.Scan(append(before, &seq, &state, &payload, &body)...); err != nil {
		return d, err
	}
	err = json.Unmarshal(body, &d)
	d.Seq, d.State, d.Payload = seq, state, payload
	return d, err
}

func (l *store) deliveries(ctx context.Context, what, query string, args ...any) ([]mention.Delivery, error) {
	var list []mention.Delivery
	err := l.r.each(ctx, query, func(rows *sql.Rows) error {
		d, err := scanDelivery(rows)
		list = append(list, d)
		return err
	}, args...)
	return list, reading(what, err)
}

// Deliveries implements [Alerting].
func (l *store) Deliveries(ctx context.Context, f DeliveryFilter) ([]mention.Delivery, error) {
	query, args := "SELECT '', '', "+deliveryCols+" FROM deliveries WHERE seq < ?", []any{f.Before}
	if f.Keep != nil {
		query = "SELECT kind, asked, " + deliveryCols + " FROM deliveries JOIN (SELECT id AS its, " + watchedCols + " FROM incidents) ON its = incident WHERE seq < ?"
	}
	if f.Before <= 0 {
		args[0] = int64(1) << 62
	}
	for _, c := range []struct{ column, value string }{
		{"receiver", f.Receiver}, {"state", f.State}, {"incident", f.Incident}, {"mention", f.Mention},
	} {
		if c.value != "" {
			query, args = query+" AND "+c.column+" = ?", append(args, c.value)
		}
	}
	var list []mention.Delivery
	err := l.r.each(ctx, query+" ORDER BY seq DESC LIMIT ?", func(rows *sql.Rows) error {
		var kind, match string
		d, err := scanDelivery(rows, &kind, &match)
		if err != nil || f.Keep != nil && !f.Keep(kind, match) {
			return err
		}
		if list = append(list, d); len(list) == limitOr(f.Limit) {
			err = errEnough
		}
		return err
	}, append(args, scanned(f.Keep, f.Limit))...)
	if errors.Is(err, errEnough) {
		err = nil
	}
	return list, reading("deliveries", err)
}

// Delivery implements [Alerting].
func (l *store) Delivery(ctx context.Context, id string) (mention.Delivery, error) {
	list, err := l.deliveries(ctx, "delivery", "SELECT "+deliveryCols+" FROM deliveries WHERE id = ?", id)
	if err == nil && len(list) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return mention.Delivery{}, err
	}
	return list[0], nil
}

// DueDeliveries implements [Alerting].
func (l *store) DueDeliveries(ctx context.Context, receiver string, now time.Time, limit int) ([]mention.Delivery, error) {
	return l.deliveries(ctx, "due deliveries", "SELECT "+deliveryCols+" FROM deliveries d WHERE receiver = ? AND state IN "+openStates+
		" AND next <= ? AND"+headOfIncident+" ORDER BY seq LIMIT ?", receiver, ms(now), limit)
}

// NextDelivery implements [Alerting].
func (l *store) NextDelivery(ctx context.Context, receiver string) (time.Time, error) {
	var next sql.NullInt64
	err := l.r.row(ctx, "SELECT MIN(next) FROM deliveries d WHERE receiver = ? AND state IN "+openStates+" AND"+headOfIncident, []any{receiver}, &next)
	return at(next.Int64), reading("next delivery", err)
}

// HastenDeliveries implements [Alerting].
func (l *store) HastenDeliveries(ctx context.Context, receiver string, now time.Time) error {
	now = clean(now)
	return l.write(ctx, "hasten deliveries", func(t *txn) error {
		return t.exec("UPDATE deliveries SET next = ?, body = json_set(body, '$.next', ?) WHERE receiver = ? AND state IN "+openStates+" AND next > ?",
			ms(now), now.Format(time.RFC3339Nano), receiver, ms(now))
	})
}

// Waiting implements [Alerting].
func (l *store) Waiting(ctx context.Context) ([]Waiting, error) {
	var list []Waiting
	err := l.r.each(ctx, `SELECT w.receiver, w.n, d.body FROM (SELECT receiver, COUNT(*) AS n, MIN(seq) AS seq FROM deliveries
		WHERE state IN `+openStates+` GROUP BY receiver) w CROSS JOIN deliveries d ON d.seq = w.seq ORDER BY w.receiver`, func(rows *sql.Rows) error {
		var w Waiting
		var body sql.RawBytes
		var d mention.Delivery
		if err := rows.Scan(&w.Receiver, &w.Count, &body); err != nil {
			return err
		}
		err := json.Unmarshal(body, &d)
		w.Oldest = d.Created
		list = append(list, w)
		return err
	})
	return list, reading("waiting", err)
}

// UpdateDelivery implements [Alerting].
func (l *store) UpdateDelivery(ctx context.Context, id string, change func(*mention.Delivery) error) (d mention.Delivery, err error) {
	err = l.write(ctx, "update delivery", func(t *txn) error {
		found := false
		err := t.each("SELECT "+deliveryCols+" FROM deliveries WHERE id = ?", func(rows *sql.Rows) (err error) {
			found = true
			d, err = scanDelivery(rows)
			return err
		}, id)
		if err != nil {
			return err
		}
		if !found {
			return ErrNotFound
		}
		seq := d.Seq
		if err := change(&d); err != nil {
			return err
		}
		d.ID, d.Seq = id, seq
		body, err := deliveryBody(d)
		if err != nil {
			return err
		}
		err = t.exec("UPDATE deliveries SET receiver = ?, incident = ?, mention = ?, state = ?, next = ?, payload = ?, body = ? WHERE seq = ?",
			d.Receiver, d.Incident, d.Mention, d.State, due(&d), d.Payload, body, seq)
		if err != nil {
			return err
		}
		return noteSent(t, &d)
	})
	return d, err
}

// noteSent tells a safety flag when its first notice was sent.
func noteSent(t *txn, d *mention.Delivery) error {
	if d.State != mention.DeliverySent || d.Mention == "" {
		return nil
	}
	err := updateFlag(t, d.Mention, func(f *mention.SafetyFlag) error {
		if f.Notified.IsZero() {
			f.Notified = d.Sent
		}
		return nil
	})
	if errors.Is(err, sql.ErrNoRows) {
		return nil // not every notice about a mention is one of safety
	}
	return err
}
