package api_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"earshot/api"
	"earshot/mention"
)

func TestSearchLeadsThroughEveryPage(t *testing.T) {
	tests := []struct {
		name string
		o    api.Options
		want string // what the link begins with
	}{
		{"plain", api.Options{}, "/api/v1/mentions?"},
		{"below a path", api.Options{BasePath: "/ear/"}, "/ear/api/v1/mentions?"},
		{"public", api.Options{BasePath: "/ear", PublicURL: "https://x.example"}, "https://x.example/ear/api/v1/mentions?"},
		{"behind a proxy that takes the path away", api.Options{PublicURL: "https://x.example/talk/"}, "https://x.example/talk/api/v1/mentions?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.o.Backend = newFake(7)
			h := handler(t, tt.o)
			base := strings.TrimSuffix(tt.o.BasePath, "/")
			target, ids := base+"/api/v1/mentions?q=recall&limit=3&order=relevance", []string{}
			for target != "" {
				res, body := get(h, target)
				var page mention.Page
				if err := json.Unmarshal([]byte(body), &page); err != nil || page.Total != 7 {
					t.Fatalf("GET %s: %s, %v", target, body, err)
				}
				for _, row := range page.Rows {
					ids = append(ids, row.ID)
				}
				if target = ""; page.Next != "" {
					link, rel, _ := strings.Cut(strings.TrimPrefix(res.Header.Get("Link"), "<"), ">; ")
					if !strings.HasPrefix(link, tt.want) || rel != `rel="next"` {
						t.Fatalf("Link: %q", res.Header.Get("Link"))
					}
					u, _ := url.Parse(link)
					if u.Query().Get("q") != "recall" || u.Query().Get("order") != "relevance" {
						t.Errorf("Link %s lost the question", link)
					}
					target = base + "/api/v1/mentions?" + u.RawQuery
				}
			}
			if want := []string{"m0", "m1", "m2", "m3", "m4", "m5", "m6"}; !cmp.Equal(ids, want) {
				t.Errorf("ids %v, want %v", ids, want)
			}
		})
	}
}

func TestListsLeadThroughEveryPage(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(5)})
	for list, want := range map[string]int{"incidents": 3, "deliveries": 3, "changes": 5} {
		n := 0
		for target := "/api/v1/" + list + "?limit=1"; target != ""; {
			res, body := get(h, target)
			var page struct {
				Rows []json.RawMessage `json:"rows"`
			}
			if err := json.Unmarshal([]byte(body), &page); err != nil || len(page.Rows) > 1 {
				t.Fatalf("GET %s: %s, %v", target, body, err)
			}
			n += len(page.Rows)
			target, _, _ = strings.Cut(strings.TrimPrefix(res.Header.Get("Link"), "<"), ">")
		}
		if n != want {
			t.Errorf("%s: %d rows over all pages, want %d", list, n, want)
		}
	}
}

