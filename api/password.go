package api

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
)

// A cost is how dear it is to try a password. It stands in the hash, so that
// one made with another cost can still be checked.
type cost struct {
	memory uint32 // KiB
	time   uint32
	lanes  uint8
}

// present is the second recommended option of RFC 9106: for when 2 GiB a
// try are not to be had.
var present = cost{memory: 64 << 10, time: 3, lanes: 4}

// The most that a hash may ask for; one that asks for more was not made here.
const (
	maxMemory = 256 << 10 // KiB
	maxTime   = 16
	saltBytes = 16
	keyBytes  = 32
)

// The bounds of a password, in bytes.
const (
	minPassword = 12
	maxPassword = 512
)

var errHash = errors.New("api: not a password hash of ours")

// HashPassword makes the hash of a password, with its salt and parameters, in
// the form that other programs write too, as in $argon2id$v=19$m=65536,t=3,p=4$salt$key.
func HashPassword(password string) string { return present.hash(password) }

func (c cost) hash(password string) string {
	salt := make([]byte, saltBytes)
	_, _ = rand.Read(salt) // never fails
	return c.text(salt, argon2.IDKey([]byte(password), salt, c.time, c.memory, c.lanes, keyBytes))
}

func (c cost) text(salt, key []byte) string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(key))
}

// readHash takes a hash apart.
func readHash(text string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return c, nil, nil, errHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.lanes); err != nil {
		return c, nil, nil, errHash
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(key) < 16 || len(key) > 64 || c.time < 1 || c.time > maxTime || c.lanes < 1 || c.memory < 8 || c.memory > maxMemory {
		return c, nil, nil, errHash
	}
	return c, salt, key, nil
}

// A vault checks passwords, few at a time: each takes its memory.
type vault struct {
	cost    cost
	turns   chan struct{}
	waiting chan struct{} // for a turn; more are sent away
	decoy   string        // checked when there is nobody, so that it takes as long
}

func newVault(c cost) *vault {
	salt, key := make([]byte, saltBytes), make([]byte, keyBytes)
	_, _ = rand.Read(salt) // never fails
	_, _ = rand.Read(key)
	return &vault{cost: c, turns: make(chan struct{}, 2), waiting: make(chan struct{}, 32), decoy: c.text(salt, key)}
}

// check reports whether a password is that of a hash, and whether the hash
// should be made anew because it is of another cost. With an empty hash
// nobody's password is right, and it takes as long to say so.
func (v *vault) check(ctx context.Context, hash, password string) (right, old bool, err error) {
	busy := fmt.Errorf("%w: too many sign in at one time", ErrUnavailable)
	select {
	case v.waiting <- struct{}{}:
		defer func() { <-v.waiting }()
	default:
		return false, false, busy
	}
	select {
	case v.turns <- struct{}{}:
		defer func() { <-v.turns }()
	case <-ctx.Done():
		return false, false, busy
	}
	known := hash != ""
	if !known {
		hash = v.decoy
	}
	c, salt, key, err := readHash(hash)
	if err != nil {
		return false, false, err
	}
	if len(password) > maxPassword {
		password = password[:maxPassword] // of no account: it was refused when it was set
		known = false
	}
	given := argon2.IDKey([]byte(password), salt, c.time, c.memory, c.lanes, uint32(len(key)))
	return subtle.ConstantTimeCompare(given, key) == 1 && known, c != v.cost, nil
}

// passwordFault says what is wrong with a new password, or "".
func passwordFault(name, password string) string {
	switch {
	case len(password) > maxPassword:
		return fmt.Sprintf("password: longer than %d bytes", maxPassword)
	case !utf8.ValidString(password):
		return "password: not text"
	case utf8.RuneCountInString(password) < minPassword:
		return fmt.Sprintf("password: shorter than %d characters; a few words are easy to keep in mind", minPassword)
	case name != "" && strings.EqualFold(strings.TrimSpace(password), name):
		return "password: it is the name"
	case strings.Count(password, password[:1]) == len(password):
		return "password: one character again and again"
	}
	return ""
}
