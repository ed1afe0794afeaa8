package alerts

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

const minute, hour, day = time.Minute, time.Hour, 24 * time.Hour

func join(lists ...[]post) []post {
	var all []post
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}

func TestRulesTellOnceAndSayWhen(t *testing.T) {
	match := Rule{ID: "recall", Match: "recall", Notify: Words{"hook"}}
	many := Rule{ID: "many", Kind: KindThreshold, Match: "recall", Count: 3, Window: mention.Duration(hour), Notify: Words{"hook"}}
	with := func(r Rule, change func(*Rule)) Rule { change(&r); return r }
	tests := []struct {
		name  string
		rule  Rule
		posts []post
		end   time.Duration
		want  []string // transitions
		told  []string
	}{
		{"one match, one notice, and no word when it is over", match, []post{{}}, 2 * day, []string{"0s recall firing", "24h0m0s recall resolved"}, []string{"0s hook incident.firing"}},
		{"nothing matches", match, []post{{title: "A quiet day"}}, day, nil, nil},
		{"copies are folded", match, join(post{story: "s1"}.repeat(5, minute)), hour, []string{"0s recall firing"}, []string{"0s hook incident.firing"}},
		{
			"other stories are told together after an hour", match, join([]post{{story: "a"}, {story: "b", after: 5 * minute}, {story: "c", after: 9 * minute}, {story: "b", after: 10 * minute}}),
			5 * hour,
			[]string{"0s recall firing"},
			[]string{"0s hook incident.firing", "1h0m0s hook incident.updated"},
		},
		{
			"a day of silence makes a new incident", match,
			[]post{{}, {after: 3 * day}},
			3 * day,
			[]string{"0s recall firing", "24h0m0s recall resolved", "72h0m0s recall firing"},
			[]string{"0s hook incident.firing", "72h0m0s hook incident.firing"},
		},
		{"a late one raises nothing", match, []post{{published: 25 * hour}}, day, nil, nil},
		{"23 hours are not late", match, []post{{published: 23 * hour}}, hour, []string{"0s recall firing"}, []string{"0s hook incident.firing"}},
		{"an own channel is left out", match, []post{{own: "novarel"}}, hour, nil, nil},
		{"an own channel is asked for", with(match, func(r *Rule) { r.Own = true }), []post{{own: "novarel"}}, hour, []string{"0s recall firing"}, []string{"0s hook incident.firing"}},
		{"an irrelevant one is left out", match, []post{{curation: mention.Curation{Irrelevant: true}}}, hour, nil, nil},
		{"a change of mind does not notify", match, []post{{kind: mention.ChangeRescored}, {kind: mention.ChangeCurated}}, hour, nil, nil},
		{"an edit does not notify", match, []post{{kind: mention.ChangeRevised, revision: 2}}, hour, nil, nil},
		{
			"an edit notifies when asked to", with(match, func(r *Rule) { r.OnEdit = true }),
			[]post{{id: "x"}, {id: "x", kind: mention.ChangeRevised, revision: 2, after: 2 * hour}},
			3 * hour,
			[]string{"0s recall firing"},
			[]string{"0s hook incident.firing", "2h0m0s hook incident.updated"},
		},
		{
			"an incident for each brand", with(match, func(r *Rule) { r.By = Words{"brand"} }),
			[]post{{brands: []string{"novarel", "zentrix"}}, {after: minute}},
			hour,
			[]string{"0s recall novarel firing", "0s recall zentrix firing", "1m0s recall none firing"},
			[]string{"0s hook incident.firing", "0s hook incident.firing", "1m0s hook incident.firing"},
		},
		{"where narrows", with(match, func(r *Rule) { r.Where = `"novarel" in brands and reach > 10` }), []post{{brands: []string{"novarel"}}}, hour, nil, nil},
		{"below the count", many, post{}.repeat(2, minute), day, nil, nil},
		{
			"one burst, one incident, and word when it is over", many, post{}.repeat(5, minute), day,
			[]string{"2m0s many firing", "2h2m0s many resolved"},
			[]string{"2m0s hook incident.firing", "2h2m0s hook incident.resolved"},
		},
		{"spread too thin", many, post{}.repeat(10, 31*minute), day, nil, nil},
		{
			"falls and rises again", many, join(post{}.repeat(3, minute), post{after: 6 * hour}.repeat(3, minute)), 7 * hour,
			[]string{"2m0s many firing", "2h0m0s many resolved", "6h2m0s many firing"},
			[]string{"2m0s hook incident.firing", "2h0m0s hook incident.resolved", "6h2m0s hook incident.firing"},
		},
		{
			"event time counts: what comes together may have been far apart", many,
			[]post{{published: 10 * hour}, {published: 5 * hour}, {published: 0}},
			day, nil, nil,
		},
		{
			"event time counts: a late third completes the hour", many,
			[]post{{after: 0}, {after: 10 * minute}, {after: 5 * hour, published: 5*hour - 5*minute}},
			day,
			[]string{"5h0m0s many firing", "6h0m0s many resolved"},
			[]string{"5h0m0s hook incident.firing", "6h0m0s hook incident.resolved"},
		},
		{
			"it must hold for a while", with(many, func(r *Rule) { r.For = mention.Duration(30 * minute) }), post{}.repeat(3, minute), day,
			[]string{"2m0s many pending", "32m0s many firing", "2h0m0s many resolved"},
			[]string{"32m0s hook incident.firing", "2h0m0s hook incident.resolved"},
		},
		{
			"it did not hold long enough", with(many, func(r *Rule) { r.For = mention.Duration(2 * hour) }), post{}.repeat(3, minute), day,
			[]string{"2m0s many pending", "1h0m0.001s many inactive"},
			nil,
		},
		{
			"repeated while it goes on", with(many, func(r *Rule) { r.RepeatEvery = mention.Duration(2 * hour) }), post{}.repeat(30, 10*minute), 5 * hour,
			[]string{"20m0s many firing"},
			[]string{"20m0s hook incident.firing", "2h20m0s hook incident.updated", "4h20m0s hook incident.updated"},
		},
		{"three posts of one author are not three voices", with(many, func(r *Rule) { r.MinAuthors = 2 }), post{author: "ann"}.repeat(4, minute), day, nil, nil},
		{
			"two voices", with(many, func(r *Rule) { r.MinAuthors = 2 }), join(post{author: "ann"}.repeat(3, minute), []post{{author: "bob", after: 3 * minute}}), hour,
			[]string{"3m0s many firing"},
			[]string{"3m0s hook incident.firing"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			out := play(testEngine(t, []Rule{tt.rule}), tt.end, changes(tt.posts...))
			if d := cmp.Diff(tt.want, moved(out.Transitions)); d != "" {
				t.Errorf("transitions (-want +got):\n%s", d)
			}
			if d := cmp.Diff(tt.told, told(out.Deliveries)); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
		})
	}
}

