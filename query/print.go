package query

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Canonical returns the query in one fixed spelling: AND written out,
// parentheses round every group and NEAR, the fields' own names, no comments
// and weights. It means the same, and its own canonical form is itself.
func (q *Query) Canonical() string {
	return Print(q.root)
}

// Print returns a tree as a query that parses to an equal tree.
func Print(n Node) string {
	if _, ok := n.(*Everything); ok {
		return "*"
	}
	p := printer{}
	p.outer(n)
	return p.String()
}

// A printer writes one query.
type printer struct {
	strings.Builder

	field string // of the group that is being written
	depth int    // open parentheses
}

// outer writes the whole query, which needs no parentheses unless it is a NEAR.
func (p *printer) outer(n Node) {
	switch n.(type) {
	case *And, *Or, *Not:
		if p.common(n) == "" || nests(n, MaxDepth) {
			p.list(n)
			return
		}
	}
	p.item(n)
}

// item writes n as an operand.
func (p *printer) item(n Node) {
	switch n := n.(type) {
	case *And, *Or, *Not:
		p.fieldGroup(n, func() { p.list(n) })
	case *Near, *Sentence:
		if p.depth == MaxDepth { // no room; reads the same with a warning
			p.near(n)
			return
		}
		p.group(func() { p.near(n) })
	case *Repeat:
		p.WriteString("REPEAT/" + strconv.Itoa(n.N) + ":")
		p.item(n.Arg)
	case *Phrase:
		p.phrase(n)
	case *Raw:
		p.WriteString(`raw:"` + n.Text + `"`)
	case *Address:
		p.name(n.Field)
		p.wordList(n.Words, "")
	case *Keyword:
		p.name(n.Field)
		p.keyword(n)
	case *Range:
		p.rangeText(n)
	}
}

func (p *printer) group(inner func()) {
	p.depth++
	p.WriteByte('(')
	inner()
	p.WriteByte(')')
	p.depth--
}

// fieldGroup writes a group, with the name of the field before it when all of
// it looks into one.
func (p *printer) fieldGroup(n Node, inner func()) {
	field := p.common(n)
	if field == "" {
		p.group(inner)
		return
	}
	p.WriteString(field + ":")
	p.field = field
	p.group(inner)
	p.field = ""
}

// common returns the field that all of n looks into, or "" when there is none,
// or when it is told already.
func (p *printer) common(n Node) string {
	if p.field != "" {
		return ""
	}
	field := ""
	one := everyLeaf(n, func(leaf Node) bool {
		f := leafField(leaf)
		if field == "" {
			field = f
		}
		return f != "" && f == field
	})
	if !one {
		return ""
	}
	return field
}

// leafField returns the field that may stand before a group with this leaf.
func leafField(n Node) string {
	switch n := n.(type) {
	case *Phrase:
		switch n.Scope {
		case TitleOnly:
			return "title"
		case TextOnly:
			return "text"
		}
	case *Keyword:
		return n.Field
	case *Address:
		return n.Field
	}
	return ""
}

// argsOf are the nodes that stand directly inside one; a leaf has none.
func argsOf(n Node) (args []Node, ok bool) {
	switch n := n.(type) {
	case *And:
		return n.Args, true
	case *Or:
		return n.Args, true
	case *Not:
		return []Node{n.Arg}, true
	case *Near:
		return []Node{n.Left, n.Right}, true
	case *Sentence:
		return []Node{n.Left, n.Right}, true
	case *Repeat:
		return []Node{n.Arg}, true
	}
	return nil, false
}

// everyLeaf reports whether ok holds for every leaf of n.
func everyLeaf(n Node, ok func(Node) bool) bool {
	args, inner := argsOf(n)
	if !inner {
		return ok(n)
	}
	for _, a := range args {
		if !everyLeaf(a, ok) {
			return false
		}
	}
	return true
}

// list writes the arguments of AND, OR and NOT.
func (p *printer) list(n Node) {
	args, between := []Node{n}, " AND "
	switch n := n.(type) {
	case *And:
		args = n.Args
	case *Or:
		args, between = n.Args, " OR "
	}
	for i, a := range args {
		if i > 0 {
			p.WriteString(between)
		}
		if not, ok := a.(*Not); ok {
			p.WriteString("NOT ")
			a = not.Arg
		}
		p.item(a)
	}
}

