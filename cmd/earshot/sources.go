package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"earshot/crawler"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/internal/egress"
	"earshot/mention"
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

// outside makes what reading an address by hand needs.
func outside(cfg *config.Config) (crawler.Options, error) {
	eg, err := egress.New(cfg.Fetch)
	if err != nil {
		return crawler.Options{}, err
	}
	return crawler.Options{Egress: eg, Hosts: crawler.NewHosts(crawler.HostsOptions{Egress: eg}), Brands: cfg.Brands}, nil
}

// inspect reads an address and says on stderr what it is.
func (a *app) inspect(ctx context.Context, cfg *config.Config, address string) (*crawler.Report, error) {
	if u, err := url.Parse(address); err != nil || u.Host == "" || !strings.HasPrefix(u.Scheme, "http") {
		return nil, usage("%q is neither an http or https address nor a source of the configuration", address)
	}
	o, err := outside(cfg)
	if err != nil {
		return nil, err
	}
	defer o.Egress.CloseIdle()
	r, err := crawler.Inspect(ctx, address, o)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", address, strings.TrimPrefix(err.Error(), "crawler: "))
	}
	if r.Type == "page" {
		fmt.Fprintf(a.stderr, "%s is a web page: %s\n", r.URL, orWord(r.Title, "without a title"))
		for _, f := range r.Feeds {
			fmt.Fprintf(a.stderr, "  feed %s: %s, %d items\n", f.URL, orWord(f.Title, "without a title"), f.Items)
		}
		for _, s := range r.Sitemaps {
			fmt.Fprintf(a.stderr, "  sitemap %s\n", s)
		}
		if len(r.Feeds) == 0 {
			fmt.Fprintln(a.stderr, "  no feed was found; as a `site` its links are followed, as a `page` it is watched for changes")
		}
	} else {
		fmt.Fprintf(a.stderr, "%s is a feed (%s): %s, %d items\n", r.URL, r.Type, orWord(r.Title, "without a title"), len(r.Mentions))
	}
	if r.Repaired != "" {
		fmt.Fprintf(a.stderr, "  it is damaged, and was read all the same: %s\n", r.Repaired)
	}
	if r.Gap > 0 {
		fmt.Fprintf(a.stderr, "  about one item every %s; it would be asked every %s\n", r.Gap.Round(time.Minute), r.Wait.Round(time.Minute))
	} else {
		fmt.Fprintf(a.stderr, "  how often it changes cannot be told yet; it would be asked every %s\n", r.Wait.Round(time.Minute))
	}
	return r, nil
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
	r, err := a.inspect(ctx, cfg, name)
	if err != nil {
		return err
	}
	for i := range r.Mentions {
		if err := out.put(&r.Mentions[i]); err != nil {
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
	r, err := a.inspect(ctx, cfg, address)
	if err != nil {
		return err
	}
	src := r.Source
	if known := sourceAt(cfg, src.URL); known != "" {
		return fmt.Errorf("%s is source %s already", src.URL, known)
	}
	if src.ID = id; id == "" {
		src.ID = sourceID(cfg, nil, r.Title, src.URL)
	}
	path, err := cfg.AddSources([]mention.Source{src})
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stderr, "added %s %s to %s\n", src.Kind, src.ID, path)
	fmt.Fprintln(a.stdout, src.ID)
	return nil
}

// sourceAt names the source that reads an address, or "".
func sourceAt(cfg *config.Config, address string) string {
	key := crawler.Canonical(address)
	for i := range cfg.Sources {
		if cfg.Sources[i].URL != "" && crawler.Canonical(cfg.Sources[i].URL) == key {
			return cfg.Sources[i].ID
		}
	}
	return ""
}

// sourceID makes an id that no source has, of a host or a title.
func sourceID(cfg *config.Config, more []mention.Source, title, address string) string {
	base := title
	if u, err := url.Parse(address); err == nil && (base == "" || len(base) > 40) {
		base = strings.TrimPrefix(u.Hostname(), "www.")
	}
	base = strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.':
			return r
		default:
			return '-'
		}
	}, strings.ToLower(base)), "-.")
	for strings.Contains(base, "--") {
		base = strings.ReplaceAll(base, "--", "-")
	}
	if base == "" {
		base = "source"
	}
	taken := func(id string) bool {
		same := func(s mention.Source) bool { return s.ID == id }
		return slices.ContainsFunc(cfg.Sources, same) || slices.ContainsFunc(more, same)
	}
	id := base
	for n := 2; taken(id); n++ {
		id = fmt.Sprintf("%s-%d", base, n)
	}
	return id
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
	outlines, err := crawler.ParseOPML(data)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	var fresh []mention.Source
	known, refused := 0, 0
	for _, o := range outlines {
		if sourceAt(cfg, o.URL) != "" {
			known++
			continue
		}
		src := mention.Source{ID: sourceID(cfg, fresh, o.Title, o.URL), Kind: mention.SourceFeed, URL: o.URL}
		if errs := crawler.Faults(&src); len(errs) > 0 {
			fmt.Fprintf(a.stderr, "earshot: %s: %v\n", o.URL, errs[0])
			refused++
			continue
		}
		fresh = append(fresh, src)
	}
	if len(fresh) > 0 {
		path, err := cfg.AddSources(fresh)
		if err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "added to %s\n", path)
	}
	fmt.Fprintf(a.stderr, "%d feeds: %d added, %d known, %d refused\n", len(outlines), len(fresh), known, refused)
	if refused > 0 {
		return &statusError{status: exitPartly}
	}
	return nil
}

func (a *app) exportOPML() error {
	cfg, err := a.config()
	if err != nil {
		return err
	}
	var list []crawler.Outline
	for i := range cfg.Sources {
		if s := &cfg.Sources[i]; s.Kind == mention.SourceFeed {
			list = append(list, crawler.Outline{Title: s.ID, URL: s.URL})
		}
	}
	return crawler.WriteOPML(a.stdout, "earshot", time.Now(), list)
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
