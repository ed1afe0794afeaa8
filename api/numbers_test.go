package api_test

import (
	"encoding/json"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"

	"earshot/api"
	"earshot/mention"
	"earshot/report"
)

func TestAggregate(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	res, body := get(h, "/api/v1/aggregate?q=recall&by=brand,day&measures=sentiment&from=2026-03-01&to=2026-03-31&zone=Europe/Zurich&own=true&size=5")
	var table mention.Table
	if err := json.Unmarshal([]byte(body), &table); err != nil || res.StatusCode != http.StatusOK || len(table.Cells) != 1 || table.Recipe.Measure != "volume" {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	a := f.counted
	if a.Query != "(recall) AND time:[2026-02-28T23:00Z TO 2026-03-31T21:59:59.999Z]" || a.Zone != "Europe/Zurich" || !a.Own || a.Size != 5 || !slices.Equal(a.By, []string{"brand", "day"}) {
		t.Errorf("asked %+v", a)
	}
	for _, d := range mention.Dimensions {
		if res, body := get(h, "/api/v1/aggregate?by="+d); res.StatusCode != http.StatusOK {
			t.Errorf("by %s: %d %s", d, res.StatusCode, body)
		}
	}
	for _, bad := range []string{"by=colour", "by=brand,site,day", "zone=Mars", "zone=Local", "from=soon", "from=2026-03-02&to=2026-03-01", "measures=fame", "q=("} {
		if res, _ := get(h, "/api/v1/aggregate?"+bad); res.StatusCode < 400 || res.StatusCode >= 500 {
			t.Errorf("%s: %d", bad, res.StatusCode)
		}
	}
}

func TestShareOfVoiceOfTheConfiguredBrands(t *testing.T) {
	f := newFake(3)
	f.brands = append(f.brands, api.BrandInfo{Brand: mention.Brand{ID: "globex", Role: mention.RoleCompetitor}}, api.BrandInfo{Brand: mention.Brand{ID: "elsewhere", Role: mention.RolePeer}})
	h := handler(t, api.Options{Backend: f})
	_, body := get(h, "/api/v1/share-of-voice?q=brand:brillux%20AND%20recall")
	var card mention.Scorecard
	if err := json.Unmarshal([]byte(body), &card); err != nil {
		t.Fatal(err)
	}
	var sum float64
	var subjects []string
	for _, fig := range card.Figures {
		sum += fig.Value
		subjects = append(subjects, fig.Subject)
		if fig.Recipe.Measure != report.KPIShareOfVoice || fig.Recipe.Denominator == 0 || fig.Recipe.Formula == "" {
			t.Errorf("figure %+v", fig)
		}
	}
	if !slices.Equal(subjects, []string{"brillux", "globex"}) || math.Abs(sum-1) > 1e-9 {
		t.Errorf("shares of %v sum to %v", subjects, sum)
	}
	if len(card.Caveats) != 1 || !strings.HasPrefix(f.counted.Query, "(recall) AND (") {
		t.Errorf("the filter on a brand stayed: %s (%v)", f.counted.Query, card.Caveats)
	}
	f.brands = nil
	if res, _ := get(h, "/api/v1/share-of-voice"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("no brands: %d", res.StatusCode)
	}
}

func TestTidyRows(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(3)})
	res, body := get(h, "/api/v1/aggregate/rows?by=brand&measures=sentiment&bom=true")
	if !strings.HasPrefix(body, "\ufeffbrand,count,positive,") || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/csv") {
		t.Errorf("csv: %q", body)
	}
	r := request("GET", "/api/v1/aggregate/rows?by=brand&measures=sentiment&bom=true", "")
	r.Header.Set("If-None-Match", `"other", `+res.Header.Get("ETag"))
	if res, body := answer(h, r); res.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("the same again: %d %q", res.StatusCode, body)
	}
	var rows []map[string]any
	_, body = get(h, "/api/v1/kpis/rows?brands=brillux&format=json")
	if err := json.Unmarshal([]byte(body), &rows); err != nil || len(rows) < 10 || rows[0]["measure"] != "volume" {
		t.Errorf("json: %v %s", err, body)
	}
}

