package ledger

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"earshot/mention"
)

// Span implements [Reading]. The log's times never go back, so that its ends
// say enough; counting all of it is quicker than counting a part.
func (l *store) Span(ctx context.Context, since time.Time) (s ChangeSpan, err error) {
	var first, from, last int64
	err = l.r.row(ctx, `SELECT COALESCE((SELECT seq FROM changes WHERE at >= ?1 ORDER BY seq LIMIT 1), 0), COALESCE((SELECT at FROM changes WHERE at >= ?1 ORDER BY seq LIMIT 1), 0),
		COALESCE((SELECT MAX(seq) FROM changes), 0), COALESCE((SELECT at FROM changes ORDER BY seq DESC LIMIT 1), 0)`, []any{ms(since)}, &first, &from, &s.Last, &last)
	if err != nil || first == 0 {
		return s, reading("span of changes", err)
	}
	s.From, s.To = at(from), at(last)
	var all, before int
	if err = l.r.row(ctx, "SELECT (SELECT COUNT(*) FROM changes), (SELECT COUNT(*) FROM changes WHERE seq < ?)", []any{first}, &all, &before); err == nil {
		s.Changes = all - before
	}
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
