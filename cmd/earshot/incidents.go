package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os/user"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"earshot/alerts"
	"earshot/api"
	"earshot/internal/daemon"
	"earshot/mention"
)

func (a *app) incidentsCmd() *cobra.Command {
	c := group("incidents", "What rules found, and what people do about it")
	var filter mention.IncidentFilter
	list := &cobra.Command{
		Use:   "list",
		Short: "Incidents, newest first",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listIncidents(cmd.Context(), filter) },
	}
	a.dataFlags(list)
	a.outputFlag(list, "table", "table", "json", "ndjson")
	list.Flags().StringVar(&filter.Rule, "rule", "", "only of this rule")
	list.Flags().StringVar(&filter.State, "state", "", "only in this state: pending, firing, resolved, inactive, no_data")
	list.Flags().IntVar(&filter.Limit, "limit", 100, "how many")
	show := &cobra.Command{
		Use:   "show ID",
		Short: "One incident with everything known of it",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.showIncident(cmd.Context(), args[0]) },
	}
	a.dataFlags(show)
	a.outputFlag(show, "table", "table", "json")
	c.AddCommand(list, show)
	a.flagCommands(c)
	return c
}

// flagCommands are what people do to an incident.
func (a *app) flagCommands(c *cobra.Command) {
	for _, f := range []struct{ action, args, short string }{
		{api.FlagAck, "", "Acknowledge an incident: its repeats and its escalation stop"},
		{api.FlagUnack, "", "Take an acknowledgement back"},
		{api.FlagSnooze, "", "Hold its notices back for a while"},
		{api.FlagUnsnooze, "", "End a snooze"},
		{api.FlagUnmute, "", "End a mute"},
		{api.FlagAssign, " WHO", "Say who sees to it"},
		{api.FlagNote, " TEXT", "Write a note to it"},
		{api.FlagRespond, "", "Say that it was answered"},
	} {
		var length string
		cmd := &cobra.Command{
			Use: f.action + " ID" + f.args, Short: f.short, Args: cobra.ExactArgs(1 + len(strings.Fields(f.args))),
			RunE: func(cmd *cobra.Command, args []string) error {
				flag := api.Flag{Action: f.action}
				if len(args) > 1 {
					flag.Text = args[1]
				}
				if length != "" {
					d, err := mention.ParseDuration(length)
					if err != nil || d <= 0 {
						return usage("--for %q is not a time such as 4h", length)
					}
					flag.Until = time.Now().UTC().Add(d.Std()).Truncate(time.Millisecond)
				}
				return a.flagIncident(cmd.Context(), args[0], flag)
			},
		}
		a.dataFlags(cmd)
		switch f.action {
		case api.FlagAck:
			cmd.Flags().StringVar(&length, "for", "", "it runs out then, and the incident is told again; left out: until it ends")
		case api.FlagSnooze:
			cmd.Flags().StringVar(&length, "for", "24h", "how long")
		}
		c.AddCommand(cmd)
	}
	preview := false
	mute := &cobra.Command{
		Use:   "mute ID",
		Short: "Hold its notices back for good; --preview says what that would have been in the last 30 days",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if preview {
				return a.previewMute(cmd.Context(), args[0])
			}
			return a.flagIncident(cmd.Context(), args[0], api.Flag{Action: api.FlagMute})
		},
	}
	a.dataFlags(mute)
	mute.Flags().BoolVar(&preview, "preview", false, "only say what would have been held back")
	c.AddCommand(mute)
}

func (a *app) listIncidents(ctx context.Context, f mention.IncidentFilter) error {
	var rows []mention.Incident
	err := a.eitherWay(ctx, func(r *remote) error {
		var body struct {
			Rows []mention.Incident `json:"rows"`
		}
		v := url.Values{"limit": {strconv.Itoa(min(max(f.Limit, 1), 500))}}
		for key, value := range map[string]string{"rule": f.Rule, "state": f.State} {
			if value != "" {
				v.Set(key, value)
			}
		}
		err := r.get(ctx, "/incidents", v, &body)
		rows = body.Rows
		return err
	}, func(s *daemon.Store) (err error) {
		rows, err = s.Ledger.Incidents(ctx, f)
		return err
	})
	if err != nil {
		return err
	}
	return tellRows(a, rows, "OPENED\tRULE\tGROUP\tSTATE\tSEVERITY\tFLAGS\tID\tREASON", func(in *mention.Incident) []any {
		return []any{in.Opened.Format("2006-01-02 15:04"), in.Rule, clip(in.Group, 30), in.State, in.Severity, flagWords(in), in.ID, clip(in.Reason, 100)}
	})
}

