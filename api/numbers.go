package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"earshot/mention"
	"earshot/report"
)

// A WindowInput is the stretch of time of a question.
type WindowInput struct {
	Q    string `query:"q" maxLength:"20000" doc:"query; nothing means all" example:"brand:acme"`
	From string `query:"from" maxLength:"40" doc:"a year, month or day in the zone, an instant, or how long ago: 2026-03-16, 2026-03-16T09:30:00Z, -7d" example:"2026-03-01"`
	To   string `query:"to" maxLength:"40" doc:"as from; a year, month or day belongs to the window" example:"2026-03-31"`
	Zone string `query:"zone" maxLength:"100" doc:"IANA name; left out: the configured zone" example:"Europe/Zurich"`
}

// window reads the stretch of time and its zone.
func (a *api) window(in *WindowInput) (report.Window, *time.Location, error) {
	zone, err := a.zoneOf(in.Zone)
	if err != nil {
		return report.Window{}, nil, err
	}
	w, err := report.ParseWindow(in.From, in.To, zone, time.Now().UTC().Truncate(time.Millisecond))
	if err != nil {
		return w, nil, invalid([]string{strings.TrimPrefix(err.Error(), "report: ")})
	}
	return w, zone, nil
}

func (a *api) zoneOf(name string) (*time.Location, error) {
	if name == "" {
		return a.zone, nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, invalid([]string{"zone: not a zone of the IANA database, such as Europe/Zurich"})
	}
	return zone, nil
}

// An AggregateInput is a question for counts.
type AggregateInput struct {
	WindowInput
	By         []string `query:"by" maxItems:"2" doc:"up to two dimensions" example:"brand,day"`
	Measures   []string `query:"measures" maxItems:"6" enum:"sentiment,engagement,reach,authors,sites,stories" doc:"beside the count"`
	Size       int      `query:"size" minimum:"0" maximum:"10000" doc:"most values of a dimension that is not time, by count; 0 means all"`
	Own        bool     `query:"own" doc:"also what brands say in their own channels"`
	Irrelevant bool     `query:"irrelevant" doc:"also what people marked irrelevant"`
}

type rowsInput struct {
	AggregateInput
	TidyInput
}

// A TidyInput chooses the form of tidy rows.
type TidyInput struct {
	Format string `query:"format" enum:"csv,json,ndjson" default:"csv"`
	BOM    bool   `query:"bom" doc:"csv: begin with a byte order mark, for Excel"`
	Tag    string `header:"If-None-Match" hidden:"true"`
}

// A KPIInput is a question for key figures.
type KPIInput struct {
	WindowInput
	Brands     []string `query:"brands" maxItems:"100" doc:"ids of the declared set of brands" example:"acme,globex"`
	Own        bool     `query:"own" doc:"also what brands say in their own channels"`
	Irrelevant bool     `query:"irrelevant" doc:"also what people marked irrelevant"`
}

type kpiRowsInput struct {
	KPIInput
	TidyInput
}

type voicesInput struct {
	WindowInput
	By    string `query:"by" enum:"author,site" default:"author"`
	Order string `query:"order" enum:"mentions,stories,engagement" default:"mentions"`
	Size  int    `query:"size" minimum:"1" maximum:"1000" default:"20"`
}

