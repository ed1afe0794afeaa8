package nlp

import (
	"math"
	"strconv"
)

// The histories that prose's labeller knows: what is left of its last label.
var histories = []string{"None", "B", "I", "O"}

const noHistory = 0

// history returns the index of what prose remembers of a label.
func history(label string) int {
	switch label[0] {
	case 'B':
		return 1
	case 'I':
		return 2
	}
	return 3
}

// outsideLabel is the label of what is no name.
const outsideLabel = "O"

// labelWeights are the weights of features made of tags and labels alone: few
// enough to be addressed by index.
//
// Nine tokens in ten are outside of names, and most of them by far. A margin is
// by how much a feature speaks for outside rather than for the label it likes
// best of all others. Where the margins of all features together are above
// zero, no sum of weights can come out otherwise, and none is made.
type labelWeights struct {
	next, own, before []ref                        // by class; the last is None
	ownHist           []ref                        // class*hists + history
	hist              []ref                        // by history
	shapeHist         []ref                        // shape*hists + history
	none              [2]ref                       // prevword-None, nextword-None
	forms             [2][][maxLabels]int64        // by whether the word is plain and by shape
	lengths           [maxLengths][maxLabels]int64 // by bytes of the word

	outside    int        // label of what is no name
	nextMargin []float32  // by class
	ownMargin  []float32  // of own and ownHist: class*hists + history
	pastMargin []float32  // of before, hist and shapeHist: (class*shapes + shape)*hists + history
	nextBound  [2]float64 // of features of a word and the tag after it: least weight of outside, most of a name
	noBefore   float32    // of none
	noNext     float32
}

// sureMargin is far above what adding up may be off by.
const sureMargin = 1e-3

func (s *labelWeights) fill(b *base) {
	for i, l := range b.labels {
		if l == outsideLabel {
			s.outside = i
		}
	}
	for i, c := range append(append([]string{}, b.classes...), "None") {
		next := "None"
		if i < len(b.folded) {
			next = b.folded[i]
		}
		s.next = append(s.next, b.ner.ref(hashString("nextpos-"+next)))
		s.own = append(s.own, b.ner.ref(hashString("pos-"+c)))
		s.before = append(s.before, b.ner.ref(hashString("prevpos-"+c)))
		for _, h := range histories {
			s.ownHist = append(s.ownHist, b.ner.ref(hashString("pos+prevtag-"+c+"+"+h)))
		}
	}
	for _, h := range histories {
		s.hist = append(s.hist, b.ner.ref(hashString("prevtag-"+h)))
	}
	for _, sh := range shapes {
		for _, h := range histories {
			s.shapeHist = append(s.shapeHist, b.ner.ref(hashString("shape+prevtag-"+sh+"+"+h)))
		}
	}
	s.none = [2]ref{b.ner.ref(hashString("prevword-None")), b.ner.ref(hashString("nextword-None"))}
	for plain, name := range [...]string{"False", "True"} {
		for _, sh := range shapes {
			var scores [maxLabels]int64
			for _, f := range [...]string{"bias-True", "en-wordlist-" + name, "shape-" + sh} {
				addLabels(&scores, b.ner.of(b.ner.ref(hashString(f))))
			}
			s.forms[plain] = append(s.forms[plain], scores)
		}
	}
	for n := range s.lengths {
		addLabels(&s.lengths[n], b.lengthWeights(n))
	}
	s.noBefore, s.noNext = b.margin(s.none[0]), b.margin(s.none[1])
	for i := range s.next {
		s.nextMargin = append(s.nextMargin, b.margin(s.next[i]))
		for h := range histories {
			s.ownMargin = append(s.ownMargin, b.margin(s.own[i], s.ownHist[i*len(histories)+h]))
		}
		for sh := range shapes {
			for h := range histories {
				s.pastMargin = append(s.pastMargin, b.margin(s.before[i], s.hist[h], s.shapeHist[sh*len(histories)+h]))
			}
		}
	}
}

// maxLengths is the number of lengths of a word whose weights are at hand.
const maxLengths = 32

func (b *base) lengthWeights(n int) []labelWeight {
	return b.ner.of(b.ner.ref(hashString("wordlen-" + strconv.Itoa(n))))
}

