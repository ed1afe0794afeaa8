package api_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"earshot/api"
	"earshot/mention"
)

// upload is a form with a file, as a browser sends it.
func upload(t *testing.T, target, body string) *http.Request {
	t.Helper()
	var buf bytes.Buffer
	m := multipart.NewWriter(&buf)
	w, err := m.CreateFormFile("file", "feeds.opml")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write([]byte(body))
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	r := request(http.MethodPost, target, buf.String())
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func TestFeedsAreShownBeforeTheyAreAdded(t *testing.T) {
	f := newFake(1)
	f.plan = mention.SourceImport{New: 1, Known: 1, Faults: len(vectors), Feeds: []mention.ImportedFeed{
		{Line: 3, State: mention.ImportNew, ID: "new-one", Title: "One", URL: "https://one.example/feed"},
		{Line: 4, State: mention.ImportKnown, ID: "wire", Title: "Wire", Why: "the source wire reads it already"},
	}}
	for _, v := range vectors {
		f.plan.Feeds = append(f.plan.Feeds, mention.ImportedFeed{Line: 5, State: mention.ImportFault, Title: v, URL: v, Folder: v, Why: v})
	}
	h := handler(t, api.Options{Backend: f})
	res, body := answer(h, upload(t, "/sources/opml", "<opml>"))
	if res.StatusCode != http.StatusOK || !strings.Contains(body, `value="new-one https://one.example/feed" checked`) || !strings.Contains(body, "reads it already") || len(f.objects) > 0 {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if faults := faultsOf(t, body); len(faults) > 0 {
		t.Error(faults)
	}
	if res, body := answer(h, upload(t, "/sources/opml", "GIF89a")); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "does not begin with") {
		t.Errorf("another file: %d %s", res.StatusCode, body)
	}
	if res, _ := postForm(h, "/sources/opml", nil); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no file: %d", res.StatusCode)
	}
	if res, _ := postForm(h, "/sources/opml/add", url.Values{"feed": {"a b https://x.example/"}}); res.StatusCode != http.StatusUnprocessableEntity || len(f.objects) > 0 {
		t.Errorf("a bad one: %d", res.StatusCode)
	}
	res, body = postForm(h, "/sources/opml/add", url.Values{"feed": {"new-one https://one.example/feed"}})
	if res.StatusCode != http.StatusSeeOther || string(f.objects["source new-one"].Body) != "https://one.example/feed" {
		t.Errorf("%d %s %v", res.StatusCode, body, f.objects)
	}
}

func TestListsOfFeedsAreForThoseWhoMay(t *testing.T) {
	for who, want := range map[string][3]int{
		"root": {200, 303, 200}, "ann": {403, 403, 200}, "vic": {403, 403, 200}, "ag": {403, 403, 403},
	} {
		f, people := newFake(1), team()
		people.users["ag"] = mention.User{Name: "ag", Role: "analyst", Scope: "source:wire", Password: passHash}
		h := cheap(t, api.Options{Backend: f, People: people})
		cookie := signIn(t, h, who)
		export := request("GET", "/api/v1/sources/opml", "")
		for i, r := range []*http.Request{upload(t, "/sources/opml", "<opml>"), form("/sources/opml/add", url.Values{"feed": {"x https://x.example/"}}), export} {
			r.AddCookie(cookie)
			if res, body := answer(h, r); res.StatusCode != want[i] {
				t.Errorf("%s %s: %d, want %d\n%s", who, r.URL.Path, res.StatusCode, want[i], body)
			}
		}
		r := request("POST", "/api/v1/sources/opml?add=true", "<opml>")
		r.Header.Set("Content-Type", "text/x-opml")
		r.AddCookie(cookie)
		if res, body := answer(h, r); res.StatusCode != want[0] || f.objects["source new-one"].ID != "" != (want[0] == 200) {
			t.Errorf("%s API: %d, want %d\n%s", who, res.StatusCode, want[0], body)
		}
	}
}

func TestLargeListsOfFeedsAreTaken(t *testing.T) {
	f := newFake(1)
	h := handler(t, api.Options{Backend: f})
	for _, size := range []int{2 << 20, 11 << 20} {
		r := request("POST", "/api/v1/sources/opml", "<opml>"+strings.Repeat(" ", size))
		r.Header.Set("Content-Type", "text/x-opml")
		want := map[bool]int{true: http.StatusOK, false: http.StatusRequestEntityTooLarge}[size < 10<<20]
		if res, body := answer(h, r); res.StatusCode != want {
			t.Errorf("%d bytes: %d, want %d\n%s", size, res.StatusCode, want, body)
		}
	}
}
