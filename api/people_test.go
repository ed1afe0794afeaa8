package api_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"earshot/api"
	"earshot/mention"
)

// pass is everybody's password here; its hash is a cheap one.
const pass = "correct horse battery"

var passHash = api.CheapHash(pass)

func team() *crowd {
	return newCrowd(
		mention.User{Name: "ann", Role: "analyst", Password: passHash, Made: day},
		mention.User{Name: "vic", Role: "viewer", Password: passHash, Made: day},
		mention.User{Name: "root", Role: "admin", Password: passHash, Made: day},
		mention.User{Name: "sso", Role: "viewer", Subject: "https://id.example 7", Made: day},
	)
}

// cheap makes the handler under test, with passwords that are checked fast.
func cheap(t *testing.T, o api.Options) http.Handler {
	t.Helper()
	return handler(t, api.Cheaply(o))
}

// form makes a form that a page of ours sends.
func form(target string, fields url.Values) *http.Request {
	r := request(http.MethodPost, target, fields.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

// signIn gives the cookie of a user.
func signIn(t *testing.T, h http.Handler, name string) *http.Cookie {
	t.Helper()
	res, body := answer(h, form("/signin", url.Values{"name": {name}, "password": {pass}, "next": {"/mentions?q=a"}}))
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/mentions?q=a" || len(res.Cookies()) != 1 {
		t.Fatalf("sign-in of %s: %d to %q with %v\n%s", name, res.StatusCode, res.Header.Get("Location"), res.Cookies(), body)
	}
	return res.Cookies()[0]
}

// page asks for a page as a browser does.
func page(h http.Handler, target string, c *http.Cookie) (*http.Response, string) {
	r := request(http.MethodGet, target, "")
	r.Header.Set("Accept", "text/html")
	if c != nil {
		r.AddCookie(c)
	}
	return answer(h, r)
}

func TestSignIn(t *testing.T) {
	people := team()
	h := cheap(t, api.Options{Backend: newFake(3), People: people})
	res, body := page(h, "/mentions?q=recall", nil)
	if res.StatusCode != http.StatusUnauthorized || res.Header.Get("WWW-Authenticate") != "" || !strings.Contains(body, `name="next" value="/mentions?q=recall"`) || strings.Contains(body, "Brillux") {
		t.Fatalf("nobody: %d %v\n%s", res.StatusCode, res.Header, body)
	}
	c := signIn(t, h, "Ann ")
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Secure || c.Path != "/" || len(c.Value) < 40 {
		t.Errorf("cookie %+v", c)
	}
	for id, s := range people.sessions {
		if strings.Contains(c.Value, id) || s.User != "ann" {
			t.Errorf("session %+v", s)
		}
	}
	if res, body := page(h, "/mentions", c); res.StatusCode != http.StatusOK || !strings.Contains(body, "Signed in as") || !strings.Contains(body, `action="/signout"`) {
		t.Errorf("with the cookie: %d\n%s", res.StatusCode, body)
	}
	again := form("/signin", url.Values{"name": {"ann"}, "password": {pass}})
	again.AddCookie(c)
	res, _ = answer(h, again)
	if res2, _ := page(h, "/", c); res2.StatusCode != http.StatusUnauthorized || len(people.sessions) != 1 {
		t.Errorf("the session before the sign-in lives on: %d, %d sessions", res2.StatusCode, len(people.sessions))
	}
	out := form("/signout", nil)
	out.AddCookie(res.Cookies()[0])
	if res, _ := answer(h, out); res.StatusCode != http.StatusSeeOther || res.Cookies()[0].MaxAge >= 0 || len(people.sessions) != 0 {
		t.Errorf("signing out: %d %v, %d sessions", res.StatusCode, res.Cookies(), len(people.sessions))
	}
	if got, want := people.did(), "ann signin 127.0.0.1; ann signin 127.0.0.1; ann signout 127.0.0.1"; got != want {
		t.Errorf("audit %q, want %q", got, want)
	}
}

func TestSignInTellsNothing(t *testing.T) {
	people := team()
	h := cheap(t, api.Options{Backend: newFake(1), People: people})
	seen := map[string]bool{}
	for _, fields := range []url.Values{
		{"name": {"ann"}, "password": {"wrong"}},
		{"name": {"nobody"}, "password": {pass}},
		{"name": {"sso"}, "password": {pass}},
		{"name": {"ann"}},
		{"name": {""}, "password": {""}},
		{"name": {"ann"}, "password": {strings.Repeat("x", 5000)}},
	} {
		res, body := answer(h, form("/signin", fields))
		if res.StatusCode != http.StatusUnauthorized || len(res.Cookies()) != 0 {
			t.Errorf("%v: %d %v", fields, res.StatusCode, res.Cookies())
		}
		seen[strings.ReplaceAll(strings.ReplaceAll(body, `value="`+fields.Get("name")+`"`, ""), " autofocus", "")] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d different answers", len(seen))
	}
	if d := people.did(); strings.Contains(d, "nobody") || !strings.Contains(d, "ann signin.refused") {
		t.Errorf("audit %q: the name of nobody may be a password", d)
	}
}

func TestSignInIsThrottled(t *testing.T) {
	h := cheap(t, api.Options{Backend: newFake(1), People: team()})
	try := func(name, from, password string) int {
		r := form("/signin", url.Values{"name": {name}, "password": {password}})
		r.RemoteAddr = from + ":1"
		res, _ := answer(h, r)
		if res.StatusCode == http.StatusTooManyRequests && res.Header.Get("Retry-After") == "" {
			t.Error("no Retry-After")
		}
		return res.StatusCode
	}
	for i := range 5 {
		if got := try("ann", "192.0.2.7", "wrong"); got != http.StatusUnauthorized {
			t.Fatalf("try %d: %d", i, got)
		}
	}
	if got := try("ann", "192.0.2.7", pass); got != http.StatusTooManyRequests {
		t.Errorf("the right password after five wrong ones: %d", got)
	}
	if got := try("ann", "192.0.2.8", pass); got != http.StatusSeeOther {
		t.Errorf("her other address: %d; nobody may keep her out so easily", got)
	}
	if got := try("vic", "192.0.2.7", pass); got != http.StatusSeeOther {
		t.Errorf("another name there: %d", got)
	}
}

func TestSessionsEnd(t *testing.T) {
	people := team()
	o := api.Options{Backend: newFake(1), People: people, Sessions: api.Sessions{Idle: time.Hour, Lasts: 10 * time.Hour}}
	h := cheap(t, o)
	tests := []struct {
		name   string
		change func(s *mention.Session)
		want   int
	}{
		{"fresh", func(*mention.Session) {}, 200},
		{"used lately", func(s *mention.Session) { s.Used = s.Used.Add(-50 * time.Minute) }, 200},
		{"idle", func(s *mention.Session) { s.Used = s.Used.Add(-2 * time.Hour) }, 401},
		{"too old", func(s *mention.Session) { s.Made = s.Made.Add(-11 * time.Hour) }, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := signIn(t, h, "ann")
			for id, s := range people.sessions {
				tt.change(&s)
				people.sessions[id] = s
			}
			res, _ := page(h, "/", c)
			if res.StatusCode != tt.want {
				t.Errorf("%d, want %d", res.StatusCode, tt.want)
			}
			for _, s := range people.sessions {
				if tt.want == 200 && time.Since(s.Used) > 2*time.Minute {
					t.Error("its use was not noted")
				}
			}
			clear(people.sessions)
		})
	}
	c := signIn(t, h, "vic")
	delete(people.users, "vic")
	if res, _ := page(h, "/", c); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a removed user: %d", res.StatusCode)
	}
}

