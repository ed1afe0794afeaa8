package query

import "unicode"

// A class is what the tokenizer sees in a character.
type class uint8

const (
	classOther  class = iota // separates
	classLetter              // L
	classSingle              // S: a letter of a script written without spaces
	classDigit               // D
	classLow                 // U: the low line _
	classMark                // M
	classFormat              // F: invisible, skin tones, flag tags
	classEmoji               // E
	classFlag                // R: half of a flag
)

// asciiClass holds the classes of the first 128 characters.
var asciiClass = [128]class{
	'0': classDigit, '1': classDigit, '2': classDigit, '3': classDigit, '4': classDigit,
	'5': classDigit, '6': classDigit, '7': classDigit, '8': classDigit, '9': classDigit,
	'A': classLetter, 'B': classLetter, 'C': classLetter, 'D': classLetter, 'E': classLetter, 'F': classLetter, 'G': classLetter,
	'H': classLetter, 'I': classLetter, 'J': classLetter, 'K': classLetter, 'L': classLetter, 'M': classLetter, 'N': classLetter,
	'O': classLetter, 'P': classLetter, 'Q': classLetter, 'R': classLetter, 'S': classLetter, 'T': classLetter, 'U': classLetter,
	'V': classLetter, 'W': classLetter, 'X': classLetter, 'Y': classLetter, 'Z': classLetter,
	'a': classLetter, 'b': classLetter, 'c': classLetter, 'd': classLetter, 'e': classLetter, 'f': classLetter, 'g': classLetter,
	'h': classLetter, 'i': classLetter, 'j': classLetter, 'k': classLetter, 'l': classLetter, 'm': classLetter, 'n': classLetter,
	'o': classLetter, 'p': classLetter, 'q': classLetter, 'r': classLetter, 's': classLetter, 't': classLetter, 'u': classLetter,
	'v': classLetter, 'w': classLetter, 'x': classLetter, 'y': classLetter, 'z': classLetter,
	'_': classLow,
}

// singles are the scripts written without spaces, emojis the pictures.
var (
	singles = [...][2]rune{
		{0x0E00, 0x0EFF},
		{0x1000, 0x109F},
		{0x1780, 0x17FF},
		{0x2E80, 0x2FDF},
		{0x3005, 0x3007},
		{0x3021, 0x3029},
		{0x3040, 0x30FF},
		{0x31F0, 0x31FF},
		{0x3400, 0x4DBF},
		{0x4E00, 0x9FFF},
		{0xF900, 0xFAFF},
		{0xFF66, 0xFF9F},
		{0x20000, 0x3FFFF},
	}
	emojis = [...][2]rune{
		{0x231A, 0x231B},
		{0x23E9, 0x23FA},
		{0x2600, 0x27BF},
		{0x2B05, 0x2B07},
		{0x2B1B, 0x2B1C},
		{0x2B50, 0x2B50},
		{0x2B55, 0x2B55},
		{0x1F000, 0x1F1E5},
		{0x1F200, 0x1F3FA},
		{0x1F400, 0x1FAFF},
	}
)

func within(r rune, table [][2]rune) bool {
	for _, t := range table {
		if r <= t[1] {
			return r >= t[0]
		}
	}
	return false
}

// classOf returns the class of r. The first cases are those of common text
// and say what classify would say.
func classOf(r rune) class {
	switch {
	case r < 0x80:
		return asciiClass[r]
	case r >= 0xC0 && r < 0x250 && r != 0xD7 && r != 0xF7,
		r >= 0x400 && r < 0x482,
		r >= 0xAC00 && r <= 0xD7A3:
		return classLetter
	case r >= 0x2010 && r <= 0x2027, r >= 0x2030 && r <= 0x205E:
		return classOther
	case r >= 0x4E00 && r <= 0x9FFF, r >= 0x3041 && r <= 0x3096, r >= 0x30A1 && r <= 0x30FA:
		return classSingle
	}
	return classify(r)
}

func classify(r rune) class {
	switch {
	case unicode.Is(unicode.M, r):
		return classMark
	case r >= 0x1F3FB && r <= 0x1F3FF, r >= 0xE0020 && r <= 0xE007F:
		return classFormat
	case unicode.Is(unicode.Cf, r):
		if r == 0x200B {
			return classOther
		}
		return classFormat
	case unicode.Is(unicode.L, r), unicode.Is(unicode.Nl, r):
		if within(r, singles[:]) {
			return classSingle
		}
		return classLetter
	case unicode.Is(unicode.Nd, r):
		return classDigit
	case r >= 0x1F1E6 && r <= 0x1F1FF:
		return classFlag
	case within(r, emojis[:]):
		return classEmoji
	}
	return classOther
}

// isSpace reports white space of any kind, as a sentence's end wants it.
func isSpace(r rune) bool {
	return unicode.IsSpace(r) || r >= 0x1C && r <= 0x1F
}
