package daemon

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"earshot/mention"
)

// The pace of what is not woken by the ledger.
const (
	tick      = time.Second     // time passes for the alert engine
	sweep     = 5 * time.Second // wakes receivers whose wake-up was lost
	retry     = time.Second     // after a stage failed
	maxRetry  = 30 * time.Second
	watchFile = 25 * time.Millisecond // how often the configuration's files are looked at
	// Looking takes no more of the time than one part in so many, however
	// many files there are.
	watchShare  = 100
	watchLeast  = 5 * time.Second       // and they are looked at so often, a slow disk or not
	settleFile  = 10 * time.Millisecond // a changed file is left alone for so long
	settleLooks = 20

	settleAfter = 3 * time.Second // unused memory goes back to the system then,
	settleEvery = 5 * time.Minute // and again so often
)

// startStages starts the consumers of the two logs and the clocks.
func (d *Daemon) startStages(ctx context.Context, wg *sync.WaitGroup) {
	wg.Go(func() { d.follow(ctx, "understand", 0, d.understand.some) })
	wg.Go(func() { d.follow(ctx, "index", tick, d.indexStage) })
	wg.Go(func() { d.follow(ctx, "alerts", tick, d.alerting.some) })
	wg.Go(func() { d.sweepOutbox(ctx) })
	wg.Go(func() { d.relinkLoop(ctx) })
	wg.Go(func() { d.publish(ctx) })
	wg.Go(func() { d.watchConfig(ctx) })
	wg.Go(func() { d.care(ctx) })
	wg.Go(func() { d.keepWarm(ctx) })
	wg.Go(func() { d.tidyOutbox(ctx) })
	wg.Go(func() { d.tryLoop(ctx) })
	wg.Go(func() { d.beat(ctx) })
}

// follow runs a stage whenever a log has grown, and every so often when every
// is set. A stage that fails is tried again, ever more slowly, and the daemon
// says so until it works.
func (d *Daemon) follow(ctx context.Context, stage string, every time.Duration, some func(context.Context) (int, error)) {
	grown, stop := d.store.Ledger.Watch()
	defer stop()
	if every == 0 {
		every = time.Minute
	}
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	wait := retry
	for ctx.Err() == nil {
		began := time.Now()
		n, err := some(ctx)
		if n > 0 {
			d.metrics.stage.WithLabelValues(stage).Observe(time.Since(began).Seconds())
		}
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			d.fault(stage, err)
			d.log.Error("stage failed; it is tried again", "stage", stage, "err", err, "wait", wait)
			sleep(ctx, wait)
			wait = min(2*wait, maxRetry)
			continue
		case n > 0:
			d.fault(stage, nil)
			wait = retry
			continue
		}
		d.fault(stage, nil)
		select {
		case <-ctx.Done():
		case <-grown:
		case <-ticker.C:
		}
	}
}

// indexStage takes the index further; one that refused a write is opened
// again from disk first.
func (d *Daemon) indexStage(ctx context.Context) (int, error) {
	if err := d.store.suspected(); err != nil {
		return 1, d.store.setAside(ctx, err)
	}
	if _, err := d.store.Index(); err != nil {
		if err := d.store.openIndex(ctx); err != nil {
			return 0, err
		}
	}
	n, err := d.store.indexSome(ctx)
	if err != nil && ctx.Err() == nil {
		d.store.setFault(err)
		if d.store.suspected() != nil {
			return n, err // the next step sets it aside
		}
		return n, errors.Join(err, d.store.mend(ctx, err))
	}
	if err == nil {
		d.store.setFault(nil)
	}
	return n, err
}

// sweepOutbox wakes every receiver that has something due: at the start, for
// what a crash left, and after a wake-up that was lost.
func (d *Daemon) sweepOutbox(ctx context.Context) {
	ticker := time.NewTicker(sweep)
	defer ticker.Stop()
	for ctx.Err() == nil {
		for _, r := range d.dispatch.receivers() {
			due, err := d.store.Ledger.DueDeliveries(ctx, r, now(), 1)
			if err == nil && len(due) > 0 {
				d.deliverAt(ctx, r, now())
			}
		}
		select {
		case <-ctx.Done():
		case <-ticker.C:
		}
	}
}