// near writes NEAR and SENTENCE. Long chains would need more parentheses than
// a query may have; they read the same from left to right without.
func (p *printer) near(n Node) {
	var left, right Node
	operator := " SENTENCE "
	switch n := n.(type) {
	case *Near:
		left, right = n.Left, n.Right
		operator = " NEAR/" + strconv.Itoa(n.N)
		if n.Negated {
			operator = " NOT" + operator
		}
		if n.Ordered {
			operator += "f"
		}
		operator += " "
	case *Sentence:
		left, right = n.Left, n.Right
	}
	if isNear(left) && nests(left, MaxDepth-p.depth) {
		p.near(left)
	} else {
		p.item(left)
	}
	p.WriteString(operator)
	p.item(right)
}

// nests reports whether item writes more than most parentheses inside each
// other for n. It looks no deeper than that.
func nests(n Node, most int) bool {
	args, inner := argsOf(n)
	if !inner {
		return most < 0
	}
	switch n := n.(type) {
	case *Not:
		return nests(n.Arg, most)
	case *Repeat:
		return nests(n.Arg, most)
	}
	if most <= 0 {
		return true
	}
	for _, a := range args {
		if nests(a, most-1) {
			return true
		}
	}
	return false
}

func (p *printer) name(field string) {
	if p.field == "" {
		p.WriteString(field + ":")
	}
}

func (p *printer) phrase(n *Phrase) {
	switch n.Scope {
	case TitleOnly:
		p.name("title")
	case TextOnly:
		p.name("text")
	}
	switch w := &n.Words[0]; {
	case w.Kind == Exact:
		parts := make([]string, len(n.Words))
		for i := range n.Words {
			parts[i] = n.Words[i].raw
		}
		p.WriteString("{" + strings.Join(parts, " ") + "}")
	case w.Kind == Fuzzy:
		p.WriteString(w.spelling() + "~" + strconv.Itoa(w.Distance))
	case n.Slop != InRow:
		p.wordList(n.Words, "~"+strconv.Itoa(n.Slop))
	default:
		p.wordList(n.Words, "")
	}
}

// wordList writes words, in quotes unless it is one that needs none.
func (p *printer) wordList(words []Word, suffix string) {
	parts := make([]string, len(words))
	for i := range words {
		parts[i] = words[i].spelling()
	}
	if len(parts) == 1 && !isReserved(parts[0]) {
		p.WriteString(parts[0])
		return
	}
	p.WriteString(`"` + strings.Join(parts, " ") + `"` + suffix)
}

// isReserved reports whether a word without quotes would be read as an
// operator, or warned of.
func isReserved(w string) bool {
	low := strings.ToLower(w)
	return low == "sentence" || isLowerOperator(low)
}

// spelling returns how w is written: the folded form where that is read as the
// same word again, else as it was.
func (w *Word) spelling() string {
	if w.raw == "" || readsAs(w.Text) {
		return w.Text
	}
	return w.raw
}

// readsAs reports whether text is one word whose folded form it is.
func readsAs(text string) bool {
	var fm former
	sc := scanner{s: text, pattern: true}
	raw, ok := sc.next()
	return ok && raw.end == len(text) && fm.form(text, raw) && string(fm.at(fm.key)) == text
}

// keyword writes the value, folded where that is read as the same value again.
func (p *printer) keyword(n *Keyword) {
	v := n.Value
	if n.raw != "" && (strings.IndexFunc(v, isQuote) >= 0 || v != collapseStars(foldValue(n.Field, trimSpace(v)))) {
		v = n.raw
	}
	if isBareValue(v) {
		p.WriteString(v)
		return
	}
	p.WriteString(`"` + v + `"`)
}

// isBareValue reports whether v needs no quotes, in a group of values either.
func isBareValue(v string) bool {
	for i, r := range v {
		if !isWordClass(classOf(r)) && (i == 0 || r >= utf8.RuneSelf || !strings.ContainsRune("._@*?-", r)) {
			return false
		}
	}
	return v != "" && !isReserved(v)
}

// rangeText writes a range as it was, but for its bounds' spelling.
func (p *printer) rangeText(r *Range) {
	p.WriteString(r.Field + ":")
	if r.Op == "[]" {
		p.WriteString("[" + r.From.Text + " TO " + r.To.Text + "]")
		return
	}
	p.WriteString(r.Op + r.From.Text)
}
