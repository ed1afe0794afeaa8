package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"earshot/api"
	"earshot/crawler"
	"earshot/index"
	"earshot/internal/ledger"
	"earshot/mention"
)

// A backend is the daemon as the API sees it.
type backend struct{ *Daemon }

// Interface check: the API's needs are met here and nowhere else.
var _ api.Backend = backend{}

// Search implements api.Reading.
func (b backend) Search(ctx context.Context, s mention.Search) (mention.Page, error) {
	return b.store.Search(ctx, s)
}

// Count implements api.Reading.
func (b backend) Count(ctx context.Context, q string) (uint64, error) { return b.store.Count(ctx, q) }

// Histogram implements api.Reading.
func (b backend) Histogram(ctx context.Context, q, interval string, zone *time.Location) (mention.Series, error) {
	x, err := b.store.Index()
	if err != nil {
		return mention.Series{}, err
	}
	if zone == nil {
		zone = b.cfg.Load().Location()
	}
	s, err := x.Histogram(ctx, q, interval, zone, now())
	return s, b.told(x, err)
}

// Facets implements api.Reading.
func (b backend) Facets(ctx context.Context, q string, fields []string, size int) ([]mention.Facet, error) {
	x, err := b.store.Index()
	if err != nil {
		return nil, err
	}
	f, err := x.Facets(ctx, q, fields, size, now())
	return f, b.told(x, err)
}

// Export implements api.Reading.
func (b backend) Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error {
	return b.store.Export(ctx, e, fn)
}

// Aggregate implements api.Counting.
func (b backend) Aggregate(ctx context.Context, a mention.Aggregation) (mention.Table, error) {
	return b.store.Aggregate(ctx, a)
}

// Scorecard implements api.Counting.
func (b backend) Scorecard(ctx context.Context, k mention.KPISearch) (mention.Scorecard, error) {
	return b.store.Scorecard(ctx, k)
}

// Trends implements api.Counting.
func (b backend) Trends(ctx context.Context, t mention.TrendSearch) (mention.Trends, error) {
	return b.store.Trends(ctx, t)
}

// Peaks implements api.Counting.
func (b backend) Peaks(ctx context.Context, p mention.PeakSearch) (mention.Peaks, error) {
	return b.store.Peaks(ctx, p)
}

// Voices implements api.Counting.
func (b backend) Voices(ctx context.Context, v mention.VoiceSearch) (mention.Voices, error) {
	return b.store.Voices(ctx, v)
}

// Activities implements api.Counting.
func (b backend) Activities(ctx context.Context, a mention.ActivitySearch) (mention.Activities, error) {
	return b.store.Activities(ctx, a)
}

// Head implements api.Counting.
func (b backend) Head(ctx context.Context, q string) (mention.Recipe, error) {
	return b.store.Head(ctx, q)
}

// Draw implements api.Counting.
func (b backend) Draw(ctx context.Context, s mention.SampleSearch) (mention.Sample, error) {
	return b.store.Draw(ctx, s)
}

// PutAccuracy implements api.Counting.
func (b backend) PutAccuracy(ctx context.Context, actor string, a mention.Accuracy) (mention.Accuracy, error) {
	return b.store.PutAccuracy(ctx, actor, a)
}

// Record implements api.Reading.
func (b backend) Record(ctx context.Context, id string) (mention.Record, error) {
	return b.store.record(ctx, id)
}

// Changes implements api.Reading.
func (b backend) Changes(ctx context.Context, after int64, limit int) ([]mention.Change, error) {
	return b.store.Ledger.Changes(ctx, after, limit)
}

// Curations implements api.Reading.
func (b backend) Curations(ctx context.Context, id string) ([]mention.CurationEvent, error) {
	if _, err := b.store.record(ctx, id); err != nil {
		return nil, err
	}
	return b.store.Ledger.Curations(ctx, id)
}

