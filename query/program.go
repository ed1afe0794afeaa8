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
	op      opcode
	scope   Scope
	ordered bool  // doNear, doNotNear
	pattern bool  // doKeyword
	n       int32 // number of NEAR, slop, REPEAT; field of doKeyword; store of doAddress
	a, b    int32 // children in insts, or words, or a in texts or ranges
	hash    uint64
}

type progWord struct {
	kind  WordKind
	edits uint8
	hash  uint64 // of folded
	text  string
	fold  string
}

// fits compares a wildcard or fuzzy word with a form.
func (w *progWord) fits(form []byte) bool {
	if w.kind == Wildcard {
		return globMatch(w.text, form)
	}
	return fuzzyMatch(w.text, form, int(w.edits))
}

// A program holds the trees of one query or of many.
type program struct {
	insts  []inst
	words  []progWord
	texts  []string
	ranges []*Range
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
		in.n, in.ordered = int32(n.N), n.Ordered
		if n.Negated {
			in.op = doNotNear
		}
	case *Sentence:
		in = p.children(doSentence, n.Left, n.Right)
	case *Repeat:
		in = p.children(doRepeat, n.Arg)
		in.n = int32(n.N)
	case *Raw:
		in = inst{op: doRaw, a: p.text(n.Text)}
	case *Address:
		in = inst{op: doAddress, a: int32(len(p.words)), n: urlStore}
		p.addWords(n.Words)
		in.b = int32(len(p.words))
		if n.Field == "link" {
			in.n = linkStore
		}
	case *Keyword:
		in = inst{op: doKeyword, a: p.text(n.Value), n: int32(keywordIndex(n.Field)), pattern: n.Wildcard, hash: hashOf(n.Value)}
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
	in := inst{op: doPhrase, scope: n.Scope, a: int32(len(p.words))}
	p.addWords(n.Words)
	in.b = int32(len(p.words))
	in.hash = p.words[in.a].hash
	switch {
	case n.Slop != InRow:
		in.op, in.n = doSlop, int32(n.Slop)
	case len(n.Words) == 1 && n.Words[0].Kind == Literal:
		in.op = doWord
	}
	return in
}

func (p *program) addWords(words []Word) {
	for i := range words {
		w := &words[i]
		p.words = append(p.words, progWord{kind: w.Kind, edits: uint8(w.Distance), hash: hashOf(w.Folded), text: w.Text, fold: w.Folded})
	}
}

func (p *program) text(s string) int32 {
	p.texts = append(p.texts, s)
	return int32(len(p.texts) - 1)
}
