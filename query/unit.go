package query

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

const hintNear = "write a NEAR/5 b"

// unit takes a group, phrase, exact words, REPEAT, raw text, field or word.
func (p *parser) unit(field string) (Node, error) {
	p.grouped = false
	at := p.i
	switch c := p.peek(); {
	case c == '(':
		n, err := p.group(field)
		p.grouped = true
		return n, err
	case isQuote(c):
		text, err := p.quoted()
		if err != nil {
			return nil, err
		}
		return p.quotedValue(text, field, at)
	case c == '{':
		return p.exact(field)
	case c == '}':
		return nil, fail("unbalanced-brace", at, "leave it out, or add { before it", "this } closes nothing")
	case c == '[' || c == ']':
		return nil, fail("bad-range", at, "published:[2020-01-01 TO 2020-02-01]", "[ ] needs a field before it")
	}
	w := p.look()
	if _, size := repeatPrefix(w); size > 0 || strings.HasPrefix(w, "REPEAT/") {
		return p.repeat(w, field)
	}
	if isURL(w) {
		return nil, fail("url-in-query", at, "use link: for links in texts, url: for the mention's own address", "a web address is not a word")
	}
	if p.foreign(w) {
		return nil, fail("foreign-operator", at, hintNear, "%s is an operator of another tool", short(w))
	}
	if name := fieldName(w); name != "" {
		return p.fielded(name, field)
	}
	if strings.HasPrefix(w, ":") {
		return nil, spacedColon(at)
	}
	return p.plainWord(field)
}

func spacedColon(at int) error {
	return fail("colon-space", at, "write title:word", "there is a space before :")
}

// plainWord takes a word that is no field, after a look at what follows it.
func (p *parser) plainWord(field string) (Node, error) {
	at := p.i
	w := p.word()
	end := p.i
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.peek() == ':' && isName(w) {
		return nil, spacedColon(at)
	}
	p.i = end
	if upper := strings.ToUpper(w); w != upper && isLowerOperator(strings.ToLower(w)) {
		p.warn("lowercase-operator", at, "operators are upper case: "+upper, `"`+w+`" is read as a word`)
	}
	return p.wordValue(w, field, at)
}

// isName reports whether w is one or more ASCII letters and low lines.
func isName(w string) bool {
	for i := range len(w) {
		if c := w[i]; c >= utf8.RuneSelf || asciiClass[c] != classLetter && c != '_' {
			return false
		}
	}
	return w != ""
}

// fieldName returns the name that w begins with, when : follows it.
func fieldName(w string) string {
	name, _, ok := strings.Cut(w, ":")
	if !ok || !isName(name) || name[0] == '_' {
		return ""
	}
	return name
}

// isLowerOperator reports whether w is and, or, not, near, near/5 or onear/5f.
func isLowerOperator(w string) bool {
	switch w {
	case "and", "or", "not", "near", "onear":
		return true
	}
	n, ok := strings.CutPrefix(strings.TrimPrefix(w, "o"), "near/")
	d := digits(n)
	return ok && d > 0 && (n[d:] == "" || n[d:] == "f")
}

