package index

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
)

// TestColumnFindsTimes compares what a column finds by blocks with what is
// found one by one: times in order, in some order, and in none.
func TestColumnFindsTimes(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for i := range 400 {
		n := 1 + rng.IntN(5*timeBlockSize)
		c := &column{times: make([]int64, n), published: make([]bool, n)}
		disorder := []int{1, 50, 10 * n}[i%3]
		for k := range n {
			c.times[k], c.published[k] = int64(10*k+rng.IntN(disorder)), i%2 == 0 || rng.IntN(50) > 0
			if rng.IntN(2000) == 0 {
				c.times[k] = noMillis
			}
		}
		c.block()
		lo := int64(rng.IntN(12*n)) - int64(n)
		hi := lo + int64(rng.IntN(12*n))
		if i%10 == 0 {
			lo = minMillis
		}
		if i%7 == 0 {
			hi = maxMillis
		}
		docs, of := roaring.New(), []int{2, 100, 1000}[i%3]
		for k := range uint32(n) {
			if rng.IntN(of) == 0 || i%11 == 0 {
				docs.Add(k)
			}
		}
		for _, among := range []*roaring.Bitmap{nil, docs} {
			want := roaring.New()
			for k := range n {
				if (among == nil || among.Contains(uint32(k))) && c.times[k] >= lo && c.times[k] < hi && c.published[k] {
					want.Add(uint32(k))
				}
			}
			got := c.within(among, lo, hi, func(b *timeBlock) bool { return b.published }, func(k int) bool { return c.published[k] })
			if !got.Equals(want) {
				t.Fatalf("case %d: %d of %d documents found, want %d", i, got.GetCardinality(), n, want.GetCardinality())
			}
		}
		if docs.IsEmpty() {
			continue
		}
		list := docs.ToArray()
		least := c.times[slices.MinFunc(list, func(a, b uint32) int { return int(c.times[a] - c.times[b]) })]
		s := &segView{col: c}
		if got, err := s.earliest(docs, minMillis); err != nil || got != least {
			t.Fatalf("case %d: earliest = %d, %v, want %d", i, got, err, least)
		}
		if got, _ := s.earliest(docs, lo); got != least && (got >= lo || least >= lo) {
			t.Fatalf("case %d: earliest before %d = %d, want %d or less than it", i, lo, got, least)
		}
		first, last := c.span(docs)
		for _, k := range list {
			if c.times[k] < first || c.times[k] > last {
				t.Fatalf("case %d: %d is not within %d to %d", i, c.times[k], first, last)
			}
		}
	}
}

func TestMonthCalendarReaches(t *testing.T) {
	zone, err := time.LoadLocation("Asia/Kathmandu") // 5:45 ahead
	if err != nil {
		t.Fatal(err)
	}
	for _, interval := range []string{Hour, Day, Week} {
		c := newCalendar(interval, zone)
		m := c.within("2024-05")
		first, last := time.Date(2024, 5, 3, 7, 59, 59, 0, time.UTC).UnixMilli(), time.Date(2024, 5, 20, 1, 0, 0, 0, time.UTC).UnixMilli()
		n := m.reach(first, last)
		for ms := first; ms <= last; ms += 123_457 {
			if at := m.number(ms); int(at) >= n {
				t.Fatalf("%s: %s has number %d, but %d were reached", interval, time.UnixMilli(ms).UTC(), at, n)
			}
		}
	}
}

func TestDistinctCount(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var c distinctCount
	for range 3 {
		set := map[uint64]bool{}
		for range 100_000 {
			story := 1 + rng.Uint64N(60_000)*0x9e3779b97f4a7c15
			set[story] = true
			c.add(story)
		}
		if got := c.count(); got != uint64(len(set)) {
			t.Errorf("count = %d, want %d", got, len(set))
		}
		c.empty()
	}
}
