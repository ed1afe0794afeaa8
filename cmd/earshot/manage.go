package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"earshot/api"
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
			return a.inOrder(cmd.Context(), func(dst []byte, n int, line []byte) ([]byte, error) {
				row, err := decodeRow(n, line)
				if err != nil {
					return dst, err
				}
				m := row.Mention()
				return appendJSON(dst, map[string]any{"id": row.ID, "decisions": orEmpty(an.Preview(&m))})
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
	receivers := &cobra.Command{
		Use:   "receivers",
		Short: "How each receiver does: what waits, what was given up, whether it fails",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.receivers(cmd.Context()) },
	}
	a.dataFlags(receivers)
	a.outputFlag(receivers, "table", "table", "json", "ndjson")
	c.AddCommand(list, show, again, receivers)
	return c
}

func (a *app) receivers(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	var rows []api.ReceiverInfo
	err = a.eitherWay(ctx, func(r *remote) error {
		rows, err = r.receivers(ctx)
		return err
	}, func(s *daemon.Store) error {
		rows, err = s.Receivers(ctx, cfg.Receivers)
		return err
	})
	if err != nil {
		return err
	}
	return tellRows(a, rows, "RECEIVER\tKIND\tSTATE\tWAITING\tGIVEN UP\tLAST SENT\tNEXT TRY\tERROR", func(r *api.ReceiverInfo) []any {
		return []any{r.ID, r.Kind, r.State, r.Waiting, r.Dead, minute(r.LastSent), minute(r.NextTry), clip(r.Error, 120)}
	})
}

// minute is a time in a table.
func minute(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04:05")
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
	p, err := a.place(ctx)
	if err != nil {
		return err
	}
	if !p.runs {
		return a.withStore(ctx, open)
	}
	r, err := a.remote(p.cfg, p.daemon)
	if err != nil {
		return err
	}
	return ask(r)
}

func (a *app) printDeliveries(rows []mention.Delivery) error {
	return tellRows(a, rows, "CREATED\tRECEIVER\tSTATE\tTRIES\tTYPE\tID\tREASON", func(d *mention.Delivery) []any {
		return []any{d.Created.Format("2006-01-02 15:04:05"), d.Receiver, d.State, d.Attempts, d.Type, d.ID, clip(strings.TrimSpace(d.Reason+" "+d.Error), 120)}
	})
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
			return missing(err, "delivery")
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
		if err == nil {
			fmt.Fprintf(a.stderr, "%s: sent again; earshot deliveries show %s says what came of it\n", id, id)
		}
		return err
	}, func(s *daemon.Store) error {
		_, err := s.Ledger.UpdateDelivery(ctx, id, func(d *mention.Delivery) error {
			d.State, d.Next, d.Attempts = mention.DeliveryPending, time.Now().UTC(), 0
			return nil
		})
		if err == nil {
			fmt.Fprintln(a.stderr, "queued; it is sent when the daemon runs")
		}
		return missing(err, "delivery")
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
				list, err := s.Configured(cmd.Context())
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
