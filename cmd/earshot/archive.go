package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"earshot/internal/daemon"
	"earshot/mention"
	"earshot/report"
)

// archiveCommands are what is done with kept and planned reports.
func (a *app) archiveCommands(c *cobra.Command) {
	var filter mention.KeptFilter
	list := &cobra.Command{
		Use: "list", Short: "Kept reports, newest first", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listReports(cmd.Context(), filter) },
	}
	a.dataFlags(list)
	a.outputFlag(list, "table", "table", "json", "ndjson")
	list.Flags().StringVar(&filter.Plan, "plan", "", "only those of a planned report")
	list.Flags().IntVar(&filter.Limit, "limit", 100, "how many")
	var format, file string
	show := &cobra.Command{
		Use: "show ID", Short: "A kept report with the numbers it had", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if report.MediaTypes[format] == "" {
				return usage("--format %s is none of html, pdf, xlsx, text", format)
			}
			return a.showReport(cmd.Context(), args[0], format, file)
		},
	}
	a.dataFlags(show)
	show.Flags().StringVar(&format, "format", report.Text, "html, pdf, xlsx or text")
	show.Flags().StringVar(&file, "file", "", "write it here instead of to standard output")
	review := &cobra.Command{
		Use: "review ID", Short: "What of a kept report is another number now, and why", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.reviewReport(cmd.Context(), args[0]) },
	}
	a.dataFlags(review)
	a.outputFlag(review, "table", "table", "json")
	send := &cobra.Command{
		Use: "send PLAN", Short: "Make a planned report now, keep it and send it (needs the daemon)", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.sendPlan(cmd.Context(), args[0]) },
	}
	a.dataFlags(send)
	c.AddCommand(list, show, review, send, a.shareCmd())
}

func (a *app) shareCmd() *cobra.Command {
	var length string
	share := &cobra.Command{
		Use: "share ID", Short: "A link that opens one kept report, until it ends (needs the daemon)", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			d, err := mention.ParseDuration(length)
			if err != nil || d <= 0 {
				return usage("--for %q is not a length of time such as 14d", length)
			}
			return a.onDaemon(cmd.Context(), "share", func(r *remote) error {
				var out struct {
					mention.Share
					Link string `json:"link"`
				}
				if err := r.post(cmd.Context(), "/archive/"+url.PathEscape(args[0])+"/shares", map[string]string{"for": d.String()}, &out); err != nil {
					return err
				}
				_, err := fmt.Fprintln(a.stdout, out.Link)
				return err
			})
		},
	}
	a.dataFlags(share)
	share.Flags().StringVar(&length, "for", "14d", "how long it opens the report")
	return share
}

// onDaemon asks the daemon; what is asked is done by nobody else.
func (a *app) onDaemon(ctx context.Context, what string, ask func(*remote) error) error {
	return a.onData(ctx, ask, func(*daemon.Store) error {
		return fmt.Errorf("report %s: no daemon runs on this data; start it with `earshot serve`", what)
	})
}

// post sends a body and reads the answer.
func (r *remote) post(ctx context.Context, path string, body, into any) error {
	data, err := r.raw(ctx, http.MethodPost, path, body)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

func (a *app) sendPlan(ctx context.Context, id string) error {
	return a.onDaemon(ctx, "send", func(r *remote) error {
		var kept mention.KeptReport
		if err := r.post(ctx, "/plans/"+url.PathEscape(id)+"/send", nil, &kept); err != nil {
			return err
		}
		_, err := fmt.Fprintln(a.stdout, kept.ID)
		return err
	})
}

func (a *app) listReports(ctx context.Context, f mention.KeptFilter) error {
	var rows []mention.KeptReport
	err := a.onData(ctx, func(r *remote) error {
		var page struct {
			Rows []mention.KeptReport `json:"rows"`
		}
		err := r.get(ctx, "/archive", url.Values{"plan": {f.Plan}, "limit": {strconv.Itoa(f.Limit)}}, &page)
		rows = page.Rows
		return err
	}, func(s *daemon.Store) error {
		var err error
		rows, err = s.Ledger.Reports(ctx, f)
		return err
	})
	if err != nil {
		return err
	}
	return tellRows(a, rows, "ID\tMADE\tBY\tKIND\tFINDING", func(r *mention.KeptReport) []any {
		return []any{r.ID, r.Made.UTC().Format("2006-01-02 15:04"), orWord(r.Plan, r.By), r.Kind, oneLine(r.Subject)}
	})
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func (a *app) showReport(ctx context.Context, id, format, file string) error {
	var out []byte
	err := a.onData(ctx, func(r *remote) (err error) {
		out, err = r.raw(ctx, http.MethodGet, "/archive/"+url.PathEscape(id)+"/as/"+format, nil)
		return err
	}, func(s *daemon.Store) error {
		kept, err := s.Ledger.Report(ctx, id)
		if err == nil {
			out, err = thawed(&kept, format)
		}
		return err
	})
	if err != nil {
		return err
	}
	return a.deliver(file, out)
}

func (a *app) reviewReport(ctx context.Context, id string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	var v mention.ReportReview
	err = a.onData(ctx, func(r *remote) error {
		return r.get(ctx, "/archive/"+url.PathEscape(id)+"/review", nil, &v)
	}, func(s *daemon.Store) error {
		kept, err := s.Ledger.Report(ctx, id)
		if err == nil {
			v, err = s.Review(ctx, cfg, &kept)
		}
		return err
	})
	if err != nil {
		return err
	}
	if a.output == "json" {
		return a.json(&v)
	}
	var b strings.Builder
	if len(v.Changes) == 0 {
		fmt.Fprintf(&b, "All of %d numbers are the same now.\n", v.Numbers)
	}
	for _, c := range v.Changes {
		fmt.Fprintf(&b, "%s was %s, now %s\n", c.Name, c.Was, c.Now)
	}
	for i, c := range v.Causes {
		fmt.Fprintf(&b, "%s %s\n", map[bool]string{true: "because", false: "    and"}[i == 0], c)
	}
	_, err = a.stdout.Write([]byte(b.String()))
	return err
}