func TestProblems(t *testing.T) {
	long := strings.Repeat("a", 20_001)
	many := `{"mentions":[` + strings.Repeat(`{"title":"a"},`, 1000) + `{"title":"a"}]}`
	tests := []struct {
		name, method, path, body string
		err                      error
		status                   int
		kind                     string // the end of the type; "" is one of the library's
	}{
		{"bad query", "GET", "/mentions?q=bad(", "", nil, 400, "bad-query"},
		{"bad query on the stream", "GET", "/events?q=bad(", "", nil, 400, "bad-query"},
		{"bad query to export", "GET", "/export?q=bad(", "", nil, 400, "bad-query"},
		{"bad cursor", "GET", "/mentions?cursor=x", "", nil, 400, "bad-cursor"},
		{"cursor of another list", "GET", "/deliveries?cursor=aW5jaWRlbnRzOmkw", "", nil, 400, "bad-cursor"},
		{"bad event id", "GET", "/events?last_event_id=x", "", nil, 400, "bad-cursor"},
		{"no such mention", "GET", "/mentions/nope", "", nil, 404, "not-found"},
		{"id with slashes", "GET", "/mentions/at:%2F%2Fnope%2Fx/why", "", nil, 404, "not-found"},
		{"no such address", "GET", "/nope", "", nil, 404, "not-found"},
		{"no such incident", "POST", "/incidents/nope/flags", `{"action":"ack"}`, nil, 404, "not-found"},
		{"wrong method", "DELETE", "/mentions", "", nil, 405, "method"},
		{"limit", "GET", "/mentions?limit=501", "", nil, 422, ""},
		{"order", "GET", "/mentions?order=best", "", nil, 422, ""},
		{"unknown parameter", "GET", "/mentions?qq=a", "", nil, 422, ""},
		{"query too long", "GET", "/mentions?q=" + long, "", nil, 422, ""},
		{"zone", "GET", "/histogram?zone=Mars/Base", "", nil, 422, "invalid"},
		{"zone outside of the database", "GET", "/histogram?zone=../../etc/passwd", "", nil, 422, "invalid"},
		{"facet", "GET", "/facets?fields=brand,shoe", "", nil, 422, "invalid"},
		{"event type", "GET", "/events?types=gossip", "", nil, 422, "invalid"},
		{"not JSON", "POST", "/mentions", `{"mentions":`, nil, 400, ""},
		{"unknown field", "POST", "/mentions", `{"mentions":[{"titel":"a"}]}`, nil, 422, ""},
		{"empty mention", "POST", "/mentions", `{"mentions":[{"title":" "}]}`, nil, 422, "invalid"},
		{"link that is no link", "POST", "/mentions", `{"mentions":[{"title":"a","url":"javascript:alert(1)"}]}`, nil, 422, "invalid"},
		{"too many mentions", "POST", "/mentions", many, nil, 422, ""},
		{"tag with a comma", "POST", "/curation", `{"ids":["m0"],"action":"tag","value":"a,b"}`, nil, 422, "invalid"},
		{"snooze without end", "POST", "/incidents/i0/flags", `{"action":"snooze"}`, nil, 422, "invalid"},
		{"snooze into the past", "POST", "/incidents/i0/flags", `{"action":"snooze","until":"2020-01-01T00:00:00Z"}`, nil, 422, "invalid"},
		{"another id", "PUT", "/brands/a", `{"id":"b","name":"B"}`, nil, 422, "invalid"},
		{"bad role", "PUT", "/brands/a", `{"id":"a","name":"A","role":"king"}`, nil, 422, "invalid"},
		{"defined by file", "PUT", "/brands/brillux", `{"id":"brillux","name":"B"}`, nil, 409, "read-only"},
		{"nothing to delete", "DELETE", "/labels/nope", "", nil, 404, "not-found"},
		{"faults of the backend", "PUT", "/rules/r", `{"id":"r"}`, &api.InvalidError{Faults: []string{"kind is missing"}}, 422, "invalid"},
		{"conflict", "POST", "/deliveries/d0/redeliver", "", fmt.Errorf("%w: the receiver is gone", api.ErrConflict), 409, "conflict"},
		{"unavailable", "GET", "/count", "", fmt.Errorf("index: %w", api.ErrUnavailable), 503, "unavailable"},
		{"anything else", "GET", "/count", "", errors.New("disk /secret/path is full"), 500, "internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFake(3)
			f.err = tt.err
			res, body := answer(handler(t, api.Options{Backend: f}), request(tt.method, "/api/v1"+tt.path, tt.body))
			if res.StatusCode != tt.status || res.Header.Get("Content-Type") != "application/problem+json" {
				t.Fatalf("%d %s %s, want %d", res.StatusCode, res.Header.Get("Content-Type"), body, tt.status)
			}
			var p struct {
				Type, Title, Detail string
				Status              int
				Messages            []struct{ Code, Message string }
			}
			if err := json.Unmarshal([]byte(body), &p); err != nil {
				t.Fatal(err)
			}
			if p.Status != tt.status || p.Title == "" || p.Detail == "" || (tt.kind != "" && p.Type != "urn:earshot:"+tt.kind) {
				t.Errorf("problem %s", body)
			}
			if tt.kind == "bad-query" && (len(p.Messages) == 0 || p.Messages[0].Code == "") {
				t.Errorf("no messages in %s", body)
			}
			if tt.status == 503 && res.Header.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
			if strings.Contains(body, "/secret/path") {
				t.Errorf("an internal error was told: %s", body)
			}
		})
	}
}

func TestBodyIsCapped(t *testing.T) {
	r := request("POST", "/api/v1/mentions", `{"mentions":[{"text":"`+strings.Repeat("a", 17<<20)+`"}]}`)
	if res, body := answer(handler(t, api.Options{Backend: newFake(0)}), r); res.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("17 MiB: %d %s, want 413", res.StatusCode, body)
	}
}

func TestPush(t *testing.T) {
	f := newFake(0)
	h := handler(t, api.Options{Backend: f})
	res, body := answer(h, request("POST", "/api/v1/mentions", `{"mentions":[
		{"url":"https://a.example/1","title":"Hello","published":"2026-11-20T10:00:00.1239+01:00","country":"CH"},
		{"guid":"x:1","source":"crm","text":"There","kind":"review","rating":2}]}`))
	if want := `{"new":2,"revised":0,"unchanged":0,"refused":0,"ids":["p1"],"seq":7}`; res.StatusCode != http.StatusOK || body != want {
		t.Errorf("%d %s, want %s", res.StatusCode, body, want)
	}
	two := 2.0
	want := []mention.Mention{
		{Origin: mention.OriginPush, URL: "https://a.example/1", Title: "Hello", Country: "ch", Published: day.Add(-30 * 60e9).Add(123e6)},
		{GUID: "x:1", Source: "crm", Origin: mention.OriginPush, Kind: mention.KindReview, Text: "There", Rating: &two},
	}
	if diff := cmp.Diff(want, f.pushed); diff != "" {
		t.Errorf("pushed (-want +got):\n%s", diff)
	}
}

