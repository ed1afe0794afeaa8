package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"earshot/query"
)

// A Role says what a token may do.
type Role string

// The roles; each may do what those before it may.
const (
	RoleViewer  Role = "viewer"  // read
	RoleAnalyst Role = "analyst" // push, curate, flag, redeliver, labels and rules
	RoleAdmin   Role = "admin"   // everything
)

var roles = []Role{RoleViewer, RoleAnalyst, RoleAdmin}

// may reports whether r may do what needs the role need. An unknown role may nothing.
func (r Role) may(need Role) bool {
	have := slices.Index(roles, r)
	return have >= 0 && have >= slices.Index(roles, need)
}

// A Token lets a program or a person in. Only the hash of its secret is kept.
type Token struct {
	Name string // told in the audit
	Role Role
	Hash [sha256.Size]byte // of the secret; see [HashToken]
}

// HashToken gives the hash of a token's secret.
func HashToken(secret string) [sha256.Size]byte { return sha256.Sum256([]byte(secret)) }

// NewSecret makes the secret of a new token, of 256 random bits.
func NewSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return "earshot_" + base64.RawURLEncoding.EncodeToString(b[:])
}

// MayListen refuses an address beyond loopback when there is nothing that
// lets anybody in: no token, no user and no set-up link.
func MayListen(addr string, keys int) error {
	if keys > 0 {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("api: listen address %q: %w", addr, err)
	}
	if !loopbackHost(host) {
		return fmt.Errorf("api: listening on %s needs a token or a user: anybody there could read and change everything; add one, or listen on 127.0.0.1", addr)
	}
	return nil
}

// loopbackHost reports whether a host name, without port, is this machine's own.
func loopbackHost(host string) bool {
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// An actor is who is asking.
type actor struct {
	name    string
	role    Role
	scope   *query.Query               // all that is there for them; nil is everything
	secret  string                     // that stood in the address; "" when it did not
	user    string                     // the user it is, or whose token
	session string                     // id of the session; "" without one
	still   func(context.Context) bool // whether they would be let in again; nil: as long as the daemon runs
}

type actorKey struct{}

// actorOf gives who is asking; nobody, who may nothing, when the guard was not passed.
func actorOf(ctx context.Context) actor {
	who, _ := ctx.Value(actorKey{}).(actor)
	return who
}

// gone reports whether who asks would not be let in any more: a long answer
// ends then.
func (who *actor) gone(ctx context.Context) bool { return who.still != nil && !who.still(ctx) }

// byToken reports whether it is a program that asks with a user's token.
func (who *actor) byToken() bool { return who.user != "" && who.session == "" }

// A guard lets requests in, or answers them itself. It denies by default.
type guard struct {
	tokens  []Token
	door    *Token // of commands of the same user; nil: there is none
	people  *people
	trusted []netip.Prefix
	open    string   // the one path that needs nothing
	ways    []string // prefixes of what looks after itself
	own     []string // prefixes of forms about who asks alone, whatever their role
	api     string   // prefix of what is for programs
	inURL   []string // paths whose address may carry a viewer's token
	next    http.Handler
}

// ServeHTTP implements [http.Handler].
func (g *guard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == g.open || slices.ContainsFunc(g.ways, func(w string) bool { return strings.HasPrefix(r.URL.Path, w) }) {
		g.serve(w, r)
		return
	}
	r, given := g.fromURL(r)
	who, ok, err := g.who(r, given)
	if err != nil {
		g.people.api.log.ErrorContext(r.Context(), "who asks could not be told", "err", err)
		writeProblem(w, r, newProblem(http.StatusServiceUnavailable, "unavailable", "who you are cannot be told now; try again"))
		return
	}
	if ok && given != "" && secretOf(r) == "" {
		if who.role != RoleViewer {
			writeProblem(w, r, newProblem(http.StatusForbidden, "role-needed", fmt.Sprintf("token %q may do more than read, so it must not stand in an address; use one with the role %s", who.name, RoleViewer)))
			return
		}
		who.secret = given
	}
	if ok {
		g.admit(w, r, who)
		return
	}
	closed, err := g.closed(r.Context())
	if err != nil || closed {
		g.deny(w, r)
		return
	}
	if reason := g.stranger(r); reason != "" {
		writeProblem(w, r, newProblem(http.StatusForbidden, "loopback-only", reason))
		return
	}
	g.admit(w, r, actor{name: local, role: RoleAdmin})
}

// local is who asks from this machine while nobody has to say who they are.
const local = "local"

// closed reports whether everybody has to say who they are.
func (g *guard) closed(ctx context.Context) (bool, error) {
	if len(g.tokens) > 0 || g.people == nil {
		return len(g.tokens) > 0, nil
	}
	if g.people.provider != nil || g.people.setup.wanted() {
		return true, nil
	}
	return g.people.store.Peopled(ctx)
}

// who tells who asks: by the secret sent or standing in the address, else by
// the cookie of a session.
func (g *guard) who(r *http.Request, given string) (actor, bool, error) {
	secret := cmp.Or(secretOf(r), given)
	if secret == "" {
		if g.people == nil {
			return actor{}, false, nil
		}
		return g.people.signedIn(r)
	}
	if who, ok := g.find(secret); ok || g.people == nil {
		return who, ok, nil
	}
	return g.people.bearer(r.Context(), HashToken(secret))
}

// deny answers who was not let in: programs with a problem, people with the
// page where they sign in, which keeps what they were about to send.
func (g *guard) deny(w http.ResponseWriter, r *http.Request) {
	forPrograms := strings.HasPrefix(r.URL.Path, g.api)
	if g.people != nil && !forPrograms && strings.Contains(r.Header.Get("Accept"), "text/html") {
		g.people.ask(w, r)
		return
	}
	challenge := `Bearer realm="earshot"`
	if !forPrograms {
		// A browser asks for a password: any name, the token as password.
		challenge = `Basic realm="earshot: the token is the password", charset="UTF-8"`
	}
	w.Header().Set("WWW-Authenticate", challenge)
	writeProblem(w, r, newProblem(http.StatusUnauthorized, "token-needed", "send a token: Authorization: Bearer TOKEN; people sign in"))
}

// fromURL takes the token out of an address that may carry one: spreadsheets
// and feed readers have no other place for it.
func (g *guard) fromURL(r *http.Request) (*http.Request, string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead || !slices.Contains(g.inURL, r.URL.Path) || !strings.Contains(r.URL.RawQuery, "token=") {
		return r, ""
	}
	q := r.URL.Query()
	secret := q.Get("token")
	q.Del("token")
	u := *r.URL
	u.RawQuery = q.Encode()
	r = r.WithContext(r.Context())
	r.URL = &u
	return r, secret
}

func (g *guard) admit(w http.ResponseWriter, r *http.Request, who actor) {
	mine := slices.ContainsFunc(g.own, func(p string) bool { return strings.HasPrefix(r.URL.Path, p) })
	if r.Method != http.MethodGet && r.Method != http.MethodHead && !who.role.may(RoleAnalyst) && !mine {
		writeProblem(w, r, forbidden(who, RoleAnalyst))
		return
	}
	g.serve(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, who)))
}

