package alerts

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

func TestEscalationCountsTheTimeNobodyAcknowledged(t *testing.T) {
	d := func(x time.Duration) mention.Duration { return mention.Duration(x) }
	rule := Rule{
		ID: "r", Match: "recall", Notify: Words{"hook"}, KeepFiringFor: d(3 * day), AckWithin: d(20 * minute), RespondWithin: d(10 * hour),
		Escalate: []Step{{After: d(30 * minute), Notify: Words{"lead"}}, {After: d(2 * hour), Notify: Words{"head"}}},
	}
	at := func(x time.Duration) time.Time { return start.Add(x) }
	tests := []struct {
		name string
		flag func(*mention.Incident)
		want []string
	}{
		{"nobody", nil, []string{
			"0s hook incident.firing", "20m0s hook incident.due", "30m0s lead incident.escalated", "2h0m0s head incident.escalated",
			"8h0m0s hook incident.due", "10h0m0s hook incident.due",
		}},
		{"acknowledged and answered", func(i *mention.Incident) { i.Acked, i.Responded = at(10*minute), at(10*minute) }, []string{"0s hook incident.firing"}},
		{"acknowledged for an hour", func(i *mention.Incident) {
			i.Acked, i.AckExpires, i.Responded = at(10*minute), at(70*minute), at(10*minute)
		}, []string{
			"0s hook incident.firing", "1h10m0s hook incident.updated", "1h20m0s hook incident.due", "1h30m0s lead incident.escalated", "3h0m0s head incident.escalated",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := testEngine(t, []Rule{rule}, testReceiver("hook"), testReceiver("lead"), testReceiver("head"))
			out := e.Step(at(time.Second), changes(post{}))
			if tt.flag != nil {
				e.Step(at(10*minute), nil)
				inc := out.Incidents[0]
				tt.flag(&inc)
				e.SetFlags(inc)
			}
			out.add(e.Step(at(20*hour), nil))
			if d := cmp.Diff(tt.want, told(out.Deliveries)); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
		})
	}
}

func TestBusinessHours(t *testing.T) {
	h, err := (&Hours{From: "08:00", To: "18:00", Zone: "Europe/Zurich"}).compile(time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		from string
		d    time.Duration
		want string
	}{
		{"2026-03-02T09:00:00Z", hour, "2026-03-02T10:00:00Z"},             // a Monday
		{"2026-03-06T16:30:00Z", hour, "2026-03-09T07:30:00Z"},             // over the weekend
		{"2026-03-07T12:00:00Z", 24 * hour, "2026-03-11T11:00:00Z"},        // from a Saturday: Monday, Tuesday and four hours
		{"2026-03-27T16:30:00Z", hour, "2026-03-30T06:30:00Z"},             // the clock is put forward on Sunday
		{"2026-03-02T04:00:00Z", time.Duration(0), "2026-03-02T07:00:00Z"}, // before they begin
	} {
		from, err := time.Parse(time.RFC3339, tt.from)
		if err != nil {
			t.Fatal(err)
		}
		got := h.after(instantOf(from), tt.d)
		if got.Time().Format(time.RFC3339) != tt.want {
			t.Errorf("after(%s, %s) = %s, want %s", tt.from, tt.d, got.Time().Format(time.RFC3339), tt.want)
		}
		if back := h.between(instantOf(from), got); back != tt.d {
			t.Errorf("between(%s, %s) = %s, want %s", tt.from, tt.want, back, tt.d)
		}
	}
}

func TestNoticesTellTheWordsOfTheMoment(t *testing.T) {
	e := testEngine(t, []Rule{{ID: "r", Kind: KindThreshold, Match: "novarel", Count: 5, Window: mention.Duration(hour), Notify: Words{"hook"}}})
	var list []mention.Change
	for i := range 60 {
		p := post{after: time.Duration(i) * 2 * hour, title: fmt.Sprint("Novarel number ", i)}
		if i >= 55 {
			p.after = 55*2*hour + time.Duration(i)*minute
		}
		c := p.change(int64(i + 1))
		c.Record.Analysis.Keyphrases = []string{"Novarel", fmt.Sprint("thing ", i%7)}
		if i >= 55 {
			c.Record.Analysis.Keyphrases = []string{"Novarel", "withdrawn lots"}
		}
		list = append(list, c)
	}
	out := play(e, 10*day, list)
	n := notice(t, out.Deliveries[0])
	if !slices.Equal(n.Data.Terms, []string{"withdrawn lots"}) {
		t.Errorf("terms %q", n.Data.Terms)
	}
}

func TestBurstIsToldWithAllOfItsInstant(t *testing.T) {
	rule := Rule{ID: "r", Kind: KindThreshold, Match: "recall", Count: 3, Window: mention.Duration(hour), Notify: Words{"hook"}}
	list := changes(post{}.repeat(50, 0)...)
	for _, batch := range []int{1, 7, 50} {
		e := testEngine(t, []Rule{rule})
		var out Outcome
		for i := 0; i < len(list); i += batch {
			out.add(e.Step(start, list[i:min(i+batch, len(list))]))
		}
		out.add(e.Step(start.Add(time.Second), nil))
		n := notice(t, out.Deliveries[0])
		if len(out.Deliveries) != 1 || n.Data.Incident.Count != 50 || n.Data.Reason[:14] != "50 mentions in" {
			t.Errorf("batches of %d: %d notices, %q", batch, len(out.Deliveries), n.Data.Reason)
		}
	}
}

func TestLinksAreNotForged(t *testing.T) {
	key := []byte("a key")
	l := Link{Incident: "inc_x", Action: ActionAck, Receiver: "hook", Expires: start.Add(hour)}
	token := l.sign(key)
	if got, err := ReadLink(key, token, start); err != nil || got != l {
		t.Errorf("ReadLink = %+v, %v", got, err)
	}
	for name, try := range map[string]func() error{
		"another key": func() error { _, err := ReadLink([]byte("other"), token, start); return err },
		"no key":      func() error { _, err := ReadLink(nil, token, start); return err },
		"too late":    func() error { _, err := ReadLink(key, token, start.Add(hour)); return err },
		"cut":         func() error { _, err := ReadLink(key, token[:len(token)-1], start); return err },
		"nonsense":    func() error { _, err := ReadLink(key, ".", start); return err },
	} {
		if err := try(); !errors.Is(err, ErrLink) {
			t.Errorf("%s: %v, want ErrLink", name, err)
		}
	}
}
