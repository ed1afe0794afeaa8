package report_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"earshot/mention"
	"earshot/report"
	"earshot/report/scene"
)

func at(day int) time.Time { return time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC) }

func TestNotesBelongWhereTheirFilterAndTimeDo(t *testing.T) {
	tests := []struct {
		name, note, asked string
		from, to          int // of the note
		want              bool
	}{
		{"about everything", "", "brand:a", 3, 4, true},
		{"asked for everything", "brand:a", "", 3, 4, true},
		{"the same, spelled otherwise", "recall   AND brand:a", "brand:a AND (recall)", 3, 4, true},
		{"narrower", "brand:a AND sentiment:negative", "brand:a", 3, 4, true},
		{"wider", "brand:a", "brand:a AND sentiment:negative AND lang:en", 3, 4, true},
		{"about something else", "brand:a", "brand:b", 3, 4, false},
		{"partly so", "brand:a AND lang:en", "brand:a AND lang:de", 3, 4, false},
		{"any of several is not one of them", "brand:a OR brand:b", "brand:c", 3, 4, false},
		{"before", "", "", 1, 2, false},
		{"reaches into it", "", "", 1, 3, true},
		{"after", "", "", 9, 10, false},
		{"over all of it", "", "", 1, 12, true},
	}
	for _, tt := range tests {
		list := []mention.TimeNote{{ID: "n", From: at(tt.from), To: at(tt.to), Query: tt.note}}
		got := report.NotesOf(list, tt.asked, report.Window{From: at(2), To: at(9)})
		if (len(got) == 1) != tt.want {
			t.Errorf("%s: a note about %q shown for %q: %v, want %v", tt.name, tt.note, tt.asked, !tt.want, tt.want)
		}
	}
}

// noting is a desk with notes.
type noting struct {
	desk
	list []mention.TimeNote
}

func (n noting) Notes(context.Context) ([]mention.TimeNote, error) { return n.list, nil }

func TestReportsShowTheNotesOfTheirTime(t *testing.T) {
	src := noting{desk{"splinters"}, []mention.TimeNote{
		{ID: "n2", From: at(4), To: at(6), Text: "The campaign <begins>", By: "ann", At: at(5)},
		{ID: "n1", From: at(3), To: at(4), Text: "Brillux alone", Query: "brand:brillux", By: "bea", At: at(5)},
		{ID: "n3", From: at(20), To: at(21), Text: "Later", By: "ann", At: at(21)},
	}}
	for _, kind := range []string{report.KindWeekly, report.KindVersus} {
		d, err := report.Make(t.Context(), src, order(kind))
		if err != nil {
			t.Fatal(err)
		}
		for _, format := range []string{report.Text, report.HTML, report.PDF, report.XLSX} {
			var out bytes.Buffer
			if err := d.Write(&out, format); err != nil {
				t.Fatal(err)
			}
			if format == report.PDF || format == report.XLSX {
				continue
			}
			for _, want := range []string{"1. 3 Nov 2026: Brillux alone [brand:brillux] (bea, 5 Nov 2026)", "2. 4 Nov to 5 Nov 2026: The campaign "} {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%s as %s does not say %q", kind, format, want)
				}
			}
			if strings.Contains(out.String(), "<begins>") && format == report.HTML || strings.Contains(out.String(), "Later") {
				t.Errorf("%s as %s has what it must not", kind, format)
			}
		}
		marks := 0
		for _, b := range d.Blocks {
			if b.Chart == nil {
				continue
			}
			for _, g := range b.Chart.Groups {
				for _, s := range g.Shapes {
					if s.Kind == scene.Box && s.H == 14 && s.Fill == scene.Note {
						marks++
					}
				}
			}
		}
		if marks != 2 {
			t.Errorf("%s: %d marks on its charts, want 2", kind, marks)
		}
	}
}

func TestBoardsShowNotesWhereTheirPartIs(t *testing.T) {
	src := noting{desk{"splinters"}, []mention.TimeNote{
		{ID: "n1", From: at(3), To: at(4), Text: "All", By: "ann", At: at(5)}, {ID: "n2", From: at(3), To: at(4), Text: "German", Query: "lang:de", By: "ann", At: at(5)},
	}}
	o := order(report.KindBoard)
	o.Board = &report.Board{ID: "b", Parts: []report.Part{{Chart: report.ChartLines, Breakdown: "brand", Query: "lang:en"}}}
	d, err := report.Make(t.Context(), src, o)
	if err != nil {
		t.Fatal(err)
	}
	var tips []string
	for _, g := range d.Blocks[0].Chart.Groups {
		if strings.HasSuffix(g.Tip, "(ann)") {
			tips = append(tips, g.Tip)
		}
	}
	if len(tips) != 1 || tips[0] != "1: All (ann)" {
		t.Errorf("marks %q", tips)
	}
}

func TestReportsSayHowManyNotesTheyLeaveOut(t *testing.T) {
	src := noting{desk: desk{"splinters"}}
	for i := range 23 {
		src.list = append(src.list, mention.TimeNote{ID: fmt.Sprintf("n%02d", i), From: at(3), To: at(4), Text: "Note", By: "ann", At: at(5)})
	}
	d, err := report.Make(t.Context(), src, order(report.KindWeekly))
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := d.Write(&out, report.Text); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "3 more belong to this time") {
		t.Errorf("three notes are missing, and nothing says so:\n%s", out.String())
	}
}
