package daemon

import (
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"earshot/mention"
)

func TestWhatIsPastItsTimeGoesFromLedgerAndIndex(t *testing.T) {
	dir := t.TempDir()
	h := keepHouse(t, dir, brands)
	for _, text := range []string{"Acme speaks", "Globex speaks", "Initech speaks"} {
		h.push(text)
	}
	h.eventually("searchable", func() bool { return h.count("speaks") == 3 })
	h.stop()
	s, err := OpenStore(t.Context(), filepath.Join(dir, "data"), time.UTC, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	var held string
	if err := s.Ledger.EachRecord(t.Context(), "", func(r mention.Record) error { held = r.Mention.ID; return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Ledger.SetHold(t.Context(), "mention:"+held, "court", "me", true); err != nil {
		t.Fatal(err)
	}
	for _, at := range []time.Time{now().AddDate(1, 0, 0), now().AddDate(2, 0, 0), now().AddDate(3, 0, 0)} {
		if err := s.Retain(t.Context(), at, 400*24*time.Hour); err != nil {
			t.Fatal(err)
		}
		x, err := s.Index()
		if err != nil {
			t.Fatal(err)
		}
		got := func() (ids []string) {
			if err := x.Each(t.Context(), "", at, func(r mention.Row) error { ids = append(ids, r.ID); return nil }); err != nil {
				t.Fatal(err)
			}
			return ids
		}
		want := 3
		if at.After(now().AddDate(1, 1, 5)) {
			want = 1
		}
		if list := got(); len(list) != want || !slices.Contains(list, held) {
			t.Errorf("at %s the index has %v, want %d with %s", at, list, want, held)
		}
		if err := s.CatchUp(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if list := got(); len(list) != want || !slices.Contains(list, held) {
			t.Errorf("at %s, after the log, the index has %v, want %d with %s", at, list, want, held)
		}
	}
	if v, err := s.Verify(t.Context(), nil); err != nil || v != (Verification{Checked: 1}) {
		t.Errorf("Verify() = %+v, %v", v, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
