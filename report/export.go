package report

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"earshot/mention"
)

// The formats of an export.
const (
	NDJSON = "ndjson"
	CSV    = "csv"
	XLSX   = "xlsx"
)

// Formats lists the formats of an export.
var Formats = []string{NDJSON, CSV, XLSX}

// RowOptions say how rows are written.
type RowOptions struct {
	Format string          // required
	BOM    bool            // CSV: begins with a byte order mark, for Excel
	Head   *mention.Recipe // what the rows are: the first sheet of XLSX, the first lines of the others; nil leaves it out
	Zone   *time.Location  // of XLSX dates, which have none of their own; nil means UTC

	Continued bool // NDJSON and CSV: rows that go on with others, without a beginning
}

// A RowWriter writes rows in one format at flat memory. Close it: it holds a
// buffer.
type RowWriter struct {
	write func(*mention.Row) error
	flush func() error
	clean func()
}

// NewRowWriter returns a writer of one of the formats. XLSX is gathered in a
// temporary file and written out by Close, the others as rows come.
func NewRowWriter(w io.Writer, o RowOptions) (*RowWriter, error) {
	switch o.Format {
	case NDJSON:
		return newNDJSONWriter(w, o)
	case CSV:
		return newCSVWriter(w, o)
	case XLSX:
		return newXLSXWriter(w, o)
	}
	return nil, fmt.Errorf("report: format %q is none of %s", o.Format, strings.Join(Formats, ", "))
}

// Write adds one row.
func (w *RowWriter) Write(r *mention.Row) error { return w.write(r) }

// Flush writes out what is buffered, where the format allows that before the
// end.
func (w *RowWriter) Flush() error {
	if w.clean != nil {
		return nil
	}
	return w.flush()
}

// Close writes out what is buffered; it leaves the destination open.
func (w *RowWriter) Close() error {
	defer w.Discard()
	return w.flush()
}

// Discard lets go of what a writer holds that is not to be closed.
func (w *RowWriter) Discard() {
	if w.clean != nil {
		w.clean()
	}
}

