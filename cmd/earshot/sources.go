package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"earshot/api"
	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/internal/egress"
	"earshot/mention"
	"earshot/nlp"
)

func (a *app) sourcesCmd() *cobra.Command {
	c := group("sources", "Sources: how they are, what one would give, and adding more")
	list := &cobra.Command{
		Use:   "list",
		Short: "Every source with its state and last error in words",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.listSources(cmd.Context()) },
	}
	a.dataFlags(list)
	a.outputFlag(list, "table", "table", "json", "ndjson")
	test := &cobra.Command{
		Use:   "test URL|SOURCE",
		Short: "Read an address once: what it is, how often it changes, and what its mentions would look like; nothing is stored",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.testSource(cmd.Context(), args[0]) },
	}
	a.dataFlags(test)
	var id string
	add := &cobra.Command{
		Use:   "add URL",
		Short: "Find the best source at an address and add it to the configuration (conf.d/added-sources.yaml)",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.addSource(cmd.Context(), args[0], id) },
	}
	a.dataFlags(add)
	add.Flags().StringVar(&id, "id", "", "name of the source; made of the address unless given")
	var since string
	back := &cobra.Command{
		Use:   "backfill SOURCE",
		Short: "Collect the past of a source whose platform has one; a running daemon does it in the background",
		Args:  cobra.ExactArgs(1),
		RunE:  func(cmd *cobra.Command, args []string) error { return a.backfillSource(cmd.Context(), args[0], since) },
	}
	a.dataFlags(back)
	back.Flags().StringVar(&since, "since", "90d", "how far back: a duration such as 90d, or a date")
	imp := &cobra.Command{
		Use:   "import FILE",
		Short: "Add the feeds of an OPML file, as other readers export it",
		Args:  cobra.ExactArgs(1),
		RunE:  func(_ *cobra.Command, args []string) error { return a.importOPML(args[0]) },
	}
	a.dataFlags(imp)
	exp := &cobra.Command{
		Use:   "export",
		Short: "Print the feeds of the configuration as OPML",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.exportOPML() },
	}
	a.dataFlags(exp)
	c.AddCommand(list, test, add, back, imp, exp, a.screeningCmd())
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
	} else if hasData(cfg) != nil {
		for _, src := range cfg.Sources {
			list = append(list, mention.SourceStatus{Source: src, State: mention.SourceState{Source: src.ID}, Owner: "file"})
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
		case s.State.Notice != "":
			state = s.State.Notice
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

// inspect reads an address and says on stderr what it is.
func (a *app) inspect(ctx context.Context, cfg *config.Config, address string) (mention.SourceTest, []mention.Mention, error) {
	var t mention.SourceTest
	eg, err := egress.New(cfg.Fetch)
	if err != nil {
		return t, nil, err
	}
	defer eg.CloseIdle()
	an, err := nlp.New(nlp.Options{Brands: cfg.Brands})
	if err != nil {
		return t, nil, err
	}
	o := crawler.Options{Egress: eg, Hosts: crawler.NewHosts(crawler.HostsOptions{Egress: eg}), Brands: cfg.Brands}
	t, found, err := daemon.TestSource(ctx, cfg, an, o, address)
	if _, ok := errors.AsType[*api.InvalidError](err); ok {
		return t, nil, usage("%q is neither an http or https address nor a source of the configuration", address)
	}
	if err == nil && !t.Good {
		err = fmt.Errorf("%s: %s", address, t.Answer)
	}
	if err != nil {
		return t, nil, err
	}
	a.printTest(&t)
	return t, found, nil
}

// printTest says on stderr what an address is.
func (a *app) printTest(t *mention.SourceTest) {
	say := func(format string, args ...any) { fmt.Fprintf(a.stderr, format+"\n", args...) }
	if t.Type == "page" {
		say("%s is a web page: %s", t.URL, orWord(t.Title, "without a title"))
		for _, f := range t.Feeds {
			say("  feed %s: %s, %d items", f.URL, orWord(f.Title, "without a title"), f.Items)
		}
		for _, s := range t.Sitemaps {
			say("  sitemap %s", s)
		}
		if len(t.Feeds) == 0 {
			say("  no feed was found; as a `site` its links are followed, as a `page` it is watched for changes")
		}
	} else {
		say("%s is a feed (%s): %s, %d items", t.URL, t.Type, orWord(t.Title, "without a title"), t.Found)
	}
	say("  %s", t.Answer)
	say("  robots.txt: %s", t.Robots)
	if t.Repaired != "" {
		say("  it is damaged, and was read all the same: %s", t.Repaired)
	}
	if t.Cut != "" {
		say("  %s", t.Cut)
	}
	if t.Gap > 0 {
		say("  about one item every %s; it would be asked every %s", t.Gap, t.Wait)
	} else {
		say("  how often it changes cannot be told yet; it would be asked every %s", t.Wait)
	}
	say("  %s", t.Extraction)
	for _, b := range t.Caught {
		say("  brand %s: in %d of %d", b.Brand, b.Count, t.Found)
	}
	if t.Known != "" {
		say("  it is source %s already", t.Known)
	}
}

// testSource reads an address, or a source of the configuration, once.
func (a *app) testSource(ctx context.Context, name string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	out := newLines(a.stdout)
	for i := range cfg.Sources {
		if cfg.Sources[i].ID == name {
			return a.testConfigured(ctx, cfg, cfg.Sources[i])
		}
	}
	_, found, err := a.inspect(ctx, cfg, name)
	if err != nil {
		return err
	}
	for i := range found {
		if err := out.put(&found[i]); err != nil {
			return err
		}
	}
	return out.flush()
}

// testConfigured makes one short pass that stores nothing.
func (a *app) testConfigured(ctx context.Context, cfg *config.Config, src mention.Source) error {
	out := newLines(a.stdout)
	if src.Pages == 0 || src.Pages > 5 {
		src.Pages = 5
	}
	result, err := daemon.FetchOnly(ctx, daemon.FetchOptions{
		Config: cfg, Sources: []mention.Source{src}, Log: a.log, Emit: func(m mention.Mention) error { return out.put(m) },
	})
	if err = errors.Join(err, out.flush()); err != nil {
		return err
	}
	for _, f := range result.Failed {
		return fmt.Errorf("source %s: %s", src.ID, f.Error)
	}
	fmt.Fprintf(a.stderr, "source %s (%s): %d mentions on its first pages\n", src.ID, src.Kind, result.New)
	return nil
}

func (a *app) addSource(ctx context.Context, address, id string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	t, _, err := a.inspect(ctx, cfg, address)
	if err != nil {
		return err
	}
	src := *t.Source
	if t.Known != "" {
		return fmt.Errorf("%s is source %s already", src.URL, t.Known)
	}
	if id != "" {
		src.ID = id
	}
	path, err := cfg.AddSources([]mention.Source{src})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "added %s %s to %s\n", src.Kind, src.ID, path)
	fmt.Fprintln(a.stdout, src.ID)
	return nil
}

func (a *app) importOPML(name string) error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	data, err := a.readCapped(name)
	if err != nil {
		return err
	}
	plan, fresh, err := daemon.ReadOPML(cfg, data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for _, f := range plan.Feeds {
		if f.State == mention.ImportFault {
			fmt.Fprintf(a.stderr, "earshot: %s:%d: %s: %s\n", name, f.Line, orWord(f.URL, orWord(f.Title, "a feed")), f.Why)
		}
	}
	if len(fresh) > 0 {
		path, err := cfg.AddSources(fresh)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "added to %s\n", path)
	}
	fmt.Fprintf(a.stderr, "%d feeds: %d added, %d known, %d twice, %d refused\n", len(plan.Feeds), plan.New, plan.Known, plan.Twice, plan.Faults)
	if plan.Faults > 0 {
		return &statusError{status: exitPartly}
	}
	return nil
}

