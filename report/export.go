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
)

// A RowWriter writes rows in one format at flat memory. Close it: it holds a
// buffer.
type RowWriter struct {
	write func(*mention.Row) error
	flush func() error
}

// NewRowWriter returns a writer of one of the formats.
func NewRowWriter(w io.Writer, format string) (*RowWriter, error) {
	switch format {
	case NDJSON:
		buf := bufio.NewWriterSize(w, 64<<10)
		enc := json.NewEncoder(buf)
		enc.SetEscapeHTML(false)
		return &RowWriter{write: func(r *mention.Row) error { return enc.Encode(r) }, flush: buf.Flush}, nil
	case CSV:
		return newCSVWriter(w)
	}
	return nil, fmt.Errorf("report: format %q is none of %s, %s", format, NDJSON, CSV)
}

// Write adds one row.
func (w *RowWriter) Write(r *mention.Row) error { return w.write(r) }

// Close writes out what is buffered; it leaves the destination open.
func (w *RowWriter) Close() error { return w.flush() }

func newCSVWriter(w io.Writer) (*RowWriter, error) {
	out := csv.NewWriter(w)
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.name
	}
	if err := out.Write(head); err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	cells := make([]string, len(columns))
	write := func(r *mention.Row) error {
		for i, c := range columns {
			cells[i] = c.cell(r)
		}
		return out.Write(cells)
	}
	return &RowWriter{write: write, flush: func() error { out.Flush(); return out.Error() }}, nil
}

// A column is one field of a row as a spreadsheet cell.
type column struct {
	name string
	cell func(*mention.Row) string
}

var columns = []column{
	{"id", func(r *mention.Row) string { return Cell(r.ID) }},
	{"published", func(r *mention.Row) string { return instant(r.Published) }},
	{"seen", func(r *mention.Row) string { return instant(r.Seen) }},
	{"source", func(r *mention.Row) string { return Cell(r.Source) }},
	{"kind", func(r *mention.Row) string { return Cell(string(r.Kind)) }},
	{"site", func(r *mention.Row) string { return Cell(r.Site) }},
	{"author", func(r *mention.Row) string { return Cell(r.Author) }},
	{"lang", func(r *mention.Row) string { return Cell(r.Lang) }},
	{"country", func(r *mention.Row) string { return Cell(r.Country) }},
	{"title", func(r *mention.Row) string { return Cell(r.Title) }},
	{"text", func(r *mention.Row) string { return Cell(r.Text) }},
	{"url", func(r *mention.Row) string { return Cell(r.URL) }},
	{"guid", func(r *mention.Row) string { return Cell(r.GUID) }},
	{"brands", func(r *mention.Row) string { return list(r.Brands) }},
	{"products", func(r *mention.Row) string { return list(r.Products) }},
	{"entities", func(r *mention.Row) string { return list(r.Entities) }},
	{"labels", func(r *mention.Row) string { return list(r.Labels) }},
	{"tags", func(r *mention.Row) string { return list(r.Tags) }},
	{"sentiment", func(r *mention.Row) string { return Cell(r.Sentiment) }},
	{"score", func(r *mention.Row) string { return number(r.Score) }},
	{"story", func(r *mention.Row) string { return Cell(r.Story) }},
	{"thread", func(r *mention.Row) string { return Cell(r.Thread) }},
	{"channel", func(r *mention.Row) string { return Cell(r.Channel) }},
	{"engagement", func(r *mention.Row) string { return number(r.Engagement) }},
	{"reach", func(r *mention.Row) string { return number(r.Reach) }},
	{"rating", func(r *mention.Row) string { return number(r.Rating) }},
	{"own_channel", func(r *mention.Row) string { return Cell(r.Own) }},
	{"safety", func(r *mention.Row) string { return flag(r.Safety) }},
	{"starred", func(r *mention.Row) string { return flag(r.Starred) }},
	{"irrelevant", func(r *mention.Row) string { return flag(r.Irrelevant) }},
	{"revision", func(r *mention.Row) string { return strconv.Itoa(r.Revision) }},
}

// Cell makes text safe for a spreadsheet: what would be read as a formula is
// put behind an apostrophe, and NUL bytes are dropped.
func Cell(s string) string {
	if s == "" {
		return s
	}
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 {
		return "'" + s
	}
	return s
}

func list(items []string) string { return Cell(strings.Join(items, "; ")) }

func number(f *float64) string {
	if f == nil {
		return ""
	}
	return strconv.FormatFloat(*f, 'g', -1, 64)
}

func flag(b bool) string {
	if b {
		return "true"
	}
	return ""
}

func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
