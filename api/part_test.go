package api_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"earshot/api"
	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

// A sieve is a fake that finds what queries ask for.
type sieve struct{ *fake }

func (s sieve) matching(q string) []mention.Record {
	parsed := query.All()
	if q != "" {
		parsed, _ = query.Parse(q)
	}
	var list []mention.Record
	for i := range s.records {
		row := s.records[i].Row()
		if parsed.Match(query.NewDocument(&row)) {
			list = append(list, s.records[i])
		}
	}
	return list
}

func (s sieve) Search(ctx context.Context, in mention.Search) (mention.Page, error) {
	if err := parse(in.Query); err != nil {
		return mention.Page{}, err
	}
	f := &fake{records: s.matching(in.Query)}
	return f.Search(ctx, in)
}

func (s sieve) Count(_ context.Context, q string) (uint64, error) {
	return uint64(len(s.matching(q))), parse(q)
}

func (s sieve) Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error {
	f := &fake{records: s.matching(e.Query)}
	return f.Export(ctx, e, fn)
}

func (s sieve) Draw(ctx context.Context, in mention.SampleSearch) (mention.Sample, error) {
	return report.Draw(ctx, func(ctx context.Context, q string, fn func(mention.Row) error) error {
		return s.Export(ctx, mention.Export{Query: q}, fn)
	}, in)
}

// canary stands in everything that is not there for the agency.
const canary = "Zanzibarix"

// agency is a backend of which a part is the agency's, and its cookie.
func agency(t *testing.T) (*fake, http.Handler, *http.Cookie) {
	t.Helper()
	f := newFake(4)
	for i := range f.records {
		if i%2 == 1 {
			m := &f.records[i].Mention
			m.Source, m.Title, m.Text, m.Author, m.URL = "secret", canary+" plans", "About "+canary+" recall", canary, "https://x.example/"+canary
			f.records[i].Linking = mention.Linking{}
		}
		f.changes[i].Record = f.records[i]
	}
	f.labels[0].Query, f.labels[0].Playbook = canary, canary
	f.sources[0].Source.URL = "https://" + canary
	f.sources[0].State.Error = canary
	f.receivers[0].Target = canary
	f.rules = append(f.rules, api.RuleInfo{ID: "ours", Kind: "threshold", Match: "recall* AND source:wire AND brand:brillux"},
		api.RuleInfo{ID: "wider", Kind: "threshold", Match: "source:wire OR brand:brillux"}, api.RuleInfo{ID: "voice", Kind: "share_of_voice", Match: "source:wire"})
	// The first is of a rule within the scope; the second was opened when that
	// rule asked for more, or before it was noted what one asks for.
	f.incidents[0].Rule, f.incidents[0].Match = "ours", f.rules[1].Match
	f.incidents[1].Rule, f.incidents[1].Match, f.incidents[1].Reason = "ours", "recall* AND brand:brillux", canary
	f.incidents[2].Rule, f.incidents[2].Reason = "ours", canary
	f.outbox[0].Rule, f.outbox[1].Rule, f.outbox[1].Reason = "ours", "ours", canary
	f.reasons = nil
	people := newCrowd(mention.User{Name: "ag", Role: "analyst", Scope: "source:wire", Password: passHash})
	h := cheap(t, api.Options{Backend: sieve{f}, People: people, Extra: map[string]http.Handler{"/inbox": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(canary)) })}})
	return f, h, signIn(t, h, "ag")
}

