package ledger

import (
	"container/heap"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
)

const (
	jobsName = "jobs.db"
	// What puts a job in wakes the queue; it polls for what a lost wake-up or
	// a retry left.
	pollInterval  = time.Second
	fetchCooldown = 5 * time.Millisecond
	jobTimeout    = 30 * time.Minute
	maxBackoff    = time.Minute
	// From here on an attempt is put off, not failed: a job is never given
	// up, and its list of errors has an end.
	lastFailure = 8
	// When a job is taken up and not yet begun.
	settleDelay = 20 * time.Millisecond
	stopGrace   = 5 * time.Second
)

// JobOptions are what the job queue needs from outside.
type JobOptions struct {
	Dir            string                                           // the data directory
	Fetch          func(ctx context.Context, source string) error   // one pass of a source
	Deliver        func(ctx context.Context, receiver string) error // drains a receiver's outbox
	Report         func(ctx context.Context, plan string) error     // makes what is due of a planned report; nil means there are none
	FetchWorkers   int                                              // at a time; 0 means 8
	DeliverWorkers int                                              // at a time; 0 means 8
	Log            *slog.Logger                                     // nil means no logging
}

// Jobs is the queue of fetches, deliveries and reports. There is at most one of a
// source, a receiver or a planned report waiting and one running. One that gives an error is
// tried again, with growing waits that have jitter, until it does not.
type Jobs struct {
	db     *sql.DB
	client *river.Client[*sql.Tx]
	log    *slog.Logger

	mu      sync.Mutex
	running map[jobKey]bool
	wishes  map[jobKey]time.Time // the earliest time each is wanted at
	order   wishHeap             // may hold wishes that an earlier one replaced
	wake    chan struct{}

	started bool
	quit    chan struct{}
	done    chan struct{}
	stop    func()
}

// A jobKey is what there is one job of.
type jobKey struct{ kind, name string }

type fetchArgs struct {
	Source string `json:"source" river:"unique"`
}

func (fetchArgs) Kind() string { return "fetch_source" }

type deliverArgs struct {
	Receiver string `json:"receiver" river:"unique"`
}

func (deliverArgs) Kind() string { return "deliver" }

type reportArgs struct {
	Plan string `json:"plan" river:"unique"`
}

func (reportArgs) Kind() string { return "report" }

// OpenJobs opens the queue of a data directory, making it when it is not
// there. What was running when the last process ended waits again. Nothing is
// worked before [Jobs.Start].
func OpenJobs(ctx context.Context, o JobOptions) (_ *Jobs, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("ledger: open jobs: %w", err)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("ledger: open jobs: %w", err)
	}
	if err := keepPrivate(filepath.Join(dir, jobsName), o.Log); err != nil {
		return nil, fmt.Errorf("ledger: open jobs: %w", err)
	}
	// Not synced at each commit: what is lost in a power failure is made
	// again from the ledger.
	db, err := openDB(filepath.Join(dir, jobsName), "_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=cache_size(-2048)")
	if err != nil {
		return nil, fmt.Errorf("ledger: open jobs: %w", err)
	}
	db.SetMaxOpenConns(1)
	j := &Jobs{
		db: db, log: o.Log, running: map[jobKey]bool{}, wishes: map[jobKey]time.Time{},
		wake: make(chan struct{}, 1), quit: make(chan struct{}), done: make(chan struct{}),
	}
	j.stop = sync.OnceFunc(func() { close(j.quit) })
	if err := j.open(ctx, o); err != nil {
		return nil, errors.Join(fmt.Errorf("ledger: open jobs: %w", err), db.Close())
	}
	return j, nil
}

func (j *Jobs) open(ctx context.Context, o JobOptions) error {
	driver := riversqlite.New(j.db)
	log := slog.New(atLeastWarn{o.Log.Handler()})
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	if _, err := j.db.ExecContext(ctx, "UPDATE river_job SET state = 'available' WHERE state = 'running'"); err != nil {
		return err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker[fetchArgs]{jobs: j, name: func(a fetchArgs) string { return a.Source }, work: o.Fetch})
	river.AddWorker(workers, &worker[deliverArgs]{jobs: j, name: func(a deliverArgs) string { return a.Receiver }, work: o.Deliver})
	if o.Report == nil {
		o.Report = func(context.Context, string) error { return nil }
	}
	river.AddWorker(workers, &worker[reportArgs]{jobs: j, name: func(a reportArgs) string { return a.Plan }, work: o.Report})
	j.client, err = river.NewClient(driver, &river.Config{
		Queues: map[string]river.QueueConfig{
			fetchArgs{}.Kind():   {MaxWorkers: workersOr(o.FetchWorkers)},
			deliverArgs{}.Kind(): {MaxWorkers: workersOr(o.DeliverWorkers)},
			reportArgs{}.Kind():  {MaxWorkers: 1}, // each reads much
		},
		Workers: workers, Logger: log, RetryPolicy: backoff{},
		FetchPollInterval: pollInterval, FetchCooldown: fetchCooldown,
		JobTimeout: jobTimeout, RescueStuckJobsAfter: 2 * jobTimeout,
		CompletedJobRetentionPeriod: 5 * time.Minute, CancelledJobRetentionPeriod: time.Hour, DiscardedJobRetentionPeriod: 24 * time.Hour,
		JobCleanerTimeout: 10 * time.Second,
	})
	return err
}

