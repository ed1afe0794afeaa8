package api

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"earshot/mention"
)

type mentionView struct {
	Record    mention.Record
	Row       mention.Row
	Why       *Why
	TitleText []piece
	Text      []piece
}

func (a *api) mentionPage(w http.ResponseWriter, r *http.Request) {
	v, err := ask(r.Context(), a, "mention", func(ctx context.Context) (*mentionView, error) {
		rec, err := a.backend.Record(ctx, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		why, err := a.explain(ctx, &rec, "")
		if err != nil {
			return nil, err
		}
		return &mentionView{
			Record: rec, Row: rec.Row(), Why: why,
			TitleText: pieces(rec.Mention.Title, findings(&rec, "title")),
			Text:      pieces(rec.Mention.Text, findings(&rec, "")),
		}, nil
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "mention"))
		return
	}
	title := v.Row.Title
	if title == "" {
		title = excerpt(v.Row.Text)
	}
	a.pages.show(w, r, http.StatusOK, "mention", view{Title: title, Here: "/", Data: v})
}

type incidentsView struct {
	State string
	Rows  []mention.Incident
	Next  string
	Rules []RuleInfo
}

func (a *api) incidentsPage(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	in := &incidentsInput{State: params.Get("state"), Rule: params.Get("rule"), Cursor: params.Get("cursor"), Limit: 50}
	if !slices.Contains([]string{"", mention.StateFiring, mention.StateResolved, mention.StatePending, mention.StateNoData, mention.StateError}, in.State) {
		in.State = ""
	}
	list, err := a.incidents(r.Context(), in)
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "page"))
		return
	}
	v := &incidentsView{State: in.State, Rows: list.Body.Rows}
	if list.Body.Next != "" {
		v.Next = a.pages.to("/incidents") + "?" + url.Values{"state": {in.State}, "rule": {in.Rule}, "cursor": {list.Body.Next}}.Encode()
	}
	if in.Cursor == "" {
		// What needs a person stands first; the rest stays in order of time.
		slices.SortStableFunc(v.Rows, func(x, y mention.Incident) int { return urgency(&x) - urgency(&y) })
	}
	if v.Rules, err = ask(r.Context(), a, "rule", a.backend.Rules); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "page"))
		return
	}
	a.pages.show(w, r, http.StatusOK, "incidents", view{Title: "Incidents", Here: "/incidents", Data: v})
}

func urgency(i *mention.Incident) int {
	switch {
	case i.State != mention.StateFiring:
		return 2
	case !i.Acked.IsZero() || i.Muted || !i.Snoozed.IsZero():
		return 1
	}
	return 0
}

type incidentView struct {
	Incident   mention.Incident
	Mentions   []mention.Row
	Deliveries []mention.Delivery
	Safety     bool
}

// incidentMentions is how many mentions the page of an incident shows.
const incidentMentions = 10

func (a *api) incidentPage(w http.ResponseWriter, r *http.Request) {
	v, err := ask(r.Context(), a, "incident", func(ctx context.Context) (*incidentView, error) {
		inc, err := a.backend.Incident(ctx, r.PathValue("id"))
		if err != nil {
			return nil, err
		}
		v := &incidentView{Incident: inc, Safety: inc.Severity == mention.SeveritySafety || inc.Kind == "safety"}
		for _, id := range first(incidentMentions, inc.Mentions) {
			if rec, err := a.backend.Record(ctx, id); err == nil { // an erased one is left out
				v.Mentions = append(v.Mentions, rec.Row())
			}
		}
		v.Deliveries, err = a.backend.Deliveries(ctx, DeliveryFilter{Incident: inc.ID, Limit: 100})
		return v, err
	})
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "incident"))
		return
	}
	a.pages.show(w, r, http.StatusOK, "incident", view{Title: v.Incident.Rule, Here: "/incidents", Data: v})
}

func (a *api) sourcesPage(w http.ResponseWriter, r *http.Request) {
	list, err := ask(r.Context(), a, "source", a.backend.Sources)
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "page"))
		return
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y mention.SourceStatus) int {
		if bx, by := x.State.Error != "", y.State.Error != ""; bx != by {
			if bx {
				return -1
			}
			return 1
		}
		return strings.Compare(x.Source.ID, y.Source.ID)
	})
	a.pages.show(w, r, http.StatusOK, "sources", view{Title: "Sources", Here: "/sources", Data: list})
}