func TestWhy(t *testing.T) {
	f := newFake(2)
	f.curated = []mention.CurationEvent{{ID: "m0", Actor: "ada", Action: mention.CurateStar, At: day}}
	res, body := get(handler(t, api.Options{Backend: f}), "/api/v1/mentions/m0/why?q=(recall*+AND+NOT+launch)+OR+shoe")
	var why api.Why
	if err := json.Unmarshal([]byte(body), &why); err != nil || res.StatusCode != http.StatusOK || why.Query == nil {
		t.Fatalf("%d %s: %v", res.StatusCode, body, err)
	}
	parts := []api.Clause{{Query: "recall*", Matches: true}, {Query: "NOT launch", Matches: true}, {Query: "shoe", Matches: false}}
	if diff := cmp.Diff(parts, why.Query.Clauses); diff != "" {
		t.Errorf("clauses (-want +got):\n%s", diff)
	}
	if !why.Query.Matches || len(why.Brands) != 1 || why.Brands[0].Why == "" || len(why.Sentiment.Evidence) != 1 ||
		len(why.Labels) != 1 || why.Labels[0].Query != "recall*" || len(why.Curation) != 1 || len(why.Deliveries) != 3 || why.Deliveries[0].Payload != nil {
		t.Errorf("why = %s", body)
	}
}

func TestReady(t *testing.T) {
	f := newFake(1)
	h := handler(t, api.Options{Backend: f})
	if res, body := get(h, "/readyz"); res.StatusCode != http.StatusOK || body != `{"ready":true,"reasons":[]}` {
		t.Errorf("ready: %d %s", res.StatusCode, body)
	}
	f.reasons = []string{"the index is being rebuilt: 40 %"}
	if res, body := get(h, "/readyz"); res.StatusCode != http.StatusServiceUnavailable || body != `{"ready":false,"reasons":["the index is being rebuilt: 40 %"]}` {
		t.Errorf("not ready: %d %s", res.StatusCode, body)
	}
	if res, body := get(h, "/healthz"); res.StatusCode != http.StatusOK || body != "ok" {
		t.Errorf("healthz: %d %s", res.StatusCode, body)
	}
}

func TestMetricsCountByRoute(t *testing.T) {
	registry := prometheus.NewRegistry()
	h := handler(t, api.Options{Backend: newFake(2), Registry: registry})
	get(h, "/api/v1/mentions/m0")
	get(h, "/api/v1/mentions/m1")
	get(h, "/wp-login.php")
	_, body := get(h, "/metrics")
	for _, want := range []string{
		`earshot_http_requests_total{code="200",route="GET /api/v1/mentions/{id}"} 2`,
		`earshot_http_requests_total{code="404",route="/"} 1`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("metrics lack %s", want)
		}
	}
	if strings.Contains(body, "wp-login") {
		t.Error("a path of the world became a label")
	}
	if _, err := api.New(api.Options{Backend: newFake(0), Registry: registry}); err == nil {
		t.Error("registering twice gave no error")
	}
}

func TestPanicsAreProblems(t *testing.T) {
	boom := http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("boom") })
	h := handler(t, api.Options{Backend: newFake(0), Extra: map[string]http.Handler{"/boom": boom}})
	if res, body := get(h, "/boom"); res.StatusCode != http.StatusInternalServerError || strings.Contains(body, "boom") {
		t.Errorf("%d %s", res.StatusCode, body)
	}
}

func TestEveryAnswerHasSafeHeaders(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(2), Extra: map[string]http.Handler{"/inbox": http.NotFoundHandler()}})
	policy := regexp.MustCompile(`^default-src 'none'(; (script-src|style-src|img-src|connect-src|form-action) 'self'|; base-uri 'none'|; frame-ancestors 'none'|; sandbox|; require-trusted-types-for 'script'|; trusted-types 'none')*$`)
	for _, path := range []string{
		"/", "/mentions", "/mentions/m0", "/alerts", "/sources", "/assets/app.js", "/api/v1/docs", "/api/v1/mentions", "/api/v1/export", "/api/v1/export?format=csv",
		"/api/v1/openapi.json", "/assets/style.css", "/assets/icon.svg", "/healthz", "/metrics", "/nope", "/api/v1/nope", "/inbox",
	} {
		res, _ := get(h, path)
		if csp := res.Header.Get("Content-Security-Policy"); !policy.MatchString(csp) {
			t.Errorf("%s: policy %q", path, csp)
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	h := handler(b, api.Options{Backend: newFake(1000), Tokens: tokens()})
	for b.Loop() {
		r := request("GET", "/api/v1/mentions?q=recall&limit=50", "")
		r.Header.Set("Authorization", "Bearer read")
		if res, body := answer(h, r); res.StatusCode != http.StatusOK {
			b.Fatal(res.StatusCode, body)
		}
	}
}

func BenchmarkHome(b *testing.B) {
	h := handler(b, api.Options{Backend: newFake(1000)})
	for b.Loop() {
		if res, body := get(h, "/?q=recall"); res.StatusCode != http.StatusOK {
			b.Fatal(res.StatusCode, body)
		}
	}
}
