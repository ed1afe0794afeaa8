package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"earshot/mention"
)

type opmlInput struct {
	Add     bool   `query:"add" doc:"add what is new; else only tell"`
	RawBody []byte `contentType:"text/x-opml" doc:"the list as other readers export it"`
}

const opmlType = "text/x-opml"

func (a *api) opmlRoutes() {
	tags := []string{"Configuration"}
	huma.Register(a.huma, huma.Operation{
		OperationID: "importSources", Method: http.MethodPost, Path: "/sources/opml", Tags: tags, Metadata: map[string]any{needs: RoleAdmin},
		Summary:      "Import the feeds of another reader",
		Description:  "An OPML file: of every feed in it, by its line, whether it is new, known, there twice or at fault. With add the new ones become sources. Up to 10 MiB.",
		MaxBodyBytes: maxUpload, BodyReadTimeout: readTimeout,
	}, a.importOPML)
	huma.Register(a.huma, huma.Operation{
		OperationID: "exportSources", Method: http.MethodGet, Path: "/sources/opml", Tags: tags, Summary: "The feeds as an OPML file",
		Responses: map[string]*huma.Response{"200": {Description: "The list", Content: map[string]*huma.MediaType{opmlType: {Schema: &huma.Schema{Type: huma.TypeString}}}}},
		Errors:    []int{http.StatusForbidden, http.StatusServiceUnavailable},
	}, a.exportOPML)
}

func (a *api) importOPML(ctx context.Context, in *opmlInput) (*output[mention.SourceImport], error) {
	plan, fresh, err := a.backend.ReadSources(ctx, in.RawBody)
	if err == nil && in.Add && len(fresh) > 0 {
		err = a.backend.AddSources(ctx, actorOf(ctx).name, fresh)
		plan.Added = err == nil
	}
	if err != nil {
		return nil, a.fail(ctx, err, "source")
	}
	return &output[mention.SourceImport]{Body: plan}, nil
}

func (a *api) exportOPML(ctx context.Context, _ *struct{}) (*huma.StreamResponse, error) {
	data, err := ask(ctx, a, "source", a.backend.WriteSources)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		_, w := humago.Unwrap(hctx)
		w.Header().Set("Content-Type", opmlType+"; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="earshot.opml"`)
		_, _ = w.Write(data) // the client is gone: nobody to tell
	}}, nil
}

// maxUpload is how much of a file is taken.
const maxUpload = 10 << 20

// opmlForm shows what the import of a file would add.
func (a *api) opmlForm(w http.ResponseWriter, r *http.Request) {
	ctx, v := r.Context(), &sourcesView{}
	if who := actorOf(ctx); !who.role.may(RoleAdmin) {
		a.pages.fail(w, r, forbidden(who, RoleAdmin))
		return
	}
	status := http.StatusOK
	data, err := uploaded(r, "file")
	if err == nil {
		var plan mention.SourceImport
		if plan, _, err = a.backend.ReadSources(ctx, data); err == nil {
			v.Import = &plan
		}
	}
	if err != nil {
		p := a.problem(ctx, err, "source")
		status, v.ImportFaults = p.Status, faultsIn(p)
	}
	a.showSources(w, r, status, v)
}

// uploaded reads the file of a form.
func uploaded(r *http.Request, name string) ([]byte, error) {
	bad := func(text string) error { return &InvalidError{Faults: []string{text}} }
	if err := r.ParseMultipartForm(maxUpload); err != nil {
		return nil, bad("the form could not be read, or the file is larger than 10 MiB")
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	f, _, err := r.FormFile(name)
	if errors.Is(err, http.ErrMissingFile) {
		return nil, bad("no file was picked")
	} else if err != nil {
		return nil, bad("the file could not be read")
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxUpload+1))
	if err != nil || len(data) > maxUpload {
		return nil, bad("the file could not be read, or it is larger than 10 MiB")
	}
	return data, nil
}

// opmlAdd adds the feeds that were picked of those that a file would add. Each
// is sent as the id and the address, with a space between.
func (a *api) opmlAdd(w http.ResponseWriter, r *http.Request) {
	ctx, who := r.Context(), actorOf(r.Context())
	if !who.role.may(RoleAdmin) {
		a.pages.fail(w, r, forbidden(who, RoleAdmin))
		return
	}
	if err := r.ParseForm(); err != nil {
		a.wrong(w, r, "the form could not be read")
		return
	}
	var list []mention.Source
	var faults []string
	for _, text := range r.PostForm["feed"] {
		id, address, _ := strings.Cut(text, " ")
		src := mention.Source{ID: id, Kind: mention.SourceFeed, URL: address}
		for _, err := range src.Faults() {
			faults = append(faults, err.Error())
		}
		list = append(list, src)
	}
	if len(faults) > 0 {
		a.wrong(w, r, first(5, faults)...)
		return
	}
	if err := a.backend.AddSources(ctx, who.name, list); err != nil {
		p := a.problem(ctx, err, "source")
		a.showSources(w, r, p.Status, &sourcesView{ImportFaults: first(20, faultsIn(p))})
		return
	}
	a.done(w, r, a.pages.to("/sources"), deed{text: "Added " + plural(len(list), "source") + ". They are read one after the other."})
}
