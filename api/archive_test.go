package api_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/api"
	"earshot/mention"
)

// kept makes a report through the API and gives its id.
func keep(t *testing.T, h http.Handler) string {
	t.Helper()
	res, body := send(h, http.MethodPost, "/api/v1/archive", `{"kind":"weekly"}`)
	var r mention.KeptReport
	if err := json.Unmarshal([]byte(body), &r); err != nil || res.StatusCode != http.StatusCreated || r.ID == "" {
		t.Fatalf("keep: %d %s, %v", res.StatusCode, body, err)
	}
	return r.ID
}

func TestKeptReportKeepsItsNumbers(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f, PublicURL: "https://ear.example"})
	id := keep(t, h)
	_, before := get(h, "/api/v1/archive/"+id+"/as/text")
	f.records = f.records[:1]
	for format, begins := range map[string]string{"html": "<!doctype html>", "pdf": "%PDF-", "xlsx": "PK", "text": before} {
		if res, body := get(h, "/api/v1/archive/"+id+"/as/"+format); res.StatusCode != http.StatusOK || !strings.HasPrefix(body, begins) {
			t.Errorf("as %s: %d %.200q, want it to begin with %.40q", format, res.StatusCode, body, begins)
		}
	}
	if _, body := get(h, "/reports/"+id+"?review=1"); !strings.Contains(body, "412") || !strings.Contains(body, "398") || !strings.Contains(body, "label recalls was changed") {
		t.Error("the page does not say what is another number now, and why")
	}
	if _, body := get(h, "/reports"); !strings.Contains(body, "/reports/"+id) || !strings.Contains(body, "mon 07:00") {
		t.Error("the list has no kept or no planned report")
	}
}

func TestShareOpensOneReportAndNothingElse(t *testing.T) {
	f := newFake(3)
	var log bytes.Buffer
	h := handler(t, api.Options{
		Backend: f, PublicURL: "https://ear.example", Tokens: []api.Token{{Name: "desk", Role: api.RoleAnalyst, Hash: api.HashToken("key")}},
		Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	auth := func(method, path, body string) (*http.Response, string) {
		return send(h, method, path, body, "Authorization", "Bearer key")
	}
	res, body := auth(http.MethodPost, "/api/v1/archive", `{"kind":"weekly"}`)
	var kept mention.KeptReport
	if err := json.Unmarshal([]byte(body), &kept); err != nil || res.StatusCode != http.StatusCreated {
		t.Fatal(res.StatusCode, body, err)
	}
	_, body = auth(http.MethodPost, "/api/v1/archive/"+kept.ID+"/shares", `{"for":"1h"}`)
	var share struct {
		mention.Share
		Link string `json:"link"`
	}
	if err := json.Unmarshal([]byte(body), &share); err != nil || !strings.HasPrefix(share.Link, "https://ear.example/shared/") {
		t.Fatal(body, err)
	}
	if strings.Contains(body, f.shares[0].Hash) {
		t.Error("the hash is told")
	}
	u, err := url.Parse(share.Link)
	if err != nil {
		t.Fatal(err)
	}
	res, body = get(h, u.Path)
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(body, "<!doctype html>") {
		t.Fatalf("shared: %d %.200s", res.StatusCode, body)
	}
	if strings.Contains(body, "href=") || strings.Contains(body, "<script") {
		t.Error("a shared report leads elsewhere")
	}
	if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "sandbox") || res.Header.Get("X-Robots-Tag") == "" {
		t.Errorf("headers %v", res.Header)
	}
	for path, want := range map[string]int{
		u.Path + "?format=pdf": 200, u.Path + "?format=exe": 400, u.Path + "x": 410, "/shared/" + share.ID: 410, "/shared/" + f.shares[0].Hash: 410,
		"/shared/": 401, u.Path + "/mentions": 401, "/reports/" + kept.ID: 401, "/shared/..%2fmentions": 410,
	} {
		if res, body := get(h, path); res.StatusCode != want && (want != 401 || res.StatusCode != http.StatusNotFound) {
			t.Errorf("%s: %d %.100s, want %d", path, res.StatusCode, body, want)
		}
	}
	if res, _ := send(h, http.MethodPost, u.Path, ""); res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", res.StatusCode)
	}
	f.shares[0].Expires = time.Now().Add(-time.Second)
	if res, _ := get(h, u.Path); res.StatusCode != http.StatusGone {
		t.Errorf("one that ended: %d", res.StatusCode)
	}
	f.shares[0].Expires = time.Now().Add(time.Hour)
	if res, body := auth(http.MethodDelete, "/api/v1/shares/"+share.ID, ""); res.StatusCode != http.StatusNoContent {
		t.Errorf("revoke: %d %s", res.StatusCode, body)
	}
	if res, _ := get(h, u.Path); res.StatusCode != http.StatusGone {
		t.Errorf("one that was taken back: %d", res.StatusCode)
	}
	if strings.Contains(log.String(), strings.TrimPrefix(u.Path, "/shared/")) || !strings.Contains(log.String(), "path=/shared/***") {
		t.Errorf("the log has the secret, or nothing: %s", log.String())
	}
}

func send(h http.Handler, method, target, body string, headers ...string) (*http.Response, string) {
	r := request(method, target, body)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	return answer(h, r)
}
