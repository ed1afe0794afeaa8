package daemon

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earshot/internal/config"
	"earshot/mention"
)

// A house is a daemon under test with its files.
type house struct {
	t    *testing.T
	path string // of the configuration
	base string
	stop func()
}

// keepHouse writes a configuration and runs a daemon on it until the test ends.
func keepHouse(t *testing.T, dir, text string) *house {
	t.Helper()
	h := &house{t: t, path: filepath.Join(dir, "earshot.yaml")}
	h.write(text)
	h.start()
	return h
}

func (h *house) write(text string) {
	h.t.Helper()
	if err := os.WriteFile(h.path, []byte("version: 1\nserver: {listen: \"127.0.0.1:0\"}\nfetch: {allow_cidrs: [\"127.0.0.0/8\"]}\n"+text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) start() {
	h.t.Helper()
	cfg, err := config.Load(h.path)
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Config: cfg, Ready: func(a string) { ready <- a },
			Reload: func() (*config.Config, error) { return config.Load(h.path) },
		})
	}()
	select {
	case h.base = <-ready:
	case err := <-ended:
		h.t.Fatalf("Run: %v", err)
	}
	var once atomic.Bool
	h.stop = func() {
		if once.Swap(true) {
			return
		}
		cancel()
		if err := <-ended; err != nil {
			h.t.Errorf("Run: %v", err)
		}
	}
	h.t.Cleanup(func() { h.stop() })
}

// get reads a path of the API into out and returns the status.
func (h *house) get(path string, out any) int {
	h.t.Helper()
	resp, err := http.Get(h.base + path)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			h.t.Fatalf("GET %s: %v in %s", path, err, body)
		}
	}
	return resp.StatusCode
}

func (h *house) count(q string) int {
	h.t.Helper()
	var body struct{ Count int }
	h.get("/api/v1/count?q="+q, &body)
	return body.Count
}

// tryCount is count where the answer may be that it cannot be told now.
func (h *house) tryCount(q string) (n int, ok bool) {
	h.t.Helper()
	var body struct{ Count int }
	status := h.get("/api/v1/count?q="+q, &body)
	return body.Count, status == http.StatusOK
}

func (h *house) push(titles ...string) {
	h.t.Helper()
	var list []string
	for _, title := range titles {
		list = append(list, fmt.Sprintf(`{"url":"https://news.example/%s","title":%q,"published":%q}`,
			strings.ReplaceAll(title, " ", "-"), title, time.Now().UTC().Format(time.RFC3339)))
	}
	resp, err := http.Post(h.base+"/api/v1/mentions", "application/json", strings.NewReader(`{"mentions":[`+strings.Join(list, ",")+`]}`))
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("push: %s %s %v", resp.Status, body, err)
	}
}

// eventually waits until what holds.
func (h *house) eventually(what string, holds func() bool) {
	h.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			h.t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// send asks a path of the API and returns the status and the answer.
func (h *house) send(method, path, body string) (int, string) {
	h.t.Helper()
	req, err := http.NewRequestWithContext(h.t.Context(), method, h.base+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}

// post sends a value to a path of the API.
func (h *house) post(path string, body any) (int, string) {
	h.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.send(http.MethodPost, path, string(data))
}

// hookSecret writes the secret of a webhook beside the configuration.
func hookSecret(t *testing.T, dir string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("whsec_"+strings.Repeat("QUJD", 12)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// hooked is a configuration whose one rule tells a webhook what a feed brings.
func hooked(feed, hook string) string {
	return brands + fmt.Sprintf(`
sources: [{id: news, kind: feed, url: "%s/rss", every: 1m}]
rules: [{id: r, match: "brand:acme AND recall", notify: hook}]
receivers: [{id: hook, kind: webhook, url: "%s/", secret_file: secret}]
`, feed, hook)
}

// importing begins an import of a file.
func importing(t *testing.T, s *Store, cfg *config.Config, key string) (*Importer, *FileImport) {
	t.Helper()
	imp, err := s.Importer(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	f, err := imp.File(t.Context(), key, "import")
	if err != nil {
		t.Fatal(err)
	}
	return imp, f
}

// importRows imports rows and has them understood and indexed.
func importRows(t *testing.T, s *Store, cfg *config.Config, rows []mention.Row) {
	t.Helper()
	imp, f := importing(t, s, cfg, "")
	for i := range rows {
		if err := f.Put(t.Context(), i+1, rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := imp.Finish(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
}
