package demo_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
	"go.yaml.in/yaml/v4"

	"earshot/internal/demo"
)

// files serves a world and writes its files.
func files(t *testing.T) (w *demo.World, c *clock, dir, config string) {
	t.Helper()
	w, c = serve(t)
	dir = filepath.Join(t.TempDir(), "demo")
	path, err := w.WriteFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return w, c, dir, string(text)
}

func read(t *testing.T, elem ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func find(t *testing.T, config, pattern string) string {
	t.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(config)
	if m == nil {
		t.Fatalf("the configuration has no %s:\n%s", pattern, config)
	}
	return m[1]
}

// post sends a webhook signed by the specification, with faults by choice.
func post(t *testing.T, url, secret, id, stamp, body string) int {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(strings.TrimSpace(secret), "whsec_"))
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.%s", id, stamp, body)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("webhook-id", id)
	req.Header.Set("webhook-timestamp", stamp)
	req.Header.Set("webhook-signature", "v1,bm90IG1pbmU= v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	res, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestWebhooksAreVerified(t *testing.T) {
	w, c, dir, config := files(t)
	url := find(t, config, `url: "(http://[^"]*/hook)"`)
	secret := read(t, dir, "hook.secret")
	other := "whsec_" + base64.StdEncoding.EncodeToString(make([]byte, 32))
	now := fmt.Sprint(c.now().Unix())
	tests := []struct {
		name, secret, id, stamp string
		want                    int
	}{
		{"signed", secret, "msg_1", now, http.StatusNoContent},
		{"signed with another secret", other, "msg_2", now, http.StatusUnauthorized},
		{"signed six minutes ago", secret, "msg_3", fmt.Sprint(c.now().Unix() - 360), http.StatusUnauthorized},
		{"signed in six minutes", secret, "msg_4", fmt.Sprint(c.now().Unix() + 360), http.StatusUnauthorized},
		{"without a time", secret, "msg_5", "", http.StatusUnauthorized},
		{"with a strange time", secret, "msg_6", "noon", http.StatusUnauthorized},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := post(t, url, tt.secret, tt.id, tt.stamp, `{"type":"incident.firing"}`); got != tt.want {
				t.Errorf("answer %d, want %d", got, tt.want)
			}
			kept := w.Inbox().Webhooks()
			h := kept[len(kept)-1]
			if len(kept) != i+1 || h.ID != tt.id || h.Type != "incident.firing" || h.Verified != (tt.want == http.StatusNoContent) || h.Accepted() != h.Verified {
				t.Errorf("kept %+v", h)
			}
		})
	}
}

func TestReceiversFailOnDemand(t *testing.T) {
	w, c, dir, config := files(t)
	url, secret := find(t, config, `url: "(http://[^"]*/hook)"`), read(t, dir, "hook.secret")
	w.Inbox().SetFaults(demo.Faults{Webhook: func(_ string, try int) int {
		if try < 3 {
			return http.StatusServiceUnavailable
		}
		return 0
	}})
	changed := w.Inbox().Changed()
	for try, want := range []int{503, 503, 204} {
		if got := post(t, url, secret, "msg_1", fmt.Sprint(c.now().Unix()), `{}`); got != want {
			t.Errorf("try %d was answered %d, want %d", try+1, got, want)
		}
	}
	select {
	case <-changed:
	default:
		t.Error("nobody was told that something arrived")
	}
	if h := w.Inbox().Webhooks()[2]; h.Try != 3 || !h.Accepted() {
		t.Errorf("kept %+v, want the third try, accepted", h)
	}
}

// dial speaks to the mail server in the way the configuration says.
func dial(t *testing.T, dir, config string) (*smtp.Client, *tls.Config) {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(read(t, dir, "demo-ca.pem"))) {
		t.Fatal("the CA file holds no certificate")
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", "127.0.0.1:"+find(t, config, `port: (\d+)`))
	if err != nil {
		t.Fatal(err)
	}
	tlsConfig := &tls.Config{RootCAs: pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
	client, err := smtp.NewClientStartTLS(conn, tlsConfig)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client, tlsConfig
}

const letter = "From: Earshot <earshot@velmora.example>\r\nTo: desk@velmora.example\r\nMessage-ID: <dlv_1@earshot>\r\n" +
	"Subject: =?utf-8?q?Crisis_f=C3=BCr_Velmora?=\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n" +
	"--x\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n92 mentions =\r\nin an hour\r\n--x\r\nContent-Type: text/html\r\n\r\n<b>92</b>\r\n--x--\r\n"

func TestMailComesEncryptedOrNotAtAll(t *testing.T) {
	w, _, dir, config := files(t)
	client, _ := dial(t, dir, config)
	if err := client.SendMail("earshot@velmora.example", []string{"desk@velmora.example"}, strings.NewReader(letter)); err != nil {
		t.Fatal(err)
	}
	mails := w.Inbox().Mails()
	if len(mails) != 1 {
		t.Fatalf("%d mails arrived, want 1", len(mails))
	}
	m := mails[0]
	if m.ID != "dlv_1@earshot" || m.Subject != "Crisis für Velmora" || strings.TrimSpace(m.Text) != "92 mentions in an hour" || !m.TLS || m.To[0] != "desk@velmora.example" {
		t.Errorf("the mail is %+v", m)
	}

	plain, err := smtp.Dial("127.0.0.1:" + find(t, config, `port: (\d+)`))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	if err := plain.Mail("earshot@velmora.example", nil); err == nil || !strings.Contains(err.Error(), "STARTTLS") {
		t.Errorf("in clear text: %v, want to be told of STARTTLS", err)
	}
}

func TestMailboxFailsOnDemand(t *testing.T) {
	w, _, dir, config := files(t)
	w.Inbox().SetFaults(demo.Faults{Mail: func(n int) error {
		if n == 1 {
			return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "later, please"}
		}
		return nil
	}})
	client, _ := dial(t, dir, config)
	send := func() error {
		return client.SendMail("earshot@velmora.example", []string{"desk@velmora.example"}, strings.NewReader(letter))
	}
	var fault *smtp.SMTPError
	if err := send(); !errors.As(err, &fault) || fault.Code != 451 {
		t.Errorf("the first mail: %v, want 451", err)
	}
	if err := send(); err != nil {
		t.Errorf("the second mail: %v", err)
	}
	if n := len(w.Inbox().Mails()); n != 1 {
		t.Errorf("%d mails are kept, want 1", n)
	}
}

