package config

import (
	"encoding"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"earshot/mention"
)

// maxExcerpt is how much of a line a fault shows, in bytes.
const maxExcerpt = 160

// A document is one file as read: its lines, and which node every path came from.
type document struct {
	file   string
	text   string
	lines  []string // of the text, once one is asked for
	root   *yaml.Node
	list   *yaml.Node // stands for the items where they were read one by one
	items  []cutItem
	nodes  map[string]*yaml.Node  // path → node, where it is not the value that the path leads to
	known  map[reflect.Type]*kind // the types seen so far
	faults Faults

	checking bool // what is noted from now on came of checking, not of reading
}

// decode fills out from a file's text, noting every key nobody reads and every
// value of the wrong sort, and going on after each.
func decode(file string, data []byte, out any) *document {
	d := newDocument(file, string(data))
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		d.syntax(err)
		return d
	}
	if len(root.Content) == 0 {
		return d
	}
	d.root = root.Content[0]
	d.value(d.root, reflect.ValueOf(out).Elem(), "")
	return d
}

func newDocument(file, text string) *document {
	return &document{file: file, text: text, known: map[reflect.Type]*kind{}, nodes: map[string]*yaml.Node{}}
}

// syntax notes text that is no YAML at all.
func (d *document) syntax(err error) {
	f := Fault{File: d.file, Message: strings.TrimPrefix(err.Error(), "yaml: ")}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		f.Line, f.Column = e.Mark.Line, e.Mark.Column+1
		f.Excerpt = d.line(f.Line)
		f.Message = "not YAML: " + e.Message
		if strings.Contains(e.Message, "tab") || strings.ContainsRune(f.Excerpt, '\t') {
			f.Hint = "indent with spaces, not tabs"
		}
	}
	d.faults = append(d.faults, f)
}

func (d *document) line(n int) string {
	if d.lines == nil {
		d.lines = strings.Split(d.text, "\n")
	}
	if n < 1 || n > len(d.lines) {
		return ""
	}
	s := strings.TrimRight(d.lines[n-1], "\r")
	if len(s) > maxExcerpt {
		return strings.ToValidUTF8(s[:maxExcerpt], "") + "…"
	}
	return s
}

// fault notes what is wrong at a path, placed at the node of that path.
func (d *document) fault(path, message, hint string) {
	d.faults = append(d.faults, d.place(path, message, hint))
}

func (d *document) place(path, message, hint string) Fault {
	f := Fault{File: d.file, Path: path, Message: message, Hint: hint, checked: d.checking}
	for p := path; ; {
		if n := d.node(p); n != nil {
			f.Line, f.Column, f.Excerpt = n.Line, n.Column, d.line(n.Line)
			return f
		}
		i := strings.LastIndexAny(p, ".[")
		if i < 0 {
			return f
		}
		p = p[:i]
	}
}

// node finds what stands at a path like rules[3].notify[0]; nil when there is
// nothing.
func (d *document) node(path string) *yaml.Node {
	if n, ok := d.nodes[path]; ok {
		return n
	}
	n := d.root
	for path != "" && n != nil {
		if n.Kind == yaml.AliasNode {
			n = n.Alias
		}
		var key string
		if rest, ok := strings.CutPrefix(path, "["); ok {
			if key, path, ok = strings.Cut(rest, "]"); !ok {
				return nil
			}
			i, err := strconv.Atoi(key)
			if n == d.list && err == nil {
				n = d.item(i)
				continue
			}
			if err != nil || n.Kind != yaml.SequenceNode || i < 0 || i >= len(n.Content) {
				return nil
			}
			n = n.Content[i]
			continue
		}
		path = strings.TrimPrefix(path, ".")
		end := strings.IndexAny(path, ".[")
		if end < 0 {
			end = len(path)
		}
		key, path = path[:end], path[end:]
		n = valueOf(n, key)
	}
	return n
}

// item is the node of one of the items that were read one by one; those that
// were known are parsed when somebody asks for their places.
func (d *document) item(i int) *yaml.Node {
	if i < 0 || i >= len(d.items) {
		return nil
	}
	if d.items[i].node == nil && !parseItems(d.items[i:i+1], d.list.Column) {
		return d.list // it was parsed before, and is the same text
	}
	return d.items[i].node
}

// valueOf is the first value of a key in a mapping; nil when it has none.
func valueOf(n *yaml.Node, key string) *yaml.Node {
	if n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return nil
}

var (
	textType = reflect.TypeFor[encoding.TextUnmarshaler]()
	yamlType = reflect.TypeFor[yaml.Unmarshaler]()
)

