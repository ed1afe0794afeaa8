package nlp

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"
)

// pairs are the features of the tagger that are made of a word and the tag
// before it: few words have any, and those with most tags not.
type pairs struct {
	words []uint64 // hashes, in open addressing; 0 is empty
	found []wordPairs
	refs  []ref
}

// wordPairs are the features of one word: a bit for each tag that it has one
// with, and where these begin in refs.
type wordPairs struct {
	tags uint64
	at   uint32
}

// A pairFeature is one of them while the tagger is read.
type pairFeature struct {
	word uint64
	tag  uint8
	ref  ref
}

const (
	pairName   = "i-1 tag+i word "
	startTag   = "-START-"
	beforeText = 63 // class of startTag while others are still being added
)

// pairOf returns the tag and the word of a feature, if it is made of both.
func pairOf(name []byte) (tag, word []byte, ok bool) {
	rest, ok := bytes.CutPrefix(name, []byte(pairName))
	if !ok {
		return nil, nil, false
	}
	return bytes.Cut(rest, []byte(" "))
}

// newPairs orders the features; start is the class of what stands before a text.
func newPairs(list []pairFeature, start int) pairs {
	for i := range list {
		if list[i].tag == beforeText {
			list[i].tag = uint8(start)
		}
	}
	slices.SortFunc(list, func(a, b pairFeature) int {
		return cmp.Or(cmp.Compare(a.word, b.word), cmp.Compare(a.tag, b.tag))
	})
	size := 1
	for size < 2*len(list) {
		size *= 2
	}
	p := pairs{words: make([]uint64, size), found: make([]wordPairs, size), refs: make([]ref, 0, len(list)+1)}
	for _, f := range list {
		i := p.slot(f.word)
		if p.words[i] == 0 {
			p.words[i], p.found[i].at = f.word, uint32(len(p.refs))
		}
		p.found[i].tags |= 1 << f.tag
		p.refs = append(p.refs, f.ref)
	}
	p.refs = append(p.refs, 0) // may be read behind the last feature
	return p
}

func (p *pairs) slot(word uint64) int {
	mask := uint64(len(p.words) - 1)
	i := (word ^ word>>29) & mask
	for p.words[i] != word && p.words[i] != 0 {
		i = (i + 1) & mask
	}
	return int(i)
}

// of returns the features of a word.
func (p *pairs) of(word uint64) wordPairs { return p.found[p.slot(word)] }

// with returns the feature of a word with a tag before it.
func (p *pairs) with(w *wordPairs, tag int) ref {
	if w.tags>>(tag&63)&1 == 0 {
		return 0
	}
	return p.refs[w.at+uint32(bits.OnesCount64(w.tags&(1<<(tag&63)-1)))]
}
