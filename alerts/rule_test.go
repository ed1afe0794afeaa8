package alerts

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"

	"earshot/mention"
)

const ruleFile = `
- id: own-crisis
  name: Own brands in trouble
  match: 'recall'
  where: '"novarel" in brands and (reach > 5000 or sentiment == "negative")'
  kind: threshold
  severity: crisis
  by: brand
  count: 5
  window: 2h
  for: 10m
  keep_firing_for: 1h30m
  repeat_every: 1d
  notify: [hook, mail]
  playbook: Call the plant.
  tests:
    - name: five in an hour
      given:
        - {at: 2026-03-01T10:00:00Z, times: 5, every: 10m, title: Recall of Novarel, brands: novarel, sentiment: negative}
      expect:
        - {state: firing, at: 2026-03-01T10:50:00Z, group: novarel}
    - name: four are not enough
      given:
        - {at: 2026-03-01T10:00:00Z, times: 4, every: 10m, title: Recall of Novarel, brands: novarel, sentiment: negative}
- {id: ae, kind: safety, notify: mail}
`

func readRules(t testing.TB, text string) []Rule {
	t.Helper()
	var rules []Rule
	if err := yaml.Unmarshal([]byte(text), &rules); err != nil {
		t.Fatalf("yaml: %v", err)
	}
	return rules
}

func TestRuleFileIsReadAndTested(t *testing.T) {
	rules := readRules(t, ruleFile)
	if errs := CheckRules(rules, []Receiver{testReceiver("hook"), testReceiver("mail")}); len(errs) > 0 {
		t.Fatalf("CheckRules: %v", errs)
	}
	if d := cmp.Diff(Words{"brand"}, rules[0].By); d != "" {
		t.Errorf("by (-want +got):\n%s", d)
	}
	results, err := RunTests(rules[0], testBrands)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		if len(r.Faults) > 0 {
			t.Errorf("%s: %q", r.Test, r.Faults)
		}
	}
	data, err := json.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	var back []Rule
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rules, back); d != "" {
		t.Errorf("through JSON (-want +got):\n%s", d)
	}
}

func TestRunTestsSaysWhatDiffers(t *testing.T) {
	r := readRules(t, ruleFile)[0]
	r.Count, r.Tests[0].Expect[0].Group = 4, "zentrix"
	results, err := RunTests(r, testBrands)
	if err != nil {
		t.Fatal(err)
	}
	if len(results[0].Faults) != 1 || !strings.Contains(results[0].Faults[0], "expected firing for zentrix at 2026-03-01T10:50:00Z, got firing for novarel at 2026-03-01T10:40:00Z") {
		t.Errorf("first: %q", results[0].Faults)
	}
	if len(results[1].Faults) != 1 || !strings.HasPrefix(results[1].Faults[0], "not expected: firing for novarel") {
		t.Errorf("second: %q", results[1].Faults)
	}
}

func TestRuleFaults(t *testing.T) {
	tests := []struct{ yaml, want string }{
		{"{}", "id is missing"},
		{"{id: 'a b'}", "use letters"},
		{"{id: a, kind: treshold}", "did you mean threshold?"},
		{"{id: a, severity: huge}", `severity "huge" is none of`},
		{"{id: a, severity: safety}", "for rules of kind safety"},
		{"{id: a, kind: safety, severity: info}", "always of severity safety"},
		{"{id: a, kind: safety, by: brand}", "by is not read by a rule of kind safety"},
		{"{id: a, match: '((('}", "match: "},
		{"{id: a, where: 'reech > 5'}", "where: column 1: unknown name reech"},
		{"{id: a, where: 'reach'}", "where:"},
		{"{id: a, by: bran}", "did you mean brand?"},
		{"{id: a, by: [brand, site, source, kind]}", "at most 3"},
		{"{id: a, kind: threshold}", "count is missing"},
		{"{id: a, kind: threshold, count: 3}", "window is missing"},
		{"{id: a, kind: threshold, count: 3, window: 60d}", "window 60d is not 1s to 28d"},
		{"{id: a, kind: threshold, count: -3, window: 1h}", "count -3 is not"},
		{"{id: a, count: 3}", "count is not read by a rule of kind match"},
		{"{id: a, for: 1h}", "for is not read by a rule of kind match"},
		{"{id: a, kind: spike, sensitivity: utmost}", `sensitivity "utmost"`},
		{"{id: a, kind: flatline}", "window is missing"},
		{"{id: a, kind: ratio, above: 50}", "of is missing"},
		{"{id: a, kind: ratio, of: 'x'}", "above, below or change is missing"},
		{"{id: a, kind: share_of_voice, above: 50}", "by is missing"},
		{"{id: a, kind: ratio, of: 'x', above: 500}", "above 500 is not 0 to 100"},
		{"{id: a, notify: nobody}", `notify: receiver "nobody" is none of hook`},
		{"{id: a, tests: [{given: [{title: x}]}]}", "tests[0]: name is missing"},
	}
	for _, tt := range tests {
		errs := CheckRules(readRules(t, "["+tt.yaml+"]"), []Receiver{testReceiver("hook")})
		found := false
		for _, err := range errs {
			found = found || strings.HasPrefix(err.Error(), "rules[0]: ") && strings.Contains(err.Error(), tt.want)
		}
		if !found {
			t.Errorf("%s: faults %q, want one with %q", tt.yaml, errs, tt.want)
		}
	}
	if errs := CheckRules(readRules(t, "[{id: a}, {id: a}]"), nil); len(errs) != 1 || !strings.Contains(errs[0].Error(), "rules[1]: id") {
		t.Errorf("the same id twice: %v", errs)
	}
	if errs := CheckRules(make([]Rule, MaxRules+1), nil); len(errs) != 1 || !strings.Contains(errs[0].Error(), "more than 20000 rules") {
		t.Errorf("too many rules: %d faults, first %v", len(errs), errs[0])
	}
}