// isURL reports whether w begins with a scheme and ://.
func isURL(w string) bool {
	scheme, _, ok := strings.Cut(w, "://")
	if !ok || scheme == "" || scheme[0] >= utf8.RuneSelf || asciiClass[scheme[0]] != classLetter {
		return false
	}
	for i := range len(scheme) {
		if c := scheme[i]; !isAlnum(c) && c != '+' && c != '.' && c != '-' || c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foreign reports whether w is a NEAR of another tool.
func (p *parser) foreign(w string) bool {
	if n, ok := strings.CutPrefix(w, "/"); ok {
		d := digits(n)
		return d > 0 && (n[d:] == "" || n[d:] == "f")
	}
	if len(w) > 2 && w[0]|0x20 == 'w' && w[1] == '/' {
		return digits(w[2:]) == len(w)-2
	}
	if n, ok := strings.CutPrefix(strings.TrimPrefix(w, "o"), "near/"); ok {
		d := digits(n)
		return d > 0 && strings.HasPrefix(n[d:], ":")
	}
	return w == "AROUND" && strings.HasPrefix(p.q[p.i+len(w):], "(")
}

// repeatPrefix reads REPEAT/3: or repeat3: at the start of w; size is 0 when
// there is none, n when there is no number that may stand there.
func repeatPrefix(w string) (n, size int) {
	for _, prefix := range [...]string{"REPEAT/", "repeat"} {
		rest, ok := strings.CutPrefix(w, prefix)
		d := digits(rest)
		if !ok || !strings.HasPrefix(rest[d:], ":") {
			continue
		}
		if n, err := strconv.Atoi(rest[:d]); err == nil && n <= MaxNumber {
			return n, len(prefix) + d + 1
		}
		return 0, len(prefix) + d + 1
	}
	return 0, 0
}

// repeat takes REPEAT/3:x.
func (p *parser) repeat(w, field string) (Node, error) {
	at := p.i
	n, size := repeatPrefix(w)
	if n < 2 {
		return nil, fail("repeat-number", at, `REPEAT/3:"word"`, "REPEAT/n: needs n from 2 to %d", MaxNumber)
	}
	p.i += size
	if p.ended() || isQuerySpace(p.peek()) {
		return nil, fail("empty-value", at, "no space after the colon", "REPEAT has nothing after the colon")
	}
	if p.repeats++; p.repeats > MaxDepth {
		return nil, tooDeep(at)
	}
	arg, err := p.unit(field)
	p.repeats--
	if err != nil {
		return nil, err
	}
	if err := spannable(arg, at); err != nil {
		return nil, fail("repeat-operand", at, `REPEAT/3:"word" or REPEAT/3:(a OR b)`, "REPEAT takes words, phrases and OR groups of them")
	}
	p.grouped = false
	return &Repeat{Arg: arg, N: n}, nil
}

func tooDeep(at int) error {
	return fail("too-deep", at, "make a label of the inner part", "more than %d parentheses inside each other", MaxDepth)
}

// group takes what stands in parentheses.
func (p *parser) group(field string) (Node, error) {
	at := p.i
	p.i++
	if p.depth++; p.depth > MaxDepth {
		return nil, tooDeep(at)
	}
	node, err := p.level(field, true)
	if err != nil {
		return nil, err
	}
	p.i++
	p.depth--
	p.weight(at)
	if p.peek() == '~' {
		return nil, fail("bad-tilde", p.i, `write "a b"~5, or a NEAR/5 b`, "~ after a group")
	}
	return node, nil
}

// exact takes {Words}.
func (p *parser) exact(field string) (Node, error) {
	at := p.i
	e := strings.IndexByte(p.q[p.i:], '}')
	if e < 0 {
		return nil, fail("unbalanced-brace", at, "write {Word}", "the { that begins here is not closed")
	}
	text := p.q[p.i+1 : p.i+e]
	p.i += e + 1
	if field != "" && fields[field] != fieldText {
		return nil, fail("bad-value", at, "write the value without { }", "{ } works on words of title: and text: only")
	}
	if strings.Contains(text, "*") {
		return nil, fail("wildcard-exact", at, "leave out the * or the { }", "no wildcard inside { }")
	}
	var words []Word
	var fm former
	for sc := (scanner{s: text}); ; {
		raw, ok := sc.next()
		if !ok {
			break
		}
		if fm.form(text, raw) {
			words = append(words, Word{Kind: Exact, Text: fm.exact(text, raw), Folded: string(fm.at(fm.key)), raw: text[raw.start:raw.end]})
		}
	}
	if len(words) == 0 {
		return nil, fail("no-word", at, "use raw: for signs", "{ } holds no word")
	}
	if err := phraseLimit(len(words), at); err != nil {
		return nil, err
	}
	if err := p.clause(at); err != nil {
		return nil, err
	}
	return &Phrase{Scope: scopeOf(field), Words: words, Slop: InRow}, nil
}

func scopeOf(field string) Scope {
	switch field {
	case "title":
		return TitleOnly
	case "text":
		return TextOnly
	}
	return Anywhere
}

func phraseLimit(n, at int) error {
	if n > MaxWords {
		return fail("phrase-long", at, "split it with AND or NEAR, or use raw:", "more than %d words in a phrase", MaxWords)
	}
	return nil
}

// clause counts one more word, phrase or field value.
func (p *parser) clause(at int) error {
	if p.clauses++; p.clauses > MaxClauses {
		return fail("too-many-clauses", at, "make labels of its parts and write label:a OR label:b", "more than %d clauses", MaxClauses)
	}
	return nil
}

// fielded takes name: and its value. A field cannot stand in another.
func (p *parser) fielded(name, outer string) (Node, error) {
	at := p.i
	if outer != "" {
		return nil, fail("field-nested", at, "a field group holds plain words", "%s: inside %s:( )", short(name), outer)
	}
	f, err := p.resolve(name)
	if err != nil {
		return nil, err
	}
	p.i += len(name) + 1
	c := p.peek()
	if p.ended() || c == ')' || isQuerySpace(c) {
		return nil, fail("empty-value", at, "no space after the colon", "%s: has no value", name)
	}
	if sigil := sigilFields[name]; sigil != "" {
		w, err := p.text()
		if err != nil {
			return nil, err
		}
		return p.wordValue(sigil+strings.TrimLeft(w, "#@$"), "", at)
	}
	kind := fields[f]
	switch {
	case kind == fieldRaw:
		return p.raw(at)
	case kind == fieldTime || kind == fieldNumber:
		if c == '(' || c == '{' || isQuote(c) {
			return nil, fail("bad-value", at, f+":[a TO b]", "%s: takes one value or a range", f)
		}
		return p.ranged(f, at)
	case c == '[':
		return nil, fail("bad-range", at, "write a value", "%s: has no ranges", f)
	case c == '(':
		return p.group(f)
	case c == '{' && kind == fieldText:
		return p.exact(f)
	case isQuote(c):
		text, err := p.quoted()
		if err != nil {
			return nil, err
		}
		return p.quotedValue(text, f, at)
	}
	w := p.word()
	if w == "" {
		return nil, fail("bad-value", at, "quote the value", "%s: cannot take %c", f, c)
	}
	if kind != fieldText && (w[0] == '<' || w[0] == '>') {
		return nil, fail("bad-range", at, "write a value", "%s: has no ranges", f)
	}
	return p.wordValue(w, f, at)
}

// text takes a word or a quoted text.
func (p *parser) text() (string, error) {
	if isQuote(p.peek()) {
		return p.quoted()
	}
	return p.word(), nil
}

// resolve returns the field that goes by name.
func (p *parser) resolve(name string) (string, error) {
	f := name
	if a := aliases[name]; a != "" {
		f = a
	}
	if fields[f] != 0 || sigilFields[f] != "" {
		return f, nil
	}
	low := strings.ToLower(name)
	if why := notCollected[low]; why != "" {
		return "", fail("field-not-collected", p.i, why, "%s: is not collected", name)
	}
	hint := "put it in quotes if it is text"
	if near := nearest(low, fieldNames()); near != "" {
		hint = "did you mean " + near + ":? " + hint
	}
	return "", fail("unknown-field", p.i, hint, "unknown field %s:", short(name))
}

func (p *parser) raw(at int) (Node, error) {
	s, err := p.text()
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(s) < 3 {
		return nil, fail("raw-short", at, `raw:"C++"`, "raw: needs 3 characters")
	}
	return &Raw{Text: s}, p.clause(at)
}

// trimSpace cuts white space of any kind.
func trimSpace(s string) string {
	return strings.TrimFunc(s, isSpace)
}
