package demo

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"earshot/mention"
)

// CrisisCount is how many mentions in an hour the rule own-crisis asks for.
// The recall brings more in the hour before the past ends and in every live
// one; nothing else in the sixty days comes near.
const CrisisCount = 30

// The ids of the rules and receivers of [World.Config].
const (
	RuleCrisis    = "own-crisis"
	RuleRival     = "rival-launch"
	RuleSafety    = "adverse-events"
	ReceiverHook  = "desk-hook"
	ReceiverMail  = "desk-mail"
	ReceiverDrugs = "safety-mail"
)

// The names of the files beside the configuration.
const (
	configFile = "earshot.yaml"
	secretFile = "hook.secret"
	caFile     = "demo-ca.pem"
)

var configText = template.Must(template.New("config").Funcs(template.FuncMap{"q": quote, "list": quotedList}).Parse(`# The configuration of "earshot demo". Brands, products and sites are invented.
version: 1
zone: Europe/Zurich
brands:
{{- range .Brands}}
  - id: {{.ID}}
    name: {{q .Name}}
    role: {{.Role}}
    aliases: {{list .Aliases}}
    exact: {{list .Exact}}
    handles: {{list .Handles}}
    domains: {{list .Domains}}
    products:
{{- range .Products}}
      - {id: {{.ID}}, name: {{q .Name}}, indication: {{q .Indication}}}
{{- end}}
{{- with .Context}}
    context: {any: {{list .Any}}, none: {{list .None}}, within: {{.Within}}}
{{- end}}
{{- end}}
sources: # every few seconds, because they are our own
{{- range .Sources}}
  - {id: {{.ID}}, kind: {{.Kind}}, url: {{q .URL}}, type: {{.Type}}, every: {{.Every}}
    {{- with .Brand}}, brand: {{.}}{{end}}{{if .Owned}}, owned: true{{end}}{{with .Select}}, select: {{q .}}{{end}}{{with .Follow}}, follow: {{q .}}, depth: 1, pages: 60{{end}}}
{{- end}}
labels:
  - {id: recalls, query: 'recall* OR rückruf*', department: communications, playbook: "Check the lot list before you answer."}
  - {id: side-effects, query: '"side effect*" OR rash OR vomiting OR hospital OR "allergic shock" OR seizure', department: medical}
  - {id: prices, query: 'price* OR expensive OR insurance OR Preis OR "savings card"', department: market-access}
  - {id: supply, query: '"out of stock" OR "back order" OR refill OR lieferbar OR agotado OR rupture', department: supply}
departments:
  - {id: medical, name: Medical information, respond_within: 24h, receivers: [safety-mail]}
  - {id: communications, name: Communications, respond_within: 4h, receivers: [desk-mail]}
  - {id: market-access, name: Market access, respond_within: 3d}
  - {id: supply, name: Supply, respond_within: 24h}
rules:
  - id: own-crisis
    kind: threshold
    match: 'brand:velmora AND recall*'
    count: {{.Count}}
    window: 1h
    keep_firing_for: 6h
    severity: crisis
    notify: [desk-hook, desk-mail]
    playbook: "Call the crisis team. Statement within the hour, lot list on the front page."
  - id: rival-launch
    kind: match
    match: 'brand:(quorvance OR haldenbrook OR teasel) AND kind:release AND title:launch*'
    severity: info
    notify: [desk-hook]
  - id: adverse-events
    kind: safety
    match: 'brand:velmora'
    notify: [desk-hook, safety-mail]
    playbook: "Report within one working day."
boards:
  - id: desk
    name: Service desk
    audience: community managers
    query: brand:velmora
    parts:
      - {chart: number, query: "sentiment:negative", heading: Angry mentions}
      - {chart: stacked, heading: How it is meant}
      - {chart: lines, breakdown: label, text: "Topics that a department answers for."}
      - {breakdown: label, chart: table, heading: Topics in numbers}
      - {breakdown: questions, heading: What people ask}
      - {breakdown: site, size: 8}
      - {breakdown: voices, size: 8}
reports:
  - {id: monday, name: The week, kind: weekly, schedule: "mon 07:00", receivers: [desk-mail]}
  - {id: desk-daily, name: Yesterday, kind: board, board: desk, schedule: "daily 08:00", receivers: [desk-mail], attach: [pdf]}
receivers:
  - {id: desk-hook, kind: webhook, url: {{q .Hook}}, secret_file: {{q .SecretFile}}}
  - id: desk-mail
    kind: email
    to: [desk@velmora.example]
    from: earshot@velmora.example
    smtp: {host: 127.0.0.1, port: {{.MailPort}}, tls: starttls}
  - id: safety-mail
    kind: email
    to: [safety@velmora.example]
    from: earshot@velmora.example
    smtp: {host: 127.0.0.1, port: {{.MailPort}}, tls: starttls}
fetch: {user_agent: "earshot-demo", allow_cidrs: ["127.0.0.1/32"], ca_file: {{q .CAFile}}}
storage: {dir: {{q .DataDir}}, keep: {mentions: 400d, captures: 30d}}
server: {listen: "127.0.0.1:8080"}
privacy: clear
`))

