package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"earshot/mention"
	"earshot/report"
	"earshot/report/chart"
	"earshot/report/scene"
)

// analyse shows a page of numbers: its scope is read, and fill asks for the rest.
func (a *api) analyse(w http.ResponseWriter, r *http.Request, s *scope, name string, v view, fill func(ctx context.Context) error) {
	status := http.StatusOK
	if len(s.Messages) > 0 {
		status = http.StatusBadRequest
	} else if _, err := ask(r.Context(), a, "page", func(ctx context.Context) (struct{}, error) { return struct{}{}, fill(ctx) }); err != nil {
		a.pages.fail(w, r, a.problem(r.Context(), err, "page"))
		return
	}
	a.pages.show(w, r, status, name, v)
}

// trendSearch asks for what is new in a scope, against four times its length
// before; an open scope is the last week.
func trendSearch(s *scope, size int) mention.TrendSearch {
	w := s.Window
	if w.To.IsZero() {
		w.To = time.Now()
	}
	if w.From.IsZero() {
		w.From = w.To.AddDate(0, 0, -7)
	}
	past := min(4*w.To.Sub(w.From), 400*24*time.Hour)
	return mention.TrendSearch{Query: s.Q, From: w.From, To: w.To, Past: mention.Duration(past), Size: size}
}

// bestTrends sorts trends of all kinds by how much they surprise.
func bestTrends(rows []mention.Trend) []mention.Trend {
	rows = slices.Clone(rows)
	slices.SortStableFunc(rows, func(x, y mention.Trend) int { return cmp.Compare(y.Score, x.Score) })
	return rows
}

// growth says how a trend grew.
func growth(t mention.Trend) string {
	if t.Past == 0 {
		return "new"
	}
	return fmt.Sprintf("× %.1f", t.Growth)
}

// examples are two mentions of a trend that say something else than its name.
func examples(t mention.Trend) []mention.Example {
	said := []string{t.Term}
	var list []mention.Example
	for _, e := range t.Examples {
		if len(list) < 2 && !slices.Contains(said, e.Title) {
			said = append(said, e.Title)
			list = append(list, e)
		}
	}
	return list
}

// trendsView answers: what do people talk about that they did not before?
type trendsView struct {
	*scope
	Kinds  []choice
	Groups []trendGroup
	Trends mention.Trends
	Pinned *notesView
	Muted  []mention.MutedTerm
	May    bool
	AsOf   time.Time // when they were counted, if that was not just now
}

type trendGroup struct {
	Name string
	Rows []mention.Trend
}

var trendNames = map[string]string{
	mention.TrendTerm: "Words", mention.TrendHashtag: "Hashtags", mention.TrendEntity: "People, places and organizations",
	mention.TrendStory: "Stories", mention.TrendSite: "Sites", mention.TrendQuestion: "Questions",
}

func (a *api) trendsPage(w http.ResponseWriter, r *http.Request) {
	s := a.newScope(r, "/trends", "7d", time.Now())
	v := &trendsView{scope: s, May: actorOf(r.Context()).role.may(RoleAnalyst) && !partial(r.Context())}
	a.analyse(w, r, s, "trends", view{Title: "Trends", Here: "/trends", Data: v}, func(ctx context.Context) (err error) {
		if v.Pinned, err = a.notesOf(ctx, s); err != nil {
			return err
		}
		began := time.Now()
		var at time.Time
		if v.Trends, at = a.told.recall(viewKey(ctx, s), &a.edits, func() (mention.Trends, bool) {
			var found mention.Trends
			found, err = a.backend.Trends(ctx, trendSearch(s, 12))
			return found, err == nil
		}); at.Before(began) {
			v.AsOf = at
		}
		for _, kind := range []string{mention.TrendStory, mention.TrendTerm, mention.TrendEntity, mention.TrendHashtag, mention.TrendQuestion, mention.TrendSite} {
			g := trendGroup{Name: trendNames[kind]}
			for i := range v.Trends.Rows {
				if v.Trends.Rows[i].Kind == kind {
					g.Rows = append(g.Rows, v.Trends.Rows[i])
				}
			}
			if len(g.Rows) > 0 {
				v.Groups = append(v.Groups, g)
			}
		}
		if err == nil {
			v.Muted, err = a.backend.MutedTerms(ctx)
		}
		return err
	})
}

