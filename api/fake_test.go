package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"earshot/api"
	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var day = time.Date(2026, 11, 20, 9, 30, 0, 0, time.UTC)

// A fake is a daemon in memory.
type fake struct {
	mu        sync.Mutex
	records   []mention.Record // newest first
	changes   []mention.Change
	incidents []mention.Incident
	outbox    []mention.Delivery
	curated   []mention.CurationEvent
	brands    []api.BrandInfo
	labels    []api.LabelInfo
	sources   []mention.SourceStatus
	rules     []api.RuleInfo
	receivers []api.ReceiverInfo
	objects   map[string]api.Object
	pushed    []mention.Mention
	reasons   []string
	opened    []string
	exported  mention.Export      // asked for last
	counted   mention.Aggregation // asked for last
	scored    mention.KPISearch   // asked for last
	accuracy  mention.Accuracy    // put last
	kept      []mention.KeptReport
	shares    []mention.Share
	boards    []api.BoardInfo
	tested    mention.SourceTest // what the test of an address answers
	plan      mention.SourceImport
	notes     []mention.TimeNote
	mailed    []string // to whom a report was
	err       error    // of every question
	rowErr    error    // of an export, after its first row
}

func newFake(n int) *fake {
	f := &fake{objects: map[string]api.Object{}}
	for i := range n {
		rec := mention.Record{
			Mention: mention.Mention{
				ID: "m" + strconv.Itoa(i), Revision: 1, Source: "wire", Kind: mention.KindNews, URL: "https://news.example/" + strconv.Itoa(i),
				Site: "news.example", Title: fmt.Sprintf("Brillux recalls lot %d", i), Text: "Patients were angry about the recall.", Author: "Ada Muster",
				Published: day.Add(-time.Duration(i) * time.Hour), Seen: day, Collected: day,
			},
			Analysis: mention.Analysis{
				Models: "1", Language: "en", Status: mention.StatusOK,
				Sentiment: &mention.Sentiment{Label: mention.Negative, Score: -.6, Evidence: []mention.Evidence{{Span: mention.Span{Start: 14, End: 19}, Weight: -.6}}},
			},
			Linking: mention.Linking{Config: "c1", Brands: []mention.BrandMention{{Brand: "brillux", Spans: []mention.Span{{Field: "title", End: 7}}, Why: "its name"}}, Labels: []string{"recall"}},
			Story:   "m0",
		}
		f.records = append(f.records, rec)
		f.changes = append(f.changes, mention.Change{Seq: int64(i + 1), Kind: mention.ChangeNew, At: day, Record: rec})
	}
	f.labels = []api.LabelInfo{{Label: mention.Label{ID: "recall", Query: "recall*"}, Owner: api.OwnerFile}}
	f.brands = []api.BrandInfo{{Brand: mention.Brand{ID: "brillux", Name: "Brillux", Role: mention.RoleOwn}, Owner: api.OwnerFile}}
	f.sources = []mention.SourceStatus{
		{Source: mention.Source{ID: "wire", Kind: mention.SourceFeed, URL: "https://news.example/feed"}, State: mention.SourceState{LastOK: day, Items: 12345}, Owner: api.OwnerFile},
		{Source: mention.Source{ID: "gone", Kind: mention.SourceFeed, URL: "https://gone.example/feed"}, State: mention.SourceState{Error: "the address is gone (410): remove the source", Failures: 3}, Owner: api.OwnerFile},
	}
	f.rules = []api.RuleInfo{{ID: "outcry", Kind: "threshold", Match: "brand:brillux", Severity: mention.SeverityCrisis, Notify: []string{"hook"}, Owner: api.OwnerFile}}
	f.receivers = []api.ReceiverInfo{{ID: "hook", Kind: "webhook", Target: "hooks.example", State: api.ReceiverOK, Owner: api.OwnerFile}}
	for i := range 3 {
		id := "i" + strconv.Itoa(i)
		f.incidents = append(f.incidents, mention.Incident{
			ID: id, Rule: "outcry", Kind: "threshold", State: mention.StateFiring, Severity: mention.SeverityCrisis, Reason: "12 mentions in 1h, at least 10",
			Count: 12, Mentions: []string{"m0", "m1"}, Opened: day, Fired: day, Updated: day,
		})
		f.outbox = append(f.outbox, mention.Delivery{
			ID: "d" + strconv.Itoa(i), Incident: id, Rule: "outcry", Receiver: "hook", Type: "incident.firing", State: mention.DeliverySent,
			Mention: "m0", Payload: []byte(`{"type":"incident.firing"}`), Attempts: 1, Created: day, Seq: int64(30 - i),
		})
	}
	return f
}

