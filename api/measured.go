package api

import (
	"context"
	"net/http"

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
