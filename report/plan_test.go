package report_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"earshot/mention"
	"earshot/report"
)

func TestPlanIsDueAtItsTimes(t *testing.T) {
	zurich, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, schedule, now, last, next, from, to string }{
		{"weekly", "mon 07:00", "2026-11-18T12:00", "2026-11-16T07:00", "2026-11-23T07:00", "2026-11-09", "2026-11-16"},
		{"at the very time", "mon 07:00", "2026-11-16T07:00", "2026-11-16T07:00", "2026-11-23T07:00", "2026-11-09", "2026-11-16"},
		{"a second before", "mon 07:00", "2026-11-16T06:59", "2026-11-09T07:00", "2026-11-16T07:00", "2026-11-02", "2026-11-09"},
		{"two days a week", "Monday,thu 18:30", "2026-11-18T12:00", "2026-11-16T18:30", "2026-11-19T18:30", "2026-11-12", "2026-11-16"},
		{"daily", "daily 06:00", "2026-11-18T05:00", "2026-11-17T06:00", "2026-11-18T06:00", "2026-11-16", "2026-11-17"},
		{"weekdays on a monday", "weekdays 06:00", "2026-11-16T09:00", "2026-11-16T06:00", "2026-11-17T06:00", "2026-11-13", "2026-11-16"},
		{"monthly", "1st 07:00", "2026-11-18T12:00", "2026-11-01T07:00", "2026-12-01T07:00", "2026-10-01", "2026-11-01"},
		{"where the clock jumps ahead", "daily 02:30", "2026-03-29T12:00", "2026-03-29T03:30", "2026-03-30T02:30", "2026-03-28", "2026-03-29"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := report.Plan{ID: "p", Schedule: tt.schedule}
			if errs := p.Faults(); len(errs) > 0 {
				t.Fatal(errs)
			}
			at := func(s string) time.Time {
				v, err := time.ParseInLocation("2006-01-02T15:04", s, zurich)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			last := p.Last(at(tt.now), zurich)
			if !last.Equal(at(tt.last)) {
				t.Errorf("Last = %s, want %s", last, tt.last)
			}
			if got := p.Next(at(tt.now), zurich); !got.Equal(at(tt.next)) {
				t.Errorf("Next = %s, want %s", got, tt.next)
			}
			o, err := p.Order(last, zurich, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if from, to := o.Window.From.Format(time.DateOnly), o.Window.To.Format(time.DateOnly); from != tt.from || to != tt.to {
				t.Errorf("window = %s to %s, want %s to %s", from, to, tt.from, tt.to)
			}
		})
	}
}

func TestPlanAndBoardFaults(t *testing.T) {
	for name, tt := range map[string]struct {
		faults []error
		want   string
	}{
		"no schedule":       {(&report.Plan{ID: "p"}).Faults(), "schedule is missing"},
		"no time":           {(&report.Plan{ID: "p", Schedule: "mon"}).Faults(), "needs days and a time"},
		"no day":            {(&report.Plan{ID: "p", Schedule: "moonday 07:00"}).Faults(), "is no day"},
		"hour 25":           {(&report.Plan{ID: "p", Schedule: "mon 25:00"}).Faults(), "no time of the day"},
		"the 31st":          {(&report.Plan{ID: "p", Schedule: "31st 07:00"}).Faults(), "is no day"},
		"kind":              {(&report.Plan{ID: "p", Kind: "yearly", Schedule: "mon 07:00"}).Faults(), "none of weekly, versus, board"},
		"board missing":     {(&report.Plan{ID: "p", Kind: "board", Schedule: "mon 07:00"}).Faults(), "board is missing"},
		"hours":             {(&report.Plan{ID: "p", Period: mention.Duration(time.Hour), Schedule: "mon 07:00"}).Faults(), "whole days"},
		"attach":            {(&report.Plan{ID: "p", Attach: []string{"doc"}, Schedule: "mon 07:00"}).Faults(), "none of pdf, xlsx"},
		"zone":              {(&report.Plan{ID: "p", Zone: "Mars/Base", Schedule: "mon 07:00"}).Faults(), "not known"},
		"empty board":       {(&report.Board{ID: "b"}).Faults(), "parts is missing"},
		"breakdown":         {(&report.Board{ID: "b", Parts: []report.Part{{Breakdown: "brnd"}}}).Faults(), "parts[0].breakdown: \"brnd\" is none of"},
		"breakdown meant":   {(&report.Board{ID: "b", Parts: []report.Part{{Breakdown: "brnd"}}}).Faults(), "did you mean brand?"},
		"chart":             {(&report.Board{ID: "b", Parts: []report.Part{{Chart: "pie"}}}).Faults(), "parts[0].chart"},
		"bars of nothing":   {(&report.Board{ID: "b", Parts: []report.Part{{Chart: "bars"}}}).Faults(), "needs a breakdown"},
		"nothing in a part": {(&report.Board{ID: "b", Parts: []report.Part{{}}}).Faults(), "the part is empty"},
	} {
		var all []string
		for _, err := range tt.faults {
			all = append(all, err.Error())
		}
		if text := strings.Join(all, "\n"); !strings.Contains(text, tt.want) {
			t.Errorf("%s: faults %q, want %q", name, text, tt.want)
		}
	}
}

func TestKeptReportSaysWhatIsAnotherNumberNow(t *testing.T) {
	f, body, err := report.Freeze(t.Context(), desk{"splinters"}, order(report.KindWeekly), map[string]string{"label recalls": "1", "brand old": "1"})
	if err != nil {
		t.Fatal(err)
	}
	again, err := report.Thaw(body, func(q string) string { return "https://ear.example/?q=" + q })
	if err != nil {
		t.Fatal(err)
	}
	var was, is strings.Builder
	if err := f.Document.Write(&was, report.Text); err != nil {
		t.Fatal(err)
	}
	if err := again.Document.Write(&is, report.Text); err != nil || was.String() != is.String() {
		t.Errorf("thawed, it reads otherwise: %v\n%s", err, is.String())
	}
	var html strings.Builder
	if err := again.Document.Write(&html, report.HTML); err != nil || strings.Contains(html.String(), "query:") || !strings.Contains(html.String(), "https://ear.example/?q=") {
		t.Errorf("links are not those of the writing: %v", err)
	}
	changes, _, err := again.Review(t.Context(), desk{"splinters"}, f.Document.Made)
	if err != nil || len(changes) != 0 {
		t.Errorf("nothing changed, and yet %v, %v", changes, err)
	}
	changes, _, err = again.Review(t.Context(), more{desk{"splinters"}}, f.Document.Made)
	if err != nil || len(changes) == 0 || changes[0].Name != "volume" || changes[0].Was != "40" || changes[0].Now != "52" {
		t.Errorf("changes = %v, %v; want volume was 40, now 52", changes, err)
	}
	got := strings.Join(again.Causes(map[string]string{"label recalls": "2", "brand fresh": "1"}), "; ")
	if want := "brand fresh was added to the configuration; brand old was taken out of the configuration; label recalls was changed in the configuration"; got != want {
		t.Errorf("causes %q, want %q", got, want)
	}
}

// more counts twelve mentions more than desk.
type more struct{ desk }

func (m more) Aggregate(ctx context.Context, a mention.Aggregation) (mention.Table, error) {
	t, err := m.desk.Aggregate(ctx, a)
	t.Total.Count += 12
	return t, err
}

func (m more) Scorecard(ctx context.Context, s mention.KPISearch) (mention.Scorecard, error) {
	return report.Scorecard(ctx, m.Aggregate, s, time.UTC)
}
