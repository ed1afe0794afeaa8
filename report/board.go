package report

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"earshot/mention"
)

// A Board is what one audience wants to see: parts, each of a query, a
// breakdown, a chart and a text. It is a page, and the template of a report.
type Board struct {
	ID       string           `yaml:"id" json:"id"`
	Name     string           `yaml:"name,omitempty" json:"name,omitempty"`
	Audience string           `yaml:"audience,omitempty" json:"audience,omitempty"` // whom it is for, in words
	Query    string           `yaml:"query,omitempty" json:"query,omitempty"`       // of all parts
	Period   mention.Duration `yaml:"period,omitempty" json:"period,omitempty"`     // that the page opens with; 0 means 7d
	Parts    []Part           `yaml:"parts" json:"parts"`
}

// A Part is a piece of a [Board].
type Part struct {
	Heading   string `yaml:"heading,omitempty" json:"heading,omitempty"`     // empty means one made of the rest
	Query     string `yaml:"query,omitempty" json:"query,omitempty"`         // beside the board's
	Breakdown string `yaml:"breakdown,omitempty" json:"breakdown,omitempty"` // a dimension, or voices, trends, stories, questions, activities
	Chart     string `yaml:"chart,omitempty" json:"chart,omitempty"`         // number, lines, stacked, bars or table; empty picks what fits
	Text      string `yaml:"text,omitempty" json:"text,omitempty"`           // told above
	Size      int    `yaml:"size,omitempty" json:"size,omitempty"`           // most rows or lines; 0 means 8
}

// The charts of a [Part].
const (
	ChartNumber  = "number"  // the count, against the period before
	ChartLines   = "lines"   // over time, a line for each value
	ChartStacked = "stacked" // sentiment over time
	ChartBars    = "bars"    // a bar for each value
	ChartTable   = "table"   // a row for each value, with sentiment
)

// Charts lists them.
var Charts = []string{ChartNumber, ChartLines, ChartStacked, ChartBars, ChartTable}

// The breakdowns that are no dimension; each is a table.
const (
	ByVoices     = "voices"
	ByTrends     = "trends"
	ByStories    = "stories"
	ByQuestions  = "questions"
	ByActivities = "activities"
)

var special = []string{ByVoices, ByTrends, ByStories, ByQuestions, ByActivities}

// Breakdowns lists what a part may be broken down by.
func Breakdowns() []string {
	list := slices.DeleteFunc(slices.Clone(mention.Dimensions), isTimeUnit)
	list = slices.DeleteFunc(list, func(d string) bool { return d == "story" })
	return append(list, special...)
}

func isTimeUnit(d string) bool { return d == "hour" || d == "day" || d == "week" }

// The bounds of boards.
const (
	MaxBoards = 200
	MaxParts  = 24
	maxWords  = 4000 // bytes of a part's text
	maxRows   = 50
)

// Faults returns everything that is wrong with b; its queries are for others
// to look at.
func (b *Board) Faults() []error {
	var errs []error
	if err := mention.CheckID(b.ID); err != nil {
		errs = append(errs, err)
	}
	if len(b.Parts) == 0 {
		errs = append(errs, errors.New("parts is missing: what it shows, such as [{breakdown: brand, chart: lines}]"))
	}
	if len(b.Parts) > MaxParts {
		errs = append(errs, fmt.Errorf("parts: %d of them; at most %d", len(b.Parts), MaxParts))
	}
	if d := b.Period.Std(); d != 0 && (d < day || d > maxPeriod) {
		errs = append(errs, fmt.Errorf("period %s is not 1d to 366d", b.Period))
	}
	for i := range b.Parts {
		for _, err := range b.Parts[i].faults() {
			errs = append(errs, fmt.Errorf("parts[%d].%w", i, err))
		}
	}
	return errs
}

func (p *Part) faults() []error {
	var errs []error
	if p.Breakdown != "" && !slices.Contains(Breakdowns(), p.Breakdown) {
		errs = append(errs, fmt.Errorf("breakdown: %q is none of %s%s", p.Breakdown, strings.Join(Breakdowns(), " "), meant(p.Breakdown, Breakdowns())))
	}
	if p.Chart != "" && !slices.Contains(Charts, p.Chart) {
		errs = append(errs, fmt.Errorf("chart: %q is none of %s%s", p.Chart, strings.Join(Charts, " "), meant(p.Chart, Charts)))
	}
	switch {
	case p.Chart == ChartNumber && p.Breakdown != "":
		errs = append(errs, errors.New("chart: number has no breakdown; take bars or table"))
	case p.Chart == ChartStacked && p.Breakdown != "" && p.Breakdown != "sentiment":
		errs = append(errs, errors.New("chart: stacked is of sentiment over time; leave breakdown out, or take lines"))
	case (p.Chart == ChartBars || p.Chart == ChartTable) && p.Breakdown == "":
		errs = append(errs, fmt.Errorf("chart: %s needs a breakdown, such as brand or site", p.Chart))
	case slices.Contains(special, p.Breakdown) && p.Chart != "" && p.Chart != ChartTable:
		errs = append(errs, fmt.Errorf("chart: %s is always a table", p.Breakdown))
	}
	if p.Text == "" && p.Query == "" && p.Breakdown == "" && p.Chart == "" {
		errs = append(errs, errors.New("text: the part is empty; give it a chart, a breakdown, a query or a text"))
	}
	if len(p.Text) > maxWords {
		errs = append(errs, fmt.Errorf("text: longer than %d bytes", maxWords))
	}
	if p.Size < 0 || p.Size > maxRows {
		errs = append(errs, fmt.Errorf("size: %d is not 1 to %d", p.Size, maxRows))
	}
	return errs
}

func meant(word string, known []string) string {
	if near := mention.Nearest(word, known); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

// chart is the chart with its default.
func (p *Part) chart() string {
	switch {
	case p.Chart != "":
		return p.Chart
	case slices.Contains(special, p.Breakdown):
		return ChartTable
	case p.Breakdown == "sentiment":
		return ChartStacked
	case p.Breakdown != "":
		return ChartBars
	case p.Query != "":
		return ChartNumber
	}
	return ""
}

// heading is the heading with its default.
func (p *Part) heading() string {
	switch {
	case p.Heading != "":
		return p.Heading
	case p.Breakdown != "" && p.chart() == ChartLines:
		return "By " + p.Breakdown + " over time"
	case slices.Contains(special, p.Breakdown):
		return strings.ToUpper(p.Breakdown[:1]) + p.Breakdown[1:]
	case p.Breakdown != "":
		return "By " + p.Breakdown
	case p.chart() == ChartStacked:
		return "Sentiment"
	case p.chart() == ChartLines:
		return "Mentions over time"
	case p.Query != "":
		return p.Query
	}
	return ""
}

func (p *Part) size() int {
	if p.Size == 0 {
		return 8
	}
	return p.Size
}
