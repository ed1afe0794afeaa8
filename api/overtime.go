package api

import (
	"fmt"
	"strings"
	"time"

	"earshot/mention"
	"earshot/report"
	"earshot/report/chart"
)

func (a *api) overTime(s *scope) *report.OverTime {
	return &report.OverTime{Query: s.Q, Window: s.Window, Interval: s.Interval, Zone: a.zone, Link: a.pages.search}
}

// hatch puts the stretches without an answer behind a chart, joined where
// they touch.
func hatch(c *chart.Time, gaps []mention.Coverage, w report.Window) {
	for _, g := range gaps {
		if !w.To.IsZero() && g.From.After(w.To) || g.To.Before(w.From) || g.To.Sub(g.From) < 10*time.Minute {
			continue
		}
		tip := fmt.Sprintf("%s did not answer, %s to %s", g.Source, g.From.Format("2 Jan 15:04"), g.To.Format("2 Jan 15:04"))
		if n := len(c.Gaps); n > 0 && !g.From.After(c.Gaps[n-1].To) {
			last := &c.Gaps[n-1]
			if g.To.After(last.To) {
				last.To = g.To
			}
			if !strings.Contains(last.Tip, g.Source) && len(last.Tip) < 300 {
				last.Tip += "; " + tip
			}
			continue
		}
		c.Gaps = append(c.Gaps, chart.Gap{From: g.From, To: g.To, Tip: tip})
	}
}