func TestAPartShowsNothingElse(t *testing.T) {
	f, h, c := agency(t)
	patterns, err := api.Patterns(api.Options{Backend: f, People: newCrowd(), Extra: map[string]http.Handler{"/inbox": http.NotFoundHandler()}})
	if err != nil {
		t.Fatal(err)
	}
	ok := 0
	for _, pattern := range patterns {
		method, path, found := strings.Cut(pattern, " ")
		if !found {
			method, path = http.MethodGet, pattern
		}
		if method != http.MethodGet || strings.HasSuffix(path, "/events") {
			continue
		}
		ids := []string{"m1"}
		switch {
		case strings.Contains(path, "/incidents/"):
			ids = []string{"i0", "i1"}
		case strings.Contains(path, "/deliveries/"):
			ids = []string{"d0", "d1"}
		case strings.Contains(path, "/mentions/"):
			ids = []string{"m0", "m1"}
		case strings.Contains(path, "/rules/"):
			ids = []string{"ours", "wider", "outcry"}
		}
		for _, id := range ids {
			for _, q := range []string{"", "?q=" + canary, "?q=recall)+OR+(" + canary} {
				at := strings.NewReplacer("{id}", id, "{name}", "style.css", "{kind}", "weekly", "{$}", "").Replace(path)
				res, body := page(h, at+q, c)
				if body = strings.ReplaceAll(strings.ReplaceAll(body, "q="+canary, ""), "/"+canary, ""); res.StatusCode == http.StatusOK {
					ok++
				}
				if q == "" && strings.Contains(body, canary) {
					t.Errorf("%s tells of %s (%d):\n%.2000s", at, canary, res.StatusCode, body)
				}
				if q != "" && strings.Contains(body, canary+" plans") {
					t.Errorf("%s finds %s", at+q, canary)
				}
			}
		}
	}
	if ok < 40 {
		t.Errorf("only %d answers", ok)
	}
}

func TestAPartChangesNothingElse(t *testing.T) {
	f, h, c := agency(t)
	tests := []struct {
		method, path, body string
		want               int
	}{
		{"POST", "/api/v1/curation", `{"ids":["m0"],"action":"star"}`, 204},
		{"POST", "/api/v1/curation", `{"ids":["m0","m1"],"action":"star"}`, 404},
		{"POST", "/api/v1/mentions", `{"mentions":[{"title":"x"}]}`, 403},
		{"PUT", "/api/v1/labels/x", `{"id":"x","query":"a"}`, 403},
		{"PUT", "/api/v1/rules/x", `{"id":"x","match":"a"}`, 403},
		{"POST", "/api/v1/incidents/i0/flags", `{"action":"ack"}`, 200},
		{"POST", "/api/v1/incidents/i1/flags", `{"action":"ack"}`, 404},
		{"POST", "/api/v1/deliveries/d1/redeliver", ``, 404},
		{"GET", "/api/v1/screening", "", 403},
		{"GET", "/metrics", "", 403},
		{"GET", "/inbox", "", 403},
	}
	for _, tt := range tests {
		f.curated = nil
		r := request(tt.method, tt.path, tt.body)
		r.AddCookie(c)
		if res, body := answer(h, r); res.StatusCode != tt.want || res.StatusCode >= http.StatusBadRequest && len(f.curated) > 0 {
			t.Errorf("%s %s = %d %s, want %d; curated %v", tt.method, tt.path, res.StatusCode, body, tt.want, f.curated)
		}
	}
}

func TestChangesOfAPart(t *testing.T) {
	_, h, c := agency(t)
	r := request(http.MethodGet, "/api/v1/changes?limit=4", "")
	r.AddCookie(c)
	_, body := answer(h, r)
	if !strings.Contains(body, `"last":4`) || strings.Count(body, `"kind":"new"`) != 2 || strings.Contains(body, `"seq":2`) {
		t.Errorf("%s; want two of four, and the last sequence all the same", body)
	}
}

// TestNarrowedIsBoth: a query within a scope finds what both find.
func TestNarrowedIsBoth(t *testing.T) {
	queries := []string{
		"recall", "recall*", "NOT recall", "a OR b", "recall OR angry", "recall) OR (angry", `"recall`, `recall"`, "title:recall OR NOT text:angry", "patients NEAR/3 angry",
		"source:wire", "brand:brillux AND NOT label:recall", "published:[* TO *]", "published:-3d..", "*", "((recall", "recall //x", "recall #c", "-recall", "flag:starred", "recall^3 OR x",
	}
	f := newFake(6)
	for i := range f.records {
		m := &f.records[i].Mention
		switch i % 3 {
		case 1:
			m.Title, m.Source = "Quiet", "other"
		case 2:
			m.Text, f.records[i].Linking.Labels = "nothing", nil
		}
	}
	for _, scope := range queries {
		s, _ := query.Parse(scope)
		if s == nil {
			continue
		}
		for _, text := range queries {
			got, err := api.Narrowed(scope, text)
			q, _ := query.Parse(text)
			if text == "*" {
				q = query.All()
			}
			if q == nil {
				if err == nil {
					t.Errorf("%q within %q became %q", text, scope, got)
				}
				continue
			}
			both, messages := query.Parse(got)
			if err != nil || both == nil {
				t.Errorf("%q within %q: %q, %v %v", text, scope, got, err, messages)
				continue
			}
			for i := range f.records {
				row := f.records[i].Row()
				d := query.NewDocument(&row)
				now := day
				if want := s.At(now).Match(d) && q.At(now).Match(d); both.At(now).Match(d) != want {
					t.Errorf("%q within %q is %q: finds %s %v, want %v", text, scope, got, row.ID, !want, want)
				}
			}
		}
	}
}

