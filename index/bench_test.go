package index_test

import (
	"context"
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"earshot/index"
	"earshot/mention"
)

var (
	size = flag.Int("size", 10_000, "how many mentions the benchmarks' index has")
	keep = flag.String("keep", "", "a directory that keeps the benchmarks' index from one run to the next")
)

// A stream makes short mentions out of word statistics: word lengths and
// ranks as in English posts, a long tail of rare words, tags and links; some
// brands, many entities and authors, Zipf-distributed; ninety days.
type stream struct {
	*rand.Rand
	words    *rand.Zipf
	entities *rand.Zipf
	authors  *rand.Zipf
	brands   *rand.Zipf
}

func newStream(seed uint64) *stream {
	r := rand.New(rand.NewPCG(seed, 11))
	return &stream{
		Rand: r, words: rand.NewZipf(r, 1.07, 3, 60_000), entities: rand.NewZipf(r, 1.1, 4, 5_000),
		authors: rand.NewZipf(r, 1.05, 20, 20_000), brands: rand.NewZipf(r, 1.3, 1, 29),
	}
}

const syllables = "kamitorenasudelpovichagurestonbrelquifan"

// word spells the n-th most frequent word; frequent ones are short.
func word(n uint64) string {
	var b strings.Builder
	for n += 3; n > 0; n /= 19 {
		i := int(n%19) * 2
		b.WriteString(syllables[i : i+2])
	}
	return b.String()
}

func (s *stream) text() string {
	var b strings.Builder
	for i := range max(4, int(s.NormFloat64()*6+14)) {
		if i > 0 {
			b.WriteString([]string{" ", " ", " ", " ", " ", ", ", ". ", "! "}[s.IntN(8)])
		}
		w := word(s.words.Uint64())
		switch s.IntN(40) {
		case 0:
			w = "#" + w
		case 1:
			w = "@" + w
		case 2, 3, 4, 5:
			w = strings.ToUpper(w[:1]) + w[1:]
		}
		b.WriteString(w)
	}
	if s.IntN(4) == 0 {
		fmt.Fprintf(&b, " https://t.example/%x", s.Uint32())
	}
	return b.String()
}

var streamEnd = time.Date(2020, 6, 30, 23, 0, 0, 0, time.UTC)

func (s *stream) record(i int) mention.Record {
	at := time.UnixMilli(streamEnd.UnixMilli() - s.Int64N(90*24*3600*1000)).UTC()
	engagement := math.Floor(s.ExpFloat64() * 5)
	r := mention.Record{
		Mention: mention.Mention{
			ID: fmt.Sprintf("%016x", uint64(i)*0x9E3779B97F4A7C15), Revision: 1, Source: fmt.Sprintf("source-%d", s.IntN(6)), Kind: mention.KindPost,
			Text: s.text(), Author: fmt.Sprintf("user_%d", s.authors.Uint64()), Site: fmt.Sprintf("site%d.example", s.IntN(40)), Published: at, Seen: at, Collected: at, Engagement: &engagement,
		},
		Analysis: mention.Analysis{Status: mention.StatusOK, Language: "en", Sentiment: &mention.Sentiment{
			Label: []string{"positive", "negative", "neutral"}[s.IntN(3)], Score: math.Round(s.Float64()*200-100) / 100,
		}},
		Linking: mention.Linking{Brands: []mention.BrandMention{{Brand: fmt.Sprintf("brand-%d", s.brands.Uint64())}}},
		Story:   fmt.Sprintf("%016x", s.Uint64N(1+uint64(i))),
	}
	r.Mention.URL = "https://" + r.Mention.Site + "/p/" + r.Mention.ID
	for range s.IntN(3) {
		r.Analysis.Entities = append(r.Analysis.Entities, mention.Entity{Text: fmt.Sprintf("Entity %d", s.entities.Uint64()), Type: mention.Misc})
	}
	return r
}

// A bigBook hydrates any id, as a ledger would.
func bigBook(_ context.Context, refs []mention.Ref) ([]mention.Record, error) {
	list := make([]mention.Record, len(refs))
	for i, ref := range refs {
		list[i].Mention = mention.Mention{ID: ref.ID, Text: "text", Seen: streamEnd}
	}
	return list, nil
}

func newBig(b testing.TB, dir string) *index.Index {
	b.Helper()
	x, err := index.Open(b.Context(), index.Options{Dir: dir, Records: bigBook})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { x.Close() })
	return x
}

// fillBig puts n mentions in batches of 500.
func fillBig(b testing.TB, x *index.Index, s *stream, from, n int) {
	b.Helper()
	changes := make([]mention.Change, 0, 500)
	for i := from; i < from+n; i++ {
		changes = append(changes, mention.Change{Seq: int64(i + 1), Kind: mention.ChangeNew, Record: s.record(i)})
		if len(changes) == cap(changes) || i == from+n-1 {
			if err := x.Put(b.Context(), int64(i+1), changes); err != nil {
				b.Fatal(err)
			}
			changes = changes[:0]
		}
	}
}

// bigIndex is an index of -size mentions, made before or made now.
func bigIndex(b *testing.B) *index.Index {
	b.Helper()
	dir := *keep
	if dir == "" {
		dir = b.TempDir()
	}
	x := newBig(b, dir)
	there := int(x.Offset())
	if there >= *size {
		return x
	}
	s := newStream(1)
	for i := range there {
		s.record(i)
	}
	fillBig(b, x, s, there, *size-there)
	return x
}

