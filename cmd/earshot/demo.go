package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/internal/demo"
)

func (a *app) demoCmd() *cobra.Command {
	var dir, listen string
	var seed uint64
	c := &cobra.Command{
		Use:   "demo",
		Short: "Run everything on a small web of its own, with something to see at once",
		Long: "The demo serves about ten sources of invented pharma brands on this machine, collects their sixty days,\n" +
			"goes on live, and delivers its alerts to a webhook receiver and a mailbox that it brings along.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.demo(cmd.Context(), dir, listen, seed) },
	}
	c.Flags().StringVar(&dir, "dir", "", "keep its files here (default: a temporary folder, removed at the end)")
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "where the pages and the API are")
	c.Flags().Uint64Var(&seed, "seed", 1, "another seed tells another story")
	return c
}

func (a *app) demo(ctx context.Context, dir, listen string, seed uint64) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "earshot-demo-"); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	} else if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	world := demo.NewWorld(seed, time.Now())
	web, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer func() { stop(); world.Wait() }()
	if err := world.Serve(web); err != nil {
		return err
	}
	path, err := world.WriteFiles(dir)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, bytes.Replace(text, []byte(`"127.0.0.1:8080"`), []byte(strconv.Quote(listen)), 1), 0o600); err != nil {
		return err
	}
	load := func() (*config.Config, error) { return a.configs.Load(path) }
	cfg, err := load()
	if err != nil {
		return fmt.Errorf("the demo's own configuration: %w", err)
	}
	return a.serve(ctx, daemon.Options{
		Config: cfg, Reload: load, Extra: map[string]http.Handler{"/inbox": world.Inbox(), "/inbox.json": world.Inbox()},
		Links: []api.Link{{Path: "/inbox", Name: "Demo inbox"}},
		Ready: func(address string) { a.welcome(address, path) },
	})
}

func (a *app) welcome(address, configPath string) {
	fmt.Fprintf(a.stderr, `
earshot listens to a small web of its own: two own brands, three competitors, sixty days, and live from now on.

  pages      %[1]s/
  delivered  %[1]s/inbox       what the webhook receiver and the mailbox got
  API        %[1]s/api/v1/docs
  ask it     curl '%[1]s/api/v1/mentions?q=recall'
             earshot search --config %[2]s 'recall AND sentiment:negative'

Stop it with Ctrl-C.

`, address, configPath)
}