func parse(q string) error {
	if q == "" {
		return nil
	}
	if parsed, messages := query.Parse(q); parsed == nil {
		return fmt.Errorf("fake: %w", &query.Error{Messages: messages})
	}
	return nil
}

func (f *fake) Search(_ context.Context, s mention.Search) (mention.Page, error) {
	if err := errors.Join(f.err, parse(s.Query)); err != nil {
		return mention.Page{}, err
	}
	from := 0
	if s.Cursor != "" {
		n, err := strconv.Atoi(s.Cursor)
		if err != nil {
			return mention.Page{}, api.ErrCursor
		}
		from = n
	}
	page := mention.Page{Total: uint64(len(f.records))}
	for i := from; i < len(f.records) && len(page.Rows) < s.Limit; i++ {
		row := f.records[i].Row()
		if s.Fold {
			row.Folded = uint64(len(f.records))
		}
		if s.Highlight {
			row.Highlights = []mention.Span{{Field: "title", End: 7}, {Start: 3, End: 900}, {Start: 1, End: 4}}
		}
		page.Rows = append(page.Rows, row)
	}
	if to := from + len(page.Rows); to < len(f.records) {
		page.Next = strconv.Itoa(to)
	}
	return page, nil
}

func (f *fake) Count(_ context.Context, q string) (uint64, error) {
	return uint64(len(f.records)), errors.Join(f.err, parse(q))
}

func (f *fake) Histogram(_ context.Context, q, interval string, zone *time.Location) (mention.Series, error) {
	return mention.Series{Interval: interval, Zone: zone.String(), Buckets: []mention.Bucket{
		{Key: "2026-11-19", Start: day.AddDate(0, 0, -1), Count: 3, Query: "published:2026-11-19"},
		{Key: "2026-11-20", Start: day, Count: 5, Query: "published:2026-11-20"},
	}}, errors.Join(f.err, parse(q))
}

func (f *fake) Facets(_ context.Context, q string, fields []string, _ int) ([]mention.Facet, error) {
	var list []mention.Facet
	for _, field := range fields {
		list = append(list, mention.Facet{Field: field, Values: []mention.Bucket{{Key: "brillux", Count: 8, Query: "brand:brillux"}}})
	}
	return list, errors.Join(f.err, parse(q))
}

func (f *fake) Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error {
	if err := errors.Join(f.err, parse(e.Query)); err != nil {
		return err
	}
	f.exported = e
	for i := range f.records {
		if err := errors.Join(ctx.Err(), fn(f.records[i].Row())); err != nil {
			return err
		}
		if f.rowErr != nil {
			return f.rowErr
		}
	}
	return nil
}

func (f *fake) Aggregate(_ context.Context, a mention.Aggregation) (mention.Table, error) {
	f.mu.Lock()
	f.counted = a
	f.mu.Unlock()
	authors := uint64(3)
	cell := mention.Cell{
		Count: 8, Query: "brand:brillux", Sentiment: &mention.SentimentCounts{Positive: 2, Negative: 5, Neutral: 1}, Engagement: &mention.Amount{}, Reach: &mention.Amount{},
		Authors: &authors, Sites: &authors, Stories: &authors,
	}
	t := mention.Table{By: a.By, Zone: "UTC", Total: cell, Recipe: mention.Recipe{Measure: "volume", Query: a.Query, At: day}}
	for range a.By {
		cell.Keys = append(cell.Keys, "brillux")
	}
	if len(a.By) > 0 {
		t.Cells = []mention.Cell{cell}
	}
	return t, errors.Join(f.err, parse(a.Query))
}

