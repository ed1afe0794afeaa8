package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"earshot/mention"
)

// peopleView is the admin's page: who may come in, and who is in?
type peopleView struct {
	Users    []mention.User
	Sessions []mention.Session
	Tokens   []mention.AccessToken
	Config   []Token
	Roles    []Role
	Draft    mention.User
	Faults   []string
	Session  string
}

// manages lets only those on who may do everything.
func (p *people) manages(fn http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if who := actorOf(r.Context()); !who.role.may(RoleAdmin) || who.scope != nil {
			p.api.pages.fail(w, r, forbidden(who, RoleAdmin))
			return
		}
		fn(w, r)
	}
}

func (p *people) peoplePage(w http.ResponseWriter, r *http.Request) {
	p.showPeople(w, r, http.StatusOK, &peopleView{Draft: mention.User{Role: string(RoleViewer)}})
}

func (p *people) showPeople(w http.ResponseWriter, r *http.Request, status int, v *peopleView) {
	v.Roles, v.Config, v.Session = roles, p.api.guard.tokens, actorOf(r.Context()).session
	_, err := ask(r.Context(), p.api, "user", func(ctx context.Context) (struct{}, error) {
		var err error
		if v.Users, err = p.store.Users(ctx); err != nil {
			return struct{}{}, err
		}
		if v.Sessions, err = p.store.Sessions(ctx, ""); err != nil {
			return struct{}{}, err
		}
		v.Tokens, err = p.store.AccessTokens(ctx, "")
		return struct{}{}, err
	})
	if err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "user"))
		return
	}
	p.api.pages.show(w, r, status, "people", view{Title: "People", Here: "/settings", Data: v})
}

// userForm makes or changes a user.
func (p *people) userForm(w http.ResponseWriter, r *http.Request) {
	ctx, who := r.Context(), actorOf(r.Context())
	role, scope, password := r.PostFormValue("role"), strings.TrimSpace(r.PostFormValue("scope")), r.PostFormValue("password")
	c := UserChange{Role: &role, Scope: &scope}
	if password != "" {
		c.Password = &password
	}
	name := UserName(r.PostFormValue("name"))
	var err error
	text := "Changed."
	if r.PostFormValue("new") != "" {
		text = name + " may sign in."
		_, err = p.accounts.Add(ctx, who.name, mention.User{Name: name}, c)
	} else {
		_, err = p.accounts.Change(ctx, who.name, name, c, who.session)
	}
	if err != nil {
		problem := p.api.problem(ctx, err, "user")
		p.showPeople(w, r, problem.Status, &peopleView{Draft: mention.User{Name: name, Role: role, Scope: scope}, Faults: faultsIn(problem)})
		return
	}
	p.api.done(w, r, p.api.pages.to("/settings/people"), deed{text: text})
}

func (p *people) removeForm(w http.ResponseWriter, r *http.Request) {
	name := r.PostFormValue("name")
	if err := p.accounts.Remove(r.Context(), actorOf(r.Context()).name, name); err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "user"))
		return
	}
	p.api.done(w, r, p.api.pages.to("/settings/people"), deed{text: name + " is removed, with their tokens and sessions. What they did stays in the record."})
}

func (p *people) endAnyForm(w http.ResponseWriter, r *http.Request) {
	id := r.PostFormValue("id")
	n, err := 0, error(nil)
	if id != "" {
		n, err = p.store.EndSessions(r.Context(), mention.SessionFilter{ID: id}, auditLine(actorOf(r.Context()).name, "session.end", id, ""))
	}
	if err == nil && n == 0 {
		err = ErrNotFound
	}
	if err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "session"))
		return
	}
	p.api.done(w, r, p.api.pages.to("/settings/people"), deed{text: "The session has ended."})
}

// auditPageSize is how many lines stand on a page of the audit.
const auditPageSize = 100

type auditView struct {
	Actor, Action, Object string
	Rows                  []mention.AuditEntry
	Next                  string
	Actions               []string
}

// auditKinds are what the audit may be narrowed to.
var auditKinds = []string{"signin", "signout", "session", "user", "token", "curate", "put", "delete", "ack", "mute", "snooze", "redeliver", "push", "erase", "hold", "unhold"}

// auditPage is who did what, for admins.
func (a *api) auditPage(w http.ResponseWriter, r *http.Request) {
	if who := actorOf(r.Context()); !who.role.may(RoleAdmin) || who.scope != nil {
		a.pages.fail(w, r, forbidden(who, RoleAdmin))
		return
	}
	params := r.URL.Query()
	v := &auditView{Actor: strings.TrimSpace(params.Get("actor")), Action: strings.TrimSpace(params.Get("action")), Object: strings.TrimSpace(params.Get("object")), Actions: slices.Clone(auditKinds)}
	if v.Action != "" && !slices.Contains(v.Actions, v.Action) {
		v.Actions = append(v.Actions, v.Action)
	}
	before, _ := strconv.ParseInt(params.Get("before"), 10, 64) // none: from the newest on
	rows, err := ask(r.Context(), a, "entry", func(ctx context.Context) ([]mention.AuditEntry, error) {
		return a.backend.AuditTrail(ctx, mention.AuditFilter{Actor: v.Actor, Action: v.Action, Object: v.Object, Before: before, Limit: auditPageSize})
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "entry"))
		return
	}
	if v.Rows = rows; len(rows) == auditPageSize {
		next := url.Values{"before": {strconv.FormatInt(rows[len(rows)-1].Seq, 10)}}
		for name, value := range map[string]string{"actor": v.Actor, "action": v.Action, "object": v.Object} {
			if value != "" {
				next.Set(name, value)
			}
		}
		v.Next = a.pages.to("/audit") + "?" + next.Encode()
	}
	a.pages.show(w, r, http.StatusOK, "audit", view{Title: "Audit", Here: "/settings", Data: v})
}
