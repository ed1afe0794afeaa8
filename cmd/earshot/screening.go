package main

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/internal/daemon"
	"earshot/mention"
)

func (a *app) screeningCmd() *cobra.Command {
	var since string
	c := &cobra.Command{
		Use:   "screening",
		Short: "Proof that sources were looked through in a period: collected, assessed, flagged, and when they did not answer",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.screening(cmd.Context(), since) },
	}
	a.dataFlags(c)
	a.outputFlag(c, "table", "table", "json", "ndjson")
	c.Flags().StringVar(&since, "since", "30d", "beginning of the period: a duration such as 30d, or a date")
	return c
}

func (a *app) screening(ctx context.Context, since string) error {
	to := time.Now().UTC()
	from, err := sinceTime(since, to)
	if err != nil {
		return err
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	var rows []mention.Screening
	err = a.eitherWay(ctx, func(r *remote) error {
		var body struct{ Rows []mention.Screening }
		err := r.get(ctx, "/screening", url.Values{"from": {from.Format(time.RFC3339)}, "to": {to.Format(time.RFC3339)}}, &body)
		rows = body.Rows
		return err
	}, func(s *daemon.Store) error {
		rows, err = s.Screening(ctx, cfg, from, to)
		return err
	})
	if err != nil {
		return err
	}
	return tellRows(a, rows, "SOURCE\tOWNED\tCOLLECTED\tASSESSED\tFLAGGED\tDID NOT ANSWER", func(r *mention.Screening) []any {
		return []any{r.Source, map[bool]string{true: "yes"}[r.Owned], r.Collected, r.Assessed, r.Flagged, tellGaps(r.Gaps)}
	})
}

// tellGaps says in words when a source did not answer.
func tellGaps(gaps []mention.Coverage) string {
	if len(gaps) == 0 {
		return "-"
	}
	var total time.Duration
	var parts []string
	for i, g := range gaps {
		total += g.To.Sub(g.From)
		if i < 3 {
			parts = append(parts, g.From.UTC().Format("2006-01-02 15:04")+" to "+g.To.UTC().Format("2006-01-02 15:04"))
		}
	}
	if len(gaps) > 3 {
		parts = append(parts, fmt.Sprintf("%d more", len(gaps)-3))
	}
	return fmt.Sprintf("%s in all: %s", total.Round(time.Minute), strings.Join(parts, ", "))
}
