package api_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"earshot/api"
	"earshot/mention"
)

func TestExport(t *testing.T) {
	f := newFake(3)
	f.records[1].Mention.Title = "=HYPERLINK(\"http://evil.example\")"
	f.records[2].Mention.Title = "two\nlines, \"quoted\""
	h := handler(t, api.Options{Backend: f})

	res, body := get(h, "/api/v1/export?q=recall")
	if ct := res.Header.Get("Content-Type"); ct != "application/x-ndjson" {
		t.Errorf("Content-Type %q", ct)
	}
	lines := strings.Split(body, "\n")
	var row mention.Row
	if len(lines) != 3 || json.Unmarshal([]byte(lines[1]), &row) != nil || row.Title != f.records[1].Mention.Title {
		t.Errorf("ndjson: %q", lines)
	}

	res, body = get(h, "/api/v1/export?format=csv&bom=true")
	if ct := res.Header.Get("Content-Type"); ct != "text/csv; charset=utf-8" || !strings.HasPrefix(body, "\ufeffid,") {
		t.Errorf("csv: Content-Type %q, begins %.20q", ct, body)
	}
	cells, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || len(cells) != 4 {
		t.Fatalf("csv: %d lines, %v", len(cells), err)
	}
	if !strings.Contains(strings.Join(cells[2], "|"), `|'=HYPERLINK(`) || !strings.Contains(strings.Join(cells[3], "|"), "|two\nlines, \"quoted\"|") {
		t.Errorf("csv: %q", cells[2:])
	}

	r := request("GET", "/api/v1/export", "")
	r.Header.Set("Accept", "text/csv")
	if res, _ := answer(h, r); res.Header.Get("Content-Type") != "text/csv; charset=utf-8" {
		t.Error("Accept: text/csv was not heard")
	}

	f.records = nil
	if res, body := get(h, "/api/v1/export?format=csv"); res.StatusCode != http.StatusOK || !strings.HasPrefix(body, "id,") || strings.Contains(body, "\n") {
		t.Errorf("no rows: %d %q", res.StatusCode, body)
	}
}

func TestExportAsAWorkbook(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	res, body := get(h, "/api/v1/export?q=recall&format=xlsx&zone=Europe/Zurich")
	if ct := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || !strings.HasSuffix(ct, "spreadsheetml.sheet") || !strings.HasPrefix(body, "PK") {
		t.Errorf("%d, Content-Type %q, begins %.10q", res.StatusCode, ct, body)
	}
	f.rowErr = errors.New("disk trouble") // nothing was sent yet, so it can be told
	if res, body := get(h, "/api/v1/export?format=xlsx"); res.StatusCode != http.StatusInternalServerError || res.Header.Get("Content-Disposition") != "" || !strings.Contains(body, "urn:earshot:internal") {
		t.Errorf("an export that breaks: %d %s", res.StatusCode, body)
	}
}

func TestExportGoesOn(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	get(h, "/api/v1/export?q=recall&after=2026-03-01T10:00:00.5Z,a,b&now=2026-03-02T00:00:00Z")
	want := mention.Export{Query: "recall", AfterTime: time.Date(2026, 3, 1, 10, 0, 0, 5e8, time.UTC), AfterID: "a,b", Now: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)}
	if f.exported != want {
		t.Errorf("asked for %+v, want %+v", f.exported, want)
	}
	if res, _ := get(h, "/api/v1/export?after=m1"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a bad place: %d", res.StatusCode)
	}
	_, body := get(h, "/api/v1/export?q=recall&head=true&format=csv")
	if !strings.HasPrefix(body, "# query,recall\n") {
		t.Errorf("begins %.60q", body)
	}
}

func TestExportThatBreaksIsCutOff(t *testing.T) {
	f := newFake(3)
	f.rowErr = errors.New("disk trouble")
	f.records[0].Mention.Text = strings.Repeat("long ", 40_000) // more than is kept back
	srv := httptest.NewServer(handler(t, api.Options{Backend: f}))
	defer srv.Close()
	client := srv.Client()
	defer client.CloseIdleConnections()
	for range 10 { // more often than there are places: they are given back
		res, err := client.Get(srv.URL + "/api/v1/export")
		if err == nil { // else the connection was cut before the first byte
			if res.StatusCode != http.StatusOK {
				t.Fatalf("status %d", res.StatusCode)
			}
			_, err = io.Copy(io.Discard, res.Body)
			res.Body.Close()
		}
		if err == nil {
			t.Error("half an export was taken for all of it")
		}
	}
}
