package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

func TestMastodonIsHeardBetweenPasses(t *testing.T) {
	status := func(id, acct, tag, text string) string {
		return fmt.Sprintf(`{"id":%q,"uri":"https://m.test/s/%s","created_at":"2026-03-01T10:00:00Z","content":"<p>%s</p>","account":{"acct":%q},"tags":[{"name":%q}]}`, id, id, text, acct, tag)
	}
	var mu sync.Mutex
	var asked []string
	srv := serve(t, func(w http.ResponseWriter, req *http.Request) {
		mu.Lock()
		asked = append(asked, req.URL.Path+" "+req.Header.Get("Authorization"))
		mu.Unlock()
		switch {
		case strings.HasPrefix(req.URL.Path, "/api/v1/streaming/"):
			fmt.Fprint(w, ":thump\n\nevent: update\ndata: "+status("2", "ada", "Zorblax", "heard")+"\n\n")
			fmt.Fprint(w, "event: update\ndata: "+status("3", "ada", "other", "not ours")+"\n\nevent: delete\ndata: 3\n\nevent: update\ndata: {\n\n")
			fmt.Fprint(w, "event: status.update\ndata: "+status("2", "ada", "zorblax", "heard, corrected")+"\n\nevent: update\ndata: "+status("4", "bo@other.test", "zorb", "broken off"))
		case strings.HasSuffix(req.URL.Path, "/zorblax") && req.URL.Query().Get("max_id") == "":
			fmt.Fprint(w, "["+status("1", "ada", "zorblax", "polled")+"]")
		default:
			fmt.Fprint(w, "[]")
		}
	})
	r := newRig(t)
	src := mention.Source{ID: "m", Kind: "mastodon", URL: srv.URL, In: []string{"zorblax", "nordlicht"}, Stream: true, KeyFile: keyFile(t)}
	var state mention.SourceState
	list, err := r.collect(src, &state)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range list {
		got = append(got, m.Text)
	}
	if d := cmp.Diff([]string{"polled", "heard", "heard, corrected"}, got); d != "" {
		t.Errorf("mentions (-want +got):\n%s", d)
	}
	if last := asked[len(asked)-1]; last != "/api/v1/streaming/public Bearer hush" {
		t.Errorf("the stream is asked for as %q", last)
	}
	if wait := state.Next.Sub(state.LastTry); wait > 2*gapWait {
		t.Errorf("the gap behind the stream is closed after %s", wait)
	}
}

func TestMastodonWithoutAStreamIsPolled(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, req *http.Request) {
		if strings.Contains(req.URL.Path, "streaming") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprint(w, "[]")
	})
	r := newRig(t)
	var state mention.SourceState
	if _, err := r.collect(mention.Source{ID: "m", Kind: "mastodon", URL: srv.URL, In: []string{"public"}, Stream: true}, &state); err != nil || state.Error != "" || state.Next.Sub(state.LastTry) < minWait {
		t.Errorf("error %v, state %+v", err, state)
	}
}
