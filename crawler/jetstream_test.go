package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

// jetstreamPost is an event as a server of Bluesky sends it.
func jetstreamPost(at int64, operation, key, record string) string {
	return fmt.Sprintf(`{"did":"did:plc:ada","time_us":%d,"kind":"commit","commit":{"rev":"r","operation":%q,"collection":"app.bsky.feed.post","rkey":%q,"record":{"$type":"app.bsky.feed.post","createdAt":"2026-03-01T10:00:00Z",%s}}}`, at, operation, key, record)
}

func TestJetstreamGoesOnWhereItStopped(t *testing.T) {
	const at = int64(1772360000000000)
	rounds := [][]string{
		{
			jetstreamPost(at, "create", "one", `"text":"Zorblax opens a plant","langs":["en-GB"]`),
			jetstreamPost(at+1, "create", "two", `"text":"nothing of ours"`),
			"no json", `{"kind":"identity"}`, `{"did":"x","time_us":5,"kind":"account"}`,
			jetstreamPost(at+2, "create", "three", `"text":"so so","tags":["NordLicht"],"reply":{"root":{"uri":"at://r"},"parent":{"uri":"at://p"}}`),
		},
		{
			jetstreamPost(at+1_000_000, "create", "one", `"text":"Zorblax opens a plant","langs":["en-GB"]`), // again
			jetstreamPost(at+2_000_000, "delete", "one", `"text":""`),
			jetstreamPost(at+3_000_000, "update", "four", `"text":"ZORBLAX, corrected"`),
		},
		{jetstreamPost(at+3_600_000_000, "create", "five", `"text":"zorblax"`)},
	}
	var mu sync.Mutex
	var asked []string
	srv := serve(t, func(w http.ResponseWriter, req *http.Request) {
		conn, err := websocket.Accept(w, req, nil)
		if err != nil {
			return
		}
		mu.Lock()
		asked = append(asked, req.URL.Query().Get("cursor"))
		round := len(asked)
		events := rounds[round-1]
		mu.Unlock()
		for _, e := range events {
			if conn.Write(req.Context(), websocket.MessageText, []byte(e)) != nil {
				return
			}
		}
		if round == 1 {
			conn.CloseNow() // the line breaks
			return
		}
		conn.Close(websocket.StatusGoingAway, "")
	})
	r := newRig(t)
	src := mention.Source{ID: "j", Kind: "jetstream", URL: srv.URL, Query: mention.SourceQuery{Any: []string{"Zorblax", "Nord Licht"}}}
	var state mention.SourceState
	var got []string
	for range rounds {
		list, err := r.collect(src, &state)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			got = append(got, strings.TrimPrefix(m.ID, "at://did:plc:ada/app.bsky.feed.post/")+" "+string(m.Kind)+" "+m.Text)
		}
	}
	want := []string{"one post Zorblax opens a plant", "three comment so so", "one post Zorblax opens a plant", "four post ZORBLAX, corrected", "five post zorblax"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"", fmt.Sprint(at + 2 - 2_000_000), fmt.Sprint(at + 1_000_000)}, asked); d != "" {
		t.Errorf("cursors asked with (-want +got):\n%s", d)
	}
	if !strings.Contains(state.Notice, "a gap") {
		t.Errorf("an hour that is missing is told as %q", state.Notice)
	}
}

func TestJetstreamRefused(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	r := newRig(t)
	var state mention.SourceState
	if _, err := r.collect(mention.Source{ID: "j", Kind: "jetstream", URL: srv.URL, Query: mention.SourceQuery{Any: []string{"a"}}}, &state); err == nil || state.ErrorClass != "status_503" || state.NotBefore.IsZero() {
		t.Errorf("error %v, state %+v", err, state)
	}
}

func TestWordList(t *testing.T) {
	w := newWordList([]string{"Zorblax", "Nord Licht", "@zbx.example", "#Tag", "佐藤", "", "$ZBX"})
	for text, want := range map[string]bool{
		"ZORBLAX!": true, "zorblaxes": false, "#zorblax": true, "nord-licht": true, "nord und licht": false, "hi @zbx.example": true,
		"zbx.example": false, "#tag": true, "tag": false, "株式会社佐藤製薬": true, "buy $ZBX": true, "zbx": false, "": false,
	} {
		if got := w.in(text); got != want {
			t.Errorf("in(%q) = %v", text, got)
		}
	}
}
