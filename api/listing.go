package api

import (
	"context"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/mention"
	"earshot/query"
)

// listRows is how many mentions a page holds.
const listRows = 25

// listView is the page of mentions: which texts say so?
type listView struct {
	*scope
	Order    string
	Rows     []*hitView
	Total    uint64
	Stories  uint64
	Next     string // address of the next page
	First    string // address of the first page, when this is not it
	Chart    *figure
	Pinned   *notesView
	Facets   []facetView
	Parts    []pillView
	Notes    []string // parts that could not be had
	Lag      int64
	All      bool // own channels and irrelevant ones are in the list, but not in the counts beside it
	May      bool // change something
	Fold     bool
	FoldLink string
	Export   string // the query of exports
	Actions  []choice
}

// A hitView is a mention in a list.
type hitView struct {
	Row   mention.Row
	Form  string // id of the form that marks are for; "" when nothing may be done
	Query string // that found it
}

// A pillView is a part of a query, with the address of the page without it.
type pillView struct{ Text, Without string }

type facetView struct {
	Name, Field string
	Values      []facetValue
}

type facetValue struct {
	Key       string
	Count     uint64
	Only, Not string // addresses
}

var facetNames = map[string]string{
	"brand": "Brands", "product": "Products", "sentiment": "Sentiment", "kind": "Platforms", "site": "Sites", "source": "Sources",
	"label": "Labels", "activity": "Activities", "lang": "Languages", "author": "Authors", "tag": "Tags", "entity": "Names",
}

// listFacets stand beside the mentions; more are one click away.
var listFacets = []string{"brand", "product", "sentiment", "label", "kind", "site", "activity", "lang", "tag"}

// A messageView is a message with the query up to its place, and from there on.
type messageView struct {
	Message, Hint, Before, At string
}

// forPage takes a place for the questions of a page. Where its query is at
// fault, or there is no place, that is shown and done is nil.
func (a *api) forPage(ctx context.Context, w http.ResponseWriter, r *http.Request, s *scope, name string, page view) (within context.Context, done func()) {
	if len(s.Messages) > 0 {
		a.pages.show(w, r, http.StatusBadRequest, name, page)
		return ctx, nil
	}
	within, done, err := a.reading(ctx)
	if err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "page"))
		return ctx, nil
	}
	return within, done
}

func (a *api) listPage(w http.ResponseWriter, r *http.Request) {
	s := a.newScope(r, "/mentions", "all", time.Now())
	params := r.URL.Query()
	v := &listView{scope: s, Order: params.Get("order"), May: actorOf(r.Context()).role.may(RoleAnalyst), Fold: params.Get("fold") != "no", Export: s.query()}
	if !slices.Contains([]string{mention.NewestFirst, mention.RelevanceFirst, mention.EngagementFirst}, v.Order) {
		v.Order = mention.NewestFirst
	}
	page := view{Title: "Mentions", Here: "/mentions", Data: v}
	ctx, done := a.forPage(r.Context(), w, r, s, "mentions", page)
	if done == nil {
		return
	}
	defer done()
	q := s.query()
	var beside sync.WaitGroup
	beside.Go(func() { a.besideList(ctx, v) })
	found, err := a.backend.Search(ctx, mention.Search{Query: q, Limit: listRows, Order: v.Order, Cursor: params.Get("cursor"), Highlight: true, Fold: v.Fold})
	beside.Wait()
	if err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "page"))
		return
	}
	v.Total, v.Stories = found.Total, found.Folds
	v.arrange(found, params)
	if params.Get("cursor") == "" && v.Order == mention.NewestFirst && s.Window.To.IsZero() {
		page.Live = url.Values{"types": {"mention,incident"}, "q": {s.Q}}.Encode()
	}
	page.Feed = a.pages.to("/api/v1/feed") + "?" + url.Values{"q": {q}}.Encode()
	a.pages.show(w, r, http.StatusOK, "mentions", page)
}

