package nlp

import (
	"testing"

	"pgregory.net/rapid"
)

func TestLanesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(rapid.Int8(), 8, 9), 0, maxLanes).Draw(t, "rows")
		var l lanes
		var want, got [8]int32
		for _, row := range rows {
			l.add(bytesOf(row))
			for k := range want {
				want[k] += int32(row[k])
			}
		}
		if l.sums(&got); got != want {
			t.Fatalf("sums of %v = %v, want %v", rows, got, want)
		}
	})
}
