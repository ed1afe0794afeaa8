package report

import (
	"fmt"
	"slices"
	"strings"

	"earshot/mention"
	"earshot/report/chart"
	"earshot/report/scene"
)

// reportSize is a chart on paper and in mail.
var reportSize = chart.Size{W: 760, H: 220, Bare: true}

// halfSize is a chart in half a page's width.
var halfSize = chart.Size{W: 580, H: 230}

// draw draws a chart in every size.
func (b *Block) draw(at func(chart.Size) *scene.Scene, t chart.Table) {
	b.Chart, b.Half, b.Small, b.Data = at(reportSize), at(halfSize), at(chart.Narrow), t
}

func (m *maker) score() (err error) {
	m.d.Score, err = m.src.Scorecard(m.ctx, mention.KPISearch{Query: m.o.Query, Brands: m.ids, From: m.o.Window.From, To: m.o.Window.To, Zone: m.o.Zone.String()})
	if err == nil && len(m.d.Score.Figures) > 0 {
		m.d.Recipe = m.d.Score.Figures[0].Recipe
	}
	return err
}

// weekly is the digest: the finding first, then why, then the numbers.
func (m *maker) weekly() error {
	m.d.Title = "What was said, " + m.d.Stretch
	if err := m.score(); err != nil {
		return err
	}
	peaks, err := m.src.Peaks(m.ctx, mention.PeakSearch{Query: m.o.Query, From: m.o.Window.From, To: m.o.Window.To, Interval: m.interval(), Zone: m.o.Zone.String(), Size: 3})
	if err != nil {
		return err
	}
	trends, err := m.src.Trends(m.ctx, mention.TrendSearch{Query: m.o.Query, From: m.o.Window.From, To: m.o.Window.To, Past: mention.Duration(4 * m.o.Window.To.Sub(m.o.Window.From)), Size: 5})
	if err != nil {
		return err
	}
	m.finding(peaks.Rows)
	if err := m.volume(peaks.Rows); err != nil {
		return err
	}
	m.figures()
	m.brands()
	m.trends("New stories", trends.Rows, mention.TrendStory)
	m.trends("What people ask", trends.Rows, mention.TrendQuestion)
	m.trends("New words", trends.Rows, mention.TrendTerm, mention.TrendHashtag)
	if err := m.voices(); err != nil {
		return err
	}
	return m.activity()
}

// finding is the summary, and the subject: what a reader must know.
func (m *maker) finding(peaks []mention.Peak) {
	var lines []Line
	subject := ""
	for _, id := range append([]string{""}, m.own...) {
		f := m.d.figure(KPIVolume, id)
		if f == nil {
			continue
		}
		who := "In all"
		if id != "" {
			who = m.name(id)
		}
		text := fmt.Sprintf("%s: %s mentions", who, Told(KPIVolume, f.Value))
		if c := Changed(f); c != "" {
			text += " (" + c + ")"
		}
		if n := m.d.figure(KPINetPolar, id); n != nil && n.Known {
			text += ", net sentiment " + Told(KPINetPolar, n.Value)
			if c := Changed(n); c != "" {
				text += " (" + c + ")"
			}
		}
		lines = append(lines, Line{Text: text + ".", Link: m.link(f.Recipe.Query)})
		if id != "" && subject == "" {
			subject = text
		}
	}
	if len(peaks) > 0 {
		top := slices.MaxFunc(peaks, func(x, y mention.Peak) int { return int(x.Count) - int(y.Count) })
		lines = append(lines, Line{Text: "Highest peak: " + strings.TrimSuffix(top.Sentence, ".") + ".", Link: m.link(top.Query)})
		if len(top.Reasons) > 0 {
			subject = fmt.Sprintf("“%s” drove %s mentions on %s", clip(top.Reasons[0].Term), chart.Count(float64(top.Count)), top.Top.In(m.o.Zone).Format("2 Jan"))
		}
	}
	if subject == "" {
		subject = m.d.Title
	}
	m.d.Subject = subject
	m.add(Block{Heading: "In short", Lines: lines})
}

// volume draws the brands over time, with the peaks explained under it.
func (m *maker) volume(peaks []mention.Peak) error {
	by := []string{"brand", m.interval()}
	if len(m.ids) == 0 {
		by = by[1:]
	}
	t, err := m.src.Aggregate(m.ctx, mention.Aggregation{Query: m.query(), By: by, Zone: m.o.Zone.String(), Size: 6})
	if err != nil {
		return err
	}
	c := m.overTime().Volume(&t, m.names, Largest(&t, 6))
	b := Block{Heading: "Who was talked about"}
	for i := range peaks {
		k := &peaks[i]
		c.Peaks = append(c.Peaks, chart.Peak{N: i + 1, At: k.Top})
		line := Line{Text: fmt.Sprintf("%d. %s: %s", i+1, k.Top.In(m.o.Zone).Format("2 Jan"), k.Sentence), Link: m.link(k.Query)}
		for _, r := range k.Reasons[:min(4, len(k.Reasons))] {
			line.More = append(line.More, Entry{Text: clip(r.Term), Link: m.link(r.Query)})
		}
		b.Lines = append(b.Lines, line)
	}
	m.pin(c, m.o.Query)
	if len(c.Buckets) > 0 {
		b.draw(c.Lines, c.Table())
	}
	m.add(b)
	return nil
}

