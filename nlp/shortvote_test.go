package nlp

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// TestWhatIsNotAddedUpDecidesNothing holds tags and labels against those of
// all sums.
func TestWhatIsNotAddedUpDecidesNothing(t *testing.T) {
	b, err := loadBase()
	if err != nil {
		t.Fatal(err)
	}
	words := proseWords(t)
	words = append(words, strings.Fields(strings.Join(plainSentences, " "))...)
	tg, rnd := newTagger(b), rand.New(rand.NewPCG(3, 4))
	short, votes, sure, n := 0, 0, 0, 0
	for range 2_000 {
		var text []string
		for range 1 + rnd.IntN(30) {
			w := words[rnd.IntN(len(words))]
			switch rnd.IntN(8) {
			case 0:
				w = strings.ToUpper(w[:1]) + w[1:]
			case 1:
				w = plainWords[rnd.IntN(len(plainWords))]
			case 2:
				w += "qz" // a word that nobody knows
			}
			text = append(text, w)
		}
		var c cleaned
		c.clean(strings.Join(text, " "))
		toks := tg.tokenize(nil, &c)
		tg.tag(toks)
		tg.label(toks)
		p1, p2 := len(b.classes), len(b.classes)+1
		past := surroundings{prevTag: len(b.classes), hist: noHistory, prevShape: shapeNone}
		for i := range toks {
			at := (*[5]*wordFeatures)(tg.row[i:])
			tag := int(toks[i].tag)
			if at[2].fixed < 0 {
				pair := b.pairs.with(&at[2].pairs, p1)
				start := &b.small.starts[p1*b.small.n+p2]
				refs := b.small.features(at, p1, p2, pair)
				if want := b.vote(start, &refs); tag != want {
					t.Fatalf("%v: token %d is %s, want %s", text, i, b.classes[tag], b.classes[want])
				}
				if _, ok := b.shortVote(start, at, pair); ok {
					short++
				}
				votes++
			}
			past.own, past.next = tag, len(b.classes)
			if i+1 < len(toks) {
				past.next = int(toks[i+1].tag)
			}
			if i > 1 {
				past.prevShape = int(at[1].shape)
			}
			label := tg.labelAt(i, len(toks), past)
			if toks[i].label != label {
				t.Fatalf("%v: token %d is %s, want %s", text, i, b.labels[toks[i].label], b.labels[label])
			}
			if label == uint8(b.labeller.outside) {
				sure++
			}
			n++
			p1, p2 = tag, p1
			past.prevTag, past.hist = tag, history(b.labels[label])
		}
	}
	if short*2 < votes || sure*2 < n {
		t.Errorf("%d of %d votes are short, %d of %d tokens outside: want more than half", short, votes, sure, n)
	}
}

var plainWords = []string{"the", "of", "to", "said", "in", "that", "on", "is", "was", "with", "its", "London", "Smith", "Inc.", "Monday", "2019"}
