package query_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"earshot/query"
)

// TestTimeRangeIsReadAsItWasMeant: what it writes holds for the very instants
// it was asked for, however short it is.
func TestTimeRangeIsReadAsItWasMeant(t *testing.T) {
	day := func(s string) time.Time {
		at, err := time.Parse("2006-01-02T15:04:05.999", s)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, tt := range []struct {
		name         string
		from, before time.Time
		want         string
	}{
		{"a day", day("2026-03-02T00:00:00"), day("2026-03-03T00:00:00"), "time:2026-03-02"},
		{"days", day("2026-03-02T00:00:00"), day("2026-03-09T00:00:00"), "time:[2026-03-02 TO 2026-03-08]"},
		{"a day elsewhere", day("2026-03-01T23:00:00"), day("2026-03-02T23:00:00"), "time:[2026-03-01T23:00Z TO 2026-03-02T22:59:59.999Z]"},
		{"up to now", day("2026-03-02T00:00:00"), day("2026-03-02T11:53:07"), "time:[2026-03-02 TO 2026-03-02T11:53:06.999Z]"},
		{"up to the first instant of a day", day("2026-03-02T00:00:00"), day("2026-03-03T00:00:00.001"), "time:[2026-03-02 TO 2026-03-03T00:00Z]"},
		{"one instant", day("2026-03-02T10:00:01.5"), day("2026-03-02T10:00:01.501"), "time:[2026-03-02T10:00:01.5Z TO 2026-03-02T10:00:01.5Z]"},
		{"since", day("2026-03-02T00:00:00"), time.Time{}, "time:[2026-03-02 TO *]"},
		{"until", time.Time{}, day("2026-03-02T00:00:00"), "time:[* TO 2026-03-01]"},
	} {
		if got := query.TimeRange(tt.from, tt.before); got != tt.want {
			t.Errorf("%s: TimeRange(%s, %s) = %s, want %s", tt.name, tt.from, tt.before, got, tt.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		step := rapid.SampledFrom([]int64{1, 1000, 60_000, 3_600_000, 86_400_000}).Draw(t, "step")
		from := time.UnixMilli(step * rapid.Int64Range(0, 4e12/step).Draw(t, "from"))
		before := from.Add(time.Duration(step*rapid.Int64Range(1, 400).Draw(t, "length")+rapid.Int64Range(0, 1).Draw(t, "and")) * time.Millisecond)
		text := query.TimeRange(from, before)
		q, messages := query.Parse(text)
		if q == nil {
			t.Fatalf("%s: %v", text, messages)
		}
		r, ok := q.Root().(*query.Range)
		if !ok {
			t.Fatalf("%s is a %T", text, q.Root())
		}
		for at, want := range map[time.Time]bool{from.Add(-time.Millisecond): false, from: true, before.Add(-time.Millisecond): true, before: false} {
			low, high := r.Times(time.Time{})
			if got := !at.Before(low) && at.Before(high); got != want {
				t.Fatalf("%s holds for %s: %v, want %v", text, at.UTC(), got, want)
			}
		}
	})
}
