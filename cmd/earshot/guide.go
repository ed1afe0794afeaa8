package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"earshot/internal/config"
	"earshot/mention"
	"earshot/nlp"
)

// guideFlags are what init is told without being asked.
type guideFlags struct {
	company, domain, dir, contact, lang, country, zone, sample string
	aliases, products, competitors                             []string
	pharma, discover, plain                                    bool
}

func (a *app) initCmd() *cobra.Command {
	var f guideFlags
	c := &cobra.Command{
		Use:   "init [FILE]",
		Short: "Write a commented configuration to start from",
		Long: "Make a first configuration of the name of a company and those of its competitors: brands, sources that need no key, labels and rules, with comments that say what to do next." +
			"\nIt shows what each brand would catch, in a few everyday texts or in --sample FILE, and asks no network unless --discover is given. At a terminal it asks for what no flag tells." +
			"\nWithout a company, or with --plain, it writes an example to change. A file that is there is never written over." +
			"\n\n  earshot init --company \"Velmora Inc\" --domain velmora.example --product Tensivane --competitor Quorvance --competitor Teasel=teasel.example --pharma",
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := defaultConfig
			if len(args) == 1 {
				path = args[0]
			}
			return a.initialize(cmd.Context(), filepath.Join(f.dir, path), &f)
		},
	}
	fl := c.Flags()
	fl.StringVar(&f.company, "company", "", "name of the company")
	fl.StringArrayVar(&f.aliases, "alias", nil, "another name of the company; may be given several times")
	fl.StringArrayVar(&f.products, "product", nil, "what it sells; may be given several times")
	fl.StringVar(&f.domain, "domain", "", "its own site, such as acme.example")
	fl.StringArrayVar(&f.competitors, "competitor", nil, "NAME or NAME=DOMAIN; may be given several times")
	fl.BoolVar(&f.pharma, "pharma", false, "also the registers of drugs, studies and articles, and the safety rule")
	fl.StringVar(&f.lang, "lang", "en", "language of the news")
	fl.StringVar(&f.country, "country", "us", "country of the news")
	fl.StringVar(&f.zone, "zone", "UTC", "zone in which days are told")
	fl.StringVar(&f.contact, "contact", "", "address that the sites you read are told")
	fl.StringVar(&f.dir, "dir", "", "folder of the file; made where it is not there")
	fl.StringVar(&f.sample, "sample", "", "NDJSON documents to try the brands on, - for standard input")
	fl.BoolVar(&f.discover, "discover", false, "look for feeds on the domains: asks the network")
	fl.BoolVar(&f.plain, "plain", false, "write the example, ask nothing")
	return c
}

func (a *app) initialize(ctx context.Context, path string, f *guideFlags) error {
	if _, err := os.Lstat(path); err == nil { // before anybody is asked anything
		return fmt.Errorf("%s exists; it is not written over", path)
	}
	if f.company == "" && !f.plain && f.sample != "-" && a.atTerminal() {
		if err := a.askGuide(f); err != nil {
			return err
		}
	}
	if f.company == "" {
		if len(f.competitors)+len(f.products)+len(f.aliases) > 0 || f.domain != "" || f.discover || f.sample != "" {
			return usage("--company is missing")
		}
		if err := writeNew(path, []byte(config.Starter)); err != nil {
			return err
		}
		fmt.Fprintf(a.stderr, "%s written; change it, then: earshot check %s && earshot serve --config %s\n", path, path, path)
		return nil
	}
	return a.guide(ctx, path, f)
}

// guide writes the configuration of a company and shows what its brands catch.
func (a *app) guide(ctx context.Context, path string, f *guideFlags) error {
	g := config.Guide{
		Company: config.GuideBrand{Name: f.company, Aliases: trimmed(f.aliases), Products: trimmed(f.products), Domain: f.domain},
		Pharma:  f.pharma, Lang: f.lang, Country: f.country, Zone: f.zone, Contact: f.contact,
	}
	for _, c := range trimmed(f.competitors) {
		name, domain, _ := strings.Cut(c, "=")
		g.Competitors = append(g.Competitors, config.GuideBrand{Name: strings.TrimSpace(name), Domain: strings.TrimSpace(domain)})
	}
	if faults := g.Faults(); len(faults) > 0 {
		return usage("%v", errors.Join(faults...))
	}
	catches, err := a.catches(ctx, &g, f.sample)
	if err != nil {
		return err
	}
	if f.discover {
		a.discoverFeeds(ctx, &g)
	}
	text, err := g.YAML(path)
	if err != nil {
		return err
	}
	if err := writeNew(path, text); err != nil {
		return err
	}
	cfg, err := config.Load(path)
	if err != nil {
		return err
	}
	if err := a.printCatches(catches); err != nil {
		return err
	}
	for _, b := range g.Brands() {
		if g.Everyday[b.ID] {
			fmt.Fprintf(a.stderr, "warning: %q is also an everyday word or a name of others: say in the file which words stand near it (context), or it may catch what is not about it\n", b.Name)
		}
	}
	fmt.Fprintf(a.stderr, "%s written: %d brands, %d sources. Read what is marked \"# ->\" in it, then:\n  earshot check %s\n  earshot serve --config %s\n", path, len(cfg.Brands), len(cfg.Sources), path, path)
	return nil
}

