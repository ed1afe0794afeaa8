package mention

import (
	"crypto/sha256"
	"time"
)

// A User is a person who may sign in.
type User struct {
	Name    string    `json:"name"`            // in lower case; a name or an address
	Role    string    `json:"role"`            // viewer, analyst or admin
	Scope   string    `json:"scope,omitempty"` // query: only what it finds is there for them; empty means all
	Subject string    `json:"-"`               // at the identity provider: its address and the id there; empty for a local one
	Made    time.Time `json:"made"`
	Seen    time.Time `json:"seen,omitzero"` // last sign-in

	Password string `json:"-"` // hash with its parameters; empty: none, so only the identity provider lets them in
}

// An AccessToken lets a program of a user in.
type AccessToken struct {
	ID      string    `json:"id"`
	Owner   string    `json:"owner"`           // name of a user; gone with them
	Role    string    `json:"role"`            // never more than the owner's counts
	Scope   string    `json:"scope,omitempty"` // besides the owner's
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires,omitzero"` // zero means never

	Hash [sha256.Size]byte `json:"-"` // of the secret, which is shown once and not kept
}

// A Session is one browser that signed in.
type Session struct {
	ID      string    `json:"id"`              // to tell it from others; lets nobody in
	User    string    `json:"user,omitempty"`  // name of a user
	Token   string    `json:"token,omitempty"` // or of a token of the configuration
	Made    time.Time `json:"made"`
	Used    time.Time `json:"used"`
	Address string    `json:"address,omitempty"` // it was made from
	Agent   string    `json:"agent,omitempty"`   // browser, as it says

	Hash    [sha256.Size]byte `json:"-"` // of the cookie's secret, which is not kept
	Witness []byte            `json:"-"` // of the token it was made with: another secret ends it
}

// A SessionFilter names sessions; zero fields do not filter.
type SessionFilter struct {
	ID, User, Token string
	Except          string    // an ID that stays
	MadeBefore      time.Time // or
	UsedBefore      time.Time
}

// An AuditFilter narrows who did what; zero fields do not filter.
type AuditFilter struct {
	Actor, Action string // Action also finds those it begins, up to a dot: curate finds curate.tag
	Object        string
	Before        int64 // Seq to go on below
	Limit         int   // 0 means 100
}
