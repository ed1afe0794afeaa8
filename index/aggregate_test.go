package index_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"earshot/index"
	"earshot/mention"
	"earshot/query"
)

var allMeasures = []string{
	mention.MeasureSentiment, mention.MeasureEngagement, mention.MeasureReach, mention.MeasureAuthors, mention.MeasureSites, mention.MeasureStories,
}

// aggregation makes a question.
func (m maker) aggregation(text string) mention.Aggregation {
	a := mention.Aggregation{Query: text, Zone: pick(m, makerZones), Own: m.IntN(3) == 0, Irrelevant: m.IntN(6) == 0}
	for range m.IntN(3) {
		dim := pick(m, mention.Dimensions)
		timed := func(d string) bool { return d == index.Hour || d == index.Day || d == index.Week }
		if !slices.Contains(a.By, dim) && (!timed(dim) || !slices.ContainsFunc(a.By, timed)) {
			a.By = append(a.By, dim)
		}
	}
	a.Measures = m.some(allMeasures)
	if m.IntN(3) == 0 {
		a.Size = 1 + m.IntN(3)
	}
	return a
}

// dimension returns the values of a row, folded.
func dimension(row *mention.Row, dim string, zone *time.Location) []string {
	switch dim {
	case index.Hour, index.Day, index.Week:
		return []string{bucketKey(row.Time().In(zone), dim)}
	case "sentiment":
		for _, f := range query.Values("flag", row) {
			if f == query.FlagUnscored || f == query.FlagUnsupported {
				return []string{f}
			}
		}
	case "site":
		return query.Values(dim, row)[:min(1, len(query.Values(dim, row)))]
	}
	values := query.Values(dim, row)
	slices.Sort(values)
	return slices.DeleteFunc(slices.Compact(values), func(s string) bool { return s == "" })
}

// measured is what a cell holds, by brute force.
func measured(rows []*mention.Row, a mention.Aggregation, keys []string) mention.Cell {
	c := mention.Cell{Count: uint64(len(rows))}
	distinct := func(field string) *uint64 {
		set := map[string]bool{}
		for _, row := range rows {
			for _, v := range dimension(row, field, time.UTC) {
				set[v] = true
			}
		}
		n := uint64(len(set))
		return &n
	}
	for _, name := range a.Measures {
		switch name {
		case mention.MeasureSentiment:
			c.Sentiment = &mention.SentimentCounts{}
			for _, row := range rows {
				*sentimentOf(c.Sentiment, row, a.By, keys)++
			}
		case mention.MeasureEngagement:
			c.Engagement = amount(rows, func(r *mention.Row) *float64 { return r.Engagement })
		case mention.MeasureReach:
			c.Reach = amount(rows, func(r *mention.Row) *float64 { return r.Reach })
		case mention.MeasureAuthors:
			c.Authors = distinct("author")
		case mention.MeasureSites:
			c.Sites = distinct("site")
		case mention.MeasureStories:
			c.Stories = distinct("story")
		}
	}
	return c
}

func sentimentOf(c *mention.SentimentCounts, row *mention.Row, by, keys []string) *uint64 {
	label := dimension(row, "sentiment", time.UTC)[0]
	for _, dim := range []string{"brand", "product"} { // the latter wins
		i := slices.Index(by, dim)
		if i < 0 || keys == nil {
			continue
		}
		prefix := keys[i] + ":"
		if dim == "product" {
			prefix = "product/" + prefix
		}
		if label = query.FlagUnscored; dimension(row, "sentiment", time.UTC)[0] == query.FlagUnsupported {
			label = query.FlagUnsupported
		}
		for _, v := range query.Values("toward", row) {
			if rest, ok := strings.CutPrefix(v, prefix); ok {
				label = rest
			}
		}
	}
	return map[string]*uint64{
		mention.Positive: &c.Positive, mention.Negative: &c.Negative, mention.Neutral: &c.Neutral, mention.Mixed: &c.Mixed,
		query.FlagUnsupported: &c.Unsupported, query.FlagUnscored: &c.Unscored,
	}[label]
}

func amount(rows []*mention.Row, of func(*mention.Row) *float64) *mention.Amount {
	var list []float64
	a := &mention.Amount{}
	for _, row := range rows {
		if v := of(row); v != nil {
			list = append(list, *v)
			a.Sum += *v
		}
	}
	if a.N = uint64(len(list)); a.N > 0 {
		slices.Sort(list)
		a.Mean, a.Median = a.Sum/float64(a.N), (list[(len(list)-1)/2]+list[len(list)/2])/2
	}
	return a
}

