package api

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"earshot/mention"
)

// An OIDC is an identity provider that lets people in besides.
type OIDC struct {
	Issuer       string
	ClientID     string
	ClientSecret string       // "" is a public client
	Name         string       // of the provider, on the sign-in page; "" is its host
	Scopes       []string     // asked for beside openid, profile and email
	NameClaim    string       // the user's name; "" means preferred_username, else email
	GroupsClaim  string       // "" means groups
	Groups       []OIDCGroup  // the first that somebody is in says what they may
	DefaultRole  Role         // of who is in none; "" lets them not in
	Client       *http.Client // required: how the provider is asked
	RedirectURL  string       // where it sends people back; "" is made of PublicURL
}

// An OIDCGroup says what those in a group of the provider may.
type OIDCGroup struct {
	Group string
	Role  Role
	Scope string
}

// The bounds of sign-ins that are under way at the provider.
const (
	maxFlows    = 2000
	flowsFrom   = 20 // of one network
	flowLasts   = 10 * time.Minute
	flowCookie  = "earshot_flow"
	flowKept    = 4 << 20 // bytes of forms carried along, all flows together
	oidcAgain   = 10 * time.Second
	oidcTimeout = 20 * time.Second
)

// errUnknownFlow says that an answer of the provider belongs to no sign-in
// that this browser began here a short while ago.
var errUnknownFlow = errors.New("api: no such sign-in is under way")

// A flow is one sign-in that is under way.
type flow struct {
	from     netip.Prefix
	browser  string // secret in the cookie of the browser that began it
	nonce    string
	verifier string
	began    time.Time
	view     signinView // where it leads, with what was typed
	size     int
}

// A provider is an identity provider with the sign-ins under way there.
type provider struct {
	OIDC
	people *people

	mu    sync.Mutex
	flows map[string]*flow // by state
	order []string         // of states, oldest first
	kept  int              // bytes of all views
	found *discovery
}

// A discovery is one question to the provider who it is.
type discovery struct {
	done  chan struct{} // closed when it is answered, and the rest can be read
	known *oidc.Provider
	err   error
	at    time.Time // of the answer
}

// stands reports whether it need not be asked again: it goes on, it is known,
// or it failed a moment ago.
func (d *discovery) stands() bool {
	select {
	case <-d.done:
		return d.err == nil || time.Since(d.at) < oidcAgain
	default:
		return true
	}
}

func newProvider(p *people, o OIDC, public string) (*provider, error) {
	u, err := url.Parse(o.Issuer)
	switch {
	case err != nil || u.Host == "":
		return nil, fmt.Errorf("api: oidc: issuer %q is not an address", o.Issuer)
	case o.ClientID == "" || o.Client == nil:
		return nil, errors.New("api: oidc: no client id, or no client to ask with")
	case o.RedirectURL == "" && public == "":
		return nil, errors.New("api: oidc: the provider has to know where to send people back: public_url is missing")
	}
	for _, g := range o.Groups {
		if f := scopeFault(g.Role, g.Scope); f != "" || !g.Role.may(RoleViewer) {
			return nil, fmt.Errorf("api: oidc: group %q: role %q %s", g.Group, g.Role, f)
		}
	}
	o.Name = cmp.Or(o.Name, u.Host)
	o.GroupsClaim = cmp.Or(o.GroupsClaim, "groups")
	o.RedirectURL = cmp.Or(o.RedirectURL, strings.TrimSuffix(public, "/")+"/signin/oidc/back")
	return &provider{OIDC: o, people: p, flows: map[string]*flow{}}, nil
}