func newNDJSONWriter(w io.Writer, o RowOptions) (*RowWriter, error) {
	buf := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if o.Head != nil && !o.Continued {
		if err := enc.Encode(map[string]any{"recipe": o.Head}); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	write := func(r *mention.Row) error {
		if !plain(r) {
			return enc.Encode(r)
		}
		_, err := buf.Write(append(appendRow(buf.AvailableBuffer(), r), '\n'))
		return err
	}
	return &RowWriter{write: write, flush: buf.Flush}, nil
}

func newCSVWriter(w io.Writer, o RowOptions) (*RowWriter, error) {
	if o.BOM && !o.Continued {
		if _, err := io.WriteString(w, "\ufeff"); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	out := csv.NewWriter(w)
	if o.Head != nil && !o.Continued {
		if err := out.WriteAll(headLines(o.Head)); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.name
	}
	if !o.Continued {
		if err := out.Write(cells); err != nil {
			return nil, fmt.Errorf("report: %w", err)
		}
	}
	write := func(r *mention.Row) error {
		for i, c := range columns {
			cells[i] = csvCell(c.value(r))
		}
		return out.Write(cells)
	}
	return &RowWriter{write: write, flush: func() error { out.Flush(); return out.Error() }}, nil
}

// headLines are a recipe as comments before a CSV header.
func headLines(r *mention.Recipe) [][]string {
	var list [][]string
	for _, line := range recipeLines(r) {
		list = append(list, []string{"# " + line[0], Cell(line[1])})
	}
	return list
}

// recipeLines are a recipe in words, a name and a value each.
func recipeLines(r *mention.Recipe) [][2]string {
	query := r.Query
	if query == "" {
		query = "(all)"
	}
	all := [][2]string{
		{"measure", r.Measure},
		{"formula", r.Formula},
		{"query", query},
		{"from", instant(r.From)},
		{"to", instant(r.To)},
		{"zone", r.Zone},
		{"computed", instant(r.At)},
		{"models", r.Models},
		{"configuration", r.Config},
		{"coverage", r.Coverage},
		{"accuracy", r.Accuracy},
	}
	if r.Seq > 0 {
		all = append(all, [2]string{"log sequence", strconv.FormatInt(r.Seq, 10)})
	}
	for _, c := range r.Caveats {
		all = append(all, [2]string{"note", c})
	}
	var list [][2]string
	for _, line := range all {
		if line[1] != "" {
			list = append(list, line)
		}
	}
	return list
}

// A column is one field of a row: a string, []string, int, bool, *float64 or
// time.Time.
type column struct {
	name  string
	width float64 // in a spreadsheet
	value func(*mention.Row) any
}

var columns = []column{
	{"id", 14, func(r *mention.Row) any { return r.ID }},
	{"published", 19, func(r *mention.Row) any { return r.Published }},
	{"seen", 19, func(r *mention.Row) any { return r.Seen }},
	{"source", 14, func(r *mention.Row) any { return r.Source }},
	{"kind", 9, func(r *mention.Row) any { return string(r.Kind) }},
	{"site", 20, func(r *mention.Row) any { return r.Site }},
	{"author", 16, func(r *mention.Row) any { return r.Author }},
	{"lang", 6, func(r *mention.Row) any { return r.Lang }},
	{"country", 8, func(r *mention.Row) any { return r.Country }},
	{"title", 50, func(r *mention.Row) any { return r.Title }},
	{"text", 60, func(r *mention.Row) any { return r.Text }},
	{"url", 40, func(r *mention.Row) any { return r.URL }},
	{"guid", 14, func(r *mention.Row) any { return r.GUID }},
	{"brands", 18, func(r *mention.Row) any { return r.Brands }},
	{"products", 18, func(r *mention.Row) any { return r.Products }},
	{"entities", 24, func(r *mention.Row) any { return r.Entities }},
	{"labels", 18, func(r *mention.Row) any { return r.Labels }},
	{"activities", 14, func(r *mention.Row) any { return r.Activities }},
	{"tags", 14, func(r *mention.Row) any { return r.Tags }},
	{"sentiment", 10, func(r *mention.Row) any { return r.Sentiment }},
	{"toward", 18, func(r *mention.Row) any { return r.Toward }},
	{"score", 8, func(r *mention.Row) any { return r.Score }},
	{"story", 14, func(r *mention.Row) any { return r.Story }},
	{"thread", 14, func(r *mention.Row) any { return r.Thread }},
	{"channel", 14, func(r *mention.Row) any { return r.Channel }},
	{"engagement", 11, func(r *mention.Row) any { return r.Engagement }},
	{"reach", 9, func(r *mention.Row) any { return r.Reach }},
	{"rating", 7, func(r *mention.Row) any { return r.Rating }},
	{"own_channel", 12, func(r *mention.Row) any { return r.Own }},
	{"safety", 7, func(r *mention.Row) any { return r.Safety }},
	{"starred", 8, func(r *mention.Row) any { return r.Starred }},
	{"irrelevant", 9, func(r *mention.Row) any { return r.Irrelevant }},
	{"revision", 8, func(r *mention.Row) any { return r.Revision }},
}

// csvCell is a value as text: safe for a spreadsheet, and the same in every
// country.
func csvCell(v any) string {
	switch v := v.(type) {
	case string:
		return Cell(v)
	case []string:
		return Cell(strings.Join(v, "; "))
	case *float64:
		if v == nil {
			return ""
		}
		return strconv.FormatFloat(*v, 'g', -1, 64)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		if v {
			return "true"
		}
		return ""
	case int:
		return strconv.Itoa(v)
	case uint64:
		return strconv.FormatUint(v, 10)
	case time.Time:
		return instant(v)
	case nil:
		return ""
	}
	return Cell(fmt.Sprint(v))
}

// Cell makes text safe for a spreadsheet: what would be read as a formula is
// put behind an apostrophe, and NUL bytes are dropped. [Uncell] takes the
// apostrophe away again.
func Cell(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if formulaLike(s) {
		return "'" + s
	}
	return s
}

// Uncell returns the text that [Cell] made a cell of.
func Uncell(s string) string {
	if strings.HasPrefix(s, "'") && formulaLike(s) {
		return s[1:]
	}
	return s
}

// formulaLike reports whether a cell begins like a formula, also behind
// apostrophes, so that one more can be told from those of the text itself.
func formulaLike(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(instantLayout)
}