// Metrics implements api.Reading.
func (b backend) Metrics(ctx context.Context, id string) ([]mention.Metric, error) {
	if _, err := b.store.record(ctx, id); err != nil {
		return nil, err
	}
	return b.store.Ledger.Metrics(ctx, id)
}

// Push implements api.Writing.
func (b backend) Push(ctx context.Context, actor string, mentions []mention.Mention) (mention.Receipt, error) {
	for i := range mentions {
		m := &mentions[i]
		if m.Title == "" && m.Text == "" {
			return mention.Receipt{}, &api.InvalidError{Faults: []string{fmt.Sprintf("mentions[%d]: neither title nor text", i)}}
		}
		m.Origin = mention.OriginPush
		if m.Source == "" {
			m.Source = "push-" + actor
		}
		crawler.Identify(m)
	}
	var sum mention.Receipt
	for _, group := range bySource(mentions) {
		r, err := b.intake.put(ctx, mention.Batch{Source: group[0].Source, Mentions: group})
		if err != nil {
			return sum, err
		}
		sum.New, sum.Revised, sum.Unchanged, sum.Refused = sum.New+r.New, sum.Revised+r.Revised, sum.Unchanged+r.Unchanged, sum.Refused+r.Refused
		sum.IDs, sum.LastSeq = append(sum.IDs, r.IDs...), r.LastSeq
	}
	return sum, b.audit(ctx, actor, "push", "", fmt.Sprintf("%d new, %d revised of %d", sum.New, sum.Revised, len(mentions)))
}

// bySource splits mentions into runs of one source, keeping their order.
func bySource(list []mention.Mention) [][]mention.Mention {
	var groups [][]mention.Mention
	for start := 0; start < len(list); {
		end := start + 1
		for end < len(list) && list[end].Source == list[start].Source {
			end++
		}
		groups = append(groups, list[start:end])
		start = end
	}
	return groups
}

// Curate implements api.Writing.
func (b backend) Curate(ctx context.Context, events []mention.CurationEvent) error {
	for i := range events {
		if events[i].At.IsZero() {
			events[i].At = now()
		}
	}
	if err := told(b.store.Ledger.Curate(ctx, events)); err != nil {
		return err
	}
	for i := range events {
		e := &events[i]
		if err := b.audit(ctx, e.Actor, "curate."+e.Action, e.ID, e.Value); err != nil {
			return err
		}
	}
	return nil
}

// Audit implements api.Writing.
func (b backend) Audit(ctx context.Context, after int64, limit int) ([]mention.AuditEntry, error) {
	return b.store.Ledger.AuditLog(ctx, after, limit)
}

// AuditTrail implements api.Writing.
func (b backend) AuditTrail(ctx context.Context, f mention.AuditFilter) ([]mention.AuditEntry, error) {
	return b.store.Ledger.AuditTrail(ctx, f)
}

func (b backend) audit(ctx context.Context, actor, action, object, detail string) error {
	return b.store.Ledger.Audit(ctx, mention.AuditEntry{At: now(), Actor: actor, Action: action, Object: object, Detail: detail})
}

// Incidents implements api.Alerting.
func (b backend) Incidents(ctx context.Context, f api.IncidentFilter) ([]mention.Incident, error) {
	list, err := b.store.Ledger.Incidents(ctx, f)
	return list, told(err)
}

// Incident implements api.Alerting.
func (b backend) Incident(ctx context.Context, id string) (mention.Incident, error) {
	inc, err := b.store.Ledger.Incident(ctx, id)
	return inc, told(err)
}

// Deliveries implements api.Alerting.
func (b backend) Deliveries(ctx context.Context, f api.DeliveryFilter) ([]mention.Delivery, error) {
	list, err := b.store.Ledger.Deliveries(ctx, f)
	return list, told(err)
}

// Delivery implements api.Alerting.
func (b backend) Delivery(ctx context.Context, id string) (mention.Delivery, error) {
	row, err := b.store.Ledger.Delivery(ctx, id)
	return row, told(err)
}

