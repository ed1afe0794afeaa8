package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"earshot/mention"
)

// accountView is a person's own page: who am I here, and what lets me in?
type accountView struct {
	User     mention.User
	Role     Role
	Scope    string
	Token    string // who signed in with a token of the configuration; they have no account
	Session  string // this one
	Sessions []mention.Session
	Tokens   []mention.AccessToken
	Roles    []Role // that a token may be given
	Made     *mention.AccessToken
	Secret   string // of Made; shown once
	Draft    mention.AccessToken
	Faults   []string // of the password
	Refused  []string // of the token
}

func (p *people) accountPage(w http.ResponseWriter, r *http.Request) {
	p.showAccount(w, r, http.StatusOK, &accountView{})
}

// showAccount adds what stands on every form of the page.
func (p *people) showAccount(w http.ResponseWriter, r *http.Request, status int, v *accountView) {
	who := actorOf(r.Context())
	v.Role, v.Session = who.role, who.session
	if v.Draft.Role == "" {
		v.Draft.Role = string(RoleViewer)
	}
	for _, role := range roles {
		if who.role.may(role) {
			v.Roles = append(v.Roles, role)
		}
	}
	if who.scope != nil {
		v.Scope = who.scope.Canonical()
	}
	if who.user == "" {
		v.Token = who.name
	}
	_, err := ask(r.Context(), p.api, "account", func(ctx context.Context) (struct{}, error) {
		if who.user == "" {
			return struct{}{}, nil
		}
		u, ok, err := p.store.User(ctx, who.user)
		if err == nil && !ok {
			err = ErrNotFound
		}
		if v.User = u; err != nil {
			return struct{}{}, err
		}
		if v.Sessions, err = p.store.Sessions(ctx, who.user); err != nil {
			return struct{}{}, err
		}
		v.Tokens, err = p.store.AccessTokens(ctx, who.user)
		return struct{}{}, err
	})
	if err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "account"))
		return
	}
	p.api.pages.show(w, r, status, "account", view{Title: "Your account", Here: "/settings", Data: v})
}

// signedInUser is the user who signed in on a page; a form of the account is
// refused to anybody else.
func (p *people) signedInUser(w http.ResponseWriter, r *http.Request) (mention.User, bool) {
	who := actorOf(r.Context())
	if who.user == "" || who.session == "" {
		p.api.pages.fail(w, r, newProblem(http.StatusForbidden, "role-needed", "only who signed in with a name and a password has an account"))
		return mention.User{}, false
	}
	u, ok, err := p.store.User(r.Context(), who.user)
	if err == nil && !ok {
		err = ErrNotFound
	}
	if err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "account"))
		return u, false
	}
	return u, true
}

// passwordForm changes one's own password; the old one is asked for, so that
// an open browser is not enough.
func (p *people) passwordForm(w http.ResponseWriter, r *http.Request) {
	u, ok := p.signedInUser(w, r)
	if !ok {
		return
	}
	now, from := time.Now(), p.from(r)
	fault := func(status int, text string) {
		p.showAccount(w, r, status, &accountView{Faults: []string{text}})
	}
	password := r.PostFormValue("new")
	switch {
	case u.Password == "":
		fault(http.StatusConflict, "Your identity provider knows your password; change it there.")
		return
	case p.throttle.wait(u.Name, from, now) > 0:
		fault(http.StatusTooManyRequests, "Too many tries; wait a while.")
		return
	case password != r.PostFormValue("again"):
		fault(http.StatusUnprocessableEntity, "The new password was not twice the same.")
		return
	}
	right, _, err := p.vault.check(r.Context(), u.Password, r.PostFormValue("old"))
	if err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "account"))
		return
	}
	if !right {
		p.throttle.failed(u.Name, from, now)
		fault(http.StatusUnprocessableEntity, "That is not your present password.")
		return
	}
	if _, err := p.accounts.Change(r.Context(), u.Name, u.Name, UserChange{Password: &password}, actorOf(r.Context()).session); err != nil {
		problem := p.api.problem(r.Context(), err, "account")
		p.showAccount(w, r, problem.Status, &accountView{Faults: faultsIn(problem)})
		return
	}
	p.api.done(w, r, p.api.pages.to("/account"), deed{text: "Your password is changed, and your other sessions have ended."})
}

// tokenForm makes a token and shows its secret, once: the answer is the page
// itself, so that the secret stands in no address.
func (p *people) tokenForm(w http.ResponseWriter, r *http.Request) {
	if _, ok := p.signedInUser(w, r); !ok {
		return
	}
	draft := mention.AccessToken{ID: strings.TrimSpace(r.PostFormValue("name")), Role: r.PostFormValue("role"), Scope: strings.TrimSpace(r.PostFormValue("scope"))}
	k := draft
	if d, err := mention.ParseDuration(r.PostFormValue("lasts")); err == nil && d > 0 {
		k.Expires = stamp(time.Now().Add(d.Std()))
	}
	made, secret, err := p.api.addToken(r.Context(), k)
	if err != nil {
		problem := p.api.problem(r.Context(), err, "token")
		p.showAccount(w, r, problem.Status, &accountView{Draft: draft, Refused: faultsIn(problem)})
		return
	}
	p.showAccount(w, r, http.StatusOK, &accountView{Made: &made, Secret: secret})
}

func (p *people) revokeForm(w http.ResponseWriter, r *http.Request) {
	if err := p.api.revoke(r.Context(), r.PostFormValue("id")); err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "token"))
		return
	}
	p.api.done(w, r, r.PostFormValue("back"), deed{text: "The token is revoked."})
}

// endForm ends one of one's own sessions, or all but this one.
func (p *people) endForm(w http.ResponseWriter, r *http.Request) {
	u, ok := p.signedInUser(w, r)
	if !ok {
		return
	}
	f := mention.SessionFilter{User: u.Name, ID: r.PostFormValue("id"), Except: actorOf(r.Context()).session}
	n, err := p.store.EndSessions(r.Context(), f, auditLine(u.Name, "session.end", u.Name, f.ID))
	if err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "session"))
		return
	}
	p.api.done(w, r, p.api.pages.to("/account"), deed{text: plural(n, "session") + " ended."})
}
