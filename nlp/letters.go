package nlp

import "unicode/utf8"

// A wordLetters is what the letters of one word say to the models of language,
// safety and sentiment: sums of weights, and of how many. It fills a line of
// the processor's cache, and stands for a hundred rows that lie anywhere.
type wordLetters struct {
	key      uint64
	language [8]int16
	polarity [3]int16
	safety   [2]int16
	form     [maxLetters]byte
	size     uint8 // bytes of the form; 0 is empty
	letters  uint8
	languageRows,
	polarityRows,
	safetyRows uint8
}

const (
	maxLetters  = 24      // bytes of a form that is remembered
	letterWords = 1 << 13 // that are remembered
)

// A letterCache remembers wordLetters. It is for one goroutine.
type letterCache struct {
	m     *models
	words []wordLetters
	rows  []uint32
}

func newLetterCache(m *models) *letterCache {
	return &letterCache{m: m, words: make([]wordLetters, letterWords)}
}

// of returns what the letters of a form say, given its hash; nil for one that
// is too long. A nil cache knows nothing.
func (c *letterCache) of(form []byte, key uint64) *wordLetters {
	if c == nil || len(form) > maxLetters || len(form) == 0 {
		return nil
	}
	w := &c.words[key*fnvPrime>>40%letterWords]
	if w.key != key || string(w.form[:w.size]) != string(form) {
		c.read(w, form, key)
	}
	return w
}

func (c *letterCache) read(w *wordLetters, form []byte, key uint64) {
	*w = wordLetters{key: key, size: uint8(len(form)), letters: uint8(utf8.RuneCount(form))}
	copy(w.form[:], form)
	c.rows = languageRows(c.rows[:0], c.m.language.linear, form, key)
	w.languageRows = uint8(len(c.rows))
	var l lanes
	weights := bytesOf(c.m.language.linear.w)
	for _, r := range c.rows {
		l.add(weights[int(r)*len(w.language):])
	}
	var sums [len(w.language)]int32
	l.sums(&sums)
	for k, v := range sums {
		w.language[k] = int16(v)
	}
	c.rows = letterRows(c.rows[:0], c.m.safetyModel, form)
	w.safetyRows = uint8(len(c.rows))
	w.safety = add2(c.m.safetyModel, c.rows)
	c.rows = polarityRows(c.rows[:0], c.m.polarity, form)
	w.polarityRows = uint8(len(c.rows))
	w.polarity = add3(c.m.polarity, c.rows)
}

// add2 adds up rows of two weights.
func add2(l *linear, rows []uint32) (sum [2]int16) {
	for _, r := range rows {
		w := l.w[int(r)*2:][:2]
		sum[0] += int16(w[0])
		sum[1] += int16(w[1])
	}
	return sum
}

// add3 adds up rows of three weights.
func add3(l *linear, rows []uint32) (sum [3]int16) {
	for _, r := range rows {
		w := l.w[int(r)*3:][:3]
		sum[0] += int16(w[0])
		sum[1] += int16(w[1])
		sum[2] += int16(w[2])
	}
	return sum
}
