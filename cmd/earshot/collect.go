package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/mention"
)

func (a *app) fetchCmd() *cobra.Command {
	var store bool
	c := &cobra.Command{
		Use:   "fetch [SOURCE…]",
		Short: "Make one pass over the sources and print what is new as NDJSON",
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			sources, err := pick(cfg, args)
			if err != nil {
				return err
			}
			return a.fetch(cmd.Context(), cfg, sources, store)
		},
	}
	a.dataFlags(c)
	c.Flags().BoolVar(&store, "store", false, "take the mentions all the way into the index; what sources remember lasts between runs")
	return c
}

// pick returns the named sources, or all that are not paused.
func pick(cfg *config.Config, ids []string) ([]mention.Source, error) {
	var out []mention.Source
	for _, s := range cfg.Sources {
		if len(ids) == 0 && !s.Paused || slices.Contains(ids, s.ID) {
			out = append(out, s)
		}
	}
	for _, id := range ids {
		if !slices.ContainsFunc(out, func(s mention.Source) bool { return s.ID == id }) {
			return nil, usage("there is no source %q", id)
		}
	}
	return out, nil
}

func (a *app) fetch(ctx context.Context, cfg *config.Config, sources []mention.Source, store bool) error {
	out := newLines(a.stdout)
	o := daemon.FetchOptions{
		Config: cfg, Sources: sources, Log: a.log,
		Emit: func(m mention.Mention) error { return out.put(m) },
	}
	var err error
	var result daemon.FetchResult
	if store {
		s, openErr := a.store(ctx, cfg)
		if openErr != nil {
			return openErr
		}
		result, err = s.Fetch(ctx, o)
		err = errors.Join(err, s.Close())
	} else {
		result, err = daemon.FetchOnly(ctx, o)
	}
	if err = errors.Join(err, out.flush()); err != nil {
		return err
	}
	for _, f := range result.Failed {
		fmt.Fprintf(a.stderr, "earshot: source %s: %s\n", f.Source, f.Error)
	}
	fmt.Fprintf(a.stderr, "%d sources, %d new mentions, %d revised, %d sources not read\n", len(sources), result.New, result.Revised, len(result.Failed))
	if len(result.Failed) > 0 {
		return &statusError{status: exitPartly}
	}
	return nil
}

// files runs read over each named file and prints what it gives, one line a
// file or more; a file that fails gives {"file","error"} and status 4.
func (a *app) files(names []string, read func(name string, data []byte, put func(any) error) error) error {
	out := newLines(a.stdout)
	failed := 0
	for _, name := range names {
		data, err := a.readCapped(name)
		if err == nil {
			err = read(name, data, out.put)
		}
		if err != nil {
			failed++
			if err := out.put(map[string]string{"file": name, "error": err.Error()}); err != nil {
				return err
			}
		}
		if err := out.flush(); err != nil {
			return err
		}
	}
	if failed > 0 {
		return &statusError{status: exitPartly}
	}
	return nil
}

// maxInput is how large a feed or page file may be, in bytes; more is refused.
const maxInput = 64 << 20

func (a *app) readCapped(name string) ([]byte, error) {
	f, err := a.openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxInput+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxInput {
		return nil, fmt.Errorf("larger than %d bytes", maxInput)
	}
	return data, nil
}

func (a *app) parseCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "parse FILE…",
		Short: "Read feed files and print a line for each item",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.files(args, func(name string, data []byte, put func(any) error) error {
				feed, err := crawler.ParseFeed(data, "")
				if err != nil {
					return err
				}
				for i := range feed.Items {
					if err := put(feedLine{name, feed, &feed.Items[i]}); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

func (a *app) extractCmd() *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:   "extract [--url URL] FILE…",
		Short: "Read HTML files and print the article in each one",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			return a.files(args, func(name string, data []byte, put func(any) error) error {
				article, err := crawler.Extract(data, address)
				if err != nil {
					return err
				}
				return put(articleLine{name, article})
			})
		},
	}
	c.Flags().StringVar(&address, "url", "", "address the file came from")
	return c
}

func (a *app) diffCmd() *cobra.Command {
	var selector string
	c := &cobra.Command{
		Use:   "diff OLD.html NEW.html",
		Short: "Print what a reader would see change between two versions of a page",
		Args:  cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			before, err := os.ReadFile(args[0])
			if err != nil {
				return err
			}
			after, err := os.ReadFile(args[1])
			if err != nil {
				return err
			}
			changes, err := crawler.DiffPages(before, after, selector)
			if err != nil {
				return err
			}
			out := newLines(a.stdout)
			for i := range changes {
				if err := out.put(&changes[i]); err != nil {
					return err
				}
			}
			return out.flush()
		},
	}
	c.Flags().StringVar(&selector, "select", "", "CSS selector of the part that matters")
	return c
}

// feedLine is a line of `earshot parse`.
type feedLine struct {
	File string        `json:"file"`
	Feed *crawler.Feed `json:"feed"`
	*crawler.Item
}

// articleLine is a line of `earshot extract`.
type articleLine struct {
	File string `json:"file"`
	*crawler.Article
}
