package egress

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"

	"code.dny.dev/ssrf"
)

// The limits of a client whose [ClientOptions] name none.
const (
	DefaultMaxBody      = 5 << 20
	DefaultTimeout      = 30 * time.Second
	DefaultMaxRedirects = 5
)

const (
	dialTimeout   = 10 * time.Second
	tlsTimeout    = 10 * time.Second
	headerTimeout = 15 * time.Second
	maxHeader     = 64 << 10
)

// The errors callers tell apart.
var (
	ErrBodyTooLarge     = errors.New("egress: the answer is larger than allowed")
	ErrScheme           = errors.New("egress: only http and https addresses are fetched")
	ErrTooManyRedirects = errors.New("egress: too many redirects")
)

// An Egress makes outbound clients. All of them share one pool of
// connections. Its methods may be called from many goroutines.
type Egress struct {
	userAgent string
	guard     *ssrf.Guardian
	resolver  *net.Resolver
	dialer    *net.Dialer
	proxy     *url.URL
	tls       *tls.Config
	transport *http.Transport
}

// New makes an [Egress], or tells everything that is wrong with cfg.
func New(cfg Config) (*Egress, error) { return build(cfg, net.DefaultResolver) }

func build(cfg Config, resolver *net.Resolver) (*Egress, error) {
	if errs := cfg.Faults(); len(errs) > 0 {
		return nil, fmt.Errorf("egress: %w", errors.Join(errs...))
	}
	allowed, err := cfg.prefixes()
	if err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	roots, err := cfg.roots()
	if err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	e := &Egress{userAgent: cfg.UserAgent, guard: guardian(allowed), resolver: resolver}
	if e.userAgent == "" {
		e.userAgent = DefaultUserAgent
	}
	if e.proxy, err = cfg.proxy(); err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	e.tls = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
	e.dialer = &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Resolver: resolver, Control: e.control}
	dial := e.dialer.DialContext
	if e.proxy != nil {
		// Every connection of the transport goes to the proxy, a trusted hop.
		trusted := &net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second, Resolver: resolver}
		dial = trusted.DialContext
	}
	e.transport = &http.Transport{
		DialContext:            dial,
		TLSClientConfig:        e.tls.Clone(),
		TLSHandshakeTimeout:    tlsTimeout,
		ResponseHeaderTimeout:  headerTimeout,
		MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns:           128,
		MaxIdleConnsPerHost:    8, // as many as a receiver is sent notices at a time
		IdleConnTimeout:        30 * time.Second,
		DisableCompression:     true, // decoded by us, under the cap
		ForceAttemptHTTP2:      true,
	}
	if e.proxy != nil {
		e.transport.Proxy = http.ProxyURL(e.proxy)
	}
	return e, nil
}

// UserAgent is what clients send when a request names no other.
func (e *Egress) UserAgent() string { return e.userAgent }

// TLSConfig returns a copy of the TLS configuration, private CA included.
func (e *Egress) TLSConfig() *tls.Config { return e.tls.Clone() }

// DialContext connects to a guarded address on any port. It does not use the
// proxy: it serves protocols other than HTTP, such as mail.
func (e *Egress) DialContext(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := e.dialer.DialContext(ctx, network, addr)
	if err != nil {
		return nil, fmt.Errorf("egress: %w", err)
	}
	return conn, nil
}

// CloseIdle closes connections that are not in use.
func (e *Egress) CloseIdle() { e.transport.CloseIdleConnections() }

// ClientOptions are the limits of one client; zero fields have the defaults.
type ClientOptions struct {
	MaxBody      int64         // bytes after decompression; reading past them is ErrBodyTooLarge
	Timeout      time.Duration // of one exchange, from connecting to the body's last byte
	MaxRedirects int
	NoRedirect   bool // give a redirect back as it is

	// Wrap puts a transport of the caller's around ours, for politeness. The
	// time spent inside it and outside ours does not count for Timeout.
	Wrap func(http.RoundTripper) http.RoundTripper
}

// Client makes a client. Authorization and cookies are not carried to
// another host, and redirects lead to http and https alone.
func (e *Egress) Client(o ClientOptions) *http.Client {
	c := &http.Client{Transport: e.Transport(o), CheckRedirect: redirects(o)}
	if o.Wrap != nil {
		c.Transport = o.Wrap(c.Transport)
		return c
	}
	c.Timeout = o.Timeout
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	return c
}

// Transport makes a transport with the limits of o, for libraries that
// follow redirects themselves.
func (e *Egress) Transport(o ClientOptions) http.RoundTripper {
	t := &transport{egress: e, maxBody: o.MaxBody, timeout: o.Timeout}
	if t.maxBody <= 0 {
		t.maxBody = DefaultMaxBody
	}
	if t.timeout <= 0 {
		t.timeout = DefaultTimeout
	}
	return t
}

// redirects is the policy of a client: few, http only, and nothing secret to
// anyone but the host it was meant for.
func redirects(o ClientOptions) func(*http.Request, []*http.Request) error {
	most := o.MaxRedirects
	if most <= 0 {
		most = DefaultMaxRedirects
	}
	return func(req *http.Request, via []*http.Request) error {
		if o.NoRedirect {
			return http.ErrUseLastResponse
		}
		if len(via) > most {
			return ErrTooManyRedirects
		}
		if req.URL.Scheme != "http" && req.URL.Scheme != "https" {
			return ErrScheme
		}
		first := via[0].URL
		if req.URL.Host != first.Host || first.Scheme == "https" && req.URL.Scheme == "http" {
			for _, name := range []string{"Authorization", "Cookie", "Proxy-Authorization", "Www-Authenticate", "X-Api-Key", "X-Goog-Api-Key"} {
				req.Header.Del(name)
			}
		}
		return nil
	}
}
