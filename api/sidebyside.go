package api

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"earshot/mention"
	"earshot/query"
	"earshot/report"
	"earshot/report/chart"
)

// thanBefore, as the other period, is that of equal length right before.
const thanBefore = "before"

// A CompareInput names two segments, two periods, or both sides of either kind.
type CompareInput struct {
	WindowInput
	Q2    string `query:"q2" maxLength:"20000" doc:"query of the other side; left out: as q" example:"brand:globex"`
	From2 string `query:"from2" maxLength:"40" doc:"as from, for the other side; left out with to2: the same period"`
	To2   string `query:"to2" maxLength:"40" doc:"as to, for the other side"`
	Than  string `query:"than" enum:"before" doc:"the other side is the period of equal length right before"`
	By    string `query:"by" maxLength:"20" default:"kind" doc:"dimension of the parts: one of those of aggregate that is not time"`
	Size  int    `query:"size" minimum:"1" maximum:"1000" default:"20" doc:"most parts and terms of a side"`
}

type compareRowsInput struct {
	CompareInput
	Format string `query:"format" enum:"csv,json,ndjson,xlsx" default:"csv"`
	BOM    bool   `query:"bom" doc:"csv: begin with a byte order mark, for Excel"`
	Tag    string `header:"If-None-Match" hidden:"true"`
}

func (a *api) compareRoutes() {
	tags := []string{"Numbers"}
	const text = "Key figures beside the period before, a breakdown, the history and what is new, of both sides; and how many mentions are in both."
	huma.Register(a.huma, huma.Operation{
		OperationID: "compare", Method: http.MethodGet, Path: "/compare", Tags: tags, Summary: "Two segments or periods side by side", Description: text + exactly,
	}, func(ctx context.Context, in *CompareInput) (*output[mention.Comparison], error) {
		c, err := a.compared(ctx, in)
		if err != nil {
			return nil, err
		}
		return &output[mention.Comparison]{Body: *c}, nil
	})
	rows := tidyAnswer(huma.Operation{OperationID: "compareRows", Method: http.MethodGet, Path: "/compare/rows", Tags: tags, Summary: "The same as tidy rows", Description: "For spreadsheets and notebooks; a viewer's token may stand in the address."})
	rows.Responses["200"].Content[mediaTypes[report.XLSX]] = &huma.MediaType{Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}
	huma.Register(a.huma, inAddress(rows), a.compareRows)
}

func (a *api) compareRows(ctx context.Context, in *compareRowsInput) (*huma.StreamResponse, error) {
	c, err := a.compared(ctx, &in.CompareInput)
	if err != nil {
		return nil, err
	}
	g := report.CompareGrid(c)
	if in.Format != report.XLSX {
		return tidy(&g, &TidyInput{Format: in.Format, BOM: in.BOM, Tag: in.Tag}, "compare")
	}
	var buf bytes.Buffer
	if err := g.Workbook(&buf, "Side by side", [][2]string{{"A", sideName(&c.A, a.zone)}, {"B", sideName(&c.B, a.zone)}, {"by", c.By}}); err != nil {
		return nil, a.fail(ctx, err, "workbook")
	}
	return cached(mediaTypes[report.XLSX], `attachment; filename="earshot-compare.xlsx"`, in.Tag, buf.Bytes()), nil
}

// compared answers a question of the API.
func (a *api) compared(ctx context.Context, in *CompareInput) (*mention.Comparison, error) {
	w, zone, err := a.window(&in.WindowInput)
	if err != nil {
		return nil, err
	}
	other := w
	if in.From2 != "" || in.To2 != "" {
		if other, _, err = a.window(&WindowInput{From: in.From2, To: in.To2, Zone: in.Zone}); err != nil {
			return nil, err
		}
	} else if in.Than == thanBefore {
		var ok bool
		if other, ok = w.Before(zone); !ok {
			return nil, invalid([]string{"than: there is no period before one without a beginning and an end"})
		}
	}
	if !slices.ContainsFunc(compareBys, func(f field) bool { return f.Name == in.By }) {
		return nil, invalid([]string{"by: " + in.By + " is none of " + strings.Join(compareNames(), " ")})
	}
	o := report.CompareOrder{A: report.Segment{Query: in.Q, Window: w}, B: report.Segment{Query: cmp.Or(in.Q2, in.Q), Window: other}, By: in.By, Interval: longerOf(w, other), Zone: zone, Size: in.Size}
	return ask(ctx, a, "mention", func(ctx context.Context) (*mention.Comparison, error) { return a.sideBySide(ctx, o) })
}

