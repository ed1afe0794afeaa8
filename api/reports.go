package api

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
	"earshot/report"
)

// reportTime bounds the making of a report.
const reportTime = time.Minute

type reportInput struct {
	Kind   string `path:"kind" enum:"weekly,versus,board,incident"`
	Name   string `query:"name" maxLength:"100" doc:"id of the board or the incident"`
	Format string `query:"format" enum:"html,pdf,xlsx,text" default:"html"`
	Q      string `query:"q" maxLength:"20000" doc:"only mentions that match"`
	Period string `query:"period" enum:"24h,7d,30d,90d,365d" default:"7d" doc:"up to now; from and to win over it"`
	From   string `query:"from" maxLength:"40" doc:"first day, or an instant" example:"2026-11-02"`
	To     string `query:"to" maxLength:"40" doc:"last day, or an instant" example:"2026-11-08"`
}

func (a *api) reportRoutes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "makeReport", Method: http.MethodGet, Path: "/reports/{kind}", Tags: []string{"Reports"},
		Summary:     "A report now",
		Description: "The weekly digest, our brands against the others, or a board, as one file to send on. Its numbers are those of the moment it is made, and it says what they rest on.",
		Responses:   documentAnswer(),
		Errors:      []int{http.StatusBadRequest, http.StatusServiceUnavailable},
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

// documentAnswer describes a report as an answer.
func documentAnswer() map[string]*huma.Response {
	text := &huma.Schema{Type: huma.TypeString}
	file := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	return map[string]*huma.Response{"200": {Description: "The report", Content: map[string]*huma.MediaType{
		"text/html": {Schema: text}, "application/pdf": {Schema: file}, report.MediaTypes[report.XLSX]: {Schema: file}, "text/plain": {Schema: text},
	}}}
}

func (a *api) makeReport(ctx context.Context, in *reportInput) (*huma.StreamResponse, error) {
	return exporting(ctx, a, func(ctx context.Context) (*huma.StreamResponse, error) {
		o, err := a.order(ctx, in, time.Now())
		if err != nil {
			return nil, err
		}
		o.Link = a.mentionsLink()
		doc, err := report.Make(ctx, a.backend, o)
		if err != nil {
			return nil, err
		}
		return a.written(ctx, doc, in.Format)
	})
}

// order is the report that is asked for.
func (a *api) order(ctx context.Context, in *reportInput, now time.Time) (report.Order, error) {
	w, err := in.window(a, now)
	if err != nil {
		return report.Order{}, err
	}
	o := report.Order{Kind: in.Kind, Query: strings.TrimSpace(in.Q), Window: w, Zone: a.zone, Made: now}
	infos, err := a.backend.Brands(ctx)
	if err != nil {
		return o, err
	}
	for i := range infos {
		o.Brands = append(o.Brands, infos[i].Brand)
	}
	switch in.Kind {
	case report.KindBoard:
		o.Board, err = a.boardOf(ctx, in.Name)
	case report.KindCrisis:
		if o.Incident, err = a.incidentFile(ctx, in.Name); err == nil {
			o.Window = o.Incident.Window()
		}
	}
	return o, err
}

// incidentFile gathers what is known of an incident.
func (a *api) incidentFile(ctx context.Context, id string) (*report.IncidentFile, error) {
	in, err := a.backend.Incident(ctx, id)
	if err != nil {
		return nil, err
	}
	f := &report.IncidentFile{Incident: in}
	rules, err := a.backend.Rules(ctx)
	if err != nil {
		return nil, err
	}
	for i := range rules {
		if rules[i].ID == in.Rule {
			keys := ruleKeys(rules[i].Body)
			f.Match, f.Playbook = rules[i].Match, textOf(keys["playbook"])
			if by := textOf(keys["by"]); by != "" {
				f.GroupBy = strings.Split(by, ", ")
			}
		}
	}
	if f.Deliveries, err = a.backend.Deliveries(ctx, DeliveryFilter{Incident: id, Limit: 500}); err != nil {
		return nil, err
	}
	for i := range f.Deliveries {
		f.Deliveries[i].Payload = nil
	}
	w := f.Window()
	flags, err := a.backend.SafetyFlags(ctx, w.From)
	if err != nil {
		return nil, err
	}
	f.Flags = slices.DeleteFunc(slices.Clone(flags), func(s mention.SafetyFlag) bool { return !slices.Contains(in.Mentions, s.Mention) })
	f.Gaps, err = a.backend.Gaps(ctx, w.From, w.To)
	return f, err
}

