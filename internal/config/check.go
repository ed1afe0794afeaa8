package config

import (
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"time"

	"earshot/alerts"
	"earshot/crawler"
	"earshot/mention"
	"earshot/query"
	"earshot/report"
)

// check notes what is wrong with the parts and with what they refer to.
func (l *loader) check(cfg *Config) {
	l.checkGeneral(cfg)
	l.checkServer(cfg)
	brands := map[string]bool{}
	for i := range cfg.Brands {
		l.entry("brands", i, cfg.Brands[i].ID, brands, cfg.Brands[i].Faults())
	}
	sources := map[string]bool{}
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		l.entry("sources", i, s.ID, sources, crawler.Faults(s))
		for j, b := range s.Query.Only {
			l.refer("sources", i, fmt.Sprintf("query.only[%d]", j), b, brands)
		}
		if path := s.SecretFile(); path != "" {
			if _, err := os.Stat(path); err != nil {
				o := l.origin("sources", i)
				l.warnings = append(l.warnings, o.doc.place(o.path, err.Error(), "until it can be read, the source is not"))
			}
		}
		l.refer("sources", i, "brand", s.Brand, brands)
		if s.Every >= mention.MinEvery && s.Every < mention.WarnEvery {
			o := l.origin("sources", i)
			l.warnings = append(l.warnings, o.doc.place(o.path+".every", fmt.Sprintf("every %s is below %s", s.Every, mention.WarnEvery),
				"few sources bring something each minute, and some will refuse to be asked so often"))
		}
	}
	receivers := map[string]bool{}
	for i := range cfg.Receivers {
		l.entry("receivers", i, cfg.Receivers[i].ID, receivers, cfg.Receivers[i].Faults())
	}
	for i := range cfg.Receivers {
		if r := &cfg.Receivers[i]; !r.TakesNotices() {
			delete(receivers, r.ID) // it cannot be named below
			l.pulses = append(l.pulses, r.ID)
		}
	}
	for i := range cfg.Receivers {
		for _, path := range secretsOf(&cfg.Receivers[i]) {
			if _, err := os.Stat(path); err != nil {
				o := l.origin("receivers", i)
				l.warnings = append(l.warnings, o.doc.place(o.path, err.Error(), "until it can be read, notices to this receiver wait"))
			}
		}
		l.refer("receivers", i, "fallback", cfg.Receivers[i].Fallback, receivers)
	}
	departments := map[string]bool{}
	for i := range cfg.Departments {
		d := &cfg.Departments[i]
		l.entry("departments", i, d.ID, departments, nil)
		for j, r := range d.Receivers {
			l.refer("departments", i, fmt.Sprintf("receivers[%d]", j), r, receivers)
		}
	}
	labels := map[string]bool{}
	for i := range cfg.Labels {
		l.entry("labels", i, cfg.Labels[i].ID, labels, nil)
		l.query("labels", i, "query", cfg.Labels[i].ID, cfg.Labels[i].Query)
		l.refer("labels", i, "department", cfg.Labels[i].Department, departments)
	}
	l.checkSubscriptions(cfg)
	names := slices.Sorted(maps.Keys(receivers))
	for _, err := range alerts.RouteFaults(cfg.Routes, names) {
		place, msg, _ := strings.Cut(err.Error(), ": ")
		l.origin("routes", routeIndex(place)).doc.fault(place, msg, "")
	}
	for i := range cfg.Rules {
		l.refer("rules", i, "department", cfg.Rules[i].Department, departments)
	}
	l.checkRules(cfg, receivers)
	l.checkReports(cfg, brands, receivers)
	l.checkNames(cfg)
}

