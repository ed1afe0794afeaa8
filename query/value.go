package query

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quotedValue makes a node of a text in quotes, in the field of the group it
// stands in.
func (p *parser) quotedValue(text, field string, at int) (Node, error) {
	slop, err := p.slop(at)
	if err != nil {
		return nil, err
	}
	p.weight(at)
	if field != "" && fields[field] != fieldText {
		if slop != InRow {
			return nil, fail("bad-tilde", at, "leave ~n out", "~ does not work in %s:", field)
		}
		return p.keyword(field, text, at)
	}
	words, err := p.words(text, at, true)
	if err != nil {
		return nil, err
	}
	if slop != InRow && len(words) == 1 {
		p.warn("slop-single", at, "for misspellings write word~1 without quotes", "~n after one quoted word does nothing")
		slop = InRow
	}
	return &Phrase{Scope: scopeOf(field), Words: words, Slop: slop}, p.clause(at)
}

// slop takes ~5 after a quote.
func (p *parser) slop(at int) (int, error) {
	if p.peek() != '~' {
		return InRow, nil
	}
	d := digits(p.q[p.i+1:])
	end := p.i + 1 + d
	after, _ := utf8.DecodeRuneInString(p.q[end:])
	if d == 0 || d > 9 || end < len(p.q) && !isSpace(after) && !isQuerySpace(after) && !strings.ContainsRune("()<^", after) {
		return 0, fail("bad-tilde", p.i, `"a b"~5`, "~ needs a number right after it")
	}
	n, _ := strconv.Atoi(p.q[p.i+1 : end])
	if n > MaxNumber {
		return 0, fail("near-number", at, `"a b"~5`, "~%d: the limit is %d", n, MaxNumber)
	}
	p.i = end
	return n, nil
}

// wordValue makes a node of a word, in the field of the group it stands in.
func (p *parser) wordValue(w, field string, at int) (Node, error) {
	if i := strings.LastIndexByte(w, '^'); i > 0 && weightLen(w[i:]) == len(w)-i {
		p.warnWeight(at)
		w = w[:i]
	}
	if field != "" && fields[field] != fieldText {
		return p.keyword(field, w, at)
	}
	if base, edits, ok := strings.Cut(w, "~"); ok {
		word, err := p.fuzzy(base, edits, at)
		if err != nil {
			return nil, err
		}
		return &Phrase{Scope: scopeOf(field), Words: []Word{word}, Slop: InRow}, p.clause(at)
	}
	words, err := p.words(w, at, true)
	if err != nil {
		return nil, err
	}
	return &Phrase{Scope: scopeOf(field), Words: words, Slop: InRow}, p.clause(at)
}

// fuzzy makes a word of base~edits.
func (p *parser) fuzzy(base, edits string, at int) (Word, error) {
	if base == "" || edits != "1" && edits != "2" {
		return Word{}, fail("bad-tilde", at, "word~1", "~ needs 1 or 2 right after a word")
	}
	words, err := p.words(base, at, true)
	if err != nil {
		return Word{}, err
	}
	w := words[0]
	if len(words) != 1 || w.Kind != Literal {
		return Word{}, fail("bad-tilde", at, "word~1", "~ works on one word without wildcards")
	}
	w.Kind, w.Distance = Fuzzy, int(edits[0]-'0')
	if n := utf8.RuneCountInString(strings.TrimLeft(w.Text, "#@$")); n < 4*w.Distance {
		return Word{}, fail("fuzzy-short", at, "write the spellings with OR", "~1 needs a word of 4 characters, ~2 one of 8")
	}
	return w, p.countPattern(at)
}

func (p *parser) countPattern(at int) error {
	if p.patterns++; p.patterns > MaxPatterns {
		return fail("wildcard-many", at, "make labels of its parts and write label:a OR label:b",
			"more than %d wildcard and fuzzy words in a query", MaxPatterns)
	}
	return nil
}

// words cuts text of a query into words. The wildcard for one character counts
// only with question.
func (p *parser) words(text string, at int, question bool) ([]Word, error) {
	s, err := wildcards(text, at, question)
	if err != nil {
		return nil, err
	}
	var raws []rawToken
	var words []Word
	var fm former
	for sc := (scanner{s: s, pattern: true}); ; {
		raw, ok := sc.next()
		if !ok {
			break
		}
		if fm.form(s, raw) {
			key := string(fm.at(fm.key))
			words = append(words, Word{Text: key, Folded: key, raw: s[raw.start:raw.end]})
			raws = append(raws, raw)
		}
	}
	if len(words) == 0 {
		return nil, fail("no-word", at, `quote the words around it, as in "merck & co", or use raw:`, "%q holds no word", short(text))
	}
	if err := phraseLimit(len(words), at); err != nil {
		return nil, err
	}
	for i := range words {
		if raws[i].kind == kindWord && strings.ContainsAny(words[i].Text, "*?") {
			if err := p.pattern(&words[i], at); err != nil {
				return nil, err
			}
		}
	}
	return words, nil
}

