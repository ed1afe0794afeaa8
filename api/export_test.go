package api

import (
	"context"
	"errors"
	"net/http"
)

// Patterns are the routes, for tests that walk them.
func Patterns(o Options) ([]string, error) {
	_, patterns, err := build(o)
	return patterns, err
}

// cheap is a cost for tests.
var cheap = cost{memory: 8, time: 1, lanes: 1}

// CheapHash is a password's hash of little cost.
func CheapHash(password string) string { return cheap.hash(password) }

// Cheaply has passwords hashed at little cost.
func Cheaply(o Options) Options {
	o.cost = cheap
	return o
}

// StillThere tells whether who sends a request has been sent away since.
func StillThere(o Options, r *http.Request) (func(context.Context) bool, error) {
	a, err := newAPI(o)
	if err != nil {
		return nil, err
	}
	who, ok, err := a.guard.who(r, "")
	if err == nil && !ok {
		err = errors.New("not let in")
	}
	return who.gone, err
}

// Narrowed is a query within a scope.
func Narrowed(scope, text string) (string, error) {
	q, err := scopeOf(scope)
	if err != nil {
		return "", err
	}
	return narrowed(context.WithValue(context.Background(), actorKey{}, actor{name: "x", role: RoleViewer, scope: q}), text)
}

// Within reports whether a query stays within a scope.
func Within(text, scope string) bool {
	q, err := scopeOf(scope)
	return err == nil && within(text, q)
}

// OldHash is a password's hash of another cost than is asked for now.
func OldHash(password string) string { return cost{memory: 8, time: 2, lanes: 1}.hash(password) }
