package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

type histogramInput struct {
	Q        string `query:"q" maxLength:"20000" doc:"query; nothing means all"`
	Interval string `query:"interval" enum:"hour,day,week" default:"day"`
	Zone     string `query:"zone" maxLength:"100" doc:"IANA name; left out: the configured zone" example:"Europe/Zurich"`
}

// facetFields are the dimensions that can be counted.
var facetFields = []string{"brand", "product", "sentiment", "kind", "source", "site", "author", "lang", "country", "label", "tag", "entity", "activity", "story", "channel"}

type facetsInput struct {
	Q      string   `query:"q" maxLength:"20000" doc:"query; nothing means all"`
	Fields []string `query:"fields" minItems:"1" maxItems:"10" default:"brand,sentiment,source" doc:"some of brand product sentiment kind source site author lang country label tag entity activity story channel"`
	Size   int      `query:"size" minimum:"1" maximum:"100" default:"10" doc:"most values of each"`
}

type facetsOutput struct {
	Body struct {
		Rows []mention.Facet `json:"rows"`
	}
}

func (a *api) trendRoutes() {
	tags := []string{"Numbers"}
	huma.Register(a.huma, huma.Operation{
		OperationID: "histogram", Method: http.MethodGet, Path: "/histogram", Tags: tags,
		Summary: "Mentions over time", Description: "Own channels are left out. A bucket carries the query whose result is exactly the mentions counted, where there is one.",
	}, a.histogram)
	huma.Register(a.huma, huma.Operation{
		OperationID: "facets", Method: http.MethodGet, Path: "/facets", Tags: tags,
		Summary: "Mentions by dimension", Description: "The most frequent values of each field. Own channels are left out. A bucket carries the query whose result is exactly the mentions counted, where there is one.",
	}, a.facets)
}

func (a *api) histogram(ctx context.Context, in *histogramInput) (*output[mention.Series], error) {
	zone := a.zone
	if in.Zone != "" {
		var err error
		if zone, err = time.LoadLocation(in.Zone); err != nil || in.Zone == "Local" {
			return nil, invalid([]string{"zone: not a zone of the IANA database, such as Europe/Zurich"})
		}
	}
	series, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Series, error) {
		return a.backend.Histogram(ctx, in.Q, in.Interval, zone)
	})
	if err != nil {
		return nil, err
	}
	if series.Buckets == nil {
		series.Buckets = []mention.Bucket{}
	}
	return &output[mention.Series]{Body: series}, nil
}

func (a *api) facets(ctx context.Context, in *facetsInput) (*facetsOutput, error) {
	for _, f := range in.Fields {
		if !slices.Contains(facetFields, f) {
			return nil, invalid([]string{"fields: " + f + " is none of " + strings.Join(facetFields, " ")})
		}
	}
	rows, err := ask(ctx, a, "mention", func(ctx context.Context) ([]mention.Facet, error) {
		return a.backend.Facets(ctx, in.Q, in.Fields, in.Size)
	})
	if err != nil {
		return nil, err
	}
	out := &facetsOutput{}
	if out.Body.Rows = rows; rows == nil {
		out.Body.Rows = []mention.Facet{}
	}
	return out, nil
}