// compareTable asks for a table and checks each number against brute force
// and against the rows its query returns.
func compareTable(t *testing.T, m maker, w *truth, x backend, text string) {
	t.Helper()
	a := m.aggregation(text)
	zone, err := time.LoadLocation(a.Zone)
	if err != nil {
		t.Fatal(err)
	}
	rows := w.volume(text, index.Volume{Own: a.Own, Irrelevant: a.Irrelevant})
	groups := map[string][]*mention.Row{}
	for _, row := range rows {
		keys := [][]string{nil}
		for _, dim := range a.By {
			var longer [][]string
			for _, head := range keys {
				for _, v := range dimension(row, dim, zone) {
					longer = append(longer, append(slices.Clone(head), v))
				}
			}
			keys = longer
		}
		for _, k := range keys {
			groups[strings.Join(k, "\x00")] = append(groups[strings.Join(k, "\x00")], row)
		}
	}
	table, err := x.Aggregate(t.Context(), a, makerNow)
	if err != nil {
		t.Errorf("Aggregate(%+v): %v", a, err)
		return
	}
	same := cmpopts.EquateApprox(1e-9, 1e-9)
	shape := cmpopts.IgnoreFields(mention.Cell{}, "Keys", "Start", "Query")
	if diff := gocmp.Diff(measured(rows, a, nil), table.Total, same, shape); diff != "" {
		t.Errorf("Aggregate(%+v).Total (-want +got):\n%s", a, diff)
	}
	checkCell(t, x, a, &table.Total, nil)
	if len(a.By) == 0 {
		return
	}
	var sum, all uint64
	for i := range table.Cells {
		c := &table.Cells[i]
		keys := foldKeys(a.By, c.Keys)
		want := groups[strings.Join(keys, "\x00")]
		if diff := gocmp.Diff(measured(want, a, keys), *c, same, shape); diff != "" {
			t.Errorf("Aggregate(%+v) at %v (-want +got):\n%s", a, c.Keys, diff)
		}
		checkCell(t, x, a, c, want)
		sum += c.Count
	}
	for _, g := range groups {
		all += uint64(len(g))
	}
	if a.Size == 0 && sum != all {
		t.Errorf("the cells of Aggregate(%+v) sum up to %d, want %d", a, sum, all)
	}
}

// foldKeys returns keys as queries compare them.
func foldKeys(by, keys []string) []string {
	out := slices.Clone(keys)
	for i, dim := range by {
		row := mention.Row{
			Author: keys[i], Brands: []string{keys[i]}, Products: []string{keys[i]}, Entities: []string{keys[i]}, Labels: []string{keys[i]}, Tags: []string{keys[i]},
			Story: keys[i], Channel: keys[i], Source: keys[i], Activities: []string{keys[i]},
		}
		if v := query.Values(dim, &row); len(v) > 0 && dim != "sentiment" {
			out[i] = v[0]
		}
	}
	return out
}

// checkCell asks the query behind a cell.
func checkCell(t *testing.T, x backend, a mention.Aggregation, c *mention.Cell, want []*mention.Row) {
	t.Helper()
	if c.Query == "" {
		if !a.Irrelevant && c.Count > 0 {
			t.Errorf("Aggregate(%+v) has no query at %v", a, c.Keys)
		}
		return
	}
	page, err := x.Search(t.Context(), mention.Search{Query: c.Query}, makerNow)
	if err != nil || page.Total != c.Count {
		t.Errorf("Search(%q) = %d, %v, but %v shows %d", c.Query, page.Total, err, c.Keys, c.Count)
		return
	}
	if want == nil {
		return
	}
	ids := map[string]bool{}
	for _, row := range want {
		ids[row.ID] = true
	}
	for _, row := range page.Rows {
		if !ids[row.ID] {
			t.Errorf("Search(%q) finds %s, which %v does not count", c.Query, row.ID, c.Keys)
		}
	}
}

func TestAggregateRefuses(t *testing.T) {
	x := open(t, "", book{})
	for _, a := range []mention.Aggregation{
		{By: []string{"colour"}},
		{By: []string{"brand", "brand"}},
		{By: []string{"day", "week"}},
		{By: []string{"brand", "day", "site"}},
		{Zone: "Mars/Olympus"},
		{Zone: "Local"},
		{Measures: []string{"love"}},
		{Query: "a OR ("},
	} {
		_, err := x.Aggregate(t.Context(), a, makerNow)
		if _, ok := errors.AsType[*query.Error](err); !ok {
			t.Errorf("Aggregate(%+v) gave %v, want a *query.Error", a, err)
		}
	}
}
