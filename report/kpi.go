package report

import (
	"fmt"
	"slices"
	"strings"

	"earshot/mention"
)

// The key figures, by the name their recipes tell. What brands say in their
// own channels, and what people marked irrelevant, is in none of them unless
// asked for.
const (
	KPIVolume           = "volume"
	KPIShareOfVoice     = "share_of_voice"
	KPINetPolar         = "nss_polar"
	KPINetAll           = "nss_all"
	KPIEngagement       = "engagement_sum"
	KPIEngagementPer    = "engagement_per_post"
	KPIEngagementMedian = "engagement_median"
	KPIReach            = "reach_sum"
	KPIAuthors          = "authors"
	KPISites            = "sites"
	KPIStories          = "stories"
)

// The stages of the AMEC framework that collected talk can speak of. Outcomes
// and impact need data from elsewhere, so no figure claims them.
const (
	StageOutputs  = "outputs"
	StageOutTakes = "out-takes"
)

// KPIs lists the names of all key figures in the order they are told.
var KPIs = []string{
	KPIVolume, KPIShareOfVoice, KPINetPolar, KPINetAll, KPIEngagement, KPIEngagementPer, KPIEngagementMedian,
	KPIReach, KPIAuthors, KPISites, KPIStories,
}

// A formula is what the recipe of a key figure says of it. Whoever changes
// what is computed raises the version.
type formula struct {
	text, stage, interval string
	version               int
}

var formulas = map[string]formula{
	KPIVolume:           {"number of mentions", StageOutputs, "", 1},
	KPIShareOfVoice:     {"mentions of the brand / sum of the mentions of every brand of the set; a mention of two of them counts for each", StageOutputs, methodWilson, 1},
	KPINetPolar:         {"(p - n) / (p + n), p positive, n negative", StageOutTakes, methodWilson + ", of p/(p+n), put as 2x-1", 1},
	KPINetAll:           {"(p - n) / (p + n + u), p positive, n negative, u neutral", StageOutTakes, methodTango, 1},
	KPIEngagement:       {"sum of the engagement of the mentions for which a source measured it", StageOutTakes, "", 1},
	KPIEngagementPer:    {"sum of engagement / number of mentions for which a source measured it", StageOutTakes, "", 1},
	KPIEngagementMedian: {"median engagement of the mentions for which a source measured it", StageOutTakes, "", 1},
	KPIReach:            {"sum of the reach of the mentions for which a source measured it; never estimated", StageOutputs, "", 1},
	KPIAuthors:          {"number of distinct authors", StageOutputs, "", 1},
	KPISites:            {"number of distinct sites", StageOutputs, "", 1},
	KPIStories:          {"number of distinct stories", StageOutputs, "", 1},
}

// figure begins a key figure of a cell: base is the recipe of the table that
// the cell is of.
func figure(kpi, subject string, c *mention.Cell, base mention.Recipe) mention.Figure {
	f := formulas[kpi]
	r := base
	r.Measure, r.Formula, r.Version, r.Stage, r.Interval = kpi, f.text, f.version, f.stage, f.interval
	r.Query, r.N, r.Denominator, r.Of = c.Query, c.Count, 0, ""
	r.Caveats = slices.Clone(base.Caveats)
	return mention.Figure{Subject: subject, Recipe: r}
}

// exactly sets a value that has no interval.
func exactly(f mention.Figure, v float64) mention.Figure {
	f.Value, f.Low, f.High, f.Known = v, v, v, true
	return f
}

// between sets a value with its interval.
func between(f mention.Figure, v, low, high float64) mention.Figure {
	f.Value, f.Low, f.High, f.Known, f.Level = v, low, high, true, Level
	return f
}

