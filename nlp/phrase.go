package nlp

import (
	"slices"
	"strings"

	"earshot/mention"
)

// phrases finds lists of words and phrases in scanned texts, each with the
// number of its list.
type phrases struct {
	some  [phraseWords]uint64 // most words begin no phrase: a bit for each that does
	first map[uint64][]phrase
}

const phraseWords = 256

type phrase struct {
	rest  []uint64
	class uint8
}

// newPhrases compiles lists; phrases are parted by commas. A star at the end
// of a phrase also takes the endings s, es, ed, d and ing.
func newPhrases(lists ...string) *phrases {
	p := &phrases{first: map[uint64][]phrase{}}
	for class, list := range lists {
		for item := range strings.SplitSeq(list, ",") {
			item = strings.TrimSpace(item)
			stem, star := strings.CutSuffix(item, "*")
			p.put(stem, uint8(class))
			if star {
				for _, end := range []string{"s", "es", "ed", "d", "ing"} {
					p.put(stem+end, uint8(class))
				}
				if strings.HasSuffix(stem, "e") {
					p.put(stem[:len(stem)-1]+"ing", uint8(class))
				}
			}
		}
	}
	for _, l := range p.first {
		slices.SortStableFunc(l, func(a, b phrase) int { return len(b.rest) - len(a.rest) })
	}
	return p
}

func (p *phrases) put(text string, class uint8) {
	var s scanned
	s.scan(text)
	if len(s.words) == 0 {
		return
	}
	var rest []uint64
	for i := range s.words[1:] {
		rest = append(rest, s.words[i+1].key)
	}
	k := s.words[0].key
	i := k * fnvPrime >> 32
	p.some[i/64%phraseWords] |= 1 << (i % 64)
	p.first[k] = append(p.first[k], phrase{rest, class})
}

// starting returns the phrases that begin with a word.
func (p *phrases) starting(key uint64) []phrase {
	if i := key * fnvPrime >> 32; p.some[i/64%phraseWords]>>(i%64)&1 == 0 {
		return nil
	}
	return p.first[key]
}

// at returns the longest phrase at word i: the word after it and its list.
func (p *phrases) at(s *scanned, i int) (to int, class uint8, ok bool) {
	for _, f := range p.starting(s.words[i].key) {
		if i+1+len(f.rest) <= len(s.words) && sameKeys(s.words[i+1:], f.rest) {
			return i + 1 + len(f.rest), f.class, true
		}
	}
	return 0, 0, false
}

// span is the place of words from..to-1 of a field.
func (d *field) span(from, to int) mention.Span {
	return mention.Span{Field: d.name, Start: int(d.scan.words[from].start), End: int(d.scan.words[to-1].end)}
}