func TestFeed(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(3), PublicURL: "https://talk.example/earshot"})
	res, body := get(h, "/api/v1/feed?q=recall&format=json&limit=2")
	var feed struct {
		Items   []struct{ ID string }
		NextURL string `json:"next_url"`
		Home    string `json:"home_page_url"`
	}
	if err := json.Unmarshal([]byte(body), &feed); err != nil || len(feed.Items) != 2 || feed.Items[0].ID != "urn:earshot:mention:m0" {
		t.Fatalf("%v %s", err, body)
	}
	if feed.NextURL != "https://talk.example/earshot/api/v1/feed?cursor=2&format=json&limit=2&q=recall" || feed.Home != "https://talk.example/earshot/mentions?q=recall" {
		t.Errorf("links %+v", feed)
	}
	r := request("GET", "/api/v1/feed?q=recall&format=json&limit=2", "")
	r.Header.Set("If-None-Match", res.Header.Get("ETag"))
	if res, _ := answer(h, r); res.StatusCode != http.StatusNotModified {
		t.Errorf("the same again: %d", res.StatusCode)
	}
	_, next := get(h, "/api/v1/feed?cursor=2&format=json&limit=2&q=recall")
	if strings.Contains(next, "next_url") || !strings.Contains(next, "mention:m2") {
		t.Errorf("last page %s", next)
	}
	for format, kind := range map[string]string{"atom": "application/atom+xml", "rss": "application/rss+xml"} {
		if res, body := get(h, "/api/v1/feed?format="+format); !strings.HasPrefix(res.Header.Get("Content-Type"), kind) || !strings.HasPrefix(body, "<?xml") {
			t.Errorf("%s: %v %.50q", format, res.Header, body)
		}
	}
	if res, _ := get(h, "/api/v1/feed?q=("); res.StatusCode != http.StatusBadRequest {
		t.Errorf("a bad query: %d", res.StatusCode)
	}
}

func TestTokenInTheAddress(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(3), Tokens: []api.Token{
		{Name: "sheet", Role: api.RoleViewer, Hash: api.HashToken("read")}, {Name: "ann", Role: api.RoleAnalyst, Hash: api.HashToken("write")},
	}})
	tests := []struct {
		name, target string
		want         int
	}{
		{"a viewer's", "/api/v1/aggregate/rows?by=brand&token=read", 200},
		{"of figures", "/api/v1/kpis/rows?token=read&q=recall", 200},
		{"of a feed", "/api/v1/feed?token=read&limit=2", 200},
		{"of a feed of incidents", "/api/v1/feed/incidents?token=read&format=rss&severity=crisis", 200},
		{"one that may write", "/api/v1/feed?token=write", 403},
		{"a wrong one", "/api/v1/feed?token=guess", 401},
		{"none", "/api/v1/feed", 401},
		{"elsewhere", "/api/v1/mentions?token=read", 401},
		{"in the export", "/api/v1/export?token=read", 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if res, body := get(h, tt.target); res.StatusCode != tt.want {
				t.Errorf("%s: %d %s, want %d", tt.target, res.StatusCode, body, tt.want)
			}
		})
	}
	// A feed's next page is let in too.
	if _, body := get(h, "/api/v1/feed?token=read&limit=2&format=json"); !strings.Contains(body, "cursor=2") || !strings.Contains(body, "token=read") {
		t.Errorf("feed %s", body)
	}
	r := request("POST", "/api/v1/feed?token=read", "")
	if res, _ := answer(h, r); res.StatusCode != http.StatusUnauthorized {
		t.Errorf("a change by an address: %d", res.StatusCode)
	}
}

func TestSampleAndScore(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	res, sheet := get(h, "/api/v1/sample?q=recall&n=4&seed=1&rest=1")
	if res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/csv") {
		t.Fatalf("%d %s", res.StatusCode, sheet)
	}
	if res, body := answer(h, request("POST", "/api/v1/score", sheet)); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "nothing is coded") {
		t.Errorf("an empty sheet: %d %s", res.StatusCode, body)
	}
	res, body := answer(h, request("POST", "/api/v1/score", strings.ReplaceAll(sheet, "\n,,,", "\nyes,,,")))
	if res.StatusCode != http.StatusOK || f.accuracy.Query != "recall" || f.accuracy.Actor != "local" || !f.accuracy.Precision.Known {
		t.Errorf("%d %s: %+v", res.StatusCode, body, f.accuracy)
	}
	if res, _ := get(h, "/api/v1/sample?n=2&rest=3"); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("more of the rest than in all: %d", res.StatusCode)
	}
}