func TestInboxShowsWhatCame(t *testing.T) {
	w, c, dir, config := files(t)
	post(t, find(t, config, `url: "(http://[^"]*/hook)"`), read(t, dir, "hook.secret"), "msg_1", fmt.Sprint(c.now().Unix()), `{"type":"incident.firing","data":{"reason":"<script>alert(1)</script>"}}`)
	client, _ := dial(t, dir, config)
	if err := client.SendMail("a@velmora.example", []string{"desk@velmora.example"}, strings.NewReader(letter)); err != nil {
		t.Fatal(err)
	}
	for path, wants := range map[string][]string{
		"/inbox":      {"1 webhooks, 1 mails", "msg_1", "Crisis für Velmora", "92 mentions in an hour", "signature fits"},
		"/inbox.json": {`"id":"msg_1"`, `"verified":true`, `"id":"dlv_1@earshot"`, `"at":"2026-03-18T14:20:00Z"`},
	} {
		rec := httptest.NewRecorder()
		w.Inbox().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		body := rec.Body.String()
		for _, want := range wants {
			if !strings.Contains(body, want) {
				t.Errorf("%s has no %q:\n%s", path, want, body)
			}
		}
		if strings.Contains(body, "<script>alert") {
			t.Errorf("%s runs what came in", path)
		}
		if regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(body) {
			t.Errorf("%s asks other hosts", path)
		}
	}
}

func TestTheInboxIsBounded(t *testing.T) {
	w, c, dir, config := files(t)
	url, secret := find(t, config, `url: "(http://[^"]*/hook)"`), read(t, dir, "hook.secret")
	big := `{"type":"x","data":"` + strings.Repeat("x", 2<<20) + `"}`
	if got := post(t, url, secret, "msg_big", fmt.Sprint(c.now().Unix()), big); got != http.StatusBadRequest {
		t.Errorf("a body of two megabytes was answered %d, want 400", got)
	}
	if n := len(w.Inbox().Webhooks()); n != 0 {
		t.Errorf("%d webhooks are kept, want none", n)
	}
}

func TestConfigIsComplete(t *testing.T) {
	w, _, dir, text := files(t)
	var config struct {
		Version int
		Brands  []struct{ ID, Name string }
		Sources []struct{ ID, URL string }
		Rules   []struct {
			ID, Kind, Match string
			Count           int
			Notify          []string
		}
		Receivers []struct{ ID, Kind string }
		Storage   struct{ Dir string }
	}
	if err := yaml.Load(bytes.TrimSpace([]byte(text)), &config); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(config.Brands) != 5 || len(config.Sources) != len(w.Sources()) || len(config.Rules) != 3 || len(config.Receivers) != 3 {
		t.Errorf("%d brands, %d sources, %d rules, %d receivers", len(config.Brands), len(config.Sources), len(config.Rules), len(config.Receivers))
	}
	for _, b := range demo.Brands() {
		if errs := b.Faults(); errs != nil {
			t.Errorf("brand %s: %v", b.ID, errs)
		}
	}
	for _, s := range w.Sources() {
		if errs := s.Faults(); errs != nil {
			t.Errorf("source %s: %v", s.ID, errs)
		}
	}
	if config.Rules[0].ID != demo.RuleCrisis || config.Rules[0].Count != demo.CrisisCount {
		t.Errorf("the first rule is %+v", config.Rules[0])
	}
	if want := filepath.Join(dir, "data"); config.Storage.Dir != want {
		t.Errorf("storage.dir is %s, want %s", config.Storage.Dir, want)
	}
	if info, err := os.Stat(filepath.Join(dir, "hook.secret")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("hook.secret: %v, %v; want it for its owner alone", info, err)
	}
}
