package daemon

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"earshot/alerts"
	"earshot/internal/ledger"
	"earshot/mention"
)

// The patience of the daily reconciliation.
const (
	reconcileSpan = 30 * 24 * time.Hour // flags that are looked at
	reconcileHour = 6                   // of the day, in the zone of the installation
	waitsLong     = time.Hour           // a notice should be sent by then
	opensLong     = 24 * time.Hour      // a person should have looked by then
	maxFaults     = 1000                // listed
	orphanAge     = 15 * time.Minute    // a notice waits so long for a receiver that is gone
	tidyEvery     = 5 * time.Minute
	reconciledKey = "reconciled" // the setting with the day it was done last
)

// Reconcile implements api.Alerting.
func (b backend) Reconcile(ctx context.Context, since time.Time) (mention.Reconciliation, error) {
	b.alerting.mu.Lock()
	engine := b.alerting.engine
	b.alerting.mu.Unlock()
	return reconcile(ctx, b.store.Ledger, engine, since, now())
}

// Reconcile compares flagged, sent and acknowledged without a daemon.
func (s *Store) Reconcile(ctx context.Context, engine *alerts.Engine, since time.Time) (mention.Reconciliation, error) {
	_, parts, err := s.Ledger.AlertState(ctx)
	if err == nil {
		err = engine.Restore(parts)
	}
	if err != nil {
		return mention.Reconciliation{}, fmt.Errorf("daemon: alert state: %w", err)
	}
	return reconcile(ctx, s.Ledger, engine, since, now())
}

// A reconciler adds up.
type reconciler struct {
	mention.Reconciliation
	engine *alerts.Engine
}

func reconcile(ctx context.Context, led ledger.Ledger, engine *alerts.Engine, since, at time.Time) (mention.Reconciliation, error) {
	r := &reconciler{mention.Reconciliation{At: at, From: since}, engine}
	flags, err := led.SafetyFlags(ctx, since)
	if err != nil {
		return r.Reconciliation, err
	}
	known := make(map[string]bool, len(flags))
	for i := range flags {
		f := &flags[i]
		known[f.Mention] = true
		rows, err := led.Deliveries(ctx, ledger.DeliveryFilter{Mention: f.Mention, Limit: 1000})
		if err != nil {
			return r.Reconciliation, err
		}
		r.add(f, slices.DeleteFunc(rows, func(d mention.Delivery) bool { return d.Type != alerts.TypeSafety }))
	}
	err = r.unmarked(ctx, led, known)
	r.AddsUp = len(r.Faults)+r.More == 0
	return r.Reconciliation, err
}

func (r *reconciler) fault(m, receiver, fault string, since time.Time, detail string) {
	if len(r.Faults) >= maxFaults {
		r.More++
		return
	}
	r.Faults = append(r.Faults, mention.SafetyFault{Mention: m, Receiver: receiver, Fault: fault, Since: since, Detail: detail})
}

// add compares one flagged mention with its notices.
func (r *reconciler) add(f *mention.SafetyFlag, rows []mention.Delivery) {
	r.Flagged++
	r.Notices += len(rows)
	good := len(rows) > 0
	fault := func(receiver, what string, since time.Time, detail string) {
		good = false
		r.fault(f.Mention, receiver, what, since, detail)
	}
	for _, to := range r.engine.ToldOf(f.Mention) {
		if !slices.ContainsFunc(rows, func(d mention.Delivery) bool { return d.Receiver == to }) {
			fault(to, mention.SafetyMissing, f.Flagged, "a notice was made for this receiver, and it is not in the outbox")
		}
	}
	if len(rows) == 0 && good == (len(r.engine.ToldOf(f.Mention)) > 0) {
		fault("", mention.SafetyUntold, f.Flagged, "no safety rule fits it, or none has a receiver")
	}
	sent := slices.ContainsFunc(rows, func(d mention.Delivery) bool { return d.State == mention.DeliverySent })
	for i := range rows {
		d := &rows[i]
		switch {
		case d.State == mention.DeliveryHeld:
			fault(d.Receiver, mention.SafetyHeld, d.Created, d.Reason)
		case d.State == mention.DeliveryDead && !sent:
			fault(d.Receiver, mention.SafetyDead, d.Created, d.Error)
		case (d.State == mention.DeliveryPending || d.State == mention.DeliverySending) && r.At.Sub(d.Created) > waitsLong:
			fault(d.Receiver, mention.SafetyWaiting, d.Created, d.Error)
		case d.State == mention.DeliveryPending || d.State == mention.DeliverySending:
			good = false
		}
	}
	if good && sent {
		r.Sent++
	}
	if !f.Opened.IsZero() {
		r.Acknowledged++
	} else if r.At.Sub(f.Flagged) > opensLong {
		r.fault(f.Mention, "", mention.SafetyOpen, f.Flagged, "no person has acknowledged it")
	}
}

