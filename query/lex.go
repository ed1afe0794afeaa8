package query

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// A parser reads one query. Recursion goes through group and repeat alone, and
// both count their depth before they go on.
type parser struct {
	q        string
	i        int
	now      time.Time // for the order of the ends of a range
	warnings []Message

	clauses, patterns int
	depth, repeats    int  // parentheses, and REPEATs, inside each other
	grouped           bool // the last unit stood in parentheses
}

func fail(code string, at int, hint, format string, args ...any) error {
	return &fault{Message{Code: code, Severity: SeverityError, Message: fmt.Sprintf(format, args...), At: at, Hint: hint}}
}

// warn keeps the first warning of each code.
func (p *parser) warn(code string, at int, hint, message string) {
	for _, w := range p.warnings {
		if w.Code == code {
			return
		}
	}
	p.warnings = append(p.warnings, Message{Code: code, Severity: SeverityWarning, Message: message, At: at, Hint: hint})
}

func isQuerySpace(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', 0xA0, 0x3000:
		return true
	}
	return false
}

func isQuote(r rune) bool {
	switch r {
	case '"', 0x201C, 0x201D, 0x201E:
		return true
	}
	return false
}

// isStop reports whether r ends a word.
func isStop(r rune) bool {
	switch r {
	case '(', ')', '{', '}', '[', ']':
		return true
	}
	return isQuerySpace(r) || isQuote(r)
}

// peek returns the next character, or 0 at the end.
func (p *parser) peek() rune {
	if p.i >= len(p.q) {
		return 0
	}
	r, _ := utf8.DecodeRuneInString(p.q[p.i:])
	return r
}

// ended reports whether nothing follows.
func (p *parser) ended() bool {
	return p.i >= len(p.q)
}

// closes reports whether the level ends here.
func (p *parser) closes() bool {
	return p.ended() || p.q[p.i] == ')'
}

// space skips white space and comments.
func (p *parser) space() error {
	for !p.ended() {
		r, n := utf8.DecodeRuneInString(p.q[p.i:])
		switch {
		case isQuerySpace(r):
			p.i += n
		case strings.HasPrefix(p.q[p.i:], "<<<"):
			e := strings.Index(p.q[p.i:], ">>>")
			if e < 0 {
				return fail("comment-open", p.i, "end it with >>>", "the comment that starts with <<< is not closed")
			}
			p.i += e + len(">>>")
		default:
			return nil
		}
	}
	return nil
}

// look returns the next word without taking it: a run of characters up to
// white space, a bracket, a quote or a comment.
func (p *parser) look() string {
	rest := p.q[p.i:]
	for i, r := range rest {
		if isStop(r) || r == '<' && strings.HasPrefix(rest[i:], "<<<") {
			return rest[:i]
		}
	}
	return rest
}

func (p *parser) word() string {
	w := p.look()
	p.i += len(w)
	return w
}

// An operator is what stands between operands.
type operator uint8

const (
	opNone operator = iota
	opAnd
	opOr
	opNot
	opNear // NEAR, ONEAR, SENTENCE
)

// operator returns the operator that comes next, without taking it.
func (p *parser) operator() operator {
	switch w := p.look(); w {
	case "AND", "&&":
		return opAnd
	case "OR", "|", "||":
		return opOr
	case "NOT":
		return opNot
	case "SENTENCE", "NEAR", "ONEAR":
		return opNear
	default:
		if strings.HasPrefix(w, "NEAR/") || strings.HasPrefix(w, "ONEAR/") {
			return opNear
		}
		return opNone
	}
}

// minus reports whether a - that means NOT comes next.
func (p *parser) minus() bool {
	if p.ended() || p.q[p.i] != '-' {
		return false
	}
	if p.i > 0 {
		before, _ := utf8.DecodeLastRuneInString(p.q[:p.i])
		if !isQuerySpace(before) && before != '(' && before != '>' {
			return false
		}
	}
	if p.i+1 >= len(p.q) {
		return false
	}
	after, _ := utf8.DecodeRuneInString(p.q[p.i+1:])
	return !isQuerySpace(after) && after != '-' && after != ')'
}

// negation reports whether NOT or - comes next.
func (p *parser) negation() bool {
	return p.operator() == opNot || p.minus()
}

// quoted takes a text in quotes.
func (p *parser) quoted() (string, error) {
	at := p.i
	_, n := utf8.DecodeRuneInString(p.q[p.i:])
	rest := p.q[p.i+n:]
	e := strings.IndexFunc(rest, isQuote)
	if e < 0 {
		return "", fail("unbalanced-quote", at, `add "`, "the quote that begins here is not closed")
	}
	_, m := utf8.DecodeRuneInString(rest[e:])
	p.i += n + e + m
	return rest[:e], nil
}

// weight takes a weight, which means nothing here.
func (p *parser) weight(at int) {
	if n := weightLen(p.q[p.i:]); n > 0 {
		p.i += n
		p.warnWeight(at)
	}
}

func (p *parser) warnWeight(at int) {
	p.warn("weight-ignored", at, "leave ^n out", "weights do not change what matches")
}

// weightLen returns the length of the weight that s begins with, or 0.
func weightLen(s string) int {
	if s == "" || s[0] != '^' {
		return 0
	}
	n := 1 + digits(s[1:])
	if n == 1 {
		return 0
	}
	if n < len(s) && s[n] == '.' {
		if d := digits(s[n+1:]); d > 0 {
			n += 1 + d
		}
	}
	return n
}

// digits returns how many ASCII digits s begins with.
func digits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}
