package report

import (
	"cmp"
	"fmt"
	"slices"

	"earshot/mention"
	"earshot/report/chart"
)

// swotLeast is how many scored mentions a brand needs under a topic before it
// is called a strength or a weakness.
const swotLeast = 10

// versus sets our brands against the others.
func (m *maker) versus() error {
	m.d.Title = "Our brands against the others, " + m.d.Stretch
	if err := m.score(); err != nil {
		return err
	}
	if err := m.volume(nil); err != nil {
		return err
	}
	m.shares()
	m.brands()
	if err := m.swot(); err != nil {
		return err
	}
	m.d.Subject = m.d.Title
	if len(m.own) > 0 {
		if f := m.d.figure(KPIShareOfVoice, m.own[0]); f != nil && f.Known {
			m.d.Subject = fmt.Sprintf("%s has %s of the voice", m.name(m.own[0]), Told(KPIShareOfVoice, f.Value))
			if c := Changed(f); c != "" {
				m.d.Subject += " (" + c + ")"
			}
		}
	}
	return m.activity()
}

func (m *maker) shares() {
	c := &chart.Bars{Title: "Share of voice", Format: chart.Percent}
	for _, id := range m.ids {
		if f := m.d.figure(KPIShareOfVoice, id); f != nil && f.Known {
			c.Rows = append(c.Rows, chart.Bar{Name: m.name(id), Value: f.Value, Low: f.Low, High: f.High})
		}
	}
	if len(c.Rows) == 0 {
		return
	}
	slices.SortStableFunc(c.Rows, func(x, y chart.Bar) int { return cmp.Compare(y.Value, x.Value) })
	c.Desc = c.Rows[0].Name + " leads with " + chart.Percent(c.Rows[0].Value) + "."
	m.add(Block{Heading: "Share of voice", Chart: c.Draw(760), Half: c.Draw(halfSize.W), Small: c.Draw(370), Note: "Whiskers are the 95 % interval."})
}

// A stand is how a brand does under one topic.
type stand struct {
	brand, topic string
	net          float64
	scored       uint64
	query        string
}

// swot fills the sheet from evidence: for each label the net sentiment towards
// each brand, against that towards all brands under it.
func (m *maker) swot() error {
	t, err := m.src.Aggregate(m.ctx, mention.Aggregation{Query: m.query(), By: []string{"brand", "label"}, Zone: m.o.Zone.String(), Measures: []string{mention.MeasureSentiment}})
	if err != nil {
		return err
	}
	all := map[string]*mention.SentimentCounts{}
	var stands []stand
	for i := range t.Cells {
		c := &t.Cells[i]
		if c.Sentiment == nil || len(c.Keys) != 2 || m.names[c.Keys[0]] == "" {
			continue
		}
		sum := all[c.Keys[1]]
		if sum == nil {
			sum = &mention.SentimentCounts{}
			all[c.Keys[1]] = sum
		}
		sum.Positive += c.Sentiment.Positive
		sum.Negative += c.Sentiment.Negative
		if n := c.Sentiment.Positive + c.Sentiment.Negative; n >= swotLeast {
			stands = append(stands, stand{c.Keys[0], c.Keys[1], polar(c.Sentiment), n, c.Query})
		}
	}
	sheet := []Block{
		{Heading: "Strengths: where we are spoken of better than the field"},
		{Heading: "Weaknesses: where we are spoken of worse"},
		{Heading: "Opportunities: where competitors are spoken of worse"},
		{Heading: "Threats: where competitors are spoken of better"},
	}
	for _, s := range stands {
		d := s.net - polar(all[s.topic])
		at := 0
		switch own := slices.Contains(m.own, s.brand); {
		case d > -.1 && d < .1:
			continue
		case own && d < 0:
			at = 1
		case !own && d < 0:
			at = 2
		case !own:
			at = 3
		}
		sheet[at].Lines = append(sheet[at].Lines, Line{
			Text: fmt.Sprintf("%s on %s: net sentiment %s, all brands %s, of %d mentions that take sides.", m.name(s.brand), s.topic, chart.Signed(s.net), chart.Signed(polar(all[s.topic])), s.scored),
			Link: m.link(s.query),
		})
	}
	for _, b := range sheet {
		if len(b.Lines) == 0 {
			b.Lines = []Line{{Text: fmt.Sprintf("Nothing stands out: no topic with %d mentions or more that take sides differs by a tenth.", swotLeast)}}
		}
		m.add(b)
	}
	return nil
}

func polar(c *mention.SentimentCounts) float64 {
	p, n := float64(c.Positive), float64(c.Negative)
	if p+n == 0 {
		return 0
	}
	return (p - n) / (p + n)
}
