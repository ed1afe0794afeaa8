package alerts

import (
	"fmt"
	"math"
	"testing"
	"time"

	"earshot/mention"
)

// The published rules of other tools, on counts by the hour: each says whether
// the hour that ends now is told. They are what the detector is compared with.
var baselines = []struct {
	name  string
	fires func(counts []float64, h int) bool
}{
	{"ElastAlert spike: this hour three times the one before, five at least", func(c []float64, h int) bool {
		return h > 0 && c[h] >= 5 && c[h] >= 3*c[h-1]
	}},
	{"Agility surge: this hour over 150 % of the mean of 7 days", func(c []float64, h int) bool {
		return h >= 168 && c[h] > 1.5*meanOf(c[h-168:h])
	}},
	{"Agility surge at 400 %", func(c []float64, h int) bool {
		return h >= 168 && c[h] > 4*meanOf(c[h-168:h])
	}},
	{"Socialmetrix: mean of 24 hours over that of 7 days by 1.5 sd", func(c []float64, h int) bool {
		return h >= 168 && meanOf(c[h-23:h+1]) > meanOf(c[h-168:h])+1.5*deviation(c[h-168:h])
	}},
	{"mean + 3 sd of 14 days", func(c []float64, h int) bool {
		return h >= 336 && c[h] > meanOf(c[h-336:h])+3*deviation(c[h-336:h])
	}},
}

func meanOf(c []float64) float64 {
	sum := 0.0
	for _, v := range c {
		sum += v
	}
	return sum / float64(len(c))
}

func deviation(c []float64) float64 {
	mean, squares := meanOf(c), 0.0
	for _, v := range c {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(c)))
}

// hourly counts posts by the hour in which they entered the log.
func hourly(posts []post, hours int) []float64 {
	counts := make([]float64, hours)
	for _, p := range posts {
		if h := int(p.after / hour); h < hours {
			counts[h]++
		}
	}
	return counts
}

// onsets are the times at which a rule tells, once a day at most, as our
// incidents do.
func onsets(counts []float64, fires func([]float64, int) bool) []time.Duration {
	var list []time.Duration
	last := -24
	for h := range counts {
		if h-last >= 24 && fires(counts, h) {
			list = append(list, time.Duration(h)*hour+hour/2)
			last = h
		}
	}
	return list
}

// A tally counts what was found and what was told for nothing.
type tally struct{ found, planted, wrong int }

// add compares onsets with the hours at which bursts of some hours began.
func (t *tally) add(at []time.Duration, bursts []int, length int) {
	hit := map[int]bool{}
	for _, a := range at {
		h, near := int(a/hour), false
		for _, b := range bursts {
			if h >= b && h <= b+length+1 {
				hit[b], near = true, true
			}
		}
		if !near {
			t.wrong++
		}
	}
	t.found += len(hit)
	t.planted += len(bursts)
}

func (t *tally) String() string { return fmt.Sprintf("%d of %d", t.found, t.planted) }

// TestLowCountBrands plants bursts of four times the usual into twelve weeks
// of quiet brands, with their seasons, and compares with the published rules of
// others on the same counts.
func TestLowCountBrands(t *testing.T) {
	const days, length, seeds = 84, 12, 3
	for _, bursty := range []bool{false, true} {
		ours, theirs := tally{}, make([]tally, len(baselines))
		for _, rate := range []float64{0.2, 0.5, 1, 2, 5} {
			mine := tally{}
			for seed := range uint64(seeds) {
				var bursts []int
				for day := 28; day < days-1; day += 14 {
					bursts = append(bursts, day*24+8+int(seed))
				}
				s := simulation{rate: rate, days: days, bursty: bursty, dated: true, seed: 100 + seed, burst: func(h int) float64 {
					for _, b := range bursts {
						if h >= b && h < b+length {
							return 4
						}
					}
					return 1
				}}
				posts := s.posts()
				// A window in which a handful is usual: what a person would choose.
				window := 6 * hour
				if rate < 1 {
					window = 12 * hour
				}
				rule := Rule{ID: "s", Kind: KindSpike, Window: mention.Duration(window)}
				mine.add(firings(runKind(t, rule, nil, posts)), bursts, length)
				for i := range baselines {
					theirs[i].add(onsets(hourly(posts, days*24), baselines[i].fires), bursts, length)
				}
			}
			t.Logf("%4g an hour, bursty %5v: %s found, %.2f false alarms a month", rate, bursty, mine.String(), mine.monthly(days*seeds))
			ours.found, ours.planted, ours.wrong = ours.found+mine.found, ours.planted+mine.planted, ours.wrong+mine.wrong
		}
		t.Logf("all rates,   bursty %5v: %s found, %.2f false alarms a month", bursty, ours.String(), ours.monthly(5*days*seeds))
		for i := range baselines {
			b := &theirs[i]
			t.Logf("  %s: %s found, %.2f false alarms a month", baselines[i].name, b.String(), b.monthly(5*days*seeds))
			if b.found >= ours.found && b.wrong <= ours.wrong {
				t.Errorf("bursty %v: %s is as good as ours", bursty, baselines[i].name)
			}
		}
		if most := map[bool]float64{false: 0.3, true: 1.5}[bursty]; ours.monthly(5*days*seeds) > most || 2*ours.found < ours.planted {
			t.Errorf("bursty %v: %s found, %.2f false alarms a month", bursty, ours.String(), ours.monthly(5*days*seeds))
		}
	}
}

func (t *tally) monthly(days int) float64 { return float64(t.wrong) * 30 / float64(days) }

// TestOutagesFoolOthers: the outages and catch-ups that raise nothing here do
// raise alarms where each mention counts when it arrives.
func TestOutagesFoolOthers(t *testing.T) {
	lost := func(h int) bool { return h > 400 && h%97 < 9 }
	s := simulation{rate: 12, days: 90, dated: true, lost: lost, source: "feed", seed: 5}
	posts := s.posts()
	coverage := func(_ string, from, to, _ time.Time) bool {
		for at := from; at.Before(to.Add(hour)); at = at.Add(hour) {
			if lost(int(at.Sub(start) / hour)) {
				return false
			}
		}
		return true
	}
	if got := firings(runKind(t, Rule{ID: "s", Kind: KindSpike}, coverage, posts)); len(got) > 0 {
		t.Errorf("fired at %v", got)
	}
	for _, b := range baselines {
		got := onsets(hourly(posts, 90*24), b.fires)
		t.Logf("%s: %d false alarms in 90 days", b.name, len(got))
		if b.name == "mean + 3 sd of 14 days" && len(got) < 10 {
			t.Errorf("%s fired %d times; the test shows nothing", b.name, len(got))
		}
	}
}
