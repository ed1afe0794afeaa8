package ledger_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earshot/internal/ledger"
	"earshot/mention"
)

// A backup taken while others write restores to the same answers.
func TestBackup(t *testing.T) {
	l := openDir(t, t.TempDir())
	fill(t, l, 700)
	quit, stopped := make(chan struct{}), make(chan error, 1)
	began := make(chan struct{})
	go func() {
		var err error
		for i := 0; err == nil; i++ {
			select {
			case <-quit:
				stopped <- nil
				return
			default:
			}
			m := post(fmt.Sprint("live", i), "text")
			_, err = l.Append(t.Context(), start, mention.Batch{Source: "live", Mentions: []mention.Mention{m}, Capture: answer("https://x.example/"+m.ID, m.ID)})
			if i == 20 {
				close(began)
			}
		}
		stopped <- err
	}()
	<-began
	var b bytes.Buffer
	if err := l.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	close(quit)
	if err := <-stopped; err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "new")
	if err := ledger.Restore(t.Context(), &b, dir); err != nil {
		t.Fatal(err)
	}
	restored := openDir(t, dir)
	if err := restored.Check(t.Context()); err != nil {
		t.Error(err)
	}
	entries := must(restored.Entries(t.Context(), 0, 1_000_000))(t)
	if len(entries) < 721 {
		t.Errorf("%d entries, want those that were acknowledged before", len(entries))
	}
	if diff := cmp.Diff(must(l.Entries(t.Context(), 0, len(entries)))(t), entries); diff != "" {
		t.Error("entries (-want +got):", diff)
	}
	for _, e := range entries[700:] {
		if c := must(restored.Capture(t.Context(), e.Mention.Capture))(t); string(c.Body) != e.Mention.ID {
			t.Errorf("capture of %s = %q", e.Mention.ID, c.Body)
		}
	}
	if diff := cmp.Diff(must(l.Changes(t.Context(), 0, 1000))(t), must(restored.Changes(t.Context(), 0, 1000))(t)); diff != "" {
		t.Error("changes (-want +got):", diff)
	}
	appendAll(t, restored, start, post("after", "text"))
}

// entry is a file of a backup.
type entry struct {
	header tar.Header
	body   string
}

func unpack(t *testing.T, backup []byte) (list []entry) {
	t.Helper()
	gz, err := gzip.NewReader(bytes.NewReader(backup))
	if err != nil {
		t.Fatal(err)
	}
	tr := tar.NewReader(gz)
	for {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return list
		}
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, entry{*h, string(must(io.ReadAll(tr))(t))})
	}
}

func pack(t *testing.T, list []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	gz := gzip.NewWriter(&b)
	tw := tar.NewWriter(gz)
	for _, e := range list {
		e.header.Size = int64(len(e.body))
		if err := tw.WriteHeader(&e.header); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(tw, e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(tw.Close(), gz.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestRestoreRefuses(t *testing.T) {
	l := openDir(t, t.TempDir())
	must(l.Append(t.Context(), start, mention.Batch{Source: "s", Mentions: []mention.Mention{post("a", "x")}, Capture: answer("https://x.example/", "b")}))(t)
	var b bytes.Buffer
	if err := l.Backup(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	plain := func(name, body string) entry {
		return entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600}, body}
	}
	for _, tt := range []struct {
		name   string
		change func(list []entry) []entry
		want   string
	}{
		{"a flipped bit", func(l []entry) []entry { l[0].body = "x" + l[0].body[1:]; return l }, "damaged"},
		{"a capture cut off", func(l []entry) []entry { l[1].body = l[1].body[:9]; return l }, "damaged"},
		{"a capture missing", func(l []entry) []entry { return []entry{l[0], l[2]} }, "damaged"},
		{"no manifest", func(l []entry) []entry { return l[:2] }, "no manifest"},
		{"no database", func(l []entry) []entry { return l[1:] }, "no ledger.db"},
		{"a file too many", func(l []entry) []entry { return append([]entry{plain("captures/more.warc.gz", "x")}, l...) }, "manifest"},
		{"a way out", func(l []entry) []entry { return append([]entry{plain("captures/../../evil", "x")}, l...) }, "does not belong"},
		{"an absolute path", func(l []entry) []entry { return append([]entry{plain("/tmp/evil", "x")}, l...) }, "does not belong"},
		{"a link", func(l []entry) []entry {
			return append([]entry{{tar.Header{Typeflag: tar.TypeSymlink, Name: "captures/x", Linkname: "/etc"}, ""}}, l...)
		}, "not a plain file"},
		{"a file twice", func(l []entry) []entry { return append([]entry{l[0]}, l...) }, "exists"},
		{"a newer format", func(l []entry) []entry {
			l[2].body = strings.Replace(l[2].body, `"schema": `, `"schema": 9`, 1)
			return l
		}, "newer"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			err := ledger.Restore(t.Context(), bytes.NewReader(pack(t, tt.change(unpack(t, whole)))), dir)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Restore = %v, want an error with %q", err, tt.want)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 {
				t.Errorf("%s was left behind", left[0].Name())
			}
		})
	}
	t.Run("cut off", func(t *testing.T) {
		if err := ledger.Restore(t.Context(), bytes.NewReader(whole[:len(whole)/2]), t.TempDir()); err == nil {
			t.Error("half a backup was restored")
		}
	})
	t.Run("a directory that is not empty", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "mine"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		err := ledger.Restore(t.Context(), bytes.NewReader(whole), dir)
		if err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("Restore = %v, want not empty", err)
		}
	})
}
