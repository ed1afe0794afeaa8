package query

import (
	"math"
	"time"
)

// A Node is a part of a parsed query: one of *[And], *[Or], *[Not], *[Phrase],
// *[Near], *[Sentence], *[Repeat], *[Raw], *[Address], *[Keyword], *[Range] and
// *[Everything]. Nodes are shared and must not be changed.
type Node interface {
	isNode()
}

// An And is true when all of its arguments are.
type And struct {
	Args []Node
}

// An Or is true when one of its arguments is. As an operand of Near, Sentence
// or Repeat it stands for the spans of all of them.
type Or struct {
	Args []Node
}

// A Not is true when its argument is not, also where a field is missing.
type Not struct {
	Arg Node
}

// A Scope says in which texts of a document words are looked for.
type Scope uint8

// The scopes. A span never crosses from one field into the other.
const (
	Anywhere  Scope = iota // title and text, each on its own
	TitleOnly              // title:
	TextOnly               // text:
)

// InRow is the [Phrase.Slop] of words that must stand in a row.
const InRow = -1

// A Phrase is one word, or several that stand in a row, or (Slop >= 0) in any
// order at different positions with at most Slop others among them.
type Phrase struct {
	Scope Scope
	Words []Word // 1 to 32
	Slop  int    // InRow, or 0 to 100 with at least two words
}

// A WordKind says how a [Word] is compared with a token.
type WordKind uint8

// The kinds of words.
const (
	Literal  WordKind = iota // one of the token's forms is Text
	Exact                    // one of the token's exact forms is Text: {US}
	Wildcard                 // one of the forms fits the pattern Text
	Fuzzy                    // one of the forms begins as Text does, and is at most Distance edits away
)

// A Word is compared with one token.
type Word struct {
	Kind     WordKind
	Text     string // folded, sigil included; Exact: as written after NFKC; Wildcard: with * and ?
	Folded   string // Exact: a form that every token that fits has too; else Text
	Distance int    // Fuzzy: 1 or 2

	raw string // the token as it stood in the query, for printing
}

// A Near is true for spans of both sides that do not overlap and have at most
// N tokens between them. Negated, it stands for the spans of Left that have no
// span of Right overlapping or that near.
type Near struct {
	Left, Right Node
	N           int
	Ordered     bool // Left comes first; Negated: looks after Left only
	Negated     bool
}

// A Sentence is a [Near] without a number whose two spans lie in one sentence.
type Sentence struct {
	Left, Right Node
}

// A Repeat is true when its argument has spans at N different starts or more,
// title and text counted together.
type Repeat struct {
	Arg Node
	N   int
}

// A Raw is true when the title or the text holds exactly these characters.
type Raw struct {
	Text string
}

// An Address is true when the words stand in a row in the mention's own
// address (Field "url") or in one link in its title or text ("link").
type Address struct {
	Field string
	Words []Word
}

// A Keyword is true when one of the values of a field, as [Values] gives
// them, equals Value, or fits it as a pattern of * and ?.
type Keyword struct {
	Field    string
	Value    string // folded as Values folds
	Wildcard bool

	raw string
}

// A Range is true when the document has the field and its value lies between
// the bounds. Field is published, time, score, engagement, reach or
// rating.
type Range struct {
	Field string
	Op    string // "" one value, "[]" a range, or > >= < <=
	From  Bound  // the value, when Op is not "[]"
	To    Bound  // of "[]" alone
}

// A Bound is one end of a [Range]. Its zero value is an open end.
type Bound struct {
	Text string // as written

	number   float64
	start    time.Time // first instant of a date
	end      time.Time // first instant after it
	relative bool      // start is now less ago
	ago      time.Duration
}

// Everything is what [All] looks for.
type Everything struct{}

func (*And) isNode()        {}
func (*Or) isNode()         {}
func (*Not) isNode()        {}
func (*Phrase) isNode()     {}
func (*Near) isNode()       {}
func (*Sentence) isNode()   {}
func (*Repeat) isNode()     {}
func (*Raw) isNode()        {}
func (*Address) isNode()    {}
func (*Keyword) isNode()    {}
func (*Range) isNode()      {}
func (*Everything) isNode() {}

// Prefix returns what every form that fits w begins with: all of a literal,
// the folded form of an exact word, what stands before the first wildcard, the
// first character of a fuzzy word.
func (w *Word) Prefix() string {
	switch w.Kind {
	case Wildcard:
		return literalPrefix(w.Text)
	case Fuzzy:
		for i := range w.Text {
			if i > 0 {
				return w.Text[:i]
			}
		}
	}
	return w.Folded
}

// Fits reports whether a token with this form, one of [Token.Forms], fits w.
// For an Exact word it only says that the token may fit.
func (w *Word) Fits(form string) bool {
	switch w.Kind {
	case Wildcard:
		return globMatch(w.Text, form)
	case Fuzzy:
		return fuzzyMatch(w.Text, form, w.Distance)
	}
	return form == w.Folded
}

// open reports whether b bounds nothing.
func (b *Bound) open() bool {
	return b.Text == "" || b.Text == "*"
}

// times returns the first instant of b and the first after it.
func (b *Bound) times(now time.Time) (start, end time.Time) {
	if b.relative {
		t := now.Add(-b.ago)
		return t, t.Add(1)
	}
	return b.start, b.end
}

// Times returns the instants a range over published holds: from the first on,
// up to but without the second. A zero time is an open end.
func (r *Range) Times(now time.Time) (from, before time.Time) {
	start, end := r.From.times(now)
	switch r.Op {
	case ">":
		return end, time.Time{}
	case ">=":
		return start, time.Time{}
	case "<":
		return time.Time{}, start
	case "<=":
		return time.Time{}, end
	case "[]":
		if !r.From.open() {
			from = start
		}
		if !r.To.open() {
			_, before = r.To.times(now)
		}
		return from, before
	}
	if r.From.relative && r.From.ago > 0 {
		return start, now.Add(1)
	}
	return start, end
}

// Numbers returns the ends of a range over numbers, and whether each belongs
// to it. An open end is infinite.
func (r *Range) Numbers() (low, high float64, withLow, withHigh bool) {
	low, high = math.Inf(-1), math.Inf(1)
	switch r.Op {
	case ">":
		return r.From.number, high, false, true
	case ">=":
		return r.From.number, high, true, true
	case "<":
		return low, r.From.number, true, false
	case "<=":
		return low, r.From.number, true, true
	case "[]":
		if !r.From.open() {
			low = r.From.number
		}
		if !r.To.open() {
			high = r.To.number
		}
		return low, high, true, true
	}
	return r.From.number, r.From.number, true, true
}
