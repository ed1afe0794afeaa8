package query

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A Query is a parsed query. It does not change and is safe for concurrent use.
type Query struct {
	text     string
	root     Node
	warnings []Message
	now      time.Time // what relative dates count from; zero means the time of each call
	prog     *program
}

// Parse reads a query. The messages are errors, and then the query is nil, or
// warnings alone.
func Parse(text string) (*Query, []Message) {
	root, messages := parse(text, time.Now())
	if root == nil {
		return nil, messages
	}
	return newQuery(text, root, messages), messages
}

// parse reads a query; the tree is nil when a message is an error.
func parse(text string, now time.Time) (Node, []Message) {
	if len(text) > MaxBytes {
		return nil, []Message{{
			Code: "too-long", Severity: SeverityError, At: MaxBytes, Hint: "make labels of its parts and write label:a OR label:b",
			Message: "the query has " + strconv.Itoa(len(text)) + " bytes, the limit is " + strconv.Itoa(MaxBytes),
		}}
	}
	p := parser{q: text, now: now}
	root, err := p.level("", false)
	if err == nil && negative(root) {
		err = fail("only-not", 0, "add what you look for", "a query of NOTs alone matches nearly everything")
	}
	if f, ok := errors.AsType[*fault](err); ok {
		return nil, append([]Message{f.m}, p.warnings...)
	}
	return root, p.warnings
}

func newQuery(text string, root Node, warnings []Message) *Query {
	q := &Query{text: text, root: root, warnings: warnings, prog: new(program)}
	q.prog.root(root)
	return q
}

// All returns the query that matches everything: what a search without a
// query means.
func All() *Query {
	return newQuery("*", &Everything{}, nil)
}

// String returns the query as it was given.
func (q *Query) String() string { return q.text }

// Root returns the tree of the query.
func (q *Query) Root() Node { return q.root }

// Warnings returns what [Parse] warned of.
func (q *Query) Warnings() []Message { return q.warnings }

// At returns q with relative dates like -7d counted from now.
func (q *Query) At(now time.Time) *Query {
	c := *q
	c.now = now
	return &c
}

// Now returns the time given to [Query.At], or the present.
func (q *Query) Now() time.Time {
	if q.now.IsZero() {
		return time.Now()
	}
	return q.now
}

// Timeless reports whether q matches the same at any time: it has no relative
// dates.
func (q *Query) Timeless() bool { return timeless(q.root) }

func timeless(n Node) bool {
	switch n := n.(type) {
	case *And:
		return all(n.Args, timeless)
	case *Or:
		return all(n.Args, timeless)
	case *Not:
		return timeless(n.Arg)
	case *Range:
		return !n.From.relative && !n.To.relative
	}
	return true
}

// Names returns the values that q asks a field for by their whole name, as
// they stand in its tree: folded, in the order of the query.
func (q *Query) Names(field string) []string { return names(nil, q.root, field) }

func names(dst []string, n Node, field string) []string {
	switch n := n.(type) {
	case *And:
		for _, a := range n.Args {
			dst = names(dst, a, field)
		}
	case *Or:
		for _, a := range n.Args {
			dst = names(dst, a, field)
		}
	case *Not:
		return names(dst, n.Arg, field)
	case *Keyword:
		if n.Field == field && !n.Wildcard {
			dst = append(dst, n.Value)
		}
	}
	return dst
}

// negative reports whether n has nothing that it looks for.
func negative(n Node) bool {
	switch n := n.(type) {
	case *Not:
		return true
	case *And:
		return all(n.Args, negative)
	}
	return false
}

func all(list []Node, is func(Node) bool) bool {
	return !slices.ContainsFunc(list, func(n Node) bool { return !is(n) })
}

// A level is what stands in one pair of parentheses.
type level struct {
	field   string
	closing bool
	start   int
	items   []Node
	family  operator // opAnd or opOr; opNone until known
	need    bool     // an operand must come next
	bare    bool     // an item is a NEAR without parentheses
}

