package nlp

import (
	"testing"
	"unsafe"

	"pgregory.net/rapid"
)

func TestKnownWordsFillALineOfTheCache(t *testing.T) {
	if n := unsafe.Sizeof([2]knownWord{}); n != cacheLine {
		t.Errorf("two known words are %d bytes, want %d", n, cacheLine)
	}
	if n := unsafe.Sizeof([2]languageWord{}); n != cacheLine {
		t.Errorf("two words of a language are %d bytes, want %d", n, cacheLine)
	}
}

// TestRememberedLettersSayWhatRowsSay reads texts with and without a cache that
// is small enough for words to push each other out; many are of the same form
// and of different kinds.
func TestRememberedLettersSayWhatRowsSay(t *testing.T) {
	m, err := loadModels()
	if err != nil {
		t.Fatal(err)
	}
	cached, plain := &worker{m: m, letters: newLanguageCache()}, &worker{m: m}
	cached.polarity = polarity{model: m.polarity, words: m.lexicon, known: newWordCache(m)}
	cached.polarity.known.sets = make([][2]knownWord, 4)
	plain.polarity = polarity{model: m.polarity, words: m.lexicon}
	word := rapid.OneOf(
		rapid.SampledFrom([]string{"love", "Loooove", "not", "terrible!", "#winning", "naïve", "größer", "nausea", "Lipitor", "10mg", "don't", "😂", "@you", "antidisestablishmentarianism"}),
		rapid.StringMatching(`[a-zé]{1,30}`),
		rapid.Custom(func(t *rapid.T) string {
			sigil := rapid.SampledFrom([]string{"", "#", "@", "$", "'"}).Draw(t, "sigil")
			form := rapid.SampledFrom([]string{"ill", "I'll", "ILL", "love", "Looove", "lll000", "not", "\u20e3", "\u0301", ":)", "&amp;", "u.s."}).Draw(t, "form")
			return sigil + form + rapid.SampledFrom([]string{"", "", "'s", "!"}).Draw(t, "end")
		}),
	)
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for range rapid.IntRange(1, 40).Draw(t, "n") {
			text += word.Draw(t, "word") + " "
		}
		var s scanned
		s.scan(text)
		lang, p, letters, _ := m.language.identify(nil, cached.letters, &s)
		lang2, p2, letters2, _ := m.language.identify(nil, nil, &s)
		if lang != lang2 || p != p2 || letters != letters2 {
			t.Fatalf("%q is %s, %v of %d letters, want %s, %v of %d", text, lang, p, letters, lang2, p2, letters2)
		}
		for _, w := range []*worker{cached, plain} {
			d := &w.fields[1]
			d.text, d.present = text, true
			d.scan.scan(text)
			w.score()
		}
		a, b := &cached.fields[1], &plain.fields[1]
		if a.logits != b.logits {
			t.Fatalf("%q scores %v, want %v", text, a.logits, b.logits)
		}
		if got, want := cached.safetyScore(a), plain.safetyScore(b); got != want {
			t.Fatalf("%q is a report by %v, want %v", text, got, want)
		}
		var got, want strongest
		cached.evidence(&got, a, 1)
		plain.evidence(&want, b, 1)
		if got != want {
			t.Fatalf("%q: evidence is %v, want %v", text, got, want)
		}
	})
}