// discover asks the provider who it is, once it is needed, one at a time; a
// failure is asked again after a while. Its keys are read when they are needed,
// too.
func (v *provider) discover(ctx context.Context) (*oidc.Provider, error) {
	v.mu.Lock()
	d := v.found
	ours := d == nil || !d.stands()
	if ours {
		d = &discovery{done: make(chan struct{})}
		v.found = d
	}
	v.mu.Unlock()
	if ours {
		v.ask(ctx, d)
	}
	select {
	case <-d.done:
		return d.known, d.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// ask answers a discovery, whatever comes.
func (v *provider) ask(ctx context.Context, d *discovery) {
	defer close(d.done)
	d.err = errors.New("api: oidc: the provider could not be asked") // unless told otherwise
	// The keys are read with this context as long as the daemon runs: each
	// exchange is bounded by the client.
	known, err := oidc.NewProvider(oidc.ClientContext(context.WithoutCancel(ctx), v.Client), v.Issuer)
	if d.at = time.Now(); err != nil {
		d.err = fmt.Errorf("api: oidc: %w", err)
		return
	}
	d.known, d.err = known, nil
}

func (v *provider) oauth(p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: v.ClientID, ClientSecret: v.ClientSecret, Endpoint: p.Endpoint(), RedirectURL: v.RedirectURL,
		Scopes: append([]string{oidc.ScopeOpenID, "profile", "email"}, v.Scopes...),
	}
}

// begin notes a sign-in and gives the address where the provider takes over.
func (v *provider) begin(w http.ResponseWriter, r *http.Request, view signinView) (string, error) {
	p, err := v.discover(r.Context())
	if err != nil {
		return "", err
	}
	f := &flow{from: networkOf(v.people.from(r)), browser: rand.Text(), nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), began: time.Now(), view: view}
	for _, c := range view.Carried {
		f.size += len(c.Name) + len(c.Value)
	}
	state := rand.Text()
	v.keep(state, f)
	http.SetCookie(w, &http.Cookie{
		Name: flowCookie, Value: f.browser, Path: v.people.api.link + "/signin", MaxAge: int(flowLasts.Seconds()),
		HttpOnly: true, Secure: v.people.overTLS(r), SameSite: http.SameSiteLaxMode,
	})
	return v.oauth(p).AuthCodeURL(state, oidc.Nonce(f.nonce), oauth2.S256ChallengeOption(f.verifier)), nil
}

// keep notes a flow. Of too many the oldest of that network is given up, or of
// the one that has most; of too much that was typed the newest is not carried.
func (v *provider) keep(state string, f *flow) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.order = slices.DeleteFunc(v.order, func(state string) bool {
		if old := v.flows[state]; old != nil && time.Since(old.began) > flowLasts {
			v.forget(state)
		}
		return v.flows[state] == nil
	})
	from := map[netip.Prefix]int{}
	for _, old := range v.flows {
		from[old.from]++
	}
	if from[f.from] >= flowsFrom {
		v.giveUp(f.from)
	} else if len(v.flows) >= maxFlows {
		v.giveUp(slices.MaxFunc(slices.Collect(maps.Keys(from)), func(x, y netip.Prefix) int { return cmp.Compare(from[x], from[y]) }))
	}
	if v.kept+f.size > flowKept {
		f.view.Carried, f.view.Lost, f.size = nil, true, 0
	}
	v.kept += f.size
	v.flows[state] = f
	v.order = append(v.order, state)
}

// giveUp forgets the oldest flow of a network. It is called with v.mu held.
func (v *provider) giveUp(from netip.Prefix) {
	i := slices.IndexFunc(v.order, func(state string) bool { return v.flows[state] != nil && v.flows[state].from == from })
	if i >= 0 {
		v.forget(v.order[i])
	}
}

// forget is called with v.mu held.
func (v *provider) forget(state string) {
	if f := v.flows[state]; f != nil {
		v.kept -= f.size
		delete(v.flows, state)
	}
}

// take gives the flow of a state to the browser that began it, once.
func (v *provider) take(r *http.Request) (*flow, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	state := r.URL.Query().Get("state")
	f := v.flows[state]
	c, err := r.Cookie(flowCookie)
	if f == nil || err != nil || subtle.ConstantTimeCompare([]byte(c.Value), []byte(f.browser)) != 1 {
		return nil, errUnknownFlow
	}
	v.forget(state)
	if time.Since(f.began) > flowLasts {
		return nil, errUnknownFlow
	}
	return f, nil
}

// An identity is what the provider says of somebody.
type identity struct {
	subject string // with the provider's address, so that it is of this one alone
	name    string
	groups  []string
}

