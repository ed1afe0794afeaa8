package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

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
			return a.reading(cmd.Context(), args, func(ctx context.Context, r reader, text string) error {
				s.Query = text
				return a.search(ctx, r, s, limit)
			})
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
		_, err := fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", a.when(r.Time()), clip(r.Source, 20),
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
