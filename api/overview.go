package api

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"earshot/mention"
	"earshot/query"
	"earshot/report"
	"earshot/report/chart"
)

// overviewView is the front page: what changed, and why?
type overviewView struct {
	*scope
	overviewFigures

	Firing  []firing
	Notes   []string
	Status  *Status
	Ready   []string
	Broken  int
	Sources int
	Empty   bool
	AsOf    time.Time // when the figures were counted, if that was not just now
}

// overviewFigures are the part of it that is counted.
type overviewFigures struct {
	Tiles   []tileView
	Brands  []brandView
	Volume  *figure
	Peaks   []peakView
	Pinned  *notesView
	Moods   *figure
	Trends  []mention.Trend
	Voices  []voiceView
	Deeds   []deedView
	Caveats []string

	missing []string // what could not be told
}

// A tileView is a key figure.
type tileView struct {
	Name, Value, Between, Delta, Link, Before string
	Recipe                                    *mention.Recipe
}

// A brandView is a brand beside the others.
type brandView struct {
	Name, ID, Role, Link string
	Count                float64
	Delta                string
	Share, ShareBetween  string
	Net, NetBetween      string
	Split                *splitView
	Recipe               *mention.Recipe // of the share of voice
}

// A peakView is a peak with its number on the chart.
type peakView struct {
	N int
	mention.Peak
	When  string // of its top, as fine as the chart
	Until string // last day or hour, when there is more than one
	Lead  string // how much it was
	Rule  string // address of a new rule about it
}

// A voiceView is somebody who speaks.
type voiceView struct {
	mention.Voice
	Split *splitView
}

// A deedView is what a company did.
type deedView struct {
	mention.Activity
	Name string
}

// maxLines is how many brands a chart shows.
const maxLines = 6

func (a *api) home(w http.ResponseWriter, r *http.Request) {
	params := r.URL.Query()
	if params.Has("q") && !params.Has("period") && !params.Has("from") { // as links to a search were before
		http.Redirect(w, r, a.pages.search(params.Get("q")), http.StatusSeeOther)
		return
	}
	s := a.newScope(r, "/", "7d", time.Now())
	v := &overviewView{scope: s}
	page := view{Title: "Overview", Here: "/", Data: v}
	ctx, done := a.forPage(r.Context(), w, r, s, "overview", page)
	if done == nil {
		return
	}
	defer done()
	brands, err := a.backend.Brands(ctx)
	if err != nil {
		a.pages.fail(w, r, a.problem(ctx, err, "page"))
		return
	}
	a.fillOverview(ctx, v, brands)
	page.Live = url.Values{"types": {"mention,incident"}, "q": {s.Q}}.Encode()
	a.pages.show(w, r, http.StatusOK, "overview", page)
}

func (a *api) fillOverview(ctx context.Context, v *overviewView, brands []BrandInfo) {
	p := &parts{api: a, ctx: ctx}
	p.run("Incidents", func(ctx context.Context) error {
		list, err := a.backend.Incidents(ctx, IncidentFilter{State: mention.StateFiring, Limit: maxFiring})
		v.Firing = byRule(list)
		return err
	})
	p.run("The state", func(ctx context.Context) error { return a.overviewState(ctx, v) })
	began := time.Now()
	var at time.Time
	v.overviewFigures, at = a.overviews.recall(viewKey(ctx, v.scope), &a.edits, func() (overviewFigures, bool) {
		f := a.countOverview(ctx, v.scope, brands)
		return f, len(f.missing) == 0
	})
	if at.Before(began) {
		v.AsOf = at
	}
	v.Notes = append(p.done(), v.missing...)
}

