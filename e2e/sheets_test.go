package e2e

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// texts are what a spreadsheet must not take for anything else.
var texts = []string{"=1+1", "+41 44 000 00 00", "-2+3", "@SUM(1;2)", "=HYPERLINK(\"http://evil.example\")", "0012", "1e5", "'quoted", "two\nlines, \"quoted\"", "Zürich – 東京"}

// TestSpreadsheetShowsTextAsText opens an exported workbook in LibreOffice:
// what looks like a formula is text, and the first sheet says what it is.
func TestSpreadsheetShowsTextAsText(t *testing.T) {
	dir, data := imported(t)
	run(t, dir, binary(t), "export", "--data-dir", data, "-o", "xlsx", "--file", "out.xlsx")
	sheets := converted(t, dir, "out.xlsx", "")
	recipe := sheets["Recipe"]
	if len(recipe) < 5 || !slices.ContainsFunc(recipe, func(r []string) bool { return r[0] == "zone" && r[1] == "UTC" }) {
		t.Errorf("the first sheet says %q", recipe)
	}
	rows := sheets["Mentions"]
	same(t, titles(rows))
	published := slices.Index(rows[0], "published")
	if got := rows[1][published]; got != "2026-03-01 10:00:00" {
		t.Errorf("published is %q", got)
	}
	if volume := sheets["Volume"]; len(volume) != 2 || volume[1][0] != "2026-03-01" || volume[1][1] != "10" {
		t.Errorf("volume %q", volume)
	}
}

// TestCSVRoundTrips sends an export through LibreOffice and back into
// earshot: every text is as it was.
func TestCSVRoundTrips(t *testing.T) {
	dir, data := imported(t)
	run(t, dir, binary(t), "export", "--data-dir", data, "-o", "csv", "--bom", "--file", "out.csv")
	for _, cell := range titles(converted(t, dir, "out.csv", "CSV:44,34,76,1")["out"]) {
		if strings.IndexByte("=+-@", cell[0]) >= 0 {
			t.Errorf("a cell of the CSV is a formula: %q", cell)
		}
	}
	// A CSV has no types: 0012 stays what it is where columns are read as text.
	rows := converted(t, dir, "out.csv", "CSV:44,34,76,1,"+asText(40))["out"]
	back := filepath.Join(dir, "back.csv")
	var buf bytes.Buffer
	if err := csv.NewWriter(&buf).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(back, buf.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, binary(t), "import", "--data-dir", "again", back)
	var got []string
	for line := range strings.Lines(run(t, dir, binary(t), "export", "--data-dir", "again", "-o", "ndjson")) {
		var row struct{ Title string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		got = append(got, row.Title)
	}
	same(t, got)
}

// imported makes a data directory with one mention of each text.
func imported(t *testing.T) (dir, data string) {
	t.Helper()
	dir = t.TempDir()
	var docs bytes.Buffer
	for i, text := range texts {
		line, err := json.Marshal(map[string]any{"id": string(rune('a' + i)), "title": text, "text": "some text", "published": "2026-03-01T10:00:00Z"})
		if err != nil {
			t.Fatal(err)
		}
		docs.Write(append(line, '\n'))
	}
	if err := os.WriteFile(filepath.Join(dir, "docs.ndjson"), docs.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, dir, binary(t), "import", "--data-dir", "data", "docs.ndjson")
	return dir, "data"
}

// asText says of columns that they are text.
func asText(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "/%d/2", i+1)
	}
	return b.String()[1:]
}

// converted has LibreOffice read a file and write its sheets as CSV, cells as
// they are shown; by the sheet's name, a CSV's being its file's.
func converted(t *testing.T, dir, name, reading string) map[string][][]string {
	t.Helper()
	out := t.TempDir()
	args := []string{"-env:UserInstallation=file://" + out + "/profile", "--headless"}
	if reading != "" {
		args = append(args, "--infilter="+reading)
	}
	args = append(args, "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1", "--outdir", out, name)
	run(t, dir, "soffice", args...)
	found, err := filepath.Glob(filepath.Join(out, "*.csv"))
	if err != nil || len(found) == 0 {
		t.Fatalf("soffice wrote %v, %v", found, err)
	}
	sheets := map[string][][]string{}
	for _, path := range found {
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(body, []byte("\ufeff")))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		base := strings.TrimSuffix(filepath.Base(path), ".csv")
		sheets[base[strings.LastIndexByte(base, '-')+1:]] = rows
	}
	return sheets
}

func titles(rows [][]string) []string {
	if len(rows) == 0 {
		return nil
	}
	title := slices.Index(rows[0], "title")
	var list []string
	for _, row := range rows[1:] {
		list = append(list, row[title])
	}
	return list
}

// same compares titles with the texts, in any order.
func same(t *testing.T, got []string) {
	t.Helper()
	want := slices.Clone(texts)
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("titles\n%q, want\n%q", got, want)
	}
}
