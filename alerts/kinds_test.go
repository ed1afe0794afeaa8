package alerts

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

// poisson draws a Poisson count by Knuth's method.
func poisson(r *rand.Rand, mean float64) int {
	n, p, limit := 0, 1.0, math.Exp(-mean)
	for {
		if p *= r.Float64(); p <= limit {
			return n
		}
		n++
	}
}

// A simulation is hourly traffic with a daily and a weekly season.
type simulation struct {
	rate   float64 // mentions an hour
	days   int
	bursty bool
	burst  func(hour int) float64 // factor
	lost   func(hour int) bool    // the source is silent; what it missed comes when it answers again
	dated  bool                   // mentions say when they were published
	source string
	seed   uint64
}

func (s simulation) posts() []post {
	r := rand.New(rand.NewPCG(s.seed, 7))
	var posts, missed []post
	for h := range s.days * 24 {
		rate := s.rate * (1 + 0.6*math.Sin(2*math.Pi*float64(h%24-9)/24))
		if h/24%7 >= 5 {
			rate *= 0.6
		}
		if s.bursty { // a gamma-distributed rate makes a negative-binomial count
			rate *= (r.ExpFloat64() + r.ExpFloat64()) / 2
		}
		if s.burst != nil {
			rate *= s.burst(h)
		}
		if s.lost == nil || !s.lost(h) {
			for _, p := range missed {
				p.published = time.Duration(h)*hour - p.after
				p.after = time.Duration(h) * hour
				posts = append(posts, p)
			}
			missed = nil
		}
		n := poisson(r, rate)
		at := make([]time.Duration, n)
		for i := range at {
			at[i] = time.Duration(h)*hour + time.Duration(r.Float64()*float64(hour)).Truncate(time.Second)
		}
		slices.Sort(at)
		for _, t := range at {
			p := post{after: t, source: s.source, author: fmt.Sprint("a", r.IntN(1000)), unmarked: !s.dated}
			if s.lost != nil && s.lost(h) {
				missed = append(missed, p)
			} else {
				posts = append(posts, p)
			}
		}
	}
	return posts
}

func mix(lists ...[]post) []post {
	all := join(lists...)
	slices.SortStableFunc(all, func(a, b post) int { return int(a.after - b.after) })
	return all
}

func firings(out *BacktestResult) []time.Duration {
	var at []time.Duration
	for _, tr := range out.Transitions {
		if tr.State == mention.StateFiring {
			at = append(at, tr.At.Sub(start))
		}
	}
	return at
}