// sideBySide takes a place for each of the questions it asks at once; who asks
// holds that of one.
func (a *api) sideBySide(ctx context.Context, o report.CompareOrder) (*mention.Comparison, error) {
	free, err := a.take(report.AtOnce - 1)
	if err != nil {
		return nil, err
	}
	defer free()
	return report.SideBySide(ctx, a.backend, o)
}

func compareNames() []string {
	names := make([]string, len(compareBys))
	for i := range compareBys {
		names[i] = compareBys[i].Name
	}
	return names
}

// longerOf is how fine the history of two windows is.
func longerOf(a, b report.Window) string {
	if b.To.Sub(b.From) > a.To.Sub(a.From) && !a.To.IsZero() {
		return intervalFor(b)
	}
	return intervalFor(a)
}

// sidesView is two segments or periods side by side.
type sidesView struct {
	*mention.Comparison
	A, B    sideView
	Figures []sideFigure
	Chart   *figure
	Parts   []sidePart
	Terms   [2][]mention.Trend
	Both    string // address of what is in both
	Shared  uint64 // how many those are
	Rows    []choice
	Apart   bool // two periods, not one
}

type sideView struct {
	Name  string
	Link  string
	Count uint64
	Split *splitView
}

// A sideFigure is a key figure of both sides.
type sideFigure struct {
	Name   string
	A, B   tileView
	Change string // from A to B
}

// A sidePart is a value of a dimension on both sides.
type sidePart struct {
	Name           string
	A, B           uint64
	LinkA, LinkB   string
	ShareA, ShareB string
	Change         string // in points of share
	MoodA, MoodB   *splitView
}

// other reads the other side from the address; there is none unless it is asked for.
func (v *compareView) other() (report.Segment, bool) {
	get := v.params.Get
	v.Q2, v.From2, v.To2, v.Than = strings.TrimSpace(get("q2")), get("from2"), get("to2"), get("than")
	w := v.Window
	from, ok1 := instant(v.From2, v.zone, false)
	to, ok2 := instant(v.To2, v.zone, true)
	switch {
	case ok1 && ok2 && from.Before(to):
		w = report.Window{From: from, To: to}
		v.Than = ""
	case v.Than == thanBefore:
		before, ok := v.Window.Before(v.zone)
		if !ok {
			v.Fault = "There is no period before one without a beginning: take 7 days, 30 days or two dates."
			return report.Segment{}, false
		}
		w = before
	case v.From2 != "" || v.To2 != "":
		v.Fault = "The other period has two days in order, such as 2026-11-01 and 2026-11-07."
		return report.Segment{}, false
	case v.Q2 == "":
		return report.Segment{}, false
	}
	q := cmp.Or(v.Q2, v.Q)
	if q != "" && q != "*" {
		if parsed, messages := query.Parse(q); parsed == nil {
			v.Messages = placed(q, messages)
			return report.Segment{}, false
		}
	}
	return report.Segment{Query: q, Window: w}, true
}

