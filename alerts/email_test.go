package alerts

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"earshot/internal/egress"
	"earshot/mention"
)

// A postbox is an SMTP server that keeps what it gets.
type postbox struct {
	mu       sync.Mutex
	mails    [][]byte
	to       []string
	refuse   error // of RCPT
	commands int   // MAIL, RCPT and DATA seen
}

type session struct{ box *postbox }

func (b *postbox) NewSession(*smtp.Conn) (smtp.Session, error) { return &session{b}, nil }

func (s *session) count() {
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.commands++
}

func (s *session) Mail(string, *smtp.MailOptions) error { s.count(); return nil }

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.count()
	s.box.to = append(s.box.to, to)
	return s.box.refuse
}

func (s *session) Data(r io.Reader) error {
	s.count()
	data, err := io.ReadAll(r)
	s.box.mu.Lock()
	defer s.box.mu.Unlock()
	s.box.mails = append(s.box.mails, data)
	return err
}
func (*session) Reset()        {}
func (*session) Logout() error { return nil }

// serve starts box; withTLS offers STARTTLS, implicit speaks TLS at once.
func serve(t *testing.T, box *postbox, config *tls.Config, implicit bool) int {
	t.Helper()
	s := smtp.NewServer(box)
	s.Domain = "mail.example"
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if implicit {
		l = tls.NewListener(l, config)
	} else {
		s.TLSConfig = config
	}
	done := make(chan struct{})
	go func() { defer close(done); s.Serve(l) }()
	t.Cleanup(func() { s.Close(); l.Close(); <-done })
	_, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(port)
	return n
}

// certificate makes a CA file and a server configuration it vouches for.
func certificate(t *testing.T) (caFile string, config *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	file := writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return file, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

func mailReceiver(port int, mode string) Receiver {
	return Receiver{
		ID: "mail", Kind: ReceiverEmail, To: Words{"Crisis Team <crisis@corp.example>", "lead@corp.example"}, From: "Earshot <earshot@ear.example>",
		SMTP: &SMTP{Host: "127.0.0.1", Port: port, TLS: mode}, UnsubscribeURL: "https://ear.example/u/abc", Timeout: mention.Duration(5 * time.Second),
	}
}

func mailDelivery(t *testing.T, change ...func(*Notice)) mention.Delivery {
	t.Helper()
	n := Notice{Type: TypeFiring, Timestamp: start, Data: NoticeData{
		Subject: "Recall watch: 3 mentions in 1h (limit 3)", Reason: "3 mentions in 1h (limit 3); newest: “Recall”",
		Incident: &mention.Incident{ID: "inc_abc", Group: "novarel", Count: 3},
		Rule:     &RuleInfo{ID: "many", Name: "Recall watch", Kind: KindThreshold, Severity: "crisis", Playbook: "Call the plant."},
		Mentions: []Item{{ID: "m1", Title: "Recall <script>alert(1)</script>", Excerpt: "All lots.", URL: "javascript:alert(1)", Site: "news.example", Published: start, Copies: 2}},
		Links:    map[string]string{"incident": "https://ear.example/incidents/inc_abc"},
	}}
	for _, c := range change {
		c(&n)
	}
	payload, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return mention.Delivery{ID: "ntc_abc", Incident: "inc_abc", Type: n.Type, State: mention.DeliveryPending, Payload: payload, Created: start}
}

func TestMailSaysWhatAndThreads(t *testing.T) {
	ca, config := certificate(t)
	for _, mode := range []string{TLSStart, TLSImplicit, TLSInsecure} {
		t.Run(mode, func(t *testing.T) {
			box := &postbox{}
			offered := config
			if mode == TLSInsecure {
				offered = nil
			}
			n, err := New(mailReceiver(serve(t, box, offered, mode == TLSImplicit), mode), testEgress(t, egress.Config{CAFile: ca}), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			later := mailDelivery(t, func(n *Notice) { n.Type = TypeResolved })
			later.ID = "ntc_def"
			for _, d := range []mention.Delivery{mailDelivery(t), mailDelivery(t), later} {
				if err := n.Notify(t.Context(), d); err != nil {
					t.Fatalf("Notify: %v", err)
				}
			}
			if len(box.mails) != 3 {
				t.Fatalf("%d mails", len(box.mails))
			}
			first, text, html := parseMail(t, box.mails[0])
			again, _, _ := parseMail(t, box.mails[1])
			last, _, _ := parseMail(t, box.mails[2])
			for _, h := range []struct{ name, got, want string }{
				{"Message-ID", first.Get("Message-ID"), "<ntc_abc@ear.example>"},
				{"Message-ID of the same delivery", again.Get("Message-ID"), "<ntc_abc@ear.example>"},
				{"References", first.Get("References"), "<inc_abc@ear.example>"},
				{"In-Reply-To", last.Get("In-Reply-To"), "<inc_abc@ear.example>"},
				{"Subject", first.Get("Subject"), "[crisis] Recall watch: 3 mentions in 1h (limit 3)"},
				{"Subject of the last", last.Get("Subject"), "Re: [crisis] Recall watch: 3 mentions in 1h (limit 3)"},
				{"List-Unsubscribe", first.Get("List-Unsubscribe"), "<https://ear.example/u/abc>"},
				{"List-Unsubscribe-Post", first.Get("List-Unsubscribe-Post"), "List-Unsubscribe=One-Click"},
				{"Auto-Submitted", first.Get("Auto-Submitted"), "auto-generated"},
			} {
				if h.got != h.want {
					t.Errorf("%s is %q, want %q", h.name, h.got, h.want)
				}
			}
			for _, want := range []string{"3 mentions in 1h (limit 3)", "Call the plant.", "and 2 copies", "https://ear.example/incidents/inc_abc", "novarel"} {
				if !strings.Contains(text, want) || !strings.Contains(html, want) {
					t.Errorf("%q is missing in text or HTML:\n%s\n%s", want, text, html)
				}
			}
			if strings.Contains(html, "<script>") || strings.Contains(html, `href="javascript:`) {
				t.Errorf("HTML lets code through:\n%s", html)
			}
		})
	}
}

func parseMail(t *testing.T, raw []byte) (header mail.Header, text, html string) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatalf("mail: %v\n%s", err, raw)
	}
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("content type %q, %v", kind, err)
	}
	parts := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		p, err := r.NextRawPart()
		if err != nil {
			break
		}
		body, err := io.ReadAll(quotedprintable.NewReader(p))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(p.Header.Get("Content-Type"))
		parts[kind] = string(body)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	m.Header["Subject"] = []string{subject}
	return m.Header, parts["text/plain"], parts["text/html"]
}

