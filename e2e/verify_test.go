package e2e

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const verifier = "../docs/deploy/verify.py"

// TestPythonVerifier runs the verifier for receivers against the vector that
// the specification publishes.
func TestPythonVerifier(t *testing.T) {
	program := `
import sys
sys.path.insert(0, sys.argv[1])
from verify import Refused, verify
secret, other, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_" + "QUJD" * 8, b'{"test": 2432232314}'
headers = {"Webhook-Id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "Webhook-Timestamp": "1614265330",
           "Webhook-Signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="}
def refused(why, *args, **more):
    try:
        verify(*args, **more)
    except Refused as said:
        assert why in str(said), said
    else:
        raise AssertionError("taken: " + why)
assert verify(secret, headers, body, now=1614265330) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
assert verify([other, secret], headers, body, now=1614265600) == "msg_p5jXN8AQM9LWM0D4loKWxJek"
refused("no signature", secret, headers, body + b" ", now=1614265330)
refused("no signature", other, headers, body, now=1614265330)
refused("five minutes", secret, headers, body, now=1614265330 + 301)
refused("five minutes", secret, headers, body)
refused("header", secret, {}, body)
refused("header", secret, {**headers, "Webhook-Timestamp": "soon"}, body)
print("good")
`
	out, err := exec.Command("python3", "-B", "-c", program, filepath.Dir(verifier)).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "good" {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestPythonReceiverGetsNotices has the daemon tell the verifier, run as a
// receiver.
func TestPythonReceiverGetsNotices(t *testing.T) {
	dir, port := t.TempDir(), freePort(t)
	secret := filepath.Join(dir, "hook.secret")
	if err := os.WriteFile(secret, []byte("whsec_"+strings.Repeat("QUJD", 11)+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("python3", verifier, "--secret-file", secret, "--listen", fmt.Sprintf("127.0.0.1:%d", port))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	within(t, 20*time.Second, "the receiver is up", func() error {
		c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return err
		}
		return c.Close()
	})
	config := filepath.Join(dir, "earshot.yaml")
	text := fmt.Sprintf(`version: 1
brands: [{id: acme, name: Acme, role: own}]
rules: [{id: trouble, match: "brand:acme AND recall", severity: crisis, notify: [desk]}]
receivers: [{id: desk, kind: webhook, url: "http://127.0.0.1:%d/", secret_file: %q}]
fetch: {allow_cidrs: ["127.0.0.0/8"]}
server: {listen: "127.0.0.1:0"}
`, port, secret)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	base := start(t, filepath.Join(dir, "data"), "serve", "--config", config)
	body := `{"mentions":[{"url":"https://news.example/1","title":"Acme begins a recall","published":"` + time.Now().UTC().Format(time.RFC3339) + `"}]}`
	resp, err := http.Post(base+"/api/v1/mentions", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	got := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(out).ReadString('\n')
		got <- line
	}()
	select {
	case line := <-got:
		if !strings.Contains(line, "incident.firing matched by “Acme begins a recall”") {
			t.Errorf("the receiver got %q", line)
		}
	case <-time.After(30 * time.Second):
		t.Error("the receiver got nothing")
	}
}
