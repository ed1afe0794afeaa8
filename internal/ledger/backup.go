package ledger

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

const (
	manifestName = "manifest.json"
	backupFormat = 1
	backupTemp   = ".backup-"
)

// A manifest is the last entry of a backup: what must have come before it.
type manifest struct {
	Format  int            `json:"format"`
	Schema  int            `json:"schema"`
	Created time.Time      `json:"created"`
	Files   []manifestFile `json:"files"`
}

type manifestFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Backup implements [Keeping].
func (l *store) Backup(ctx context.Context, w io.Writer) error {
	if err := l.backup(ctx, w); err != nil {
		return fmt.Errorf("ledger: backup: %w", err)
	}
	return nil
}

func (l *store) backup(ctx context.Context, w io.Writer) (err error) {
	// Capture files only grow while this is held: what the copy of the
	// database speaks of stays where it is.
	l.filesMu.RLock()
	defer l.filesMu.RUnlock()
	tmp, err := os.MkdirTemp(l.dir, backupTemp)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	path := filepath.Join(tmp, dbName)
	if err := l.vacuumInto(ctx, path); err != nil {
		return err
	}
	gz, err := gzip.NewWriterLevel(w, gzip.BestSpeed)
	if err != nil {
		return err
	}
	b := &backupWriter{tw: tar.NewWriter(gz), manifest: manifest{Format: backupFormat, Schema: len(ledgerMigrations()), Created: clean(l.now())}}
	if err := b.tree(ctx, l.warc.root, path); err != nil {
		return err
	}
	return errors.Join(b.tw.Close(), gz.Close())
}

// vacuumInto copies the database as it is now, on a connection of its own:
// the pool's may not write, and need not wait.
func (l *store) vacuumInto(ctx context.Context, path string) error {
	db, err := openDB(filepath.Join(l.dir, dbName), "_pragma=cache_size(-2048)")
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	return errors.Join(err, db.Close())
}

type backupWriter struct {
	tw       *tar.Writer
	manifest manifest
}

// tree writes the copy of the database, the captures that it speaks of, and
// the manifest.
func (b *backupWriter) tree(ctx context.Context, captures *os.Root, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := b.add(ctx, dbName, f, info.Size()); err != nil {
		return err
	}
	files, err := captureSizes(ctx, path)
	if err != nil {
		return err
	}
	for _, c := range files {
		if err := b.addCaptures(ctx, captures, c); err != nil {
			return err
		}
	}
	data, err := json.MarshalIndent(b.manifest, "", "  ")
	if err != nil {
		return err
	}
	if err := b.tw.WriteHeader(b.header(manifestName, int64(len(data)))); err != nil {
		return err
	}
	_, err = b.tw.Write(data)
	return err
}

// captureSizes lists the capture files a database speaks of, and how much of
// each.
func captureSizes(ctx context.Context, path string) (files []manifestFile, err error) {
	db, err := openDB(path, "mode=ro")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	rows, err := db.QueryContext(ctx, "SELECT f.name, COALESCE(MAX(c.start + c.length), 0) FROM capture_files f LEFT JOIN captures c ON c.file = f.file GROUP BY f.file ORDER BY f.name")
	if err != nil {
		return nil, err
	}
	err = eachRow(rows, func(rows *sql.Rows) error {
		var f manifestFile
		err := rows.Scan(&f.Name, &f.Size)
		files = append(files, f)
		return err
	})
	return files, err
}

func (b *backupWriter) addCaptures(ctx context.Context, captures *os.Root, c manifestFile) error {
	f, err := captures.Open(c.Name)
	if err != nil {
		return err
	}
	defer f.Close()
	return b.add(ctx, captureDir+"/"+c.Name, f, c.Size)
}

func (b *backupWriter) header(name string, size int64) *tar.Header {
	return &tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: b.manifest.Created, Format: tar.FormatPAX}
}

func (b *backupWriter) add(ctx context.Context, name string, r io.Reader, size int64) error {
	if err := b.tw.WriteHeader(b.header(name, size)); err != nil {
		return err
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(b.tw, sum), &ctxReader{ctx, r}, size); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	b.manifest.Files = append(b.manifest.Files, manifestFile{name, size, hex.EncodeToString(sum.Sum(nil))})
	return nil
}

