package demo

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The bounds of an [Inbox]: the newest messages are kept, up to so many of a
// kind and so many bytes of both.
const (
	maxMessages   = 5000
	maxInboxBytes = 64 << 20
	maxBody       = 1 << 20
)

// A Webhook is one request that came to the webhook receiver.
type Webhook struct {
	ID       string          `json:"id"` // webhook-id
	Type     string          `json:"type,omitempty"`
	At       time.Time       `json:"at"`
	Try      int             `json:"try"` // which request with this id it is, from 1
	Verified bool            `json:"verified"`
	Problem  string          `json:"problem,omitempty"` // why it was not verified
	Status   int             `json:"status"`            // what it was answered
	Body     json.RawMessage `json:"body,omitempty"`
}

// Accepted reports whether the sender was told that all is well.
func (h *Webhook) Accepted() bool { return h.Status/100 == 2 }

// A Mail is one message that came to the mailbox.
type Mail struct {
	ID      string    `json:"id"` // Message-ID, without brackets
	From    string    `json:"from"`
	To      []string  `json:"to"`
	Subject string    `json:"subject"`
	At      time.Time `json:"at"`
	TLS     bool      `json:"tls"`
	Text    string    `json:"text"`
	Raw     []byte    `json:"-"`
}

// Faults make the receivers fail, for tests. Both may be nil; they are called
// from several goroutines.
type Faults struct {
	Webhook func(id string, try int) (status int) // 0 means no fault
	Mail    func(n int) error                     // for message n, from 1; an *smtp.SMTPError is told to the sender
}

// An Inbox keeps what arrived. As a handler it shows it: /inbox is a page, a
// path that ends in .json the same for programs.
type Inbox struct {
	mu       sync.Mutex
	faults   Faults
	webhooks []Webhook
	mails    []Mail
	tries    map[string]int
	bytes    int
	received int // mails begun, for faults
	changed  chan struct{}
}

func newInbox() *Inbox {
	return &Inbox{tries: map[string]int{}, changed: make(chan struct{})}
}

// Inbox returns what the receivers got.
func (w *World) Inbox() *Inbox { return w.inbox }

// SetFaults makes the receivers fail from now on.
func (b *Inbox) SetFaults(f Faults) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.faults = f
}

// Webhooks returns the requests that came, oldest first.
func (b *Inbox) Webhooks() []Webhook {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.webhooks)
}

// Mails returns the messages that came, oldest first.
func (b *Inbox) Mails() []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.mails)
}

// Changed returns a channel that is closed when the next message arrives. Ask
// for it before looking, and nothing is missed.
func (b *Inbox) Changed() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

// arrived makes room and tells who waits. It is called with the lock held.
func (b *Inbox) arrived(size int) {
	b.bytes += size
	for len(b.webhooks) > maxMessages || b.bytes > maxInboxBytes && len(b.webhooks) > 0 {
		b.bytes -= len(b.webhooks[0].Body)
		b.webhooks = slices.Delete(b.webhooks, 0, 1)
	}
	for len(b.mails) > maxMessages || b.bytes > maxInboxBytes && len(b.mails) > 0 {
		b.bytes -= len(b.mails[0].Raw) + len(b.mails[0].Text)
		b.mails = slices.Delete(b.mails, 0, 1)
	}
	if len(b.tries) > 4*maxMessages {
		clear(b.tries)
	}
	close(b.changed)
	b.changed = make(chan struct{})
}

// receiver is the handler that webhooks are sent to.
func (b *Inbox) receiver(secret string, now func() time.Time) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/hook" {
			http.NotFound(rw, r)
			return
		}
		body, err := io.ReadAll(http.MaxBytesReader(rw, r.Body, maxBody))
		if err != nil {
			http.Error(rw, "body cannot be read", http.StatusBadRequest)
			return
		}
		h := Webhook{ID: r.Header.Get("Webhook-Id"), At: now().UTC(), Status: http.StatusNoContent, Verified: true}
		if err := verify(secret, r.Header, body, now()); err != nil {
			h.Verified, h.Problem, h.Status = false, err.Error(), http.StatusUnauthorized
		}
		if json.Valid(body) {
			h.Body = body
			var envelope struct {
				Type string `json:"type"`
			}
			if json.Unmarshal(body, &envelope) == nil {
				h.Type = envelope.Type
			}
		}
		rw.WriteHeader(b.keepWebhook(h))
	})
}

// keepWebhook keeps a request and returns what it is answered.
func (b *Inbox) keepWebhook(h Webhook) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries[h.ID]++
	h.Try = b.tries[h.ID]
	if b.faults.Webhook != nil && h.Verified {
		if status := b.faults.Webhook(h.ID, h.Try); status != 0 {
			h.Status = status
		}
	}
	b.webhooks = append(b.webhooks, h)
	b.arrived(len(h.Body))
	return h.Status
}

// tolerance is how far a webhook's time may be from ours.
const tolerance = 5 * time.Minute

// verify checks a request by the Standard Webhooks specification.
func verify(secret string, header http.Header, body []byte, now time.Time) error {
	id, stamp := header.Get("Webhook-Id"), header.Get("Webhook-Timestamp")
	if id == "" || stamp == "" {
		return errors.New("webhook-id or webhook-timestamp is missing")
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("webhook-timestamp %q is not a number of seconds", stamp)
	}
	if off := now.Sub(time.Unix(seconds, 0)); off > tolerance || off < -tolerance {
		return fmt.Errorf("webhook-timestamp is %s off", off.Round(time.Second))
	}
	want, err := sign(secret, id, stamp, body)
	if err != nil {
		return err
	}
	for candidate := range strings.FieldsSeq(header.Get("Webhook-Signature")) {
		if hmac.Equal([]byte(candidate), []byte(want)) {
			return nil
		}
	}
	return errors.New("no signature fits")
}

// sign returns the signature of a request, as in v1,base64.
func sign(secret, id, stamp string, body []byte) (string, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		return "", fmt.Errorf("secret: %w", err)
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, stamp)
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)), nil
}

// newSecret makes a secret for webhooks.
func newSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return "whsec_" + base64.StdEncoding.EncodeToString(key)
}
