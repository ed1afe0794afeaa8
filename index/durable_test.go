package index_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"earshot/index"
	"earshot/mention"
	"earshot/query"
)

var someDay = at("2020-05-01T00:00:00Z")

// count asks for a count and fails the test on an error.
func count(t testing.TB, x *index.Index, q string) int {
	t.Helper()
	n, err := x.Count(t.Context(), q, someDay)
	if err != nil {
		t.Fatalf("Count(%q): %v", q, err)
	}
	return int(n)
}

func post(id, text, published, seen string) mention.Record {
	r := mention.Record{Mention: mention.Mention{ID: id, Revision: 1, Source: "s", Text: text, Seen: at(seen)}}
	if published != "" {
		r.Mention.Published = at(published)
	}
	return r
}

func TestMentionMovesWhenItsPublicationIsLearned(t *testing.T) {
	b, dir := book{}, t.TempDir()
	x := open(t, dir, b)
	put(t, x, b, 1, mention.ChangeNew, post("a", "one two", "", "2020-04-20T00:00:00Z"))
	put(t, x, b, 2, mention.ChangeRevised, post("a", "one three", "2020-02-03T00:00:00Z", "2020-04-20T00:00:00Z"))
	for q, want := range map[string]int{"": 1, "two": 0, "three": 1, "published:2020-02": 1, "published:2020-04": 0} {
		if got := count(t, x, q); got != want {
			t.Errorf("Count(%q) = %d, want %d", q, got, want)
		}
	}
	put(t, x, b, 3, mention.ChangeErased, mention.Record{Mention: mention.Mention{ID: "a"}})
	if got := count(t, x, ""); got != 0 {
		t.Errorf("after erase: Count = %d, want 0", got)
	}
}

func TestCrashBeforeTheOffsetIsWritten(t *testing.T) {
	b, dir := book{}, t.TempDir()
	x := open(t, dir, b)
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	before, err := os.ReadFile(filepath.Join(dir, "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	late := []mention.Record{post("d", "late recall", "2020-03-20T00:00:00Z", "2020-04-20T00:00:00Z"), post("e", "recall", "2020-01-20T00:00:00Z", "2020-04-20T00:00:00Z")}
	put(t, x, b, 5, mention.ChangeNew, late...)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	// What a crash after the shards' batches leaves behind.
	if err := os.WriteFile(filepath.Join(dir, "index.json"), before, 0o600); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir, b)
	if got := x.Offset(); got != 3 {
		t.Errorf("Offset() = %d, want 3", got)
	}
	put(t, x, b, 5, mention.ChangeNew, late...)
	if got := count(t, x, "recall"); got != 4 {
		t.Errorf("Count(recall) = %d, want 4", got)
	}
	checkAll(t, b, x)
}

// checkAll compares an index with its ledger.
func checkAll(t testing.TB, b book, x *index.Index) {
	t.Helper()
	d, err := x.Verify(t.Context(), nil, b.each)
	if err != nil || d.Len() != 0 {
		t.Errorf("Verify() = %+v, %v", d, err)
	}
}

func TestVerifyTellsDifferences(t *testing.T) {
	b := book{}
	x := open(t, "", b)
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	delete(b, "a")                                                            // the index has one too many
	b["z"] = post("z", "new", "2020-03-20T00:00:00Z", "2020-04-20T00:00:00Z") // and lacks one
	changed := b["b"]                                                         // and knows one as it was
	changed.Curation.Tags = []string{"seen"}
	b["b"] = changed
	d, err := x.Verify(t.Context(), nil, b.each)
	want := index.Difference{Missing: []string{"z"}, Extra: []string{"a"}, Stale: []string{"b"}}
	if diff := gocmp.Diff(want, d); diff != "" || err != nil {
		t.Errorf("Verify() gave %v (-want +got):\n%s", err, diff)
	}
	only := func(fn func(mention.Record) error) error { return fn(b["b"]) }
	d, err = x.Verify(t.Context(), []string{"a", "b"}, only)
	want.Missing = nil
	if diff := gocmp.Diff(want, d); diff != "" || err != nil {
		t.Errorf("Verify() of two gave %v (-want +got):\n%s", err, diff)
	}
}

func TestDamageIsToldAndNeverPanics(t *testing.T) {
	shard := "2020-03"
	store := filepath.Join(shard, "store")
	tests := []struct {
		name  string
		spoil func(t *testing.T, dir string)
	}{
		{"index.json is no JSON", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "index.json"), "{") }},
		{"another schema", func(t *testing.T, dir string) { write(t, filepath.Join(dir, "index.json"), `{"schema":99}`) }},
		{"shard gone", func(t *testing.T, dir string) { remove(t, filepath.Join(dir, shard)) }},
		{"store gone", func(t *testing.T, dir string) { remove(t, filepath.Join(dir, store)) }},
		{"root.bolt empty", func(t *testing.T, dir string) { write(t, filepath.Join(dir, store, "root.bolt"), "") }},
		{"root.bolt cut", func(t *testing.T, dir string) { cut(t, filepath.Join(dir, store, "root.bolt")) }},
		{"root.bolt ends behind its head", func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, store, "root.bolt"), 3*int64(os.Getpagesize())); err != nil {
				t.Fatal(err)
			}
		}},
		{"root.bolt zeroed", func(t *testing.T, dir string) {
			write(t, filepath.Join(dir, store, "root.bolt"), strings.Repeat("\x00", 1<<16))
		}},
		{"segment gone", func(t *testing.T, dir string) { remove(t, segments(t, filepath.Join(dir, store))...) }},
		{"segment cut", func(t *testing.T, dir string) { cut(t, segments(t, filepath.Join(dir, store))[0]) }},
		{"lost batches", func(t *testing.T, dir string) {
			data, err := os.ReadFile(filepath.Join(dir, "index.json"))
			if err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "index.json"), string(bytes.ReplaceAll(data, []byte(`"2020-03":3`), []byte(`"2020-03":9`))))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, dir := book{}, t.TempDir()
			x := open(t, dir, b)
			put(t, x, b, 3, mention.ChangeNew, sample()...)
			if err := x.Close(); err != nil {
				t.Fatal(err)
			}
			tt.spoil(t, dir)
			x, err := index.Open(t.Context(), index.Options{Dir: dir, Records: b.records})
			if err == nil {
				_, err = x.Count(t.Context(), "recall", someDay)
				x.Close()
			}
			if !errors.Is(err, index.ErrDamaged) {
				t.Errorf("got %v, want ErrDamaged", err)
			}
			// Put aside and filled again, all is well.
			fresh := open(t, t.TempDir(), b)
			put(t, fresh, b, 3, mention.ChangeNew, sample()...)
			checkAll(t, b, fresh)
		})
	}
}

