package api_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/net/html"

	"earshot/api"
	"earshot/mention"
)

// An issuer is a small OpenID provider, true to the standard where it counts:
// discovery, keys, the code flow with client authentication and PKCE, codes
// that work once, signed tokens, user info.
type issuer struct {
	t      *testing.T
	server *httptest.Server
	key    *rsa.PrivateKey

	mu     sync.Mutex
	claims map[string]any // of whoever signs in
	info   map[string]any // told at userinfo alone
	spoil  func(claims map[string]any)
	signer *rsa.PrivateKey // another key than is published
	codes  map[string]url.Values
	down   bool
	asked  []string // paths
}

const (
	clientID     = "earshot"
	clientSecret = "the secret of the client"
)

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key, codes: map[string]url.Values{}, claims: map[string]any{"sub": "42", "preferred_username": "Ada.M", "groups": []string{"staff", "listeners"}}}
	i.server = httptest.NewServer(i)
	t.Cleanup(func() {
		i.server.CloseClientConnections()
		i.server.Close()
	})
	return i
}

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked = append(i.asked, r.URL.Path)
	if i.down {
		http.Error(w, "down", http.StatusInternalServerError)
		return
	}
	base := i.server.URL
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		i.write(w, map[string]any{
			"issuer": base, "authorization_endpoint": base + "/authorize", "token_endpoint": base + "/token", "jwks_uri": base + "/keys", "userinfo_endpoint": base + "/userinfo",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"},
		})
	case "/keys":
		i.write(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: i.key.Public(), KeyID: "k1", Algorithm: "RS256", Use: "sig"}}})
	case "/authorize":
		i.authorize(w, r)
	case "/token":
		i.token(w, r)
	case "/userinfo":
		if r.Header.Get("Authorization") != "Bearer access" {
			http.Error(w, "no token", http.StatusUnauthorized)
			return
		}
		i.write(w, i.info)
	default:
		http.NotFound(w, r)
	}
}

func (i *issuer) write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		i.t.Error(err)
	}
}

func (i *issuer) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, want := range map[string]string{"client_id": clientID, "response_type": "code", "redirect_uri": "https://ear.example/signin/oidc/back", "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			i.t.Errorf("authorize: %s is %q, want %q", name, q.Get(name), want)
		}
	}
	if !strings.Contains(" "+q.Get("scope")+" ", " openid ") || len(q.Get("state")) < 16 || len(q.Get("nonce")) < 16 || len(q.Get("code_challenge")) != 43 {
		i.t.Errorf("authorize: %v", q)
	}
	code := rand.Text()
	i.codes[code] = q
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+url.Values{"code": {code}, "state": {q.Get("state")}}.Encode(), http.StatusFound)
}