// Redeliver implements api.Alerting.
func (b backend) Redeliver(ctx context.Context, id, actor string) (mention.Delivery, error) {
	row, err := b.store.Ledger.UpdateDelivery(ctx, id, func(r *mention.Delivery) error {
		if r.State == mention.DeliveryPending || r.State == mention.DeliverySending {
			return fmt.Errorf("%w: it is on its way", api.ErrConflict)
		}
		r.State, r.Next, r.Attempts = mention.DeliveryPending, now(), 0
		return nil
	})
	if err != nil {
		return row, told(err)
	}
	b.dispatch.retry(row.Receiver)
	b.deliverAt(ctx, row.Receiver, now())
	return row, b.audit(ctx, actor, "redeliver", id, "")
}

// SafetyFlags implements api.Alerting.
func (b backend) SafetyFlags(ctx context.Context, since time.Time) ([]mention.SafetyFlag, error) {
	return b.store.Ledger.SafetyFlags(ctx, since)
}

// Ready implements api.Health.
func (b backend) Ready(ctx context.Context) []string {
	b.status.mu.Lock()
	var reasons []string
	for _, about := range []string{"understand", "index", "alerts"} {
		if text, ok := b.status.faults[about]; ok {
			reasons = append(reasons, about+": "+text)
		}
	}
	b.status.mu.Unlock()
	if _, err := b.store.Index(); err != nil {
		reasons = append(reasons, err.Error())
	}
	lag, err := b.store.Lag(ctx)
	if err == nil && lag == 0 {
		b.caughtUp.Store(true)
	}
	if err == nil && (lag > 20*batchSize || lag > 0 && !b.caughtUp.Load()) {
		reasons = append(reasons, fmt.Sprintf("index: %d entries behind the ledger", lag))
	}
	return reasons
}

// Status implements api.Health.
func (b backend) Status(ctx context.Context) (api.Status, error) {
	counts, err := b.store.Ledger.Counts(ctx)
	if err != nil {
		return api.Status{}, err
	}
	cfg, l := b.cfg.Load(), b.understand.linker.Load()
	s := api.Status{
		Version: b.o.Version, Started: b.started.UTC(), Mentions: uint64(max(0, counts.Mentions)), Seq: counts.AnalyzedSeq,
		Models: l.analyzer.Models(), Config: l.version, Zone: cfg.Location().String(),
	}
	if x, err := b.store.Index(); err == nil {
		s.Lag = counts.AnalyzedSeq - x.Offset()
		if s.Searched, err = x.Count(ctx, "", now()); err != nil {
			return s, b.told(x, err)
		}
	}
	b.status.mu.Lock()
	defer b.status.mu.Unlock()
	for about, text := range b.status.faults {
		s.Faults = append(s.Faults, about+": "+text)
	}
	for _, text := range b.status.progress {
		s.Progress = append(s.Progress, text)
	}
	slices.Sort(s.Faults)
	slices.Sort(s.Progress)
	return s, nil
}

// Gaps implements api.Health.
func (b backend) Gaps(ctx context.Context, from, to time.Time) ([]mention.Coverage, error) {
	return b.store.gaps(ctx, b.cfg.Load(), from, to)
}

// Covered implements api.Health.
func (b backend) Covered(ctx context.Context, source string, from, to time.Time) ([]mention.Coverage, error) {
	return b.store.Ledger.Coverage(ctx, source, from, to)
}

// told notes damage and turns an error of the index into one the API knows.
func (b backend) told(x *index.Index, err error) error {
	b.store.Suspect(x, err)
	return told(err)
}

// told turns the stages' errors into those the API knows.
func told(err error) error {
	switch {
	case errors.Is(err, ledger.ErrNotFound):
		return fmt.Errorf("%w: %w", api.ErrNotFound, err)
	case errors.Is(err, index.ErrCursor):
		return fmt.Errorf("%w: %w", api.ErrCursor, err)
	case errors.Is(err, index.ErrDamaged):
		return fmt.Errorf("%w: %w", api.ErrUnavailable, err)
	default:
		return err
	}
}
