package index_test

import (
	"os"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"earshot/mention"
)

func TestDropBeforeDropsWholeMonths(t *testing.T) {
	dir := t.TempDir()
	b := book{}
	x := open(t, dir, b)
	tell := func(id, published, collected string) mention.Record {
		return mention.Record{Mention: mention.Mention{ID: id, Text: "x", Published: at(published), Seen: at(collected), Collected: at(collected)}}
	}
	put(t, x, b, 5, mention.ChangeNew,
		tell("old", "2020-01-10T00:00:00Z", "2020-01-11T00:00:00Z"), tell("held", "2020-01-12T00:00:00Z", "2020-01-13T00:00:00Z"),
		tell("older", "2019-12-31T00:00:00Z", "2020-01-01T00:00:00Z"), tell("late", "2020-02-10T00:00:00Z", "2021-01-01T00:00:00Z"),
		tell("was late", "2020-02-11T00:00:00Z", "2020-02-11T00:00:00Z"))
	before := at("2020-12-01T00:00:00Z")
	keys, err := x.DropBefore(t.Context(), before, []mention.Record{b["held"], b["late"]})
	if diff := gocmp.Diff([]string{"2019-12", "2020-01"}, keys); diff != "" || err != nil {
		t.Errorf("DropBefore gave %v (-want +got):\n%s", err, diff)
	}
	for _, id := range []string{"old", "older", "was late"} {
		put(t, x, b, 6, mention.ChangeErased, b[id])
	}
	find := func() []string {
		t.Helper()
		page, err := x.Search(t.Context(), mention.Search{}, before)
		if err != nil {
			t.Fatal(err)
		}
		return ids(page.Rows)
	}
	if diff := gocmp.Diff([]string{"late", "held"}, find()); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
	if d, err := x.Verify(t.Context(), nil, b.each); err != nil || d.Len() != 0 {
		t.Errorf("Verify() = %+v, %v", d, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "2019-12")); !os.IsNotExist(err) {
		t.Errorf("the directory of a month that was dropped: %v", err)
	}

	// The same again after a start; what a crash left of a month is gone.
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "2019-12"), 0o700); err != nil {
		t.Fatal(err)
	}
	x = open(t, dir, b)
	if diff := gocmp.Diff([]string{"late", "held"}, find()); diff != "" {
		t.Errorf("after a start (-want +got):\n%s", diff)
	}
	put(t, x, b, 7, mention.ChangeErased, b["held"])
	if keys, err := x.DropBefore(t.Context(), at("2019-01-01T00:00:00Z"), nil); len(keys) != 1 || err != nil {
		t.Errorf("DropBefore = %v, %v, want the month that is empty", keys, err)
	}
	if x.Offset() != 7 {
		t.Errorf("Offset() = %d, want 7", x.Offset())
	}
}
