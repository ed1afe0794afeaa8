package api_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"earshot/api"
)

func TestPagesAreCompressedForThoseWhoTakeIt(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(30)})
	ask := func(path, accept string) *http.Response {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1"+path, nil)
		r.RemoteAddr = "127.0.0.1:1"
		r.Header.Set("Accept-Encoding", accept)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	for _, path := range []string{"/assets/style.css", "/assets/app.js"} {
		plain, err := io.ReadAll(ask(path, "").Body)
		if err != nil || len(plain) == 0 {
			t.Fatal(path, err)
		}
		packed := ask(path, "gzip, br")
		if got := packed.Header.Get("Content-Encoding"); got != "gzip" {
			t.Fatalf("%s comes as %q, want gzip", path, got)
		}
		z, err := gzip.NewReader(packed.Body)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%s compressed has %d bytes, %v; want %d", path, len(got), err, len(plain))
		}
	}
	for _, path := range []string{"/api/v1/docs", "/api/v1/mentions", "/healthz"} {
		if got := ask(path, "gzip").Header.Get("Content-Encoding"); got != "" {
			t.Errorf("%s comes as %q, want as it is", path, got)
		}
	}
}
