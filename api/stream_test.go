package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"earshot/api"
	"earshot/mention"
)

// A pipe is a client of the event stream that reads when it likes.
type pipe struct {
	*io.PipeWriter
	header http.Header
	status int
}

func (p *pipe) Header() http.Header              { return p.header }
func (p *pipe) WriteHeader(status int)           { p.status = status }
func (*pipe) Flush()                             {}
func (*pipe) SetWriteDeadline(_ time.Time) error { return nil }

// listen opens a stream and gives what comes, event by event, and the end.
func listen(t *testing.T, h http.Handler, target string, header map[string]string) (events *bufio.Scanner, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := request("GET", target, "").WithContext(ctx)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	rd, wr := io.Pipe()
	w := &pipe{wr, http.Header{}, 0}
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(w, r)
		wr.Close()
	}()
	events = bufio.NewScanner(rd)
	events.Buffer(nil, 1<<20)
	events.Split(func(data []byte, _ bool) (int, []byte, error) {
		if i := strings.Index(string(data), "\n\n"); i >= 0 {
			return i + 2, data[:i], nil
		}
		return 0, nil, nil
	})
	return events, func() {
		cancel()
		rd.Close()
		<-done
	}
}

// next is one event: its kind, id and the id of what it speaks of.
func next(t *testing.T, events *bufio.Scanner) (kind, id, about string) {
	t.Helper()
	if !events.Scan() {
		return "end", "", ""
	}
	for line := range strings.Lines(events.Text()) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch name {
		case "event":
			kind = value
		case "id":
			id = value
		case "data":
			var body struct {
				ID    string
				Since int64
			}
			if err := json.Unmarshal([]byte(value), &body); err != nil {
				t.Fatalf("data %q: %v", value, err)
			}
			if about = body.ID; about == "" {
				about = fmt.Sprint(body.Since)
			}
		case "":
			kind = "comment"
		}
	}
	return kind, id, about
}

func TestStreamTellsWhatHappens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, hub := newFake(3), &api.Hub{}
		h := handler(t, api.Options{Backend: f, Hub: hub})
		events, stop := listen(t, h, "/api/v1/events", nil)
		defer stop()
		now := time.Now().UnixMilli()
		if kind, id, _ := next(t, events); kind != "" || id != fmt.Sprintf("3-%d", now) {
			t.Fatalf("opening: %q %q", kind, id)
		}
		rec := f.records[0]
		rec.Mention.ID = "new"
		hub.Change(mention.Change{Seq: 4, Kind: mention.ChangeNew, Record: rec})
		hub.Change(mention.Change{Seq: 5, Kind: mention.ChangeCurated, Record: rec}) // not told
		hub.Incident(mention.Incident{ID: "i9", Updated: time.UnixMilli(now + 7)})
		if kind, id, about := next(t, events); kind != "mention" || id != fmt.Sprintf("4-%d", now) || about != "new" {
			t.Errorf("mention: %q %q %q", kind, id, about)
		}
		if kind, id, about := next(t, events); kind != "incident" || id != fmt.Sprintf("5-%d", now+7) || about != "i9" {
			t.Errorf("incident: %q %q %q", kind, id, about)
		}
		start := time.Now()
		if kind, _, _ := next(t, events); kind != "comment" || time.Since(start) != 15*time.Second {
			t.Errorf("heartbeat: %q after %s", kind, time.Since(start))
		}
	})
}

func TestStreamGoesOnWhereItWas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, hub := newFake(1203), &api.Hub{}
		f.incidents[1].Updated = day.Add(time.Second)
		h := handler(t, api.Options{Backend: f, Hub: hub})
		last := fmt.Sprintf("100-%d", day.UnixMilli())
		for _, where := range []map[string]string{{"Last-Event-ID": last}, nil} {
			target := "/api/v1/events"
			if where == nil {
				target += "?last_event_id=" + last
			}
			events, stop := listen(t, h, target, where)
			next(t, events)
			hub.Change(f.changes[1202]) // also in the log: told once
			for i := 101; i <= 1203; i++ {
				if kind, id, about := next(t, events); kind != "mention" || !strings.HasPrefix(id, fmt.Sprint(i, "-")) || about != fmt.Sprint("m", i-1) {
					t.Fatalf("change %d: %q %q %q", i, kind, id, about)
				}
			}
			if kind, _, about := next(t, events); kind != "incident" || about != "i1" {
				t.Errorf("missed incident: %q %q", kind, about)
			}
			hub.Change(mention.Change{Seq: 1204, Kind: mention.ChangeRevised, Record: f.records[5]})
			if kind, _, about := next(t, events); kind != "mention" || about != "m5" {
				t.Errorf("live again: %q %q", kind, about)
			}
			stop()
		}
	})
}

