package report

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"earshot/mention"
)

// The limits of the format.
const (
	sheetRows = 1_048_576 // with the header
	cellUnits = 32_767    // UTF-16 units of a text
	chartDays = 5_000     // most points of the chart; older days are left out of it
)

const firstSheet = "Recipe"

// A workbook is an XLSX file being written: a sheet that says what it is, then
// sheets of rows, each continued on another one when it is full.
type workbook struct {
	file   *excelize.File
	zone   *time.Location
	dates  int // style of instants
	bold   int
	cut    int // texts that were cut to fit
	stream *excelize.StreamWriter
	name   string
	part   int
	row    int
}

func newWorkbook(zone *time.Location) (*workbook, error) {
	if zone == nil {
		zone = time.UTC
	}
	b := &workbook{file: excelize.NewFile(), zone: zone}
	layout := "yyyy-mm-dd hh:mm:ss"
	err := b.file.SetSheetName("Sheet1", firstSheet)
	if err == nil {
		b.dates, err = b.file.NewStyle(&excelize.Style{CustomNumFmt: &layout})
	}
	if err == nil {
		b.bold, err = b.file.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	}
	if err != nil {
		b.close()
		return nil, fmt.Errorf("report: xlsx: %w", err)
	}
	return b, nil
}

// sheet begins the sheets of one kind of row.
func (b *workbook) sheet(name string, head []string, widths []float64) error {
	b.name, b.part = name, 0
	return b.nextPart(head, widths)
}

func (b *workbook) nextPart(head []string, widths []float64) error {
	if err := b.endPart(); err != nil {
		return err
	}
	b.part++
	name := b.name
	if b.part > 1 {
		name += " " + strconv.Itoa(b.part)
	}
	if _, err := b.file.NewSheet(name); err != nil {
		return err
	}
	var err error
	if b.stream, err = b.file.NewStreamWriter(name); err != nil {
		return err
	}
	for i, w := range widths {
		if w > 0 {
			if err := b.stream.SetColWidth(i+1, i+1, w); err != nil {
				return err
			}
		}
	}
	if err := b.stream.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return err
	}
	cells := make([]any, len(head))
	for i, h := range head {
		cells[i] = excelize.Cell{StyleID: b.bold, Value: h}
	}
	b.row = 1
	return b.stream.SetRow("A1", cells)
}

func (b *workbook) endPart() error {
	if b.stream == nil {
		return nil
	}
	err := b.stream.Flush()
	b.stream = nil
	return err
}

// put adds a row; a full sheet is to be continued with nextPart before.
func (b *workbook) put(cells []any) error {
	b.row++
	return b.stream.SetRow("A"+strconv.Itoa(b.row), cells)
}

func (b *workbook) full() bool { return b.row >= sheetRows }

// cell is a value with the type that a spreadsheet has for it.
func (b *workbook) cell(v any) any {
	switch v := v.(type) {
	case string:
		return b.text(v)
	case []string:
		return b.text(strings.Join(v, "; "))
	case *float64:
		if v == nil {
			return nil
		}
		return *v
	case bool:
		if !v {
			return nil
		}
		return v
	case time.Time:
		return b.instant(v)
	}
	return v
}

// text is a text as a cell holds it: never a formula, without the signs that
// XML cannot carry, and cut where the format ends.
func (b *workbook) text(s string) any {
	if s == "" {
		return nil
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
	if len(s) > cellUnits {
		if units := utf16.Encode([]rune(s)); len(units) > cellUnits {
			b.cut++
			s = strings.TrimRight(string(utf16.Decode(units[:cellUnits-1])), "\uFFFD") + "…"
		}
	}
	return s
}

// instant is a date of the workbook's zone: the format's own have none. One
// that the format cannot tell is text.
func (b *workbook) instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	t = t.In(b.zone)
	if t.Year() < 1901 {
		return t.Format(time.RFC3339)
	}
	wall := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	return excelize.Cell{StyleID: b.dates, Value: wall}
}

