package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
)

type searchInput struct {
	Q          string `query:"q" maxLength:"20000" doc:"query; nothing means all" example:"brand:acme AND sentiment:negative"`
	Limit      int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"most rows of a page"`
	Order      string `query:"order" enum:"newest,relevance,engagement" default:"newest"`
	Cursor     string `query:"cursor" maxLength:"4000" doc:"next of the page before"`
	Irrelevant bool   `query:"irrelevant" doc:"also what people marked irrelevant"`
	Fold       bool   `query:"fold" doc:"one row a story: its first in the order; folded says how many mentions it stands for, stories how many rows all pages have"`
	Highlight  bool   `query:"highlight" doc:"where in title and text the words of the query stand, in bytes"`
}

type searchOutput struct {
	Link string `header:"Link" doc:"rel=next: the next page, when there is one"`
	Body mention.Page
}

type queryInput struct {
	Q string `query:"q" maxLength:"20000" doc:"query; nothing means all" example:"brand:acme"`
}

type idInput struct {
	ID string `path:"id" maxLength:"500"`
}

type countOutput struct {
	Body struct {
		Query string `json:"query"`
		Count uint64 `json:"count" doc:"exact"`
	}
}

// A pushed mention is what a program may say about one.
type pushed struct {
	Source     string         `json:"source,omitempty" maxLength:"100" doc:"left out: push and the name of the token"`
	Kind       mention.Kind   `json:"kind,omitempty" enum:"news,post,blog,forum,review,release,page,comment,video,other"`
	GUID       string         `json:"guid,omitempty" maxLength:"2000" doc:"the sender's own id; tells mentions without a url apart"`
	URL        string         `json:"url,omitempty" maxLength:"4000" doc:"http or https; the id is made of it, else of the guid, else of the text"`
	Title      string         `json:"title,omitempty" maxLength:"5000"`
	Text       string         `json:"text,omitempty" maxLength:"1000000" doc:"plain text"`
	Author     string         `json:"author,omitempty" maxLength:"500"`
	Lang       string         `json:"lang,omitempty" maxLength:"20" doc:"ISO 639-1"`
	Country    string         `json:"country,omitempty" maxLength:"2" doc:"ISO 3166-1 alpha-2"`
	Channel    string         `json:"channel,omitempty" maxLength:"500"`
	Thread     string         `json:"thread,omitempty" maxLength:"500"`
	Parent     string         `json:"parent,omitempty" maxLength:"500"`
	Categories []string       `json:"categories,omitempty" maxItems:"100"`
	Published  time.Time      `json:"published,omitzero" doc:"left out: not known"`
	Updated    time.Time      `json:"updated,omitzero"`
	Engagement *float64       `json:"engagement,omitempty"`
	Reach      *float64       `json:"reach,omitempty"`
	Rating     *float64       `json:"rating,omitempty"`
	Given      *mention.Given `json:"given,omitempty" doc:"fields that win over what the analysis would find"`
}

type pushInput struct {
	Body struct {
		Mentions []pushed `json:"mentions" minItems:"1" maxItems:"1000"`
	}
}

type pushOutput struct {
	Body struct {
		New       int      `json:"new"`
		Revised   int      `json:"revised" doc:"known, with another title or text"`
		Unchanged int      `json:"unchanged"`
		Refused   int      `json:"refused" doc:"erased before"`
		IDs       []string `json:"ids" doc:"of the new and revised ones"`
		Seq       int64    `json:"seq"`
	}
}

func (a *api) mentionRoutes() {
	tags := []string{"Mentions"}
	huma.Register(a.huma, huma.Operation{
		OperationID: "searchMentions", Method: http.MethodGet, Path: "/mentions", Tags: tags,
		Summary: "Search mentions", Description: "Rows that match a query, with the exact total. Follow the Link header, or give next as cursor, for the rest.",
	}, a.search)
	huma.Register(a.huma, huma.Operation{
		OperationID: "pushMentions", Method: http.MethodPost, Path: "/mentions", Tags: tags, Metadata: map[string]any{needs: RoleAnalyst},
		Summary: "Push mentions in", Description: "Stores up to 1,000 mentions, all or none; the answer comes when they are durable. Sending them again changes nothing.",
		MaxBodyBytes: maxBody, BodyReadTimeout: readTimeout,
	}, a.push)
	huma.Register(a.huma, huma.Operation{
		OperationID: "getMention", Method: http.MethodGet, Path: "/mentions/{id}", Tags: tags,
		Summary: "One mention with its analysis", Description: "An id with slashes in it is written with %2F.",
	}, a.one)
	huma.Register(a.huma, huma.Operation{
		OperationID: "explainMention", Method: http.MethodGet, Path: "/mentions/{id}/why", Tags: tags,
		Summary: "Why a mention is where it is", Description: "Which parts of a query match it, why it concerns a brand, which words moved its sentiment, what was sent about it and what people did to it.",
	}, a.why)
	huma.Register(a.huma, huma.Operation{
		OperationID: "countMentions", Method: http.MethodGet, Path: "/count", Tags: tags, Summary: "Count mentions",
	}, a.count)
	a.curationRoutes()
	a.metricsRoutes()
}

func (a *api) search(ctx context.Context, in *searchInput) (*searchOutput, error) {
	page, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Page, error) {
		return a.backend.Search(ctx, mention.Search{
			Query: in.Q, Limit: in.Limit, Order: in.Order, Cursor: in.Cursor, Irrelevant: in.Irrelevant, Fold: in.Fold, Highlight: in.Highlight,
		})
	})
	if err != nil {
		return nil, err
	}
	if page.Rows == nil {
		page.Rows = []mention.Row{}
	}
	params := url.Values{"q": {in.Q}, "limit": {strconv.Itoa(in.Limit)}, "order": {in.Order}}
	for name, on := range map[string]bool{"irrelevant": in.Irrelevant, "fold": in.Fold, "highlight": in.Highlight} {
		if on {
			params.Set(name, "true")
		}
	}
	return &searchOutput{Link: a.next("/mentions", params, page.Next), Body: page}, nil
}

func (a *api) count(ctx context.Context, in *queryInput) (*countOutput, error) {
	n, err := ask(ctx, a, "mention", func(ctx context.Context) (uint64, error) { return a.backend.Count(ctx, in.Q) })
	if err != nil {
		return nil, err
	}
	out := &countOutput{}
	out.Body.Query, out.Body.Count = in.Q, n
	return out, nil
}

func (a *api) one(ctx context.Context, in *idInput) (*output[mention.Record], error) {
	return answered(ctx, a, "mention", func(ctx context.Context) (mention.Record, error) { return a.backend.Record(ctx, in.ID) })
}

func (a *api) push(ctx context.Context, in *pushInput) (*pushOutput, error) {
	list := make([]mention.Mention, 0, len(in.Body.Mentions))
	var faults []string
	for i := range in.Body.Mentions {
		p := &in.Body.Mentions[i]
		for _, fault := range p.faults() {
			faults = append(faults, fmt.Sprintf("mentions[%d]: %s", i, fault))
		}
		list = append(list, p.mention())
	}
	if len(faults) > 0 {
		return nil, invalid(faults)
	}
	receipt, err := a.backend.Push(ctx, actorOf(ctx).name, list)
	if err != nil {
		return nil, a.fail(ctx, err, "mention")
	}
	out := &pushOutput{}
	out.Body.New, out.Body.Revised, out.Body.Unchanged, out.Body.Refused = receipt.New, receipt.Revised, receipt.Unchanged, receipt.Refused
	if out.Body.IDs = receipt.IDs; out.Body.IDs == nil {
		out.Body.IDs = []string{}
	}
	out.Body.Seq = receipt.LastSeq
	return out, nil
}

func (p *pushed) faults() []string {
	var faults []string
	if strings.TrimSpace(p.Title) == "" && strings.TrimSpace(p.Text) == "" {
		faults = append(faults, "neither title nor text")
	}
	if p.URL != "" && safeURL(p.URL) == "" {
		faults = append(faults, fmt.Sprintf("url %q is not an http or https address", p.URL))
	}
	if p.Source != "" {
		if err := mention.CheckID(p.Source); err != nil {
			faults = append(faults, "source: "+err.Error())
		}
	}
	return faults
}

func (p *pushed) mention() mention.Mention {
	return mention.Mention{
		Source: p.Source, Origin: mention.OriginPush, Kind: p.Kind, GUID: p.GUID, URL: p.URL, Title: p.Title, Text: p.Text,
		Author: p.Author, Lang: strings.ToLower(p.Lang), Country: strings.ToLower(p.Country), Channel: p.Channel, Thread: p.Thread,
		Parent: p.Parent, Categories: p.Categories, Published: stamp(p.Published), Updated: stamp(p.Updated),
		Engagement: p.Engagement, Reach: p.Reach, Rating: p.Rating, Given: p.Given,
	}
}

// stamp is t as everything stores it: UTC milliseconds.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// safeURL is raw when it may be linked to: absolute, http or https; else "".
func safeURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return ""
	}
	return raw
}
