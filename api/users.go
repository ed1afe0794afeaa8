package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

type usersOutput struct {
	Body struct {
		Rows []mention.User `json:"rows"`
	}
}

type userInput struct {
	Name string `path:"name" maxLength:"100"`
	Body struct {
		Role     *string `json:"role,omitempty" enum:"viewer,analyst,admin"`
		Scope    *string `json:"scope,omitempty" maxLength:"8000" doc:"query: only what it finds is there for them; empty means all"`
		Password *string `json:"password,omitempty" minLength:"12" maxLength:"512" doc:"ends their sessions"`
	}
}

type nameInput struct {
	Name string `path:"name" maxLength:"100"`
}

type sessionsOutput struct {
	Body struct {
		Rows []mention.Session `json:"rows" doc:"used last first"`
	}
}

type tokensOutput struct {
	Body struct {
		Rows []mention.AccessToken `json:"rows"`
	}
}

type tokenInput struct {
	Body struct {
		Name    string    `json:"name" maxLength:"60" doc:"letters, digits, dashes; the token is called OWNER/NAME"`
		Role    string    `json:"role" enum:"viewer,analyst,admin" doc:"not more than its owner's"`
		Scope   string    `json:"scope,omitempty" maxLength:"8000" doc:"query: only what it finds is there for it, and nothing beyond its owner's scope"`
		Expires time.Time `json:"expires,omitzero" doc:"left out: never"`
	}
}

type tokenOutput struct {
	Body struct {
		mention.AccessToken
		Secret string `json:"secret" doc:"shown this once, and kept nowhere"`
	}
}

type meOutput struct {
	Body struct {
		Name  string `json:"name"`
		Role  Role   `json:"role"`
		Scope string `json:"scope,omitempty" doc:"what all your queries are narrowed to"`
	}
}

func (a *api) userRoutes() {
	tags, admin, viewer := []string{"People"}, map[string]any{needs: RoleAdmin}, map[string]any{needs: RoleViewer}
	huma.Register(a.huma, huma.Operation{
		OperationID: "me", Method: http.MethodGet, Path: "/me", Tags: tags, Summary: "Who you are",
	}, me)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listUsers", Method: http.MethodGet, Path: "/users", Tags: tags, Metadata: admin, Summary: "Who may sign in",
	}, a.users)
	huma.Register(a.huma, huma.Operation{
		OperationID: "putUser", Method: http.MethodPut, Path: "/users/{name}", Tags: tags, Metadata: admin, Summary: "Make or change a user",
		Description: "What is left out stays as it is; a new user needs a role. Without a password only the identity provider lets them in.",
	}, a.putUser)
	huma.Register(a.huma, huma.Operation{
		OperationID: "deleteUser", Method: http.MethodDelete, Path: "/users/{name}", Tags: tags, Metadata: admin, Summary: "Remove a user",
		Description: "Their tokens and sessions end. What they did stays in the record.", DefaultStatus: http.StatusNoContent,
	}, a.deleteUser)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listSessions", Method: http.MethodGet, Path: "/sessions", Tags: tags, Metadata: admin, Summary: "Who is signed in",
	}, a.sessions)
	huma.Register(a.huma, huma.Operation{
		OperationID: "endSession", Method: http.MethodDelete, Path: "/sessions/{id}", Tags: tags, Metadata: admin, Summary: "End a session", DefaultStatus: http.StatusNoContent,
	}, a.endSession)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listTokens", Method: http.MethodGet, Path: "/tokens", Tags: tags, Metadata: viewer, Summary: "Your tokens; an admin's answer has all, a token's itself",
	}, a.tokens)
	huma.Register(a.huma, huma.Operation{
		OperationID: "makeToken", Method: http.MethodPost, Path: "/tokens", Tags: tags, Metadata: viewer, Summary: "Make a token of yours",
		Description: "Needs a session: a token makes no tokens.", DefaultStatus: http.StatusCreated,
	}, a.makeToken)
	huma.Register(a.huma, huma.Operation{
		OperationID: "deleteToken", Method: http.MethodDelete, Path: "/tokens/{id}", Tags: tags, Metadata: viewer, Summary: "Revoke a token; a token none but itself", DefaultStatus: http.StatusNoContent,
	}, a.deleteToken)
}

func me(ctx context.Context, _ *struct{}) (*meOutput, error) {
	who := actorOf(ctx)
	out := &meOutput{}
	if out.Body.Name, out.Body.Role = who.name, who.role; who.scope != nil {
		out.Body.Scope = who.scope.Canonical()
	}
	return out, nil
}

func (a *api) users(ctx context.Context, _ *struct{}) (*usersOutput, error) {
	list, err := a.people.store.Users(ctx)
	out := &usersOutput{}
	if out.Body.Rows = list; list == nil {
		out.Body.Rows = []mention.User{}
	}
	return out, a.fail(ctx, err, "user")
}

