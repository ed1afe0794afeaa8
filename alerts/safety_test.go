package alerts

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"earshot/mention"
)

var safetyRule = Rule{ID: "ae", Kind: KindSafety, Notify: Words{"safety"}}

func TestSafetyTellsEachMentionOnce(t *testing.T) {
	tests := []struct {
		name  string
		rules []Rule
		posts []post
		want  []string
		flags int
	}{
		{"not flagged", []Rule{safetyRule}, []post{{}}, nil, 0},
		{"flagged", []Rule{safetyRule}, []post{{safety: true}}, []string{"0s safety safety.flagged"}, 1},
		{"flagged without a rule is still on record", nil, []post{{safety: true}}, nil, 1},
		{"copies are not folded", []Rule{safetyRule}, []post{{safety: true, story: "s"}, {safety: true, story: "s", after: minute}}, []string{"0s safety safety.flagged", "1m0s safety safety.flagged"}, 2},
		{"a second revision, a correction and another model are not told again", []Rule{safetyRule}, []post{
			{id: "x", safety: true},
			{id: "x", safety: true, kind: mention.ChangeRevised, revision: 2, after: minute},
			{id: "x", safety: true, kind: mention.ChangeCurated, after: 2 * minute},
			{id: "x", safety: true, kind: mention.ChangeRescored, after: 3 * minute},
		}, []string{"0s safety safety.flagged"}, 1},
		{"found by a later model", []Rule{safetyRule}, []post{{id: "x"}, {id: "x", safety: true, kind: mention.ChangeRescored, after: hour}}, []string{"1h0m0s safety safety.flagged"}, 1},
		{"old, own channel, irrelevant, imported", []Rule{safetyRule}, []post{
			{safety: true, published: 400 * day}, {safety: true, own: "novarel"}, {safety: true, curation: mention.Curation{Irrelevant: true}}, {safety: true, origin: mention.OriginImport},
		}, []string{"0s safety safety.flagged", "0s safety safety.flagged", "0s safety safety.flagged", "0s safety safety.flagged"}, 4},
		{"two rules, one receiver, one notice", []Rule{safetyRule, {ID: "ae2", Kind: KindSafety, Match: "recall", Notify: Words{"safety", "hook"}}}, []post{{safety: true}}, []string{"0s safety safety.flagged", "0s hook safety.flagged"}, 1},
		{"a rule for some", []Rule{{ID: "ae", Kind: KindSafety, Match: "rash", Notify: Words{"safety"}}}, []post{{safety: true}, {safety: true, title: "A rash after Novarel"}}, []string{"0s safety safety.flagged"}, 2},
		{"an expression that fails does not hide it", []Rule{{ID: "ae", Kind: KindSafety, Where: `brands[3] == "x"`, Notify: Words{"safety"}}}, []post{{safety: true}}, []string{"0s safety safety.flagged"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := play(testEngine(t, tt.rules, testReceiver("safety"), testReceiver("hook")), day, changes(tt.posts...))
			if d := cmp.Diff(tt.want, told(out.Deliveries)); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
			if len(out.Flags) != tt.flags {
				t.Errorf("%d flags, want %d", len(out.Flags), tt.flags)
			}
		})
	}
}

func TestSafetyNoticeShowsTheEvidence(t *testing.T) {
	out := play(testEngine(t, []Rule{safetyRule}, testReceiver("safety")), 0, changes(post{safety: true, origin: mention.OriginImport}))
	n := notice(t, out.Deliveries[0])
	if !n.Data.Safety.Late || !out.Flags[0].Late || !out.Incidents[0].Late {
		t.Error("an imported find is not marked late")
	}
	if d := cmp.Diff([]string{"Recall"}, n.Data.Safety.Reaction); d != "" {
		t.Errorf("reaction (-want +got):\n%s", d)
	}
	if out.Deliveries[0].Mention != "m1" || out.Incidents[0].State != mention.StateFiring || out.Incidents[0].Severity != mention.SeveritySafety {
		t.Errorf("delivery %+v, incident %+v", out.Deliveries[0], out.Incidents[0])
	}
}