// countOverview counts what the overview shows.
func (a *api) countOverview(ctx context.Context, s *scope, brands []BrandInfo) overviewFigures {
	v := &overviewView{scope: s}
	p := &parts{api: a, ctx: ctx}
	names, ids := brandNames(brands)
	var split *mention.Table
	var card mention.Scorecard
	p.run("The figures", func(ctx context.Context) (err error) {
		card, err = a.backend.Scorecard(ctx, mention.KPISearch{Query: v.Q, Brands: ids, From: v.Window.From, To: v.Window.To, Zone: a.zone.String(), Measures: []string{mention.MeasureSentiment, mention.MeasureAuthors, mention.MeasureSites, mention.MeasureStories}})
		return err
	})
	p.run("The brands", func(ctx context.Context) error {
		t, err := a.backend.Aggregate(ctx, mention.Aggregation{Query: v.query(), By: []string{"brand"}, Zone: a.zone.String(), Measures: []string{mention.MeasureSentiment}})
		split = &t
		return err
	})
	p.run("The history", func(ctx context.Context) (err error) {
		if v.Pinned, err = a.notesOf(ctx, v.scope); err != nil {
			return err
		}
		return a.overviewVolume(ctx, v, names)
	})
	p.run("The sentiment", func(ctx context.Context) error {
		t, err := a.backend.Aggregate(ctx, mention.Aggregation{Query: v.query(), By: []string{v.Interval}, Zone: a.zone.String(), Measures: []string{mention.MeasureSentiment}})
		if err == nil && t.Total.Count > 0 {
			v.Moods = half(a.overTime(v.scope).Moods(&t), "moods")
		}
		return err
	})
	p.run("The trends", func(ctx context.Context) error {
		t, err := a.backend.Trends(ctx, trendSearch(v.scope, 6))
		v.Trends = first(10, bestTrends(t.Rows))
		return err
	})
	p.run("The voices", func(ctx context.Context) error {
		list, err := a.backend.Voices(ctx, mention.VoiceSearch{Query: v.query(), Size: 6})
		v.Voices = a.voicesOf(list.Rows)
		return err
	})
	p.run("The activity of companies", func(ctx context.Context) error {
		list, err := a.backend.Activities(ctx, mention.ActivitySearch{Query: v.Q, From: v.Window.From, To: v.Window.To, Limit: 6})
		v.Deeds = deedsOf(list.Rows, names)
		return err
	})
	v.missing = p.done()
	v.Caveats = card.Caveats
	a.tilesAndBrands(v, &card, split, brands)
	return v.overviewFigures
}

func (a *api) overviewState(ctx context.Context, v *overviewView) error {
	list, err := a.backend.Sources(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		if list[i].State.Error != "" {
			v.Broken++
		}
	}
	v.Sources = len(list)
	status, err := a.backend.Status(ctx)
	if err != nil {
		return err
	}
	v.Status, v.Ready, v.Empty = &status, a.backend.Ready(ctx), status.Mentions == 0
	return nil
}

// overviewVolume draws the brands over time, with the peaks of all of them.
func (a *api) overviewVolume(ctx context.Context, v *overviewView, names map[string]string) error {
	t, err := a.backend.Aggregate(ctx, mention.Aggregation{Query: v.query(), By: []string{"brand", v.Interval}, Zone: a.zone.String(), Size: maxLines})
	if err != nil {
		return err
	}
	if len(t.Cells) == 0 { // no brand is watched, or none is talked about
		if t, err = a.backend.Aggregate(ctx, mention.Aggregation{Query: v.query(), By: []string{v.Interval}, Zone: a.zone.String()}); err != nil || t.Total.Count == 0 {
			return err
		}
	}
	c := a.overTime(v.scope).Volume(&t, names, report.Largest(&t, maxLines))
	peaks, err := a.backend.Peaks(ctx, mention.PeakSearch{Query: v.Q, From: v.Window.From, To: v.Window.To, Interval: v.Interval, Zone: a.zone.String(), Size: 5})
	if err != nil {
		a.log.WarnContext(ctx, "part of a page failed", "part", "peaks", "err", err)
	}
	for i := range peaks.Rows {
		k := &peaks.Rows[i]
		v.Peaks = append(v.Peaks, peakView{N: i + 1, Peak: *k, When: a.pages.when(k.Start, bucketLayout(v.Interval)), Until: a.until(k, v.Interval), Lead: peakLead(k), Rule: a.pages.to("/rules/new") + "?" + url.Values{"match": {reasonQuery(v.Q, k)}}.Encode()})
		c.Peaks = append(c.Peaks, chart.Peak{N: i + 1, At: k.Top, Tip: strconv.Itoa(i+1) + ": " + k.Sentence, Link: a.pages.search(k.Query)})
	}
	gaps, err := a.backend.Gaps(ctx, v.Window.From, time.Now())
	hatch(c, gaps, v.Window)
	v.Pinned.pin(c)
	v.Volume = lines(c, "volume")
	return err
}

// until is the last stretch of a peak that has several.
func (a *api) until(k *mention.Peak, interval string) string {
	if last := k.End.Add(-time.Second); last.After(report.After(k.Start.In(a.zone), interval)) {
		return a.pages.when(last, bucketLayout(interval))
	}
	return ""
}

// peakLead says how much a peak was.
func peakLead(k *mention.Peak) string {
	lead := plural(int(min(k.Count, 1<<52)), "mention")
	if k.Expected >= .5 {
		return fmt.Sprintf("%s, %.1f times the %s that were usual.", lead, float64(k.Count)/k.Expected, usual(k.Expected))
	}
	return lead + ", where next to none were usual."
}

// bucketLayout is how the start of a bucket is told.
func bucketLayout(interval string) string {
	if interval == "hour" {
		return "Mon 2 Jan 15:04"
	}
	return "Mon 2 Jan 2006"
}

