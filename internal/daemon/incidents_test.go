package daemon

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"earshot/alerts"
	"earshot/internal/ledger"
	"earshot/mention"
)

func TestPeopleDoThingsToIncidents(t *testing.T) {
	dir := t.TempDir()
	notices := make(chan alerts.Notice, 20)
	hook := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var n alerts.Notice
		if json.NewDecoder(r.Body).Decode(&n) == nil {
			notices <- n
		}
	}))
	defer hook.Close()
	hookSecret(t, dir)
	h := keepHouse(t, dir, `
labels: [{id: med, query: recall, department: medical}]
departments: [{id: medical, receivers: [hook]}]
rules: [{id: r, match: "recall", severity: crisis, ack_within: 30m, escalate: [{after: 1h, notify: hook}]}]
receivers: [{id: hook, kind: webhook, url: "`+hook.URL+`/", secret_file: secret}]
`)
	h.push("Acme begins a recall")
	var list struct{ Rows []mention.Incident }
	h.eventually("an incident", func() bool {
		h.get("/api/v1/incidents", &list)
		return len(list.Rows) == 1
	})
	inc := list.Rows[0]
	if inc.Department != "medical" || inc.AckDue.IsZero() {
		t.Errorf("incident %+v", inc)
	}
	select {
	case n := <-notices:
		if n.Data.Incident.Department != "medical" || n.Data.Rule.ID != "r" {
			t.Errorf("notice %+v", n)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the department was not told")
	}
	for _, body := range []map[string]any{
		{"action": "assign", "text": "ann"},
		{"action": "note", "text": "Called the plant."},
		{"action": "ack"},
		{"action": "respond"},
		{"action": "mute"},
	} {
		if status, text := h.post("/api/v1/incidents/"+inc.ID+"/flags", body); status != http.StatusOK {
			t.Fatalf("%v: %d %s", body, status, text)
		}
	}
	h.get("/api/v1/incidents/"+inc.ID, &inc)
	if inc.Assigned != "ann" || len(inc.Notes) != 1 || inc.Notes[0].By != "local" || inc.Acked.IsZero() || inc.Responded.IsZero() || !inc.Muted {
		t.Errorf("incident %+v", inc)
	}
	var p mention.MutePreview
	h.get("/api/v1/incidents/"+inc.ID+"/mute-preview", &p)
	if p.Incidents != 1 || p.Notices != 1 || p.Sent[0].Receiver != "hook" {
		t.Errorf("preview %+v", p)
	}
}

func TestSubscriptionToASavedSearch(t *testing.T) {
	dir := t.TempDir()
	hookSecret(t, dir)
	h := keepHouse(t, dir, `
receivers: [{id: hook, kind: webhook, url: "http://127.0.0.1:1/", secret_file: secret}]
`)
	put := func(body string) int {
		t.Helper()
		status, _ := h.send(http.MethodPut, "/api/v1/subscriptions/mine", body)
		return status
	}
	for body, want := range map[string]int{
		`{"id":"mine","query":"recall","via":"nobody"}`:                    http.StatusUnprocessableEntity,
		`{"id":"mine","query":"","via":"hook"}`:                            http.StatusUnprocessableEntity,
		`{"id":"mine","query":"recall","via":"hook","to":["a@b.example"]}`: http.StatusUnprocessableEntity,
	} {
		if got := put(body); got != want {
			t.Errorf("%s: %d, want %d", body, got, want)
		}
	}
	if got := put(`{"id":"mine","query":"recall","via":"hook"}`); got != http.StatusNoContent {
		t.Fatalf("put: %d", got)
	}
	h.push("Acme begins a recall")
	var list struct{ Rows []mention.Delivery }
	h.eventually("a notice", func() bool {
		h.get("/api/v1/deliveries", &list)
		return len(list.Rows) == 1 && list.Rows[0].Receiver == "subscription-mine"
	})
	var subs struct{ Rows []struct{ ID, Owner string } }
	h.get("/api/v1/subscriptions", &subs)
	if len(subs.Rows) != 1 || subs.Rows[0].Owner != "local" {
		t.Errorf("subscriptions %+v", subs)
	}
}

