package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/internal/ledger"
	"earshot/mention"
	"earshot/nlp"
)

func (a *app) brandsCmd() *cobra.Command {
	c := group("brands", "Brands of the configuration")
	preview := &cobra.Command{
		Use:   "preview [BRAND]",
		Short: "Read NDJSON documents and say what a brand would catch and reject, with the reason",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			brands := cfg.Brands
			if len(args) == 1 {
				if brands = only(brands, args[0]); len(brands) == 0 {
					return usage("there is no brand %q", args[0])
				}
			}
			an, err := nlp.New(nlp.Options{Brands: brands})
			if err != nil {
				return err
			}
			return a.inOrder(cmd.Context(), func(n int, line []byte) (any, error) {
				row, err := decodeRow(n, line)
				if err != nil {
					return nil, err
				}
				m := row.Mention()
				return map[string]any{"id": row.ID, "decisions": orEmpty(an.Preview(&m))}, nil
			})
		},
	}
	a.dataFlags(preview)
	c.AddCommand(preview)
	return c
}

func only(brands []mention.Brand, id string) []mention.Brand {
	for i := range brands {
		if brands[i].ID == id {
			return brands[i : i+1]
		}
	}
	return nil
}

func (a *app) sourcesCmd() *cobra.Command {
	c := group("sources", "Sources: how they are, and what one would give")
	list := &cobra.Command{
		Use:   "list",
		Short: "Every source with its state and last error in words",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listSources(cmd.Context()) },
	}
	a.dataFlags(list)
	a.outputFlag(list, "table", "table", "json", "ndjson")
	test := &cobra.Command{
		Use:   "test URL",
		Short: "Read an address once and show what its mentions would look like; nothing is stored",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.testSource(cmd.Context(), args[0]) },
	}
	a.dataFlags(test)
	c.AddCommand(list, test)
	return c
}

