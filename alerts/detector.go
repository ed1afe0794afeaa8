package alerts

import (
	"math"
	"slices"
	"time"
)

// The detector of spikes and drops. A count over an hour is compared with
// what it was at the same time of day on the days before: the tail of a
// negative-binomial distribution with their mean and variance (counts of
// mentions vary more than a Poisson process), and with the record of the two
// weeks, over an hour and over a single bin. The sum of the three logarithms
// is the score.
const (
	baselineDays  = 14
	recordShare   = 0.999
	trimmedShare  = 0.05 // of the baseline, from the top: former spikes
	leastSamples  = 5
	leastMean     = 0.5
	leastShape    = 0.5
	mostShape     = 200
	overdispersed = 1.05 // least variance, as a multiple of the mean
	fireScore     = 1.62 // sensitivity medium
)

// around are the offsets from the time of day that the baseline takes, as
// parts of an hour.
var around = []float64{-1, -0.5, 0, 0.5, 1}

// A clockwork says how many bins make an hour and a day.
type clockwork struct{ hour, day int64 }

func clockOf(step time.Duration) clockwork {
	return clockwork{hour: max(1, int64(math.Round(float64(time.Hour)/float64(step)))), day: max(1, int64(math.Round(24*float64(time.Hour)/float64(step))))}
}

// An expectation is what a count over some bins should be.
type expectation struct {
	Mean, Shape float64
	Low         float64 // the least there was
	Samples     int
}

// Known reports whether there is enough history to expect anything.
func (x expectation) Known() bool { return x.Samples >= leastSamples }

// expect looks at the sums over w bins at the same time of day, up to bin at.
// Days may be left out by use (1 is yesterday); nil takes all.
func (c clockwork) expect(s *series, at, w int64, use func(day int64) bool) expectation {
	sample := make([]float64, 0, baselineDays*len(around))
	for d := int64(1); d <= baselineDays; d++ {
		if at-d*c.day-c.hour < s.First {
			if at-d*c.day+c.hour < s.First {
				break
			}
		} else if use != nil && !use(d) {
			continue
		}
		for _, part := range around {
			j := at - d*c.day + int64(math.Round(part*float64(c.hour)))
			if j >= s.First && j < at {
				sample = append(sample, s.sum(j+1-w, j+1))
			}
		}
	}
	x := expectation{Samples: len(sample)}
	if !x.Known() {
		return x
	}
	slices.Sort(sample)
	x.Low = sample[0]
	sample = sample[:len(sample)-int(math.Ceil(trimmedShare*float64(len(sample))))]
	var sum, squares float64
	for _, v := range sample {
		sum += v
		squares += v * v
	}
	n := float64(len(sample))
	x.Mean = max(sum/n, leastMean)
	variance := max(squares/n-(sum/n)*(sum/n), x.Mean*overdispersed)
	x.Shape = min(max(x.Mean*x.Mean/(variance-x.Mean), leastShape), mostShape)
	return x
}

// records are the highest counts of the two weeks, but for the rarest.
type records struct{ Bin, Hour float64 }

func (c clockwork) records(s *series, at, w int64) records {
	a := max(at-baselineDays*c.day, s.First)
	return records{Bin: s.quantile(a, at+1, 1, recordShare), Hour: s.quantile(a, at+1, w, recordShare)}
}

// score joins the three; w is the number of bins that an hour's count has.
func score(bin, hour float64, x expectation, r records, w int64) float64 {
	s := math.Log((bin+1)/(r.Bin+1)) + math.Log((hour+float64(w))/(r.Hour+float64(w)))
	if x.Known() {
		s += math.Log1p(nbTail(hour, x.Mean, x.Shape))
	}
	return s
}

// unit is the part of the way to an alarm, 0 to 1. It stops at 1: beyond the
// alarm there is nothing to tell apart, and a threshold laid there would only
// miss.
func unit(s float64) float64 { return min(max(s/fireScore, 0), 1) }
