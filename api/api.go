package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"earshot/mention"
)

// Options are what [New] needs from outside.
type Options struct {
	Backend        Backend                 // required
	Hub            *Hub                    // nil means that nothing ever happens on the event stream
	Tokens         []Token                 // of the configuration; without any, and without users, only this machine is answered
	Door           *Token                  // of commands of the same user; lets in and closes nothing
	People         People                  // nil means that nobody can sign in
	Sessions       Sessions                // how long they last
	OIDC           *OIDC                   // nil means that no identity provider lets anybody in
	SetupCode      string                  // makes the first admin, once; while it is given nobody is let in without
	SetupUntil     time.Time               // how long it does
	BasePath       string                  // where everything is mounted; "" is "/"
	PublicURL      string                  // how people reach the front page; "" makes links relative to the host
	TrustedProxies []netip.Prefix          // whose X-Forwarded-For and -Proto are believed
	Registry       *prometheus.Registry    // what /metrics tells; nil means only our own
	Zone           *time.Location          // of days and weeks; nil means UTC
	Version        string                  // of the program
	Extra          map[string]http.Handler // more pages, by path below BasePath, such as "/inbox/"
	Open           map[string]http.Handler // likewise, for anybody who reaches us: they look after themselves
	Links          []Link                  // to them, in the navigation
	Log            *slog.Logger            // nil means no logging

	cost cost // of password hashes; tests have a cheap one
}

// A Link is an entry of the navigation.
type Link struct {
	Path, Name string // Path is below BasePath, as in Options.Extra
}

// The most that goes on at one time; more is answered with 503.
const (
	maxReads   = 32
	maxExports = 4
	maxStreams = 64

	readingTime = 10 * time.Second // for one question to the backend
)

type api struct {
	backend Backend
	hub     *Hub
	guard   *guard
	secret  []string // prefixes of paths that go on with a secret
	people  *people  // nil: nobody can sign in
	base    string   // of routes: "" or "/earshot"
	link    string   // of links: the path of PublicURL when it has one, else base
	origin  string   // scheme and host of PublicURL, or ""
	zone    *time.Location
	version string
	links   []Link
	log     *slog.Logger
	metrics *metrics
	reads   chan struct{}
	exports chan struct{}
	huma    huma.API
	pages   *pages
	deeds   deeds

	edits     edits
	overviews memory[overviewFigures]
	told      memory[mention.Trends]
}

// A router remembers its patterns, so that a test can walk them.
type router struct {
	*http.ServeMux
	patterns []string
}

// HandleFunc implements humago's Mux.
func (m *router) HandleFunc(pattern string, fn func(http.ResponseWriter, *http.Request)) {
	m.Handle(pattern, http.HandlerFunc(fn))
}

// Handle notes the pattern.
func (m *router) Handle(pattern string, h http.Handler) {
	m.patterns = append(m.patterns, pattern)
	m.ServeMux.Handle(pattern, h)
}

// New makes the handler of everything.
func New(o Options) (http.Handler, error) {
	h, _, err := build(o)
	return h, err
}

func build(o Options) (http.Handler, []string, error) {
	a, err := newAPI(o)
	if err != nil {
		return nil, nil, err
	}
	mux := &router{ServeMux: http.NewServeMux()}
	a.routes(mux)
	if err := a.documents(mux); err != nil {
		return nil, nil, err
	}
	for path, h := range o.Extra {
		mux.Handle(a.base+path, forWhole(extra(h)))
	}
	for path, h := range o.Open {
		a.guard.ways, a.secret = append(a.guard.ways, a.base+path), append(a.secret, a.base+path)
		mux.Handle(a.base+path, extra(h))
	}
	mux.HandleFunc(a.base+"/api/", a.nowhere(mux.ServeMux))
	mux.HandleFunc("/", a.nowhere(mux.ServeMux))
	a.guard.next = mux
	h, err := a.samesite(a.frame(a.guard))
	if err == nil {
		h, err = a.compress(h)
	}
	return h, mux.patterns, err
}

// samesite is the outermost gate: a page of another origin changes nothing.
func (a *api) samesite(next http.Handler) (http.Handler, error) {
	cross := http.NewCrossOriginProtection()
	if a.origin != "" {
		if err := cross.AddTrustedOrigin(a.origin); err != nil {
			return nil, fmt.Errorf("api: public_url %q: %w", a.origin, err)
		}
	}
	cross.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, r, newProblem(http.StatusForbidden, "cross-origin", "a page of another origin may not change anything here"))
	}))
	return cross.Handler(next), nil
}

