package crawler

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"earshot/internal/egress"
	"earshot/mention"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

func TestMain(m *testing.M) {
	flag.Parse()
	goleak.VerifyTestMain(m)
}

// rig is what collectors need, with a clock that tests move.
type rig struct {
	t      *testing.T
	egress *egress.Egress
	hosts  *Hosts
	mu     sync.Mutex
	now    time.Time
}

func newRig(t *testing.T) *rig {
	t.Helper()
	eg, err := egress.New(egress.Config{UserAgent: "earshot-test (+http://test.invalid/)", AllowCIDRs: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(eg.CloseIdle)
	r := &rig{t: t, egress: eg, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	r.hosts = NewHosts(HostsOptions{Egress: eg, Gap: time.Nanosecond, Now: r.clock})
	return r
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(time.Millisecond) // requests take time
	return r.now
}

func (r *rig) sleep(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// collect makes a pass and gives what it brought.
func (r *rig) collect(src mention.Source, state *mention.SourceState) ([]mention.Mention, error) {
	r.t.Helper()
	c, err := New(src, Options{Egress: r.egress, Hosts: r.hosts, Now: r.clock})
	if err != nil {
		r.t.Fatal(err)
	}
	var got []mention.Mention
	ended := false
	err = c.Collect(r.t.Context(), *state, func(b mention.Batch) error {
		if ended {
			r.t.Error("a batch after the one with the state")
		}
		got = append(got, b.Mentions...)
		r.sameAgain(src, b)
		if b.State != nil {
			ended = true
			*state = *b.State
		}
		return nil
	})
	if !ended {
		r.t.Error("no batch carried the state")
	}
	return got, err
}

func serve(t *testing.T, fn http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(fn)
	t.Cleanup(srv.Close)
	return srv
}

func TestNewRefusesBadSources(t *testing.T) {
	r := newRig(t)
	for _, src := range []mention.Source{
		{ID: "a", Kind: "pigeon", URL: "http://x.test/"},
		{ID: "a", Kind: mention.SourceFeed, URL: "file:///etc/passwd"},
		{ID: "", Kind: mention.SourceFeed, URL: "http://x.test/"},
	} {
		if _, err := New(src, Options{Egress: r.egress, Hosts: r.hosts}); err == nil {
			t.Errorf("New(%+v) gives no error", src)
		}
	}
}

func TestCollectEndsWithItsContext(t *testing.T) {
	r := newRig(t)
	ctx, cancel := context.WithCancel(t.Context())
	srv := serve(t, func(_ http.ResponseWriter, req *http.Request) {
		cancel()
		<-req.Context().Done()
	})
	c, err := New(mention.Source{ID: "f", Kind: mention.SourceFeed, URL: srv.URL}, Options{Egress: r.egress, Hosts: r.hosts})
	if err != nil {
		t.Fatal(err)
	}
	err = c.Collect(ctx, mention.SourceState{}, func(mention.Batch) error {
		t.Error("an interrupted pass says something of its source")
		return nil
	})
	if err == nil {
		t.Error("no error")
	}
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
