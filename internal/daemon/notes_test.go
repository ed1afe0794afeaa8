package daemon

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"earshot/mention"
)

// TestNotesAreKeptBesideTheConfiguration: they outlive a restart, are no fault
// of the configuration, and are in the audit.
func TestNotesAreKeptBesideTheConfiguration(t *testing.T) {
	h := keepHouse(t, t.TempDir(), "brands: [{id: velmora, name: Velmora, role: own}]\n")
	resp, err := http.Post(h.base+"/api/v1/notes", "application/json", strings.NewReader(`{"from":"2026-11-03T00:00:00Z","to":"2026-11-04T00:00:00Z","query":"brand:velmora","text":" The campaign "}`))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusCreated {
		t.Fatalf("POST: %s", resp.Status)
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
	resp, err = http.Get(h.base + "/api/v1/reports/weekly?format=text&from=2026-11-02&to=2026-11-08")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if body := string(text); err != nil || !strings.Contains(body, "The campaign [brand:velmora] (local") {
		t.Errorf("the report does not tell it:\n%s", body)
	}
	req, err := http.NewRequest(http.MethodDelete, h.base+"/api/v1/notes/"+list.Rows[0].ID, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err = http.DefaultClient.Do(req); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
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
