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
	words slots // one more than the place in found
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
	p := pairs{words: newSlots(nil, len(list)), refs: make([]ref, 0, len(list)+1)}
	for i, f := range list {
		if i == 0 || f.word != list[i-1].word {
			p.found = append(p.found, wordPairs{at: uint32(i)})
			p.words.put(f.word, uint32(len(p.found)))
		}
		p.found[len(p.found)-1].tags |= 1 << f.tag
		p.refs = append(p.refs, f.ref)
	}
	p.refs = append(p.refs, 0) // may be read behind the last feature
	return p
}

// of returns the features of a word.
func (p *pairs) of(word uint64) wordPairs {
	if i := p.words.find(word); i > 0 {
		return p.found[i-1]
	}
	return wordPairs{}
}

// with returns the feature of a word with a tag before it.
func (p *pairs) with(w *wordPairs, tag int) ref {
	if w.tags>>(tag&63)&1 == 0 {
		return 0
	}
	return p.refs[w.at+uint32(bits.OnesCount64(w.tags&(1<<(tag&63)-1)))]
}
