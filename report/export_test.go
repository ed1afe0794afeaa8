package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"earshot/mention"
	"earshot/report"
)

var formulas = []string{`=1+1`, `+41 44 000`, "-2", "@SUM(A1)", "\t=1", "'=1", "''@x", "plain", "'quoted'", "0012"}

func rows() []mention.Row {
	score, reach := -.25, 12000.0
	list := []mention.Row{{
		ID: "m1", Revision: 2, Source: "wire", Kind: mention.KindNews, Title: "two\nlines, \"quoted\"", Text: "Tom & <Jerry>\x01", URL: "https://news.example/1",
		Published: time.Date(2026, 3, 1, 23, 30, 0, 5e6, time.UTC), Seen: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC),
		Brands: []string{"a", "b"}, Score: &score, Reach: &reach, Starred: true,
	}}
	for _, f := range formulas {
		list = append(list, mention.Row{ID: "x", Title: f, Seen: time.Date(1890, 1, 2, 3, 4, 5, 0, time.UTC)})
	}
	return list
}

func export(t *testing.T, o report.RowOptions) *bytes.Buffer {
	t.Helper()
	var buf bytes.Buffer
	w, err := report.NewRowWriter(&buf, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows() {
		if err := w.Write(&r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &buf
}

func TestCSVRoundTrips(t *testing.T) {
	cells, err := csv.NewReader(export(t, report.RowOptions{Format: report.CSV})).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	title := 0
	for i, name := range cells[0] {
		if name == "title" {
			title = i
		}
	}
	for i, want := range formulas {
		got := cells[i+2][title]
		if back := report.Uncell(got); back != want {
			t.Errorf("%q came back as %q by way of %q", want, back, got)
		}
		if strings.IndexByte("=+-@\t", got[0]) >= 0 {
			t.Errorf("the cell %q is a formula", got)
		}
	}
	if got := cells[1]; got[1] != "2026-03-01T23:30:00.005Z" || got[title] != "two\nlines, \"quoted\"" {
		t.Errorf("first row %q", got)
	}
}

func TestCellAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOf(rapid.RuneFrom([]rune("'=+-@\t\ra b"))).Draw(t, "s")
		if got := report.Uncell(report.Cell(s)); got != s {
			t.Fatalf("%q came back as %q", s, got)
		}
	})
}

func TestExportsSayWhatTheyAre(t *testing.T) {
	head := &mention.Recipe{Query: "=a", Zone: "UTC", Seq: 7, Models: "m1", Coverage: "wire did not answer for 2 h", Caveats: []string{"one", "two"}}
	out := export(t, report.RowOptions{Format: report.CSV, BOM: true, Head: head}).String()
	if !strings.HasPrefix(out, "\ufeff# query,'=a\n") || !strings.Contains(out, "# coverage,wire did not answer for 2 h\n") || !strings.Contains(out, "# note,two\nid,published") {
		t.Errorf("csv begins %.200q", out)
	}
	out = export(t, report.RowOptions{Format: report.NDJSON, Head: head}).String()
	if !strings.HasPrefix(out, `{"recipe":{`) || !strings.Contains(out, `"seq":7`) {
		t.Errorf("ndjson begins %.200q", out)
	}
	if _, err := report.NewRowWriter(nil, report.RowOptions{Format: "pdf"}); err == nil || !strings.Contains(err.Error(), "ndjson, csv, xlsx") {
		t.Errorf("format pdf: %v", err)
	}
}

func TestXLSX(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	buf := export(t, report.RowOptions{Format: report.XLSX, Zone: zone, Head: &mention.Recipe{Query: "=recall", Zone: "Europe/Zurich", At: time.Date(2026, 3, 5, 0, 0, 0, 0, time.UTC)}})
	f, err := excelize.OpenReader(buf)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if diff := cmp.Diff([]string{"Recipe", "Mentions", "Volume"}, f.GetSheetList()); diff != "" {
		t.Errorf("sheets (-want +got):\n%s", diff)
	}
	recipe, err := f.GetRows("Recipe")
	if err != nil || recipe[0][0] != "query" || recipe[0][1] != "=recall" {
		t.Errorf("recipe %q, %v", recipe, err)
	}
	value := func(cell string) string { v, _ := f.GetCellValue("Mentions", cell); return v }
	// Published 23:30 UTC is half past midnight in Zurich.
	if got := value("B2"); got != "2026-03-02 00:30:00" {
		t.Errorf("published is %q", got)
	}
	if got := value("K2"); got != "Tom & <Jerry>" {
		t.Errorf("text is %q", got)
	}
	for cell, want := range map[string]excelize.CellType{"B2": excelize.CellTypeUnset, "V2": excelize.CellTypeUnset, "AE2": excelize.CellTypeBool} {
		if got, err := f.GetCellType("Mentions", cell); err != nil || got != want {
			t.Errorf("%s has the type %v, want %v (%v)", cell, got, want, err)
		}
	}
	for i, want := range formulas {
		ref, err := excelize.CoordinatesToCellName(10, i+3)
		if err != nil {
			t.Fatal(err)
		}
		kind, _ := f.GetCellType("Mentions", ref)
		formula, _ := f.GetCellFormula("Mentions", ref)
		if got := value(ref); got != want || formula != "" || kind != excelize.CellTypeInlineString && kind != excelize.CellTypeSharedString {
			t.Errorf("%s is %q (type %v, formula %q), want %q", ref, got, kind, formula, want)
		}
	}
	if got := value("C3"); !strings.HasPrefix(got, "1890-01-02T") {
		t.Errorf("a date before the format's first is %q", got)
	}
	if day, _ := f.GetCellValue("Volume", "A3"); day != "2026-03-02" {
		t.Errorf("volume %q", day)
	}
}

func TestXLSXCutsLongTextsAndSaysSo(t *testing.T) {
	var buf bytes.Buffer
	w, err := report.NewRowWriter(&buf, report.RowOptions{Format: report.XLSX})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(&mention.Row{ID: "a", Text: strings.Repeat("😀", 20_000)}), w.Close()); err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(&buf)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, _ := f.GetCellValue("Mentions", "K2")
	if n := len([]rune(text)); n != 16_384 || !strings.HasSuffix(text, "😀…") {
		t.Errorf("%d characters, ends %q", n, text[len(text)-8:])
	}
	lines, _ := f.GetRows("Recipe")
	if text := strings.Join(lines[len(lines)-1], " "); !strings.Contains(text, "1 texts were cut") {
		t.Errorf("the recipe says %q", text)
	}
}

// A full is a disk with room for so many bytes.
type full int

func (f *full) Write(b []byte) (int, error) {
	if len(b) > int(*f) {
		return 0, errors.New("no space left on device")
	}
	*f -= full(len(b))
	return len(b), nil
}

func TestAFullDiskIsAnError(t *testing.T) {
	for _, format := range report.Formats {
		room := full(100)
		w, err := report.NewRowWriter(&room, report.RowOptions{Format: format})
		for i := 0; i < 2000 && err == nil; i++ {
			err = w.Write(&mention.Row{ID: "a", Text: strings.Repeat("x", 200)})
		}
		if w != nil {
			err = errors.Join(err, w.Close())
		}
		if err == nil || !strings.Contains(err.Error(), "no space left") {
			t.Errorf("%s on a full disk: %v", format, err)
		}
	}
}
