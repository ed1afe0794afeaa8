package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"earshot/mention"
	"earshot/query"
)

// errWhole is what those get who see a part only and ask for what is about all.
var errWhole = newProblem(http.StatusForbidden, "part-only", "this is about everything, and you see a part of it only; ask an admin")

// A part is a backend that shows to each what is there for them: it reads of
// the context who asks, and puts their scope before every query. It has every
// method itself, so that none is forgotten: a backend that grows does not
// compile until it is said here what a part of it is.
type part struct{ whole Backend }

var _ Backend = part{}

// scopeOf reads what an actor's scopes ask for; nil is everything.
func scopeOf(scopes ...string) (*query.Query, error) {
	all := ""
	for _, s := range scopes {
		if s == "" {
			continue
		}
		q, messages := query.Parse(s)
		if q == nil {
			return nil, fmt.Errorf("api: scope %q: %w", s, &query.Error{Messages: messages})
		}
		if all != "" {
			all = "(" + all + ") AND (" + q.Canonical() + ")"
			continue
		}
		all = q.Canonical()
	}
	if all == "" {
		return nil, nil //nolint:nilnil // no scope is everything
	}
	q, messages := query.Parse(all)
	if q == nil {
		return nil, fmt.Errorf("api: scope %q: %w", all, &query.Error{Messages: messages})
	}
	return q, nil
}

// narrowed is a query within the scope of who asks. It is read by itself first,
// so that no text can close what it stands in.
func narrowed(ctx context.Context, text string) (string, error) {
	who := actorOf(ctx)
	if !who.role.may(RoleViewer) {
		return "", errors.New("api: nobody asks") // a route without the guard
	}
	if who.scope == nil {
		return text, nil
	}
	if text == "" || text == "*" {
		return who.scope.Canonical(), nil
	}
	q, messages := query.Parse(text)
	if q == nil {
		return "", &query.Error{Messages: messages}
	}
	within := q.Canonical()
	if within == "*" {
		return who.scope.Canonical(), nil
	}
	return "(" + who.scope.Canonical() + ") AND (" + within + ")", nil
}

// whole lets only those on who see everything.
func whole(ctx context.Context) error {
	switch who := actorOf(ctx); {
	case !who.role.may(RoleViewer):
		return errors.New("api: nobody asks")
	case who.scope != nil:
		return errWhole
	}
	return nil
}

// partial reports whether who asks sees a part only, or may not ask at all.
func partial(ctx context.Context) bool { return whole(ctx) != nil }

// sees reports whether a record is there for who asks.
func sees(ctx context.Context, rec *mention.Record) bool {
	who := actorOf(ctx)
	if who.scope == nil {
		return who.role.may(RoleViewer)
	}
	row := rec.Row()
	return who.scope.Match(query.NewDocument(&row))
}

// within reports whether a query finds nothing beyond a scope: it is an AND
// with all that the scope asks for. What cannot be told so is not.
func within(text string, scope *query.Query) bool {
	q, _ := query.Parse(text)
	if q == nil {
		return false
	}
	have := conjuncts(q.Root())
	return !slices.ContainsFunc(conjuncts(scope.Root()), func(part string) bool { return !slices.Contains(have, part) })
}

// conjuncts are the parts that must all be true.
func conjuncts(n query.Node) []string {
	and, ok := n.(*query.And)
	if !ok {
		return []string{query.Print(n)}
	}
	var list []string
	for _, arg := range and.Args {
		list = append(list, conjuncts(arg)...)
	}
	return list
}

// Search implements [Reading].
func (p part) Search(ctx context.Context, s mention.Search) (page mention.Page, err error) {
	if s.Query, err = narrowed(ctx, s.Query); err != nil {
		return page, err
	}
	return p.whole.Search(ctx, s)
}

// Count implements [Reading].
func (p part) Count(ctx context.Context, q string) (uint64, error) {
	q, err := narrowed(ctx, q)
	if err != nil {
		return 0, err
	}
	return p.whole.Count(ctx, q)
}

// Histogram implements [Reading].
func (p part) Histogram(ctx context.Context, q, interval string, zone *time.Location) (mention.Series, error) {
	q, err := narrowed(ctx, q)
	if err != nil {
		return mention.Series{}, err
	}
	return p.whole.Histogram(ctx, q, interval, zone)
}

// Facets implements [Reading].
func (p part) Facets(ctx context.Context, q string, fields []string, size int) ([]mention.Facet, error) {
	q, err := narrowed(ctx, q)
	if err != nil {
		return nil, err
	}
	return p.whole.Facets(ctx, q, fields, size)
}

// Export implements [Reading].
func (p part) Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) (err error) {
	if e.Query, err = narrowed(ctx, e.Query); err != nil {
		return err
	}
	return p.whole.Export(ctx, e, fn)
}

