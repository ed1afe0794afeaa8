package nlp

import (
	"slices"
	"testing"
)

// proseWords are the plain words that prose knows.
func proseWords(t *testing.T) []string {
	t.Helper()
	words, err := openGob("Maxent/words.gob").strings()
	if err != nil {
		t.Fatal(err)
	}
	return words
}

// TestFeaturesOfTwoAreFound looks all features of a word and the tag beside it
// up that prose knows.
func TestFeaturesOfTwoAreFound(t *testing.T) {
	b, err := loadBase()
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"-START-", "!YEAR", "!DIGITS", "!HYPHEN", "Acme", "c++", "+", "qqqzzz", "the", "u.s.", "$", "co."}
	words = append(words, proseWords(t)...)
	found := 0
	for _, w := range words {
		listed := b.pairs.of(hashString(w))
		for p, tag := range append(slices.Clone(b.classes), startTag) {
			want := b.pos.ref(hashString(pairName + tag + " " + w))
			if got := b.pairs.with(&listed, p); got != want {
				t.Errorf("%q behind %s has the weights %v, want %v", w, tag, got, want)
			}
			if want.n() > 0 {
				found++
			}
		}
		h := prefix(labelWithNext.of(w)).of("+")
		for _, tag := range append([]string{"None"}, b.folded...) {
			if b.ner.ref(prefix(h).of(tag)).n() > 0 {
				found++
				if !b.nexted.has(h) {
					t.Errorf("the sieve keeps back %q before a tag", w)
				}
			}
		}
	}
	if found < 5_000 {
		t.Errorf("%d features were tried, want five thousand", found)
	}
}