func TestNewSafetyReceiverIsToldOfOldFindsAsLate(t *testing.T) {
	list := changes(post{id: "x", safety: true}, post{id: "x", safety: true, kind: mention.ChangeRescored, after: hour})
	e := testEngine(t, []Rule{safetyRule}, testReceiver("safety"), testReceiver("lead"))
	e.Step(list[0].At, list[:1])
	state, err := e.State()
	if err != nil {
		t.Fatal(err)
	}
	e = testEngine(t, []Rule{{ID: "ae", Kind: KindSafety, Notify: Words{"safety", "lead"}}}, testReceiver("safety"), testReceiver("lead"))
	if err := e.Restore(state); err != nil {
		t.Fatal(err)
	}
	out := e.Step(list[1].At, list[1:])
	if d := cmp.Diff([]string{"1h0m0s lead safety.flagged"}, told(out.Deliveries)); d != "" {
		t.Errorf("notices (-want +got):\n%s", d)
	}
	if len(out.Incidents) != 0 || len(out.Flags) != 0 {
		t.Errorf("the incident or its flag was made again: %+v", out)
	}
}

func TestEscalateTurnsToTheFallback(t *testing.T) {
	r := testReceiver("safety")
	r.Fallback = "hook"
	e := testEngine(t, []Rule{safetyRule}, r, testReceiver("hook"))
	out := play(e, 0, changes(post{safety: true}))
	d := out.Deliveries[0]
	if _, ok := e.Escalate(&d, start); ok {
		t.Error("a notice that is not dead was escalated")
	}
	d.State, d.Error, d.Attempts = mention.DeliveryDead, "it answered 410", 3
	next, ok := e.Escalate(&d, start.Add(hour))
	if !ok || next.Receiver != "hook" || next.State != mention.DeliveryPending || next.Attempts != 0 || next.ID == d.ID || next.Mention != d.Mention {
		t.Errorf("Escalate = %+v, %v", next, ok)
	}
	if again, _ := e.Escalate(&d, start.Add(hour)); again.ID != next.ID {
		t.Error("the escalated notice has another id when it is made again")
	}
}

// TestSafetyIsNeverHeldBack switches on every suppression at once.
func TestSafetyIsNeverHeldBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := testReceiver("safety")
		r.Severity, r.Digest, r.Cap = mention.SeverityCrisis, mention.Duration(day), 1
		r.Quiet = &Quiet{From: "00:00", To: "23:59", Pass: mention.SeveritySafety}
		rules := []Rule{safetyRule, {ID: "all", Notify: Words{"safety"}}}
		e, err := NewEngine(Options{Rules: rules, Receivers: []Receiver{r}, Lateness: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		got := map[string]int{}
		var list []mention.Change
		for i := range rapid.IntRange(1, 40).Draw(t, "n") {
			p := post{
				id: fmt.Sprintf("m%d", rapid.IntRange(0, 15).Draw(t, "id")), safety: rapid.Bool().Draw(t, "safety"), story: "same", own: "novarel",
				after: time.Duration(i) * time.Minute, published: time.Duration(rapid.IntRange(0, 1000).Draw(t, "age")) * hour,
				kind:     rapid.SampledFrom([]string{mention.ChangeNew, mention.ChangeRevised, mention.ChangeRescored, mention.ChangeCurated}).Draw(t, "kind"),
				curation: mention.Curation{Irrelevant: true},
			}
			if p.safety {
				want[p.id] = true
			}
			list = append(list, p.change(int64(i+1)))
		}
		for i := range list {
			out := e.Step(list[i].At, list[i:i+1])
			for _, inc := range out.Incidents {
				inc.Muted, inc.Held, inc.Snoozed, inc.Acked = true, true, start.Add(1000*day), start
				e.SetFlags(inc)
			}
			for _, d := range out.Deliveries {
				if d.Type != TypeSafety {
					continue
				}
				if d.State != mention.DeliveryPending {
					t.Fatalf("safety notice of %s is %s: %s", d.Mention, d.State, d.Reason)
				}
				got[d.Mention]++
			}
			if rapid.IntRange(0, 5).Draw(t, "restart") == 0 {
				state, err := e.State()
				if err != nil {
					t.Fatal(err)
				}
				if err := e.Restore(state); err != nil {
					t.Fatal(err)
				}
			}
		}
		for id := range want {
			if got[id] != 1 {
				t.Fatalf("%s was flagged and has %d notices", id, got[id])
			}
		}
		if len(got) != len(want) {
			t.Fatalf("notices of %d mentions, %d were flagged", len(got), len(want))
		}
	})
}