// redeem turns the code that the browser brought into who it is.
func (v *provider) redeem(ctx context.Context, f *flow, code string) (identity, error) {
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, v.Client), oidcTimeout)
	defer cancel()
	p, err := v.discover(ctx)
	if err != nil {
		return identity{}, err
	}
	token, err := v.oauth(p).Exchange(ctx, code, oauth2.VerifierOption(f.verifier))
	if err != nil {
		return identity{}, fmt.Errorf("api: oidc: exchange: %w", err)
	}
	raw, _ := token.Extra("id_token").(string)
	id, err := p.Verifier(&oidc.Config{ClientID: v.ClientID}).Verify(ctx, raw)
	if err != nil {
		return identity{}, fmt.Errorf("api: oidc: %w", err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(f.nonce)) != 1 {
		return identity{}, errors.New("api: oidc: the nonce is not the one that was sent")
	}
	claims := map[string]any{}
	if err := id.Claims(&claims); err != nil {
		return identity{}, fmt.Errorf("api: oidc: claims: %w", err)
	}
	if err := v.complete(ctx, p, id.Subject, token, claims); err != nil {
		return identity{}, err
	}
	who := identity{subject: id.Issuer + " " + id.Subject, groups: texts(claims[v.GroupsClaim])}
	for _, claim := range []string{v.NameClaim, "preferred_username", "email", "sub"} {
		if name, _ := claims[claim].(string); claim != "" && (Accounts{}).nameFault(UserName(name)) == "" {
			who.name = UserName(name)
			break
		}
	}
	return who, nil
}

// complete adds what the provider tells of somebody when it is asked, where
// the token alone does not say it. It must be about the same one.
func (v *provider) complete(ctx context.Context, p *oidc.Provider, subject string, token *oauth2.Token, claims map[string]any) error {
	_, grouped := claims[v.GroupsClaim]
	_, named := claims[cmp.Or(v.NameClaim, "preferred_username")]
	if grouped && named || p.UserInfoEndpoint() == "" {
		return nil
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return fmt.Errorf("api: oidc: %w", err)
	}
	if info.Subject != subject {
		return errors.New("api: oidc: what was told is about somebody else")
	}
	more := map[string]any{}
	if err := info.Claims(&more); err != nil {
		return fmt.Errorf("api: oidc: claims: %w", err)
	}
	for k, value := range more {
		if _, ok := claims[k]; !ok {
			claims[k] = value
		}
	}
	return nil
}

// texts reads a claim that may be one text or a list.
func texts(claim any) []string {
	switch v := claim.(type) {
	case string:
		return []string{v}
	case []any:
		var list []string
		for _, x := range v {
			if s, ok := x.(string); ok {
				list = append(list, s)
			}
		}
		return list
	}
	return nil
}

// grants is what somebody may, by the first group that they are in.
func (v *provider) grants(groups []string) (Role, string) {
	for _, g := range v.Groups {
		if slices.Contains(groups, g.Group) {
			return g.Role, g.Scope
		}
	}
	return v.DefaultRole, ""
}

// admit finds or makes the user of an identity, with what their groups give
// them now. "" says that they may not come in, and the text why: then what they
// have from before ends, too.
func (v *provider) admit(ctx context.Context, who identity) (name, why string, err error) {
	u, known, err := v.people.store.UserOf(ctx, who.subject)
	if err != nil {
		return "", "", err
	}
	role, scope := v.grants(who.groups)
	if !role.may(RoleViewer) {
		why = "You are known there, and in no group that may come in here. Ask an admin."
		if known {
			err = v.shutOut(ctx, u.Name, "in no group that may come in, groups "+groupsText(who.groups))
		}
		return "", why, err
	}
	c := UserChange{Scope: &scope, Role: new(string(role))}
	switch {
	case known && u.Role == *c.Role && u.Scope == scope:
		return u.Name, "", nil
	case known:
		if _, err = v.people.accounts.Change(ctx, "oidc", u.Name, c, ""); errors.Is(err, ErrConflict) {
			why = "Your groups there make you no admin any more, and you are the only one here. Somebody has to make another one first: earshot users add NAME --role admin."
			return "", why, v.shutOut(ctx, u.Name, "the only admin is none any more, groups "+groupsText(who.groups))
		}
		return u.Name, "", err
	case who.name == "":
		return "", "The identity provider gave no name for you that can be used here.", nil
	}
	u, err = v.people.accounts.Add(ctx, "oidc", mention.User{Name: who.name, Subject: who.subject}, c)
	if errors.Is(err, ErrConflict) {
		return "", fmt.Sprintf("There is another user called %s here already. Ask an admin.", who.name), nil
	}
	if bad, ok := errors.AsType[*InvalidError](err); ok {
		return "", strings.Join(bad.Faults, "; "), nil
	}
	return u.Name, "", err
}

// shutOut ends what a user has from before the provider took it back.
func (v *provider) shutOut(ctx context.Context, name, why string) error {
	return v.people.store.Withdraw(ctx, name, auditLine("oidc", "user.shut", name, why))
}

// groupsText is groups for the audit.
func groupsText(groups []string) string {
	b, err := json.Marshal(groups)
	if err != nil {
		return ""
	}
	return clip(string(b), 500)
}
