package api

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"earshot/mention"
)

// How long a session lasts without being used, and at all, unless configured.
const (
	sessionIdle  = 7 * 24 * time.Hour
	sessionLasts = 30 * 24 * time.Hour
	sessionNoted = time.Minute // how exactly it is known when one was used last
	maxAgent     = 200         // bytes kept of what a browser says it is
)

// cookieName is that of the session's cookie.
const cookieName = "earshot_session"

// people is who may come in, and how.
type people struct {
	api      *api
	store    People
	accounts Accounts
	vault    *vault
	throttle throttle
	idle     time.Duration
	lasts    time.Duration
	setup    setup
	provider *provider  // nil: there is none
	sweeping sync.Mutex // held while ended sessions are swept
	swept    time.Time
}

// signedIn tells who asks by the cookie of their session.
func (p *people) signedIn(r *http.Request) (actor, bool, error) {
	c, err := r.Cookie(cookieName)
	if err != nil || c.Value == "" || len(c.Value) > 100 {
		return actor{}, false, nil //nolint:nilerr // no cookie, nobody
	}
	s, ok, err := p.store.Session(r.Context(), HashToken(c.Value))
	if err != nil || !ok || p.over(&s, time.Now()) {
		return actor{}, false, err
	}
	who, ok, err := p.owner(r.Context(), &s)
	if err != nil || !ok {
		return actor{}, false, err
	}
	if now := time.Now(); now.Sub(s.Used) > sessionNoted {
		if err := p.store.UseSession(r.Context(), s.ID, stamp(now)); err != nil && !errors.Is(err, context.Canceled) {
			p.api.log.WarnContext(r.Context(), "use of a session not noted", "err", err) // a full disk, say: it can still be read
		}
	}
	hash := s.Hash
	who.still = func(ctx context.Context) bool {
		s, ok, err := p.store.Session(ctx, hash)
		if err != nil || !ok || p.over(&s, time.Now()) {
			return false
		}
		again, ok, err := p.owner(ctx, &s)
		return err == nil && ok && again.role == who.role && same(again, who)
	}
	return who, true, nil
}

// same reports whether two actors see the same.
func same(x, y actor) bool {
	if x.scope == nil || y.scope == nil {
		return x.scope == y.scope
	}
	return x.scope.Canonical() == y.scope.Canonical()
}

// over reports whether a session has ended.
func (p *people) over(s *mention.Session, now time.Time) bool {
	return now.Sub(s.Used) > p.idle || now.Sub(s.Made) > p.lasts
}

// owner is who a session belongs to, as they are now.
func (p *people) owner(ctx context.Context, s *mention.Session) (actor, bool, error) {
	if s.Token != "" {
		i := slices.IndexFunc(p.api.guard.tokens, func(t Token) bool { return t.Name == s.Token })
		if i < 0 || subtle.ConstantTimeCompare(p.api.guard.tokens[i].Hash[:], s.Witness) != 1 {
			return actor{}, false, nil
		}
		return actor{name: s.Token, role: p.api.guard.tokens[i].Role, session: s.ID}, true, nil
	}
	u, ok, err := p.store.User(ctx, s.User)
	if err != nil || !ok {
		return actor{}, false, err
	}
	scope, err := scopeOf(u.Scope)
	return actor{name: u.Name, role: Role(u.Role), scope: scope, user: u.Name, session: s.ID}, err == nil, err
}

// bearer tells who asks by the hash of a token's secret.
func (p *people) bearer(ctx context.Context, hash [32]byte) (actor, bool, error) {
	who, ok, err := p.program(ctx, hash)
	if ok {
		who.still = func(ctx context.Context) bool {
			again, ok, err := p.program(ctx, hash)
			return err == nil && ok && again.role == who.role && same(again, who)
		}
	}
	return who, ok, err
}

func (p *people) program(ctx context.Context, hash [32]byte) (actor, bool, error) {
	k, ok, err := p.store.AccessToken(ctx, hash)
	if err != nil || !ok || !k.Expires.IsZero() && !time.Now().Before(k.Expires) {
		return actor{}, false, err
	}
	u, ok, err := p.store.User(ctx, k.Owner)
	if err != nil || !ok {
		return actor{}, false, err
	}
	scope, err := scopeOf(u.Scope, k.Scope)
	if err != nil {
		return actor{}, false, err
	}
	role := Role(k.Role)
	if !Role(u.Role).may(role) {
		role = Role(u.Role) // theirs was taken back since
	}
	return actor{name: k.ID, role: role, scope: scope, user: u.Name}, true, nil
}

