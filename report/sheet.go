package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"

	"earshot/mention"
)

// sheetColumns are those of a coding sheet. People fill the first three; the
// key is what the machine said, veiled so that coding is blind; what stands
// after it says what the sample is of, and is the same in every row.
var sheetColumns = []string{
	"relevant", "sentiment", "note", "title", "text", "published", "site", "author", "url", "lang", "id",
	"key", "query", "within", "seed", "found", "rest", "models", "config", "drawn",
}

// sheetHelp is told on the first sheet of a workbook.
var sheetHelp = [][2]string{
	{"relevant", "yes or no: does the mention belong to what the query is meant to find?"},
	{"sentiment", "positive, negative, neutral or mixed: what the mention says; may be left empty"},
	{"note", "anything; it is not read"},
	{"key", "what the machine said, veiled; leave it and the columns after it as they are"},
	{"then", "earshot score FILE"},
}

// WriteSheet writes a sample as a coding sheet, in CSV or XLSX.
func WriteSheet(w io.Writer, format string, s *mention.Sample) error {
	g := Grid{Columns: sheetColumns}
	for i := range s.Rows {
		r := &s.Rows[i].Row
		g.Rows = append(g.Rows, []any{
			"", "", "", r.Title, r.Text, instant(r.Time()), r.Site, r.Author, r.URL, r.Lang, r.ID,
			veil(s.Seed, r.ID, s.Rows[i].Stratum, said(r)), s.Query, s.Within, strconv.FormatUint(s.Seed, 10),
			strconv.FormatUint(s.Found, 10), strconv.FormatUint(s.Rest, 10), s.Models, s.Config, instant(s.Drawn),
		})
	}
	switch format {
	case CSV:
		return g.CSV(w, true) // the mark lets Excel read it as UTF-8
	case XLSX:
		lines := append([][2]string{{"query", orAll(s.Query)}, {"rows", strconv.Itoa(len(s.Rows))}}, sheetHelp...)
		return g.Workbook(w, "Sample", lines)
	}
	return fmt.Errorf("report: a coding sheet is %s or %s, not %q", CSV, XLSX, format)
}

func orAll(q string) string {
	if q == "" {
		return "(all)"
	}
	return q
}

// Workbook writes a grid as XLSX, with lines before it that say what it is.
func (g *Grid) Workbook(w io.Writer, name string, lines [][2]string) error {
	b, err := newWorkbook(time.UTC)
	if err != nil {
		return err
	}
	defer b.close()
	widths := make([]float64, len(g.Columns))
	for i, c := range g.Columns {
		widths[i] = map[string]float64{"title": 50, "text": 80, "url": 40, "published": 24}[c]
	}
	err = b.sheet(name, g.Columns, widths)
	for _, row := range g.Rows {
		cells := make([]any, len(row))
		for i, v := range row {
			cells[i] = b.cell(v)
		}
		if err == nil {
			err = b.put(cells)
		}
	}
	if err == nil {
		err = b.endPart()
	}
	if err == nil {
		err = b.first(lines)
	}
	if err == nil {
		err = b.write(w)
	}
	if err != nil {
		return fmt.Errorf("report: xlsx: %w", err)
	}
	return nil
}

// said is the sentiment that a row was given, or why it has none.
func said(r *mention.Row) string {
	if r.Sentiment == "" {
		return "none"
	}
	return r.Sentiment
}

// veil hides what the machine said from the one who codes. It says the same
// again for the same, so that [unveil] can try what it may have been.
func veil(seed uint64, id, stratum, label string) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s\x00%s", seed, id, stratum, label))
	return "k" + hex.EncodeToString(sum[:6]) // a letter first, or a spreadsheet makes a number of it
}

func unveil(seed uint64, id, key string) (stratum, label string, ok bool) {
	for _, stratum := range []string{mention.StratumFound, mention.StratumRest} {
		for _, label := range []string{mention.Positive, mention.Negative, mention.Neutral, mention.Mixed, "none"} {
			if veil(seed, id, stratum, label) == key {
				return stratum, label, true
			}
		}
	}
	return "", "", false
}

// A coded row is a judgement beside what the machine said.
type coded struct {
	id        string
	stratum   string
	machine   string // "none": not scored
	relevant  string // yes, no, or "" where nobody judged
	sentiment string // "" where nobody judged
}

// A sheet is a coding sheet read back.
type sheet struct {
	sample mention.Sample // without rows
	rows   []coded
}

// maxSheet is how large a coding sheet may be, in bytes.
const maxSheet = 256 << 20

// readSheet reads a coding sheet, CSV (also with semicolons, as some
// spreadsheets write it) or XLSX.
func readSheet(r io.Reader) (*sheet, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxSheet+1))
	if err != nil {
		return nil, fmt.Errorf("report: %w", err)
	}
	if len(data) > maxSheet {
		return nil, fmt.Errorf("report: a coding sheet of more than %d bytes", maxSheet)
	}
	var rows [][]string
	if bytes.HasPrefix(data, []byte("PK")) {
		rows, err = sheetOfWorkbook(data)
	} else {
		rows, err = sheetOfCSV(data)
	}
	if err != nil {
		return nil, fmt.Errorf("report: coding sheet: %w", err)
	}
	return sheetOf(rows)
}

