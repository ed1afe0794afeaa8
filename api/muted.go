package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

type muteTermInput struct {
	Body struct {
		Term string `json:"term" minLength:"1" maxLength:"500" doc:"as people write it; case and accents do not count" example:"giveaway"`
		Key  string `json:"key,omitempty" maxLength:"500" doc:"of a story: the key that trends tell of it; left out: a word"`
	}
}

func (a *api) mutedRoutes() {
	tags, write := []string{"Numbers"}, map[string]any{needs: RoleAnalyst}
	huma.Register(a.huma, huma.Operation{
		OperationID: "listMutedTerms", Method: http.MethodGet, Path: "/muted-terms", Tags: tags,
		Summary: "Terms that trends never tell", Description: "With who muted them and when. Those of the configuration have the owner file.",
	}, func(ctx context.Context, _ *struct{}) (*listOutput[mention.MutedTerm], error) {
		rows, err := ask(ctx, a, "muted term", a.backend.MutedTerms)
		return &listOutput[mention.MutedTerm]{Body: listBody[mention.MutedTerm]{Rows: orEmpty(rows)}}, err
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "muteTerm", Method: http.MethodPost, Path: "/muted-terms", Tags: tags, Metadata: write, DefaultStatus: http.StatusCreated,
		Summary:     "Mute a term in trends",
		Description: "Trends, the reasons of peaks and reports leave it out at once, for everybody. It is counted, found and alerted on as before.",
	}, func(ctx context.Context, in *muteTermInput) (*output[mention.MutedTerm], error) {
		m, err := a.mute(ctx, in.Body.Term, in.Body.Key)
		if err != nil {
			return nil, a.fail(ctx, err, "muted term")
		}
		return &output[mention.MutedTerm]{Body: m}, nil
	})
	huma.Register(a.huma, huma.Operation{
		OperationID: "unmuteTerm", Method: http.MethodDelete, Path: "/muted-terms/{id}", Tags: tags, Metadata: write, DefaultStatus: http.StatusNoContent,
		Summary: "Tell a term in trends again",
	}, func(ctx context.Context, in *idInput) (*struct{}, error) {
		return nil, a.fail(ctx, a.backend.DeleteObject(ctx, KindMuted, in.ID, actorOf(ctx).name), "muted term")
	})
}

func (a *api) mute(ctx context.Context, term, key string) (mention.MutedTerm, error) {
	m := mention.MutedTerm{Term: strings.TrimSpace(term), Key: strings.TrimSpace(key)}
	if faults := m.Faults(); len(faults) > 0 {
		return m, &InvalidError{Faults: []string{faults[0].Error()}}
	}
	return a.backend.MuteTerm(ctx, actorOf(ctx).name, m)
}

// muteForm is the page's way to mute a term.
func (a *api) muteForm(w http.ResponseWriter, r *http.Request) {
	m, err := a.mute(r.Context(), r.PostFormValue("term"), r.PostFormValue("key"))
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "muted term"))
		return
	}
	a.done(w, r, r.PostFormValue("back"), deed{text: "“" + shorten(m.Term, 80) + "” is muted: trends and peaks leave it out, for everybody."})
}

// unmuteForm takes that back.
func (a *api) unmuteForm(w http.ResponseWriter, r *http.Request) {
	if err := a.backend.DeleteObject(r.Context(), KindMuted, r.PathValue("id"), actorOf(r.Context()).name); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "muted term"))
		return
	}
	a.done(w, r, r.PostFormValue("back"), deed{text: "It is told again."})
}
