package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
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

// listener starts a daemon with one rule that mails, and pushes what fires it.
func listener(t *testing.T, port int, ca string) string {
	t.Helper()
	dir := t.TempDir()
	text := fmt.Sprintf(`version: 1
brands: [{id: acme, name: Acme, role: own}]
rules: [{id: trouble, match: "brand:acme AND recall", kind: match, severity: crisis, notify: [desk]}]
receivers: [{id: desk, kind: email, to: ["desk@acme.example"], from: "earshot@acme.example", smtp: {host: 127.0.0.1, port: %d}}]
fetch: {allow_cidrs: ["127.0.0.0/8"], ca_file: %q}
server: {listen: "127.0.0.1:0"}
`, port, ca)
	path := filepath.Join(dir, "earshot.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	base := start(t, filepath.Join(dir, "data"), "serve", "--config", path)
	body := strings.NewReader(`{"mentions":[{"url":"https://news.example/1","title":"Acme begins a recall of its rocket fuel","text":"Acme said on Monday it recalls the fuel.","published":"` + time.Now().UTC().Format(time.RFC3339) + `"}]}`)
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
			return fmt.Errorf("%d mails, %v", len(files), err)
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
