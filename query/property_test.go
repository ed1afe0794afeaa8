package query_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"earshot/mention"
	"earshot/query"
)

var (
	propertyNow   = time.Date(2024, 5, 20, 12, 0, 0, 0, time.UTC)
	propertyWords = strings.Fields("drug drugs Drug recall recalled résumé resume Straße US us acme Acme's #acme @acme $ACM " +
		"covid-19 19 side effect effects the a 新冠 👍🏽 👩‍⚕️ AT&T 3.5 https://t.co/ab1?x=2 www.acme.com/news don’t _hi_ ＡＣＭＥ lawsuit lawsuits C++")
	propertyFields = strings.Fields("site:bbc.co.uk site:bb* author:hayley from:hay* lang:en lang:(en_OR_de) kind:news brand:acme brand:ac* " +
		"label:a tag:x* entity:\"east_inc\" sentiment:negative id:7 link:t.co link:acme.com/ne* url:drug published:2024-05 published:-7d " +
		"published:[2024-01_TO_now] published:>2024-05-15 score:<0 engagement:>=5 rating:[*_TO_4] raw:C++ raw:\"Acme's\" raw:\"新冠疫\" hashtag:acme " +
		"time:-30d time:[2024-04_TO_*] toward:acme:negative toward:ac* activity:recall flag:own_channel flag:(safety_OR_starred) flag:unscored flag:unsupported_language question:drug question:\"side_effect\" question:rec*")
)

// propertySpaces writes low lines as spaces but for those of listed values.
var propertySpaces = strings.NewReplacer("own_channel", "own_channel", "unsupported_language", "unsupported_language", "_", " ")

func anyWord(t *rapid.T) string {
	w := rapid.SampledFrom(propertyWords).Draw(t, "word")
	w = strings.TrimPrefix(w, "https://")
	switch rapid.IntRange(0, 12).Draw(t, "shape") {
	case 0:
		return strings.TrimRight(w, "+") + "*"
	case 1:
		return "rec?l*"
	case 2:
		return "lawsiuts~2"
	case 3:
		return "drog~1 OR recal~1"
	}
	return w
}

func anyPhrase(t *rapid.T) string {
	words := rapid.SliceOfN(rapid.SampledFrom(propertyWords), 1, 3).Draw(t, "phrase")
	return `"` + strings.Join(words, " ") + `"` + rapid.SampledFrom([]string{"", "", "~0", "~2"}).Draw(t, "slop")
}

// anySpan draws what may stand in NEAR and REPEAT.
func anySpan(t *rapid.T, depth int) string {
	switch k := rapid.IntRange(0, 7).Draw(t, "span"); {
	case k == 0:
		return anyPhrase(t)
	case k == 1:
		return "{" + rapid.SampledFrom(propertyWords).Draw(t, "exact") + "}"
	case k < 4 && depth > 0:
		return "(" + anySpan(t, depth-1) + " OR " + anySpan(t, depth-1) + ")"
	case k < 6 && depth > 0:
		return "(" + anyNear(t, depth-1) + ")"
	}
	return "(" + anyWord(t) + ")"
}

func anyNear(t *rapid.T, depth int) string {
	op := rapid.SampledFrom([]string{"NEAR/0", "NEAR/2", "NEAR/2f", "NEAR/100", "NOT NEAR/1", "NOT NEAR/3f", "SENTENCE"}).Draw(t, "near")
	return anySpan(t, depth) + " " + op + " " + anySpan(t, depth)
}

func anyQuery(t *rapid.T, depth int) string {
	switch k := rapid.IntRange(0, 9).Draw(t, "query"); {
	case k == 0:
		return anyPhrase(t)
	case k == 1:
		return anyNear(t, 2)
	case k == 2:
		return "REPEAT/2:" + anySpan(t, 2)
	case k == 3:
		return propertySpaces.Replace(rapid.SampledFrom(propertyFields).Draw(t, "field"))
	case k == 4:
		return rapid.SampledFrom([]string{"title:", "text:"}).Draw(t, "scope") + "(" + anyNear(t, 1) + ")"
	case k < 9 && depth > 0:
		op := rapid.SampledFrom([]string{" AND ", " AND NOT ", " OR "}).Draw(t, "op")
		return "(" + anyQuery(t, depth-1) + ")" + op + "(" + anyQuery(t, depth-1) + ")"
	}
	return anyWord(t)
}

