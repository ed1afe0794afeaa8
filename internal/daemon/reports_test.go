package daemon

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"earshot/internal/config"
	"earshot/mention"
	"earshot/report"
)

func TestKeptReportIsReviewed(t *testing.T) {
	h := keepHouse(t, t.TempDir(), brands+"reports: [{id: monday, schedule: \"mon 07:00\", period: 7d}]\n")
	h.push("Acme recalls one", "Acme recalls two")
	h.eventually("both are found", func() bool {
		var status struct{ Lag int }
		return h.get("/api/v1/status", &status) == http.StatusOK && status.Lag == 0 && h.count("acme") == 2
	})
	from := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	to := time.Now().UTC().Format(time.DateOnly)
	if status, _ := h.post("/api/v1/archive", map[string]string{"kind": "weekly", "from": from, "to": to}); status != http.StatusCreated {
		t.Fatalf("keep: %d", status)
	}
	var list struct{ Rows []mention.KeptReport }
	h.get("/api/v1/archive", &list)
	if len(list.Rows) != 1 {
		t.Fatalf("kept = %+v, want one", list.Rows)
	}
	review := func() (v mention.ReportReview) {
		if status := h.get("/api/v1/archive/"+list.Rows[0].ID+"/review", &v); status != http.StatusOK {
			t.Fatalf("review: %d", status)
		}
		return v
	}
	if v := review(); len(v.Changes) != 0 || v.Numbers == 0 {
		t.Errorf("nothing happened, and yet %+v", v)
	}
	h.push("Acme recalls three")
	h.eventually("the third is found", func() bool { return h.count("acme") == 3 })
	v := review()
	if len(v.Changes) == 0 || v.Changes[0] != (mention.ReportChange{Name: "volume", Was: "2", Now: "3", Query: v.Changes[0].Query}) {
		t.Errorf("changes = %+v, want volume was 2, now 3", v.Changes)
	}
	if got := strings.Join(v.Causes, "; "); got != "1 mention came in after the report was made" {
		t.Errorf("causes = %q", got)
	}
	h.write("brands: [{id: acme, name: Acme, role: own, aliases: [Acmeco]}]\n")
	h.eventually("the changed brand is named", func() bool {
		return strings.Contains(strings.Join(review().Causes, "; "), "brand acme was changed in the configuration")
	})
}

func TestPlannedReportIsMadeOnceForItsTime(t *testing.T) {
	dir := t.TempDir()
	h := keepHouse(t, dir, brands+"reports: [{id: monday, schedule: \"mon 07:00\"}]\n")
	h.push("Acme recalls one")
	h.eventually("it is found", func() bool { return h.count("acme") == 1 })
	h.stop()
	d, err := open(t.Context(), Options{Config: mustLoad(t, h.path)})
	if err != nil {
		t.Fatal(err)
	}
	cfg := d.cfg.Load()
	p := &cfg.Reports[0]
	kept := func() int {
		list, err := d.store.Ledger.Reports(t.Context(), mention.KeptFilter{})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	due := func(at time.Time) {
		t.Helper()
		if err := d.makeDue(t.Context(), cfg, p, at); err != nil {
			t.Fatal(err)
		}
	}
	due(now())
	if n := kept(); n != 0 {
		t.Errorf("a new plan made %d reports of the past", n)
	}
	next := p.Next(now(), time.UTC)
	due(next)
	due(next)
	due(next.Add(3 * time.Hour))
	if n := kept(); n != 1 {
		t.Errorf("%d reports for one time", n)
	}
	due(next.AddDate(0, 0, 30)) // four times passed while nothing ran
	if n := kept(); n != 2 {
		t.Errorf("%d reports, want one more: the newest that was missed", n)
	}
	list, err := d.store.Ledger.Reports(t.Context(), mention.KeptFilter{Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	if err := (backend{d}).DeleteReport(t.Context(), list[0].ID, "ann"); err != nil {
		t.Fatal(err)
	}
	due(next.AddDate(0, 0, 30)) // as at every reload and start
	if n := kept(); n != 1 {
		t.Errorf("%d reports: the one that was deleted is made again", n)
	}
	other := report.Plan{ID: "monday", Schedule: "daily 07:00"}
	if err := d.makeDue(t.Context(), cfg, &other, next.AddDate(0, 0, 40)); err != nil || kept() != 1 {
		t.Errorf("another schedule began with the past: %d reports, %v", kept(), err)
	}
	if err := d.close(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func mustLoad(t *testing.T, path string) *config.Config {
	t.Helper()
	cfg, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func TestRuleIsTriedInTheBackground(t *testing.T) {
	h := keepHouse(t, t.TempDir(), brands)
	h.push("Acme recalls one", "Acme recalls two", "Acme recalls three", "Acme sings")
	h.eventually("all are found", func() bool { return h.count("acme") == 4 })
	try := func(form url.Values) string {
		resp, err := http.PostForm(h.base+"/rules/try", form)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	rule := url.Values{"new": {"1"}, "kind": {"threshold"}, "match": {"recall*"}, "count": {"3"}, "window": {"1h"}, "days": {"7"}}
	h.eventually("it would have fired once", func() bool { return strings.Contains(try(rule), "<strong>1 firing</strong>") })
	rule.Set("match", "nothing*")
	h.eventually("and another never", func() bool { return strings.Contains(try(rule), "It would have told nobody anything") })
	rule.Set("kind", "odd")
	if body := try(rule); !strings.Contains(body, "odd") || !strings.Contains(body, `role="alert"`) {
		t.Error("a wrong kind is not told")
	}
}

// TestPlansStayDeleted: one that was made by the API stays away when the
// configuration is read again; one of the file is not deleted here.
func TestPlansStayDeleted(t *testing.T) {
	text := brands + "reports: [{id: monday, schedule: \"mon 07:00\"}]\n"
	h := keepHouse(t, t.TempDir(), text)
	ids := func() string {
		var list struct{ Rows []struct{ ID string } }
		h.get("/api/v1/plans", &list)
		var out []string
		for _, r := range list.Rows {
			out = append(out, r.ID)
		}
		return strings.Join(out, " ")
	}
	if status, body := h.send("PUT", "/api/v1/plans/mine", `{"id":"mine","kind":"weekly","schedule":"daily 07:00"}`); status != http.StatusNoContent || ids() != "monday mine" {
		t.Fatalf("%d %s, plans %s", status, body, ids())
	}
	if status, body := h.send("DELETE", "/api/v1/plans/mine", ""); status != http.StatusNoContent || ids() != "monday" {
		t.Errorf("%d %s, plans %s", status, body, ids())
	}
	h.write(text + "labels: [{id: read-again, query: x}]\n")
	h.eventually("the file is read again", func() bool {
		var list struct{ Rows []struct{ ID string } }
		h.get("/api/v1/labels", &list)
		return len(list.Rows) == 1
	})
	if got := ids(); got != "monday" {
		t.Errorf("plans %s after the file was read again", got)
	}
	if status, body := h.send("DELETE", "/api/v1/plans/monday", ""); status != http.StatusConflict || !strings.Contains(body, "change it there") || ids() != "monday" {
		t.Errorf("one of the file: %d %s, plans %s", status, body, ids())
	}
	h.stop()
	h.start()
	if got := ids(); got != "monday" {
		t.Errorf("plans %s after a restart", got)
	}
}
