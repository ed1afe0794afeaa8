package daemon

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/egress"
	"earshot/internal/ledger"
	"earshot/mention"
)

func TestHeartbeatStopsWhenNothingIsCollected(t *testing.T) {
	var beats atomic.Int64
	pulse := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { beats.Add(1) }))
	defer pulse.Close()
	receivers := fmt.Sprintf("receivers: [{id: pulse, kind: heartbeat, url: \"%s/\", every: 10s}]\n", pulse.URL)
	h := keepHouse(t, t.TempDir(), brands+receivers)
	h.eventually("a beat", func() bool { return beats.Load() > 0 })
	info := func() api.ReceiverInfo {
		var body struct{ Rows []api.ReceiverInfo }
		h.get("/api/v1/receivers", &body)
		return body.Rows[0]
	}
	h.eventually("the beat is told", func() bool { return info().State == api.ReceiverOK && !info().LastSent.IsZero() })
	// A source that nobody answers for; the receiver is another, so that it beats at once.
	h.write(brands + strings.Replace(receivers, "10s", "11s", 1) + fmt.Sprintf("sources: [{id: s, kind: feed, url: %q, every: 1m}]\n", pulse.URL+"/no-feed"))
	h.eventually("the heartbeat says why it does not beat", func() bool {
		i := info()
		return i.State == api.ReceiverFailing && strings.Contains(i.Error, "nothing is collected: of 1 sources 1 fail")
	})
}

func TestWhatMakesTheDaemonIll(t *testing.T) {
	led, err := ledger.Open(t.Context(), ledger.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer led.Close()
	put := func(source string, state mention.SourceState) {
		t.Helper()
		if _, err := led.Append(t.Context(), now(), mention.Batch{Source: source, State: &state}); err != nil {
			t.Fatal(err)
		}
	}
	d := &Daemon{store: &Store{Ledger: led}, log: slog.New(slog.DiscardHandler), alerting: &alerting{}}
	d.dispatch = &dispatcher{ledger: led, log: d.log, now: now, again: func(string, time.Time) {}, tried: func(string) {}, told: func(string, error) {}}
	p := &postOffice{answer: errDown}
	d.dispatch.set(map[string]outlet{fireHook: {receiver: alerts.Receiver{ID: fireHook}, notifier: p, parallel: 8}})
	cfg := config.Default()
	d.cfg.Store(cfg)
	began := now()
	h := &health{began: began.Add(-time.Hour)}
	look := func(want string) {
		t.Helper()
		got := strings.Join(d.ill(t.Context(), h), "; ")
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("ill: %q, want %q", got, want)
		}
	}
	look("")
	cfg.Sources = []mention.Source{{ID: "a"}, {ID: "b"}, {ID: "c", Paused: true}}
	look("of 2 sources 0 fail and 2 are not asked in time") // for an hour
	put("a", mention.SourceState{Error: "404", Next: now().Add(time.Minute)})
	put("b", mention.SourceState{Next: now().Add(-11 * time.Minute)})
	look("1 fail and 1 are not asked in time")
	put("b", mention.SourceState{Next: now().Add(-time.Minute)})
	look("")

	d.fault("alerts", context.DeadlineExceeded)
	look("alerts: context deadline")
	d.fault("alerts", nil)

	if _, err := led.Append(t.Context(), now(), mention.Batch{Source: "a", Mentions: []mention.Mention{{ID: "m", Title: "x"}}}); err != nil {
		t.Fatal(err)
	}
	look("") // it has work, and time
	h.moved["understand"] = began.Add(-6 * time.Minute)
	look("analysis stands still, 1 entries behind")
	if err := led.SetOffset(t.Context(), "understand", 1); err != nil {
		t.Fatal(err)
	}
	look("")

	row := fireAlert(1, 1)
	row.Created, row.Next = began.Add(-11*time.Minute), began.Add(-11*time.Minute)
	if err := led.CommitAlerts(t.Context(), ledger.AlertCommit{Deliveries: []mention.Delivery{row}}); err != nil {
		t.Fatal(err)
	}
	look("1 notices wait for hook and nobody delivers them")
	at := began.Add(-20 * time.Minute)
	d.dispatch.now = func() time.Time { return at }
	for range 20 {
		if err := d.dispatch.run(t.Context(), fireHook); err != nil {
			t.Fatal(err)
		}
		at = at.Add(6 * time.Minute)
	}
	look("1 notices wait for hook: it answered 503")
}

func TestHeartbeatThatCouldNotBeMadeIsMadeAgain(t *testing.T) {
	var p pulses
	list := []alerts.Receiver{{ID: "pulse", Kind: alerts.ReceiverHeartbeat, URL: "https://watch.example/"}}
	opened := 0
	open := func(alerts.Receiver) (*alerts.Heartbeat, error) {
		if opened++; opened == 1 {
			return nil, errDown
		}
		return &alerts.Heartbeat{}, nil
	}
	for range 3 {
		p.set(list, open)
	}
	if opened != 2 || len(p.due(now())) != 1 {
		t.Errorf("made %d times, want twice, and then it beats", opened)
	}
}

func TestHeartbeatIsLetInByTheAPI(t *testing.T) {
	d := &Daemon{log: slog.New(slog.DiscardHandler)}
	for body, ok := range map[string]bool{`{"kind":"heartbeat","url":"https://watch.example/"}`: true, `{"kind":"heartbeat"}`: false} {
		eg, err := egress.New(egress.Config{})
		if err != nil {
			t.Fatal(err)
		}
		d.fetch.Store(&fetcher{egress: eg})
		if err := (backend{d}).checkReceiver(api.Object{ID: "pulse", Body: []byte(body)}); (err == nil) != ok {
			t.Errorf("%s: %v", body, err)
		}
	}
}
