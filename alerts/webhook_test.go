package alerts

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

const (
	vectorSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	vectorID     = "msg_p5jXN8AQM9LWM0D4loKWxJek"
	vectorStamp  = 1614265330
	vectorBody   = `{"test": 2432232314}`
	vectorSign   = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
)

func vectorHeader(signature string) http.Header {
	h := http.Header{}
	h.Set(HeaderID, vectorID)
	h.Set(HeaderTimestamp, "1614265330")
	h.Set(HeaderSignature, signature)
	return h
}

func TestPublishedVector(t *testing.T) {
	key, err := signingKey(vectorSecret)
	if err != nil {
		t.Fatal(err)
	}
	if got := sign(key, vectorID, "1614265330", []byte(vectorBody)); got != vectorSign {
		t.Errorf("sign = %s, want %s", got, vectorSign)
	}
}

func TestVerifyWebhook(t *testing.T) {
	now := time.Unix(vectorStamp, 0)
	tests := []struct {
		name   string
		secret string
		header http.Header
		body   string
		now    time.Time
		want   error
	}{
		{"good", vectorSecret, vectorHeader(vectorSign), vectorBody, now, nil},
		{"good, bare secret", strings.TrimPrefix(vectorSecret, "whsec_"), vectorHeader(vectorSign), vectorBody, now, nil},
		{"good, second of two", vectorSecret, vectorHeader("v1,AAAA " + vectorSign), vectorBody, now, nil},
		{"good, 5 minutes later", vectorSecret, vectorHeader(vectorSign), vectorBody, now.Add(5 * time.Minute), nil},
		{"another body", vectorSecret, vectorHeader(vectorSign), vectorBody + " ", now, ErrBadSignature},
		{"another secret", "whsec_" + strings.Repeat("A", 32), vectorHeader(vectorSign), vectorBody, now, ErrBadSignature},
		{"another version", vectorSecret, vectorHeader(strings.Replace(vectorSign, "v1,", "v2,", 1)), vectorBody, now, ErrBadSignature},
		{"6 minutes late", vectorSecret, vectorHeader(vectorSign), vectorBody, now.Add(6 * time.Minute), ErrOldTimestamp},
		{"6 minutes early", vectorSecret, vectorHeader(vectorSign), vectorBody, now.Add(-6 * time.Minute), ErrOldTimestamp},
		{"no headers", vectorSecret, http.Header{}, vectorBody, now, ErrNoSignature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := VerifyWebhook(tt.secret, tt.header, []byte(tt.body), tt.now); !errors.Is(err, tt.want) {
				t.Errorf("VerifyWebhook = %v, want %v", err, tt.want)
			}
		})
	}
	if err := VerifyWebhook("short", vectorHeader(vectorSign), nil, now); err == nil {
		t.Error("VerifyWebhook took a secret of 3 bytes")
	}
}

func FuzzVerifyWebhook(f *testing.F) {
	f.Add("1614265330", vectorSign, vectorBody)
	f.Add("-9223372036854775808", "v1,", "")
	f.Add("9223372036854775807", strings.Repeat("v1,A ", 100), "x")
	f.Fuzz(func(t *testing.T, stamp, signature, body string) {
		h := http.Header{HeaderID: {vectorID}}
		h.Set(HeaderID, vectorID)
		h.Set(HeaderTimestamp, stamp)
		h.Set(HeaderSignature, signature)
		err := VerifyWebhook(vectorSecret, h, []byte(body), time.Unix(vectorStamp, 0))
		key, _ := signingKey(vectorSecret)
		if signed := strings.Contains(signature, sign(key, vectorID, stamp, []byte(body))); err == nil && !signed {
			t.Errorf("timestamp %q, signature %q, body %q was taken", stamp, signature, body)
		}
	})
}

func testWebhook(t *testing.T, url string, change ...func(*Receiver)) Notifier {
	t.Helper()
	r := Receiver{ID: "hook", Kind: ReceiverWebhook, URL: url, SecretFile: writeFile(t, vectorSecret+"\n")}
	for _, c := range change {
		c(&r)
	}
	n, err := New(r, testEgress(t, egress.Config{}), nil, nil)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return n
}

func testDelivery() mention.Delivery {
	return mention.Delivery{ID: "ntc_abc", Incident: "inc_abc", Type: TypeFiring, State: mention.DeliveryPending, Payload: []byte(`{"type":"incident.firing"}`), Created: start, Next: start}
}

func TestWebhookIsSigned(t *testing.T) {
	newSecret := "whsec_" + base64.StdEncoding.EncodeToString([]byte("another secret of 24 byt"))
	var calls atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		body, _ := io.ReadAll(r.Body)
		for _, secret := range []string{vectorSecret, newSecret} {
			if err := VerifyWebhook(secret, r.Header, body, time.Now()); err != nil {
				t.Errorf("VerifyWebhook(%s): %v", secret, err)
			}
		}
		if id := r.Header.Get(HeaderID); id != "ntc_abc" {
			t.Errorf("%s %q", HeaderID, id)
		}
	}))
	defer s.Close()
	n := testWebhook(t, s.URL, func(r *Receiver) { r.OldSecretFile = writeFile(t, newSecret) })
	for range 2 {
		if err := n.Notify(t.Context(), testDelivery()); err != nil {
			t.Fatalf("Notify: %v", err)
		}
	}
	if calls.Load() != 2 {
		t.Errorf("%d calls", calls.Load())
	}
}

