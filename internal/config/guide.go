package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"earshot/mention"
	"earshot/query"
)

// A Guide makes a first configuration of what people know by heart: who they
// are, and who competes with them.
type Guide struct {
	Company     GuideBrand
	Competitors []GuideBrand
	Pharma      bool             // also the registers of drugs
	Lang        string           // of the news: ISO 639-1; empty means en
	Country     string           // of the news: ISO 3166-1 alpha-2; empty means us
	Zone        string           // empty means UTC
	Contact     string           // address or URL told to the sites that are read
	Found       []mention.Source // feeds that were found on sites
	Everyday    map[string]bool  // ids of brands whose names are everyday words
}

// A GuideBrand is a company as people name it.
type GuideBrand struct {
	Name     string
	Aliases  []string
	Products []string
	Domain   string
}

// maxGuided is how many companies, and products of each, a guide takes.
const maxGuided = 50

// Faults returns everything that is wrong with what was told.
func (g *Guide) Faults() []error {
	var errs []error
	if strings.TrimSpace(g.Company.Name) == "" {
		errs = append(errs, errors.New("the name of the company is missing"))
	}
	if n := len(g.Competitors); n > maxGuided {
		errs = append(errs, fmt.Errorf("%d competitors; at most %d", n, maxGuided))
	}
	for _, code := range []string{g.Lang, g.Country} {
		if code != "" && (len(code) != 2 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "") {
			errs = append(errs, fmt.Errorf("%q is no code of two small letters, such as en or us", code))
		}
	}
	seen := map[string]bool{}
	for _, b := range g.all() {
		key := query.Fold(strings.TrimSpace(b.Name))
		switch {
		case seen[key]:
			errs = append(errs, fmt.Errorf("%q is named twice", b.Name))
		case len(b.Name) > 200:
			errs = append(errs, fmt.Errorf("a name has %d bytes; at most 200", len(b.Name)))
		case len(b.Products) > maxGuided:
			errs = append(errs, fmt.Errorf("%q has %d products; at most %d, the rest goes into the file", b.Name, len(b.Products), maxGuided))
		case strings.ContainsAny(b.Domain, "/:@ "):
			errs = append(errs, fmt.Errorf("%q is no domain, such as acme.example", b.Domain))
		}
		seen[key] = true
	}
	return errs
}

func (g *Guide) all() []GuideBrand { return append([]GuideBrand{g.Company}, g.Competitors...) }

// legalForms end the names of companies; people leave them out.
var legalForms = []string{"inc", "corp", "corporation", "ltd", "limited", "llc", "plc", "ag", "gmbh", "se", "sa", "s.a", "spa", "s.p.a", "nv", "n.v", "ab", "as", "oyj", "co", "& co"}

// short is a company's name as people say it, and as it is registered when that
// differs.
func short(name string) (said, registered string) {
	name = strings.Join(strings.Fields(name), " ")
	said = name
	for changed := true; changed; {
		changed = false
		for _, f := range legalForms {
			bare := strings.TrimRight(said, ". ,")
			if rest, ok := strings.CutSuffix(strings.ToLower(bare), " "+f); ok {
				said, changed = strings.TrimRight(bare[:len(rest)], ", "), true
			}
		}
	}
	if said == name {
		return name, ""
	}
	return said, strings.TrimRight(name, ". ,")
}

// slug is an id made of a name, "" when nothing of it can stand in one.
func slug(name string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(query.Fold(name)) {
		switch {
		case unicode.Is(unicode.Mn, r): // an accent
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String()[:min(b.Len(), 60)], "-")
}

// Brands are the brands that the configuration will have.
func (g *Guide) Brands() []mention.Brand {
	var list []mention.Brand
	used := map[string]bool{}
	for i, b := range g.all() {
		said, registered := short(b.Name)
		id := slug(said)
		if id == "" {
			id = "brand-" + strconv.Itoa(i+1)
		}
		for n := 2; used[id]; n++ {
			id = slug(said) + "-" + strconv.Itoa(n)
		}
		used[id] = true
		m := mention.Brand{ID: id, Name: said, Role: mention.RoleCompetitor, Aliases: slices.Clone(b.Aliases)}
		if i == 0 {
			m.Role = mention.RoleOwn
		}
		if registered != "" && !slices.Contains(m.Aliases, registered) {
			m.Aliases = append(m.Aliases, registered)
		}
		if b.Domain != "" {
			m.Domains = []string{strings.ToLower(b.Domain)}
		}
		for _, p := range b.Products {
			m.Products = append(m.Products, mention.ProductName{Name: p})
		}
		list = append(list, m)
	}
	return list
}

// YAML writes the configuration with comments that say what to do next. It has
// been read back and checked.
func (g *Guide) YAML(path string) ([]byte, error) {
	if faults := g.Faults(); len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	var b strings.Builder
	err := guideText.Execute(&b, map[string]any{
		"Path": path, "Company": g.Company.Name, "Brands": g.Brands(), "Everyday": g.Everyday, "Pharma": g.Pharma, "Found": g.Found,
		"Lang": or(g.Lang, "en"), "Country": or(g.Country, "us"), "Zone": or(g.Zone, "UTC"), "Contact": g.Contact,
	})
	if err != nil {
		return nil, fmt.Errorf("config: guide: %w", err)
	}
	if _, err := Parse(path, []byte(b.String())); err != nil {
		return nil, err
	}
	return []byte(b.String()), nil
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}

// plain is a text as YAML takes it, in quotes unless it is surely a text without.
func plain(s string) string {
	if plainText.MatchString(s) && !slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(s)) {
		return s
	}
	return strconv.Quote(s)
}

