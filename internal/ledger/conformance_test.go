package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/internal/ledger"
	"earshot/mention"
)

// start is a time without a part below milliseconds.
var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// testLedger is what every ledger must do. open gives an empty one, which
// closes with the test.
func testLedger(t *testing.T, open func(t *testing.T) ledger.Ledger) {
	for _, tt := range []struct {
		name string
		test func(t *testing.T, l ledger.Ledger)
	}{
		{"append", testAppend},
		{"append again changes nothing", testAppendAgain},
		{"revisions", testRevisions},
		{"two sources that differ", testTwoSources},
		{"more is known later", testEnrich},
		{"measured again", testMetrics},
		{"records at their numbers", testRecordsAt},
		{"screening", testScreening},
		{"refused", testRefused},
		{"source state", testSourceState},
		{"coverage", testCoverage},
		{"captures", testCaptures},
		{"understood", testUnderstood},
		{"understood again changes nothing", testUnderstoodAgain},
		{"overtaken revision", testOvertaken},
		{"changes", testChanges},
		{"stories", testStories},
		{"each record", testEachRecord},
		{"offsets and settings", testOffsets},
		{"watch", testWatch},
		{"curation", testCuration},
		{"archive", testArchive},
		{"accuracies", testAccuracies},
		{"holds", testHolds},
		{"audit", testAudit},
		{"users", testUsers},
		{"sessions and tokens", testSessions},
		{"changes of users", testUserChanges},
		{"withdrawing", testWithdrawing},
		{"objects", testObjects},
		{"incidents", testIncidents},
		{"outbox", testOutbox},
		{"outbox order", testOutboxOrder},
		{"safety flags", testSafetyFlags},
		{"erase", testErase},
		{"sweep", testSweep},
		{"expire", testExpire},
		{"many writers", testManyWriters},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := open(t)
			tt.test(t, l)
			if err := l.Check(t.Context()); err != nil {
				t.Errorf("Check afterwards: %v", err)
			}
		})
	}
}

// post is a mention as a collector gives it.
func post(id, text string) mention.Mention {
	return mention.Mention{ID: id, Source: "feed", Kind: mention.KindPost, Title: "About " + id, Text: text, Published: start.Add(-time.Hour), Author: "ann"}
}

func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func appendAll(t *testing.T, l ledger.Ledger, now time.Time, list ...mention.Mention) mention.Receipt {
	t.Helper()
	return must(l.Append(t.Context(), now, mention.Batch{Source: "feed", Mentions: list}))(t)
}

// understand does what the understand stage does, in small.
func understand(t *testing.T, l ledger.Ledger, config string) {
	t.Helper()
	after := must(l.Offset(t.Context(), "understand"))(t)
	for {
		entries := must(l.Entries(t.Context(), after, 100))(t)
		if len(entries) == 0 {
			return
		}
		var list []ledger.Understood
		for _, e := range entries {
			list = append(list, understood(e.Mention, config))
			after = e.Seq
		}
		if err := l.PutUnderstood(t.Context(), after, list); err != nil {
			t.Fatal(err)
		}
	}
}

func understood(m mention.Mention, config string) ledger.Understood {
	kind := mention.ChangeNew
	if m.Revision > 1 {
		kind = mention.ChangeRevised
	}
	return ledger.Understood{
		ID: m.ID, Revision: m.Revision, Kind: kind, Story: "story-" + m.ID, Signature: []byte(m.ID),
		Analysis: mention.Analysis{Models: "m1", Language: "en", Status: mention.StatusOK, Keyphrases: []string{m.Text}},
		Linking:  mention.Linking{Config: config, Labels: []string{config}},
	}
}

func changes(t *testing.T, l ledger.Ledger, after int64) []string {
	t.Helper()
	var got []string
	for _, c := range must(l.Changes(t.Context(), after, 1000))(t) {
		m := c.Record.Mention
		got = append(got, fmt.Sprintf("%d %s %s r%d %s", c.Seq, c.Kind, m.ID, m.Revision, m.Text))
	}
	return got
}

