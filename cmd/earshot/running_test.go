package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"earshot/internal/config"
	"earshot/internal/daemon"
)

// earshot runs a command and returns its status and what it printed.
func earshot(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, talk bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(""), &out, &talk)
	return code, out.String(), talk.String()
}

func TestCareOfTheDataWhileTheDaemonRuns(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "earshot.yaml")
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("earshot.yaml", "version: 1\nserver: {listen: \"127.0.0.1:0\"}\nbrands: [{id: acme, name: Acme}]\n")
	docs := write("docs.ndjson", `{"id":"a","title":"Acme begins a recall"}`+"\n"+`{"id":"b","title":"Acme wins"}`+"\n"+`{"id":"c"}`+"\n")
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ready, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- daemon.Run(ctx, daemon.Options{Config: cfg, Ready: func(string) { close(ready) }, Log: slog.New(slog.DiscardHandler)})
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	<-ready
	steps := []struct {
		args           []string
		code           int
		stdout, stderr string
	}{
		{[]string{"import", "--config", path, docs}, exitPartly, "", "3 documents: 2 new, 0 revised, 0 known, 1 refused"},
		{[]string{"count", "--config", path, "brand:acme"}, 0, "2\n", ""},
		{[]string{"users", "add", "ann", "--config", path}, exitFailed, "", "the first user closes the door"},
		{[]string{"users", "add", "root", "--role", "admin", "--stdin", "--config", path}, exitFailed, "", "12"},
		{[]string{"users", "add", "root", "--role", "admin", "--config", path}, 0, "*", ""},
		{[]string{"users", "add", "root", "--config", path}, exitFailed, "", "already"},
		{[]string{"users", "role", "nobody", "viewer", "--config", path}, exitFailed, "", "no user"},
		{[]string{"users", "remove", "root", "--config", path}, exitFailed, "", "only admin"},
		{[]string{"users", "list", "--config", path}, 0, "NAME  ROLE   SIGNED IN LAST  SEES ONLY\nroot  admin  never           \n", ""},
		{[]string{"count", "--config", path, "brand:acme"}, 0, "2\n", ""}, // with a user the door of commands stays open
		{[]string{"import", "--config", path, docs}, exitPartly, "", "3 documents: 0 new, 0 revised, 2 known, 1 refused"},
		{[]string{"verify", "--config", path}, 0, "ledger good; index: 2 mentions, 0 missing, 0 too many, 0 out of date\n", ""},
		{[]string{"replay", "--config", path}, 0, "", ""},
		{[]string{"verify", "--config", path}, 0, "ledger good; index: 2 mentions, 0 missing, 0 too many, 0 out of date\n", ""},
		{[]string{"count", "--config", path}, 0, "2\n", ""},
		{[]string{"import", "--config", path, filepath.Join(dir, "nothing.ndjson")}, 1, "", "no such file"},
	}
	for _, s := range steps {
		code, stdout, stderr := earshot(t, s.args...)
		if code != s.code || stdout != s.stdout && s.stdout != "*" || !strings.Contains(stderr, s.stderr) {
			t.Errorf("earshot %v = %d, %q, %q; want %d, %q, %q", s.args, code, stdout, stderr, s.code, s.stdout, s.stderr)
		}
	}
}
