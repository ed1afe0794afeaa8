package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// sink is a real mail server, not ours, that keeps what it gets in a folder:
// aiosmtpd, with STARTTLS when it is given a certificate.
const sink = `
import ssl, sys, time, uuid
from aiosmtpd.controller import Controller
port, folder, cert, key = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
class Keep:
    async def handle_DATA(self, server, session, envelope):
        with open(folder + "/" + str(time.time_ns()), "wb") as f:
            f.write(envelope.content)
        return "250 kept"
context = None
if cert:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
c = Controller(Keep(), hostname="127.0.0.1", port=port, tls_context=context, require_starttls=bool(cert))
c.start()
print("up", flush=True)
time.sleep(3600)
`

// certificate writes a self-signed certificate for 127.0.0.1.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// mailServer starts the sink and returns its port.
func mailServer(t *testing.T, folder, cert, key string) int {
	t.Helper()
	port := freePort(t)
	cmd := exec.Command("/usr/bin/python3", "-c", sink, fmt.Sprint(port), folder, cert, key)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _, _ = cmd.Process.Wait() })
	within(t, 20*time.Second, "the mail server is up", func() error {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		return c.Close()
	})
	return port
}

// mailing starts a daemon whose receiver desk is an address at a mail server of
// this machine.
func mailing(t *testing.T, dir string, port int, ca, text string) string {
	t.Helper()
	text = fmt.Sprintf(`version: 1
receivers: [{id: desk, kind: email, to: ["desk@acme.example"], from: "earshot@acme.example", smtp: {host: 127.0.0.1, port: %d}}]
fetch: {allow_cidrs: ["127.0.0.0/8"], ca_file: %q}
server: {listen: "127.0.0.1:0"}
`, port, ca) + text
	path := filepath.Join(dir, "earshot.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return start(t, filepath.Join(dir, "data"), "serve", "--config", path)
}

// listener starts a daemon with one rule that mails, and pushes what fires it.
func listener(t *testing.T, port int, ca string) string {
	t.Helper()
	base := mailing(t, t.TempDir(), port, ca, `
brands: [{id: acme, name: Acme, role: own}]
rules: [{id: trouble, match: "brand:acme AND recall", kind: threshold, count: 3, window: 4h, severity: crisis, notify: [desk]}]
`)
	var list []string
	for i := range 3 {
		list = append(list, fmt.Sprintf(`{"url":"https://news.example/%d","title":"Acme begins a recall of its rocket fuel","text":"Acme said on Monday it recalls the fuel.","published":%q}`,
			i, time.Now().Add(time.Duration(i-2)*time.Hour).UTC().Format(time.RFC3339)))
	}
	body := strings.NewReader(`{"mentions":[` + strings.Join(list, ",") + `]}`)
	resp, err := http.Post(base+"/api/v1/mentions", "application/json", body)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		t.Fatalf("push: %s", resp.Status)
	}
	return base
}

func TestMailArrivesOverTLS(t *testing.T) {
	dir, box := t.TempDir(), t.TempDir()
	cert, key := certificate(t, dir)
	listener(t, mailServer(t, box, cert, key), cert)
	var text string
	within(t, 30*time.Second, "the mail is in the box", func() error {
		files, err := os.ReadDir(box)
		if err != nil || len(files) == 0 {
			return errors.Join(fmt.Errorf("%d mails", len(files)), err)
		}
		data, err := os.ReadFile(filepath.Join(box, files[0].Name()))
		text = string(data)
		return err
	})
	for _, want := range []string{"To: <desk@acme.example>", "From: <earshot@acme.example>", "Message-ID: <", "multipart/alternative", "text/plain", "text/html", "Acme"} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail has no %q:\n%s", want, tail(text, 3000))
		}
	}
	showsPicture(t, text)
}

// showsPicture checks that the HTML of a mail shows a picture that lies in the
// mail itself, with the numbers in words.
func showsPicture(t *testing.T, text string) {
	t.Helper()
	m, err := mail.ReadMessage(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	ids := map[string]string{}
	var walk func(kind string, r io.Reader)
	walk = func(kind string, r io.Reader) {
		media, params, err := mime.ParseMediaType(kind)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if !strings.HasPrefix(media, "multipart/") {
			data, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			parts[media] = string(data)
			return
		}
		for mr := multipart.NewReader(r, params["boundary"]); ; {
			p, err := mr.NextPart() // reads quoted-printable
			if err != nil {
				return
			}
			ids[p.Header.Get("Content-Type")] = p.Header.Get("Content-Id")
			walk(p.Header.Get("Content-Type"), p)
		}
	}
	walk(m.Header.Get("Content-Type"), m.Body)
	raw, err := base64.StdEncoding.DecodeString(strings.NewReplacer("\r", "", "\n", "").Replace(parts["image/png"]))
	if err != nil {
		t.Fatalf("the picture is no base64: %v", err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil || img.Bounds().Dx() < 500 {
		t.Fatalf("no picture of 500 pixels: %v\n%s", err, tail(text, 3000))
	}
	id := ""
	for kind, value := range ids {
		if strings.HasPrefix(kind, "image/png") {
			id = strings.Trim(value, "<>")
		}
	}
	if html := parts["text/html"]; id == "" || !strings.Contains(html, `src="cid:`+id+`"`) || !strings.Contains(html, "3 in all") {
		t.Errorf("the HTML does not show the picture %q with its numbers:\n%s", id, tail(html, 3000))
	}
}

func TestMailIsNotSentInClear(t *testing.T) {
	box := t.TempDir()
	base := listener(t, mailServer(t, box, "", ""), "")
	within(t, 30*time.Second, "the refusal is told", func() error {
		var page struct {
			Rows []struct {
				Attempts int    `json:"attempts"`
				Error    string `json:"error"`
				State    string `json:"state"`
			} `json:"rows"`
		}
		get(t, base+"/api/v1/deliveries?receiver=desk", &page)
		if len(page.Rows) != 1 || page.Rows[0].Attempts == 0 || page.Rows[0].Error == "" {
			return fmt.Errorf("deliveries: %+v", page.Rows)
		}
		if page.Rows[0].State == "sent" {
			t.Fatal("sent without TLS")
		}
		return nil
	})
	if files, err := os.ReadDir(box); err != nil || len(files) > 0 {
		t.Errorf("%d mails went in clear, %v", len(files), err)
	}
}
