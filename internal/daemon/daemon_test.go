package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/blevesearch/bleve_index_api.AnalysisWorker"),
		goleak.IgnoreAnyFunction("net/http.(*persistConn).writeLoop"), // the tests' own client
		goleak.IgnoreAnyFunction("net/http.(*persistConn).readLoop"))
}

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

const brands = "brands: [{id: acme, name: Acme, role: own}]\n"

func TestFeedToSearchableAndDelivered(t *testing.T) {
	feed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/rss" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/rss+xml")
		fmt.Fprintf(w, `<rss version="2.0"><channel><title>News</title><item><title>Acme begins a recall</title>`+
			`<link>https://news.example/1</link><pubDate>%s</pubDate></item></channel></rss>`, time.Now().UTC().Format(time.RFC1123Z))
	}))
	defer feed.Close()
	got := make(chan string, 10)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- r.Header.Get("webhook-id") + " " + string(body)
	}))
	defer hook.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "secret"), []byte("whsec_"+strings.Repeat("QUJD", 11)), 0o600); err != nil {
		t.Fatal(err)
	}
	h := keepHouse(t, dir, brands+fmt.Sprintf(`
sources: [{id: news, kind: feed, url: "%s/rss", every: 1m}]
rules: [{id: r, match: "brand:acme AND recall", notify: hook}]
receivers: [{id: hook, kind: webhook, url: "%s/", secret_file: secret}]
`, feed.URL, hook.URL))
	select {
	case body := <-got:
		if !strings.Contains(body, "Acme begins a recall") {
			t.Errorf("webhook got %s", body)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("no webhook")
	}
	h.eventually("searchable", func() bool { return h.count("recall") == 1 })
	var sources struct {
		Rows []mention.SourceStatus `json:"rows"`
	}
	h.get("/api/v1/sources", &sources)
	if len(sources.Rows) != 1 || sources.Rows[0].State.Error != "" || sources.Rows[0].State.LastOK.IsZero() {
		t.Errorf("sources = %+v", sources.Rows)
	}
}

func TestSecondDaemonIsRefusedWithThePID(t *testing.T) {
	dir := t.TempDir()
	keepHouse(t, dir, brands)
	cfg, err := config.Load(filepath.Join(dir, "earshot.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	err = Run(t.Context(), Options{Config: cfg})
	locked, ok := errors.AsType[*ledger.LockedError](err)
	if !ok || locked.Holder.PID != os.Getpid() {
		t.Errorf("Run of a second = %v, want it refused with pid %d", err, os.Getpid())
	}
	if r, ok, err := Find(t.Context(), cfg.DataDir()); !ok || err != nil || r.PID != os.Getpid() {
		t.Errorf("Find = %+v, %v, %v", r, ok, err)
	}
}

func TestConfigurationIsReadAgain(t *testing.T) {
	dir := t.TempDir()
	h := keepHouse(t, dir, brands)
	h.push("Globex speaks", "Acme speaks")
	h.eventually("searchable", func() bool { return h.count("brand:acme") == 1 })

	h.write("brands: {broken\n")
	var status struct{ Faults []string }
	h.eventually("the fault is told", func() bool {
		h.get("/api/v1/status", &status)
		return len(status.Faults) == 1
	})
	if !strings.Contains(status.Faults[0], "configuration: ") || h.count("brand:acme") != 1 {
		t.Errorf("a bad file: faults %q, want the old configuration in force", status.Faults)
	}

	h.write(brands + "labels: [{id: talk, query: speaks}]\n")
	h.eventually("history is matched to the new label", func() bool { return h.count("label:talk") == 2 })
	h.write("brands: [{id: acme, name: Acme, role: own}, {id: globex, name: Globex}]\n")
	h.eventually("history is linked to the new brand", func() bool { return h.count("brand:globex") == 1 && h.count("label:talk") == 0 })
}

func TestObjectsOfTheAPIAreInForceAndStay(t *testing.T) {
	dir := t.TempDir()
	h := keepHouse(t, dir, brands)
	put := func(path, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, h.base+"/api/v1"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if got := put("/labels/talk", `{"id":"talk","query":"speaks"}`); got != http.StatusNoContent {
		t.Errorf("PUT label = %d", got)
	}
	if got := put("/labels/bad", `{"id":"bad","query":"a AND b OR c"}`); got != http.StatusUnprocessableEntity {
		t.Errorf("PUT of a bad label = %d, want 422", got)
	}
	if got := put("/brands/acme", `{"id":"acme","name":"Other"}`); got != http.StatusConflict {
		t.Errorf("PUT of a brand of the file = %d, want 409", got)
	}
	h.push("Acme speaks")
	h.eventually("labelled", func() bool { return h.count("label:talk") == 1 })
	h.stop()
	h.start()
	h.push("Globex speaks")
	h.eventually("labelled after a restart", func() bool { return h.count("label:talk") == 2 })
}

func TestIndexOfAnotherVersionIsMadeAnewAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	h := keepHouse(t, dir, brands)
	h.push("Acme speaks")
	h.eventually("searchable", func() bool { return h.count("speaks") == 1 })
	h.stop()
	meta := filepath.Join(dir, "data", "index", "index.json")
	data, err := os.ReadFile(meta)
	if err != nil {
		t.Fatal(err)
	}
	var told map[string]any
	if err := json.Unmarshal(data, &told); err != nil {
		t.Fatal(err)
	}
	told["schema"] = 1
	if data, err = json.Marshal(told); err == nil {
		err = os.WriteFile(meta, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.start()
	h.eventually("searchable again", func() bool { n, ok := h.tryCount("speaks"); return ok && n == 1 })
	if left, err := filepath.Glob(filepath.Join(dir, "data", "index.damaged-*")); err != nil || len(left) > 0 {
		t.Errorf("the index of another version is kept: %q %v", left, err)
	}
}

func TestDamagedIndexIsBuiltAgain(t *testing.T) {
	damages := map[string]func(t *testing.T, index string){
		"a file truncated": func(t *testing.T, index string) {
			for _, f := range files(t, index, ".zap") {
				if err := os.Truncate(f, 10); err != nil {
					t.Fatal(err)
				}
			}
		},
		"a file deleted": func(t *testing.T, index string) {
			for _, f := range files(t, index, ".zap") {
				if err := os.Remove(f); err != nil {
					t.Fatal(err)
				}
			}
		},
		"the root truncated": func(t *testing.T, index string) {
			for _, f := range files(t, index, "root.bolt") {
				if err := os.Truncate(f, 5000); err != nil {
					t.Fatal(err)
				}
			}
		},
		"all of it gone": func(t *testing.T, index string) {
			if err := os.RemoveAll(index); err != nil {
				t.Fatal(err)
			}
		},
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			h := keepHouse(t, dir, brands)
			for i := range 30 {
				h.push(fmt.Sprintf("Acme speaks %d", i))
			}
			h.eventually("searchable", func() bool { return h.count("speaks") == 30 })
			h.stop()
			damage(t, filepath.Join(dir, "data", "index"))
			h.start()
			h.eventually("searchable again", func() bool { n, ok := h.tryCount("speaks"); return ok && n == 30 })
			h.eventually("ready", func() bool { return h.get("/readyz", nil) == http.StatusOK })
		})
	}
}

func files(t *testing.T, dir, suffix string) []string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, suffix) {
			out = append(out, path)
		}
		return err
	})
	if err != nil || len(out) == 0 {
		t.Fatalf("no %s below %s: %v", suffix, dir, err)
	}
	return out
}

func TestImporterGoesOnWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	cfg := config.Default()
	cfg.SetDataDir(dir)
	s, err := OpenStore(t.Context(), dir, time.UTC, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lines := make([]mention.Row, 1200)
	for i := range lines {
		lines[i] = mention.Row{ID: fmt.Sprint(i), Title: fmt.Sprintf("document %d", i)}
	}
	read := func(until int) ImportResult {
		imp, err := s.Importer(t.Context(), cfg)
		if err != nil {
			t.Fatal(err)
		}
		f, err := imp.File(t.Context(), "key", "import")
		if err != nil {
			t.Fatal(err)
		}
		for i := range until {
			if err := f.Put(t.Context(), i+1, lines[i]); err != nil {
				t.Fatal(err)
			}
		}
		if until < len(lines) {
			return f.result // broken off: what was not stored yet is lost with the process
		}
		r, err := f.Close(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := imp.Finish(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		return r
	}
	if r := read(700); r.New != batchSize {
		t.Errorf("a broken run stored %d, want %d", r.New, batchSize)
	}
	if r := read(1200); r.New != 700 || r.Unchanged != 0 {
		t.Errorf("the second run = %+v, want 700 new and nothing read twice", r)
	}
	if n, err := s.Count(t.Context(), ""); err != nil || n != 1200 {
		t.Errorf("Count = %d, %v, want 1200", n, err)
	}
}

func TestAuthorsAreHashedOnDemand(t *testing.T) {
	in, err := newIntake(t.Context(), openLedger(t), "hash", now)
	if err != nil {
		t.Fatal(err)
	}
	a, b := in.hashed("x.example", "Ann"), in.hashed("x.example", "ann")
	if a != b || a == in.hashed("y.example", "Ann") || strings.Contains(strings.ToLower(a), "ann") {
		t.Errorf("hashed = %q, %q: want the same for one author of a site, and no name in it", a, b)
	}
}

func openLedger(t *testing.T) ledger.Ledger {
	t.Helper()
	led, err := ledger.Open(t.Context(), ledger.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = led.Close() })
	return led
}

func TestBySourceKeepsTheOrder(t *testing.T) {
	list := []mention.Mention{{Source: "a", ID: "1"}, {Source: "a", ID: "2"}, {Source: "b", ID: "3"}, {Source: "a", ID: "4"}}
	var got []int
	for _, g := range bySource(list) {
		got = append(got, len(g))
	}
	if !slices.Equal(got, []int{2, 1, 1}) {
		t.Errorf("bySource gives runs of %v", got)
	}
}
