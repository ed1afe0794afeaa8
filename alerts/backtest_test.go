package alerts

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"earshot/internal/egress"
)

func TestHistoryThatArrivedAtOnce(t *testing.T) {
	to := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return to.Add(-d) }
	for name, tt := range map[string]struct {
		from, published time.Time
		want            bool
	}{
		"an import of a year":       {ago(time.Minute), ago(365 * 24 * time.Hour), true},
		"collected as it came":      {ago(60 * 24 * time.Hour), ago(61 * 24 * time.Hour), false},
		"a day of a young daemon":   {ago(time.Hour), ago(24 * time.Hour), false},
		"nothing says when it came": {ago(time.Minute), time.Time{}, false},
	} {
		if r := (BacktestResult{From: tt.from, To: to, Published: tt.published}); r.AtOnce() != tt.want {
			t.Errorf("%s: AtOnce = %v, want %v", name, !tt.want, tt.want)
		}
	}
}

func TestHeadline(t *testing.T) {
	for _, tt := range []struct{ title, text, want string }{
		{"A title", "a text", "A title"}, {"", " so it\n begins ", "so it begins"}, {"", "", ""},
	} {
		if got := headline(tt.title, tt.text); got != tt.want {
			t.Errorf("headline(%q, %q) = %q, want %q", tt.title, tt.text, got, tt.want)
		}
	}
}

func TestASilentReceiverIsToldInWords(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer s.Close()
	n, err := New(Receiver{ID: "slow", Kind: ReceiverWebhook, URL: s.URL, SecretFile: writeFile(t, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")}, testEgress(t, egress.Config{}), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	n.(*webhook).client.Timeout = 50 * time.Millisecond
	d, err := Attempt(t.Context(), n, testDelivery(), time.Now())
	if err == nil || !strings.HasPrefix(d.Error, "it did not answer within ") {
		t.Errorf("Attempt = %q, %v; want it said that there was no answer", d.Error, err)
	}
}
