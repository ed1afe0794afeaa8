package alerts

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"earshot/internal/egress"
)

func TestHeartbeat(t *testing.T) {
	var got string
	status := http.StatusOK
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = fmt.Sprintf("%s %s %s", r.Method, r.URL, body)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
	}))
	defer s.Close()
	for _, tt := range []struct {
		method, want string
		status       int
		fault        string
	}{
		{"", "GET /ping/token?x=1 ", 200, ""},
		{"get", "GET /ping/token?x=1 ", 204, ""},
		{"post", `POST /ping/token?x=1 {"type":"heartbeat","timestamp":"` + start.UTC().Format("2006-01-02T15:04:05Z") + `"}`, 200, ""},
		{"", "GET /ping/token?x=1 ", 500, "500"},
		{"", "GET /ping/token?x=1 ", 302, "redirect"},
	} {
		status = tt.status
		h, err := NewHeartbeat(Receiver{ID: "pulse", Kind: ReceiverHeartbeat, URL: s.URL + "/ping/token?x=1", Method: tt.method}, testEgress(t, egress.Config{}), nil)
		if err != nil {
			t.Fatal(err)
		}
		err = h.Beat(t.Context(), start)
		if said := fmt.Sprint(err); got != tt.want || (err == nil) != (tt.fault == "") || !strings.Contains(said, tt.fault) && err != nil {
			t.Errorf("Beat by %q answered %d: %q, %v; want %q", tt.method, tt.status, got, err, tt.want)
		} else if strings.Contains(said, "token") {
			t.Errorf("the error shows the address: %v", err)
		}
	}
	if _, err := New(Receiver{ID: "pulse", Kind: ReceiverHeartbeat, URL: s.URL}, testEgress(t, egress.Config{}), nil, nil); err == nil {
		t.Error("New gave a heartbeat notices")
	}
	faults := CheckRules([]Rule{{ID: "r", Match: "recall", Notify: Words{"pulse"}}}, []Receiver{{ID: "pulse", Kind: ReceiverHeartbeat, URL: s.URL}})
	if len(faults) != 1 || !strings.Contains(faults[0].Error(), "pulse") {
		t.Errorf("a rule that tells a heartbeat: %v", faults)
	}
}
