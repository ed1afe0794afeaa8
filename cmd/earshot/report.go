package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"time"

	"github.com/spf13/cobra"

	"earshot/internal/daemon"
	"earshot/mention"
	"earshot/report"
)

func (a *app) reportCmd() *cobra.Command {
	var format, file, q, since string
	c := &cobra.Command{
		Use:   "report KIND",
		Short: "Make a report now: weekly, or versus for our brands against the others",
		Long: "A report is one file: HTML that mail programs show, PDF, XLSX or plain text. Its numbers are those of the moment\n" +
			"it is made, against the stretch of equal length before, and it says what they rest on.",
		Args:      cobra.ExactArgs(1),
		ValidArgs: []string{report.KindWeekly, report.KindVersus},
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := mention.ParseDuration(since)
			switch {
			case err != nil || d <= 0:
				return usage("--since %q is not a length of time such as 7d", since)
			case report.MediaTypes[format] == "":
				return usage("--format %s is none of html, pdf, xlsx, text", format)
			case args[0] != report.KindWeekly && args[0] != report.KindVersus:
				return usage("there is no report %q: weekly, versus", args[0])
			}
			return a.report(cmd.Context(), args[0], format, file, q, d)
		},
	}
	a.dataFlags(c)
	c.Flags().StringVar(&format, "format", report.Text, "html, pdf, xlsx or text")
	c.Flags().StringVar(&file, "file", "", "write it here instead of to standard output")
	c.Flags().StringVar(&q, "query", "", "only mentions that match")
	c.Flags().StringVar(&since, "since", "7d", "how far back from now: 24h, 7d, 30d")
	return c
}

func (a *app) report(ctx context.Context, kind, format, file, q string, period mention.Duration) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	now := time.Now()
	w := report.Window{From: now.Add(-period.Std()).Truncate(time.Minute), To: now.Truncate(time.Minute).Add(time.Minute)}
	var out []byte
	err = a.onData(ctx, func(r *remote) error {
		v := url.Values{"format": {format}, "q": {q}, "from": {w.From.Format(time.RFC3339)}, "to": {w.To.Format(time.RFC3339)}}
		out, err = r.raw(ctx, http.MethodGet, "/reports/"+kind+"?"+v.Encode(), nil)
		return err
	}, func(s *daemon.Store) error {
		doc, err := report.Make(ctx, s, report.Order{Kind: kind, Query: q, Window: w, Brands: cfg.Brands, Zone: cfg.Location(), Made: now})
		if err != nil {
			return err
		}
		var b bytes.Buffer
		err = doc.Write(&b, format)
		out = b.Bytes()
		return err
	})
	if err != nil {
		return err
	}
	if file != "" {
		if err := os.WriteFile(file, out, 0o600); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		return nil
	}
	_, err = a.stdout.Write(out)
	return err
}
