package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// maxGroup is how many waiting writes share one transaction.
const maxGroup = 64

var errClosed = errors.New("ledger: closed")

// A writer owns the one connection that writes. Writes of many goroutines
// that wait at the same time are done in one transaction, each within a
// savepoint, and share its sync.
type writer struct {
	ctx   context.Context
	db    *sql.DB
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
	warc  *warcWriter
	jobs  chan *writeJob
	quit  chan struct{}
	done  chan struct{}
	stop  func()
	watch func() // called after a commit that made a log longer
}

// A writeJob is one write waiting for its transaction.
type writeJob struct {
	ctx  context.Context
	run  func(t *txn) error
	err  error
	done chan struct{}
}

// A txn is what a write has in its hands while its transaction is open.
type txn struct {
	ctx context.Context // the writer's: no caller may interrupt what others share
	w   *writer
	effects
}

// effects are what a write does beyond rows; they count only when it succeeds.
type effects struct {
	longer                        bool // a log
	mentions, revisions, analyzed int64
}

func (e *effects) add(o effects) {
	e.longer = e.longer || o.longer
	e.mentions += o.mentions
	e.revisions += o.revisions
	e.analyzed += o.analyzed
}

func newWriter(ctx context.Context, db *sql.DB, warc *warcWriter, watch func()) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		ctx: context.WithoutCancel(ctx), db: db, conn: conn, stmts: map[string]*sql.Stmt{}, warc: warc, watch: watch,
		jobs: make(chan *writeJob, maxGroup), quit: make(chan struct{}), done: make(chan struct{}),
	}
	w.stop = sync.OnceFunc(func() { close(w.quit) })
	go w.loop()
	return w, nil
}

// do runs a write and returns when it is durable, or has failed and left
// nothing. Once begun it is not abandoned when ctx ends: the caller would not
// know what became of it.
func (w *writer) do(ctx context.Context, run func(t *txn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	job := &writeJob{ctx: ctx, run: run, done: make(chan struct{})}
	select {
	case w.jobs <- job:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.quit:
		return errClosed
	}
	select {
	case <-job.done:
		return job.err
	case <-w.done:
	}
	select { // the loop is over; it may have done the job before
	case <-job.done:
		return job.err
	default:
		return errClosed
	}
}

func (w *writer) loop() {
	defer close(w.done)
	for {
		select {
		case <-w.quit:
			return
		case job := <-w.jobs:
			w.group(w.gather(job))
		}
	}
}

// gather takes what else is waiting.
func (w *writer) gather(first *writeJob) []*writeJob {
	group := []*writeJob{first}
	for len(group) < maxGroup {
		select {
		case job := <-w.jobs:
			group = append(group, job)
		default:
			return group
		}
	}
	return group
}

// group does writes in one transaction. An error of one takes back that one
// alone; when the transaction itself fails, all have failed.
func (w *writer) group(group []*writeJob) {
	longer, err := w.transact(group)
	for _, job := range group {
		if err != nil && job.err == nil {
			job.err = err
		}
	}
	if err == nil && longer {
		w.watch() // before anyone can say that it is stored
	}
	for _, job := range group {
		close(job.done)
	}
}

func (w *writer) transact(group []*writeJob) (longer bool, err error) {
	t := &txn{ctx: w.ctx, w: w}
	if err := t.exec("BEGIN IMMEDIATE"); err != nil {
		return false, fmt.Errorf("ledger: begin: %w", err)
	}
	w.warc.begin()
	total, err := w.runAll(t, group)
	if err == nil {
		err = count(t, total)
	}
	if err == nil {
		err = w.warc.sync()
	}
	if err == nil {
		err = t.exec("COMMIT")
	}
	if err != nil {
		// After a full disk SQLite may have rolled back by itself: the error
		// of a second rollback says nothing.
		_ = t.exec("ROLLBACK")
		w.warc.rollback()
		return false, fmt.Errorf("ledger: commit: %w", err)
	}
	return total.longer, nil
}

func (w *writer) runAll(t *txn, group []*writeJob) (total effects, err error) {
	for _, job := range group {
		if job.err = job.ctx.Err(); job.err != nil {
			continue
		}
		t.effects = effects{}
		if err := t.exec("SAVEPOINT job"); err != nil {
			return total, err
		}
		mark := w.warc.mark()
		if job.err = job.run(t); job.err != nil {
			w.warc.back(mark)
			if err := t.exec("ROLLBACK TO job"); err != nil {
				return total, job.err // the whole transaction is gone
			}
		} else {
			total.add(t.effects)
		}
		if err := t.exec("RELEASE job"); err != nil {
			return total, err
		}
	}
	return total, nil
}

func count(t *txn, e effects) error {
	for _, c := range []struct {
		name string
		n    int64
	}{{"mentions", e.mentions}, {"revisions", e.revisions}, {"analyzed", e.analyzed}} {
		if c.n == 0 {
			continue
		}
		if err := t.exec("UPDATE counters SET n = n + ? WHERE name = ?", c.n, c.name); err != nil {
			return err
		}
	}
	return nil
}

// close ends the loop after the group in hand and closes the connection.
func (w *writer) close() error {
	w.stop()
	<-w.done
	var errs []error
	for _, s := range w.stmts {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close(), w.warc.close())...)
}

// stmt gives the prepared statement of a query.
func (t *txn) stmt(query string) (*sql.Stmt, error) {
	if s := t.w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := t.w.conn.PrepareContext(t.ctx, query)
	if err != nil {
		return nil, err
	}
	t.w.stmts[query] = s
	return s, nil
}

func (t *txn) run(query string, args []any) (sql.Result, error) {
	s, err := t.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(t.ctx, args...)
}

func (t *txn) exec(query string, args ...any) error {
	_, err := t.run(query, args)
	return err
}

// insert gives the row id of the new row.
func (t *txn) insert(query string, args ...any) (int64, error) {
	res, err := t.run(query, args)
	if err != nil {
		return 0, err
	}
	return res.LastInsertId()
}

// update gives the number of rows it touched.
func (t *txn) update(query string, args ...any) (int64, error) {
	res, err := t.run(query, args)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

func (t *txn) each(query string, scan func(*sql.Rows) error, args ...any) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(t.ctx, args...)
	if err != nil {
		return err
	}
	return eachRow(rows, scan)
}

// row reads one row; [sql.ErrNoRows] when there is none.
func (t *txn) row(query string, args []any, dest ...any) error {
	s, err := t.stmt(query)
	if err != nil {
		return err
	}
	return s.QueryRowContext(t.ctx, args...).Scan(dest...)
}

func eachRow(rows *sql.Rows, scan func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// ms is a time as it is stored.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// at is a stored time.
func at(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// clean gives a time the ledger's precision and zone.
func clean(t time.Time) time.Time { return at(ms(t)) }
