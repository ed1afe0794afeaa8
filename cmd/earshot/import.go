package main

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/mention"
	"earshot/report"
)

func (a *app) importCmd() *cobra.Command {
	var source string
	var columns map[string]string
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take NDJSON or CSV documents the whole way; goes on where a broken run stopped",
		Long: "Each line of an NDJSON file, or row of a CSV file, is a document. A field that is given wins over what\n" +
			"would be found. --map FIELD=COLUMN names the columns of a CSV file that are called otherwise.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.importAll(cmd.Context(), args, source, columns)
		},
	}
	a.dataFlags(c)
	c.Flags().StringVar(&source, "source", "import", "source of documents that name none")
	c.Flags().StringToStringVar(&columns, "map", nil, "FIELD=COLUMN, for CSV")
	return c
}

func (a *app) importAll(ctx context.Context, files []string, source string, columns map[string]string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	im, err := a.importer(ctx, cfg)
	if err != nil {
		return err
	}
	total := daemon.ImportResult{}
	for _, name := range files {
		r, err := a.importFile(ctx, im, name, source, columns)
		total.Add(r)
		if err != nil {
			return errors.Join(fmt.Errorf("%s: %w", name, err), im.close())
		}
	}
	err = errors.Join(im.finish(ctx), im.close())
	fmt.Fprintf(a.stderr, "%d documents: %d new, %d revised, %d known, %d refused\n",
		total.Read, total.New, total.Revised, total.Unchanged, total.Refused)
	if err == nil && total.Refused > 0 {
		return &statusError{status: exitPartly}
	}
	return err
}

// An importing takes files in: into the data itself, or by the daemon that
// runs on it.
type importing struct {
	begin  func(ctx context.Context, key, source string) (fileImport, error)
	finish func(ctx context.Context) error
	close  func() error
}

// A fileImport is one file on its way in.
type fileImport interface {
	Skip() int // lines that an earlier run stored
	Refuse(line int) error
	Put(ctx context.Context, line int, row mention.Row) error
	Close(ctx context.Context) (daemon.ImportResult, error)
}

func (a *app) importer(ctx context.Context, cfg *config.Config) (*importing, error) {
	running, ok, err := daemon.Find(ctx, cfg.DataDir())
	if err != nil {
		return nil, err
	}
	if ok {
		r, err := a.remote(cfg, running)
		if err != nil {
			return nil, err
		}
		return &importing{
			begin: func(ctx context.Context, key, source string) (fileImport, error) {
				return r.importFile(ctx, daemon.ImportLine{Key: key, Source: source}, a.bar("importing"))
			},
			finish: func(context.Context) error { return nil },
			close:  func() error { return nil },
		}, nil
	}
	s, err := a.store(ctx, cfg)
	if err != nil {
		return nil, err
	}
	imp, err := s.Importer(ctx, cfg)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &importing{
		begin:  func(ctx context.Context, key, source string) (fileImport, error) { return imp.File(ctx, key, source) },
		finish: func(ctx context.Context) error { return imp.Finish(ctx, a.bar("indexing")) },
		close:  s.Close,
	}, nil
}

func (a *app) importFile(ctx context.Context, im *importing, name, source string, columns map[string]string) (daemon.ImportResult, error) {
	f, err := a.openFile(name)
	if err != nil {
		return daemon.ImportResult{}, err
	}
	defer f.Close()
	key, err := fileKey(name)
	if err != nil {
		return daemon.ImportResult{}, err
	}
	run, err := im.begin(ctx, key, source)
	if err != nil {
		return daemon.ImportResult{}, err
	}
	put := func(n int, row mention.Row, err error) error {
		if err != nil {
			fmt.Fprintf(a.stderr, "earshot: %s: %v\n", name, err)
			return run.Refuse(n)
		}
		return run.Put(ctx, n, row)
	}
	if strings.HasSuffix(strings.ToLower(name), ".csv") {
		err = csvRows(f, columns, put)
	} else {
		err = documents(f, func(n int, line []byte) error {
			if n <= run.Skip() {
				return nil
			}
			row, err := importRow(n, line)
			return put(n, row, err)
		})
	}
	result, finish := run.Close(ctx)
	return result, errors.Join(err, finish)
}

// fileKey names a file by its place and beginning, so that the same one is
// gone on with and another of the same name is not.
func fileKey(name string) (string, error) {
	if name == "-" {
		return "", nil
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	path, err := filepath.Abs(name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	h.Write([]byte(path + "\x00"))
	if _, err := io.CopyN(h, f, 64<<10); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)[:12]), nil
}

