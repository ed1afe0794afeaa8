package api

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/mention"
	"earshot/query"
)

// homeView is the first page: which texts say so, and what needs a person.
type homeView struct {
	Q, Order string
	Rows     []mention.Row
	Total    uint64
	Next     string // address of the next page
	First    string // address of the first page, when this is not it
	Chart    *chart
	Facets   []facetView
	Firing   []firing
	Broken   []mention.SourceStatus
	Sources  int
	Status   *Status
	Ready    []string
	Messages []messageView // what is wrong with the query
	Notes    []string      // parts that could not be had
}

// A messageView is a message with the query up to its place, and from there on.
type messageView struct {
	Message, Hint, Before, At string
}

type facetView struct {
	Name, Field string
	Values      []mention.Bucket
}

var facetNames = map[string]string{"brand": "Brands", "sentiment": "Sentiment", "source": "Sources", "label": "Labels", "kind": "Kinds"}

// firing is what one rule has firing; the newest stands for all.
type firing struct {
	Newest       mention.Incident
	Count, Acked int
	Many         bool // there may be more than counted
}

// maxFiring is how many firing incidents are looked at.
const maxFiring = 200

// byRule folds incidents, newest first, so that a rule with many groups does
// not hide the others. The gravest stand first.
func byRule(list []mention.Incident) []firing {
	var out []firing
	for _, inc := range list {
		i := slices.IndexFunc(out, func(f firing) bool { return f.Newest.Rule == inc.Rule })
		if i < 0 {
			i = len(out)
			out = append(out, firing{Newest: inc, Many: len(list) == maxFiring})
		}
		out[i].Count++
		if !inc.Acked.IsZero() {
			out[i].Acked++
		}
	}
	grave := []string{mention.SeverityCrisis, mention.SeveritySafety, mention.SeverityWarning, mention.SeverityInfo}
	slices.SortStableFunc(out, func(x, y firing) int {
		return slices.Index(grave, x.Newest.Severity) - slices.Index(grave, y.Newest.Severity)
	})
	return out
}

// homeRows is how many mentions a page holds.
const homeRows = 25

func (a *api) pageRoutes(mux *router) {
	for pattern, h := range map[string]http.HandlerFunc{
		"/{$}": a.home, "/mentions/{id}": a.mentionPage, "/incidents": a.incidentsPage, "/incidents/{id}": a.incidentPage,
		"/sources": a.sourcesPage, "/assets/{name}": a.pages.assets,
	} {
		mux.HandleFunc("GET "+a.base+pattern, h)
	}
	mux.HandleFunc("POST "+a.base+"/incidents/{id}/flag", a.flagForm)
	mux.HandleFunc("POST "+a.base+"/mentions/{id}/curate", a.curateForm)
	if a.base != "" {
		mux.HandleFunc("GET "+a.base, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, a.link+"/", http.StatusPermanentRedirect)
		})
	}
}

func (a *api) home(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	v := &homeView{Q: strings.TrimSpace(params.Get("q")), Order: params.Get("order")}
	if !slices.Contains([]string{mention.NewestFirst, mention.RelevanceFirst, mention.EngagementFirst}, v.Order) {
		v.Order = mention.NewestFirst
	}
	ctx, done, err := a.reading(r.Context())
	if err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "page"))
		return
	}
	defer done()
	page, err := a.backend.Search(ctx, mention.Search{Query: v.Q, Limit: homeRows, Order: v.Order, Cursor: params.Get("cursor")})
	if bad, ok := errors.AsType[*query.Error](err); ok {
		v.Messages = placed(v.Q, bad.Messages)
		a.pages.show(w, r, http.StatusBadRequest, "home", view{Title: "Mentions", Here: "/", Query: v.Q, Data: v})
		return
	}
	if err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "page"))
		return
	}
	v.Rows, v.Total = page.Rows, page.Total
	state := url.Values{"q": {v.Q}, "order": {v.Order}}
	if page.Next != "" {
		state.Set("cursor", page.Next)
		v.Next = a.pages.to("/") + "?" + state.Encode()
	}
	if params.Get("cursor") != "" {
		state.Del("cursor")
		v.First = a.pages.to("/") + "?" + state.Encode()
	}
	a.beside(ctx, v)
	a.pages.show(w, r, http.StatusOK, "home", view{Title: "Mentions", Here: "/", Query: v.Q, Data: v})
}

