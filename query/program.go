package query

type opcode uint8

const (
	doAll opcode = iota
	doAnd
	doOr
	doNot
	doWord // one literal word
	doPhrase
	doSlop
	doNear
	doNotNear
	doSentence
	doRepeat
	doRaw
	doAddress
	doKeyword
	doRange
)

// An inst is a node of a tree laid out flat: the children of a node lie side
// by side, so that the trees of a hundred thousand queries are read without
// chasing pointers.
type inst struct {
	op    opcode
	scope Scope
	flag  bool  // ordered: doNear, doNotNear; a pattern: doKeyword
	n     uint8 // of NEAR, slop, REPEAT; field of doKeyword; store of doAddress
	a, b  int32 // children in insts; words; or a alone in terms, values, texts or ranges
}

type progWord struct {
	kind  WordKind
	edits uint8
	term  int32 // what a literal or exact word looks up, or -1
	text  string
}

// fits compares a wildcard or fuzzy word with a form.
func (w *progWord) fits(form []byte) bool {
	if w.kind == Wildcard {
		return globMatch(w.text, form)
	}
	return fuzzyMatch(w.text, form, int(w.edits))
}

// A hashed is a text with its hash.
type hashed struct {
	hash uint64
	text string
}

// A program holds the trees of one query or of many.
type program struct {
	insts  []inst
	words  []progWord
	terms  []hashed // forms that words look up, each once
	values []hashed // of keyword fields
	texts  []string // raw
	ranges []*Range
	ids    map[string]int32 // of terms, while trees are added
}

// root adds a tree and returns its number.
func (p *program) root(n Node) int32 {
	i := int32(len(p.insts))
	p.insts = append(p.insts, inst{})
	p.put(i, n)
	return i
}

// put lays n out at place i.
func (p *program) put(i int32, n Node) {
	var in inst
	switch n := n.(type) {
	case *And:
		in = p.children(doAnd, n.Args...)
	case *Or:
		in = p.children(doOr, n.Args...)
	case *Not:
		in = p.children(doNot, n.Arg)
	case *Phrase:
		in = p.phrase(n)
	case *Near:
		in = p.children(doNear, n.Left, n.Right)
		in.n, in.flag = uint8(n.N), n.Ordered
		if n.Negated {
			in.op = doNotNear
		}
	case *Sentence:
		in = p.children(doSentence, n.Left, n.Right)
	case *Repeat:
		in = p.children(doRepeat, n.Arg)
		in.n = uint8(n.N)
	case *Raw:
		in = inst{op: doRaw, a: int32(len(p.texts))}
		p.texts = append(p.texts, n.Text)
	case *Address:
		in = inst{op: doAddress, a: int32(len(p.words)), n: urlStore}
		p.addWords(n.Words)
		in.b = int32(len(p.words))
		if n.Field == "link" {
			in.n = linkStore
		}
	case *Keyword:
		in = inst{op: doKeyword, a: int32(len(p.values)), n: uint8(keywordIndex(n.Field)), flag: n.Wildcard}
		p.values = append(p.values, hashed{hashOf(n.Value), n.Value})
	case *Range:
		in = inst{op: doRange, a: int32(len(p.ranges))}
		p.ranges = append(p.ranges, n)
	}
	p.insts[i] = in
}

func (p *program) children(op opcode, args ...Node) inst {
	a := int32(len(p.insts))
	p.insts = append(p.insts, make([]inst, len(args))...)
	for k, n := range args {
		p.put(a+int32(k), n)
	}
	return inst{op: op, a: a, b: a + int32(len(args))}
}

func (p *program) phrase(n *Phrase) inst {
	if len(n.Words) == 1 && n.Words[0].Kind == Literal {
		return inst{op: doWord, scope: n.Scope, a: p.term(n.Words[0].Text)}
	}
	in := inst{op: doPhrase, scope: n.Scope, a: int32(len(p.words))}
	p.addWords(n.Words)
	in.b = int32(len(p.words))
	if n.Slop != InRow {
		in.op, in.n = doSlop, uint8(n.Slop)
	}
	return in
}

func (p *program) addWords(words []Word) {
	for i := range words {
		w := &words[i]
		word := progWord{kind: w.Kind, edits: uint8(w.Distance), text: w.Text, term: -1}
		if w.Kind == Literal || w.Kind == Exact {
			word.term = p.term(w.Folded)
		}
		p.words = append(p.words, word)
	}
}

// term returns the number of a form.
func (p *program) term(form string) int32 {
	id, ok := p.ids[form]
	if !ok {
		if p.ids == nil {
			p.ids = make(map[string]int32)
		}
		id = int32(len(p.terms))
		p.terms = append(p.terms, hashed{hashOf(form), form})
		p.ids[form] = id
	}
	return id
}
