package crawler

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"earshot/mention"
)

const (
	maxDocumentLine = 16 << 20
	maxCell         = 1 << 20 // of a CSV file; more is a quote that was never closed
	maxColumns      = 2000
	maxPreamble     = 40 // rows before the header of an export
	sniffBytes      = 64 << 10
)

// DocumentOptions say how a file of documents is read.
type DocumentOptions struct {
	Decode  func(line []byte) (mention.Row, error) // reads one JSON document; required
	CSV     bool                                   // the file is a table; else each line is a JSON document
	Format  string                                 // of a table: "" finds it out, "plain" has our own names, else one of [Formats]
	Columns map[string]string                      // field to column; these win, and an empty column leaves a field out
	Skip    int                                    // lines that an earlier run has taken
}

// ReadDocuments reads a file of documents and calls put with each, or with the
// reason why a line or row is refused; an error of put stops it. Gzip, UTF-16
// and Windows-1252 are unpacked. What is wrong with the file as a whole is the
// error.
func ReadDocuments(r io.Reader, o DocumentOptions, put func(n int, row mention.Row, err error) error) error {
	br := bufio.NewReaderSize(r, sniffBytes)
	if magic, err := br.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(br)
		if err != nil {
			return fmt.Errorf("crawler: gzip: %w", err)
		}
		br = bufio.NewReaderSize(z, sniffBytes)
	}
	br = decoded(br)
	if o.CSV {
		return readTable(br, o, put)
	}
	return readLines(br, o, put)
}

// decoded turns what is not UTF-8 into it, by its first bytes.
func decoded(br *bufio.Reader) *bufio.Reader {
	head, _ := br.Peek(sniffBytes)
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) || bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}) {
		return bufio.NewReaderSize(transform.NewReader(br, unicode.BOMOverride(transform.Nop)), sniffBytes)
	}
	for cut := 0; len(head) > sniffBytes-utf8.UTFMax && cut < utf8.UTFMax && !utf8.Valid(head); cut++ {
		head = head[:len(head)-1] // may end within a rune
	}
	if !utf8.Valid(head) {
		return bufio.NewReaderSize(transform.NewReader(br, charmap.Windows1252.NewDecoder()), sniffBytes)
	}
	return br
}

func readLines(br *bufio.Reader, o DocumentOptions, put func(int, mention.Row, error) error) error {
	s := bufio.NewScanner(br)
	s.Buffer(make([]byte, 0, 256<<10), maxDocumentLine)
	n := 0
	for s.Scan() {
		n++
		line := bytes.TrimSpace(s.Bytes())
		if len(line) == 0 || n <= o.Skip {
			continue
		}
		row, err := o.document(n, "line", line)
		if err := put(n, row, err); err != nil {
			return err
		}
	}
	if errors.Is(s.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("crawler: line %d is longer than %d bytes", n+1, maxDocumentLine)
	}
	return s.Err()
}

// document reads one document that is to be kept: a date in another layout is
// read, and one that is none refuses the document, for it would count at the
// time of its import.
func (o *DocumentOptions) document(n int, what string, line []byte) (mention.Row, error) {
	row, err := o.Decode(line)
	if err != nil {
		return row, fmt.Errorf("%s %d: %w", what, n, err)
	}
	if row.Title == "" && row.Text == "" {
		return row, fmt.Errorf("%s %d: neither title nor text", what, n)
	}
	if !row.Published.IsZero() {
		return row, nil
	}
	var doc struct {
		Published any `json:"published"`
	}
	if err := json.Unmarshal(line, &doc); err != nil || doc.Published == nil || doc.Published == "" {
		return row, nil //nolint:nilerr // it was read once already; without a date it counts when it was seen
	}
	t, ok := ParseDate(fmt.Sprint(doc.Published))
	if !ok {
		return row, fmt.Errorf("%s %d: published %q is no date; write 2026-03-01 or 2026-03-01T09:30:00Z", what, n, fmt.Sprint(doc.Published))
	}
	row.Published = t
	return row, nil
}

