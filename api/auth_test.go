package api_test

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"earshot/api"
)

const secret = "earshot_test-secret"

func tokens() []api.Token {
	return []api.Token{
		{Name: "reader", Role: api.RoleViewer, Hash: api.HashToken("read")},
		{Name: "ana", Role: api.RoleAnalyst, Hash: api.HashToken("work")},
		{Name: "root", Role: api.RoleAdmin, Hash: api.HashToken(secret)},
	}
}

func TestEveryRouteNeedsAToken(t *testing.T) {
	inbox := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	for _, base := range []string{"", "/ear"} {
		o := api.Options{Backend: newFake(3), Tokens: tokens(), BasePath: base, Extra: map[string]http.Handler{"/inbox/": inbox}}
		patterns, err := api.Patterns(o)
		if err != nil {
			t.Fatal(err)
		}
		if len(patterns) < 40 {
			t.Fatalf("%d routes registered, want at least 40", len(patterns))
		}
		h := handler(t, o)
		for _, pattern := range patterns {
			method, path, ok := strings.Cut(pattern, " ")
			if !ok {
				method, path = http.MethodGet, pattern
			}
			path = strings.NewReplacer("{id}", "m0", "{name}", "style.css", "{$}", "", "{token}", "none").Replace(path)
			for _, credentials := range []string{"", "Bearer ", "Bearer wrong", "Basic Ondyb25n"} {
				r := request(method, path, "")
				r.Header.Set("Authorization", credentials)
				want := http.StatusUnauthorized
				switch path {
				case base + "/healthz":
					want = http.StatusOK
				case base + "/shared/none": // the link itself lets in, and there is none such
					want = http.StatusGone
				}
				if res, _ := answer(h, r); res.StatusCode != want {
					t.Errorf("%s with %q: %d, want %d", pattern, credentials, res.StatusCode, want)
				}
			}
		}
	}
}

func TestTokens(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(3), Tokens: tokens()})
	tests := []struct {
		name, method, path, body, credentials string
		want                                  int
	}{
		{"viewer reads", "GET", "/api/v1/count", "", "Bearer read", 200},
		{"scheme in any case", "GET", "/api/v1/count", "", "bearer read", 200},
		{"viewer opens a page by password", "GET", "/mentions", "", "Basic OnJlYWQ=", 200},
		{"viewer does not curate", "POST", "/api/v1/curation", `{"ids":["m0"],"action":"star"}`, "Bearer read", 403},
		{"viewer does not curate by form", "POST", "/mentions/m0/curate", "", "Bearer read", 403},
		{"viewer does not see the audit", "GET", "/api/v1/audit", "", "Bearer read", 403},
		{"analyst curates", "POST", "/api/v1/curation", `{"ids":["m0"],"action":"star"}`, "Bearer work", 204},
		{"analyst makes labels", "PUT", "/api/v1/labels/x", `{"id":"x","query":"a"}`, "Bearer work", 204},
		{"analyst makes no source", "PUT", "/api/v1/sources/x", `{"id":"x","kind":"feed","url":"https://x.example/"}`, "Bearer work", 403},
		{"admin makes sources", "PUT", "/api/v1/sources/x", `{"id":"x","kind":"feed","url":"https://x.example/"}`, "Bearer " + secret, 204},
		{"token in the address is none", "GET", "/api/v1/count?token=read", "", "", 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request(tt.method, tt.path, tt.body)
			r.Header.Set("Authorization", tt.credentials)
			if res, body := answer(h, r); res.StatusCode != tt.want {
				t.Errorf("%s %s = %d %s, want %d", tt.method, tt.path, res.StatusCode, body, tt.want)
			}
		})
	}
}

func TestChallenge(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(1), Tokens: tokens()})
	for path, want := range map[string]string{"/api/v1/count": "Bearer", "/": "Basic"} {
		res, _ := get(h, path)
		if got := res.Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, want) {
			t.Errorf("GET %s: challenge %q, want %s", path, got, want)
		}
	}
}

