package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"earshot/mention"
)

// A Grid is numbers as tidy rows: a column is one variable, a row one
// observation, which is what notebooks and spreadsheets want. A cell is a
// string, []string, bool, uint64, int, float64, *float64 (nil: not known) or
// time.Time.
type Grid struct {
	Columns []string
	Rows    [][]any
}

// CSV writes the grid with a header; with bom, for Excel.
func (g *Grid) CSV(w io.Writer, bom bool) error {
	if bom {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	out := csv.NewWriter(w)
	if err := out.Write(g.Columns); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	cells := make([]string, len(g.Columns))
	for _, row := range g.Rows {
		for i, v := range row {
			cells[i] = csvCell(v)
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	out.Flush()
	return out.Error()
}

// NDJSON writes each row as an object, its names in the order of the columns.
// What is not known is null.
func (g *Grid) NDJSON(w io.Writer) error {
	buf := bufio.NewWriter(w)
	for _, row := range g.Rows {
		line, err := g.object(row)
		if err != nil {
			return err
		}
		if _, err := buf.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return buf.Flush()
}

// JSON writes all rows as one list.
func (g *Grid) JSON(w io.Writer) error {
	buf := bufio.NewWriter(w)
	_, _ = buf.WriteString("[") // the buffer keeps the first error
	for i, row := range g.Rows {
		if i > 0 {
			_, _ = buf.WriteString(",\n")
		}
		line, err := g.object(row)
		if err != nil {
			return err
		}
		_, _ = buf.Write(line)
	}
	_, _ = buf.WriteString("]\n")
	return buf.Flush()
}

func (g *Grid) object(row []any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	for i, v := range row {
		sep := `,`
		if i == 0 {
			sep = `{`
		}
		b.WriteString(sep)
		if err := enc.Encode(g.Columns[i]); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		b.Truncate(b.Len() - 1)
		b.WriteByte(':')
		if t, ok := v.(time.Time); ok && t.IsZero() {
			v = nil
		}
		if err := enc.Encode(v); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
		b.Truncate(b.Len() - 1)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// maxTextCell is how long a cell is on a terminal.
const maxTextCell = 60

// Text writes the grid for a terminal, without the columns named.
func (g *Grid) Text(w io.Writer, without ...string) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cell func(i int) string) {
		var cells []string
		for i, name := range g.Columns {
			if !slices.Contains(without, name) {
				cells = append(cells, cell(i))
			}
		}
		fmt.Fprintln(out, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	line(func(i int) string { return g.Columns[i] })
	for _, row := range g.Rows {
		line(func(i int) string { return textCell(row[i]) })
	}
	return out.Flush()
}

// textCell is a value for people: short, without control characters.
func textCell(v any) string {
	switch v := v.(type) {
	case float64:
		return fmt.Sprintf("%.4g", v)
	case *float64:
		if v == nil {
			return "-"
		}
		return fmt.Sprintf("%.4g", *v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.Format("2006-01-02 15:04 MST")
	case []string:
		return clip(strings.Join(v, "; "))
	case string:
		return clip(v)
	}
	return fmt.Sprint(v)
}

func clip(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s)
	if r := []rune(s); len(r) > maxTextCell {
		return string(r[:maxTextCell-1]) + "…"
	}
	return s
}

// TableGrid lays an aggregation out: a row for each cell, or one of the total
// where there is no dimension.
func TableGrid(t *mention.Table) Grid {
	cells := t.Cells
	if len(t.By) == 0 {
		cells = []mention.Cell{t.Total}
	}
	var g Grid
	g.Columns = append(g.Columns, t.By...)
	g.Columns = append(g.Columns, "count")
	total := &t.Total
	if total.Sentiment != nil {
		g.Columns = append(g.Columns, "positive", "negative", "neutral", "mixed", "unsupported_language", "unscored", "nss_polar", "nss_all")
	}
	if total.Engagement != nil {
		g.Columns = append(g.Columns, "engagement_n", "engagement_sum", "engagement_mean", "engagement_median")
	}
	if total.Reach != nil {
		g.Columns = append(g.Columns, "reach_n", "reach_sum")
	}
	for _, d := range []struct {
		name string
		n    *uint64
	}{{"authors", total.Authors}, {"sites", total.Sites}, {"stories", total.Stories}} {
		if d.n != nil {
			g.Columns = append(g.Columns, d.name)
		}
	}
	g.Columns = append(g.Columns, "query")
	for i := range cells {
		g.Rows = append(g.Rows, cellRow(&cells[i], total, len(t.By)))
	}
	return g
}

// cellRow lays one cell out with the measures that the total has.
func cellRow(c, total *mention.Cell, dimensions int) []any {
	row := make([]any, 0, 24)
	for i := range dimensions {
		key := ""
		if i < len(c.Keys) {
			key = c.Keys[i]
		}
		row = append(row, key)
	}
	row = append(row, c.Count)
	if total.Sentiment != nil {
		if c.Sentiment == nil {
			c.Sentiment = &mention.SentimentCounts{}
		}
		s := c.Sentiment
		polar, all := NetPolar("", c, mention.Recipe{}), NetAll("", c, mention.Recipe{})
		row = append(row, s.Positive, s.Negative, s.Neutral, s.Mixed, s.Unsupported, s.Unscored, known(polar), known(all))
	}
	if total.Engagement != nil {
		a := orZero(c.Engagement)
		row = append(row, a.N, a.Sum, measured(a, a.Mean), measured(a, a.Median))
	}
	if total.Reach != nil {
		a := orZero(c.Reach)
		row = append(row, a.N, measured(a, a.Sum))
	}
	for _, d := range [][2]*uint64{{total.Authors, c.Authors}, {total.Sites, c.Sites}, {total.Stories, c.Stories}} {
		if d[0] != nil {
			row = append(row, orZero(d[1]))
		}
	}
	return append(row, c.Query)
}

func orZero[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

func known(f mention.Figure) *float64 {
	if !f.Known {
		return nil
	}
	return &f.Value
}

func measured(a mention.Amount, v float64) *float64 {
	if a.N == 0 {
		return nil
	}
	return &v
}

// ScoreGrid lays key figures out, a row each.
func ScoreGrid(card *mention.Scorecard) Grid {
	g := Grid{Columns: []string{"subject", "measure", "value", "low", "high", "n", "denominator", "previous", "amec_stage", "formula", "version", "query", "notes"}}
	for i := range card.Figures {
		f := &card.Figures[i]
		value, low, high, previous := knownOf(f)
		r := &f.Recipe
		g.Rows = append(g.Rows, []any{f.Subject, r.Measure, value, low, high, r.N, r.Denominator, previous, r.Stage, r.Formula, r.Version, r.Query, r.Caveats})
	}
	return g
}

// TrendGrid lays trends out, a row each.
func TrendGrid(t *mention.Trends) Grid {
	g := Grid{Columns: []string{"kind", "term", "count", "past", "expected", "growth", "score", "authors", "sites", "first", "query"}}
	for i := range t.Rows {
		r := &t.Rows[i]
		g.Rows = append(g.Rows, []any{r.Kind, r.Term, r.Count, r.Past, r.Expected, r.Growth, r.Score, r.Authors, r.Sites, r.First, r.Query})
	}
	return g
}

// PeakGrid lays peaks out, a row each.
func PeakGrid(p *mention.Peaks) Grid {
	g := Grid{Columns: []string{"start", "end", "top", "count", "expected", "score", "sentence", "query"}}
	for i := range p.Rows {
		r := &p.Rows[i]
		g.Rows = append(g.Rows, []any{r.Start, r.End, r.Top, r.Count, r.Expected, r.Score, r.Sentence, r.Query})
	}
	return g
}

// VoiceGrid lays voices out, a row each.
func VoiceGrid(list []mention.Voice) Grid {
	g := Grid{Columns: []string{
		"by", "name", "site", "mentions", "stories", "engagement_sum", "positive", "negative", "neutral", "mixed",
		"unsupported_language", "unscored", "brands", "first", "last", "query",
	}}
	for i := range list {
		v := &list[i]
		var sum *float64
		if v.Engagement != nil && v.Engagement.N > 0 {
			sum = &v.Engagement.Sum
		}
		brands := make([]string, len(v.Brands))
		for j, b := range v.Brands {
			brands[j] = fmt.Sprintf("%s %d", b.Brand, b.Mentions)
		}
		s := &v.Sentiment
		g.Rows = append(g.Rows, []any{
			v.By, v.Name, v.Site, v.Mentions, v.Stories, sum, s.Positive, s.Negative, s.Neutral, s.Mixed, s.Unsupported, s.Unscored,
			brands, v.First, v.Last, v.Query,
		})
	}
	return g
}

// ActivityGrid lays activities out, a row each.
func ActivityGrid(list []mention.Activity) Grid {
	g := Grid{Columns: []string{
		"at", "last", "brand", "type", "role", "severity", "count", "sites", "own", "evidence", "before", "after", "where", "mentions", "query",
	}}
	for i := range list {
		a := &list[i]
		change := orZero(a.Change)
		g.Rows = append(g.Rows, []any{
			a.At, a.Last, a.Brand, a.Type, a.Role, a.Severity, a.Count, a.Sites, a.Own, a.Evidence, change.Before, change.After, change.Where,
			a.Mentions, a.Query,
		})
	}
	return g
}
