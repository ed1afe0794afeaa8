package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"earshot/alerts"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/mention"
)

func (a *app) backtestCmd() *cobra.Command {
	var since string
	var published bool
	var perWeek float64
	c := &cobra.Command{
		Use:   "backtest [RULE…]",
		Short: "What the rules would have done with the stored history: the live engine, without delivery",
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := mention.ParseDuration(since)
			if err != nil {
				return usage("--since: %v", err)
			}
			rules, err := a.named(args)
			if err != nil {
				return err
			}
			t := daemon.Trial{Do: daemon.TryBacktest, Rules: rules, Since: time.Now().UTC().Add(-d.Std()), AsPublished: published, PerWeek: perWeek}
			r, err := a.try(cmd.Context(), t)
			if err != nil {
				return err
			}
			if perWeek > 0 {
				if len(rules) != 1 {
					return usage("--per-week is for one rule")
				}
				t.Do = daemon.TrySuggest
				s, err := a.try(cmd.Context(), t)
				if err != nil {
					return err
				}
				r.Suggestion = s.Suggestion
			}
			if a.output == "json" {
				if r.Suggestion == nil {
					return a.json(r.Backtest)
				}
				return a.json(r)
			}
			return a.printBacktest(r)
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json")
	c.Flags().StringVar(&since, "since", "365d", "how far back")
	c.Flags().BoolVar(&published, "as-published", false, "as if every mention had arrived when it was published; for imported history")
	c.Flags().Float64Var(&perWeek, "per-week", 0, "also suggest a count with which the rule fires no more often than this")
	return c
}

// named are rules of the configuration, all when none is named.
func (a *app) named(ids []string) ([]alerts.Rule, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	rules := slices.Clone(cfg.Rules)
	if len(ids) > 0 {
		rules = slices.DeleteFunc(rules, func(r alerts.Rule) bool { return !slices.Contains(ids, r.ID) })
	}
	for _, id := range ids {
		if !slices.ContainsFunc(rules, func(r alerts.Rule) bool { return r.ID == id }) {
			list := make([]string, len(cfg.Rules))
			for i := range cfg.Rules {
				list[i] = cfg.Rules[i].ID
			}
			if near := mention.Nearest(id, list); near != "" {
				return nil, usage("there is no rule %q; did you mean %s?", id, near)
			}
			return nil, usage("there is no rule %q in the configuration", id)
		}
	}
	return rules, nil
}

// try asks the daemon when one runs on the data, else the data.
func (a *app) try(ctx context.Context, t daemon.Trial) (*daemon.TrialResult, error) {
	var out *daemon.TrialResult
	err := a.eitherWay(ctx, func(r *remote) error {
		resp, err := r.do(ctx, http.MethodPost, r.root+daemon.LocalRules, t)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		return json.NewDecoder(resp.Body).Decode(&out)
	}, func(s *daemon.Store) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		out, err = s.Try(ctx, cfg, t)
		return err
	})
	return out, err
}

