package daemon

import (
	"io"
	"time"

	"earshot/alerts"
	"earshot/report/chart"
	"earshot/report/scene"
)

// A mail is about so wide; the picture is twice as sharp.
var mailChart = chart.Size{W: 598, H: 190, Bare: true}

const mailSharp = 2

// picture draws the counts of a notice, told in UTC as all times of a mail are.
func picture(w io.Writer, title string, c *alerts.Counted) error {
	step := c.Step.Std()
	t := chart.Time{Title: title, Interval: "hour", Desc: c.Words()}
	if span := step * time.Duration(len(c.Counts)); span > 48*time.Hour {
		t.Interval = "day" // the names under the axis
	}
	values := make([]float64, len(c.Counts))
	for i, n := range c.Counts {
		from := c.From.UTC().Add(time.Duration(i) * step)
		t.Buckets = append(t.Buckets, chart.Bucket{From: from, To: from.Add(step)})
		values[i] = float64(n)
	}
	t.Series = []chart.Series{{Name: title, Values: values}}
	return t.Stacked(mailChart).PNG(w, mailSharp, scene.Light())
}
