package api

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// maxCarried is how much of a form is carried over a sign-in, in bytes.
const maxCarried = 1 << 20

// carryPrefix sets the fields of a form that is carried apart from the sign-in's.
const carryPrefix = "carry."

// signinView is the page where people sign in.
type signinView struct {
	Fault   string
	Name    string
	Next    string  // address to go on to
	Carried []field // of a form that was sent without being signed in
	Post    bool    // such a form was sent, if only a button
	Lost    bool    // part of it could not be carried: a file, or too much
	Tokens  bool    // a token of the configuration lets in too
	OIDC    string  // name of the identity provider; "" is none
	Setup   bool    // nobody was made yet: the link that was printed does
	Local   bool    // there are users with a password
}

// carriedView shows what was typed before one signed in again.
type carriedView struct {
	Action string
	Fields []field
	Lost   bool
}

// ask answers a page that nobody signed in for with the page to do so. What
// was sent goes along, so that nothing typed is lost.
func (p *people) ask(w http.ResponseWriter, r *http.Request) {
	v := &signinView{Next: r.URL.RequestURI()}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		v.Post = true
		v.Carried, v.Lost = carry(r)
	}
	if v.Next = p.linked(v.Next); r.URL.Path == p.api.base+"/signout" {
		v = &signinView{Next: p.api.pages.to("/")}
	}
	p.show(w, r, http.StatusUnauthorized, v)
}

// linked is an address as we were asked for it, as people reach it.
func (p *people) linked(uri string) string {
	if rest, ok := strings.CutPrefix(uri, p.api.base); ok && p.api.base != p.api.link {
		return p.api.link + rest
	}
	return uri
}

// carry are the fields of a form, and whether something could not be carried.
func carry(r *http.Request) (fields []field, lost bool) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err != nil:
		return nil, r.ContentLength != 0
	case kind == "multipart/form-data":
		lost = true // files are chosen again
		err = r.ParseMultipartForm(maxCarried)
		if r.MultipartForm != nil {
			defer func() { _ = r.MultipartForm.RemoveAll() }()
		}
	default:
		err = r.ParseForm()
	}
	if err != nil {
		return nil, true
	}
	size := 0
	for name, values := range sorted(r.PostForm) {
		for _, value := range values {
			if size += len(name) + len(value); size > maxCarried {
				return fields, true
			}
			fields = append(fields, field{name, value})
		}
	}
	return fields, lost
}

// sorted gives the fields of a form by name.
func sorted(form url.Values) func(func(string, []string) bool) {
	names := make([]string, 0, len(form))
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	return func(yield func(string, []string) bool) {
		for _, name := range names {
			if !yield(name, form[name]) {
				return
			}
		}
	}
}

// show writes the page, with what lets in here.
func (p *people) show(w http.ResponseWriter, r *http.Request, status int, v *signinView) {
	peopled, err := p.store.Peopled(r.Context())
	if err != nil {
		writeProblem(w, r, p.api.problem(r.Context(), err, "page"))
		return
	}
	v.Local, v.Tokens, v.Setup = peopled, len(p.api.guard.tokens) > 0, !peopled && p.setup.open(time.Now())
	if p.provider != nil {
		v.OIDC = p.provider.Name
	}
	p.api.pages.show(w, r, status, "signin", view{Title: "Sign in", Bare: true, Data: v})
}

// signinPage is where people sign in of their own accord.
func (p *people) signinPage(w http.ResponseWriter, r *http.Request) {
	_, ok, err := p.signedIn(r)
	closed, err2 := p.api.guard.closed(r.Context())
	next := p.api.ours(r.URL.Query().Get("next"))
	if err == nil && err2 == nil && (ok || !closed) {
		http.Redirect(w, r, next.String(), http.StatusSeeOther)
		return
	}
	p.show(w, r, http.StatusOK, &signinView{Next: next.String()})
}