// beside asks for what stands beside the hits, all at once. A part that
// cannot be had is told, and the page is shown all the same.
func (a *api) beside(ctx context.Context, v *homeView) {
	var mu sync.Mutex
	var parts sync.WaitGroup
	part := func(name string, fn func() error) {
		parts.Go(func() {
			if err := fn(); err != nil {
				a.log.WarnContext(ctx, "part of a page failed", "part", name, "err", err)
				mu.Lock()
				defer mu.Unlock()
				v.Notes = append(v.Notes, name+" cannot be told now.")
			}
		})
	}
	part("The history", func() error {
		s, err := a.backend.Histogram(ctx, v.Q, "day", a.zone)
		if err == nil {
			v.Chart = a.pages.newChart(s)
		}
		return err
	})
	part("The breakdown", func() error {
		list, err := a.backend.Facets(ctx, v.Q, []string{"brand", "sentiment", "source", "label"}, 8)
		for i := range list {
			if len(list[i].Values) > 0 {
				v.Facets = append(v.Facets, facetView{facetNames[list[i].Field], list[i].Field, list[i].Values})
			}
		}
		return err
	})
	part("Incidents", func() error {
		list, err := a.backend.Incidents(ctx, IncidentFilter{State: mention.StateFiring, Limit: maxFiring})
		v.Firing = byRule(list)
		return err
	})
	part("Sources", func() error {
		list, err := a.backend.Sources(ctx)
		for i := range list {
			if list[i].State.Error != "" {
				v.Broken = append(v.Broken, list[i])
			}
		}
		v.Sources = len(list)
		return err
	})
	part("The state", func() error {
		s, err := a.backend.Status(ctx)
		if err == nil {
			v.Status = &s
		}
		v.Ready = a.backend.Ready(ctx)
		return err
	})
	parts.Wait()
	slices.Sort(v.Notes)
}

// placed puts each message at its place in the query.
func placed(q string, messages []query.Message) []messageView {
	var list []messageView
	for _, m := range messages {
		at := min(max(m.At, 0), len(q))
		list = append(list, messageView{Message: m.Message, Hint: m.Hint, Before: strings.ToValidUTF8(q[:at], ""), At: strings.ToValidUTF8(q[at:], "")})
	}
	return list
}

// flagForm is the page's way to acknowledge an incident.
func (a *api) flagForm(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	action := r.PostFormValue("action")
	f := Flag{Action: action, Actor: actorOf(r.Context()).name}
	switch action {
	case FlagAck, FlagUnack, FlagUnsnooze, FlagMute, FlagUnmute:
	case FlagSnooze:
		f.Until = stamp(time.Now().Add(24 * time.Hour))
	default:
		a.pages.fail(w, r, newProblem(http.StatusUnprocessableEntity, "invalid", "there is no such action"))
		return
	}
	if _, err := a.backend.FlagIncident(r.Context(), id, f); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "incident"))
		return
	}
	http.Redirect(w, r, a.pages.to("/incidents/"+url.PathEscape(id)), http.StatusSeeOther)
}

// curateForm is the page's way to say what a mention is.
func (a *api) curateForm(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	e := mention.CurationEvent{ID: id, Actor: actorOf(r.Context()).name, At: stamp(time.Now()), Action: r.PostFormValue("action"), Value: strings.TrimSpace(r.PostFormValue("value"))}
	fault := "there is no such action"
	if slices.Contains(curateActions, e.Action) {
		fault = curationFault(e.Action, e.Value)
	}
	if fault != "" {
		a.pages.fail(w, r, newProblem(http.StatusUnprocessableEntity, "invalid", fault))
		return
	}
	if err := a.backend.Curate(r.Context(), []mention.CurationEvent{e}); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "mention"))
		return
	}
	http.Redirect(w, r, a.pages.to("/mentions/"+url.PathEscape(id)), http.StatusSeeOther)
}

var curateActions = []string{
	mention.CurateTag, mention.CurateUntag, mention.CurateStar, mention.CurateUnstar, mention.CurateIrrelevant,
	mention.CurateRelevant, mention.CurateSentiment, mention.CurateBrands, mention.CurateNote,
}