func sheetOfWorkbook(data []byte) ([][]string, error) {
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: 4 * maxSheet})
	if err != nil {
		return nil, err
	}
	defer f.Close()
	for _, name := range f.GetSheetList() {
		rows, err := f.GetRows(name)
		if err != nil {
			return nil, err
		}
		if len(rows) > 0 && indexFold(rows[0], "key") >= 0 {
			return rows, nil
		}
	}
	return nil, errors.New("no sheet has a column key; was it drawn by earshot sample?")
}

func sheetOfCSV(data []byte) ([][]string, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	head, _, _ := bufio.NewReader(bytes.NewReader(data)).ReadLine()
	in := csv.NewReader(bytes.NewReader(data))
	if bytes.Count(head, []byte(";")) > bytes.Count(head, []byte(",")) {
		in.Comma = ';'
	}
	in.FieldsPerRecord = -1
	in.LazyQuotes = true
	rows, err := in.ReadAll()
	for i := 1; i < len(rows); i++ {
		for j, cell := range rows[i] {
			rows[i][j] = Uncell(cell)
		}
	}
	return rows, err
}

func indexFold(list []string, name string) int {
	for i, s := range list {
		if strings.EqualFold(strings.TrimSpace(s), name) {
			return i
		}
	}
	return -1
}

// sheetOf reads the rows of a sheet by the names of its columns.
func sheetOf(rows [][]string) (*sheet, error) {
	if len(rows) < 2 {
		return nil, errors.New("report: coding sheet: no rows")
	}
	at := map[string]int{}
	for _, name := range sheetColumns {
		at[name] = indexFold(rows[0], name)
	}
	for _, name := range []string{"relevant", "sentiment", "id", "key", "query", "seed", "found", "rest"} {
		if at[name] < 0 {
			return nil, fmt.Errorf("report: coding sheet: there is no column %q; was it drawn by earshot sample?", name)
		}
	}
	s := &sheet{}
	seen := map[string]int{}
	for i, row := range rows[1:] {
		cell := func(name string) string {
			if j := at[name]; j >= 0 && j < len(row) {
				return strings.TrimSpace(row[j])
			}
			return ""
		}
		if cell("id") == "" && cell("key") == "" {
			continue // an empty line
		}
		place := i + 2
		if err := s.read(cell, len(s.rows) == 0); err != nil {
			return nil, fmt.Errorf("report: coding sheet: row %d: %w", place, err)
		}
		if first, ok := seen[cell("id")]; ok {
			return nil, fmt.Errorf("report: coding sheet: row %d: the mention is in row %d already", place, first)
		}
		seen[cell("id")] = place
	}
	return s, nil
}

// read takes one row; the first says what the sample is of.
func (s *sheet) read(cell func(string) string, first bool) error {
	head := mention.Sample{Query: cell("query"), Within: cell("within"), Models: cell("models"), Config: cell("config")}
	var err error
	for _, n := range []struct {
		name string
		to   *uint64
	}{{"seed", &head.Seed}, {"found", &head.Found}, {"rest", &head.Rest}} {
		if *n.to, err = strconv.ParseUint(cell(n.name), 10, 64); err != nil {
			return fmt.Errorf("%s %q is not the number it was drawn with", n.name, cell(n.name))
		}
	}
	head.Drawn, _ = time.Parse(instantLayout, cell("drawn"))
	if first {
		s.sample = head
	} else if head.Query != s.sample.Query || head.Within != s.sample.Within || head.Seed != s.sample.Seed || head.Found != s.sample.Found || head.Rest != s.sample.Rest {
		return errors.New("it is of another sample than the first row; score one sample at a time")
	}
	c := coded{id: cell("id")}
	var ok bool
	if c.stratum, c.machine, ok = unveil(head.Seed, c.id, cell("key")); !ok {
		return errors.New("id and key do not belong together; leave these columns as they were drawn")
	}
	if c.relevant, ok = yesNo(cell("relevant")); !ok {
		return fmt.Errorf("relevant is %q; write yes or no, or leave it empty", cell("relevant"))
	}
	if c.sentiment, ok = labelOf(cell("sentiment")); !ok {
		return fmt.Errorf("sentiment is %q; write positive, negative, neutral or mixed, or leave it empty", cell("sentiment"))
	}
	s.rows = append(s.rows, c)
	return nil
}

func yesNo(s string) (string, bool) {
	switch strings.ToLower(s) {
	case "":
		return "", true
	case "yes", "y", "1", "true", "x":
		return "yes", true
	case "no", "n", "0", "false":
		return "no", true
	}
	return "", false
}

func labelOf(s string) (string, bool) {
	switch s = strings.ToLower(s); s {
	case "", mention.Positive, mention.Negative, mention.Neutral, mention.Mixed:
		return s, true
	case "pos", "p", "+":
		return mention.Positive, true
	case "neg", "-":
		return mention.Negative, true
	case "neu", "0":
		return mention.Neutral, true
	}
	return "", false
}
