package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/mention"
	"earshot/report"
)

// windowFlags are the stretch of time of a question.
type windowFlags struct{ from, to, zone string }

func (f *windowFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.from, "from", "", "only from this time on: 2026, 2026-03, 2026-03-16, 2026-03-16T09:30:00Z or -7d")
	c.Flags().StringVar(&f.to, "to", "", "only up to this time; a year, month or day belongs to it")
	c.Flags().StringVar(&f.zone, "zone", "", "zone of days and weeks, such as Europe/Zurich (default the configuration's)")
}

// read returns the window and its zone.
func (f *windowFlags) read(zone *time.Location) (report.Window, *time.Location, error) {
	if zone == nil {
		zone = time.UTC
	}
	if f.zone != "" {
		var err error
		if zone, err = time.LoadLocation(f.zone); err != nil || f.zone == "Local" {
			return report.Window{}, nil, usage("--zone %s: not a zone of the IANA database, such as Europe/Zurich", f.zone)
		}
	}
	w, err := report.ParseWindow(f.from, f.to, zone, time.Now().UTC().Truncate(time.Millisecond))
	if err != nil {
		return w, nil, usage("%s", strings.TrimPrefix(err.Error(), "report: "))
	}
	return w, zone, nil
}

// asked reads the window of a question, and tells tables in its zone.
func (a *app) asked(f *windowFlags) (report.Window, *time.Location, error) {
	w, zone, err := f.read(a.zone)
	if err == nil {
		a.zone = zone
	}
	return w, zone, err
}