func (i *issuer) token(w http.ResponseWriter, r *http.Request) {
	id, secret, ok := r.BasicAuth()
	if s, err := url.QueryUnescape(secret); err == nil {
		secret = s
	}
	q, known := i.codes[r.PostFormValue("code")]
	delete(i.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !ok || id != clientID || secret != clientSecret || !known || r.PostFormValue("grant_type") != "authorization_code" ||
		r.PostFormValue("redirect_uri") != q.Get("redirect_uri") || base64.RawURLEncoding.EncodeToString(sum[:]) != q.Get("code_challenge") {
		w.WriteHeader(http.StatusBadRequest)
		i.write(w, map[string]string{"error": "invalid_grant"})
		return
	}
	now := time.Now().Unix()
	claims := map[string]any{"iss": i.server.URL, "aud": clientID, "exp": now + 300, "iat": now, "nonce": q.Get("nonce")}
	maps.Copy(claims, i.claims)
	if i.spoil != nil {
		i.spoil(claims)
	}
	key := i.key
	if i.signer != nil {
		key = i.signer
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, (&jose.SignerOptions{}).WithHeader("kid", "k1"))
	if err != nil {
		i.t.Error(err)
		return
	}
	body, err := json.Marshal(claims)
	if err != nil {
		i.t.Error(err)
		return
	}
	signed, err := signer.Sign(body)
	if err != nil {
		i.t.Error(err)
		return
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		i.t.Error(err)
	}
	i.write(w, map[string]any{"access_token": "access", "token_type": "Bearer", "expires_in": 300, "id_token": text})
}

// wayIn is a daemon that the issuer lets people into.
func wayIn(t *testing.T, i *issuer, people *crowd) http.Handler {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return cheap(t, api.Options{Backend: newFake(2), People: people, PublicURL: "https://ear.example", OIDC: &api.OIDC{
		Issuer: i.server.URL, ClientID: clientID, ClientSecret: clientSecret, Name: "Example ID", Client: client,
		Groups: []api.OIDCGroup{{Group: "chiefs", Role: api.RoleAdmin}, {Group: "listeners", Role: api.RoleAnalyst, Scope: "source:wire"}},
	}})
}

// goThere follows a browser to the issuer, and gives the way back and its cookie.
func goThere(t *testing.T, h http.Handler, link string) (back *url.URL, c *http.Cookie) {
	t.Helper()
	res, body := page(h, link, nil)
	if res.StatusCode != http.StatusSeeOther || len(res.Cookies()) != 1 {
		t.Fatalf("%s: %d %v\n%s", link, res.StatusCode, res.Cookies(), body)
	}
	return visit(t, res.Header.Get("Location")), res.Cookies()[0]
}

// visit is what a browser does at the issuer.
func visit(t *testing.T, link string) *url.URL {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Get(link)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	return back
}

func session(res *http.Response) *http.Cookie {
	for _, c := range res.Cookies() {
		if c.Name == "earshot_session" && c.MaxAge > 0 {
			return c
		}
	}
	return nil
}

func TestIdentityProviderLetsIn(t *testing.T) {
	i, people := newIssuer(t), newCrowd()
	h := wayIn(t, i, people)
	if res, body := page(h, "/mentions?q=a", nil); res.StatusCode != http.StatusUnauthorized || !strings.Contains(body, "Sign in with Example ID") || !strings.Contains(body, "/signin/oidc?next=%2fmentions%3fq%3da") {
		t.Fatalf("nobody: %d\n%s", res.StatusCode, body)
	}
	if len(i.asked) != 0 {
		t.Errorf("the provider is asked before anybody wants to: %v", i.asked)
	}
	back, c := goThere(t, h, "/signin/oidc?next=%2fmentions%3fq%3da")
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie %+v", c)
	}
	if res, _ := page(h, back.RequestURI(), nil); res.StatusCode != http.StatusBadRequest || session(res) != nil {
		t.Errorf("in another browser: %d", res.StatusCode)
	}
	res, body := page(h, back.RequestURI(), c)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/mentions?q=a" || session(res) == nil {
		t.Fatalf("back: %d to %q\n%s", res.StatusCode, res.Header.Get("Location"), body)
	}
	u := people.users["ada.m"]
	if u.Role != "analyst" || u.Scope != "source:wire" || u.Subject != i.server.URL+" 42" || u.Password != "" {
		t.Errorf("user %+v", u)
	}
	if res, _ := page(h, back.RequestURI(), c); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the same answer again: %d", res.StatusCode)
	}
	i.claims["groups"] = []string{"chiefs"}
	back, c = goThere(t, h, "/signin/oidc")
	if res, _ := page(h, back.RequestURI(), c); session(res) == nil || people.users["ada.m"].Role != "admin" || people.users["ada.m"].Scope != "" {
		t.Errorf("after a change of groups: %d %+v", res.StatusCode, people.users["ada.m"])
	}
	if d := people.did(); !strings.Contains(d, "oidc user.add ada.m") || !strings.Contains(d, "oidc user.change ada.m") || !strings.Contains(d, "ada.m signin") {
		t.Errorf("audit %q", d)
	}
}

