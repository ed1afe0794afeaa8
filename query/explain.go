package query

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An Explain says how a query was understood.
type Explain struct {
	Canonical string    `json:"canonical"`
	Tree      Tree      `json:"tree"`
	Words     []string  `json:"words"`  // the terms that are looked up
	Fields    []string  `json:"fields"` // where
	Messages  []Message `json:"messages"`
}

// A Tree is a query as nested operators. An argument is a string, a number or
// another Tree.
type Tree struct {
	Op   string `json:"op"`
	Args []any  `json:"args"`
}

// Explain returns how q was understood.
func (q *Query) Explain() Explain {
	e := Explain{
		Canonical: q.Canonical(), Tree: treeOf(q.root),
		Words: []string{}, Fields: []string{}, Messages: append([]Message{}, q.warnings...),
	}
	everyLeaf(q.root, func(n Node) bool {
		e.leaf(n)
		return true
	})
	return e
}

func (e *Explain) leaf(n Node) {
	var words []Word
	var in []string
	switch n := n.(type) {
	case *Phrase:
		words = n.Words
		in = [][]string{Anywhere: {"title", "text"}, TitleOnly: {"title"}, TextOnly: {"text"}}[n.Scope]
	case *Address:
		words, in = n.Words, []string{n.Field}
	case *Keyword:
		in = []string{n.Field}
	case *Range:
		in = []string{n.Field}
	case *Raw:
		in = []string{"title", "text"}
	}
	for i := range words {
		e.Words = appendNew(e.Words, words[i].String())
	}
	for _, f := range in {
		e.Fields = appendNew(e.Fields, f)
	}
}

func appendNew(list []string, s string) []string {
	if slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

// String returns the word with the signs of its kind: {US}, vaccin*, phizer~1.
func (w *Word) String() string {
	switch w.Kind {
	case Exact:
		return "{" + w.Text + "}"
	case Fuzzy:
		return w.Text + "~" + strconv.Itoa(w.Distance)
	}
	return w.Text
}

func treeOf(n Node) Tree {
	switch n := n.(type) {
	case *And:
		return Tree{Op: "and", Args: trees(n.Args...)}
	case *Or:
		return Tree{Op: "or", Args: trees(n.Args...)}
	case *Not:
		return Tree{Op: "not", Args: trees(n.Arg)}
	case *Near:
		op := "near/" + strconv.Itoa(n.N)
		if n.Ordered {
			op += "f"
		}
		if n.Negated {
			op = "not " + op
		}
		return Tree{Op: op, Args: trees(n.Left, n.Right)}
	case *Sentence:
		return Tree{Op: "sentence", Args: trees(n.Left, n.Right)}
	case *Repeat:
		return Tree{Op: "repeat/" + strconv.Itoa(n.N), Args: trees(n.Arg)}
	case *Phrase:
		return phraseTree(n)
	case *Raw:
		return Tree{Op: "raw", Args: []any{n.Text}}
	case *Address:
		return Tree{Op: n.Field, Args: wordArgs(n.Words)}
	case *Keyword:
		return Tree{Op: n.Field, Args: []any{n.Value}}
	case *Range:
		if n.Op == "[]" {
			return Tree{Op: n.Field + " range", Args: []any{n.From.Text, n.To.Text}}
		}
		return Tree{Op: strings.TrimSpace(n.Field + " " + n.Op), Args: []any{n.From.Text}}
	}
	return Tree{Op: "all", Args: []any{}}
}

func trees(nodes ...Node) []any {
	args := make([]any, len(nodes))
	for i, n := range nodes {
		args[i] = treeOf(n)
	}
	return args
}

func wordArgs(words []Word) []any {
	args := make([]any, len(words))
	for i := range words {
		args[i] = words[i].String()
	}
	return args
}

func phraseTree(n *Phrase) Tree {
	op := "phrase"
	switch {
	case n.Slop != InRow:
		op = "any order/" + strconv.Itoa(n.Slop)
	case len(n.Words) == 1:
		op = [...]string{Literal: "word", Exact: "exact", Wildcard: "wildcard", Fuzzy: "fuzzy"}[n.Words[0].Kind]
	}
	switch n.Scope {
	case TitleOnly:
		op = "title " + op
	case TextOnly:
		op = "text " + op
	}
	return Tree{Op: op, Args: wordArgs(n.Words)}
}

// Lines returns the tree in plain words, one part a line, each a step further
// in than the one that it belongs to.
func (e *Explain) Lines() []string {
	return e.Tree.lines(nil, "")
}

func (t *Tree) lines(dst []string, indent string) []string {
	var leaves []string
	for _, a := range t.Args {
		if _, ok := a.(Tree); !ok {
			leaves = append(leaves, fmt.Sprint(a))
		}
	}
	if len(leaves) > 0 || len(t.Args) == 0 {
		return append(dst, strings.TrimRight(indent+t.inWords()+" "+strings.Join(leaves, " "), " "))
	}
	dst = append(dst, indent+t.inWords())
	for _, a := range t.Args {
		if sub, ok := a.(Tree); ok {
			dst = sub.lines(dst, indent+"  ")
		}
	}
	return dst
}

// inWords returns what the operator asks for.
func (t *Tree) inWords() string {
	op, number, _ := strings.Cut(t.Op, "/")
	number, ordered := strings.CutSuffix(number, "f")
	switch op {
	case "and":
		return "all of"
	case "or":
		return "any of"
	case "not":
		return "none of"
	case "near":
		if ordered {
			return "the first before the second, at most " + number + " words between"
		}
		return "both, at most " + number + " words between"
	case "not near":
		if ordered {
			return "the first without the second at most " + number + " words after it"
		}
		return "the first without the second at most " + number + " words away"
	case "sentence":
		return "both in one sentence"
	case "repeat":
		return "at least " + number + " times"
	case "raw":
		return "these very characters:"
	case "all":
		return "everything"
	}
	if scope, ok := strings.CutSuffix(op, "any order"); ok {
		return scope + "words in any order, at most " + number + " others among them:"
	}
	return t.Op + ":"
}

// A Clause is a part of a query that can be asked by itself.
type Clause struct {
	Query string // canonical
	Depth int    // how far inside the query it stands
}

// Clauses returns the query and each part of it that can be asked by itself,
// so that hits can be told for each and the one that lets everything in or out
// is seen. A negated part is given without its NOT.
func (q *Query) Clauses() []Clause {
	return clauses(nil, q.root, 0)
}

func clauses(dst []Clause, n Node, depth int) []Clause {
	if not, ok := n.(*Not); ok {
		return clauses(dst, not.Arg, depth)
	}
	if !negative(n) {
		dst = append(dst, Clause{Query: Print(n), Depth: depth})
	}
	args, _ := argsOf(n)
	for _, a := range args {
		dst = clauses(dst, a, depth+1)
	}
	return dst
}
