package api

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
	"earshot/report"
)

type mailSheetInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		To []string `json:"to" minItems:"1" maxItems:"50" doc:"receivers of kind email, by their ids or by single addresses of theirs"`
	}
}

func (a *api) sheetRoutes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "mailIncident", Method: http.MethodPost, Path: "/incidents/{id}/mail", Tags: []string{"Alerts"}, Metadata: map[string]any{needs: RoleAnalyst}, DefaultStatus: http.StatusCreated,
		Summary:     "Mail the crisis sheet of an incident",
		Description: "It is made now, kept, and mailed with PDF and workbook. Mail goes to addresses of the configured receivers alone.",
	}, func(ctx context.Context, in *mailSheetInput) (*output[mention.KeptReport], error) {
		kept, err := a.mailSheet(ctx, in.ID, in.Body.To)
		return &output[mention.KeptReport]{kept}, err
	})
}

// mailSheet makes the crisis sheet of an incident and mails it.
func (a *api) mailSheet(ctx context.Context, id string, to []string) (mention.KeptReport, error) {
	return exporting(ctx, a, func(ctx context.Context) (mention.KeptReport, error) {
		o, err := a.order(ctx, &reportInput{Kind: report.KindCrisis, Name: id, Period: "7d"}, time.Now())
		if err != nil {
			return mention.KeptReport{}, err
		}
		return a.backend.MailReport(ctx, actorOf(ctx).name, o, to)
	})
}

// sheetForm mails the crisis sheet from the page of its incident.
func (a *api) sheetForm(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		a.wrong(w, r, "the form could not be read")
		return
	}
	id := r.PathValue("id")
	if _, err := a.mailSheet(r.Context(), id, r.PostForm["to"]); err != nil {
		p := a.problem(r.Context(), err, "incident")
		if len(p.Errors) > 0 {
			a.wrong(w, r, faultsIn(p)...)
			return
		}
		a.pages.fail(w, r, p)
		return
	}
	a.done(w, r, a.pages.to("/incidents/"+url.PathEscape(id)), deed{text: "The crisis sheet is made, kept, and on its way."})
}

// mailboxes are the receivers of mail, for whoever may mail a report.
func (a *api) mailboxes(ctx context.Context) ([]ReceiverInfo, error) {
	if !actorOf(ctx).role.may(RoleAnalyst) || partial(ctx) {
		return nil, nil
	}
	list, err := a.backend.Receivers(ctx)
	var out []ReceiverInfo
	for i := range list {
		if list[i].Kind == "email" {
			out = append(out, list[i])
		}
	}
	return out, err
}