func workersOr(n int) int {
	if n <= 0 {
		return 8
	}
	return n
}

// Start begins to work the queue, until [Jobs.Stop].
func (j *Jobs) Start(ctx context.Context) error {
	if err := j.client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("ledger: start jobs: %w", err)
	}
	j.started = true
	go j.loop(context.WithoutCancel(ctx))
	return nil
}

// Stop takes no more jobs up, waits for those that run, and closes the queue.
// When ctx ends before they do, their own contexts end, and a short time later
// it waits no longer.
func (j *Jobs) Stop(ctx context.Context) error {
	j.stop()
	var err error
	if j.started {
		<-j.done
		if err = j.client.Stop(ctx); err != nil {
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopGrace)
			err = j.client.StopAndCancel(grace)
			cancel()
		}
	}
	if err = errors.Join(err, j.db.Close()); err != nil {
		return fmt.Errorf("ledger: stop jobs: %w", err)
	}
	return nil
}

// FetchAt asks for a pass of a source at a time, or at once when that is past.
// Of several askings the earliest counts; one made while the source is being
// fetched brings another pass after it.
func (j *Jobs) FetchAt(ctx context.Context, source string, at time.Time) error {
	return j.want(ctx, jobKey{fetchArgs{}.Kind(), source}, at)
}

// DeliverAt asks for a receiver's outbox to be drained, as [Jobs.FetchAt] does
// for a source.
func (j *Jobs) DeliverAt(ctx context.Context, receiver string, at time.Time) error {
	return j.want(ctx, jobKey{deliverArgs{}.Kind(), receiver}, at)
}

// ReportAt asks for a planned report to be looked at, as [Jobs.FetchAt] does
// for a source.
func (j *Jobs) ReportAt(ctx context.Context, plan string, at time.Time) error {
	return j.want(ctx, jobKey{reportArgs{}.Kind(), plan}, at)
}

func (j *Jobs) want(ctx context.Context, key jobKey, at time.Time) error {
	now := time.Now()
	j.mu.Lock()
	later := j.running[key] || at.After(now)
	if later {
		j.wish(key, at)
	}
	j.mu.Unlock()
	if later {
		return nil
	}
	if err := j.submit(ctx, key); err != nil {
		return fmt.Errorf("ledger: %s %s: %w", key.kind, key.name, err)
	}
	return nil
}

// wish notes when a job is wanted. The lock is held.
func (j *Jobs) wish(key jobKey, at time.Time) {
	if old, ok := j.wishes[key]; ok && !at.Before(old) {
		return
	}
	j.wishes[key] = at
	heap.Push(&j.order, wish{at, key})
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// submit puts a job into the queue. While the one before runs there cannot be
// another: then it is wished for again.
func (j *Jobs) submit(ctx context.Context, key jobKey) error {
	var args river.JobArgs = fetchArgs{key.name}
	switch key.kind {
	case deliverArgs{}.Kind():
		args = deliverArgs{key.name}
	case reportArgs{}.Kind():
		args = reportArgs{key.name}
	}
	res, err := j.client.Insert(ctx, args, &river.InsertOpts{
		Queue: key.kind, MaxAttempts: 1000,
		UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled,
			rivertype.JobStateRunning, rivertype.JobStateRetryable,
		}},
	})
	if err != nil {
		return err
	}
	if res.UniqueSkippedAsDuplicate && res.Job.State == rivertype.JobStateRunning {
		j.mu.Lock()
		j.wish(key, time.Now().Add(settleDelay))
		j.mu.Unlock()
	}
	return nil
}

