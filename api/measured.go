package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

type metricsOutput struct {
	Body struct {
		Rows []mention.Metric `json:"rows" doc:"oldest first; gone says that the platform had it no more"`
	}
}

func (a *api) metricsRoutes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "listMetrics", Method: http.MethodGet, Path: "/mentions/{id}/metrics", Tags: []string{"Mentions"},
		Summary: "Engagement of a mention over time", Description: "As it was first told, and read again 1 h, 6 h, 24 h and 7 d after publication where the platform allows it.",
	}, a.metricsOf)
	huma.Register(a.huma, huma.Operation{
		OperationID: "backfillSource", Method: http.MethodPost, Path: "/sources/{id}/backfill", Tags: []string{"Configuration"}, Metadata: map[string]any{needs: RoleAdmin},
		Summary: "Collect the past of a source", Description: "Of a public API that has one. It is collected in the background, as fast as the platform allows.", DefaultStatus: http.StatusAccepted,
	}, a.backfill)
	huma.Register(a.huma, huma.Operation{
		OperationID: "screening", Method: http.MethodGet, Path: "/screening", Tags: []string{"Mentions"}, Summary: "Proof that sources were looked through",
		Description: "Of every source: what was first seen in a period, understood, assessed for adverse events and flagged, and when it did not answer.",
	}, a.screening)
}

type screeningInput struct {
	From time.Time `query:"from" doc:"30 days ago unless given"`
	To   time.Time `query:"to" doc:"now unless given"`
}

type screeningOutput struct {
	Body struct {
		Rows []mention.Screening `json:"rows" doc:"owned sources first"`
	}
}

func (a *api) screening(ctx context.Context, in *screeningInput) (*screeningOutput, error) {
	from, to := in.From, in.To
	if to.IsZero() {
		to = time.Now().UTC()
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, -30)
	}
	rows, err := ask(ctx, a, "screening", func(ctx context.Context) ([]mention.Screening, error) { return a.backend.Screening(ctx, from, to) })
	if err != nil {
		return nil, err
	}
	out := &screeningOutput{}
	if out.Body.Rows = rows; rows == nil {
		out.Body.Rows = []mention.Screening{}
	}
	return out, nil
}

type backfillInput struct {
	ID   string `path:"id"`
	Body struct {
		Since time.Time `json:"since" doc:"how far back"`
	}
}

func (a *api) backfill(ctx context.Context, in *backfillInput) (*struct{}, error) {
	return nil, a.fail(ctx, a.backend.Backfill(ctx, in.ID, actorOf(ctx).name, in.Body.Since), "source")
}

func (a *api) metricsOf(ctx context.Context, in *idInput) (*metricsOutput, error) {
	rows, err := ask(ctx, a, "mention", func(ctx context.Context) ([]mention.Metric, error) { return a.backend.Metrics(ctx, in.ID) })
	if err != nil {
		return nil, err
	}
	out := &metricsOutput{}
	if out.Body.Rows = rows; rows == nil {
		out.Body.Rows = []mention.Metric{}
	}
	return out, nil
}
