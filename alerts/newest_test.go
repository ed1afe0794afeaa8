package alerts

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

// TestNewestGoesByPublication: a first pass over a feed brings the newest first.
func TestNewestGoesByPublication(t *testing.T) {
	posts := []post{{id: "new", published: minute}, {id: "mid", published: 5 * minute}, {id: "old", published: 20 * minute}, {id: "older", published: 30 * minute}}
	rules := []Rule{
		{ID: "many", Kind: KindThreshold, Match: "recall", Count: 3, Window: mention.Duration(hour), Notify: Words{"hook"}},
		{ID: "each", Match: "recall", Notify: Words{"hook"}},
	}
	for _, r := range rules {
		t.Run(r.ID, func(t *testing.T) {
			e := testEngine(t, []Rule{r})
			list := changes(posts...)
			out := e.Step(list[0].At, list)
			inc := out.Incidents[len(out.Incidents)-1]
			if d := cmp.Diff([]string{"new", "mid", "old", "older"}, inc.Mentions); d != "" {
				t.Errorf("incident's mentions (-want +got):\n%s", d)
			}
			if !strings.Contains(inc.Reason, "newest: “Recall of Novarel announced new”") {
				t.Errorf("reason %q does not name the newest", inc.Reason)
			}
			if inc.Count != 4 {
				t.Errorf("count %d, want 4", inc.Count)
			}
			last := e.Step(start.Add(2*hour), nil)
			all := make([]mention.Delivery, 0, len(out.Deliveries)+len(last.Deliveries))
			all = append(append(all, out.Deliveries...), last.Deliveries...)
			for i := range all {
				n := notice(t, all[i])
				for j := range n.Data.Mentions[1:] {
					if n.Data.Mentions[j].when() < n.Data.Mentions[j+1].when() {
						t.Errorf("%s lists %s before %s", n.Type, n.Data.Mentions[j].ID, n.Data.Mentions[j+1].ID)
					}
				}
				if n.Type == TypeUpdated && len(n.Data.Mentions) != 3 {
					t.Errorf("%d mentions told again, want the 3 that are new", len(n.Data.Mentions))
				}
			}
		})
	}
}

func TestSafetySubjectSaysItOnce(t *testing.T) {
	for _, name := range []string{"", "Safety: possible adverse event"} {
		for _, age := range []time.Duration{0, 3 * day} {
			e := testEngine(t, []Rule{{ID: "safety", Name: name, Kind: KindSafety, Notify: Words{"hook"}}})
			out := play(e, hour, changes(post{safety: true, published: age}))
			s := notice(t, out.Deliveries[0]).Data.Subject
			if strings.Count(s, "possible adverse event") != 1 || strings.Contains(s, "late find") != (age > 0) {
				t.Errorf("rule %q, age %v: subject %q", name, age, s)
			}
		}
	}
}

func TestBacktestOfNothing(t *testing.T) {
	o := BacktestOptions{Options: Options{Rules: []Rule{{ID: "r", Match: "recall"}}}, Until: start}
	r, err := Backtest(o, func(func(mention.Change, error) bool) {})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(&BacktestResult{}, r); d != "" {
		t.Errorf("a back-test of nothing (-want +got):\n%s", d)
	}
}

// TestDocumentedExample: every receiver that the example names is in it.
func TestDocumentedExample(t *testing.T) {
	page, err := os.ReadFile("../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	text, _, _ := strings.Cut(rest, "```")
	for _, want := range []string{"version: 1\n", "id: novarel", "id: crisis-hook", "id: crisis-mail", "id: safety-mail"} {
		if !strings.Contains(text, want) {
			t.Errorf("the first example lacks %q", want)
		}
	}
}