func (a *api) fillSides(ctx context.Context, v *compareView, b report.Segment) error {
	o := report.CompareOrder{A: report.Segment{Query: v.Q, Window: v.Window}, B: b, By: v.By, Interval: longerOf(v.Window, b.Window), Zone: a.zone, Size: 12}
	c, err := a.sideBySide(ctx, o)
	if err != nil {
		return err
	}
	brands, err := a.backend.Brands(ctx)
	if err != nil {
		return err
	}
	s := &sidesView{Comparison: c, Apart: o.A.Window != o.B.Window, Terms: [2][]mention.Trend{c.A.Terms, c.B.Terms}}
	s.A, s.B = a.sideOf(&c.A), a.sideOf(&c.B)
	if s.Apart && c.A.Query == c.B.Query {
		s.A.Name, s.B.Name = stretch(o.A.Window, a.zone), stretch(o.B.Window, a.zone)
	} else if !s.Apart {
		s.A.Name, s.B.Name = orEverything(c.A.Query), orEverything(c.B.Query)
	}
	if c.Both != nil && *c.Both > 0 && c.BothQuery != "" {
		s.Both, s.Shared = a.pages.search(c.BothQuery), *c.Both
	}
	a.sideFigures(s)
	s.Chart = a.sideChart(s, o)
	a.sideParts(s, a.called(ctx, v.By, brands))
	for _, f := range []field{{"csv", "rows as CSV"}, {"xlsx", "workbook"}, {"json", "JSON"}} {
		s.Rows = append(s.Rows, choice{Name: f.Value, Link: a.pages.to("/api/v1/compare/rows") + "?" + compareParams(o, f.Name).Encode()})
	}
	v.Sides = s
	return nil
}

func orEverything(q string) string {
	if q == "" || q == "*" {
		return "everything"
	}
	return q
}

// sideName is a side in words.
func sideName(c *mention.Compared, zone *time.Location) string {
	if c.From.IsZero() && c.To.IsZero() {
		return orEverything(c.Query)
	}
	return orEverything(c.Query) + ", " + stretch(report.Window{From: c.From, To: c.To}, zone)
}

func (a *api) sideOf(c *mention.Compared) sideView {
	t := &c.Parts.Total
	return sideView{Name: sideName(c, a.zone), Link: a.pages.search(t.Query), Count: t.Count, Split: a.pages.split(t.Sentiment, t.Query)}
}

func (a *api) sideFigures(s *sidesView) {
	for _, kpi := range []field{
		{report.KPIVolume, "mentions"},
		{report.KPINetPolar, "net sentiment (polar)"},
		{report.KPINetAll, "net sentiment (all)"},
		{report.KPIStories, "stories"},
		{report.KPIAuthors, "authors"},
		{report.KPISites, "sites"},
	} {
		x, y := figureAmong(s.Comparison.A.Figures, kpi.Name), figureAmong(s.Comparison.B.Figures, kpi.Name)
		if x == nil || y == nil {
			continue
		}
		row := sideFigure{Name: kpi.Value, A: a.tile(kpi.Value, x), B: a.tile(kpi.Value, y)}
		row.Change = changeOf(x, y)
		s.Figures = append(s.Figures, row)
	}
}

func figureAmong(list []mention.Figure, measure string) *mention.Figure {
	return figureOf(&mention.Scorecard{Figures: list}, measure, "")
}

// changeOf says how a figure of B differs from that of A, and whether the
// intervals, where there are any, leave room for none.
func changeOf(x, y *mention.Figure) string {
	if !x.Known || !y.Known {
		return "–"
	}
	if x.Level > 0 { // a mean or share
		d := math.Round((y.Value - x.Value) * 100)
		text := fmt.Sprintf("%+.0f points", d)
		if x.Low <= y.High && y.Low <= x.High {
			text += ", intervals overlap"
		}
		return strings.Replace(text, "-", "−", 1)
	}
	switch x.Value {
	case y.Value:
		return "as many"
	case 0:
		return "none in A"
	}
	return strings.Replace(fmt.Sprintf("%+.0f %%", (y.Value/x.Value-1)*100), "-", "−", 1)
}

