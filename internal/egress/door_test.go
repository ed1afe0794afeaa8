package egress

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestDoor(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "7")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer s.Close()
	d := &Door{}
	client := &http.Client{Transport: d}
	ask := func() (err error) {
		req, err := http.NewRequest(http.MethodGet, s.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	through := func(c Config) (answers []Answer, err error) {
		t.Helper()
		e, failed := New(c)
		if failed != nil {
			t.Fatal(failed)
		}
		defer e.CloseIdle()
		answers = d.Through(t.Context(), e.Transport(ClientOptions{}), func() { err = ask() })
		return answers, err
	}
	if err := ask(); !errors.Is(err, ErrNoWayOut) {
		t.Errorf("a door that leads nowhere: %v", err)
	}
	_, err := through(Config{})
	if _, ok := errors.AsType[*BlockedError](err); !ok {
		t.Errorf("a private address: %v, want it blocked", err)
	}
	answers, err := through(Config{AllowCIDRs: []string{"127.0.0.0/8"}})
	if err != nil || len(answers) != 1 || answers[0].Status != http.StatusTooManyRequests || answers[0].RetryAfter != "7" {
		t.Errorf("Through = %+v, %v", answers, err)
	}
	if err := ask(); !errors.Is(err, ErrNoWayOut) {
		t.Errorf("after somebody went through: %v", err)
	}
}

// A roundTrip is a transport that is a function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

func TestDoorKeepsThoseWhoGoThroughApart(t *testing.T) {
	d := &Door{}
	ask := func() error {
		req, err := http.NewRequest(http.MethodGet, "http://a.example", http.NoBody)
		if err != nil {
			return err
		}
		_, err = d.RoundTrip(req)
		return err
	}
	ctx, cancel := context.WithCancel(t.Context())
	waits, done := make(chan struct{}), make(chan []Answer)
	go func() {
		done <- d.Through(ctx, roundTrip(func(req *http.Request) (*http.Response, error) {
			close(waits)
			<-req.Context().Done()
			return nil, context.Cause(req.Context())
		}), func() { _ = ask() })
	}()
	<-waits
	quick := d.Through(t.Context(), roundTrip(func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusNoContent}, nil
	}), func() {
		if err := ask(); err != nil {
			t.Error(err)
		}
		other := make(chan error)
		go func() { other <- ask() }()
		if err := <-other; !errors.Is(err, ErrNoWayOut) {
			t.Errorf("another goroutine: %v", err)
		}
	})
	if len(quick) != 1 || quick[0].Status != http.StatusNoContent {
		t.Errorf("while somebody waits: %+v", quick)
	}
	cancel()
	if slow := <-done; len(slow) != 1 || !errors.Is(slow[0].Err, context.Canceled) {
		t.Errorf("who waited: %+v, want it to end with its context", slow)
	}
	if len(d.open) != 0 {
		t.Errorf("%d passages stay open", len(d.open))
	}
}
