package ledger

import (
	"context"
	"database/sql"
	"time"

	"earshot/mention"
)

// Screening implements [Reading].
func (l *store) Screening(ctx context.Context, source string, from, to time.Time) (mention.Screening, error) {
	s := mention.Screening{Source: source, From: clean(from), To: clean(to)}
	err := l.r.each(ctx, `SELECT COUNT(*), COUNT(u.num), COALESCE(SUM(json_extract(u.analysis, '$.safety') IS NOT NULL), 0), COUNT(f.mention), COALESCE(SUM(m.erased), 0)
		FROM mentions m LEFT JOIN understood u ON u.num = m.num LEFT JOIN safety_flags f ON f.mention = m.id
		WHERE m.seen >= ? AND m.seen < ? AND EXISTS (SELECT 1 FROM json_each(m.sources) j WHERE j.value = ?)`,
		func(rows *sql.Rows) error {
			return rows.Scan(&s.Collected, &s.Understood, &s.Assessed, &s.Flagged, &s.Erased)
		}, ms(s.From), ms(s.To), source)
	if err != nil {
		return s, reading("screening", err)
	}
	list, err := l.Coverage(ctx, source, s.From, s.To)
	if err != nil {
		return s, err
	}
	s.Gaps = gapsOf(list, s.From, s.To)
	return s, nil
}

// gapsOf are the stretches of a period in which a source did not answer.
func gapsOf(list []mention.Coverage, from, to time.Time) []mention.Coverage {
	var gaps []mention.Coverage
	at := from
	source := ""
	for _, c := range list {
		source = c.Source
		if !c.OK || !c.To.After(at) {
			continue
		}
		if c.From.After(at) {
			gaps = append(gaps, mention.Coverage{Source: source, From: at, To: c.From})
		}
		at = c.To
		if !at.Before(to) {
			return gaps
		}
	}
	return append(gaps, mention.Coverage{Source: source, From: at, To: to})
}
