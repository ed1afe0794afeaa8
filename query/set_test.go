package query_test

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"earshot/mention"
	"earshot/query"
)

func TestSetCallsUpEveryKindOfQuery(t *testing.T) {
	score := -0.5
	now := time.Date(2024, 5, 20, 0, 0, 0, 0, time.UTC)
	row := &mention.Row{
		ID: "1", Title: "Vaccination in C++ land", Text: "The hospitalizaton of many https://acme.com/news", URL: "https://www.example.org/drug-recall",
		Author: "Hayley Example", Brands: []string{"acme"}, Score: &score, Published: now.AddDate(0, 0, -1),
	}
	yes := []string{
		"vaccin*", "vacc?nation", "hospitalisation~2", "hospitalization~1", `raw:"C++"`, `raw:"lan"`, "url:drug", "url:dru*",
		"link:acme.com", "link:acm*", "site:example.org", "site:exam*", "author:hay*", "brand:acme", "score:<0", "published:-2d",
		"{The}", "title:vaccination", "REPEAT/2:(the OR of)", `"many the"~5`, "many NOT NEAR/3 drug", "score:<0 AND published:-2d",
		"(score:<0 OR zebra) AND many", "hospitalizaton SENTENCE many",
	}
	no := []string{
		"zebra", "vaccim*", "hospital~2", `raw:"C--"`, "url:acme", "link:drug", "site:acme.com", "author:jo*", "brand:other", "score:>0",
		"published:-2h", "{the}", "text:vaccination", "many NOT NEAR/3 of", "many AND zebra", "the NEAR/0 many",
	}
	var saved []query.Saved
	for _, q := range append(slices.Clone(yes), no...) {
		saved = append(saved, query.Saved{ID: q, Query: q})
	}
	set, err := query.NewSet(saved, now)
	if err != nil {
		t.Fatal(err)
	}
	got := set.Match(query.NewDocument(row), now, []int{-7})
	if got[0] != -7 || !slices.IsSorted(got) {
		t.Fatalf("Match = %v, want the given slice and then what is found, in order", got)
	}
	for i, s := range saved {
		if found := slices.Contains(got, i); found != (i < len(yes)) {
			t.Errorf("%q found: %v", s.Query, found)
		}
	}
	if n := set.Len(); n != len(saved) {
		t.Errorf("Len = %d, want %d", n, len(saved))
	}
}

func TestNewSetNamesTheBadQuery(t *testing.T) {
	_, err := query.NewSet([]query.Saved{{ID: "good", Query: "a"}, {ID: "bad", Query: "a OR"}}, time.Time{})
	bad, ok := errors.AsType[*query.SetError](err)
	if !ok || bad.ID != "bad" || len(bad.Messages) == 0 || bad.Messages[0].Code != "missing-operand" {
		t.Fatalf("NewSet = %v", err)
	}
	want := `query: saved query "bad": query: missing-operand at 4: an operator has nothing after it`
	if err.Error() != want {
		t.Errorf("Error = %s, want %s", err, want)
	}
}

func TestEmptySet(t *testing.T) {
	set, err := query.NewSet(nil, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if got := set.Match(query.NewDocument(&mention.Row{ID: "1", Text: "a"}), time.Time{}, nil); len(got) != 0 {
		t.Errorf("Match = %v", got)
	}
}

func TestSetIsSafeForConcurrentUse(t *testing.T) {
	w := newWorld(500, 200)
	set, err := query.NewSet(w.saved, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]int, len(w.rows))
	for i := range w.rows {
		want[i] = set.Match(query.NewDocument(&w.rows[i]), time.Time{}, nil)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var d query.Document
			var got []int
			for i := range w.rows {
				d.Reset(&w.rows[i])
				if got = set.Match(&d, time.Time{}, got[:0]); !slices.Equal(got, want[i]) {
					t.Errorf("document %d: %v, want %v", i, got, want[i])
				}
			}
		})
	}
	wg.Wait()
}

func TestSetMatchDoesNotAllocate(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector makes pools forget")
	}
	w := newWorld(2000, 300)
	for _, q := range []string{
		"site:example.org", "author:hay*", "vaccin*", "hospitalisation~2", `raw:"w12"`, "REPEAT/2:(w1 OR w2)", `"w1 w2 w3"~9`,
		"w1 SENTENCE w2", "w3 NOT NEAR/4 w5", "link:acme.com", "url:example", "score:>0", "published:-7d", "{w1} AND w2", "éclair*",
	} {
		w.saved = append(w.saved, query.Saved{ID: q, Query: q})
	}
	for i := range w.rows {
		w.rows[i].Site, w.rows[i].Author, w.rows[i].URL = "News.Example.org", "Hayley Éxample", "https://example.org/a"
		w.rows[i].Text += " Don’t see https://acme.com/x"
	}
	now := time.Date(2024, 5, 20, 0, 0, 0, 0, time.UTC)
	set, err := query.NewSet(w.saved, now)
	if err != nil {
		t.Fatal(err)
	}
	var d query.Document
	var dst []int
	pass := func() {
		for i := range w.rows {
			d.Reset(&w.rows[i])
			dst = set.Match(&d, now, dst[:0])
		}
	}
	pass() // memory grows to what the documents need
	if n := testing.AllocsPerRun(5, pass); n > 2 {
		t.Errorf("%v allocations for %d documents, want none", n, len(w.rows))
	}
}