// unmarked finds notices about mentions that no flag is on record of.
func (r *reconciler) unmarked(ctx context.Context, led ledger.Ledger, known map[string]bool) error {
	for before := int64(0); ; {
		rows, err := led.Deliveries(ctx, ledger.DeliveryFilter{Limit: 1000, Before: before})
		if err != nil || len(rows) == 0 {
			return err
		}
		for i := range rows {
			d := &rows[i]
			if d.Created.Before(r.From) {
				return nil
			}
			if d.Type == alerts.TypeSafety && !known[d.Mention] {
				known[d.Mention] = true
				r.fault(d.Mention, d.Receiver, mention.SafetyUnmarked, d.Created, "the flag is not on record")
			}
		}
		before = rows[len(rows)-1].Seq
	}
}

// tidyOutbox is the slow care of the outbox: what waits for receivers that are gone
// is given up, and once a day safety is reconciled.
func (d *Daemon) tidyOutbox(ctx context.Context) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		if err := d.orphans(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("outbox not tidied", "err", err)
		}
		if err := d.reconcileDaily(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("safety not reconciled", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// orphans gives up the notices that wait for receivers that the configuration
// has no more, so that a person sees them and, for safety, another one is told.
func (d *Daemon) orphans(ctx context.Context) error {
	live := d.dispatch.receivers()
	for before := int64(0); ; {
		rows, err := d.store.Ledger.Deliveries(ctx, ledger.DeliveryFilter{State: mention.DeliveryPending, Limit: 1000, Before: before})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, row := range rows {
			if slices.Contains(live, row.Receiver) || now().Sub(row.Created) < orphanAge {
				continue
			}
			row.State, row.Error = mention.DeliveryDead, fmt.Sprintf("receiver %s is no longer configured", row.Receiver)
			if err := d.alerting.escalate(ctx, row); err != nil { // first, as for any that is given up
				return err
			}
			_, err := d.store.Ledger.UpdateDelivery(ctx, row.ID, func(r *mention.Delivery) error {
				r.State, r.Error = row.State, row.Error
				return nil
			})
			if err != nil {
				return err
			}
			d.log.Warn("notice given up: its receiver is gone", "delivery", row.ID, "receiver", row.Receiver)
		}
		before = rows[len(rows)-1].Seq
	}
}

// reconcileDaily reconciles once a day, and tells the receivers of the safety
// rules when it does not add up.
func (d *Daemon) reconcileDaily(ctx context.Context) error {
	at := now()
	local := at.In(d.cfg.Load().Location())
	day := local.Format("2006-01-02")
	done, err := d.store.Ledger.Setting(ctx, reconciledKey)
	if err != nil || done == day || local.Hour() < reconcileHour {
		return err
	}
	r, err := (backend{d}).Reconcile(ctx, at.Add(-reconcileSpan))
	if err != nil {
		return err
	}
	if err := d.unreconciled(ctx, &r); err != nil {
		return err
	}
	return d.store.Ledger.SetSetting(ctx, reconciledKey, day)
}

func (d *Daemon) unreconciled(ctx context.Context, r *mention.Reconciliation) error {
	d.log.Info("safety reconciled", "flagged", r.Flagged, "sent", r.Sent, "acknowledged", r.Acknowledged, "faults", len(r.Faults)+r.More)
	if r.AddsUp {
		d.fault("safety", nil)
		return nil
	}
	d.fault("safety", errors.New(alerts.ReconciliationWords(r)))
	d.alerting.mu.Lock()
	defer d.alerting.mu.Unlock()
	return d.alerting.commit(ctx, nil, alerts.Outcome{Deliveries: d.alerting.engine.Unreconciled(r)})
}
