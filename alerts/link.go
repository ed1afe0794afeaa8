package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What may be done about an incident by a link.
const (
	ActionAck    = "ack"
	ActionSnooze = "snooze" // for a day
	ActionMute   = "mute"
)

// LinkActions lists them.
var LinkActions = []string{ActionAck, ActionSnooze, ActionMute}

// linkLife is how long a link may be used.
const linkLife = 14 * 24 * time.Hour

// ErrLink reports a link that was not made by us, or too long ago.
var ErrLink = errors.New("alerts: this link is not valid, or no longer")

// A Link does one thing to one incident, for whoever holds it. It says which
// receiver it was sent to, so that the audit can.
type Link struct {
	Incident, Action, Receiver string
	Expires                    time.Time
}

func (l *Link) text() string {
	return strings.Join([]string{l.Incident, l.Action, l.Receiver, strconv.FormatInt(l.Expires.Unix(), 36)}, "\n")
}

// sign writes the link so that it can be told from others'.
func (l *Link) sign(key []byte) string {
	text := l.text()
	return base64.RawURLEncoding.EncodeToString([]byte(text)) + "." + base64.RawURLEncoding.EncodeToString(mac(key, text))
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte("earshot link\n" + text))
	return h.Sum(nil)[:18]
}

// ReadLink reads a link that an engine with the key has made.
func ReadLink(key []byte, token string, now time.Time) (Link, error) {
	head, tail, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil || len(key) == 0 || len(token) > 2000 {
		return Link{}, ErrLink
	}
	sum, err := base64.RawURLEncoding.DecodeString(tail)
	if err != nil || !hmac.Equal(sum, mac(key, string(text))) {
		return Link{}, ErrLink
	}
	parts := strings.Split(string(text), "\n")
	if len(parts) != 4 || !slices.Contains(LinkActions, parts[1]) {
		return Link{}, ErrLink
	}
	expires, err := strconv.ParseInt(parts[3], 36, 64)
	l := Link{Incident: parts[0], Action: parts[1], Receiver: parts[2], Expires: time.Unix(expires, 0).UTC()}
	if err != nil || !now.Before(l.Expires) {
		return l, fmt.Errorf("%w: it was good until %s", ErrLink, l.Expires.Format("2006-01-02 15:04 UTC"))
	}
	return l, nil
}