// Record implements [Reading].
func (p part) Record(ctx context.Context, id string) (mention.Record, error) {
	rec, err := p.whole.Record(ctx, id)
	if err == nil && !sees(ctx, &rec) {
		return mention.Record{}, ErrNotFound
	}
	return rec, err
}

// Changes implements [Reading]. What is not there for who asks leaves its
// sequence alone, without a kind; what was erased is told to all, by its id.
func (p part) Changes(ctx context.Context, after int64, limit int) ([]mention.Change, error) {
	list, err := p.whole.Changes(ctx, after, limit)
	for i := range list {
		if c := &list[i]; c.Kind != mention.ChangeErased && !sees(ctx, &c.Record) {
			*c = mention.Change{Seq: c.Seq}
		}
	}
	return list, err
}

// Curations implements [Reading].
func (p part) Curations(ctx context.Context, id string) ([]mention.CurationEvent, error) {
	if _, err := p.Record(ctx, id); err != nil {
		return nil, err
	}
	return p.whole.Curations(ctx, id)
}

// Screening implements [Reading].
func (p part) Screening(ctx context.Context, from, to time.Time) ([]mention.Screening, error) {
	if err := whole(ctx); err != nil {
		return nil, err
	}
	return p.whole.Screening(ctx, from, to)
}

// Metrics implements [Reading].
func (p part) Metrics(ctx context.Context, id string) ([]mention.Metric, error) {
	if _, err := p.Record(ctx, id); err != nil {
		return nil, err
	}
	return p.whole.Metrics(ctx, id)
}

// Aggregate implements [Counting].
func (p part) Aggregate(ctx context.Context, a mention.Aggregation) (t mention.Table, err error) {
	if a.Query, err = narrowed(ctx, a.Query); err != nil {
		return t, err
	}
	return p.whole.Aggregate(ctx, a)
}

// Scorecard implements [Counting].
func (p part) Scorecard(ctx context.Context, s mention.KPISearch) (c mention.Scorecard, err error) {
	if s.Query, err = narrowed(ctx, s.Query); err != nil {
		return c, err
	}
	return p.whole.Scorecard(ctx, s)
}

// Voices implements [Counting].
func (p part) Voices(ctx context.Context, s mention.VoiceSearch) (v mention.Voices, err error) {
	if s.Query, err = narrowed(ctx, s.Query); err != nil {
		return v, err
	}
	return p.whole.Voices(ctx, s)
}

// Activities implements [Counting].
func (p part) Activities(ctx context.Context, s mention.ActivitySearch) (v mention.Activities, err error) {
	if s.Query, err = narrowed(ctx, s.Query); err != nil {
		return v, err
	}
	return p.whole.Activities(ctx, s)
}

// Trends implements [Counting].
func (p part) Trends(ctx context.Context, s mention.TrendSearch) (v mention.Trends, err error) {
	if s.Query, err = narrowed(ctx, s.Query); err != nil {
		return v, err
	}
	return p.whole.Trends(ctx, s)
}

// Peaks implements [Counting].
func (p part) Peaks(ctx context.Context, s mention.PeakSearch) (v mention.Peaks, err error) {
	if s.Query, err = narrowed(ctx, s.Query); err != nil {
		return v, err
	}
	return p.whole.Peaks(ctx, s)
}

// Head implements [Counting].
func (p part) Head(ctx context.Context, q string) (mention.Recipe, error) {
	q, err := narrowed(ctx, q)
	if err != nil {
		return mention.Recipe{}, err
	}
	return p.whole.Head(ctx, q)
}

// Draw implements [Counting]. What the query leaves out is drawn too: the
// frame is narrowed as well.
func (p part) Draw(ctx context.Context, s mention.SampleSearch) (v mention.Sample, err error) {
	if s.Query, err = narrowed(ctx, s.Query); err != nil {
		return v, err
	}
	if s.Within, err = narrowed(ctx, s.Within); err != nil {
		return v, err
	}
	return p.whole.Draw(ctx, s)
}

// PutAccuracy implements [Counting].
func (p part) PutAccuracy(ctx context.Context, actor string, a mention.Accuracy) (mention.Accuracy, error) {
	if err := whole(ctx); err != nil {
		return a, err
	}
	return p.whole.PutAccuracy(ctx, actor, a)
}

// Push implements [Writing].
func (p part) Push(ctx context.Context, actor string, mentions []mention.Mention) (mention.Receipt, error) {
	if err := whole(ctx); err != nil {
		return mention.Receipt{}, err
	}
	return p.whole.Push(ctx, actor, mentions)
}

// Curate implements [Writing].
func (p part) Curate(ctx context.Context, events []mention.CurationEvent) error {
	if whole(ctx) != nil {
		for i := range events {
			if _, err := p.Record(ctx, events[i].ID); err != nil {
				return err
			}
		}
	}
	return p.whole.Curate(ctx, events)
}

