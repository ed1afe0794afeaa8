package egress

import (
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
	defer client.CloseIdleConnections()
	ask := func() (err error) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	if err := ask(); !errors.Is(err, ErrNoWayOut) {
		t.Errorf("a door that leads nowhere: %v", err)
	}
	strict, err := New(Config{})
	if err != nil {
		t.Fatal(err)
	}
	d.Use(strict, ClientOptions{})
	err = ask()
	if _, ok := errors.AsType[*BlockedError](err); !ok {
		t.Errorf("a private address: %v, want it blocked", err)
	}
	open, err := New(Config{AllowCIDRs: []string{"127.0.0.0/8"}})
	if err != nil {
		t.Fatal(err)
	}
	d.Use(open, ClientOptions{})
	answers := d.Watch(func() { err = ask() })
	if err != nil || len(answers) != 1 || answers[0].Status != http.StatusTooManyRequests || answers[0].RetryAfter != "7" {
		t.Errorf("Watch = %+v, %v", answers, err)
	}
	if err := ask(); err != nil {
		t.Error(err)
	}
	if answers = d.Watch(func() {}); len(answers) != 0 {
		t.Errorf("what nobody watched was noted: %+v", answers)
	}
}
