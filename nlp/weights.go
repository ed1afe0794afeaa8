package nlp

import (
	"bytes"
	"math"
	"math/bits"
	"slices"
)

// A ref names the weights of one feature in a weightTable.
type ref uint32

func newRef(at, n uint32) ref { return ref(at<<classBits | n) }

func (r ref) at() uint32 { return uint32(r >> classBits) }

func (r ref) n() uint32 { return uint32(r & (maxClasses - 1)) }

// slots map hashes to small numbers: open addressing, no pointers for the
// collector to follow. A slot has the upper half of a hash and, below it, the
// number; 0 is empty. Of fourteen thousand million hashes that are not there,
// one finds what stands for another.
type slots []uint64

func newSlots(mem *memory, n int) slots {
	size := 1
	for size < n*2 {
		size *= 2
	}
	return take[uint64](mem, size)
}

func (s slots) first(h uint64) uint64 { return (h ^ h>>29) & uint64(len(s)-1) }

// slot returns the slot of a hash, or the empty one where it would be.
func (s slots) slot(h uint64) int {
	mask := uint64(len(s) - 1)
	for i := s.first(h); ; i = (i + 1) & mask {
		if v := s[i]; v>>32 == h>>32 || v == 0 {
			return int(i)
		}
	}
}

func (s slots) put(h uint64, v uint32) { s[s.slot(h)] = h>>32<<32 | uint64(v) }

// count adds one to the number of a hash, and reports whether it is the first.
func (s slots) count(h uint64) bool {
	i := s.slot(h)
	if s[i] == 0 {
		s[i] = h >> 32 << 32
	}
	s[i]++
	return uint32(s[i]) == 1
}

// find returns the number of a hash, 0 when it has none.
func (s slots) find(h uint64) uint32 { return uint32(s[s.slot(h)]) }

// A weightTable maps the hash of a feature to its weights.
type weightTable[W any] struct {
	slots
	weights []W
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

// Before the weights of a feature of the tagger, which are in the order of
// their classes, stand the bits of these classes: a weight is found without
// looking at others.
const tagHead = 2

// sortTags puts the weights behind a head in order, and sets the head.
func sortTags(list []tagWeight) {
	slices.SortFunc(list[tagHead:], func(a, b tagWeight) int { return a.class() - b.class() })
	hit := uint64(0)
	for _, w := range list[tagHead:] {
		hit |= 1 << w.class()
	}
	list[0], list[1] = tagWeight(uint32(hit)), tagWeight(hit>>32)
}

// tagsOf returns the weights of a feature of the tagger.
func (b *base) tagsOf(r ref) []tagWeight { return b.pos.weights[r.at()+tagHead:][:r.n()] }

// weight is what a feature says of a class, in thousandths.
func (b *base) weight(r ref, class int) int32 {
	w, at := b.pos.weights, int(r.at())
	hit := uint64(uint32(w[at])) | uint64(uint32(w[at+1]))<<32
	v := w[at+tagHead+bits.OnesCount64(hit&(1<<(class&63)-1))].thousandths() // of another class when there is none
	return v & -int32(hit>>(class&63)&1)
}

// A labelWeight is a weight of the labeller, in parts of 2^-labelScale, and in
// the lowest bits its label. Whole numbers add up the same in any order.
type labelWeight int64

const (
	labelBits  = 4
	labelScale = 50
)

func newLabelWeight(label uint8, w float64) (labelWeight, bool) {
	return labelWeight(math.RoundToEven(w*(1<<labelScale)))<<labelBits | labelWeight(label), label < 1<<labelBits && math.Abs(w) < 100
}

func (w labelWeight) label() int { return int(w & (1<<labelBits - 1)) }

func (w labelWeight) parts() int64 { return int64(w >> labelBits) }

// ref returns the weights of a feature; none when it is unknown.
func (t *weightTable[W]) ref(h uint64) ref { return ref(t.find(h)) }

// findAll finds several features, at most twelve, whose slots it reads before
// it looks at any.
func (t *weightTable[W]) findAll(dst []ref, hashes []uint64) {
	var firsts [12]uint64
	for i, h := range hashes {
		firsts[i] = t.slots[t.first(h)]
	}
	for i, h := range hashes {
		if s := firsts[i]; s == 0 || s>>32 == h>>32 {
			dst[i] = ref(s)
		} else {
			dst[i] = t.ref(h)
		}
	}
}

// of returns the weights that r names.
func (t *weightTable[W]) of(r ref) []W { return t.weights[r.at():][:r.n()] }

// A sieve tells most hashes that are not in a set from those that are.
type sieve [sieveWords]uint64

const sieveWords = 1 << 12

func sievePlace(h uint64) (word, bit uint64) {
	h *= fnvPrime
	return h >> 52 & (sieveWords - 1), h >> 40 & 63
}

func (s *sieve) add(h uint64) {
	w, b := sievePlace(h)
	s[w] |= 1 << b
}

// has reports whether h may be in the set.
func (s *sieve) has(h uint64) bool {
	w, b := sievePlace(h)
	return s[w]>>b&1 == 1
}

// addNexted adds the beginning of a feature of a word and the tag after it, to
// its end before the tag.
func (s *sieve) addNexted(name []byte) bool {
	if !bytes.HasPrefix(name, []byte("word+nextpos-")) {
		return false
	}
	s.add(hashBytes(name[:bytes.LastIndexByte(name, '+')+1]))
	return true
}