func (p *parser) level(field string, closing bool) (Node, error) {
	l := &level{field: field, closing: closing, start: p.i, need: true}
	for {
		if err := p.space(); err != nil {
			return nil, err
		}
		if p.closes() {
			return p.endLevel(l)
		}
		if err := p.step(l); err != nil {
			return nil, err
		}
	}
}

// step takes one operator or item.
func (p *parser) step(l *level) error {
	at, op := p.i, p.operator()
	switch {
	case op == opAnd || op == opOr:
		return p.join(l, op)
	case op == opNear:
		return fail("missing-operand", at, "", "%s has nothing before it", p.look())
	case op == opNot || p.minus():
		return p.negated(l, op)
	}
	if !l.need {
		if err := l.use(opAnd, at); err != nil {
			return err
		}
		p.warn("implicit-and", at, "write AND, or quote the words to find them as a phrase", "two words side by side are read as AND")
	}
	node, err := p.near(l.field)
	if err != nil {
		return err
	}
	l.bare = l.bare || isNear(node) && !p.grouped
	l.items, l.need = append(l.items, node), false
	return nil
}

func isNear(n Node) bool {
	switch n.(type) {
	case *Near, *Sentence:
		return true
	}
	return false
}

// use makes family the one family of operators of l.
func (l *level) use(family operator, at int) error {
	if l.family != opNone && l.family != family {
		return fail("mixed-and-or", at, "write (a AND b) OR c, or a AND (b OR c)",
			"AND and OR are mixed without parentheses; side by side and NOT count as AND")
	}
	l.family = family
	return nil
}

// join takes AND or OR.
func (p *parser) join(l *level, op operator) error {
	at := p.i
	w := p.word()
	if l.need {
		return fail("missing-operand", at, "", "%s has nothing before it", w)
	}
	if err := l.use(op, at); err != nil {
		return err
	}
	l.need = true
	if err := p.space(); err != nil {
		return err
	}
	if op == opOr && p.negation() {
		return orNot(p.i)
	}
	return nil
}

func orNot(at int) error {
	return fail("or-not", at, "write (a OR b) NOT c", "a side of OR is negative: it would match nearly everything")
}

// negated takes NOT and its operand.
func (p *parser) negated(l *level, op operator) error {
	at := p.i
	if op == opNot {
		p.word()
	} else {
		p.i++
	}
	if len(l.items) > 0 || l.family != opNone {
		if err := l.use(opAnd, at); err != nil {
			return err
		}
	}
	if err := p.space(); err != nil {
		return err
	}
	if p.negation() {
		return fail("double-not", at, "leave both out", "NOT NOT")
	}
	if p.operator() != opNone || p.closes() {
		return fail("missing-operand", at, "", "NOT has nothing after it")
	}
	node, err := p.near(l.field)
	if err != nil {
		return err
	}
	if negative(node) {
		return fail("double-not", at, "leave both out", "NOT of a group that is negative itself")
	}
	l.items, l.need = append(l.items, &Not{Arg: node}), false
	return nil
}

func (p *parser) endLevel(l *level) (Node, error) {
	switch {
	case !p.ended() && !l.closing:
		return nil, fail("unbalanced-paren", p.i, "leave it out, or add ( before it", "this ) closes nothing")
	case p.ended() && l.closing:
		return nil, fail("unbalanced-paren", l.start-1, "add )", "this ( is not closed")
	case len(l.items) == 0 && l.family == opNone && l.closing:
		return nil, fail("empty-group", l.start-1, "leave it out", "there is nothing between ( and )")
	case len(l.items) == 0 && l.family == opNone:
		return nil, fail("empty-query", p.i, "write a word", "the query is empty")
	case l.need:
		return nil, fail("missing-operand", p.i, "", "an operator has nothing after it")
	}
	if l.bare && len(l.items) > 1 {
		p.warn("mixed-near", l.start, "put the NEAR part in parentheses", "NEAR and SENTENCE bind before AND, OR and NOT")
	}
	if l.family == opOr {
		if slices.ContainsFunc(l.items, negative) {
			return nil, orNot(l.start)
		}
		return &Or{Args: l.items}, nil
	}
	if len(l.items) == 1 {
		return l.items[0], nil
	}
	return &And{Args: l.items}, nil
}

