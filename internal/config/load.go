package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"earshot/alerts"
)

// The limits of a configuration. A larger one is refused before it is parsed.
const (
	maxFile  = 32 << 20 // bytes
	maxFiles = 1000
	// MaxRules is how many rules one configuration may have.
	MaxRules = alerts.MaxRules
)

// Default returns what holds where no file says otherwise.
func Default() *Config { return &Config{Version: 1, path: ""} }

// Load reads a file, the *.yaml files of conf.d beside it and the rule files
// they name. The error is [Faults] when the text is at fault.
func Load(path string) (*Config, error) { return new(Reader).Load(path) }

func (l *loader) load(path string) (*Config, error) {
	cfg := &Config{path: path, examiner: &l.reader.examiner}
	main, err := readFile(path)
	if faults, ok := errors.AsType[Faults](err); ok {
		return nil, faults
	} else if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	l.add(cfg, l.reader.decode(path, main, cfg, &cfg.Rules))
	parts, err := filepath.Glob(filepath.Join(filepath.Dir(path), "conf.d", "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("config: conf.d: %w", err)
	}
	slices.Sort(parts)
	if len(parts) > maxFiles {
		return nil, fmt.Errorf("config: conf.d has %d files; at most %d", len(parts), maxFiles)
	}
	for _, p := range parts {
		l.part(cfg, p)
	}
	l.ruleFiles(cfg)
	return l.finish(cfg)
}

// finish checks what was read.
func (l *loader) finish(cfg *Config) (*Config, error) {
	unread := l.unread()
	cfg.resolvePaths()
	l.check(cfg)
	for _, d := range l.docs {
		d.faults = slices.DeleteFunc(d.faults, func(f Fault) bool { return f.checked && unread[place{f.File, entryOf(f.Path)}] })
	}
	cfg.files, cfg.warnings = l.files, l.warnings
	if faults := l.faults(); len(faults) > 0 {
		faults.sort(l.files)
		return nil, faults
	}
	return cfg, nil
}

// A place is an entry of a list, or a key of the top level, in a file.
type place struct{ file, entry string }

// unread gives the places that could not be read in full: what a check finds
// there would only repeat that.
func (l *loader) unread() map[place]bool {
	out := map[place]bool{}
	for _, d := range l.docs {
		for _, f := range d.faults {
			out[place{f.File, entryOf(f.Path)}] = true
		}
		d.checking = true
	}
	return out
}

// entryOf cuts a path after its first index, or before its first dot.
func entryOf(path string) string {
	if i := strings.IndexAny(path, ".]"); i >= 0 {
		return strings.TrimSuffix(path[:i+1], ".")
	}
	return path
}

// Parse reads one file's text, as [Load] would without conf.d.
func Parse(name string, data []byte) (*Config, error) {
	l := &loader{}
	cfg := &Config{path: name}
	if len(data) > maxFile {
		return nil, fmt.Errorf("config: %s has %d bytes; at most %d", name, len(data), maxFile)
	}
	l.add(cfg, decode(name, data, cfg))
	return l.finish(cfg)
}

// unreadable is the document of a file that could not be read.
func unreadable(path string, err error) *document {
	faults, ok := errors.AsType[Faults](err)
	if !ok {
		faults = Faults{{File: path, Message: err.Error()}}
	}
	return &document{file: path, faults: faults}
}

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if line := crowded(data); line > 0 {
		return nil, Faults{{File: path, Line: line, Column: 1, Message: fmt.Sprintf("more than %d rules", MaxRules), Hint: "make labels of long lists, and one rule of the labels"}}
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), nil
}

// crowded finds the line of the first rule beyond the limit, without reading
// the file as YAML: a file of a million rules is refused at once. It is 0 when
// there is none, or when rules are written otherwise than one list item a line.
func crowded(data []byte) int {
	const least = 8 // bytes of a rule
	if len(data) < least*MaxRules {
		return 0
	}
	number, count, indent := 0, 0, -1 // indent of the rules; -1 outside of them
	for line := range bytes.Lines(data) {
		number++
		text := bytes.TrimLeft(line, " ")
		at := len(line) - len(text)
		switch item := bytes.HasPrefix(text, []byte("- ")); {
		case at == 0 && bytes.HasPrefix(line, []byte("rules:")):
			count, indent = 0, maxFile // until the first item says
		case at == 0 && !item && len(bytes.TrimSpace(text)) > 0 && text[0] != '#':
			indent = -1
		case item && indent == maxFile:
			count, indent = 1, at
		case item && at == indent:
			if count++; count > MaxRules {
				return number
			}
		}
	}
	return 0
}

// A loader gathers the documents of one configuration, and from which of them
// each entry of the merged lists came.
type loader struct {
	reader   *Reader
	files    []string
	docs     []*document
	origins  map[string][]origin // list name → one origin per entry
	pulses   []string            // receivers that take no notices
	asked    []asked
	warnings Faults
}

// An origin is the place of a list's entry before lists were joined.
type origin struct {
	doc  *document
	path string
}

// read reports whether a file was read.
func (l *loader) read(file string) bool { return slices.Contains(l.files, file) }

func (l *loader) faults() Faults {
	var all Faults
	for _, d := range l.docs {
		all = append(all, d.faults...)
	}
	return all
}

