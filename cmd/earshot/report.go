package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/mention"
	"earshot/report"
)

// A reportAsk is what the flags of a report say.
type reportAsk struct {
	kind, name, format, file, q, since string
	keep                               bool
}

func (a *app) reportCmd() *cobra.Command {
	var r reportAsk
	c := &cobra.Command{
		Use:   "report KIND [NAME]",
		Short: "Make a report now: weekly, versus, board NAME or incident ID",
		Long: "A report is one file: HTML that mail programs show, PDF, XLSX or plain text. Its numbers are those of the moment\n" +
			"it is made, against the stretch of equal length before, and it says what they rest on. With --keep it stays in the\n" +
			"data with its numbers: `earshot report list` finds it, `show` writes it, `review` says what is another number now.",
		Args:      cobra.RangeArgs(1, 2),
		ValidArgs: reportKinds,
		RunE: func(cmd *cobra.Command, args []string) error {
			r.kind = args[0]
			if r.name = ""; len(args) > 1 {
				r.name = args[1]
			}
			if err := r.check(); err != nil {
				return err
			}
			return a.report(cmd.Context(), r)
		},
	}
	a.dataFlags(c)
	c.Flags().StringVar(&r.format, "format", report.Text, "html, pdf, xlsx or text")
	c.Flags().StringVar(&r.file, "file", "", "write it here instead of to standard output")
	c.Flags().StringVar(&r.q, "query", "", "only mentions that match")
	c.Flags().StringVar(&r.since, "since", "7d", "how far back from now: 24h, 7d, 30d")
	c.Flags().BoolVar(&r.keep, "keep", false, "keep it, with its numbers as they are now")
	a.archiveCommands(c)
	return c
}

// reportKinds are the kinds that can be asked for.
var reportKinds = []string{report.KindWeekly, report.KindVersus, report.KindBoard, report.KindCrisis}

// named are the kinds that need to be told of what.
var named = map[string]string{report.KindBoard: "the id of a board", report.KindCrisis: "the id of an incident"}

func (r *reportAsk) check() error {
	d, err := mention.ParseDuration(r.since)
	switch {
	case err != nil || d <= 0:
		return usage("--since %q is not a length of time such as 7d", r.since)
	case report.MediaTypes[r.format] == "":
		return usage("--format %s is none of html, pdf, xlsx, text", r.format)
	case !slices.Contains(reportKinds, r.kind):
		return usage("there is no report %q: %s", r.kind, strings.Join(reportKinds, ", "))
	case named[r.kind] != "" && r.name == "":
		return usage("report %s needs %s", r.kind, named[r.kind])
	case named[r.kind] == "" && r.name != "":
		return usage("report %s takes no name", r.kind)
	}
	return nil
}

// window is the stretch up to now.
func (r *reportAsk) window(now time.Time) report.Window {
	d, _ := mention.ParseDuration(r.since) // checked
	return report.Window{From: now.Add(-d.Std()).Truncate(time.Minute), To: now.Truncate(time.Minute).Add(time.Minute)}
}

func (a *app) report(ctx context.Context, r reportAsk) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	now := time.Now()
	w := r.window(now)
	var out []byte
	err = a.onData(ctx, func(d *remote) error {
		v := url.Values{"format": {r.format}, "q": {r.q}, "from": {w.From.Format(time.RFC3339)}, "to": {w.To.Format(time.RFC3339)}, "name": {r.name}}
		if !r.keep {
			out, err = d.raw(ctx, http.MethodGet, "/reports/"+r.kind+"?"+v.Encode(), nil)
			return err
		}
		var kept mention.KeptReport
		body := map[string]string{"kind": r.kind, "name": r.name, "q": r.q, "from": v.Get("from"), "to": v.Get("to")}
		if err := d.post(ctx, "/archive", body, &kept); err != nil {
			return err
		}
		fmt.Fprintln(a.stderr, "kept as "+kept.ID)
		out, err = d.raw(ctx, http.MethodGet, "/archive/"+url.PathEscape(kept.ID)+"/as/"+r.format, nil)
		return err
	}, func(s *daemon.Store) error {
		o, err := storeOrder(ctx, s, cfg, &r, now)
		if err != nil {
			return err
		}
		if !r.keep {
			doc, err := report.Make(ctx, s, o)
			if err != nil {
				return err
			}
			out, err = written(doc, r.format)
			return err
		}
		kept, err := s.Keep(ctx, cfg, o, mention.KeptReport{By: "cli"})
		if err == nil {
			err = s.Ledger.PutReport(ctx, kept, nil)
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(a.stderr, "kept as "+kept.ID)
		out, err = thawed(&kept, r.format)
		return err
	})
	if err != nil {
		return err
	}
	return a.deliver(r.file, out)
}

// storeOrder is the report that is asked for, where no daemon answers.
func storeOrder(ctx context.Context, s *daemon.Store, cfg *config.Config, r *reportAsk, now time.Time) (report.Order, error) {
	o := report.Order{Kind: r.kind, Query: r.q, Window: r.window(now), Brands: cfg.Brands, Zone: cfg.Location(), Made: now}
	if r.kind == report.KindCrisis {
		f, err := s.IncidentFile(ctx, cfg, r.name)
		if err != nil {
			return o, err
		}
		o.Incident, o.Window = f, f.Window()
	}
	if r.kind == report.KindBoard {
		i := slices.IndexFunc(cfg.Boards, func(b report.Board) bool { return b.ID == r.name })
		if i < 0 {
			return o, fmt.Errorf("there is no board %q", r.name)
		}
		o.Board = &cfg.Boards[i]
	}
	return o, nil
}

func written(doc *report.Document, format string) ([]byte, error) {
	var b bytes.Buffer
	err := doc.Write(&b, format)
	return b.Bytes(), err
}

func thawed(kept *mention.KeptReport, format string) ([]byte, error) {
	f, err := report.Thaw(kept.Body, nil)
	if err != nil {
		return nil, err
	}
	return written(f.Document, format)
}

// deliver writes a report to a file or to standard output.
func (a *app) deliver(file string, out []byte) error {
	if file != "" {
		if err := os.WriteFile(file, out, 0o600); err != nil {
			return fmt.Errorf("report: %w", err)
		}
		return nil
	}
	_, err := a.stdout.Write(out)
	return err
}