func TestWithin(t *testing.T) {
	tests := []struct {
		text, scope string
		want        bool
	}{
		{"source:wire AND recall", "source:wire", true},
		{"recall source:WIRE", "source:wire", true},
		{"source:wire OR recall", "source:wire", false},
		{"NOT source:wire", "source:wire", false},
		{"(source:wire AND a) AND (b AND brand:x)", "brand:x AND source:wire", true},
		{"brand:x AND b", "brand:x AND source:wire", false},
		{"(a OR b) AND c", "a OR b", true},
		{"a AND c", "a OR b", false}, // true, and not told so
		{"", "a", false},
	}
	for _, tt := range tests {
		if got := api.Within(tt.text, tt.scope); got != tt.want {
			t.Errorf("Within(%q, %q) = %v, want %v", tt.text, tt.scope, got, tt.want)
		}
	}
}

func TestStreamOfAPart(t *testing.T) {
	hub := &api.Hub{}
	f := newFake(2)
	f.records[1].Mention.Source, f.records[1].Mention.Title = "secret", canary
	f.rules = []api.RuleInfo{{ID: "ours", Match: "source:wire AND recall"}}
	f.incidents[0].Rule, f.incidents[1].Rule = "ours", "theirs"
	f.incidents[0].Match = f.rules[0].Match
	people := newCrowd(mention.User{Name: "ag", Role: "viewer", Scope: "source:wire", Password: passHash})
	h := cheap(t, api.Options{Backend: f, People: people, Hub: hub})
	c := signIn(t, h, "ag")
	events, stop := listen(t, h, "/api/v1/events", map[string]string{"Cookie": c.Name + "=" + c.Value})
	defer stop()
	_, _, _ = next(t, events) // the opening
	for i := range f.records {
		hub.Change(mention.Change{Seq: int64(10 + i), Kind: mention.ChangeNew, At: time.Now(), Record: f.records[1-i]})
	}
	hub.Incident(f.incidents[1])
	hub.Incident(f.incidents[0])
	for _, want := range []string{"mention m0", "incident i0"} {
		kind, _, about := next(t, events)
		if got := kind + " " + about; got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

func TestAPartIsToldWhatStandsBehindMuchElse(t *testing.T) {
	f := newFake(1)
	f.rules = []api.RuleInfo{{ID: "ours", Match: "source:wire AND recall"}}
	f.incidents, f.outbox = nil, nil
	for i := range 3000 {
		rule, match, id := "theirs", "recall", fmt.Sprintf("i%04d", i)
		if i == 2999 {
			rule, match = "ours", f.rules[0].Match
		}
		f.incidents = append(f.incidents, mention.Incident{ID: id, Rule: rule, Kind: "match", Match: match})
		f.outbox = append(f.outbox, mention.Delivery{ID: fmt.Sprintf("d%04d", i), Incident: id, Seq: int64(3000 - i), Rule: rule})
	}
	h := cheap(t, api.Options{Backend: f, People: newCrowd(mention.User{Name: "ag", Role: "viewer", Scope: "source:wire", Password: passHash})})
	c := signIn(t, h, "ag")
	for path, want := range map[string]string{"/api/v1/incidents?limit=10": "i2999", "/api/v1/deliveries?limit=10": "d2999"} {
		r := request(http.MethodGet, path, "")
		r.AddCookie(c)
		if res, body := answer(h, r); res.StatusCode != http.StatusOK || !strings.Contains(body, want) || strings.Contains(body, "theirs") {
			t.Errorf("%s: %d %.200s", path, res.StatusCode, body)
		}
	}
}
