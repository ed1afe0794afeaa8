package daemon

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/mention"
)

func TestCapturesAreReadAgain(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "earshot.yaml")
	text := "version: 1\nsources: [{id: wire, kind: feed, url: \"https://wire.example/feed\"}]\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(t.Context(), cfg.DataDir(), cfg.Location(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	body := `<rss version="2.0"><channel><title>w</title><item><title>Zorblax &amp; friends</title><link>https://wire.example/1</link><description>whole text</description></item>` +
		`<item><title>Same</title><link>https://wire.example/2</link></item></channel></rss>`
	batch := mention.Batch{Source: "wire", Capture: &mention.Capture{URL: "https://wire.example/feed", Fetched: now(), Status: 200, Body: []byte(body)}}
	for i, title := range []string{"Zorblax &", "Same", "Not there any more"} { // as an older parser read them
		m := mention.Mention{Source: "wire", Origin: mention.OriginCollect, URL: fmt.Sprintf("https://wire.example/%d", i+1), Title: title, Published: now().Add(-time.Hour)}
		crawler.Identify(&m)
		batch.Mentions = append(batch.Mentions, m)
	}
	if _, err := s.Ledger.Append(t.Context(), now(), batch); err != nil {
		t.Fatal(err)
	}
	imp, err := s.Importer(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	finish := func() {
		t.Helper()
		if err := imp.Finish(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
	}
	finish()
	for i, want := range []Reparsed{{Captures: 1, Mentions: 3, Revised: 1, Lost: 1}, {Captures: 1, Mentions: 3, Lost: 1}} {
		got, err := s.Reparse(t.Context(), cfg, nil)
		if err != nil || got != want {
			t.Errorf("Reparse %d = %+v, %v; want %+v", i, got, err, want)
		}
		finish()
	}
	recs, err := s.Ledger.Records(t.Context(), []string{batch.Mentions[0].ID})
	if err != nil || len(recs) != 1 {
		t.Fatal(recs, err)
	}
	m := recs[0].Mention
	if m.Title != "Zorblax & friends" || m.Text != "whole text" || m.Revision != 2 || m.Origin != mention.OriginReplay || m.Capture == "" || !m.Published.Equal(batch.Mentions[0].Published) {
		t.Errorf("the record is %+v", m)
	}
}

func TestHistoryOfABrandIsAskedFor(t *testing.T) {
	asked := make(chan string, 100)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked <- r.FormValue("query")
		fmt.Fprint(w, `{"hits":[]}`)
	}))
	defer srv.Close()
	text := func(name string) string {
		return "brands: [{id: b, name: " + name + "}]\nsources: [{id: hn, kind: hackernews, url: \"" + srv.URL + "\", query: {from: brands}, every: 12h, backfill: 1d}]\n"
	}
	h := keepHouse(t, t.TempDir(), text("Zorblax"))
	wait := func(want string) {
		t.Helper()
		for deadline := time.After(time.Minute); ; {
			select {
			case q := <-asked:
				if strings.Contains(q, want) {
					return
				}
			case <-deadline:
				t.Fatalf("nobody asked for %s", want)
			}
		}
	}
	wait("Zorblax")
	h.write(text("Quuxon"))
	wait("Quuxon")
}