// Brands returns the brands of the world.
func Brands() []mention.Brand {
	var out []mention.Brand
	for i := range cast {
		b := &cast[i]
		m := mention.Brand{
			ID: b.id, Name: b.name, Role: b.role, Aliases: []string{b.company}, Exact: []string{strings.TrimPrefix(b.cash, "$")},
			Handles: []string{b.handle, "#" + b.id, b.cash}, Domains: []string{b.domain}, Context: b.context,
		}
		for _, p := range b.products {
			m.Products = append(m.Products, mention.ProductName{ID: strings.ToLower(p.name), Name: p.name, Indication: p.indication})
		}
		out = append(out, m)
	}
	return out
}

// Sources returns the sources of the world as a configuration has them. Their
// addresses are known while the world is served.
func (w *World) Sources() []mention.Source {
	const often = mention.Duration(2 * time.Second) // so that something moves
	var out []mention.Source
	for i := range w.outlets {
		o := &w.outlets[i]
		s := mention.Source{ID: o.id, Kind: mention.SourceFeed, URL: w.base(o.id) + feedPath(o), Every: often, Type: o.kind, Brand: o.brand}
		s.Owned = o.brand != "" && brandNamed(o.brand).role == mention.RoleOwn
		if o.broken {
			s.Every = 10 * often // its error need not be told every other second
		}
		switch o.format {
		case formatSite:
			s.Kind, s.URL, s.Follow, s.Depth, s.Pages, s.Every = mention.SourceSite, w.base(o.id)+"/news/", "/news/", 1, 60, 15*often
		case formatPage:
			s.Kind, s.URL, s.Select = mention.SourcePage, w.base(o.id)+"/prices", "main"
		}
		out = append(out, s)
	}
	return out
}

// Config returns the text of an earshot.yaml for a daemon that listens to the
// world and keeps its data below dir. Call it after Serve; [World.WriteFiles]
// writes it with the files it names.
func (w *World) Config(dir string) []byte {
	var b bytes.Buffer
	port := 0
	if w.mail != nil {
		port = w.mail.Port
	}
	must(configText.Execute(&b, map[string]any{
		"Brands": Brands(), "Sources": w.Sources(), "Count": CrisisCount, "Hook": w.hook, "MailPort": port,
		"SecretFile": filepath.Join(dir, secretFile), "CAFile": filepath.Join(dir, caFile), "DataDir": filepath.Join(dir, "data"),
	}))
	return b.Bytes()
}

// WriteFiles writes the configuration, the webhook's secret and the
// certificate of the world's CA into dir, which it makes, and returns the path of the
// configuration. Call it after Serve.
func (w *World) WriteFiles(dir string) (config string, err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("demo: %w", err)
	}
	files := map[string][]byte{configFile: w.Config(dir), secretFile: []byte(w.secret + "\n"), caFile: w.ca}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return "", fmt.Errorf("demo: %w", err)
		}
	}
	return filepath.Join(dir, configFile), nil
}

// quote writes a text as a quoted scalar of YAML.
func quote(s string) string { return fmt.Sprintf("%q", s) }

func quotedList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quote(s)
	}
	return "[" + strings.Join(quoted, ", ") + "]"
}
