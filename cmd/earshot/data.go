package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"earshot/internal/daemon"
	"earshot/internal/ledger"
)

func (a *app) replayCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "replay",
		Short: "Build the index again from the ledger; the old one serves until the new one is whole",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(s *daemon.Store) error { return s.Replay(cmd.Context(), a.bar("replay")) })
		},
	}
	a.dataFlags(c)
	return c
}

func (a *app) verifyCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check the ledger, and the index against it; status 1 when they differ",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withStore(cmd.Context(), func(s *daemon.Store) error {
				v, err := s.Verify(cmd.Context())
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "ledger good; index: %d mentions, %d missing, %d too many, %d out of date\n", v.Checked, v.Missing, v.Extra, v.Stale)
				if v.Missing+v.Extra+v.Stale > 0 {
					return errors.New("the index differs from the ledger; earshot replay builds it again")
				}
				return nil
			})
		},
	}
	a.dataFlags(c)
	return c
}

func (a *app) withStore(ctx context.Context, fn func(*daemon.Store) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	s, err := a.store(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(fn(s), s.Close())
}

func (a *app) backupCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of all data, also while the daemon runs; - is standard output",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			name := args[0]
			if name == "-" {
				name = ""
			}
			// Reading needs no lock: a backup works beside a running daemon.
			led, err := ledger.Open(cmd.Context(), ledger.Options{Dir: cfg.DataDir(), Log: a.log})
			if err != nil {
				return err
			}
			err = a.toFile(name, func() error { return led.Backup(cmd.Context(), a.stdout) })
			return errors.Join(err, led.Close())
		},
	}
	a.dataFlags(c)
	return c
}

func (a *app) restoreCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "Fill an empty data directory from a backup and verify it; - is standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			var in io.Reader = a.stdin
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			if err := ledger.Restore(cmd.Context(), in, cfg.DataDir()); err != nil {
				return err
			}
			return a.withStore(cmd.Context(), func(s *daemon.Store) error {
				if err := s.CatchUp(cmd.Context(), a.bar("indexing")); err != nil {
					return err
				}
				v, err := s.Verify(cmd.Context())
				if err != nil {
					return err
				}
				fmt.Fprintf(a.stdout, "restored: %d mentions, ledger and index agree\n", v.Checked)
				return nil
			})
		},
	}
	a.dataFlags(c)
	return c
}
