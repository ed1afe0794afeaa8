package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"earshot/mention"
	"earshot/report"
)

// trendFlags are what trends are told.
type trendFlags struct {
	peaks    bool
	past     string
	interval string
	kinds    []string
	muted    []string
	size     int
	window   windowFlags
}

func (a *app) trendsCmd() *cobra.Command {
	var f trendFlags
	c := &cobra.Command{
		Use:   "trends [QUERY]",
		Short: "Print what is new in a window against its own past; with --peaks, the peaks and why",
		Long: "Print what a query's mentions are about in a window and were not in the past right before it:\n  " + strings.Join(mention.TrendKinds, " ") +
			"\nWith --peaks, the stretches far above what was usual, each explained in one sentence.",
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.reading(cmd.Context(), args, func(ctx context.Context, r reader, text string) error {
				w, zone, err := a.asked(&f.window)
				if err != nil {
					return err
				}
				if f.peaks {
					return a.printPeaks(ctx, r, mention.PeakSearch{
						Query: text, From: w.From, To: w.To, Interval: f.interval, Zone: zone.String(), Size: f.size, Muted: f.muted,
					})
				}
				return a.printTrends(ctx, r, text, w, &f)
			})
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json", "ndjson", "csv")
	f.window.add(c)
	c.Flags().BoolVar(&f.peaks, "peaks", false, "the peaks of the query's volume, and why")
	c.Flags().StringVar(&f.past, "past", "", "length of the past right before the window (default 60d)")
	c.Flags().StringVar(&f.interval, "interval", "day", "with --peaks: hour, day or week")
	c.Flags().StringSliceVar(&f.kinds, "kinds", nil, "only these; none is all")
	c.Flags().StringSliceVar(&f.muted, "mute", nil, "terms that are never told")
	c.Flags().IntVar(&f.size, "size", 0, "most of each kind (default 20), or most peaks (default 10)")
	return c
}

func (a *app) printTrends(ctx context.Context, r reader, text string, w report.Window, f *trendFlags) error {
	s := mention.TrendSearch{Query: text, From: w.From, To: w.To, Kinds: f.kinds, Size: f.size, Muted: f.muted}
	if f.past != "" {
		var err error
		if s.Past, err = mention.ParseDuration(f.past); err != nil {
			return usage("--past: %s", strings.TrimPrefix(err.Error(), "mention: "))
		}
	}
	t, err := r.Trends(ctx, s)
	if err != nil {
		return err
	}
	grid := report.TrendGrid(&t)
	if err := a.print(&t, &grid, "query"); err != nil {
		return err
	}
	a.sayRecipe(&t.Recipe)
	return nil
}

func (a *app) printPeaks(ctx context.Context, r reader, s mention.PeakSearch) error {
	p, err := r.Peaks(ctx, s)
	if err != nil {
		return err
	}
	if a.output == "table" {
		for i := range p.Rows {
			if _, err := fmt.Fprintf(a.stdout, "%s  %s\n", a.when(p.Rows[i].Start), p.Rows[i].Sentence); err != nil {
				return err
			}
		}
		a.sayRecipe(&p.Recipe)
		return nil
	}
	grid := report.PeakGrid(&p)
	return a.print(&p, &grid)
}
