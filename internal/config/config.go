package config

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"earshot/alerts"
	"earshot/internal/egress"
	"earshot/mention"
	"earshot/report"
)

// A Config is the whole configuration, checked.
type Config struct {
	Version       int                   `yaml:"version"`
	Zone          string                `yaml:"zone,omitempty"` // IANA name; empty means UTC
	Brands        []mention.Brand       `yaml:"brands,omitempty"`
	Sources       []mention.Source      `yaml:"sources,omitempty"`
	Labels        []mention.Label       `yaml:"labels,omitempty"`
	Departments   []mention.Department  `yaml:"departments,omitempty"`
	Rules         []alerts.Rule         `yaml:"rules,omitempty"`
	RuleFiles     []string              `yaml:"rule_files,omitempty"` // globs, relative to the file
	Receivers     []alerts.Receiver     `yaml:"receivers,omitempty"`
	Subscriptions []alerts.Subscription `yaml:"subscriptions,omitempty"`
	Boards        []report.Board        `yaml:"boards,omitempty"`
	Reports       []report.Plan         `yaml:"reports,omitempty"`
	Muted         []string              `yaml:"muted,omitempty"`  // terms that trends never tell
	Routes        alerts.Routes         `yaml:"routes,omitempty"` // who is told of what no rule names a receiver for
	Fetch         egress.Config         `yaml:"fetch,omitempty"`
	Storage       Storage               `yaml:"storage,omitempty"`
	Server        Server                `yaml:"server,omitempty"`
	Safety        Safety                `yaml:"safety,omitempty"`
	Privacy       string                `yaml:"privacy,omitempty"` // clear or hash; empty means clear

	examiner *alerts.Examiner
	path     string // of the main file; empty for defaults
	files    []string
	warnings Faults
}

// Storage says where the data is and how long it is kept.
type Storage struct {
	Dir  string `yaml:"dir,omitempty"` // relative to the file; empty means ./data
	Keep Keep   `yaml:"keep,omitempty"`
}

// Keep says how long things are kept, counted from collection.
type Keep struct {
	Mentions mention.Duration `yaml:"mentions,omitempty"` // 0 means 400d
	Captures mention.Duration `yaml:"captures,omitempty"` // 0 means 30d
}

// Server says where the API and the pages are.
type Server struct {
	Listen         string   `yaml:"listen,omitempty"`     // empty means 127.0.0.1:8080
	PublicURL      string   `yaml:"public_url,omitempty"` // how people reach it, for links in notices
	BasePath       string   `yaml:"base_path,omitempty"`  // empty means /
	TLS            TLS      `yaml:"tls,omitempty"`
	TrustedProxies []string `yaml:"trusted_proxies,omitempty"` // prefixes whose X-Forwarded headers count
	Tokens         []Token  `yaml:"tokens,omitempty"`
	Sessions       Sessions `yaml:"sessions,omitempty"` // of people who sign in
	OIDC           *OIDC    `yaml:"oidc,omitempty"`     // an identity provider that lets people in besides
}

// An OIDC is an OpenID Connect provider.
type OIDC struct {
	Issuer           string      `yaml:"issuer"`
	ClientID         string      `yaml:"client_id"`
	ClientSecretFile string      `yaml:"client_secret_file,omitempty"` // empty: a public client
	Name             string      `yaml:"name,omitempty"`               // on the sign-in page; empty means the issuer's host
	Scopes           []string    `yaml:"scopes,omitempty"`             // asked for beside openid, profile and email
	NameClaim        string      `yaml:"name_claim,omitempty"`         // empty means preferred_username, else email
	GroupsClaim      string      `yaml:"groups_claim,omitempty"`       // empty means groups
	Groups           []OIDCGroup `yaml:"groups,omitempty"`             // the first that somebody is in counts
	DefaultRole      string      `yaml:"default_role,omitempty"`       // of who is in none; empty lets them not in
}

// An OIDCGroup says what those in a group of the provider may.
type OIDCGroup struct {
	Group string `yaml:"group"`
	Role  string `yaml:"role"`
	Scope string `yaml:"scope,omitempty"` // query: only what it finds is there for them
}

// Sessions says how long people stay signed in.
type Sessions struct {
	Idle  mention.Duration `yaml:"idle,omitempty"`  // without doing anything; 0 means 7d
	Lasts mention.Duration `yaml:"lasts,omitempty"` // at all; 0 means 30d
}

// TLS names the server's certificate; both or neither.
type TLS struct {
	CertFile string `yaml:"cert_file,omitempty"`
	KeyFile  string `yaml:"key_file,omitempty"`
}

// A Token lets a program in. The file holds the token itself; only its hash
// is kept in memory.
type Token struct {
	ID        string `yaml:"id"`
	Role      string `yaml:"role,omitempty"` // viewer, analyst or admin; empty means viewer
	TokenFile string `yaml:"token_file"`
}

// Safety tunes the adverse-event flag.
type Safety struct {
	Threshold float64 `yaml:"threshold,omitempty"` // 0..1; 0 means the model's own, which favours recall
}

// Path returns the main file, or "" for built-in defaults.
func (c *Config) Path() string { return c.path }

// Files returns every file that was read, the main one first.
func (c *Config) Files() []string { return c.files }

// Warnings returns what is odd but no fault.
func (c *Config) Warnings() Faults { return c.warnings }