// relinkLoop re-reads history whenever the configuration or the models are
// others than it was read with.
func (d *Daemon) relinkLoop(ctx context.Context) {
	for ctx.Err() == nil {
		worked := false
		err := d.understand.relink(ctx, func(done int64) {
			worked = true
			d.progress("history", fmt.Sprintf("reading history again for the present brands, labels and models: %d mentions done", done))
		})
		d.progress("history", "")
		if worked {
			debug.FreeOSMemory()
		}
		switch {
		case errors.Is(err, errSuperseded):
			continue
		case err != nil && ctx.Err() == nil:
			d.fault("history", err)
			sleep(ctx, maxRetry)
			continue
		}
		d.fault("history", nil)
		select {
		case <-ctx.Done():
		case <-d.relinkAgain:
		}
	}
}

// publish tells those who listen live what the analyzed log gained, once it
// is searchable.
func (d *Daemon) publish(ctx context.Context) {
	grown, stop := d.store.Ledger.Watch()
	defer stop()
	_, seen, err := d.store.Ledger.LastSeq(ctx)
	if err != nil {
		d.log.Warn("live events begin late", "err", err)
	}
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	rereading := false
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			return
		case <-grown:
		case <-ticker.C:
		}
		was := rereading
		rereading = false
		for more := int64(-1); more != seen; {
			more = seen
			var rescored bool
			seen, rescored = d.publishSince(ctx, seen)
			rereading = rereading || rescored
		}
		if was && !rereading { // history is read again, as far as it can be found
			d.hub.Edited()
		}
	}
}

// publishSince returns how far it came, and whether any were rescored.
func (d *Daemon) publishSince(ctx context.Context, seen int64) (to int64, rescored bool) {
	x, err := d.store.Index()
	if err != nil || x.Offset() <= seen {
		return seen, false
	}
	changes, err := d.store.Ledger.Changes(ctx, seen, batchSize)
	if err != nil {
		return seen, false
	}
	limit := x.Offset()
	at := time.Now()
	for i := range changes {
		if changes[i].Seq > limit {
			break
		}
		seen = changes[i].Seq
		if k := changes[i].Kind; k == mention.ChangeNew || k == mention.ChangeRevised {
			d.metrics.visible.Observe(at.Sub(changes[i].Record.Mention.Collected).Seconds())
		}
		rescored = rescored || changes[i].Kind == mention.ChangeRescored
		d.hub.Change(changes[i])
	}
	return seen, rescored
}

// care does the slow housekeeping, at the start and every hour.
func (d *Daemon) care(ctx context.Context) {
	d.store.inspect(ctx)
	hourly, memory := time.NewTicker(time.Hour), time.NewTicker(settleEvery)
	defer hourly.Stop()
	defer memory.Stop()
	sleep(ctx, settleAfter)
	d.tidy(ctx)
	debug.FreeOSMemory() // what starting needed
	for {
		select {
		case <-ctx.Done():
			return
		case <-memory.C:
			debug.FreeOSMemory()
		case <-hourly.C:
			d.store.inspect(ctx)
			d.tidy(ctx)
		}
	}
}

// What pages usually ask about is kept in memory: warmFor back, looked at every
// warmEvery for what is new.
const (
	warmFor   = 92 * 24 * time.Hour
	warmEvery = 15 * time.Second
)

// keepWarm has the index read what pages will ask for before anyone does.
func (d *Daemon) keepWarm(ctx context.Context) {
	for ctx.Err() == nil {
		if x, err := d.store.Index(); err == nil {
			if err := x.Warm(ctx, now().Add(-warmFor)); err != nil && ctx.Err() == nil {
				d.store.Suspect(x, err)
				d.log.Debug("index not read ahead", "err", err)
			}
		}
		sleep(ctx, warmEvery)
	}
}

// tidy deletes mentions and captures past their time.
func (d *Daemon) tidy(ctx context.Context) {
	cfg := d.cfg.Load()
	if err := d.store.Retain(ctx, now(), cfg.KeepMentions()); err != nil && ctx.Err() == nil {
		d.log.Warn("mentions past their time not deleted; it is tried again in an hour", "err", err)
	}
	n, err := d.store.Ledger.Sweep(ctx, now(), cfg.KeepCaptures())
	if err != nil && ctx.Err() == nil {
		d.log.Warn("captures not swept", "err", err)
	} else if n > 0 {
		d.log.Info("captures swept", "files", n)
	}
}

func sleep(ctx context.Context, wait time.Duration) {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