// questionCmd is a command that asks the index a question about a query and a
// stretch of time, whose answer is a table.
func (a *app) questionCmd(use, short string, ask func(ctx context.Context, r reader, text string, w report.Window, zone *time.Location) error) *cobra.Command {
	var window windowFlags
	c := &cobra.Command{
		Use:   use + " [QUERY]",
		Short: short,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.reading(cmd.Context(), args, func(ctx context.Context, r reader, text string) error {
				w, zone, err := a.asked(&window)
				if err != nil {
					return err
				}
				return ask(ctx, r, text, w, zone)
			})
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json", "ndjson", "csv")
	window.add(c)
	return c
}

func (a *app) countCmd() *cobra.Command {
	var q mention.Aggregation
	c := a.questionCmd("count", "Print how many mentions match; by dimensions and with measures as a table", func(ctx context.Context, r reader, text string, w report.Window, zone *time.Location) error {
		q.Query, q.Zone = w.Query(text), zone.String()
		if len(q.By)+len(q.Measures) == 0 && !q.Own && !q.Irrelevant {
			return a.bareCount(ctx, r, q.Query)
		}
		t, err := r.Aggregate(ctx, q)
		if err != nil {
			return err
		}
		grid := report.TableGrid(&t)
		if err := a.print(&t, &grid, "query"); err != nil {
			return err
		}
		if t.Own+t.Irrelevant > 0 {
			fmt.Fprintf(a.stderr, "%d in all; left out: %d of own channels, %d irrelevant\n", t.Total.Count, t.Own, t.Irrelevant)
		}
		a.sayRecipe(&t.Recipe)
		return nil
	})
	c.Long = "Print how many mentions match, own channels among them. With --by or --measures it is the volume, which leaves out\n" +
		"own channels and what people marked irrelevant, by up to two dimensions:\n  " + strings.Join(mention.Dimensions, " ")
	c.Flags().StringSliceVar(&q.By, "by", nil, "up to two dimensions, such as brand,day")
	c.Flags().StringSliceVar(&q.Measures, "measures", nil, "beside the count: sentiment, engagement, reach, authors, sites, stories")
	c.Flags().IntVar(&q.Size, "size", 0, "most values of a dimension that is not time, by count; 0 is all")
	c.Flags().BoolVar(&q.Own, "own", false, "also what brands say in their own channels")
	c.Flags().BoolVar(&q.Irrelevant, "irrelevant", false, "also what people marked irrelevant")
	return c
}

func (a *app) bareCount(ctx context.Context, r reader, text string) error {
	n, err := r.Count(ctx, text)
	if err != nil {
		return err
	}
	if a.output == "json" || a.output == "ndjson" {
		return a.json(map[string]any{"query": text, "count": n})
	}
	_, err = fmt.Fprintln(a.stdout, n)
	return err
}

// print prints an answer in the form asked for: JSON as it is, the others as
// tidy rows. A table for people leaves the columns named out.
func (a *app) print(whole any, g *report.Grid, without ...string) error {
	switch a.output {
	case "json":
		return a.json(whole)
	case report.NDJSON:
		return g.NDJSON(a.stdout)
	case report.CSV:
		return g.CSV(a.stdout, false)
	}
	for _, row := range g.Rows {
		for i, v := range row {
			if t, ok := v.(time.Time); ok && !t.IsZero() && a.zone != nil {
				row[i] = t.In(a.zone)
			}
		}
	}
	return g.Text(a.stdout, without...)
}

// sayRecipe tells beside a table what its numbers rest on.
func (a *app) sayRecipe(r *mention.Recipe) {
	if a.output != "table" {
		return
	}
	for _, line := range []struct{ name, text string }{{"coverage", r.Coverage}, {"accuracy", r.Accuracy}} {
		if line.text != "" {
			fmt.Fprintf(a.stderr, "%s: %s\n", line.name, line.text)
		}
	}
	for _, c := range r.Caveats {
		fmt.Fprintln(a.stderr, "note:", c)
	}
}

func (a *app) kpisCmd() *cobra.Command {
	var q mention.KPISearch
	c := a.questionCmd("kpis", "Print key figures with intervals, of a query and of a set of brands", func(ctx context.Context, r reader, text string, w report.Window, zone *time.Location) error {
		q.Query, q.From, q.To, q.Zone = text, w.From, w.To, zone.String()
		card, err := r.Scorecard(ctx, q)
		if err != nil {
			return err
		}
		grid := report.ScoreGrid(&card)
		if err := a.print(&card, &grid, "formula", "version", "query", "notes"); err != nil {
			return err
		}
		for _, c := range card.Caveats {
			fmt.Fprintln(a.stderr, "note:", c)
		}
		if len(card.Figures) > 0 {
			a.sayRecipe(&card.Figures[0].Recipe)
		}
		return nil
	})
	c.Flags().StringSliceVar(&q.Brands, "brands", nil, "the declared set of brands: their figures, and their share of voice")
	c.Flags().BoolVar(&q.Own, "own", false, "also what brands say in their own channels")
	c.Flags().BoolVar(&q.Irrelevant, "irrelevant", false, "also what people marked irrelevant")
	return c
}

func (a *app) voicesCmd() *cobra.Command {
	var q mention.VoiceSearch
	c := a.questionCmd("voices", "Print who speaks: authors or sites with their sentiment towards each brand", func(ctx context.Context, r reader, text string, w report.Window, _ *time.Location) error {
		q.Query = w.Query(text)
		v, err := r.Voices(ctx, q)
		if err != nil {
			return err
		}
		grid := report.VoiceGrid(v.Rows)
		if err := a.print(&v, &grid, "by", "mixed", "unsupported_language", "unscored", "query"); err != nil {
			return err
		}
		a.sayRecipe(&v.Recipe)
		return nil
	})
	c.Flags().StringVar(&q.By, "by", "author", "author or site")
	c.Flags().StringVar(&q.Order, "order", "mentions", "mentions, stories or engagement")
	c.Flags().IntVar(&q.Size, "size", 20, "how many")
	return c
}

func (a *app) activityCmd() *cobra.Command {
	var q mention.ActivitySearch
	c := a.questionCmd("activity", "Print what companies did: typed events and page changes, newest first", func(ctx context.Context, r reader, text string, w report.Window, _ *time.Location) error {
		q.Query, q.From, q.To = text, w.From, w.To
		v, err := r.Activities(ctx, q)
		if err != nil {
			return err
		}
		grid := report.ActivityGrid(v.Rows)
		if err := a.print(&v, &grid, "last", "own", "before", "after", "where", "mentions", "query"); err != nil {
			return err
		}
		a.sayRecipe(&v.Recipe)
		return nil
	})
	c.Flags().StringSliceVar(&q.Brands, "brands", nil, "only these; none is all")
	c.Flags().StringSliceVar(&q.Types, "types", nil, "only these, such as recall,acquisition; none is all")
	c.Flags().IntVar(&q.Limit, "limit", 100, "how many")
	return c
}

func (a *app) sampleCmd() *cobra.Command {
	var q mention.SampleSearch
	var file string
	c := &cobra.Command{
		Use:   "sample [QUERY]",
		Short: "Draw a coding sheet: fill relevant and sentiment, and give it to score",
		RunE: func(cmd *cobra.Command, args []string) error {
			if q.N < 1 || q.N > report.MaxSample || q.Rest > q.N {
				return usage("-n %d --rest %d: 1 to %d rows, the rest among them", q.N, q.Rest, report.MaxSample)
			}
			return a.reading(cmd.Context(), args, func(ctx context.Context, r reader, text string) error {
				q.Query = text
				return a.toFile(file, func() error { return r.Sample(ctx, a.stdout, a.output, q) })
			})
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "csv", "csv", "xlsx")
	c.Flags().IntVarP(&q.N, "n", "n", 200, "rows in all")
	c.Flags().IntVar(&q.Rest, "rest", -1, "how many of them from what the query does not find, for recall; -1 is a quarter")
	c.Flags().StringVar(&q.Within, "within", "", "query of the frame in which something may be missed (default everything)")
	c.Flags().Uint64Var(&q.Seed, "seed", 0, "the same seed draws the same sample")
	c.Flags().StringVar(&file, "file", "", "write to this file; it appears whole or not at all")
	return c
}

func (a *app) scoreCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "score FILE",
		Short: "Read a coding sheet back: precision, recall and how well the sentiment does; - is standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f, err := a.openFile(args[0])
			if err != nil {
				return err
			}
			defer f.Close()
			sheet, err := io.ReadAll(f)
			if err != nil {
				return err
			}
			return a.reading(cmd.Context(), nil, func(ctx context.Context, r reader, _ string) error {
				acc, err := r.Score(ctx, sheet)
				if err != nil {
					return err
				}
				grid := report.AccuracyGrid(&acc)
				if err := a.print(&acc, &grid); err != nil {
					return err
				}
				for _, c := range acc.Caveats {
					fmt.Fprintln(a.stderr, "note:", c)
				}
				return nil
			})
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json", "ndjson", "csv")
	return c
}
