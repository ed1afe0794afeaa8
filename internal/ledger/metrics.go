package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"earshot/mention"
)

// putMetrics writes down what was measured again. The latest numbers are the
// mention's own from then on, without a revision.
func (a *appending) putMetrics(t *txn, list []mention.Metric) error {
	for i := range list {
		x := &list[i]
		if x.At.IsZero() {
			x.At = a.now
		}
		var num, seq, revision, logged int64
		var meta string
		err := t.row(`SELECT m.num, m.seq, m.revision, m.logged, r.meta FROM mentions m CROSS JOIN revisions r ON r.seq = m.seq WHERE m.id = ? AND m.erased = 0`,
			[]any{x.ID}, &num, &seq, &revision, &logged, &meta)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return err
		}
		if err := putMetric(t, num, x); err != nil {
			return err
		}
		var m mention.Mention
		if err := json.Unmarshal([]byte(meta), &m); err != nil {
			return fmt.Errorf("mention %s: %w", x.ID, err)
		}
		news := enrich(&m, &mention.Mention{Engagement: x.Engagement, Reach: x.Reach})
		if x.Gone && m.Gone.IsZero() {
			m.Gone, news = clean(x.At), true
		}
		if !news {
			continue
		}
		if meta, err = metaOf(&m); err != nil {
			return err
		}
		if err := t.exec("UPDATE revisions SET meta = ? WHERE seq = ?", meta, seq); err != nil {
			return err
		}
		if logged != revision {
			continue // it is told when it is understood
		}
		if err := logChange(t, num, mention.ChangeRescored, a.now); err != nil {
			return err
		}
	}
	return nil
}

func putMetric(t *txn, num int64, x *mention.Metric) error {
	if x.Engagement == nil && x.Reach == nil && !x.Gone {
		return nil
	}
	return t.exec(`INSERT INTO metrics (num, at, engagement, reach, gone) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (num, at) DO UPDATE SET engagement = excluded.engagement, reach = excluded.reach, gone = excluded.gone`,
		num, ms(x.At), x.Engagement, x.Reach, x.Gone)
}

// measured writes down the numbers that a collected mention came with.
func (*appending) measured(t *txn, num int64, m *mention.Mention) error {
	if m.Origin != mention.OriginCollect && m.Origin != mention.OriginBackfill {
		return nil
	}
	return putMetric(t, num, &mention.Metric{At: m.Collected, Engagement: m.Engagement, Reach: m.Reach})
}

// Metrics implements [Reading].
func (l *store) Metrics(ctx context.Context, id string) ([]mention.Metric, error) {
	var list []mention.Metric
	err := l.r.each(ctx, `SELECT x.at, x.engagement, x.reach, x.gone FROM mentions m CROSS JOIN metrics x ON x.num = m.num WHERE m.id = ? ORDER BY x.at`,
		func(rows *sql.Rows) error {
			x := mention.Metric{ID: id}
			var when int64
			err := rows.Scan(&when, &x.Engagement, &x.Reach, &x.Gone)
			x.At = at(when)
			list = append(list, x)
			return err
		}, id)
	return list, reading("metrics", err)
}