func (a *api) putUser(ctx context.Context, in *userInput) (*output[mention.User], error) {
	c := UserChange{Role: in.Body.Role, Scope: in.Body.Scope, Password: in.Body.Password}
	who, accounts := actorOf(ctx), a.people.accounts
	_, known, err := a.people.store.User(ctx, UserName(in.Name))
	var u mention.User
	switch {
	case err != nil:
	case known:
		u, err = accounts.Change(ctx, who.name, in.Name, c, who.session)
	default:
		u, err = accounts.Add(ctx, who.name, mention.User{Name: in.Name}, c)
	}
	if err != nil {
		return nil, a.fail(ctx, err, "user")
	}
	return &output[mention.User]{Body: u}, nil
}

func (a *api) deleteUser(ctx context.Context, in *nameInput) (*struct{}, error) {
	return nil, a.fail(ctx, a.people.accounts.Remove(ctx, actorOf(ctx).name, in.Name), "user")
}

func (a *api) sessions(ctx context.Context, _ *struct{}) (*sessionsOutput, error) {
	list, err := a.people.store.Sessions(ctx, "")
	out := &sessionsOutput{}
	if out.Body.Rows = list; list == nil {
		out.Body.Rows = []mention.Session{}
	}
	return out, a.fail(ctx, err, "session")
}

func (a *api) endSession(ctx context.Context, in *idInput) (*struct{}, error) {
	n, err := a.people.store.EndSessions(ctx, mention.SessionFilter{ID: in.ID}, auditLine(actorOf(ctx).name, "session.end", in.ID, ""))
	if err == nil && (n == 0 || in.ID == "") {
		err = ErrNotFound
	}
	return nil, a.fail(ctx, err, "session")
}

// tokensOf are the tokens that who asks may know of. A token of a user knows of
// itself alone: whoever comes by one must not keep its owner out with it.
func (a *api) tokensOf(ctx context.Context) ([]mention.AccessToken, error) {
	who := actorOf(ctx)
	switch {
	case who.byToken():
		list, err := a.people.store.AccessTokens(ctx, who.user)
		return slices.DeleteFunc(list, func(k mention.AccessToken) bool { return k.ID != who.name }), err
	case who.role == RoleAdmin && who.scope == nil:
		return a.people.store.AccessTokens(ctx, "")
	case who.user == "":
		return nil, nil
	}
	return a.people.store.AccessTokens(ctx, who.user)
}

func (a *api) tokens(ctx context.Context, _ *struct{}) (*tokensOutput, error) {
	list, err := a.tokensOf(ctx)
	out := &tokensOutput{}
	if out.Body.Rows = list; list == nil {
		out.Body.Rows = []mention.AccessToken{}
	}
	return out, a.fail(ctx, err, "token")
}

// addToken makes a token of who asks, who is signed in: a token makes no other
// one, or it would outlive its end and its owner's.
func (a *api) addToken(ctx context.Context, k mention.AccessToken) (mention.AccessToken, string, error) {
	who := actorOf(ctx)
	if who.user == "" {
		return k, "", newProblem(http.StatusConflict, "conflict", "a token belongs to a user: sign in as one")
	}
	if who.byToken() {
		return k, "", newProblem(http.StatusForbidden, "session-needed", "a token makes no tokens: sign in and make it there, at "+a.pages.to("/account"))
	}
	if !who.role.may(Role(k.Role)) {
		return k, "", forbidden(who, Role(k.Role))
	}
	owner, ok, err := a.people.store.User(ctx, who.user)
	if err != nil || !ok {
		return k, "", cmpErr(err, ErrNotFound)
	}
	return a.people.accounts.AddToken(ctx, owner, k)
}

// cmpErr is the first error there is.
func cmpErr(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *api) makeToken(ctx context.Context, in *tokenInput) (*tokenOutput, error) {
	k, secret, err := a.addToken(ctx, mention.AccessToken{ID: in.Body.Name, Role: in.Body.Role, Scope: in.Body.Scope, Expires: in.Body.Expires})
	if err != nil {
		return nil, a.fail(ctx, err, "token")
	}
	out := &tokenOutput{}
	out.Body.AccessToken, out.Body.Secret = k, secret
	return out, nil
}

// revoke takes a token away: one's own, or any for an admin; a token itself.
func (a *api) revoke(ctx context.Context, id string) error {
	list, err := a.tokensOf(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].ID == id {
			_, err := a.people.store.DeleteAccessToken(ctx, id, auditLine(actorOf(ctx).name, "token.revoke", id, ""))
			return err
		}
	}
	return ErrNotFound
}

func (a *api) deleteToken(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, a.fail(ctx, a.revoke(ctx, in.ID), "token")
}
