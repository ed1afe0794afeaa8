package daemon

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"
	"time"

	"earshot/alerts"
	"earshot/internal/config"
	"earshot/internal/ledger"
	"earshot/mention"
)

// What may be tried with rules and the stored history.
const (
	TryBacktest = "backtest"
	TryDiff     = "diff"
	TryExplain  = "explain"
	TrySuggest  = "suggest"
)

// A Trial is a question about rules that the stored history answers. Nothing
// is stored and nobody is told.
type Trial struct {
	Do          string        `json:"do"`
	Rules       []alerts.Rule `json:"rules"`
	Old         []alerts.Rule `json:"old,omitempty"` // diff
	Since       time.Time     `json:"since"`
	At          time.Time     `json:"at,omitzero"`        // explain
	Mention     string        `json:"mention,omitempty"`  // explain
	PerWeek     float64       `json:"per_week,omitempty"` // suggest
	AsPublished bool          `json:"as_published,omitempty"`

	read func() // told after so many entries; may be nil
}

// A TrialResult answers a [Trial].
type TrialResult struct {
	Backtest   *alerts.BacktestResult `json:"backtest,omitempty"`
	Diff       *alerts.RulesDiff      `json:"diff,omitempty"`
	Explain    *alerts.Explanation    `json:"explain,omitempty"`
	Suggestion *alerts.Suggestion     `json:"suggestion,omitempty"`
}

// maxTrial bounds a trial that is asked for.
const maxTrial = 64 << 20

// Try answers a trial with the receivers, brands and routes of a configuration.
func (s *Store) Try(ctx context.Context, cfg *config.Config, t Trial) (*TrialResult, error) {
	o := alerts.BacktestOptions{Options: EngineOptions(cfg), AsPublished: t.AsPublished}
	o.Rules, o.Coverage, o.Log, o.PublicURL = t.Rules, s.CoverageOf(ctx), s.log, ""
	history := func() iter.Seq2[mention.Change, error] { return s.history(ctx, t.Since, t.AsPublished) }
	r := &TrialResult{}
	var err error
	if t.Do != TryExplain && !t.AsPublished {
		found, whole, err := s.candidates(ctx, slices.Concat(t.Rules, t.Old), t.Since)
		if err != nil {
			return nil, err
		}
		if whole != nil {
			o.Whole = whole
			history = func() iter.Seq2[mention.Change, error] { return s.entries(ctx, found) }
		}
	}
	if t.read != nil {
		whole := history
		history = func() iter.Seq2[mention.Change, error] { return counted(whole(), t.read) }
	}
	switch t.Do {
	case TryBacktest:
		r.Backtest, err = alerts.Backtest(o, history())
	case TryDiff:
		before := o
		before.Rules = t.Old
		var was, is *alerts.BacktestResult
		if was, err = alerts.Backtest(before, history()); err != nil {
			return nil, err
		}
		if is, err = alerts.Backtest(o, history()); err == nil {
			r.Diff = alerts.Diff(was, is)
		}
	case TryExplain:
		if r.Explain, err = alerts.Explain(o, t.At, t.Mention, history()); err == nil {
			err = s.actual(ctx, r.Explain)
		}
	case TrySuggest:
		r.Suggestion, err = alerts.Suggest(o, t.PerWeek, history)
	default:
		err = fmt.Errorf("daemon: there is nothing to try called %q", t.Do)
	}
	return r, err
}

