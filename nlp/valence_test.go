package nlp

import "testing"

func TestContractionsAreNoOtherWords(t *testing.T) {
	m, err := loadModels()
	if err != nil {
		t.Fatal(err)
	}
	x := &polarity{model: m.polarity, words: m.lexicon}
	for text, want := range map[string]int{
		"I'll see if he'll come, we’ll tell you":  0,
		"I feel ill and it was hell":              2,
		"no parcel :(":                            1, // what stands behind no is not turned round
		"it is kind of you":                       0,
		"a kind person":                           1,
		"Can't say more. Lovely place":            1,
		"not lovely at all and quite good for it": 2,
	} {
		var s scanned
		s.scan(text)
		x.valences(&s, m.words)
		got, turned := 0, 0
		for i := range s.words {
			if w := &s.words[i]; w.lexical && !m.words.negations.has(w.hash) {
				got++
			} else if w.negated && w.kind == kindEmote {
				turned++
			}
		}
		if got != want || turned > 0 {
			t.Errorf("%q has %d words with a valence and %d emoticons turned round, want %d and none", text, got, turned, want)
		}
	}
}

func TestTextKind(t *testing.T) {
	m, err := loadModels()
	if err != nil {
		t.Fatal(err)
	}
	x := &polarity{model: m.polarity, words: m.lexicon}
	for text, want := range map[string]uint64{
		"@acme thanks for nothing":                                  kindSocial,
		"The doctor prescribed 20 mg daily, and the headaches went": kindMedical,
		"The doctor was late for dinner":                            kindPlain,
	} {
		var s scanned
		s.scan(text)
		x.read(&s, m.words)
		if x.kind != want {
			t.Errorf("kind of %q is %d, want %d", text, x.kind, want)
		}
	}
}
