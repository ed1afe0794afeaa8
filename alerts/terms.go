package alerts

import (
	"math"
	"slices"
	"strings"
	"time"
)

// The words of an incident: what is said in it more often than the rule's
// mentions say it otherwise. A rule remembers how many of its mentions, of
// late, said the names and phrases it hears most; a group remembers what its
// last mentions said.
const (
	maxWords    = 256 // remembered for a rule
	maxSaid     = 12  // mentions remembered for a group
	maxSaidEach = 5   // terms of one
	allHeard    = 500 // mentions of a rule; beyond, one in heardOf counts for all
	heardOf     = 8
	maxTold     = 5   // terms of a notice
	leastPast   = 20  // mentions before anything is said to be unusual
	leastWeight = 3.0 // of a term that is told
	wordUnit    = 64  // counts are kept in parts of one, to be the same after a restart
	wordHalf    = 14 * 24 * time.Hour
	wordAge     = 24 * time.Hour // between two agings
)

// A vocabulary is how many mentions of a rule said what.
type vocabulary struct {
	At    instant
	N     int64
	Words map[uint32]int64
}

// add takes in what one mention said.
func (v *vocabulary) add(at instant, terms []said, weight int64) {
	if v.At == 0 {
		v.At = at
	}
	if passed := at.sub(v.At); passed >= wordAge {
		v.age(math.Pow(0.5, float64(passed)/float64(wordHalf)))
		v.At = at
	}
	v.N += weight
	for i := range terms {
		v.Words[terms[i].hash] += weight
	}
	if len(v.Words) > maxWords {
		v.prune()
	}
}

func (v *vocabulary) age(factor float64) {
	v.N = int64(math.Round(float64(v.N) * factor))
	for h, n := range v.Words {
		if v.Words[h] = int64(math.Round(float64(n) * factor)); v.Words[h] == 0 {
			delete(v.Words, h)
		}
	}
}

// prune forgets the rarer half, so that it is not done each time.
func (v *vocabulary) prune() {
	counts := make([]int64, 0, len(v.Words))
	for _, n := range v.Words {
		counts = append(counts, n)
	}
	slices.Sort(counts)
	limit := counts[len(counts)/2]
	for h, n := range v.Words {
		if n <= limit {
			delete(v.Words, h)
		}
	}
}

// A said is a term of a mention.
type said struct {
	hash uint32
	text string
}

// saidOf are the terms of a mention, found once for all rules.
func (x *entry) saidOf() []said {
	if x.said == nil {
		x.said = []said{}
		for _, t := range termsOf(x) {
			if len(x.said) < maxSaidEach && len(t) <= maxGroupName {
				x.said = append(x.said, said{hash32(strings.ToLower(t)), t})
			}
		}
	}
	return x.said
}

// hear lets a rule and a group remember what a mention said.
func (e *Engine) hear(r *rule, x *entry) {
	if r.usual == nil {
		r.usual = &vocabulary{Words: map[uint32]int64{}}
	}
	weight := int64(wordUnit)
	if r.usual.N > allHeard*wordUnit { // a rule this busy need not write its words at each mention
		if hash32(x.row.ID)%heardOf != 0 {
			return
		}
		weight *= heardOf
	}
	r.usual.add(x.at, x.saidOf(), weight)
	e.changed.rules[r] = struct{}{}
}

// say remembers what a mention of a group said.
func (g *group) say(x *entry) {
	terms := x.saidOf()
	list := make([]string, len(terms))
	for i := range terms {
		list[i] = terms[i].text
	}
	g.Said = append(g.Said, list)
	g.Said = g.Said[max(0, len(g.Said)-maxSaid):]
}

// unusual are the terms that the last mentions of a group say more often than
// the rule's others, most remarkable first.
func (g *group) unusual() []string {
	v := g.rule.usual
	if v == nil || len(g.Said) < 2 {
		return nil
	}
	counts, texts := map[uint32]int{}, map[uint32]string{}
	for _, list := range g.Said {
		for _, t := range list {
			h := hash32(strings.ToLower(t))
			counts[h]++
			texts[h] = t
		}
	}
	n := len(g.Said)
	past := float64(v.N)/wordUnit - float64(n)
	if past < leastPast {
		return nil
	}
	type weighed struct {
		text   string
		weight float64
	}
	var list []weighed
	for h, k := range counts {
		if k < 2 || 5*k < n {
			continue
		}
		before := max(0, float64(v.Words[h])/wordUnit-float64(k))
		share, usual := float64(k)/float64(n), (before+0.5)/(past+1)
		if w := float64(k) * math.Log(share/usual); share >= 2*usual && w >= leastWeight {
			list = append(list, weighed{texts[h], w})
		}
	}
	slices.SortFunc(list, func(a, b weighed) int {
		if a.weight != b.weight {
			if a.weight > b.weight {
				return -1
			}
			return 1
		}
		return strings.Compare(a.text, b.text)
	})
	var out []string
	for i := range list[:min(len(list), maxTold)] {
		out = append(out, list[i].text)
	}
	return out
}

// MarshalText implements encoding.TextMarshaler.
func (v *vocabulary) MarshalText() ([]byte, error) {
	w := packed{}
	w.signed(int64(v.At))
	w.signed(v.N)
	last := uint32(0)
	for _, h := range sortedKeys(v.Words) {
		w.unsigned(uint64(h - last))
		w.signed(v.Words[h])
		last = h
	}
	return w.text(), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (v *vocabulary) UnmarshalText(text []byte) error {
	r := unpack(text)
	*v = vocabulary{At: instant(r.signed()), N: r.signed(), Words: map[uint32]int64{}}
	last := uint32(0)
	for r.more() {
		last += uint32(r.unsigned()) //nolint:gosec // what was written from one
		v.Words[last] = r.signed()
	}
	return r.err
}