func TestLinksActOnceAndAfterAQuestion(t *testing.T) {
	dir := t.TempDir()
	h := keepHouse(t, dir, `
rules: [{id: r, match: "recall", notify: hook}]
receivers: [{id: hook, kind: webhook, url: "http://127.0.0.1:1/", secret_file: secret}]
`)
	h.stop()
	hookSecret(t, dir)
	h.write(`
rules: [{id: r, match: "recall", notify: hook}]
receivers: [{id: hook, kind: webhook, url: "http://127.0.0.1:1/", secret_file: secret}]
`)
	text, err := os.ReadFile(h.path)
	if err != nil {
		t.Fatal(err)
	}
	public := strings.Replace(string(text), `server: {`, `server: {public_url: "https://ear.example", `, 1)
	if err := os.WriteFile(h.path, []byte(public), 0o600); err != nil {
		t.Fatal(err)
	}
	h.start()
	h.push("Acme begins a recall")
	var list struct{ Rows []mention.Delivery }
	h.eventually("a notice", func() bool {
		h.get("/api/v1/deliveries", &list)
		return len(list.Rows) == 1
	})
	var d struct{ Payload alerts.Notice }
	h.get("/api/v1/deliveries/"+list.Rows[0].ID, &d)
	path, ok := strings.CutPrefix(d.Payload.Data.Links["ack"], "https://ear.example")
	if !ok {
		t.Fatalf("links %v", d.Payload.Data.Links)
	}
	var inc mention.Incident
	acked := func() bool {
		h.get("/api/v1/incidents/"+list.Rows[0].Incident, &inc)
		return !inc.Acked.IsZero()
	}
	if status := h.get(path, nil); status != http.StatusOK || acked() {
		t.Errorf("opened: %d, acknowledged %v", status, acked())
	}
	if status, body := h.post(path, nil); status != http.StatusOK || !acked() || inc.AckedBy != "link to hook" {
		t.Errorf("confirmed: %d %s, by %q", status, body, inc.AckedBy)
	}
	for _, p := range []string{path, path[:len(path)-2] + "xx", "/act/", "/act/x.y"} {
		if status, _ := h.post(p, nil); status != http.StatusGone {
			t.Errorf("%s: %d, want 410", p, status)
		}
	}
}

// flaggedLedger holds three mentions that were flagged, and their notices.
func flaggedLedger(t *testing.T) (ledger.Ledger, *alerts.Engine, time.Time) {
	t.Helper()
	led := openLedger(t)
	at := now().Add(-2 * time.Hour)
	o := alerts.Options{
		Rules:     []alerts.Rule{{ID: "ae", Kind: alerts.KindSafety, Notify: alerts.Words{"a", "b"}}},
		Receivers: []alerts.Receiver{{ID: "a", Kind: "webhook", URL: "https://a.example/", SecretFile: "x"}, {ID: "b", Kind: "webhook", URL: "https://b.example/", SecretFile: "x"}},
	}
	e, err := alerts.NewEngine(o)
	if err != nil {
		t.Fatal(err)
	}
	var changes []mention.Change
	for i, id := range []string{"m1", "m2", "m3"} {
		m := mention.Mention{ID: id, Revision: 1, Title: "A rash", Published: at, Seen: at, Collected: at}
		a := mention.Analysis{Status: mention.StatusOK, Safety: &mention.Safety{AdverseEvent: true, Score: 1}}
		changes = append(changes, mention.Change{Seq: int64(i + 1), Kind: mention.ChangeNew, At: at, Record: mention.Record{Mention: m, Analysis: a}})
	}
	out := e.Step(at, changes)
	if err := led.CommitAlerts(t.Context(), ledger.AlertCommit{Incidents: out.Incidents, Deliveries: out.Deliveries, Flags: out.Flags}); err != nil {
		t.Fatal(err)
	}
	rows, err := led.Deliveries(t.Context(), ledger.DeliveryFilter{})
	if err != nil || len(rows) != 6 {
		t.Fatalf("%d deliveries, %v", len(rows), err)
	}
	for _, d := range rows {
		setDelivery(t, led, d.ID, func(d *mention.Delivery) { d.State, d.Sent = mention.DeliverySent, at })
	}
	return led, e, at
}

