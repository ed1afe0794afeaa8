package daemon

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/api"
	"earshot/mention"
)

// laboring is a backend whose key figures take half a second, as those of a
// large index: the overview remembers them for ten.
type laboring struct {
	backend
	n *atomic.Int64
}

func (l laboring) Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error) {
	l.n.Add(1)
	<-time.After(500 * time.Millisecond)
	return l.backend.Scorecard(ctx, s)
}

// TestOverviewFollowsEditsOfFiles: what a file of the configuration changes is
// seen at once, and again when history was read anew for it.
func TestOverviewFollowsEditsOfFiles(t *testing.T) {
	h := keepHouse(t, t.TempDir(), brands)
	h.push("Acme recalls lot one", "Acme recalls lot two")
	h.eventually("all are found", func() bool { return h.count("recalls") == 2 })
	h.stop()

	d, err := open(t.Context(), Options{Config: mustLoad(t, h.path)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer func() {
		stop()
		wg.Wait()
		if err := d.close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	}()
	d.startStages(ctx, &wg)
	var n atomic.Int64
	pages, err := api.New(api.Options{Backend: laboring{backend{d}, &n}, Hub: &d.hub, Zone: time.UTC})
	if err != nil {
		t.Fatal(err)
	}
	counted := func() bool { // anew, to show the page
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/", http.NoBody)
		r.RemoteAddr = "127.0.0.1:1"
		w, before := httptest.NewRecorder(), n.Load()
		if pages.ServeHTTP(w, r); w.Code != http.StatusOK {
			t.Fatalf("the overview: %d %s", w.Code, w.Body)
		}
		return n.Load() > before
	}
	began := time.Now()
	counted()
	if counted() && time.Since(began) < 5*time.Second {
		t.Error("what was just counted is counted anew")
	}
	edit := func(text string) {
		h.write(brands + text)
		if err := d.apply(ctx, mustLoad(t, h.path)); err != nil {
			t.Fatal(err)
		}
	}
	edit("muted: [giveaway]\n")
	if !counted() {
		t.Error("a term was muted in the file, and the overview shows what was counted before")
	}
	edit("labels: [{id: lots, query: \"lot\"}]\n")
	counted()
	h.eventually("the overview is counted anew when history was read for the new label", func() bool {
		labelled, err := d.store.Count(t.Context(), "label:lots")
		return err == nil && labelled == 2 && counted()
	})
}