// boardOf finds a board.
func (a *api) boardOf(ctx context.Context, id string) (*report.Board, error) {
	list, err := a.backend.Boards(ctx)
	if err != nil {
		return nil, err
	}
	for i := range list {
		if list[i].ID == id {
			return &list[i].Board, nil
		}
	}
	return nil, newProblem(http.StatusNotFound, "not-found", "there is no board "+strconv.Quote(id))
}

type reportsView struct {
	*scope
	Rows   []reportRow
	Boards []BoardInfo
	Plans  []PlanInfo
	Kept   []mention.KeptReport
	More   string // address of those before
}

type reportRow struct {
	Kind, Name, What string
	Links            []choice
}

func (a *api) reportsPage(w http.ResponseWriter, r *http.Request) {
	s := a.newScope(r, "/reports", "7d", time.Now())
	v := &reportsView{scope: s}
	for _, k := range report.Kinds {
		v.Rows = append(v.Rows, reportRow{Kind: k[0], Name: cmp.Or(kindNames[k[0]], k[0]), What: k[1], Links: a.formatLinks("/api/v1/reports/"+k[0], s.state())})
	}
	const most = 30
	_, err := ask(r.Context(), a, "report", func(ctx context.Context) (struct{}, error) {
		var err error
		if v.Kept, err = a.backend.Reports(ctx, mention.KeptFilter{Limit: most, Before: r.URL.Query().Get("before")}); err != nil {
			return struct{}{}, err
		}
		if v.Plans, err = a.backend.Plans(ctx); err != nil {
			return struct{}{}, err
		}
		v.Boards, err = a.backend.Boards(ctx)
		return struct{}{}, err
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "report"))
		return
	}
	if len(v.Kept) == most {
		v.More = s.with("before", v.Kept[most-1].ID)
	}
	status := http.StatusOK
	if len(s.Messages) > 0 {
		status = http.StatusBadRequest
	}
	a.pages.show(w, r, status, "reports", view{Title: "Reports", Here: "/reports", Data: v})
}

// kindNames are the kinds of reports as people call them.
var kindNames = map[string]string{"weekly": "What changed", "versus": "Brands against each other"}

// formatNames are the formats of a report as people call them.
var formatNames = map[string]string{report.HTML: "Page", report.PDF: "PDF", report.XLSX: "Workbook", report.Text: "Text"}

// formatLinks are the addresses of a report in every format.
func (a *api) formatLinks(path string, params url.Values) []choice {
	var list []choice
	for _, f := range report.DocumentFormats {
		params.Set("format", f)
		list = append(list, choice{Name: formatNames[f], Link: a.pages.to(path) + "?" + params.Encode()})
	}
	return list
}

// A keptView is a kept report as a page.
type keptView struct {
	mention.KeptReport
	Blocks []blockView
	Links  []choice
	Shares []mention.Share
	Review *mention.ReportReview
	New    string // a link that was made just now
	Now    time.Time
	May    bool // share and delete
}

// A blockView is a block of a report as a page shows it.
type blockView struct {
	*report.Block
	Figure *figure
}

// Counted reports whether a column is of numbers.
func (b blockView) Counted(column int) bool {
	return len(b.Rows) > 0 && column < len(b.Rows[0]) && b.Rows[0][column].Number
}

func blocksOf(d *report.Document) []blockView {
	var list []blockView
	for i := range d.Blocks {
		b := blockView{Block: &d.Blocks[i]}
		if b.Chart != nil {
			wide, narrow := b.Half, b.Small
			if wide == nil || narrow == nil {
				wide, narrow = b.Chart, b.Chart
			}
			b.Figure = &figure{Wide: drawn(wide, "b"+strconv.Itoa(i)), Narrow: drawn(narrow, "n"+strconv.Itoa(i)), Table: b.Data}
		}
		list = append(list, b)
	}
	return list
}

