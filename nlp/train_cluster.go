package nlp

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
)

const (
	clusterWords    = 24_000
	clusterContexts = 3000 // words whose company tells
	clusterCount    = 250
	clusterRounds   = 14
)

// unlabelled are the sets whose texts the groups of words are made of.
var unlabelled = []string{
	"semeval17.train", "te_offensive.train", "te_irony.train", "te_emotion.train", "btc.train", "wnut17.train", "tweebank.train", "dong14.train",
	"druglib", "vader_tweets", "vader_amazon", "vader_nyt", "vader_movie", "ade_v2", "psytar.train", "mams_atsa.train", "sst2.train", "wikigold", "sec_fin.train",
}

// makeUsage groups words by the words beside them.
func (t *trainer) makeUsage() error {
	texts, err := t.plainTexts()
	if err != nil {
		return err
	}
	counts := map[string]int{}
	for _, words := range texts {
		for _, w := range words {
			counts[w]++
		}
	}
	vocabulary := make([]string, 0, len(counts))
	for w, n := range counts {
		if n >= 4 {
			vocabulary = append(vocabulary, w)
		}
	}
	slices.SortFunc(vocabulary, func(a, b string) int { return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b)) })
	vocabulary = vocabulary[:min(len(vocabulary), clusterWords)]
	vectors := companyVectors(texts, vocabulary, counts)
	groups := kMeans(vectors, clusterCount, clusterRounds)
	l := newLexicon(len(vocabulary))
	for i, w := range vocabulary {
		l.put(hashString(w), int8(groups[i]+1))
	}
	t.say("usage: %d words of %d texts in %d groups", len(vocabulary), len(texts), clusterCount)
	return t.write("usage", newUsage(nil, l, directions(l, vocabulary, vectors)).encode())
}

// directions packs in which directions each word lies beyond the mean of its
// side, in the order of the slots of l.
func directions(l *lexicon, vocabulary []string, vectors [][]float32) []byte {
	var up, down [usageDims]float64
	for d := range usageDims {
		var n, m float64
		for _, v := range vectors {
			if x := float64(v[d]); x > 0 {
				up[d] += x
				n++
			} else {
				down[d] += x
				m++
			}
		}
		up[d], down[d] = up[d]/max(n, 1), down[d]/max(m, 1)
	}
	bySlot := make([]int, len(l.keys)) // word + 1
	for i, w := range vocabulary {
		bySlot[l.slot(hashString(w))] = i + 1
	}
	codes := make([]byte, 0, len(vocabulary)*usageBytes)
	for _, word := range bySlot {
		if word == 0 {
			continue
		}
		var code [usageBytes]byte
		for d, x := range vectors[word-1] {
			switch {
			case float64(x) > up[d]:
				code[d/4] |= 1 << (d % 4 * 2)
			case float64(x) < down[d]:
				code[d/4] |= 2 << (d % 4 * 2)
			}
		}
		codes = append(codes, code[:]...)
	}
	return codes
}

// unlabelledRows are all texts, without what was learned of them.
func (t *trainer) unlabelledRows() ([]sample, error) {
	rows, err := t.sets(unlabelled...)
	if err != nil {
		return nil, err
	}
	err = eachLine(filepath.Join(t.Data, "streams", "huffpost_2018.jsonl.gz"), func(line []byte) error {
		var r struct{ Title, Summary string }
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("huffpost_2018: %w", err)
		}
		rows = append(rows, sample{Text: r.Title}, sample{Text: r.Summary})
		return nil
	})
	return rows, err
}

// plainTexts are the words of all texts, as the entity model sees them.
func (t *trainer) plainTexts() ([][]string, error) {
	rows, err := t.unlabelledRows()
	if err != nil {
		return nil, err
	}
	b, err := loadBase()
	if err != nil {
		return nil, err
	}
	tg := newTagger(b)
	var out [][]string
	var c cleaned
	seen := map[string]bool{}
	for i := range rows {
		if n := normalText(rows[i].Text); seen[n] {
			continue
		} else if len(n) > 20 {
			seen[n] = true
		}
		c.clean(rows[i].Text)
		var words []string
		for _, tok := range tg.tokenize(nil, &c) {
			w := strings.ToLower(tok.text)
			switch {
			case hasFold(w, "http"):
				w = "http"
			case len(w) > 1 && w[0] == '@':
				w = "@"
			case len(w) > 1 && w[0] == '#':
				w = w[1:]
			}
			words = append(words, w)
		}
		out = append(out, words)
	}
	return out, nil
}

