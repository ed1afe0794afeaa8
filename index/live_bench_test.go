package index_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/index"
	"earshot/mention"
)

// BenchmarkLive asks for the newest 20 mentions of a brand with a term, other
// ones each time, while 500 mentions a second are put.
func BenchmarkLive(b *testing.B) {
	x := bigIndex(b)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { putLive(b, x, stop) })
	defer wg.Wait()
	defer close(stop)
	took := make([]time.Duration, 0, 4096)
	r := rand.New(rand.NewPCG(1, 1))
	for b.Loop() {
		q := fmt.Sprintf("brand:brand-%d AND %s", r.IntN(4), word(uint64(1+r.IntN(40))))
		began := time.Now()
		if _, err := x.Search(b.Context(), mention.Search{Query: q, Limit: 20}, streamEnd); err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
		time.Sleep(10 * time.Millisecond) // people ask; they do not hammer
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(took[len(took)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(took[len(took)*99/100].Seconds()*1000, "p99-ms")
	b.ReportMetric(anonymousMB(b), "anon-MB")
}

// putLive puts 500 mentions a second, as they come in, until stop.
func putLive(b *testing.B, x *index.Index, stop chan struct{}) {
	s := newStream(uint64(time.Now().UnixNano()))
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		changes := make([]mention.Change, 50)
		for i := range changes {
			r := s.record(s.IntN(1 << 30))
			r.Mention.ID = "live-" + r.Mention.ID
			r.Mention.Published = streamEnd.Add(-time.Duration(s.IntN(3600)) * time.Second)
			changes[i] = mention.Change{Kind: mention.ChangeNew, Record: r}
		}
		if err := x.Put(b.Context(), x.Offset()+50, changes); err != nil {
			b.Error(err)
			return
		}
	}
}

// anonymousMB is the memory of the process that no file stands behind, where
// the system tells it.
func anonymousMB(b *testing.B) float64 {
	b.Helper()
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(data)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "RssAnon: %f kB", &kb); n == 1 {
			return kb / 1024
		}
	}
	return 0
}

// BenchmarkVoices asks who speaks, and BenchmarkFold for stories.
func BenchmarkVoices(b *testing.B) {
	x := bigIndex(b)
	for _, s := range []mention.VoiceSearch{{Query: word(5)}, {Query: word(5), By: "site"}, {Query: word(5), Order: index.ByStories}, {}} {
		b.Run(fmt.Sprintf("%s %s %s", s.Query, s.By, s.Order), func(b *testing.B) {
			loop(b, func() error {
				_, err := x.Voices(b.Context(), s, streamEnd)
				return err
			})
		})
	}
}

func BenchmarkFold(b *testing.B) {
	x := bigIndex(b)
	for _, q := range []string{"brand:brand-1 AND " + word(5), word(0)} {
		b.Run(q, func(b *testing.B) {
			loop(b, func() error {
				_, err := x.Search(b.Context(), mention.Search{Query: q, Limit: 20, Fold: true, Highlight: true}, streamEnd)
				return err
			})
		})
	}
}
