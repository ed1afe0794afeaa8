package alerts

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"earshot/mention"
)

// randomStream draws changes that entered the log at ascending times.
func randomStream(t *rapid.T) []mention.Change {
	var list []mention.Change
	at := time.Duration(0)
	for i := range rapid.IntRange(1, 40).Draw(t, "n") {
		at += time.Duration(rapid.SampledFrom([]int{0, 1, 7, 40, 300, 1500}).Draw(t, "gap")) * time.Minute
		p := post{
			after: at, published: time.Duration(rapid.SampledFrom([]int{0, 0, 1, 30, 300, 2000}).Draw(t, "age")) * time.Minute,
			id: fmt.Sprintf("m%d", rapid.IntRange(0, 50).Draw(t, "id")), story: rapid.SampledFrom([]string{"", "s1", "s2"}).Draw(t, "story"),
			brands: []string{rapid.SampledFrom([]string{"novarel", "zentrix"}).Draw(t, "brand")}, safety: rapid.IntRange(0, 9).Draw(t, "safety") == 0,
			author: rapid.SampledFrom([]string{"ann", "bob", "cid"}).Draw(t, "author"), sentiment: rapid.SampledFrom([]string{"positive", "negative"}).Draw(t, "sentiment"),
			kind:   rapid.SampledFrom([]string{mention.ChangeNew, mention.ChangeNew, mention.ChangeNew, mention.ChangeRevised, mention.ChangeErased}).Draw(t, "kind"),
			source: rapid.SampledFrom([]string{"feed", "forum"}).Draw(t, "source"),
		}
		list = append(list, p.change(int64(i+1)))
	}
	return list
}

func replayRules() []Rule {
	w := func(d time.Duration) mention.Duration { return mention.Duration(d) }
	return []Rule{
		{ID: "a", Match: "recall", By: Words{"brand"}, Notify: Words{"hook", "mail"}, OnEdit: true},
		{
			ID: "b", Kind: KindThreshold, Match: "recall", Count: 3, Window: w(hour), For: w(5 * minute), Notify: Words{"hook"}, RepeatEvery: w(20 * minute),
			AckWithin: w(10 * minute), RespondWithin: w(5 * hour), Escalate: []Step{{After: w(15 * minute), Notify: Words{"mail"}}, {After: w(2 * hour), Notify: Words{"hook", "mail"}}},
		},
		{ID: "c", Kind: KindThreshold, Count: 4, Window: w(30 * minute), MinAuthors: 2, KeepFiringFor: w(10 * minute), Notify: Words{"mail"}, Severity: "crisis", By: Words{"source"}},
		{
			ID: "d", Kind: KindSafety, Notify: Words{"hook", "mail"}, AckWithin: w(20 * minute), Escalate: []Step{{After: w(4 * hour), Notify: Words{"mail"}}},
			Hours: &Hours{From: "09:00", To: "17:00", Zone: "America/New_York"},
		},
		{ID: "e", Kind: KindSpike, Count: 2, Sensitivity: "high", Notify: Words{"hook"}},
		{ID: "f", Kind: KindDrop, Count: 1, By: Words{"brand"}, Notify: Words{"hook"}},
		{ID: "g", Kind: KindFlatline, Window: w(2 * hour), Notify: Words{"mail"}},
		{ID: "h", Kind: KindRatio, Of: "sentiment:negative", Above: 60, Count: 3, Window: w(3 * hour), For: w(20 * minute), Notify: Words{"mail"}},
		{ID: "i", Kind: KindSentimentShift, Count: 4, Window: w(2 * hour), Change: 10, Notify: Words{"hook"}},
		{ID: "j", Kind: KindShareOfVoice, By: Words{"brand"}, Above: 70, Count: 4, Notify: Words{"hook"}},
		{ID: "k", Kind: KindNewTerm, Window: w(day), Count: 2, Notify: Words{"hook"}},
	}
}

