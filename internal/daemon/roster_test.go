package daemon

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSubscriptionsEndWithWhatTheirOwnerSaw(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("0123456789abcdef0123456789abcdef"), 0o600); err != nil {
		t.Fatal(err)
	}
	h := keepHouse(t, dir, "receivers: [{id: hook, kind: webhook, url: \"http://127.0.0.1:1/\", secret_file: secret}]\n")
	const password = "a long one for the test"
	send := func(c *http.Client, method, path, body, kind string) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, h.base+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", kind)
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		resp, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	as := func(name string) (func(method, path, body string) int, *http.Client) {
		t.Helper()
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		if got := send(c, "POST", "/signin", url.Values{"name": {name}, "password": {password}}.Encode(), "application/x-www-form-urlencoded"); got != http.StatusSeeOther {
			t.Fatalf("sign-in of %s: %d", name, got)
		}
		return func(method, path, body string) int { return send(c, method, "/api/v1"+path, body, "application/json") }, c
	}
	if got := send(http.DefaultClient, "PUT", "/api/v1/users/root", `{"role":"admin","password":"`+password+`"}`, "application/json"); got != http.StatusOK {
		t.Fatalf("the first user: %d", got)
	}
	root, rootClient := as("root")
	for _, name := range []string{"ann", "bob"} {
		if got := root("PUT", "/users/"+name, `{"role":"analyst","password":"`+password+`"}`); got != http.StatusOK {
			t.Fatalf("%s: %d", name, got)
		}
		user, _ := as(name)
		if got := user("PUT", "/subscriptions/"+name, `{"id":"`+name+`","query":"recall","via":"hook"}`); got != http.StatusNoContent {
			t.Fatalf("subscription of %s: %d", name, got)
		}
	}
	// What is in force is what the list has, whatever the ledger keeps.
	gone := func(id string) bool {
		t.Helper()
		resp, err := rootClient.Get(h.base + "/api/v1/subscriptions")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil || !strings.Contains(string(b), `"rows"`) {
			t.Fatal(resp.StatusCode, err)
		}
		return !strings.Contains(string(b), `"`+id+`"`)
	}
	if gone("ann") || gone("bob") {
		t.Error("no subscription is in force")
	}
	if got := root("PUT", "/users/ann", `{"scope":"country:ch"}`); got != http.StatusOK || !gone("ann") {
		t.Errorf("ann's scope: %d; her subscription lives on", got)
	}
	if got := root("DELETE", "/users/bob", ""); got != http.StatusNoContent || !gone("bob") {
		t.Errorf("bob's end: %d; his subscription lives on", got)
	}
}
