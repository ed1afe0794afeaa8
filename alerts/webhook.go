package alerts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/internal/egress"
	"earshot/mention"
)

// maxReply is how much of a receiver's answer is read.
const maxReply = 64 << 10

// A webhook posts notices, signed by Standard Webhooks 1.0.
type webhook struct {
	url    string
	keys   [][]byte // newest first; each signs
	client *http.Client
	log    *slog.Logger
	now    func() time.Time // the time of the attempt, which is signed
}

func newWebhook(r *Receiver, eg *egress.Egress, log *slog.Logger) (*webhook, error) {
	w := &webhook{url: r.URL, log: log, now: time.Now}
	for _, path := range []string{r.SecretFile, r.OldSecretFile} {
		if path == "" {
			continue
		}
		secret, err := readSecret(path)
		if err != nil {
			return nil, fmt.Errorf("alerts: receiver %s: secret: %w", r.ID, err)
		}
		key, err := signingKey(secret.Reveal())
		if err != nil {
			return nil, fmt.Errorf("alerts: receiver %s: %s: %w", r.ID, path, err)
		}
		w.keys = append(w.keys, key)
	}
	timeout := r.Timeout.Std()
	if timeout == 0 {
		timeout = defaultTimeout
	}
	w.client = eg.Client(egress.ClientOptions{MaxBody: maxReply, Timeout: timeout, NoRedirect: true})
	return w, nil
}

// Notify implements [Notifier].
func (w *webhook) Notify(ctx context.Context, d mention.Delivery) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(d.Payload))
	if err != nil {
		return &NotifyError{Permanent: true, Err: withoutURL(err)}
	}
	stamp := strconv.FormatInt(w.now().Unix(), 10)
	signatures := make([]string, len(w.keys))
	for i, key := range w.keys {
		signatures[i] = sign(key, d.ID, stamp, d.Payload)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(HeaderID, d.ID)
	req.Header.Set(HeaderTimestamp, stamp)
	req.Header.Set(HeaderSignature, strings.Join(signatures, " "))
	resp, err := w.client.Do(req)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return &NotifyError{Err: fmt.Errorf("it did not answer within %s", mention.Duration(w.client.Timeout))}
		}
		return &NotifyError{Err: withoutURL(err)}
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxReply)) // so that the connection can be used again
	return w.judge(resp)
}

// judge reads the status of an answer: 2xx alone is success.
func (w *webhook) judge(resp *http.Response) error {
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code >= 300 && code < 400:
		return &NotifyError{Status: code, Err: fmt.Errorf("it answered %d with a redirect, which is not followed: configure the address it leads to", code)}
	case code == http.StatusGone:
		return &NotifyError{Status: code, Permanent: true, Err: errors.New("it answered 410: it does not want notices any more")}
	default:
		return &NotifyError{Status: code, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), w.now()), Err: fmt.Errorf("it answered %s", resp.Status)}
	}
}

// withoutURL takes the address out of an error: it may hold a token.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// retryAfter reads seconds or a date.
func retryAfter(text string, now time.Time) time.Duration {
	if n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64); err == nil && n >= 0 {
		return time.Duration(min(n, int64(MaxRetryAfter/time.Second))) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return min(at.Sub(now), MaxRetryAfter)
	}
	return 0
}