var plainText = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9/ _-]*[A-Za-z0-9]$`)

var guideText = template.Must(template.New("guide").Funcs(template.FuncMap{
	"q":     strconv.Quote,
	"plain": plain,
	"list": func(list []string) string {
		quoted := make([]string, len(list))
		for i, s := range list {
			quoted[i] = strconv.Quote(s)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	},
	"products": func(list []mention.ProductName) string {
		quoted := make([]string, len(list))
		for i, p := range list {
			quoted[i] = strconv.Quote(p.Name)
		}
		return "[" + strings.Join(quoted, ", ") + "]"
	},
	"tag": func(name string) string { return "#" + strings.ReplaceAll(slug(name), "-", "") },
}).Parse(`# earshot: what to listen for, where, and whom to tell. Begun for {{q .Company}}.
#
# What to do next:
#   1. Read this file once: lines that begin with "# ->" want an answer of yours.
#   2. earshot check {{.Path}}                              says what is wrong, with the line
#   3. earshot fetch --config {{.Path}} > found.ndjson      one pass over the sources; nothing is kept
#   4. earshot brands preview --config {{.Path}} < found.ndjson    what each brand catches and rejects, and why
#   5. earshot serve --config {{.Path}}                     then open http://127.0.0.1:8080
version: 1
zone: {{plain .Zone}}                       # days and weeks are told in this zone, such as Europe/Zurich

brands:
{{- range .Brands}}
  - id: {{plain .ID}}
    name: {{plain .Name}}             # whole words, any case; also every alias
    role: {{.Role}}
{{- with .Aliases}}
    aliases: {{list .}}
{{- end}}
{{- with .Products}}
    products: {{products .}}
{{- end}}
{{- if .Domains}}
    domains: {{list .Domains}}    # its own channels: what it says, not what is said about it
{{- else}}
    # -> its own sites, so that what it says itself is not counted as talk about it:
    # domains: ["{{.ID}}.example"]
{{- end}}
    # -> its names on platforms, where they are its own:
    # handles: ["@{{.ID}}", "{{tag .Name}}"]
{{- if index $.Everyday .ID}}
    # -> {{q .Name}} is also an everyday word or a name of others: say which words stand near when this one is meant.
    # context: {any: ["a product", "a place", "its chief"], none: ["what others of that name do"], within: 30}
{{- end}}
{{- end}}

sources:                        # without "every" a source's own rhythm decides how often it is asked
  # These search for the names of all brands; none needs a key.
  - {id: google-news, kind: googlenews, query: {from: brands}, lang: {{.Lang}}, country: {{.Country}}}
  - {id: world-news, kind: gdelt, query: {from: brands}}
  - {id: reddit, kind: reddit, query: {from: brands}}         # newest posts; with the key of an app also history and votes
  - {id: hacker-news, kind: hackernews, query: {from: brands}}
{{- if .Pharma}}
  # The registers of drugs, studies and articles; names of products find most in them.
  - {id: fda-reports, kind: openfda, query: {from: brands}}
  - {id: pubmed, kind: pubmed, query: {from: brands}}
  - {id: studies, kind: clinicaltrials, query: {from: brands}}
  - {id: fda-press, kind: feed, url: "https://www.fda.gov/about-fda/contact-fda/stay-informed/rss-feeds/press-releases/rss.xml"}
{{- end}}
{{- range .Found}}
  - {id: {{plain .ID}}, kind: {{.Kind}}, url: {{q .URL}}{{with .Brand}}, brand: {{plain .}}{{end}}{{if .Owned}}, owned: true{{end}}}
{{- end}}
  # -> what your field reads. "earshot sources test URL" says what a site has, "earshot sources add URL" adds it:
  # - {id: trade-paper, kind: feed, url: "https://trade-paper.example/rss.xml"}
  # -> what competitors change on their sites:
  # - {id: their-prices, kind: page, url: "https://competitor.example/pricing", select: main, every: 6h}
  # - {id: their-news, kind: site, url: "https://competitor.example/news/", follow: "/news/"}

labels:                         # saved queries, matched to every mention
  - {id: recalls, query: 'recall* OR withdraw*'}
  - {id: prices, query: 'price* OR expensive OR overpriced OR "too much money"'}
{{- if .Pharma}}
  - {id: side-effects, query: '"side effect*" OR rash OR vomiting OR (reaction NEAR/5 (drug OR vaccine))'}
{{- end}}

rules:
{{- $own := index .Brands 0}}
  - id: own-crisis              # -> how many angry mentions an hour are a crisis? "earshot rules backtest" counts what would have fired
    match: 'brand:"{{$own.ID}}" AND sentiment:negative'
    kind: threshold
    count: 10
    window: 1h
    severity: crisis
    notify: []                  # ids of receivers
  - id: unusual
    match: 'brand:"{{$own.ID}}"'
    kind: spike                 # more than is usual at that hour and day
    severity: warning
    notify: []
{{- if .Pharma}}
  - id: safety                  # anything that looks like an adverse event: told always, held back by nothing
    kind: safety
    notify: []
{{- end}}

receivers: []
  # -> whom to tell:
  # - {id: desk, kind: email, to: ["desk@company.example"], from: "earshot@company.example", smtp: {host: mail.company.example}}
  # - {id: hook, kind: webhook, url: "https://hooks.example/earshot", secret_file: /etc/earshot/hook.secret}

{{if .Contact}}fetch:
  user_agent: {{q (print "earshot (+" .Contact ")")}}   # who you are to the sites you read
{{else}}# -> say who you are to the sites you read; some refuse those who do not:
# fetch: {user_agent: "earshot (+https://company.example/contact)"}
{{end -}}
storage:
  dir: ./data
  keep: {mentions: 400d, captures: 30d}
server:
  listen: "127.0.0.1:8080"      # beyond loopback it wants users or tokens
`))
