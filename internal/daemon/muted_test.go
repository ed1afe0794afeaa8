package daemon

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"earshot/internal/config"
	"earshot/mention"
)

// trendTerms are the terms that trends tell.
func (h *house) trendTerms() []string {
	h.t.Helper()
	var body mention.Trends
	h.get("/api/v1/trends?from=-2d&past=60d&size=50", &body)
	var terms []string
	for _, r := range body.Rows {
		terms = append(terms, r.Kind+" "+strings.ToLower(r.Term))
	}
	return terms
}

// TestMutedTermsAreNotTold mutes what trends tell: they follow at once, also
// after a restart and without the daemon, and nothing else changes.
func TestMutedTermsAreNotTold(t *testing.T) {
	dir := t.TempDir()
	h := keepHouse(t, dir, brands+"muted: [Giveaway]\n")
	var past []string
	for i := range 80 {
		past = append(past, fmt.Sprintf(`{"url":"https://old.example/%d","title":"Acme has weather %d","published":%q}`, i, i, time.Now().UTC().Add(-time.Duration(60+12*i)*time.Hour).Format(time.RFC3339)))
	}
	if code, body := h.send(http.MethodPost, "/api/v1/mentions", `{"mentions":[`+strings.Join(past, ",")+`]}`); code != http.StatusOK {
		t.Fatalf("the past: %d %s", code, body)
	}
	var titles []string
	for _, n := range []string{"one", "two", "three", "four", "five", "six", "seven", "eight"} {
		titles = append(titles, "Acme recalls brackets number "+n, "Giveaway: lanterns number "+n)
	}
	h.push(titles...)
	h.eventually("all are found", func() bool { return h.count("recalls") == 8 && h.count("lanterns") == 8 })
	told := h.trendTerms()
	if !slices.Contains(told, "term recalls") || !slices.Contains(told, "term lanterns") || slices.Contains(told, "term giveaway") {
		t.Fatalf("trends tell %q, want recalls and lanterns, and not what the file mutes", told)
	}
	if code, body := h.send(http.MethodPost, "/api/v1/muted-terms", `{"term":"RECALLS"}`); code != http.StatusCreated || !strings.Contains(body, `"by":"local"`) {
		t.Fatalf("mute: %d %s", code, body)
	}
	if code, body := h.send(http.MethodPost, "/api/v1/muted-terms", `{"term":"recalls"}`); code != http.StatusCreated || !strings.Contains(body, `"term":"RECALLS"`) {
		t.Errorf("muting it again: %d %s, want it as it was", code, body)
	}
	h.muteByKey()
	want := slices.DeleteFunc(slices.Clone(told), func(s string) bool { return s == "term recalls" })
	lacks := func(when string, got []string) {
		t.Helper()
		if slices.Contains(got, "term recalls") || !slices.Contains(got, "term lanterns") || len(got) < len(want) {
			t.Errorf("%s trends tell %q, want %q", when, got, want)
		}
	}
	lacks("at once", h.trendTerms())
	if n := h.count("recalls"); n != 8 {
		t.Errorf("%d are counted, want all 8", n)
	}
	h.stop()
	h.start()
	lacks("after a restart", h.trendTerms())
	var list struct{ Rows []mention.MutedTerm }
	h.get("/api/v1/muted-terms", &list)
	if len(list.Rows) != 2 || list.Rows[0].Term != "Giveaway" || list.Rows[0].By != "file" || list.Rows[1].At.IsZero() {
		t.Errorf("muted: %+v", list.Rows)
	}
	if code, _ := h.send(http.MethodDelete, "/api/v1/muted-terms/"+list.Rows[0].ID, ""); code != http.StatusConflict {
		t.Errorf("unmuting what the file mutes: %d, want 409", code)
	}
	h.stop()
	offlineTrends(t, h.path)
	h.start()
	if code, body := h.send(http.MethodDelete, "/api/v1/muted-terms/"+list.Rows[1].ID, ""); code != http.StatusNoContent {
		t.Errorf("unmute: %d %s", code, body)
	}
	if got := h.trendTerms(); !slices.Contains(got, "term recalls") {
		t.Errorf("unmuted, trends tell %q", got)
	}
}

// muteByKey mutes a story by its key; what is no story's key is told.
func (h *house) muteByKey() {
	h.t.Helper()
	var page mention.Page
	h.get("/api/v1/mentions?q=weather&limit=1", &page)
	if len(page.Rows) != 1 || page.Rows[0].Story == "" {
		h.t.Fatalf("no story: %+v", page.Rows)
	}
	for _, tt := range []struct {
		name, key, want string
		status          int
	}{
		{"a word", "lanterns", "key: there is no story", http.StatusUnprocessableEntity},
		{"words", "lanterns number", "leave the key out", http.StatusUnprocessableEntity},
		{"a quote", "x\" OR story:\"", "leave the key out", http.StatusUnprocessableEntity},
		{"a pattern", "*", "key: there is no story", http.StatusUnprocessableEntity},
		{"a story", page.Rows[0].Story, `"key":`, http.StatusCreated},
	} {
		body, err := json.Marshal(map[string]string{"term": "Weather", "key": tt.key})
		if err != nil {
			h.t.Fatal(err)
		}
		code, text := h.send(http.MethodPost, "/api/v1/muted-terms", string(body))
		if code != tt.status || !strings.Contains(text, tt.want) {
			h.t.Errorf("muting by the key %s: %d %s, want %d and %q", tt.name, code, text, tt.status, tt.want)
		}
		if code == http.StatusCreated {
			var m mention.MutedTerm
			if err := json.Unmarshal([]byte(text), &m); err != nil {
				h.t.Fatal(err)
			}
			if code, text := h.send(http.MethodDelete, "/api/v1/muted-terms/"+m.ID, ""); code != http.StatusNoContent {
				h.t.Errorf("unmuting the story: %d %s", code, text)
			}
		}
	}
}

// offlineTrends asks without the daemon.
func offlineTrends(t *testing.T, path string) {
	t.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(t.Context(), cfg.DataDir(), cfg.Location(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Mute(cfg.Muted)
	got, err := s.Trends(t.Context(), mention.TrendSearch{From: now().AddDate(0, 0, -2), Size: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got.Rows {
		if r.Kind == mention.TrendTerm && (strings.EqualFold(r.Term, "recalls") || strings.EqualFold(r.Term, "giveaway")) {
			t.Errorf("without the daemon trends tell %q", r.Term)
		}
	}
}
