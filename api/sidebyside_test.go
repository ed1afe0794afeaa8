package api_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"earshot/api"
	"earshot/mention"
	"earshot/report"
)

func TestTwoStandSideBySide(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	tests := []struct {
		name, query string
		status      int
		want        []string
	}{
		{"alone", "", 200, []string{"Set two side by side", "of all", `<option value="brand:&#34;brillux&#34;">`}},
		{"two segments", "?q=recall&q2=leak&period=7d", 200, []string{"In figures", "B against A", ">8</a> in both", "New in A", "/api/v1/compare/rows?", "q2=leak", `value="leak"`, "as many"}},
		{"the period before", "?q=recall&than=before&from=2026-03-08&to=2026-03-14", 200, []string{"8 Mar 2026 – 14 Mar 2026", "1 Mar 2026 – 7 Mar 2026", "each from its beginning", "from2=2026-03-01"}},
		{"two periods by hand", "?from=2026-03-08&to=2026-03-14&from2=2026-02-01&to2=2026-02-07", 200, []string{"1 Feb 2026 – 7 Feb 2026", `value="2026-02-07"`}},
		{"by another dimension", "?q=recall&q2=leak&by=site", 200, []string{"By sites"}},
		{"no period before", "?than=before&period=all", 200, []string{"There is no period before", "of all"}},
		{"days out of order", "?from2=2026-03-08&to2=2026-03-01", 200, []string{"two days in order"}},
		{"a fault in B", "?q=recall&q2=bad(", 400, []string{"role=\"alert\""}},
		{"text of the world", "?q2=%3Cscript%3Ealert(1)", 200, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			res, body := get(h, "/compare"+tt.query)
			if res.StatusCode != tt.status && tt.want != nil {
				t.Errorf("%s: %d, want %d", tt.query, res.StatusCode, tt.status)
			}
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("%s lacks %q", tt.query, want)
				}
			}
			if strings.Contains(body, "<script>alert") {
				t.Error("a query is markup")
			}
		})
	}
}

func TestComparisonIsTidyRows(t *testing.T) {
	h := handler(t, api.Options{Backend: newFake(3)})
	res, body := get(h, "/api/v1/compare?q=recall&q2=leak&from=2026-03-08&to=2026-03-14&by=site")
	var c mention.Comparison
	if err := json.Unmarshal([]byte(body), &c); err != nil || res.StatusCode != http.StatusOK || c.By != "site" || c.A.Query != "recall" || c.B.Query != "leak" || len(c.A.Figures) == 0 || c.Both == nil {
		t.Fatalf("%d %.300s, %v", res.StatusCode, body, err)
	}
	if c.A.Figures[0].Previous == nil {
		t.Error("a figure lacks the period before")
	}
	res, body = get(h, "/api/v1/compare/rows?q=recall&than=before&from=2026-03-08&to=2026-03-14")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if err != nil || res.StatusCode != http.StatusOK || len(rows) < 7 || rows[0][0] != "part" || rows[1][1] != "volume" || rows[1][2] != "8" || rows[1][6] != "8" {
		t.Errorf("csv: %d %v, %v", res.StatusCode, rows, err)
	}
	if res, body := get(h, "/api/v1/compare/rows?format=xlsx&q2=leak"); res.StatusCode != http.StatusOK || !strings.HasPrefix(body, "PK") {
		t.Errorf("xlsx: %d %.20q", res.StatusCode, body)
	}
	for path, want := range map[string]int{"?than=before": 422, "?by=day": 422, "?q2=" + url.QueryEscape("bad("): 400, "?from2=nonsense": 422} {
		if res, body := get(h, "/api/v1/compare"+path); res.StatusCode != want {
			t.Errorf("%s: %d %.200s, want %d", path, res.StatusCode, body, want)
		}
	}
}

// slow is a backend whose key figures wait.
type slow struct {
	*fake
	asked, wait chan struct{}
}

func (s slow) Scorecard(ctx context.Context, k mention.KPISearch) (mention.Scorecard, error) {
	s.asked <- struct{}{}
	<-s.wait
	return s.fake.Scorecard(ctx, k)
}

// TestComparisonTakesThePlacesOfItsQuestions asks for ten at one time: they hold
// thirty of the places for questions, and one more finds too few.
func TestComparisonTakesThePlacesOfItsQuestions(t *testing.T) {
	const most = 32 / report.AtOnce
	s := slow{newFake(3), make(chan struct{}, 3*most), make(chan struct{})}
	h := handler(t, api.Options{Backend: s})
	var wg sync.WaitGroup
	for i := range most {
		path := map[bool]string{true: "/compare?q2=leak", false: "/api/v1/compare?q2=leak"}[i%2 == 0]
		wg.Go(func() {
			if res, body := get(h, path); res.StatusCode != http.StatusOK {
				t.Errorf("%s: %d %.200s", path, res.StatusCode, body)
			}
		})
	}
	for range 2 * most { // both sides of each
		<-s.asked
	}
	for _, path := range []string{"/api/v1/compare?q2=leak", "/api/v1/compare/rows?q2=leak", "/compare?q2=leak"} {
		if res, body := get(h, path); res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("%s beside %d others: %d %.200s, want 503", path, most, res.StatusCode, body)
		}
	}
	if res, body := get(h, "/api/v1/count"); res.StatusCode != http.StatusOK {
		t.Errorf("a single question beside them: %d %.200s", res.StatusCode, body)
	}
	close(s.wait)
	wg.Wait()
	if res, body := get(h, "/compare?q2=leak"); res.StatusCode != http.StatusOK {
		t.Errorf("when they are done: %d %.200s", res.StatusCode, body)
	}
}

// broken is a backend that panics.
type broken struct{ *fake }

func (broken) Aggregate(context.Context, mention.Aggregation) (mention.Table, error) {
	panic("a damaged file")
}

// TestPanicOfOneOfSeveralQuestionsIsAnAnswer: they are asked in goroutines of
// their own, where it would end the daemon.
func TestPanicOfOneOfSeveralQuestionsIsAnAnswer(t *testing.T) {
	var log bytes.Buffer
	h := handler(t, api.Options{Backend: broken{newFake(3)}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	for path, want := range map[string]int{"/api/v1/compare?q2=leak": 500, "/api/v1/compare/rows?q2=leak": 500, "/compare?q2=leak": 500, "/": 200} {
		log.Reset()
		res, body := get(h, path)
		if res.StatusCode != want || want == 200 && !strings.Contains(body, "The brands cannot be told now.") {
			t.Errorf("%s: %d %.300s, want %d", path, res.StatusCode, body, want)
		}
		if !strings.Contains(log.String(), "a damaged file") || !strings.Contains(log.String(), "sidebyside_test.go") {
			t.Errorf("%s: the log does not say what panicked, and where: %s", path, log.String())
		}
	}
}
