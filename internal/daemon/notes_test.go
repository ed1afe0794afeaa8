package daemon

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"earshot/api"
	"earshot/internal/ledger"
	"earshot/mention"
)

// TestNotesAreKeptBesideTheConfiguration: they outlive a restart, are no fault
// of the configuration, and are in the audit.
func TestNotesAreKeptBesideTheConfiguration(t *testing.T) {
	h := keepHouse(t, t.TempDir(), "brands: [{id: velmora, name: Velmora, role: own}]\n")
	if status, text := h.send(http.MethodPost, "/api/v1/notes", `{"from":"2026-11-03T00:00:00Z","to":"2026-11-04T00:00:00Z","query":"brand:velmora","text":" The campaign "}`); status != http.StatusCreated {
		t.Fatalf("POST: %d %s", status, text)
	}
	h.stop()
	h.start()
	var list struct{ Rows []mention.TimeNote }
	h.get("/api/v1/notes", &list)
	if len(list.Rows) != 1 || list.Rows[0].Text != "The campaign" || list.Rows[0].By != "local" || list.Rows[0].At.IsZero() {
		t.Fatalf("%+v", list.Rows)
	}
	var status struct{ Faults []string }
	h.get("/api/v1/status", &status)
	if len(status.Faults) != 0 {
		t.Errorf("faults %q", status.Faults)
	}
	if _, body := h.send(http.MethodGet, "/api/v1/reports/weekly?format=text&from=2026-11-02&to=2026-11-08", ""); !strings.Contains(body, "The campaign [brand:velmora] (local") {
		t.Errorf("the report does not tell it:\n%s", body)
	}
	if status, text := h.send(http.MethodDelete, "/api/v1/notes/"+list.Rows[0].ID, ""); status != http.StatusNoContent {
		t.Errorf("DELETE: %d %s", status, text)
	}
	var audit struct{ Rows []mention.AuditEntry }
	h.get("/api/v1/audit?limit=1000", &audit)
	var did []string
	for _, e := range audit.Rows {
		if strings.HasSuffix(e.Action, ".note") {
			did = append(did, e.Action+" "+e.Detail)
		}
	}
	if len(did) != 2 || !strings.Contains(did[0], "put.note") || did[1] != "delete.note The campaign" {
		t.Errorf("audit %q", did)
	}
}

// TestNotesOfSeveralWritersAtOnce: a limit is no higher and what was deleted does
// not come back because two write at the same time.
func TestNotesOfSeveralWritersAtOnce(t *testing.T) {
	s, err := OpenStore(t.Context(), t.TempDir(), time.UTC, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := backend{&Daemon{store: s}}
	from := time.Date(2026, 11, 3, 0, 0, 0, 0, time.UTC)
	note := mention.TimeNote{From: from, To: from.AddDate(0, 0, 1), Text: "The campaign"}
	count := func() int {
		list, err := b.Notes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for range 20 {
		n, err := b.PutNote(t.Context(), "ann", note)
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() { _, _ = b.PutNote(t.Context(), "ann", n) }) // before, or not found
		wg.Go(func() {
			if err := b.DeleteNote(t.Context(), n.ID, "bea"); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if got := count(); got != 0 {
			t.Fatalf("%d notes: one came back", got)
		}
	}
	lines := note
	lines.Text = strings.Repeat("x\r\n", mention.MaxNoteText/2) // as forms send them
	if n, err := b.PutNote(t.Context(), "ann", lines); err != nil || strings.Contains(n.Text, "\r") {
		t.Errorf("%d characters in lines of a form: %v", mention.MaxNoteText, err)
	} else if err := b.DeleteNote(t.Context(), n.ID, "ann"); err != nil {
		t.Error(err)
	}
	var full []ledger.Object
	for i := range maxNotes - 1 {
		body := fmt.Sprintf(`{"id":"n%d","from":"2026-11-03T00:00:00Z","to":"2026-11-04T00:00:00Z","text":"x","by":"ann"}`, i)
		full = append(full, ledger.Object{Kind: noteKind, ID: fmt.Sprintf("n%d", i), Owner: "ann", Body: []byte(body)})
	}
	if err := s.Ledger.PutObject(t.Context(), full...); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var kept atomic.Int64
	for range 4 {
		wg.Go(func() {
			if _, err := b.PutNote(t.Context(), "ann", note); err == nil {
				kept.Add(1)
			} else if !errors.Is(err, api.ErrConflict) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := count(); got != maxNotes || kept.Load() != 1 {
		t.Errorf("%d notes, %d of four were kept beside %d; want %d and one", got, kept.Load(), maxNotes-1, maxNotes)
	}
}

// TestNoteIsMeasuredInCharacters as the page and the API say, whatever they weigh.
func TestNoteIsMeasuredInCharacters(t *testing.T) {
	h := keepHouse(t, t.TempDir(), "")
	for _, tt := range []struct {
		name, text string
		want       int
	}{
		{"2,000 of three bytes", strings.Repeat("語", mention.MaxNoteText), http.StatusCreated},
		{"one more", strings.Repeat("語", mention.MaxNoteText+1), http.StatusUnprocessableEntity},
	} {
		if code, body := h.send(http.MethodPost, "/api/v1/notes", `{"from":"2026-11-03T00:00:00Z","to":"2026-11-04T00:00:00Z","text":"`+tt.text+`"}`); code != tt.want {
			t.Errorf("%s: %d %.300s, want %d", tt.name, code, body, tt.want)
		}
	}
}
