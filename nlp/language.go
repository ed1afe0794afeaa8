package nlp

import (
	"slices"
	"unicode"
	"unicode/utf8"
)

// The languages that are told apart; any other is undLanguage.
var languages = []string{"en", "de", "fr", "es", "it", "nl", "pt", undLanguage}

const (
	undLanguage = "und"
	maxLangText = 600 // bytes of forms that decide
	minLetters  = 2
	minPlain    = 6 // letters outside of names that decide
)

// A languageModel tells languages by the letters of their words.
type languageModel struct{ linear *linear }

// letterFeatures appends the rows of the n-grams of the words of s.
func letterFeatures(dst []uint32, l *linear, s *scanned) ([]uint32, int) {
	letters := 0
	for i := range s.words {
		w := &s.words[i]
		if w.kind != kindWord {
			continue
		}
		form := s.form(w)
		if letters += utf8.RuneCount(form); letters > maxLangText {
			break
		}
		dst = languageRows(dst, l, form, w.key)
		if i > 0 && s.words[i-1].kind == kindWord {
			dst = append(dst, l.row(mix(s.words[i-1].key, w.key)))
		}
	}
	return dst, letters
}

// languageRows appends the rows of one word.
func languageRows(dst []uint32, l *linear, form []byte, key uint64) []uint32 {
	dst = append(dst, l.row(mix(key, 1)))
	var padded [maxForm + 8]byte
	p := append(append(append(padded[:0], '_'), form...), '_')
	for a := range p {
		h := uint64(fnvOffset)
		for b := a; b < len(p) && b < a+5; b++ {
			h = (h ^ uint64(p[b])) * fnvPrime
			if b > a || p[b] >= utf8.RuneSelf {
				dst = append(dst, l.row(mix(h, uint64(b-a))))
			}
		}
	}
	return dst
}

// known appends the rows that letterFeatures would, but for those of words that
// the cache knows, which it adds up: they are n.
func (m *languageModel) known(dst []uint32, c *languageCache, s *scanned, sum *[8]int32) (rows []uint32, letters, n int) {
	buf := s.packable()
	for i := range s.words {
		if i%touchAhead == 0 {
			c.touch(s.words[i:min(len(s.words), i+touchAhead)])
		}
		w := &s.words[i]
		if w.kind != kindWord {
			continue
		}
		form := s.form(w)
		if letters += utf8.RuneCount(form); letters > maxLangText {
			break
		}
		if said, rows := c.of(m.linear, buf, w); said != nil {
			n += rows
			for k, v := range said {
				sum[k] += int32(v)
			}
		} else {
			dst = languageRows(dst, m.linear, form, w.key)
		}
		if i > 0 && s.words[i-1].kind == kindWord {
			dst = append(dst, m.linear.row(mix(s.words[i-1].key, w.key)))
		}
	}
	return dst, letters, n
}

// identify returns the language of the words of s, how sure that is, and the
// number of letters it rests on. What rows holds is overwritten.
func (m *languageModel) identify(rows []uint32, c *languageCache, s *scanned) (lang string, p [8]float32, letters int, out []uint32) {
	if other := foreign(s.text); other {
		return undLanguage, p, minLetters, rows
	}
	var sum [8]int32
	rows, letters, known := m.known(rows[:0], c, s, &sum)
	if letters < minLetters {
		return undLanguage, p, letters, rows
	}
	n := m.linear.classes
	weights := bytesOf(m.linear.w)
	for some := range slices.Chunk(rows, maxLanes) {
		var l lanes
		for _, r := range some {
			l.add(weights[int(r)*n:])
		}
		l.sums(&sum)
	}
	for k, v := range sum {
		p[k] = float32(v)
	}
	scale := m.linear.scale / sqrt(len(rows)+known)
	best := 0
	for k := range p {
		p[k] *= scale
		if p[k] > p[best] {
			best = k
		}
	}
	softmax(p[:n])
	return languages[best], p, letters, rows
}

// foreign reports whether most letters of a text are of another script than
// Latin.
func foreign(text string) bool {
	latin, others := 0, 0
	for i, r := range text {
		if i > 2*maxLangText {
			break
		}
		if r < utf8.RuneSelf {
			if isASCIILetter(byte(r)) {
				latin++
			}
		} else if unicode.IsLetter(r) {
			if unicode.Is(unicode.Latin, r) {
				latin++
			} else {
				others += 2
			}
		}
	}
	return others > latin
}

// nameless is the number of letters of the words that do not look like names,
// up to as many as decide.
func nameless(s *scanned) int {
	n := 0
	for i := range s.words {
		w := &s.words[i]
		if w.kind != kindWord || w.flags&(flagTitle|flagUpper) != 0 {
			continue
		}
		if n += utf8.RuneCount(s.form(w)); n >= minPlain {
			break
		}
	}
	return n
}
