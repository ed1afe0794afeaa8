package nlp

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// plainSafety reads every stretch of a text from its beginning.
func plainSafety(m *models, s *scanned) float32 {
	x := safetyScorer{m: m}
	n := min(len(s.words), maxSafety)
	x.look(s, n)
	var top float32
	for from := 0; from < n; from += safetyWindow / 2 {
		to := min(n, from+safetyWindow)
		if n-to < safetyWindow/3 {
			to = n
		}
		x.read(s, from, to, noContext)
		x.rows = m.saidRows(x.rows, x.said(from, to))
		var sum [2]float32
		for _, r := range x.rows {
			sum[0] += float32(m.safetyModel.w[2*r])
			sum[1] += float32(m.safetyModel.w[2*r+1])
		}
		k := m.safetyModel.scale / sqrt(len(x.rows))
		p := []float32{sum[0] * k, sum[1] * k}
		softmax(p)
		top = max(top, p[1])
		if to == n {
			break
		}
	}
	return top
}

func TestSafetyScoreIsThatOfTheLikeliestStretch(t *testing.T) {
	m, err := loadModels()
	if err != nil {
		t.Fatal(err)
	}
	known := &worker{m: m, letters: newLanguageCache(), polarity: polarity{model: m.polarity, words: m.lexicon, known: newWordCache(m)}}
	plain := &worker{m: m}
	part := rapid.OneOf(
		rapid.SampledFrom(strings.Fields("I took Lipitor and my doctor said nausea headache . , ... !! :) 's @you $PFE #rash http://a.b 10mg 20 hair loss not work antidepressantsandothers")),
		rapid.StringMatching(`[a-zé]{1,20}`),
		rapid.Just(strings.Repeat(". ", 40)),
	)
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 120).Draw(t, "n")
		text := strings.Join(rapid.SliceOfN(part, n, 2*n).Draw(t, "parts"), " ")
		for _, w := range []*worker{known, plain} {
			d := &w.fields[1]
			d.text, d.present = text, true
			d.scan.scan(text)
			if w == known {
				w.score()
			}
			if len(d.scan.words) > 2 {
				d.scan.product = append(make([]bool, len(d.scan.words)-1), true)
			}
			if got, want := w.safetyScore(d), plainSafety(m, &d.scan); got != want {
				t.Fatalf("%q is a report by %v, want %v", text, got, want)
			}
		}
	})
}