// serve goes on, and notes which route it was for the metrics.
func (g *guard) serve(w http.ResponseWriter, r *http.Request) {
	if rec, ok := w.(*recorder); ok {
		defer func() { rec.route = r.Pattern }()
	}
	g.next.ServeHTTP(w, r)
}

// stranger says why a request does not come from this machine alone, or "".
// The Host must be loopback too, or a page in the browser of this machine
// could reach us under a name of its own (DNS rebinding); and a proxy on this
// machine lets the world in.
func (g *guard) stranger(r *http.Request) string {
	const add = "; without a user or a token only this machine is answered: make a user here, or add a token to the configuration"
	if ip := g.client(r); !ip.IsLoopback() {
		return "the request does not come from this machine" + add
	}
	if !g.trusts(peer(r)) {
		for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip"} {
			if r.Header.Get(name) != "" {
				return "the request came through a proxy" + add
			}
		}
	}
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if !loopbackHost(host) {
		return fmt.Sprintf("the host %q is not this machine's own name, such as 127.0.0.1 or localhost", host) + add
	}
	return ""
}

// find compares with every token, in constant time.
func (g *guard) find(secret string) (actor, bool) {
	hash := HashToken(secret)
	var who actor
	found := false
	for i := range g.tokens {
		if subtle.ConstantTimeCompare(hash[:], g.tokens[i].Hash[:]) == 1 {
			who, found = actor{name: g.tokens[i].Name, role: g.tokens[i].Role}, true
		}
	}
	if g.door != nil && subtle.ConstantTimeCompare(hash[:], g.door.Hash[:]) == 1 {
		who, found = actor{name: g.door.Name, role: g.door.Role}, true
	}
	return who, found && secret != ""
}

func secretOf(r *http.Request) string {
	scheme, secret, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return strings.TrimSpace(secret)
	}
	_, password, _ := r.BasicAuth()
	return password
}

// peer is the address at the other end of the connection; invalid when it has none.
func peer(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func (g *guard) trusts(ip netip.Addr) bool {
	return slices.ContainsFunc(g.trusted, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// client is the address of who is asking: the peer, or behind trusted proxies
// the nearest address that is none of them.
func (g *guard) client(r *http.Request) netip.Addr {
	ip := peer(r)
	if !g.trusts(ip) {
		return ip
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if hop = strings.TrimSpace(hop); hop == "" {
			continue
		}
		next, err := netip.ParseAddr(hop)
		if err != nil {
			return netip.Addr{} // not to be believed: nobody's
		}
		if ip = next.Unmap().WithZone(""); !g.trusts(ip) {
			return ip
		}
	}
	return ip
}

// https reports whether the client speaks TLS, to us or to a trusted proxy.
func (g *guard) https(r *http.Request) bool {
	return r.TLS != nil || g.trusts(peer(r)) && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

func forbidden(who actor, need Role) *problem {
	return newProblem(http.StatusForbidden, "role-needed", fmt.Sprintf("%q has the role %s; this needs %s", who.name, who.role, need))
}