// Figures returns the key figures of one cell but its share of voice: those
// whose measures the cell has. Subject names what the cell is of, "" being
// all of a query; base is the recipe of the table.
func Figures(subject string, c *mention.Cell, base mention.Recipe) []mention.Figure {
	list := []mention.Figure{exactly(figure(KPIVolume, subject, c, base), float64(c.Count))}
	if c.Sentiment != nil {
		list = append(list, NetPolar(subject, c, base), NetAll(subject, c, base))
	}
	if c.Engagement != nil {
		list = append(list, engagement(subject, c, base)...)
	}
	if c.Reach != nil {
		list = append(list, amount(figure(KPIReach, subject, c, base), mention.MeasureReach, c, c.Reach, c.Reach.Sum))
	}
	for _, d := range []struct {
		kpi string
		n   *uint64
	}{{KPIAuthors, c.Authors}, {KPISites, c.Sites}, {KPIStories, c.Stories}} {
		if d.n != nil {
			list = append(list, exactly(figure(d.kpi, subject, c, base), float64(*d.n)))
		}
	}
	return list
}

// NetPolar returns the net sentiment of those that take a side: (p-n)/(p+n).
func NetPolar(subject string, c *mention.Cell, base mention.Recipe) mention.Figure {
	f := sentiment(KPINetPolar, subject, c, base)
	p, n := float64(c.Sentiment.Positive), float64(c.Sentiment.Negative)
	f.Recipe.N = c.Sentiment.Positive + c.Sentiment.Negative
	f.Recipe.Denominator, f.Recipe.Query = f.Recipe.N, saying(c.Query, subject, mention.Positive, mention.Negative)
	f.Recipe.Of = f.Recipe.Query
	if p+n == 0 {
		return f
	}
	low, high := Wilson(p, p+n)
	return between(f, (p-n)/(p+n), 2*low-1, 2*high-1)
}

// NetAll returns the net sentiment of all that were scored: (p-n)/(p+n+u).
func NetAll(subject string, c *mention.Cell, base mention.Recipe) mention.Figure {
	f := sentiment(KPINetAll, subject, c, base)
	s := c.Sentiment
	p, n, all := float64(s.Positive), float64(s.Negative), float64(s.Positive+s.Negative+s.Neutral)
	f.Recipe.N = s.Positive + s.Negative + s.Neutral
	f.Recipe.Denominator, f.Recipe.Query = f.Recipe.N, saying(c.Query, subject, mention.Positive, mention.Negative, mention.Neutral)
	f.Recipe.Of = f.Recipe.Query
	if all == 0 {
		return f
	}
	low, high := Difference(p, n, all)
	return between(f, (p-n)/all, low, high)
}

// saying narrows a cell's query to the sentiments of a mention or, where there
// is a brand, towards it.
func saying(q, brand string, labels ...string) string {
	if q == "" {
		return ""
	}
	list := make([]string, len(labels))
	for i, label := range labels {
		if list[i] = "sentiment:" + label; brand != "" {
			list[i] = `toward:"` + mention.TowardBrand(brand, label) + `"`
		}
	}
	return also(q, "("+strings.Join(list, " OR ")+")")
}

// sentiment begins a net sentiment and tells apart what is not in it.
func sentiment(kpi, subject string, c *mention.Cell, base mention.Recipe) mention.Figure {
	f := figure(kpi, subject, c, base)
	s := c.Sentiment
	if s.Mixed+s.Unsupported+s.Unscored > 0 {
		f.Recipe.Caveats = append(f.Recipe.Caveats, fmt.Sprintf(
			"of %d mentions %d are mixed, %d in a language without a model, and %d not scored for another reason: none of these is counted here",
			c.Count, s.Mixed, s.Unsupported, s.Unscored))
	}
	if kpi == KPINetPolar && s.Neutral > 0 {
		f.Recipe.Caveats = append(f.Recipe.Caveats, fmt.Sprintf("%d are neutral and not counted here", s.Neutral))
	}
	return f
}

