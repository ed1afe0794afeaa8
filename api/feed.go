package api

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
	"earshot/report"
)

type feedInput struct {
	Q      string `query:"q" maxLength:"20000" doc:"query; nothing means all" example:"brand:acme AND recall*"`
	Format string `query:"format" enum:"atom,rss,json" default:"atom" doc:"json is JSON Feed 1.1"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"entries of a page"`
	Cursor string `query:"cursor" maxLength:"4000" doc:"of the page before"`
	Title  string `query:"title" maxLength:"200" doc:"left out: made of the query"`
	Tag    string `header:"If-None-Match" hidden:"true"`
}

type incidentFeedInput struct {
	Rule     string `query:"rule" maxLength:"100" doc:"id of a rule; nothing means all"`
	Severity string `query:"severity" enum:"info,warning,crisis,safety" doc:"only this one"`
	Format   string `query:"format" enum:"atom,rss,json" default:"atom" doc:"json is JSON Feed 1.1"`
	Limit    int    `query:"limit" minimum:"1" maximum:"200" default:"50" doc:"most entries of a page"`
	Cursor   string `query:"cursor" maxLength:"4000" doc:"of the page before"`
	Title    string `query:"title" maxLength:"200" doc:"left out: made of the rule"`
	Tag      string `header:"If-None-Match" hidden:"true"`
}

func (a *api) feedRoutes() {
	text := &huma.Schema{Type: huma.TypeString}
	feeds := map[string]*huma.Response{
		"200": {Description: "The feed", Content: map[string]*huma.MediaType{
			"application/atom+xml": {Schema: text}, "application/rss+xml": {Schema: text}, "application/feed+json": {Schema: &huma.Schema{Type: huma.TypeObject}},
		}},
		"304": {Description: "As you have it: If-None-Match"},
	}
	huma.Register(a.huma, inAddress(huma.Operation{
		OperationID: "incidentFeed", Method: http.MethodGet, Path: "/feed/incidents", Tags: []string{"Alerts"},
		Summary: "What rules found, as a feed",
		Description: "Atom, RSS or JSON Feed of incidents that fired, newest first, for feed readers; a viewer's token may stand in the address. An incident is one entry, " +
			"which changes as it goes on. Older pages are linked.",
		Responses: feeds, Errors: []int{http.StatusBadRequest, http.StatusServiceUnavailable},
	}), a.incidentFeed)
	huma.Register(a.huma, inAddress(huma.Operation{
		OperationID: "feed", Method: http.MethodGet, Path: "/feed", Tags: []string{"Mentions"},
		Summary:     "A query as a feed",
		Description: "Atom, RSS or JSON Feed, newest first, for feed readers; a viewer's token may stand in the address. Entries keep their ids for ever. Older pages are linked.",
		Responses:   feeds,
		Errors:      []int{http.StatusBadRequest, http.StatusServiceUnavailable},
	}), a.feed)
}

func (a *api) feed(ctx context.Context, in *feedInput) (*huma.StreamResponse, error) {
	page, err := ask(ctx, a, "mention", func(ctx context.Context) (mention.Page, error) {
		return a.backend.Search(ctx, mention.Search{Query: in.Q, Limit: in.Limit, Cursor: in.Cursor})
	})
	if err != nil {
		return nil, err
	}
	params := url.Values{"format": {in.Format}, "limit": {strconv.Itoa(in.Limit)}}
	for name, value := range map[string]string{"q": in.Q, "title": in.Title, "token": actorOf(ctx).secret} {
		if value != "" {
			params.Set(name, value)
		}
	}
	at := func(cursor string) string {
		if cursor == "" {
			params.Del("cursor")
		} else {
			params.Set("cursor", cursor)
		}
		return a.absolute("/api/v1/feed?" + params.Encode())
	}
	f := report.Feed{
		ID: report.FeedID(in.Q), Title: in.Title, Self: at(in.Cursor), Home: a.absolute("/mentions?" + url.Values{"q": {in.Q}}.Encode()),
	}
	for i := range page.Rows {
		f.Entries = append(f.Entries, report.MentionEntry(&page.Rows[i], func(id string) string { return a.absolute("/mentions/" + url.PathEscape(id)) }))
	}
	if f.Title == "" {
		f.Title = "earshot: " + in.Q
	}
	if page.Next != "" {
		f.Next = at(page.Next)
	}
	var buf bytes.Buffer
	if err := f.Write(&buf, in.Format); err != nil {
		return nil, a.fail(ctx, err, "feed")
	}
	return cached(report.FeedTypes[in.Format], "", in.Tag, buf.Bytes()), nil
}

func (a *api) incidentFeed(ctx context.Context, in *incidentFeedInput) (*huma.StreamResponse, error) {
	before, err := cursorRead("incidents", in.Cursor)
	if err != nil {
		return nil, a.fail(ctx, err, "incident")
	}
	rows, err := ask(ctx, a, "incident", func(ctx context.Context) ([]mention.Incident, error) {
		return a.backend.Incidents(ctx, IncidentFilter{Rule: in.Rule, Limit: in.Limit + 1, Before: before})
	})
	if err != nil {
		return nil, err
	}
	params := url.Values{"format": {in.Format}, "limit": {strconv.Itoa(in.Limit)}}
	for name, value := range map[string]string{"rule": in.Rule, "severity": in.Severity, "title": in.Title, "token": actorOf(ctx).secret, "cursor": in.Cursor} {
		if value != "" {
			params.Set(name, value)
		}
	}
	f := report.Feed{
		ID: report.IncidentFeedID(in.Rule), Title: in.Title, Self: a.absolute("/api/v1/feed/incidents?" + params.Encode()), Home: a.absolute("/alerts"),
	}
	if f.Title == "" {
		f.Title = strings.TrimSpace("earshot: incidents " + in.Rule)
	}
	if len(rows) > in.Limit {
		rows = rows[:in.Limit]
		params.Set("cursor", cursorAfter("incidents", rows[in.Limit-1].ID))
		f.Next = a.absolute("/api/v1/feed/incidents?" + params.Encode())
	}
	for i := range rows {
		r := &rows[i]
		if r.Fired.IsZero() || in.Severity != "" && r.Severity != in.Severity {
			continue
		}
		f.Entries = append(f.Entries, report.IncidentEntry(r, a.absolute("/incidents/"+url.PathEscape(r.ID))))
	}
	var buf bytes.Buffer
	if err := f.Write(&buf, in.Format); err != nil {
		return nil, a.fail(ctx, err, "feed")
	}
	return cached(report.FeedTypes[in.Format], "", in.Tag, buf.Bytes()), nil
}
