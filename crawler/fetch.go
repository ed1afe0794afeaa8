package crawler

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"earshot/mention"
)

// A question is one request of a collector.
type question struct {
	url          string
	accept       string
	etag         string // validators of the last answer; empty for none
	lastModified string
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
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, q.url, http.NoBody)
	if err != nil {
		return nil, &FetchError{URL: q.url, Class: ClassNetwork, Err: fmt.Errorf("the address cannot be read: %w", err)}
	}
	req.Header.Set("Accept", q.accept)
	if q.etag != "" {
		req.Header.Set("If-None-Match", q.etag)
	}
	if q.lastModified != "" {
		req.Header.Set("If-Modified-Since", q.lastModified)
	}
	resp, err := c.Do(req)
	if err != nil {
		return nil, fetchError(ctx, q.url, err)
	}
	defer resp.Body.Close()
	a := &answer{url: resp.Request.URL, status: resp.StatusCode, header: resp.Header, fetched: now().UTC()}
	switch {
	case resp.StatusCode == http.StatusNotModified && (q.etag != "" || q.lastModified != ""):
		return a, nil
	case resp.StatusCode != http.StatusOK && resp.StatusCode != http.StatusNonAuthoritativeInfo:
		return nil, &FetchError{
			URL: q.url, Class: statusClass(resp.StatusCode), Status: resp.StatusCode,
			RetryAfter: retryAfter(resp.Header.Get("Retry-After"), a.fetched),
		}
	}
	if a.body, err = io.ReadAll(resp.Body); err != nil && (len(a.body) == 0 || !errors.Is(err, io.ErrUnexpectedEOF)) {
		return nil, fetchError(ctx, q.url, err)
	}
	return a, nil // a body that broke off is salvaged by who reads it
}
