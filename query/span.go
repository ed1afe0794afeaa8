package query

import "time"

// TimeRange is the condition that a mention counts at from or later and before
// another, later instant, both in whole milliseconds; a zero one is open. It is
// written as short as it goes: addresses and recipes are full of them.
func TimeRange(from, before time.Time) string {
	from, before = from.UTC(), before.UTC()
	low, high := "*", "*"
	switch {
	case from.IsZero():
	case midnight(from):
		low = from.Format(time.DateOnly)
	default:
		low = instant(from)
	}
	switch last := before.Add(-time.Millisecond); {
	case before.IsZero():
	case midnight(before): // the end of a range takes its whole day
		if high = last.Format(time.DateOnly); high == low {
			return "time:" + low
		}
	default:
		high = instant(last)
	}
	return "time:[" + low + " TO " + high + "]"
}

func midnight(t time.Time) bool { return t.Truncate(24 * time.Hour).Equal(t) }

// instant leaves out seconds, and parts of one, where there are none.
func instant(t time.Time) string {
	if t.Truncate(time.Minute).Equal(t) {
		return t.Format("2006-01-02T15:04Z")
	}
	return t.Format("2006-01-02T15:04:05.999Z")
}
