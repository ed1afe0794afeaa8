package nlp

import (
	"strings"
	"testing"
)

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
	untrained := *m.entities
	untrained.linear = &linear{mask: m.entities.linear.mask}
	var rows [places][]uint32
	coded := 0
	for _, w := range []string{"London", "the", "Apple", "qqzzq", "don't", "COVID-19", "#fail", "Straße", "doctor", "said"} {
		low := strings.ToLower(w)
		if _, code := m.entities.usage.of(low); code != nil {
			coded++
		}
		var got, listed entityWord
		m.entities.word(&got, &rows, w, low, hashString(w), hashString(low))
		untrained.word(&listed, &rows, w, low, hashString(w), hashString(low))
		for place := range places {
			var want [entityLabels]int16
			for _, r := range listed.trained(place) {
				for k, v := range m.entities.linear.w[int(r)*entityLabels:][:entityLabels] {
					want[k] += int16(v)
				}
			}
			if got.sums[place] != want {
				t.Errorf("%s at place %d: sums %v, want %v", w, place, got.sums[place], want)
			}
		}
	}
	if coded < 4 {
		t.Errorf("%d words have directions, want four", coded)
	}
}
