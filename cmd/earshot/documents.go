package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"earshot/mention"
	"earshot/query"
)

// maxLine is how long one NDJSON document may be, in bytes.
const maxLine = 16 << 20

// documents reads NDJSON documents and calls fn with each line; a gzipped
// file is unpacked. An error of fn stops it.
func documents(r io.Reader, fn func(n int, line []byte) error) error {
	br := bufio.NewReaderSize(r, 256<<10)
	if magic, err := br.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		zr, err := gzip.NewReader(br)
		if err != nil {
			return err
		}
		br = bufio.NewReaderSize(zr, 256<<10)
	}
	var line []byte
	for n := 1; ; n++ {
		var last bool
		var err error
		if line, last, err = readLine(br, line[:0], n); err != nil {
			return err
		}
		if text := bytes.TrimSpace(line); len(text) > 0 {
			if err := fn(n, text); err != nil {
				return err
			}
		}
		if last {
			return nil
		}
	}
}

// readLine appends line n to line and says whether it is the last.
func readLine(br *bufio.Reader, line []byte, n int) (_ []byte, last bool, err error) {
	for {
		part, err := br.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case errors.Is(err, io.EOF):
			return line, true, nil
		case err == nil:
			return line, false, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return line, false, err
		}
		if len(line) > maxLine {
			return line, false, fmt.Errorf("line %d is longer than %d bytes", n, maxLine)
		}
	}
}

// decodeRow reads one document, naming the line it failed on.
func decodeRow(n int, line []byte) (mention.Row, error) {
	row, err := query.DecodeRow(line)
	if err != nil {
		return row, fmt.Errorf("line %d: %w", n, err)
	}
	return row, nil
}

// A lines writes one JSON value a line.
type lines struct {
	buf *bufio.Writer
	enc *json.Encoder
}

func newLines(w io.Writer) *lines {
	buf := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	return &lines{buf, enc}
}

func (l *lines) put(v any) error { return l.enc.Encode(v) }

// line writes a value that is JSON already.
func (l *lines) line(b []byte) error {
	_, _ = l.buf.Write(b) // an error stays, and comes with the next byte
	return l.buf.WriteByte('\n')
}

func (l *lines) flush() error { return l.buf.Flush() }

// tellRows writes rows: a table of columns for people, or what a program is to
// read.
func tellRows[T any](a *app, rows []T, columns string, cells func(*T) []any) error {
	if told, err := toldRows(a, rows); told {
		return err
	}
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, columns)
	for i := range rows {
		for k, cell := range cells(&rows[i]) {
			if k > 0 {
				fmt.Fprint(w, "\t")
			}
			fmt.Fprint(w, cell)
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// toldRows writes rows where a program is to read them, and reports whether
// that was asked for; people are told by a table.
func toldRows[T any](a *app, rows []T) (told bool, err error) {
	switch a.output {
	case "json":
		return true, a.json(orEmpty(rows))
	case "ndjson":
		out := newLines(a.stdout)
		for i := range rows {
			if err := out.put(&rows[i]); err != nil {
				return true, err
			}
		}
		return true, out.flush()
	}
	return false, nil
}
