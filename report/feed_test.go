package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"earshot/mention"
	"earshot/report"
)

func feed() *report.Feed {
	page := func(id string) string { return "https://earshot.example/mentions/" + id }
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	return &report.Feed{
		ID: report.FeedID("a AND b"), Title: "earshot: a AND b <c>", Home: "https://earshot.example/mentions?q=a", Self: "https://earshot.example/feed?q=a&x=1",
		Next: "https://earshot.example/feed?q=a&cursor=2",
		Entries: []report.FeedEntry{
			report.MentionEntry(&mention.Row{ID: "at://did/1", Title: "Tom & <Jerry>", Text: "one <b>\x0b\ntwo", URL: "https://news.example/1", Author: "Ada", Published: at, Brands: []string{"acme"}, Sentiment: "negative", Lang: "en"}, page),
			report.MentionEntry(&mention.Row{ID: "m2", Revision: 2, Text: strings.Repeat("word ", 60), URL: "javascript:alert(1)", Seen: at.Add(-time.Hour), Collected: at.Add(time.Hour)}, page),
		},
	}
}

func TestFeeds(t *testing.T) {
	for format := range report.FeedTypes {
		t.Run(format, func(t *testing.T) {
			var one, two bytes.Buffer
			if err := feed().Write(&one, format); err != nil {
				t.Fatal(err)
			}
			if err := feed().Write(&two, format); err != nil || one.String() != two.String() {
				t.Errorf("written twice it is not the same (%v)", err)
			}
			out := one.String()
			for _, want := range []string{"urn:earshot:mention:at:%2F%2Fdid%2F1", "https://earshot.example/mentions/m2", "brand:acme", "cursor=2"} {
				if !strings.Contains(out, want) {
					t.Errorf("%s is missing in %s", want, out)
				}
			}
			if strings.Contains(out, "javascript") || strings.Contains(out, "\x0b") {
				t.Errorf("unsafe: %s", out)
			}
		})
	}
	if err := feed().Write(&bytes.Buffer{}, "pdf"); err == nil {
		t.Error("format pdf was taken")
	}
}

func TestFeedsAreRead(t *testing.T) {
	var buf bytes.Buffer
	if err := feed().Write(&buf, report.Atom); err != nil {
		t.Fatal(err)
	}
	var atom struct {
		ID      string `xml:"id"`
		Updated string `xml:"updated"`
		Entries []struct {
			ID      string `xml:"id"`
			Title   string `xml:"title"`
			Updated string `xml:"updated"`
			Content string `xml:"content"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(buf.Bytes(), &atom); err != nil {
		t.Fatal(err)
	}
	if len(atom.Entries) != 2 || atom.Entries[0].Title != "Tom & <Jerry>" || !strings.HasPrefix(atom.Entries[0].Content, "one <b>") || atom.Entries[1].Updated != "2026-03-01T11:00:00Z" ||
		atom.Updated != "2026-03-01T11:00:00Z" || atom.ID != "urn:earshot:feed:a+AND+b" || len([]rune(atom.Entries[1].Title)) != 120 {
		t.Errorf("atom: %+v", atom)
	}
	buf.Reset()
	if err := feed().Write(&buf, report.RSS); err != nil {
		t.Fatal(err)
	}
	var rss struct {
		Items []struct {
			GUID string `xml:"guid"`
			Text string `xml:"description"`
			Date string `xml:"pubDate"`
		} `xml:"channel>item"`
	}
	if err := xml.Unmarshal(buf.Bytes(), &rss); err != nil {
		t.Fatal(err)
	}
	if len(rss.Items) != 2 || !strings.HasPrefix(rss.Items[0].Text, "one &lt;b&gt;") || rss.Items[0].Date != "Sun, 01 Mar 2026 10:00:00 +0000" {
		t.Errorf("rss: %+v", rss)
	}
	buf.Reset()
	if err := feed().Write(&buf, report.JSONFeed); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Version string
		Items   []struct {
			ID string
		}
	}
	if err := json.Unmarshal(buf.Bytes(), &doc); err != nil || doc.Version != "https://jsonfeed.org/version/1.1" || len(doc.Items) != 2 {
		t.Errorf("json: %+v, %v", doc, err)
	}
}

func TestIncidentsAreEntries(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	in := mention.Incident{
		ID: "inc_1", Rule: "outcry", Group: "acme", State: mention.StateFiring, Severity: mention.SeverityCrisis, Reason: "7 mentions in 1h <where> 1 is usual",
		Count: 9, Opened: at, Fired: at, Updated: at.Add(time.Hour), Resolves: "it is quiet", Terms: []string{"recall"},
	}
	f := report.Feed{ID: report.IncidentFeedID("outcry"), Title: "incidents", Self: "https://earshot.example/f", Entries: []report.FeedEntry{report.IncidentEntry(&in, "https://earshot.example/incidents/inc_1")}}
	for format := range report.FeedTypes {
		var b bytes.Buffer
		if err := f.Write(&b, format); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"[crisis] firing: outcry · acme", "urn:earshot:incident:inc_1", "https://earshot.example/incidents/inc_1", "9 mentions so far", "It ends when it is quiet.", "severity:crisis", "recall"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: %q is missing in\n%s", format, want, b.String())
			}
		}
	}
	in.State, in.Resolved = mention.StateResolved, at.Add(2*time.Hour)
	if e := report.IncidentEntry(&in, ""); e.ID != f.Entries[0].ID || !strings.Contains(e.Text, "Resolved 2026-03-01 12:00 UTC.") || strings.Contains(e.Text, "It ends") {
		t.Errorf("resolved: %+v", e)
	}
}