func replayEngine(t *rapid.T) *Engine {
	mail := testReceiver("mail")
	mail.Quiet, mail.Cap = &Quiet{From: "11:00", To: "13:30"}, 2
	hook := testReceiver("hook")
	hook.Digest = mention.Duration(3 * hour)
	e, err := NewEngine(Options{Coverage: patchy, Rules: replayRules(), Receivers: []Receiver{hook, mail}, Brands: testBrands, PublicURL: "https://ear.example"})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// patchy is a coverage with holes: the forum does not answer every fifth hour.
func patchy(source string, from, to, _ time.Time) bool {
	for at := from.Truncate(hour); at.Before(to); at = at.Add(hour) {
		if source == "forum" && at.Hour()%5 == 0 {
			return false
		}
	}
	return true
}

// normal is an outcome with what depends on the batches taken out: only the
// last state of an incident counts.
func normal(o Outcome) Outcome {
	var n Outcome
	n.add(o)
	return n
}

// same compares by the bytes that would be stored, which is quicker than by field.
func same(a, b Outcome) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

// TestReplayChangesNothing: wherever the engine is stopped, it goes on from
// its state, in other batches and with time moved on at other moments, to the
// same transitions, incidents and deliveries, id by id.
func TestReplayChangesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := randomStream(t)
		end := list[len(list)-1].At.Add(30 * hour)
		var want Outcome
		e := replayEngine(t)
		for i := range list {
			want.add(e.Step(list[i].At, list[i:i+1]))
		}
		want.add(e.Step(end, nil))
		wantState, err := e.State()
		if err != nil {
			t.Fatal(err)
		}

		var got Outcome
		e = replayEngine(t)
		state := State{} // as a ledger would have it
		for i := 0; i < len(list); {
			n := min(i+rapid.IntRange(1, 10).Draw(t, "batch"), len(list))
			if rapid.IntRange(0, 2).Draw(t, "crash") == 0 { // judged, not committed
				e.Step(list[n-1].At, list[i:n])
				e = replayEngine(t)
				if err := e.Restore(state); err != nil {
					t.Fatal(err)
				}
				n = min(i+rapid.IntRange(1, 10).Draw(t, "batch after"), len(list))
			}
			from := max(0, i-rapid.IntRange(0, 3).Draw(t, "overlap"))
			got.add(e.Step(list[n-1].At, list[from:n]))
			i = n
			if rapid.IntRange(0, 5).Draw(t, "reload") == 0 {
				next := replayEngine(t)
				next.Inherit(e)
				e = next
			}
			state.take(t, e)
			if i < len(list) && rapid.Bool().Draw(t, "tick") {
				between := list[i-1].At.Add(list[i].At.Sub(list[i-1].At) / 2)
				got.add(e.Step(between, nil))
				state.take(t, e)
			}
		}
		got.add(e.Step(end, nil))
		gotState, err := e.State()
		if err != nil {
			t.Fatal(err)
		}
		if a, b := normal(want), normal(got); !same(a, b) {
			t.Fatalf("outcome (-straight +restarted):\n%s", cmp.Diff(a, b))
		}
		if d := cmp.Diff(wantState, gotState); d != "" {
			t.Fatalf("states (-straight +restarted):\n%s", d)
		}
	})
}

// TestEditedRulesJudgeAsReadAnew: engines that are made again and again of
// rules of which some were edited, and know the others from before, say what
// engines say that read every rule anew.
func TestEditedRulesJudgeAsReadAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := randomStream(t)
		rules := replayRules()
		var known Examiner
		var was [2]*Engine
		var said [2]Outcome
		for i := 0; i < len(list); {
			before := slices.Clone(rules)
			for range rapid.IntRange(0, 3).Draw(t, "edits") {
				r := &rules[rapid.IntRange(0, len(rules)-1).Draw(t, "rule")]
				switch rapid.IntRange(0, 5).Draw(t, "edit") {
				case 0:
					r.Match = rapid.SampledFrom([]string{"", "recall", "novarel OR zentrix", "published:[-7d TO *] AND recall", "sentiment:negative"}).Draw(t, "match")
				case 1:
					r.Where = rapid.SampledFrom([]string{"", `author == "ann"`, `source != "forum"`}).Draw(t, "where")
				case 2:
					r.Disabled = !r.Disabled
				case 3:
					r.Name, r.Playbook = r.Name+"x", "call"
				case 4:
					k := rapid.IntRange(0, len(rules)-1).Draw(t, "other")
					*r, rules[k] = rules[k], *r
				case 5:
					if r.Of != "" {
						r.Of = rapid.SampledFrom([]string{"*", "recall", "sentiment:positive"}).Draw(t, "of")
					}
				}
			}
			n := min(i+rapid.IntRange(1, 15).Draw(t, "batch"), len(list))
			var made [2]*Engine
			var faults [2]error
			for k, x := range []*Examiner{&known, nil} {
				made[k], faults[k] = NewEngine(Options{Rules: slices.Clone(rules), Receivers: []Receiver{testReceiver("hook"), testReceiver("mail")}, Brands: testBrands, Examiner: x})
			}
			if diff := cmp.Diff(fmt.Sprint(faults[1]), fmt.Sprint(faults[0])); diff != "" {
				t.Fatalf("faults (-read anew +known):\n%s", diff)
			}
			if faults[0] != nil { // the rules before stay in force
				if rules = before; was[0] == nil {
					continue
				}
				made = was
			}
			for k, e := range made {
				if was[k] != nil && was[k] != e {
					e.Inherit(was[k])
				}
				was[k] = e
				said[k].add(e.Step(list[n-1].At, list[i:n]))
			}
			i = n
		}
		if !same(said[0], said[1]) {
			t.Fatalf("outcome (-read anew +known):\n%s", cmp.Diff(said[1], said[0]))
		}
		a, err := was[0].State()
		b, failed := was[1].State()
		if diff := cmp.Diff(b, a); diff != "" || err != nil || failed != nil {
			t.Fatalf("states (-read anew +known): %v %v\n%s", err, failed, diff)
		}
	})
}

