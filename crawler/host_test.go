package crawler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"earshot/internal/egress"
)

// fakeWeb answers requests without a network and keeps a log of each host.
type fakeWeb struct {
	robots string
	took   func() time.Duration
	status func(req *http.Request) (int, http.Header)

	mu   sync.Mutex
	busy map[string]int
	last map[string]time.Time // end of the last answer's head
	bad  []string
	n    int
}

func (w *fakeWeb) RoundTrip(req *http.Request) (*http.Response, error) {
	host, now := req.URL.Host, time.Now()
	w.mu.Lock()
	w.n++
	if w.busy[host]++; w.busy[host] > 1 {
		w.bad = append(w.bad, "two at once: "+req.URL.String())
	}
	if last, ok := w.last[host]; ok && now.Sub(last) < time.Second {
		w.bad = append(w.bad, fmt.Sprintf("%s after %s: %s", now.Sub(last), host, req.URL.Path))
	}
	if strings.HasPrefix(req.URL.Path, "/private") {
		w.bad = append(w.bad, "disallowed: "+req.URL.String())
	}
	w.last[host] = now
	w.mu.Unlock()
	time.Sleep(w.took())
	status, header, body := http.StatusOK, http.Header{}, "ok"
	if req.URL.Path == "/robots.txt" {
		body = w.robots
	} else if w.status != nil {
		status, header = w.status(req)
	}
	return &http.Response{StatusCode: status, Header: header, Request: req, Body: &fakeBody{Reader: bytes.NewReader([]byte(body)), close: func() {
		w.mu.Lock()
		w.busy[host]--
		w.mu.Unlock()
	}}}, nil
}

type fakeBody struct {
	io.Reader
	close func()
}

func (b *fakeBody) Close() error { b.close(); return nil }

func newFakeWeb() *fakeWeb {
	return &fakeWeb{busy: map[string]int{}, last: map[string]time.Time{}, took: func() time.Duration { return rand.N(2 * time.Second) }}
}

// fakeHosts puts politeness around a fake web.
func fakeHosts(t *testing.T, web *fakeWeb, maxWait time.Duration) (*Hosts, *http.Client) {
	t.Helper()
	eg, err := egress.New(egress.Config{})
	if err != nil {
		t.Fatal(err)
	}
	h := NewHosts(HostsOptions{Egress: eg})
	h.robots = &http.Client{Transport: h.wrap(0)(web)}
	return h, &http.Client{Transport: h.wrapRobots(maxWait)(web)}
}

func get(ctx context.Context, c *http.Client, address string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func TestPolite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := newFakeWeb()
		web.robots = "User-agent: *\nDisallow: /private\n"
		_, c := fakeHosts(t, web, 0)
		var wg sync.WaitGroup
		for worker := range 200 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(worker), 1))
				for range 50 {
					path := "/feed"
					if rng.IntN(10) == 0 {
						path = "/private/x"
					}
					err := get(t.Context(), c, fmt.Sprintf("http://host-%d.test%s", rng.IntN(100), path))
					if path != "/feed" && !errors.Is(err, errRobots) {
						t.Errorf("disallowed: %v", err)
					} else if path == "/feed" && err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		if len(web.bad) > 0 {
			t.Errorf("%d violations in %d requests; the first: %s", len(web.bad), web.n, web.bad[0])
		}
		if web.n < 9000 {
			t.Errorf("%d requests, want about 9,100", web.n)
		}
	})
}

func TestCrawlDelayAndRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := newFakeWeb()
		web.robots, web.took = "User-agent: *\nCrawl-delay: 7\n", func() time.Duration { return 0 }
		h, c := fakeHosts(t, web, 0)
		start := time.Now()
		for range 3 {
			if err := get(t.Context(), c, "http://slow.test/"); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took != 21*time.Second {
			t.Errorf("robots.txt and 3 pages with a delay of 7 s took %s, want 21 s", took)
		}
		web.status = func(*http.Request) (int, http.Header) {
			return http.StatusTooManyRequests, http.Header{"Retry-After": {"600"}}
		}
		if err := get(t.Context(), c, "http://slow.test/"); err != nil {
			t.Fatal(err)
		}
		n := web.n
		err := get(t.Context(), c, "http://slow.test/")
		if held, ok := errors.AsType[*heldError](err); !ok || web.n != n || time.Until(held.until) != 600*time.Second {
			t.Errorf("asked during the rest: %v", err)
		}
		if err := get(t.Context(), c, "http://other.test/"); err != nil {
			t.Errorf("another host is held too: %v", err)
		}
		u, _ := url.Parse("http://slow.test/")
		if h.restUntil(u).IsZero() {
			t.Error("the rest is not told")
		}
	})
}

func TestABusyHostIsGivenUpAndCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		web := newFakeWeb()
		web.took = func() time.Duration { return time.Minute }
		h, c := fakeHosts(t, web, 5*time.Second)
		go get(t.Context(), &http.Client{Transport: h.wrap(0)(web)}, "http://busy.test/")
		synctest.Wait()
		start := time.Now()
		plain := &http.Client{Transport: h.wrap(5 * time.Second)(web)}
		if err := get(t.Context(), plain, "http://busy.test/"); !errors.Is(err, errBusy) || time.Since(start) != 5*time.Second {
			t.Errorf("after %s: %v, want busy after 5 s", time.Since(start), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := get(ctx, c, "http://busy.test/"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("cancelled: %v", err)
		}
		time.Sleep(2 * time.Minute)
	})
}

func TestRobotsThatCannotBeRead(t *testing.T) {
	tests := []struct {
		name  string
		robot http.HandlerFunc
		want  error
	}{
		{"none", http.NotFound, nil},
		{"forbidden", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) }, nil},
		{"broken host", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, errRobots},
		{"a loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/robots.txt", http.StatusFound) }, nil},
		{"long", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "User-agent: *\nDisallow: /\n"+strings.Repeat("# more\n", 200000))
		}, errRobots},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			srv := serve(t, func(w http.ResponseWriter, req *http.Request) {
				if req.URL.Path == "/robots.txt" {
					tt.robot(w, req)
				}
			})
			c := r.egress.Client(egress.ClientOptions{Wrap: r.hosts.wrapRobots(0)})
			if err := get(t.Context(), c, srv.URL+"/x"); !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}
