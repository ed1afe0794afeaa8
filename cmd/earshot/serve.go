package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/internal/egress"
)

func (a *app) serveCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the daemon: collect, understand, index, alert, API and pages",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			if cfg.Path() == "" {
				return &statusError{exitConfig, errors.New("there is no earshot.yaml here; earshot init writes one, --config names another, earshot demo needs none")}
			}
			for _, w := range cfg.Warnings() {
				fmt.Fprintln(a.stderr, "warning:", w)
			}
			return a.serve(cmd.Context(), daemon.Options{Config: cfg, Reload: a.config})
		},
	}
	a.dataFlags(c)
	return c
}

// serve runs a daemon until the context ends.
func (a *app) serve(ctx context.Context, o daemon.Options) error {
	// Whatever in this process uses the default way out goes by the guard.
	defer func(old http.RoundTripper) { http.DefaultTransport = old }(http.DefaultTransport)
	http.DefaultTransport = &egress.Door{}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	o.Hangup, o.Log, o.Version = hangup, a.log, version()
	tell := o.Ready
	o.Ready = func(address string) {
		a.log.Info("ready", "address", address)
		if tell != nil {
			tell(address)
		}
	}
	o.Setup = func(link string, until time.Time) {
		fmt.Fprintf(a.stderr, "\nNobody can sign in yet. Open this link to make the admin; it works once, until %s:\n\n  %s\n\n", until.Format("15:04 MST"), link)
	}
	return daemon.Run(ctx, o)
}

func (a *app) checkCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE]",
		Short: "Check a configuration: every fault with its line and a hint",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			path := defaultConfig
			if len(args) == 1 {
				path = args[0]
			}
			cfg, err := config.Load(path)
			if err != nil {
				return &statusError{exitConfig, err}
			}
			for _, w := range cfg.Warnings() {
				fmt.Fprintln(a.stderr, "warning:", w)
			}
			fmt.Fprintf(a.stdout, "%s: good: %d brands, %d sources, %d labels, %d rules, %d receivers\n", path,
				len(cfg.Brands), len(cfg.Sources), len(cfg.Labels), len(cfg.Rules), len(cfg.Receivers))
			return nil
		},
	}
}

func (a *app) schemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of the configuration, for editors",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			body, err := config.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(a.stdout, string(body))
			return err
		},
	}
}
