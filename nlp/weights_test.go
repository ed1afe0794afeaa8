package nlp

import "testing"

// TestSievesLetEveryFeatureThrough looks all features of two words up that
// prose knows with and without the sieves.
func TestSievesLetEveryFeatureThrough(t *testing.T) {
	b, err := loadBase()
	if err != nil {
		t.Fatal(err)
	}
	words := []string{"-START-", "!YEAR", "!DIGITS", "!HYPHEN", "Acme", "c++", "+", "qqqzzz", "the", "u.s.", "$", "co."}
	for w := range b.basic {
		words = append(words, w)
	}
	found := 0
	for _, w := range words {
		for p := range b.small.withWord {
			if h := b.small.withWord[p].of(w); b.pos.find(h).n() > 0 {
				found++
				if !b.paired.has(hashString(w)) {
					t.Errorf("the sieve keeps back %q behind a tag", w)
				}
			}
		}
		h := prefix(labelWithNext.of(w)).of("+")
		for _, tag := range append([]string{"None"}, b.folded...) {
			if b.ner.find(prefix(h).of(tag)).n() > 0 {
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

func TestDirectionsAreWhatTheirRowsSay(t *testing.T) {
	m, err := loadModels()
	if err != nil {
		t.Fatal(err)
	}
	e := m.entities
	for d := range uint64(usageDims) {
		for to := uint64(1); to <= 2; to++ {
			var got, want [places]nineSums
			e.addDirection(&entityWord{}, &got, d, to)
			for place, id := range directionFeatures {
				e.addWord(&entityWord{}, &want, place, mix(to, id+d))
			}
			if got != want {
				t.Fatalf("direction %d, %d: sums %v, want %v", d, to, got, want)
			}
		}
	}
}
