package demo

import (
	"math/rand/v2"
	"sort"
	"time"
)

// Past is how long the world has been talking when a daemon first listens.
const Past = 60 * 24 * time.Hour

// hourly is how much is said in each hour of a day; paid is the same for
// people who write during office hours.
var (
	hourly = [24]float64{3, 2, 1, 1, 1, 2, 4, 7, 9, 9, 8, 8, 10, 9, 8, 8, 9, 10, 12, 14, 15, 13, 9, 5}
	paid   = [24]float64{1, 1, 1, 1, 2, 5, 10, 14, 16, 15, 14, 12, 10, 12, 13, 13, 12, 9, 6, 4, 3, 2, 2, 1}
)

// A calendar draws times from the past with the rhythm of days and weeks.
type calendar struct {
	start time.Time
	sums  []float64 // by hour: the weight of all hours up to and with it
}

func newCalendar(end time.Time, g genre) *calendar {
	c := &calendar{start: end.Add(-Past)}
	sum := 0.0
	for h := range int(Past / time.Hour) {
		at := c.start.Add(time.Duration(h) * time.Hour)
		weekend := at.Weekday() == time.Saturday || at.Weekday() == time.Sunday
		weight := hourly[at.Hour()]
		switch {
		case g == genreNews || g == genreRelease:
			weight = paid[at.Hour()]
			if weekend {
				weight *= 0.3
			}
		case weekend:
			weight *= 1.2
		}
		sum += weight
		c.sums = append(c.sums, sum)
	}
	return c
}

// draw returns a time between the start and the end of the past.
func (c *calendar) draw(rng *rand.Rand) time.Time {
	x := rng.Float64() * c.sums[len(c.sums)-1]
	h := sort.SearchFloat64s(c.sums, x)
	return c.start.Add(time.Duration(h)*time.Hour + time.Duration(rng.Int64N(int64(time.Hour))))
}
