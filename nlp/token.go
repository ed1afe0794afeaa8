package nlp

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A token is a token of prose with its place in the original text.
type token struct {
	text       string // of the clean text
	known      *wordFeatures
	start, end int32
	tag        uint8 // part of speech: index into base.classes
	label      uint8 // prose's entity label: index into base.labels
}

// A piece is a token inside a run of text without white space.
type piece struct {
	from, to uint16
	known    *wordFeatures
}

// A cutRun is a run of text without white space and its pieces. Nearly all are
// short and of one or two pieces: these fill one line of the processor's cache.
type cutRun struct {
	text [22]byte
	size uint8 // bytes of text
	n    uint8 // of few
	few  [2]piece
	long *longRun // of all others
}

type longRun struct {
	text   string
	pieces []piece
}

func newCutRun(text string, pieces []piece) *cutRun {
	r := &cutRun{}
	if len(text) > len(r.text) || len(pieces) > len(r.few) {
		r.long = &longRun{strings.Clone(text), slices.Clone(pieces)}
		return r
	}
	r.size, r.n = uint8(copy(r.text[:], text)), uint8(len(pieces))
	copy(r.few[:], pieces)
	return r
}

func (r *cutRun) of(text string) bool {
	if r.long != nil {
		return r.long.text == text
	}
	return string(r.text[:r.size]) == text
}

func (r *cutRun) pieces() []piece {
	if r.long != nil {
		return r.long.pieces
	}
	return r.few[:r.n]
}

// A run is a stretch of text without white space, and what may be remembered
// of it.
type run struct {
	from, to int
	kept     *cutRun
}

// runBlock is the number of runs that are looked up together.
const runBlock = 64

// tokenize appends the tokens of c to dst. Prose cuts at white space first
// and then every run by itself, so what it made of a run is remembered.
func (t *tagger) tokenize(dst []token, c *cleaned) []token {
	text := c.text
	k, at := 0, 0
	var delta int32
	var block [runBlock]run
	for at < len(text) {
		n := 0
		for n < len(block) {
			var from int
			if from, at = nextRun(text, at); from == at {
				break
			}
			block[n] = run{from, at, t.runs.first(text[from:at])}
			n++
		}
		t.touchRuns(block[:n])
		for i := range block[:n] {
			r := &block[i]
			for _, p := range t.pieces(text[r.from:r.to], r.kept) {
				from, to := r.from+int(p.from), r.from+int(p.to)
				var begin, after int32
				delta, k = c.delta(delta, k, from)
				begin = int32(from) + delta
				delta, k = c.delta(delta, k, to)
				after = int32(to) + delta
				dst = append(dst, token{text: text[from:to], known: p.known, start: begin, end: max(after, begin)})
			}
		}
	}
	return dst
}

// nextRun returns the first run of a text from byte i on; an empty one at its
// end.
func nextRun(text string, i int) (from, to int) {
	for i < len(text) {
		c := text[i]
		switch {
		case c <= ' ': // white space, or a control character that is none
			i++
		case c < utf8.RuneSelf:
			return i, runEnd(text, i)
		default:
			r, size := utf8.DecodeRuneInString(text[i:])
			if !unicode.IsSpace(r) {
				return i, runEnd(text, i)
			}
			i += size
		}
	}
	return i, i
}

func runEnd(text string, end int) int {
	for end < len(text) && text[end] > ' ' {
		if text[end] < utf8.RuneSelf {
			end++
			continue
		}
		r, size := utf8.DecodeRuneInString(text[end:])
		if unicode.IsSpace(r) {
			break
		}
		end += size
	}
	return end
}

// touchRuns reads a little of all that is remembered of runs: none of these
// reads waits for another, so they are on their way from memory at once.
// Everything that follows reads one thing to know what to read next.
func (t *tagger) touchRuns(runs []run) {
	var x uint8
	for i := range runs {
		if k := runs[i].kept; k != nil && k.n > 0 {
			f := k.few[0].known
			x ^= f.shape ^ uint8(f.after2) ^ uint8(f.entity.lower) ^ uint8(f.entity.ninths[placeNext2])
		}
	}
	t.touched ^= uint32(x)
}

