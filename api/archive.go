package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"earshot/mention"
	"earshot/report"
)

// How long a link to a report opens it.
const (
	shareDefault = 14 * 24 * time.Hour
	shareMost    = 366 * 24 * time.Hour
)

// sharedPath is where shared reports are, for anybody who has the link.
const sharedPath = "/shared/"

type keptListInput struct {
	Plan   string `query:"plan" maxLength:"100" doc:"only those of a planned report"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Before string `query:"before" maxLength:"100" doc:"id of the last report of the page before"`
}

type keptInput struct {
	ID     string `path:"id" maxLength:"100"`
	Format string `path:"format" enum:"html,pdf,xlsx,text"`
}

type keepInput struct {
	Body struct {
		Kind string `json:"kind" enum:"weekly,versus,board,incident"`
		Name string `json:"name,omitempty" maxLength:"100" doc:"id of the board or the incident"`
		Q    string `json:"q,omitempty" maxLength:"20000" doc:"only mentions that match"`
		From string `json:"from,omitempty" maxLength:"40" doc:"first day, or an instant"`
		To   string `json:"to,omitempty" maxLength:"40" doc:"last day, or an instant"`
	}
}

type shareInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		For mention.Duration `json:"for,omitempty" doc:"how long the link opens it, such as 14d; at most 366d"`
	}
}

type shareOutput struct {
	Body struct {
		mention.Share
		Link string `json:"link" doc:"told this once; whoever has it can read this report and nothing else"`
	}
}

func (a *api) archiveRoutes() {
	tags := []string{"Reports"}
	write := map[string]any{needs: RoleAnalyst}
	huma.Register(a.huma, huma.Operation{
		OperationID: "listKeptReports", Method: http.MethodGet, Path: "/archive", Tags: tags,
		Summary: "Kept reports", Description: "Reports as they were made, newest first.",
	}, func(ctx context.Context, in *keptListInput) (*listOutput[mention.KeptReport], error) {
		rows, err := ask(ctx, a, "report", func(ctx context.Context) ([]mention.KeptReport, error) {
			return a.backend.Reports(ctx, mention.KeptFilter{Plan: in.Plan, Limit: in.Limit, Before: in.Before})
		})
		if rows == nil {
			rows = []mention.KeptReport{}
		}
		return &listOutput[mention.KeptReport]{Body: listBody[mention.KeptReport]{Rows: rows}}, err
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "keepReport", Method: http.MethodPost, Path: "/archive", Tags: tags, Metadata: write, DefaultStatus: http.StatusCreated,
		Summary: "Make a report now and keep it",
	}, a.keepReport)
	huma.Register(a.huma, huma.Operation{
		OperationID: "getKeptReport", Method: http.MethodGet, Path: "/archive/{id}", Tags: tags,
		Summary: "When a kept report was made, by whom, of what and with which versions",
	}, func(ctx context.Context, in *idInput) (*output[mention.KeptReport], error) {
		kept, err := a.backend.Report(ctx, in.ID)
		return &output[mention.KeptReport]{kept}, a.fail(ctx, err, "report")
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "readKeptReport", Method: http.MethodGet, Path: "/archive/{id}/as/{format}", Tags: tags,
		Summary: "A kept report, with the numbers it had when it was made", Responses: documentAnswer(),
	}, a.readKept)
	huma.Register(a.huma, huma.Operation{
		OperationID: "reviewKeptReport", Method: http.MethodGet, Path: "/archive/{id}/review", Tags: tags,
		Summary: "What of a kept report is another number now, and why",
	}, func(ctx context.Context, in *idInput) (*struct{ Body mention.ReportReview }, error) {
		out, err := exporting(ctx, a, func(ctx context.Context) (mention.ReportReview, error) { return a.backend.ReviewReport(ctx, in.ID) })
		return &struct{ Body mention.ReportReview }{out}, err
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "deleteKeptReport", Method: http.MethodDelete, Path: "/archive/{id}", Tags: tags, DefaultStatus: http.StatusNoContent,
		Summary: "Delete a kept report with its links",
	}, func(ctx context.Context, in *idInput) (*struct{}, error) {
		return nil, a.fail(ctx, a.backend.DeleteReport(ctx, in.ID, actorOf(ctx).name), "report")
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "sendPlan", Method: http.MethodPost, Path: "/plans/{id}/send", Tags: tags, Metadata: write, DefaultStatus: http.StatusCreated,
		Summary: "Make a planned report now, keep it and send it to its receivers",
	}, func(ctx context.Context, in *idInput) (*output[mention.KeptReport], error) {
		kept, err := exporting(ctx, a, func(ctx context.Context) (mention.KeptReport, error) {
			return a.backend.SendPlan(ctx, actorOf(ctx).name, in.ID)
		})
		return &output[mention.KeptReport]{kept}, err
	})
	a.shareRoutes(tags, write)
}

func (a *api) shareRoutes(tags []string, write map[string]any) {
	huma.Register(a.huma, huma.Operation{
		OperationID: "shareReport", Method: http.MethodPost, Path: "/archive/{id}/shares", Tags: tags, Metadata: write, DefaultStatus: http.StatusCreated,
		Summary: "A link that opens one kept report, read only, until it ends",
	}, a.shareReport)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listShares", Method: http.MethodGet, Path: "/archive/{id}/shares", Tags: tags, Metadata: write, Summary: "The links to a kept report",
	}, func(ctx context.Context, in *idInput) (*listOutput[mention.Share], error) {
		rows, err := a.backend.Shares(ctx, in.ID)
		if rows == nil {
			rows = []mention.Share{}
		}
		return &listOutput[mention.Share]{Body: listBody[mention.Share]{Rows: rows}}, a.fail(ctx, err, "report")
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "revokeShare", Method: http.MethodDelete, Path: "/shares/{id}", Tags: tags, Metadata: write, DefaultStatus: http.StatusNoContent,
		Summary: "End a link to a report",
	}, func(ctx context.Context, in *idInput) (*struct{}, error) {
		return nil, a.fail(ctx, a.backend.RevokeShare(ctx, in.ID, actorOf(ctx).name), "link")
	})
}

// exporting does what reads much: a few at one time, each within its time.
func exporting[T any](ctx context.Context, a *api, fn func(context.Context) (T, error)) (T, error) {
	var zero T
	select {
	case a.exports <- struct{}{}:
		defer func() { <-a.exports }()
	default:
		return zero, newProblem(http.StatusServiceUnavailable, "unavailable", "too many exports and reports at one time; try again")
	}
	ctx, cancel := context.WithTimeout(ctx, reportTime)
	defer cancel()
	v, err := fn(ctx)
	if err != nil {
		return zero, a.fail(ctx, err, "report")
	}
	return v, nil
}

func (a *api) keepReport(ctx context.Context, in *keepInput) (*output[mention.KeptReport], error) {
	ask := &reportInput{Kind: in.Body.Kind, Name: in.Body.Name, Q: in.Body.Q, From: in.Body.From, To: in.Body.To, Period: "7d"}
	kept, err := exporting(ctx, a, func(ctx context.Context) (mention.KeptReport, error) {
		o, err := a.order(ctx, ask, time.Now())
		if err != nil {
			return mention.KeptReport{}, err
		}
		return a.backend.KeepReport(ctx, actorOf(ctx).name, o)
	})
	return &output[mention.KeptReport]{kept}, err
}

func (a *api) readKept(ctx context.Context, in *keptInput) (*huma.StreamResponse, error) {
	kept, err := ask(ctx, a, "report", func(ctx context.Context) (mention.KeptReport, error) { return a.backend.Report(ctx, in.ID) })
	if err != nil {
		return nil, err
	}
	f, err := report.Thaw(kept.Body, a.mentionsLink())
	if err != nil {
		return nil, a.fail(ctx, err, "report")
	}
	return a.written(ctx, f.Document, in.Format)
}

// mentionsLink gives the address of the mentions of a query as it is told in
// documents; nil when people reach us under none.
func (a *api) mentionsLink() func(string) string {
	if a.origin == "" {
		return nil
	}
	return func(q string) string { return a.origin + a.pages.search(q) }
}

// written is a report as the answer to a request.
func (a *api) written(ctx context.Context, doc *report.Document, format string) (*huma.StreamResponse, error) {
	var b bytes.Buffer
	if err := doc.Write(&b, format); err != nil {
		return nil, a.fail(ctx, err, "report")
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		_, w := humago.Unwrap(hctx)
		sendDocument(w, doc.Kind, format, b.Bytes())
	}}, nil
}

// sendDocument sends a report: HTML as a document without script, whose styles
// stand in it as mail programs want them.
func sendDocument(w http.ResponseWriter, kind, format string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", report.MediaTypes[format])
	switch format {
	case report.HTML:
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox allow-popups allow-top-navigation-by-user-activation")
	case report.XLSX:
		h.Set("Content-Disposition", `attachment; filename="earshot-`+kind+`.xlsx"`)
	}
	_, _ = w.Write(body)
}

func (a *api) shareReport(ctx context.Context, in *shareInput) (*shareOutput, error) {
	s, link, err := a.newShare(ctx, in.ID, in.Body.For.Std())
	if err != nil {
		return nil, err
	}
	out := &shareOutput{}
	out.Body.Share, out.Body.Link = s, link
	return out, nil
}

// newShare makes a link. Its secret is of 256 random bits and is told once;
// what is kept is its hash.
func (a *api) newShare(ctx context.Context, id string, valid time.Duration) (mention.Share, string, error) {
	if valid == 0 {
		valid = shareDefault
	}
	if valid < time.Minute || valid > shareMost {
		return mention.Share{}, "", invalid([]string{"for: a link is open for 1m to 366d"})
	}
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails
	token := base64.RawURLEncoding.EncodeToString(secret[:])
	now := time.Now().UTC().Truncate(time.Second)
	s := mention.Share{ID: "s" + strings.ToLower(rand.Text()[:16]), Report: id, By: actorOf(ctx).name, Created: now, Expires: now.Add(valid), Hash: shareHash(token)}
	if err := a.backend.Share(ctx, s); err != nil {
		return s, "", a.fail(ctx, err, "report")
	}
	return s, a.absolute(sharedPath + token), nil
}

func shareHash(token string) string {
	sum := sha256.Sum256([]byte("share " + token))
	return hex.EncodeToString(sum[:])
}

// shared shows one report to whoever has its link, and nothing else: no link
// in it leads anywhere, and no page of ours is reached from it.
func (a *api) shared(w http.ResponseWriter, r *http.Request) {
	format := r.URL.Query().Get("format")
	if format == "" {
		format = report.HTML
	}
	gone := newProblem(http.StatusGone, "share-ended", "this link opens nothing (any more): it ended, was taken back, or was not made here")
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		writeProblem(w, r, newProblem(http.StatusMethodNotAllowed, "method", "only GET here"))
		return
	}
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	var kind string
	body, err := ask(r.Context(), a, "report", func(ctx context.Context) ([]byte, error) {
		s, kept, err := a.backend.Shared(ctx, shareHash(r.PathValue("token")))
		if err == nil && !s.Open(time.Now()) {
			err = ErrNotFound
		}
		if err == nil && report.MediaTypes[format] == "" {
			err = newProblem(http.StatusBadRequest, "format", "format is none of html, pdf, xlsx, text")
		}
		if err != nil {
			return nil, err
		}
		f, err := report.Thaw(kept.Body, nil)
		if err != nil {
			return nil, err
		}
		kind = kept.Kind
		var b bytes.Buffer
		err = f.Document.Write(&b, format)
		return b.Bytes(), err
	})
	if p, ok := errors.AsType[*problem](err); ok {
		if p.Status == http.StatusNotFound {
			p = gone
		}
		if strings.Contains(r.Header.Get("Accept"), "text/html") { // a person, who has no account here
			a.pages.show(w, r, p.Status, "error", view{Title: p.Title, Bare: true, Data: p})
			return
		}
		writeProblem(w, r, p)
		return
	}
	sendDocument(w, kind, format, body) // here, so that who reads slowly holds no place
}
