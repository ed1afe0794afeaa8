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

const selectState = "SELECT source, COALESCE(body, '{}'), items, last_new FROM source_states"

// SourceState implements [Intake].
func (l *store) SourceState(ctx context.Context, source string) (mention.SourceState, error) {
	state := mention.SourceState{Source: source}
	err := l.r.each(ctx, selectState+" WHERE source = ?", func(rows *sql.Rows) (err error) {
		state, err = scanState(rows)
		return err
	}, source)
	return state, reading("source state", err)
}

// SourceStates implements [Intake].
func (l *store) SourceStates(ctx context.Context) ([]mention.SourceState, error) {
	var states []mention.SourceState
	err := l.r.each(ctx, selectState+" ORDER BY source", func(rows *sql.Rows) error {
		s, err := scanState(rows)
		states = append(states, s)
		return err
	})
	return states, reading("source states", err)
}

func scanState(rows *sql.Rows) (s mention.SourceState, err error) {
	var body sql.RawBytes
	var source string
	var items, lastNew int64
	if err := rows.Scan(&source, &body, &items, &lastNew); err != nil {
		return s, err
	}
	if err := json.Unmarshal(body, &s); err != nil {
		return s, fmt.Errorf("source %s: %w", source, err)
	}
	s.Source, s.Items, s.LastNew = source, items, at(lastNew)
	return s, nil
}

// AddCoverage implements [Intake].
func (l *store) AddCoverage(ctx context.Context, c mention.Coverage) error {
	if c.To.Before(c.From) {
		return fmt.Errorf("ledger: coverage of %s ends %s before it begins", c.Source, c.From.Sub(c.To))
	}
	return l.write(ctx, "add coverage", func(t *txn) error {
		start, stop := ms(c.From), ms(c.To)
		var from, to sql.NullInt64
		err := t.row("SELECT MIN(start), MAX(stop) FROM coverage WHERE source = ? AND ok = ? AND stop >= ? AND start <= ?",
			[]any{c.Source, c.OK, start, stop}, &from, &to)
		if err != nil {
			return err
		}
		if from.Valid {
			if from.Int64 <= start && to.Int64 >= stop {
				return nil
			}
			if err := t.exec("DELETE FROM coverage WHERE source = ? AND ok = ? AND stop >= ? AND start <= ?", c.Source, c.OK, start, stop); err != nil {
				return err
			}
			start, stop = min(start, from.Int64), max(stop, to.Int64)
		}
		return t.exec("INSERT INTO coverage (source, start, stop, ok) VALUES (?, ?, ?, ?)", c.Source, start, stop, c.OK)
	})
}

// Coverage implements [Intake].
func (l *store) Coverage(ctx context.Context, source string, from, to time.Time) ([]mention.Coverage, error) {
	var list []mention.Coverage
	err := l.r.each(ctx, "SELECT source, start, stop, ok FROM coverage WHERE source = ? AND ok IN (0, 1) AND stop >= ? AND start <= ? ORDER BY start, stop",
		func(rows *sql.Rows) error {
			var c mention.Coverage
			var start, stop int64
			err := rows.Scan(&c.Source, &start, &stop, &c.OK)
			c.From, c.To = at(start), at(stop)
			list = append(list, c)
			return err
		}, source, ms(from), ms(to))
	return list, reading("coverage", err)
}

// Setting implements [Understanding].
func (l *store) Setting(ctx context.Context, key string) (value string, err error) {
	err = l.r.row(ctx, "SELECT value FROM settings WHERE name = ?", []any{key}, &value)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return value, reading("setting", err)
}

// SetSetting implements [Understanding].
func (l *store) SetSetting(ctx context.Context, key, value string) error {
	return l.write(ctx, "set setting", func(t *txn) error {
		return t.exec("INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value", key, value)
	})
}

// Offset implements [Understanding].
func (l *store) Offset(ctx context.Context, consumer string) (offset int64, err error) {
	err = l.r.row(ctx, "SELECT offset FROM offsets WHERE consumer = ?", []any{consumer}, &offset)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return offset, reading("offset", err)
}

// SetOffset implements [Understanding].
func (l *store) SetOffset(ctx context.Context, consumer string, offset int64) error {
	return l.write(ctx, "set offset", func(t *txn) error { return setOffset(t, consumer, offset) })
}

func setOffset(t *txn, consumer string, offset int64) error {
	return t.exec("INSERT INTO offsets (consumer, offset) VALUES (?, ?) ON CONFLICT (consumer) DO UPDATE SET offset = excluded.offset", consumer, offset)
}
