package daemon

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"earshot/api"
	"earshot/internal/egress"
)

// server builds the API and the pages.
func (d *Daemon) server(ctx context.Context) (*http.Server, error) {
	cfg, pages := d.cfg.Load(), d.pages()
	var tokens []api.Token
	for _, t := range cfg.Server.Tokens {
		secret, err := os.ReadFile(t.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("daemon: token %s: %w", t.ID, err)
		}
		role := api.Role(t.Role)
		if role == "" {
			role = api.RoleViewer
		}
		tokens = append(tokens, api.Token{Name: t.ID, Role: role, Hash: api.HashToken(strings.TrimSpace(string(secret)))})
	}
	provider, err := d.oidc()
	if err != nil {
		return nil, err
	}
	code, until, err := d.setup(ctx, len(tokens))
	if err != nil {
		return nil, err
	}
	h, err := api.New(api.Options{
		Backend: backend{d}, Hub: &d.hub, Tokens: tokens, BasePath: cfg.Server.BasePath, PublicURL: cfg.Server.PublicURL,
		Door:   &api.Token{Name: "cli", Role: api.RoleAdmin, Hash: api.HashToken(d.secret)}, // commands of the same user get in by daemon.json
		People: roster{d.store.Ledger, d}, SetupCode: code, SetupUntil: until, OIDC: provider,
		Sessions:       api.Sessions{Idle: cfg.Server.Sessions.Idle.Std(), Lasts: cfg.Server.Sessions.Lasts.Std()},
		TrustedProxies: cfg.Proxies(), Registry: d.metrics.registry, Zone: cfg.Location(), Extra: pages, Open: map[string]http.Handler{linkPath: http.HandlerFunc(d.linkPage)}, Links: d.o.Links, Version: d.o.Version, Log: d.log,
	})
	if err != nil {
		return nil, fmt.Errorf("daemon: %w", err)
	}
	return api.Server(h), nil
}

// oidc is the identity provider, asked through the guarded client like
// everything beyond this machine; nil when there is none.
func (d *Daemon) oidc() (*api.OIDC, error) {
	cfg := d.cfg.Load()
	o := cfg.Server.OIDC
	if o == nil {
		return nil, nil //nolint:nilnil // none is configured
	}
	eg, err := egress.New(cfg.Fetch)
	if err != nil {
		return nil, fmt.Errorf("daemon: oidc: %w", err)
	}
	p := &api.OIDC{
		Issuer: o.Issuer, ClientID: o.ClientID, Name: o.Name, Scopes: o.Scopes, NameClaim: o.NameClaim, GroupsClaim: o.GroupsClaim,
		DefaultRole: api.Role(o.DefaultRole), Client: eg.Client(egress.ClientOptions{Timeout: 15 * time.Second, MaxBody: 1 << 20, NoRedirect: true}),
	}
	for _, g := range o.Groups {
		p.Groups = append(p.Groups, api.OIDCGroup{Group: g.Group, Role: api.Role(g.Role), Scope: g.Scope})
	}
	if o.ClientSecretFile != "" {
		secret, err := os.ReadFile(o.ClientSecretFile)
		if err != nil {
			return nil, fmt.Errorf("daemon: oidc: %w", err)
		}
		p.ClientSecret = strings.TrimSpace(string(secret))
	}
	return p, nil
}

// setupLasts is how long the link that makes the first admin may be used.
const setupLasts = time.Hour

// setup makes the code of the one-time link when people beyond this machine
// can reach the daemon and nobody could be let in.
func (d *Daemon) setup(ctx context.Context, tokens int) (code string, until time.Time, err error) {
	addr := d.cfg.Load().Listen()
	if api.MayListen(addr, tokens) == nil {
		return "", time.Time{}, nil
	}
	peopled, err := d.store.Ledger.Peopled(ctx)
	if err != nil || peopled {
		return "", time.Time{}, err
	}
	code, until = api.NewSecret(), time.Now().Add(setupLasts)
	d.setupLink = func(address string) { // not logged: it lets in
		if d.o.Setup != nil {
			d.o.Setup(address+"/setup?code="+code, until)
		}
	}
	return code, until, nil
}

// invite tells the link that makes the first admin, when there is to be one:
// under the name that people use, else under this machine's own.
func (d *Daemon) invite(address string) {
	if d.setupLink == nil {
		return
	}
	if public := d.cfg.Load().Server.PublicURL; public != "" {
		d.setupLink(strings.TrimSuffix(public, "/"))
		return
	}
	u, err := url.Parse(address)
	if err == nil {
		if host, _, err := net.SplitHostPort(d.cfg.Load().Listen()); err == nil && !named(host) {
			if name, err := os.Hostname(); err == nil && name != "" {
				u.Host = net.JoinHostPort(name, u.Port())
			}
		}
		address = u.String()
	}
	d.setupLink(address)
}

// named reports whether a host says where it is: 0.0.0.0 does not.
func named(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host != "" && (err != nil || !ip.IsUnspecified())
}