func TestNoticeSaysWhy(t *testing.T) {
	rule := Rule{ID: "many", Name: "Recall watch", Kind: KindThreshold, Match: "recall", Count: 3, Window: mention.Duration(hour), Notify: Words{"hook"}, Playbook: "Call the plant."}
	out := play(testEngine(t, []Rule{rule}), hour, changes(post{site: "news.example", story: "s"}.repeat(4, minute)...))
	n := notice(t, out.Deliveries[0])
	want := "3 mentions in 1h (limit 3); newest: “Recall of Novarel announced m3” (news.example)"
	if n.Data.Reason != want || n.Data.Subject != "Recall watch: "+want {
		t.Errorf("reason %q, subject %q, want %q", n.Data.Reason, n.Data.Subject, want)
	}
	if n.Type != TypeFiring || n.Data.Incident.State != mention.StateFiring || n.Data.Incident.Count != 3 || n.Data.Rule.Playbook == "" {
		t.Errorf("notice %+v", n)
	}
	if len(n.Data.Mentions) != 1 || n.Data.Mentions[0].Copies != 2 {
		t.Errorf("mentions %+v, want one story with two copies", n.Data.Mentions)
	}
	if got := n.Data.Links["incident"]; got != "https://ear.example/incidents/"+out.Incidents[0].ID {
		t.Errorf("link %q", got)
	}
	if out.Incidents[0].Count != 4 {
		t.Errorf("count %d at the end, want 4", out.Incidents[0].Count)
	}
	if len(out.Deliveries[0].Payload) > 20_000 {
		t.Errorf("payload of %d bytes", len(out.Deliveries[0].Payload))
	}
}