// A ctxReader ends with its context.
type ctxReader struct {
	ctx context.Context
	r   io.Reader
}

func (r *ctxReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}

// Restore makes a data directory out of a backup. The directory must be empty
// or not there. Every sum is compared before the ledger takes its name; after
// an error nothing of it is left.
func Restore(ctx context.Context, r io.Reader, dir string) error {
	if err := restore(ctx, r, dir); err != nil {
		if errors.Is(err, ErrNewer) {
			return err
		}
		return fmt.Errorf("ledger: restore to %s: %w", dir, err)
	}
	return nil
}

// partial is the database's name until all is well.
const partial = dbName + ".partial"

func restore(ctx context.Context, r io.Reader, dir string) (err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("the directory is not empty: it has %s", entries[0].Name())
	}
	defer func() {
		if err != nil {
			_ = root.RemoveAll(captureDir)
			_ = root.Remove(partial)
		}
	}()
	if err := root.Mkdir(captureDir, 0o700); err != nil {
		return err
	}
	gz, err := gzip.NewReader(&ctxReader{ctx, r})
	if err != nil {
		return err
	}
	x := &extractor{root: root, tr: tar.NewReader(gz), got: map[string]manifestFile{}}
	m, err := x.all()
	if err != nil {
		return err
	}
	if err := x.verify(m); err != nil {
		return err
	}
	captures, err := root.OpenRoot(captureDir)
	if err != nil {
		return err
	}
	if err := errors.Join(syncDir(captures), captures.Close()); err != nil {
		return err
	}
	if err := root.Rename(partial, dbName); err != nil {
		return err
	}
	return syncDir(root)
}

type extractor struct {
	root *os.Root
	tr   *tar.Reader
	got  map[string]manifestFile
}

// all writes the files of a backup and gives its manifest.
func (x *extractor) all() (*manifest, error) {
	for {
		h, err := x.tr.Next()
		if errors.Is(err, io.EOF) {
			return nil, errors.New("the backup has no manifest: it is cut off")
		}
		if err != nil {
			return nil, err
		}
		if h.Name == manifestName {
			m := &manifest{}
			err := json.NewDecoder(io.LimitReader(x.tr, 64<<20)).Decode(m)
			return m, err
		}
		if err := x.one(h); err != nil {
			return nil, err
		}
	}
}

func (x *extractor) one(h *tar.Header) (err error) {
	name := h.Name
	dir, base := filepath.Split(name)
	switch {
	case h.Typeflag != tar.TypeReg:
		return fmt.Errorf("%q is not a plain file", name)
	case name == dbName:
		name = partial
	case dir != captureDir+"/" || !filepath.IsLocal(base):
		return fmt.Errorf("%q does not belong in a backup", name)
	}
	f, err := x.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, sum), x.tr)
	if err != nil {
		return err
	}
	x.got[h.Name] = manifestFile{h.Name, n, hex.EncodeToString(sum.Sum(nil))}
	return f.Sync()
}

// verify compares what came with what the manifest says.
func (x *extractor) verify(m *manifest) error {
	if m.Format > backupFormat || m.Schema > len(ledgerMigrations()) {
		return fmt.Errorf("%w: the backup has format %d, schema %d; this program knows %d, %d", ErrNewer, m.Format, m.Schema, backupFormat, len(ledgerMigrations()))
	}
	if _, ok := x.got[dbName]; !ok {
		return fmt.Errorf("the backup has no %s", dbName)
	}
	for _, want := range m.Files {
		if got := x.got[want.Name]; got != want {
			return fmt.Errorf("%s is damaged: it has %d bytes with sum %.12s, not %d with %.12s", want.Name, got.Size, got.SHA256, want.Size, want.SHA256)
		}
	}
	if len(m.Files) != len(x.got) {
		return fmt.Errorf("the backup has %d files, its manifest %d", len(x.got), len(m.Files))
	}
	return nil
}
