package crawler

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"earshot/mention"
)

const feedHead = `<?xml version="1.0"?><rss version="2.0" xmlns:a="urn:a"><channel><title>Nordlicht Pharma</title><link>http://nordlicht.test/</link><language>en-GB</language>`

func rssItems(items ...string) string { return feedHead + strings.Join(items, "") + "</channel></rss>" }

func rssItem1(n int, guid string) string {
	return fmt.Sprintf(`<item><title>Story %d</title><link>http://nordlicht.test/news/%d?utm_source=rss</link><guid isPermaLink="false">%s</guid>`+
		`<description>&lt;p&gt;Text of %d.&lt;/p&gt;</description><pubDate>Sun, 01 Mar 2026 %02d:00:00 GMT</pubDate></item>`, n, n, guid, n, n)
}

func TestFeedPasses(t *testing.T) {
	r := newRig(t)
	body, tag, asked := "", "", []string{}
	srv := serve(t, func(w http.ResponseWriter, req *http.Request) {
		asked = append(asked, req.URL.Path+" "+req.Header.Get("If-None-Match"))
		w.Header().Set("ETag", tag)
		if req.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, body)
	})
	src := mention.Source{ID: "nordlicht", Kind: mention.SourceFeed, URL: srv.URL + "/feed", Country: "de"}
	var state mention.SourceState
	steps := []struct {
		name, body, tag string
		want            []string
	}{
		{"first pass", rssItems(rssItem1(1, "g1"), rssItem1(2, "g2")), `"a"`, []string{"Story 1", "Story 2"}},
		{"nothing changed", "", `"a"`, nil},
		{"all guids change", rssItems(rssItem1(1, "x1"), rssItem1(2, "x2")), `"b"`, nil},
		{"one more", rssItems(rssItem1(1, "x1"), rssItem1(2, "x2"), rssItem1(3, "x3")), `"c"`, []string{"Story 3"}},
		{"one edited", rssItems(strings.Replace(rssItem1(2, "x2"), "Text of", "New text of", 1), rssItem1(3, "x3")), `"d"`, []string{"Story 2"}},
	}
	for _, s := range steps {
		body, tag = s.body, s.tag
		got, err := r.collect(src, &state)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		var titles []string
		for _, m := range got {
			titles = append(titles, m.Title)
		}
		if fmt.Sprint(titles) != fmt.Sprint(s.want) {
			t.Errorf("%s: %v, want %v", s.name, titles, s.want)
		}
		r.sleep(time.Hour)
	}
	if state.Items != 3 || state.Passes != 5 || state.Failures != 0 || state.Next.IsZero() {
		t.Errorf("state = %+v", state)
	}
	if asked[1] != `/feed "a"` {
		t.Errorf("second request was %q, want it conditional", asked[1])
	}
}

func TestFeedMention(t *testing.T) {
	r := newRig(t)
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, rssItems(rssItem1(1, "g1"))) })
	got, err := r.collect(mention.Source{ID: "n", Kind: mention.SourceFeed, URL: srv.URL, Country: "de", Type: mention.KindBlog}, &mention.SourceState{})
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	m := got[0]
	if m.Title != "Story 1" || m.Text != "Text of 1." || m.Kind != mention.KindBlog || m.Lang != "en" || m.Country != "de" ||
		m.URL != "http://nordlicht.test/news/1?utm_source=rss" || m.Canonical != "https://nordlicht.test/news/1" || m.Site != "nordlicht.test" ||
		!m.Published.Equal(time.Date(2026, 3, 1, 1, 0, 0, 0, time.UTC)) || m.ID != MentionID(&m) {
		t.Errorf("mention = %+v", m)
	}
}

func TestFeedDatesWhenCollecting(t *testing.T) {
	r := newRig(t)
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, rssItems(`<item><title>future</title><pubDate>Fri, 01 Jan 2100 00:00:00 GMT</pubDate></item>`, `<item><title>undated</title></item>`))
	})
	got, err := r.collect(mention.Source{ID: "n", Kind: mention.SourceFeed, URL: srv.URL}, &mention.SourceState{})
	if err != nil || len(got) != 2 {
		t.Fatalf("%v, %v", got, err)
	}
	if got[0].Published.Year() != 2026 {
		t.Errorf("a date of the future stays: %s", got[0].Published)
	}
	if !got[1].Published.IsZero() {
		t.Errorf("a date was invented: %s", got[1].Published)
	}
}

