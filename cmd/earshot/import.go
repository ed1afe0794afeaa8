package main

import (
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/mention"
	"earshot/query"
)

func (a *app) importCmd() *cobra.Command {
	how := &reading{}
	c := &cobra.Command{
		Use:   "import FILE…",
		Short: "Take NDJSON or CSV documents the whole way; goes on where a broken run stopped",
		Long: "Each line of an NDJSON file, or row of a CSV file, is a document. A field that is given wins over what\n" +
			"would be found. The exports of Brandwatch, Talkwalker, Meltwater and of Meta's tools are known by their\n" +
			"columns; --map FIELD=COLUMN names the columns of a CSV file that are called otherwise.",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.importAll(cmd.Context(), args, how)
		},
	}
	a.dataFlags(c)
	c.Flags().StringVar(&how.source, "source", "import", "source of documents that name none")
	c.Flags().StringToStringVar(&how.columns, "map", nil, "FIELD=COLUMN, for CSV; FIELD= leaves it out")
	c.Flags().StringVar(&how.format, "format", "", "of CSV: "+strings.Join(append([]string{"plain"}, crawler.Formats()...), ", ")+"; found out unless given")
	c.Flags().StringVar(&how.refusedFile, "refused", "", "write a CSV file of the rows that were refused, each with its reason")
	return c
}

// reading is how files are read.
type reading struct {
	source, format string
	columns        map[string]string
	refusedFile    string
	refused        *csv.Writer // nil for none
}

// refuse writes down why a row was not taken.
func (r *reading) refuse(name string, n int, reason error) error {
	if r.refused == nil {
		return nil
	}
	return r.refused.Write([]string{name, strconv.Itoa(n), reason.Error()})
}

// begin opens the file of what is refused, where one is wanted.
func (r *reading) begin() (end func() error, err error) {
	if r.refusedFile == "" {
		return func() error { return nil }, nil
	}
	f, err := os.OpenFile(r.refusedFile, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	r.refused = csv.NewWriter(f)
	if err := r.refused.Write([]string{"file", "row", "reason"}); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		r.refused.Flush()
		return errors.Join(r.refused.Error(), f.Close())
	}, nil
}

func (a *app) importAll(ctx context.Context, files []string, how *reading) (err error) {
	end, err := how.begin()
	if err != nil {
		return err
	}
	defer func() {
		if endErr := end(); endErr != nil {
			err = errors.Join(err, endErr)
		}
	}()
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
		r, err := a.importFile(ctx, im, name, how)
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

func (a *app) importFile(ctx context.Context, im *importing, name string, how *reading) (daemon.ImportResult, error) {
	f, err := a.openFile(name)
	if err != nil {
		return daemon.ImportResult{}, err
	}
	defer f.Close()
	key, err := fileKey(name)
	if err != nil {
		return daemon.ImportResult{}, err
	}
	run, err := im.begin(ctx, key, how.source)
	if err != nil {
		return daemon.ImportResult{}, err
	}
	o := crawler.DocumentOptions{Decode: query.DecodeRow, CSV: crawler.IsTable(name), Format: how.format, Columns: how.columns, Skip: run.Skip()}
	err = crawler.ReadDocuments(f, o, func(n int, row mention.Row, err error) error {
		if err == nil {
			return run.Put(ctx, n, row)
		}
		fmt.Fprintf(a.stderr, "earshot: %s: %v\n", name, err)
		return errors.Join(how.refuse(name, n, err), run.Refuse(n))
	})
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
