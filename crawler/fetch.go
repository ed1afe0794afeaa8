package crawler

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"earshot/mention"
)

// A question is one request of a collector.
type question struct {
	url          string
	accept       string
	etag         string // validators of the last answer; empty for none
	lastModified string
	header       http.Header // more of them, such as a key; nil for none
	form         url.Values  // posted as a form; nil for none
	json         []byte      // posted; nil for none
	hide         string      // parameter of the address that is a secret
}

// request makes the request of a question.
func (q *question) request(ctx context.Context) (*http.Request, error) {
	method, kind, body := http.MethodGet, "", io.Reader(http.NoBody)
	switch {
	case q.form != nil:
		method, kind, body = http.MethodPost, "application/x-www-form-urlencoded", strings.NewReader(q.form.Encode())
	case q.json != nil:
		method, kind, body = http.MethodPost, "application/json", bytes.NewReader(q.json)
	}
	req, err := http.NewRequestWithContext(ctx, method, q.url, body)
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, q.header)
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Accept", q.accept)
	if q.etag != "" {
		req.Header.Set("If-None-Match", q.etag)
	}
	if q.lastModified != "" {
		req.Header.Set("If-Modified-Since", q.lastModified)
	}
	return req, nil
}

// shown is an address without its secret.
func (q *question) shown(u *url.URL) *url.URL {
	if q.hide == "" {
		return u
	}
	bare := *u
	params := bare.Query()
	params.Del(q.hide)
	bare.RawQuery = params.Encode()
	return &bare
}

// told is what of an error may be told to anyone.
func (q *question) told(err error) error {
	if ue, ok := errors.AsType[*url.Error](err); ok && q.hide != "" {
		return ue.Err // the rest of it is the address
	}
	return err
}

// address is the question's own, as it may be told to anyone.
func (q *question) address() string {
	u, err := url.Parse(q.url)
	if err != nil || q.hide == "" {
		return q.url
	}
	return q.shown(u).String()
}

// An answer is what came back: 200 with a body, or 304 without.
type answer struct {
	url     *url.URL // after redirects
	status  int
	header  http.Header
	body    []byte
	fetched time.Time
}

func (a *answer) unchanged() bool { return a.status == http.StatusNotModified }

// capture is the answer as the ledger keeps it.
func (a *answer) capture() *mention.Capture {
	return &mention.Capture{URL: a.url.String(), Fetched: a.fetched, Status: a.status, Header: a.header, Body: a.body}
}

// ask makes one request, following redirects. Anything but success and "not
// modified" is a [FetchError].
func ask(ctx context.Context, c *http.Client, now func() time.Time, q question) (*answer, error) {
	req, err := q.request(ctx)
	if err != nil {
		return nil, &FetchError{URL: q.address(), Class: ClassNetwork, Err: fmt.Errorf("the address cannot be read: %w", q.told(err))}
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, fetchError(ctx, q.address(), q.told(err))
	}
	defer resp.Body.Close()
	a := &answer{url: q.shown(resp.Request.URL), status: resp.StatusCode, header: resp.Header, fetched: now().UTC()}
	switch {
	case resp.StatusCode == http.StatusNotModified && (q.etag != "" || q.lastModified != ""):
		return a, nil
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNonAuthoritativeInfo:
		return nil, &FetchError{
			URL: q.address(), Class: statusClass(resp.StatusCode), Status: resp.StatusCode,
			RetryAfter: retryAfter(resp.Header.Get("Retry-After"), a.fetched),
		}
	}
	if a.body, err = io.ReadAll(resp.Body); err != nil && (len(a.body) == 0 || !errors.Is(err, io.ErrUnexpectedEOF)) {
		return nil, fetchError(ctx, q.address(), q.told(err))
	}
	return a, nil // a body that broke off is salvaged by who reads it
}