// checkReports notes what is wrong with boards and planned reports.
func (l *loader) checkReports(cfg *Config, brands, receivers map[string]bool) {
	boards := map[string]bool{}
	for i := range cfg.Boards {
		b := &cfg.Boards[i]
		l.entry("boards", i, b.ID, boards, b.Faults())
		l.query("boards", i, "query", b.ID, b.Query)
		for j := range b.Parts {
			l.query("boards", i, fmt.Sprintf("parts[%d].query", j), b.ID, b.Parts[j].Query)
		}
	}
	if n := len(cfg.Boards); n > report.MaxBoards {
		l.origin("boards", n-1).doc.fault("boards", fmt.Sprintf("%d boards; at most %d", n, report.MaxBoards), "")
	}
	plans := map[string]bool{}
	for i := range cfg.Reports {
		p := &cfg.Reports[i]
		l.entry("reports", i, p.ID, plans, p.Faults())
		l.query("reports", i, "query", p.ID, p.Query)
		l.refer("reports", i, "board", p.Board, boards)
		for j, b := range p.Brands {
			l.refer("reports", i, fmt.Sprintf("brands[%d]", j), b, brands)
		}
		for j, r := range p.Receivers {
			l.refer("reports", i, fmt.Sprintf("receivers[%d]", j), r, receivers)
		}
	}
	if n := len(cfg.Reports); n > report.MaxPlans {
		l.origin("reports", n-1).doc.fault("reports", fmt.Sprintf("%d reports; at most %d", n, report.MaxPlans), "")
	}
}

func (l *loader) checkRules(cfg *Config, receivers map[string]bool) {
	rules := map[string]bool{}
	examined := cfg.examiner.Examine(cfg.Rules)
	for i := range cfg.Rules {
		r := &cfg.Rules[i]
		l.entry("rules", i, r.ID, rules, examined[i].Faults)
		l.queryWarnings("rules", i, "match", r.ID, examined[i].Messages) // it tells its errors itself
		l.asks("rules", i, "match", r.ID, examined[i].Match)
		for j, n := range r.Notify {
			l.refer("rules", i, fmt.Sprintf("notify[%d]", j), n, receivers)
		}
		for j := range r.Escalate {
			for _, n := range r.Escalate[j].Notify {
				l.refer("rules", i, fmt.Sprintf("escalate[%d].notify", j), n, receivers)
			}
		}
	}
}

func (l *loader) checkGeneral(cfg *Config) {
	d := l.docs[0]
	switch cfg.Version {
	case 1:
	case 0:
		d.fault("version", "version is missing", "begin the file with version: 1")
	default:
		d.fault("version", fmt.Sprintf("version %d is not known to this earshot", cfg.Version), "it reads version 1; a newer earshot may be needed")
	}
	if _, err := time.LoadLocation(cfg.Zone); err != nil {
		d.fault("zone", fmt.Sprintf("zone %q is not known", cfg.Zone), "an IANA name such as Europe/Zurich or UTC")
	}
	switch cfg.Privacy {
	case "", "clear", "hash":
	default:
		d.fault("privacy", fmt.Sprintf("privacy %q is none of clear, hash", cfg.Privacy), "")
	}
	if t := cfg.Safety.Threshold; t < 0 || t > 1 {
		d.fault("safety.threshold", fmt.Sprintf("threshold %g is not 0 to 1", t), "")
	}
	for i, term := range cfg.Muted {
		for _, err := range (&mention.MutedTerm{Term: term}).Faults() {
			o := l.origin("muted", i)
			o.doc.fault(o.path, err.Error(), "")
		}
	}
	for _, err := range cfg.Fetch.Faults() {
		l.place(origin{d, "fetch"}, err)
	}
}

