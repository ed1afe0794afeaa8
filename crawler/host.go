package crawler

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"time"

	"earshot/internal/egress"
)

const (
	defaultGap     = time.Second
	robotsFresh    = 24 * time.Hour
	robotsRetry    = 15 * time.Minute // how long a robots.txt that cannot be read forbids all
	defaultRest    = time.Minute      // after 429 or 503 without a word
	maxDefaultRest = time.Hour
	maxHosts       = 20000
)

// HostsOptions are what [Hosts] needs from outside.
type HostsOptions struct {
	Egress *egress.Egress // required
	Gap    time.Duration  // between an answer and the next request to a host; 0 means a second
	Now    func() time.Time
}

// Hosts keeps everyone polite: to each host and port one request at a time, a
// gap between an answer and the next request, Crawl-delay and Retry-After
// kept, robots.txt asked. One Hosts is shared by all collectors of a process.
// Its methods may be called from many goroutines.
type Hosts struct {
	egress *egress.Egress
	gap    time.Duration
	now    func() time.Time
	robots *http.Client
	large  chan struct{} // holds a value for each large body that is being read

	mu       sync.Mutex
	hosts    map[string]*host
	sessions map[string]session
}

// A host is what is known of one host and port.
type host struct {
	slot chan struct{} // holds one value while a request is under way

	// under Hosts.mu
	refs   int // goroutines that are waiting or asking
	last   time.Time
	until  time.Time // wants rest
	rests  int       // in a row, without a word of how long
	delay  time.Duration
	least  time.Duration           // gap that the host's rules of use name
	robots map[string]*robotsEntry // by scheme
	asking chan struct{}           // holds one value while robots.txt is asked for
}

type robotsEntry struct {
	rules   *robotsRules
	forbid  bool // unreachable: nothing may be asked
	expires time.Time
}

// NewHosts makes a [Hosts].
func NewHosts(o HostsOptions) *Hosts {
	h := &Hosts{egress: o.Egress, gap: o.Gap, now: o.Now, hosts: map[string]*host{}, sessions: map[string]session{}}
	h.large = make(chan struct{}, max(1, runtime.GOMAXPROCS(0)-1))
	if h.gap <= 0 {
		h.gap = defaultGap
	}
	if h.now == nil {
		h.now = time.Now
	}
	h.robots = o.Egress.Client(egress.ClientOptions{MaxBody: 2 * maxRobots, Wrap: h.wrap(0)})
	return h
}

// largeBody is what takes long enough to read that others would wait.
const largeBody = 256 << 10

// reading waits, before a large body is read, until one processor is left for
// the small ones; the caller tells when it is done.
func (h *Hosts) reading(body []byte) (done func()) {
	if len(body) < largeBody {
		return func() {}
	}
	h.large <- struct{}{}
	return func() { <-h.large }
}

// Hold keeps everyone from a URL's host until a time, as a source remembers
// it from an earlier process.
func (h *Hosts) Hold(rawURL string, until time.Time) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" || !until.After(h.now()) {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.host(hostKey(u))
	if until.After(s.until) {
		s.until = until
	}
}

