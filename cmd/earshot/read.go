package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

// A reader answers searches: from the data directory itself, or from the
// daemon that runs on it.
type reader interface {
	Search(ctx context.Context, s mention.Search) (mention.Page, error)
	Count(ctx context.Context, query string) (uint64, error)
	Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error
	Changes(ctx context.Context, after int64, fn func(mention.Change) error) error
	Close() error
}

// reader opens whatever answers for the configured data.
func (a *app) reader(ctx context.Context) (reader, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	return a.readerOf(ctx, cfg)
}

func (a *app) readerOf(ctx context.Context, cfg *config.Config) (reader, error) {
	if err := hasData(cfg); err != nil {
		return nil, err
	}
	running, ok, err := daemon.Find(ctx, cfg.DataDir())
	if err != nil {
		return nil, err
	}
	if ok {
		return a.remote(cfg, running)
	}
	s, err := a.store(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.CatchUp(ctx, nil); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// queryText is the query of a command; none is all. A bad one is refused
// before any data is opened.
func queryText(args []string) (string, error) {
	text := strings.Join(args, " ")
	if text == "" {
		return "", nil
	}
	if q, messages := query.Parse(text); q == nil {
		return "", &query.Error{Messages: messages}
	}
	return text, nil
}

func (a *app) searchCmd() *cobra.Command {
	var limit int
	var s mention.Search
	c := &cobra.Command{
		Use:   "search [QUERY]",
		Short: "Print the mentions that match; all without a query",
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := queryText(args)
			if err != nil {
				return err
			}
			r, err := a.reader(cmd.Context())
			if err != nil {
				return err
			}
			s.Query = text
			return errors.Join(a.search(cmd.Context(), r, s, limit), r.Close())
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json", "ndjson", "csv")
	c.Flags().IntVar(&limit, "limit", 20, "how many rows; 0 is all")
	c.Flags().StringVar(&s.Order, "order", mention.NewestFirst, "newest, relevance or engagement")
	c.Flags().BoolVar(&s.Fold, "fold", false, "one row a story, with how many mentions it has")
	c.Flags().BoolVar(&s.Highlight, "highlight", false, "where the words of the query stand: marked in a table, else as spans in bytes")
	return c
}

func (a *app) search(ctx context.Context, r reader, s mention.Search, limit int) error {
	put, end, err := a.rows()
	if err != nil {
		return err
	}
	if limit == 0 && s.Order == mention.NewestFirst && !s.Fold && !s.Highlight {
		return errors.Join(r.Export(ctx, mention.Export{Query: s.Query}, put), end())
	}
	for left := limit; ; {
		s.Limit = 500
		if limit > 0 {
			s.Limit = min(left, s.Limit)
		}
		page, err := r.Search(ctx, s)
		if err != nil {
			return err
		}
		for i := range page.Rows {
			if err := put(page.Rows[i]); err != nil {
				return err
			}
		}
		left -= len(page.Rows)
		if s.Cursor = page.Next; s.Cursor == "" || limit > 0 && left <= 0 {
			return end()
		}
	}
}

// rows returns a function that prints a row in the form asked for, and one
// that ends the print.
func (a *app) rows() (put func(mention.Row) error, end func() error, err error) {
	switch a.output {
	case report.NDJSON, report.CSV:
		w, err := report.NewRowWriter(a.stdout, report.RowOptions{Format: a.output})
		if err != nil {
			return nil, nil, err
		}
		return func(r mention.Row) error { return w.Write(&r) }, w.Close, nil
	case "json":
		n := 0
		put := func(r mention.Row) error {
			sep := ","
			if n == 0 {
				sep = "["
			}
			n++
			body, err := json.Marshal(r)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.stdout, "%s%s", sep, body)
			return err
		}
		return put, func() error {
			if n == 0 {
				_, err := io.WriteString(a.stdout, "[")
				if err != nil {
					return err
				}
			}
			_, err := io.WriteString(a.stdout, "]\n")
			return err
		}, nil
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	return func(r mention.Row) error {
		head := headOf(&r)
		if r.Folded > 1 {
			head = fmt.Sprintf("(%d) %s", r.Folded, head)
		}
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", r.Time().Format("2006-01-02 15:04"), clip(r.Source, 20),
			clip(strings.Join(r.Brands, ","), 24), clip(r.Sentiment, 8), clip(head, 100))
		return err
	}, w.Flush, nil
}

// headOf is what a table shows of a row: its title, else its text; with
// highlights, from the first of them on where the title has none.
func headOf(r *mention.Row) string {
	field, text := "title", r.Title
	found := slices.ContainsFunc(r.Highlights, func(s mention.Span) bool { return s.Field == "title" })
	if text == "" || !found && len(r.Highlights) > 0 {
		field, text = "", r.Text
	}
	from, start := 0, strings.Builder{}
	for _, s := range r.Highlights {
		if s.Field != field || s.Start < from || s.End > len(text) {
			continue
		}
		if from == 0 && s.Start > 60 {
			from = s.Start
			start.WriteString("…")
		}
		start.WriteString(text[from:s.Start] + "«" + text[s.Start:s.End] + "»")
		from = s.End
	}
	return start.String() + text[from:]
}

// clip shortens text for a table and keeps control characters off the terminal.
func clip(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}

func (a *app) countCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "count [QUERY]",
		Short: "Print how many mentions match",
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := queryText(args)
			if err != nil {
				return err
			}
			r, err := a.reader(cmd.Context())
			if err != nil {
				return err
			}
			n, err := r.Count(cmd.Context(), text)
			if err = errors.Join(err, r.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, n)
			return err
		},
	}
	a.dataFlags(c)
	return c
}

func (a *app) exportCmd() *cobra.Command {
	var changes bool
	var since int64
	var file string
	c := &cobra.Command{
		Use:   "export [QUERY]",
		Short: "Print every mention that matches, or every change since a sequence",
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := queryText(args)
			if err != nil {
				return err
			}
			r, err := a.reader(cmd.Context())
			if err != nil {
				return err
			}
			return errors.Join(a.toFile(file, func() error {
				if changes {
					return a.changes(cmd.Context(), r, since)
				}
				return a.search(cmd.Context(), r, mention.Search{Query: text, Order: mention.NewestFirst}, 0)
			}), r.Close())
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "ndjson", "ndjson", "csv", "json")
	c.Flags().BoolVar(&changes, "changes", false, "the change feed: new, revised, rescored, curated, erased (NDJSON)")
	c.Flags().Int64Var(&since, "since", 0, "with --changes: only after this sequence")
	c.Flags().StringVar(&file, "file", "", "write to this file; it appears whole or not at all")
	return c
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

// toFile runs write with standard output going to a file, which gets its name
// only when all is written.
func (a *app) toFile(name string, write func() error) error {
	if name == "" {
		return write()
	}
	tmp, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".part-*")
	if err != nil {
		return err
	}
	old := a.stdout
	a.stdout = tmp
	err = write()
	a.stdout = old
	if err == nil {
		err = tmp.Sync()
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return nil
}