// first fills the first sheet.
func (b *workbook) first(lines [][2]string) error {
	lines = append(slices.Clip(lines), [2]string{"dates", "in the zone " + b.zone.String()})
	if b.cut > 0 {
		lines = append(lines, [2]string{"note", fmt.Sprintf("%d texts were cut at %d characters, the most that a cell holds; CSV and NDJSON have them whole", b.cut, cellUnits)})
	}
	for i, line := range lines {
		for j, v := range line {
			ref, err := excelize.CoordinatesToCellName(j+1, i+1)
			if err != nil {
				return err
			}
			if text, ok := b.text(v).(string); ok {
				if err := b.file.SetCellStr(firstSheet, ref, text); err != nil {
					return err
				}
			}
		}
	}
	if err := b.file.SetColStyle(firstSheet, "A", b.bold); err != nil {
		return err
	}
	return b.file.SetColWidth(firstSheet, "A", "B", 24)
}

// volume adds a sheet of mentions by day with a chart of them.
func (b *workbook) volume(days map[string]uint64) error {
	if len(days) == 0 {
		return nil
	}
	const sheet = "Volume"
	if _, err := b.file.NewSheet(sheet); err != nil {
		return err
	}
	keys := slices.Sorted(maps.Keys(days))
	keys = keys[max(0, len(keys)-chartDays):]
	if err := b.file.SetSheetRow(sheet, "A1", &[]any{"day", "mentions"}); err != nil {
		return err
	}
	for i, key := range keys {
		if err := b.file.SetSheetRow(sheet, "A"+strconv.Itoa(i+2), &[]any{key, days[key]}); err != nil {
			return err
		}
	}
	last := strconv.Itoa(len(keys) + 1)
	return b.file.AddChart(sheet, "D2", &excelize.Chart{
		Type: excelize.Col,
		Series: []excelize.ChartSeries{{
			Name: sheet + "!$B$1", Categories: sheet + "!$A$2:$A$" + last, Values: sheet + "!$B$2:$B$" + last,
		}},
		Title:     excelize.ChartTitle{Paragraph: []excelize.RichTextRun{{Text: "Mentions by day (" + b.zone.String() + ")"}}},
		Legend:    excelize.ChartLegend{Position: "none"},
		Dimension: excelize.ChartDimension{Width: 900, Height: 360},
	})
}

// write ends the workbook and writes it out.
func (b *workbook) write(w io.Writer) error {
	if err := b.endPart(); err != nil {
		return err
	}
	b.file.SetActiveSheet(0)
	return b.file.Write(w)
}

// close removes the temporary files.
func (b *workbook) close() { _ = b.file.Close() }

func newXLSXWriter(w io.Writer, o RowOptions) (*RowWriter, error) {
	b, err := newWorkbook(o.Zone)
	if err != nil {
		return nil, err
	}
	head, widths := make([]string, len(columns)), make([]float64, len(columns))
	for i, c := range columns {
		head[i], widths[i] = c.name, c.width
	}
	days := map[string]uint64{}
	var rows uint64
	out := &RowWriter{clean: b.close}
	out.write = func(r *mention.Row) error {
		if b.full() {
			if err := b.nextPart(head, widths); err != nil {
				return fmt.Errorf("report: xlsx: %w", err)
			}
		}
		cells := make([]any, len(columns))
		for i, c := range columns {
			cells[i] = b.cell(c.value(r))
		}
		if err := b.put(cells); err != nil {
			return fmt.Errorf("report: xlsx: %w", err)
		}
		rows++
		if t := r.Time(); !t.IsZero() {
			days[t.In(b.zone).Format(time.DateOnly)]++
		}
		return nil
	}
	out.flush = func() error {
		if err := b.finish(w, o.Head, rows, days); err != nil {
			return fmt.Errorf("report: xlsx: %w", err)
		}
		return nil
	}
	if err := b.sheet("Mentions", head, widths); err != nil {
		b.close()
		return nil, fmt.Errorf("report: xlsx: %w", err)
	}
	return out, nil
}

func (b *workbook) finish(w io.Writer, head *mention.Recipe, rows uint64, days map[string]uint64) error {
	if err := b.endPart(); err != nil {
		return err
	}
	lines := [][2]string{{"rows", strconv.FormatUint(rows, 10)}}
	if head != nil {
		lines = append(recipeLines(head), lines...)
	}
	if err := b.first(lines); err != nil {
		return err
	}
	if err := b.volume(days); err != nil {
		return err
	}
	return b.write(w)
}
