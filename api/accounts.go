package api

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"earshot/mention"
	"earshot/query"
)

// People keeps who may come in. What changes is written with its line of the
// audit; an entry without an action writes none. The ledger is one.
type People interface {
	Users(ctx context.Context) ([]mention.User, error)
	User(ctx context.Context, name string) (mention.User, bool, error)
	UserOf(ctx context.Context, subject string) (mention.User, bool, error)
	Peopled(ctx context.Context) (bool, error)
	AddUser(ctx context.Context, u mention.User, e mention.AuditEntry) (bool, error) // false: there is one of that name
	// ChangeUser and DeleteUser are one transaction with what they ask, which
	// is told whether it is about the only admin; false: there is no such user.
	ChangeUser(ctx context.Context, name string, change func(u *mention.User, only bool) (mention.AuditEntry, error)) (mention.User, bool, error)
	DeleteUser(ctx context.Context, name string, check func(u mention.User, only bool) (mention.AuditEntry, error)) (bool, error)
	Withdraw(ctx context.Context, name string, e mention.AuditEntry) error // sessions, tokens and what they handed out

	AccessTokens(ctx context.Context, owner string) ([]mention.AccessToken, error)
	AccessToken(ctx context.Context, hash [sha256.Size]byte) (mention.AccessToken, bool, error)
	PutAccessToken(ctx context.Context, k mention.AccessToken, e mention.AuditEntry) (bool, error) // false: its owner is gone
	DeleteAccessToken(ctx context.Context, id string, e mention.AuditEntry) (bool, error)

	PutSession(ctx context.Context, s mention.Session, e mention.AuditEntry) (bool, error) // false: its user is gone
	Session(ctx context.Context, hash [sha256.Size]byte) (mention.Session, bool, error)
	Sessions(ctx context.Context, user string) ([]mention.Session, error)
	UseSession(ctx context.Context, id string, used time.Time) error
	EndSessions(ctx context.Context, f mention.SessionFilter, e mention.AuditEntry) (int, error)

	Audit(ctx context.Context, e mention.AuditEntry) error
}

// The bounds of accounts.
const (
	maxUsers     = 10_000
	maxTokens    = 200 // of one user
	maxUserName  = 100
	maxScope     = 8000 // bytes of a query
	maxTokenName = 60
)

// reserved are names that stand for something else in the audit.
var reserved = []string{OwnerFile, "cli", "local", "setup", "daemon", "earshot"}

// Accounts are the rules about users and their tokens, whoever asks: the
// pages, the API or the command line.
type Accounts struct {
	People People
	Taken  []string // names of tokens of the configuration
}

// A UserChange is what is said of a user; what is nil stays as it is.
type UserChange struct {
	Role, Scope, Password *string
}

// UserName is a name as it is kept: without space around it, in lower case.
func UserName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// nameFault says why there can be no such user, or "".
func (a Accounts) nameFault(name string) string {
	switch {
	case name == "" || len(name) > maxUserName:
		return fmt.Sprintf("name: 1 to %d bytes", maxUserName)
	case strings.ContainsFunc(name, func(r rune) bool {
		return unicode.IsSpace(r) || !unicode.IsPrint(r) || strings.ContainsRune(`/\?#%"'<>&,;:`, r)
	}):
		return "name: letters, digits and . _ - + @ without space, such as ann or ann@example.org"
	case slices.Contains(reserved, name) || slices.Contains(a.Taken, name):
		return fmt.Sprintf("name: %q stands for something else in the audit", name)
	}
	return ""
}

// scopeFault says what is wrong with the scope of a role, or "".
func scopeFault(role Role, scope string) string {
	if scope == "" {
		return ""
	}
	if role == RoleAdmin {
		return "scope: an admin sees everything; take another role, or no scope"
	}
	if len(scope) > maxScope {
		return fmt.Sprintf("scope: longer than %d bytes; make a label of it", maxScope)
	}
	if q, messages := query.Parse(scope); q == nil {
		return "scope: " + (&query.Error{Messages: messages}).Error()
	}
	return ""
}

// changed is what comes of a change, and how the audit tells it. The password
// is checked, and not yet put in.
func changed(u mention.User, c UserChange) (mention.User, string, error) {
	var faults []string
	if c.Role != nil {
		u.Role = strings.TrimSpace(*c.Role)
	}
	if c.Scope != nil {
		u.Scope = strings.TrimSpace(*c.Scope)
	}
	if !Role(u.Role).may(RoleViewer) {
		faults = append(faults, fmt.Sprintf("role: %q is none of viewer, analyst, admin", u.Role))
	}
	if f := scopeFault(Role(u.Role), u.Scope); f != "" {
		faults = append(faults, f)
	}
	if c.Password != nil {
		if f := passwordFault(u.Name, *c.Password); f != "" {
			faults = append(faults, f)
		}
	}
	if len(faults) > 0 {
		return u, "", &InvalidError{Faults: faults}
	}
	detail := u.Role
	if u.Scope != "" {
		detail += ", only " + u.Scope
	}
	if c.Password != nil {
		detail += ", new password"
	}
	return u, detail, nil
}

// auditLine is a line of the audit, now.
func auditLine(actor, action, object, detail string) mention.AuditEntry {
	return mention.AuditEntry{At: stamp(time.Now()), Actor: actor, Action: action, Object: object, Detail: detail}
}