func (l *loader) checkServer(cfg *Config) {
	d, s := l.docs[0], &cfg.Server
	host, _, err := net.SplitHostPort(cfg.Listen())
	if err != nil {
		d.fault("server.listen", fmt.Sprintf("listen %q is not host:port", s.Listen), "127.0.0.1:8080, or :8080 for every address")
	} else if !loopback(host) && len(s.Tokens) == 0 {
		l.warnings = append(l.warnings, d.place("server.listen", fmt.Sprintf("listen %q reaches beyond this machine", cfg.Listen()),
			"while there is no user, the start prints a link that makes the first admin, once"))
	}
	for name, v := range map[string]mention.Duration{"idle": s.Sessions.Idle, "lasts": s.Sessions.Lasts} {
		if v != 0 && (v.Std() < 5*time.Minute || v.Std() > 400*24*time.Hour) {
			d.fault("server.sessions."+name, fmt.Sprintf("%s %s is not between 5m and 400d", name, v), "")
		}
	}
	if (s.TLS.CertFile == "") != (s.TLS.KeyFile == "") {
		d.fault("server.tls", "cert_file and key_file go together", "")
	}
	if s.PublicURL != "" && !strings.HasPrefix(s.PublicURL, "http://") && !strings.HasPrefix(s.PublicURL, "https://") {
		d.fault("server.public_url", fmt.Sprintf("public_url %q does not begin with https:// or http://", s.PublicURL), "")
	}
	if s.BasePath != "" && !strings.HasPrefix(s.BasePath, "/") {
		d.fault("server.base_path", fmt.Sprintf("base_path %q does not begin with /", s.BasePath), "")
	}
	for i, p := range s.TrustedProxies {
		if _, err := parsePrefix(p); err != nil {
			d.fault(fmt.Sprintf("server.trusted_proxies[%d]", i), fmt.Sprintf("%q: %v", p, err), "")
		}
	}
	if s.OIDC != nil {
		checkOIDC(d, s)
	}
	for i, t := range s.Tokens {
		at := fmt.Sprintf("server.tokens[%d]", i)
		if err := mention.CheckID(t.ID); err != nil {
			d.fault(at, err.Error(), "")
		}
		if t.TokenFile == "" {
			d.fault(at, "token_file is missing", "a file with the token alone, readable by earshot only")
		}
		if _, err := os.Stat(t.TokenFile); t.TokenFile != "" && err != nil {
			d.fault(at+".token_file", err.Error(), "")
		}
		switch t.Role {
		case "", "viewer", "analyst", "admin":
		default:
			d.fault(at+".role", fmt.Sprintf("role %q is none of viewer, analyst, admin", t.Role), "")
		}
	}
}

