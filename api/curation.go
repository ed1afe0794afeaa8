package api

import (
	"context"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

type curateInput struct {
	Body struct {
		IDs    []string `json:"ids" minItems:"1" maxItems:"1000" doc:"of mentions"`
		Action string   `json:"action" enum:"tag,untag,star,unstar,irrelevant,relevant,sentiment,brands,note"`
		Value  string   `json:"value,omitempty" maxLength:"10000" doc:"the tag, the sentiment, comma-separated brands (- for none) or the note; empty takes a correction back"`
	}
}

type curationsOutput struct {
	Body struct {
		Rows []mention.CurationEvent `json:"rows" doc:"oldest first"`
	}
}

func (a *api) curationRoutes() {
	tags := []string{"Mentions"}
	huma.Register(a.huma, huma.Operation{
		OperationID: "curateMentions", Method: http.MethodPost, Path: "/curation", Tags: tags, Metadata: map[string]any{needs: RoleAnalyst},
		Summary: "Tag, star, correct or annotate mentions", Description: "What people say wins over analysis in every count and export. It is kept with who did it and when, and taken back by the opposite action.",
		DefaultStatus: http.StatusNoContent,
	}, a.curate)
	huma.Register(a.huma, huma.Operation{
		OperationID: "listCuration", Method: http.MethodGet, Path: "/mentions/{id}/curation", Tags: tags, Summary: "What people did to a mention",
	}, a.curations)
}

func (a *api) curate(ctx context.Context, in *curateInput) (*struct{}, error) {
	if fault := curationFault(in.Body.Action, in.Body.Value); fault != "" {
		return nil, invalid([]string{fault})
	}
	now, who := stamp(time.Now()), actorOf(ctx).name
	events := make([]mention.CurationEvent, 0, len(in.Body.IDs))
	for _, id := range in.Body.IDs {
		events = append(events, mention.CurationEvent{ID: id, Actor: who, At: now, Action: in.Body.Action, Value: strings.TrimSpace(in.Body.Value)})
	}
	return nil, a.fail(ctx, a.backend.Curate(ctx, events), "mention")
}

func curationFault(action, value string) string {
	value = strings.TrimSpace(value)
	switch action {
	case mention.CurateTag, mention.CurateUntag:
		if value == "" || len(value) > 100 || strings.ContainsFunc(value, func(r rune) bool { return r == ',' || r == '"' || unicode.IsControl(r) }) {
			return "value: a tag has 1 to 100 characters, and no comma or quote"
		}
	case mention.CurateNote:
		if value == "" {
			return "value: the note is empty"
		}
	case mention.CurateSentiment:
		switch value {
		case "", mention.Positive, mention.Negative, mention.Neutral, mention.Mixed:
		default:
			return "value: sentiment is positive, negative, neutral or mixed; empty takes the correction back"
		}
	case mention.CurateBrands:
	default:
		if value != "" {
			return "value: " + action + " takes none"
		}
	}
	return ""
}

func (a *api) curations(ctx context.Context, in *idInput) (*curationsOutput, error) {
	rows, err := ask(ctx, a, "mention", func(ctx context.Context) ([]mention.CurationEvent, error) { return a.backend.Curations(ctx, in.ID) })
	if err != nil {
		return nil, err
	}
	out := &curationsOutput{}
	if out.Body.Rows = rows; rows == nil {
		out.Body.Rows = []mention.CurationEvent{}
	}
	return out, nil
}