// Add makes a user. Without a password only the identity provider lets them in.
func (a Accounts) Add(ctx context.Context, actor string, u mention.User, c UserChange) (mention.User, error) {
	u.Name = UserName(u.Name)
	if f := a.nameFault(u.Name); f != "" {
		return u, &InvalidError{Faults: []string{f}}
	}
	list, err := a.People.Users(ctx)
	if err != nil {
		return u, err
	}
	if slices.ContainsFunc(list, func(x mention.User) bool { return x.Name == u.Name }) {
		return u, fmt.Errorf("%w: there is a user %s already", ErrConflict, u.Name)
	}
	if len(list) >= maxUsers {
		return u, fmt.Errorf("%w: there are %d users, and may be no more", ErrConflict, maxUsers)
	}
	if len(list)+len(a.Taken) == 0 && u.Subject == "" && (c.Role == nil || *c.Role != string(RoleAdmin) || c.Password == nil) {
		return u, &InvalidError{Faults: []string{"role: the first user closes the door to everybody else, so it is an admin with a password"}}
	}
	u, detail, err := changed(u, c)
	if err != nil {
		return u, err
	}
	if u.Made = stamp(time.Now()); c.Password != nil {
		u.Password = HashPassword(*c.Password)
	}
	fresh, err := a.People.AddUser(ctx, u, auditLine(actor, "user.add", u.Name, detail))
	if err == nil && !fresh {
		err = fmt.Errorf("%w: there is a user %s already", ErrConflict, u.Name)
	}
	return u, err
}

// Change changes a user. A new password ends their sessions but the one named
// by except.
func (a Accounts) Change(ctx context.Context, actor, name string, c UserChange, except string) (mention.User, error) {
	u, ok, err := a.People.User(ctx, UserName(name))
	if err == nil && !ok {
		err = ErrNotFound
	}
	if err != nil {
		return u, err
	}
	if _, _, err := changed(u, c); err != nil {
		return u, err
	}
	hash := ""
	if c.Password != nil {
		hash = HashPassword(*c.Password) // takes its time: not in the transaction
	}
	u, ok, err = a.People.ChangeUser(ctx, u.Name, func(u *mention.User, only bool) (mention.AuditEntry, error) {
		next, detail, err := changed(*u, c)
		if err == nil && only && next.Role != string(RoleAdmin) {
			err = onlyAdmin(u.Name)
		}
		if *u = next; c.Password != nil {
			u.Password = hash
		}
		return auditLine(actor, "user.change", u.Name, detail), err
	})
	if err == nil && !ok {
		err = ErrNotFound
	}
	if err != nil || c.Password == nil {
		return u, err
	}
	_, err = a.People.EndSessions(ctx, mention.SessionFilter{User: u.Name, Except: except}, auditLine(actor, "session.end", u.Name, "the password changed"))
	return u, err
}

// Remove takes a user away, with their tokens and sessions and what they handed
// out.
func (a Accounts) Remove(ctx context.Context, actor, name string) error {
	was, err := a.People.DeleteUser(ctx, UserName(name), func(u mention.User, only bool) (mention.AuditEntry, error) {
		if only {
			return mention.AuditEntry{}, onlyAdmin(u.Name)
		}
		return auditLine(actor, "user.remove", u.Name, u.Role), nil
	})
	if err == nil && !was {
		err = ErrNotFound
	}
	return err
}

// onlyAdmin refuses what would leave nobody who may do everything.
func onlyAdmin(name string) error {
	return fmt.Errorf("%w: %s is the only admin; make another one first", ErrConflict, name)
}

// AddToken makes a token of a user and gives its secret, which is kept nowhere.
func (a Accounts) AddToken(ctx context.Context, owner mention.User, k mention.AccessToken) (mention.AccessToken, string, error) {
	name, _, _ := strings.Cut(k.ID, "/")
	k.Owner, k.Made, k.Scope = owner.Name, stamp(time.Now()), strings.TrimSpace(k.Scope)
	var faults []string
	if err := mention.CheckID(name); err != nil || name != k.ID || len(name) > maxTokenName {
		faults = append(faults, fmt.Sprintf("name: up to %d letters, digits, dashes, underscores and dots", maxTokenName))
	}
	k.ID = owner.Name + "/" + name
	if !Role(k.Role).may(RoleViewer) || !Role(owner.Role).may(Role(k.Role)) {
		faults = append(faults, fmt.Sprintf("role: %q is none that %s, %s, may give", k.Role, owner.Name, owner.Role))
	}
	if f := scopeFault(Role(k.Role), k.Scope); f != "" {
		faults = append(faults, f)
	}
	if !k.Expires.IsZero() && !k.Expires.After(k.Made) {
		faults = append(faults, "expires: it is past")
	}
	if len(faults) > 0 {
		return k, "", &InvalidError{Faults: faults}
	}
	list, err := a.People.AccessTokens(ctx, owner.Name)
	if err != nil {
		return k, "", err
	}
	if slices.ContainsFunc(list, func(x mention.AccessToken) bool { return x.ID == k.ID }) {
		return k, "", fmt.Errorf("%w: there is a token %s already", ErrConflict, name)
	}
	if len(list) >= maxTokens {
		return k, "", fmt.Errorf("%w: there are %d tokens, and may be no more", ErrConflict, maxTokens)
	}
	secret := NewSecret()
	k.Hash = HashToken(secret)
	detail := k.Role
	if k.Scope != "" {
		detail += ", only " + k.Scope
	}
	kept, err := a.People.PutAccessToken(ctx, k, auditLine(owner.Name, "token.add", k.ID, detail))
	if err == nil && !kept {
		err = ErrNotFound
	}
	return k, secret, err
}

// sessionID is a short name of a session, to tell it from others.
func sessionID() string { return rand.Text()[:12] }
