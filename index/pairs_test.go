package index_test

import (
	"os"
	"slices"
	"strconv"
	"sync/atomic"
	"testing"

	"earshot/mention"
	"earshot/query"
)

// TestQueriesAgree compares what is said of -pairs pairs of a query and a
// document by matching the one with the other, by matching a set of all
// queries, and by the index: random queries on random texts that were revised,
// curated, moved in time and erased.
func TestQueriesAgree(t *testing.T) {
	const documents, queries, least = 1000, 250, 800 // least is what is left of the documents
	n := *pairs
	switch {
	case n > 0:
	case testing.Short():
		n = 50_000
	case os.Getenv("CI") != "":
		n = 1_000_000
	default:
		n = 200_000
	}
	var done atomic.Int64
	t.Run("seed", func(t *testing.T) {
		for seed := range (n + queries*least - 1) / (queries * least) {
			t.Run(strconv.Itoa(seed), func(t *testing.T) {
				t.Parallel()
				m := newMaker(uint64(1000 + seed))
				w := &truth{book: book{}, docs: map[string]*query.Document{}, rows: map[string]*mention.Row{}}
				x := open(t, "", w.book)
				fill(t, m, w, x, documents)
				list := savedQueries(m, queries)
				want := w.matchedBySet(t, list)
				for i := range list {
					w.agree(t, x, &list[i], want[i])
				}
				done.Add(int64(len(list) * len(w.docs)))
			})
		}
	})
	if t.Logf("%d pairs of query and document", done.Load()); done.Load() < int64(n) {
		t.Errorf("%d pairs were compared, want %d", done.Load(), n)
	}
}

// savedQueries makes n queries.
func savedQueries(m maker, n int) []query.Saved {
	var list []query.Saved
	for len(list) < n {
		text := m.query()
		if q, _ := query.Parse(text); q != nil {
			list = append(list, query.Saved{ID: text, Query: text})
		}
	}
	return list
}

// matchedBySet returns the ids that each query matches, as one set says.
func (w *truth) matchedBySet(t *testing.T, list []query.Saved) [][]string {
	t.Helper()
	set, err := query.NewSet(list, makerNow)
	if err != nil {
		t.Fatal(err)
	}
	matched := make([][]string, len(list))
	var found []int
	for id, d := range w.docs {
		found = set.Match(d, makerNow, found[:0])
		for _, i := range found {
			matched[i] = append(matched[i], id)
		}
	}
	return matched
}

// agree compares what the set says of a query with the two others.
func (w *truth) agree(t *testing.T, x backend, s *query.Saved, bySet []string) {
	t.Helper()
	q, _ := query.Parse(s.Query)
	q = q.At(makerNow)
	var byOne []string
	for id, d := range w.docs {
		if q.Match(d) {
			byOne = append(byOne, id)
		}
	}
	slices.Sort(byOne)
	slices.Sort(bySet)
	if !slices.Equal(byOne, bySet) {
		t.Errorf("%s: one by one it matches %v, in a set %v", s.Query, byOne, bySet)
	}
	want := slices.DeleteFunc(byOne, func(id string) bool { return w.rows[id].Irrelevant })
	var got []string
	if err := x.Each(t.Context(), s.Query, makerNow, func(r mention.Row) error { got = append(got, r.ID); return nil }); err != nil {
		t.Errorf("Each(%s): %v", s.Query, err)
		return
	}
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("%s: one by one it matches %v, in the index %v", s.Query, want, got)
	}
}