// value decodes one node into v.
func (d *document) value(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	k := d.kindOf(v.Type())
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
	case k.yaml:
		if err := v.Addr().Interface().(yaml.Unmarshaler).UnmarshalYAML(n); err != nil {
			d.fault(path, "want a word or a list of words, not "+shape(n), "")
		}
	case k.text && n.Kind == yaml.ScalarNode:
		if err := v.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(n.Value)); err != nil {
			d.fault(path, trimPackage(err), "")
		}
	case v.Kind() == reflect.Struct:
		d.mapping(n, v, path)
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() != reflect.Uint8:
		d.sequence(n, v, path)
	default:
		d.scalar(n, v, path)
	}
}

// mapping decodes the keys of a mapping into the fields of a struct.
func (d *document) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.MappingNode {
		d.fault(path, "want keys and values, as in {id: …}, not "+shape(n), "")
		return
	}
	takes := d.kindOf(v.Type())
	seen := make(map[string]bool, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := key.Value
		if path != "" {
			at = path + "." + key.Value
		}
		index, known := takes.fields[key.Value]
		switch {
		case !known:
			d.nodes[at] = key
			d.fault(at, fmt.Sprintf("unknown key %q", key.Value), unknownHint(key.Value, takes.names))
		case seen[key.Value]:
			d.nodes[at] = key
			d.fault(at, fmt.Sprintf("key %q stands here twice", key.Value), "keep one of the two")
		default:
			seen[key.Value] = true
			d.value(value, v.FieldByIndex(index), at)
		}
	}
}

func unknownHint(key string, names []string) string {
	if near := mention.Nearest(key, names); near != "" {
		return fmt.Sprintf("did you mean %s?", near)
	}
	return "known here: " + strings.Join(names, " ")
}

func (d *document) sequence(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.SequenceNode {
		d.fault(path, "want a list, as in [a, b], not "+shape(n), "")
		return
	}
	list := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		d.value(item, list.Index(i), path+"["+strconv.Itoa(i)+"]")
	}
	v.Set(list)
}

func (d *document) scalar(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode {
		if v.Kind() == reflect.Map || v.Kind() == reflect.Interface {
			if err := n.Decode(v.Addr().Interface()); err != nil {
				d.fault(path, trimPackage(err), "")
			}
			return
		}
		d.fault(path, fmt.Sprintf("want %s, not %s", wanted(v), shape(n)), "")
		return
	}
	if v.Kind() == reflect.String {
		v.SetString(n.Value) // numbers and yes/no are good names too
		return
	}
	if v.Kind() == reflect.Int && n.Tag == "!!int" { // mostly in decimal
		if i, err := strconv.Atoi(n.Value); err == nil && (i == 0 || n.Value[0] != '0') {
			v.SetInt(int64(i))
			return
		}
	}
	if err := n.Decode(v.Addr().Interface()); err != nil {
		d.fault(path, fmt.Sprintf("want %s, not %q", wanted(v), n.Value), "")
	}
}

// A kind is what a type takes.
type kind struct {
	text, yaml bool             // it reads a scalar, or any node, itself
	fields     map[string][]int // of a struct, by their yaml names
	names      []string
}

func (d *document) kindOf(t reflect.Type) *kind {
	if k := d.known[t]; k != nil {
		return k
	}
	p := reflect.PointerTo(t)
	k := &kind{text: p.Implements(textType), yaml: p.Implements(yamlType)}
	if t.Kind() == reflect.Struct {
		k.fields, k.names = fieldsOf(t)
	}
	d.known[t] = k
	return k
}

// fieldsOf maps the yaml names of a struct to its fields, inlined ones included.
func fieldsOf(t reflect.Type) (fields map[string][]int, names []string) {
	fields = map[string][]int{}
	for f := range t.Fields() {
		name, opts, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if opts == "inline" {
			inner, innerNames := fieldsOf(f.Type)
			for k, index := range inner {
				fields[k] = append(append([]int{}, f.Index...), index...)
			}
			names = append(names, innerNames...)
			continue
		}
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		fields[name] = f.Index
		names = append(names, name)
	}
	return fields, names
}

// shape says in words what a node is.
func shape(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return "a list"
	default:
		return fmt.Sprintf("%q", n.Value)
	}
}

func wanted(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	default:
		return "text"
	}
}

func trimPackage(err error) string {
	s := err.Error()
	for _, p := range []string{"mention: ", "alerts: ", "egress: ", "report: ", "yaml: "} {
		s = strings.TrimPrefix(s, p)
	}
	return s
}
