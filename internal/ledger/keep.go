package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"earshot/mention"
)

// Erase implements [Keeping].
func (l *store) Erase(ctx context.Context, actor, reason string, ids []string) error {
	l.filesMu.Lock()
	defer l.filesMu.Unlock()
	now, done := l.stamps.take(clean(l.now()))
	defer done()
	files := map[int64]bool{}
	err := l.write(ctx, "erase", func(t *txn) error {
		for _, id := range ids {
			captures, err := erase(t, id, actor, reason, now)
			if err != nil {
				return fmt.Errorf("mention %s: %w", id, err)
			}
			for _, c := range captures {
				if err := dropCapture(t, c, files); err != nil {
					return err
				}
			}
			if err := audit(t, erasure(now, actor, reason, id)); err != nil {
				return err
			}
		}
		if files[t.w.warc.num] {
			return t.w.warc.retire()
		}
		return nil
	})
	if err != nil {
		return err
	}
	for file := range files {
		if err := l.compact(ctx, file); err != nil {
			return err
		}
	}
	return l.checkpoint(ctx)
}

func erasure(now time.Time, actor, reason, id string) mention.AuditEntry {
	return mention.AuditEntry{At: now, Actor: actor, Action: "erase", Object: "mention:" + id, Detail: reason}
}

// dropCapture deletes a capture and notes the file that holds its bytes.
func dropCapture(t *txn, id string, files map[int64]bool) error {
	var file int64
	err := t.row("DELETE FROM captures WHERE id = ? RETURNING file", []any{id}, &file)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	files[file] = true
	return err
}

// checkpoint moves everything out of the write-ahead log, and empties it:
// what was erased is in there too.
func (l *store) checkpoint(ctx context.Context) error {
	db, err := openDB(filepath.Join(l.dir, dbName), "_pragma=synchronous(FULL)")
	if err != nil {
		return fmt.Errorf("ledger: checkpoint: %w", err)
	}
	_, err = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	if err = errors.Join(err, db.Close()); err != nil {
		return fmt.Errorf("ledger: checkpoint: %w", err)
	}
	return nil
}

// heldCaptures are those that a hold keeps: on themselves, on a mention that
// was read from them, or on its author.
const heldCaptures = `SELECT substr(object, 9) FROM holds WHERE object >= 'capture:' AND object < 'capture;'
	UNION SELECT r.capture FROM holds h CROSS JOIN revisions r ON r.author = substr(h.object, 8) AND r.author <> '' WHERE h.object >= 'author:' AND h.object < 'author;'
	UNION SELECT r.capture FROM holds h CROSS JOIN mentions m ON m.id = substr(h.object, 9) CROSS JOIN revisions r ON r.seq = m.seq WHERE h.object >= 'mention:' AND h.object < 'mention;'`

// Sweep implements [Keeping].
func (l *store) Sweep(ctx context.Context, now time.Time, keep time.Duration) (int, error) {
	l.filesMu.Lock()
	defer l.filesMu.Unlock()
	cutoff := ms(now.Add(-keep))
	var deleted, active int64
	err := l.write(ctx, "sweep", func(t *txn) (err error) {
		active = t.w.warc.num
		deleted, err = t.update("DELETE FROM captures WHERE fetched < ? AND last_ref < ? AND id NOT IN ("+heldCaptures+")", cutoff, cutoff)
		return err
	})
	if err != nil {
		return 0, err
	}
	files, err := l.wasteful(ctx, active)
	if err != nil {
		return int(deleted), err
	}
	for _, file := range files {
		if err := l.compact(ctx, file); err != nil {
			return int(deleted), err
		}
	}
	return int(deleted), nil
}

// wasteful lists the files of which a quarter or more is referenced no longer.
func (l *store) wasteful(ctx context.Context, active int64) ([]int64, error) {
	var files []int64
	err := l.r.each(ctx, `SELECT f.file, f.name, COALESCE(SUM(c.length), 0) FROM capture_files f LEFT JOIN captures c ON c.file = f.file
		WHERE f.file <> ? GROUP BY f.file`, func(rows *sql.Rows) error {
		var file, live int64
		var name string
		if err := rows.Scan(&file, &name, &live); err != nil {
			return err
		}
		info, err := l.warc.root.Stat(name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // told when it is opened and checked
		}
		if err == nil && live < info.Size()-info.Size()/4-warcInfoSize {
			files = append(files, file)
		}
		return err
	}, active)
	return files, reading("sweep", err)
}

// warcInfoSize is about what the record takes that a file begins with.
const warcInfoSize = 512

// A kept capture and where it is in the file being copied.
type kept struct {
	id            string
	start, length int64
}

