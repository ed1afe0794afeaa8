package api_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/mention"
)

// A crowd is who may come in, in memory.
type crowd struct {
	mu       sync.Mutex
	users    map[string]mention.User
	tokens   map[string]mention.AccessToken
	sessions map[string]mention.Session
	audit    []mention.AuditEntry
	err      error // of every question
	unused   error // of noting a use

	meanwhile func() // before a user is changed
}

func newCrowd(users ...mention.User) *crowd {
	c := &crowd{users: map[string]mention.User{}, tokens: map[string]mention.AccessToken{}, sessions: map[string]mention.Session{}}
	for _, u := range users {
		c.users[u.Name] = u
	}
	return c
}

// did lists the audit, oldest first.
func (c *crowd) did() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, e := range c.audit {
		list = append(list, e.Actor+" "+e.Action+" "+e.Object)
	}
	return strings.Join(list, "; ")
}

func (c *crowd) note(e mention.AuditEntry) {
	if e.Action != "" {
		c.audit = append(c.audit, e)
	}
}

func (c *crowd) Users(context.Context) ([]mention.User, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []mention.User
	for _, u := range c.users {
		list = append(list, u)
	}
	slices.SortFunc(list, func(x, y mention.User) int { return strings.Compare(x.Name, y.Name) })
	return list, c.err
}

func (c *crowd) User(_ context.Context, name string) (mention.User, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u, ok := c.users[name]
	return u, ok, c.err
}

func (c *crowd) UserOf(_ context.Context, subject string) (mention.User, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, u := range c.users {
		if u.Subject == subject && subject != "" {
			return u, true, c.err
		}
	}
	return mention.User{}, false, c.err
}

func (c *crowd) Peopled(context.Context) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.users) > 0, c.err
}

func (c *crowd) AddUser(_ context.Context, u mention.User, e mention.AuditEntry) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.users[u.Name]; ok {
		return false, c.err
	}
	c.users[u.Name] = u
	c.note(e)
	return true, c.err
}

// only is called with c.mu held.
func (c *crowd) only(u mention.User) bool {
	for _, x := range c.users {
		if x.Role == "admin" && x.Name != u.Name {
			return false
		}
	}
	return u.Role == "admin"
}

func (c *crowd) ChangeUser(_ context.Context, name string, change func(*mention.User, bool) (mention.AuditEntry, error)) (mention.User, bool, error) {
	if c.meanwhile != nil {
		c.meanwhile()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	u, ok := c.users[name]
	if !ok {
		return u, false, c.err
	}
	e, err := change(&u, c.only(u))
	if err != nil {
		return u, true, err
	}
	c.users[name] = u
	c.note(e)
	return u, true, c.err
}

func (c *crowd) DeleteUser(_ context.Context, name string, check func(mention.User, bool) (mention.AuditEntry, error)) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	u, ok := c.users[name]
	if !ok {
		return false, c.err
	}
	e, err := check(u, c.only(u))
	if err != nil {
		return true, err
	}
	delete(c.users, name)
	c.note(e)
	return true, c.err
}

func (c *crowd) Withdraw(_ context.Context, name string, e mention.AuditEntry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.sessions, func(_ string, s mention.Session) bool { return s.User == name })
	maps.DeleteFunc(c.tokens, func(_ string, k mention.AccessToken) bool { return k.Owner == name })
	c.note(e)
	return c.err
}

func (c *crowd) AccessTokens(_ context.Context, owner string) ([]mention.AccessToken, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []mention.AccessToken
	for _, k := range c.tokens {
		if owner == "" || owner == k.Owner {
			list = append(list, k)
		}
	}
	return list, c.err
}

func (c *crowd) AccessToken(_ context.Context, hash [32]byte) (mention.AccessToken, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range c.tokens {
		if k.Hash == hash {
			return k, true, c.err
		}
	}
	return mention.AccessToken{}, false, c.err
}

func (c *crowd) PutAccessToken(_ context.Context, k mention.AccessToken, e mention.AuditEntry) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.tokens[k.ID]; ok {
		return false, errors.New("fake: there is such a token")
	}
	c.tokens[k.ID] = k
	c.note(e)
	return true, c.err
}

func (c *crowd) DeleteAccessToken(_ context.Context, id string, e mention.AuditEntry) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.tokens[id]
	delete(c.tokens, id)
	c.note(e)
	return ok, c.err
}

func (c *crowd) PutSession(_ context.Context, s mention.Session, e mention.AuditEntry) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.users[s.User]; !ok && s.Token == "" {
		return false, c.err
	}
	c.sessions[s.ID] = s
	c.note(e)
	return true, c.err
}

func (c *crowd) Session(_ context.Context, hash [32]byte) (mention.Session, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range c.sessions {
		if s.Hash == hash {
			return s, true, c.err
		}
	}
	return mention.Session{}, false, c.err
}

func (c *crowd) Sessions(_ context.Context, user string) ([]mention.Session, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []mention.Session
	for _, s := range c.sessions {
		if user == "" || user == s.User {
			list = append(list, s)
		}
	}
	return list, c.err
}

func (c *crowd) UseSession(_ context.Context, id string, used time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.sessions[id]
	if c.unused != nil {
		return c.unused
	}
	s.Used = used
	c.sessions[id] = s
	return c.err
}

func (c *crowd) EndSessions(_ context.Context, f mention.SessionFilter, e mention.AuditEntry) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for id, s := range c.sessions {
		old := f.MadeBefore.IsZero() && f.UsedBefore.IsZero() || s.Made.Before(f.MadeBefore) || s.Used.Before(f.UsedBefore)
		if (f.ID == "" || f.ID == id) && (f.User == "" || f.User == s.User) && (f.Token == "" || f.Token == s.Token) && id != f.Except && old {
			delete(c.sessions, id)
			n++
		}
	}
	if n > 0 {
		c.note(e)
	}
	return n, c.err
}

func (c *crowd) Audit(_ context.Context, e mention.AuditEntry) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(e)
	return c.err
}