// Examiner remembers what the rules were found to be when they were read; nil
// when nothing is remembered.
func (c *Config) Examiner() *alerts.Examiner { return c.examiner }

// Location returns the zone that days and weeks are told in.
func (c *Config) Location() *time.Location {
	if loc, err := time.LoadLocation(c.Zone); err == nil {
		return loc
	}
	return time.UTC
}

// DataDir returns the data directory as a path from here.
func (c *Config) DataDir() string {
	return c.relative(orDefault(c.Storage.Dir, "data"))
}

// Listen returns the address to listen on.
func (c *Config) Listen() string { return orDefault(c.Server.Listen, "127.0.0.1:8080") }

// KeepMentions returns how long mentions are kept.
func (c *Config) KeepMentions() time.Duration {
	if c.Storage.Keep.Mentions == 0 {
		return 400 * 24 * time.Hour
	}
	return c.Storage.Keep.Mentions.Std()
}

// KeepCaptures returns how long captures are kept.
func (c *Config) KeepCaptures() time.Duration {
	if c.Storage.Keep.Captures == 0 {
		return 30 * 24 * time.Hour
	}
	return c.Storage.Keep.Captures.Std()
}

// Alerting returns the rules in force and the receivers that take notices,
// with those that the subscriptions stand for.
func (c *Config) Alerting() ([]alerts.Rule, []alerts.Receiver) {
	rules := slices.Clip(c.Rules)
	receivers := slices.DeleteFunc(slices.Clone(c.Receivers), func(r alerts.Receiver) bool { return !r.TakesNotices() })
	for i := range c.Subscriptions {
		rule, receiver, err := c.Subscriptions[i].Subscribe(c.Receivers)
		if err != nil {
			continue // told when the configuration was checked
		}
		rules, receivers = append(rules, rule), append(receivers, receiver)
	}
	return rules, receivers
}

// Heartbeats returns the receivers that are told that all is well.
func (c *Config) Heartbeats() []alerts.Receiver {
	return slices.DeleteFunc(slices.Clone(c.Receivers), func(r alerts.Receiver) bool { return r.TakesNotices() })
}

// Proxies returns the trusted proxies.
func (c *Config) Proxies() []netip.Prefix {
	var list []netip.Prefix
	for _, s := range c.Server.TrustedProxies {
		if p, err := parsePrefix(s); err == nil {
			list = append(list, p)
		}
	}
	return list
}

// LinkVersion identifies the brands and labels that a linking rests on: equal
// for equal brands and labels, whatever else the file says.
func (c *Config) LinkVersion() string {
	body, err := json.Marshal(struct {
		Brands []mention.Brand
		Labels []mention.Label
	}{c.Brands, c.Labels})
	if err != nil {
		panic(err) // plain structs of strings and numbers
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}

// KeepFixed takes from old what holds until the next start, and says what of
// it the file has otherwise; nil when nothing.
func (c *Config) KeepFixed(old *Config) error {
	var names []string
	for _, part := range []struct {
		name     string
		now, was any
	}{
		{"server", &c.Server, &old.Server},
		{"storage.dir", &c.Storage.Dir, &old.Storage.Dir},
		{"zone", &c.Zone, &old.Zone},
		{"privacy", &c.Privacy, &old.Privacy},
	} {
		now, was := reflect.ValueOf(part.now).Elem(), reflect.ValueOf(part.was).Elem()
		if !reflect.DeepEqual(now.Interface(), was.Interface()) {
			names = append(names, part.name)
			now.Set(was)
		}
	}
	if len(names) == 0 {
		return nil
	}
	return fmt.Errorf("%s: the change takes effect at the next start", strings.Join(names, ", "))
}

// SetDataDir puts the data elsewhere than the file says; dir is a path from here.
func (c *Config) SetDataDir(dir string) {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	c.Storage.Dir = dir
}

// relative reads a path of the file as one relative to the file's folder.
func (c *Config) relative(path string) string {
	if path == "" || filepath.IsAbs(path) || c.path == "" {
		return path
	}
	return filepath.Join(filepath.Dir(c.path), path)
}

// resolvePaths makes the paths of the files' own entries paths from here.
func (c *Config) resolvePaths() {
	paths := []*string{&c.Server.TLS.CertFile, &c.Server.TLS.KeyFile, &c.Fetch.CAFile}
	if o := c.Server.OIDC; o != nil {
		paths = append(paths, &o.ClientSecretFile)
	}
	for i := range c.Server.Tokens {
		paths = append(paths, &c.Server.Tokens[i].TokenFile)
	}
	for i := range c.Sources {
		paths = append(paths, &c.Sources[i].KeyFile, &c.Sources[i].TokenFile, &c.Sources[i].Dir)
	}
	for i := range c.Receivers {
		r := &c.Receivers[i]
		paths = append(paths, &r.SecretFile, &r.OldSecretFile, &r.URLFile)
		if r.SMTP != nil {
			paths = append(paths, &r.SMTP.PasswordFile)
		}
	}
	for _, p := range paths {
		*p = c.relative(*p)
	}
}

func parsePrefix(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p, nil
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, errors.New("not an address or a prefix such as 10.0.0.0/8")
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

func orDefault(s, def string) string {
	if s == "" {
		return def
	}
	return s
}