// compact copies what is still referenced of a file that is no longer written
// to into a new one, and deletes it.
func (l *store) compact(ctx context.Context, file int64) error {
	var name string
	if err := l.r.row(ctx, "SELECT name FROM capture_files WHERE file = ?", []any{file}, &name); err != nil {
		return reading("compact", err)
	}
	var list []kept
	err := l.r.each(ctx, "SELECT id, start, length FROM captures WHERE file = ? ORDER BY start", func(rows *sql.Rows) error {
		var k kept
		err := rows.Scan(&k.id, &k.start, &k.length)
		list = append(list, k)
		return err
	}, file)
	if err != nil {
		return reading("compact", err)
	}
	next := ""
	if len(list) > 0 {
		next = fmt.Sprintf("%s-%04x%s", name[:len(captureTime)], rand.Uint32N(1<<16), warcSuffix)
		if err := l.copyCaptures(name, next, list); err != nil {
			return fmt.Errorf("ledger: compact %s: %w", name, err)
		}
	}
	err = l.write(ctx, "compact", func(t *txn) error {
		if err := t.exec("DELETE FROM capture_files WHERE file = ?", file); err != nil || next == "" {
			return err
		}
		num, err := t.insert("INSERT INTO capture_files (name) VALUES (?)", next)
		if err != nil {
			return err
		}
		for _, k := range list {
			if err := t.exec("UPDATE captures SET file = ?, start = ? WHERE id = ?", num, k.start, k.id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		if next != "" {
			_ = l.warc.root.Remove(next)
		}
		return err
	}
	if err := l.warc.root.Remove(name); err != nil {
		return fmt.Errorf("ledger: compact: %w", err)
	}
	return nil
}

// copyCaptures writes a new file and notes where each capture now is.
func (l *store) copyCaptures(from, to string, list []kept) (err error) {
	src, err := l.warc.root.Open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := l.warc.root.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		if err = errors.Join(err, dst.Close()); err != nil {
			_ = l.warc.root.Remove(to)
		}
	}()
	if err := newWARCEncoder().info(dst, to, l.now()); err != nil {
		return err
	}
	end, err := dst.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	for i := range list {
		if _, err := io.Copy(dst, io.NewSectionReader(src, list[i].start, list[i].length)); err != nil {
			return err
		}
		list[i].start = end
		end += list[i].length
	}
	return errors.Join(dst.Sync(), syncDir(l.warc.root))
}

// Check implements [Keeping].
func (l *store) Check(ctx context.Context) error {
	var faults []error
	err := l.r.each(ctx, "PRAGMA integrity_check(20)", func(rows *sql.Rows) error {
		var line string
		err := rows.Scan(&line)
		if line != "ok" {
			faults = append(faults, errors.New(line))
		}
		return err
	})
	if err != nil {
		return reading("check", err)
	}
	for _, c := range []struct{ what, query string }{
		{"mentions without their latest revision", "SELECT COUNT(*) FROM mentions m LEFT JOIN revisions r ON r.seq = m.seq AND r.num = m.num WHERE r.seq IS NULL"},
		{"revisions of no mention", "SELECT COUNT(*) FROM revisions r LEFT JOIN mentions m ON m.num = r.num WHERE m.num IS NULL"},
		{"analyses of no revision", "SELECT COUNT(*) FROM understood u LEFT JOIN revisions r ON r.seq = u.seq AND r.num = u.num WHERE r.seq IS NULL"},
		{"changes of no mention", "SELECT COUNT(*) FROM changes c LEFT JOIN mentions m ON m.num = c.num WHERE m.num IS NULL"},
		{"captures in no file", "SELECT COUNT(*) FROM captures c LEFT JOIN capture_files f ON f.file = c.file WHERE f.file IS NULL"},
		{"mentions counted wrong", "SELECT ABS((SELECT COUNT(*) FROM mentions WHERE erased = 0) - (SELECT n FROM counters WHERE name = 'mentions'))"},
		{"revisions counted wrong", "SELECT ABS((SELECT COUNT(*) FROM revisions) - (SELECT n FROM counters WHERE name = 'revisions'))"},
		{"analyses counted wrong", "SELECT ABS((SELECT COUNT(*) FROM understood) - (SELECT n FROM counters WHERE name = 'analyzed'))"},
	} {
		var n int64
		if err := l.r.row(ctx, c.query, nil, &n); err != nil {
			return reading("check", err)
		}
		if n != 0 {
			faults = append(faults, fmt.Errorf("%d %s", n, c.what))
		}
	}
	missing, err := l.checkFiles(ctx)
	if err != nil {
		return reading("check", err)
	}
	if faults = append(faults, missing...); len(faults) > 0 {
		return fmt.Errorf("ledger: check: %w", errors.Join(faults...))
	}
	return nil
}

// checkFiles finds capture files that are gone or too short.
func (l *store) checkFiles(ctx context.Context) ([]error, error) {
	l.filesMu.RLock()
	defer l.filesMu.RUnlock()
	var faults []error
	err := l.r.each(ctx, "SELECT f.name, MAX(c.start + c.length) FROM captures c JOIN capture_files f ON f.file = c.file GROUP BY f.file", func(rows *sql.Rows) error {
		var name string
		var end int64
		if err := rows.Scan(&name, &end); err != nil {
			return err
		}
		info, err := l.warc.root.Stat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			faults = append(faults, fmt.Errorf("capture file %s is missing", name))
		case err == nil && info.Size() < end:
			faults = append(faults, fmt.Errorf("capture file %s has %d bytes, not %d", name, info.Size(), end))
		default:
			return err
		}
		return nil
	})
	return faults, err
}
