package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"earshot/api"
	"earshot/mention"
)

func TestCrisisSheetIsMailedFromItsPage(t *testing.T) {
	for who, want := range map[string]int{"root": 303, "ann": 303, "vic": 403, "ag": 404} {
		f, people := newFake(1), team()
		people.users["ag"] = mention.User{Name: "ag", Role: "analyst", Scope: "source:wire", Password: passHash}
		f.receivers = append(f.receivers, api.ReceiverInfo{ID: "desk", Kind: "email", To: []string{"desk@corp.example", `"<script>"@corp.example`}, State: api.ReceiverOK})
		h := cheap(t, api.Options{Backend: f, People: people})
		cookie := signIn(t, h, who)
		_, body := page(h, "/incidents/i0", cookie)
		if got := strings.Contains(body, "Mail it"); got != (want == 303) {
			t.Errorf("%s is offered it: %v", who, got)
		}
		if faults := faultsOf(t, body); len(faults) > 0 {
			t.Error(faults)
		}
		r := form("/incidents/i0/mail", url.Values{"to": {"desk@corp.example"}})
		r.AddCookie(cookie)
		if res, body := answer(h, r); res.StatusCode != want {
			t.Errorf("%s: %d, want %d\n%s", who, res.StatusCode, want, body)
		}
		if got := len(f.mailed) == 1; got != (want == 303) {
			t.Errorf("%s: mailed to %q", who, f.mailed)
		}
	}
	r := form("/incidents/i0/mail", url.Values{"to": {"desk"}})
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	if res, _ := answer(handler(t, api.Options{Backend: newFake(1)}), r); res.StatusCode != http.StatusForbidden {
		t.Errorf("from another origin: %d", res.StatusCode)
	}
}