// BenchmarkIndex asks an index of -size mentions.
func BenchmarkIndex(b *testing.B) {
	x := bigIndex(b)
	b.Run("search", func(b *testing.B) { benchSearch(b, x) })
	b.Run("count", func(b *testing.B) { benchCount(b, x) })
	b.Run("histogram", func(b *testing.B) { benchHistogram(b, x) })
	b.Run("facets", func(b *testing.B) { benchFacets(b, x) })
	b.Run("numbers", func(b *testing.B) { benchNumbers(b, x) })
	b.Run("each", func(b *testing.B) { benchEach(b, x) })
}

func BenchmarkPut(b *testing.B) {
	dir := b.TempDir()
	x := newBig(b, dir)
	s := newStream(1)
	records := make([]mention.Change, *size)
	for i := range records {
		records[i] = mention.Change{Seq: int64(i + 1), Kind: mention.ChangeNew, Record: s.record(i)}
	}
	n := 0
	cpu := cpuTime(b)
	b.ResetTimer()
	for b.Loop() {
		for chunk := range slices.Chunk(records, 500) {
			for i := range chunk {
				chunk[i].Record.Mention.ID = fmt.Sprintf("%016x", uint64(n+i)*0x9E3779B97F4A7C15)
			}
			if err := x.Put(b.Context(), int64(n), chunk); err != nil {
				b.Fatal(err)
			}
			n += len(chunk)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "docs/s")
	b.ReportMetric(float64(n)/(cpuTime(b)-cpu).Seconds(), "docs/cpu-s")
	b.ReportMetric(float64(diskSize(b, dir))/float64(n), "B/doc")
}

// cpuTime returns what the process has used of all processors.
func cpuTime(b testing.TB) time.Duration {
	var ru syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &ru); err != nil {
		b.Fatal(err)
	}
	return time.Duration(ru.Utime.Nano() + ru.Stime.Nano())
}

func diskSize(b testing.TB, dir string) (total int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, e os.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			if info, err := e.Info(); err == nil { // files go while they are counted
				total += info.Size()
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return total
}

// loop measures a question that was asked once before. Beside the time it
// tells processor time, which says more where other work runs on the machine.
func loop(b *testing.B, ask func() error) {
	b.Helper()
	if err := ask(); err != nil {
		b.Fatal(err)
	}
	cpu := cpuTime(b)
	for b.Loop() {
		if err := ask(); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric((cpuTime(b)-cpu).Seconds()*1000/float64(b.N), "cpu-ms/op")
}

func benchSearch(b *testing.B, x *index.Index) {
	b.Helper()
	for _, bm := range []struct{ name, query, order string }{
		{"brand and term", "brand:brand-1 AND " + word(5), ""},
		{"frequent term", word(0), ""},
		{"rare term", word(3000), ""},
		{"near", word(0) + " NEAR/5 " + word(1), ""},
		{"phrase", `"` + word(0) + " " + word(1) + `"`, ""},
		{"exact case", "{" + strings.ToUpper(word(2)[:1]) + word(2)[1:] + "}", ""},
		{"wildcard", word(40) + "*", ""},
		{"fuzzy", word(3000) + "~1", ""},
		{"last week", word(2) + " published:[2020-06-20 TO 2020-06-27]", ""},
		{"relevance", word(5) + " " + word(9), mention.RelevanceFirst},
		{"engagement", word(5), mention.EngagementFirst},
	} {
		b.Run(bm.name, func(b *testing.B) {
			var total uint64
			loop(b, func() error {
				p, err := x.Search(b.Context(), mention.Search{Query: bm.query, Limit: 20, Order: bm.order}, streamEnd)
				total = p.Total
				return err
			})
			b.ReportMetric(float64(total), "hits")
		})
	}
}

func benchCount(b *testing.B, x *index.Index) {
	b.Helper()
	loop(b, func() error {
		_, err := x.Count(b.Context(), "brand:brand-1", streamEnd)
		return err
	})
}

func benchHistogram(b *testing.B, x *index.Index) {
	b.Helper()
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		b.Fatal(err)
	}
	for _, q := range []string{"brand:brand-1", "", word(0)} {
		b.Run(q, func(b *testing.B) {
			loop(b, func() error {
				_, err := x.Histogram(b.Context(), q, index.Day, zone, streamEnd)
				return err
			})
		})
	}
}

func benchFacets(b *testing.B, x *index.Index) {
	b.Helper()
	for _, field := range []string{"entity", "brand", "author", "site"} {
		b.Run(field, func(b *testing.B) {
			loop(b, func() error {
				_, err := x.Facets(b.Context(), word(0), []string{field}, 20, streamEnd)
				return err
			})
		})
	}
}

func benchEach(b *testing.B, x *index.Index) {
	b.Helper()
	n := 0
	for b.Loop() {
		if err := x.Each(b.Context(), "", streamEnd, func(mention.Row) error { n++; return nil }); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	x := newBig(b, dir)
	fillBig(b, x, newStream(1), 0, *size)
	if err := x.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		x, err := index.Open(b.Context(), index.Options{Dir: dir, Records: bigBook})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := x.Search(b.Context(), mention.Search{Limit: 20}, streamEnd); err != nil {
			b.Fatal(err)
		}
		if err := x.Close(); err != nil {
			b.Fatal(err)
		}
	}
	var ms runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&ms)
	b.ReportMetric(float64(ms.HeapAlloc)/1e6, "heap-MB")
}
