package api

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

type testInput struct {
	Body struct {
		URL string `json:"url" maxLength:"2000" doc:"the scheme may be left out"`
	}
}

func (a *api) sourceRoutes() {
	huma.Register(a.huma, huma.Operation{
		OperationID: "testSource", Method: http.MethodPost, Path: "/sources/test", Tags: []string{"Configuration"}, Metadata: map[string]any{needs: RoleAnalyst},
		Summary:     "Read an address once and tell what a source of it would bring",
		Description: "What the address is, its feeds, what robots.txt says, the first items as they would be understood, and the source for the configuration. Nothing is stored. It takes up to 25 s, and two go on at a time.",
	}, a.testSource)
	a.opmlRoutes()
}

func (a *api) testSource(ctx context.Context, in *testInput) (*output[mention.SourceTest], error) {
	t, err := a.backend.TestSource(ctx, actorOf(ctx).name, in.Body.URL)
	if err != nil {
		return nil, a.fail(ctx, err, "source")
	}
	return &output[mention.SourceTest]{Body: t}, nil
}

// A newSource is the form of a source that is to be added.
type newSource struct {
	ID, Kind, URL, Brand string
	Kinds                []string
	Brands               []BrandInfo
	Faults               []string
}

// webKinds are the kinds that an address alone makes a source of.
var webKinds = []string{string(mention.SourceFeed), string(mention.SourceSite), string(mention.SourcePage)}

// testForm tests the address that a person typed.
func (a *api) testForm(w http.ResponseWriter, r *http.Request) {
	ctx := r.Context()
	v := &sourcesView{Asked: strings.TrimSpace(r.PostFormValue("url"))}
	t, err := a.backend.TestSource(ctx, actorOf(ctx).name, v.Asked)
	status := http.StatusOK
	if err != nil {
		p := a.problem(ctx, err, "source")
		status, v.Faults = p.Status, faultsIn(p)
	} else {
		v.Test = &t
		if t.Source != nil && t.Known == "" {
			v.New = &newSource{ID: t.Source.ID, Kind: string(t.Source.Kind), URL: t.Source.URL}
		}
	}
	a.showSources(w, r, status, v)
}

// addForm makes a source of what was tested.
func (a *api) addForm(w http.ResponseWriter, r *http.Request) {
	ctx, who := r.Context(), actorOf(r.Context())
	if !who.role.may(RoleAdmin) {
		a.pages.fail(w, r, forbidden(who, RoleAdmin))
		return
	}
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	n := &newSource{ID: text("id"), Kind: text("kind"), URL: text("url"), Brand: text("brand")}
	src := mention.Source{ID: n.ID, Kind: mention.SourceKind(n.Kind), URL: n.URL, Brand: n.Brand}
	for _, err := range src.Faults() {
		n.Faults = append(n.Faults, err.Error())
	}
	if len(n.Faults) == 0 {
		body, err := json.Marshal(src)
		if err == nil {
			err = a.backend.PutObject(ctx, Object{Kind: KindSource, ID: src.ID, Owner: who.name, Body: body})
		}
		if err == nil {
			a.done(w, r, a.pages.to("/sources"), deed{text: "Added " + src.ID + ". It is read at once, and then in its own rhythm."})
			return
		}
		n.Faults = faultsIn(a.problem(ctx, err, "source"))
	}
	a.showSources(w, r, http.StatusUnprocessableEntity, &sourcesView{New: n, Asked: n.URL})
}

// showSources shows the page with what was asked of it.
func (a *api) showSources(w http.ResponseWriter, r *http.Request, status int, v *sourcesView) {
	ctx := r.Context()
	v.May, v.MayAdd = actorOf(ctx).role.may(RoleAnalyst) && !partial(ctx), actorOf(ctx).role.may(RoleAdmin) && !partial(ctx)
	if _, err := ask(ctx, a, "source", func(ctx context.Context) (any, error) { return nil, a.sourcesOf(ctx, v, r.URL.Query()) }); err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "page"))
		return
	}
	if v.New != nil {
		brands, err := a.backend.Brands(ctx)
		if err != nil {
			a.pages.fail(w, r, a.problem(ctx, err, "page"))
			return
		}
		v.New.Brands, v.New.Kinds = brands, webKinds
	}
	a.pages.show(w, r, status, "sources", view{Title: "Sources", Here: "/sources", Data: v})
}
