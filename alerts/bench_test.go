package alerts

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"earshot/mention"
)

// benchWords is a vocabulary whose words are less common the further on.
func benchWords(r *rand.Rand, n int) string {
	var b strings.Builder
	for range n {
		fmt.Fprintf(&b, "w%d ", int(20000*r.Float64()*r.Float64()*r.Float64()))
	}
	return b.String()
}

func benchRules(n int) []Rule {
	r := rand.New(rand.NewPCG(1, 2))
	rules := make([]Rule, n)
	for i := range rules {
		rules[i] = Rule{ID: fmt.Sprintf("r%d", i), Match: fmt.Sprintf("w%d AND w%d", r.IntN(3000), r.IntN(3000)), Notify: Words{"hook"}}
		if i%2 == 0 {
			rules[i].Kind, rules[i].Count, rules[i].Window = KindThreshold, 5, mention.Duration(time.Hour)
		}
		if i%10 == 1 {
			rules[i].Kind = KindSpike
		}
	}
	return rules
}

// BenchmarkStep is one mention through the engine, its share of the state
// included in batches of 100.
func BenchmarkStep(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprintf("%d rules", n), func(b *testing.B) {
			e := testEngine(b, benchRules(n))
			r := rand.New(rand.NewPCG(3, 4))
			list := make([]mention.Change, 4000)
			for i := range list {
				list[i] = post{after: time.Duration(i) * time.Millisecond, title: benchWords(r, 20)}.change(int64(i + 1))
			}
			state := 0
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				c := list[i%len(list)]
				c.Seq = int64(i + 1)
				c.At = start.Add(time.Duration(i) * time.Millisecond)
				c.Record.Mention.Published = c.At
				e.Step(c.At, []mention.Change{c})
				if i%100 == 99 {
					parts, err := e.Changed()
					if err != nil {
						b.Fatal(err)
					}
					for _, part := range parts {
						state += len(part)
					}
				}
			}
			b.ReportMetric(float64(state)/float64(b.N), "state-bytes/mention")
		})
	}
}

// BenchmarkEdit is a changed rule file going live.
func BenchmarkEdit(b *testing.B) {
	rules := benchRules(10_000)
	for b.Loop() {
		testEngine(b, rules)
	}
}

// BenchmarkBacktest is one rule over old mentions.
func BenchmarkBacktest(b *testing.B) {
	r := rand.New(rand.NewPCG(3, 4))
	list := make([]mention.Change, 20_000)
	for i := range list {
		list[i] = post{after: time.Duration(i) * time.Minute, title: benchWords(r, 20)}.change(int64(i + 1))
	}
	o := BacktestOptions{Options: Options{Rules: []Rule{{ID: "r", Kind: KindSpike, Match: "w1*"}}}}
	for b.Loop() {
		if _, err := Backtest(o, func(yield func(mention.Change, error) bool) {
			for i := range list {
				if !yield(list[i], nil) {
					return
				}
			}
		}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(list)), "ns/mention")
}
