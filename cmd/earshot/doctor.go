package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"earshot/internal/daemon"
	"earshot/mention"
)

func (a *app) doctorCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "doctor",
		Short: "Say how the configuration, the data and the sources are; status 1 when something needs care",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) },
	}
	a.dataFlags(c)
	return c
}

func (a *app) doctor(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	ill := 0
	say := func(good bool, format string, args ...any) {
		mark := "good"
		if !good {
			mark, ill = "CARE", ill+1
		}
		fmt.Fprintf(a.stdout, "%s  %s\n", mark, fmt.Sprintf(format, args...))
	}
	say(true, "configuration: %d sources, %d brands, %d rules", len(cfg.Sources), len(cfg.Brands), len(cfg.Rules))
	for _, w := range cfg.Warnings() {
		say(false, "configuration: %s", w.Message)
	}
	a.output = "ndjson"
	err = a.eitherWay(ctx, func(r *remote) error {
		say(true, "a daemon runs at %s", r.base)
		reasons, err := r.ready(ctx)
		say(err == nil && len(reasons) == 0, "ready: %s", orWord(strings.Join(reasons, "; "), "yes"))
		list, err := r.sources(ctx)
		sayStates(say, list)
		return err
	}, func(s *daemon.Store) error {
		say(true, "no daemon runs on %s", cfg.DataDir())
		if err := s.CatchUp(ctx, nil); err != nil {
			return err
		}
		v, err := s.Verify(ctx, nil)
		if err != nil {
			return err
		}
		say(v.Missing+v.Extra+v.Stale == 0, "index: %d mentions, %d missing, %d too many, %d out of date", v.Checked, v.Missing, v.Extra, v.Stale)
		var list []mention.SourceStatus
		for _, src := range cfg.Sources {
			state, err := s.Ledger.SourceState(ctx, src.ID)
			if err != nil {
				return err
			}
			list = append(list, mention.SourceStatus{Source: src, State: state})
		}
		sayStates(say, list)
		return nil
	})
	if err != nil {
		say(false, "data: %v", err)
	}
	if ill > 0 {
		return &statusError{status: exitFailed}
	}
	return nil
}

func sayStates(say func(bool, string, ...any), list []mention.SourceStatus) {
	for _, s := range list {
		switch {
		case s.State.Error != "":
			say(false, "source %s: %s", s.Source.ID, s.State.Error)
		case s.State.Notice != "":
			say(false, "source %s: %s", s.Source.ID, s.State.Notice)
		case s.State.LastOK.IsZero():
			say(true, "source %s: not read yet", s.Source.ID)
		default:
			say(true, "source %s: read %s, %d mentions", s.Source.ID, ago(s.State.LastOK), s.State.Items)
		}
	}
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}
