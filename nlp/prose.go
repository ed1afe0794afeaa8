package nlp

import (
	"bytes"
	"strings"
	"sync"
)

// A base is what prose knows: the weights of its tagger and of its entity
// labeller, in tables from the hash of a feature to its weights. It is
// read-only after loading.
type base struct {
	classes  []string // parts of speech
	labels   []string // of entities
	listed   slots    // words: prose's list of plain ones, and those of one part of speech
	pos      weightTable[tagWeight]
	ner      weightTable[labelWeight]
	small    tagWeights
	labeller labelWeights
	pairs    pairs
	nexted   sieve    // hashes of words that are in features with a tag after them
	folded   []string // classes in lower case

	nouns, adjectives uint64 // classes, by bit
}

// loadBase reads the models that prose carries, for programs that want no more.
var loadBase = sync.OnceValues(func() (*base, error) { return readBase(nil) })

func readBase(mem *memory) (*base, error) {
	b := &base{}
	var err error
	if b.classes, err = openGob("AveragedPerceptron/classes.gob").strings(); err != nil {
		return nil, err
	}
	if b.labels, err = openGob("Maxent/labels.gob").strings(); err != nil {
		return nil, err
	}
	paired, err := b.readTagger(mem)
	if err != nil {
		return nil, err
	}
	if err := b.readLabeller(mem); err != nil {
		return nil, err
	}
	if err := b.readWords(mem); err != nil {
		return nil, err
	}
	for _, t := range []string{"-", "SYM", "NN", "-NONE-"} {
		b.class([]byte(t))
	}
	if len(b.classes) > mostClasses || len(b.labels) > maxLabels {
		return nil, errGob
	}
	for i, c := range b.classes {
		if strings.HasPrefix(c, "NN") {
			b.nouns |= 1 << i
		} else if c == "JJ" {
			b.adjectives |= 1 << i
		}
	}
	b.pairs = newPairs(paired, len(b.classes))
	b.small.fill(b)
	b.labeller.fill(b)
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

// What is known of a listed word: whether it is a plain one, and above that
// one more than the class that it always has.
const (
	plainWord  = 1
	fixedShift = 1
)

// readWords reads the lists of words.
func (b *base) readWords(mem *memory) error {
	plain, err := openGob("Maxent/words.gob").strings()
	if err != nil {
		return err
	}
	r := openGob("AveragedPerceptron/tags.gob")
	n := int(r.uint())
	if n > len(r.b) {
		return errGob
	}
	b.listed = newSlots(mem, len(plain)+n)
	for _, w := range plain {
		b.listed.put(hashString(w), plainWord)
	}
	for ; n > 0 && r.err == nil; n-- {
		h := hashBytes(r.bytes())
		fixed := uint32(b.class(r.bytes())) + 1 // perhaps a class that the perceptron itself never gives
		b.listed.put(h, b.listed.find(h)&plainWord|fixed<<fixedShift)
	}
	return r.err
}

// readTagger reads feature → class → weight, and returns the features of a word
// and the tag before it.
func (b *base) readTagger(mem *memory) ([]pairFeature, error) {
	r := openGob("AveragedPerceptron/weights.gob")
	n := int(r.uint())
	if n > len(r.b) {
		return nil, errGob
	}
	b.pos.slots = newSlots(mem, n)
	list := make([]pairFeature, 0, 1<<15)
	weights := append(make([]tagWeight, 0, 1<<19), make([]tagWeight, tagHead)...) // what is unknown has no classes
	for ; n > 0 && r.err == nil; n-- {
		name := r.bytes()
		h := hashBytes(name)
		tag, word, paired := pairOf(name)
		from := len(weights)
		weights = append(weights, make([]tagWeight, tagHead)...)
		for k := r.uint(); k > 0 && r.err == nil; k-- {
			c := b.class(r.bytes())
			w, ok := newTagWeight(c, r.float())
			if !ok {
				return nil, errGob
			}
			weights = append(weights, w)
		}
		sortTags(weights[from:])
		feature := newRef(uint32(from), uint32(len(weights)-from-tagHead))
		b.pos.put(h, uint32(feature))
		if paired {
			list = append(list, pairFeature{hashBytes(word), b.tagBefore(tag), feature})
		}
	}
	weights = append(weights, 0) // may be read behind the last feature
	b.pos.weights = take[tagWeight](mem, len(weights))
	copy(b.pos.weights, weights)
	return list, r.err
}

// tagBefore returns the class of a tag before a word.
func (b *base) tagBefore(tag []byte) uint8 {
	if string(tag) == startTag {
		return beforeText
	}
	return b.class(tag)
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
		weight labelWeight
	}
	r := openGob("Maxent/mapping.gob")
	n := int(r.uint())
	if n > len(r.b) {
		return errGob
	}
	entries := make([]entry, 0, n)
	counts, features := newSlots(nil, n), 0
	for ; n > 0 && r.err == nil; n-- {
		key := r.bytes()
		id := r.int()
		if id < 0 || int(id) >= len(w) {
			return errGob
		}
		for li, l := range b.labels {
			if m := len(key) - len(l) - 1; m > 0 && key[m] == '-' && bytes.HasSuffix(key, []byte(l)) {
				h := hashBytes(key[:m])
				if b.nexted.addNexted(key[:m]) {
					b.labeller.boundNext(w[id], l == outsideLabel)
				}
				weight, ok := newLabelWeight(uint8(li), w[id])
				if !ok {
					return errGob
				}
				entries = append(entries, entry{h, weight})
				if counts.count(h) {
					features++
				}
				break
			}
		}
	}
	if r.err != nil {
		return r.err
	}
	b.ner.slots = newSlots(mem, features)
	b.ner.weights = take[labelWeight](mem, len(entries))
	end := uint32(0)
	for _, e := range entries {
		i := b.ner.slot(e.hash)
		if b.ner.slots[i] == 0 {
			b.ner.put(e.hash, uint32(newRef(end, 0)))
			end += counts.find(e.hash)
		}
		r := ref(b.ner.slots[i])
		b.ner.weights[r.at()+r.n()] = e.weight
		b.ner.slots[i]++ // one more
	}
	return nil
}
