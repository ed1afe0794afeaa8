package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"earshot/mention"
)

// An AggregateFunc answers aggregations, with the recipe filled in.
type AggregateFunc func(ctx context.Context, a mention.Aggregation) (mention.Table, error)

// scoreMeasures are the measures that key figures need.
var scoreMeasures = []string{
	mention.MeasureSentiment, mention.MeasureEngagement, mention.MeasureReach,
	mention.MeasureAuthors, mention.MeasureSites, mention.MeasureStories,
}

// MaxBrands is how many brands a declared set may have.
const MaxBrands = 100

// Scorecard computes the key figures of a query and of a declared set of
// brands, each beside the period before where the window has two ends. The
// figures of brands, their share of voice above all, are of the query without
// its conditions on brands: see [OpenBrands].
func Scorecard(ctx context.Context, ask AggregateFunc, s mention.KPISearch, zone *time.Location) (mention.Scorecard, error) {
	card := mention.Scorecard{Query: s.Query, From: s.From, To: s.To, Zone: zone.String()}
	if len(s.Brands) > MaxBrands {
		return card, fmt.Errorf("report: %d brands in a set; at most %d", len(s.Brands), MaxBrands)
	}
	set, err := brandSet(s.Brands)
	if err != nil {
		return card, err
	}
	open, taken, err := OpenBrands(s.Query)
	if err != nil {
		return card, err
	}
	if len(taken) > 0 && len(set) > 0 {
		card.Caveats = append(card.Caveats, fmt.Sprintf("the figures of brands are of the query without %v, which would shrink the denominator of the share of voice", taken))
	}
	w := Window{s.From, s.To}
	if card.Figures, err = score(ctx, ask, s, set, open, w); err != nil {
		return card, err
	}
	if before, ok := w.Before(zone); ok {
		old, err := score(ctx, ask, s, set, open, before)
		if err != nil {
			return card, err
		}
		Compare(card.Figures, old, before)
	}
	return card, nil
}

// brandSet drops what is named twice, which would count twice.
func brandSet(brands []string) ([]string, error) {
	var set []string
	for _, id := range brands {
		if err := mention.CheckID(id); err != nil {
			return nil, fmt.Errorf("report: brands: %w", err)
		}
		if !slices.Contains(set, id) {
			set = append(set, id)
		}
	}
	return set, nil
}

// score computes the figures of one window.
func score(ctx context.Context, ask AggregateFunc, s mention.KPISearch, set []string, open string, w Window) ([]mention.Figure, error) {
	measures, ofBrands := scoreMeasures, scoreMeasures
	if len(s.Measures) > 0 { // distinct ones of each brand cost most
		measures, ofBrands = s.Measures, []string{mention.MeasureSentiment}
	}
	a := mention.Aggregation{Query: w.Query(s.Query), Zone: s.Zone, Measures: measures, Own: s.Own, Irrelevant: s.Irrelevant}
	all, err := ask(ctx, a)
	if err != nil {
		return nil, err
	}
	list := Figures("", &all.Total, windowed(all.Recipe, &all, w))
	if len(set) == 0 {
		return list, nil
	}
	a.Query, a.By, a.Measures = also(w.Query(open), anyBrand(set)), []string{"brand"}, ofBrands
	t, err := ask(ctx, a)
	if err != nil {
		return nil, err
	}
	t.Recipe = windowed(t.Recipe, &t, w)
	cells := brandCells(&t, set)
	for i, f := range ShareOfVoice(&t, set) {
		own := Figures(set[i], &cells[i], t.Recipe)
		list = append(append(list, own[0], f), own[1:]...)
	}
	return list, nil
}

// windowed puts the window, and what was left out, into a recipe.
func windowed(r mention.Recipe, t *mention.Table, w Window) mention.Recipe {
	r.From, r.To = w.From, w.To
	if t.Own > 0 {
		r.Caveats = append(slices.Clip(r.Caveats), fmt.Sprintf("%d mentions in the brands' own channels are left out", t.Own))
	}
	if t.Irrelevant > 0 {
		r.Caveats = append(slices.Clip(r.Caveats), fmt.Sprintf("%d mentions that people marked irrelevant are left out", t.Irrelevant))
	}
	return r
}
