package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/alerts"
	"earshot/internal/config"
	"earshot/internal/daemon"
)

func (a *app) rulesCmd() *cobra.Command {
	c := group("rules", "Check, test and back-test rules")
	check := &cobra.Command{
		Use:   "check [FILE…]",
		Short: "Every fault of the configuration's rules, or of rule files, with its place",
		Long: `Every fault of the configuration's rules, or of rule files, with its place.

Where something is stored, the rules are tried on its last week: those that match nothing or nearly everything,
or would have fired a hundred times and more, are warned of with the number. earshot rules backtest says more.`,
		RunE: func(cmd *cobra.Command, args []string) error { return a.checkRules(cmd.Context(), args) },
	}
	a.dataFlags(check)
	test := &cobra.Command{
		Use:   "test [FILE…]",
		Short: "Run the cases that stand beside the rules; status 1 when one fails",
		RunE:  func(_ *cobra.Command, args []string) error { return a.testRules(args) },
	}
	a.dataFlags(test)
	c.AddCommand(check, test, a.backtestCmd(), a.rulesDiffCmd(), a.explainCmd(), a.routeCmd())
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

func (a *app) checkRules(ctx context.Context, files []string) error {
	cfg, err := a.rulesOf(files)
	if err != nil {
		return err
	}
	for _, w := range cfg.Warnings() {
		if ofRules(w.Path) {
			fmt.Fprintln(a.stderr, "warning:", w)
		}
	}
	if _, err = fmt.Fprintf(a.stdout, "%d rules, no faults\n", len(cfg.Rules)); err != nil {
		return err
	}
	a.lastWeek(ctx, cfg.Rules)
	return nil
}

// ofRules reports whether a part of the configuration belongs to what is told
// to whom.
func ofRules(path string) bool {
	part, _, _ := strings.Cut(path, "[")
	return slices.Contains([]string{"rules", "rule_files", "labels", "departments", "routes", "receivers", "subscriptions"}, part)
}

// lastWeek warns of rules by what they would have done in the last week, where
// something is stored.
func (a *app) lastWeek(ctx context.Context, rules []alerts.Rule) {
	const patience = 20 * time.Second
	if cfg, err := a.config(); err != nil || hasData(cfg) != nil || len(rules) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := a.try(ctx, daemon.Trial{Do: daemon.TryBacktest, Rules: rules, Since: time.Now().UTC().AddDate(0, 0, -7)})
	switch {
	case ctx.Err() != nil:
		fmt.Fprintf(a.stderr, "note: trying the rules on the last week takes longer than %s; earshot rules backtest --since 7d does it\n", patience)
	case err != nil:
		fmt.Fprintln(a.stderr, "note: the rules were not tried on the last week:", err)
	default:
		for _, text := range r.Backtest.Warnings() {
			fmt.Fprintln(a.stderr, "warning: in the last week:", text)
		}
	}
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
