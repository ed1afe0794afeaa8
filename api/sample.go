package api

import (
	"bytes"
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"earshot/mention"
	"earshot/report"
)

type sampleInput struct {
	Q      string `query:"q" maxLength:"20000" doc:"query; nothing means all"`
	N      int    `query:"n" minimum:"1" maximum:"10000" default:"200" doc:"rows in all"`
	Rest   int    `query:"rest" minimum:"-1" maximum:"10000" default:"-1" doc:"how many of them from what the query does not find; recall rests on these; -1 is a quarter"`
	Within string `query:"within" maxLength:"20000" doc:"the frame in which the query may miss something; left out: everything"`
	Seed   uint64 `query:"seed" doc:"the same seed draws the same sample"`
	Format string `query:"format" enum:"csv,xlsx" default:"csv"`
}

type scoreInput struct {
	RawBody []byte `contentType:"application/octet-stream" doc:"the coding sheet, CSV or XLSX"`
}

func (a *api) sampleRoutes() {
	tags := []string{"Numbers"}
	sheet := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	huma.Register(a.huma, huma.Operation{
		OperationID: "sample", Method: http.MethodGet, Path: "/sample", Tags: tags, Summary: "Draw a coding sheet",
		Description: "A random sample of what a query finds, and of what it leaves out, to be judged by people: fill the columns relevant and sentiment, and send the sheet to score.",
		Responses: map[string]*huma.Response{"200": {Description: "The sheet", Content: map[string]*huma.MediaType{
			"text/csv": {Schema: sheet}, mediaTypes[report.XLSX]: {Schema: sheet},
		}}},
		Errors: []int{http.StatusBadRequest, http.StatusServiceUnavailable},
	}, a.sample)
	huma.Register(a.huma, huma.Operation{
		OperationID: "score", Method: http.MethodPost, Path: "/score", Tags: tags, Summary: "Read a coding sheet back",
		Description: "Precision, recall and how well the sentiment does, with intervals. Recipes of the same query tell it from then on.",
		Metadata:    map[string]any{needs: RoleAnalyst},
	}, a.score)
}

func (a *api) sample(ctx context.Context, in *sampleInput) (*huma.StreamResponse, error) {
	if in.Rest > in.N {
		return nil, invalid([]string{"rest: more than n"})
	}
	s, err := a.exporting(ctx, func(ctx context.Context) (mention.Sample, error) {
		return a.backend.Draw(ctx, mention.SampleSearch{Query: in.Q, Within: in.Within, N: in.N, Rest: in.Rest, Seed: in.Seed})
	})
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	if err := report.WriteSheet(&buf, in.Format, &s); err != nil {
		return nil, a.fail(ctx, err, "sample")
	}
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		_, w := humago.Unwrap(hctx)
		w.Header().Set("Content-Type", mediaTypes[in.Format])
		w.Header().Set("Content-Disposition", `attachment; filename="sample.`+in.Format+`"`)
		_, _ = w.Write(buf.Bytes()) // the client is gone: nobody to tell
	}}, nil
}

// exporting takes one of the places for answers that read every row.
func (a *api) exporting(ctx context.Context, fn func(context.Context) (mention.Sample, error)) (mention.Sample, error) {
	select {
	case a.exports <- struct{}{}:
		defer func() { <-a.exports }()
	default:
		return mention.Sample{}, newProblem(http.StatusServiceUnavailable, "unavailable", "too many exports at one time; try again")
	}
	s, err := fn(ctx)
	if err != nil {
		return s, a.fail(ctx, err, "mention")
	}
	return s, nil
}

func (a *api) score(ctx context.Context, in *scoreInput) (*output[mention.Accuracy], error) {
	acc, err := report.ReadAccuracy(bytes.NewReader(in.RawBody))
	if err != nil {
		return nil, invalid([]string{strings.TrimPrefix(err.Error(), "report: ")})
	}
	if acc, err = a.backend.PutAccuracy(ctx, actorOf(ctx).name, acc); err != nil {
		return nil, a.fail(ctx, err, "sample")
	}
	return &output[mention.Accuracy]{Body: acc}, nil
}