func newAPI(o Options) (*api, error) {
	if o.Backend == nil {
		return nil, errors.New("api: no backend")
	}
	a := &api{
		backend: part{o.Backend}, hub: o.Hub, zone: o.Zone, version: o.Version, links: o.Links, log: o.Log,
		reads: make(chan struct{}, maxReads), exports: make(chan struct{}, maxExports),
	}
	if a.hub == nil {
		a.hub = &Hub{}
	}
	a.hub.edits.Store(&a.edits)
	if a.zone == nil {
		a.zone = time.UTC
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if err := a.place(o.BasePath, o.PublicURL); err != nil {
		return nil, err
	}
	registry := o.Registry
	if registry == nil {
		registry = prometheus.NewRegistry()
	}
	var err error
	if a.metrics, err = newMetrics(registry); err != nil {
		return nil, err
	}
	for _, t := range o.Tokens {
		if !t.Role.may(RoleViewer) {
			return nil, fmt.Errorf("api: token %q: role %q is none of viewer, analyst, admin", t.Name, t.Role)
		}
	}
	a.guard = &guard{tokens: o.Tokens, door: o.Door, trusted: o.TrustedProxies, open: a.base + "/healthz", api: a.base + "/api/"}
	if err := a.admitPeople(o); err != nil {
		return nil, err
	}
	for _, path := range urlPaths {
		a.guard.inURL = append(a.guard.inURL, a.base+"/api/v1"+path)
	}
	a.pages, err = newPages(a)
	return a, err
}

// place reads where the routes are and where links lead.
func (a *api) place(base, public string) error {
	base = strings.TrimSuffix(base, "/")
	if base != "" && (!strings.HasPrefix(base, "/") || strings.ContainsAny(base, "{}?#% ") || strings.Contains(base, "//") || strings.Contains(base, "..")) {
		return fmt.Errorf("api: base_path %q is not a plain path such as /earshot", base)
	}
	a.base, a.link = base, base
	if public == "" {
		return nil
	}
	u, err := url.Parse(public)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil {
		return fmt.Errorf("api: public_url %q is not an address such as https://earshot.example", public)
	}
	a.origin = u.Scheme + "://" + u.Host
	if p := strings.TrimSuffix(u.EscapedPath(), "/"); p != "" {
		a.link = p // a proxy may take the prefix away before us
	}
	return nil
}

// absolute is a link that can be followed from anywhere, when public_url is set.
func (a *api) absolute(path string) string { return a.origin + a.link + path }

func (a *api) routes(mux *router) {
	mux.HandleFunc("GET "+a.base+"/healthz", healthz)
	mux.HandleFunc("GET "+a.base+"/readyz", a.readyz)
	mux.Handle("GET "+a.base+"/metrics", forWhole(promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{
		MaxRequestsInFlight: 4, Timeout: readingTime, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	})))
	a.huma = humago.NewWithPrefix(mux, a.base+"/api/v1", a.config())
	a.huma.UseMiddleware(authorize)
	a.mentionRoutes()
	a.trendRoutes()
	a.mutedRoutes()
	a.compareRoutes()
	a.exportRoutes()
	a.numberRoutes()
	a.feedRoutes()
	a.reportRoutes()
	a.archiveRoutes()
	a.sampleRoutes()
	a.alertRoutes()
	a.objectRoutes()
	a.sourceRoutes()
	a.noteRoutes()
	a.sheetRoutes()
	a.systemRoutes()
	a.streamRoutes()
	loosen(a.huma.OpenAPI().Components.Schemas)
	a.pageRoutes(mux)
	a.peopleRoutes(mux)
	a.guard.ways, a.secret = append(a.guard.ways, a.base+sharedPath), append(a.secret, a.base+sharedPath)
	mux.HandleFunc(a.base+sharedPath+"{token}", a.shared)
}

// needs is the role an operation asks for, in its metadata.
const needs = "role"