func secretsOf(r *alerts.Receiver) []string {
	list := []string{r.SecretFile, r.OldSecretFile, r.URLFile}
	if r.SMTP != nil {
		list = append(list, r.SMTP.PasswordFile)
	}
	return slices.DeleteFunc(list, func(path string) bool { return path == "" })
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// entry notes the faults of a list's entry and an id that stands twice.
func (l *loader) entry(list string, i int, id string, seen map[string]bool, faults []error) {
	o := l.origin(list, i)
	for _, err := range faults {
		l.place(o, err)
	}
	if id != "" && seen[id] {
		o.doc.fault(o.path+".id", fmt.Sprintf("id %q stands twice in %s", id, list), "ids are unique over all files")
	}
	seen[id] = true
	if faults == nil {
		if err := mention.CheckID(id); err != nil {
			o.doc.fault(o.path, err.Error(), "")
		}
	}
}

// place notes a part's own fault at the key it begins with, where it does.
func (*loader) place(o origin, err error) {
	path, msg := o.path, trimPackage(err)
	key := msg
	if i := strings.IndexAny(msg, " :"); i > 0 {
		key = msg[:i]
	}
	if strings.ContainsAny(key, "[.") { // a path of its own, also where the key is missing
		o.doc.fault(path+"."+key, strings.TrimPrefix(msg, key+": "), "")
		return
	}
	if o.doc.node(path+"."+key) != nil {
		path += "." + key
	}
	o.doc.fault(path, msg, "")
}

// refer notes a name that nothing has.
func (l *loader) refer(list string, i int, key, name string, known map[string]bool) {
	if name == "" || known[name] {
		return
	}
	names := make([]string, 0, len(known))
	for n := range known {
		names = append(names, n)
	}
	o, hint := l.origin(list, i), ""
	if near := mention.Nearest(name, names); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	what := strings.TrimSuffix(strings.SplitN(key, "[", 2)[0], "s")
	if strings.HasPrefix(key, "query.only") {
		what = "brand"
	}
	if slices.Contains(l.pulses, name) {
		hint = "it is a heartbeat, which takes no notices"
	}
	if what == "notify" || what == "fallback" || what == "escalate" {
		what = "receiver"
	}
	o.doc.fault(o.path+"."+key, fmt.Sprintf("there is no %s %q", what, name), hint)
}

// query notes every message about a saved query: errors as faults, the rest as warnings.
func (l *loader) query(list string, i int, key, id, text string) {
	if text == "" && list != "labels" {
		return // everything
	}
	q, messages := query.Parse(text)
	l.asks(list, i, key, id, q)
	o := l.origin(list, i)
	for _, m := range messages {
		if m.Severity == "error" {
			o.doc.faults = append(o.doc.faults, o.message(list, key, id, m))
		}
	}
	l.queryWarnings(list, i, key, id, messages)
}

// An asked is a saved query that may name brands, products and labels.
type asked struct {
	origin
	list, key, id string
	query         *query.Query
}

func (l *loader) asks(list string, i int, key, id string, q *query.Query) {
	if q != nil {
		l.asked = append(l.asked, asked{l.origin(list, i), list, key, id, q})
	}
}

// checkNames warns of queries that ask for what nothing is called: they would
// stay silent for ever.
func (l *loader) checkNames(cfg *Config) {
	known := map[string][]string{"brand": nil, "product": nil, "label": nil}
	for i := range cfg.Brands {
		b := &cfg.Brands[i]
		known["brand"] = append(known["brand"], b.ID)
		for k := range b.Products {
			known["product"] = append(known["product"], b.Products[k].Key())
		}
	}
	for i := range cfg.Labels {
		known["label"] = append(known["label"], cfg.Labels[i].ID)
	}
	for _, field := range []string{"brand", "product", "label"} {
		list := known[field]
		there := make(map[string]bool, len(list))
		for _, id := range list {
			there[strings.ToLower(id)] = true
		}
		for _, a := range l.asked {
			for _, name := range a.query.Names(field) {
				if there[strings.ToLower(name)] {
					continue
				}
				hint := "it will match nothing"
				if near := mention.Nearest(name, list); near != "" {
					hint = fmt.Sprintf("did you mean %s:%s?", field, near)
				}
				l.warnings = append(l.warnings, a.doc.place(a.path+"."+a.key, fmt.Sprintf("%s %s: no %s is called %q", strings.TrimSuffix(a.list, "s"), a.id, field, name), hint))
			}
		}
	}
}

func (l *loader) queryWarnings(list string, i int, key, id string, messages []query.Message) {
	for _, m := range messages {
		if m.Severity != "error" {
			l.warnings = append(l.warnings, l.origin(list, i).message(list, key, id, m))
		}
	}
}

// message places what there is to say of a query.
func (o origin) message(list, key, id string, m query.Message) Fault {
	return o.doc.place(o.path+"."+key, fmt.Sprintf("%s %s, at byte %d: %s: %s", strings.TrimSuffix(list, "s"), id, m.At, m.Code, m.Message), m.Hint)
}

// routeIndex is the place of the first branch of a path like routes[2].routes[0].
func routeIndex(path string) int {
	var i int
	if _, err := fmt.Sscanf(path, "routes[%d]", &i); err != nil {
		return 0
	}
	return i
}

func (l *loader) checkSubscriptions(cfg *Config) {
	seen := map[string]bool{}
	for i := range cfg.Subscriptions {
		s := &cfg.Subscriptions[i]
		faults := s.Faults()
		if _, _, err := s.Subscribe(cfg.Receivers); err != nil && s.Via != "" {
			faults = append(faults, err)
		}
		l.entry("subscriptions", i, s.ID, seen, faults)
	}
	if n := len(cfg.Subscriptions); n > alerts.MaxSubscriptions {
		l.origin("subscriptions", n-1).doc.fault("subscriptions", fmt.Sprintf("%d subscriptions; at most %d", n, alerts.MaxSubscriptions), "")
	}
}
