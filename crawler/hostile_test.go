package crawler

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"earshot/mention"
)

func packed(t *testing.T, head string, fill byte, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	fmt.Fprint(z, head)
	chunk := bytes.Repeat([]byte{fill}, 1<<20)
	for range n >> 20 {
		z.Write(chunk)
	}
	z.Close()
	return out.Bytes()
}

func TestHostileZoo(t *testing.T) {
	bomb := packed(t, feedHead+"<item><title>", ' ', 100<<20)
	var deep bytes.Buffer
	z := gzip.NewWriter(&deep)
	fmt.Fprint(z, feedHead+"<item>")
	for range 1_000_000 / 1000 {
		fmt.Fprint(z, strings.Repeat("<a:b>", 1000))
	}
	z.Close()
	laughs := `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>`
	zoo := map[string]struct {
		answer http.HandlerFunc
		class  string // empty: read as well as can be
	}{
		"nested": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(deep.Bytes())
		}, ClassTooDeep},
		"bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(bomb)
		}, ClassTooLarge},
		"bomb in a file": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-gzip")
			w.Write(bomb)
		}, ClassTooLarge},
		"endless": {func(w http.ResponseWriter, _ *http.Request) {
			for {
				if _, err := w.Write(bytes.Repeat([]byte("<item><title>more</title></item>"), 2000)); err != nil {
					return
				}
			}
		}, ClassTooLarge},
		"many items": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, feedHead+strings.Repeat("<item><title>i</title></item>", 100000))
		}, ClassTooMany},
		"json nested": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"version":"https://jsonfeed.org/version/1.1","items":`+strings.Repeat("[", 1000000))
		}, ClassTooDeep},
		"laughs": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, laughs+"<rss><channel><title>t</title><item><title>&c;</title></item></channel></rss>")
		}, ""},
		"utf-16 nested": {func(w http.ResponseWriter, _ *http.Request) {
			w.Write([]byte{0xff, 0xfe})
			for _, c := range []byte(feedHead + "<item>" + strings.Repeat("<a:b>", 100000)) {
				w.Write([]byte{c, 0})
			}
		}, ClassTooDeep},
		"truncated": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			fmt.Fprint(w, feedHead+rssItem1(1, "a")+"<item><title>cut")
		}, ""},
		"absurd rest": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "99999999999999999999")
			w.WriteHeader(http.StatusTooManyRequests)
		}, "status_429"},
		"inside": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		}, ClassBlocked},
		"a file": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "file:///etc/passwd")
			w.WriteHeader(http.StatusFound)
		}, ClassBadRedirect},
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for name, z := range zoo {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			srv := serve(t, z.answer)
			var state mention.SourceState
			_, err := r.collect(mention.Source{ID: "z", Kind: mention.SourceFeed, URL: srv.URL}, &state)
			fe, _ := errors.AsType[*FetchError](err)
			if z.class == "" && err != nil || z.class != "" && (fe == nil || fe.Class != z.class || state.ErrorClass != z.class || state.Error == "") {
				t.Errorf("error %v, state %+v, want class %q", err, state, z.class)
			}
			if state.NotBefore.Sub(r.now) > maxRetryAfter {
				t.Errorf("rests until %s", state.NotBefore)
			}
		})
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
		t.Errorf("the heap grew by %d MiB, want less than 64", grown>>20)
	}
}

func TestADrippingHostDelaysNobody(t *testing.T) {
	r := newRig(t)
	release := make(chan struct{})
	drip := serve(t, func(w http.ResponseWriter, req *http.Request) {
		w.(http.Flusher).Flush()
		select {
		case <-release:
		case <-req.Context().Done():
		}
	})
	good := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, rssItems(rssItem1(1, "g"))) })
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.collect(mention.Source{ID: "drip", Kind: mention.SourceFeed, URL: drip.URL}, &mention.SourceState{})
	}()
	for range 20 {
		if got, err := r.collect(mention.Source{ID: "good", Kind: mention.SourceFeed, URL: good.URL}, &mention.SourceState{}); err != nil || len(got) != 1 {
			t.Errorf("%d mentions, %v", len(got), err)
		}
	}
	close(release)
	<-done
}

func TestExtractAndDiffSurvive(t *testing.T) {
	shell := func(inside string) []byte { return []byte("<!doctype html><title>t</title><body>" + inside) }
	pages := map[string][]byte{
		"nested":    shell(strings.Repeat("<div>", 100000)),
		"tables":    shell(strings.Repeat("<table><tr><td>", 5000)),
		"inline":    shell(strings.Repeat("<a><b><i><u>", 5000) + strings.Repeat("<p>x", 500)),
		"long word": shell("<p>" + strings.Repeat("x", 1<<20)),
		"many":      shell(strings.Repeat("<p>word word word</p>", 100000)),
		"json-ld":   shell(`<script type="application/ld+json">` + strings.Repeat("[", 100000) + "</script><p>x"),
		"zeros":     make([]byte, 100000),
		"empty":     nil,
	}
	for name, data := range pages {
		if _, err := Extract(data, ""); err != nil {
			if fe, ok := errors.AsType[*FetchError](err); !ok || fe.Class == "" || fe.Class == ClassNetwork {
				t.Errorf("extract %s: %v has no class", name, err)
			}
		}
		if _, err := DiffPages(data, data, ""); err != nil {
			if _, ok := errors.AsType[*FetchError](err); !ok {
				t.Errorf("diff %s: %v has no class", name, err)
			}
		}
	}
}
