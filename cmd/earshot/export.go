package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"earshot/mention"
	"earshot/report"
)

// exportFlags are what an export is told.
type exportFlags struct {
	changes, bom, head, resume bool
	since                      int64
	file                       string
	window                     windowFlags
}

func (a *app) exportCmd() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export [QUERY]",
		Short: "Print every mention that matches, or every change since a sequence",
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.changes && (a.output != "ndjson" || len(args) > 0) {
				return usage("--changes gives every change, as NDJSON")
			}
			if f.resume && (f.file == "" || a.output != report.NDJSON && a.output != report.CSV) {
				return usage("--resume goes with --file and -o ndjson or csv")
			}
			return a.reading(cmd.Context(), args, func(ctx context.Context, r reader, text string) error {
				return a.export(ctx, r, text, &f)
			})
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "ndjson", "ndjson", "csv", "json", "xlsx")
	f.window.add(c)
	c.Flags().BoolVar(&f.changes, "changes", false, "the change feed: new, revised, rescored, curated, erased (NDJSON)")
	c.Flags().Int64Var(&f.since, "since", 0, "with --changes: only after this sequence")
	c.Flags().StringVar(&f.file, "file", "", "write to this file; it appears whole or not at all")
	c.Flags().BoolVar(&f.resume, "resume", false, "with --file: keep what was written when it breaks off, and go on with it")
	c.Flags().BoolVar(&f.bom, "bom", false, "csv: begin with a byte order mark, for Excel")
	c.Flags().BoolVar(&f.head, "head", false, "csv and ndjson: begin with lines that say what the rows are")
	return c
}

func (a *app) export(ctx context.Context, r reader, text string, f *exportFlags) error {
	if f.changes {
		return a.toFile(f.file, func() error { return a.changes(ctx, r, f.since) })
	}
	w, zone, err := f.window.read(a.zone)
	if err != nil {
		return err
	}
	e := mention.Export{Query: w.Query(text), Now: time.Now().UTC().Truncate(time.Millisecond)}
	if a.output == "json" {
		return a.toFile(f.file, func() error {
			put, end, err := a.rows()
			if err != nil {
				return err
			}
			return errors.Join(r.Export(ctx, e, put), end())
		})
	}
	o := report.RowOptions{Format: a.output, BOM: f.bom, Zone: zone}
	if f.head || a.output == report.XLSX {
		head, err := r.Head(ctx, e.Query)
		if err != nil {
			return err
		}
		o.Head = &head
	}
	if f.resume {
		return a.exportOn(ctx, r, f.file, e, o)
	}
	return a.toFile(f.file, func() error {
		out, err := report.NewRowWriter(a.stdout, o)
		if err != nil {
			return err
		}
		defer out.Discard()
		if err := r.Export(ctx, e, func(row mention.Row) error { return out.Write(&row) }); err != nil {
			return err
		}
		return out.Close()
	})
}

// keepEvery is after how many rows the place of an export is written down.
const keepEvery = 5000

// A kept export is one that broke off: what was written of it, and where.
type kept struct {
	Query  string    `json:"query"`
	Format string    `json:"format"`
	Now    time.Time `json:"now"` // when it began: what relative dates mean
	Bytes  int64     `json:"bytes"`
	Rows   int       `json:"rows"`
	Time   time.Time `json:"time,omitzero"` // of the last row
	ID     string    `json:"id,omitempty"`
}

// exportOn writes an export to name.part, and goes on with one that is there;
// it gets its name when it is whole.
func (a *app) exportOn(ctx context.Context, r reader, name string, e mention.Export, o report.RowOptions) error {
	part, note := name+".part", name+".part.json"
	k := kept{Query: e.Query, Format: o.Format, Now: e.Now}
	data, err := os.ReadFile(note)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		var had kept
		if err := json.Unmarshal(data, &had); err != nil || had.Query != e.Query || had.Format != o.Format {
			return fmt.Errorf("%s is of another export; remove it and %s to begin anew", note, part)
		}
		k = had
		e.Now, e.AfterTime, e.AfterID, o.Continued = k.Now, k.Time, k.ID, k.ID != ""
		if o.Continued {
			fmt.Fprintf(a.stderr, "going on after %d rows\n", k.Rows)
		}
	}
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	err = a.exportInto(ctx, r, f, note, &k, e, o)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("%s was not written: %w; run it again to go on after %d rows", name, err, k.Rows)
	}
	if err := os.Remove(note); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(part, name)
}

// exportInto writes rows behind what is kept.
func (*app) exportInto(ctx context.Context, r reader, f *os.File, note string, k *kept, e mention.Export, o report.RowOptions) error {
	if err := f.Truncate(k.Bytes); err != nil {
		return err
	}
	if _, err := f.Seek(k.Bytes, 0); err != nil {
		return err
	}
	out, err := report.NewRowWriter(f, o)
	if err != nil {
		return err
	}
	rows := k.Rows
	var last mention.Row
	keep := func() error {
		if err := errors.Join(out.Flush(), f.Sync()); err != nil {
			return err
		}
		end, err := f.Seek(0, 1)
		if err != nil {
			return err
		}
		k.Bytes, k.Rows, k.Time, k.ID = end, rows, last.Time(), last.ID
		data, err := json.Marshal(k)
		if err != nil {
			return err
		}
		return replace(note, data)
	}
	err = r.Export(ctx, e, func(row mention.Row) error {
		if err := out.Write(&row); err != nil {
			return err
		}
		rows++
		if last = row; rows%keepEvery == 0 {
			return keep()
		}
		return nil
	})
	if err != nil {
		if rows > k.Rows {
			return errors.Join(err, keep())
		}
		return err
	}
	return out.Close()
}

// replace writes a file whole or not at all.
func replace(name string, data []byte) error {
	tmp, err := createBeside(name)
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}

// createBeside makes a temporary file in the folder of another one.
func createBeside(name string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".part-*")
}

func (a *app) changes(ctx context.Context, r reader, since int64) error {
	type line struct {
		Seq  int64     `json:"seq"`
		Kind string    `json:"change"`
		At   time.Time `json:"at"`
		mention.Row
	}
	out := newLines(a.stdout)
	err := r.Changes(ctx, since, func(c mention.Change) error {
		row := c.Record.Row()
		return out.put(line{c.Seq, c.Kind, c.At, row})
	})
	return errors.Join(err, out.flush())
}