func TestIdentityProviderIsNotBelieved(t *testing.T) {
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name   string
		change func(i *issuer, people *crowd)
		alter  func(back url.Values)
		want   int
	}{
		{"nonce of another sign-in", func(i *issuer, _ *crowd) { i.spoil = func(c map[string]any) { c["nonce"] = "old" } }, nil, 502},
		{"token for another client", func(i *issuer, _ *crowd) { i.spoil = func(c map[string]any) { c["aud"] = "other" } }, nil, 502},
		{"token of another issuer", func(i *issuer, _ *crowd) { i.spoil = func(c map[string]any) { c["iss"] = "https://evil.example" } }, nil, 502},
		{"expired", func(i *issuer, _ *crowd) { i.spoil = func(c map[string]any) { c["exp"] = time.Now().Unix() - 3600 } }, nil, 502},
		{"another key", func(i *issuer, _ *crowd) { i.signer = other }, nil, 502},
		{"a code that is none", nil, func(v url.Values) { v.Set("code", "made up") }, 502},
		{"another state", nil, func(v url.Values) { v.Set("state", "made up") }, 400},
		{"refused there", nil, func(v url.Values) { v.Del("code"); v.Set("error", "<b>access_denied") }, 401},
		{"in no group", func(i *issuer, _ *crowd) { i.claims["groups"] = "staff" }, nil, 403},
		{"a local user's name", func(_ *issuer, people *crowd) {
			people.users["ada.m"] = mention.User{Name: "ada.m", Role: "admin", Password: passHash}
		}, nil, 403},
		{"user info of somebody else", func(i *issuer, _ *crowd) {
			delete(i.claims, "groups")
			i.info = map[string]any{"sub": "43", "groups": []string{"chiefs"}}
		}, nil, 502},
		{"groups in the user info", func(i *issuer, _ *crowd) {
			delete(i.claims, "groups")
			i.info = map[string]any{"sub": "42", "groups": []string{"chiefs"}}
		}, nil, 303},
		{"a name that cannot be", func(i *issuer, _ *crowd) {
			i.claims["preferred_username"], i.claims["email"] = "<script>", "ada@example.org"
		}, nil, 303},
		{"a name that is reserved", func(i *issuer, _ *crowd) { i.claims["preferred_username"], i.claims["sub"] = "file", "cli" }, nil, 403},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i, people := newIssuer(t), newCrowd(mention.User{Name: "root", Role: "admin", Password: passHash})
			if tt.change != nil {
				tt.change(i, people)
			}
			h := wayIn(t, i, people)
			back, c := goThere(t, h, "/signin/oidc")
			if tt.alter != nil {
				q := back.Query()
				tt.alter(q)
				back.RawQuery = q.Encode()
			}
			res, body := page(h, back.RequestURI(), c)
			if res.StatusCode != tt.want || (session(res) != nil) != (tt.want == 303) {
				t.Errorf("%d, session %v, want %d\n%s", res.StatusCode, session(res), tt.want, body)
			}
			if u := people.users["ada.m"]; tt.want != 303 && u.Subject != "" {
				t.Errorf("user %+v", u)
			}
			for _, fault := range faultsOf(t, body) {
				t.Errorf("page has %s", fault)
			}
		})
	}
}

func TestIdentityProviderThatIsDown(t *testing.T) {
	i, people := newIssuer(t), newCrowd(mention.User{Name: "root", Role: "admin", Password: passHash})
	i.down = true
	h := wayIn(t, i, people)
	for range 3 {
		if res, body := page(h, "/signin/oidc", nil); res.StatusCode != http.StatusBadGateway || !strings.Contains(body, "does not answer") {
			t.Errorf("%d\n%s", res.StatusCode, body)
		}
	}
	if len(i.asked) != 1 {
		t.Errorf("asked %d times at once", len(i.asked))
	}
	signIn(t, h, "root") // local users get in all the same
}

func TestNothingTypedIsLostAtTheProvider(t *testing.T) {
	i, people := newIssuer(t), newCrowd()
	h := wayIn(t, i, people)
	_, body := answer(h, form("/mentions/m0/curate", url.Values{"action": {"note"}, "value": {"took an hour"}}))
	res, body := answer(h, form("/signin/oidc", inputs(t, body, "/signin/oidc")))
	if res.StatusCode != http.StatusOK || len(res.Cookies()) != 1 {
		t.Fatalf("leaving: %d\n%s", res.StatusCode, body)
	}
	_, link, _ := strings.Cut(body, `href="`+i.server.URL)
	link, _, _ = strings.Cut(link, `"`)
	back := visit(t, i.server.URL+html.UnescapeString(link))
	res, body = page(h, back.RequestURI(), res.Cookies()[0])
	if got := inputs(t, body, "/mentions/m0/curate"); res.StatusCode != http.StatusOK || got.Get("value") != "took an hour" || session(res) == nil {
		t.Errorf("back: %d %v\n%s", res.StatusCode, got, body)
	}
}

