package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"earshot/api"
)

func TestRuleIsTriedBeforeItIsSaved(t *testing.T) {
	f := newFake(3)
	h := handler(t, api.Options{Backend: f})
	try := func(match, kind string) (int, string) {
		res, body := postForm(h, "/rules/try", url.Values{"new": {"1"}, "kind": {kind}, "match": {match}, "count": {"5"}, "window": {"1h"}, "days": {"30"}})
		return res.StatusCode, body
	}
	status, body := try("recall", "threshold")
	for _, want := range []string{"1 firing", "0.2 a week", "With a count of <strong>7</strong>", "12 mentions within 1h", "When it would have fired", `value="5"`, "as if each mention"} {
		if status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%d, the page lacks %q", status, want)
		}
	}
	if len(f.objects) != 0 {
		t.Error("trying a rule saved it")
	}
	if status, body := try("slow", "threshold"); status != http.StatusOK || !strings.Contains(body, "Still reading: 12,000 entries") {
		t.Errorf("a long one: %d, want it to say how far it is", status)
	}
	if status, body := try("recall", "odd"); status != http.StatusUnprocessableEntity || !strings.Contains(body, "kind odd is not known") || !strings.Contains(body, "recall</textarea>") {
		t.Errorf("a wrong one: %d, want the fault told and nothing lost", status)
	}
}