func (f *fake) Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error) {
	f.mu.Lock()
	f.scored = s
	f.mu.Unlock()
	return report.Scorecard(ctx, f.Aggregate, s, time.UTC)
}

func (f *fake) Voices(_ context.Context, s mention.VoiceSearch) (mention.Voices, error) {
	return mention.Voices{Rows: []mention.Voice{{Name: "Ada Muster", By: s.By, Mentions: 8}}}, errors.Join(f.err, parse(s.Query))
}

func (f *fake) Activities(_ context.Context, s mention.ActivitySearch) (mention.Activities, error) {
	return mention.Activities{Rows: []mention.Activity{{ID: "a0", Brand: "brillux", Type: "recall", At: day}}}, errors.Join(f.err, parse(s.Query))
}

func (f *fake) Head(_ context.Context, q string) (mention.Recipe, error) {
	return mention.Recipe{Query: q, Zone: "UTC", Seq: 7, At: day}, errors.Join(f.err, parse(q))
}

func (f *fake) Draw(ctx context.Context, s mention.SampleSearch) (mention.Sample, error) {
	return report.Draw(ctx, func(ctx context.Context, q string, fn func(mention.Row) error) error {
		if strings.Contains(q, "NOT") { // every query finds everything here
			return nil
		}
		return f.Export(ctx, mention.Export{Query: q}, fn)
	}, s)
}

func (f *fake) PutAccuracy(_ context.Context, actor string, a mention.Accuracy) (mention.Accuracy, error) {
	a.Actor = actor
	f.accuracy = a
	return a, f.err
}

func (f *fake) Record(_ context.Context, id string) (mention.Record, error) {
	for i := range f.records {
		if f.records[i].Mention.ID == id {
			return f.records[i], f.err
		}
	}
	return mention.Record{}, fmt.Errorf("fake: %s: %w", id, api.ErrNotFound)
}

func (f *fake) Changes(_ context.Context, after int64, limit int) ([]mention.Change, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []mention.Change
	for i := range f.changes {
		if f.changes[i].Seq > after && len(list) < limit {
			list = append(list, f.changes[i])
		}
	}
	return list, f.err
}

func (f *fake) Curations(context.Context, string) ([]mention.CurationEvent, error) {
	return f.curated, f.err
}

func (f *fake) Screening(_ context.Context, from, to time.Time) ([]mention.Screening, error) {
	return []mention.Screening{{Source: "wire", From: from, To: to, Collected: 3, Understood: 3, Assessed: 2, Flagged: 1}}, f.err
}

func (f *fake) Notes(context.Context) ([]mention.TimeNote, error) {
	return slices.Clone(f.notes), f.err
}

func (f *fake) PutNote(_ context.Context, actor string, n mention.TimeNote) (mention.TimeNote, error) {
	if errs := n.Faults(); len(errs) > 0 {
		return n, &api.InvalidError{Faults: []string{errs[0].Error()}}
	}
	if err := parse(n.Query); err != nil {
		return n, err
	}
	i := slices.IndexFunc(f.notes, func(x mention.TimeNote) bool { return x.ID == n.ID })
	if i < 0 {
		n.ID, n.By, n.At = "n"+strconv.Itoa(len(f.notes)), actor, day
		f.notes = append(f.notes, n)
		return n, f.err
	}
	n.Editor, n.Edited = actor, day
	f.notes[i] = n
	return n, f.err
}

func (f *fake) DeleteNote(_ context.Context, id, _ string) error {
	f.notes = slices.DeleteFunc(f.notes, func(x mention.TimeNote) bool { return x.ID == id })
	return f.err
}