// take commits what an engine changed.
func (s State) take(t *rapid.T, e *Engine) {
	parts, err := e.Changed()
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(s, parts)
	maps.DeleteFunc(s, func(_ string, part []byte) bool { return part == nil })
}

func TestBacktestIsTheLiveEngine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := randomStream(t)
		end := list[len(list)-1].At.Add(30 * hour)
		e := replayEngine(t)
		var live Outcome
		for i := range list {
			live.add(e.Step(list[i].At, list[i:i+1]))
		}
		live.add(e.Step(end, nil))
		o := BacktestOptions{Options: e.options, Until: end}
		got, err := Backtest(o, func(yield func(mention.Change, error) bool) {
			for i := range list {
				if !yield(list[i], nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(live.Transitions, got.Transitions); d != "" {
			t.Fatalf("transitions (-live +back-test):\n%s", d)
		}
		if d := cmp.Diff(live.Incidents, got.Incidents); d != "" {
			t.Fatalf("incidents (-live +back-test):\n%s", d)
		}
	})
}

func TestIdsAreNeverTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := randomStream(t)
		e := replayEngine(t)
		seen := map[string]bool{}
		for i := range list {
			for _, d := range e.Step(list[i].At, list[i:i+1]).Deliveries {
				if seen[d.ID] {
					t.Fatalf("delivery %s is there twice", d.ID)
				}
				seen[d.ID] = true
			}
		}
	})
}

func TestRestore(t *testing.T) {
	e := testEngine(t, []Rule{{ID: "r", Match: "recall", Notify: Words{"hook"}}})
	list := changes(post{})
	out := e.Step(list[0].At, list)
	state, err := e.State()
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a newer state is refused", func(t *testing.T) {
		newer := State{partHead: bytes.Replace(state[partHead], []byte(`"version":2`), []byte(`"version":3`), 1)}
		if err := e.Restore(newer); !errors.Is(err, ErrNewerState) {
			t.Errorf("Restore = %v, want ErrNewerState", err)
		}
	})
	t.Run("nonsense is refused", func(t *testing.T) {
		for _, s := range []State{
			{partHead: []byte("x")},
			{partHead: []byte(`{"version":"2"}`)},
			{partRule + "r": []byte("7")},
			{partGroup + "r\n": []byte("7")},
			{partFlagged + "0": []byte(`"!"`)},
			{partFlagged + "300": []byte(`""`)},
			{partClock + "x": []byte("[]")},
		} {
			if err := e.Restore(s); err == nil {
				t.Errorf("Restore(%s) took it", s)
			}
		}
	})
	t.Run("nothing is the beginning", func(t *testing.T) {
		e := testEngine(t, nil)
		if err := e.Restore(nil); err != nil || e.Seq() != 0 {
			t.Errorf("Restore(nil) = %v, Seq %d", err, e.Seq())
		}
	})
	t.Run("the incident of a changed rule is closed", func(t *testing.T) {
		for _, rules := range [][]Rule{nil, {{ID: "r", Match: "launch", Notify: Words{"hook"}}}} {
			e := testEngine(t, rules)
			if err := e.Restore(state); err != nil {
				t.Fatal(err)
			}
			closed := e.Step(start.Add(hour), nil)
			if len(closed.Incidents) != 1 || closed.Incidents[0].ID != out.Incidents[0].ID || closed.Incidents[0].State != mention.StateResolved || len(closed.Deliveries) != 0 {
				t.Errorf("with rules %v: %+v", rules, closed)
			}
		}
	})
}