// loop puts jobs into the queue when their time comes.
func (j *Jobs) loop(ctx context.Context) {
	defer close(j.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		due, wait := j.due(time.Now())
		for _, key := range due {
			if err := j.submit(ctx, key); err != nil {
				j.log.Error("job not queued", "kind", key.kind, "name", key.name, "err", err)
				j.mu.Lock()
				j.wish(key, time.Now().Add(pollInterval))
				j.mu.Unlock()
			}
		}
		if len(due) > 0 {
			continue
		}
		timer.Reset(wait)
		select {
		case <-j.quit:
			return
		case <-j.wake:
		case <-timer.C:
		}
	}
}

// due takes out the wishes whose time has come, and says how long to wait for
// the next. What runs keeps its wish until it is over.
func (j *Jobs) due(now time.Time) (keys []jobKey, wait time.Duration) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for len(j.order) > 0 {
		w := j.order[0]
		if want, ok := j.wishes[w.key]; !ok || !want.Equal(w.at) {
			heap.Pop(&j.order) // replaced by an earlier one
			continue
		}
		if w.at.After(now) {
			return keys, w.at.Sub(now)
		}
		heap.Pop(&j.order)
		if j.running[w.key] {
			continue // end puts it back
		}
		delete(j.wishes, w.key)
		keys = append(keys, w.key)
	}
	return keys, time.Hour
}

// work runs one job.
func work[T river.JobArgs](ctx context.Context, j *Jobs, job *river.Job[T], name string, run func(context.Context, string) error) error {
	key := jobKey{job.Kind, name}
	j.mu.Lock()
	j.running[key] = true
	j.mu.Unlock()
	defer j.end(key)
	err := run(ctx, key.name)
	if err == nil {
		return complete(context.WithoutCancel(ctx), j.db, job)
	}
	wait := retryWait(job.Attempt)
	j.log.Warn("job failed, will be tried again", "kind", key.kind, "name", key.name, "attempt", job.Attempt, "in", wait, "err", err)
	if job.Attempt >= lastFailure {
		return river.JobSnooze(wait)
	}
	return err
}

// complete writes down that a job is done before its worker returns. River by
// itself gathers that for a quarter of a second, in which the next job of the
// same key could not be queued.
func complete[T river.JobArgs](ctx context.Context, db *sql.DB, job *river.Job[T]) (err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, done(tx)) }()
	if _, err := river.JobCompleteTx[*riversqlite.Driver](ctx, tx, job); err != nil {
		return err
	}
	return tx.Commit()
}

// end makes a wish of the time that the job ran count.
func (j *Jobs) end(key jobKey) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.running, key)
	if at, ok := j.wishes[key]; ok {
		delete(j.wishes, key)
		j.wish(key, at)
	}
}

// A worker does the jobs of a kind.
type worker[T river.JobArgs] struct {
	river.WorkerDefaults[T]
	jobs *Jobs
	name func(T) string // what a job is about
	work func(context.Context, string) error
}

func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error {
	return work(ctx, w.jobs, job, w.name(job.Args), w.work)
}

// backoff is how long River waits.
type backoff struct{}

// NextRetry says when a failed job is tried again.
func (backoff) NextRetry(job *rivertype.JobRow) time.Time {
	return time.Now().Add(retryWait(job.Attempt))
}

// retryWait grows with the square of the attempts, and is never the same for
// two jobs that failed together.
func retryWait(attempt int) time.Duration {
	attempt = min(max(attempt, 1), 1000)
	wait := min(time.Duration(attempt*attempt)*time.Second, maxBackoff)
	return wait*3/4 + rand.N(wait/2)
}

// A wish is a time that a job is wanted at.
type wish struct {
	at  time.Time
	key jobKey
}

type wishHeap []wish

func (h wishHeap) Len() int           { return len(h) }
func (h wishHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h wishHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements [heap.Interface].
func (h *wishHeap) Push(x any) { *h = append(*h, x.(wish)) }

// Pop implements [heap.Interface].
func (h *wishHeap) Pop() any {
	old := *h
	w := old[len(old)-1]
	*h = old[:len(old)-1]
	return w
}

// atLeastWarn lets through what a person may care about: River tells of each
// start and stop.
type atLeastWarn struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (h atLeastWarn) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelWarn && h.Handler.Enabled(ctx, level)
}

// WithAttrs implements [slog.Handler].
func (h atLeastWarn) WithAttrs(attrs []slog.Attr) slog.Handler {
	return atLeastWarn{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h atLeastWarn) WithGroup(name string) slog.Handler {
	return atLeastWarn{h.Handler.WithGroup(name)}
}
