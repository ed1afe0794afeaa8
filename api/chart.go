package api

import (
	"earshot/mention"
)

// The measures of the bar chart, in its own units.
const (
	chartWidth  = 900
	chartHeight = 120
	maxBars     = 90
)

// A chart is a histogram ready to be drawn.
type chart struct {
	Bars     []bar
	Max      uint64
	Total    uint64
	Interval string
	Zone     string
	Cut      bool // only the newest bars are shown
	From, To string
}

type bar struct {
	X, Y, Width, Height float64
	Label               string
	Count               uint64
	Query               string
}

// newChart lays out the newest buckets of a series.
func (p *pages) newChart(s mention.Series) *chart {
	c := &chart{Interval: s.Interval, Zone: s.Zone}
	buckets := s.Buckets
	if c.Cut = len(buckets) > maxBars; c.Cut {
		buckets = buckets[len(buckets)-maxBars:]
	}
	for i := range buckets {
		c.Max = max(c.Max, buckets[i].Count)
		c.Total += buckets[i].Count
	}
	if c.Total == 0 {
		return nil
	}
	layout := "2 Jan 2006"
	if s.Interval == "hour" {
		layout = "2 Jan 2006 15:04"
	}
	step := chartWidth / float64(max(len(buckets), 20))
	for i := range buckets {
		b := &buckets[i]
		height := float64(b.Count) / float64(c.Max) * (chartHeight - 4)
		if b.Count > 0 {
			height = max(height, 2) // a few are not none
		}
		c.Bars = append(c.Bars, bar{
			X: float64(i) * step, Y: chartHeight - height, Width: step * 0.8, Height: height,
			Label: p.when(b.Start, layout), Count: b.Count, Query: b.Query,
		})
	}
	c.From, c.To = c.Bars[0].Label, c.Bars[len(c.Bars)-1].Label
	return c
}
