package nlp

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

// TestPlainWordsAreReadAsAllWords reads words both ways, wherever the plain way
// does not leave them to the other.
func TestPlainWordsAreReadAsAllWords(t *testing.T) {
	piece := rapid.OneOf(
		rapid.SampledFrom([]string{
			" ", ".", "'", "’", "-", "_", "1", "é", "“", "'s", "’s", "'S ", "n't", "U.S. ", "www.", "HTTP://", "https:", "ooo", "Ooo", "AAA", "aa", "\x00", "\xff", "@", "#", "[", "`", "{",
			"abcdefgh", "abcdefg", "ooooooooo", "abcdefghhhabc", "antidisestablishmentarianismantidisestablishmentarianismandmor", "e",
		}),
		rapid.StringMatching(`[a-zA-Z]{1,20}`),
	)
	plain := 0
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		for range rapid.IntRange(1, 12).Draw(t, "n") {
			text += piece.Draw(t, "piece")
		}
		for i := range len(text) {
			if !isASCIILetter(text[i]) {
				continue
			}
			one, all := scanned{text: text, buf: make([]byte, 0, 2*maxForm)}, scanned{text: text}
			end := one.scanPlain(i)
			if end == i {
				if len(one.words) > 0 || len(one.buf) > 0 {
					t.Fatalf("%q at %d is left to the other way with %v", text, i, one.words)
				}
				continue
			}
			plain++
			if want := all.scanWord(i); end != want || !bytes.Equal(one.buf, all.buf) || len(one.words) != len(all.words) {
				t.Fatalf("%q at %d ends at %d with %q, want %d with %q", text, i, end, one.buf, want, all.buf)
			}
			for k := range one.words {
				if one.words[k] != all.words[k] {
					t.Fatalf("%q at %d: word %d is %+v, want %+v", text, i, k, one.words[k], all.words[k])
				}
			}
		}
	})
	if plain == 0 {
		t.Error("no word was plain")
	}
}
