package index

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	gocmp "github.com/google/go-cmp/cmp"

	"earshot/mention"
)

// wordy returns an index of one month with documents of random words, some of
// which were put twice.
func wordy(t *testing.T, rng *rand.Rand, n int) *Index {
	t.Helper()
	x, err := Open(t.Context(), Options{Records: nilRecords})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.Close() })
	word := func() string { return fmt.Sprintf("word%d", min(rng.IntN(1000), rng.IntN(1000), rng.IntN(1000))) }
	var changes []mention.Change
	for i := range n + n/10 {
		at := time.Date(2024, 5, 1, 0, 0, i, 0, time.UTC)
		r := mention.Record{Mention: mention.Mention{
			ID: fmt.Sprint(i % n), Source: "s", Author: fmt.Sprintf("author%d", rng.IntN(n)), Published: at, Seen: at,
			Title: word() + " " + word(), Text: word() + " the #" + word() + " @" + word() + " of " + word() + " " + word() + "?",
		}}
		changes = append(changes, mention.Change{Seq: int64(i + 1), Kind: mention.ChangeNew, Record: r})
	}
	for part := range slices.Chunk(changes, n/4) {
		if err := x.Put(t.Context(), part[len(part)-1].Seq, part); err != nil {
			t.Fatal(err)
		}
	}
	return x
}

// counts are the counts of the words of a segment.
func countsOf(w *segWords) map[string][3]uint32 {
	out := map[string][3]uint32{}
	w.each(func(word string, _ uint64, at int) {
		var c [3]uint32
		for i, list := range [][]uint32{w.now, w.steady, w.past} {
			if list != nil {
				c[i] = list[at]
			}
		}
		if c != [3]uint32{} {
			out[word] = c
		}
	})
	return out
}

func TestForwardIndexCountsAsDictionariesDo(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	x := wordy(t, rng, 2000)
	v, err := x.view("2024-05")
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	words := 0
	for i := range 60 {
		s := v.segs[i%len(v.segs)]
		k := &trendKinds[[]int{0, 1, 6}[i%3]]
		g := &eraSeg{s: s, now: roaring.New(), steady: roaring.New(), past: roaring.New()}
		cut, end := rng.Float64(), rng.Float64()
		for doc := range uint32(s.seg.Count()) {
			switch p := rng.Float64(); {
			case p < cut*end:
				g.now.Add(doc)
				if rng.IntN(10) > 0 {
					g.steady.Add(doc)
				}
			case p < end:
				g.past.Add(doc)
			}
		}
		got, err := g.words(t.Context(), k)
		if err != nil || got.f == nil {
			t.Fatalf("words: %v; forward index %v", err, got.f)
		}
		want, err := g.walk(t.Context(), s, k)
		if err != nil {
			t.Fatal(err)
		}
		words += len(want.words)
		if diff := gocmp.Diff(countsOf(want), countsOf(got)); diff != "" {
			t.Fatalf("%s of %d, %d and %d documents (-dictionary +forward):\n%s", k.name, g.now.GetCardinality(), g.past.GetCardinality(), s.seg.Count(), diff)
		}
	}
	if words < 10_000 {
		t.Errorf("only %d words were compared", words)
	}
}

func TestWarmKeepsToItsMemory(t *testing.T) {
	x := wordy(t, rand.New(rand.NewPCG(3, 4)), 2000)
	if err := x.Warm(t.Context(), time.Date(2024, 6, 2, 0, 0, 0, 0, time.UTC)); err != nil {
		t.Fatal(err)
	}
	if used := x.memory.used.Load(); used != 0 {
		t.Errorf("%d bytes are used for a month that is not asked for", used)
	}
	warm := func() {
		t.Helper()
		if err := x.Warm(t.Context(), time.Date(2024, 5, 2, 0, 0, 0, 0, time.UTC)); err != nil {
			t.Fatal(err)
		}
	}
	warm()
	warm()
	sh := x.known("2024-05")
	keptOf := func() (n int, bytes int64) {
		for _, e := range sh.columns.byID {
			for _, k := range e.kept {
				n++
				bytes += k.bytes()
			}
		}
		return n, bytes
	}
	all, want := keptOf()
	if used := x.memory.used.Load(); used != want || want == 0 {
		t.Errorf("%d bytes are used, want %d", used, want)
	}

	// What was merged since is not kept beside what it became.
	sh.columns.mu.Lock()
	sh.columns.byID[1<<40] = &columnEntry{kept: map[string]kept{"author": &ordinals{list: make([]uint32, 1000)}}}
	sh.columns.mu.Unlock()
	x.memory.take(4000)
	warm()
	if used := x.memory.used.Load(); used != want {
		t.Errorf("%d bytes are used with a segment that is gone, want %d", used, want)
	}
	sh.columns.clear()
	if used := x.memory.used.Load(); used != 0 {
		t.Errorf("%d bytes are used after all was dropped", used)
	}

	// Without memory nothing is kept, and nothing is read in vain again; with
	// memory, all is.
	x.memory.used.Store(ordinalBytes - 1000)
	warm()
	if n, _ := keptOf(); n != 0 || x.memory.used.Load() > ordinalBytes {
		t.Errorf("%d kept without memory, %d bytes of %d used", n, x.memory.used.Load(), ordinalBytes)
	}
	for id, e := range sh.columns.byID {
		if e.col == nil || len(e.col.times) < warmSize {
			continue
		}
		for _, name := range append([]string{trendKinds[0].fieldKey()}, warmFields...) {
			k, err := sh.columns.cached(id, name, func(int64) (kept, int64, error) {
				t.Errorf("%s is read again without memory", name)
				return nil, 0, nil
			})
			if k != nil || err != nil {
				t.Errorf("%s: %v, %v", name, k, err)
			}
		}
	}
	x.memory.used.Store(0)
	warm()
	if n, bytes := keptOf(); n != all || bytes != want {
		t.Errorf("%d of %d bytes are kept with memory again, want %d of %d", n, bytes, all, want)
	}
}