// csvRows reads a CSV file with a header as documents.
func csvRows(r io.Reader, columns map[string]string, put func(n int, row mention.Row, err error) error) error {
	in := csv.NewReader(r)
	in.FieldsPerRecord = -1
	in.LazyQuotes = true
	in.ReuseRecord = true
	head, err := in.Read()
	if err != nil {
		return fmt.Errorf("header: %w", err)
	}
	fields, err := csvFields(head, columns)
	if err != nil {
		return err
	}
	for n := 2; ; n++ {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row, err := csvRow(n, fields, cells)
		if err := put(n, row, err); err != nil {
			return err
		}
	}
}

// csvFields says which field each column is; "" for one that nobody asked for.
func csvFields(head []string, columns map[string]string) ([]string, error) {
	byColumn := map[string]string{}
	for field, column := range columns {
		byColumn[strings.ToLower(strings.TrimSpace(column))] = field
	}
	fields := make([]string, len(head))
	known := 0
	for i, h := range head {
		name := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if f, ok := byColumn[name]; ok {
			fields[i] = f
			delete(byColumn, name)
			known++
		} else if _, mapped := columns[name]; !mapped && isField(name) {
			fields[i] = name
			known++
		}
	}
	for column, field := range byColumn {
		return nil, fmt.Errorf("--map %s=%s: there is no column %q; there are: %s", field, column, column, strings.Join(head, ", "))
	}
	if known == 0 {
		return nil, fmt.Errorf("no column is a field of a document; name them with --map, as in --map title=Headline; there are: %s", strings.Join(head, ", "))
	}
	return fields, nil
}

var listFields = map[string]bool{"brands": true, "products": true, "entities": true, "labels": true, "tags": true}

func isField(name string) bool {
	switch name {
	case "id", "guid", "title", "text", "url", "author", "published", "lang", "site", "country", "kind", "source", "channel", "thread",
		"sentiment", "score", "story", "engagement", "reach", "rating":
		return true
	}
	return listFields[name]
}

// csvRow turns cells into a document the way a line of NDJSON is read.
func csvRow(n int, fields, cells []string) (mention.Row, error) {
	doc := map[string]any{}
	for i, cell := range cells {
		if i >= len(fields) || fields[i] == "" || cell == "" {
			continue
		}
		cell = report.Uncell(cell)
		switch f := fields[i]; {
		case listFields[f]:
			doc[f] = strings.Split(cell, "; ")
		case f == "score" || f == "engagement" || f == "reach" || f == "rating":
			doc[f] = json.Number(strings.ReplaceAll(cell, ",", ""))
		default:
			doc[f] = cell
		}
	}
	line, err := json.Marshal(doc)
	if err != nil {
		return mention.Row{}, fmt.Errorf("row %d: %w", n, err)
	}
	return importRow(n, line)
}

// importRow reads a document that is to be kept: a date in another layout is
// read, and one that is none refuses the document, for it would count at the
// time of its import.
func importRow(n int, line []byte) (mention.Row, error) {
	row, err := decodeRow(n, line)
	if err != nil {
		return row, err
	}
	if row.Title == "" && row.Text == "" {
		return row, fmt.Errorf("line %d: neither title nor text", n)
	}
	if !row.Published.IsZero() {
		return row, nil
	}
	var doc struct {
		Published any `json:"published"`
	}
	if err := json.Unmarshal(line, &doc); err != nil || doc.Published == nil || doc.Published == "" {
		return row, nil //nolint:nilerr // it was read once already; without a date it counts when it was seen
	}
	t, ok := crawler.ParseDate(fmt.Sprint(doc.Published))
	if !ok {
		return row, fmt.Errorf("line %d: published %q is no date; write 2026-03-01 or 2026-03-01T09:30:00Z", n, fmt.Sprint(doc.Published))
	}
	row.Published = t
	return row, nil
}

// bar returns a function that shows progress on a terminal's one line, or now
// and then where standard error is no terminal.
func (a *app) bar(what string) func(done, total int64) {
	if f, ok := a.stderr.(*os.File); !ok || !isTerminal(f) {
		return func(int64, int64) {}
	}
	last := int64(-1)
	return func(done, total int64) {
		percent := int64(100)
		if total > 0 {
			percent = done * 100 / total
		}
		if percent == last {
			return
		}
		last = percent
		fmt.Fprintf(a.stderr, "\r%s %3d %% (%d of %d)", what, percent, done, total)
		if done >= total {
			fmt.Fprintln(a.stderr)
		}
	}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
