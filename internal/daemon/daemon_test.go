package daemon

import (
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
	hookSecret(t, dir)
	h := keepHouse(t, dir, hooked(feed.URL, hook.URL))
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
		status, _ := h.send(http.MethodPut, "/api/v1"+path, body)
		return status
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
		imp, f := importing(t, s, cfg, "key")
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