func (f *fake) TestSource(_ context.Context, _, address string) (mention.SourceTest, error) {
	if f.tested.Address != "" {
		return f.tested, f.err
	}
	return mention.SourceTest{Address: address, Answer: "HTTP 200 OK"}, f.err
}

func (f *fake) ReadSources(_ context.Context, opml []byte) (mention.SourceImport, []mention.Source, error) {
	if !bytes.HasPrefix(opml, []byte("<opml")) {
		return mention.SourceImport{}, nil, &api.InvalidError{Faults: []string{"opml: the file does not begin with <opml>"}}
	}
	return f.plan, []mention.Source{{ID: "new-one", Kind: mention.SourceFeed, URL: "https://one.example/feed"}}, f.err
}

func (f *fake) WriteSources(context.Context) ([]byte, error) { return []byte("<opml/>"), f.err }

func (f *fake) AddSources(_ context.Context, actor string, list []mention.Source) error {
	for _, s := range list {
		f.objects["source "+s.ID] = api.Object{Kind: api.KindSource, ID: s.ID, Owner: actor, Body: []byte(s.URL)}
	}
	return f.err
}

func (f *fake) Backfill(context.Context, string, string, time.Time) error { return f.err }

func (f *fake) Metrics(_ context.Context, id string) ([]mention.Metric, error) {
	n := 7.0
	return []mention.Metric{{ID: id, At: day, Engagement: &n}}, f.err
}

func (f *fake) Push(_ context.Context, _ string, list []mention.Mention) (mention.Receipt, error) {
	f.pushed = append(f.pushed, list...)
	return mention.Receipt{New: len(list), IDs: []string{"p1"}, LastSeq: 7}, f.err
}

func (f *fake) Curate(_ context.Context, events []mention.CurationEvent) error {
	f.curated = append(f.curated, events...)
	return f.err
}

func (f *fake) Audit(context.Context, int64, int) ([]mention.AuditEntry, error) {
	return []mention.AuditEntry{{Seq: 1, At: day, Actor: "ada", Action: "ack", Object: "i0"}}, f.err
}

func (f *fake) AuditTrail(ctx context.Context, _ mention.AuditFilter) ([]mention.AuditEntry, error) {
	return f.Audit(ctx, 0, 0)
}

func (f *fake) Incidents(_ context.Context, filter api.IncidentFilter) ([]mention.Incident, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []mention.Incident
	seen := filter.Before == ""
	for _, i := range f.incidents {
		if seen && (filter.State == "" || filter.State == i.State) && (filter.Keep == nil || filter.Keep(i.Kind, i.Match)) && (filter.Limit == 0 || len(list) < filter.Limit) {
			list = append(list, i)
		}
		seen = seen || i.ID == filter.Before
	}
	return list, f.err
}

func (f *fake) Incident(_ context.Context, id string) (mention.Incident, error) {
	for _, i := range f.incidents {
		if i.ID == id {
			return i, f.err
		}
	}
	return mention.Incident{}, api.ErrNotFound
}

func (f *fake) FlagIncident(ctx context.Context, id string, flag api.Flag) (mention.Incident, error) {
	i, err := f.Incident(ctx, id)
	if flag.Action == api.FlagAck {
		i.Acked, i.AckedBy = day, flag.Actor
	}
	return i, err
}

func (f *fake) ofKept(keep mention.Keep, id string) bool {
	return slices.ContainsFunc(f.incidents, func(i mention.Incident) bool { return i.ID == id && keep(i.Kind, i.Match) })
}

func (f *fake) Deliveries(_ context.Context, filter api.DeliveryFilter) ([]mention.Delivery, error) {
	var list []mention.Delivery
	for _, d := range f.outbox {
		if (filter.Before == 0 || d.Seq < filter.Before) && (filter.Keep == nil || f.ofKept(filter.Keep, d.Incident)) && (filter.Limit == 0 || len(list) < filter.Limit) {
			list = append(list, d)
		}
	}
	return list, f.err
}