func TestPayloadStaysSmall(t *testing.T) {
	long := strings.Repeat("Recall of everything “by” everyone ", 300)
	var posts []post
	for i := range 200 {
		posts = append(posts, post{title: long, author: long, after: time.Duration(i) * time.Second})
	}
	out := play(testEngine(t, []Rule{{ID: "r", Match: "recall", Notify: Words{"hook"}}}), 2*hour, changes(posts...))
	for _, d := range out.Deliveries {
		if len(d.Payload) > 20_000 {
			t.Errorf("%s: payload of %d bytes, want at most 20000", d.Type, len(d.Payload))
		}
	}
	if n := len(out.Incidents[0].Mentions); n != maxMentions {
		t.Errorf("%d mentions listed, want %d", n, maxMentions)
	}
}

func TestFlagsHoldNoticesBack(t *testing.T) {
	rule := Rule{ID: "r", Match: "recall", Notify: Words{"hook"}}
	at := func(d time.Duration) time.Time { return start.Add(d) }
	tests := []struct {
		name string
		flag func(*mention.Incident)
		want []string
	}{
		{"nothing", func(*mention.Incident) {}, []string{"2h0m0s hook incident.updated"}},
		{"muted", func(i *mention.Incident) { i.Muted = true }, []string{"2h0m0s hook incident.updated held: the incident is muted"}},
		{"held", func(i *mention.Incident) { i.Held = true }, []string{"2h0m0s hook incident.updated held: the incident is on hold"}},
		{"acknowledged", func(i *mention.Incident) { i.Acked, i.AckedBy = at(minute), "ann" }, []string{"2h0m0s hook incident.updated held: acknowledged by ann"}},
		{
			"acknowledged until it runs out", func(i *mention.Incident) { i.Acked, i.AckedBy, i.AckExpires = at(minute), "ann", at(4*hour) },
			[]string{"2h0m0s hook incident.updated held: acknowledged by ann", "4h0m0s hook incident.updated"},
		},
		{
			"snoozed", func(i *mention.Incident) { i.Snoozed = at(3 * hour) },
			[]string{"2h0m0s hook incident.updated held: the incident is snoozed until 2026-03-02 13:00 UTC", "3h0m0s hook incident.updated"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := testEngine(t, []Rule{rule})
			list := changes(post{}, post{after: 2 * hour})
			out := e.Step(list[0].At.Add(time.Second), list[:1])
			inc := out.Incidents[0]
			tt.flag(&inc)
			e.SetFlags(inc)
			out = e.Step(list[1].At, list[1:])
			out.add(e.Step(at(6*hour), nil))
			if d := cmp.Diff(tt.want, told(out.Deliveries)); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
			if got := out.Incidents[0].Muted; got != inc.Muted {
				t.Errorf("muted is %v in what is committed", got)
			}
		})
	}
}