func engagement(subject string, c *mention.Cell, base mention.Recipe) []mention.Figure {
	e := c.Engagement
	return []mention.Figure{
		amount(figure(KPIEngagement, subject, c, base), mention.MeasureEngagement, c, e, e.Sum),
		amount(figure(KPIEngagementPer, subject, c, base), mention.MeasureEngagement, c, e, e.Mean),
		amount(figure(KPIEngagementMedian, subject, c, base), mention.MeasureEngagement, c, e, e.Median),
	}
}

// amount sets a figure of something that not every mention has.
func amount(f mention.Figure, field string, c *mention.Cell, a *mention.Amount, v float64) mention.Figure {
	f.Recipe.N, f.Recipe.Denominator, f.Recipe.Of = a.N, c.Count, c.Query
	if c.Query != "" {
		f.Recipe.Query = also(c.Query, field+":[* TO *]")
	}
	if a.N == 0 {
		f.Recipe.Caveats = append(f.Recipe.Caveats, "not measured: no source told it for any of these mentions")
		return f
	}
	if a.N < c.Count {
		f.Recipe.Caveats = append(f.Recipe.Caveats, fmt.Sprintf("measured for %d of %d mentions; nothing is put in for the others", a.N, c.Count))
	}
	return exactly(f, v)
}

// ShareOfVoice returns the share of each brand of a declared set, in the set's
// order; the shares sum to one. The table is by brand, and of mentions of any
// brand of the set: its query must not pick one of them, see [OpenBrands].
func ShareOfVoice(t *mention.Table, brands []string) []mention.Figure {
	cells := brandCells(t, brands)
	var all, most uint64
	for i := range cells {
		all += cells[i].Count
		most = max(most, cells[i].Count)
	}
	list := make([]mention.Figure, len(brands))
	for i, id := range brands {
		c := &cells[i]
		f := figure(KPIShareOfVoice, id, c, t.Recipe)
		f.Recipe.Denominator, f.Recipe.Of = all, t.Total.Query
		if all > t.Total.Count {
			f.Recipe.Caveats = append(f.Recipe.Caveats, fmt.Sprintf(
				"%d mentions speak of the set; those of several of its brands count once for each, which makes %d", t.Total.Count, all))
		}
		if len(brands) > 1 && c.Count == t.Total.Count && all > c.Count {
			f.Recipe.Caveats = append(f.Recipe.Caveats,
				"every mention speaks of this brand: if the filter picks them by it, the share says nothing")
		}
		if all > 0 {
			low, high := Wilson(float64(c.Count), float64(all))
			f = between(f, float64(c.Count)/float64(all), low, high)
		}
		list[i] = f
	}
	return list
}

// brandCells returns the cell of each brand, an empty one where it has none.
func brandCells(t *mention.Table, brands []string) []mention.Cell {
	cells := make([]mention.Cell, len(brands))
	for i, id := range brands {
		cells[i] = mention.Cell{
			Keys: []string{id}, Query: also(t.Recipe.Query, brandQuery(id)), Sentiment: zeroOf(t.Total.Sentiment),
			Engagement: zeroOf(t.Total.Engagement), Reach: zeroOf(t.Total.Reach), Authors: zeroOf(t.Total.Authors),
			Sites: zeroOf(t.Total.Sites), Stories: zeroOf(t.Total.Stories),
		}
		for j := range t.Cells {
			if len(t.Cells[j].Keys) == 1 && t.Cells[j].Keys[0] == id {
				cells[i] = t.Cells[j]
			}
		}
	}
	return cells
}

// zeroOf is an empty measure where there is one at all.
func zeroOf[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(T)
}

// Compare gives each figure what the same one was in the period before.
func Compare(list, before []mention.Figure, w Window) {
	for i := range list {
		f := &list[i]
		for j := range before {
			if b := &before[j]; b.Subject == f.Subject && b.Recipe.Measure == f.Recipe.Measure {
				f.Previous = &mention.Earlier{
					Value: b.Value, Low: b.Low, High: b.High, Known: b.Known, From: w.From, To: w.To, N: b.Recipe.N, Query: b.Recipe.Query,
				}
			}
		}
	}
}