func (f *fake) Delivery(_ context.Context, id string) (mention.Delivery, error) {
	for _, d := range f.outbox {
		if d.ID == id {
			return d, f.err
		}
	}
	return mention.Delivery{}, api.ErrNotFound
}

func (f *fake) Redeliver(ctx context.Context, id, _ string) (mention.Delivery, error) {
	return f.Delivery(ctx, id)
}

func (f *fake) SafetyFlags(context.Context, time.Time) ([]mention.SafetyFlag, error) {
	return []mention.SafetyFlag{{Mention: "m0", Revision: 1, Score: .9, Flagged: day}}, f.err
}

func (f *fake) OpenSafety(_ context.Context, id, _ string) error {
	f.opened = append(f.opened, id)
	return f.err
}

func (f *fake) MutePreview(_ context.Context, id string, since time.Time) (mention.MutePreview, error) {
	return mention.MutePreview{Incident: id, Since: since, Incidents: 1, Notices: 1, Sent: f.outbox[:min(1, len(f.outbox))]}, f.err
}

func (f *fake) Reconcile(_ context.Context, since time.Time) (mention.Reconciliation, error) {
	return mention.Reconciliation{At: day, From: since, Flagged: 1, Sent: 1, Acknowledged: 1, AddsUp: true}, f.err
}

func (f *fake) Brands(context.Context) ([]api.BrandInfo, error)         { return f.brands, f.err }
func (f *fake) Labels(context.Context) ([]api.LabelInfo, error)         { return f.labels, f.err }
func (f *fake) Sources(context.Context) ([]mention.SourceStatus, error) { return f.sources, f.err }
func (f *fake) Rules(context.Context) ([]api.RuleInfo, error)           { return f.rules, f.err }
func (f *fake) Subscriptions(context.Context) ([]api.SubscriptionInfo, error) {
	return []api.SubscriptionInfo{{ID: "mine", Query: "recall", Via: "mail", To: []string{"ann@example.org"}, Owner: "ada"}}, f.err
}

func (f *fake) MutedTerms(context.Context) ([]mention.MutedTerm, error) {
	var list []mention.MutedTerm
	for _, o := range f.objects {
		if o.Kind == api.KindMuted {
			m := mention.MutedTerm{}
			_ = json.Unmarshal(o.Body, &m)
			list = append(list, m)
		}
	}
	return list, f.err
}

func (f *fake) MuteTerm(ctx context.Context, actor string, m mention.MutedTerm) (mention.MutedTerm, error) {
	m.ID, m.By, m.At = "m-"+m.Term, actor, day
	body, _ := json.Marshal(m)
	return m, f.PutObject(ctx, api.Object{Kind: api.KindMuted, ID: m.ID, Owner: actor, Body: body})
}

func (f *fake) Receivers(context.Context) ([]api.ReceiverInfo, error) { return f.receivers, f.err }
func (f *fake) Ready(context.Context) []string                        { return f.reasons }

func (f *fake) PutObject(_ context.Context, o api.Object) error {
	if o.ID == "brillux" || o.ID == "wire" {
		return fmt.Errorf("fake: %w", api.ErrReadOnly)
	}
	f.objects[o.Kind+" "+o.ID] = o
	if o.Kind == api.KindBoard {
		var b report.Board
		if err := json.Unmarshal(o.Body, &b); err != nil {
			return &api.InvalidError{Faults: []string{err.Error()}}
		}
		f.boards = append(f.boards, api.BoardInfo{Board: b, Owner: o.Owner})
	}
	return f.err
}

func (f *fake) DeleteObject(_ context.Context, kind, id, _ string) error {
	if _, ok := f.objects[kind+" "+id]; !ok {
		return api.ErrNotFound
	}
	delete(f.objects, kind+" "+id)
	return f.err
}

func (f *fake) Status(context.Context) (api.Status, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return api.Status{Version: "test", Started: day, Mentions: uint64(len(f.records)), Seq: int64(len(f.changes)), Zone: "UTC"}, f.err
}

