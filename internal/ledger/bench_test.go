package ledger_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"earshot/internal/ledger"
	"earshot/mention"
)

var words = strings.Fields("the new brand of tablets made me feel much better than any other thing I had tried before but the price at the pharmacy is too high")

// sample is a mention of about the size of a post.
func sample(i int) mention.Mention {
	var b strings.Builder
	for j := range 60 {
		b.WriteString(words[(i*7+j*j)%len(words)])
		b.WriteByte(' ')
	}
	id := fmt.Sprintf("%016x%08x", uint64(i)*0x9e3779b97f4a7c15, i)
	return mention.Mention{
		ID: id, Source: "feed", Kind: mention.KindPost, URL: "https://forum.example/t/" + id, Canonical: "https://forum.example/t/" + id, Site: "forum.example",
		Title: "Post " + id, Text: b.String(), Author: fmt.Sprint("author", i%1000), Published: start.Add(time.Duration(i) * time.Second),
	}
}

func sampleUnderstood(m *mention.Mention) ledger.Understood {
	a := mention.Analysis{
		Models: "2026-03-01/abcdef", Language: "en", Status: mention.StatusOK,
		Sentiment:  &mention.Sentiment{Label: mention.Negative, Score: -0.31, Confidence: 0.8},
		Keyphrases: []string{"new brand", "tablets", "pharmacy price"},
	}
	for i := range 4 {
		span := mention.Span{Start: i * 20, End: i*20 + 8}
		a.Sentiment.Evidence = append(a.Sentiment.Evidence, mention.Evidence{Span: span, Weight: -0.1})
		a.Entities = append(a.Entities, mention.Entity{Text: "Entity name", Type: mention.Organization, Span: span})
	}
	return ledger.Understood{
		ID: m.ID, Revision: max(1, m.Revision), Kind: mention.ChangeNew, Analysis: a, Story: m.ID, Signature: make([]byte, 64),
		Linking: mention.Linking{Config: "c1", Labels: []string{"price"}, Brands: []mention.BrandMention{
			{Brand: "acme", Spans: []mention.Span{{Start: 4, End: 9}}, Sentiment: &mention.Sentiment{Label: mention.Negative, Score: -0.3}, Why: "name"},
		}},
	}
}

// fill stores n understood mentions and gives their ids.
func fill(tb testing.TB, l ledger.Ledger, n int) []string {
	tb.Helper()
	var ids []string
	for i := 0; i < n; i += 500 {
		list, u := sampleBatch(i, min(500, n-i))
		for _, m := range list {
			ids = append(ids, m.ID)
		}
		if _, err := l.Append(tb.Context(), start, mention.Batch{Source: "feed", Mentions: list}); err != nil {
			tb.Fatal(err)
		}
		if err := l.PutUnderstood(tb.Context(), int64(i+len(list)), u); err != nil {
			tb.Fatal(err)
		}
	}
	return ids
}

func sampleBatch(from, n int) ([]mention.Mention, []ledger.Understood) {
	list, u := make([]mention.Mention, n), make([]ledger.Understood, n)
	for i := range n {
		list[i] = sample(from + i)
		u[i] = sampleUnderstood(&list[i])
	}
	return list, u
}

func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 30, 100, 500} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			l := openDir(b, b.TempDir())
			n := 0
			for b.Loop() {
				b.StopTimer()
				list, _ := sampleBatch(n, size)
				n += size
				b.StartTimer()
				if _, err := l.Append(b.Context(), start, mention.Batch{Source: "feed", Mentions: list}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mentions/s")
		})
	}
}

func BenchmarkAppendConcurrent(b *testing.B) {
	l := openDir(b, b.TempDir())
	next := make(chan int)
	go func() {
		for i := range b.N {
			next <- i
		}
		close(next)
	}()
	b.SetParallelism(16)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := <-next
			m := sample(i)
			_, err := l.Append(b.Context(), start, mention.Batch{Source: "feed", Mentions: []mention.Mention{m}, Capture: answer(m.URL, m.Text)})
			if err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkAppendUnchanged(b *testing.B) {
	l := openDir(b, b.TempDir())
	list, _ := sampleBatch(0, 30)
	for b.Loop() {
		if _, err := l.Append(b.Context(), start, mention.Batch{Source: "feed", Mentions: list, Capture: answer("https://x.example/", "body")}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPutUnderstood(b *testing.B) {
	l := openDir(b, b.TempDir())
	n := 0
	for b.Loop() {
		b.StopTimer()
		list, u := sampleBatch(n, 100)
		n += 100
		if _, err := l.Append(b.Context(), start, mention.Batch{Source: "feed", Mentions: list}); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if err := l.PutUnderstood(b.Context(), int64(n), u); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "mentions/s")
}

func BenchmarkRead(b *testing.B) {
	l := openDir(b, b.TempDir())
	ids := fill(b, l, 5000)
	b.Run("Changes500", func(b *testing.B) {
		for b.Loop() {
			if list, err := l.Changes(b.Context(), 2000, 500); err != nil || len(list) != 500 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("Entries500", func(b *testing.B) {
		for b.Loop() {
			if list, err := l.Entries(b.Context(), 2000, 500); err != nil || len(list) != 500 {
				b.Fatal(len(list), err)
			}
		}
	})
	b.Run("Records50", func(b *testing.B) {
		for b.Loop() {
			if list, err := l.Records(b.Context(), ids[3000:3050]); err != nil || len(list) != 50 {
				b.Fatal(len(list), err)
			}
		}
	})
}

func BenchmarkOpen100k(b *testing.B) {
	dir := b.TempDir()
	l := openDir(b, dir)
	fill(b, l, 100_000)
	if err := l.Close(); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		l, err := ledger.Open(b.Context(), ledger.Options{Dir: dir})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := l.Counts(b.Context()); err != nil {
			b.Fatal(err)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