func runKind(t testing.TB, r Rule, coverage CoverageFunc, posts []post) *BacktestResult {
	t.Helper()
	list := changes(posts...)
	until := start
	if len(list) > 0 {
		until = list[len(list)-1].At.Add(hour)
	}
	out, err := Backtest(BacktestOptions{Options: Options{Rules: []Rule{r}, Brands: testBrands, Coverage: coverage}, Until: until}, func(yield func(mention.Change, error) bool) {
		for i := range list {
			if !yield(list[i], nil) {
				return
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSpikesOfQuietBrands plants bursts into thirty days of quiet traffic and
// counts what is found and what is told for nothing.
func TestSpikesOfQuietBrands(t *testing.T) {
	for _, rate := range []float64{0.2, 1, 5, 20} {
		for _, bursty := range []bool{false, true} {
			found, planted, wrong, months := 0, 0, 0, 0.0
			for seed := range uint64(2) {
				bursts := map[int]bool{}
				for day := 10; day < 30; day += 5 {
					bursts[day*24+7+int(seed)] = true
				}
				factor := 4.0
				if rate < 3 {
					factor = 12 / rate // what a person would call a burst of a quiet brand
				}
				s := simulation{rate: rate, days: 30, bursty: bursty, dated: true, seed: seed + 1, burst: func(h int) float64 {
					if bursts[h] || bursts[h-1] {
						return factor
					}
					return 1
				}}
				hit := map[int]bool{}
				for _, at := range firings(runKind(t, Rule{ID: "s", Kind: KindSpike}, nil, s.posts())) {
					h := int(at / hour)
					near := false
					for b := range bursts {
						if h >= b && h <= b+3 {
							hit[b], near = true, true
						}
					}
					if !near {
						wrong++
					}
				}
				found, planted, months = found+len(hit), planted+len(bursts), months+1
			}
			t.Logf("rate %g/h, bursty %v: %d of %d found, %.1f false alarms a month", rate, bursty, found, planted, float64(wrong)/months)
			// A bursty brand's own bursts are as large as the planted ones.
			if !bursty && (2*found < planted || float64(wrong)/months > 1) || float64(wrong)/months > 3 {
				t.Errorf("rate %g/h, bursty %v: %d of %d bursts found, %d false alarms in %g months", rate, bursty, found, planted, wrong, months)
			}
		}
	}
}

// TestOutagesRaiseNothing: a source is silent for hours and then brings what
// it missed, dated or not, for ninety days.
func TestOutagesRaiseNothing(t *testing.T) {
	lost := func(h int) bool { return h > 240 && h%97 < 9 }
	holes := make([]int, 91*24) // lost hours up to each
	for h := 1; h < len(holes); h++ {
		if holes[h] = holes[h-1]; lost(h - 1) {
			holes[h]++
		}
	}
	coverage := func(_ string, from, to, _ time.Time) bool {
		a, b := max(0, int(from.Sub(start)/hour)), max(0, int(to.Sub(start)/hour)+1)
		return holes[min(a, len(holes)-1)] == holes[min(b, len(holes)-1)]
	}
	for _, dated := range []bool{true, false} {
		s := simulation{rate: 12, days: 90, dated: dated, lost: lost, source: "feed", seed: 5}
		for _, r := range []Rule{{ID: "s", Kind: KindSpike, Sensitivity: "low"}, {ID: "d", Kind: KindDrop, Sensitivity: "low"}, {ID: "f", Kind: KindFlatline, Window: mention.Duration(5 * hour)}} {
			if got := firings(runKind(t, r, coverage, s.posts())); len(got) > 0 {
				t.Errorf("dated %v: %s fired %d times in 90 days: %v", dated, r.Kind, len(got), got)
			}
		}
	}
	naive := firings(runKind(t, Rule{ID: "s", Kind: KindFlatline, Window: mention.Duration(5 * hour)}, nil, simulation{rate: 12, days: 90, dated: true, lost: lost, source: "feed", seed: 5}.posts()))
	if len(naive) < 10 {
		t.Errorf("without coverage the same outages fired %d times; the test shows nothing", len(naive))
	}
}

func TestSpikeDuringTheOutageOfAnotherSource(t *testing.T) {
	down := func(h int) bool { return h >= 400 && h < 420 }
	a := simulation{rate: 6, days: 20, dated: true, source: "a", seed: 1, lost: down}
	b := simulation{rate: 6, days: 20, dated: true, source: "b", seed: 2, burst: func(h int) float64 {
		if h == 405 || h == 406 {
			return 10
		}
		return 1
	}}
	coverage := func(source string, from, to, _ time.Time) bool {
		return source != "a" || int(to.Sub(start)/hour) < 400 || int(from.Sub(start)/hour) >= 420
	}
	got := firings(runKind(t, Rule{ID: "s", Kind: KindSpike}, coverage, mix(a.posts(), b.posts())))
	if len(got) != 1 || got[0] < 405*hour || got[0] > 407*hour {
		t.Errorf("fired at %v, want once at about 405 h", got)
	}
}

func TestNoAlarmWithoutHistory(t *testing.T) {
	if got := firings(runKind(t, Rule{ID: "s", Kind: KindSpike, Sensitivity: "high"}, nil, post{}.repeat(500, 5*time.Second))); len(got) > 0 {
		t.Errorf("a brand seen for the first time fired at %v", got)
	}
}

func TestDropIsFoundOnceAndEnds(t *testing.T) {
	s := simulation{rate: 40, days: 15, dated: true, seed: 3, burst: func(h int) float64 {
		if h >= 250 && h < 258 {
			return 0.02
		}
		return 1
	}}
	out := runKind(t, Rule{ID: "d", Kind: KindDrop}, nil, s.posts())
	got := firings(out)
	if len(got) != 1 || got[0] < 251*hour || got[0] > 256*hour {
		t.Fatalf("fired at %v, want once soon after 250 h", got)
	}
	if last := out.Incidents[0]; last.State != mention.StateResolved || last.Resolved.Sub(start) > 264*hour {
		t.Errorf("incident is %s, resolved %s", last.State, last.Resolved.Sub(start))
	}
}

func TestKindsByExample(t *testing.T) {
	w := func(d time.Duration) mention.Duration { return mention.Duration(d) }
	mood := func(sentiment string, n int, from, step time.Duration) []post {
		return post{after: from, sentiment: sentiment}.repeat(n, step)
	}
	term := func(title string, after time.Duration, entities ...string) post {
		return post{after: after, title: title, events: nil, brands: nil, story: title, author: strings.Join(entities, ",")}
	}
	tests := []struct {
		name  string
		rule  Rule
		posts []post
		want  []string
	}{
		{
			"flatline: an hour of silence, until somebody speaks",
			Rule{ID: "f", Kind: KindFlatline, Window: w(hour)},
			[]post{{}, {after: 30 * minute}, {after: 4 * hour}},
			[]string{"1h30m0s f firing", "4h0m0s f resolved", "5h0m0s f firing"},
		},
		{
			"flatline: it need not have spoken before",
			Rule{ID: "f", Kind: KindFlatline, Match: "launch", Window: w(hour)},
			[]post{{}, {after: 2 * hour}},
			[]string{"1h0m0s f firing"},
		},
		{
			"ratio: half of it negative",
			Rule{ID: "r", Kind: KindRatio, Of: "sentiment:negative", Above: 50, Count: 10, Window: w(3 * hour)},
			mix(mood("positive", 10, 0, minute), mood("negative", 12, 30*minute, minute)),
			[]string{"39m0s r firing"},
		},
		{
			"ratio: too few to say",
			Rule{ID: "r", Kind: KindRatio, Of: "sentiment:negative", Above: 50, Count: 30, Window: w(3 * hour)},
			mood("negative", 12, 0, minute), nil,
		},
		{
			"sentiment turns against what is usual",
			Rule{ID: "m", Kind: KindSentimentShift, Window: w(6 * hour)},
			mix(mood("positive", 200, 0, 30*minute), mood("negative", 50, 15*minute, 2*hour), mood("negative", 30, 101*hour, 2*minute)),
			[]string{"101h18m0s m firing"},
		},
		{
			"share of voice above a limit",
			Rule{ID: "v", Kind: KindShareOfVoice, By: Words{"brand"}, Above: 80, Count: 10},
			mix(post{brands: []string{"novarel"}}.repeat(5, minute), post{brands: []string{"zentrix"}, after: 10 * minute}.repeat(25, minute)),
			[]string{"29m0s v zentrix firing"},
		},
		{
			"a competitor launches, an own brand and a peer do not count",
			Rule{ID: "c", Kind: KindCompetitorActivity},
			[]post{
				{own: "zentrix", title: "Zentrix opens a plant", events: []mention.Event{{Type: "launch", Brand: "zentrix"}}},
				{title: "News", after: minute, events: []mention.Event{{Type: "launch", Brand: "novarel"}, {Type: "launch", Brand: "calmora"}}},
				{own: "zentrix", title: "Prices", after: 2 * minute, page: &mention.PageChange{Type: "pricing"}},
			},
			[]string{"0s c zentrix firing"},
		},
		{
			"a term that nobody had used",
			Rule{ID: "n", Kind: KindNewTerm, Window: w(day), Count: 2},
			[]post{
				term("one", 0, "Novarel"), term("two", 20*hour, "Novarel"), term("three", 26*hour, "Novarel", "Blackmould"),
				term("three", 27*hour, "Blackmould"), term("four", 28*hour, "Blackmould"),
			},
			[]string{"28h0m0s n Blackmould firing"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list := changes(tt.posts...)
			for i := range list {
				if tt.rule.Kind == KindNewTerm {
					list[i].Record.Mention.Given.Entities = strings.Split(tt.posts[i].author, ",")
				}
			}
			tt.rule.KeepFiringFor = 0
			out := play(testEngine(t, []Rule{tt.rule}), list[len(list)-1].At.Sub(start)+61*minute, list)
			got := slices.DeleteFunc(moved(out.Transitions), func(s string) bool { return tt.rule.Kind != KindFlatline && strings.HasSuffix(s, "resolved") })
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("transitions (-want +got):\n%s", d)
			}
			for _, tr := range out.Transitions {
				t.Log(tr.State, tr.Reason)
			}
		})
	}
}
