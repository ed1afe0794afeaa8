package ledger

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"earshot/mention"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func openStore(t *testing.T, dir string) *store {
	t.Helper()
	l, err := open(t.Context(), Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// keepCapture stores a capture with one mention and gives its id.
func keepCapture(t *testing.T, l *store, name string, now time.Time) string {
	t.Helper()
	c := &mention.Capture{URL: "https://x.example/" + name, Fetched: now, Status: 200, Body: []byte("body of " + name)}
	_, err := l.Append(t.Context(), now, mention.Batch{Source: "s", Mentions: []mention.Mention{{ID: name, Text: name}}, Capture: c})
	if err != nil {
		t.Fatal(err)
	}
	return c.ID
}

func captureFiles(t *testing.T, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, captureDir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestWARCRoundTrip(t *testing.T) {
	enc := newWARCEncoder()
	rapid.Check(t, func(t *rapid.T) {
		c := &mention.Capture{
			URL:     "https://x.example/" + rapid.StringMatching(`[a-z0-9/?=&%.-]*`).Draw(t, "path"),
			Fetched: time.UnixMilli(rapid.Int64Range(1, 4e12).Draw(t, "fetched")).UTC(),
			Status:  rapid.IntRange(100, 599).Draw(t, "status"),
			Body:    rapid.SliceOf(rapid.Byte()).Draw(t, "body"),
			Header:  map[string][]string{},
		}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"Content-Type", "Etag", "Content-Encoding", "Transfer-Encoding", "X-Odd"}), rapid.ID[string]).Draw(t, "names") {
			c.Header[name] = rapid.SliceOfN(rapid.StringMatching(`[!-~]([ -~]*[!-~])?`), 1, 3).Draw(t, "values")
		}
		c.ID = captureID(c)
		var b bytes.Buffer
		if err := enc.capture(&b, c.ID, c); err != nil {
			t.Fatal(err)
		}
		rec, err := readRecord(&b)
		if err != nil {
			t.Fatal(err)
		}
		got, err := rec.capture()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c, got, cmp.Comparer(bytes.Equal)); diff != "" {
			t.Fatal("capture (-want +got):", diff)
		}
	})
}

func TestWARCRecordIsWhatTheStandardSays(t *testing.T) {
	c := &mention.Capture{
		URL: "https://x.example/a\r\nWARC-Type: evil", Fetched: noon, Status: 404, Body: []byte("gone"),
		Header: map[string][]string{"X-Evil": {"a\r\nSet-Evil: b"}, "bad name": {"x"}, "Content-Encoding": {"br"}},
	}
	var b bytes.Buffer
	if err := newWARCEncoder().capture(&b, "7b1d0d1c-8c4c-8d9e-9f00-000000000001", c); err != nil {
		t.Fatal(err)
	}
	gz, err := gzip.NewReader(&b)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(gz)
	if err != nil {
		t.Fatal(err)
	}
	want := strings.ReplaceAll(`WARC/1.1
WARC-Type: response
WARC-Record-ID: <urn:uuid:7b1d0d1c-8c4c-8d9e-9f00-000000000001>
WARC-Date: 2026-03-01T12:00:00.000Z
WARC-Target-URI: https://x.example/a  WARC-Type: evil
WARC-Payload-Digest: sha256:SXGPDK7LN4J4EJWLMBJOSEP7KR7CBSUD3IODF2VPVCXLA7LMIKCA
WARC-Block-Digest: sha256:DIGEST
Content-Type: application/http;msgtype=response
Content-Length: 110

HTTP/1.1 404 Not Found
X-Archive-Orig-Content-Encoding: br
X-Evil: a  Set-Evil: b
Content-Length: 4

gone

`, "\n", "\r\n")
	if diff := cmp.Diff(want, maskDigests(string(got), want)); diff != "" {
		t.Error("record (-want +got):", diff)
	}
}

// maskDigests puts the digests of want, which are not what the test is about,
// into got.
func maskDigests(got, want string) string {
	lines, wanted := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(lines), len(wanted)) {
		if name, _, ok := strings.Cut(wanted[i], "-Digest: sha256:"); ok && strings.HasPrefix(lines[i], name+"-Digest: sha256:") {
			lines[i] = wanted[i]
		}
	}
	return strings.Join(lines, "\n")
}

// closedCapture is a ledger of one capture that was closed, and its file.
func closedCapture(t *testing.T) (dir, id, file string) {
	t.Helper()
	dir = t.TempDir()
	l := openStore(t, dir)
	id = keepCapture(t, l, "one", noon)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, id, captureFiles(t, dir)[0]
}