func TestReceiversHoldBackWhatTheyMay(t *testing.T) {
	base := testReceiver("hook")
	with := func(change func(*Receiver)) Receiver { r := base; change(&r); return r }
	burst := []post{{brands: []string{"a"}}, {brands: []string{"b"}, after: minute}, {brands: []string{"c"}, after: 2 * minute}, {brands: []string{"c"}, after: 3 * hour}}
	tests := []struct {
		name     string
		receiver Receiver
		severity string
		want     []string
	}{
		{
			"floor", with(func(r *Receiver) { r.Severity = "warning" }), "info",
			[]string{"0s hook incident.firing held: info is below the receiver's severity warning"},
		},
		{
			"quiet hours are held, not lost", with(func(r *Receiver) { r.Quiet = &Quiet{From: "22:00", To: "13:00", Zone: "Europe/Zurich"} }), "info",
			[]string{
				"0s hook incident.firing held: quiet hours until 2026-03-02 13:00 CET", "1m0s hook incident.firing held: quiet hours until 2026-03-02 13:00 CET",
				"2m0s hook incident.firing held: quiet hours until 2026-03-02 13:00 CET", "2h0m0s hook digest", "3h0m0s hook incident.updated",
			},
		},
		{"a crisis goes through quiet hours", with(func(r *Receiver) { r.Quiet = &Quiet{From: "22:00", To: "13:00"} }), "crisis", []string{"0s hook incident.firing", "1m0s hook incident.firing", "2m0s hook incident.firing", "3h0m0s hook incident.updated"}},
		{
			"digest", with(func(r *Receiver) { r.Digest = mention.Duration(2 * hour) }), "warning",
			[]string{
				"0s hook incident.firing held: waits for the digest at 2026-03-02 12:00 UTC", "1m0s hook incident.firing held: waits for the digest at 2026-03-02 12:00 UTC",
				"2m0s hook incident.firing held: waits for the digest at 2026-03-02 12:00 UTC", "2h0m0s hook digest",
				"3h0m0s hook incident.updated held: waits for the digest at 2026-03-02 14:00 UTC", "4h0m0s hook digest",
			},
		},
		{
			"storm cap", with(func(r *Receiver) { r.Cap = 1 }), "crisis",
			[]string{
				"0s hook incident.firing", "1m0s hook incident.firing held: over the cap of 1 notices an hour; waits for the next hour",
				"2m0s hook incident.firing held: over the cap of 1 notices an hour; waits for the next hour", "1h0m0s hook digest", "3h0m0s hook incident.updated",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			rule := Rule{ID: "r", Match: "recall", By: Words{"brand"}, Severity: tt.severity, Notify: Words{"hook"}}
			posts := burst
			if tt.name == "floor" {
				posts = burst[:1]
			}
			out := play(testEngine(t, []Rule{rule}, tt.receiver), 5*hour, changes(posts...))
			if d := cmp.Diff(tt.want, told(out.Deliveries)); d != "" {
				t.Errorf("notices (-want +got):\n%s", d)
			}
		})
	}
}

func TestDigestListsAnIncidentOnce(t *testing.T) {
	r := testReceiver("hook")
	r.Digest = mention.Duration(4 * hour)
	rule := Rule{ID: "r", Match: "recall", Notify: Words{"hook"}}
	out := play(testEngine(t, []Rule{rule}, r), 10*hour, changes(post{}, post{after: 2 * hour}, post{after: 3*hour + minute}))
	var digests []Notice
	for _, d := range out.Deliveries {
		if d.Type == TypeDigest {
			digests = append(digests, notice(t, d))
		}
	}
	if len(digests) != 2 {
		t.Fatalf("%d digests, want 2 and none that is empty: %q", len(digests), told(out.Deliveries))
	}
	if got := digests[0].Data.Digest; len(got) != 1 || got[0].Incident != out.Incidents[0].ID {
		t.Errorf("digest %+v, want the incident once", got)
	}
}

func TestErasedMentionIsNotToldAgain(t *testing.T) {
	e := testEngine(t, []Rule{{ID: "r", Match: "recall", Notify: Words{"hook"}}})
	list := changes(post{}, post{id: "secret", after: minute}, post{id: "secret", kind: mention.ChangeErased, after: 2 * minute}, post{after: 3 * minute})
	out := play(e, 2*hour, list)
	last := out.Deliveries[len(out.Deliveries)-1]
	if last.Type != TypeUpdated || strings.Contains(string(last.Payload), "announced secret") {
		t.Errorf("%s notice still holds what was erased: %s", last.Type, last.Payload)
	}
}