// sideChart draws both histories in one picture: over the same days, or, of two
// periods, day by day from the beginning of each.
func (a *api) sideChart(s *sidesView, o report.CompareOrder) *figure {
	ta, tb := &s.Comparison.A.Over, &s.Comparison.B.Over
	wa, wb := o.A.Window, o.B.Window
	if !s.Apart {
		wa = closed(wa, slices.Concat(ta.Cells, tb.Cells), o.Interval, a.zone)
		wb = wa
	}
	draw := func(seg report.Segment, w report.Window, t *mention.Table) *chart.Time {
		return (&report.OverTime{Query: seg.Query, Window: w, Interval: o.Interval, Zone: a.zone, Link: a.pages.search}).Volume(t, nil, nil)
	}
	x, y := draw(o.A, wa, ta), draw(o.B, wb, tb)
	c := x
	if len(y.Buckets) > len(x.Buckets) {
		c = y
	}
	if len(c.Buckets) == 0 {
		return nil
	}
	n := len(c.Buckets)
	c.Series = []chart.Series{{Name: "A", Values: upTo(x, n)}, {Name: "B", Values: upTo(y, n), Light: s.Apart}}
	for i := range c.Buckets {
		c.Buckets[i].Link = "" // a column is of two numbers; each has its link below
	}
	if s.Apart {
		c.Title = "Mentions by " + o.Interval + ", each period from its beginning"
	}
	c.Desc = fmt.Sprintf("A, %s: %s mentions. B, %s: %s mentions.", sideName(&s.Comparison.A, a.zone), grouped(s.A.Count), sideName(&s.Comparison.B, a.zone), grouped(s.B.Count))
	f := lines(c, "sides")
	f.Zoom = !s.Apart
	return f
}

// closed is an open window from the first to the last that was counted in it.
func closed(w report.Window, cells []mention.Cell, interval string, zone *time.Location) report.Window {
	from, to := w.From, w.To
	for i := range cells {
		at := cells[i].Start
		if w.From.IsZero() && (from.IsZero() || at.Before(from)) {
			from = at
		}
		if w.To.IsZero() && !at.Before(to) {
			to = report.After(at.In(zone), interval)
		}
	}
	return report.Window{From: from, To: to}
}

// upTo are the values of a history, as many as another has buckets; beyond its
// own there are none.
func upTo(c *chart.Time, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = math.NaN()
		if i < len(c.Buckets) {
			out[i] = 0
			if len(c.Series) > 0 {
				out[i] = c.Series[0].Values[i]
			}
		}
	}
	return out
}

func (a *api) sideParts(s *sidesView, called map[string]string) {
	ta, tb := s.Comparison.A.Parts.Total.Count, s.Comparison.B.Parts.Total.Count
	share := func(n, of uint64) float64 {
		if of == 0 {
			return 0
		}
		return float64(n) / float64(of)
	}
	report.Parts(s.Comparison, func(key string, x, y *mention.Cell) {
		p := sidePart{Name: cmp.Or(called[key], key), A: x.Count, B: y.Count, ShareA: chart.Percent(share(x.Count, ta)), ShareB: chart.Percent(share(y.Count, tb))}
		p.Change = strings.Replace(fmt.Sprintf("%+.1f", (share(y.Count, tb)-share(x.Count, ta))*100), "-", "−", 1)
		if x.Query != "" {
			p.LinkA = a.pages.search(x.Query)
		}
		if y.Query != "" {
			p.LinkB = a.pages.search(y.Query)
		}
		p.MoodA, p.MoodB = a.pages.split(x.Sentiment, x.Query), a.pages.split(y.Sentiment, y.Query)
		s.Parts = append(s.Parts, p)
	})
}

// compareParams is a comparison as parameters of the API.
func compareParams(o report.CompareOrder, format string) url.Values {
	v := url.Values{"by": {o.By}, "format": {format}}
	for k, text := range map[string]string{"q": o.A.Query, "q2": o.B.Query} {
		if text != "" {
			v.Set(k, text)
		}
	}
	if format == report.CSV {
		v.Set("bom", "true")
	}
	set := func(w report.Window, from, to string) {
		if !w.From.IsZero() {
			v.Set(from, w.From.UTC().Format(time.RFC3339))
		}
		if !w.To.IsZero() {
			v.Set(to, w.To.UTC().Format(time.RFC3339))
		}
	}
	set(o.A.Window, "from", "to")
	if o.A.Window != o.B.Window {
		set(o.B.Window, "from2", "to2")
	}
	return v
}
