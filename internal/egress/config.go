package egress

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"os"
	"strings"
)

// DefaultUserAgent is sent when the configuration names none.
const DefaultUserAgent = "earshot/1 (+https://earshot.invalid/bot)"

// A Config says how the program talks to the outside. The zero value is good:
// public addresses only, no proxy, the system's certificate authorities.
type Config struct {
	UserAgent  string   `yaml:"user_agent,omitempty" json:"user_agent,omitempty"`   // who we say we are; should hold a contact address
	AllowCIDRs []string `yaml:"allow_cidrs,omitempty" json:"allow_cidrs,omitempty"` // private addresses that may be reached all the same
	Proxy      string   `yaml:"proxy,omitempty" json:"proxy,omitempty"`             // http, https or socks5 URL; a trusted hop
	CAFile     string   `yaml:"ca_file,omitempty" json:"ca_file,omitempty"`         // PEM file of authorities trusted beside the system's
}

// Faults returns everything that is wrong with c.
func (c *Config) Faults() []error {
	var errs []error
	if strings.ContainsAny(c.UserAgent, "\r\n\x00") {
		errs = append(errs, errors.New("user_agent has a line break in it"))
	}
	if _, err := c.prefixes(); err != nil {
		errs = append(errs, err)
	}
	if _, err := c.proxy(); err != nil {
		errs = append(errs, err)
	}
	if _, err := c.roots(); err != nil {
		errs = append(errs, err)
	}
	return errs
}

// prefixes reads AllowCIDRs; a bare address stands for itself alone.
func (c *Config) prefixes() ([]netip.Prefix, error) {
	var list []netip.Prefix
	var errs []error
	for i, s := range c.AllowCIDRs {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err2 := netip.ParseAddr(s)
			if err2 != nil {
				errs = append(errs, fmt.Errorf("allow_cidrs[%d]: %q is neither an address nor a range such as 10.1.0.0/16", i, s))
				continue
			}
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Addr().Is4In6() {
			errs = append(errs, fmt.Errorf("allow_cidrs[%d]: write %q as an IPv4 range", i, s))
			continue
		}
		list = append(list, p.Masked())
	}
	return list, errors.Join(errs...)
}

// proxy reads Proxy; nil when there is none.
func (c *Config) proxy() (*url.URL, error) {
	if c.Proxy == "" {
		return nil, nil //nolint:nilnil // no proxy is no fault
	}
	u, err := url.Parse(c.Proxy)
	if err != nil {
		return nil, errors.New("proxy cannot be read as a URL")
	}
	switch u.Scheme {
	case "http", "https", "socks5", "socks5h":
	default:
		return nil, fmt.Errorf("proxy: scheme %q is none of http, https, socks5", u.Scheme)
	}
	if u.Host == "" {
		return nil, errors.New("proxy has no host")
	}
	return u, nil
}

// roots reads CAFile; nil means the system's.
func (c *Config) roots() (*x509.CertPool, error) {
	if c.CAFile == "" {
		return nil, nil //nolint:nilnil // the system's authorities
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("ca_file: %s holds no certificate in PEM form", c.CAFile)
	}
	return pool, nil
}
