package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/spf13/cobra"

	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/internal/ledger"
)

func (a *app) replayCmd() *cobra.Command {
	var captures bool
	c := &cobra.Command{
		Use:   "replay [--from-captures]",
		Short: "Build the index again from the ledger; the old one serves until the new one is whole",
		Long: "Builds the index again beside the one in use, also while the daemon runs, and puts it in its place when it is whole.\n" +
			"A run that was broken off is gone on with.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if captures {
				return a.reparse(ctx)
			}
			return a.onData(ctx, func(r *remote) error {
				return r.work(ctx, http.MethodPost, daemon.LocalReplay, nil, a.bar("replay"), nil)
			}, func(s *daemon.Store) error { return s.Replay(ctx, a.bar("replay")) })
		},
	}
	a.dataFlags(c)
	c.Flags().BoolVar(&captures, "from-captures", false, "read the stored bytes of what was fetched again, as after a repair of a parser; what differs is a revision")
	return c
}

// reparse reads captures again and takes what differs the whole way.
func (a *app) reparse(ctx context.Context) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	var got daemon.Reparsed
	err = a.onData(ctx, func(r *remote) error {
		return r.work(ctx, http.MethodPost, daemon.LocalReparse, nil, a.bar("replay"), &got)
	}, func(s *daemon.Store) error {
		if got, err = s.Reparse(ctx, cfg, a.bar("replay")); err != nil {
			return err
		}
		imp, err := s.Importer(ctx, cfg)
		if err != nil {
			return err
		}
		return imp.Finish(ctx, a.bar("indexing"))
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "%d captures read again (%d are gone, %d cannot be read): %d of %d mentions revised, %d not found in theirs\n",
		got.Captures, got.Gone, got.Faulty, got.Revised, got.Mentions, got.Lost)
	return nil
}

func (a *app) verifyCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "verify",
		Short: "Check the ledger, and the index against it, also while the daemon runs; status 1 when they differ",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			var v daemon.Verification
			err := a.onData(ctx, func(r *remote) error {
				return r.work(ctx, http.MethodGet, daemon.LocalVerify, nil, a.bar("verify"), &v)
			}, func(s *daemon.Store) (err error) {
				v, err = s.Verify(ctx, a.bar("verify"))
				return err
			})
			if err != nil {
				return err
			}
			fmt.Fprintf(a.stdout, "ledger good; index: %d mentions, %d missing, %d too many, %d out of date\n", v.Checked, v.Missing, v.Extra, v.Stale)
			if v.Missing+v.Extra+v.Stale > 0 {
				return errors.New("the index differs from the ledger; earshot replay builds it again")
			}
			return nil
		},
	}
	a.dataFlags(c)
	return c
}

// onData has the daemon that runs on the data do something, else does it on
// the data itself.
func (a *app) onData(ctx context.Context, ask func(*remote) error, do func(*daemon.Store) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	running, ok, err := daemon.Find(ctx, cfg.DataDir())
	if err != nil {
		return err
	}
	if !ok {
		return a.withStore(ctx, do)
	}
	r, err := a.remote(cfg, running)
	if err != nil {
		return err
	}
	return ask(r)
}

func (a *app) withStore(ctx context.Context, fn func(*daemon.Store) error) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	if err := hasData(cfg); err != nil {
		return err
	}
	s, err := a.store(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(fn(s), s.Close())
}

// hasData refuses a directory without a ledger: a mistyped path must not
// become an empty answer.
func hasData(cfg *config.Config) error {
	if !ledger.Exists(cfg.DataDir()) {
		return fmt.Errorf("no data at %s; earshot serve, import or fetch --store makes it", cfg.DataDir())
	}
	return nil
}

func (a *app) backupCmd() *cobra.Command {
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write a consistent copy of all data, also while the daemon runs; - is standard output",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.place(cmd.Context())
			if err != nil {
				return err
			}
			name := args[0]
			if name == "-" {
				name = ""
			}
			return a.toFile(name, func() error { return a.backup(cmd.Context(), p) })
		},
	}
	a.dataFlags(c)
	return c
}

// backup has the daemon that runs on the data write the copy, else writes it.
func (a *app) backup(ctx context.Context, p place) error {
	if !p.runs {
		if err := hasData(p.cfg); err != nil {
			return err
		}
		led, err := ledger.Open(ctx, ledger.Options{Dir: p.cfg.DataDir(), Log: a.log})
		if err != nil {
			return err
		}
		return errors.Join(led.Backup(ctx, a.stdout), led.Close())
	}
	r, err := a.remote(p.cfg, p.daemon)
	if err != nil {
		return err
	}
	resp, err := r.do(ctx, http.MethodGet, r.root+daemon.LocalBackup, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(a.stdout, resp.Body)
	return err
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
			in := a.stdin
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
				v, err := s.Verify(cmd.Context(), a.bar("verify"))
				if err != nil {
					return err
				}
				if v.Missing+v.Extra+v.Stale > 0 {
					return fmt.Errorf("restored %d mentions, and the index differs: %d missing, %d too many, %d out of date", v.Checked, v.Missing, v.Extra, v.Stale)
				}
				fmt.Fprintf(a.stdout, "restored: %d mentions, ledger and index agree\n", v.Checked)
				return nil
			})
		},
	}
	a.dataFlags(c)
	return c
}