func TestFeedFailures(t *testing.T) {
	tests := []struct {
		name   string
		answer http.HandlerFunc
		class  string
		words  string
	}{
		{"a page", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<!doctype html><title>News</title><p>Hello")
		}, ClassNotFeed, "earshot sources test"},
		{"not there", http.NotFound, "status_404", "earshot sources test"},
		{"gone", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, "status_410", "for good"},
		{"broken host", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "status_502", "try again"},
		{"empty", func(http.ResponseWriter, *http.Request) {}, ClassEmpty, "empty"},
		{"loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/", http.StatusFound) }, ClassRedirects, "redirects"},
		{"inside", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://10.0.0.1/", http.StatusFound)
		}, ClassBlocked, "allow_cidrs"},
		{"rest", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		}, "status_429", "2m0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			srv := serve(t, tt.answer)
			var state mention.SourceState
			_, err := r.collect(mention.Source{ID: "f", Kind: mention.SourceFeed, URL: srv.URL + "/"}, &state)
			fe, ok := errors.AsType[*FetchError](err)
			if !ok || fe.Class != tt.class {
				t.Fatalf("error %v, want class %s", err, tt.class)
			}
			if state.ErrorClass != tt.class || !strings.Contains(state.Error, tt.words) || state.Failures != 1 || !state.Next.After(r.now) {
				t.Errorf("state = %+v, want class %s and words %q", state, tt.class, tt.words)
			}
		})
	}
}

func TestRetryAfterLastsBetweenProcesses(t *testing.T) {
	asked := 0
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		fmt.Fprint(w, rssItems(rssItem1(1, "g")))
	})
	src := mention.Source{ID: "f", Kind: mention.SourceFeed, URL: srv.URL}
	r := newRig(t)
	var state mention.SourceState
	if _, err := r.collect(src, &state); err == nil || !state.NotBefore.After(r.now) {
		t.Fatalf("error %v, state %+v", err, state)
	}
	again := newRig(t) // another process, the same time
	again.now = r.now.Add(time.Minute)
	_, err := again.collect(src, &state)
	if fe, ok := errors.AsType[*FetchError](err); !ok || fe.Class != ClassHeld || fe.Asked() || asked != 1 {
		t.Fatalf("error %v after %d requests, want held after 1", err, asked)
	}
	if state.Failures != 1 {
		t.Errorf("waiting counts as a failure: %+v", state)
	}
	// Other sources of the host wait as well.
	other := mention.Source{ID: "g", Kind: mention.SourceFeed, URL: srv.URL + "/other"}
	if _, err := again.collect(other, &mention.SourceState{}); err == nil || asked != 1 {
		t.Errorf("another source of the host: %v after %d requests, want held after 1", err, asked)
	}
	again.sleep(time.Hour)
	got, err := again.collect(src, &state)
	if err != nil || len(got) != 1 || state.Error != "" || !state.NotBefore.IsZero() {
		t.Errorf("after the rest: %v, %v, %+v", got, err, state)
	}
}

func TestADamagedFeedIsReadAgainWhole(t *testing.T) {
	r := newRig(t)
	whole := rssItems(rssItem1(1, "a"), rssItem1(2, "b"), rssItem1(3, "c"))
	body := whole[:strings.Index(whole, "Story 3")]
	srv := serve(t, func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("ETag", `"same"`)
		if req.Header.Get("If-None-Match") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		fmt.Fprint(w, body)
	})
	src := mention.Source{ID: "f", Kind: mention.SourceFeed, URL: srv.URL}
	var state mention.SourceState
	if got, err := r.collect(src, &state); err != nil || len(got) != 2 {
		t.Fatalf("cut off: %d mentions, %v, want 2", len(got), err)
	}
	body = whole
	if got, err := r.collect(src, &state); err != nil || len(got) != 1 {
		t.Errorf("whole: %d mentions, %v, want the third", len(got), err)
	}
}

func TestSilenceFloodsAndOverflowsAreTold(t *testing.T) {
	r := newRig(t)
	n, each := 0, 1
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		var items []string
		for i := range each {
			items = append(items, rssItem1(n+i, fmt.Sprintf("item %d", n+i)))
		}
		n += each
		fmt.Fprint(w, rssItems(items...))
	})
	src := mention.Source{ID: "f", Kind: mention.SourceFeed, URL: srv.URL}
	var state mention.SourceState
	pass := func(after time.Duration, bring int) string {
		t.Helper()
		r.sleep(after)
		if each = bring; bring == 0 {
			n, each = n-1, 1 // the last one again
		}
		if _, err := r.collect(src, &state); err != nil {
			t.Fatal(err)
		}
		return state.Notice
	}
	for range 10 {
		if notice := pass(time.Hour, 1); notice != "" {
			t.Fatalf("notice of a quiet feed: %s", notice)
		}
	}
	if notice := pass(20*time.Hour, 0); notice != "" {
		t.Errorf("after 20 h: %s", notice)
	}
	if notice := pass(20*time.Hour, 0); !strings.Contains(notice, "silent: nothing new since 2026-03-01 22:") {
		t.Errorf("after 40 h: %q", notice)
	}
	if notice := pass(time.Hour, 1); notice != "" {
		t.Errorf("when it is back: %s", notice)
	}
	if notice := pass(time.Hour, 400); !strings.Contains(notice, "overflow: all 400") {
		t.Errorf("after 400 at once: %q", notice)
	}
}