// companyVectors are the words before and after every word, weighed by how
// telling they are and folded into few dimensions.
func companyVectors(texts [][]string, vocabulary []string, counts map[string]int) [][]float32 {
	index := map[string]int{}
	total := 0
	for i, w := range vocabulary {
		index[w] = i
		total += counts[w]
	}
	pairs := map[[2]int32]int{}
	at := func(words []string, i int) (int, bool) {
		if i < 0 || i >= len(words) {
			return 0, false
		}
		k, ok := index[words[i]]
		return k, ok && k < clusterContexts
	}
	for _, words := range texts {
		for i, w := range words {
			k, ok := index[w]
			if !ok {
				continue
			}
			for side, off := range []int{-1, 1, -2, 2} {
				if c, ok := at(words, i+off); ok {
					pairs[[2]int32{int32(k), int32(side*clusterContexts + c)}]++
				}
			}
		}
	}
	keys := make([][2]int32, 0, len(pairs))
	for p := range pairs {
		keys = append(keys, p)
	}
	slices.SortFunc(keys, func(a, b [2]int32) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	var cells []cell
	for _, p := range keys {
		n, c := pairs[p], vocabulary[int(p[1])%clusterContexts]
		v := math.Log(float64(n) * float64(total) / (float64(counts[vocabulary[p[0]]]) * math.Pow(float64(counts[c]), 0.75) * math.Pow(float64(total), 0.25)))
		if p[1] >= 2*clusterContexts {
			v *= 0.5
		}
		if v > 0 {
			cells = append(cells, cell{p[0], p[1], float32(v * float64(n) / (float64(n) + 1))})
		}
	}
	vectors := factors(cells, len(vocabulary), 4*clusterContexts)
	for _, v := range vectors {
		normalizeVector(v)
	}
	return vectors
}

// A cell is one value of a sparse matrix.
type cell struct {
	row, col int32
	v        float32
}

// factors are the main directions of a sparse matrix, a vector for each of
// its rows, by iteration from a random start.
func factors(cells []cell, rows, cols int) [][]float32 {
	rng := rand.New(rand.NewPCG(17, 19))
	right := matrix(cols)
	for _, v := range right {
		for d := range v {
			v[d] = float32(rng.NormFloat64())
		}
	}
	for range 5 {
		left := matrix(rows)
		for _, c := range cells {
			addScaled(left[c.row], right[c.col], c.v)
		}
		orthogonal(left)
		right = matrix(cols)
		for _, c := range cells {
			addScaled(right[c.col], left[c.row], c.v)
		}
		orthogonal(right)
	}
	left := matrix(rows)
	for _, c := range cells {
		addScaled(left[c.row], right[c.col], c.v)
	}
	return left
}

func matrix(n int) [][]float32 {
	m := make([][]float32, n)
	for i := range m {
		m[i] = make([]float32, usageDims)
	}
	return m
}

func addScaled(a, b []float32, by float32) {
	for d, x := range b {
		a[d] += by * x
	}
}

// orthogonal makes the columns of m orthogonal and of length 1.
func orthogonal(m [][]float32) {
	for d := range usageDims {
		for e := range d {
			var dot float64
			for _, v := range m {
				dot += float64(v[d]) * float64(v[e])
			}
			for _, v := range m {
				v[d] -= float32(dot) * v[e]
			}
		}
		var sum float64
		for _, v := range m {
			sum += float64(v[d]) * float64(v[d])
		}
		by := float32(1 / math.Sqrt(max(sum, 1e-12)))
		for _, v := range m {
			v[d] *= by
		}
	}
}

func normalizeVector(v []float32) {
	var sum float64
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	by := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= by
	}
}

// kMeans groups vectors of length 1 by their angle.
func kMeans(vectors [][]float32, k, rounds int) []int {
	rng := rand.New(rand.NewPCG(11, 13))
	centres := make([][]float32, k)
	for i := range centres { // the commonest words begin groups, and some of the rest
		at := i
		if i >= k/2 {
			at = k/2 + rng.IntN(min(len(vectors)-k/2, 6000))
		}
		centres[i] = slices.Clone(vectors[at])
	}
	groups := make([]int, len(vectors))
	for range rounds {
		sums := make([][]float32, k)
		for i := range sums {
			sums[i] = make([]float32, usageDims)
		}
		for i, v := range vectors {
			best, top := 0, float32(math.Inf(-1))
			for c, centre := range centres {
				var dot float32
				for d, x := range v {
					dot += x * centre[d]
				}
				if dot > top {
					best, top = c, dot
				}
			}
			groups[i] = best
			for d, x := range v {
				sums[best][d] += x
			}
		}
		for c := range centres {
			centres[c] = sums[c]
			normalizeVector(centres[c])
		}
	}
	return groups
}