func TestWhatTheProviderTakesBackEnds(t *testing.T) {
	i, people := newIssuer(t), newCrowd(mention.User{Name: "root", Role: "admin", Password: passHash})
	h := wayIn(t, i, people)
	back, c := goThere(t, h, "/signin/oidc")
	res, _ := page(h, back.RequestURI(), c)
	ada := session(res)
	people.tokens["ada.m/ci"] = mention.AccessToken{ID: "ada.m/ci", Owner: "ada.m", Role: "viewer", Hash: api.HashToken("earshot_ci")}
	people.tokens["root/ci"] = mention.AccessToken{ID: "root/ci", Owner: "root", Role: "viewer"}
	again := func(groups ...string) (int, string) {
		t.Helper()
		i.claims["groups"] = groups
		back, c := goThere(t, h, "/signin/oidc")
		res, body := page(h, back.RequestURI(), c)
		if s := session(res); s != nil {
			ada = s
		}
		return res.StatusCode, body
	}
	if got, _ := again("staff"); got != http.StatusForbidden {
		t.Errorf("in no group any more: %d", got)
	}
	if res, _ := page(h, "/", ada); res.StatusCode != http.StatusUnauthorized || len(people.sessions) != 0 || len(people.tokens) != 1 {
		t.Errorf("after it: %d, sessions %v, tokens %v", res.StatusCode, people.sessions, people.tokens)
	}
	if !strings.Contains(people.did(), "oidc user.shut ada.m") {
		t.Error(people.did())
	}
	if got, _ := again("chiefs"); got != http.StatusSeeOther || people.users["ada.m"].Role != "admin" {
		t.Errorf("back as an admin: %d, %+v", got, people.users["ada.m"])
	}
	delete(people.users, "root")
	if got, body := again("listeners"); got != http.StatusForbidden || !strings.Contains(body, "you are the only one here") {
		t.Errorf("the only admin is none at the provider: %d\n%s", got, body)
	}
	if res, _ := page(h, "/", ada); res.StatusCode != http.StatusUnauthorized || people.users["ada.m"].Role != "admin" {
		t.Errorf("after it: %d %+v", res.StatusCode, people.users["ada.m"])
	}
}

func TestNobodyCrowdsOutASignIn(t *testing.T) {
	i, people := newIssuer(t), newCrowd()
	h := wayIn(t, i, people)
	back, c := goThere(t, h, "/signin/oidc") // from 127.0.0.1
	began := func(from string) *http.Response {
		t.Helper()
		r := request(http.MethodGet, "/signin/oidc", "")
		r.RemoteAddr = from
		res, _ := answer(h, r)
		if res.StatusCode != http.StatusSeeOther {
			t.Fatalf("from %s: %d", from, res.StatusCode)
		}
		return res
	}
	theirs := began("192.0.2.7:1")
	for n := range 300 {
		began(fmt.Sprintf("[2001:db8::%x]:1", n))
	}
	for range 20 {
		began("192.0.2.7:1")
	}
	there := visit(t, theirs.Header.Get("Location"))
	if res, _ := page(h, there.RequestURI(), theirs.Cookies()[0]); res.StatusCode != http.StatusBadRequest {
		t.Errorf("the oldest of too many from one address: %d", res.StatusCode)
	}
	for n := range 2100 {
		began(fmt.Sprintf("[2001:db8:%x:%x::1]:1", n/10, n/5))
	}
	if res, _ := page(h, back.RequestURI(), c); res.StatusCode != http.StatusSeeOther {
		t.Errorf("one from elsewhere: %d", res.StatusCode)
	}
	if n := slices.Index(i.asked, "/.well-known/openid-configuration"); n < 0 || slices.Contains(i.asked[n+1:], i.asked[n]) {
		t.Errorf("asked %v", i.asked)
	}
}

func TestOthersWaitForTheProviderNotForEachOther(t *testing.T) {
	i, people := newIssuer(t), newCrowd(mention.User{Name: "root", Role: "admin", Password: passHash})
	h := wayIn(t, i, people)
	i.mu.Lock() // it does not answer
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if res, _ := page(h, "/signin/oidc", nil); res.StatusCode != http.StatusSeeOther {
				t.Errorf("%d", res.StatusCode)
			}
		})
	}
	if res, _ := page(h, "/signin/oidc/back?state=x", nil); res.StatusCode != http.StatusBadRequest {
		t.Errorf("meanwhile: %d", res.StatusCode)
	}
	i.mu.Unlock()
	wg.Wait()
	if len(i.asked) != 1 {
		t.Errorf("asked %d times", len(i.asked))
	}
}