// begin signs in: a session of its own, whatever the browser had before.
func (p *people) begin(w http.ResponseWriter, r *http.Request, s mention.Session, how string) error {
	secret, now := NewSecret(), stamp(time.Now())
	s.ID, s.Hash, s.Made, s.Used = sessionID(), HashToken(secret), now, now
	s.Address, s.Agent = p.address(r), clip(r.UserAgent(), maxAgent)
	who := s.User
	if who == "" {
		who = s.Token
	}
	if err := p.drop(r); err != nil {
		return err
	}
	kept, err := p.store.PutSession(r.Context(), s, auditLine(who, "signin", s.Address, how))
	if err == nil && !kept {
		err = ErrNotFound // removed just now
	}
	if err != nil {
		return err
	}
	http.SetCookie(w, p.cookie(r, secret, p.lasts))
	p.sweep(r.Context(), now)
	return nil
}

// cookie is the session's, or takes it away when it lasts no time.
func (p *people) cookie(r *http.Request, secret string, lasts time.Duration) *http.Cookie {
	c := &http.Cookie{
		Name: cookieName, Value: secret, Path: p.api.link + "/", HttpOnly: true, Secure: p.overTLS(r), SameSite: http.SameSiteLaxMode,
		MaxAge: int(lasts.Seconds()),
	}
	if lasts <= 0 {
		c.MaxAge = -1
	}
	return c
}

// overTLS reports whether the browser speaks TLS: to us, to a proxy that we
// trust, or because it asked under the public name.
func (p *people) overTLS(r *http.Request) bool {
	return p.api.guard.https(r) || p.api.origin == "https://"+r.Host
}

// drop ends the session that the browser brings along, whosever it is.
func (p *people) drop(r *http.Request) error {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return nil //nolint:nilerr // no cookie, no session
	}
	s, ok, err := p.store.Session(r.Context(), HashToken(c.Value))
	if err != nil || !ok {
		return err
	}
	_, err = p.store.EndSessions(r.Context(), mention.SessionFilter{ID: s.ID}, mention.AuditEntry{})
	return err
}

// signOut ends the session of who asks.
func (p *people) signOut(w http.ResponseWriter, r *http.Request) {
	who := actorOf(r.Context())
	if who.session != "" {
		if _, err := p.store.EndSessions(r.Context(), mention.SessionFilter{ID: who.session}, auditLine(who.name, "signout", p.address(r), "")); err != nil {
			p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "session"))
			return
		}
	}
	http.SetCookie(w, p.cookie(r, "", 0))
	http.Redirect(w, r, p.api.pages.to("/signin"), http.StatusSeeOther)
}

// sweep forgets sessions that have ended, now and then.
func (p *people) sweep(ctx context.Context, now time.Time) {
	if !p.sweeping.TryLock() {
		return
	}
	defer p.sweeping.Unlock()
	if now.Sub(p.swept) < time.Hour {
		return
	}
	p.swept = now
	f := mention.SessionFilter{MadeBefore: now.Add(-p.lasts), UsedBefore: now.Add(-p.idle)}
	if _, err := p.store.EndSessions(ctx, f, mention.AuditEntry{}); err != nil {
		p.api.log.WarnContext(ctx, "ended sessions not swept", "err", err)
	}
}

// address is where a request comes from, for people to read.
func (p *people) address(r *http.Request) string {
	ip := p.api.guard.client(r)
	if !ip.IsValid() {
		return "unknown"
	}
	return ip.String()
}

// from is the address that tries are counted by.
func (p *people) from(r *http.Request) netip.Addr { return p.api.guard.client(r) }

// clip cuts a text to a length in bytes, and takes out what cannot be shown.
func clip(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == utf8.RuneError {
			return -1
		}
		return r
	}, text)
	for len(text) > most {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}

// browserName says in a few words what a browser says it is at length.
func browserName(agent string) string {
	pick := func(list ...field) string {
		for _, f := range list {
			if strings.Contains(agent, f.Name) {
				return f.Value
			}
		}
		return ""
	}
	what := pick(field{"Edg/", "Edge"}, field{"OPR/", "Opera"}, field{"Firefox/", "Firefox"}, field{"Chrome/", "Chrome"}, field{"Safari/", "Safari"}, field{"curl/", "curl"})
	where := pick(field{"Android", "Android"}, field{"iPhone", "iPhone"}, field{"iPad", "iPad"}, field{"Windows", "Windows"}, field{"Mac OS X", "macOS"}, field{"CrOS", "ChromeOS"}, field{"Linux", "Linux"})
	switch {
	case what == "":
		return shorten(agent, 60)
	case where == "":
		return what
	}
	return what + " on " + where
}