// flagWords says in short what people did to an incident.
func flagWords(in *mention.Incident) string {
	var words []string
	if !in.Acked.IsZero() {
		words = append(words, "acked")
	}
	if time.Now().Before(in.Snoozed) {
		words = append(words, "snoozed")
	}
	if in.Muted {
		words = append(words, "muted")
	}
	if in.Assigned != "" {
		words = append(words, "to "+in.Assigned)
	}
	return orWord(strings.Join(words, ","), "-")
}

func (a *app) flagIncident(ctx context.Context, id string, f api.Flag) error {
	if f.Action == api.FlagNote && strings.TrimSpace(f.Text) == "" {
		return usage("a note needs a text")
	}
	err := a.eitherWay(ctx, func(r *remote) error {
		body := map[string]any{"action": f.Action}
		if !f.Until.IsZero() {
			body["until"] = f.Until
		}
		if f.Text != "" {
			body["text"] = f.Text
		}
		_, err := r.raw(ctx, "POST", "/incidents/"+url.PathEscape(id)+"/flags", body)
		return err
	}, func(s *daemon.Store) error {
		f.Actor = "cli"
		if u, err := user.Current(); err == nil {
			f.Actor = u.Username
		}
		_, err := s.FlagIncident(ctx, id, f)
		return err
	})
	if err == nil {
		fmt.Fprintf(a.stderr, "%s: %s\n", id, f.Action)
	}
	return missing(err, "incident")
}

func (a *app) previewMute(ctx context.Context, id string) error {
	var p mention.MutePreview
	err := a.eitherWay(ctx, func(r *remote) error {
		return r.get(ctx, "/incidents/"+url.PathEscape(id)+"/mute-preview", nil, &p)
	}, func(s *daemon.Store) (err error) {
		p, err = s.MutePreview(ctx, id, time.Now().UTC().AddDate(0, 0, -30))
		return missing(err, "incident")
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "since %s a mute would have held back %d notices of %d incidents\n", p.Since.Format("2006-01-02"), p.Notices, p.Incidents)
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	for _, d := range p.Sent {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", d.Created.Format("2006-01-02 15:04"), d.Receiver, d.Type, clip(d.Reason, 100))
	}
	return w.Flush()
}

func (a *app) safetyCmd() *cobra.Command {
	c := group("safety", "Possible adverse events")
	var since string
	check := &cobra.Command{
		Use:   "reconcile",
		Short: "Compare flagged, sent and acknowledged; status 1 when they do not add up",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := mention.ParseDuration(since)
			if err != nil {
				return usage("--since: %v", err)
			}
			return a.reconcile(cmd.Context(), time.Now().UTC().Add(-d.Std()))
		},
	}
	a.dataFlags(check)
	a.outputFlag(check, "table", "table", "json")
	check.Flags().StringVar(&since, "since", "30d", "how far back")
	c.AddCommand(check)
	return c
}

func (a *app) reconcile(ctx context.Context, since time.Time) error {
	var r mention.Reconciliation
	err := a.eitherWay(ctx, func(remote *remote) error {
		return remote.get(ctx, "/safety/reconciliation", url.Values{"since": {since.Format(time.RFC3339)}}, &r)
	}, func(s *daemon.Store) error {
		cfg, err := a.config()
		if err != nil {
			return err
		}
		e, err := alerts.NewEngine(daemon.EngineOptions(cfg))
		if err != nil {
			return err
		}
		r, err = s.Reconcile(ctx, e, since)
		return err
	})
	if err != nil {
		return err
	}
	if a.output == "json" {
		data, err := json.MarshalIndent(r, "", "  ")
		if err != nil {
			return err
		}
		fmt.Fprintln(a.stdout, string(data))
	} else {
		fmt.Fprintln(a.stdout, alerts.ReconciliationWords(&r))
		w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
		for _, f := range r.Faults {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", f.Fault, f.Mention, orWord(f.Receiver, "-"), f.Since.Format("2006-01-02 15:04"), f.Detail)
		}
		err = w.Flush()
	}
	if !r.AddsUp {
		return errors.Join(err, &statusError{status: exitFailed})
	}
	return err
}
