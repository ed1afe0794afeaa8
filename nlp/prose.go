package nlp

import (
	"bytes"
	"sync"
)

// A base is what prose knows: the weights of its tagger and of its entity
// labeller, in tables from the hash of a feature to its weights. It is
// read-only after loading.
type base struct {
	classes []string // parts of speech
	labels  []string // of entities
	fixed   map[string]string
	basic   map[string]struct{} // prose's list of plain words
	pos     weightTable
	ner     weightTable
	small   tagWeights
	folded  []string // classes in lower case
}

// loadBase reads the models that prose carries.
var loadBase = sync.OnceValues(readBase)

func readBase() (*base, error) {
	b := &base{fixed: map[string]string{}, basic: map[string]struct{}{}}
	var err error
	if b.classes, err = openGob("AveragedPerceptron/classes.gob").strings(); err != nil {
		return nil, err
	}
	if b.labels, err = openGob("Maxent/labels.gob").strings(); err != nil {
		return nil, err
	}
	words, err := openGob("Maxent/words.gob").strings()
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		b.basic[w] = struct{}{}
	}
	r := openGob("AveragedPerceptron/tags.gob")
	for n := r.uint(); n > 0 && r.err == nil; n-- {
		k := string(r.bytes())
		b.fixed[k] = string(r.bytes())
	}
	if r.err != nil {
		return nil, r.err
	}
	if err := b.readTagger(); err != nil {
		return nil, err
	}
	if err := b.readLabeller(); err != nil {
		return nil, err
	}
	for _, t := range b.fixed {
		b.class([]byte(t)) // tags that the perceptron itself never gives
	}
	for _, t := range []string{"-", "SYM", "NN", "-NONE-"} {
		b.class([]byte(t))
	}
	b.small.fill(b)
	return b, nil
}

// class returns the index of a part of speech, making one for a new name.
func (b *base) class(name []byte) uint8 {
	for i, c := range b.classes {
		if c == string(name) {
			return uint8(i)
		}
	}
	b.classes = append(b.classes, string(name))
	return uint8(len(b.classes) - 1)
}

// readTagger reads feature → class → weight.
func (b *base) readTagger() error {
	r := openGob("AveragedPerceptron/weights.gob")
	n := int(r.uint())
	if n > len(r.b) {
		return errGob
	}
	b.pos.init(n)
	for ; n > 0 && r.err == nil; n-- {
		h := hashBytes(r.bytes())
		from := b.pos.open()
		for k := r.uint(); k > 0 && r.err == nil; k-- {
			c := b.class(r.bytes())
			b.pos.append(c, r.float())
		}
		b.pos.close(h, from)
	}
	return r.err
}

// readLabeller reads "name-value-label" → index of its weight, and makes
// feature → label → weight of it, in the order of the labels.
func (b *base) readLabeller() error {
	weights := openGob("Maxent/weights.gob")
	w := make([]float64, 0, 1<<18)
	for n := weights.uint(); n > 0 && weights.err == nil; n-- {
		w = append(w, weights.float())
	}
	if weights.err != nil {
		return weights.err
	}
	type entry struct {
		hash   uint64
		weight float64
		label  uint8
	}
	r := openGob("Maxent/mapping.gob")
	n := int(r.uint())
	if n > len(r.b) {
		return errGob
	}
	entries := make([]entry, 0, n)
	count := newCounter(n)
	for ; n > 0 && r.err == nil; n-- {
		key := r.bytes()
		id := r.int()
		if id < 0 || int(id) >= len(w) {
			return errGob
		}
		for li, l := range b.labels {
			if m := len(key) - len(l) - 1; m > 0 && key[m] == '-' && bytes.HasSuffix(key, []byte(l)) {
				h := hashBytes(key[:m])
				entries = append(entries, entry{h, w[id], uint8(li)})
				count.add(h)
				break
			}
		}
	}
	if r.err != nil {
		return r.err
	}
	b.ner.init(count.n)
	b.ner.reserve(len(entries))
	for _, e := range entries {
		b.ner.place(e.hash, int(count.count(e.hash)), e.label, e.weight)
	}
	return nil
}

// A ref names the weights of one feature in a weightTable.
type ref struct{ at, n uint32 }

// A weightTable maps the hash of a feature to its weights: open addressing, no
// pointers for the collector to follow.
type weightTable struct {
	slots   []tableSlot
	classes []uint8
	weights []float64
}

// A tableSlot is one place of a weightTable; key 0 is empty.
type tableSlot struct {
	key uint64
	ref ref
}

func (t *weightTable) init(n int) {
	size := 1
	for size < n*2 {
		size *= 2
	}
	t.slots = make([]tableSlot, size)
}

func (t *weightTable) slot(h uint64) int {
	mask := uint64(len(t.slots) - 1)
	for i := (h ^ h>>29) & mask; ; i = (i + 1) & mask {
		if k := t.slots[i].key; k == h || k == 0 {
			return int(i)
		}
	}
}

func (t *weightTable) open() uint32 { return uint32(len(t.weights)) }

func (t *weightTable) append(class uint8, w float64) {
	t.classes = append(t.classes, class)
	t.weights = append(t.weights, w)
}

func (t *weightTable) close(h uint64, from uint32) {
	i := t.slot(h)
	t.slots[i] = tableSlot{h, ref{from, uint32(len(t.weights)) - from}}
}

func (t *weightTable) reserve(n int) {
	t.classes, t.weights = make([]uint8, 0, n), make([]float64, 0, n)
}

// place puts one of the n weights of a feature.
func (t *weightTable) place(h uint64, n int, class uint8, w float64) {
	i := t.slot(h)
	if t.slots[i].key == 0 {
		at := len(t.weights)
		t.slots[i] = tableSlot{h, ref{uint32(at), 0}}
		t.weights = t.weights[:at+n]
		t.classes = t.classes[:at+n]
	}
	e := &t.slots[i].ref
	t.weights[e.at+e.n], t.classes[e.at+e.n] = w, class
	e.n++
}

// find returns the weights of a feature; none when it is unknown.
func (t *weightTable) find(h uint64) ref {
	return t.slots[t.slot(h)].ref
}

// add adds the weights of a feature to the scores.
func (t *weightTable) add(scores *[maxClasses]float64, hit *uint64, r ref) {
	classes, weights := t.classes[r.at:r.at+r.n], t.weights[r.at:r.at+r.n]
	for i, c := range classes {
		scores[c&(maxClasses-1)] += weights[i]
		*hit |= 1 << c
	}
}

// A counter counts hashes.
type counter struct {
	keys   []uint64
	counts []uint8
	n      int // different ones
}

func newCounter(n int) *counter {
	size := 1
	for size < n*2 {
		size *= 2
	}
	return &counter{keys: make([]uint64, size), counts: make([]uint8, size)}
}

func (c *counter) slot(h uint64) int {
	mask := uint64(len(c.keys) - 1)
	i := (h ^ h>>29) & mask
	for c.keys[i] != h && c.keys[i] != 0 {
		i = (i + 1) & mask
	}
	return int(i)
}

func (c *counter) add(h uint64) {
	i := c.slot(h)
	if c.keys[i] == 0 {
		c.keys[i] = h
		c.n++
	}
	c.counts[i]++
}

func (c *counter) count(h uint64) uint8 { return c.counts[c.slot(h)] }
