package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"earshot/mention"
)

// onwardView leads on to the identity provider. It is a link and no redirect:
// a form of ours leads to nobody else.
type onwardView struct{ Name, Link string }

// leave begins a sign-in at the provider.
func (v *provider) leave(w http.ResponseWriter, r *http.Request) {
	link, err := v.begin(w, r, signinView{Next: v.people.api.ours(r.URL.Query().Get("next")).String()})
	if err != nil {
		v.refuse(w, r, http.StatusBadGateway, "", "The identity provider does not answer now; try again in a moment.", err)
		return
	}
	http.Redirect(w, r, link, http.StatusSeeOther)
}

// leaveForm does the same with what was typed before one was signed in.
func (v *provider) leaveForm(w http.ResponseWriter, r *http.Request) {
	typed, err := v.people.signinForm(r)
	if err != nil {
		v.people.api.wrong(w, r, "the form could not be read")
		return
	}
	link, err := v.begin(w, r, *typed)
	if err != nil {
		v.refuse(w, r, http.StatusBadGateway, "", "The identity provider does not answer now; try again in a moment.", err)
		return
	}
	v.people.api.pages.show(w, r, http.StatusOK, "onward", view{Title: "Sign in", Bare: true, Data: onwardView{v.Name, link}})
}

// back is where the provider sends people, with a code.
func (v *provider) back(w http.ResponseWriter, r *http.Request) {
	if wait := v.people.throttle.wait("", v.people.from(r), time.Now()); wait > 0 {
		v.refuse(w, r, http.StatusTooManyRequests, "", "Too many tries; wait a while.", nil)
		return
	}
	f, err := v.take(r)
	if err != nil {
		v.people.throttle.failed("", v.people.from(r), time.Now())
		v.refuse(w, r, http.StatusBadRequest, "", "This sign-in was begun elsewhere, or too long ago. Begin again.", err)
		return
	}
	if code := r.URL.Query().Get("error"); code != "" {
		v.refuse(w, r, http.StatusUnauthorized, "", "The identity provider did not let you in: "+clip(code, 100), nil)
		return
	}
	who, err := v.redeem(r.Context(), f, r.URL.Query().Get("code"))
	if err != nil {
		v.refuse(w, r, http.StatusBadGateway, "", "What the identity provider answered cannot be relied on. Begin again; the log says more.", err)
		return
	}
	name, why, err := v.admit(r.Context(), who)
	if err != nil {
		v.people.api.pages.fail(w, r, v.people.api.problem(r.Context(), err, "user"))
		return
	}
	if why != "" {
		v.refuse(w, r, http.StatusForbidden, who.name, why, nil)
		return
	}
	if err := v.people.begin(w, r, mention.Session{User: name}, "by the identity provider, groups "+groupsText(who.groups)); err != nil {
		v.people.api.pages.fail(w, r, v.people.api.problem(r.Context(), err, "session"))
		return
	}
	http.SetCookie(w, &http.Cookie{Name: flowCookie, Path: v.people.api.link + "/signin", MaxAge: -1, HttpOnly: true, Secure: v.people.overTLS(r), SameSite: http.SameSiteLaxMode})
	v.people.goOn(w, r, &f.view)
}

// refuse says why nobody was let in, on the sign-in page.
func (v *provider) refuse(w http.ResponseWriter, r *http.Request, status int, name, why string, err error) {
	ctx := r.Context()
	if err != nil && !errors.Is(err, errUnknownFlow) && !errors.Is(err, context.Canceled) {
		v.people.api.log.WarnContext(ctx, "sign-in at the identity provider failed", "err", err)
	}
	if name != "" {
		if err := v.people.store.Audit(ctx, auditLine(name, "signin.refused", v.people.address(r), why)); err != nil {
			v.people.api.log.WarnContext(ctx, "refused sign-in not in the audit", "err", err)
		}
	}
	v.people.show(w, r, status, &signinView{Fault: why, Next: v.people.api.pages.to("/")})
}