func write(t *testing.T, name, data string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
}

func cut(t *testing.T, name string) {
	t.Helper()
	st, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, st.Size()/3); err != nil {
		t.Fatal(err)
	}
}

func segments(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "*.zap"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no segments in %s: %v", dir, err)
	}
	return names
}

func TestLeftoverOfAFirstPutIsMadeAgain(t *testing.T) {
	b, dir := book{}, t.TempDir()
	// A crash while the first batch of a shard was made.
	if err := os.MkdirAll(filepath.Join(dir, "2020-03", "store"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "2020-03", "index_meta.json"), "")
	x := open(t, dir, b)
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	checkAll(t, b, x)
}

func TestSecondOpenerIsRefused(t *testing.T) {
	b, dir := book{}, t.TempDir()
	x := open(t, dir, b)
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	y := open(t, dir, b)
	if _, err := y.Count(t.Context(), "", someDay); !errors.Is(err, index.ErrLocked) {
		t.Errorf("Count gave %v, want ErrLocked", err)
	}
}

func TestClosedIndexAnswersWithAnError(t *testing.T) {
	b := book{}
	x := open(t, t.TempDir(), b)
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Count(t.Context(), "", someDay); !errors.Is(err, index.ErrClosed) {
		t.Errorf("Count gave %v, want ErrClosed", err)
	}
	if err := x.Put(t.Context(), 4, nil); !errors.Is(err, index.ErrClosed) {
		t.Errorf("Put gave %v, want ErrClosed", err)
	}
}

func TestTooBroadWordsAreRefused(t *testing.T) {
	b := book{}
	x := open(t, "", b)
	var text strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&text, "word%d ", i)
	}
	put(t, x, b, 1, mention.ChangeNew, post("a", text.String(), "2020-03-01T00:00:00Z", "2020-03-01T00:00:00Z"))
	if code := codeOf(t, x, "wor*"); code != "too-broad" {
		t.Errorf("wor* gave code %q, want too-broad", code)
	}
	if code := codeOf(t, x, `"word1 wor*"`); code != "too-broad" {
		t.Errorf("a phrase with wor* gave code %q, want too-broad", code)
	}
	if got := count(t, x, "word49*"); got != 1 {
		t.Errorf("Count(word49*) = %d, want 1", got)
	}
}

// codeOf returns the code with which a query is refused.
func codeOf(t *testing.T, x *index.Index, q string) string {
	t.Helper()
	_, err := x.Count(t.Context(), q, someDay)
	e, ok := errors.AsType[*query.Error](err)
	if !ok || len(e.Messages) == 0 {
		t.Errorf("Count(%q): %v, want a *query.Error", q, err)
		return ""
	}
	return e.Messages[0].Code
}