// byForm is what the form of a word says of its label.
func (s *labelWeights) byForm(b *base, plain uint32, shape uint8, length int) [maxLabels]int64 {
	scores := s.forms[plain][shape]
	if length >= maxLengths {
		addLabels(&scores, b.lengthWeights(length))
		return scores
	}
	for l, v := range s.lengths[length] {
		scores[l] += v
	}
	return scores
}

// boundNext counts a weight of a feature of a word and the tag after it.
func (s *labelWeights) boundNext(w float64, outside bool) {
	if outside {
		s.nextBound[0] = min(s.nextBound[0], w)
	} else {
		s.nextBound[1] = max(s.nextBound[1], w)
	}
}

// margin is the margin of what features say together.
func (b *base) margin(features ...ref) float32 {
	var scores [maxLabels]int64
	for _, r := range features {
		addLabels(&scores, b.ner.of(r))
	}
	return b.marginOf(&scores)
}

// marginOf is by how much scores speak for outside.
func (b *base) marginOf(scores *[maxLabels]int64) float32 {
	top := int64(math.MinInt64)
	for k := range b.labels {
		if k != b.labeller.outside {
			top = max(top, scores[k])
		}
	}
	return float32(scores[b.labeller.outside]-top) / (1 << labelScale)
}

// label sets prose's entity labels of toks, which must have been tagged just
// before.
func (t *tagger) label(toks []token) {
	b, s := t.b, &t.b.labeller
	none := len(b.classes)
	outside, after := uint8(s.outside), history(outsideLabel)
	sure := float32(s.nextBound[1]-s.nextBound[0]) + sureMargin
	prevTag, hist, shape := none, noHistory, shapeNone
	for i := range toks {
		f := t.row[i+2]
		own, next := int(toks[i].tag), none
		before, behind := s.noBefore, s.noNext
		if i > 0 {
			before = t.row[i+1].marginBefore
		}
		if i+1 < len(toks) {
			next, behind = int(toks[i+1].tag), t.row[i+3].marginNext
		}
		if i > 1 {
			shape = int(t.row[i+1].shape)
		}
		m := f.margin + before + behind + s.nextMargin[next] + s.ownMargin[own*len(histories)+hist] +
			s.pastMargin[(prevTag*len(shapes)+shape)*len(histories)+hist]
		label := outside
		if m < sure {
			label = t.labelAt(i, len(toks), surroundings{own, next, prevTag, hist, shape})
		}
		toks[i].label = label
		prevTag = own
		if hist = after; label != outside {
			hist = history(b.labels[label])
		}
	}
}

// A surroundings is what features of a token and of what stands around it are
// made of.
type surroundings struct{ own, next, prevTag, hist, prevShape int }

// labelAt adds up all that is known of token i, in the order of prose.
func (t *tagger) labelAt(i, n int, c surroundings) uint8 {
	b, s := t.b, &t.b.labeller
	f := t.row[i+2]
	scores := f.named
	add := func(r ref) { addLabels(&scores, b.ner.of(r)) }
	if i > 0 {
		add(t.row[i+1].nerPrev)
	} else {
		add(s.none[0])
	}
	if i < n-1 {
		add(t.row[i+3].nerNext)
	} else {
		add(s.none[1])
	}
	add(s.next[c.next])
	add(s.own[c.own])
	add(s.ownHist[c.own*len(histories)+c.hist])
	add(s.before[c.prevTag])
	add(s.hist[c.hist])
	add(s.shapeHist[c.prevShape*len(histories)+c.hist])
	if f.nexted {
		name := "None"
		if i < n-1 {
			name = b.folded[c.next]
		}
		add(b.ner.ref(f.withNext.of(name)))
	}
	l := 0
	for k := 1; k < len(b.labels); k++ {
		if scores[k] > scores[l] {
			l = k
		}
	}
	return uint8(l)
}

// addLabels adds the weights of a feature to the scores of labels.
func addLabels(scores *[maxLabels]int64, weights []labelWeight) {
	for _, w := range weights {
		if l := w.label(); l < maxLabels {
			scores[l] += w.parts()
		}
	}
}