// counted tells each time that so many entries were read.
func counted(list iter.Seq2[mention.Change, error], read func()) iter.Seq2[mention.Change, error] {
	return func(yield func(mention.Change, error) bool) {
		n := 0
		for c, err := range list {
			if n++; n%tellEvery == 0 {
				read()
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// actual puts what really was sent and held into an explanation.
func (s *Store) actual(ctx context.Context, x *alerts.Explanation) error {
	x.Deliveries = []mention.Delivery{}
	incidents, err := s.Ledger.Incidents(ctx, ledger.IncidentFilter{Rule: x.Rule, Limit: 200})
	if err != nil {
		return err
	}
	for i := range incidents {
		if in := &incidents[i]; in.Opened.After(x.At) || in.Updated.Before(x.At.Add(-24*time.Hour)) {
			continue
		}
		rows, err := s.Ledger.Deliveries(ctx, ledger.DeliveryFilter{Incident: incidents[i].ID, Limit: 100})
		if err != nil {
			return err
		}
		for _, d := range slices.Backward(rows) {
			if d.Payload = nil; !d.Created.After(x.At) && len(x.Deliveries) < 200 {
				x.Deliveries = append(x.Deliveries, d)
			}
		}
	}
	return nil
}

// history gives the stored changes since a time, in the log's order or in the
// order of publication.
func (s *Store) history(ctx context.Context, since time.Time, published bool) iter.Seq2[mention.Change, error] {
	if !published {
		return func(yield func(mention.Change, error) bool) {
			for c, err := range s.pages(ctx) {
				if err != nil || !c.At.Before(since) {
					if !yield(c, err) {
						return
					}
				}
			}
		}
	}
	return func(yield func(mention.Change, error) bool) {
		var all []mention.Change
		for c, err := range s.pages(ctx) {
			if err != nil {
				yield(c, err)
				return
			}
			if !c.Record.Mention.Time().Before(since) {
				all = append(all, c)
			}
		}
		slices.SortStableFunc(all, func(a, b mention.Change) int {
			return cmp.Or(a.Record.Mention.Time().Compare(b.Record.Mention.Time()), cmp.Compare(a.Seq, b.Seq))
		})
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

const (
	pageSpan    = 2000 // sequence numbers read at a time
	pageReaders = 2
)

// pages reads the whole analyzed log in order.
func (s *Store) pages(ctx context.Context) iter.Seq2[mention.Change, error] {
	return func(yield func(mention.Change, error) bool) {
		_, last, err := s.Ledger.LastSeq(ctx)
		if err != nil {
			yield(mention.Change{}, err)
			return
		}
		ahead(ctx, int((last+pageSpan-1)/pageSpan), func(ctx context.Context, i int) ([]mention.Change, error) {
			after := int64(i) * pageSpan
			rows, err := s.Ledger.Changes(ctx, after, pageSpan)
			return slices.DeleteFunc(rows, func(c mention.Change) bool { return c.Seq > min(after+pageSpan, last) }), err
		}, yield)
	}
}

// ahead reads n pages in order, the next ones while the last one is used.
func ahead[T any](ctx context.Context, n int, read func(ctx context.Context, i int) ([]T, error), yield func(T, error) bool) {
	type page struct {
		rows []T
		err  error
	}
	ctx, cancel := context.WithCancel(ctx)
	var waiting []chan page
	defer func() {
		cancel()
		for _, c := range waiting {
			<-c
		}
	}()
	var none T
	for i := 0; i < n || len(waiting) > 0; {
		for ; len(waiting) < pageReaders && i < n; i++ {
			out, place := make(chan page, 1), i
			go func() {
				rows, err := read(ctx, place)
				out <- page{rows, err}
			}()
			waiting = append(waiting, out)
		}
		p := <-waiting[0]
		waiting = waiting[1:]
		if p.err != nil {
			yield(none, p.err)
			return
		}
		for k := range p.rows {
			if !yield(p.rows[k], nil) {
				return
			}
		}
	}
}

// tryRules answers trials of commands of the same user.
func (d *Daemon) tryRules(w http.ResponseWriter, r *http.Request) {
	var t Trial
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxTrial)).Decode(&t); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.trying.Lock() // one at a time: each may read all there is
	defer d.trying.Unlock()
	out, err := d.store.Try(r.Context(), d.cfg.Load(), t)
	if errors.Is(err, context.Canceled) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		err = json.NewEncoder(w).Encode(map[string]string{"detail": err.Error()})
	} else {
		err = json.NewEncoder(w).Encode(out)
	}
	if err != nil {
		d.log.Debug("client went away", "err", err)
	}
}
