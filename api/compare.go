package api

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"earshot/mention"
	"earshot/report/chart"
)

// compareView answers: where is it said, and about what?
type compareView struct {
	*scope
	Bys    []choice
	By     string
	Cols   []string
	Rows   []compareRow
	Recipe mention.Recipe
	Total  mention.Cell
	Link   string

	Q2, From2, To2, Than string // the other side, as typed
	Fault                string // of the other side
	Saved                []field
	Sides                *sidesView // nil: there is no other side
	Hand                 []field    // parameters that the form of the sides hands on
	Alone                string     // address without the other side
}

type compareRow struct {
	Key, Name, Link string
	Count           uint64
	Share           string
	Split           *splitView
	Sites           uint64
	Cells           []compareCell
}

type compareCell struct {
	Count uint64
	Link  string
}

var compareBys = []field{
	{"kind", "platforms"},
	{"product", "products"},
	{"brand", "brands"},
	{"label", "labels"},
	{"site", "sites"},
	{"source", "sources"},
	{"country", "countries"},
	{"lang", "languages"},
	{"entity", "names"},
	{"activity", "activities"},
	{"tag", "tags"},
}

func (a *api) comparePage(w http.ResponseWriter, r *http.Request) {
	s := a.newScope(r, "/compare", "30d", time.Now())
	v := &compareView{scope: s, By: "kind"}
	for _, f := range compareBys {
		if f.Name == r.URL.Query().Get("by") {
			v.By = f.Name
		}
	}
	for _, f := range compareBys {
		v.Bys = append(v.Bys, choice{f.Value, s.with("by", f.Name), f.Name == v.By})
	}
	b, both := v.other()
	for _, f := range s.Keep {
		if !slices.Contains([]string{"q2", "from2", "to2", "than"}, f.Name) {
			v.Hand = append(v.Hand, f)
		}
	}
	v.Alone = s.with("q2", "", "from2", "", "to2", "", "than", "")
	a.analyse(w, r, s, "compare", view{Title: "Compare", Here: "/compare", Data: v}, func(ctx context.Context) error {
		if err := a.savedSearches(ctx, v); err != nil {
			return err
		}
		if both {
			return a.fillSides(ctx, v, b)
		}
		return a.fillCompare(ctx, v)
	})
}

func (a *api) fillCompare(ctx context.Context, v *compareView) error {
	ask := mention.Aggregation{Query: v.query(), By: []string{v.By}, Zone: a.zone.String(), Measures: []string{mention.MeasureSentiment, mention.MeasureSites}, Size: 40}
	t, err := a.backend.Aggregate(ctx, ask)
	if err != nil {
		return err
	}
	brands, err := a.backend.Brands(ctx)
	if err != nil {
		return err
	}
	called := a.called(ctx, v.By, brands)
	v.Recipe, v.Total, v.Link = t.Recipe, t.Total, a.pages.search(v.query())
	index := map[string]int{}
	for i := range t.Cells {
		c := &t.Cells[i]
		row := compareRow{Key: c.Keys[0], Name: cmp.Or(called[c.Keys[0]], c.Keys[0]), Count: c.Count, Link: a.pages.search(cmp.Or(c.Query, narrow(v.query(), v.By, c.Keys[0]))), Split: a.pages.split(c.Sentiment, c.Query)}
		if t.Total.Count > 0 {
			row.Share = chart.Percent(float64(c.Count) / float64(t.Total.Count))
		}
		if c.Sites != nil {
			row.Sites = *c.Sites
		}
		index[row.Key] = len(v.Rows)
		v.Rows = append(v.Rows, row)
	}
	if v.By == "brand" {
		return nil
	}
	ask.By, ask.Measures = []string{v.By, "brand"}, nil
	pairs, err := a.backend.Aggregate(ctx, ask)
	if err != nil {
		return err
	}
	names, ids := brandNames(brands)
	ids = first(8, ids)
	for _, id := range ids {
		v.Cols = append(v.Cols, names[id])
	}
	for i := range v.Rows {
		v.Rows[i].Cells = make([]compareCell, len(ids))
	}
	for i := range pairs.Cells {
		c := &pairs.Cells[i]
		row, ok := index[c.Keys[0]]
		col := slices.Index(ids, c.Keys[1])
		if ok && col >= 0 {
			v.Rows[row].Cells[col] = compareCell{c.Count, a.pages.search(c.Query)}
		}
	}
	return nil
}

// savedSearches offers what may be compared: brands, and the searches that
// people keep.
func (a *api) savedSearches(ctx context.Context, v *compareView) error {
	brands, err := a.backend.Brands(ctx)
	if err != nil {
		return err
	}
	labels, err := a.backend.Labels(ctx)
	if err != nil {
		return err
	}
	for i := range brands {
		v.Saved = append(v.Saved, field{quote("brand", brands[i].ID), brands[i].Name})
	}
	for i := range labels {
		v.Saved = append(v.Saved, field{quote("label", labels[i].ID), cmp.Or(labels[i].Name, labels[i].ID)})
	}
	return nil
}

// called are the names of what has an id of its own, by that id.
func (a *api) called(ctx context.Context, by string, brands []BrandInfo) map[string]string {
	names := map[string]string{}
	switch by {
	case "brand":
		for i := range brands {
			names[brands[i].ID] = brands[i].Name
		}
	case "product":
		for i := range brands {
			for _, p := range brands[i].Products {
				names[p.ID] = p.Name
			}
		}
	case "label":
		list, err := a.backend.Labels(ctx)
		if err != nil {
			return nil // their ids do
		}
		for i := range list {
			names[list[i].ID] = list[i].Name
		}
	}
	return names
}
