package crawler

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"earshot/mention"
)

const (
	dropWait    = time.Minute
	dropSettle  = 3 * time.Second // a file younger than that may still be written
	maxDropped  = 5000            // files remembered
	maxDropFile = 4 << 30
	dropBatch   = 500
)

// drop collects the files of documents that someone puts into a folder. The
// files stay where they are.
type drop struct {
	src mention.Source
	o   Options
}

func newDrop(src mention.Source, o Options) *drop { return &drop{src: src, o: o} }

func checkDrop(src *mention.Source) []error {
	var errs []error
	if src.Dir == "" {
		errs = append(errs, errors.New("dir is missing: the folder that is watched"))
	}
	if src.URL != "" {
		errs = append(errs, errors.New("url: a drop has a dir"))
	}
	if _, known := formatOf(src.Format); src.Format != "" && src.Format != plainFormat && !known {
		errs = append(errs, fmt.Errorf("format %q is none of %s", src.Format, strings.Join(append([]string{plainFormat}, Formats()...), ", ")))
	}
	return errs
}

// dropCursor is what a drop remembers.
type dropCursor struct {
	Done map[string]dropped `json:"done,omitempty"` // by name
}

// A dropped file that was read.
type dropped struct {
	Size     int64     `json:"s"`
	Modified time.Time `json:"m"`
	Rows     int       `json:"n,omitempty"`
	Refused  int       `json:"r,omitempty"`
}

// Collect implements [Collector].
func (d *drop) Collect(ctx context.Context, state mention.SourceState, emit func(mention.Batch) error) error {
	p := begin(d.src, &d.o, state, emit)
	cursor := recall[dropCursor](state.Cursor)
	if cursor.Done == nil {
		cursor.Done = map[string]dropped{}
	}
	root, err := os.OpenRoot(d.src.Dir)
	if err != nil {
		return p.failed(ctx, &FetchError{URL: d.src.Dir, Class: ClassFolder, Err: err})
	}
	defer root.Close()
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return p.failed(ctx, &FetchError{URL: d.src.Dir, Class: ClassFolder, Err: err})
	}
	rows := 0
	var words []string
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.Mode().IsRegular() || !isDocumentFile(e.Name()) || p.now.Sub(info.ModTime()) < dropSettle {
			continue
		}
		if was, ok := cursor.Done[e.Name()]; ok && was.Size == info.Size() && was.Modified.Equal(info.ModTime()) {
			continue
		}
		got, reason, err := d.file(ctx, p, root, info)
		if err != nil {
			return err // the ledger's, or the context's
		}
		rows += got.Rows
		cursor.Done[e.Name()] = got
		if reason != "" {
			words = append(words, reason)
			d.o.Log.Warn("file not taken whole", "file", e.Name(), "reason", reason)
		}
	}
	cursor.forget(entries)
	if err := p.remember(cursor); err != nil {
		return err
	}
	wait := dropWait
	if every := d.src.Every.Std(); every > 0 {
		wait = every
	}
	if len(words) > 0 {
		return p.partly(p.now.Add(wait), rows, &FetchError{URL: d.src.Dir, Class: ClassRows, Err: errors.New(strings.Join(words, "; "))})
	}
	return p.done(mention.Batch{}, p.now.Add(wait), rows)
}

// isDocumentFile reports files that hold documents and are whole, by their
// names.
func isDocumentFile(name string) bool {
	lower := strings.ToLower(name)
	if strings.HasPrefix(lower, ".") {
		return false
	}
	switch filepath.Ext(strings.TrimSuffix(lower, ".gz")) {
	case ".csv", ".tsv", ".txt", ".ndjson", ".jsonl", ".json":
		return true
	}
	return false
}

// IsTable reports a file of documents that is a table, by its name.
func IsTable(name string) bool {
	switch filepath.Ext(strings.TrimSuffix(strings.ToLower(name), ".gz")) {
	case ".csv", ".tsv", ".txt":
		return true
	}
	return false
}

// file takes one file. What could not be read of it is told in words.
func (d *drop) file(ctx context.Context, p *pass, root *os.Root, info fs.FileInfo) (got dropped, reason string, err error) {
	got = dropped{Size: info.Size(), Modified: info.ModTime()}
	if info.Size() > maxDropFile {
		return got, fmt.Sprintf("%s has %d bytes; at most %d", info.Name(), info.Size(), int64(maxDropFile)), nil
	}
	f, err := root.Open(info.Name())
	if err != nil {
		return got, err.Error(), nil
	}
	defer f.Close()
	var emitErr error
	var list []mention.Mention
	flush := func() error {
		if len(list) == 0 {
			return nil
		}
		emitErr = errors.Join(ctx.Err(), p.emit(mention.Batch{Source: d.src.ID, Mentions: list}))
		list = nil
		return emitErr
	}
	first := ""
	o := DocumentOptions{Decode: d.o.Decode, CSV: IsTable(info.Name()), Format: d.src.Format, Columns: d.src.Columns}
	err = ReadDocuments(f, o, func(_ int, row mention.Row, err error) error {
		got.Rows++
		if err != nil {
			if got.Refused++; first == "" {
				first = err.Error()
			}
			return nil
		}
		list = append(list, d.mention(&row))
		if len(list) < dropBatch {
			return nil
		}
		return flush()
	})
	if emitErr == nil && ctx.Err() == nil {
		_ = flush()
	}
	switch {
	case emitErr != nil:
		return got, "", emitErr
	case ctx.Err() != nil:
		return got, "", ctx.Err()
	case err != nil:
		return got, fmt.Sprintf("%s after %d rows: %s", info.Name(), got.Rows, strings.TrimPrefix(err.Error(), "crawler: ")), nil
	case got.Refused > 0:
		return got, fmt.Sprintf("%s: %d of %d rows refused, the first: %s", info.Name(), got.Refused, got.Rows, first), nil
	}
	return got, "", nil
}

// mention makes the mention of a document.
func (d *drop) mention(row *mention.Row) mention.Mention {
	m := row.Mention()
	m.Origin = mention.OriginImport
	m.Source = firstNonEmpty(m.Source, d.src.ID)
	m.Lang, m.Country = firstNonEmpty(m.Lang, d.src.Lang), firstNonEmpty(m.Country, d.src.Country)
	if m.Kind == "" {
		m.Kind = d.src.Type
	}
	id := m.ID
	Identify(&m)
	if id != "" {
		m.ID = id
	}
	return m
}

// forget drops the files that are gone, and the oldest of too many.
func (c *dropCursor) forget(entries []fs.DirEntry) {
	there := map[string]bool{}
	for _, e := range entries {
		there[e.Name()] = true
	}
	names := make([]string, 0, len(c.Done))
	for name := range c.Done {
		if !there[name] {
			delete(c.Done, name)
			continue
		}
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return c.Done[b].Modified.Compare(c.Done[a].Modified) })
	for _, name := range names[min(len(names), maxDropped):] {
		delete(c.Done, name)
	}
}
