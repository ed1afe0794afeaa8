package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

var only = flag.String("sights", "", "only the pages whose names begin so")

var screenshots = flag.String("screenshots", "", "folder for pictures of every page")

// binary is the program under test.
func binary(t *testing.T) string {
	t.Helper()
	path := os.Getenv("EARSHOT")
	if path == "" {
		t.Fatal("EARSHOT does not name the binary")
	}
	return path
}

// A lockedBuffer is written by a process and read by the test.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// start runs the program until the test ends and returns the base URL of its
// API, which it takes from daemon.json in data.
func start(t *testing.T, data string, args ...string) string {
	t.Helper()
	var out lockedBuffer
	cmd := exec.Command(binary(t), args...)
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			_ = cmd.Process.Kill()
			t.Errorf("did not stop within 20 s:\n%s", out.String())
		}
		if t.Failed() {
			t.Logf("output:\n%s", tail(out.String(), 4000))
		}
	})
	var running struct {
		Address string `json:"address"`
	}
	within(t, 60*time.Second, "the daemon announces itself", func() error {
		select {
		case err := <-done:
			done <- err
			t.Fatalf("ended early: %v\n%s", err, out.String())
		default:
		}
		body, err := os.ReadFile(filepath.Join(data, "daemon.json"))
		if err != nil {
			return err
		}
		return json.Unmarshal(body, &running)
	})
	return running.Address
}

func tail(s string, n int) string {
	if len(s) > n {
		return "…" + s[len(s)-n:]
	}
	return s
}

// within calls try until it gives no error or the time is over.
func within(t *testing.T, limit time.Duration, what string, try func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if err = try(); err == nil {
			return
		}
	}
	t.Fatalf("not within %s: %s: %v", limit, what, err)
}

// get reads a URL that must answer 200, into out when it is not nil.
func get(t *testing.T, url string, out any) []byte {
	t.Helper()
	body, err := fetch(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			t.Fatalf("GET %s: %v in %.200s", url, err, body)
		}
	}
	return body
}

func fetch(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("GET %s: %s: %.300s", url, resp.Status, body)
	}
	return body, err
}

// freePort returns a port nobody listens on just now.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// demo starts the demo and waits until its past is searchable.
func demo(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	base := start(t, filepath.Join(dir, "data"), "demo", "--dir", dir, "--listen", fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	within(t, 60*time.Second, "2,000 mentions are searchable", func() error {
		var body struct {
			Count int `json:"count"`
		}
		data, err := fetch(t.Context(), base+"/api/v1/count")
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, &body); err != nil {
			return err
		}
		if body.Count < 2000 {
			return fmt.Errorf("%d so far", body.Count)
		}
		return nil
	})
	return base
}

// run runs a tool and returns what it said.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, tail(string(out), 4000))
	}
	return string(out)
}