// pieces are the tokens of a run without white space; k is what may be
// remembered of it.
func (t *tagger) pieces(run string, k *cutRun) []piece {
	if k != nil && k.of(run) {
		return k.pieces()
	}
	if k := t.runs.get(run); k != nil {
		return k.pieces()
	}
	t.cutPieces = t.cutPieces[:0]
	switch {
	case t.entities != nil && isURL(run) && whole(run): // no two are alike, and none says more than another
		t.cutPieces = append(t.cutPieces, piece{0, uint16(len(run)), t.known("http://t.co/x")})
		return t.cutPieces
	case whole(run):
		t.cutPieces = append(t.cutPieces, piece{0, uint16(len(run)), t.known(run)})
	default:
		t.cut = splitRun(t.cut[:0], run)
		at := 0
		for _, text := range t.cut {
			j := strings.Index(run[at:], text)
			if j < 0 {
				continue
			}
			from := at + j
			at = from + len(text)
			t.cutPieces = append(t.cutPieces, piece{uint16(from), uint16(at), t.known(run[from:at])})
		}
	}
	t.runs.put(run, newCutRun(run, t.cutPieces))
	return t.cutPieces
}

// splitRun appends the tokens that prose cuts a run without white space into.
// A run such as 'sabc is lost, as prose loses it.
func splitRun(dst []string, run string) []string {
	rest, marks := run, len(run) // from marks on, each byte is a token
	for rest != "" && !isSpecial(rest) {
		if i := clitic(rest); len(rest) > 1 && strings.IndexByte(prefixMarks, rest[0]) >= 0 {
			dst, rest = append(dst, rest[:1]), rest[1:]
		} else if i > 0 {
			dst, rest = append(dst, rest[:i]), rest[i:]
		} else if i == 0 {
			rest = ""
		} else if len(rest) > 1 && strings.IndexByte(suffixMarks, rest[len(rest)-1]) >= 0 {
			rest = rest[:len(rest)-1]
			marks--
		} else {
			break
		}
	}
	if rest != "" {
		dst = append(dst, rest)
	}
	for ; marks < len(run); marks++ {
		dst = append(dst, run[marks:marks+1])
	}
	return dst
}

// The marks that prose takes off at both ends of a run.
const (
	prefixMarks = `$("[`
	suffixMarks = `,)"]!;.?:'`
)

// clitic returns where an ending such as 'll or n't begins, or -1.
func clitic(t string) int {
	if strings.IndexByte(t, '\'') < 0 {
		return -1
	}
	t = strings.ToLower(t)
	for _, end := range [...]string{"'ll", "'s", "'re", "'m", "n't"} {
		if i := strings.Index(t, end); i >= 0 && len(t) > len(end) {
			return i
		}
	}
	return -1
}

// isSpecial reports whether prose leaves t as it is: an emoticon, initials
// with dots, or an abbreviated title.
func isSpecial(t string) bool {
	n := len(t)
	switch {
	case isEmoticon(t):
		return true
	case n < 3 || t[n-1] != '.' || !isASCIILetter(t[0]):
		return false
	case t[0] < 'a' && n <= 4 && isLower(t[1]) && (n == 3 || isLower(t[2])):
		return true
	}
	for i := range n {
		if i%2 == 0 && !isASCIILetter(t[i]) || i%2 == 1 && t[i] != '.' {
			return false
		}
	}
	return n%2 == 0
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }

// whole reports whether prose leaves a run as it is: it takes off marks at
// both ends, and cuts at apostrophes.
func whole(run string) bool {
	return strings.IndexByte(run, '\'') < 0 && strings.IndexByte(prefixMarks, run[0]) < 0 && strings.IndexByte(suffixMarks, run[len(run)-1]) < 0
}