type activityInput struct {
	WindowInput
	Brands []string `query:"brands" maxItems:"100" doc:"left out: all"`
	Types  []string `query:"types" maxItems:"50" doc:"such as acquisition, recall, pricing; left out: all"`
	Limit  int      `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type trendsInput struct {
	WindowInput
	Past  string   `query:"past" maxLength:"20" doc:"length of the past right before the window; left out: 60d" example:"60d"`
	Kinds []string `query:"kinds" maxItems:"6" enum:"term,hashtag,entity,story,site,question" doc:"left out: all"`
	Mute  []string `query:"mute,explode" maxItems:"200" doc:"terms that are never told; may be given several times"`
	Size  int      `query:"size" minimum:"1" maximum:"200" default:"20" doc:"most of each kind"`
}

type peaksInput struct {
	WindowInput
	Interval string   `query:"interval" enum:"hour,day,week" default:"day"`
	Mute     []string `query:"mute,explode" maxItems:"200" doc:"terms that are never told; may be given several times"`
	Size     int      `query:"size" minimum:"1" maximum:"100" default:"10" doc:"most peaks, highest first"`
}

// exactly is what every number promises.
const exactly = " Numbers are exact. Each has its recipe, and where there is one the query whose result is exactly the mentions counted."

func (a *api) numberRoutes() {
	tags := []string{"Numbers"}
	register := func(id, path, summary, text string) huma.Operation {
		return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Tags: tags, Summary: summary, Description: text + exactly}
	}
	dimensions := " Dimensions: " + strings.Join(mention.Dimensions, " ") + "."
	huma.Register(a.huma, register("aggregate", "/aggregate", "Mentions by up to two dimensions, with measures", "Own channels and what people marked irrelevant are left out unless asked for, and told apart."+dimensions), a.aggregate)
	tidy := register("aggregateRows", "/aggregate/rows", "The same as tidy rows", "For spreadsheets and notebooks; a viewer's token may stand in the address."+dimensions)
	huma.Register(a.huma, inAddress(tidyAnswer(tidy)), a.aggregateRows)
	huma.Register(a.huma, register("kpis", "/kpis", "Key figures with intervals", "Of the query, and of each brand of a declared set, beside the period before where the window has two ends. docs/kpis.md has the formulas."), a.kpis)
	huma.Register(a.huma, inAddress(tidyAnswer(register("kpiRows", "/kpis/rows", "The same as tidy rows", "For spreadsheets and notebooks; a viewer's token may stand in the address."))), a.kpiRows)
	huma.Register(a.huma, register("shareOfVoice", "/share-of-voice", "Share of voice over a declared set of brands", "The shares sum to one. Left out, the set is every brand of one's own and every competitor. Conditions of the query on brands are taken off: they would shrink the denominator."), a.shareOfVoice)
	huma.Register(a.huma, register("trends", "/trends", "What is new in a window", "Terms, hashtags, entities, stories, sites and questions that are over-represented against the query's own past; the recipe has the score."), a.trends)
	huma.Register(a.huma, register("peaks", "/peaks", "Peaks and why", "Stretches far above what was usual, each explained in one sentence by what is over-represented in it."), a.peaks)
	huma.Register(a.huma, register("voices", "/voices", "Who speaks", "Authors or sites with their mentions, stories, engagement, and sentiment towards each brand."), a.voices)
	huma.Register(a.huma, register("activity", "/activity", "What companies did", "Typed events and page changes, newest first; one deal told many times is one activity."), a.activity)
}

// tidyAnswer describes an answer of rows.
func tidyAnswer(op huma.Operation) huma.Operation {
	text := &huma.Schema{Type: huma.TypeString}
	op.Responses = map[string]*huma.Response{
		"200": {Description: "The rows", Content: map[string]*huma.MediaType{"text/csv": {Schema: text}, "application/json": {Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject}}}, "application/x-ndjson": {Schema: text}}},
		"304": {Description: "As you have it: If-None-Match"},
	}
	op.Errors = []int{http.StatusBadRequest, http.StatusServiceUnavailable}
	return op
}

// aggregation reads a question for counts.
func (a *api) aggregation(in *AggregateInput) (mention.Aggregation, error) {
	w, zone, err := a.window(&in.WindowInput)
	if err != nil {
		return mention.Aggregation{}, err
	}
	for _, d := range in.By {
		if !slices.Contains(mention.Dimensions, d) {
			return mention.Aggregation{}, invalid([]string{"by: " + d + " is none of " + strings.Join(mention.Dimensions, " ")})
		}
	}
	return mention.Aggregation{
		Query: w.Query(in.Q), By: in.By, Zone: zone.String(), Measures: in.Measures, Size: in.Size, Own: in.Own, Irrelevant: in.Irrelevant,
	}, nil
}

func (a *api) table(ctx context.Context, in *AggregateInput) (mention.Table, error) {
	q, err := a.aggregation(in)
	if err != nil {
		return mention.Table{}, err
	}
	t, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Table, error) { return a.backend.Aggregate(ctx, q) })
	t.By, t.Cells = orEmpty(t.By), orEmpty(t.Cells)
	return t, err
}

func (a *api) aggregate(ctx context.Context, in *AggregateInput) (*output[mention.Table], error) {
	t, err := a.table(ctx, in)
	if err != nil {
		return nil, err
	}
	return &output[mention.Table]{Body: t}, nil
}

func (a *api) aggregateRows(ctx context.Context, in *rowsInput) (*huma.StreamResponse, error) {
	t, err := a.table(ctx, &in.AggregateInput)
	if err != nil {
		return nil, err
	}
	g := report.TableGrid(&t)
	return tidy(&g, &in.TidyInput, "mentions")
}

func (a *api) scorecard(ctx context.Context, in *KPIInput) (mention.Scorecard, error) {
	w, zone, err := a.window(&in.WindowInput)
	if err != nil {
		return mention.Scorecard{}, err
	}
	for _, id := range in.Brands {
		if err := mention.CheckID(id); err != nil {
			return mention.Scorecard{}, invalid([]string{"brands: " + err.Error()})
		}
	}
	s := mention.KPISearch{Query: in.Q, Brands: in.Brands, From: w.From, To: w.To, Zone: zone.String(), Own: in.Own, Irrelevant: in.Irrelevant}
	card, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Scorecard, error) { return a.backend.Scorecard(ctx, s) })
	card.Figures = orEmpty(card.Figures)
	return card, err
}

func (a *api) kpis(ctx context.Context, in *KPIInput) (*output[mention.Scorecard], error) {
	card, err := a.scorecard(ctx, in)
	if err != nil {
		return nil, err
	}
	return &output[mention.Scorecard]{Body: card}, nil
}

func (a *api) kpiRows(ctx context.Context, in *kpiRowsInput) (*huma.StreamResponse, error) {
	card, err := a.scorecard(ctx, &in.KPIInput)
	if err != nil {
		return nil, err
	}
	g := report.ScoreGrid(&card)
	return tidy(&g, &in.TidyInput, "figures")
}

func (a *api) shareOfVoice(ctx context.Context, in *KPIInput) (*output[mention.Scorecard], error) {
	if len(in.Brands) == 0 {
		brands, err := ask(ctx, a, "brand", a.backend.Brands)
		if err != nil {
			return nil, err
		}
		for i := range brands {
			if brands[i].Role != mention.RolePeer && len(in.Brands) < report.MaxBrands {
				in.Brands = append(in.Brands, brands[i].ID)
			}
		}
	}
	if len(in.Brands) == 0 {
		return nil, invalid([]string{"brands: none is configured; name the set"})
	}
	card, err := a.scorecard(ctx, in)
	if err != nil {
		return nil, err
	}
	card.Figures = slices.DeleteFunc(card.Figures, func(f mention.Figure) bool { return f.Recipe.Measure != report.KPIShareOfVoice })
	return &output[mention.Scorecard]{Body: card}, nil
}

func (a *api) trends(ctx context.Context, in *trendsInput) (*output[mention.Trends], error) {
	w, _, err := a.window(&in.WindowInput)
	if err != nil {
		return nil, err
	}
	s := mention.TrendSearch{Query: in.Q, From: w.From, To: w.To, Kinds: in.Kinds, Size: in.Size, Muted: in.Mute}
	if in.Past != "" {
		if s.Past, err = mention.ParseDuration(in.Past); err != nil {
			return nil, invalid([]string{"past: " + strings.TrimPrefix(err.Error(), "mention: ")})
		}
	}
	t, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Trends, error) { return a.backend.Trends(ctx, s) })
	if err != nil {
		return nil, err
	}
	t.Rows = orEmpty(t.Rows)
	return &output[mention.Trends]{Body: t}, nil
}

func (a *api) peaks(ctx context.Context, in *peaksInput) (*output[mention.Peaks], error) {
	w, zone, err := a.window(&in.WindowInput)
	if err != nil {
		return nil, err
	}
	s := mention.PeakSearch{Query: in.Q, From: w.From, To: w.To, Interval: in.Interval, Zone: zone.String(), Size: in.Size, Muted: in.Mute}
	p, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Peaks, error) { return a.backend.Peaks(ctx, s) })
	if err != nil {
		return nil, err
	}
	p.Rows, p.Series.Buckets = orEmpty(p.Rows), orEmpty(p.Series.Buckets)
	return &output[mention.Peaks]{Body: p}, nil
}

func (a *api) voices(ctx context.Context, in *voicesInput) (*output[mention.Voices], error) {
	w, _, err := a.window(&in.WindowInput)
	if err != nil {
		return nil, err
	}
	v, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Voices, error) {
		return a.backend.Voices(ctx, mention.VoiceSearch{Query: w.Query(in.Q), By: in.By, Order: in.Order, Size: in.Size})
	})
	if err != nil {
		return nil, err
	}
	v.Rows = orEmpty(v.Rows)
	return &output[mention.Voices]{Body: v}, nil
}

func (a *api) activity(ctx context.Context, in *activityInput) (*output[mention.Activities], error) {
	w, _, err := a.window(&in.WindowInput)
	if err != nil {
		return nil, err
	}
	v, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Activities, error) {
		return a.backend.Activities(ctx, mention.ActivitySearch{Query: in.Q, Brands: in.Brands, Types: in.Types, From: w.From, To: w.To, Limit: in.Limit})
	})
	if err != nil {
		return nil, err
	}
	v.Rows = orEmpty(v.Rows)
	return &output[mention.Activities]{Body: v}, nil
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// tidy answers with rows, or that they are those the client has.
func tidy(g *report.Grid, in *TidyInput, name string) (*huma.StreamResponse, error) {
	var buf bytes.Buffer
	var err error
	kind := "application/json"
	switch in.Format {
	case report.CSV:
		kind, err = mediaTypes[report.CSV], g.CSV(&buf, in.BOM)
	case report.NDJSON:
		kind, err = mediaTypes[report.NDJSON], g.NDJSON(&buf)
	default:
		err = g.JSON(&buf)
	}
	if err != nil {
		return nil, err
	}
	return cached(kind, `inline; filename="`+name+"."+in.Format+`"`, in.Tag, buf.Bytes()), nil
}

// cached answers with a body, or 304 to who has it.
func cached(kind, disposition, have string, body []byte) *huma.StreamResponse {
	sum := sha256.Sum256(body)
	tag := `"` + hex.EncodeToString(sum[:12]) + `"`
	return &huma.StreamResponse{Body: func(hctx huma.Context) {
		r, w := humago.Unwrap(hctx)
		h := w.Header()
		h.Set("ETag", tag)
		h.Set("Cache-Control", "private, no-cache") // kept, but asked for again
		for t := range strings.SplitSeq(have, ",") {
			if strings.TrimPrefix(strings.TrimSpace(t), "W/") == tag {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		h.Set("Content-Type", kind)
		if disposition != "" {
			h.Set("Content-Disposition", disposition)
		}
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the client is gone: nobody to tell
		}
	}}
}
