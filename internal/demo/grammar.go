package demo

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"strconv"
	"strings"
)

//go:embed grammar/*.txt
var grammarFiles embed.FS

// A slot is a name in braces that the caller fills, not the grammar.
type slot int

const (
	slotBrand slot = iota
	slotProduct
	slotIndication
	slotForm
	slotDose
	slotHandle
	slotTag
	slotCash
	slotCEO
	slotDomain
	slotRival
	slotRivalProduct
	slotCount
)

var slotNames = [slotCount]string{
	"brand", "product", "indication", "form", "dose", "handle", "tag", "cash", "ceo", "domain", "rival", "rivalproduct",
}

// maxAlternatives is what fits into the mask that keeps a text from saying the
// same thing twice.
const maxAlternatives = 64

// A node is a piece of an alternative: a literal, a rule, a slot or a number.
type node struct {
	text     string
	rule     int // index of the rule, or -1
	slot     int // index of the slot, or -1
	lo, hi   int // a number, when hi > 0
	optional bool
}

// A grammar is a set of rules, each with alternatives to choose from.
type grammar struct {
	names []string
	alts  [][][]node
	index map[string]int
}

// loadGrammar reads the grammar that is built in.
func loadGrammar() (*grammar, error) {
	g := &grammar{index: map[string]int{}}
	files, err := fs.Glob(grammarFiles, "grammar/*.txt")
	if err != nil {
		return nil, fmt.Errorf("demo: list grammar: %w", err)
	}
	lines := map[string][]string{}
	for _, file := range files {
		data, err := grammarFiles.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("demo: read %s: %w", file, err)
		}
		if err := g.declare(string(data), lines); err != nil {
			return nil, fmt.Errorf("demo: %s: %w", file, err)
		}
	}
	for i, name := range g.names {
		for _, line := range lines[name] {
			for _, part := range splitTop(line) {
				alt, err := g.compile(part)
				if err != nil {
					return nil, fmt.Errorf("demo: rule %s: %w", name, err)
				}
				g.alts[i] = append(g.alts[i], alt)
			}
		}
		if n := len(g.alts[i]); n == 0 || n > maxAlternatives {
			return nil, fmt.Errorf("demo: rule %s has %d alternatives, want 1 to %d", name, n, maxAlternatives)
		}
	}
	return g, g.acyclic()
}

// declare collects the rules of one file: "= name", then lines of alternatives.
func (g *grammar) declare(data string, lines map[string][]string) error {
	name := ""
	for line := range strings.Lines(data) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "= "):
			name = line[2:]
			if _, ok := g.index[name]; ok {
				return fmt.Errorf("rule %s is there twice", name)
			}
			g.index[name] = len(g.names)
			g.names = append(g.names, name)
			g.alts = append(g.alts, nil)
		case line == "":
		case name == "":
			return errors.New("text before the first rule")
		default:
			lines[name] = append(lines[name], line)
		}
	}
	return nil
}

// splitTop splits at every bar that is not inside braces.
func splitTop(line string) []string {
	var parts []string
	depth, start := 0, 0
	for i, c := range line {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '|' && depth == 0:
			parts = append(parts, line[start:i])
			start = i + 1
		}
	}
	return append(parts, line[start:])
}

// compile reads one alternative.
func (g *grammar) compile(text string) ([]node, error) {
	var nodes []node
	for text != "" {
		before, rest, found := strings.Cut(text, "{")
		if before != "" {
			nodes = append(nodes, node{text: before, rule: -1, slot: -1})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fmt.Errorf("brace not closed in %q", text)
		}
		n, err := g.reference(name)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		text = after
	}
	return nodes, nil
}

func (g *grammar) reference(name string) (node, error) {
	n := node{rule: -1, slot: -1}
	name, n.optional = strings.CutSuffix(name, "?")
	if lo, hi, ok := strings.Cut(name, "-"); ok {
		var err, err2 error
		n.lo, err = strconv.Atoi(lo)
		n.hi, err2 = strconv.Atoi(hi)
		if err = errors.Join(err, err2); err != nil || n.hi <= n.lo {
			return n, fmt.Errorf("{%s} is not a range of numbers", name)
		}
		return n, nil
	}
	for i, s := range slotNames {
		if s == name {
			n.slot = i
			return n, nil
		}
	}
	rule, ok := g.index[name]
	if !ok {
		return n, fmt.Errorf("no rule or slot {%s}", name)
	}
	n.rule = rule
	return n, nil
}

// acyclic makes sure that every text comes to an end.
func (g *grammar) acyclic() error {
	const open, closed = 1, 2
	state := make([]int, len(g.names))
	var visit func(i int) error
	visit = func(i int) error {
		if state[i] == open {
			return fmt.Errorf("demo: rule %s contains itself", g.names[i])
		}
		if state[i] == closed {
			return nil
		}
		state[i] = open
		for _, alt := range g.alts[i] {
			for _, n := range alt {
				if n.rule < 0 {
					continue
				}
				if err := visit(n.rule); err != nil {
					return err
				}
			}
		}
		state[i] = closed
		return nil
	}
	for i := range g.names {
		if err := visit(i); err != nil {
			return err
		}
	}
	return nil
}

// A pen writes texts of a grammar. It is not safe for concurrent use.
type pen struct {
	g    *grammar
	rng  *rand.Rand
	fill [slotCount]string
	used []uint64 // by rule: the alternatives this text has had
	buf  []byte
}

func newPen(g *grammar, rng *rand.Rand) *pen {
	return &pen{g: g, rng: rng, used: make([]uint64, len(g.names))}
}

// write expands a rule. A name that does not exist is a mistake in this
// package that any test finds.
func (p *pen) write(name string) string {
	rule, ok := p.g.index[name]
	if !ok {
		panic("demo: no rule " + name)
	}
	clear(p.used)
	p.buf = p.buf[:0]
	p.expand(rule)
	return tidy(string(p.buf))
}

func (p *pen) expand(rule int) {
	for _, n := range p.g.alts[rule][p.choose(rule)] {
		switch {
		case n.optional && p.rng.IntN(2) == 0:
		case n.rule >= 0:
			p.expand(n.rule)
		case n.slot >= 0:
			p.buf = append(p.buf, p.fill[n.slot]...)
		case n.hi > 0:
			p.buf = strconv.AppendInt(p.buf, int64(n.lo+p.rng.IntN(n.hi-n.lo+1)), 10)
		default:
			p.buf = append(p.buf, n.text...)
		}
	}
}

// choose picks an alternative that this text has not had, while there is one.
func (p *pen) choose(rule int) int {
	n := len(p.g.alts[rule])
	if n == 1 {
		return 0
	}
	if p.used[rule] == uint64(1)<<n-1 {
		p.used[rule] = 0
	}
	i := p.rng.IntN(n)
	for p.used[rule]&(1<<i) != 0 {
		i = (i + 1) % n
	}
	p.used[rule] |= 1 << i
	return i
}
