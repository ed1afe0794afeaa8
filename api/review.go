package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

// previewDays is how far back the preview of a mute looks.
const previewDays = 30

func (a *api) reviewRoutes() {
	tags := []string{"Alerts"}
	huma.Register(a.huma, huma.Operation{
		OperationID: "previewMute", Method: http.MethodGet, Path: "/incidents/{id}/mute-preview", Tags: tags,
		Summary: "What a mute would have held back in the last 30 days",
	}, a.mutePreview)
	huma.Register(a.huma, huma.Operation{
		OperationID: "reconcileSafety", Method: http.MethodGet, Path: "/safety/reconciliation", Tags: tags,
		Summary: "Whether flagged, sent and acknowledged add up", Description: "The same is done every day, and the receivers of the safety rules are told when it does not.",
	}, a.reconcile)
}

func (a *api) mutePreview(ctx context.Context, in *idInput) (*output[mention.MutePreview], error) {
	p, err := ask(ctx, a, "incident", func(ctx context.Context) (mention.MutePreview, error) {
		return a.backend.MutePreview(ctx, in.ID, stamp(time.Now().AddDate(0, 0, -previewDays)))
	})
	if err != nil {
		return nil, err
	}
	p.Sent = withoutPayload(p.Sent)
	return &output[mention.MutePreview]{Body: p}, nil
}

func (a *api) reconcile(ctx context.Context, in *safetyInput) (*output[mention.Reconciliation], error) {
	since := in.Since
	if since.IsZero() {
		since = time.Now().AddDate(0, 0, -previewDays)
	}
	r, err := ask(ctx, a, "safety flag", func(ctx context.Context) (mention.Reconciliation, error) {
		return a.backend.Reconcile(ctx, stamp(since))
	})
	if err != nil {
		return nil, err
	}
	if r.Faults == nil {
		r.Faults = []mention.SafetyFault{}
	}
	return &output[mention.Reconciliation]{Body: r}, nil
}