func TestWithoutTokensOnlyThisMachineIsAnswered(t *testing.T) {
	tests := []struct {
		name, remote, host string
		header             map[string]string
		want               int
	}{
		{"this machine", "127.0.0.1:1", "127.0.0.1:8080", nil, 200},
		{"by name", "127.0.0.1:1", "localhost:8080", nil, 200},
		{"by name, no port", "127.0.0.1:1", "LOCALHOST", nil, 200},
		{"IPv6", "[::1]:1", "[::1]:8080", nil, 200},
		{"IPv4 in IPv6", "[::ffff:127.0.0.1]:1", "127.0.0.1", nil, 200},
		{"another machine", "192.0.2.7:1", "127.0.0.1:8080", nil, 403},
		{"a name that was pointed here", "127.0.0.1:1", "evil.example:8080", nil, 403},
		{"a name that begins like ours", "127.0.0.1:1", "localhost.evil.example", nil, 403},
		{"an address of the network", "127.0.0.1:1", "192.168.1.5:8080", nil, 403},
		{"no host", "127.0.0.1:1", "", nil, 403},
		{"a socket without address", "@", "127.0.0.1", nil, 403},
		{"an unknown proxy on this machine", "127.0.0.1:1", "127.0.0.1", map[string]string{"X-Forwarded-For": "127.0.0.1"}, 403},
		{"the same, new header", "127.0.0.1:1", "127.0.0.1", map[string]string{"Forwarded": "for=127.0.0.1"}, 403},
		{"a claim of being local", "192.0.2.7:1", "127.0.0.1", map[string]string{"X-Forwarded-For": "127.0.0.1"}, 403},
		{"a trusted proxy for somebody else", "10.9.9.9:1", "127.0.0.1", map[string]string{"X-Forwarded-For": "192.0.2.7"}, 403},
		{"a trusted proxy, forged first hop", "10.9.9.9:1", "127.0.0.1", map[string]string{"X-Forwarded-For": "127.0.0.1, 192.0.2.7"}, 403},
		{"a trusted proxy, not an address", "10.9.9.9:1", "127.0.0.1", map[string]string{"X-Forwarded-For": "localhost"}, 403},
		{"a trusted proxy for this machine", "10.9.9.9:1", "127.0.0.1", map[string]string{"X-Forwarded-For": "127.0.0.1"}, 200},
	}
	h := handler(t, api.Options{Backend: newFake(1), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.9.9.0/24")}})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request("GET", "/api/v1/count", "")
			r.RemoteAddr, r.Host = tt.remote, tt.host
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			if res, body := answer(h, r); res.StatusCode != tt.want {
				t.Errorf("%d %s, want %d", res.StatusCode, body, tt.want)
			}
		})
	}
}

func TestCrossOriginChangesNothing(t *testing.T) {
	tests := []struct {
		name   string
		method string
		header map[string]string
		want   int
	}{
		{"cross-site", "POST", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"same-site is not same-origin", "POST", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"foreign origin, old browser", "POST", map[string]string{"Origin": "https://evil.example"}, 403},
		{"null origin", "POST", map[string]string{"Origin": "null"}, 403},
		{"put", "PUT", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"same-origin", "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, 204},
		{"own origin, old browser", "POST", map[string]string{"Origin": "http://127.0.0.1:8080"}, 204},
		{"public origin", "POST", map[string]string{"Origin": "https://ear.example", "Sec-Fetch-Site": "cross-site"}, 204},
		{"curl", "POST", nil, 204},
	}
	f := newFake(1)
	h := handler(t, api.Options{Backend: f, PublicURL: "https://ear.example"})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f.curated = nil
			r := request(tt.method, "/api/v1/curation", `{"ids":["m0"],"action":"star"}`)
			for name, value := range tt.header {
				r.Header.Set(name, value)
			}
			res, body := answer(h, r)
			if res.StatusCode != tt.want || (len(f.curated) > 0) != (tt.want == 204) {
				t.Errorf("%d %s (%d changes), want %d", res.StatusCode, body, len(f.curated), tt.want)
			}
			if ct := res.Header.Get("Content-Type"); tt.want == 403 && ct != "application/problem+json" {
				t.Errorf("Content-Type %q", ct)
			}
		})
	}
}

func TestMayListen(t *testing.T) {
	tests := []struct {
		addr   string
		tokens int
		ok     bool
	}{
		{"127.0.0.1:8080", 0, true},
		{"[::1]:8080", 0, true},
		{"localhost:0", 0, true},
		{":8080", 0, false},
		{"0.0.0.0:8080", 0, false},
		{"192.168.1.5:8080", 0, false},
		{"ear.example:8080", 0, false},
		{"8080", 0, false},
		{":8080", 1, true},
	}
	for _, tt := range tests {
		if err := api.MayListen(tt.addr, tt.tokens); (err == nil) != tt.ok {
			t.Errorf("MayListen(%q, %d) = %v, want ok %v", tt.addr, tt.tokens, err, tt.ok)
		}
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	bad := map[string]api.Options{
		"no backend":      {},
		"role":            {Backend: newFake(0), Tokens: []api.Token{{Name: "x", Role: "king"}}},
		"base path":       {Backend: newFake(0), BasePath: "ear"},
		"pattern in base": {Backend: newFake(0), BasePath: "/{x}"},
		"public url":      {Backend: newFake(0), PublicURL: "ear.example"},
		"scheme":          {Backend: newFake(0), PublicURL: "javascript:alert(1)"},
	}
	for name, o := range bad {
		if _, err := api.New(o); err == nil {
			t.Errorf("New with bad %s gave no error", name)
		}
	}
}