// signinForm reads the form of the sign-in page, with what it carries.
func (p *people) signinForm(r *http.Request) (*signinView, error) {
	if err := r.ParseForm(); err != nil {
		return nil, err
	}
	v := &signinView{
		Name: UserName(clip(r.PostForm.Get("name"), maxUserName)), Next: p.api.ours(r.PostForm.Get("next")).String(),
		Post: r.PostForm.Get("post") != "", Lost: r.PostForm.Get("lost") != "",
	}
	for key, values := range sorted(r.PostForm) {
		if f, ok := strings.CutPrefix(key, carryPrefix); ok {
			for _, value := range values {
				v.Carried = append(v.Carried, field{f, value})
			}
		}
	}
	return v, nil
}

// signIn lets in who knows a password.
func (p *people) signIn(w http.ResponseWriter, r *http.Request) {
	v, err := p.signinForm(r)
	if err != nil {
		p.api.wrong(w, r, "the form could not be read")
		return
	}
	name, now := v.Name, time.Now()
	if wait := p.throttle.wait(name, p.from(r), now); wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		v.Fault = fmt.Sprintf("Too many tries. The next one counts in %s.", wait.Round(time.Second)+time.Second)
		p.show(w, r, http.StatusTooManyRequests, v)
		return
	}
	s, how, err := p.known(r.Context(), name, r.PostForm.Get("password"))
	switch {
	case err != nil:
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "user"))
		return
	case how == "":
		p.refused(r, name, now)
		v.Fault = "Name and password do not fit together."
		p.show(w, r, http.StatusUnauthorized, v)
		return
	}
	p.throttle.passed(name, p.from(r))
	if err := p.begin(w, r, s, how); err != nil {
		p.api.pages.fail(w, r, p.api.problem(r.Context(), err, "session"))
		return
	}
	p.goOn(w, r, v)
}

// refused counts a try that was wrong, and notes it: without the name when
// there is no such user, for it may be a password that went astray.
func (p *people) refused(r *http.Request, name string, now time.Time) {
	p.throttle.failed(name, p.from(r), now)
	if _, ok, err := p.store.User(r.Context(), name); err != nil || !ok {
		name = ""
	}
	if err := p.store.Audit(r.Context(), auditLine(cmp.Or(name, "unknown"), "signin.refused", p.address(r), "")); err != nil {
		p.api.log.WarnContext(r.Context(), "refused sign-in not in the audit", "err", err)
	}
}

// known finds who a name and a password are of: a user, or a token with any
// name. It takes as long for a name that there is not.
func (p *people) known(ctx context.Context, name, password string) (mention.Session, string, error) {
	if who, ok := p.api.guard.find(password); ok && who.name != "cli" {
		hash := HashToken(password)
		return mention.Session{Token: who.name, Witness: hash[:]}, "token", nil
	}
	u, _, err := p.store.User(ctx, name)
	if err != nil {
		return mention.Session{}, "", err
	}
	right, old, err := p.vault.check(ctx, u.Password, password)
	if err != nil || !right {
		return mention.Session{}, "", err
	}
	if old {
		hash := p.vault.cost.hash(password)
		_, _, err := p.store.ChangeUser(ctx, u.Name, func(now *mention.User, _ bool) (mention.AuditEntry, error) {
			if now.Password == u.Password {
				now.Password = hash
			}
			return mention.AuditEntry{}, nil
		})
		if err != nil {
			p.api.log.WarnContext(ctx, "password not hashed anew", "err", err)
		}
	}
	return mention.Session{User: u.Name}, "password", nil
}

// goOn leads to where one wanted to be. A form that was sent before one was
// signed in is shown with what was typed, to be sent again.
func (p *people) goOn(w http.ResponseWriter, r *http.Request, v *signinView) {
	if !v.Post {
		http.Redirect(w, r, v.Next, http.StatusSeeOther)
		return
	}
	p.api.pages.show(w, r, http.StatusOK, "carried", view{Title: "Signed in", Bare: true, Data: &carriedView{Action: v.Next, Fields: v.Carried, Lost: v.Lost}})
}