// wildcards returns text without the question marks that only separate, and
// refuses wildcards without a character before them.
func wildcards(text string, at int, question bool) (string, error) {
	if !strings.ContainsAny(text, "*?") {
		return text, nil
	}
	out := []byte(text)
	before := false // a word character or wildcard
	for i, r := range text {
		if r != '*' && r != '?' {
			k := classOf(r)
			before = k == classMark || isWordClass(k)
			continue
		}
		if r == '?' && (!question || !opensWord(text[i+1:])) {
			out[i], before = ' ', false
			continue
		}
		if !before {
			return "", fail("wildcard-leading", at, "put at least 2 characters before it", "a word cannot start with %c", r)
		}
	}
	return string(out), nil
}

func isWordClass(k class) bool {
	return k == classLetter || k == classDigit || k == classLow || k == classSingle
}

// opensWord reports whether s begins with a word character or *.
func opensWord(s string) bool {
	if s == "" {
		return false
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r == '*' || isWordClass(classOf(r))
}

// pattern makes a wildcard word of w.
func (p *parser) pattern(w *Word, at int) error {
	w.Kind, w.Text = Wildcard, collapseStars(w.Text)
	w.Folded = w.Text
	body := strings.TrimLeft(w.Text, "#@$")
	if utf8.RuneCountInString(literalPrefix(body)) < 2 {
		return fail("wildcard-short", at, "put at least 2 characters before it", "a wildcard needs 2 characters before it")
	}
	if strings.Count(body, "*")+strings.Count(body, "?") > MaxWildcard {
		return fail("wildcard-many", at, "write the words with OR", "more than %d wildcards in a word", MaxWildcard)
	}
	return p.countPattern(at)
}

func collapseStars(s string) string {
	for strings.Contains(s, "**") {
		s = strings.ReplaceAll(s, "**", "*")
	}
	return s
}

// keyword makes a node of the value of a field that is no text.
func (p *parser) keyword(field, value string, at int) (Node, error) {
	value = trimSpace(value)
	low := foldValue(field, value)
	if low == "" {
		return nil, fail("empty-value", at, "no space after the colon", "%s: has no value", field)
	}
	if err := p.clause(at); err != nil {
		return nil, err
	}
	if fields[field] == fieldAddress {
		words, err := p.words(value, at, false)
		if err != nil {
			return nil, err
		}
		return &Address{Field: field, Words: words}, nil
	}
	if err := p.checkValue(field, value, low, at); err != nil {
		return nil, err
	}
	if !strings.ContainsAny(low, "*?") {
		return &Keyword{Field: field, Value: low, raw: value}, nil
	}
	low = collapseStars(low)
	switch first := utf8.RuneCountInString(literalPrefix(low)); {
	case first == 0:
		return nil, fail("wildcard-leading", at, "put at least 2 characters before it", "a value cannot start with a wildcard")
	case first < 2:
		return nil, fail("wildcard-short", at, "put at least 2 characters before it", "a wildcard needs 2 characters before it")
	case strings.Count(low, "*")+strings.Count(low, "?") > MaxWildcard:
		return nil, fail("wildcard-many", at, "write the values with OR", "more than %d wildcards in a value", MaxWildcard)
	}
	return &Keyword{Field: field, Value: low, Wildcard: true, raw: value}, p.countPattern(at)
}

// questionSigns writes what [Fold] leaves apart as tokens have it.
var questionSigns = strings.NewReplacer("ς", "σ", "‘", "'", "’", "'")

// foldValue returns value as it is compared in a field.
func foldValue(field, value string) string {
	low := Fold(value)
	switch field {
	case "author":
		return strings.TrimLeft(low, "@")
	case "site":
		if rest, ok := strings.CutPrefix(low, "https://"); ok {
			low = rest
		} else {
			low = strings.TrimPrefix(low, "http://")
		}
		low, _, _ = strings.Cut(low, "/")
		return strings.Trim(trimHost(low), ".")
	case "lang":
		return primaryLang(low)
	case "question":
		return questionSigns.Replace(low)
	}
	return low
}

// checkValue refuses values that a field cannot have.
func (p *parser) checkValue(field, value, low string, at int) error {
	switch field {
	case "lang":
		if !isCode(low, 2, 3) {
			return fail("bad-value", at, "two letters: lang:en", "lang:%s is not a language code", short(value))
		}
		if low != value {
			p.warn("lang-code", at, "two lower-case letters", "lang:"+short(value)+" is read as lang:"+low)
		}
	case "country":
		if !isCode(low, 2, 2) {
			return fail("bad-value", at, "two letters: country:us", "country:%s is not a country code", short(value))
		}
	}
	known := fieldValues[field]
	if known == nil || slices.Contains(known, low) {
		return nil
	}
	hint := "one of " + strings.Join(known, ", ")
	if near := nearest(low, known); near != "" {
		hint = "did you mean " + field + ":" + near + "? " + hint
	}
	return fail("bad-value", at, hint, "%s:%s is none of its values", field, short(value))
}

// isCode reports whether s has least to most letters from a to z.
func isCode(s string, least, most int) bool {
	for i := range len(s) {
		if s[i] < 'a' || s[i] > 'z' {
			return false
		}
	}
	return len(s) >= least && len(s) <= most
}
