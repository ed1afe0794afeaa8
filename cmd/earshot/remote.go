package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"earshot/api"
	"earshot/internal/config"
	"earshot/internal/daemon"
	"earshot/internal/egress"
	"earshot/internal/ledger"
	"earshot/mention"
	"earshot/query"
)

// A remote asks the daemon that runs on the data.
type remote struct {
	base   string // of the API
	root   string // of everything
	token  string
	client *http.Client
}

// remoteTime is how long an export may take; questions end much sooner.
const remoteTime = time.Hour

func (*app) remote(cfg *config.Config, running daemon.Running) (*remote, error) {
	eg, err := egress.New(egress.Config{AllowCIDRs: []string{"127.0.0.0/8", "::1/128"}, CAFile: cfg.Fetch.CAFile, UserAgent: "earshot-cli/" + version()})
	if err != nil {
		return nil, err
	}
	return &remote{
		base: running.Address + "/api/v1", root: running.Address, token: running.Token,
		client: eg.Client(egress.ClientOptions{Timeout: remoteTime, MaxBody: 1 << 50, NoRedirect: true}),
	}, nil
}

func (r *remote) do(ctx context.Context, method, address string, body any) (*http.Response, error) {
	var in io.Reader
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		in = bytes.NewReader(data)
	}
	return r.send(ctx, method, address, "application/json", in)
}

// send sends a body as it is; nil sends none.
func (r *remote) send(ctx context.Context, method, address, kind string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Header.Set("Content-Type", kind)
	}
	if r.token != "" {
		req.Header.Set("Authorization", "Bearer "+r.token)
		req.Header.Set(daemon.LocalHeader, r.token)
	}
	resp, err := r.client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("the daemon at %s: %w", r.root, err)
	}
	if resp.StatusCode >= 300 && address != r.root+"/readyz" {
		defer resp.Body.Close()
		return nil, problem(resp)
	}
	return resp, nil
}