func testAppend(t *testing.T, l ledger.Ledger) {
	f := 3.0
	m := mention.Mention{
		ID: "a", Source: "feed", Origin: mention.OriginCollect, Kind: mention.KindNews, GUID: "g", URL: "https://x.example/a?b", Canonical: "https://x.example/a",
		Site: "x.example", Title: "T", Text: "Text \x00 with\nlines", Author: "ann", Lang: "en", Country: "ch", Channel: "c", Thread: "t", Parent: "p",
		Categories: []string{"k"}, Published: start.Add(-time.Hour), Updated: start, Engagement: &f, Reach: &f, Rating: &f,
		PageChange: &mention.PageChange{Type: "pricing"}, Given: &mention.Given{Tags: []string{"x"}},
	}
	r := appendAll(t, l, start, m, post("b", "two"))
	if diff := cmp.Diff(mention.Receipt{New: 2, IDs: []string{"a", "b"}, LastSeq: 2}, r); diff != "" {
		t.Error("receipt (-want +got):", diff)
	}
	entries := must(l.Entries(t.Context(), 0, 10))(t)
	m.Revision, m.Sources, m.Seen, m.Collected = 1, []string{"feed"}, start, start
	if diff := cmp.Diff(ledger.Entry{Seq: 1, Mention: m}, entries[0]); diff != "" {
		t.Error("entry (-want +got):", diff)
	}
	if got := must(l.Entries(t.Context(), 1, 10))(t); len(got) != 1 || got[0].Mention.ID != "b" {
		t.Errorf("Entries(1) = %v, want b alone", got)
	}
	c := must(l.Counts(t.Context()))(t)
	if want := (ledger.Counts{Mentions: 2, Revisions: 2, MentionSeq: 2}); c != want {
		t.Errorf("Counts = %+v, want %+v", c, want)
	}
}

func testAppendAgain(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"), post("b", "two"))
	understand(t, l, "c1")
	for i := range 3 {
		r := appendAll(t, l, start.Add(time.Duration(i)*time.Hour), post("a", "one"), post("b", "two"))
		if diff := cmp.Diff(mention.Receipt{Unchanged: 2, LastSeq: 2}, r); diff != "" {
			t.Error("receipt (-want +got):", diff)
		}
	}
	if got := changes(t, l, 0); len(got) != 2 {
		t.Errorf("changes = %q, want 2", got)
	}
	rec := must(l.Records(t.Context(), []string{"a"}))(t)[0]
	if !rec.Mention.Seen.Equal(start) || !rec.Mention.Collected.Equal(start) {
		t.Errorf("seen %v, collected %v; want both %v", rec.Mention.Seen, rec.Mention.Collected, start)
	}
}

