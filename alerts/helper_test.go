package alerts

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"earshot/internal/egress"
	"earshot/mention"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start is when the log of a test begins.
var start = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// a post is a mention as tests write it; zero fields have harmless values.
type post struct {
	after     time.Duration // since start: when it entered the log
	published time.Duration // before it entered the log
	id, title string
	story     string
	author    string
	site      string
	source    string
	brands    []string
	sentiment string
	kind      string // of the change
	revision  int
	own       string
	origin    mention.Origin
	safety    bool
	unmarked  bool // never published, says the source
	curation  mention.Curation
	events    []mention.Event
	page      *mention.PageChange
	reach     *float64
}

func (p post) change(seq int64) mention.Change {
	at := start.Add(p.after)
	if p.id == "" {
		p.id = fmt.Sprintf("m%d", seq)
	}
	if p.title == "" {
		p.title = "Recall of Novarel announced " + p.id
	}
	if p.kind == "" {
		p.kind = mention.ChangeNew
	}
	m := mention.Mention{
		ID: p.id, Revision: max(p.revision, 1), Source: p.source, Origin: p.origin, Title: p.title, Author: p.author, Site: p.site,
		URL: "https://news.example/" + p.id, Published: at.Add(-p.published), Seen: at, Collected: at, PageChange: p.page, Reach: p.reach,
		Given: &mention.Given{Brands: p.brands, Sentiment: p.sentiment},
	}
	if p.unmarked {
		m.Published = time.Time{}
	}
	a := mention.Analysis{Status: mention.StatusOK, Language: "en", Events: p.events}
	if p.safety {
		a.Safety = &mention.Safety{AdverseEvent: true, Score: 0.9, Elements: mention.SafetyElements{Reaction: []mention.Span{{Field: "title", Start: 0, End: 6}}}}
	}
	return mention.Change{Seq: seq, Kind: p.kind, At: at, Record: mention.Record{
		Mention: m, Analysis: a, Linking: mention.Linking{Own: p.own}, Story: p.story, Curation: p.curation,
	}}
}

func changes(posts ...post) []mention.Change {
	list := make([]mention.Change, len(posts))
	for i := range posts {
		list[i] = posts[i].change(int64(i + 1))
	}
	return list
}

// repeat is n posts, each a step after the last.
func (p post) repeat(n int, step time.Duration) []post {
	list := make([]post, n)
	for i := range list {
		list[i] = p
		list[i].after += time.Duration(i) * step
	}
	return list
}

func testReceiver(id string) Receiver {
	return Receiver{ID: id, Kind: ReceiverWebhook, URL: "https://hook.example/x", SecretFile: "/run/secret"}
}

func testEngine(t testing.TB, rules []Rule, receivers ...Receiver) *Engine {
	t.Helper()
	if len(receivers) == 0 {
		receivers = []Receiver{testReceiver("hook")}
	}
	e, err := NewEngine(Options{Rules: rules, Receivers: receivers, Brands: testBrands, PublicURL: "https://ear.example"})
	if err != nil {
		t.Fatalf("NewEngine: %v", err)
	}
	return e
}

var testBrands = []mention.Brand{
	{ID: "novarel", Name: "Novarel", Role: mention.RoleOwn}, {ID: "zentrix", Name: "Zentrix"}, {ID: "calmora", Name: "Calmora", Role: mention.RolePeer},
}

// play steps an engine once for each change, then on to the end.
func play(e *Engine, end time.Duration, list []mention.Change) Outcome {
	var all Outcome
	for i := range list {
		all.add(e.Step(list[i].At, list[i:i+1]))
	}
	all.add(e.Step(start.Add(end+time.Millisecond), nil))
	return all
}

func (o *Outcome) add(more Outcome) {
	for _, inc := range more.Incidents {
		found := false
		for i := range o.Incidents {
			if o.Incidents[i].ID == inc.ID {
				o.Incidents[i], found = inc, true
			}
		}
		if !found {
			o.Incidents = append(o.Incidents, inc)
		}
	}
	o.Deliveries = append(o.Deliveries, more.Deliveries...)
	o.Flags = append(o.Flags, more.Flags...)
	o.Transitions = append(o.Transitions, more.Transitions...)
}

// told is what deliveries say, in short: type, receiver and whether held.
func told(list []mention.Delivery) []string {
	var s []string
	for _, d := range list {
		line := d.Created.Sub(start).String() + " " + d.Receiver + " " + d.Type
		if d.State == mention.DeliveryHeld {
			line += " held: " + d.Reason
		}
		s = append(s, line)
	}
	return s
}

func moved(list []Transition) []string {
	var s []string
	for _, tr := range list {
		line := tr.At.Sub(start).String() + " " + tr.Rule
		if tr.Group != "" {
			line += " " + tr.Group
		}
		s = append(s, line+" "+tr.State)
	}
	return s
}

func notice(t *testing.T, d mention.Delivery) Notice {
	t.Helper()
	var n Notice
	if err := json.Unmarshal(d.Payload, &n); err != nil {
		t.Fatalf("payload of %s: %v", d.ID, err)
	}
	return n
}

func testEgress(t testing.TB, config egress.Config) *egress.Egress {
	t.Helper()
	config.AllowCIDRs = []string{"127.0.0.0/8", "::1/128"}
	eg, err := egress.New(config)
	if err != nil {
		t.Fatalf("egress.New: %v", err)
	}
	t.Cleanup(eg.CloseIdle)
	return eg
}

func writeFile(t testing.TB, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
