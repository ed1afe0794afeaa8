package report_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"earshot/mention"
	"earshot/report"
)

var update = flag.Bool("update", false, "rewrite the golden mails")

// anyOrder is an order of each kind, of the week that desk knows.
func anyOrder(kind string) report.Order {
	o := order(kind)
	at := func(hours int) time.Time { return o.Window.From.Add(time.Duration(hours) * time.Hour) }
	switch kind {
	case report.KindBoard:
		o.Board = &report.Board{ID: "desk", Name: "Service desk", Audience: "community managers", Query: "lang:en", Parts: []report.Part{
			{Chart: report.ChartNumber, Query: "sentiment:negative", Heading: "Angry"},
			{Chart: report.ChartLines, Breakdown: "brand"},
			{Chart: report.ChartStacked},
			{Breakdown: "label", Text: "Topics the desk answers for."},
			{Breakdown: "label", Chart: report.ChartTable, Heading: "Topics in numbers"},
			{Breakdown: report.ByVoices},
			{Breakdown: report.ByQuestions},
			{Breakdown: report.ByStories},
			{Breakdown: report.ByActivities},
			{Breakdown: report.ByTrends},
			{Text: "Answer within a day."},
		}}
	case report.KindCrisis:
		o.Incident = &report.IncidentFile{
			Incident: mention.Incident{
				ID: "i1", Rule: "own-crisis", Kind: "spike", Group: "brillux", State: mention.StateFiring, Severity: mention.SeverityCrisis,
				Reason: "40 mentions in an hour, 10 times what is usual", Count: 40, Mentions: []string{"m1", "m2"}, Opened: at(30), Fired: at(31), Updated: at(40),
				Terms: []string{"splinters"}, Resolves: "fewer than 5 in an hour", AckDue: at(33), RespondDue: at(900), Notes: []mention.IncidentNote{{At: at(32), By: "ann", Text: "the plant was asked"}},
			},
			Match: "brand:brillux AND recall", GroupBy: []string{"brand"}, Playbook: "Call the head of quality.",
			Deliveries: []mention.Delivery{
				{ID: "d1", Receiver: "crisis-hook", Type: "incident.firing", State: mention.DeliverySent, Created: at(31), Sent: at(31)},
				{ID: "d2", Receiver: "desk", Type: "incident.firing", State: mention.DeliveryDead, Created: at(31), Error: "550 no such user"},
				{ID: "d3", Receiver: "head", Type: "incident.firing", State: mention.DeliveryHeld, Created: at(31), Reason: "quiet hours"},
			},
			Flags: []mention.SafetyFlag{{Mention: "m2", Flagged: at(31), Notified: at(32)}},
			Gaps:  []mention.Coverage{{Source: "wire", From: at(20), To: at(24)}},
		}
		o.Window = o.Incident.Window()
	}
	return o
}

var kinds = []string{report.KindWeekly, report.KindVersus, report.KindBoard, report.KindCrisis}

// TestMails compares the text and the HTML of the mail of every report.
func TestMails(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			d, err := report.Make(t.Context(), desk{"splinters"}, anyOrder(kind))
			if err != nil {
				t.Fatal(err)
			}
			l, err := d.Letter()
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{
				Comment: []byte("The mail of a report of kind " + kind + ", its charts left out.\nSubject: " + l.Subject + "\n"),
				Files:   []txtar.File{{Name: "text", Data: []byte(l.Text)}, {Name: "html", Data: []byte(l.HTML)}},
			}
			for _, p := range l.Pictures {
				if !bytes.HasPrefix(p.PNG, []byte("\x89PNG")) || strings.Count(l.HTML, `src="cid:`+p.Name+`"`) != 1 {
					t.Errorf("picture %s is not shown once", p.Name)
				}
			}
			name := filepath.Join("testdata", "mail", kind+".txtar")
			if *update {
				if err := os.WriteFile(name, txtar.Format(got), 0o600); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), string(txtar.Format(got))); diff != "" {
				t.Errorf("mail (-want +got):\n%s", diff)
			}
		})
	}
}

// worldly are texts as the world writes them that must stay texts.
var worldly = []string{
	"<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "\"><svg/onload=alert(1)>", "javascript:alert(1)", "<iframe src=javascript:alert(1)>",
	"</td></table><form action=https://evil.example>", "<base href=https://evil.example>", "<a href=\"javascript:alert(1)\">x</a>", "{{.}}", "<style>*{display:none}</style>",
	"=HYPERLINK(\"https://evil.example\")", "+cmd|' /C calc'!A0", "@SUM(1)", "-- want --\nx", "\r\nBcc: all@evil.example", "%PDF-1.4 (x) /URI (javascript:alert(1))",
}

func TestTextOfTheWorldStaysText(t *testing.T) {
	for _, word := range []string{strings.Join(worldly, " "), worldly[10], worldly[14]} {
		for _, kind := range kinds {
			o := anyOrder(kind)
			if o.Incident != nil {
				in := &o.Incident.Incident
				in.Reason, in.Terms, in.Notes[0].Text, in.Notes[0].By, in.Group = word, []string{word}, word, word, word
				o.Incident.Deliveries[1].Error, o.Incident.Playbook, o.Incident.Flags[0].Mention = word, word, word
			}
			if o.Board != nil {
				o.Board.Name, o.Board.Parts[0].Heading, o.Board.Parts[10].Text = word, word, word
			}
			o.Brands[0].Name = word
			d, err := report.Make(t.Context(), desk{word}, o)
			if err != nil {
				t.Fatalf("%s with %q: %v", kind, word, err)
			}
			l, err := d.Letter()
			if err != nil {
				t.Fatal(err)
			}
			low := strings.ToLower(l.HTML)
			for _, bad := range []string{"<script", "<svg", "<iframe", "<form", "<base", "<style", "<img src=x", "onerror=alert(1)>", `href="javascript`} {
				if strings.Contains(low, bad) {
					t.Errorf("%s: %q made %s", kind, word, bad)
				}
			}
			for _, format := range []string{report.PDF, report.XLSX, report.Text} {
				var b bytes.Buffer
				if err := d.Write(&b, format); err != nil {
					t.Errorf("%s as %s with %q: %v", kind, format, word, err)
				}
				if format == report.PDF && bytes.Contains(b.Bytes(), []byte("/URI (javascript")) || bytes.Contains(b.Bytes(), []byte("/JavaScript")) {
					t.Errorf("%s: %q acts in the PDF", kind, word)
				}
			}
		}
	}
}
