package api

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"earshot/query"
)

// A problem is an error as RFC 9457 tells it. What is wrong with a query is
// in messages.
type problem struct {
	huma.ErrorModel
	Messages []query.Message `json:"messages,omitempty"`

	header http.Header
}

// GetHeaders implements huma's HeadersError.
func (p *problem) GetHeaders() http.Header { return p.header }

func newProblem(status int, kind, detail string) *problem {
	p := &problem{ErrorModel: huma.ErrorModel{Type: "urn:earshot:" + kind, Title: http.StatusText(status), Status: status, Detail: detail}}
	if status == http.StatusServiceUnavailable {
		p.header = http.Header{"Retry-After": {"5"}}
	}
	return p
}

// fail turns an error of the backend into the answer's problem. What was
// asked for is named by what, as in "mention".
func (a *api) fail(ctx context.Context, err error, what string) error {
	if p := a.problem(ctx, err, what); p != nil {
		return p
	}
	return nil
}

func (a *api) problem(ctx context.Context, err error, what string) *problem {
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	if bad, ok := errors.AsType[*query.Error](err); ok {
		p := newProblem(http.StatusBadRequest, "bad-query", "the query cannot be read")
		p.Messages = bad.Messages
		if len(bad.Messages) > 0 {
			p.Detail = bad.Messages[0].Message
		}
		return p
	}
	if bad, ok := errors.AsType[*InvalidError](err); ok {
		return invalid(bad.Faults)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return newProblem(http.StatusNotFound, "not-found", "there is no such "+what)
	case errors.Is(err, ErrReadOnly):
		return newProblem(http.StatusConflict, "read-only", "this "+what+" is defined by a file; change it there")
	case errors.Is(err, ErrConflict):
		return newProblem(http.StatusConflict, "conflict", strings.TrimPrefix(err.Error(), "api: "))
	case errors.Is(err, ErrCursor):
		return newProblem(http.StatusBadRequest, "bad-cursor", "the cursor does not belong to this request; start again without it")
	case errors.Is(err, ErrUnavailable):
		return newProblem(http.StatusServiceUnavailable, "unavailable", strings.TrimPrefix(err.Error(), "api: "))
	case errors.Is(err, context.DeadlineExceeded):
		return newProblem(http.StatusServiceUnavailable, "too-slow", "the answer took too long; ask for less")
	case errors.Is(err, context.Canceled):
		return newProblem(http.StatusServiceUnavailable, "cancelled", "the request was given up")
	}
	a.log.ErrorContext(ctx, "request failed", "what", what, "err", err)
	return newProblem(http.StatusInternalServerError, "internal", "something went wrong; the log says what")
}

func invalid(faults []string) *problem {
	p := newProblem(http.StatusUnprocessableEntity, "invalid", "what was sent is not right")
	for _, f := range faults {
		p.Errors = append(p.Errors, &huma.ErrorDetail{Message: f})
	}
	return p
}

// writeProblem answers outside of huma.
func writeProblem(w http.ResponseWriter, r *http.Request, p *problem) {
	h := w.Header()
	secure(h)
	maps.Copy(h, p.header)
	h.Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(p) // the client is gone: nobody to tell
	}
}