// near takes a unit and the NEARs and SENTENCEs that follow it.
func (p *parser) near(field string) (Node, error) {
	left, err := p.unit(field)
	if err != nil {
		return nil, err
	}
	for count := 1; ; count++ {
		save := p.i
		if err := p.space(); err != nil {
			return nil, err
		}
		negated := false
		if p.look() == "NOT" {
			p.word()
			if err := p.space(); err != nil {
				return nil, err
			}
			negated = true
		}
		if p.operator() != opNear {
			p.i = save
			return left, nil
		}
		at := p.i
		if left, err = p.nearRight(left, field, negated); err != nil {
			return nil, err
		}
		if count == 2 {
			p.warn("near-chain", at, "use parentheses", "NEAR after NEAR is read from left to right")
		}
		p.grouped = false
	}
}

// nearRight takes a NEAR or SENTENCE and its right side.
func (p *parser) nearRight(left Node, field string, negated bool) (Node, error) {
	at := p.i
	w := p.word()
	n, ordered, err := nearNumber(w, at)
	if err != nil {
		return nil, err
	}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.negation() {
		return nil, nearNot(at)
	}
	if p.closes() || p.operator() != opNone {
		return nil, fail("missing-operand", at, "", "%s has nothing after it", w)
	}
	right, err := p.unit(field)
	if err != nil {
		return nil, err
	}
	for _, x := range []Node{left, right} {
		if err := spannable(x, at); err != nil {
			return nil, err
		}
	}
	if w != "SENTENCE" {
		return &Near{Left: left, Right: right, N: n, Ordered: ordered, Negated: negated}, nil
	}
	if negated {
		return nil, fail("near-not", at, "use NOT NEAR/n", "NOT SENTENCE is not defined")
	}
	return &Sentence{Left: left, Right: right}, nil
}

// nearNumber reads NEAR/5, NEAR/5f and ONEAR/5.
func nearNumber(w string, at int) (n int, ordered bool, err error) {
	if w == "SENTENCE" {
		return 0, false, nil
	}
	number, ok := strings.CutPrefix(strings.TrimPrefix(w, "O"), "NEAR/")
	d := digits(number)
	if !ok || d == 0 || d > 9 || number[d:] != "" && number[d:] != "f" {
		return 0, false, fail("near-number", at, "write NEAR/5: at most 5 words between", "%s needs a number of words", short(w))
	}
	n, _ = strconv.Atoi(number[:d])
	if n > MaxNumber {
		return 0, false, fail("near-number", at, "write NEAR/5: at most 5 words between", "%s: the limit is %d", short(w), MaxNumber)
	}
	return n, w[0] == 'O' || number[d:] == "f", nil
}

func nearNot(at int) error {
	return fail("near-not", at, "write a NOT NEAR/5 b (this a has no b near it), or (a NEAR/5 b) NOT c (no c anywhere)", "NOT inside NEAR")
}

// spannable refuses what has no spans.
func spannable(n Node, at int) error {
	what := ""
	switch n := n.(type) {
	case *Phrase, *Near, *Sentence:
		return nil
	case *Or:
		for _, a := range n.Args {
			if err := spannable(a, at); err != nil {
				return err
			}
		}
		return nil
	case *Not:
		return nearNot(at)
	case *And:
		for _, a := range n.Args {
			if _, ok := a.(*Not); ok {
				return nearNot(at)
			}
		}
		what = "AND"
	case *Raw:
		what = "raw:"
	case *Repeat:
		what = "REPEAT"
	case *Keyword:
		what = n.Field + ":"
	case *Address:
		what = n.Field + ":"
	case *Range:
		what = n.Field + ":"
	}
	return fail("near-operand", at, "NEAR takes words, phrases and OR groups of them", "%s cannot stand inside NEAR", what)
}

// short cuts a word of the query so that it can stand in a message.
func short(w string) string {
	const most = 60
	if len(w) <= most {
		return w
	}
	i := most
	for i > 0 && !utf8.RuneStart(w[i]) {
		i--
	}
	return w[:i] + "…"
}
