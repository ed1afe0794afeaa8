package report

import (
	"fmt"
	"math"
	"strings"

	"earshot/mention"
	"earshot/report/chart"
)

// Changed says how a figure differs from the period before.
func Changed(f *mention.Figure) string {
	p := f.Previous
	switch {
	case p == nil:
		return ""
	case !p.Known || !f.Known:
		return "nothing to compare with before"
	case isShare(f.Recipe.Measure):
		d := (f.Value - p.Value) * 100
		return arrow(d) + " " + chart.Count(math.Abs(d)) + " points, before " + Told(f.Recipe.Measure, p.Value)
	case p.Value == 0 && f.Value == 0:
		return "none before either"
	case p.Value == 0:
		return "none before"
	case p.Value == f.Value:
		return "as many as before"
	}
	d := (f.Value - p.Value) / p.Value
	if math.Abs(d) >= 2 {
		return arrow(d) + " " + fmt.Sprintf("%.1f times", f.Value/p.Value) + ", before " + Told(f.Recipe.Measure, p.Value)
	}
	return arrow(d) + " " + chart.Percent(math.Abs(d)) + ", before " + Told(f.Recipe.Measure, p.Value)
}

func arrow(d float64) string {
	switch {
	case d > 0:
		return "▲"
	case d < 0:
		return "▼"
	}
	return "="
}

func isShare(measure string) bool {
	return measure == KPIShareOfVoice || measure == KPINetPolar || measure == KPINetAll
}

// Told is a value of a key figure as people read it.
func Told(measure string, v float64) string {
	switch measure {
	case KPIShareOfVoice:
		return chart.Percent(v)
	case KPINetPolar, KPINetAll:
		return chart.Signed(v)
	}
	return chart.Count(v)
}

// Called is the name of a measure as people read it.
func Called(measure string) string {
	switch measure {
	case KPINetPolar:
		return "net sentiment (polar)"
	case KPINetAll:
		return "net sentiment (all)"
	}
	return strings.ReplaceAll(measure, "_", " ")
}
