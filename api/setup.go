package api

import (
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
	"time"

	"earshot/mention"
)

// A setup is the one-time code that makes the first admin.
type setup struct {
	mu    sync.Mutex // held while it is used
	code  string
	until time.Time
	used  bool
}

// wanted reports whether the daemon waits for its first admin: nobody is let
// in before there is one, or another start.
func (s *setup) wanted() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code != ""
}

// open reports whether the code may still be used.
func (s *setup) open(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.code != "" && !s.used && now.Before(s.until)
}

// fits reports whether a code is the one that was printed. It is called with
// s.mu held.
func (s *setup) fits(code string, now time.Time) bool {
	given, ours := HashToken(strings.TrimSpace(code)), HashToken(s.code)
	return subtle.ConstantTimeCompare(given[:], ours[:]) == 1 && s.code != "" && !s.used && now.Before(s.until)
}

type setupView struct {
	Open       bool
	Code, Name string
	Faults     []string
}

func (p *people) setupPage(w http.ResponseWriter, r *http.Request) {
	v := &setupView{Open: p.setup.open(time.Now()), Code: r.URL.Query().Get("code")}
	status := http.StatusOK
	if !v.Open {
		v, status = &setupView{}, http.StatusGone
	}
	p.api.pages.show(w, r, status, "setup", view{Title: "Set up", Bare: true, Data: v})
}

// setUp makes the first admin and signs them in.
func (p *people) setUp(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		p.api.wrong(w, r, "the form could not be read")
		return
	}
	v := &setupView{Open: true, Code: r.PostForm.Get("code"), Name: clip(r.PostForm.Get("name"), maxUserName)}
	password, now := r.PostForm.Get("password"), time.Now()
	if !p.setup.open(now) {
		p.setupPage(w, r)
		return
	}
	if wait := p.throttle.wait("", p.from(r), now); wait > 0 {
		v.Faults = []string{"Too many tries; wait a while."}
		p.api.pages.show(w, r, http.StatusTooManyRequests, "setup", view{Title: "Set up", Bare: true, Data: v})
		return
	}
	p.setup.mu.Lock()
	u, fault := p.firstAdmin(r, v, password, now)
	p.setup.mu.Unlock()
	if fault != nil {
		v.Faults = faultsIn(fault)
		p.api.pages.show(w, r, fault.Status, "setup", view{Title: "Set up", Bare: true, Data: v})
		return
	}
	if err := p.begin(w, r, mention.Session{User: u.Name}, "set up"); err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "session"))
		return
	}
	http.Redirect(w, r, p.api.pages.to("/settings"), http.StatusSeeOther)
}

// firstAdmin is called with p.setup.mu held, so that the code counts once.
func (p *people) firstAdmin(r *http.Request, v *setupView, password string, now time.Time) (mention.User, *problem) {
	ctx := r.Context()
	if !p.setup.fits(v.Code, now) {
		p.throttle.failed("", p.from(r), now)
		return mention.User{}, invalid([]string{"code: it is not the one that was printed"})
	}
	if password != r.PostForm.Get("again") {
		return mention.User{}, invalid([]string{"password: it was not twice the same"})
	}
	if peopled, err := p.store.Peopled(ctx); err != nil || peopled {
		if err == nil {
			err = ErrConflict
		}
		return mention.User{}, p.api.problem(ctx, err, "user")
	}
	role := string(RoleAdmin)
	u, err := p.accounts.Add(ctx, "setup", mention.User{Name: v.Name}, UserChange{Role: &role, Password: &password})
	if err != nil {
		return u, p.api.problem(ctx, err, "user")
	}
	p.setup.used, p.setup.code = true, ""
	return u, nil
}

// faultsIn are a problem's words, for a form.
func faultsIn(p *problem) []string {
	var list []string
	for _, e := range p.Errors {
		list = append(list, e.Message)
	}
	if len(list) == 0 {
		list = []string{p.Detail}
	}
	return list
}
