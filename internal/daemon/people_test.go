package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/internal/config"
)

// A safeBuffer is a log that several write to.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// beyond runs a daemon that others can reach, and gives its address and the
// link it prints; "" when it prints none.
func beyond(t *testing.T, dir string, log io.Writer) (base, link string, stop func()) {
	t.Helper()
	path := filepath.Join(dir, "earshot.yaml")
	if err := os.WriteFile(path, []byte("version: 1\nserver: {listen: \"0.0.0.0:0\"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(cfg.Warnings()) != 1 {
		t.Errorf("warnings %v, want that others can reach it", cfg.Warnings())
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	o := Options{
		Config: cfg, Ready: func(a string) { ready <- a }, Log: slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Setup: func(l string, until time.Time) {
			if time.Until(until) < 59*time.Minute || time.Until(until) > time.Hour {
				t.Errorf("the link is good until %s", until)
			}
			link = l
		},
	}
	go func() { ended <- Run(ctx, o) }()
	select {
	case base = <-ready:
	case err := <-ended:
		t.Fatalf("Run: %v", err)
	}
	// The door of commands is open before and after; asking it also waits for the link.
	deadline := time.Now().Add(10 * time.Second)
	for running(t, dir) != http.StatusOK {
		if time.Now().After(deadline) {
			t.Fatal("commands are not let in")
		}
	}
	return base, link, sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
}

// running asks as a command of the same user does.
func running(t *testing.T, dir string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "data", "daemon.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r Running
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.Address+"/api/v1/users", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+r.Token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestFirstStartBeyondLoopback(t *testing.T) {
	dir := t.TempDir()
	var log safeBuffer
	base, link, stop := beyond(t, dir, &log)
	defer stop()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	ask := func(c *http.Cookie) int {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/settings", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if c != nil {
			req.AddCookie(c)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if got := ask(nil); got != http.StatusUnauthorized {
		t.Errorf("before: %d", got)
	}
	u, err := url.Parse(link)
	if err != nil || !strings.HasSuffix(u.Path, "/setup") || u.Query().Get("code") == "" || u.Hostname() == "127.0.0.1" {
		t.Fatalf("link %q", link)
	}
	if strings.Contains(log.String(), u.Query().Get("code")) {
		t.Error("the log holds the link")
	}
	form := url.Values{"code": {u.Query().Get("code")}, "name": {"boss"}, "password": {"correct horse battery"}, "again": {"correct horse battery"}}
	post := func() *http.Response {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, base+"/setup", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	resp := post()
	if resp.StatusCode != http.StatusSeeOther || len(resp.Cookies()) != 1 {
		t.Fatalf("the link: %d", resp.StatusCode)
	}
	if got := post().StatusCode; got != http.StatusGone {
		t.Errorf("the link again: %d", got)
	}
	cookie := resp.Cookies()[0]
	if got := ask(cookie); got != http.StatusOK {
		t.Errorf("the admin: %d", got)
	}
	if got := running(t, dir); got != http.StatusOK {
		t.Errorf("a command: %d", got)
	}
	stop()
	base, link, stop = beyond(t, dir, &log)
	defer stop()
	if link != "" {
		t.Errorf("a second start prints %q", link)
	}
	if got := ask(cookie); got != http.StatusOK {
		t.Errorf("the session after a restart: %d", got)
	}
}

// TestIdentityProviderIsAskedThroughTheGuard: a provider on a private address
// is asked only when the configuration allows the address.
func TestIdentityProviderIsAskedThroughTheGuard(t *testing.T) {
	var asked atomic.Int32
	var issuer *httptest.Server
	issuer = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		fmt.Fprintf(w, `{"issuer":%[1]q,"authorization_endpoint":"%[2]s/authorize","token_endpoint":"%[2]s/token","jwks_uri":"%[2]s/keys"}`, issuer.URL, issuer.URL)
	}))
	defer issuer.Close()
	for _, allowed := range []bool{false, true} {
		dir := t.TempDir()
		text := "version: 1\nserver: {listen: \"127.0.0.1:0\", public_url: \"https://ear.example\", oidc: {issuer: \"" + issuer.URL + "\", client_id: ear, default_role: viewer}}\n"
		if allowed {
			text += "fetch: {allow_cidrs: [\"127.0.0.0/8\"]}\n"
		}
		h := &house{t: t, path: filepath.Join(dir, "earshot.yaml")}
		if err := os.WriteFile(h.path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		h.start()
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		resp, err := client.Get(h.base + "/signin/oidc")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		want := map[bool]int{false: http.StatusBadGateway, true: http.StatusSeeOther}[allowed]
		if resp.StatusCode != want || (asked.Load() > 0) != allowed {
			t.Errorf("allowed %v: %d, asked %d times; want %d", allowed, resp.StatusCode, asked.Load(), want)
		}
		h.stop()
	}
}
