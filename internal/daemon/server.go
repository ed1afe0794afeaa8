package daemon

import (
	"fmt"
	"net/http"
	"os"
	"strings"

	"earshot/api"
)

// server builds the API and the pages.
func (d *Daemon) server() (*http.Server, error) {
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
	if len(tokens) > 0 { // commands of the same user get in by daemon.json
		tokens = append(tokens, api.Token{Name: "cli", Role: api.RoleAdmin, Hash: api.HashToken(d.secret)})
	}
	h, err := api.New(api.Options{
		Backend: backend{d}, Hub: &d.hub, Tokens: tokens, BasePath: cfg.Server.BasePath, PublicURL: cfg.Server.PublicURL,
		TrustedProxies: cfg.Proxies(), Registry: d.metrics.registry, Zone: cfg.Location(), Extra: pages, Open: map[string]http.Handler{linkPath: http.HandlerFunc(d.linkPage)}, Links: d.o.Links, Version: d.o.Version, Log: d.log,
	})
	if err != nil {
		return nil, fmt.Errorf("daemon: %w", err)
	}
	return api.Server(h), nil
}
