package nlp

import (
	"math"
	"math/bits"
)

// A ranking is the classes that sums of weights are highest for. Most words
// are of one or two parts of speech: the others need not be added up where
// nothing around the word can bring them to the top.
type ranking struct {
	top  [rankedTags]tagWeight
	n    int32 // of them
	rest int32 // no other class has more; at least 0, for classes without a weight
}

const rankedTags = 8

func (r *ranking) rank(sum *tagStart) {
	*r = ranking{}
	least := int32(math.MinInt32)
	for hit := sum.hit; hit != 0; hit &= hit - 1 {
		c := bits.TrailingZeros64(hit)
		v := sum.sums[c]
		if r.n == rankedTags {
			if v <= least {
				r.rest = max(r.rest, v)
				continue
			}
			r.rest = max(r.rest, least)
		} else {
			r.n++
		}
		k := r.n - 1
		for ; k > 0 && r.top[k-1].thousandths() < v; k-- {
			r.top[k] = r.top[k-1]
		}
		r.top[k] = tagWeight(v<<classBits | int32(c))
		least = r.top[r.n-1].thousandths()
	}
}

// rank ranks the classes by what a word says of itself.
func (b *base) rank(f *wordFeatures) {
	var sum tagStart
	for _, r := range f.self {
		sum.add(b.tagsOf(r))
	}
	f.ranked.rank(&sum)
}

// most is the highest weight of a feature, at least 0.
func (b *base) most(r ref) int32 {
	top := int32(0)
	for _, w := range b.tagsOf(r) {
		top = max(top, w.thousandths())
	}
	return top
}

// A shortVote is [base.vote] for one word, which adds up only what classes
// that can win have.
type shortVote struct {
	b      *base
	start  *tagStart
	around [7]ref // features that are neither of the word itself nor of start
	more   int32  // no class has more of them
	class  int
	top    int32 // its sum
	tried  uint64
	even   bool // another class has as much
}

// shortVote returns the class of the word in the middle of at, if it can be
// told without adding everything up.
func (b *base) shortVote(start *tagStart, at *[5]*wordFeatures, pair ref) (class int, ok bool) {
	f, before, after := at[2], at[1], at[3]
	self := &f.ranked
	if self.n == 0 {
		return 0, false
	}
	v := shortVote{
		b: b, start: start, top: math.MinInt32,
		around: [...]ref{pair, before.before[0], before.before[1], at[0].before2, after.after[0], after.after[1], at[4].after2},
		more:   b.most(pair) + before.most[0] + at[0].most[1] + after.most[2] + at[4].most[3],
	}
	for _, w := range self.top[:self.n] {
		v.try(w.thousandths(), w.class())
	}
	rest := start.ranked.rest
	for _, w := range start.ranked.top[:start.ranked.n] {
		if self.rest+w.thousandths()+v.more < v.top {
			rest = 0
			break
		}
		if c := w.class(); v.tried>>c&1 == 0 {
			v.try(b.weight(f.self[0], c)+b.weight(f.self[1], c)+b.weight(f.self[2], c), c)
		}
	}
	return v.class, !v.even && self.rest+rest+v.more < v.top
}

// try adds up what a class has, of which the word itself gives own, if that
// can be as much as the best has.
func (v *shortVote) try(own int32, c int) {
	v.tried |= 1 << c
	sum := own + v.start.sums[c]
	if sum+v.more < v.top {
		return
	}
	for _, r := range v.around {
		sum += v.b.weight(r, c)
	}
	if sum > v.top {
		v.class, v.top, v.even = c, sum, false
	} else if sum == v.top {
		v.even = true
	}
}
