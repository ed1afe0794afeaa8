package index_test

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"earshot/mention"
	"earshot/query"
)

// storyOf names the story of a mention; one of none is one by itself.
func (w *truth) storyOf(id string) string {
	if s := w.rows[id].Story; s != "" {
		return "story " + query.Fold(s)
	}
	return id
}

func (w *truth) storiesOf(ids []string) []string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = w.storyOf(id)
	}
	return list
}

// folded returns the first id of each story, and how many it has, by story.
func (w *truth) folded(ids []string) ([]string, map[string]uint64) {
	counts := map[string]uint64{}
	list := []string{}
	for _, id := range ids {
		s := w.storyOf(id)
		if counts[s]++; counts[s] == 1 {
			list = append(list, id)
		}
	}
	byStory := map[string]uint64{}
	for _, id := range ids {
		byStory[id] = counts[w.storyOf(id)]
	}
	return list, byStory
}

// checkRows checks what a search adds to rows.
func checkRows(t *testing.T, s mention.Search, rows []mention.Row, counts map[string]uint64) {
	t.Helper()
	for i := range rows {
		r := &rows[i]
		if r.Folded != counts[r.ID] {
			t.Errorf("Search(%+v) says that %s stands for %d, want %d", s, r.ID, r.Folded, counts[r.ID])
		}
		if !s.Highlight && r.Highlights != nil {
			t.Errorf("Search(%+v) highlights", s)
		}
		last := mention.Span{Field: "title"}
		for _, h := range r.Highlights {
			text := r.Text
			if h.Field == "title" {
				text = r.Title
			}
			if h.Field > last.Field || h.Field == last.Field && h.Start < last.End || h.Start >= h.End || h.End > len(text) {
				t.Errorf("Search(%+v) highlights %+v after %+v of %q", s, h, last, text)
			}
			last = h
		}
	}
}

func TestSearchHighlights(t *testing.T) {
	b := book{}
	x := open(t, "", b)
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	page, err := x.Search(t.Context(), mention.Search{Query: "recall NEAR/3 pfizer", Highlight: true}, makerNow)
	if err != nil || len(page.Rows) != 1 {
		t.Fatalf("Search = %+v, %v", page, err)
	}
	want := []mention.Span{{Field: "title", Start: 0, End: 6}, {Field: "title", Start: 7, End: 13}}
	if diff := gocmp.Diff(want, page.Rows[0].Highlights); diff != "" {
		t.Errorf("Highlights (-want +got):\n%s", diff)
	}
}

// TestFoldedPageIsNoLongerThanAsked has a story at the top that fills the first
// look at a shard, so that the next look finds more rows than there is room for.
func TestFoldedPageIsNoLongerThanAsked(t *testing.T) {
	b := book{}
	x := open(t, "", b)
	var list []mention.Record
	for i := range 40 {
		r := mention.Record{Mention: mention.Mention{
			ID: fmt.Sprintf("m%02d", i), Title: fmt.Sprintf("Recall %d", i), Revision: 1, Published: makerNow.Add(-time.Duration(i) * 20 * time.Hour),
		}}
		if r.Story = r.Mention.ID; i < 4 {
			r.Story = "m00"
		}
		list = append(list, r)
	}
	put(t, x, b, 3, mention.ChangeNew, list...)
	var got []string
	for cursor, pages := "", 0; pages < 20; pages++ {
		page, err := x.Search(t.Context(), mention.Search{Query: "recall", Limit: 3, Fold: true, Order: mention.NewestFirst, Cursor: cursor}, makerNow)
		if err != nil || len(page.Rows) > 3 {
			t.Fatalf("page %d has %d rows of 3, %v", pages, len(page.Rows), err)
		}
		for i := range page.Rows {
			got = append(got, page.Rows[i].ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	want := []string{"m00"}
	for i := 4; i < 40; i++ {
		want = append(want, fmt.Sprintf("m%02d", i))
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("rows of all pages (-want +got):\n%s", diff)
	}
}
