package api

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
	"earshot/query"
)

// healthz says that the process answers; nothing else is told to strangers.
func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// readyz says whether questions can be answered in full, and if not, why.
func (a *api) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readingTime)
	defer cancel()
	body := struct {
		Ready   bool     `json:"ready"`
		Reasons []string `json:"reasons"`
	}{Reasons: a.backend.Ready(ctx)}
	if body.Reasons == nil {
		body.Reasons = []string{}
	}
	w.Header().Set("Content-Type", "application/json")
	if body.Ready = len(body.Reasons) == 0; !body.Ready {
		w.Header().Set("Retry-After", "5")
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(body) // the client is gone: nobody to tell
}

type sinceInput struct {
	Since  int64  `query:"since" minimum:"0" doc:"sequence to go on after"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string `query:"cursor" maxLength:"100" doc:"next of the page before; wins over since"`
}

// after is the sequence to go on after.
func (in *sinceInput) after(list string) (int64, error) {
	if in.Cursor == "" {
		return in.Since, nil
	}
	return cursorReadSeq(list, in.Cursor)
}

type changesOutput struct {
	Link string `header:"Link"`
	Body struct {
		Rows []mention.Change `json:"rows" doc:"oldest first; an erased mention leaves its id alone"`
		Last int64            `json:"last" doc:"sequence to give as since next time"`
		Next string           `json:"next,omitempty" doc:"when there is more now"`
	}
}

type auditOutput struct {
	Link string `header:"Link"`
	Body struct {
		Rows []mention.AuditEntry `json:"rows" doc:"oldest first"`
		Next string               `json:"next,omitempty"`
	}
}

type lintOutput struct {
	Body struct {
		Valid    bool            `json:"valid"`
		Messages []query.Message `json:"messages"`
	}
}

type explainInput struct {
	Q string `query:"q" required:"true" maxLength:"20000"`
}

type explainOutput struct {
	Body struct {
		Canonical string          `json:"canonical" doc:"the same query with everything written out"`
		Tree      any             `json:"tree" doc:"nested op and args"`
		Words     []string        `json:"words" doc:"the terms that are looked up"`
		Fields    []string        `json:"fields" doc:"where"`
		Messages  []query.Message `json:"messages" doc:"warnings"`
	}
}

func (a *api) systemRoutes() {
	tags := []string{"System"}
	huma.Register(a.huma, huma.Operation{
		OperationID: "status", Method: http.MethodGet, Path: "/status", Tags: tags, Summary: "How the daemon is",
	}, a.status)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listChanges", Method: http.MethodGet, Path: "/changes", Tags: []string{"Mentions"}, Summary: "The change feed",
		Description: "Everything that became of mentions, in order: new, revised, rescored, curated, erased. Keep last, and give it as since to go on.",
	}, a.changes)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listAudit", Method: http.MethodGet, Path: "/audit", Tags: tags, Summary: "Who did what", Metadata: map[string]any{needs: RoleAdmin},
	}, a.audit)
	huma.Register(a.huma, huma.Operation{
		OperationID: "lintQuery", Method: http.MethodGet, Path: "/query/lint", Tags: []string{"Queries"}, Summary: "What is wrong with a query",
		Description: "Errors and warnings, each with its place in bytes and a hint.",
	}, lint)
	huma.Register(a.huma, huma.Operation{
		OperationID: "explainQuery", Method: http.MethodGet, Path: "/query/explain", Tags: []string{"Queries"}, Summary: "How a query is understood",
	}, a.explainText)
}

func (a *api) status(ctx context.Context, _ *struct{}) (*output[Status], error) {
	return answered(ctx, a, "status", a.backend.Status)
}

func (a *api) changes(ctx context.Context, in *sinceInput) (*changesOutput, error) {
	after, err := in.after("changes")
	if err != nil {
		return nil, a.fail(ctx, err, "change")
	}
	rows, err := ask(ctx, a, "change", func(ctx context.Context) ([]mention.Change, error) { return a.backend.Changes(ctx, after, in.Limit) })
	if err != nil {
		return nil, err
	}
	out := &changesOutput{}
	out.Body.Last = after
	if n := len(rows); n > 0 {
		out.Body.Last = rows[n-1].Seq
	}
	out.Body.Rows = []mention.Change{}
	for i := range rows {
		if rows[i].Kind != "" { // else it is not there for who asks
			out.Body.Rows = append(out.Body.Rows, rows[i])
		}
	}
	if len(rows) >= in.Limit {
		out.Body.Next = cursorAfter("changes", strconv.FormatInt(out.Body.Last, 10))
	}
	out.Link = a.next("/changes", url.Values{"limit": {strconv.Itoa(in.Limit)}}, out.Body.Next)
	return out, nil
}

func (a *api) audit(ctx context.Context, in *sinceInput) (*auditOutput, error) {
	after, err := in.after("audit")
	if err != nil {
		return nil, a.fail(ctx, err, "entry")
	}
	rows, err := ask(ctx, a, "entry", func(ctx context.Context) ([]mention.AuditEntry, error) { return a.backend.Audit(ctx, after, in.Limit) })
	if err != nil {
		return nil, err
	}
	out := &auditOutput{}
	if out.Body.Rows = rows; rows == nil {
		out.Body.Rows = []mention.AuditEntry{}
	}
	if n := len(rows); n >= in.Limit {
		out.Body.Next = cursorAfter("audit", strconv.FormatInt(rows[n-1].Seq, 10))
	}
	out.Link = a.next("/audit", url.Values{"limit": {strconv.Itoa(in.Limit)}}, out.Body.Next)
	return out, nil
}

func lint(_ context.Context, in *explainInput) (*lintOutput, error) {
	q, messages := query.Parse(in.Q)
	out := &lintOutput{}
	out.Body.Valid = q != nil
	if out.Body.Messages = messages; messages == nil {
		out.Body.Messages = []query.Message{}
	}
	return out, nil
}

func (a *api) explainText(ctx context.Context, in *explainInput) (*explainOutput, error) {
	q, err := parse(in.Q, time.Now())
	if err != nil {
		return nil, a.fail(ctx, err, "query")
	}
	e := q.Explain()
	out := &explainOutput{}
	out.Body.Canonical, out.Body.Tree, out.Body.Words, out.Body.Fields, out.Body.Messages = e.Canonical, e.Tree, e.Words, e.Fields, e.Messages
	return out, nil
}
