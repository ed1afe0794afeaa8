package ledger

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"earshot/mention"
)

// maxSessions is how many sessions one user or token has; those used longest
// ago make room.
const maxSessions = 50

const userColumns = "SELECT name, role, scope, subject, password, made, seen FROM users "

func scanUser(scan func(...any) error) (u mention.User, err error) {
	var made, seen int64
	err = scan(&u.Name, &u.Role, &u.Scope, &u.Subject, &u.Password, &made, &seen)
	u.Made, u.Seen = at(made), at(seen)
	return u, err
}

// Users implements [People].
func (l *store) Users(ctx context.Context) ([]mention.User, error) {
	var list []mention.User
	err := l.r.each(ctx, userColumns+"ORDER BY name", func(rows *sql.Rows) error {
		u, err := scanUser(rows.Scan)
		list = append(list, u)
		return err
	})
	return list, reading("users", err)
}

// User implements [People].
func (l *store) User(ctx context.Context, name string) (mention.User, bool, error) {
	return l.user(ctx, userColumns+"WHERE name = ?", name)
}

// UserOf implements [People].
func (l *store) UserOf(ctx context.Context, subject string) (mention.User, bool, error) {
	return l.user(ctx, userColumns+"WHERE subject = ? AND subject <> ''", subject)
}

func (l *store) user(ctx context.Context, query, arg string) (mention.User, bool, error) {
	u, err := scanUser(func(dest ...any) error { return l.r.row(ctx, query, []any{arg}, dest...) })
	return found("user", u, err)
}

// found tells what is not there from what could not be read.
func found[T any](what string, v T, err error) (T, bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		var none T
		return none, false, nil
	}
	return v, err == nil, reading(what, err)
}

// Peopled implements [People].
func (l *store) Peopled(ctx context.Context) (bool, error) {
	var peopled bool
	err := l.r.row(ctx, "SELECT EXISTS (SELECT 1 FROM users)", nil, &peopled)
	return peopled, reading("users", err)
}

// noted writes a line of the audit, when there is one to write.
func (l *store) noted(t *txn, e mention.AuditEntry) error {
	if e.Action == "" {
		return nil
	}
	if e.At.IsZero() {
		e.At = l.now()
	}
	return audit(t, e)
}

const tokenColumns = "SELECT id, hash, owner, role, scope, made, expires FROM access_tokens "

func scanToken(scan func(...any) error) (k mention.AccessToken, err error) {
	var hash []byte
	var made, expires int64
	err = scan(&k.ID, &hash, &k.Owner, &k.Role, &k.Scope, &made, &expires)
	copy(k.Hash[:], hash)
	k.Made, k.Expires = at(made), at(expires)
	return k, err
}

// AccessTokens implements [People].
func (l *store) AccessTokens(ctx context.Context, owner string) ([]mention.AccessToken, error) {
	var list []mention.AccessToken
	err := l.r.each(ctx, tokenColumns+"WHERE ? IN ('', owner) ORDER BY owner, id", func(rows *sql.Rows) error {
		k, err := scanToken(rows.Scan)
		list = append(list, k)
		return err
	}, owner)
	return list, reading("access tokens", err)
}

// AccessToken implements [People].
func (l *store) AccessToken(ctx context.Context, hash [sha256.Size]byte) (mention.AccessToken, bool, error) {
	k, err := scanToken(func(dest ...any) error { return l.r.row(ctx, tokenColumns+"WHERE hash = ?", []any{hash[:]}, dest...) })
	return found("access token", k, err)
}

// PutAccessToken implements [People].
func (l *store) PutAccessToken(ctx context.Context, k mention.AccessToken, e mention.AuditEntry) (bool, error) {
	return l.one(ctx, "put access token", e, "INSERT INTO access_tokens (id, hash, owner, role, scope, made, expires) SELECT ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM users WHERE name = ?)",
		k.ID, k.Hash[:], k.Owner, k.Role, k.Scope, ms(k.Made), ms(k.Expires), k.Owner)
}

// DeleteAccessToken implements [People].
func (l *store) DeleteAccessToken(ctx context.Context, id string, e mention.AuditEntry) (bool, error) {
	return l.one(ctx, "delete access token", e, "DELETE FROM access_tokens WHERE id = ?", id)
}

