package api_test

import (
	"net/http"
	"strings"
	"testing"

	"earshot/api"
)

func TestReportsInEveryFormat(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f, PublicURL: "https://ear.example"})
	for _, kind := range []string{"weekly", "versus"} {
		for format, begins := range map[string]string{"html": "<!doctype html>", "pdf": "%PDF-", "xlsx": "PK", "text": ""} {
			res, body := get(h, "/api/v1/reports/"+kind+"?format="+format+"&period=30d")
			if res.StatusCode != http.StatusOK || !strings.HasPrefix(body, begins) || len(body) < 500 {
				t.Errorf("%s as %s: %d, %d bytes, %.80q", kind, format, res.StatusCode, len(body), body)
			}
			if csp := res.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "script-src") || !strings.Contains(csp, "sandbox") {
				t.Errorf("%s as %s: policy %q", kind, format, csp)
			}
		}
	}
	for path, want := range map[string]int{
		"/api/v1/reports/yearly": 422, "/api/v1/reports/weekly?format=doc": 422, "/api/v1/reports/weekly?from=2026-11-08&to=2026-11-01": 422,
		"/api/v1/reports/weekly?from=2026-11-01": 422, "/api/v1/reports/weekly?q=bad(": 400, "/api/v1/reports/weekly?from=2026-11-01&to=2026-11-08": 200,
	} {
		if res, body := get(h, path); res.StatusCode != want {
			t.Errorf("%s: %d %.200s, want %d", path, res.StatusCode, body, want)
		}
	}
}

func TestReportTellsTextOfTheWorldAsText(t *testing.T) {
	for _, x := range vectors {
		f := newFake(1)
		f.records[0].Story = x
		f.brands[0].Name = x
		_, body := get(handler(t, api.Options{Backend: f, PublicURL: "https://ear.example"}), "/api/v1/reports/weekly")
		for _, bad := range []string{"<script", "<img src=x", "<svg/", "<iframe", "<base", "<form", "<link", "javascript:alert(1)\""} {
			if strings.Contains(strings.ToLower(body), bad) {
				t.Errorf("%q made %s", x, bad)
			}
		}
	}
}
