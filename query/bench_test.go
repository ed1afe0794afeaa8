package query_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"earshot/mention"
	"earshot/query"
)

// A world is saved queries and short documents of invented words, as common
// as words are: the n-th half as often as the n/2-th.
type world struct {
	rng   *rand.Rand
	zipf  *rand.Zipf
	rows  []mention.Row
	saved []query.Saved
}

func newWorld(queries, documents int) *world {
	rng := rand.New(rand.NewPCG(1, 2))
	w := &world{rng: rng, zipf: rand.NewZipf(rng, 1.1, 8, 20000)}
	for i := range documents {
		words := make([]string, 8+rng.IntN(16))
		for k := range words {
			words[k] = w.common()
		}
		w.rows = append(w.rows, mention.Row{ID: fmt.Sprint(i), Text: strings.Join(words, " ") + "."})
	}
	for i := range queries {
		w.saved = append(w.saved, query.Saved{ID: fmt.Sprint(i), Query: w.query(i)})
	}
	return w
}

func (w *world) common() string { return fmt.Sprintf("w%d", w.zipf.Uint64()) }

func (w *world) rare() string { return fmt.Sprintf("w%d", 300+w.rng.IntN(8000)) }

func (w *world) query(i int) string {
	a, b, c, d := w.rare(), w.rare(), w.common(), w.common()
	switch i % 6 {
	case 0:
		return a + " OR " + b + " OR " + w.rare() + " OR " + w.rare()
	case 1:
		return fmt.Sprintf("(%s OR %s OR %s) AND (%s OR %s)", a, b, w.rare(), c, d)
	case 2:
		return a + " NEAR/5 " + c
	case 3:
		return fmt.Sprintf(`("%s %s" OR "%s %s") NOT (%s OR %s)`, a, c, d, b, w.common(), w.rare())
	case 4:
		return fmt.Sprintf("(%s OR %s) NOT %s", a, b, c)
	}
	return fmt.Sprintf(`(%s OR %s) NEAR/5 (%s OR "%s %s")`, a, b, c, d, w.rare())
}

func BenchmarkSetMatch(b *testing.B) {
	for _, n := range []int{1000, 10000, 100000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			w := newWorld(n, 2000)
			set, err := query.NewSet(w.saved, time.Time{})
			if err != nil {
				b.Fatal(err)
			}
			var d query.Document
			var dst []int
			found, i := 0, 0
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(&w.rows[i%len(w.rows)])
				dst = set.Match(&d, time.Time{}, dst[:0])
				found += len(dst)
				i++
			}
			b.ReportMetric(float64(found)/float64(i), "found/doc")
		})
	}
}

// BenchmarkEveryTree answers 10,000 queries one by one: what a set saves.
func BenchmarkEveryTree(b *testing.B) {
	w := newWorld(10000, 2000)
	queries := make([]*query.Query, len(w.saved))
	for i, s := range w.saved {
		queries[i] = must(b, s.Query)
	}
	var d query.Document
	found, i := 0, 0
	for b.Loop() {
		d.Reset(&w.rows[i%len(w.rows)])
		for _, q := range queries {
			if q.Match(&d) {
				found++
			}
		}
		i++
	}
	b.ReportMetric(float64(found)/float64(i), "found/doc")
}

func BenchmarkNewSet(b *testing.B) {
	w := newWorld(10000, 1)
	for b.Loop() {
		if _, err := query.NewSet(w.saved, time.Time{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDocumentReset(b *testing.B) {
	for name, text := range map[string]string{
		"ascii":   strings.Repeat("The quick brown fox can't jump over Acme's #lazy dogs today. ", 4),
		"accents": strings.Repeat("Le café était fermé, l’hôtel aussi; où dîner à Zürich ? ", 4),
		"cjk":     strings.Repeat("新冠疫苗接种率在全球范围内稳步上升。", 6),
	} {
		b.Run(name, func(b *testing.B) {
			row := mention.Row{ID: "1", Text: text}
			var d query.Document
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				d.Reset(&row)
			}
		})
	}
}

func BenchmarkDecodeRow(b *testing.B) {
	line := []byte(`{"id": "q00002", "text": "For me something will do fine! Or a #vaccine with Acme https://t.co/x", "author": "u3e57", ` +
		`"published": "2021-01-05T13:58:37Z", "lang": "en", "site": "example.com", "kind": "post", "engagement": 14}`)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := query.DecodeRow(line); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		query.Parse(`(drug OR vaccin* OR "side effect") NEAR/5 (recall OR lawsuit) NOT lang:de`)
	}
}
