package api

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"earshot/mention"
	"earshot/report"
)

// reportTime bounds the making of a report.
const reportTime = time.Minute

type reportInput struct {
	Kind   string `path:"kind" enum:"weekly,versus"`
	Format string `query:"format" enum:"html,pdf,xlsx,text" default:"html"`
	Q      string `query:"q" maxLength:"20000" doc:"only mentions that match"`
	Period string `query:"period" enum:"24h,7d,30d,90d,365d" default:"7d" doc:"up to now; from and to win over it"`
	From   string `query:"from" maxLength:"40" doc:"first day, or an instant" example:"2026-11-02"`
	To     string `query:"to" maxLength:"40" doc:"last day, or an instant" example:"2026-11-08"`
}

func (a *api) reportRoutes() {
	text := &huma.Schema{Type: huma.TypeString}
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	huma.Register(a.huma, huma.Operation{
		OperationID: "makeReport", Method: http.MethodGet, Path: "/reports/{kind}", Tags: []string{"Numbers"},
		Summary:     "A report now",
		Description: "The weekly digest, or our brands against the others, as one file to send on. Its numbers are those of the moment it is made, and it says what they rest on.",
		Responses: map[string]*huma.Response{"200": {Description: "The report", Content: map[string]*huma.MediaType{
			"text/html": {Schema: text}, "application/pdf": {Schema: file}, report.MediaTypes[report.XLSX]: {Schema: file}, "text/plain": {Schema: text},
		}}},
		Errors: []int{http.StatusBadRequest, http.StatusServiceUnavailable},
	}, a.makeReport)
}

// window reads the stretch of a report.
func (in *reportInput) window(a *api, now time.Time) (report.Window, error) {
	if in.From == "" && in.To == "" {
		i := slices.IndexFunc(periods, func(p period) bool { return p.key == in.Period })
		return periods[max(i, 0)].window(now.In(a.zone)), nil
	}
	from, ok := instant(in.From, a.zone, false)
	to, ok2 := instant(in.To, a.zone, true)
	if !ok || !ok2 || !from.Before(to) {
		return report.Window{}, invalid([]string{"from, to: not two days in order, such as 2026-11-02 and 2026-11-08"})
	}
	return report.Window{From: from, To: to}, nil
}

func (a *api) makeReport(ctx context.Context, in *reportInput) (*huma.StreamResponse, error) {
	now := time.Now()
	w, err := in.window(a, now)
	if err != nil {
		return nil, err
	}
	select {
	case a.exports <- struct{}{}:
		defer func() { <-a.exports }()
	default:
		return nil, newProblem(http.StatusServiceUnavailable, "unavailable", "too many exports and reports at one time; try again")
	}
	ctx, cancel := context.WithTimeout(ctx, reportTime)
	defer cancel()
	infos, err := a.backend.Brands(ctx)
	if err != nil {
		return nil, a.fail(ctx, err, "report")
	}
	brands := make([]mention.Brand, len(infos))
	for i := range infos {
		brands[i] = infos[i].Brand
	}
	o := report.Order{Kind: in.Kind, Query: strings.TrimSpace(in.Q), Window: w, Brands: brands, Zone: a.zone, Made: now}
	if a.origin != "" {
		o.Link = func(q string) string { return a.origin + a.pages.search(q) }
	}
	doc, err := report.Make(ctx, a.backend, o)
	if err != nil {
		return nil, a.fail(ctx, err, "report")
	}
	var b bytes.Buffer
	if err := doc.Write(&b, in.Format); err != nil {
		return nil, a.fail(ctx, err, "report")
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		_, w := humago.Unwrap(hctx)
		h := w.Header()
		h.Set("Content-Type", report.MediaTypes[in.Format])
		if in.Format == report.HTML { // a document without script, whose styles stand in it as mail programs want them
			h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; sandbox allow-popups allow-top-navigation-by-user-activation")
		}
		if in.Format == report.XLSX {
			h.Set("Content-Disposition", `attachment; filename="earshot-`+in.Kind+`.xlsx"`)
		}
		_, _ = w.Write(b.Bytes())
	}}, nil
}

type reportsView struct {
	*scope
	Rows []reportRow
}

type reportRow struct {
	Name, What string
	Links      []choice
}

func (a *api) reportsPage(w http.ResponseWriter, r *http.Request) {
	s := a.newScope(r, "/reports", "7d", time.Now())
	v := &reportsView{scope: s}
	for _, k := range report.Kinds {
		row := reportRow{Name: k[0], What: k[1]}
		for _, f := range report.DocumentFormats {
			params := s.state()
			params.Set("format", f)
			row.Links = append(row.Links, choice{Name: f, Link: a.pages.to("/api/v1/reports/"+k[0]) + "?" + params.Encode()})
		}
		v.Rows = append(v.Rows, row)
	}
	status := http.StatusOK
	if len(s.Messages) > 0 {
		status = http.StatusBadRequest
	}
	a.pages.show(w, r, status, "reports", view{Title: "Reports", Here: "/reports", Data: v})
}
