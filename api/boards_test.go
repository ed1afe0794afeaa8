package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"earshot/api"
)

func postForm(h http.Handler, target string, values url.Values) (*http.Response, string) {
	r := request(http.MethodPost, target, values.Encode())
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return answer(h, r)
}

func TestBoardIsMadeOnThePage(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	if _, body := get(h, "/boards"); !strings.Contains(body, "None yet") || !strings.Contains(body, "/boards/new") {
		t.Error("an empty list does not say what to do")
	}
	if res, body := get(h, "/boards/new?q=recall"); res.StatusCode != http.StatusOK || !strings.Contains(body, "recall</textarea>") {
		t.Errorf("new: %d", res.StatusCode)
	}
	typed := url.Values{"id": {"desk"}, "name": {"Service desk"}, "new": {"1"}, "period": {"30d"}, "part0.breakdown": {"brnd"}, "part2.text": {"Answer within a day."}}
	if res, body := postForm(h, "/boards", typed); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "did you mean brand?") || !strings.Contains(body, "Answer within a day.") {
		t.Errorf("a fault: %d, want it told and nothing lost", res.StatusCode)
	}
	typed.Set("part0.breakdown", "brand")
	typed.Set("part1.chart", "lines")
	if res, body := postForm(h, "/boards", typed); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("save: %d %s", res.StatusCode, body)
	}
	res, body := get(h, "/boards/desk")
	for _, want := range []string{"Service desk", "By brand", "Mentions over time", "Answer within a day.", "/api/v1/reports/board?", "/mentions?q=", "<svg"} {
		if !strings.Contains(body, want) {
			t.Errorf("the board lacks %q", want)
		}
	}
	if res.StatusCode != http.StatusOK || len(body) > 150<<10 {
		t.Errorf("board: %d, %d bytes", res.StatusCode, len(body))
	}
	for path, want := range map[string]int{"/boards/desk?q=bad(": 400, "/boards/none": 404, "/boards/desk/edit": 200, "/boards/desk?period=all": 200, "/api/v1/reports/board?name=none": 404} {
		if res, body := get(h, path); res.StatusCode != want {
			t.Errorf("%s: %d %.200s, want %d", path, res.StatusCode, body, want)
		}
	}
	if res, _ := postForm(h, "/reports", url.Values{"kind": {"board"}, "name": {"desk"}, "period": {"7d"}}); res.StatusCode != http.StatusSeeOther || len(f.kept) != 1 {
		t.Errorf("keep: %d, %d kept", res.StatusCode, len(f.kept))
	}
	if res, _ := postForm(h, "/boards/desk/delete", url.Values{}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("delete: %d", res.StatusCode)
	}
}