// arrange makes the list of what was found.
func (v *listView) arrange(found mention.Page, params url.Values) {
	form := ""
	if v.May {
		form = "marks"
	}
	for i := range found.Rows {
		v.Rows = append(v.Rows, &hitView{Row: found.Rows[i], Form: form, Query: v.Q})
	}
	if found.Next != "" {
		v.Next = v.with("cursor", found.Next)
	}
	if params.Get("cursor") != "" {
		v.First = v.with()
	}
	fold := "no"
	if !v.Fold {
		fold = ""
	}
	v.FoldLink = v.with("fold", fold)
	v.Parts = v.pills()
}

// pills are the parts of a query that AND joins, when there are several.
func (v *listView) pills() []pillView {
	q, _ := query.Parse(v.Q)
	if q == nil {
		return nil
	}
	and, ok := q.Root().(*query.And)
	if !ok || len(and.Args) > 12 {
		return nil
	}
	var list []pillView
	for i := range and.Args {
		rest := slices.Delete(slices.Clone(and.Args), i, i+1)
		text := query.Print(&query.And{Args: rest})
		if len(rest) == 1 {
			text = query.Print(rest[0])
		}
		if left, _ := query.Parse(text); left == nil {
			text = "" // what is left looks for nothing
		}
		list = append(list, pillView{Text: query.Print(and.Args[i]), Without: v.with("q", text)})
	}
	return list
}

// parts runs what a page asks for at once. A part that cannot be had is told,
// and the page is shown all the same.
type parts struct {
	api   *api
	ctx   context.Context //nolint:containedctx // of one request, while it lasts
	mu    sync.Mutex
	wait  sync.WaitGroup
	notes []string
}

func (p *parts) run(name string, fn func(ctx context.Context) error) {
	p.wait.Go(func() {
		defer func() {
			if v := recover(); v != nil { // here, or it would end the program
				p.api.log.ErrorContext(p.ctx, "part of a page panicked", "part", name, "panic", v, "stack", string(debug.Stack()))
				p.missing(name)
			}
		}()
		if err := fn(p.ctx); err != nil {
			p.api.log.WarnContext(p.ctx, "part of a page failed", "part", name, "err", err)
			p.missing(name)
		}
	})
}

func (p *parts) missing(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.notes = append(p.notes, name+" cannot be told now.")
}

// done waits for all parts and gives what could not be told.
func (p *parts) done() []string {
	p.wait.Wait()
	slices.Sort(p.notes)
	return p.notes
}

func (a *api) besideList(ctx context.Context, v *listView) {
	p := &parts{api: a, ctx: ctx}
	q := v.query()
	p.run("The history", func(ctx context.Context) error {
		var err error
		if v.Pinned, err = a.notesOf(ctx, v.scope); err != nil {
			return err
		}
		s, err := a.backend.Histogram(ctx, q, v.Interval, a.zone)
		if err == nil && len(s.Buckets) > 150 && v.Interval == "day" {
			s, err = a.backend.Histogram(ctx, q, "week", a.zone)
		} else if err == nil && len(s.Buckets) > 0 && len(s.Buckets) <= 2 && v.Interval == "day" && v.Window.Empty() {
			s, err = a.backend.Histogram(ctx, q, "hour", a.zone)
		}
		a.pages.spread(&s, v.Window)
		if err == nil && len(s.Buckets) > 0 {
			c := a.pages.history(s, "Mentions over time")
			v.Pinned.pin(c)
			v.Chart = stacked(c, "history", 150)
		}
		return err
	})
	p.run("The breakdown", func(ctx context.Context) error {
		list, err := a.backend.Facets(ctx, q, listFacets, 8)
		for i := range list {
			v.facet(&list[i])
		}
		return err
	})
	p.run("The state", func(ctx context.Context) error {
		s, err := a.backend.Status(ctx)
		v.Lag = s.Lag
		return err
	})
	v.Notes = p.done()
}

func (v *listView) facet(f *mention.Facet) {
	if len(f.Values) == 0 {
		return
	}
	view := facetView{Name: facetNames[f.Field], Field: f.Field}
	for _, b := range f.Values {
		value := facetValue{Key: b.Key, Count: b.Count, Only: v.with("q", narrow(v.Q, f.Field, b.Key))}
		if not := without(v.Q, f.Field, b.Key); not != "" {
			value.Not = v.with("q", not)
		}
		view.Values = append(view.Values, value)
	}
	v.Facets = append(v.Facets, view)
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