func (a *app) listSources(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	var list []mention.SourceStatus
	if running, ok, err := daemon.Find(ctx, cfg.DataDir()); err != nil {
		return err
	} else if ok {
		r, err := a.remote(cfg, running)
		if err != nil {
			return err
		}
		if list, err = r.sources(ctx); err != nil {
			return err
		}
	} else {
		err := a.withStore(ctx, func(s *daemon.Store) error {
			for _, src := range cfg.Sources {
				state, err := s.Ledger.SourceState(ctx, src.ID)
				if err != nil {
					return err
				}
				state.Cursor = nil
				list = append(list, mention.SourceStatus{Source: src, State: state, Owner: "file"})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return a.printSources(list)
}

func (a *app) printSources(list []mention.SourceStatus) error {
	switch a.output {
	case "json":
		return a.json(orEmpty(list))
	case "ndjson":
		out := newLines(a.stdout)
		for i := range list {
			if err := out.put(&list[i]); err != nil {
				return err
			}
		}
		return out.flush()
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tKIND\tITEMS\tLAST GOOD\tNEXT\tSTATE")
	for _, s := range list {
		state := "good"
		switch {
		case s.State.Error != "":
			state = s.State.Error
		case s.State.LastOK.IsZero():
			state = "not read yet"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\n", s.Source.ID, s.Source.Kind, s.State.Items, ago(s.State.LastOK), ago(s.State.Next), clip(state, 160))
	}
	return w.Flush()
}

func ago(t time.Time) string {
	switch d := time.Since(t).Round(time.Second); {
	case t.IsZero():
		return "-"
	case d < 0:
		return "in " + (-d).String()
	default:
		return d.String() + " ago"
	}
}

// testSource reads an address as a feed, and as a page when it is none.
func (a *app) testSource(ctx context.Context, address string) error {
	if u, err := url.Parse(address); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
		return usage("%q is not an http or https address", address)
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	out := newLines(a.stdout)
	src := mention.Source{ID: "test", Kind: mention.SourceFeed, URL: address}
	result, err := daemon.FetchOnly(ctx, daemon.FetchOptions{
		Config: cfg, Sources: []mention.Source{src}, Log: a.log, Emit: func(m mention.Mention) error { return out.put(m) },
	})
	if err = errors.Join(err, out.flush()); err != nil {
		return err
	}
	for _, f := range result.Failed {
		return fmt.Errorf("%s: %s", address, f.Error)
	}
	fmt.Fprintf(a.stderr, "%s is a feed with %d items\n", address, result.New)
	return nil
}

func (a *app) deliveriesCmd() *cobra.Command {
	c := group("deliveries", "The outbox: every notice that was sent, held back or given up")
	var filter ledger.DeliveryFilter
	list := &cobra.Command{
		Use:   "list",
		Short: "Notices, newest first",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			rows, err := a.deliveries(cmd.Context(), filter)
			if err != nil {
				return err
			}
			return a.printDeliveries(rows)
		},
	}
	a.dataFlags(list)
	a.outputFlag(list, "table", "table", "json", "ndjson")
	list.Flags().StringVar(&filter.Receiver, "receiver", "", "only of this receiver")
	list.Flags().StringVar(&filter.State, "state", "", "only in this state: pending, sending, sent, held, dead")
	list.Flags().StringVar(&filter.Incident, "incident", "", "only of this incident")
	list.Flags().IntVar(&filter.Limit, "limit", 100, "how many")
	show := &cobra.Command{
		Use:   "show ID",
		Short: "One notice with what was sent",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.showDelivery(cmd.Context(), args[0]) },
	}
	a.dataFlags(show)
	again := &cobra.Command{
		Use:   "redeliver ID",
		Short: "Send a notice again under its own id",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.redeliver(cmd.Context(), args[0]) },
	}
	a.dataFlags(again)
	c.AddCommand(list, show, again)
	return c
}

func (a *app) deliveries(ctx context.Context, f ledger.DeliveryFilter) (rows []mention.Delivery, err error) {
	err = a.eitherWay(ctx, func(r *remote) error {
		rows, err = r.deliveries(ctx, f)
		return err
	}, func(s *daemon.Store) error {
		rows, err = s.Ledger.Deliveries(ctx, f)
		return err
	})
	return rows, err
}

// eitherWay asks the daemon when one runs on the data, else opens the data.
func (a *app) eitherWay(ctx context.Context, ask func(*remote) error, open func(*daemon.Store) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	running, ok, err := daemon.Find(ctx, cfg.DataDir())
	if err != nil {
		return err
	}
	if !ok {
		return a.withStore(ctx, open)
	}
	r, err := a.remote(cfg, running)
	if err != nil {
		return err
	}
	return ask(r)
}

func (a *app) printDeliveries(rows []mention.Delivery) error {
	switch a.output {
	case "json":
		return a.json(orEmpty(rows))
	case "ndjson":
		out := newLines(a.stdout)
		for i := range rows {
			if err := out.put(&rows[i]); err != nil {
				return err
			}
		}
		return out.flush()
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "CREATED\tRECEIVER\tSTATE\tTRIES\tTYPE\tID\tREASON")
	for _, d := range rows {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%s\n", d.Created.Format("2006-01-02 15:04:05"), d.Receiver, d.State, d.Attempts, d.Type, d.ID,
			clip(strings.TrimSpace(d.Reason+" "+d.Error), 120))
	}
	return w.Flush()
}

func (a *app) showDelivery(ctx context.Context, id string) error {
	return a.eitherWay(ctx, func(r *remote) error {
		body, err := r.raw(ctx, "GET", "/deliveries/"+url.PathEscape(id), nil)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(a.stdout, string(body))
		return err
	}, func(s *daemon.Store) error {
		d, err := s.Ledger.Delivery(ctx, id)
		if err != nil {
			return err
		}
		type shown struct {
			mention.Delivery
			Payload json.RawMessage `json:"payload,omitempty"`
		}
		return a.json(shown{d, d.Payload})
	})
}

func (a *app) redeliver(ctx context.Context, id string) error {
	return a.eitherWay(ctx, func(r *remote) error {
		_, err := r.raw(ctx, "POST", "/deliveries/"+url.PathEscape(id)+"/redeliver", nil)
		return err
	}, func(s *daemon.Store) error {
		_, err := s.Ledger.UpdateDelivery(ctx, id, func(d *mention.Delivery) error {
			d.State, d.Next, d.Attempts = mention.DeliveryPending, time.Now().UTC(), 0
			return nil
		})
		if err == nil {
			fmt.Fprintln(a.stderr, "queued; it is sent when the daemon runs")
		}
		return err
	})
}

func (a *app) configCmd() *cobra.Command {
	c := group("config", "The configuration")
	export := &cobra.Command{
		Use:   "export",
		Short: "Print what people made through the API and the pages as YAML for git",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var objects []config.Object
			err := a.eitherWay(cmd.Context(), func(r *remote) error {
				var err error
				objects, err = r.objects(cmd.Context())
				return err
			}, func(s *daemon.Store) error {
				list, err := s.Ledger.Objects(cmd.Context(), "")
				for _, o := range list {
					objects = append(objects, config.Object{Kind: o.Kind, ID: o.ID, Owner: o.Owner, Body: o.Body})
				}
				return err
			})
			if err != nil {
				return err
			}
			body, err := config.Export(objects)
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(body)
			return err
		},
	}
	a.dataFlags(export)
	c.AddCommand(export)
	return c
}

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
		v, err := s.Verify(ctx)
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