func TestStreamMissedTooMuch(t *testing.T) {
	f := newFake(0)
	for i := range 20_001 {
		f.changes = append(f.changes, mention.Change{Seq: int64(i + 1), Kind: mention.ChangeCurated})
	}
	events, stop := listen(t, handler(t, api.Options{Backend: f}), "/api/v1/events?types=mention", map[string]string{"Last-Event-ID": "0-0"})
	defer stop()
	next(t, events)
	if kind, _, since := next(t, events); kind != "reset" || since != "20000" {
		t.Errorf("%q %q, want reset 20000", kind, since)
	}
}

func TestStreamDropsWhoDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, hub := newFake(1), &api.Hub{}
		h := handler(t, api.Options{Backend: f, Hub: hub})
		slow, stopSlow := listen(t, h, "/api/v1/events", nil)
		defer stopSlow()
		quick, stopQuick := listen(t, h, "/api/v1/events?types=incident", nil)
		defer stopQuick()
		next(t, slow)
		next(t, quick)
		synctest.Wait()
		for i := range 400 { // the buffer, the event being written, and more
			hub.Change(mention.Change{Seq: int64(i + 2), Kind: mention.ChangeNew, Record: f.records[0]})
			synctest.Wait() // the quick one has nothing to read, and keeps up
		}
		hub.Incident(mention.Incident{ID: "i9"})
		if kind, _, about := next(t, quick); kind != "incident" || about != "i9" {
			t.Errorf("quick client: %q %q", kind, about)
		}
		n := 0
		for kind := ""; kind != "end"; kind, _, _ = next(t, slow) {
			n++
		}
		if n < 200 || n > 300 {
			t.Errorf("slow client was given %d events, want the buffered ones and then the end", n)
		}
	})
}

func TestHeadOfStreamsEnds(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(1)})
	for path, want := range map[string]string{"/api/v1/events": "text/event-stream", "/api/v1/export": "application/x-ndjson"} {
		res, body := answer(h, request(http.MethodHead, path, ""))
		if res.StatusCode != http.StatusOK || res.Header.Get("Content-Type") != want || body != "" {
			t.Errorf("HEAD %s: %d %s %q", path, res.StatusCode, res.Header.Get("Content-Type"), body)
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	hub := &api.Hub{}
	h := handler(t, api.Options{Backend: newFake(1), Hub: hub})
	var stops []func()
	for range 64 {
		events, stop := listen(t, h, "/api/v1/events", nil)
		next(t, events)
		stops = append(stops, stop)
	}
	if res, body := get(h, "/api/v1/events"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("stream 65: %d %s", res.StatusCode, body)
	}
	for _, stop := range stops {
		stop()
	}
	events, stop := listen(t, h, "/api/v1/events", nil)
	defer stop()
	next(t, events)
	hub.Close()
	if kind, _, _ := next(t, events); kind != "end" {
		t.Errorf("closed hub: %q, want the end", kind)
	}
	if res, _ := get(h, "/api/v1/events"); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("after Close: %d, want 503", res.StatusCode)
	}
}

func TestStreamOverTheWire(t *testing.T) {
	hub := &api.Hub{}
	srv := httptest.NewUnstartedServer(nil)
	srv.Config = api.Server(handler(t, api.Options{Backend: newFake(1), Hub: hub}))
	srv.Start()
	defer srv.Close()
	client := srv.Client()
	defer client.CloseIdleConnections()
	res, err := client.Get(srv.URL + "/api/v1/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if ct := res.Header.Get("Content-Type"); ct != "text/event-stream" {
		t.Errorf("Content-Type %q", ct)
	}
	hub.Incident(mention.Incident{ID: "i1"})
	rd := bufio.NewReader(res.Body)
	var lines []string
	for len(lines) < 4 {
		line, err := rd.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	if !slices.Contains(lines, "event: incident\n") {
		t.Errorf("stream began with %q", lines)
	}
	hub.Close()
}