func TestReceiverFaults(t *testing.T) {
	tests := []struct{ yaml, want string }{
		{"{id: a}", "kind is missing"},
		{"{id: a, kind: webhok}", "did you mean webhook?"},
		{"{id: a, kind: webhook, secret_file: x}", "url is missing"},
		{"{id: a, kind: webhook, url: 'ftp://x', secret_file: x}", "not an http"},
		{"{id: a, kind: webhook, url: 'https://x.example'}", "secret_file is missing"},
		{"{id: a, kind: webhook, url: 'https://x.example', secret_file: x, to: b@c.example}", "to is not read by kind webhook, but by email"},
		{"{id: a, kind: heartbeat, url: 'https://x.example', every: 5s}", "every 5s is not 10s to 24h"},
		{"{id: a, kind: heartbeat, url: 'https://x.example', method: put}", "method"},
		{"{id: a, kind: heartbeat, url: 'https://x.example', cap: 5}", "it takes no notices"},
		{"{id: a, kind: heartbeat, url: 'https://x.example', secret_file: x}", "secret_file is not read by kind heartbeat, but by webhook"},
		{"{id: a, kind: heartbeat}", "url is missing"},
		{"{id: a, kind: email, from: a@b.example, smtp: {host: h}}", "to is missing"},
		{"{id: a, kind: email, to: nobody, from: a@b.example, smtp: {host: h}}", `to "nobody" is not an address`},
		{"{id: a, kind: email, to: a@b.example, smtp: {host: h}}", "from is missing"},
		{"{id: a, kind: email, to: a@b.example, from: a@b.example}", "smtp is missing"},
		{"{id: a, kind: email, to: a@b.example, from: a@b.example, smtp: {host: ''}}", "is not a host name"},
		{"{id: a, kind: email, to: a@b.example, from: a@b.example, smtp: {host: h, tls: none}}", `tls "none"`},
		{"{id: a, kind: email, to: a@b.example, from: a@b.example, smtp: {host: h, username: u}}", "come together"},
		{"{id: a, kind: email, to: a@b.example, from: a@b.example, smtp: {host: h, username: u, password_file: p, tls: insecure}}", "in clear"},
		{"{id: a, kind: email, to: a@b.example, from: a@b.example, smtp: {host: h}, unsubscribe_url: 'http://x'}", "unsubscribe_url"},
		{"{id: a, kind: webhook, url: 'https://x.example', secret_file: x, quiet: {from: '25:00', to: '07:00'}}", "not a time of day"},
		{"{id: a, kind: webhook, url: 'https://x.example', secret_file: x, quiet: {from: '22:00', to: '07:00', zone: Europe/Nowhere}}", "zone"},
		{"{id: a, kind: webhook, url: 'https://x.example', secret_file: x, digest: 1s}", "digest 1s is not"},
		{"{id: a, kind: webhook, url: 'https://x.example', secret_file: x, fallback: b}", "fallback"},
	}
	for _, tt := range tests {
		var list []Receiver
		if err := yaml.Unmarshal([]byte("["+tt.yaml+"]"), &list); err != nil {
			t.Fatal(err)
		}
		errs := CheckRules(nil, list)
		found := false
		for _, err := range errs {
			found = found || strings.Contains(err.Error(), tt.want)
		}
		if !found {
			t.Errorf("%s: faults %q, want one with %q", tt.yaml, errs, tt.want)
		}
	}
}

func TestSecretIsNeverShown(t *testing.T) {
	s := Secret("canary")
	data, err := json.Marshal(map[string]any{"s": s})
	if err != nil {
		t.Fatal(err)
	}
	shown := fmt.Sprintf("%v %s %+v %#v %q", s, s, struct{ S Secret }{s}, s, s) + string(data)
	if strings.Contains(shown, "canary") {
		t.Errorf("shown in %s", shown)
	}
	if s.Reveal() != "canary" {
		t.Error("Reveal does not")
	}
}

// FuzzRules: whatever a rule file says, it is either refused with words or
// makes an engine that judges a mention.
func FuzzRules(f *testing.F) {
	f.Add(ruleFile)
	f.Add("[{id: a, where: 'brands[7] == title'}]")
	f.Add("[{id: a, kind: spike, by: [story, author], count: 3}]")
	f.Fuzz(func(t *testing.T, text string) {
		var rules []Rule
		if yaml.Unmarshal([]byte(text), &rules) != nil || len(rules) > 50 {
			return
		}
		receivers := []Receiver{testReceiver("hook"), testReceiver("mail")}
		faults := CheckRules(rules, receivers)
		e, err := NewEngine(Options{Rules: rules, Receivers: receivers})
		if (err == nil) != (len(faults) == 0) {
			t.Fatalf("NewEngine = %v, faults %v", err, faults)
		}
		if err != nil {
			return
		}
		out := play(e, 48*hour, changes(post{safety: true, brands: []string{"novarel"}}.repeat(3, minute)...))
		for _, d := range out.Deliveries {
			if d.State != mention.DeliveryPending && d.Reason == "" {
				t.Fatalf("held without a reason: %+v", d)
			}
		}
	})
}