// Audit implements [Writing].
func (p part) Audit(ctx context.Context, after int64, limit int) ([]mention.AuditEntry, error) {
	if err := whole(ctx); err != nil {
		return nil, err
	}
	return p.whole.Audit(ctx, after, limit)
}

// AuditTrail implements [Writing].
func (p part) AuditTrail(ctx context.Context, f mention.AuditFilter) ([]mention.AuditEntry, error) {
	if err := whole(ctx); err != nil {
		return nil, err
	}
	return p.whole.AuditTrail(ctx, f)
}

// keep says which incidents are there for who asks: those of rules that asked,
// when they were opened, for all that the scope does. What a rule asks for
// today says nothing of what they hold. It is nil for who sees everything.
func keep(ctx context.Context) (mention.Keep, error) {
	who := actorOf(ctx)
	if who.scope == nil {
		return nil, whole(ctx)
	}
	known := map[string]bool{}
	return func(kind, match string) bool {
		if match == "" || !slices.Contains(judged, kind) {
			return false
		}
		inside, ok := known[match]
		if !ok {
			inside = within(match, who.scope)
			known[match] = inside
		}
		return inside
	}, nil
}

// judged are the kinds of rules that count what they match and nothing else.
var judged = []string{"match", "threshold", "spike", "drop", "flatline", "new_term", "ratio", "sentiment_shift"}

// Incidents implements [Alerting].
func (p part) Incidents(ctx context.Context, f IncidentFilter) (_ []mention.Incident, err error) {
	if f.Keep, err = keep(ctx); err != nil {
		return nil, err
	}
	return p.whole.Incidents(ctx, f)
}

// Incident implements [Alerting].
func (p part) Incident(ctx context.Context, id string) (mention.Incident, error) {
	keeps, err := keep(ctx)
	if err != nil {
		return mention.Incident{}, err
	}
	inc, err := p.whole.Incident(ctx, id)
	if err == nil && keeps != nil && !keeps(inc.Kind, inc.Match) {
		return mention.Incident{}, ErrNotFound
	}
	return inc, err
}

// FlagIncident implements [Alerting].
func (p part) FlagIncident(ctx context.Context, id string, f Flag) (mention.Incident, error) {
	if _, err := p.Incident(ctx, id); err != nil {
		return mention.Incident{}, err
	}
	return p.whole.FlagIncident(ctx, id, f)
}

// Deliveries implements [Alerting].
func (p part) Deliveries(ctx context.Context, f DeliveryFilter) (_ []mention.Delivery, err error) {
	if f.Keep, err = keep(ctx); err != nil {
		return nil, err
	}
	return p.whole.Deliveries(ctx, f)
}

// Delivery implements [Alerting].
func (p part) Delivery(ctx context.Context, id string) (mention.Delivery, error) {
	d, err := p.whole.Delivery(ctx, id)
	if err == nil && partial(ctx) {
		if _, err = p.Incident(ctx, d.Incident); err != nil {
			return mention.Delivery{}, err
		}
		d.Payload = nil // it may say whom else it went to
	}
	return d, err
}

// Redeliver implements [Alerting].
func (p part) Redeliver(ctx context.Context, id, actor string) (mention.Delivery, error) {
	if _, err := p.Delivery(ctx, id); err != nil {
		return mention.Delivery{}, err
	}
	return p.whole.Redeliver(ctx, id, actor)
}

// SafetyFlags implements [Alerting].
func (p part) SafetyFlags(ctx context.Context, since time.Time) ([]mention.SafetyFlag, error) {
	list, err := p.whole.SafetyFlags(ctx, since)
	if err != nil || whole(ctx) == nil {
		return list, err
	}
	return slices.DeleteFunc(slices.Clone(list), func(f mention.SafetyFlag) bool {
		_, err := p.Record(ctx, f.Mention)
		return err != nil
	}), nil
}

// OpenSafety implements [Alerting].
func (p part) OpenSafety(ctx context.Context, id, actor string) error {
	if whole(ctx) != nil {
		if _, err := p.Record(ctx, id); err != nil {
			return err
		}
	}
	return p.whole.OpenSafety(ctx, id, actor)
}

// MutePreview implements [Alerting].
func (p part) MutePreview(ctx context.Context, id string, since time.Time) (mention.MutePreview, error) {
	if _, err := p.Incident(ctx, id); err != nil {
		return mention.MutePreview{}, err
	}
	return p.whole.MutePreview(ctx, id, since)
}

// Reconcile implements [Alerting].
func (p part) Reconcile(ctx context.Context, since time.Time) (mention.Reconciliation, error) {
	if err := whole(ctx); err != nil {
		return mention.Reconciliation{}, err
	}
	return p.whole.Reconcile(ctx, since)
}