// reasonQuery is a query about what drove a peak, for a rule.
func reasonQuery(q string, k *mention.Peak) string {
	for _, r := range k.Reasons {
		if r.Kind == mention.TrendTerm || r.Kind == mention.TrendHashtag {
			text := `"` + r.Term + `"`
			if parsed, _ := query.Parse(text); parsed != nil {
				if q == "" || q == "*" {
					return text
				}
				return "(" + q + ") AND " + text
			}
		}
	}
	return q
}

// brandNames are the names of brands by id, and the ids of those compared: our
// own first, then competitors, then peers.
func brandNames(brands []BrandInfo) (names map[string]string, ids []string) {
	names = map[string]string{}
	for _, role := range []mention.Role{mention.RoleOwn, mention.RoleCompetitor, mention.RolePeer} {
		for i := range brands {
			b := &brands[i]
			has := b.Role
			if has == "" {
				has = mention.RoleCompetitor
			}
			if has == role && len(ids) < report.MaxBrands {
				names[b.ID] = b.Name
				ids = append(ids, b.ID)
			}
		}
	}
	return names, ids
}

// tilesAndBrands makes the tiles and the table of brands.
func (a *api) tilesAndBrands(v *overviewView, card *mention.Scorecard, split *mention.Table, brands []BrandInfo) {
	for _, kpi := range []struct{ measure, name string }{
		{report.KPIVolume, "Mentions"}, {report.KPINetPolar, "Net sentiment"}, {report.KPIStories, "Stories"}, {report.KPIAuthors, "Authors"}, {report.KPISites, "Sites"},
	} {
		if f := figureOf(card, kpi.measure, ""); f != nil {
			v.Tiles = append(v.Tiles, a.tile(kpi.name, f))
		}
	}
	v.Brands = a.brandTable(card, split, brands)
}

func figureOf(card *mention.Scorecard, measure, subject string) *mention.Figure {
	for i := range card.Figures {
		if f := &card.Figures[i]; f.Recipe.Measure == measure && f.Subject == subject {
			return f
		}
	}
	return nil
}

func (a *api) tile(name string, f *mention.Figure) tileView {
	t := tileView{Name: name, Value: "–", Delta: report.Changed(f), Recipe: &f.Recipe}
	if f.Known {
		t.Value, t.Link, t.Between = report.Told(f.Recipe.Measure, f.Value), a.pages.search(f.Recipe.Query), between(f)
	}
	if f.Previous != nil && f.Previous.Query != "" {
		t.Before = a.pages.search(f.Previous.Query)
	}
	return t
}

// between is the interval of a figure that has one.
func between(f *mention.Figure) string {
	if !f.Known || f.Level == 0 || f.High <= f.Low {
		return ""
	}
	return report.Told(f.Recipe.Measure, f.Low) + " to " + report.Told(f.Recipe.Measure, f.High)
}

func (a *api) brandTable(card *mention.Scorecard, split *mention.Table, brands []BrandInfo) []brandView {
	_, ids := brandNames(brands)
	var list []brandView
	for _, id := range ids {
		i := slices.IndexFunc(brands, func(b BrandInfo) bool { return b.ID == id })
		count := figureOf(card, report.KPIVolume, id)
		if count == nil {
			continue
		}
		b := brandView{ID: id, Name: brands[i].Name, Role: string(brands[i].Role), Count: count.Value, Delta: report.Changed(count), Link: a.pages.search(count.Recipe.Query), Share: "–", Net: "–"}
		if f := figureOf(card, report.KPIShareOfVoice, id); f != nil && f.Known {
			b.Share, b.ShareBetween, b.Recipe = chart.Percent(f.Value), between(f), &f.Recipe
		}
		if f := figureOf(card, report.KPINetPolar, id); f != nil && f.Known {
			b.Net, b.NetBetween = chart.Signed(f.Value), between(f)
		}
		if split != nil {
			for j := range split.Cells {
				if c := &split.Cells[j]; len(c.Keys) == 1 && c.Keys[0] == id {
					b.Split = a.pages.split(c.Sentiment, c.Query)
				}
			}
		}
		list = append(list, b)
	}
	return list
}

func (a *api) voicesOf(rows []mention.Voice) []voiceView {
	var list []voiceView
	for i := range rows {
		list = append(list, voiceView{rows[i], a.pages.split(&rows[i].Sentiment, rows[i].Query)})
	}
	return list
}

func deedsOf(rows []mention.Activity, names map[string]string) []deedView {
	var list []deedView
	for i := range rows {
		d := deedView{rows[i], names[rows[i].Brand]}
		if d.Name == "" {
			d.Name = rows[i].Brand
		}
		list = append(list, d)
	}
	return list
}
