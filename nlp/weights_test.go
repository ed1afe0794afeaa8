package nlp

import (
	"slices"
	"strings"
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