func trimmed(list []string) []string {
	var out []string
	for _, s := range list {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// writeNew writes a file that is not there yet.
func writeNew(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}

// atTerminal reports whether somebody can be asked.
func (a *app) atTerminal() bool {
	f, ok := a.stdin.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// askGuide asks for what no flag told. Who only presses return, or whose input
// ends, gets the example.
func (a *app) askGuide(f *guideFlags) error {
	in := bufio.NewScanner(io.LimitReader(a.stdin, 1<<16))
	ask := func(question string) string {
		fmt.Fprint(a.stderr, question+" ")
		if !in.Scan() {
			fmt.Fprintln(a.stderr)
			return ""
		}
		return strings.TrimSpace(in.Text())
	}
	several := func(have []string, question string) []string {
		if len(have) > 0 {
			return have
		}
		return trimmed(strings.Split(ask(question), ","))
	}
	if f.company = ask("Name of your company (return for an example file):"); f.company == "" {
		return in.Err()
	}
	f.products = several(f.products, "Its products, with commas between (return for none yet):")
	if f.domain == "" {
		f.domain = ask("Its own site, such as acme.example (return for none):")
	}
	f.competitors = several(f.competitors, "Competitors, with commas between:")
	if !f.pharma {
		f.pharma = strings.HasPrefix(strings.ToLower(ask("Does it sell drugs or devices? The registers are read too [y/N]:")), "y")
	}
	if f.contact == "" {
		f.contact = ask("An address that sites you read are told, a URL or mail (return for none yet):")
	}
	return in.Err()
}

// discoverFeeds looks for feeds on the domains of the brands. A site that has
// none, or does not answer, is told and left out.
func (a *app) discoverFeeds(ctx context.Context, g *config.Guide) {
	cfg := config.Default()
	brands := g.Brands()
	cfg.Brands = brands
	for i := range brands {
		b := &brands[i]
		for _, domain := range b.Domains {
			t, _, err := a.inspect(ctx, cfg, "https://"+domain+"/")
			if err != nil {
				fmt.Fprintf(a.stderr, "%s: %v\n", domain, err)
				continue
			}
			if t.Source == nil || t.Source.Kind != mention.SourceFeed {
				continue
			}
			s := mention.Source{ID: b.ID + "-news", Kind: t.Source.Kind, URL: t.Source.URL, Brand: b.ID, Owned: b.Role == mention.RoleOwn}
			if !slices.ContainsFunc(g.Found, func(x mention.Source) bool { return x.ID == s.ID }) {
				g.Found = append(g.Found, s)
			}
		}
	}
}

// A catch is what a brand catches, and what it leaves, in some texts.
type catch struct {
	brand        mention.Brand
	texts        int
	caught, left int
	examples     [][3]string // verdict, text, why
}

// maxExamples is how many texts of each brand are shown.
const maxExamples = 6

// catches tries the brands on documents: those of a file, or a few everyday
// texts, and on texts that name them.
func (a *app) catches(ctx context.Context, g *config.Guide, sample string) ([]catch, error) {
	brands := g.Brands()
	an, err := nlp.New(nlp.Options{Brands: brands})
	if err != nil {
		return nil, err
	}
	out := make([]catch, len(brands))
	at := map[string]int{}
	for i := range brands {
		out[i].brand, at[brands[i].ID] = brands[i], i
	}
	g.Everyday = map[string]bool{}
	try := func(m *mention.Mention, everyday bool) {
		seen := map[int]bool{}
		for _, c := range an.Preview(m) {
			i := at[c.Brand]
			if seen[i] {
				continue
			}
			seen[i] = true
			out[i].add(m, &c)
			if everyday || strings.Contains(c.Why, "everyday word") {
				g.Everyday[c.Brand] = true
			}
		}
	}
	if sample != "" {
		in, err := a.openFile(sample)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		return out, documents(in, func(n int, line []byte) error {
			row, err := decodeRow(n, line)
			if err != nil {
				return err
			}
			m := row.Mention()
			for i := range out {
				out[i].texts++
			}
			try(&m, false)
			return ctx.Err()
		})
	}
	for i := range brands {
		for _, text := range naming(&brands[i]) {
			out[i].texts++
			try(&mention.Mention{ID: "named", Text: text}, false)
		}
	}
	for _, text := range everydayTexts {
		for i := range out {
			out[i].texts++
		}
		try(&mention.Mention{ID: "everyday", Text: text}, true)
	}
	return out, nil
}

func (c *catch) add(m *mention.Mention, x *nlp.Candidate) {
	verdict := "left"
	if x.Linked {
		verdict = "caught"
		c.caught++
	} else {
		c.left++
	}
	if len(c.examples) < maxExamples {
		text := m.Text
		if m.Title != "" {
			text = m.Title
		}
		c.examples = append(c.examples, [3]string{verdict, brief(text), x.Why})
	}
}

// brief is the beginning of a text on one line.
func brief(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) > 70 {
		return string(runes[:69]) + "…"
	}
	return string(runes)
}

func (a *app) printCatches(list []catch) error {
	t := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "brand\tverdict\ttext\twhy")
	for i := range list {
		c := &list[i]
		for _, e := range c.examples {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", c.brand.Name, e[0], e[1], e[2])
		}
	}
	for i := range list {
		c := &list[i]
		fmt.Fprintf(t, "%s\t\tcatches %d and leaves %d of %d texts\t\n", c.brand.Name, c.caught, c.left, c.texts)
	}
	return t.Flush()
}
