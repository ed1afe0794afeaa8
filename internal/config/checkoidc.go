package config

import (
	"fmt"
	"net/url"
	"os"

	"earshot/query"
)

// checkOIDC notes what is wrong with the identity provider.
func checkOIDC(d *document, s *Server) {
	o := s.OIDC
	u, err := url.Parse(o.Issuer)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		d.fault("server.oidc.issuer", fmt.Sprintf("issuer %q is not an address with https", o.Issuer), "as the provider tells it, such as https://id.example/realms/main")
	}
	if o.ClientID == "" {
		d.fault("server.oidc", "client_id is missing", "the provider gives it to the client that you make there")
	}
	if s.PublicURL == "" {
		d.fault("server.oidc", "public_url is missing", "the provider sends people back to PUBLIC_URL/signin/oidc/back")
	}
	if o.ClientSecretFile != "" {
		if _, err := os.Stat(o.ClientSecretFile); err != nil {
			d.fault("server.oidc.client_secret_file", err.Error(), "")
		}
	}
	if len(o.Groups) == 0 && o.DefaultRole == "" {
		d.fault("server.oidc", "neither groups nor default_role: nobody could come in", "groups: [{group: staff, role: viewer}]")
	}
	if o.DefaultRole != "" && !knownRole(o.DefaultRole) {
		d.fault("server.oidc.default_role", fmt.Sprintf("role %q is none of viewer, analyst, admin", o.DefaultRole), "")
	}
	for i, g := range o.Groups {
		at := fmt.Sprintf("server.oidc.groups[%d]", i)
		if g.Group == "" {
			d.fault(at, "group is missing", "")
		}
		if !knownRole(g.Role) {
			d.fault(at+".role", fmt.Sprintf("role %q is none of viewer, analyst, admin", g.Role), "")
		}
		if g.Scope == "" {
			continue
		}
		if q, messages := query.Parse(g.Scope); q == nil {
			d.fault(at+".scope", (&query.Error{Messages: messages}).Error(), "")
		}
		if g.Role == "admin" {
			d.fault(at+".scope", "an admin sees everything", "take another role, or no scope")
		}
	}
}

func knownRole(role string) bool { return role == "viewer" || role == "analyst" || role == "admin" }