func TestSlowSearchesAreRefused(t *testing.T) {
	b := book{}
	var stuck bool
	x, err := index.Open(t.Context(), index.Options{Records: func(ctx context.Context, refs []mention.Ref) ([]mention.Record, error) {
		if stuck {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return b.records(ctx, refs)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	stuck = true
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if code := codeOf(t, x, `raw:"batch 7"`); code != "too-slow" {
			t.Errorf("code %q, want too-slow", code)
		}
		if d := time.Since(start); d != 2*time.Second {
			t.Errorf("refused after %s, want 2s", d)
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := x.Count(ctx, "recall", someDay); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled Count gave %v, want context.Canceled", err)
	}
}

func TestReadersBesideTheWriter(t *testing.T) {
	b := book{}
	var mu sync.Mutex
	x, err := index.Open(t.Context(), index.Options{Dir: t.TempDir(), Records: func(ctx context.Context, refs []mention.Ref) ([]mention.Record, error) {
		mu.Lock()
		defer mu.Unlock()
		return b.records(ctx, refs)
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	m := newMaker(5)
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for last := 0; ; {
				select {
				case <-done:
					return
				default:
				}
				n, err := x.Count(t.Context(), "kind:(news OR post)", makerNow)
				if err != nil || int(n) < last {
					t.Errorf("Count = %d, %v after %d", n, err, last)
					return
				}
				last = int(n)
				if _, err := x.Search(t.Context(), mention.Search{Query: "drug NEAR/5 recall", Limit: 5}, makerNow); err != nil {
					t.Error(err)
					return
				}
				if _, err := x.Facets(t.Context(), "drug", []string{"brand", "entity"}, 3, makerNow); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range 40 {
		var changes []mention.Change
		for k := range 10 {
			r := m.record(fmt.Sprintf("m%d", i*10+k))
			r.Curation.Irrelevant = false
			mu.Lock()
			b[r.Mention.ID] = r
			mu.Unlock()
			changes = append(changes, mention.Change{Seq: int64(i), Kind: mention.ChangeNew, Record: r})
		}
		if err := x.Put(t.Context(), int64(i), changes); err != nil {
			t.Fatal(err)
		}
	}
	close(done)
	wg.Wait()
	checkAll(t, b, x)
}

func TestCursors(t *testing.T) {
	b := book{}
	x := open(t, "", b)
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	s := mention.Search{Query: "published:-47d", Limit: 1}
	page, err := x.Search(t.Context(), s, someDay)
	if err != nil || len(page.Rows) != 1 || page.Total != 2 || page.Next == "" {
		t.Fatalf("Search(%+v) = %+v, %v", s, page, err)
	}
	for _, other := range []mention.Search{
		{Query: "published:-46d"}, {Query: s.Query, Order: mention.EngagementFirst}, {Query: s.Query, Irrelevant: true},
	} {
		other.Cursor = page.Next
		if _, err := x.Search(t.Context(), other, someDay); !errors.Is(err, index.ErrCursor) {
			t.Errorf("Search(%+v) gave %v, want ErrCursor", other, err)
		}
	}
	// A day later the oldest is more than 47 days old; the search goes on as it began.
	s.Cursor = page.Next
	page, err = x.Search(t.Context(), s, someDay.AddDate(0, 0, 1))
	if err != nil || len(page.Rows) != 1 || page.Total != 2 || page.Next != "" {
		t.Errorf("second page = %+v, %v", page, err)
	}
}

func TestOwnChannelsAndIrrelevantOnes(t *testing.T) {
	b := book{}
	x := open(t, "", b)
	records := sample()
	records[0].Linking.Own = "pfizer"
	records[1].Curation.Irrelevant = true
	put(t, x, b, 3, mention.ChangeNew, records...)
	if got := count(t, x, ""); got != 2 {
		t.Errorf("Count = %d, want 2: own channels are found", got)
	}
	page, err := x.Search(t.Context(), mention.Search{Irrelevant: true}, someDay)
	if err != nil || page.Total != 3 {
		t.Errorf("Search with irrelevant ones found %d, %v, want 3", page.Total, err)
	}
	for want, v := range map[uint64]index.Volume{1: {}, 2: {Own: true}, 3: {Own: true, Irrelevant: true}} {
		s, err := x.HistogramOf(t.Context(), "", index.Day, nil, v, someDay)
		if err != nil {
			t.Fatal(err)
		}
		var total uint64
		for _, bucket := range s.Buckets {
			total += bucket.Count
		}
		if total != want {
			t.Errorf("HistogramOf(%+v) counts %d, want %d", v, total, want)
		}
	}
}