// slow makes the gap of a URL's host longer than that of others.
func (h *Hosts) slow(rawURL string, gap time.Duration) {
	u, err := url.Parse(rawURL)
	if err != nil || h.gap < defaultGap { // a test's host knows no rules
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.host(hostKey(u))
	s.least = max(s.least, gap)
}

// restOf is when a URL's host may be asked again; the zero time when it may.
func (h *Hosts) restOf(rawURL string) time.Time {
	u, err := url.Parse(rawURL)
	if err != nil {
		return time.Time{}
	}
	return h.restUntil(u)
}

// A session is a token that a platform gave for a key.
type session struct {
	token   secret
	expires time.Time
}

// session gives a token that still holds, or "".
func (h *Hosts) session(name string) secret {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.sessions[name]
	if !s.expires.After(h.now()) {
		delete(h.sessions, name)
		return ""
	}
	return s.token
}

func (h *Hosts) keepSession(name string, token secret, lasts time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.sessions[name] = session{token, h.now().Add(lasts)}
}

// HostKey names the host and port that a source shares its manners with; the
// empty string for what is no URL. Sources of one key never run side by side.
func HostKey(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Host == "" {
		return ""
	}
	return hostKey(u)
}

func hostKey(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// host gives the state of a key; h.mu is held.
func (h *Hosts) host(key string) *host {
	s := h.hosts[key]
	if s == nil {
		if len(h.hosts) >= maxHosts {
			h.forget()
		}
		s = &host{slot: make(chan struct{}, 1), asking: make(chan struct{}, 1), robots: map[string]*robotsEntry{}}
		h.hosts[key] = s
	}
	return s
}

// forget drops hosts that nothing is lost by forgetting; h.mu is held.
func (h *Hosts) forget() {
	now := h.now()
	for key, s := range h.hosts {
		if s.refs == 0 && now.Sub(s.last) > maxCrawlDelay && now.After(s.until) {
			delete(h.hosts, key)
		}
	}
}

// wrap puts politeness around a transport. A request that would have to wait
// longer than maxWait for others is given up; 0 means as long as it takes.
func (h *Hosts) wrap(maxWait time.Duration) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &polite{hosts: h, next: next, maxWait: maxWait}
	}
}

// wrapRobots is wrap with robots.txt asked before anything else.
func (h *Hosts) wrapRobots(maxWait time.Duration) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return &polite{hosts: h, next: next, maxWait: maxWait, gate: true}
	}
}

// polite is a transport with manners. It sees every hop of a redirect.
type polite struct {
	hosts   *Hosts
	next    http.RoundTripper
	maxWait time.Duration
	gate    bool
}

// RoundTrip implements http.RoundTripper. The host is free again when the
// body is closed.
func (p *polite) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host == "" || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, egress.ErrScheme
	}
	if p.gate {
		rules, err := p.hosts.rules(req.Context(), req.URL)
		if err != nil {
			return nil, err
		}
		if !rules.allowed(req.URL) {
			return nil, errRobots
		}
	}
	s, err := p.hosts.enter(req.Context(), hostKey(req.URL), p.maxWait)
	if err != nil {
		return nil, err
	}
	resp, err := p.next.RoundTrip(req)
	if err != nil {
		p.hosts.leave(s)
		return nil, err
	}
	p.hosts.answered(s, resp)
	resp.Body = &slotBody{ReadCloser: resp.Body, leave: sync.OnceFunc(func() { p.hosts.leave(s) })}
	return resp, nil
}

type slotBody struct {
	io.ReadCloser
	leave func()
}

func (b *slotBody) Close() error {
	err := b.ReadCloser.Close()
	b.leave()
	return err
}

// enter waits for the turn at a host.
func (h *Hosts) enter(ctx context.Context, key string, maxWait time.Duration) (*host, error) {
	h.mu.Lock()
	s := h.host(key)
	s.refs++
	h.mu.Unlock()
	if err := h.wait(ctx, s, maxWait); err != nil {
		h.mu.Lock()
		s.refs--
		h.mu.Unlock()
		return nil, err
	}
	return s, nil
}

// wait returns with the slot held and the gap kept.
func (h *Hosts) wait(ctx context.Context, s *host, maxWait time.Duration) error {
	var giveUp <-chan time.Time
	if maxWait > 0 {
		t := time.NewTimer(maxWait)
		defer t.Stop()
		giveUp = t.C
	}
	select {
	case s.slot <- struct{}{}:
	case <-giveUp:
		return errBusy
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		now := h.now()
		h.mu.Lock()
		until, next := s.until, s.last.Add(max(h.gap, s.delay, s.least))
		h.mu.Unlock()
		if until.After(now) {
			<-s.slot
			return &heldError{until: until, now: now}
		}
		if !next.After(now) {
			return nil
		}
		t := time.NewTimer(next.Sub(now))
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			<-s.slot
			return ctx.Err()
		}
	}
}

