package query

import (
	"testing"

	"golang.org/x/text/unicode/norm"
)

// The short ways for common letters say what the long ones say.
func TestLatinTablesAgreeWithNormalization(t *testing.T) {
	for r := rune(0xC0); r < 0x20000; r++ {
		if k := classify(r); k != classOf(r) {
			t.Errorf("classOf(%U) = %d, want %d", r, classOf(r), k)
		}
		if !isStable(r) {
			continue
		}
		s := string(r)
		if got := norm.NFKC.String(s); got != s {
			t.Errorf("isStable(%U), but NFKC gives %q", r, got)
		}
		low := appendFolded(nil, s)
		if !allStable(low) {
			t.Errorf("isStable(%U), but not its lower case %q", r, low)
		}
		want, _ := appendBare(nil, nil, low)
		if got, accents := appendLatinBare(nil, low); string(got) != string(want) || accents != (string(want) != string(low)) {
			t.Errorf("appendLatinBare(%q) = %q, %v, want %q", low, got, accents, want)
		}
	}
}
