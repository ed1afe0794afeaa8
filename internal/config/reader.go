package config

import (
	"reflect"
	"sync"

	"earshot/alerts"
)

// A Reader reads configurations and remembers the rules of each file, so that
// reading one again costs what was changed in it. What it gives, faults and
// their places too, is what [Load] gives. The zero value remembers nothing
// yet. It may be used from many goroutines.
type Reader struct {
	mu       sync.Mutex
	files    map[string][]knownItem // by path
	examiner alerts.Examiner
	least    int // items of a list that is cut; 0 means leastCut
}

// leastCut is how many rules a file has at least when it is worth while to
// read them one by one.
const leastCut = 64

// A knownItem is a rule as it was read.
type knownItem struct {
	text  string
	rule  alerts.Rule
	clean bool // there was nothing to say of it
}

// Load reads a configuration as the function [Load] does.
func (r *Reader) Load(path string) (*Config, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := &loader{reader: r}
	cfg, err := l.load(path)
	if err == nil {
		for file := range r.files {
			if !l.read(file) {
				delete(r.files, file)
			}
		}
	}
	return cfg, err
}

// decode fills out from a file's text as the function decode does; rules are
// the rules in out.
func (r *Reader) decode(file string, data []byte, out any, rules *[]alerts.Rule) *document {
	text := string(data)
	c, ok := cut(text)
	least := r.least
	if least == 0 {
		least = leastCut
	}
	if !ok || len(c.items) < least {
		return decode(file, data, out)
	}
	was := r.files[file]
	same := recall(was, c.items)
	root, list, ok := c.parse(func(i int) bool { return same[i] < 0 })
	if !ok {
		return decode(file, data, out)
	}
	d := newDocument(file, text)
	d.root, d.list, d.items = root, list, c.items
	d.value(root, reflect.ValueOf(out).Elem(), "")
	all, known := make([]alerts.Rule, len(c.items)), make([]knownItem, len(c.items))
	for i := range c.items {
		if same[i] >= 0 {
			all[i] = was[same[i]].rule
			known[i] = knownItem{c.items[i].text, all[i], true}
			continue
		}
		before := len(d.faults)
		d.value(c.items[i].node, reflect.ValueOf(&all[i]).Elem(), indexed("rules", i))
		known[i] = knownItem{c.items[i].text, all[i], len(d.faults) == before}
	}
	*rules = all
	if r.files == nil {
		r.files = map[string][]knownItem{}
	}
	r.files[file] = known
	return d
}

// recall finds each item among those of before; -1 where it is new, or where
// there was something to say of it.
func recall(was []knownItem, items []cutItem) []int {
	same := make([]int, len(items))
	for i := range same {
		same[i] = -1
	}
	from := 0
	for from < len(items) && from < len(was) && was[from].text == items[from].text {
		if was[from].clean {
			same[from] = from
		}
		from++
	}
	oldEnd, end := len(was), len(items)
	for oldEnd > from && end > from && was[oldEnd-1].text == items[end-1].text {
		oldEnd, end = oldEnd-1, end-1
		if was[oldEnd].clean {
			same[end] = oldEnd
		}
	}
	middle := make(map[string]int, oldEnd-from)
	for i := from; i < oldEnd; i++ {
		if was[i].clean {
			middle[was[i].text] = i
		}
	}
	for i := from; i < end; i++ {
		if k, ok := middle[items[i].text]; ok {
			same[i] = k
		}
	}
	return same
}
