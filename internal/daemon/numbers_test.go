package daemon

import (
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"earshot/internal/config"
	"earshot/mention"
	"earshot/report"
)

const numbersConfig = `
zone: America/New_York
brands:
  - {id: acme, name: Acme, role: own, domains: [acme.example], products: [Widget]}
  - {id: globex, name: Globex, domains: [globex.example]}
  - {id: initech, name: Initech}
labels:
  - {id: trouble, query: "recall OR broken"}
`

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// talk is random mentions: of brands, on sites, at hours around a change of
// clocks, with and without dates, authors, engagement and languages.
func talk(r *rand.Rand, n int) []mention.Row {
	list := make([]mention.Row, n)
	for i := range list {
		row := mention.Row{
			ID: "m" + strconv.Itoa(i), Source: pick(r, "wire", "forum", "shop"), Kind: pick(r, mention.KindNews, mention.KindPost, mention.KindReview),
			Author: pick(r, "", "Ann", "Bob", "Cy Dee"), Lang: pick(r, "en", "en", "en", "fi"),
			Title: pick(r, "Acme", "Globex", "Acme and Globex", "Initech", "Nobody") + " " + pick(r, "recall", "prize", "widget", "news"),
			Text:  pick(r, "This is great and wonderful.", "A terrible, broken thing.", "It was published on Monday.", "Widget is fine. Globex is awful."),
			URL:   fmt.Sprintf("https://%s/%d", pick(r, "news.example", "a.news.example", "forum.example", "acme.example"), i),
		}
		if r.IntN(8) > 0 {
			row.Published = time.Date(2026, 3, 6+r.IntN(5), r.IntN(24), r.IntN(60), r.IntN(60), 0, time.UTC)
		}
		if r.IntN(3) == 0 {
			v := float64(r.IntN(50))
			row.Engagement = &v
		}
		if r.IntN(10) == 0 {
			row.Sentiment = pick(r, mention.Positive, mention.Mixed)
		}
		list[i] = row
	}
	return list
}

// keepNumbers runs a daemon on random mentions, some of them curated.
func keepNumbers(t *testing.T, r *rand.Rand, n int) *house {
	t.Helper()
	dir := t.TempDir()
	h := &house{t: t, path: filepath.Join(dir, "earshot.yaml")}
	h.write(numbersConfig)
	cfg, err := config.Load(h.path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(t.Context(), cfg.DataDir(), cfg.Location(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	importRows(t, s, cfg, talk(r, n))
	var events []mention.CurationEvent
	for i := range n / 10 {
		e := mention.CurationEvent{ID: "m" + strconv.Itoa(i), Actor: "ann", At: now(), Action: mention.CurateIrrelevant}
		switch r.IntN(4) {
		case 0:
			e.Action, e.Value = mention.CurateSentiment, mention.Negative
		case 1:
			e.Action, e.Value = mention.CurateBrands, "globex,initech"
		case 2:
			e.Action, e.Value = mention.CurateTag, "read"
		}
		events = append(events, e)
	}
	if err := s.Ledger.Curate(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	h.start()
	h.eventually("everything is searchable", func() bool { return h.get("/readyz", nil) == http.StatusOK })
	return h
}

// exact checks that a number is the count of its query.
func (h *house) exact(where string, n uint64, query string) {
	h.t.Helper()
	if query == "" {
		return
	}
	if got := h.count(url.QueryEscape(query)); uint64(got) != n {
		h.t.Errorf("%s: %d, but %s finds %d", where, n, query, got)
	}
}

// TestNumbersAreTheirMentions asks the API for random numbers and looks for
// the mentions behind each of them.
func TestNumbersAreTheirMentions(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	h := keepNumbers(t, r, 400)
	queries := []string{"", "recall", "acme OR globex", "great NOT broken", "brand:acme", "site:news.example", "label:trouble AND lang:en", "toward:acme:negative"}
	for range 60 {
		v := url.Values{"q": {pick(r, queries...)}, "zone": {pick(r, "UTC", "America/New_York", "Asia/Kolkata")}, "measures": {"sentiment,engagement,authors"}}
		by := []string{pick(r, mention.Dimensions...)}
		if second := pick(r, mention.Dimensions...); r.IntN(2) == 0 && second != by[0] {
			by = append(by, second)
		}
		v.Set("by", strings.Join(by, ","))
		if r.IntN(2) == 0 {
			v.Set("from", "2026-03-07")
			v.Set("to", pick(r, "2026-03-08", "2026-03-09T11:30:00Z"))
		}
		var table mention.Table
		switch status := h.get("/api/v1/aggregate?"+v.Encode(), &table); {
		case status == http.StatusBadRequest && len(by) == 2: // two of time
			continue
		case status != http.StatusOK:
			t.Fatalf("%v: %d", v, status)
		}
		where := fmt.Sprint(v)
		h.exact(where+" total", table.Total.Count, table.Total.Query)
		if table.Total.Count > 0 && table.Total.Query == "" {
			t.Errorf("%s: the total has no query", where)
		}
		checkSums(t, where, &table)
		for range min(10, len(table.Cells)) {
			c := pick(r, table.Cells...)
			h.exact(fmt.Sprint(where, " ", c.Keys), c.Count, c.Query)
		}
	}
}

// checkSums holds what every table must: time adds up to the total, and so do
// the sentiments.
func checkSums(t *testing.T, where string, table *mention.Table) {
	t.Helper()
	var sum uint64
	for i := range append(table.Cells, table.Total) {
		c := &table.Total
		if i < len(table.Cells) {
			c = &table.Cells[i]
			sum += c.Count
		}
		if s := c.Sentiment; s == nil || s.Positive+s.Negative+s.Neutral+s.Mixed+s.Unsupported+s.Unscored != c.Count {
			t.Errorf("%s %v: %d mentions, sentiments %+v", where, c.Keys, c.Count, s)
		}
	}
	if len(table.By) == 1 && slices.Contains([]string{"hour", "day", "week"}, table.By[0]) && sum != table.Total.Count {
		t.Errorf("%s: the buckets sum to %d of %d", where, sum, table.Total.Count)
	}
}

func TestFiguresAreTheirMentions(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	h := keepNumbers(t, r, 300)
	for _, q := range []string{"", "recall", "brand:acme AND widget", "lang:en OR lang:fi"} {
		v := url.Values{"q": {q}, "brands": {"acme,globex,initech"}, "from": {"2026-03-08"}, "to": {"2026-03-09"}}
		var card mention.Scorecard
		if status := h.get("/api/v1/kpis?"+v.Encode(), &card); status != http.StatusOK {
			t.Fatalf("%v: %d", v, status)
		}
		var shares float64
		for _, f := range card.Figures {
			where := fmt.Sprintf("%q %s of %q", q, f.Recipe.Measure, f.Subject)
			switch f.Recipe.Measure {
			case report.KPIShareOfVoice:
				shares += f.Value
				fallthrough
			default:
				h.exact(where, f.Recipe.N, f.Recipe.Query)
			case report.KPIAuthors, report.KPISites, report.KPIStories:
			}
			if p := f.Previous; p == nil {
				t.Errorf("%s: no period before", where)
			} else {
				h.exact(where+" before", p.N, p.Query)
			}
			if f.Known && (f.Low > f.Value || f.High < f.Value) || f.Recipe.Stage == "" || f.Recipe.Zone != "America/New_York" || f.Recipe.Models == "" || f.Recipe.Config == "" {
				t.Errorf("%s: %+v", where, f)
			}
		}
		if math.Abs(shares-1) > 1e-9 {
			t.Errorf("%q: shares sum to %v", q, shares)
		}
	}
}

func TestScoresAreToldFromThenOn(t *testing.T) {
	h := keepNumbers(t, rand.New(rand.NewPCG(5, 6)), 100)
	var table mention.Table
	h.get("/api/v1/aggregate?q=recall", &table)
	if table.Recipe.Accuracy != "" {
		t.Fatalf("accuracy %q before anything was coded", table.Recipe.Accuracy)
	}
	res, err := http.Get(h.base + "/api/v1/sample?q=recall&n=20&seed=9")
	if err != nil {
		t.Fatal(err)
	}
	var sheet strings.Builder
	_, err = copyAll(&sheet, res)
	if err != nil {
		t.Fatal(err)
	}
	coded := strings.ReplaceAll(sheet.String(), "\n,,,", "\nyes,,,")
	res, err = http.Post(h.base+"/api/v1/score", "application/octet-stream", strings.NewReader(coded))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := copyAll(&sheet, res); err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("score: %d, %v", res.StatusCode, err)
	}
	h.get("/api/v1/aggregate?q=recall&from=2026-03-01", &table)
	if !strings.HasPrefix(table.Recipe.Accuracy, "precision 1.00 (") || !strings.Contains(table.Recipe.Accuracy, "recall 0.") {
		t.Errorf("accuracy %q", table.Recipe.Accuracy)
	}
}

func copyAll(w io.Writer, res *http.Response) (int64, error) {
	defer res.Body.Close()
	return io.Copy(w, res.Body)
}
