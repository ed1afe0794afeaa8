package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"time"

	"earshot/alerts"
	"earshot/api"
	"earshot/mention"
)

// The bounds of back-tests that pages ask for.
const (
	tryoutTime  = 3 * time.Minute // of one
	tryoutWait  = 4 * time.Second // how long an asker waits before it is told how far it is
	tryoutKept  = 16              // answers
	tryoutFresh = 5 * time.Minute // an answer is given again so long
	mostSorted  = 200_000         // entries of the log up to which history is read in the order of publication, which takes memory
	aboutWeekly = 1.0             // firings a week that a suggested count aims at
	tellEvery   = 1000            // entries
)

// A tryout is a back-test that runs, or ran, in the background.
type tryout struct {
	key   string
	rule  alerts.Rule
	since time.Time
	done  chan struct{}

	mu     sync.Mutex
	result mention.Backtest
	ended  time.Time
}

func (t *tryout) now() mention.Backtest {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.result
}

func (t *tryout) put(change func(*mention.Backtest)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	change(&t.result)
}

// tryouts are the back-tests that pages asked for, one after the other.
type tryouts struct {
	mu    sync.Mutex
	list  []*tryout
	queue chan *tryout
}

// ask gives the tryout of a rule, a new one when there is none that is fresh.
func (q *tryouts) ask(key string, rule *alerts.Rule, since, now time.Time) (*tryout, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list = slices.DeleteFunc(q.list, func(t *tryout) bool {
		t.mu.Lock()
		defer t.mu.Unlock()
		return !t.ended.IsZero() && now.Sub(t.ended) > tryoutFresh
	})
	if i := slices.IndexFunc(q.list, func(t *tryout) bool { return t.key == key }); i >= 0 {
		return q.list[i], nil
	}
	t := &tryout{key: key, rule: *rule, since: since, done: make(chan struct{})}
	t.result.From = since
	select {
	case q.queue <- t:
	default:
		return nil, fmt.Errorf("%w: other rules are being tried; wait for them", api.ErrUnavailable)
	}
	if q.list = append(q.list, t); len(q.list) > tryoutKept {
		q.list = q.list[1:]
	}
	return t, nil
}

// Backtest implements api.Alerting.
func (b backend) Backtest(ctx context.Context, body json.RawMessage, since time.Time) (mention.Backtest, error) {
	var rule alerts.Rule
	if err := json.Unmarshal(body, &rule); err != nil {
		return mention.Backtest{}, &api.InvalidError{Faults: []string{err.Error()}}
	}
	if errs := rule.Faults(); len(errs) > 0 {
		var faults []string
		for _, err := range errs {
			faults = append(faults, err.Error())
		}
		return mention.Backtest{}, &api.InvalidError{Faults: faults}
	}
	since = since.Truncate(time.Hour) // asked again in a moment, it is the same
	sum := sha256.Sum256(append(body, since.Format(time.RFC3339)...))
	t, err := b.tryouts.ask(string(sum[:]), &rule, since, now())
	if err != nil {
		return mention.Backtest{}, err
	}
	wait := time.NewTimer(tryoutWait)
	defer wait.Stop()
	select {
	case <-t.done:
	case <-wait.C:
	case <-ctx.Done():
	}
	return t.now(), nil
}

// tryLoop runs tryouts until ctx is done.
func (d *Daemon) tryLoop(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-d.tryouts.queue:
			d.tryOne(ctx, t)
		}
	}
}

func (d *Daemon) tryOne(ctx context.Context, t *tryout) {
	d.trying.Lock() // with those that commands ask for: each may read all there is
	defer d.trying.Unlock()
	ctx, cancel := context.WithTimeout(ctx, tryoutTime)
	defer cancel()
	err := d.backtest(ctx, t)
	if err == nil {
		t.put(func(r *mention.Backtest) { r.Done = true })
	} else {
		text := err.Error()
		if ctx.Err() != nil {
			text = fmt.Sprintf("it took longer than %s; try a shorter time, or earshot rules backtest", tryoutTime)
		}
		t.put(func(r *mention.Backtest) { r.Done, r.Error = true, text })
	}
	t.mu.Lock()
	t.ended = now()
	t.mu.Unlock()
	close(t.done)
}

// backtest fills a tryout.
func (d *Daemon) backtest(ctx context.Context, t *tryout) error {
	_, last, err := d.store.Ledger.LastSeq(ctx)
	if err != nil {
		return err
	}
	trial := Trial{Do: TryBacktest, Rules: []alerts.Rule{t.rule}, Since: t.since, AsPublished: last <= mostSorted}
	trial.read = func() {
		t.put(func(r *mention.Backtest) { r.Read += tellEvery })
	}
	out, err := d.store.Try(ctx, d.cfg.Load(), trial)
	if err != nil {
		return err
	}
	x := out.Backtest
	t.put(func(r *mention.Backtest) {
		r.To, r.AsPublished, r.Fired, r.PerWeek, r.Late, r.Cut = x.To, trial.AsPublished, x.Fired, x.PerWeek, x.Late, x.Cut
		r.Incidents = slices.DeleteFunc(slices.Clone(x.Incidents), func(in mention.Incident) bool { return in.Fired.IsZero() })
		slices.SortStableFunc(r.Incidents, func(a, b mention.Incident) int { return a.Fired.Compare(b.Fired) })
		if r.To.IsZero() {
			r.To = now()
		}
	})
	if k := t.rule.Kind; k != alerts.KindThreshold && k != alerts.KindSpike && k != alerts.KindNewTerm || x.PerWeek <= aboutWeekly && x.Fired > 0 {
		return nil
	}
	trial.Do, trial.PerWeek = TrySuggest, aboutWeekly
	if out, err = d.store.Try(ctx, d.cfg.Load(), trial); err != nil {
		return err
	}
	if s := out.Suggestion; s != nil && s.Enough {
		t.put(func(r *mention.Backtest) { r.Suggested, r.SuggestedBy = s.Count, s.PerWeek })
	}
	return nil
}