// separatorOf is the character most of a table's first rows are divided by.
func separatorOf(head []byte) rune {
	best, most := ',', 0
	for _, sep := range []rune{',', '\t', ';', '|'} {
		if n := bytes.Count(head, []byte(string(sep))); n > most {
			best, most = sep, n
		}
	}
	return best
}

// readTable reads a table with a header: our own names, those of a format, or
// those that were named.
func readTable(br *bufio.Reader, o DocumentOptions, put func(int, mention.Row, error) error) error {
	head, _ := br.Peek(8 << 10)
	if i := bytes.LastIndexByte(head, '\n'); i > 0 {
		head = head[:i]
	}
	in := csv.NewReader(br)
	in.Comma = separatorOf(head)
	in.FieldsPerRecord = -1
	in.LazyQuotes = true
	in.ReuseRecord = true
	cols, err := findHeader(in, &o)
	if err != nil {
		return err
	}
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		n, _ := in.FieldPos(0)
		if perr, ok := errors.AsType[*csv.ParseError](err); ok {
			if err := put(perr.StartLine, mention.Row{}, fmt.Errorf("row %d: %w", perr.StartLine, perr.Err)); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return fmt.Errorf("crawler: %w", err)
		}
		if n <= o.Skip || blank(cells) {
			continue
		}
		row, err := o.row(n, cols, cells)
		if err := put(n, row, err); err != nil {
			return err
		}
	}
}

func blank(cells []string) bool {
	return !slices.ContainsFunc(cells, func(s string) bool { return strings.TrimSpace(s) != "" })
}

// row turns cells into a document, and reads it as a line of JSON is.
func (o *DocumentOptions) row(n int, cols *columns, cells []string) (mention.Row, error) {
	if extra := len(cells) - cols.width; extra > 0 && !blank(cells[cols.width:]) {
		return mention.Row{}, fmt.Errorf("row %d: %d cells, but the header has %d: a separator in a cell that is not in quotes?", n, len(cells), cols.width)
	}
	for i, cell := range cells {
		if len(cell) > maxCell {
			return mention.Row{}, fmt.Errorf("row %d: cell %d has %d bytes: a quote that is never closed?", n, i+1, len(cell))
		}
	}
	doc, err := cols.document(cells)
	if err != nil {
		return mention.Row{}, fmt.Errorf("row %d: %w", n, err)
	}
	line, err := json.Marshal(doc)
	if err != nil {
		return mention.Row{}, fmt.Errorf("row %d: %w", n, err)
	}
	return o.document(n, "row", line)
}

// findHeader reads up to the row that names the columns. An export may have
// rows about itself before it.
func findHeader(in *csv.Reader, o *DocumentOptions) (*columns, error) {
	format, known := formatOf(o.Format)
	if o.Format != "" && o.Format != plainFormat && !known {
		return nil, fmt.Errorf("crawler: format %q is none of %s", o.Format, strings.Join(append([]string{plainFormat}, Formats()...), ", "))
	}
	var first []string
	for n := range maxPreamble {
		cells, err := in.Read()
		if err != nil {
			if n == 0 && !errors.Is(err, io.EOF) {
				return nil, fmt.Errorf("crawler: header: %w", err)
			}
			break
		}
		if len(cells) > maxColumns {
			return nil, fmt.Errorf("crawler: header: %d columns; at most %d", len(cells), maxColumns)
		}
		names := headerNames(cells)
		f := format
		if o.Format == "" && (n > 0 || len(o.Columns) == 0) {
			f = guessFormat(names)
		}
		if f != nil && f.fits(names) {
			return f.columns(names, o.Columns)
		}
		if n == 0 && format == nil {
			first = names
			cols, err := plainColumns(names, o.Columns)
			if err == nil || o.Format == plainFormat {
				return cols, err
			}
		} else if n == 0 {
			first = names
		}
	}
	switch {
	case first == nil:
		return nil, errors.New("crawler: the table is empty")
	case format != nil:
		return nil, fmt.Errorf("crawler: the columns of %s are not there; there are: %s", o.Format, strings.Join(first, ", "))
	}
	_, err := plainColumns(first, o.Columns)
	return nil, err
}

func headerNames(cells []string) []string {
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(c, "\ufeff")))
	}
	return names
}
