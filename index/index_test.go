package index_test

import (
	"context"
	"testing"
	"time"

	"earshot/index"
	"earshot/mention"
)

// A book is a ledger in memory.
type book map[string]mention.Record

func (b book) records(_ context.Context, refs []mention.Ref) ([]mention.Record, error) {
	var list []mention.Record
	for _, ref := range refs {
		if r, ok := b[ref.ID]; ok {
			list = append(list, r)
		}
	}
	return list, nil
}

func (b book) each(fn func(mention.Record) error) error {
	for _, r := range b {
		if err := fn(r); err != nil {
			return err
		}
	}
	return nil
}

// open opens an index over b in a directory, or in memory.
func open(t testing.TB, dir string, b book) *index.Index {
	t.Helper()
	x, err := index.Open(t.Context(), index.Options{Dir: dir, Records: b.records})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	})
	return x
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// put stores records in b and in x.
func put(t testing.TB, x *index.Index, b book, offset int64, kind string, records ...mention.Record) {
	t.Helper()
	var changes []mention.Change
	for _, r := range records {
		if kind == mention.ChangeErased {
			delete(b, r.Mention.ID)
		} else {
			b[r.Mention.ID] = r
		}
		changes = append(changes, mention.Change{Seq: offset, Kind: kind, Record: r})
	}
	if err := x.Put(t.Context(), offset, changes); err != nil {
		t.Fatal(err)
	}
}

func ids(rows []mention.Row) []string {
	list := []string{}
	for _, r := range rows {
		list = append(list, r.ID)
	}
	return list
}
