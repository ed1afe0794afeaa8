package query

import "unicode/utf8"

// latinBare has the letters from ß (U+00DF) to ž (U+017E) without accents.
var latinBare = [...]string{
	"ss", "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",
	"i", "d", "n", "o", "o", "o", "o", "o", "÷", "o", "u", "u", "u", "u", "y", "th",
	"y", "A", "a", "A", "a", "A", "a", "C", "c", "C", "c", "C", "c", "C", "c", "D",
	"d", "Đ", "d", "E", "e", "E", "e", "E", "e", "E", "e", "E", "e", "G", "g", "G",
	"g", "G", "g", "G", "g", "H", "h", "Ħ", "h", "I", "i", "I", "i", "I", "i", "I",
	"i", "I", "i", "Ĳ", "ĳ", "J", "j", "K", "k", "ĸ", "L", "l", "L", "l", "L", "l",
	"Ŀ", "ŀ", "Ł", "l", "N", "n", "N", "n", "N", "n", "ŉ", "Ŋ", "ŋ", "O", "o", "O",
	"o", "O", "o", "Œ", "oe", "R", "r", "R", "r", "R", "r", "S", "s", "S", "s", "S",
	"s", "S", "s", "T", "t", "T", "t", "Ŧ", "ŧ", "U", "u", "U", "u", "U", "u", "U",
	"u", "U", "u", "U", "u", "W", "w", "Y", "y", "Y", "Z", "z", "Z", "z", "Z", "z",
}

const (
	firstLatin = 0xDF
	lastLatin  = firstLatin + rune(len(latinBare)) - 1
)

// isStable reports whether NFKC leaves r alone whatever stands beside it,
// given that its neighbours are such too. Only common ranges are known.
func isStable(r rune) bool {
	switch {
	case r < utf8.RuneSelf, r >= 0x410 && r <= 0x44F, r >= 0x4E00 && r <= 0x9FFF,
		r >= 0xAC00 && r <= 0xD7A3, r >= 0x3041 && r <= 0x3096, r >= 0x30A1 && r <= 0x30FA:
		return true
	case r >= 0xC0 && r <= lastLatin:
		return r != 0x132 && r != 0x133 && r != 0x13F && r != 0x140 && r != 0x149
	}
	return false
}

func allStable[T string | []byte](s T) bool {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		n := runeLen(s, i)
		r, _ := utf8.DecodeRuneInString(string(s[i : i+n]))
		if !isStable(r) {
			return false
		}
		i += n
	}
	return true
}

// appendLatinBare appends folded stable letters without their accents, and
// reports whether there were any.
func appendLatinBare(dst, s []byte) ([]byte, bool) {
	accents := false
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			dst = append(dst, s[i])
			i++
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		if r >= firstLatin && r <= lastLatin {
			bare := latinBare[r-firstLatin]
			accents = accents || bare != string(s[i:i+n])
			dst = append(dst, bare...)
		} else {
			dst = append(dst, s[i:i+n]...)
		}
		i += n
	}
	return dst, accents
}