// answered notes the answer's time, from which the gap is counted: only then
// is it sure that the host has seen the request. A slow host is thereby asked
// more slowly.
func (h *Hosts) answered(s *host, resp *http.Response) {
	now := h.now()
	h.mu.Lock()
	defer h.mu.Unlock()
	s.last = now
	if resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode != http.StatusServiceUnavailable {
		s.rests = 0
		return
	}
	rest := retryAfter(resp.Header.Get("Retry-After"), now)
	if rest == 0 {
		rest = min(defaultRest<<min(s.rests, 10), maxDefaultRest)
		s.rests++
	}
	if until := now.Add(rest); until.After(s.until) {
		s.until = until
	}
}

func (h *Hosts) leave(s *host) {
	now := h.now()
	h.mu.Lock()
	s.refs--
	if s.last.IsZero() || now.Sub(s.last) > h.gap {
		s.last = now // no answer came, or the body took its time
	}
	h.mu.Unlock()
	<-s.slot
}

// restUntil is when a host may be asked again; the zero time when it may.
func (h *Hosts) restUntil(u *url.URL) time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.hosts[hostKey(u)]; s != nil && s.until.After(h.now()) {
		return s.until
	}
	return time.Time{}
}

// rules gives what robots.txt of a URL's host says, asked for at most once a
// day, by one goroutine.
func (h *Hosts) rules(ctx context.Context, u *url.URL) (*robotsRules, error) {
	h.mu.Lock()
	s := h.host(hostKey(u))
	s.refs++
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		s.refs--
		h.mu.Unlock()
	}()
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	h.mu.Lock()
	entry := s.robots[u.Scheme]
	h.mu.Unlock()
	if entry == nil || !entry.expires.After(h.now()) {
		var err error
		if entry, err = h.askRobots(ctx, u); err != nil {
			return nil, err
		}
		h.mu.Lock()
		s.robots[u.Scheme] = entry
		s.delay = entry.rules.delay
		h.mu.Unlock()
	}
	if entry.forbid {
		return nil, errRobots
	}
	return entry.rules, nil
}

// askRobots fetches a robots.txt. Client errors allow everything, faults of
// the server and of the network nothing, 429 and 503 hold the host.
func (h *Hosts) askRobots(ctx context.Context, u *url.URL) (*robotsEntry, error) {
	now := h.now
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.Scheme+"://"+u.Host+"/robots.txt", http.NoBody)
	if err != nil {
		return nil, err
	}
	forbidden := func() *robotsEntry {
		return &robotsEntry{rules: &robotsRules{}, forbid: true, expires: now().Add(robotsRetry)}
	}
	allowed := func() *robotsEntry {
		return &robotsEntry{rules: &robotsRules{}, expires: now().Add(robotsFresh)}
	}
	resp, err := h.robots.Do(req)
	if err != nil {
		return h.robotsFault(ctx, err, forbidden, allowed)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable:
		return nil, &heldError{until: h.restUntil(resp.Request.URL), now: now()}
	case resp.StatusCode >= 500:
		return forbidden(), nil
	case resp.StatusCode >= 400:
		return allowed(), nil
	case resp.StatusCode != http.StatusOK:
		return forbidden(), nil
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxRobots))
	if err != nil && len(data) == 0 {
		return h.robotsFault(ctx, err, forbidden, allowed)
	}
	rules := parseRobots(data, h.egress.UserAgent(), "earshot")
	return &robotsEntry{rules: rules, expires: now().Add(robotsFresh)}, nil
}

// robotsFault decides what a robots.txt that cannot be had means. What says
// more about the host than about its robots.txt goes to the source as it is.
func (*Hosts) robotsFault(ctx context.Context, err error, forbidden, allowed func() *robotsEntry) (*robotsEntry, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	switch classOf(err) {
	case ClassBlocked, ClassHeld, ClassDNS, ClassTLS, ClassRefused, ClassNetwork, ClassTimeout:
		return nil, err // the page itself could not be had either
	case ClassRedirects, ClassBadRedirect:
		return allowed(), nil // more than five redirects: as if there were none
	}
	if errors.Is(err, egress.ErrBodyTooLarge) {
		return allowed(), nil
	}
	return forbidden(), nil
}
