package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"earshot/mention"
)

// AddUser implements [People].
func (l *store) AddUser(ctx context.Context, u mention.User, e mention.AuditEntry) (bool, error) {
	if u.Name == "" || u.Role == "" {
		return false, fmt.Errorf("ledger: add user %q: name and role are needed", u.Name)
	}
	return l.one(ctx, "add user", e, "INSERT INTO users (name, role, scope, subject, password, made, seen) VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING",
		u.Name, u.Role, u.Scope, u.Subject, u.Password, ms(u.Made), ms(u.Seen))
}

// one runs one statement, and notes it when it did something.
func (l *store) one(ctx context.Context, what string, e mention.AuditEntry, query string, args ...any) (did bool, err error) {
	err = l.write(ctx, what, func(t *txn) error {
		n, err := t.update(query, args...)
		if did = n > 0; err != nil || !did {
			return err
		}
		return l.noted(t, e)
	})
	return did && err == nil, err
}

// ChangeUser implements [People].
func (l *store) ChangeUser(ctx context.Context, name string, change func(*mention.User, bool) (mention.AuditEntry, error)) (u mention.User, ok bool, err error) {
	ok, err = l.withUser(ctx, "change user", name, func(t *txn, was mention.User, only bool) error {
		u = was
		e, err := change(&u, only)
		if err != nil {
			return refusal{err}
		}
		if u.Role == "" {
			return errors.New("a role is needed")
		}
		if err := t.exec("UPDATE users SET role = ?, scope = ?, password = ? WHERE name = ?", u.Role, u.Scope, u.Password, name); err != nil {
			return err
		}
		if u.Scope != "" && u.Scope != was.Scope {
			ended, err := l.takeBack(t, name)
			if err != nil {
				return err
			}
			e = withEnded(e, ended)
		}
		return l.noted(t, e)
	})
	return u, ok, err
}

// DeleteUser implements [People].
func (l *store) DeleteUser(ctx context.Context, name string, check func(mention.User, bool) (mention.AuditEntry, error)) (bool, error) {
	return l.withUser(ctx, "delete user", name, func(t *txn, u mention.User, only bool) error {
		e, err := check(u, only)
		if err != nil {
			return refusal{err}
		}
		if err := t.exec("DELETE FROM users WHERE name = ?", name); err != nil {
			return err
		}
		ended, err := l.takeAll(t, name)
		if err != nil {
			return err
		}
		return l.noted(t, withEnded(e, ended))
	})
}

// Withdraw implements [People].
func (l *store) Withdraw(ctx context.Context, name string, e mention.AuditEntry) error {
	return l.write(ctx, "withdraw", func(t *txn) error {
		ended, err := l.takeAll(t, name)
		if err != nil || len(ended) == 0 {
			return err
		}
		return l.noted(t, withEnded(e, ended))
	})
}

// A refusal is an error of who asked for a change, and not of ours.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// withUser does something about a user as they are in the transaction.
func (l *store) withUser(ctx context.Context, what, name string, do func(t *txn, u mention.User, only bool) error) (ok bool, err error) {
	err = l.write(ctx, what, func(t *txn) error {
		u, err := scanUser(func(dest ...any) error { return t.row(userColumns+"WHERE name = ?", []any{name}, dest...) })
		if ok = err == nil; errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		var only bool
		if err := t.row("SELECT NOT EXISTS (SELECT 1 FROM users WHERE role = 'admin' AND name <> ?)", []any{name}, &only); err != nil {
			return err
		}
		return do(t, u, only && u.Role == "admin")
	})
	if r, is := errors.AsType[refusal](err); is {
		return false, r.error
	}
	return ok && err == nil, err
}

// takeAll ends all that lets a user in, and what they handed out.
func (l *store) takeAll(t *txn, name string) (ended []string, err error) {
	for _, x := range []struct{ what, query string }{
		{"session", "DELETE FROM sessions WHERE user = ?"}, {"token", "DELETE FROM access_tokens WHERE owner = ?"},
	} {
		n, err := t.update(x.query, name)
		if err != nil {
			return nil, err
		}
		ended = counted(ended, n, x.what)
	}
	more, err := l.takeBack(t, name)
	return append(ended, more...), err
}

// takeBack ends what a user, or a token of theirs, handed out of what they saw
// then: the links to reports that are still open, and subscriptions.
func (l *store) takeBack(t *txn, name string) (ended []string, err error) {
	now := l.now().UTC().Format(time.RFC3339Nano)
	n, err := t.update(`UPDATE shares SET body = json_set(body, '$.revoked', ?)
		WHERE json_extract(body, '$.revoked') IS NULL AND julianday(json_extract(body, '$.expires')) > julianday(?)
		AND (json_extract(body, '$.by') = ? OR substr(json_extract(body, '$.by'), 1, length(?) + 1) = ? || '/')`, now, now, name, name, name)
	if err != nil {
		return nil, err
	}
	ended = counted(ended, n, "report link")
	n, err = t.update("DELETE FROM objects WHERE kind = 'subscription' AND (owner = ? OR substr(owner, 1, length(?) + 1) = ? || '/')", name, name, name)
	return counted(ended, n, "subscription"), err
}

// counted adds how many of something there were, if any.
func counted(list []string, n int64, what string) []string {
	switch n {
	case 0:
		return list
	case 1:
		return append(list, "1 "+what)
	}
	return append(list, fmt.Sprintf("%d %ss", n, what))
}

// withEnded tells in a line of the audit what ended besides.
func withEnded(e mention.AuditEntry, ended []string) mention.AuditEntry {
	if len(ended) > 0 {
		e.Detail = strings.TrimPrefix(e.Detail+"; ended: "+strings.Join(ended, ", "), "; ")
	}
	return e
}
