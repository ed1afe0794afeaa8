package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// book writes a report as a workbook: the key figures with their recipes, and
// a sheet for each of its tables.
func (d *Document) book(w io.Writer) error {
	b, err := newWorkbook(d.Zone)
	if err != nil {
		return err
	}
	defer b.close()
	if err := d.sheets(b); err != nil {
		return fmt.Errorf("report: xlsx: %w", err)
	}
	if err := b.write(w); err != nil {
		return fmt.Errorf("report: xlsx: %w", err)
	}
	return nil
}

func (d *Document) sheets(b *workbook) error {
	if len(d.Score.Figures) > 0 {
		g := ScoreGrid(&d.Score)
		if err := b.sheet("Figures", g.Columns, nil); err != nil {
			return err
		}
		for _, row := range g.Rows {
			cells := make([]any, len(row))
			for i, v := range row {
				cells[i] = b.cell(v)
			}
			if err := b.put(cells); err != nil {
				return err
			}
		}
	}
	lines := [][2]string{{"report", d.Title}, {"finding", d.Subject}, {"time", d.Stretch}, {"filter", orAll(d.Query)}, {"made", d.Made.UTC().Format(time.RFC3339)}}
	names := map[string]bool{strings.ToLower(firstSheet): true, "figures": true}
	for i := range d.Blocks {
		k := &d.Blocks[i]
		for _, l := range k.Lines {
			lines = append(lines, [2]string{k.Heading, l.Text})
		}
		if err := k.sheet(b, names); err != nil {
			return err
		}
	}
	if err := b.endPart(); err != nil {
		return err
	}
	return b.first(lines)
}

// sheet writes the numbers of a block, when it has any.
func (k *Block) sheet(b *workbook, names map[string]bool) error {
	head, rows := k.Head, k.Rows
	if len(rows) == 0 && len(k.Data.Rows) > 0 {
		head = k.Data.Head
		for _, r := range k.Data.Rows {
			row := []Entry{{Text: r.Label}}
			for _, c := range r.Cells {
				row = append(row, Entry{Text: c, Number: true})
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	widths := make([]float64, len(head))
	for i := range widths {
		widths[i] = 18
	}
	if len(widths) > 0 {
		widths[0] = 34
	}
	if err := b.sheet(sheetName(k.Heading, names), head, widths); err != nil {
		return err
	}
	for _, row := range rows {
		cells := make([]any, len(row))
		for i, e := range row {
			cells[i] = b.cell(e.value())
		}
		if err := b.put(cells); err != nil {
			return err
		}
	}
	return nil
}

// value is a number where the entry is no more than one.
func (e *Entry) value() any {
	if !e.Number {
		return e.Text
	}
	v, err := strconv.ParseFloat(strings.NewReplacer(",", "", "−", "-", "+", "").Replace(e.Text), 64)
	if err != nil {
		return e.Text
	}
	return v
}

// sheetName is a name that a workbook takes and does not have yet.
func sheetName(heading string, names map[string]bool) string {
	const most = 28 // of 31, with room for a number
	s := strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`[]:*?/\'`, r) || r > 0xFFFF || r == utf8.RuneError {
			return ' '
		}
		return r
	}, heading)
	if r := []rune(strings.Join(strings.Fields(s), " ")); len(r) > most {
		s = strings.TrimSpace(string(r[:most]))
	} else {
		s = string(r)
	}
	if s == "" {
		s = "Table"
	}
	base := s
	for i := 2; names[strings.ToLower(s)]; i++ {
		s = base + " " + strconv.Itoa(i)
	}
	names[strings.ToLower(s)] = true
	return s
}
