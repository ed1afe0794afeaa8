package config

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// A cutting is the text of a file with the items of its list of rules apart.
type cutting struct {
	rest   string // the file without the items
	key    int    // line of the key of the list
	column int    // of the items, from 1
	items  []cutItem
}

// A cutItem is one entry of a list, up to the next.
type cutItem struct {
	text string
	line int        // of its beginning in the file, from 1
	node *yaml.Node // with lines of the file; nil until it was parsed
}

// cut takes the block list under the key rules, at the top level, into its
// items by looking at the lines alone. It does not know YAML: what it gives is
// to be parsed, and only where that succeeds and finds what was cut the parts
// mean what the whole means. It refuses text with more than one document, with
// line breaks or indentation of another sort, and where the list is written
// otherwise than with a dash a line.
func cut(text string) (c cutting, ok bool) {
	if !plainLines(text) {
		return c, false
	}
	k := cutter{end: len(text)}
	pos := 0
	for line := range strings.Lines(text) {
		k.number++
		if !k.line(line, pos) {
			return c, false
		}
		pos += len(line)
	}
	if len(k.items) == 0 {
		return c, false
	}
	k.starts = append(k.starts, k.end)
	for i := range k.items {
		k.items[i].text = text[k.starts[i]:k.starts[i+1]]
	}
	k.rest = text[:k.from] + text[k.end:]
	return k.cutting, true
}

// A cutter is where cut stands.
type cutter struct {
	cutting
	number    int // of the line
	state     int
	content   bool // anything but comments came
	starts    []int
	from, end int // of the part of the text that holds the items
}

// line takes one line, and reports whether it may be in such a file.
func (k *cutter) line(line string, pos int) bool {
	body := strings.TrimLeft(line, " ")
	at := len(line) - len(body)
	if body == "" || body[0] == '\n' || body[0] == '\r' || body[0] == '#' {
		return true
	}
	if body[0] == '\t' || at == 0 && marks(line) && (k.content || strings.TrimRight(line, " \r\n") != "---") {
		return false
	}
	k.content = true
	item := dash(body)
	switch {
	case at == 0 && strings.HasPrefix(line, "rules"):
		if k.key > 0 || !bareKey(line) {
			return false
		}
		k.key, k.from, k.state = k.number, pos+len(line), atList
	case item && (k.state == atList || k.state == inList && at+1 == k.column):
		k.column, k.state = at+1, inList
		k.items, k.starts = append(k.items, cutItem{line: k.number}), append(k.starts, pos)
	case k.state == atList:
		return false
	case k.state == inList && at == 0 && !item:
		k.end, k.state = pos, afterList
	case k.state == inList:
		return at+1 > k.column
	}
	return true
}

// Where a line stands that cut looks at.
const (
	_      = iota
	atList // the key was seen, and no item yet
	inList
	afterList
)

// plainLines reports whether the parser counts the lines of text as we do.
func plainLines(text string) bool {
	return utf8.ValidString(text) && strings.Count(text, "\r") == strings.Count(text, "\r\n") &&
		!strings.Contains(text, "\u0085") && !strings.Contains(text, "\u2028") && !strings.Contains(text, "\u2029") && !strings.Contains(text, "\ufeff")
}

// marks reports whether a line begins or ends a document, or tells of one.
func marks(line string) bool {
	return line[0] == '%' || strings.HasPrefix(line, "---") || strings.HasPrefix(line, "...")
}

// dash reports whether a line's body begins an item.
func dash(body string) bool {
	return body[0] == '-' && (len(body) == 1 || body[1] == ' ' || body[1] == '\n' || body[1] == '\r')
}

// bareKey reports whether nothing follows the key rules in its line.
func bareKey(line string) bool {
	rest, ok := strings.CutPrefix(line, "rules:")
	value := strings.TrimLeft(rest, " ")
	return ok && (strings.TrimRight(value, "\r\n") == "" || value[0] == '#' && value != rest)
}

// atOnce is how many items are parsed together.
const atOnce = 64

// parse reads what was cut: the rest of the file and the items for which want
// is true. It reports whether all that came out is what was cut, and then
// gives the rest's mapping, in which an empty list stands for the items.
func (c *cutting) parse(want func(i int) bool) (root, list *yaml.Node, ok bool) {
	root = c.parseRest()
	if root == nil {
		return nil, nil, false
	}
	var runs [][]cutItem
	for i := 0; i < len(c.items); i++ {
		from := i
		for i < len(c.items) && i-from < atOnce && want(i) {
			i++
		}
		if i > from {
			runs = append(runs, c.items[from:i])
			i--
		}
	}
	var next, failed atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(runs)) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(runs); i = int(next.Add(1)) - 1 {
				if !parseItems(runs[i], c.column) {
					failed.Add(1)
				}
			}
		})
	}
	wg.Wait()
	for i := 0; i+1 < len(root.Content); i += 2 {
		if root.Content[i].Value == "rules" {
			list = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Line: c.items[0].line, Column: c.column}
			root.Content[i+1] = list
		}
	}
	return root, list, failed.Load() == 0
}

// parseRest gives the mapping of the file without the items, nil when that is
// not what the whole file would have.
func (c *cutting) parseRest() *yaml.Node {
	var doc yaml.Node
	if yaml.Unmarshal([]byte(c.rest), &doc) != nil || len(doc.Content) != 1 {
		return nil
	}
	root, lists := doc.Content[0], 0
	if root.Kind != yaml.MappingNode || root.Style&yaml.FlowStyle != 0 || !settle(root, c.key, c.moved(), 0) {
		return nil
	}
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if key.Value != "rules" {
			continue
		}
		if lists++; lists > 1 || key.Line != c.key || key.Column != 1 || key.Style != 0 || value.Kind != yaml.ScalarNode || value.Tag != "!!null" || value.Value != "" || value.Style != 0 {
			return nil
		}
	}
	if lists != 1 {
		return nil
	}
	return root
}

// moved is by how many lines that which follows the items moves up without
// them.
func (c *cutting) moved() int {
	lines := c.items[0].line - c.key - 1
	for i := range c.items {
		lines += strings.Count(c.items[i].text, "\n")
	}
	return lines
}

// parseItems parses items that follow each other, and reports whether they
// are as many as were cut.
func parseItems(items []cutItem, column int) bool {
	size := 0
	for i := range items {
		size += len(items[i].text)
	}
	text := make([]byte, 0, size)
	for i := range items {
		text = append(text, items[i].text...)
	}
	var doc yaml.Node
	if yaml.Unmarshal(text, &doc) != nil || len(doc.Content) != 1 {
		return false
	}
	list := doc.Content[0]
	if list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0 || list.Column != column || len(list.Content) != len(items) || !settle(list, 0, items[0].line-1, 0) {
		return false
	}
	for i := range items {
		items[i].node = list.Content[i]
	}
	return true
}

// settle gives the nodes that stand after a line the lines they have in the
// file. It refuses what may hang together with other parts of the file:
// anchors and what refers to them; and what is nested too deep to be told
// from what the parser would refuse.
func settle(n *yaml.Node, after, by, depth int) bool {
	const deepest = 100
	if n.Kind == yaml.AliasNode || n.Anchor != "" || depth > deepest {
		return false
	}
	if n.Line > after {
		n.Line += by
	}
	for _, part := range n.Content {
		if !settle(part, after, by, depth+1) {
			return false
		}
	}
	return true
}