// work has the daemon do something long and tells how far it is. The answer is
// lines of JSON, the last of which is the outcome.
func (r *remote) work(ctx context.Context, method, path string, body io.Reader, progress func(done, total int64), into any) error {
	req, err := http.NewRequestWithContext(ctx, method, r.root+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set(daemon.LocalHeader, r.token)
	resp, err := r.client.Do(req)
	if err != nil {
		return fmt.Errorf("the daemon at %s: %w", r.root, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		return problem(resp)
	}
	dec := json.NewDecoder(resp.Body)
	for {
		var line daemon.WorkLine
		if err := dec.Decode(&line); err != nil {
			return fmt.Errorf("the daemon's answer was cut off: %w", err)
		}
		switch {
		case line.Error != "":
			return errors.New(line.Error)
		case line.Result != nil && into != nil:
			return json.Unmarshal(line.Result, into)
		case line.Result != nil:
			return nil
		case progress != nil:
			progress(line.Done, line.Total)
		}
	}
}

// A remoteImport streams a file's documents to the daemon.
type remoteImport struct {
	enc    *json.Encoder
	pipe   *io.PipeWriter
	result daemon.ImportResult
	done   chan error // one value: what became of the request
}

func (r *remote) importFile(ctx context.Context, head daemon.ImportLine, progress func(done, total int64)) (*remoteImport, error) {
	body, pipe := io.Pipe()
	f := &remoteImport{enc: json.NewEncoder(pipe), pipe: pipe, done: make(chan error, 1)}
	go func() {
		err := r.work(ctx, http.MethodPost, daemon.LocalImport, body, progress, &f.result)
		_ = body.CloseWithError(io.ErrClosedPipe)
		f.done <- err
	}()
	if err := f.enc.Encode(head); err != nil {
		return nil, errors.Join(<-f.done, err)
	}
	return f, nil
}

// Skip implements fileImport: the daemon passes over what it has.
func (*remoteImport) Skip() int { return 0 }

// Refuse implements fileImport.
func (f *remoteImport) Refuse(line int) error { return f.enc.Encode(daemon.ImportLine{Line: line}) }

// Put implements fileImport.
func (f *remoteImport) Put(_ context.Context, line int, row mention.Row) error {
	return f.enc.Encode(daemon.ImportLine{Line: line, Row: &row})
}

// Close implements fileImport.
func (f *remoteImport) Close(context.Context) (daemon.ImportResult, error) {
	if err := f.pipe.Close(); err != nil {
		return f.result, err
	}
	err := <-f.done
	return f.result, err
}

// problem reads the API's error back: a query's messages as what they were.
func problem(resp *http.Response) error {
	var p struct {
		Title    string          `json:"title"`
		Detail   string          `json:"detail"`
		Messages []query.Message `json:"messages"`
		Errors   []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(data, &p)
	}
	switch {
	case err != nil:
		return fmt.Errorf("the daemon answered %s", resp.Status)
	case len(p.Messages) > 0:
		return &query.Error{Messages: p.Messages}
	case len(p.Errors) > 0:
		return errors.New(p.Errors[0].Message)
	case p.Detail != "":
		return errors.New(p.Detail)
	}
	return fmt.Errorf("the daemon answered %s %s", resp.Status, p.Title)
}

func (r *remote) raw(ctx context.Context, method, path string, body any) ([]byte, error) {
	resp, err := r.do(ctx, method, r.base+path, body)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func (r *remote) get(ctx context.Context, path string, v url.Values, into any) error {
	if len(v) > 0 {
		path += "?" + v.Encode()
	}
	data, err := r.raw(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	return json.Unmarshal(data, into)
}

// Search implements reader.
func (r *remote) Search(ctx context.Context, s mention.Search) (mention.Page, error) {
	var page mention.Page
	v := url.Values{"q": {s.Query}, "limit": {strconv.Itoa(s.Limit)}}
	if s.Order != "" {
		v.Set("order", s.Order)
	}
	if s.Cursor != "" {
		v.Set("cursor", s.Cursor)
	}
	for name, on := range map[string]bool{"irrelevant": s.Irrelevant, "fold": s.Fold, "highlight": s.Highlight} {
		if on {
			v.Set(name, "true")
		}
	}
	err := r.get(ctx, "/mentions", v, &page)
	return page, err
}

// Count implements reader.
func (r *remote) Count(ctx context.Context, q string) (uint64, error) {
	var body struct {
		Count uint64 `json:"count"`
	}
	err := r.get(ctx, "/count", url.Values{"q": {q}}, &body)
	return body.Count, err
}

// Export implements reader.
func (r *remote) Export(ctx context.Context, e mention.Export, fn func(mention.Row) error) error {
	v := url.Values{"q": {e.Query}, "format": {"ndjson"}}
	if e.AfterID != "" {
		v.Set("after", e.AfterTime.UTC().Format(time.RFC3339Nano)+","+e.AfterID)
	}
	if !e.Now.IsZero() {
		v.Set("now", e.Now.UTC().Format(time.RFC3339Nano))
	}
	resp, err := r.do(ctx, http.MethodGet, r.base+"/export?"+v.Encode(), nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	dec := json.NewDecoder(bufio.NewReaderSize(resp.Body, 256<<10))
	for {
		var row mention.Row
		if err := dec.Decode(&row); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("the daemon's answer was cut off: %w", err)
		}
		if err := fn(row); err != nil {
			return err
		}
	}
}

// Changes implements reader.
func (r *remote) Changes(ctx context.Context, after int64, fn func(mention.Change) error) error {
	for {
		var page struct {
			Rows []mention.Change `json:"rows"`
			Last int64            `json:"last"`
			Next string           `json:"next"`
		}
		v := url.Values{"since": {strconv.FormatInt(after, 10)}, "limit": {"1000"}}
		if err := r.get(ctx, "/changes", v, &page); err != nil {
			return err
		}
		for i := range page.Rows {
			if err := fn(page.Rows[i]); err != nil {
				return err
			}
		}
		if page.Next == "" || page.Last <= after {
			return nil
		}
		after = page.Last
	}
}

// Close implements reader.
func (*remote) Close() error { return nil }

func (r *remote) sources(ctx context.Context) ([]mention.SourceStatus, error) {
	var body struct {
		Rows []mention.SourceStatus `json:"rows"`
	}
	err := r.get(ctx, "/sources", nil, &body)
	return body.Rows, err
}

func (r *remote) receivers(ctx context.Context) ([]api.ReceiverInfo, error) {
	var body struct {
		Rows []api.ReceiverInfo `json:"rows"`
	}
	err := r.get(ctx, "/receivers", nil, &body)
	return body.Rows, err
}

func (r *remote) deliveries(ctx context.Context, f ledger.DeliveryFilter) ([]mention.Delivery, error) {
	var body struct {
		Rows []mention.Delivery `json:"rows"`
	}
	v := url.Values{"limit": {strconv.Itoa(min(max(f.Limit, 1), 500))}}
	for key, value := range map[string]string{"receiver": f.Receiver, "state": f.State, "incident": f.Incident} {
		if value != "" {
			v.Set(key, value)
		}
	}
	err := r.get(ctx, "/deliveries", v, &body)
	return body.Rows, err
}

func (r *remote) ready(ctx context.Context) ([]string, error) {
	resp, err := r.do(ctx, http.MethodGet, r.root+"/readyz", nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var body struct {
		Reasons []string `json:"reasons"`
	}
	err = json.NewDecoder(resp.Body).Decode(&body)
	return body.Reasons, err
}

func (r *remote) objects(ctx context.Context) ([]config.Object, error) {
	resp, err := r.do(ctx, http.MethodGet, r.root+daemon.LocalObjects, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var out []config.Object
	err = json.NewDecoder(resp.Body).Decode(&out)
	return out, err
}
