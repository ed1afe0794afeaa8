package ledger

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"earshot/mention"
)

const (
	maxWARCFile = 64 << 20 // a file is closed when it is this long, or a day is over
	warcSuffix  = ".warc.gz"
	captureTime = "20060102T150405.000" // when a file was begun, and the beginning of its name
)

// A warcWriter appends captures to the newest file. The ledger's writer alone
// uses it, with a transaction open: what a transaction that failed has written
// is cut off again.
type warcWriter struct {
	root   *os.Root
	log    *slog.Logger
	enc    *warcEncoder
	buf    bytes.Buffer
	file   *os.File // nil: the next capture begins a file
	num    int64
	name   string
	size   int64
	dirty  bool
	broken bool     // a write failed; back says whether the file still serves
	start  warcMark // of the transaction
}

// A warcMark is a place to go back to.
type warcMark struct {
	num, size int64
}

// openWARC opens the directory of captures and puts right what a crash left:
// files that no transaction speaks of are deleted, and the newest is cut after
// the last capture that was committed.
func openWARC(ctx context.Context, dir string, db *sql.DB, log *slog.Logger) (*warcWriter, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	w := &warcWriter{root: root, log: log, enc: newWARCEncoder()}
	if err := w.recover(ctx, db); err != nil {
		_ = root.Close()
		return nil, fmt.Errorf("captures: %w", err)
	}
	return w, nil
}

func (w *warcWriter) recover(ctx context.Context, db *sql.DB) error {
	known := map[string]bool{}
	rows, err := db.QueryContext(ctx, "SELECT file, name FROM capture_files ORDER BY name")
	if err != nil {
		return err
	}
	var num int64
	var name string
	err = eachRow(rows, func(rows *sql.Rows) error {
		err := rows.Scan(&num, &name)
		known[name] = true
		return err
	})
	if err != nil {
		return err
	}
	entries, err := fs.ReadDir(w.root.FS(), ".")
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() && strings.HasSuffix(e.Name(), warcSuffix) && !known[e.Name()] {
			if err := w.root.Remove(e.Name()); err != nil {
				return err
			}
		}
	}
	if num == 0 {
		return nil
	}
	var end sql.NullInt64
	if err := db.QueryRowContext(ctx, "SELECT MAX(start + length) FROM captures WHERE file = ?", num).Scan(&end); err != nil {
		return err
	}
	return w.resume(num, name, end.Int64)
}

// resume goes on with the newest file, or leaves it alone when it is not what
// the ledger says.
func (w *warcWriter) resume(num int64, name string, end int64) error {
	if end == 0 {
		return nil
	}
	f, err := w.root.OpenFile(name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		w.log.Error("capture file is missing", "file", name)
		return nil
	}
	if err != nil {
		return err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > end {
		err = f.Truncate(end)
	}
	if err != nil || info.Size() < end {
		_ = f.Close()
		if err == nil {
			w.log.Error("capture file is shorter than it was", "file", name, "size", info.Size(), "want", end)
		}
		return err
	}
	w.file, w.num, w.name, w.size = f, num, name, end
	return nil
}

func (w *warcWriter) begin() { w.start = w.mark() }

func (w *warcWriter) mark() warcMark { return warcMark{w.num, w.size} }

func (w *warcWriter) rollback() { w.back(w.start) }

// back takes back what was written since a mark.
func (w *warcWriter) back(m warcMark) {
	if w.file == nil || w.mark() == m && !w.broken {
		return
	}
	if w.num == m.num {
		if err := w.file.Truncate(m.size); err == nil {
			w.size, w.broken = m.size, false
			return
		}
		// Something is wrong with the file: what is in it stays, and the next
		// capture begins another.
		w.drop()
		return
	}
	name := w.name
	w.drop()
	_ = w.root.Remove(name)
}

// drop lets go of the file in hand.
func (w *warcWriter) drop() {
	_ = w.file.Close()
	w.file, w.num, w.name, w.size, w.dirty, w.broken = nil, 0, "", 0, false, false
}

// add appends a capture within the open transaction.
func (w *warcWriter) add(t *txn, now time.Time, id string, c *mention.Capture) error {
	if w.file == nil || w.size >= maxWARCFile || now.UTC().Format("20060102") > w.name[:8] {
		if err := w.rotate(t, now); err != nil {
			return err
		}
	}
	w.buf.Reset()
	if err := w.enc.capture(&w.buf, id, c); err != nil {
		return err
	}
	start := w.size
	if err := w.append(); err != nil {
		return err
	}
	return t.exec("INSERT INTO captures (id, file, start, length, fetched, last_ref) VALUES (?, ?, ?, ?, ?, 0)",
		id, w.num, start, w.size-start, ms(c.Fetched))
}

// append writes the buffer at the end of the file.
func (w *warcWriter) append() error {
	n, err := w.file.WriteAt(w.buf.Bytes(), w.size)
	w.size += int64(n)
	w.dirty, w.broken = true, err != nil
	if w.buf.Cap() > 4<<20 {
		w.buf = bytes.Buffer{}
	}
	return err
}

// rotate begins a new file. What the one before holds is synced first.
func (w *warcWriter) rotate(t *txn, now time.Time) error {
	if err := w.sync(); err != nil {
		return err
	}
	name := fmt.Sprintf("%s-%04x%s", now.UTC().Format(captureTime), rand.Uint32N(1<<16), warcSuffix)
	f, err := w.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	num, err := t.insert("INSERT INTO capture_files (name) VALUES (?)", name)
	if err == nil {
		err = syncDir(w.root)
	}
	if err != nil {
		_ = f.Close()
		_ = w.root.Remove(name)
		return err
	}
	if w.file != nil {
		_ = w.file.Close() // it is synced
	}
	w.file, w.num, w.name, w.size = f, num, name, 0
	w.buf.Reset()
	if err := w.enc.info(&w.buf, name, now); err != nil {
		return err
	}
	return w.append()
}

// sync makes what was added durable.
func (w *warcWriter) sync() error {
	if !w.dirty || w.file == nil {
		return nil
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	w.dirty = false
	return nil
}

// retire ends the file in hand, so that the next capture begins another.
func (w *warcWriter) retire() error {
	if w.file == nil {
		return nil
	}
	err := w.sync()
	w.drop()
	return err
}

func (w *warcWriter) close() error {
	if w.file == nil {
		return w.root.Close()
	}
	return errors.Join(w.sync(), w.file.Close(), w.root.Close())
}

func syncDir(root *os.Root) error {
	d, err := root.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}

// Capture implements [Intake].
func (l *store) Capture(ctx context.Context, id string) (*mention.Capture, error) {
	// A file may be rewritten between the look-up and the reading: then the
	// look-up has another answer.
	for range 3 {
		c, err := l.capture(ctx, id)
		if !errors.Is(err, fs.ErrNotExist) {
			return c, reading("capture "+id, err)
		}
	}
	return nil, fmt.Errorf("ledger: capture %s: its file is missing", id)
}

func (l *store) capture(ctx context.Context, id string) (*mention.Capture, error) {
	var name string
	var start, length int64
	err := l.r.row(ctx, "SELECT f.name, c.start, c.length FROM captures c JOIN capture_files f USING (file) WHERE c.id = ?", []any{id}, &name, &start, &length)
	if err != nil {
		return nil, err
	}
	f, err := l.warc.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rec, err := readRecord(io.NewSectionReader(f, start, length))
	if err != nil {
		return nil, err
	}
	c, err := rec.capture()
	if err == nil && c.ID != id {
		err = fmt.Errorf("record at %s:%d has id %s", name, start, c.ID)
	}
	return c, err
}
