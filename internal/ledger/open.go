package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"time"

	"modernc.org/sqlite"
)

const (
	dbName     = "ledger.db"
	captureDir = "captures"
	readers    = 4
)

// Options are what a ledger needs from outside.
type Options struct {
	Dir    string           // the data directory; made when it is not there
	Locked bool             // the caller holds the lock of [LockDir] on Dir; else Open takes it
	Log    *slog.Logger     // nil means no logging
	Now    func() time.Time // stamps what has no time of its own; nil means [time.Now]
}

// store is the ledger on SQLite.
type store struct {
	dir    string
	log    *slog.Logger
	now    func() time.Time
	w      *writer
	r      *reader
	warc   *warcWriter
	wdb    *sql.DB
	unlock func()

	filesMu sync.RWMutex // held for reading while capture files must not go away

	watchMu  sync.Mutex
	watchers map[chan struct{}]struct{}

	stamps stamps

	closing sync.Once
	closed  error
}

// Open opens the ledger in a data directory, making or migrating it as needed.
// A file that a newer program wrote gives [ErrNewer], a directory in use by
// another process a [*LockedError].
func Open(ctx context.Context, o Options) (Ledger, error) {
	l, err := open(ctx, o)
	if err != nil {
		return nil, err
	}
	return l, nil
}

func open(ctx context.Context, o Options) (_ *store, err error) {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("ledger: open: %w", err)
	}
	l := &store{dir: dir, log: o.Log, now: o.Now, unlock: func() {}, watchers: map[chan struct{}]struct{}{}}
	defer func() {
		if err != nil {
			_ = l.Close()
		}
	}()
	if err := os.MkdirAll(filepath.Join(dir, captureDir), 0o700); err != nil {
		return nil, fmt.Errorf("ledger: open: %w", err)
	}
	if !o.Locked {
		if l.unlock, _, err = LockDir(dir); err != nil {
			l.unlock = func() {}
			return nil, err
		}
	}
	if err := l.openStores(ctx); err != nil {
		if errors.Is(err, ErrNewer) {
			return nil, err
		}
		return nil, fmt.Errorf("ledger: open %s: %w", dir, err)
	}
	return l, nil
}

func (l *store) openStores(ctx context.Context) error {
	if err := l.tidy(); err != nil {
		return err
	}
	path := filepath.Join(l.dir, dbName)
	err := keepPrivate(path, l.log)
	if err != nil {
		return err
	}
	if l.wdb, err = openDB(path, "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-8192)&_pragma=journal_size_limit(67108864)&_pragma=secure_delete(1)"); err != nil {
		return err
	}
	l.wdb.SetMaxOpenConns(1)
	if err := migrate(ctx, l.wdb, ledgerMigrations()); err != nil {
		return err
	}
	if l.warc, err = openWARC(ctx, filepath.Join(l.dir, captureDir), l.wdb, l.log); err != nil {
		return err
	}
	if l.w, err = newWriter(ctx, l.wdb, l.warc, l.notify); err != nil {
		return err
	}
	l.r, err = openReader(path)
	return err
}

// tidy removes what a backup that was cut short left behind.
func (l *store) tidy() error {
	left, err := filepath.Glob(filepath.Join(l.dir, backupTemp+"*"))
	if err != nil {
		return err
	}
	for _, dir := range left {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return nil
}

// keepPrivate makes a database that its owner alone can read, before SQLite
// would make it as the umask has it; SQLite gives the files beside it the same
// mode. One made otherwise by an earlier version is put right.
func keepPrivate(path string, log *slog.Logger) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm()&0o077 == 0 {
			continue
		}
		if err := os.Chmod(name, 0o600); err != nil {
			log.Warn("others can read a file of the data directory", "file", name, "err", err)
		}
	}
	return nil
}

// openDB opens a file with settings that are safe for a file others may read
// at the same time.
func openDB(path, params string) (*sql.DB, error) {
	u := url.URL{Scheme: "file", Path: filepath.ToSlash(path)}
	c, err := sqlite.NewConnector(u.String() + "?_txlock=immediate&_pragma=busy_timeout(10000)&" + params)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(c), nil
}

// Watch implements [Ledger].
func (l *store) Watch() (changes <-chan struct{}, stop func()) {
	ch := make(chan struct{}, 1)
	l.watchMu.Lock()
	l.watchers[ch] = struct{}{}
	l.watchMu.Unlock()
	return ch, func() {
		l.watchMu.Lock()
		delete(l.watchers, ch)
		l.watchMu.Unlock()
	}
}

func (l *store) notify() {
	l.watchMu.Lock()
	defer l.watchMu.Unlock()
	for ch := range l.watchers {
		select {
		case ch <- struct{}{}:
		default: // one is waiting already, and stands for this one too
		}
	}
}

// Close implements [Ledger]. Writes that wait are given an error.
func (l *store) Close() error {
	l.closing.Do(func() {
		var errs []error
		if l.w != nil {
			errs = append(errs, l.w.close())
		}
		if l.r != nil {
			errs = append(errs, l.r.close())
		}
		if l.wdb != nil {
			errs = append(errs, l.wdb.Close())
		}
		l.unlock()
		if err := errors.Join(errs...); err != nil {
			l.closed = fmt.Errorf("ledger: close: %w", err)
		}
	})
	return l.closed
}

// write runs a write and names it in its error.
func (l *store) write(ctx context.Context, what string, run func(t *txn) error) error {
	err := l.w.do(ctx, run)
	if err == nil || errors.Is(err, ErrNotFound) || errors.Is(err, ErrHeld) || errors.Is(err, errClosed) {
		return err
	}
	return fmt.Errorf("ledger: %s: %w", what, err)
}
