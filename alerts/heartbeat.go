package alerts

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/internal/egress"
)

// How often a heartbeat beats.
const (
	defaultBeat = time.Minute
	minBeat     = 10 * time.Second
	maxBeat     = 24 * time.Hour
)

// A Heartbeat tells somebody else's watchman, every so often, that all is
// well: a dead man's switch. It takes no notices.
type Heartbeat struct {
	webhook
	method string
	every  time.Duration
}

// NewHeartbeat makes what beats for a receiver of kind heartbeat; log may be
// nil.
func NewHeartbeat(r Receiver, eg *egress.Egress, log *slog.Logger) (*Heartbeat, error) {
	if errs := r.Faults(); len(errs) > 0 || r.Kind != ReceiverHeartbeat {
		return nil, fmt.Errorf("alerts: receiver %s is no heartbeat: %w", r.ID, errors.Join(errs...))
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	w, err := newWebhook(&r, eg, log.With("receiver", r.ID))
	if err != nil {
		return nil, err
	}
	return &Heartbeat{webhook: *w, method: r.method(), every: r.Beat()}, nil
}

// Every is how often it is to beat.
func (h *Heartbeat) Every() time.Duration { return h.every }

// Beat says that all is well at a time. It returns nil when that was taken.
func (h *Heartbeat) Beat(ctx context.Context, at time.Time) error {
	var body []byte
	if h.method == http.MethodPost {
		body, _ = json.Marshal(struct { // cannot fail: two plain fields
			Type string    `json:"type"`
			At   time.Time `json:"timestamp"`
		}{"heartbeat", at.UTC()})
	}
	req, err := http.NewRequestWithContext(ctx, h.method, h.url, bytes.NewReader(body))
	if err != nil {
		return &NotifyError{Permanent: true, Err: withoutURL(err)}
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return &NotifyError{Err: withoutURL(err)}
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxReply)) // so that the connection can be used again
	return h.judge(resp)
}

// Beat is how often a receiver of kind heartbeat is told that all is well.
func (r *Receiver) Beat() time.Duration {
	if r.Every == 0 {
		return defaultBeat
	}
	return r.Every.Std()
}

func (r *Receiver) method() string {
	if r.Method == "" {
		return http.MethodGet
	}
	return strings.ToUpper(r.Method)
}

// TakesNotices reports whether r may be named where somebody is to be told.
func (r *Receiver) TakesNotices() bool { return r.Kind != ReceiverHeartbeat }

func (r *Receiver) heartbeatFaults() []error {
	errs := urlFaults(r.URL)
	if every := r.Beat(); every < minBeat || every > maxBeat {
		errs = append(errs, fmt.Errorf("every %s is not %s to 24h", r.Every, minBeat))
	}
	if m := r.method(); m != http.MethodGet && m != http.MethodPost {
		errs = append(errs, oneOf("method", r.Method, []string{"get", "post"}))
	}
	if r.Severity != "" || r.Quiet != nil || r.Digest != 0 || r.Cap != 0 || r.Fallback != "" {
		errs = append(errs, errors.New("severity, quiet, digest, cap and fallback are not read by a heartbeat: it takes no notices"))
	}
	return errs
}

// urlFaults is what is wrong with an address that is called.
func urlFaults(address string) []error {
	if address == "" {
		return []error{errors.New("url is missing")}
	}
	if u, err := url.Parse(address); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return []error{errors.New("url is not an http or https address")}
	}
	return nil
}
