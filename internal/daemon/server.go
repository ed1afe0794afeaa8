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
	cfg := d.cfg.Load()
	var tokens []api.Token
	for _, t := range cfg.Server.Tokens {
		secret, err := os.ReadFile(t.TokenFile)
		if err != nil {
			return nil, fmt.Errorf("daemon: token %s: %w", t.ID, err)
		}
		token, err := api.NewToken(t.ID, t.Role, strings.TrimSpace(string(secret)))
		if err != nil {
			return nil, fmt.Errorf("daemon: token %s: %w", t.ID, err)
		}
		tokens = append(tokens, token)
	}
	h, err := api.New(api.Options{
		Backend: backend{d}, Hub: &d.hub, Tokens: tokens, BasePath: cfg.Server.BasePath, PublicURL: cfg.Server.PublicURL,
		TrustedProxies: cfg.Proxies(), Metrics: d.metrics.registry, Extra: d.o.Extra, Version: d.o.Version, Log: d.log,
	})
	if err != nil {
		return nil, fmt.Errorf("daemon: %w", err)
	}
	return api.Server(h), nil
}