func TestNothingTypedIsLost(t *testing.T) {
	people := team()
	f := newFake(1)
	h := cheap(t, api.Options{Backend: f, People: people})
	typed := "a note <b>that</b> took an hour\nand two lines"
	res, body := answer(h, form("/mentions/m0/curate", url.Values{"action": {"note"}, "value": {typed}, "back": {"/mentions/m0"}}))
	if res.StatusCode != http.StatusUnauthorized || len(f.curated) != 0 {
		t.Fatalf("without a session: %d, %d changes", res.StatusCode, len(f.curated))
	}
	fields := inputs(t, body, "/signin")
	fields.Set("name", "ann")
	fields.Set("password", "wrong")
	_, body = answer(h, form("/signin", fields)) // a slip of the finger loses nothing either
	fields = inputs(t, body, "/signin")
	fields.Set("name", "ann")
	fields.Set("password", pass)
	res, body = answer(h, form("/signin", fields))
	if res.StatusCode != http.StatusOK || len(res.Cookies()) != 1 || !strings.Contains(body, "took an hour") {
		t.Fatalf("signed in: %d\n%s", res.StatusCode, body)
	}
	send := form("/mentions/m0/curate", inputs(t, body, "/mentions/m0/curate"))
	send.AddCookie(res.Cookies()[0])
	if res, body := answer(h, send); res.StatusCode != http.StatusSeeOther || len(f.curated) != 1 || strings.ReplaceAll(f.curated[0].Value, "\r", "") != typed || f.curated[0].Actor != "ann" {
		t.Errorf("sent again: %d %v\n%s", res.StatusCode, f.curated, body)
	}
}