func anyText(t *rapid.T) string {
	var b strings.Builder
	for _, w := range rapid.SliceOfN(rapid.SampledFrom(propertyWords), 0, 12).Draw(t, "text") {
		b.WriteString(w + rapid.SampledFrom([]string{" ", " ", " ", ". ", "! ", "? ", ", ", "\n"}).Draw(t, "gap"))
	}
	return b.String()
}

func anyRow(t *rapid.T) *mention.Row {
	pick := func(name string, values ...string) string { return rapid.SampledFrom(values).Draw(t, name) }
	row := &mention.Row{
		ID: pick("id", "7", "8"), Title: anyText(t), Text: anyText(t),
		URL:  pick("url", "", "https://www.bbc.co.uk/news/drug-recall", "http://acme.com/Drug"),
		Site: pick("site", "", "", "www.bbc.co.uk", "acme.com"), Author: pick("author", "", "@Hayley", "Hayley Example"),
		Lang: pick("lang", "", "en", "DE-ch"), Kind: mention.Kind(pick("kind", "", "news", "post")),
		Brands: []string{pick("brand", "ACME", "other")}, Labels: []string{"x", pick("label", "a", "b")},
		Tags: []string{pick("tag", "X1", "y")}, Entities: []string{pick("entity", "East Inc", "West")},
		Sentiment: pick("sentiment", "", "negative", "positive"),
	}
	row.Own, row.Status = pick("own", "", "", "acme"), pick("status", "", mention.StatusUnsupported)
	row.Safety, row.Starred = rapid.Bool().Draw(t, "safety"), rapid.Bool().Draw(t, "starred")
	row.Toward, row.Activities = []string{"ACME:" + pick("toward", "negative", "mixed")}, []string{pick("activity", "recall", "launch")}
	row.Seen = propertyNow.AddDate(0, 0, -rapid.IntRange(0, 200).Draw(t, "seen"))
	if rapid.Bool().Draw(t, "dated") {
		row.Published = propertyNow.AddDate(0, 0, -rapid.IntRange(0, 200).Draw(t, "age"))
	}
	if rapid.Bool().Draw(t, "numbers") {
		score, count := rapid.Float64Range(-1, 1).Draw(t, "score"), float64(rapid.IntRange(0, 9).Draw(t, "count"))
		row.Score, row.Engagement, row.Rating = &score, &count, &count
	}
	return row
}

// Random queries on random documents: one-document match, match of the
// canonical form, and set match give what brute force gives.
func TestMatchSetAndBruteForceAgree(t *testing.T) {
	pairs := 0
	rapid.Check(t, func(t *rapid.T) {
		var saved []query.Saved
		var queries []*query.Query
		for range 24 {
			text := anyQuery(t, 2)
			q, messages := query.Parse(text)
			if q == nil {
				if code := messages[0].Code; !slices.Contains([]string{"or-not", "double-not", "only-not", "wildcard-leading", "wildcard-short", "no-word"}, code) {
					t.Fatalf("Parse(%q) = %v", text, messages)
				}
				continue
			}
			queries = append(queries, q.At(propertyNow))
			saved = append(saved, query.Saved{ID: text, Query: text})
		}
		set, err := query.NewSet(saved, propertyNow)
		if err != nil {
			t.Fatal(err)
		}
		d := new(query.Document)
		for range 6 {
			row := anyRow(t)
			d.Reset(row)
			brute := newNaive(row, propertyNow)
			var want []int
			for i, q := range queries {
				if brute.match(q.Root()) {
					want = append(want, i)
				}
				if got := q.Match(d); got != (len(want) > 0 && want[len(want)-1] == i) {
					t.Fatalf("%q matches %+v: %v", q, row, got)
				}
				again, _ := query.Parse(q.Canonical())
				if again == nil || again.At(propertyNow).Match(d) != q.Match(d) {
					t.Fatalf("%q and its canonical form %q differ on %+v", q, q.Canonical(), row)
				}
				pairs++
			}
			if got := set.Match(d, propertyNow, nil); !slices.Equal(got, want) {
				for _, i := range append(slices.Clone(got), want...) {
					if slices.Contains(got, i) != slices.Contains(want, i) {
						t.Errorf("%q: set says %v on %+v", saved[i].Query, slices.Contains(got, i), row)
					}
				}
				t.FailNow()
			}
		}
	})
	t.Logf("%d pairs of query and document", pairs)
}

func TestCanonicalFormsAreStable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		if q, _ := query.Parse(anyQuery(rt, 3)); q != nil {
			checkCanonical(t, q)
		}
	})
}