const sessionColumns = "SELECT id, hash, user, token, witness, made, used, address, agent FROM sessions "

func scanSession(scan func(...any) error) (s mention.Session, err error) {
	var hash []byte
	var made, used int64
	err = scan(&s.ID, &hash, &s.User, &s.Token, &s.Witness, &made, &used, &s.Address, &s.Agent)
	copy(s.Hash[:], hash)
	s.Made, s.Used = at(made), at(used)
	return s, err
}

// Session implements [People].
func (l *store) Session(ctx context.Context, hash [sha256.Size]byte) (mention.Session, bool, error) {
	s, err := scanSession(func(dest ...any) error {
		return l.r.row(ctx, sessionColumns+"WHERE hash = ?", []any{hash[:]}, dest...)
	})
	return found("session", s, err)
}

// Sessions implements [People].
func (l *store) Sessions(ctx context.Context, user string) ([]mention.Session, error) {
	var list []mention.Session
	err := l.r.each(ctx, sessionColumns+"WHERE ? IN ('', user) ORDER BY used DESC, id LIMIT 1000", func(rows *sql.Rows) error {
		s, err := scanSession(rows.Scan)
		list = append(list, s)
		return err
	}, user)
	return list, reading("sessions", err)
}

// PutSession implements [People].
func (l *store) PutSession(ctx context.Context, s mention.Session, e mention.AuditEntry) (kept bool, err error) {
	err = l.write(ctx, "put session", func(t *txn) error {
		n, err := t.update(`INSERT INTO sessions (id, hash, user, token, witness, made, used, address, agent) SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?
			WHERE ? <> '' OR EXISTS (SELECT 1 FROM users WHERE name = ?)`,
			s.ID, s.Hash[:], s.User, s.Token, s.Witness, ms(s.Made), ms(s.Used), s.Address, s.Agent, s.Token, s.User)
		if kept = n > 0; err != nil || !kept {
			return err
		}
		err = t.exec("DELETE FROM sessions WHERE user = ? AND token = ? AND id NOT IN (SELECT id FROM sessions WHERE user = ? AND token = ? ORDER BY used DESC, id LIMIT ?)",
			s.User, s.Token, s.User, s.Token, maxSessions)
		if err != nil {
			return err
		}
		if err := t.exec("UPDATE users SET seen = ? WHERE name = ?", ms(s.Made), s.User); err != nil {
			return err
		}
		return l.noted(t, e)
	})
	return kept && err == nil, err
}

// UseSession implements [People].
func (l *store) UseSession(ctx context.Context, id string, used time.Time) error {
	return l.write(ctx, "use session", func(t *txn) error {
		return t.exec("UPDATE sessions SET used = max(used, ?) WHERE id = ?", ms(used), id)
	})
}

// EndSessions implements [People].
func (l *store) EndSessions(ctx context.Context, f mention.SessionFilter, e mention.AuditEntry) (int, error) {
	var n int64
	err := l.write(ctx, "end sessions", func(t *txn) (err error) {
		n, err = t.update(`DELETE FROM sessions WHERE ? IN ('', id) AND ? IN ('', user) AND ? IN ('', token) AND id <> ?
			AND (? = 0 AND ? = 0 OR made < ? OR used < ?)`,
			f.ID, f.User, f.Token, f.Except, ms(f.MadeBefore), ms(f.UsedBefore), ms(f.MadeBefore), ms(f.UsedBefore))
		if err != nil || n == 0 {
			return err
		}
		return l.noted(t, e)
	})
	return int(n), err
}

// AuditTrail implements [People].
func (l *store) AuditTrail(ctx context.Context, f mention.AuditFilter) ([]mention.AuditEntry, error) {
	var list []mention.AuditEntry
	if f.Before <= 0 {
		f.Before = 1<<63 - 1
	}
	err := l.r.each(ctx, `SELECT seq, at, actor, action, object, detail FROM audit WHERE seq < ? AND ? IN ('', actor) AND ? IN ('', object)
		AND (? IN ('', action) OR action >= ? || '.' AND action < ? || '/') ORDER BY seq DESC LIMIT ?`, auditRows(&list), f.Before, f.Actor, f.Object, f.Action, f.Action, f.Action, limitOr(f.Limit))
	return list, reading("audit trail", err)
}
