package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"earshot/mention"
)

// Span implements [Reading].
func (l *store) Span(ctx context.Context, since time.Time) (s ChangeSpan, err error) {
	var first, last int64
	err = l.r.row(ctx, `SELECT COUNT(*), COALESCE(MAX(seq), 0), COALESCE(MAX(at), 0),
		COALESCE((SELECT at FROM changes WHERE at >= ?1 ORDER BY seq LIMIT 1), 0) FROM changes WHERE at >= ?1`,
		[]any{ms(since)}, &s.Changes, &s.Last, &last, &first)
	s.From, s.To = at(first), at(last)
	return s, reading("span of changes", err)
}

// ChangeSeqs implements [Reading].
func (l *store) ChangeSeqs(ctx context.Context, ids []string, since time.Time) ([]int64, error) {
	data, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("ledger: changes: %w", err)
	}
	list := make([]int64, 0, len(ids))
	err = l.r.each(ctx, `SELECT c.seq FROM json_each(?) j CROSS JOIN mentions m ON m.id = j.value CROSS JOIN changes c ON c.num = m.num WHERE c.at >= ?`,
		func(rows *sql.Rows) error {
			var seq int64
			err := rows.Scan(&seq)
			list = append(list, seq)
			return err
		}, string(data), ms(since))
	return list, reading("changes", err)
}

// ChangesAt implements [Reading].
func (l *store) ChangesAt(ctx context.Context, seqs []int64) ([]mention.Change, error) {
	data, err := json.Marshal(seqs)
	if err != nil {
		return nil, fmt.Errorf("ledger: changes: %w", err)
	}
	list := make([]mention.Change, 0, len(seqs))
	c := newChangeScan()
	err = l.r.each(ctx, changeSelect+" FROM json_each(?) j CROSS JOIN changes c ON c.seq = j.value "+changeJoin,
		func(rows *sql.Rows) error { return c.add(rows, &list) }, string(data))
	return list, reading("changes", err)
}
