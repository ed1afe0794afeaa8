package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"earshot/alerts"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/mention"
)

func (a *app) rulesCmd() *cobra.Command {
	c := group("rules", "Check, test and back-test rules")
	check := &cobra.Command{
		Use:   "check [FILE…]",
		Short: "Every fault of the configuration's rules, or of rule files, with its place",
		RunE:  func(_ *cobra.Command, args []string) error { return a.checkRules(args) },
	}
	a.dataFlags(check)
	test := &cobra.Command{
		Use:   "test [FILE…]",
		Short: "Run the cases that stand beside the rules; status 1 when one fails",
		RunE:  func(_ *cobra.Command, args []string) error { return a.testRules(args) },
	}
	a.dataFlags(test)
	var since string
	var published bool
	back := &cobra.Command{
		Use:   "backtest [RULE…]",
		Short: "What the rules would have done with the stored history: the live engine, without delivery",
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := mention.ParseDuration(since)
			if err != nil {
				return usage("--since: %v", err)
			}
			return a.backtest(cmd.Context(), args, d.Std(), published)
		},
	}
	a.dataFlags(back)
	a.outputFlag(back, "table", "table", "json")
	back.Flags().StringVar(&since, "since", "365d", "how far back")
	back.Flags().BoolVar(&published, "as-published", false, "as if every mention had arrived when it was published; for imported history")
	c.AddCommand(check, test, back)
	return c
}

func (a *app) detectCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "detect",
		Short: "Read CSV timestamp,value and say for each row how unusual it is; a row never depends on later ones",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return alerts.Detect(a.stdin, a.stdout) },
	}
}

// rulesOf reads the rules of files, or of the configuration.
func (a *app) rulesOf(files []string) (*config.Config, error) {
	if len(files) == 0 {
		return a.config()
	}
	return config.LoadRules(files)
}

func (a *app) checkRules(files []string) error {
	cfg, err := a.rulesOf(files)
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings() {
		fmt.Fprintln(a.stderr, "warning:", w)
	}
	_, err = fmt.Fprintf(a.stdout, "%d rules, no faults\n", len(cfg.Rules))
	return err
}

func (a *app) testRules(files []string) error {
	cfg, err := a.rulesOf(files)
	if err != nil {
		return err
	}
	cases, failed := 0, 0
	for i := range cfg.Rules {
		results, err := alerts.RunTests(cfg.Rules[i], cfg.Brands)
		if err != nil {
			return err
		}
		for _, r := range results {
			cases++
			if len(r.Faults) == 0 {
				continue
			}
			failed++
			fmt.Fprintf(a.stdout, "FAIL %s: %s\n", r.Rule, r.Test)
			for _, f := range r.Faults {
				fmt.Fprintln(a.stdout, "     "+f)
			}
		}
	}
	fmt.Fprintf(a.stdout, "%d cases, %d failed\n", cases, failed)
	if failed > 0 {
		return &statusError{status: exitFailed}
	}
	return nil
}

func (a *app) backtest(ctx context.Context, ids []string, since time.Duration, published bool) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	o := alerts.BacktestOptions{
		Options: alerts.Options{
			Rules: slices.Clone(cfg.Rules), Receivers: cfg.Receivers, Brands: cfg.Brands, Zone: cfg.Location(), Log: a.log,
		},
		AsPublished: published,
	}
	if len(ids) > 0 {
		o.Rules = slices.DeleteFunc(o.Rules, func(r alerts.Rule) bool { return !slices.Contains(ids, r.ID) })
		if len(o.Rules) != len(ids) {
			return usage("not every rule of %v is in the configuration", ids)
		}
	}
	return a.withStore(ctx, func(s *daemon.Store) error {
		o.Coverage = s.CoverageOf(ctx)
		r, err := alerts.Backtest(o, history(ctx, s, time.Now().Add(-since), published))
		if err != nil {
			return err
		}
		if a.output == "json" {
			return a.json(r)
		}
		return a.printBacktest(r)
	})
}

// history gives the stored changes since a time, in the log's order or in the
// order of publication.
func history(ctx context.Context, r *daemon.Store, since time.Time, published bool) iter.Seq2[mention.Change, error] {
	return func(yield func(mention.Change, error) bool) {
		stop := errors.New("enough")
		var all []mention.Change
		err := r.Changes(ctx, 0, func(c mention.Change) error {
			switch {
			case published && c.Record.Mention.Time().Before(since), !published && c.At.Before(since):
				return nil
			case published:
				all = append(all, c)
				return nil
			case !yield(c, nil):
				return stop
			}
			return nil
		})
		if err != nil && !errors.Is(err, stop) {
			yield(mention.Change{}, err)
			return
		}
		slices.SortStableFunc(all, func(a, b mention.Change) int {
			return cmp.Or(a.Record.Mention.Time().Compare(b.Record.Mention.Time()), cmp.Compare(a.Seq, b.Seq))
		})
		for _, c := range all {
			if !yield(c, nil) {
				return
			}
		}
	}
}

func (a *app) printBacktest(r *alerts.BacktestResult) error {
	if r.Changes == 0 {
		_, err := fmt.Fprintln(a.stdout, "nothing is stored that far back")
		return err
	}
	fmt.Fprintf(a.stdout, "%d changes from %s to %s: %d incidents, %.1f a week, %d mentions flagged for safety, %d matches too late to be told\n",
		r.Changes, r.From.Format("2006-01-02"), r.To.Format("2006-01-02"), r.Fired, r.PerWeek, r.Flags, r.Late)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, inc := range r.Incidents {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", inc.Opened.Format("2006-01-02 15:04"), inc.Rule, clip(inc.Group, 40), clip(inc.Reason, 120))
	}
	for _, rec := range r.Receivers {
		fmt.Fprintf(w, "receiver %s\t%d sent\t%d held\t\n", rec.Receiver, rec.Sent, rec.Held)
	}
	return w.Flush()
}