// inputs are the fields of the form of a page that leads to an address.
func inputs(t *testing.T, body, action string) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Data != "form" || attr(n, "action") != action {
			continue
		}
		v := url.Values{}
		for in := range n.Descendants() {
			if in.Data == "input" && attr(in, "name") != "" {
				v.Add(attr(in, "name"), attr(in, "value"))
			}
		}
		return v
	}
	t.Fatalf("no form leads to %s:\n%s", action, body)
	return nil
}

func TestNextStaysHere(t *testing.T) {
	h := cheap(t, api.Options{Backend: newFake(1), People: team(), BasePath: "/ear"})
	for _, next := range []string{"//evil.example", `/\evil.example`, "https://evil.example/", "javascript:alert(1)", "/ear/..//evil.example", "/other", "\t//evil.example", "/ear//evil.example/%0d%0aX: y", ""} {
		res, _ := answer(h, form("/ear/signin", url.Values{"name": {"ann"}, "password": {pass}, "next": {next}}))
		u, err := url.Parse(res.Header.Get("Location"))
		if err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(u.Path, "/ear/") || strings.Contains(res.Header.Get("Location"), `\`) {
			t.Errorf("next %q leads to %q", next, res.Header.Get("Location"))
		}
	}
}

func TestWhoMayWhat(t *testing.T) {
	people := team()
	h := cheap(t, api.Options{Backend: newFake(3), People: people})
	cookies := map[string]*http.Cookie{}
	for _, name := range []string{"ann", "vic", "root"} {
		cookies[name] = signIn(t, h, name)
	}
	tests := []struct {
		who, method, path, body string
		want                    int
	}{
		{"vic", "GET", "/api/v1/count", "", 200},
		{"vic", "POST", "/api/v1/curation", `{"ids":["m0"],"action":"star"}`, 403},
		{"ann", "POST", "/api/v1/curation", `{"ids":["m0"],"action":"star"}`, 204},
		{"ann", "GET", "/api/v1/users", "", 403},
		{"ann", "PUT", "/api/v1/users/eve", `{"role":"admin"}`, 403},
		{"vic", "GET", "/api/v1/audit", "", 403},
		{"vic", "POST", "/api/v1/tokens", `{"name":"feed","role":"viewer"}`, 201},
		{"vic", "POST", "/api/v1/tokens", `{"name":"more","role":"analyst"}`, 403},
		{"vic", "POST", "/api/v1/tokens", `{"name":"a/b","role":"viewer"}`, 422},
		{"ann", "DELETE", "/api/v1/tokens/vic%2Ffeed", "", 404},
		{"root", "PUT", "/api/v1/users/eve", `{"role":"viewer","password":"a good long one"}`, 200},
		{"root", "PUT", "/api/v1/users/eve", `{"password":"short"}`, 422},
		{"root", "PUT", "/api/v1/users/cli", `{"role":"viewer"}`, 422},
		{"root", "PUT", "/api/v1/users/ag", `{"role":"viewer","scope":"brand:("}`, 422},
		{"root", "PUT", "/api/v1/users/ag", `{"role":"admin","scope":"brand:brillux"}`, 422},
		{"root", "PUT", "/api/v1/users/root", `{"role":"viewer"}`, 409},
		{"root", "DELETE", "/api/v1/users/root", "", 409},
		{"root", "DELETE", "/api/v1/users/eve", "", 204},
		{"root", "DELETE", "/api/v1/tokens/vic%2Ffeed", "", 204},
		{"root", "GET", "/api/v1/sessions", "", 200},
	}
	for _, tt := range tests {
		r := request(tt.method, tt.path, tt.body)
		r.AddCookie(cookies[tt.who])
		res, body := answer(h, r)
		if res.StatusCode != tt.want {
			t.Errorf("%s: %s %s = %d %s, want %d", tt.who, tt.method, tt.path, res.StatusCode, body, tt.want)
		}
		for _, secret := range []string{"argon2", passHash, "a good long one"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s %s tells a secret: %s", tt.method, tt.path, body)
			}
		}
	}
	if _, ok := people.users["eve"]; ok || !strings.Contains(people.did(), "root user.remove eve") {
		t.Error(people.did())
	}
}

func TestTokensOfUsers(t *testing.T) {
	people := team()
	h := cheap(t, api.Options{Backend: newFake(3), People: people})
	const secret = "earshot_a-secret-of-vic"
	people.tokens["ann/ci"] = mention.AccessToken{ID: "ann/ci", Owner: "ann", Role: "analyst", Hash: api.HashToken(secret)}
	ask := func(method, path, body string) int {
		r := request(method, path, body)
		r.Header.Set("Authorization", "Bearer "+secret)
		res, _ := answer(h, r)
		return res.StatusCode
	}
	const star = `{"ids":["m0"],"action":"star"}`
	if got := ask("POST", "/api/v1/curation", star); got != 204 {
		t.Errorf("a token: %d", got)
	}
	ann := people.users["ann"]
	ann.Role = "viewer"
	people.users["ann"] = ann
	if got := ask("POST", "/api/v1/curation", star); got != 403 {
		t.Errorf("a token of one who may less now: %d", got)
	}
	k := people.tokens["ann/ci"]
	k.Expires = time.Now().Add(-time.Minute)
	people.tokens["ann/ci"] = k
	if got := ask("GET", "/api/v1/count", ""); got != 401 {
		t.Errorf("an expired token: %d", got)
	}
}

func TestATokenMakesNoOther(t *testing.T) {
	people := team()
	h := cheap(t, api.Options{Backend: newFake(3), People: people})
	for _, k := range []mention.AccessToken{
		{ID: "ann/read", Owner: "ann", Role: "viewer"}, {ID: "ann/other", Owner: "ann", Role: "analyst"}, {ID: "root/all", Owner: "root", Role: "admin"},
	} {
		k.Hash = api.HashToken("earshot_" + k.ID)
		people.tokens[k.ID] = k
	}
	tests := []struct {
		with, method, path, body string
		want                     int
	}{
		{"ann/read", "POST", "/api/v1/tokens", `{"name":"forever","role":"viewer"}`, 403},
		{"root/all", "POST", "/api/v1/tokens", `{"name":"forever","role":"viewer"}`, 403},
		{"ann/read", "DELETE", "/api/v1/tokens/ann%2Fother", "", 404},
		{"ann/other", "DELETE", "/api/v1/tokens/ann%2Fread", "", 404},
		{"root/all", "DELETE", "/api/v1/tokens/ann%2Fread", "", 404},
		{"ann/read", "GET", "/api/v1/tokens", "", 200},
		{"ann/read", "DELETE", "/api/v1/tokens/ann%2Fread", "", 204},
	}
	for _, tt := range tests {
		r := request(tt.method, tt.path, tt.body)
		r.Header.Set("Authorization", "Bearer earshot_"+tt.with)
		res, body := answer(h, r)
		if res.StatusCode != tt.want || strings.Contains(body, "ann/other") {
			t.Errorf("%s: %s %s = %d %s, want %d", tt.with, tt.method, tt.path, res.StatusCode, body, tt.want)
		}
	}
	for _, path := range []string{"/account/tokens", "/account/tokens/revoke"} {
		r := form(path, url.Values{"id": {"ann/other"}, "name": {"forever"}, "role": {"viewer"}})
		r.Header.Set("Authorization", "Bearer earshot_root/all")
		if res, _ := answer(h, r); res.StatusCode < 400 {
			t.Errorf("%s with a token: %d", path, res.StatusCode)
		}
	}
	if len(people.tokens) != 2 {
		t.Errorf("tokens %v", people.tokens)
	}
}

func TestWhoIsRemovedDoesNotComeBack(t *testing.T) {
	tests := []struct {
		name string
		do   func(h http.Handler, root *http.Cookie) int
	}{
		{"a new password", func(h http.Handler, root *http.Cookie) int {
			r := request("PUT", "/api/v1/users/ann", `{"password":"a good long one"}`)
			r.AddCookie(root)
			res, _ := answer(h, r)
			return res.StatusCode
		}},
		{"a sign-in that hashes anew", func(h http.Handler, _ *http.Cookie) int {
			res, _ := answer(h, form("/signin", url.Values{"name": {"ann"}, "password": {pass}}))
			return res.StatusCode
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			people := team()
			h := cheap(t, api.Options{Backend: newFake(1), People: people})
			root := signIn(t, h, "root")
			ann := people.users["ann"]
			ann.Password = api.OldHash(pass)
			people.users["ann"] = ann
			people.meanwhile = func() { delete(people.users, "ann") }
			if got := tt.do(h, root); got != http.StatusNotFound {
				t.Errorf("%d, want 404", got)
			}
			if _, back := people.users["ann"]; back || len(people.sessions) != 1 {
				t.Errorf("users %v, %d sessions", people.users, len(people.sessions))
			}
		})
	}
	people := team()
	h := cheap(t, api.Options{Backend: newFake(1), People: people})
	r := request("PUT", "/api/v1/users/ann", `{"password":"a good long one"}`)
	r.AddCookie(signIn(t, h, "root"))
	people.meanwhile = func() {
		ann := people.users["ann"]
		ann.Role = "viewer"
		people.users["ann"] = ann
	}
	if res, _ := answer(h, r); res.StatusCode != http.StatusOK || people.users["ann"].Role != "viewer" {
		t.Errorf("%d, who was demoted meanwhile is %s", res.StatusCode, people.users["ann"].Role)
	}
}

func TestAFullDiskLetsRead(t *testing.T) {
	people := team()
	h := cheap(t, api.Options{Backend: newFake(1), People: people})
	c := signIn(t, h, "ann")
	for id, s := range people.sessions {
		s.Used = s.Used.Add(-time.Hour)
		people.sessions[id] = s
	}
	people.unused = errors.New("disk full")
	if res, _ := page(h, "/", c); res.StatusCode != http.StatusOK {
		t.Errorf("%d", res.StatusCode)
	}
}

func TestOneShutsNothingForAll(t *testing.T) {
	const code = "earshot_the-code-that-was-printed"
	people := newCrowd()
	h := cheap(t, api.Options{Backend: newFake(1), People: people, SetupCode: code, SetupUntil: time.Now().Add(time.Hour)})
	try := func(code, from string) int {
		r := form("/setup", url.Values{"code": {code}, "name": {"ann"}, "password": {pass}, "again": {pass}})
		r.RemoteAddr = from
		res, _ := answer(h, r)
		return res.StatusCode
	}
	for range 8 { // an address each, or theirs would be shut before
		for i := range 19 {
			if got := try("wrong", fmt.Sprintf("192.0.2.%d:1", i)); got != http.StatusUnprocessableEntity {
				t.Fatalf("a wrong code from %d: %d", i, got)
			}
		}
	}
	for range 12 {
		try("wrong", "192.0.2.1:1")
	}
	if got := try(code, "192.0.2.1:1"); got != http.StatusTooManyRequests {
		t.Errorf("after 20 wrong codes: %d", got)
	}
	if got := try(code, "198.51.100.7:1"); got != http.StatusSeeOther {
		t.Errorf("from elsewhere: %d", got)
	}
}

func TestSetUp(t *testing.T) {
	people := newCrowd()
	o := api.Options{Backend: newFake(1), People: people, SetupCode: "earshot_code", SetupUntil: time.Now().Add(time.Hour)}
	h := cheap(t, o)
	if res, body := page(h, "/", nil); res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "set-up link") {
		t.Errorf("before: %d, this machine must not be let in either\n%s", res.StatusCode, body)
	}
	send := func(h http.Handler, code, again string) (*http.Response, string) {
		return answer(h, form("/setup", url.Values{"code": {code}, "name": {"Boss"}, "password": {pass}, "again": {again}}))
	}
	if res, _ := send(h, "wrong", pass); res.StatusCode != http.StatusUnprocessableEntity || len(people.users) != 0 {
		t.Errorf("a wrong code: %d", res.StatusCode)
	}
	if res, _ := send(h, "earshot_code", "else"); res.StatusCode != http.StatusUnprocessableEntity || len(people.users) != 0 {
		t.Errorf("two passwords: %d", res.StatusCode)
	}
	o.SetupUntil = time.Now().Add(-time.Second)
	if res, _ := send(cheap(t, o), "earshot_code", pass); res.StatusCode != http.StatusGone || len(people.users) != 0 {
		t.Errorf("an old link: %d", res.StatusCode)
	}
	res, body := send(h, "earshot_code", pass)
	if res.StatusCode != http.StatusSeeOther || people.users["boss"].Role != "admin" || len(res.Cookies()) != 1 {
		t.Fatalf("the link: %d %v\n%s", res.StatusCode, people.users, body)
	}
	if !strings.HasPrefix(people.users["boss"].Password, "$argon2id$v=19$m=65536,t=3,p=4$") {
		t.Errorf("password kept as %q", people.users["boss"].Password)
	}
	if res, _ := page(h, "/settings", res.Cookies()[0]); res.StatusCode != http.StatusOK {
		t.Errorf("the admin: %d", res.StatusCode)
	}
	if res, _ := send(h, "earshot_code", pass); res.StatusCode != http.StatusGone {
		t.Errorf("the link again: %d", res.StatusCode)
	}
}

func TestTokenSignsInToo(t *testing.T) {
	people := newCrowd()
	o := api.Options{Backend: newFake(1), People: people, Tokens: tokens()}
	h := cheap(t, o)
	res, _ := answer(h, form("/signin", url.Values{"password": {secret}, "next": {"/"}}))
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("sign-in by token: %d", res.StatusCode)
	}
	c := res.Cookies()[0]
	if res, _ := page(h, "/settings", c); res.StatusCode != http.StatusOK {
		t.Errorf("page: %d", res.StatusCode)
	}
	o.Tokens = []api.Token{{Name: "root", Role: api.RoleAdmin, Hash: api.HashToken("another")}}
	if res, _ := page(cheap(t, o), "/settings", c); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("after the token was changed: %d", res.StatusCode)
	}
}

func TestEveryRouteNeedsSomebody(t *testing.T) {
	o := api.Options{Backend: newFake(3), People: team()}
	patterns, err := api.Patterns(o)
	if err != nil {
		t.Fatal(err)
	}
	h := cheap(t, o)
	for _, pattern := range patterns {
		method, path, ok := strings.Cut(pattern, " ")
		if !ok {
			method, path = http.MethodGet, pattern
		}
		path = strings.NewReplacer("{id}", "m0", "{name}", "style.css", "{$}", "").Replace(path)
		open := path == "/healthz" || strings.HasPrefix(path, "/shared/") || strings.HasPrefix(path, "/signin") || path == "/setup" || strings.HasPrefix(path, "/assets/")
		for _, accept := range []string{"", "text/html"} {
			r := request(method, path, "")
			r.Header.Set("Accept", accept)
			r.AddCookie(&http.Cookie{Name: "earshot_session", Value: "earshot_made-up"})
			if res, _ := answer(h, r); (res.StatusCode != http.StatusUnauthorized) != open && !strings.HasPrefix(path, "/signin") {
				t.Errorf("%s as %q: %d", pattern, accept, res.StatusCode)
			}
		}
	}
}

func TestStreamEndsWithItsSession(t *testing.T) {
	people := team()
	c := signIn(t, cheap(t, api.Options{Backend: newFake(1), People: people}), "ann")
	r := request(http.MethodGet, "/api/v1/events", "")
	r.AddCookie(c)
	gone, err := api.StillThere(api.Options{Backend: newFake(1), People: people}, r)
	if err != nil || gone(context.Background()) {
		t.Fatalf("gone while it is there: %v", err)
	}
	clear(people.sessions)
	if !gone(context.Background()) {
		t.Error("it outlives its session")
	}
}

func TestPeoplePages(t *testing.T) {
	people := team()
	h := cheap(t, api.Options{Backend: newFake(1), People: people})
	root, ann := signIn(t, h, "root"), signIn(t, h, "ann")
	send := func(c *http.Cookie, target string, v url.Values) (*http.Response, string) {
		r := form(target, v)
		r.AddCookie(c)
		return answer(h, r)
	}
	for _, path := range []string{"/settings/people", "/audit"} {
		if res, _ := page(h, path, ann); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s for an analyst: %d", path, res.StatusCode)
		}
		if res, body := page(h, path, root); res.StatusCode != http.StatusOK || strings.Contains(body, "argon2id") {
			t.Errorf("%s for an admin: %d", path, res.StatusCode)
		}
	}
	steps := []struct {
		name, path string
		c          *http.Cookie
		v          url.Values
		want       int
	}{
		{"an analyst makes no user", "/settings/users", ann, url.Values{"new": {"yes"}, "name": {"eve"}, "role": {"viewer"}}, 403},
		{"an analyst ends no session", "/settings/sessions/end", ann, url.Values{"id": {"x"}}, 403},
		{"add", "/settings/users", root, url.Values{"new": {"yes"}, "name": {"Eve"}, "role": {"viewer"}, "password": {"a good long one"}, "scope": {"country:ch"}}, 303},
		{"add again", "/settings/users", root, url.Values{"new": {"yes"}, "name": {"eve"}, "role": {"viewer"}}, 409},
		{"bad scope", "/settings/users", root, url.Values{"name": {"eve"}, "role": {"viewer"}, "scope": {"(("}}, 422},
		{"change", "/settings/users", root, url.Values{"name": {"eve"}, "role": {"analyst"}, "scope": {""}}, 303},
		{"demote the only admin", "/settings/users", root, url.Values{"name": {"root"}, "role": {"viewer"}}, 409},
		{"remove", "/settings/users/remove", root, url.Values{"name": {"eve"}}, 303},
		{"wrong old password", "/account/password", ann, url.Values{"old": {"x"}, "new": {"another good one"}, "again": {"another good one"}}, 422},
		{"not twice", "/account/password", ann, url.Values{"old": {pass}, "new": {"another good one"}, "again": {"another"}}, 422},
		{"too short", "/account/password", ann, url.Values{"old": {pass}, "new": {"short"}, "again": {"short"}}, 422},
		{"too much of a token", "/account/tokens", ann, url.Values{"name": {"x"}, "role": {"admin"}}, 403},
		{"no such session", "/settings/sessions/end", root, url.Values{"id": {"nope"}}, 404},
		{"none named", "/settings/sessions/end", root, url.Values{}, 404},
	}
	for _, tt := range steps {
		if res, body := send(tt.c, tt.path, tt.v); res.StatusCode != tt.want {
			t.Errorf("%s: %d, want %d\n%.300s", tt.name, res.StatusCode, tt.want, body)
		}
	}
	res, body := send(ann, "/account/tokens", url.Values{"name": {"sheet"}, "role": {"viewer"}, "lasts": {"90d"}})
	_, secret, ok := strings.Cut(body, `<code class="secret">`)
	secret, _, _ = strings.Cut(secret, "<")
	if res.StatusCode != http.StatusOK || !ok || res.Header.Get("Cache-Control") != "no-store" || people.tokens["ann/sheet"].Hash != api.HashToken(secret) {
		t.Fatalf("a token: %d\n%s", res.StatusCode, body)
	}
	if _, body := page(h, "/account", ann); strings.Contains(body, secret) || !strings.Contains(body, "ann/sheet") {
		t.Error("the secret is shown again, or the token is not")
	}
	if res, _ := get(h, "/api/v1/feed?token="+secret); res.StatusCode != http.StatusOK {
		t.Errorf("the token in an address: %d", res.StatusCode)
	}
	other := signIn(t, h, "ann")
	if res, body := send(ann, "/account/password", url.Values{"old": {pass}, "new": {"another good one"}, "again": {"another good one"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("password: %d\n%s", res.StatusCode, body)
	}
	if res, _ := page(h, "/", other); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("her other session after a new password: %d", res.StatusCode)
	}
	if res, _ := page(h, "/", ann); res.StatusCode != http.StatusOK {
		t.Errorf("the session that changed it: %d", res.StatusCode)
	}
	if res, _ := send(ann, "/account/tokens/revoke", url.Values{"id": {"ann/sheet"}, "back": {"/account"}}); res.StatusCode != http.StatusSeeOther || len(people.tokens) != 0 {
		t.Errorf("revoke: %d, %v", res.StatusCode, people.tokens)
	}
	for _, want := range []string{"root user.add eve", "root user.change eve", "root user.remove eve", "ann user.change ann", "ann token.add ann/sheet", "ann token.revoke ann/sheet"} {
		if !strings.Contains(people.did(), want) {
			t.Errorf("audit lacks %q: %s", want, people.did())
		}
	}
}

func TestTheFirstUserIsAnAdmin(t *testing.T) {
	people := newCrowd()
	h := cheap(t, api.Options{Backend: newFake(1), People: people})
	for _, v := range []url.Values{{"role": {"viewer"}, "password": {pass}}, {"role": {"admin"}}} {
		v.Set("new", "yes")
		v.Set("name", "ann")
		if res, _ := answer(h, form("/settings/users", v)); res.StatusCode != http.StatusUnprocessableEntity || len(people.users) != 0 {
			t.Errorf("%v: %d", v, res.StatusCode)
		}
	}
	if res, _ := answer(h, request("PUT", "/api/v1/users/ann", `{"role":"viewer"}`)); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("by program: %d", res.StatusCode)
	}
	res, _ := answer(h, form("/settings/users", url.Values{"new": {"yes"}, "name": {"ann"}, "role": {"admin"}, "password": {pass}}))
	if res.StatusCode != http.StatusSeeOther {
		t.Errorf("an admin: %d", res.StatusCode)
	}
	if res, _ := page(h, "/", nil); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("this machine is let in as before: %d", res.StatusCode)
	}
}
