package report

import (
	"cmp"
	"fmt"

	"earshot/mention"
	"earshot/report/chart"
	"earshot/report/scene"
)

// board makes a report, or a page, of a board.
func (m *maker) board() error {
	b := m.o.Board
	if b == nil {
		return fmt.Errorf("report: a report of kind %s needs a board", KindBoard)
	}
	m.o.Query = and(m.o.Query, b.Query)
	m.d.Query = m.o.Query
	m.d.Title = cmp.Or(m.o.Name, b.Name, b.ID) + ", " + m.d.Stretch
	m.ids = nil // no declared set: the parts say what they are of
	if err := m.score(); err != nil {
		return err
	}
	m.d.Subject = m.d.Title
	if f := m.d.figure(KPIVolume, ""); f != nil {
		m.d.Subject = fmt.Sprintf("%s: %s mentions", cmp.Or(m.o.Name, b.Name, b.ID), Told(KPIVolume, f.Value))
		if c := Changed(f); c != "" {
			m.d.Subject += " (" + c + ")"
		}
	}
	for i := range b.Parts {
		if err := m.part(i, &b.Parts[i]); err != nil {
			return fmt.Errorf("report: board %s: parts[%d]: %w", b.ID, i, err)
		}
	}
	return nil
}

// and joins two queries; "" asks for nothing.
func and(a, b string) string {
	switch {
	case b == "" || b == "*":
		return a
	case a == "" || a == "*":
		return b
	}
	return "(" + a + ") AND (" + b + ")"
}

// part makes one part.
func (m *maker) part(i int, p *Part) error {
	q := and(m.o.Query, p.Query)
	block := Block{Heading: p.heading()}
	if p.Text != "" {
		block.Lines = append(block.Lines, Line{Text: p.Text})
	}
	var err error
	switch {
	case p.chart() == "":
	case p.Breakdown == ByVoices:
		err = m.tableOf(&block, func() error { return m.voicesOf(q, p.size()) })
	case p.Breakdown == ByActivities:
		err = m.tableOf(&block, func() error { return m.activityOf(q, p.size()) })
	case p.Breakdown == ByTrends || p.Breakdown == ByStories || p.Breakdown == ByQuestions:
		err = m.tableOf(&block, func() error { return m.trendsOf(q, p) })
	case p.chart() == ChartNumber:
		err = m.numberPart(i, p, q, &block)
	case p.chart() == ChartLines:
		err = m.linesPart(p, q, &block)
	case p.chart() == ChartStacked:
		err = m.moodPart(q, &block)
	default:
		err = m.barsPart(i, p, q, &block)
	}
	if err == nil {
		m.add(block)
	}
	return err
}

// tableOf puts the table that fill adds into a block instead.
func (m *maker) tableOf(b *Block, fill func() error) error {
	n := len(m.d.Blocks)
	if err := fill(); err != nil {
		return err
	}
	for _, made := range m.d.Blocks[n:] {
		b.Head, b.Rows, b.Note = made.Head, append(b.Rows, made.Rows...), made.Note
	}
	m.d.Blocks = m.d.Blocks[:n]
	if len(b.Rows) == 0 {
		b.Note = "Nothing in this time."
	}
	return nil
}

func (m *maker) numberPart(i int, p *Part, q string, b *Block) error {
	ask := func(w Window) (mention.Table, error) {
		return m.src.Aggregate(m.ctx, mention.Aggregation{Query: w.Query(q), Zone: m.o.Zone.String()})
	}
	t, err := ask(m.o.Window)
	if err != nil {
		return err
	}
	f := mention.Figure{Value: float64(t.Total.Count), Known: true, Recipe: mention.Recipe{Measure: KPIVolume}}
	if before, ok := m.o.Window.Before(m.o.Zone); ok {
		old, err := ask(before)
		if err != nil {
			return err
		}
		f.Previous = &mention.Earlier{Value: float64(old.Total.Count), Known: true}
	}
	text := chart.Count(f.Value) + " mentions"
	if c := Changed(&f); c != "" {
		text += " (" + c + ")"
	}
	link := m.o.Window.Query(q)
	b.Lines = append(b.Lines, Line{Text: text, Link: m.link(link), Strong: true})
	m.number(fmt.Sprintf("part %d", i), p.heading(), f.Value, link)
	return nil
}

