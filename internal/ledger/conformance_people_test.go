package ledger_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/internal/ledger"
	"earshot/mention"
)

func testCuration(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"), post("b", "two"))
	understand(t, l, "c1")
	event := func(id, action, value string) mention.CurationEvent {
		return mention.CurationEvent{ID: id, Actor: "ann", At: start, Action: action, Value: value}
	}
	err := l.Curate(t.Context(), []mention.CurationEvent{
		event("a", mention.CurateTag, "zebra"), event("a", mention.CurateTag, "apple"), event("a", mention.CurateTag, "zebra"),
		event("a", mention.CurateTag, "gone"), event("a", mention.CurateUntag, "gone"), event("a", mention.CurateUntag, "never"),
		event("a", mention.CurateStar, ""), event("a", mention.CurateIrrelevant, ""), event("a", mention.CurateRelevant, ""),
		event("a", mention.CurateSentiment, mention.Positive), event("a", mention.CurateBrands, "acme, other"), event("a", mention.CurateNote, "look"),
		event("b", mention.CurateBrands, "-"), event("b", mention.CurateSentiment, mention.Mixed), event("b", mention.CurateSentiment, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	recs := must(l.Records(t.Context(), []string{"a", "b"}))(t)
	want := []mention.Curation{
		{Tags: []string{"apple", "zebra"}, Starred: true, Sentiment: mention.Positive, Brands: []string{"acme", "other"}, Notes: []mention.Note{{Actor: "ann", At: start, Text: "look"}}},
		{NoBrands: true},
	}
	if diff := cmp.Diff(want, []mention.Curation{recs[0].Curation, recs[1].Curation}); diff != "" {
		t.Error("curation (-want +got):", diff)
	}
	if diff := cmp.Diff([]string{"3 curated a r1 one", "4 curated b r1 two"}, changes(t, l, 2)); diff != "" {
		t.Error("changes (-want +got):", diff)
	}
	events := must(l.Curations(t.Context(), "a"))(t)
	if len(events) != 12 || events[0].Seq == 0 || events[0].Value != "zebra" {
		t.Errorf("Curations = %v, want the 12 events of a", events)
	}
	// It survives another revision, and whoever is told of it.
	appendAll(t, l, start, post("a", "three"))
	understand(t, l, "c1")
	if rec := must(l.Records(t.Context(), []string{"a"}))(t)[0]; rec.Mention.Text != "three" || !rec.Curation.Starred {
		t.Errorf("record after a revision = %+v", rec)
	}
	for _, e := range []mention.CurationEvent{event("nobody", mention.CurateStar, ""), event("a", "paint", ""), event("a", mention.CurateSentiment, "bad"), event("a", mention.CurateTag, " ")} {
		if err := l.Curate(t.Context(), []mention.CurationEvent{event("b", mention.CurateStar, ""), e}); err == nil {
			t.Errorf("Curate(%+v) was accepted", e)
		}
	}
	if must(l.Records(t.Context(), []string{"b"}))(t)[0].Curation.Starred {
		t.Error("part of a refused list was stored")
	}
}

func testHolds(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"), post("b", "two"))
	understand(t, l, "c1")
	held := func(id string) bool { return must(l.Records(t.Context(), []string{id}))(t)[0].Hold }
	for _, object := range []string{"mention:a", "author:ann"} {
		if err := l.SetHold(t.Context(), object, "court", "me", true); err != nil {
			t.Fatal(err)
		}
		if !held("a") || held("b") != (object == "author:ann") {
			t.Errorf("%s on hold: a %v, b %v", object, held("a"), held("b"))
		}
		if err := l.Erase(t.Context(), "me", "asked", []string{"a"}); !errors.Is(err, ledger.ErrHeld) {
			t.Errorf("Erase of what is held: %v, want ErrHeld", err)
		}
		if err := l.SetHold(t.Context(), object, "over", "me", false); err != nil {
			t.Fatal(err)
		}
	}
	if held("a") {
		t.Error("held after the hold was lifted")
	}
	if err := l.SetHold(t.Context(), "house:a", "", "me", true); err == nil {
		t.Error("a hold on a house was accepted")
	}
	if got := must(l.AuditLog(t.Context(), 0, 10))(t); len(got) != 4 || got[0].Action != "hold" || got[1].Action != "unhold" {
		t.Errorf("audit = %v, want each hold set and lifted", got)
	}
}

func testAudit(t *testing.T, l ledger.Ledger) {
	for i := range 3 {
		e := mention.AuditEntry{At: start, Actor: "ann", Action: fmt.Sprint("act", i), Object: "o", Detail: "d"}
		if err := l.Audit(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	want := []mention.AuditEntry{{Seq: 2, At: start, Actor: "ann", Action: "act1", Object: "o", Detail: "d"}}
	if diff := cmp.Diff(want, must(l.AuditLog(t.Context(), 1, 1))(t)); diff != "" {
		t.Error("audit log (-want +got):", diff)
	}
}

func testObjects(t *testing.T, l ledger.Ledger) {
	o := ledger.Object{Kind: "label", ID: "x", Owner: "ann", Body: []byte(`{"id":"x"}`), Updated: start}
	if err := errors.Join(l.PutObject(t.Context(), o), l.PutObject(t.Context(), ledger.Object{Kind: "brand", ID: "y", Body: []byte("{}"), Updated: start})); err != nil {
		t.Fatal(err)
	}
	o.Body = []byte(`{"id":"x","query":"q"}`)
	if err := l.PutObject(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]ledger.Object{o}, must(l.Objects(t.Context(), "label"))(t)); diff != "" {
		t.Error("objects (-want +got):", diff)
	}
	if got := must(l.Objects(t.Context(), ""))(t); len(got) != 2 {
		t.Errorf("all objects = %v, want 2", got)
	}
	if err := l.DeleteObject(t.Context(), "label", "x"); err != nil {
		t.Fatal(err)
	}
	if err := l.DeleteObject(t.Context(), "label", "x"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("DeleteObject again: %v, want ErrNotFound", err)
	}
	several := []ledger.Object{{Kind: "source", ID: "a", Body: []byte("{}")}, {Kind: "source", ID: "b", Body: []byte("{}")}}
	if err := l.PutObject(t.Context(), append(several, ledger.Object{Kind: "source", ID: "c", Body: []byte("{")})...); err == nil || len(must(l.Objects(t.Context(), "source"))(t)) != 0 {
		t.Errorf("PutObject of several with a bad one: %v; all of them, or none", err)
	}
	if err := l.PutObject(t.Context(), several...); err != nil || len(must(l.Objects(t.Context(), "source"))(t)) != 2 {
		t.Errorf("PutObject of two: %v", err)
	}
	if err := l.PutObject(t.Context(), ledger.Object{Kind: "label", ID: "z", Body: []byte("{")}); err == nil {
		t.Error("an object that is no JSON was accepted")
	}
}

// asks keeps the incidents of spikes of one query.
func asks(want string) mention.Keep {
	return func(kind, match string) bool { return kind == "spike" && match == want }
}

func testIncidents(t *testing.T, l ledger.Ledger) {
	for i := range 4 {
		in := mention.Incident{ID: fmt.Sprint("i", i), Rule: fmt.Sprint("r", i%2), Kind: "spike", Match: fmt.Sprint("w", i%2), State: mention.StateFiring, Opened: start.Add(time.Duration(i) * time.Minute), Count: 1}
		if err := l.CommitAlerts(t.Context(), ledger.AlertCommit{Offset: int64(i), Parts: map[string][]byte{"head": {byte(i)}, fmt.Sprint("part", i): {1}, fmt.Sprint("part", i-1): nil}, Incidents: []mention.Incident{in}}); err != nil {
			t.Fatal(err)
		}
	}
	offset, parts, err := l.AlertState(t.Context())
	if d := cmp.Diff(map[string][]byte{"head": {3}, "part3": {1}}, parts); offset != 3 || err != nil || d != "" {
		t.Errorf("AlertState = %d, %v (-want +got):\n%s", offset, err, d)
	}
	list := func(f ledger.IncidentFilter) (ids string) {
		t.Helper()
		for _, in := range must(l.Incidents(t.Context(), f))(t) {
			ids += in.ID + " "
		}
		return ids
	}
	for _, tt := range []struct {
		filter ledger.IncidentFilter
		want   string
	}{
		{ledger.IncidentFilter{}, "i3 i2 i1 i0 "},
		{ledger.IncidentFilter{Limit: 2}, "i3 i2 "},
		{ledger.IncidentFilter{Before: "i2"}, "i1 i0 "},
		{ledger.IncidentFilter{Rule: "r1", State: mention.StateFiring}, "i3 i1 "},
		{ledger.IncidentFilter{State: mention.StateResolved}, ""},
		{ledger.IncidentFilter{Keep: asks("w0")}, "i2 i0 "},
		{ledger.IncidentFilter{Keep: asks("w0"), Limit: 1}, "i2 "},
		{ledger.IncidentFilter{Keep: asks("w0"), Limit: 1, Before: "i2"}, "i0 "},
		{ledger.IncidentFilter{Keep: asks("w9")}, ""},
	} {
		if got := list(tt.filter); got != tt.want {
			t.Errorf("Incidents(%+v) = %q, want %q", tt.filter, got, tt.want)
		}
	}
	fired := start.Add(2*time.Minute + 500*time.Millisecond)
	must(l.UpdateIncident(t.Context(), "i2", func(in *mention.Incident) error { in.Fired = fired; return nil }))(t)
	for since, want := range map[time.Time]int{fired: 1, fired.Add(time.Millisecond): 0} {
		tallies := map[string]mention.RuleTally{
			"r0": {Fired: want, Last: start.Add(2 * time.Minute), Firing: true}, "r1": {Last: start.Add(3 * time.Minute), Firing: true},
		}
		if d := cmp.Diff(tallies, must(l.Tallies(t.Context(), since))(t)); d != "" {
			t.Errorf("Tallies since %s (-want +got):\n%s", since, d)
		}
	}
	in := must(l.UpdateIncident(t.Context(), "i1", func(in *mention.Incident) error {
		in.Acked, in.AckedBy, in.Muted = start, "ann", true
		return nil
	}))(t)
	// The engine, which knows nothing of flags, does not take them back.
	err = l.CommitAlerts(t.Context(), ledger.AlertCommit{Incidents: []mention.Incident{{ID: "i1", Rule: "r1", State: mention.StateResolved, Opened: in.Opened, Count: 9}}})
	if err != nil {
		t.Fatal(err)
	}
	got := must(l.Incident(t.Context(), "i1"))(t)
	if got.State != mention.StateResolved || got.Count != 9 || got.AckedBy != "ann" || !got.Muted {
		t.Errorf("incident = %+v, want resolved, 9 and the flags", got)
	}
	if _, err := l.Incident(t.Context(), "none"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Incident of nothing: %v", err)
	}
	refuse := errors.New("refuse")
	if _, err := l.UpdateIncident(t.Context(), "i1", func(in *mention.Incident) error { in.Count = 0; return refuse }); !errors.Is(err, refuse) {
		t.Errorf("UpdateIncident = %v, want the error of change", err)
	}
	if got := must(l.Incident(t.Context(), "i1"))(t); got.Count != 9 {
		t.Error("a refused change was stored")
	}
}

func notice(id, receiver, incident string) mention.Delivery {
	return mention.Delivery{ID: id, Receiver: receiver, Incident: incident, Rule: "r", Type: "incident.firing", State: mention.DeliveryPending, Payload: []byte(`{"id":1}`), Created: start}
}

func commitNotices(t *testing.T, l ledger.Ledger, list ...mention.Delivery) {
	t.Helper()
	if err := l.CommitAlerts(t.Context(), ledger.AlertCommit{Deliveries: list}); err != nil {
		t.Fatal(err)
	}
}

func testOutbox(t *testing.T, l ledger.Ledger) {
	if err := l.CommitAlerts(t.Context(), ledger.AlertCommit{Incidents: []mention.Incident{{ID: "i1", Rule: "r", Kind: "spike", Match: "w1", State: mention.StateFiring, Opened: start}}}); err != nil {
		t.Fatal(err)
	}
	held := notice("d3", "hook", "i2")
	held.State, held.Reason, held.Rule = mention.DeliveryHeld, "muted", "r9"
	commitNotices(t, l, notice("d1", "hook", "i1"), notice("d2", "mail", "i1"), held)
	again := notice("d1", "hook", "i1")
	again.Payload = []byte("other")
	commitNotices(t, l, again)
	want := notice("d1", "hook", "i1")
	want.Seq = 1
	if diff := cmp.Diff(want, must(l.Delivery(t.Context(), "d1"))(t)); diff != "" {
		t.Error("delivery (-want +got):", diff)
	}
	ids := func(list []mention.Delivery) (s string) {
		for _, d := range list {
			s += d.ID + " "
		}
		return s
	}
	for _, tt := range []struct {
		filter ledger.DeliveryFilter
		want   string
	}{
		{ledger.DeliveryFilter{}, "d3 d2 d1 "},
		{ledger.DeliveryFilter{Receiver: "hook"}, "d3 d1 "},
		{ledger.DeliveryFilter{State: mention.DeliveryHeld}, "d3 "},
		{ledger.DeliveryFilter{Incident: "i1", Limit: 1}, "d2 "},
		{ledger.DeliveryFilter{Before: 2}, "d1 "},
		{ledger.DeliveryFilter{Keep: asks("w1")}, "d2 d1 "},
		{ledger.DeliveryFilter{Keep: asks("w1"), Limit: 1}, "d2 "},
		{ledger.DeliveryFilter{Keep: asks("w1"), Receiver: "hook", Before: 3}, "d1 "},
		{ledger.DeliveryFilter{Keep: asks("")}, ""},
	} {
		if got := ids(must(l.Deliveries(t.Context(), tt.filter))(t)); got != tt.want {
			t.Errorf("Deliveries(%+v) = %q, want %q", tt.filter, got, tt.want)
		}
	}
	must(l.UpdateDelivery(t.Context(), "d1", func(d *mention.Delivery) error {
		d.State, d.Error, d.Attempts = mention.DeliveryDead, "gone", 5
		return nil
	}))(t)
	if c := must(l.Counts(t.Context()))(t); c.Deliveries != 3 || c.DeadLetters != 1 {
		t.Errorf("counts = %+v, want 3 deliveries, 1 dead", c)
	}
	if _, err := l.UpdateDelivery(t.Context(), "none", func(*mention.Delivery) error { return nil }); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("UpdateDelivery of nothing: %v", err)
	}
	if _, err := l.Delivery(t.Context(), "none"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Delivery of nothing: %v", err)
	}
}

func testOutboxOrder(t *testing.T, l ledger.Ledger) {
	commitNotices(t, l, notice("a1", "hook", "a"), notice("b1", "hook", "b"), notice("a2", "hook", "a"), notice("m1", "mail", "a"), notice("a3", "hook", "a"), notice("t1", "hook", ""), notice("t2", "hook", ""))
	step := func(now time.Duration, wantDue string, wantNext time.Duration) {
		t.Helper()
		due := ""
		for _, d := range must(l.DueDeliveries(t.Context(), "hook", start.Add(now), 10))(t) {
			due += d.ID + " "
		}
		if due != wantDue {
			t.Errorf("due after %s: %q, want %q", now, due, wantDue)
		}
		next := must(l.NextDelivery(t.Context(), "hook"))(t)
		if want := start.Add(wantNext); wantNext >= 0 && !next.Equal(want) || wantNext < 0 && !next.IsZero() {
			t.Errorf("next = %v, want %s after the start", next, wantNext)
		}
	}
	set := func(id, state string, next time.Duration) {
		t.Helper()
		must(l.UpdateDelivery(t.Context(), id, func(d *mention.Delivery) error {
			d.State, d.Next = state, start.Add(next)
			return nil
		}))(t)
	}
	step(-time.Second, "", 0)
	step(0, "a1 b1 t1 t2 ", 0) // a2 waits for a1; notices of no incident for none
	set("a1", mention.DeliverySending, 0)
	step(0, "a1 b1 t1 t2 ", 0) // a crash while sending
	set("a1", mention.DeliveryPending, time.Hour)
	set("b1", mention.DeliverySent, 0)
	set("t1", mention.DeliverySent, 0)
	set("t2", mention.DeliverySent, 0)
	step(time.Minute, "", time.Hour)
	step(time.Hour, "a1 ", time.Hour)
	want := []ledger.Waiting{{Receiver: "hook", Count: 3, Oldest: start}, {Receiver: "mail", Count: 1, Oldest: start}}
	if diff := cmp.Diff(want, must(l.Waiting(t.Context()))(t)); diff != "" {
		t.Errorf("Waiting (-want +got):\n%s", diff)
	}
	if err := l.HastenDeliveries(t.Context(), "hook", start.Add(2*time.Minute)); err != nil {
		t.Fatal(err)
	}
	if d := must(l.Delivery(t.Context(), "a1"))(t); !d.Next.Equal(start.Add(2 * time.Minute)) {
		t.Errorf("hastened, the next try of a1 is at %v", d.Next)
	}
	step(time.Minute, "", 2*time.Minute)
	step(2*time.Minute, "a1 ", 2*time.Minute)
	set("a1", mention.DeliveryDead, 0)
	step(time.Hour, "a2 ", 0)
	set("a2", mention.DeliverySent, 0)
	set("a3", mention.DeliverySent, 0)
	step(time.Hour, "", -1)
}

func testSafetyFlags(t *testing.T, l ledger.Ledger) {
	c := answer("https://x.example/f", "body")
	must(l.Append(t.Context(), start, mention.Batch{Source: "feed", Mentions: []mention.Mention{post("a", "I was ill")}, Capture: c}))(t)
	understand(t, l, "c1")
	flag := mention.SafetyFlag{Mention: "a", Revision: 1, Score: 0.9, Seen: start, Flagged: start}
	d := notice("d", "desk", "")
	d.Mention = "a"
	if err := l.CommitAlerts(t.Context(), ledger.AlertCommit{Flags: []mention.SafetyFlag{flag}, Deliveries: []mention.Delivery{d}}); err != nil {
		t.Fatal(err)
	}
	second := flag
	second.Flagged = start.Add(time.Hour)
	if err := l.CommitAlerts(t.Context(), ledger.AlertCommit{Flags: []mention.SafetyFlag{second}}); err != nil {
		t.Fatal(err)
	}
	if !must(l.Records(t.Context(), []string{"a"}))(t)[0].Hold {
		t.Error("a flagged mention is not on hold")
	}
	must(l.UpdateDelivery(t.Context(), "d", func(d *mention.Delivery) error {
		d.State, d.Sent = mention.DeliverySent, start.Add(time.Second)
		return nil
	}))(t)
	if err := l.UpdateSafetyFlag(t.Context(), "a", func(f *mention.SafetyFlag) error {
		f.Opened, f.OpenedBy = start.Add(time.Minute), "ann"
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	flag.Notified, flag.Opened, flag.OpenedBy = start.Add(time.Second), start.Add(time.Minute), "ann"
	if diff := cmp.Diff([]mention.SafetyFlag{flag}, must(l.SafetyFlags(t.Context(), start))(t)); diff != "" {
		t.Error("flags (-want +got):", diff)
	}
	if got := must(l.SafetyFlags(t.Context(), start.Add(1*time.Hour)))(t); len(got) != 0 {
		t.Errorf("flags of later = %v", got)
	}
	if err := l.UpdateSafetyFlag(t.Context(), "b", func(*mention.SafetyFlag) error { return nil }); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("UpdateSafetyFlag of nothing: %v", err)
	}
	// Years later, its capture is still there.
	if n := must(l.Sweep(t.Context(), start.AddDate(5, 0, 0), time.Hour))(t); n != 0 {
		t.Errorf("Sweep took %d captures, want 0", n)
	}
	if _, err := l.Capture(t.Context(), c.ID); err != nil {
		t.Error(err)
	}
}

func testErase(t *testing.T, l ledger.Ledger) {
	c := answer("https://x.example/f", "body with a secret")
	must(l.Append(t.Context(), start, mention.Batch{Source: "feed", Mentions: []mention.Mention{post("a", "secret"), post("b", "kept")}, Capture: c}))(t)
	appendAll(t, l, start, post("a", "secret edited"))
	understand(t, l, "c1")
	if err := l.Curate(t.Context(), []mention.CurationEvent{{ID: "a", Action: mention.CurateNote, Value: "secret"}}); err != nil {
		t.Fatal(err)
	}
	last := must(l.Counts(t.Context()))(t).AnalyzedSeq
	for range 2 {
		if err := l.Erase(t.Context(), "me", "asked", []string{"a", "never seen"}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{fmt.Sprint(last+1, " erased a r0 ")}, changes(t, l, last)); diff != "" {
		t.Error("changes (-want +got):", diff)
	}
	if got := changes(t, l, 1)[0]; got != "2 erased a r0 " {
		t.Errorf("its first change = %q", got)
	}
	for _, e := range must(l.Entries(t.Context(), 0, 10))(t) {
		if want := (mention.Mention{ID: "a", Revision: e.Mention.Revision, Published: e.Mention.Published, Seen: start, Collected: start}); e.Mention.ID == "a" {
			if diff := cmp.Diff(want, e.Mention); diff != "" {
				t.Error("entry (-want +got):", diff)
			}
		}
	}
	if got := must(l.Records(t.Context(), []string{"a", "b"}))(t); len(got) != 1 || got[0].Mention.Text != "kept" {
		t.Errorf("records = %v, want b alone", got)
	}
	if _, err := l.Capture(t.Context(), c.ID); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("its capture: %v, want ErrNotFound", err)
	}
	r := appendAll(t, l, start, post("a", "secret"), post("never seen", "x"))
	if r.Refused != 2 {
		t.Errorf("receipt = %+v, want both refused", r)
	}
	if c := must(l.Counts(t.Context()))(t); c.Mentions != 1 || c.Analyzed != 1 || c.Revisions != 3 {
		t.Errorf("counts = %+v", c)
	}
	// What was analysed while it was erased is dropped.
	if err := l.PutUnderstood(t.Context(), 0, []ledger.Understood{understood(mention.Mention{ID: "a", Revision: 2, Text: "secret"}, "c")}); err != nil {
		t.Fatal(err)
	}
	if c := must(l.Counts(t.Context()))(t); c.Analyzed != 1 {
		t.Errorf("counts = %+v, want one analyzed", c)
	}
}

func testSweep(t *testing.T, l ledger.Ledger) {
	day := 24 * time.Hour
	store := func(id string, age time.Duration) string {
		t.Helper()
		now := start.Add(-age)
		c := answer("https://x.example/"+id, "body of "+id)
		c.Fetched = now
		m := post(id, "x")
		m.Author = id
		must(l.Append(t.Context(), now, mention.Batch{Source: "feed", Mentions: []mention.Mention{m}, Capture: c}))(t)
		return c.ID
	}
	old, heldMention, heldAuthor, heldCapture := store("old", 40*day), store("hm", 40*day), store("ha", 40*day), store("hc", 40*day)
	young := store("young", 10*day)
	store("today", 0)
	for _, object := range []string{"mention:hm", "author:ha", "capture:" + heldCapture} {
		if err := l.SetHold(t.Context(), object, "court", "me", true); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range []int{1, 0} {
		if n := must(l.Sweep(t.Context(), start, 30*day))(t); n != want {
			t.Errorf("Sweep %d = %d, want %d", i, n, want)
		}
	}
	for id, there := range map[string]bool{old: false, heldMention: true, heldAuthor: true, heldCapture: true, young: true} {
		c, err := l.Capture(t.Context(), id)
		if (err == nil) != there || !there && !errors.Is(err, ledger.ErrNotFound) {
			t.Errorf("capture %s (there: %v): %+v, %v", id, there, c, err)
		}
	}
	if n := must(l.Sweep(t.Context(), start.AddDate(1, 0, 0), 30*day))(t); n != 2 {
		t.Errorf("Sweep in a year = %d, want 2", n)
	}
}

func testAccuracies(t *testing.T, l ledger.Ledger) {
	for _, a := range []mention.Accuracy{{Query: "a", Seed: 1}, {Query: "b", Seed: 2}, {Query: "a", Seed: 3, Scored: start}} {
		if err := l.PutAccuracy(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	want := []mention.Accuracy{{Query: "a", Seed: 3, Scored: start}, {Query: "a", Seed: 1}}
	if diff := cmp.Diff(want, must(l.Accuracies(t.Context(), "a"))(t)); diff != "" {
		t.Error("accuracies, the latest first (-want +got):", diff)
	}
	if got := must(l.Accuracies(t.Context(), "c"))(t); len(got) != 0 {
		t.Errorf("accuracies of a query without any: %v", got)
	}
}
