package nlp

import (
	"bytes"
	"math"
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
	pos     weightTable[tagWeight]
	ner     weightTable[labelWeight]
	small   tagWeights
	folded  []string // classes in lower case
}

// loadBase reads the models that prose carries, for programs that want no more.
var loadBase = sync.OnceValues(func() (*base, error) { return readBase(nil) })

func readBase(mem *memory) (*base, error) {
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
	if err := b.readTagger(mem); err != nil {
		return nil, err
	}
	if err := b.readLabeller(mem); err != nil {
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
func (b *base) readTagger(mem *memory) error {
	r := openGob("AveragedPerceptron/weights.gob")
	n := int(r.uint())
	if n > len(r.b) {
		return errGob
	}
	b.pos.init(mem, n)
	weights := make([]tagWeight, 0, 1<<18)
	for ; n > 0 && r.err == nil; n-- {
		h := hashBytes(r.bytes())
		from := uint32(len(weights))
		for k := r.uint(); k > 0 && r.err == nil; k-- {
			c := b.class(r.bytes())
			w, ok := newTagWeight(c, r.float())
			if !ok {
				return errGob
			}
			weights = append(weights, w)
		}
		b.pos.slots[b.pos.slot(h)] = tableSlot{h, ref{from, uint32(len(weights)) - from}}
	}
	b.pos.weights = take[tagWeight](mem, len(weights))
	copy(b.pos.weights, weights)
	return r.err
}

// readLabeller reads "name-value-label" → index of its weight, and makes
// feature → label → weight of it, in the order of the labels.
func (b *base) readLabeller(mem *memory) error {
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
	b.ner.init(mem, count.n)
	b.ner.weights = take[labelWeight](mem, len(entries))
	end := uint32(0)
	for _, e := range entries {
		s := &b.ner.slots[b.ner.slot(e.hash)]
		if s.key == 0 {
			*s = tableSlot{e.hash, ref{end, 0}}
			end += uint32(count.count(e.hash))
		}
		b.ner.weights[s.ref.at+s.ref.n] = labelWeight{e.weight, e.label}
		s.ref.n++
	}
	return nil
}

// A ref names the weights of one feature in a weightTable.
type ref struct{ at, n uint32 }

// A weightTable maps the hash of a feature to its weights: open addressing, no
// pointers for the collector to follow.
type weightTable[W any] struct {
	slots   []tableSlot
	weights []W
}

// A tableSlot is one place of a weightTable; key 0 is empty.
type tableSlot struct {
	key uint64
	ref ref
}

// A tagWeight is a weight of the tagger in thousandths, which prose's are
// whole numbers of, and in the lowest bits its class.
type tagWeight int32

const classBits = 6

func newTagWeight(class uint8, w float64) (tagWeight, bool) {
	n := math.Round(w * 1000)
	ok := class < maxClasses && math.Abs(n) < 1<<(31-classBits) && n/1000 == w
	return tagWeight(n)<<classBits | tagWeight(class), ok
}

func (w tagWeight) class() int { return int(w & (maxClasses - 1)) }

func (w tagWeight) thousandths() int32 { return int32(w >> classBits) }

// A labelWeight is a weight of the labeller and its label.
type labelWeight struct {
	weight float64
	label  uint8
}

func (t *weightTable[W]) init(mem *memory, n int) {
	size := 1
	for size < n*2 {
		size *= 2
	}
	t.slots = take[tableSlot](mem, size)
}

func (t *weightTable[W]) slot(h uint64) int {
	mask := uint64(len(t.slots) - 1)
	for i := (h ^ h>>29) & mask; ; i = (i + 1) & mask {
		if k := t.slots[i].key; k == h || k == 0 {
			return int(i)
		}
	}
}

// find returns the weights of a feature; none when it is unknown.
func (t *weightTable[W]) find(h uint64) ref {
	return t.slots[t.slot(h)].ref
}

// of returns the weights that r names.
func (t *weightTable[W]) of(r ref) []W { return t.weights[r.at : r.at+r.n] }

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
