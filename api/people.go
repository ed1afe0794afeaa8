package api

import (
	"cmp"
	"net/http"
	"strings"
	"time"
)

// Sessions says how long people stay signed in.
type Sessions struct {
	Idle  time.Duration // without doing anything; 0 means 7 days
	Lasts time.Duration // at all; 0 means 30 days
}

// admitPeople lets people sign in, when there is where they are kept.
func (a *api) admitPeople(o Options) (err error) {
	if o.People == nil {
		return nil
	}
	p := &people{
		api: a, store: o.People, accounts: Accounts{People: o.People}, vault: newVault(cmp.Or(o.cost, present)),
		idle: cmp.Or(o.Sessions.Idle, sessionIdle), lasts: cmp.Or(o.Sessions.Lasts, sessionLasts),
		setup: setup{code: o.SetupCode, until: o.SetupUntil},
	}
	for _, t := range o.Tokens {
		p.accounts.Taken = append(p.accounts.Taken, t.Name)
	}
	a.people, a.guard.people = p, p
	for _, path := range []string{"/signin", "/setup", "/assets/"} {
		a.guard.ways = append(a.guard.ways, a.base+path)
	}
	if o.OIDC != nil {
		if p.provider, err = newProvider(p, *o.OIDC, o.PublicURL); err != nil {
			return err
		}
	}
	a.guard.own = []string{a.base + "/account/", a.base + "/signout", a.base + "/api/v1/tokens"}
	return nil
}

func (a *api) peopleRoutes(mux *router) {
	p := a.people
	if p == nil {
		return
	}
	for pattern, h := range map[string]http.HandlerFunc{
		"GET /signin": p.signinPage, "POST /signin": p.signIn, "POST /signout": p.signOut, "GET /setup": p.setupPage, "POST /setup": p.setUp,
		"GET /account": p.accountPage, "POST /account/password": p.passwordForm, "POST /account/tokens": p.tokenForm, "POST /account/tokens/revoke": p.revokeForm, "POST /account/sessions/end": p.endForm,
		"GET /settings/people": p.manages(p.peoplePage), "POST /settings/users": p.manages(p.userForm), "POST /settings/users/remove": p.manages(p.removeForm),
		"POST /settings/sessions/end": p.manages(p.endAnyForm), "GET /audit": a.auditPage,
	} {
		method, path, _ := strings.Cut(pattern, " ")
		mux.HandleFunc(method+" "+a.base+path, h)
	}
	if v := p.provider; v != nil {
		mux.HandleFunc("GET "+a.base+"/signin/oidc", v.leave)
		mux.HandleFunc("POST "+a.base+"/signin/oidc", v.leaveForm)
		mux.HandleFunc("GET "+a.base+"/signin/oidc/back", v.back)
	}
	a.userRoutes()
}
