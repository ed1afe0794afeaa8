package api_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"earshot/api"
)

func TestTermIsMutedOnThePage(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	_, body := get(h, "/trends?period=30d")
	if !strings.Contains(body, `action="/muted"`) || strings.Contains(body, `id="muted"`) {
		t.Error("the page has no way to mute a term, or a list of none")
	}
	back := url.Values{"term": {" the <b>leak</b> "}, "back": {"/trends?period=30d"}}
	res, _ := postForm(h, "/muted", back)
	if at := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(at, "/trends?") || !strings.Contains(at, "period=30d") {
		t.Fatalf("mute: %d to %q", res.StatusCode, at)
	}
	_, body = get(h, res.Header.Get("Location"))
	for _, want := range []string{"the &lt;b&gt;leak&lt;/b&gt;", "is muted: trends and peaks leave it out", `id="muted"`, "Unmute"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if res, _ := postForm(h, "/muted", url.Values{"term": {strings.Repeat("x", 600)}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a term of 600 bytes: %d", res.StatusCode)
	}
	for _, key := range []string{"no such story", "m\n0", "m\xff0", strings.Repeat("x", 600)} {
		if res, body := postForm(h, "/muted", url.Values{"term": {"leak"}, "key": {key}}); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "key: ") {
			t.Errorf("the key %.20q: %d %.200s", key, res.StatusCode, body)
		}
	}
	if res, _ := postForm(h, "/muted/m-the%20%3Cb%3Eleak%3C%2Fb%3E/delete", url.Values{"back": {"/trends"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("unmute: %d", res.StatusCode)
	}
	if _, body := get(h, "/api/v1/muted-terms"); !strings.Contains(body, `"rows":[]`) {
		t.Errorf("muted: %s", body)
	}
}

func mustJSON(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