// figures is the table of key figures against the period before.
func (m *maker) figures() {
	b := Block{Heading: "Key figures", Head: []string{"figure", "now", "95 % interval", "before", "rests on"}, Note: "Net sentiment: nss_polar is (p − n) / (p + n), nss_all is (p − n) over all that were scored. Reach is told where it was measured, never estimated."}
	for i := range m.d.Score.Figures {
		f := &m.d.Score.Figures[i]
		if f.Subject != "" || !f.Known {
			continue
		}
		interval, before := "", "–"
		if f.Level > 0 && f.High > f.Low {
			interval = Told(f.Recipe.Measure, f.Low) + " to " + Told(f.Recipe.Measure, f.High)
		}
		if f.Previous != nil && f.Previous.Known {
			before = Told(f.Recipe.Measure, f.Previous.Value)
		}
		b.Rows = append(b.Rows, []Entry{
			{Text: Called(f.Recipe.Measure)},
			{Text: Told(f.Recipe.Measure, f.Value), Link: m.link(f.Recipe.Query), Number: true},
			{Text: interval, Number: true},
			{Text: before, Number: true},
			{Text: chart.Count(float64(f.Recipe.N)), Number: true},
		})
	}
	m.add(b)
}

// brands is the table of brands beside each other.
func (m *maker) brands() {
	b := Block{Heading: "Brands beside each other", Head: []string{"brand", "mentions", "against before", "share of voice", "net sentiment (polar)", "net sentiment (all)"}}
	for _, id := range m.ids {
		f := m.d.figure(KPIVolume, id)
		if f == nil {
			continue
		}
		row := []Entry{{Text: m.name(id)}, {Text: Told(KPIVolume, f.Value), Link: m.link(f.Recipe.Query), Number: true}, {Text: Changed(f)}}
		for _, kpi := range []string{KPIShareOfVoice, KPINetPolar, KPINetAll} {
			text := "–"
			if g := m.d.figure(kpi, id); g != nil && g.Known {
				if text = Told(kpi, g.Value); g.High > g.Low {
					text += " (" + Told(kpi, g.Low) + " to " + Told(kpi, g.High) + ")"
				}
			}
			row = append(row, Entry{Text: text, Number: true})
		}
		b.Rows = append(b.Rows, row)
	}
	if len(b.Rows) > 0 {
		b.Note = "Share of voice is among these brands; a mention of two counts for each. Intervals are 95 %."
		m.add(b)
	}
}

func (m *maker) trends(heading string, rows []mention.Trend, kinds ...string) {
	b := Block{Heading: heading, Head: []string{"what", "mentions", "expected", "sites"}}
	for i := range rows {
		t := &rows[i]
		if slices.Contains(kinds, t.Kind) && len(b.Rows) < 6 {
			b.Rows = append(b.Rows, []Entry{{Text: clip(t.Term), Link: m.link(t.Query)}, {Text: chart.Count(float64(t.Count)), Number: true}, {Text: fmt.Sprintf("%.1f", t.Expected), Number: true}, {Text: chart.Count(float64(t.Sites)), Number: true}})
		}
	}
	if len(b.Rows) > 0 {
		m.add(b)
	}
}

func (m *maker) voices() error { return m.voicesOf(m.o.Query, 8) }

func (m *maker) voicesOf(q string, size int) error {
	list, err := m.src.Voices(m.ctx, mention.VoiceSearch{Query: m.o.Window.Query(q), Size: size})
	if err != nil {
		return err
	}
	b := Block{Heading: "Who moved it", Head: []string{"author", "site", "mentions", "stories", "negative", "positive"}}
	for i := range list.Rows {
		v := &list.Rows[i]
		b.Rows = append(b.Rows, []Entry{
			{Text: clip(v.Name), Link: m.link(v.Query)},
			{Text: v.Site},
			{Text: chart.Count(float64(v.Mentions)), Number: true},
			{Text: chart.Count(float64(v.Stories)), Number: true},
			{Text: chart.Count(float64(v.Sentiment.Negative)), Number: true},
			{Text: chart.Count(float64(v.Sentiment.Positive)), Number: true},
		})
	}
	if len(b.Rows) > 0 {
		m.add(b)
	}
	return nil
}

// trendsOf is the table of what is new, of the kinds a part asks for.
func (m *maker) trendsOf(q string, p *Part) error {
	t, err := m.src.Trends(m.ctx, mention.TrendSearch{Query: q, From: m.o.Window.From, To: m.o.Window.To, Past: mention.Duration(4 * m.o.Window.To.Sub(m.o.Window.From)), Size: p.size()})
	if err != nil {
		return err
	}
	switch p.Breakdown {
	case ByStories:
		m.trends("", t.Rows, mention.TrendStory)
	case ByQuestions:
		m.trends("", t.Rows, mention.TrendQuestion)
	default:
		m.trends("", t.Rows, mention.TrendTerm, mention.TrendHashtag, mention.TrendEntity)
	}
	return nil
}

func (m *maker) activity() error { return m.activityOf(m.o.Query, 12) }

func (m *maker) activityOf(q string, size int) error {
	list, err := m.src.Activities(m.ctx, mention.ActivitySearch{Query: q, From: m.o.Window.From, To: m.o.Window.To, Limit: size})
	if err != nil {
		return err
	}
	b := Block{Heading: "What companies did", Head: []string{"when", "who", "what", "told", "mentions"}}
	for i := range list.Rows {
		a := &list.Rows[i]
		text := a.Evidence
		if a.Change != nil {
			text = strings.TrimSpace("“" + a.Change.Before + "” became “" + a.Change.After + "”")
		}
		b.Rows = append(b.Rows, []Entry{
			{Text: a.At.In(m.o.Zone).Format("2 Jan")},
			{Text: m.name(a.Brand)},
			{Text: strings.ReplaceAll(a.Type, "_", " ")},
			{Text: cutAt(text, 220)},
			{Text: chart.Count(float64(a.Count)), Link: m.link(a.Query), Number: true},
		})
	}
	if len(b.Rows) > 0 {
		m.add(b)
	}
	return nil
}

// cutAt cuts a text to a length in characters.
func cutAt(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most]) + "…"
}