func (a *app) exportOPML() error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	return daemon.WriteOPML(a.stdout, cfg, time.Now())
}

// backfillSource asks for the past of a source: of the daemon when one runs,
// else it reads until all is there.
func (a *app) backfillSource(ctx context.Context, id, since string) error {
	from, err := sinceTime(since, time.Now())
	if err != nil {
		return err
	}
	cfg, err := a.config()
	if err != nil {
		return err
	}
	sources, err := pick(cfg, []string{id})
	if err != nil {
		return err
	}
	if _, err := crawler.Backfill(sources[0], cfg.Brands, mention.SourceState{}, from, time.Now()); err != nil {
		return err
	}
	return a.eitherWay(ctx, func(r *remote) error {
		_, err := r.raw(ctx, "POST", "/sources/"+url.PathEscape(id)+"/backfill", map[string]any{"since": from})
		if err == nil {
			fmt.Fprintln(a.stderr, "begun; the daemon collects it in the background")
		}
		return err
	}, func(s *daemon.Store) error {
		return a.backfillHere(ctx, cfg, s, sources[0], from)
	})
}

func (a *app) backfillHere(ctx context.Context, cfg *config.Config, s *daemon.Store, src mention.Source, from time.Time) error {
	if err := s.Backfill(ctx, cfg, src, from); err != nil {
		return err
	}
	total := 0
	for {
		result, err := s.Fetch(ctx, daemon.FetchOptions{Config: cfg, Sources: []mention.Source{src}, Log: a.log})
		if err != nil {
			return err
		}
		total += result.New
		for _, f := range result.Failed {
			fmt.Fprintf(a.stderr, "%d new mentions; run it again later, it goes on where it stopped\n", total)
			return fmt.Errorf("source %s: %s", src.ID, f.Error)
		}
		state, err := s.Ledger.SourceState(ctx, src.ID)
		if err != nil {
			return err
		}
		if !crawler.Behind(state) {
			fmt.Fprintf(a.stderr, "%d new mentions since %s\n", total, from.Format(time.DateOnly))
			return nil
		}
	}
}

// sinceTime reads a duration back from now, or a date.
func sinceTime(text string, now time.Time) (time.Time, error) {
	var d mention.Duration
	if err := d.UnmarshalText([]byte(text)); err == nil && d > 0 {
		return now.Add(-d.Std()).UTC(), nil
	}
	if t, ok := crawler.ParseDate(text); ok && t.Before(now) {
		return t, nil
	}
	return time.Time{}, usage("--since %q is neither a duration such as 90d nor a date of the past", text)
}