// What a crash left behind the last committed capture is cut off, and what was
// there before is still read.
func TestTornTailIsCut(t *testing.T) {
	dir, one, file := closedCapture(t)
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	torn := append(bytes.Clone(before), before[:len(before)/2]...)
	if err := os.WriteFile(file, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	orphan := filepath.Join(dir, captureDir, "20260301T130000.000-abcd"+warcSuffix)
	if err := os.WriteFile(orphan, before, 0o600); err != nil {
		t.Fatal(err)
	}
	l := openStore(t, dir)
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(after, before) {
		t.Errorf("the file has %d bytes, not %d as before (%v)", len(after), len(before), err)
	}
	if files := captureFiles(t, dir); len(files) != 1 {
		t.Errorf("files %q: the one of no transaction is still there", files)
	}
	two := keepCapture(t, l, "two", noon)
	for _, id := range []string{one, two} {
		if _, err := l.Capture(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if files := captureFiles(t, dir); len(files) != 1 {
		t.Errorf("files %q: a new one was begun", files)
	}
}

func TestShortenedFileIsToldAndLeftAlone(t *testing.T) {
	dir, one, file := closedCapture(t)
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, info.Size()-20); err != nil {
		t.Fatal(err)
	}
	l := openStore(t, dir)
	two := keepCapture(t, l, "two", noon)
	if _, err := l.Capture(t.Context(), one); err == nil {
		t.Error("half a capture was read")
	}
	if _, err := l.Capture(t.Context(), two); err != nil {
		t.Error(err)
	}
	if err := l.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "capture file") {
		t.Errorf("Check = %v, want the file named", err)
	}
}

func TestCaptureFilesAreOfOneDay(t *testing.T) {
	dir := t.TempDir()
	l := openStore(t, dir)
	for i, now := range []time.Time{noon, noon.Add(time.Hour), noon.AddDate(0, 0, 1), noon} {
		keepCapture(t, l, string(rune('a'+i)), now)
	}
	if files := captureFiles(t, dir); len(files) != 2 {
		t.Errorf("files %q, want 2: an older time does not go back", files)
	}
}

// A file of which little is still wanted is written anew.
func TestSweepGivesSpaceBack(t *testing.T) {
	dir := t.TempDir()
	l := openStore(t, dir)
	var ids []string
	for i := range 50 {
		ids = append(ids, keepCapture(t, l, strings.Repeat("x", i+1), noon))
	}
	held := ids[7]
	if err := l.SetHold(t.Context(), "capture:"+held, "court", "me", true); err != nil {
		t.Fatal(err)
	}
	later := noon.AddDate(0, 2, 0)
	keepCapture(t, l, "later", later)
	before, err := os.Stat(captureFiles(t, dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	if n, err := l.Sweep(t.Context(), later, 30*24*time.Hour); n != 49 || err != nil {
		t.Fatalf("Sweep = %d, %v; want 49", n, err)
	}
	files := captureFiles(t, dir)
	after, err := os.Stat(files[0])
	if err != nil || len(files) != 2 || after.Size() > before.Size()/10 {
		t.Errorf("files %q; the first has %d bytes of %d", files, after.Size(), before.Size())
	}
	if c, err := l.Capture(t.Context(), held); err != nil || string(c.Body) != "body of xxxxxxxx" {
		t.Errorf("held capture = %v, %v", c, err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	l = openStore(t, dir)
	if _, err := l.Capture(t.Context(), held); err != nil {
		t.Error(err)
	}
}

// An erased text is nowhere in the directory.
func TestEraseLeavesNothingOnDisk(t *testing.T) {
	dir := t.TempDir()
	l := openStore(t, dir)
	secret := "canary" + strings.Repeat("-0123456789", 600)
	c := &mention.Capture{URL: "https://x.example/", Fetched: noon, Status: 200, Body: []byte("page")}
	b := mention.Batch{Source: "s", Mentions: []mention.Mention{{ID: "a", Text: secret, Author: "canary-author"}, {ID: "b", Text: "kept"}}, Capture: c}
	if _, err := l.Append(t.Context(), noon, b); err != nil {
		t.Fatal(err)
	}
	u := Understood{ID: "a", Revision: 1, Kind: mention.ChangeNew, Analysis: mention.Analysis{Models: "m", Keyphrases: []string{secret}}}
	if err := l.PutUnderstood(t.Context(), 1, []Understood{u}); err != nil {
		t.Fatal(err)
	}
	if err := l.Erase(t.Context(), "me", "asked", []string{"a"}); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte("canary")) {
			t.Errorf("%s still has it", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// full makes the database file unable to grow.
func full(t *testing.T, l *store, on bool) {
	t.Helper()
	pages := "PRAGMA max_page_count = 1"
	if !on {
		pages = "PRAGMA max_page_count = 4294967294"
	}
	// At the time of the call it is outside any transaction's own effects.
	err := l.w.do(t.Context(), func(tx *txn) error {
		var n int64
		return tx.row(pages, nil, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDiskFull(t *testing.T) {
	dir := t.TempDir()
	l := openStore(t, dir)
	keepCapture(t, l, "before", noon)
	for round := range 3 {
		full(t, l, true)
		acked := map[string]bool{"before": true}
		var failed error
		for i := 0; failed == nil; i++ {
			id := strings.Repeat("y", 3000) + string(rune('a'+round)) + string(rune('a'+i))
			c := &mention.Capture{URL: "https://x.example/" + id, Fetched: noon, Status: 200, Body: []byte(id)}
			_, failed = l.Append(t.Context(), noon, mention.Batch{Source: "s", Mentions: []mention.Mention{{ID: id, Text: id}}, Capture: c})
			acked[id] = failed == nil
		}
		if !strings.Contains(failed.Error(), "full") {
			t.Fatalf("Append on a full disk: %v", failed)
		}
		for id, ok := range acked {
			var n int
			if err := l.r.row(t.Context(), "SELECT COUNT(*) FROM mentions WHERE id = ?", []any{id}, &n); err != nil || (n == 1) != ok {
				t.Errorf("%.4s…: acknowledged %v, there %d times (%v)", id, ok, n, err)
			}
		}
		full(t, l, false)
		id := keepCapture(t, l, "after"+string(rune('a'+round)), noon)
		if _, err := l.Capture(t.Context(), id); err != nil {
			t.Error(err)
		}
		if err := l.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// A write that fails takes back itself alone, not what shares its transaction.
func TestOneFailureOfAGroup(t *testing.T) {
	l := openStore(t, t.TempDir())
	refuse := errors.New("refuse")
	hold := make(chan struct{})
	first := make(chan error, 1)
	go func() {
		first <- l.w.do(context.Background(), func(*txn) error { <-hold; return nil })
	}()
	results := make(chan error, 10)
	for i := range 10 {
		go func() {
			results <- l.w.do(context.Background(), func(t *txn) error {
				if err := setOffset(t, string(rune('a'+i)), 1); err != nil {
					return err
				}
				if i%2 == 1 {
					return refuse
				}
				return nil
			})
		}()
	}
	close(hold)
	if err := <-first; err != nil {
		t.Error(err)
	}
	refused := 0
	for range 10 {
		if err := <-results; errors.Is(err, refuse) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	var n int
	if err := l.r.row(t.Context(), "SELECT COUNT(*) FROM offsets", nil, &n); err != nil || n != 5 || refused != 5 {
		t.Errorf("%d stored, %d refused, %v; want 5 and 5", n, refused, err)
	}
}

func TestBrokenCaptureFileIsReplaced(t *testing.T) {
	l := openStore(t, t.TempDir())
	keepCapture(t, l, "one", noon)
	_ = l.warc.file.Close() // no loop is writing
	c := &mention.Capture{URL: "https://x.example/", Fetched: noon, Status: 200, Body: []byte("two")}
	b := mention.Batch{Source: "s", Mentions: []mention.Mention{{ID: "two", Text: "two"}}, Capture: c}
	if _, err := l.Append(t.Context(), noon, b); err == nil || c.ID != "" {
		t.Fatalf("Append into a broken file: %v, capture %q", err, c.ID)
	}
	if _, err := l.Append(t.Context(), noon, b); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Capture(t.Context(), c.ID); err != nil {
		t.Error(err)
	}
}

func FuzzReadRecord(f *testing.F) {
	var b bytes.Buffer
	enc := newWARCEncoder()
	if err := enc.capture(&b, "x", &mention.Capture{URL: "https://x.example/", Status: 200, Fetched: noon, Body: []byte("body")}); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()-9])
	f.Fuzz(func(t *testing.T, data []byte) {
		rec, err := readRecord(bytes.NewReader(data))
		if err != nil {
			return
		}
		c, err := rec.capture()
		if err != nil {
			return
		}
		// What was read can be written, and is the same when read again.
		var b bytes.Buffer
		if err := newWARCEncoder().capture(&b, c.ID, c); err != nil {
			t.Fatal(err)
		}
		rec, err = readRecord(&b)
		if err != nil {
			t.Fatal(err)
		}
		again, err := rec.capture()
		if err != nil || !bytes.Equal(again.Body, c.Body) || again.Status != c.Status {
			t.Errorf("again %+v, %v; want %+v", again, err, c)
		}
	})
}