func (a *app) printBacktest(t *daemon.TrialResult) error {
	r := t.Backtest
	if r.Changes == 0 {
		_, err := fmt.Fprintln(a.stdout, "nothing is stored that far back")
		return err
	}
	fmt.Fprintf(a.stdout, "%d changes from %s to %s: %d incidents, %.1f a week, %d mentions flagged for safety, %d matches too late to be told\n",
		r.Changes, r.From.Format("2006-01-02"), r.To.Format("2006-01-02"), r.Fired, r.PerWeek, r.Flags, r.Late)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, x := range r.Rules {
		fmt.Fprintf(w, "rule %s\t%d matched\t%d fired\t%.1f a week\n", x.Rule, x.Matched, x.Fired, x.PerWeek)
	}
	for _, inc := range r.Incidents {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", inc.Opened.Format("2006-01-02 15:04"), inc.Rule, clip(inc.Group, 40), clip(inc.Reason, 120), clip(strings.Join(inc.Mentions, " "), 80))
	}
	for _, rec := range r.Receivers {
		fmt.Fprintf(w, "receiver %s\t%d sent\t%d held\t\n", rec.Receiver, rec.Sent, rec.Held)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, text := range r.Warnings() {
		fmt.Fprintln(a.stderr, "warning:", text)
	}
	if r.AtOnce() {
		fmt.Fprintf(a.stderr, "note: this arrived within %s, and was published from %s on: --as-published judges it as it came out\n",
			max(mention.Duration(r.To.Sub(r.From)), mention.Duration(time.Minute)), r.Published.Format("2006-01-02"))
	}
	if s := t.Suggestion; s != nil && s.Enough {
		fmt.Fprintf(a.stdout, "count: %d would fire %.1f times a week\n", s.Count, s.PerWeek)
	} else if s != nil {
		fmt.Fprintln(a.stdout, "no count is rare enough")
	}
	return nil
}

func (a *app) rulesDiffCmd() *cobra.Command {
	var since string
	var published bool
	c := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "What the rules of one file would have told that those of another would not, over the stored history",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := mention.ParseDuration(since)
			if err != nil {
				return usage("--since: %v", err)
			}
			was, err := config.LoadRules(args[:1])
			if err != nil {
				return err
			}
			is, err := config.LoadRules(args[1:])
			if err != nil {
				return err
			}
			r, err := a.try(cmd.Context(), daemon.Trial{Do: daemon.TryDiff, Old: was.Rules, Rules: is.Rules, Since: time.Now().UTC().Add(-d.Std()), AsPublished: published})
			if err != nil {
				return err
			}
			if a.output == "json" {
				return a.json(r.Diff)
			}
			return a.printDiff(r.Diff)
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json")
	c.Flags().StringVar(&since, "since", "90d", "how far back")
	c.Flags().BoolVar(&published, "as-published", false, "as if every mention had arrived when it was published; for imported history")
	return c
}

func (a *app) printDiff(d *alerts.RulesDiff) error {
	fmt.Fprintf(a.stdout, "%d changes: %d incidents the same, %d gone, %d new\n", d.Changes, d.Same, len(d.Gone), len(d.New))
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, x := range []struct {
		mark string
		list []mention.Incident
	}{{"-", d.Gone}, {"+", d.New}} {
		for _, inc := range x.list {
			fmt.Fprintf(w, "%s %s\t%s\t%s\t%s\n", x.mark, inc.Fired.Format("2006-01-02 15:04"), inc.Rule, clip(inc.Group, 40), clip(inc.Reason, 120))
		}
	}
	for _, r := range d.Receivers {
		fmt.Fprintf(w, "receiver %s\t%d sent\twere %d\t\n", r.Receiver, r.New, r.Old)
	}
	return w.Flush()
}

func (a *app) explainCmd() *cobra.Command {
	var at, id string
	var published bool
	c := &cobra.Command{
		Use:   "explain RULE",
		Short: "Why a rule told, or did not: what it made of the mentions of a day, and what was sent or held",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			when := time.Now().UTC()
			if at != "" {
				var err error
				if when, err = time.Parse(time.RFC3339, at); err != nil {
					return usage("--at %q is not a time such as 2026-03-02T10:00:00Z", at)
				}
			}
			rules, err := a.named(args)
			if err != nil {
				return err
			}
			r, err := a.try(cmd.Context(), daemon.Trial{Do: daemon.TryExplain, Rules: rules, Since: when.Add(-60 * 24 * time.Hour), At: when.UTC(), Mention: id, AsPublished: published})
			if err != nil {
				return err
			}
			if a.output == "json" {
				return a.json(r.Explain)
			}
			return a.printExplanation(r.Explain)
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json")
	c.Flags().StringVar(&at, "at", "", "the time asked about; left out: now")
	c.Flags().StringVar(&id, "mention", "", "also what became of this mention")
	c.Flags().BoolVar(&published, "as-published", false, "as if every mention had arrived when it was published; for imported history")
	return c
}

func (a *app) printExplanation(x *alerts.Explanation) error {
	fmt.Fprintf(a.stdout, "rule %s at %s: of %d entries of the day before %d match\n", x.Rule, x.At.Format("2006-01-02 15:04 UTC"), x.Read, x.Matched)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	if x.Asked != nil {
		fmt.Fprintf(w, "asked\t%s\t%s\t%s\n", x.Asked.At.Format("2006-01-02 15:04"), clip(x.Asked.Title, 60), x.Asked.Verdict)
	}
	for _, g := range x.Groups {
		fmt.Fprintf(w, "group\t%s\t%s\t%s\n", orWord(clip(g.Group, 40), "-"), g.State, clip(g.Says, 160))
	}
	for _, t := range x.Transitions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", t.At.Format("2006-01-02 15:04"), orWord(clip(t.Group, 40), "-"), t.State, clip(t.Reason, 120))
	}
	for _, v := range x.Mentions {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", v.At.Format("2006-01-02 15:04"), v.Mention, clip(v.Title, 60), v.Verdict)
	}
	for _, d := range x.Deliveries {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.Created.Format("2006-01-02 15:04"), d.Receiver, d.Type+" "+d.State, clip(strings.TrimSpace(d.Reason+" "+d.Error), 120))
	}
	return w.Flush()
}

func (a *app) routeCmd() *cobra.Command {
	var row mention.Row
	var want []string
	c := &cobra.Command{
		Use:   "route RULE",
		Short: "Where an incident of a rule would go; --expect makes it a test",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			rules, err := a.named(args)
			if err != nil {
				return err
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			way := alerts.NewRouter(cfg.Routes, cfg.Labels, cfg.Departments).Way(&rules[0], &row)
			if a.output == "json" {
				err = a.json(way)
			} else {
				fmt.Fprintf(a.stdout, "department %s\n", orWord(way.Department, "-"))
				for i, r := range way.Receivers {
					fmt.Fprintf(a.stdout, "%s (%s)\n", r, way.Why[i])
				}
				if len(way.Receivers) == 0 {
					fmt.Fprintln(a.stdout, "nobody is told")
				}
			}
			if err == nil && len(want) > 0 && !slices.Equal(want, way.Receivers) {
				return fmt.Errorf("expected %s, got %s", strings.Join(want, ", "), orWord(strings.Join(way.Receivers, ", "), "nobody"))
			}
			return err
		},
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json")
	c.Flags().StringSliceVar(&row.Labels, "label", nil, "labels of the mention")
	c.Flags().StringSliceVar(&row.Brands, "brand", nil, "brands of the mention")
	c.Flags().StringVar(&row.Source, "source", "", "its source")
	c.Flags().StringVar(&row.Lang, "lang", "", "its language")
	c.Flags().StringSliceVar(&want, "expect", nil, "the receivers that must come out, in order; status 1 when others do")
	return c
}
