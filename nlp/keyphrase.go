package nlp

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

const (
	maxKeyphrases  = 8
	maxPhraseWords = 4
	maxKeyTokens   = 1500
)

// A candidate is a run of words that may be a keyphrase.
type candidate struct {
	text  string
	at    int
	n     int
	words int
	score float64
	title bool
}

// keyphrases are the weightiest runs of adjectives and nouns, best first.
func (w *worker) keyphrases() []string {
	found := map[string]*candidate{}
	var order []*candidate
	for i := range w.fields {
		d := &w.fields[i]
		if !d.tagged {
			continue
		}
		toks := d.tokens[:min(len(d.tokens), maxKeyTokens)]
		for k := 0; k < len(toks); {
			to := w.nounPhrase(toks, k)
			if to == k {
				k++
				continue
			}
			order = w.candidate(found, order, d, toks[k:to], k, i == 0)
			k = to
		}
	}
	for _, c := range order {
		c.score *= 1 + 0.7*math.Log(float64(c.n))
		c.score *= 1 + 1/(1+float64(c.at)/25)
		if c.title {
			c.score *= 1.3
		}
	}
	slices.SortStableFunc(order, func(a, b *candidate) int { return cmp.Compare(b.score, a.score) })
	var out []string
	for _, c := range order {
		if len(out) >= maxKeyphrases {
			break
		}
		low := strings.ToLower(c.text)
		if !slices.ContainsFunc(out, func(o string) bool { o = strings.ToLower(o); return strings.Contains(o, low) }) {
			out = append(out, c.text)
		}
	}
	return out
}

// nounPhrase returns the token after the noun phrase at k, or k.
func (w *worker) nounPhrase(toks []token, k int) int {
	to, last := k, k
	for to < len(toks) && to < k+maxPhraseWords {
		tag := w.m.base.classes[toks[to].tag]
		word := toks[to].text
		noun := strings.HasPrefix(tag, "NN")
		if !noun && tag != "JJ" || !isASCIILetter(word[0]) && word[0] < 0x80 || len(word) < 3 || strings.ContainsAny(word, "@/:<>=") || hasFold(word, "http") {
			break
		}
		to++
		if noun {
			last = to
		}
	}
	return last
}

// candidate counts one noun phrase.
func (w *worker) candidate(found map[string]*candidate, order []*candidate, d *field, toks []token, at int, title bool) []*candidate {
	start, end := toks[0].start, toks[len(toks)-1].end
	text := strings.Trim(d.text[start:end], ".,-'\"")
	key := strings.ToLower(text)
	if len(key) < 4 || strings.IndexByte(key, '\n') >= 0 {
		return order
	}
	if c, ok := found[key]; ok {
		c.n++
		return order
	}
	c := &candidate{text: text, at: at, n: 1, words: len(toks), title: title}
	for i := range toks {
		c.score += float64(w.m.rarity(hashString(strings.ToLower(toks[i].text))))
	}
	c.score /= math.Sqrt(float64(len(toks)))
	found[key] = c
	return append(order, c)
}

// rarity is the weight of a word: the logarithm of how few texts have it.
func (m *models) rarity(key uint64) float32 {
	if v, ok := m.idf.find(key); ok {
		return float32(v) / 12
	}
	return 8
}