// TestNothingIsSaidWithoutTLS: a server that does not encrypt, or cannot
// prove who it is, gets no address and no text.
func TestNothingIsSaidWithoutTLS(t *testing.T) {
	_, strange := certificate(t)
	tests := []struct {
		name   string
		config *tls.Config
		mode   string
	}{
		{"no STARTTLS", nil, TLSStart},
		{"a certificate of nobody we know", strange, TLSStart},
		{"plain where TLS is spoken", nil, TLSImplicit},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			box := &postbox{}
			r := mailReceiver(serve(t, box, tt.config, false), tt.mode)
			r.Timeout = mention.Duration(time.Second)
			n, err := New(r, testEgress(t, egress.Config{}), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			err = n.Notify(t.Context(), mailDelivery(t))
			if failed, ok := errors.AsType[*NotifyError](err); !ok || failed.Permanent {
				t.Errorf("Notify = %v, want an error that is tried again", err)
			}
			if box.commands != 0 || len(box.mails) != 0 {
				t.Errorf("the server got %d commands and %d mails", box.commands, len(box.mails))
			}
		})
	}
}

func TestMailCannotBeInjected(t *testing.T) {
	box := &postbox{}
	n, err := New(mailReceiver(serve(t, box, nil, false), TLSInsecure), testEgress(t, egress.Config{}), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	evil := "x\r\nBcc: evil@bad.example\r\n\r\nbody\n.\n"
	d := mailDelivery(t, func(n *Notice) {
		n.Data.Subject, n.Data.Reason, n.Data.Mentions[0].Title, n.Data.Rule.Name = evil, evil, evil, evil
	})
	if err := n.Notify(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	header, _, _ := parseMail(t, box.mails[0])
	if header.Get("Bcc") != "" || len(box.to) != 2 {
		t.Errorf("header %v, recipients %q", header, box.to)
	}
	if got := header.Get("Subject"); strings.ContainsAny(got, "\r\n") {
		t.Errorf("subject %q", got)
	}
}

func TestMailRepliesAreRead(t *testing.T) {
	tests := []struct {
		name      string
		refuse    error
		permanent bool
		status    int
	}{
		{"no such user", &smtp.SMTPError{Code: 550, Message: "no such user"}, true, 550},
		{"try again later", &smtp.SMTPError{Code: 451, Message: "later"}, false, 451},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			box := &postbox{refuse: tt.refuse}
			n, err := New(mailReceiver(serve(t, box, nil, false), TLSInsecure), testEgress(t, egress.Config{}), nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := errors.AsType[*NotifyError](n.Notify(t.Context(), mailDelivery(t)))
			if !ok || got.Permanent != tt.permanent || got.Status != tt.status {
				t.Errorf("Notify = %+v, want permanent %v with status %d", got, tt.permanent, tt.status)
			}
		})
	}
}