func TestWebhookReadsTheAnswer(t *testing.T) {
	var hits atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer elsewhere.Close()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   *NotifyError // nil means taken
	}{
		{"200", func(http.ResponseWriter, *http.Request) {}, nil},
		{"204", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }, nil},
		{"500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, &NotifyError{Status: 500}},
		{"404", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, &NotifyError{Status: 404}},
		{"410 for good", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) }, &NotifyError{Status: 410, Permanent: true}},
		{"a redirect is refused", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
		}, &NotifyError{Status: 307}},
		{"503 with Retry-After", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, &NotifyError{Status: 503, RetryAfter: 2 * time.Minute}},
		{"an endless answer", func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				if _, err := w.Write(make([]byte, 64<<10)); err != nil {
					return
				}
			}
		}, nil},
		{"a torn connection", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, &NotifyError{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := httptest.NewServer(tt.answer)
			defer s.Close()
			err := testWebhook(t, s.URL+"/hook?token=canary").Notify(t.Context(), testDelivery())
			if err == nil && tt.want == nil {
				return
			}
			got, ok := errors.AsType[*NotifyError](err)
			if !ok || tt.want == nil {
				t.Fatalf("Notify = %v, want %v", err, tt.want)
			}
			if got.Status != tt.want.Status || got.Permanent != tt.want.Permanent || got.RetryAfter != tt.want.RetryAfter {
				t.Errorf("Notify = %+v, want %+v", got, tt.want)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error shows the address: %v", err)
			}
		})
	}
	if hits.Load() != 0 {
		t.Errorf("a redirect was followed %d times", hits.Load())
	}
}

func TestWebhookKeepsToTheGuard(t *testing.T) {
	hit := false
	s := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hit = true }))
	defer s.Close()
	eg, err := egress.New(egress.Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer eg.CloseIdle()
	n, err := New(Receiver{ID: "hook", Kind: ReceiverWebhook, URL: s.URL, SecretFile: writeFile(t, vectorSecret)}, eg, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Notify(t.Context(), testDelivery()); err == nil || hit {
		t.Errorf("Notify of a private address = %v, hit %v", err, hit)
	}
}

func TestWebhookSecretFaults(t *testing.T) {
	for _, content := range []string{"", "whsec_%%%", "whsec_AAAA", "whsec_" + strings.Repeat("A", 400)} {
		_, err := New(Receiver{ID: "hook", Kind: ReceiverWebhook, URL: "https://x.example", SecretFile: writeFile(t, content)}, testEgress(t, egress.Config{}), nil, nil)
		if err == nil {
			t.Errorf("New took the secret %.20q", content)
		}
	}
}

func TestNextTry(t *testing.T) {
	fail := errors.New("no")
	tests := []struct {
		name     string
		attempts int
		age      time.Duration
		err      error
		least    time.Duration
		dead     bool
	}{
		{"first", 1, 0, fail, 5 * time.Second, false},
		{"second", 2, 0, fail, 5 * time.Minute, false},
		{"ninth", 9, 52 * hour, fail, 24 * hour, false},
		{"tenth, all time used", 10, 76 * hour, fail, 0, true},
		{"tenth, hurried along", 10, hour, fail, 24 * hour, false},
		{"permanent", 1, 0, &NotifyError{Permanent: true}, 0, true},
		{"Retry-After is longer", 1, 0, &NotifyError{RetryAfter: time.Hour}, time.Hour, false},
		{"Retry-After is shorter", 3, 0, &NotifyError{RetryAfter: time.Second}, 30 * time.Minute, false},
		{"Retry-After out of bounds", 1, 0, &NotifyError{RetryAfter: 1000 * hour}, 24 * hour, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now := start.Add(tt.age)
			next, dead := NextTry(tt.attempts, start, now, tt.err)
			if dead != tt.dead {
				t.Fatalf("NextTry: dead %v, want %v", dead, tt.dead)
			}
			if wait := next.Sub(now); !dead && (wait < tt.least || wait > tt.least+tt.least/9) {
				t.Errorf("NextTry waits %s, want %s and up to a tenth more", wait, tt.least)
			}
		})
	}
	total := time.Duration(0)
	for attempts := 1; ; attempts++ {
		next, dead := NextTry(attempts, start, start.Add(total), fail)
		if dead {
			break
		}
		total = next.Sub(start)
	}
	if total < 75*hour || total > 84*hour {
		t.Errorf("tried for %s, want about 75 h", total)
	}
}

type notifierFunc func(context.Context, mention.Delivery) error

func (f notifierFunc) Notify(ctx context.Context, d mention.Delivery) error { return f(ctx, d) }

func TestAttempt(t *testing.T) {
	now := start.Add(hour)
	ok := func(context.Context, mention.Delivery) error { return nil }
	bad := func(context.Context, mention.Delivery) error {
		return &NotifyError{Status: 500, Err: errors.New("it answered 500")}
	}
	gone := func(context.Context, mention.Delivery) error {
		return &NotifyError{Permanent: true, Err: errors.New("it answered 410")}
	}
	d := testDelivery()
	if got, _ := Attempt(t.Context(), notifierFunc(ok), d, now); got.State != mention.DeliverySent || !got.Sent.Equal(now) || got.Attempts != 1 || !got.Next.IsZero() {
		t.Errorf("taken: %+v", got)
	}
	if got, _ := Attempt(t.Context(), notifierFunc(bad), d, now); got.State != mention.DeliveryPending || !got.Next.After(now) || got.Attempts != 1 || !strings.Contains(got.Error, "500") {
		t.Errorf("refused: %+v", got)
	}
	if got, _ := Attempt(t.Context(), notifierFunc(gone), d, now); got.State != mention.DeliveryDead || got.ID != d.ID {
		t.Errorf("refused for good: %+v", got)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got, _ := Attempt(ctx, notifierFunc(bad), d, now); got.State != mention.DeliveryPending || got.Attempts != 0 {
		t.Errorf("cut short: %+v", got)
	}
}