// voicesView answers: who moves the talk, and for or against us?
type voicesView struct {
	*scope
	Bys, Orders []choice
	By          string
	Rows        []voiceView
	Names       map[string]string
	Recipe      mention.Recipe
	Top         string // how concentrated the talk is
	Engaged     bool   // somebody's engagement was measured
}

func (a *api) voicesPage(w http.ResponseWriter, r *http.Request) {
	s := a.newScope(r, "/voices", "30d", time.Now())
	params := r.URL.Query()
	v := &voicesView{scope: s, By: oneOf(params.Get("by"), "author", "site")}
	order := oneOf(params.Get("order"), "mentions", "stories", "engagement")
	for _, by := range []string{"author", "site"} {
		v.Bys = append(v.Bys, choice{by + "s", s.with("by", by), by == v.By})
	}
	for _, o := range []string{"mentions", "stories", "engagement"} {
		v.Orders = append(v.Orders, choice{"most " + o, s.with("order", o), o == order})
	}
	a.analyse(w, r, s, "voices", view{Title: "Voices", Here: "/voices", Data: v}, func(ctx context.Context) error {
		list, err := a.backend.Voices(ctx, mention.VoiceSearch{Query: s.query(), By: v.By, Order: order, Size: 50})
		if err != nil {
			return err
		}
		v.Rows, v.Recipe = a.voicesOf(list.Rows), list.Recipe
		v.Engaged = order == "engagement" || slices.ContainsFunc(list.Rows, func(r mention.Voice) bool { return r.Engagement != nil })
		brands, err := a.backend.Brands(ctx)
		if err != nil {
			return err
		}
		v.Names, _ = brandNames(brands)
		n, err := a.backend.Count(ctx, s.query())
		if err == nil && n > 0 && order == "mentions" {
			var top uint64
			for i := range min(10, len(v.Rows)) {
				top += v.Rows[i].Mentions
			}
			v.Top = fmt.Sprintf("The %d loudest wrote %s of %s mentions (%s).", min(10, len(v.Rows)), grouped(top), grouped(n), chart.Percent(float64(top)/float64(n)))
		}
		return err
	})
}

func oneOf(value string, known ...string) string {
	if slices.Contains(known, value) {
		return value
	}
	return known[0]
}

// competitorsView answers: what did they do, and what came of it?
type competitorsView struct {
	*scope
	Picks  []choice // brands
	Types  []choice
	Chart  *figure
	Shares *figure
	Deeds  []deedView
	More   int // not in Deeds
	Recipe mention.Recipe
}

// shownDeeds is how many activities the page lists; the chart has them all.
const shownDeeds = 40

func (a *api) competitorsPage(w http.ResponseWriter, r *http.Request) {
	s := a.newScope(r, "/competitors", "30d", time.Now())
	params := r.URL.Query()
	v := &competitorsView{scope: s}
	a.analyse(w, r, s, "competitors", view{Title: "Competitors", Here: "/competitors", Data: v}, func(ctx context.Context) error {
		return a.fillCompetitors(ctx, v, params.Get("brand"), params.Get("type"))
	})
}

