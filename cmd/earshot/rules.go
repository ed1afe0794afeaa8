package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"earshot/alerts"
	"earshot/internal/config"
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
