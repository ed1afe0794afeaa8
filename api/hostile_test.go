package api_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/api"
	"earshot/mention"
)

// formFields are all that a form of ours may hold.
var formFields = strings.Fields("name password next carry.value carry.x lost post code again new old role scope lasts id back action value q ids tag token match kind severity count window by playbook notify more for query one owner period from to share")

// TestFormsTakeTextAsText sends every vector in every field of every form, and
// looks at every page that shows people, their tokens and what they did.
func TestFormsTakeTextAsText(t *testing.T) {
	people := team()
	f := newFake(2)
	o := api.Options{Backend: f, People: people, SetupCode: "c", SetupUntil: time.Now().Add(time.Hour)}
	patterns, err := api.Patterns(o)
	if err != nil {
		t.Fatal(err)
	}
	h := cheap(t, o)
	root := people.users["root"]
	for i, x := range vectors {
		people.users = map[string]mention.User{"root": root, x: {Name: x, Role: x, Scope: x, Password: passHash}}
		people.tokens = map[string]mention.AccessToken{x: {ID: x, Owner: "root", Role: x, Scope: x}}
		people.audit = []mention.AuditEntry{{Actor: x, Action: x, Object: x, Detail: x}}
		people.sessions = map[string]mention.Session{x: {ID: x, User: "root", Address: x, Agent: x, Made: day, Used: day}}
		r := form("/signin", url.Values{"name": {"root"}, "password": {pass}})
		r.RemoteAddr = "192.0.2." + string(rune('0'+i%10)) + ":1"
		res, _ := answer(h, r)
		if len(res.Cookies()) != 1 {
			t.Fatalf("sign-in: %d", res.StatusCode)
		}
		c := res.Cookies()[0]
		look := func(what string, r *http.Request, signedIn bool) {
			r.Header.Set("User-Agent", x)
			r.Header.Set("Accept", "text/html")
			if signedIn {
				r.AddCookie(c)
			}
			res, body := answer(h, r)
			if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("%s: policy %q", what, csp)
			}
			if to, err := url.Parse(res.Header.Get("Location")); err != nil || to.Host != "" || to.Scheme != "" {
				t.Errorf("%s with %q leads to %q", what, x, res.Header.Get("Location"))
			}
			if !strings.HasPrefix(res.Header.Get("Content-Type"), "text/html") {
				return
			}
			for _, fault := range faultsOf(t, body) {
				t.Errorf("%s with %q has %s", what, x, fault)
			}
		}
		q := url.QueryEscape(x)
		for _, path := range []string{"/account", "/settings", "/settings/people", "/audit", "/audit?actor=" + q + "&action=" + q + "&object=" + q + "&before=" + q, "/signin?next=" + q, "/setup?code=" + q, "/nowhere/" + url.PathEscape(x)} {
			look(path, request(http.MethodGet, path, ""), true)
			look(path, request(http.MethodGet, path, ""), false)
		}
		fields := url.Values{}
		for _, name := range formFields {
			fields.Set(name, x)
		}
		fields.Set("carry."+x, x)
		for _, pattern := range patterns {
			method, path, _ := strings.Cut(pattern, " ")
			if method != http.MethodPost || strings.HasPrefix(path, "/api/") || path == "/signout" {
				continue
			}
			path = strings.ReplaceAll(path, "{id}", url.PathEscape(x))
			look("POST "+path, form(path, fields), true)
			look("POST "+path, form(path, fields), false)
		}
	}
}

// TestLogsHoldNoSecret signs in, fails to, makes tokens and sets up, and reads
// what was logged about it.
func TestLogsHoldNoSecret(t *testing.T) {
	var log bytes.Buffer
	people := team()
	h := cheap(t, api.Options{Backend: newFake(1), People: people, Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
	c := signIn(t, h, "ann")
	answer(h, form("/signin", url.Values{"name": {"wrong password as name"}, "password": {"a wrong secret"}}))
	r := form("/account/tokens", url.Values{"name": {"sheet"}, "role": {"viewer"}})
	r.AddCookie(c)
	_, body := answer(h, r)
	_, secret, _ := strings.Cut(body, `<code class="secret">`)
	secret, _, _ = strings.Cut(secret, "<")
	page(h, "/api/v1/feed?token="+secret, nil)
	page(h, "/setup?code=earshot_the-code", nil)
	people.err = http.ErrBodyNotAllowed // the store is broken: errors are logged
	page(h, "/", c)
	r = request(http.MethodGet, "/api/v1/count", "")
	r.Header.Set("Authorization", "Bearer "+secret)
	if res, _ := answer(h, r); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("with a broken store: %d, want 503", res.StatusCode)
	}
	if res, body := page(h, "/mentions", nil); res.StatusCode < http.StatusBadRequest || strings.Contains(body, "Brillux") {
		t.Errorf("nobody, with a broken store: %d", res.StatusCode)
	}
	if log.Len() == 0 || secret == "" {
		t.Fatal("nothing was logged")
	}
	for name, canary := range map[string]string{"password": pass, "wrong password": "a wrong secret", "name": "wrong password as name", "cookie": c.Value, "token": secret, "hash": "argon2id", "code": "earshot_the-code"} {
		if strings.Contains(log.String(), canary) {
			t.Errorf("the log holds the %s:\n%s", name, log.String())
		}
	}
}
