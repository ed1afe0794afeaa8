package alerts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of Standard Webhooks 1.0.
const (
	HeaderID        = "webhook-id"
	HeaderTimestamp = "webhook-timestamp"
	HeaderSignature = "webhook-signature"
)

// Tolerance is how far a webhook's timestamp may be from the receiver's clock.
const Tolerance = 5 * time.Minute

// The errors of [VerifyWebhook].
var (
	ErrNoSignature  = errors.New("alerts: webhook: a header is missing or cannot be read")
	ErrOldTimestamp = errors.New("alerts: webhook: the timestamp is more than 5 minutes off")
	ErrBadSignature = errors.New("alerts: webhook: no signature fits")
)

const (
	secretPrefix = "whsec_"
	minKey       = 24
	maxKey       = 64
	maxSigns     = 16
)

// signingKey reads whsec_… or bare base64.
func signingKey(secret string) ([]byte, error) {
	text := strings.TrimPrefix(strings.TrimSpace(secret), secretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		key, err = base64.RawStdEncoding.DecodeString(text)
	}
	if err != nil {
		return nil, errors.New("the secret is not whsec_ and base64")
	}
	if len(key) < minKey || len(key) > maxKey {
		return nil, fmt.Errorf("the secret has %d bytes; 24 to 64 are needed", len(key))
	}
	return key, nil
}

// sign makes one signature of version 1 over id, timestamp and body.
func sign(key []byte, id, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + timestamp + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// VerifyWebhook checks that a webhook was signed with secret (whsec_…) and is
// not older or newer than [Tolerance]. It is what a receiver written in Go
// calls; a repeated webhook-id is for the receiver to notice.
func VerifyWebhook(secret string, header http.Header, body []byte, now time.Time) error {
	key, err := signingKey(secret)
	if err != nil {
		return fmt.Errorf("alerts: webhook: %w", err)
	}
	id, stamp := header.Get(HeaderID), header.Get(HeaderTimestamp)
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if id == "" || header.Get(HeaderSignature) == "" || err != nil || seconds < 0 {
		return ErrNoSignature
	}
	// In whole seconds: a far timestamp would wrap around as a duration.
	if off, most := now.Unix()-seconds, int64(Tolerance/time.Second); off > most || off < -most {
		return ErrOldTimestamp
	}
	want := []byte(sign(key, id, stamp, body))
	for i, s := range strings.Fields(header.Get(HeaderSignature)) {
		if i < maxSigns && hmac.Equal([]byte(s), want) {
			return nil
		}
	}
	return ErrBadSignature
}