func testMetrics(t *testing.T, l ledger.Ledger) {
	n := func(f float64) *float64 { return &f }
	m := post("a", "one")
	m.Origin, m.Engagement = mention.OriginCollect, n(1)
	appendAll(t, l, start, m, post("b", "two"))
	understand(t, l, "c1")
	later := start.Add(time.Hour)
	batch := mention.Batch{Source: "feed", Metrics: []mention.Metric{
		{ID: "a", At: later, Engagement: n(7), Reach: n(70)}, {ID: "unheard of", At: later, Engagement: n(1)}, {ID: "b", At: later, Gone: true},
	}}
	for range 2 { // doing it again changes nothing
		if r := must(l.Append(t.Context(), later, batch))(t); r.Revised+r.New != 0 {
			t.Errorf("receipt %+v, want no revision", r)
		}
	}
	want := []mention.Metric{{ID: "a", At: start, Engagement: n(1)}, {ID: "a", At: later, Engagement: n(7), Reach: n(70)}}
	if diff := cmp.Diff(want, must(l.Metrics(t.Context(), "a"))(t)); diff != "" {
		t.Error("metrics (-want +got):", diff)
	}
	recs := must(l.Records(t.Context(), []string{"a", "b"}))(t)
	if a, b := recs[0].Mention, recs[1].Mention; *a.Engagement != 7 || *a.Reach != 70 || !a.Gone.IsZero() || !b.Gone.Equal(later) {
		t.Errorf("records have %+v and %+v", a, b)
	}
	if got := changes(t, l, 2); len(got) != 2 {
		t.Errorf("changes = %q, want two rescored", got)
	}
	if err := l.Erase(t.Context(), "ann", "asked", []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if got := must(l.Metrics(t.Context(), "a"))(t); len(got) != 0 {
		t.Errorf("metrics of an erased mention: %v", got)
	}
}

func testRecordsAt(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"), post("b", "two"), post("c", "three"), post("d", "four"))
	understand(t, l, "c1")
	refs := map[string]mention.Ref{}
	for _, c := range must(l.Changes(t.Context(), 0, 10))(t) {
		refs[c.Record.Mention.ID] = mention.Ref{ID: c.Record.Mention.ID, Number: c.Number}
		if c.Number == 0 {
			t.Errorf("change of %s has no number", c.Record.Mention.ID)
		}
	}
	if err := l.Erase(t.Context(), "ann", "asked", []string{"d"}); err != nil {
		t.Fatal(err)
	}
	for _, ask := range [][]mention.Ref{
		{refs["c"], refs["a"], refs["b"]},
		{{ID: "c"}, refs["a"], {ID: "b", Number: refs["a"].Number}},
		{{ID: "c", Number: 9999}, refs["d"], {ID: "nobody", Number: refs["a"].Number}, {ID: "a"}, refs["b"]},
	} {
		var got []string
		for _, r := range must(l.RecordsAt(t.Context(), ask))(t) {
			got = append(got, r.Mention.ID+" "+r.Mention.Text)
		}
		if diff := cmp.Diff([]string{"c three", "a one", "b two"}, got); diff != "" {
			t.Errorf("RecordsAt(%v) (-want +got):\n%s", ask, diff)
		}
	}
}

func testScreening(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"), post("b", "two"))
	appendAll(t, l, start.Add(48*time.Hour), post("later", "three"))
	list := []ledger.Understood{}
	for _, e := range must(l.Entries(t.Context(), 0, 10))(t) {
		u := understood(e.Mention, "c1")
		if e.Mention.ID == "a" {
			u.Analysis.Safety = &mention.Safety{AdverseEvent: true}
		}
		list = append(list, u)
	}
	if err := l.PutUnderstood(t.Context(), 3, list); err != nil {
		t.Fatal(err)
	}
	if err := l.CommitAlerts(t.Context(), ledger.AlertCommit{Offset: 1, Flags: []mention.SafetyFlag{{Mention: "a", Flagged: start}}}); err != nil {
		t.Fatal(err)
	}
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	for _, c := range []mention.Coverage{{From: hour(-5), To: hour(2), OK: true}, {From: hour(2), To: hour(4)}, {From: hour(4), To: hour(6), OK: true}} {
		c.Source = "feed"
		if err := l.AddCoverage(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	got := must(l.Screening(t.Context(), "feed", hour(-1), hour(10)))(t)
	want := mention.Screening{
		Source: "feed", From: hour(-1), To: hour(10), Collected: 2, Understood: 2, Assessed: 1, Flagged: 1,
		Gaps: []mention.Coverage{{Source: "feed", From: hour(2), To: hour(4)}, {Source: "feed", From: hour(6), To: hour(10)}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("screening (-want +got):", diff)
	}
}

func testRevisions(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"))
	edited := post("a", "two")
	edited.Published = start.Add(time.Hour)
	edited.Author = ""
	r := appendAll(t, l, start.Add(time.Hour), edited)
	if diff := cmp.Diff(mention.Receipt{Revised: 1, IDs: []string{"a"}, LastSeq: 2}, r); diff != "" {
		t.Error("receipt (-want +got):", diff)
	}
	// Of one answer, the first text of an id counts.
	appendAll(t, l, start.Add(2*time.Hour), post("a", "three"), post("a", "four"))
	var got []string
	for _, e := range must(l.Entries(t.Context(), 0, 10))(t) {
		m := e.Mention
		got = append(got, fmt.Sprint(e.Seq, m.ID, m.Revision, m.Text, m.Seen.Sub(start), m.Published.Sub(start), m.Collected.Sub(start), m.Author))
	}
	want := []string{
		fmt.Sprint(1, "a", 1, "one", 0*time.Hour, -time.Hour, 0*time.Hour, "ann"),
		fmt.Sprint(2, "a", 2, "two", 0*time.Hour, -time.Hour, time.Hour, "ann"),
		fmt.Sprint(3, "a", 3, "three", 0*time.Hour, -time.Hour, 2*time.Hour, "ann"),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("entries (-want +got):", diff)
	}
	// A text that comes back is another revision.
	if r := appendAll(t, l, start, post("a", "one")); r.Revised != 1 {
		t.Errorf("receipt of the first text again = %+v, want one revised", r)
	}
}

func testTwoSources(t *testing.T, l ledger.Ledger) {
	say := func(source, text string) string {
		m := post("a", text)
		m.Source = source
		r := appendAll(t, l, start, m)
		return fmt.Sprint(r.New, r.Revised, r.Unchanged)
	}
	for i, step := range []struct{ source, text, want string }{
		{"feed", "short", "1 0 0"},
		{"site", "long", "0 1 0"},
		{"feed", "short", "0 0 1"}, // it said so before
		{"site", "long", "0 0 1"},
		{"third", "short", "0 0 1"}, // nothing that was not said
		{"feed", "long", "0 0 1"},
		{"feed", "edited", "0 1 0"},
	} {
		if got := say(step.source, step.text); got != step.want {
			t.Errorf("%d: %s says %s: %s, want %s", i, step.source, step.text, got, step.want)
		}
	}
	m := must(l.Entries(t.Context(), 0, 10))(t)[2].Mention
	if diff := cmp.Diff([]string{"feed", "site", "third"}, m.Sources); diff != "" || m.Source != "feed" {
		t.Errorf("source %s, sources (-want +got): %s", m.Source, diff)
	}
}

func testEnrich(t *testing.T, l ledger.Ledger) {
	m := post("a", "one")
	m.Published, m.Author = time.Time{}, ""
	appendAll(t, l, start, m)
	understand(t, l, "c1")
	likes := 12.0
	more := post("a", "one")
	more.Engagement = &likes
	appendAll(t, l, start, more)
	got := changes(t, l, 1)
	if diff := cmp.Diff([]string{"2 rescored a r1 one"}, got); diff != "" {
		t.Error("changes (-want +got):", diff)
	}
	rec := must(l.Records(t.Context(), []string{"a"}))(t)[0].Mention
	if rec.Author != "ann" || !rec.Published.Equal(start.Add(-time.Hour)) || rec.Engagement == nil || *rec.Engagement != likes {
		t.Errorf("mention = %+v, want author, time and engagement filled in", rec)
	}
	less := post("a", "one")
	less.Published = start
	appendAll(t, l, start, less)
	if got := changes(t, l, 2); got != nil {
		t.Errorf("changes = %q, want none", got)
	}
}

func testRefused(t *testing.T, l ledger.Ledger) {
	r := appendAll(t, l, start, mention.Mention{ID: "a"}, mention.Mention{Text: "no id"}, post("b", "x"))
	if r.Refused != 2 || r.New != 1 {
		t.Errorf("receipt = %+v, want two refused, one new", r)
	}
	bad := post("c", "broken \xff text")
	appendAll(t, l, start, bad)
	if got := must(l.Entries(t.Context(), 1, 10))(t)[0].Mention.Text; got != "broken \uFFFD text" {
		t.Errorf("text = %q", got)
	}
}

func testSourceState(t *testing.T, l ledger.Ledger) {
	if s := must(l.SourceState(t.Context(), "feed"))(t); s.Source != "feed" || s.Passes != 0 {
		t.Errorf("unknown source: %+v", s)
	}
	state := mention.SourceState{ETag: "x", Cursor: []byte{1, 2}, Next: start.Add(time.Hour), Passes: 7, Error: "words"}
	must(l.Append(t.Context(), start, mention.Batch{Source: "feed", Mentions: []mention.Mention{post("a", "1"), post("b", "2")}}))(t)
	must(l.Append(t.Context(), start.Add(time.Minute), mention.Batch{Source: "feed", State: &state}))(t)
	state.Source, state.Items, state.LastNew = "feed", 2, start
	if diff := cmp.Diff(state, must(l.SourceState(t.Context(), "feed"))(t)); diff != "" {
		t.Error("state (-want +got):", diff)
	}
	if got := must(l.SourceStates(t.Context()))(t); len(got) != 1 || got[0].ETag != "x" {
		t.Errorf("SourceStates = %+v", got)
	}
}

func testCoverage(t *testing.T, l ledger.Ledger) {
	add := func(from, to int, ok bool) {
		t.Helper()
		if err := l.AddCoverage(t.Context(), mention.Coverage{Source: "feed", From: start.Add(time.Duration(from) * time.Minute), To: start.Add(time.Duration(to) * time.Minute), OK: ok}); err != nil {
			t.Fatal(err)
		}
	}
	add(0, 10, true)
	add(10, 20, true)
	add(20, 30, false)
	add(30, 40, true)
	add(50, 60, true)
	add(55, 70, true)
	add(52, 58, true)
	var got []string
	for _, c := range must(l.Coverage(t.Context(), "feed", start.Add(5*time.Minute), start.Add(65*time.Minute)))(t) {
		got = append(got, fmt.Sprint(c.From.Sub(start).Minutes(), c.To.Sub(start).Minutes(), c.OK))
	}
	if diff := cmp.Diff([]string{"0 20 true", "20 30 false", "30 40 true", "50 70 true"}, got); diff != "" {
		t.Error("coverage (-want +got):", diff)
	}
	if got := must(l.Coverage(t.Context(), "other", start, start.Add(time.Hour)))(t); got != nil {
		t.Errorf("another source's coverage = %v", got)
	}
	if err := l.AddCoverage(t.Context(), mention.Coverage{Source: "feed", From: start, To: start.Add(-1)}); err == nil {
		t.Error("coverage that ends before it begins was accepted")
	}
}

func answer(url, body string) *mention.Capture {
	return &mention.Capture{
		URL: url, Fetched: start, Status: 200, Body: []byte(body),
		Header: map[string][]string{"Content-Type": {"text/html"}, "Content-Encoding": {"gzip"}, "X-Many": {"1", "2"}},
	}
}

func testCaptures(t *testing.T, l ledger.Ledger) {
	c := answer("https://x.example/feed", "<rss>\r\n\r\n\x00 binary")
	must(l.Append(t.Context(), start, mention.Batch{Source: "feed", Mentions: []mention.Mention{post("a", "1"), post("b", "2")}, Capture: c}))(t)
	if c.ID == "" {
		t.Fatal("the capture was given no id")
	}
	for _, e := range must(l.Entries(t.Context(), 0, 10))(t) {
		if e.Mention.Capture != c.ID {
			t.Errorf("capture of %s = %q, want %q", e.Mention.ID, e.Mention.Capture, c.ID)
		}
	}
	if diff := cmp.Diff(c, must(l.Capture(t.Context(), c.ID))(t)); diff != "" {
		t.Error("capture (-want +got):", diff)
	}
	// The same once more, for nothing new: not stored. For something new: it
	// is there already.
	again := answer(c.URL, string(c.Body))
	must(l.Append(t.Context(), start, mention.Batch{Source: "feed", Mentions: []mention.Mention{post("a", "1")}, Capture: again}))(t)
	if again.ID != "" {
		t.Errorf("id of a capture nothing refers to = %q, want none", again.ID)
	}
	must(l.Append(t.Context(), start, mention.Batch{Source: "feed", Mentions: []mention.Mention{post("c", "3")}, Capture: again}))(t)
	if again.ID != c.ID {
		t.Errorf("id of the same answer = %q, want %q", again.ID, c.ID)
	}
	empty := answer("https://x.example/empty", "")
	must(l.Append(t.Context(), start, mention.Batch{Source: "feed", Capture: empty}))(t)
	if got := must(l.Capture(t.Context(), empty.ID))(t); len(got.Body) != 0 || got.URL != empty.URL {
		t.Errorf("empty capture = %+v", got)
	}
	if _, err := l.Capture(t.Context(), "none"); !errors.Is(err, ledger.ErrNotFound) {
		t.Errorf("Capture of nothing: %v, want ErrNotFound", err)
	}
}

func testUnderstood(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"))
	if got := must(l.Records(t.Context(), []string{"a"}))(t); len(got) != 0 {
		t.Errorf("records before they are understood: %v", got)
	}
	u := ledger.Understood{
		ID: "a", Revision: 1, Kind: mention.ChangeNew, Story: "s", Signature: []byte{1},
		Analysis: mention.Analysis{Models: "m1", Language: "en", Status: mention.StatusOK, Sentiment: &mention.Sentiment{Label: mention.Negative, Score: -0.5}},
		Linking:  mention.Linking{Config: "c1", Brands: []mention.BrandMention{{Brand: "acme", Spans: []mention.Span{{Start: 1, End: 2}}}}, Labels: []string{"l"}},
	}
	if err := l.PutUnderstood(t.Context(), 1, []ledger.Understood{u}); err != nil {
		t.Fatal(err)
	}
	m := post("a", "one")
	m.Revision, m.Sources, m.Seen, m.Collected = 1, []string{"feed"}, start, start
	want := mention.Record{Mention: m, Analysis: u.Analysis, Linking: u.Linking, Story: "s"}
	if diff := cmp.Diff([]mention.Record{want}, must(l.Records(t.Context(), []string{"x", "a"}))(t)); diff != "" {
		t.Error("records (-want +got):", diff)
	}
	if got := must(l.Offset(t.Context(), "understand"))(t); got != 1 {
		t.Errorf("offset = %d, want 1", got)
	}
	if c := must(l.Counts(t.Context()))(t); c.Analyzed != 1 || c.AnalyzedSeq != 1 {
		t.Errorf("counts = %+v, want 1 analyzed", c)
	}
	u.Revision = 2
	if err := l.PutUnderstood(t.Context(), 0, []ledger.Understood{u}); err == nil {
		t.Error("an analysis of a revision that is not there was accepted")
	}
	u.ID = "never seen"
	if err := l.PutUnderstood(t.Context(), 0, []ledger.Understood{u}); err != nil {
		t.Errorf("an analysis of nothing: %v", err)
	}
}

func testUnderstoodAgain(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"), post("b", "two"))
	understand(t, l, "c1")
	for range 2 {
		for _, e := range must(l.Entries(t.Context(), 0, 10))(t) {
			u := understood(e.Mention, "c1")
			u.Story = "another" // a story is never another one later
			if err := l.PutUnderstood(t.Context(), e.Seq, []ledger.Understood{u}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := changes(t, l, 0); len(got) != 2 {
		t.Errorf("changes = %q, want 2", got)
	}
	// Other brands and labels: told as such, once.
	for range 2 {
		for _, e := range must(l.Entries(t.Context(), 0, 10))(t) {
			if err := l.PutUnderstood(t.Context(), 0, []ledger.Understood{understood(e.Mention, "c2")}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if diff := cmp.Diff([]string{"3 rescored a r1 one", "4 rescored b r1 two"}, changes(t, l, 2)); diff != "" {
		t.Error("changes (-want +got):", diff)
	}
	rec := must(l.Records(t.Context(), []string{"a"}))(t)[0]
	if rec.Linking.Config != "c2" || rec.Story != "story-a" {
		t.Errorf("record = %+v, want config c2 and the first story", rec)
	}
}

func testOvertaken(t *testing.T, l ledger.Ledger) {
	appendAll(t, l, start, post("a", "one"))
	first := must(l.Entries(t.Context(), 0, 10))(t)[0].Mention
	appendAll(t, l, start, post("a", "two"))
	if err := l.PutUnderstood(t.Context(), 1, []ledger.Understood{understood(first, "c1")}); err != nil {
		t.Fatal(err)
	}
	if got := changes(t, l, 0); got != nil {
		t.Errorf("changes = %q; a revision that is no longer the latest is not logged", got)
	}
	understand(t, l, "c1")
	appendAll(t, l, start, post("a", "three"))
	// Until it is understood, the record is the one before, whole.
	rec := must(l.Records(t.Context(), []string{"a"}))(t)[0]
	if rec.Mention.Text != "two" || rec.Mention.Revision != 2 || rec.Analysis.Keyphrases[0] != "two" {
		t.Errorf("record = %+v, want revision 2 with its analysis", rec)
	}
	understand(t, l, "c1")
	want := []string{"1 new a r3 three", "2 revised a r3 three"}
	if diff := cmp.Diff(want, changes(t, l, 0)); diff != "" {
		t.Error("changes (-want +got):", diff)
	}
}

func testChanges(t *testing.T, l ledger.Ledger) {
	var list []mention.Mention
	for i := range 25 {
		list = append(list, post(fmt.Sprintf("m%02d", i), "text"))
	}
	appendAll(t, l, start, list...)
	understand(t, l, "c1")
	var seqs []int64
	for after := int64(0); ; {
		page := must(l.Changes(t.Context(), after, 10))(t)
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			seqs = append(seqs, c.Seq)
			after = c.Seq
		}
	}
	for i, s := range seqs {
		if s != int64(i+1) {
			t.Fatalf("sequences %v, want 1 to 25", seqs)
		}
	}
	mentions, analyzed, err := l.LastSeq(t.Context())
	if mentions != 25 || analyzed != 25 || err != nil {
		t.Errorf("LastSeq = %d, %d, %v; want 25, 25", mentions, analyzed, err)
	}
}

func testStories(t *testing.T, l ledger.Ledger) {
	for i := range 5 {
		m := post(fmt.Sprint("m", i), "x")
		m.Published = start.Add(time.Duration(-i) * time.Hour)
		appendAll(t, l, start, m)
	}
	understand(t, l, "c1")
	var got []string
	for _, s := range must(l.StoryMembers(t.Context(), start.Add(-3*time.Hour), 3))(t) {
		got = append(got, fmt.Sprint(s.ID, s.Story, s.At.Sub(start), string(s.Signature)))
	}
	want := []string{fmt.Sprint("m2", "story-m2", -2*time.Hour, "m2"), fmt.Sprint("m1", "story-m1", -time.Hour, "m1"), fmt.Sprint("m0", "story-m0", 0*time.Hour, "m0")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("members (-want +got):", diff)
	}
}

func testEachRecord(t *testing.T, l ledger.Ledger) {
	var list []mention.Mention
	for i := range 1201 {
		list = append(list, post(fmt.Sprintf("m%04d", i), "text"))
	}
	appendAll(t, l, start, list...)
	understand(t, l, "c1")
	if err := l.Erase(t.Context(), "me", "asked", []string{"m0100"}); err != nil {
		t.Fatal(err)
	}
	n, last := 0, "m0050"
	err := l.EachRecord(t.Context(), last, func(r mention.Record) error {
		if r.Mention.ID <= last || r.Mention.ID == "m0100" {
			return fmt.Errorf("%s after %s", r.Mention.ID, last)
		}
		last = r.Mention.ID
		n++
		return nil
	})
	if err != nil || n != 1149 {
		t.Errorf("EachRecord gave %d records and %v, want 1149", n, err)
	}
	stop := errors.New("stop")
	if err := l.EachRecord(t.Context(), "", func(mention.Record) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("EachRecord = %v, want the error of fn", err)
	}
}

func testOffsets(t *testing.T, l ledger.Ledger) {
	if err := errors.Join(l.SetOffset(t.Context(), "x", 7), l.SetOffset(t.Context(), "x", 5), l.SetSetting(t.Context(), "k", "v"), l.SetSetting(t.Context(), "k", "w")); err != nil {
		t.Fatal(err)
	}
	if x, y := must(l.Offset(t.Context(), "x"))(t), must(l.Offset(t.Context(), "y"))(t); x != 5 || y != 0 {
		t.Errorf("offsets = %d, %d; want 5, 0", x, y)
	}
	if k, z := must(l.Setting(t.Context(), "k"))(t), must(l.Setting(t.Context(), "z"))(t); k != "w" || z != "" {
		t.Errorf("settings = %q, %q; want w and nothing", k, z)
	}
}

func testWatch(t *testing.T, l ledger.Ledger) {
	ch, stop := l.Watch()
	told := func() bool {
		select {
		case <-ch:
			return true
		default:
			return false
		}
	}
	appendAll(t, l, start, post("a", "one"))
	appendAll(t, l, start, post("b", "one"))
	if !told() || told() {
		t.Error("two appends unread: want one value")
	}
	appendAll(t, l, start, post("a", "one"))
	if told() {
		t.Error("told of an append that changed nothing")
	}
	understand(t, l, "c1")
	if !told() {
		t.Error("not told of the analyzed log")
	}
	stop()
	appendAll(t, l, start, post("c", "one"))
	if told() {
		t.Error("told after stop")
	}
}

func testManyWriters(t *testing.T, l ledger.Ledger) {
	const writers, each = 16, 20
	errs := make(chan error, writers)
	for w := range writers {
		go func() {
			var err error
			for i := range each {
				id := fmt.Sprint(w, "-", i)
				_, e := l.Append(t.Context(), start, mention.Batch{
					Source: fmt.Sprint(w), Mentions: []mention.Mention{post(id, "x")}, Capture: answer("https://x.example/"+id, id),
					State: &mention.SourceState{Passes: int64(i + 1)},
				})
				err = errors.Join(err, e)
			}
			errs <- err
		}()
	}
	for range writers {
		if err := <-errs; err != nil {
			t.Fatal(err)
		}
	}
	entries := must(l.Entries(t.Context(), 0, 1000))(t)
	if len(entries) != writers*each {
		t.Fatalf("%d entries, want %d", len(entries), writers*each)
	}
	for _, e := range entries {
		c := must(l.Capture(t.Context(), e.Mention.Capture))(t)
		if !bytes.Equal(c.Body, []byte(e.Mention.ID)) {
			t.Fatalf("capture of %s has body %q", e.Mention.ID, c.Body)
		}
	}
	for _, s := range must(l.SourceStates(t.Context()))(t) {
		if s.Passes != each || s.Items != each {
			t.Errorf("source %s: %d passes, %d items; want %d", s.Source, s.Passes, s.Items, each)
		}
	}
}
