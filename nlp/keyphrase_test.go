package nlp

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestKeyphrasesComeBestFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r keyReader
		scores := rapid.SliceOfN(rapid.Float64Range(0, 3), 1, 60).Draw(t, "scores")
		for i, v := range scores {
			if v = float64(int(v*10)) / 10; v > 2 { // many are equal
				v = 2
			}
			text := strings.Repeat("x", i%7) + string(rune('a'+i%26)) + strings.Repeat("y", i%5)
			r.list = append(r.list, candidate{text: text, score: v, lo: int32(len(r.lowered)), hi: int32(len(r.lowered) + len(text))})
			r.lowered = append(r.lowered, text...)
			r.heap = append(r.heap, scoredCandidate{v, int32(i)})
		}
		sorted := slices.Clone(r.list)
		slices.SortStableFunc(sorted, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
		var want []string
		for i := range sorted {
			inside := slices.ContainsFunc(want, func(b string) bool { return strings.Contains(b, sorted[i].text) })
			if !inside && len(want) < maxKeyphrases {
				want = append(want, sorted[i].text)
			}
		}
		if got := r.chosen(); !slices.Equal(got, want) {
			t.Fatalf("chosen of %v are %q, want %q", sorted, got, want)
		}
	})
}

func TestTrimMarks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[a.,\-'"é ]{0,8}`).Draw(t, "s")
		if got, want := trimMarks(s), strings.Trim(s, ".,-'\""); got != want {
			t.Fatalf("trimMarks(%q) = %q, want %q", s, got, want)
		}
	})
}