func (a *api) keptPage(w http.ResponseWriter, r *http.Request) { a.showKept(w, r, "") }

func (a *api) showKept(w http.ResponseWriter, r *http.Request, link string) {
	ctx, id := r.Context(), r.PathValue("id")
	v := &keptView{New: link, Now: time.Now(), May: actorOf(ctx).role.may(RoleAnalyst)}
	kept, err := ask(ctx, a, "report", func(ctx context.Context) (mention.KeptReport, error) { return a.backend.Report(ctx, id) })
	if err == nil && v.May {
		v.Shares, err = a.backend.Shares(ctx, id)
	}
	if err == nil && r.URL.Query().Has("review") {
		var review mention.ReportReview
		review, err = exporting(ctx, a, func(ctx context.Context) (mention.ReportReview, error) { return a.backend.ReviewReport(ctx, id) })
		v.Review = &review
	}
	var f *report.Frozen
	if err == nil {
		v.KeptReport = kept
		f, err = report.Thaw(kept.Body, a.pages.search)
	}
	if err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "report"))
		return
	}
	v.Blocks = blocksOf(f.Document)
	for _, format := range report.DocumentFormats {
		v.Links = append(v.Links, choice{Name: formatNames[format], Link: a.pages.to("/api/v1/archive/" + url.PathEscape(id) + "/as/" + format)})
	}
	a.pages.show(w, r, http.StatusOK, "report", view{Title: kept.Subject, Here: "/reports", Data: v})
}

// keepForm makes a report and keeps it.
func (a *api) keepForm(w http.ResponseWriter, r *http.Request) {
	in := &reportInput{Kind: r.PostFormValue("kind"), Name: r.PostFormValue("name"), Q: r.PostFormValue("q"), Period: r.PostFormValue("period"), From: r.PostFormValue("from"), To: r.PostFormValue("to")}
	kept, err := exporting(r.Context(), a, func(ctx context.Context) (mention.KeptReport, error) {
		o, err := a.order(ctx, in, time.Now())
		if err != nil {
			return mention.KeptReport{}, err
		}
		return a.backend.KeepReport(ctx, actorOf(ctx).name, o)
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "report"))
		return
	}
	a.done(w, r, a.pages.to("/reports/"+kept.ID), deed{text: "Kept, with its numbers as they are now."})
}

// keptForm does something to a kept report, or to a link of it.
func (a *api) keptForm(w http.ResponseWriter, r *http.Request) {
	ctx, id := r.Context(), r.PathValue("id")
	back := a.pages.to("/reports/" + url.PathEscape(id))
	var err error
	text := ""
	switch r.PostFormValue("action") {
	case "share":
		var d mention.Duration
		var link string
		if d, err = mention.ParseDuration(r.PostFormValue("for")); err != nil {
			a.wrong(w, r, "for: "+err.Error())
			return
		}
		if _, link, err = a.newShare(ctx, id, d.Std()); err == nil {
			a.showKept(w, r, link) // told once: it stands in no address and no log
			return
		}
	case "revoke":
		err, text = a.backend.RevokeShare(ctx, r.PostFormValue("share"), actorOf(ctx).name), "The link opens nothing any more."
	case "delete":
		if !actorOf(ctx).role.may(RoleAdmin) {
			a.pages.fail(w, r, forbidden(actorOf(ctx), RoleAdmin))
			return
		}
		err, text, back = a.backend.DeleteReport(ctx, id, actorOf(ctx).name), "The report is gone, and its links with it.", a.pages.to("/reports")
	default:
		a.wrong(w, r, "there is nothing like that to do")
		return
	}
	if err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "report"))
		return
	}
	a.done(w, r, back, deed{text: text})
}

// sendForm makes a planned report now and sends it.
func (a *api) sendForm(w http.ResponseWriter, r *http.Request) {
	kept, err := exporting(r.Context(), a, func(ctx context.Context) (mention.KeptReport, error) {
		return a.backend.SendPlan(ctx, actorOf(ctx).name, r.PathValue("id"))
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "report"))
		return
	}
	a.done(w, r, a.pages.to("/reports/"+kept.ID), deed{text: "Made, kept, and on its way to its receivers."})
}