func (a *api) fillCompetitors(ctx context.Context, v *competitorsView, brand, kind string) error {
	brands, err := a.backend.Brands(ctx)
	if err != nil {
		return err
	}
	names, ids := brandNames(brands)
	v.Picks = append(v.Picks, choice{"all", v.with("brand", ""), names[brand] == ""})
	for _, id := range ids {
		v.Picks = append(v.Picks, choice{names[id], v.with("brand", id), id == brand})
	}
	search := mention.ActivitySearch{Query: v.Q, From: v.Window.From, To: v.Window.To, Limit: 200}
	if names[brand] != "" {
		search.Brands = []string{brand}
	}
	list, err := a.backend.Activities(ctx, search)
	if err != nil {
		return err
	}
	v.Recipe = list.Recipe
	v.types(list.Rows, kind)
	rows := slices.DeleteFunc(slices.Clone(list.Rows), func(d mention.Activity) bool { return kind != "" && d.Type != kind })
	deeds := deedsOf(rows, names)
	v.Deeds, v.More = first(min(shownDeeds, len(deeds)), deeds), len(deeds)-min(shownDeeds, len(deeds))
	q := v.query()
	if names[brand] != "" {
		q = narrow(q, "brand", brand)
	}
	t, err := a.backend.Aggregate(ctx, mention.Aggregation{Query: q, By: []string{"brand", v.Interval}, Zone: a.zone.String(), Size: maxLines})
	if err != nil {
		return err
	}
	order := report.Largest(&t, maxLines)
	if names[brand] != "" {
		order = []string{brand}
	}
	c := a.overTime(v.scope).Volume(&t, names, order)
	lanes(c, deeds, order, names)
	if gaps, err := a.backend.Gaps(ctx, v.Window.From, time.Now()); err == nil {
		hatch(c, gaps, v.Window)
	}
	if len(c.Buckets) > 0 {
		v.Chart = lines(c, "deeds")
	}
	card, err := a.backend.Scorecard(ctx, mention.KPISearch{Query: v.Q, Brands: ids, From: v.Window.From, To: v.Window.To, Zone: a.zone.String(), Measures: []string{mention.MeasureSentiment}})
	if err == nil {
		v.Shares = a.shares(&card, ids, names)
	}
	return err
}

// types are the kinds of activity there are, most frequent first.
func (v *competitorsView) types(rows []mention.Activity, kind string) {
	counts := map[string]int{}
	var list []string
	for i := range rows {
		if counts[rows[i].Type]++; counts[rows[i].Type] == 1 {
			list = append(list, rows[i].Type)
		}
	}
	slices.SortStableFunc(list, func(x, y string) int { return cmp.Compare(counts[y], counts[x]) })
	v.Types = append(v.Types, choice{"everything", v.with("type", ""), kind == ""})
	for _, t := range list {
		v.Types = append(v.Types, choice{fmt.Sprintf("%s %d", strings.ReplaceAll(t, "_", " "), counts[t]), v.with("type", t), t == kind})
	}
}

// lanes puts what companies did above the chart, a row for each in it.
func lanes(c *chart.Time, deeds []deedView, order []string, names map[string]string) {
	for i, id := range order {
		lane := chart.Lane{Name: cmp.Or(names[id], id), Ink: scene.Series(i)}
		for j := range deeds {
			d := &deeds[j]
			if d.Brand == id && len(lane.Marks) < 60 {
				link := ""
				if j < shownDeeds {
					link = "#d-" + url.PathEscape(d.ID)
				}
				lane.Marks = append(lane.Marks, chart.Mark{
					At: d.At, Link: link, Big: d.Severity == "high" || d.Severity == "critical",
					Tip: d.Name + ", " + strings.ReplaceAll(d.Type, "_", " ") + ": " + excerpt(d.Evidence),
				})
			}
		}
		if len(lane.Marks) > 0 {
			c.Lanes = append(c.Lanes, lane)
		}
	}
}

// shares draws the share of voice of brands, with intervals.
func (a *api) shares(card *mention.Scorecard, ids []string, names map[string]string) *figure {
	b := &chart.Bars{Title: "Share of voice", Format: chart.Percent}
	for _, id := range ids {
		f := figureOf(card, "share_of_voice", id)
		if f == nil || !f.Known {
			continue
		}
		b.Rows = append(b.Rows, chart.Bar{
			Name: names[id], Value: f.Value, Low: f.Low, High: f.High, Link: a.pages.search(f.Recipe.Query),
			Tip: fmt.Sprintf("%s: %s of %s mentions, 95 %% interval %s", names[id], grouped(f.Recipe.N), grouped(f.Recipe.Denominator), between(f)),
		})
	}
	if len(b.Rows) == 0 {
		return nil
	}
	slices.SortStableFunc(b.Rows, func(x, y chart.Bar) int { return cmp.Compare(y.Value, x.Value) })
	b.Desc = b.Rows[0].Name + " leads with " + chart.Percent(b.Rows[0].Value) + "."
	return bars(b, "shares")
}
