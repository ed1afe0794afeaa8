package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/mention"
	"earshot/report"
)

// A flaky reader breaks off after so many rows.
type flaky struct {
	reader

	rows, breakAfter int
}

func (f *flaky) Export(_ context.Context, e mention.Export, fn func(mention.Row) error) error {
	given := 0
	for i := range f.rows {
		row := mention.Row{ID: fmt.Sprintf("%06d", i), Title: strings.Repeat("x", i%50), Published: time.Unix(int64(1e9-i/3), 0).UTC()}
		if e.AfterID != "" && (row.Time().After(e.AfterTime) || row.Time().Equal(e.AfterTime) && row.ID <= e.AfterID) {
			continue
		}
		if given == f.breakAfter {
			return errors.New("the daemon went away")
		}
		given++
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

func TestExportGoesOnWhereItBrokeOff(t *testing.T) {
	for _, format := range []string{report.NDJSON, report.CSV} {
		t.Run(format, func(t *testing.T) {
			dir := t.TempDir()
			a := &app{output: format, stderr: io.Discard}
			name := filepath.Join(dir, "out")
			f := &flaky{rows: 12_345, breakAfter: 5_678}
			o := report.RowOptions{Format: format, BOM: format == report.CSV, Head: &mention.Recipe{Query: "a"}}
			e := mention.Export{Query: "a", Now: time.Unix(1e9, 0).UTC()}
			for try := range 2 {
				if err := a.exportOn(t.Context(), f, name, e, o); err == nil || !strings.Contains(err.Error(), "went away") {
					t.Fatalf("try %d: %v", try, err)
				}
				if _, err := os.Stat(name); err == nil {
					t.Fatal("half an export has its name already")
				}
			}
			other := e
			other.Query = "b"
			if err := a.exportOn(t.Context(), f, name, other, o); err == nil || !strings.Contains(err.Error(), "another export") {
				t.Errorf("another query went on with it: %v", err)
			}
			// What was written after the note, as by a power cut, is not taken twice.
			part, err := os.OpenFile(name+".part", os.O_APPEND|os.O_WRONLY, 0)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := part.WriteString("half a li"); err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(part.Close(), a.exportOn(t.Context(), f, name, e, o)); err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var want bytes.Buffer
			w, err := report.NewRowWriter(&want, o)
			if err != nil {
				t.Fatal(err)
			}
			whole := &flaky{rows: f.rows, breakAfter: -1}
			if err := errors.Join(whole.Export(t.Context(), e, func(r mention.Row) error { return w.Write(&r) }), w.Close()); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.Bytes()) {
				t.Errorf("%d bytes in three goes, %d in one", len(got), want.Len())
			}
			if left, _ := filepath.Glob(name + ".*"); len(left) > 0 {
				t.Errorf("left over: %v", left)
			}
		})
	}
}