// handler makes the handler under test.
func handler(tb testing.TB, o api.Options) http.Handler {
	tb.Helper()
	h, err := api.New(o)
	if err != nil {
		tb.Fatal(err)
	}
	return h
}

// request makes a request of this machine.
func request(method, target, body string) *http.Request {
	var rd io.Reader
	if body != "" {
		rd = strings.NewReader(body)
	}
	r := httptest.NewRequest(method, target, rd)
	r.Host, r.RemoteAddr = "127.0.0.1:8080", "127.0.0.1:50000"
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// answer asks h and gives the answer with its body.
func answer(h http.Handler, r *http.Request) (*http.Response, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	res := w.Result()
	b, _ := io.ReadAll(res.Body)
	return res, string(bytes.TrimSpace(b))
}

func get(h http.Handler, target string) (*http.Response, string) {
	return answer(h, request(http.MethodGet, target, ""))
}

func (f *fake) Gaps(context.Context, time.Time, time.Time) ([]mention.Coverage, error) {
	return []mention.Coverage{{Source: "gone", From: day.Add(-48 * time.Hour), To: day}}, f.err
}

func (f *fake) Covered(_ context.Context, source string, from, to time.Time) ([]mention.Coverage, error) {
	if source != "gone" {
		return []mention.Coverage{{Source: source, From: from.Add(24 * time.Hour), To: to, OK: true}}, f.err
	}
	return []mention.Coverage{
		{Source: source, From: from, To: to.Add(-150 * time.Minute), OK: true},
		{Source: source, From: to.Add(-150 * time.Minute), To: to},
	}, f.err
}

// trend is what the fake finds new, with the text of its first mention.
func (f *fake) trend() mention.Trend {
	term := "splinters"
	if len(f.records) > 0 && f.records[0].Story != "m0" {
		term = f.records[0].Story
	}
	return mention.Trend{
		Kind: mention.TrendTerm, Term: term, Key: term, Count: 40, Past: 2, Expected: 1.5, Growth: 20, Score: 9, Authors: 30, Sites: 4, First: day,
		Examples: []mention.Example{{ID: "m0", Title: term, URL: term, Site: term, At: day}}, Query: "splinters",
	}
}

func (f *fake) Trends(_ context.Context, s mention.TrendSearch) (mention.Trends, error) {
	return mention.Trends{From: s.From, To: s.To, Count: 50, Past: 60, Rows: []mention.Trend{f.trend()}}, errors.Join(f.err, parse(s.Query))
}

func (f *fake) Peaks(_ context.Context, s mention.PeakSearch) (mention.Peaks, error) {
	t := f.trend()
	return mention.Peaks{Rows: []mention.Peak{{
		Start: day, End: day.Add(24 * time.Hour), Top: day, Count: 40, Expected: 4, Reasons: []mention.Trend{t}, Sentence: "40 mentions where 4 were expected, of " + t.Term, Query: "recall",
	}}}, errors.Join(f.err, parse(s.Query))
}

// keptReport is a report that was kept.
func keptReport(t *testing.T, f *fake) mention.KeptReport {
	t.Helper()
	frozen, body, err := report.Freeze(t.Context(), f, report.Order{Kind: report.KindWeekly, Window: report.Window{From: day.AddDate(0, 0, -7), To: day}, Made: day}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return mention.KeptReport{ID: "r0", Kind: report.KindWeekly, Subject: frozen.Document.Subject, Title: frozen.Document.Title, By: "ann", Made: day, Body: body}
}

// Archiving, in memory.

func (f *fake) Reports(context.Context, mention.KeptFilter) ([]mention.KeptReport, error) {
	return f.kept, f.err
}

func (f *fake) Report(_ context.Context, id string) (mention.KeptReport, error) {
	for _, r := range f.kept {
		if r.ID == id {
			return r, f.err
		}
	}
	return mention.KeptReport{}, api.ErrNotFound
}

func (f *fake) KeepReport(ctx context.Context, actor string, o report.Order) (mention.KeptReport, error) {
	frozen, body, err := report.Freeze(ctx, f, o, nil)
	if err != nil {
		return mention.KeptReport{}, err
	}
	d := frozen.Document
	r := mention.KeptReport{ID: "r" + strconv.Itoa(len(f.kept)+1), Kind: o.Kind, Subject: d.Subject, Title: d.Title, By: actor, Made: o.Made, Body: body}
	f.kept = append(f.kept, r)
	return r, f.err
}

func (f *fake) DeleteReport(_ context.Context, id, _ string) error {
	n := len(f.kept)
	f.kept = slices.DeleteFunc(f.kept, func(r mention.KeptReport) bool { return r.ID == id })
	if len(f.kept) == n {
		return api.ErrNotFound
	}
	return f.err
}

func (f *fake) ReviewReport(_ context.Context, id string) (mention.ReportReview, error) {
	return mention.ReportReview{Report: id, Numbers: 3, Changes: []mention.ReportChange{{Name: "volume", Was: "412", Now: "398"}}, Causes: []string{"label recalls was changed in the configuration"}}, f.err
}

func (f *fake) SendPlan(ctx context.Context, actor, id string) (mention.KeptReport, error) {
	if id != "monday" && f.objects["report "+id].ID == "" {
		return mention.KeptReport{}, api.ErrNotFound
	}
	return f.KeepReport(ctx, actor, report.Order{Kind: report.KindWeekly, Window: report.Window{From: day.AddDate(0, 0, -7), To: day}, Made: day})
}

func (f *fake) Backtest(_ context.Context, rule json.RawMessage, since time.Time) (mention.Backtest, error) {
	if strings.Contains(string(rule), "slow") {
		return mention.Backtest{Read: 12_000, From: since}, f.err
	}
	if strings.Contains(string(rule), `"kind":"odd"`) {
		return mention.Backtest{}, &api.InvalidError{Faults: []string{"kind odd is not known"}}
	}
	at := since.AddDate(0, 0, 3)
	return mention.Backtest{
		Done: true, From: since, To: since.AddDate(0, 0, 30), AsPublished: true, Fired: 1, PerWeek: .2, Suggested: 7, SuggestedBy: .9,
		Incidents: []mention.Incident{{ID: "t", Rule: "tried", Fired: at, Resolved: at.Add(time.Hour), Reason: "12 mentions within 1h", Count: 12}},
	}, f.err
}

func (f *fake) MailReport(ctx context.Context, actor string, o report.Order, to []string) (mention.KeptReport, error) {
	f.mailed = to
	return f.KeepReport(ctx, actor, o)
}

func (f *fake) Plans(context.Context) ([]api.PlanInfo, error) {
	return []api.PlanInfo{{Plan: report.Plan{ID: "monday", Schedule: "mon 07:00", Receivers: []string{"desk"}}, Owner: api.OwnerFile}}, f.err
}

func (f *fake) Boards(context.Context) ([]api.BoardInfo, error) { return f.boards, f.err }

func (f *fake) Share(_ context.Context, s mention.Share) error {
	if !slices.ContainsFunc(f.kept, func(r mention.KeptReport) bool { return r.ID == s.Report }) {
		return api.ErrNotFound
	}
	f.shares = append(f.shares, s)
	return f.err
}

func (f *fake) Shares(context.Context, string) ([]mention.Share, error) { return f.shares, f.err }

func (f *fake) Shared(ctx context.Context, hash string) (mention.Share, mention.KeptReport, error) {
	for _, s := range f.shares {
		if s.Hash == hash {
			r, err := f.Report(ctx, s.Report)
			return s, r, err
		}
	}
	return mention.Share{}, mention.KeptReport{}, api.ErrNotFound
}

func (f *fake) RevokeShare(_ context.Context, id, _ string) error {
	for i := range f.shares {
		if f.shares[i].ID == id {
			f.shares[i].Revoked = time.Now()
		}
	}
	return f.err
}