// authorize is the second lock: an operation that writes and names no role is
// for admins.
func authorize(ctx huma.Context, next func(huma.Context)) {
	op := ctx.Operation()
	need, ok := op.Metadata[needs].(Role)
	if !ok {
		need = RoleAdmin
		if op.Method == http.MethodGet {
			need = RoleViewer
		}
	}
	if who := actorOf(ctx.Context()); !who.role.may(need) {
		r, w := humago.Unwrap(ctx)
		writeProblem(w, r, forbidden(who, need))
		return
	}
	next(ctx)
}

// reading takes one of the places for questions, and bounds the time of one.
func (a *api) reading(ctx context.Context) (context.Context, func(), error) {
	free, err := a.take(1)
	if err != nil {
		return ctx, nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, readingTime)
	return ctx, func() { cancel(); free() }, nil
}

// take holds the places of so many questions, or of none.
func (a *api) take(n int) (free func(), err error) {
	for i := range n {
		select {
		case a.reads <- struct{}{}:
		default:
			a.free(i)
			return nil, fmt.Errorf("%w: too many questions at one time", ErrUnavailable)
		}
	}
	return func() { a.free(n) }, nil
}

func (a *api) free(n int) {
	for range n {
		<-a.reads
	}
}

// ask answers one question within the bounds of reading.
func ask[T any](ctx context.Context, a *api, what string, fn func(context.Context) (T, error)) (T, error) {
	var zero T
	ctx, done, err := a.reading(ctx)
	if err == nil {
		defer done()
		var v T
		if v, err = fn(ctx); err == nil {
			return v, nil
		}
	}
	return zero, a.fail(ctx, err, what)
}

// frame is what every answer has: safe headers, a body cap, a count, and a
// problem instead of a panic.
func (a *api) frame(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.URL.Path != a.base+"/api/v1/mentions" { // what programs send is no edit
			a.edits.add()
			defer a.edits.add()
		}
		rec := &recorder{ResponseWriter: w}
		defer a.finish(r.Context(), rec, r, time.Now())
		next.ServeHTTP(rec, r)
	})
}

// finish is deferred by frame itself, or it could not recover.
func (a *api) finish(ctx context.Context, rec *recorder, r *http.Request, start time.Time) {
	v := recover()
	if err, ok := v.(error); ok && errors.Is(err, http.ErrAbortHandler) {
		a.metrics.observe(rec, start)
		panic(v)
	}
	if v != nil {
		a.log.ErrorContext(ctx, "request panicked", "path", a.loggedPath(r), "panic", v, "stack", string(debug.Stack()))
		if rec.status == 0 {
			writeProblem(rec, r, newProblem(http.StatusInternalServerError, "internal", "something went wrong; the log says what"))
		}
	}
	a.metrics.observe(rec, start)
	a.log.DebugContext(ctx, "request", "method", r.Method, "path", a.loggedPath(r), "status", rec.code(), "took", time.Since(start))
}

// loggedPath is the path of a request as logs have it: without the secret that
// lets in whoever has the link.
func (a *api) loggedPath(r *http.Request) string {
	for _, p := range a.secret {
		if strings.HasPrefix(r.URL.Path, p) && r.URL.Path != p {
			return p + "***"
		}
	}
	return r.URL.Path
}

// forWhole keeps those out who see a part only: what stands behind it is about all.
func forWhole(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if actorOf(r.Context()).scope != nil {
			writeProblem(w, r, errWhole)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// extra gives a page of somebody else the headers of ours; it may set its own.
func extra(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pageHeaders(w.Header())
		h.ServeHTTP(w, r)
	})
}

// secure sets the headers of an answer that is data; pages loosen them.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// nowhere answers what no route does: 405 with the methods there are, or 404.
func (a *api) nowhere(mux *http.ServeMux) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, here := mux.Handler(r)
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			probe := r.Clone(r.Context())
			probe.Method = method
			if _, pattern := mux.Handler(probe); pattern != here {
				allowed = append(allowed, method)
			}
		}
		switch {
		case len(allowed) > 0:
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			writeProblem(w, r, newProblem(http.StatusMethodNotAllowed, "method", "only "+strings.Join(allowed, ", ")+" here"))
		case here == "/" && strings.Contains(r.Header.Get("Accept"), "text/html"):
			a.pages.fail(w, r, newProblem(http.StatusNotFound, "not-found", "there is no such page"))
		default:
			writeProblem(w, r, newProblem(http.StatusNotFound, "not-found", "there is nothing at this address; /api/v1/docs lists what there is"))
		}
	}
}