func (m *maker) linesPart(p *Part, q string, b *Block) error {
	by := []string{m.interval()}
	if p.Breakdown != "" {
		by = []string{p.Breakdown, m.interval()}
	}
	t, err := m.src.Aggregate(m.ctx, mention.Aggregation{Query: m.o.Window.Query(q), By: by, Zone: m.o.Zone.String(), Size: min(p.size(), 8)})
	if err != nil {
		return err
	}
	o := m.overTime()
	o.Query = q
	c := o.Volume(&t, m.names, Largest(&t, min(p.size(), 8)))
	m.pin(c, q)
	if len(c.Buckets) > 0 {
		b.draw(c.Lines, c.Table())
	}
	return nil
}

func (m *maker) moodPart(q string, b *Block) error {
	t, err := m.src.Aggregate(m.ctx, mention.Aggregation{Query: m.o.Window.Query(q), By: []string{m.interval()}, Zone: m.o.Zone.String(), Measures: []string{mention.MeasureSentiment}})
	if err != nil {
		return err
	}
	o := m.overTime()
	o.Query = q
	if c := o.Moods(&t); len(c.Buckets) > 0 {
		m.pin(c, q)
		b.draw(c.Stacked, c.Table())
	}
	return nil
}

// barsPart counts by a dimension, as bars or as a table with sentiment.
func (m *maker) barsPart(i int, p *Part, q string, b *Block) error {
	t, err := m.src.Aggregate(m.ctx, mention.Aggregation{Query: m.o.Window.Query(q), By: []string{p.Breakdown}, Zone: m.o.Zone.String(), Measures: []string{mention.MeasureSentiment}, Size: p.size()})
	if err != nil {
		return err
	}
	bars := &chart.Bars{Title: p.heading()}
	b.Head = []string{p.Breakdown, "mentions", "negative", "positive", "net sentiment (polar)"}
	for k := range t.Cells {
		c := &t.Cells[k]
		if len(c.Keys) == 0 || len(b.Rows) >= p.size() {
			continue
		}
		name := m.name(c.Keys[0])
		m.number(fmt.Sprintf("part %d %s", i, c.Keys[0]), p.heading()+": "+name, float64(c.Count), c.Query)
		bars.Rows = append(bars.Rows, chart.Bar{Name: clip(name), Value: float64(c.Count), Ink: scene.Accent, Link: m.link(c.Query)})
		row := []Entry{{Text: clip(name), Link: m.link(c.Query)}, {Text: chart.Count(float64(c.Count)), Link: m.link(c.Query), Number: true}}
		if s := c.Sentiment; s != nil {
			row = append(row, Entry{Text: chart.Count(float64(s.Negative)), Number: true}, Entry{Text: chart.Count(float64(s.Positive)), Number: true}, Entry{Text: netOf(s), Number: true})
		}
		b.Rows = append(b.Rows, row)
	}
	switch {
	case len(b.Rows) == 0:
		b.Head, b.Note = nil, "Nothing in this time."
	case p.chart() == ChartBars:
		bars.Desc = fmt.Sprintf("%s leads with %s.", bars.Rows[0].Name, chart.Count(bars.Rows[0].Value))
		b.Chart, b.Half, b.Small = bars.Draw(760), bars.Draw(halfSize.W), bars.Draw(370)
		b.Fold = true
	}
	return nil
}

func netOf(s *mention.SentimentCounts) string {
	if s.Positive+s.Negative == 0 {
		return "–"
	}
	return chart.Signed(polar(s))
}