func setDelivery(t *testing.T, led ledger.Ledger, id string, change func(*mention.Delivery)) {
	t.Helper()
	_, err := led.UpdateDelivery(t.Context(), id, func(d *mention.Delivery) error {
		change(d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestReconciliationFindsWhatIsWrong(t *testing.T) {
	tests := []struct {
		name   string
		do     func(*testing.T, ledger.Ledger, mention.Delivery)
		sent   int
		faults []string
	}{
		{"all is well", func(*testing.T, ledger.Ledger, mention.Delivery) {}, 3, nil},
		{"a notice removed by hand", func(t *testing.T, l ledger.Ledger, d mention.Delivery) {
			setDelivery(t, l, d.ID, func(d *mention.Delivery) { d.Mention = "" })
		}, 2, []string{mention.SafetyMissing, mention.SafetyUnmarked}},
		{"held by hand", func(t *testing.T, l ledger.Ledger, d mention.Delivery) {
			setDelivery(t, l, d.ID, func(d *mention.Delivery) { d.State = mention.DeliveryHeld })
		}, 2, []string{mention.SafetyHeld}},
		{"waits for long", func(t *testing.T, l ledger.Ledger, d mention.Delivery) {
			setDelivery(t, l, d.ID, func(d *mention.Delivery) { d.State = mention.DeliveryPending })
		}, 2, []string{mention.SafetyWaiting}},
		{"given up, and another was told", func(t *testing.T, l ledger.Ledger, d mention.Delivery) {
			setDelivery(t, l, d.ID, func(d *mention.Delivery) { d.State = mention.DeliveryDead })
		}, 3, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			led, e, at := flaggedLedger(t)
			rows, err := led.Deliveries(t.Context(), ledger.DeliveryFilter{Limit: 1})
			if err != nil {
				t.Fatal(err)
			}
			tt.do(t, led, rows[0])
			r, err := reconcile(t.Context(), led, e, at.Add(-time.Hour), now())
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.Faults {
				got = append(got, f.Fault)
			}
			if r.Flagged != 3 || r.Sent != tt.sent || strings.Join(got, " ") != strings.Join(tt.faults, " ") || r.AddsUp != (len(tt.faults) == 0) {
				t.Errorf("flagged %d, sent %d, faults %v, adds up %v", r.Flagged, r.Sent, r.Faults, r.AddsUp)
			}
			if n := e.Unreconciled(&r); len(n) != 2 || n[0].State != mention.DeliveryPending {
				t.Errorf("%d notices that it does not add up, want one for each receiver", len(n))
			}
		})
	}
	t.Run("a day without a person", func(t *testing.T) {
		led, e, at := flaggedLedger(t)
		r, err := reconcile(t.Context(), led, e, at.Add(-time.Hour), now().Add(25*time.Hour))
		if err != nil || len(r.Faults) != 3 || r.Faults[0].Fault != mention.SafetyOpen {
			t.Errorf("faults %v, %v", r.Faults, err)
		}
	})
}

func TestNoticesToReceiversThatAreGoneAreGivenUp(t *testing.T) {
	led, _, at := flaggedLedger(t)
	rows, err := led.Deliveries(t.Context(), ledger.DeliveryFilter{Receiver: "b", Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	setDelivery(t, led, rows[0].ID, func(d *mention.Delivery) { d.State, d.Next = mention.DeliveryPending, at })
	e, err := alerts.NewEngine(alerts.Options{
		Rules:     []alerts.Rule{{ID: "ae", Kind: alerts.KindSafety, Notify: alerts.Words{"a"}}},
		Receivers: []alerts.Receiver{{ID: "a", Kind: "webhook", URL: "https://a.example/", SecretFile: "x"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	woken := ""
	a := &alerting{ledger: led, log: slog.New(slog.DiscardHandler), now: now, engine: e, wake: func(r string) { woken = r }, tell: func(mention.Incident) {}}
	d := &Daemon{store: &Store{Ledger: led}, log: slog.New(slog.DiscardHandler), alerting: a, dispatch: &dispatcher{}}
	d.dispatch.set(map[string]outlet{"a": {}})
	if err := d.orphans(t.Context()); err != nil {
		t.Fatal(err)
	}
	dead, err := led.Delivery(t.Context(), rows[0].ID)
	if err != nil || dead.State != mention.DeliveryDead || woken != "a" {
		t.Errorf("delivery %+v, %v; woken %q", dead, err, woken)
	}
	all, err := led.Deliveries(t.Context(), ledger.DeliveryFilter{Mention: dead.Mention})
	if err != nil || len(all) != 3 {
		t.Errorf("%d notices of the mention, %v; want the escalated one as well", len(all), err)
	}
}