// add registers a decoded document whose lists are cfg's own.
func (l *loader) add(cfg *Config, d *document) {
	l.docs, l.files = append(l.docs, d), append(l.files, d.file)
	if l.origins == nil {
		l.origins = map[string][]origin{}
	}
	for name, n := range listLengths(cfg) {
		for i := len(l.origins[name]); i < n; i++ {
			l.origins[name] = append(l.origins[name], origin{d, indexed(name, i)})
		}
	}
}

// part reads one file of conf.d and joins it to cfg: lists grow, single values
// may be set by one file only.
func (l *loader) part(cfg *Config, path string) {
	data, err := readFile(path)
	if err != nil {
		l.files = append(l.files, path)
		l.docs = append(l.docs, unreadable(path, err))
		return
	}
	var more Config
	d := l.reader.decode(path, data, &more, &more.Rules)
	l.docs, l.files = append(l.docs, d), append(l.files, path)
	to, from := reflect.ValueOf(cfg).Elem(), reflect.ValueOf(more)
	for f := range to.Type().Fields() {
		name := yamlName(f)
		if name == "" || from.FieldByIndex(f.Index).IsZero() {
			continue
		}
		dst, src := to.FieldByIndex(f.Index), from.FieldByIndex(f.Index)
		switch {
		case f.Type.Kind() == reflect.Slice:
			for i := range src.Len() {
				l.origins[name] = append(l.origins[name], origin{d, indexed(name, i)})
			}
			dst.Set(reflect.AppendSlice(dst, src))
		case name == "version":
			if dst.Int() != src.Int() {
				d.fault(name, fmt.Sprintf("version %d here, %d in %s", src.Int(), dst.Int(), cfg.path), "")
			}
		case !dst.IsZero() && !reflect.DeepEqual(dst.Interface(), src.Interface()):
			d.fault(name, name+" is set by another file as well", "set it in one file")
		default:
			dst.Set(src)
		}
	}
}

// ruleFiles reads the files that rule_files names and joins their rules.
func (l *loader) ruleFiles(cfg *Config) {
	for i, pattern := range cfg.RuleFiles {
		o := l.origin("rule_files", i)
		paths, err := filepath.Glob(cfg.relative(pattern))
		if err != nil || len(paths) == 0 {
			o.doc.fault(o.path, fmt.Sprintf("no file matches %q", pattern), "the path is relative to the configuration file")
			continue
		}
		for _, p := range paths {
			l.ruleFile(cfg, p)
		}
	}
	if len(cfg.Rules) > MaxRules {
		o := l.origin("rules", MaxRules)
		o.doc.fault(o.path, fmt.Sprintf("rule %d of %d; at most %d", MaxRules+1, len(cfg.Rules), MaxRules), "make labels of long lists, and one rule of the labels")
	}
}

func (l *loader) ruleFile(cfg *Config, path string) {
	var file struct {
		Rules []alerts.Rule `yaml:"rules"`
	}
	data, err := readFile(path)
	var d *document
	if err != nil {
		d = unreadable(path, err)
	} else {
		d = l.reader.decode(path, data, &file, &file.Rules)
	}
	l.docs, l.files = append(l.docs, d), append(l.files, path)
	for i := range file.Rules {
		l.origins["rules"] = append(l.origins["rules"], origin{d, indexed("rules", i)})
	}
	cfg.Rules = append(cfg.Rules, file.Rules...)
}

func (l *loader) origin(list string, i int) origin {
	if o := l.origins[list]; i < len(o) {
		return o[i]
	}
	return origin{l.docs[0], list}
}

func listLengths(cfg *Config) map[string]int {
	out := map[string]int{}
	v := reflect.ValueOf(cfg).Elem()
	for f := range v.Type().Fields() {
		if name := yamlName(f); name != "" && f.Type.Kind() == reflect.Slice {
			out[name] = v.FieldByIndex(f.Index).Len()
		}
	}
	return out
}

func yamlName(f reflect.StructField) string {
	_, names := fieldsOf(reflect.StructOf([]reflect.StructField{{Name: "X" + f.Name, Type: f.Type, Tag: f.Tag}}))
	if !f.IsExported() || len(names) == 0 {
		return ""
	}
	return names[0]
}

// LoadRules reads rule files alone. What they refer to, receivers and
// brands, is not looked at.
func LoadRules(files []string) (*Config, error) {
	l, cfg := &loader{reader: &Reader{}, origins: map[string][]origin{}}, &Config{Version: 1}
	for _, path := range files {
		l.ruleFile(cfg, path)
	}
	seen := map[string]bool{}
	for i, x := range alerts.Examine(cfg.Rules) {
		l.entry("rules", i, cfg.Rules[i].ID, seen, x.Faults)
		l.queryWarnings("rules", i, "match", cfg.Rules[i].ID, x.Messages)
	}
	cfg.files, cfg.warnings = l.files, l.warnings
	if faults := l.faults(); len(faults) > 0 {
		faults.sort(l.files)
		return nil, faults
	}
	return cfg, nil
}

// DataDirOf returns the data directory that a file names, also where the file
// is at fault otherwise: commands find a running daemon by it.
func DataDirOf(path string) string {
	cfg := &Config{path: path}
	if main, err := readFile(path); err == nil {
		_ = decode(path, main, cfg) // whoever reads all of it tells what is wrong
	}
	return cfg.DataDir()
}

// indexed is the path of an entry, as in rules[3].
func indexed(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }
