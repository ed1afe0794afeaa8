package index_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"earshot/index"
	"earshot/mention"
	"earshot/query"
)

// compareTrends checks each number of trends and peaks against the rows that
// their queries return.
func compareTrends(t *testing.T, m maker, x backend, text string) {
	t.Helper()
	to := makerNow.Add(-time.Duration(m.IntN(20*24)) * time.Hour)
	s := mention.TrendSearch{Query: text, From: to.Add(-time.Duration(1+m.IntN(30*24)) * time.Hour), To: to, Past: mention.Duration(time.Duration(1+m.IntN(60)) * 24 * time.Hour)}
	got, err := x.Trends(t.Context(), s, makerNow)
	if err != nil {
		t.Errorf("Trends(%+v): %v", s, err)
		return
	}
	again, err := x.Trends(t.Context(), s, makerNow)
	if diff := gocmp.Diff(got, again); err != nil || diff != "" {
		t.Errorf("Trends(%+v) differs the second time, %v (-first +second):\n%s", s, err, diff)
	}
	checkTrends(t, x, got.Rows)
	p := mention.PeakSearch{Query: text, From: s.From.AddDate(0, -1, 0), To: to, Interval: pick(m, []string{index.Hour, index.Day, index.Week}), Zone: pick(m, makerZones)}
	peaks, err := x.Peaks(t.Context(), p, makerNow)
	if err != nil {
		t.Errorf("Peaks(%+v): %v", p, err)
		return
	}
	for _, b := range peaks.Series.Buckets {
		checkBucket(t, x, b)
	}
	for i := range peaks.Rows {
		row := &peaks.Rows[i]
		checkBucket(t, x, mention.Bucket{Key: row.Sentence, Count: row.Count, Query: row.Query})
		checkTrends(t, x, row.Reasons)
	}
}

func checkTrends(t *testing.T, x backend, rows []mention.Trend) {
	t.Helper()
	for i := range rows {
		r := &rows[i]
		if r.Query == "" || len(r.Examples) == 0 {
			t.Errorf("trend %s %q has query %q and %d examples", r.Kind, r.Key, r.Query, len(r.Examples))
		}
		page, err := x.Search(t.Context(), mention.Search{Query: r.Query}, makerNow)
		if err != nil || page.Total != r.Count {
			t.Errorf("Search(%q) = %d, %v, but the trend %s %q shows %d", r.Query, page.Total, err, r.Kind, r.Key, r.Count)
			continue
		}
		authors, sites := map[string]bool{}, map[string]bool{}
		for k := range page.Rows {
			for _, v := range dimension(&page.Rows[k], "author", time.UTC) {
				authors[v] = true
			}
			for _, v := range dimension(&page.Rows[k], "site", time.UTC) {
				sites[v] = true
			}
		}
		if len(authors) != int(r.Authors) || len(sites) != int(r.Sites) {
			t.Errorf("trend %s %q shows %d authors and %d sites, its rows have %d and %d", r.Kind, r.Key, r.Authors, r.Sites, len(authors), len(sites))
		}
	}
}

// A talk makes posts of few words, some a day.
type talk struct {
	*testing.T

	b       book
	x       *index.Index
	changes []mention.Change
}

var talkStart = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

func newTalk(t *testing.T) *talk {
	b := book{}
	return &talk{T: t, b: b, x: open(t, "", b)}
}

// say adds a post of the n-th author on a day.
func (k *talk) say(source string, day, n int, text string, more func(r *mention.Record)) {
	at := talkStart.AddDate(0, 0, day).Add(time.Duration(n%24)*time.Hour + time.Duration(n%60)*time.Minute)
	r := mention.Record{
		Mention: mention.Mention{
			ID: fmt.Sprintf("%s-%d-%d-%d", source, day, n, len(k.changes)), Source: source, Text: text, Author: fmt.Sprintf("author%d", n),
			Site: fmt.Sprintf("site%d.example", n%5), Published: at, Seen: at,
		},
		Analysis: mention.Analysis{Status: mention.StatusOK, Language: "en"},
	}
	if more != nil {
		more(&r)
	}
	k.b[r.Mention.ID] = r
	k.changes = append(k.changes, mention.Change{Seq: int64(len(k.changes) + 1), Kind: mention.ChangeNew, Record: r})
}

// usual adds the posts of days in which nothing happens.
func (k *talk) usual(source string, from, to, each int) {
	for day := from; day < to; day++ {
		for n := range each + day%3 {
			k.say(source, day, n, []string{"the weather is fine", "trains run late again", "my lunch was fine", "late trains and rain"}[(day+n)%4], nil)
		}
	}
}

func (k *talk) put() {
	k.Helper()
	if err := k.x.Put(context.Background(), int64(len(k.changes)), k.changes); err != nil {
		k.Fatal(err)
	}
}

func (k *talk) trends(s mention.TrendSearch) mention.Trends {
	k.Helper()
	if s.From.IsZero() {
		s.From, s.To = talkStart.AddDate(0, 0, 60), talkStart.AddDate(0, 0, 67)
	}
	got, err := k.x.Trends(k.Context(), s, talkStart.AddDate(1, 0, 0))
	if err != nil {
		k.Fatal(err)
	}
	checkTrends(k.T, k.x, got.Rows)
	return got
}

func (k *talk) peaks(s mention.PeakSearch) mention.Peaks {
	k.Helper()
	s.From, s.To = talkStart, talkStart.AddDate(0, 0, 90)
	got, err := k.x.Peaks(k.Context(), s, talkStart.AddDate(1, 0, 0))
	if err != nil {
		k.Fatal(err)
	}
	return got
}

func told(t mention.Trends) []string {
	var list []string
	for _, r := range t.Rows {
		list = append(list, r.Kind+" "+r.Term)
	}
	return list
}

// strike adds a burst of posts on days 62 to 64.
func (k *talk) strike(source string) {
	for n := range 45 {
		k.say(source, 62+n%3, n, "Is the #Strike at Harbour Lines over? trains", func(r *mention.Record) {
			r.Story = "harbour"
			r.Analysis.Entities = []mention.Entity{{Text: "Harbour Lines", Type: mention.Organization}}
		})
	}
}

func TestTrendsTellWhatEmerges(t *testing.T) {
	k := newTalk(t)
	k.usual("posts", 0, 90, 20)
	k.strike("posts")
	for i := range 40 { // one author is no trend
		k.say("posts", 63, 7, "buy gadgets", func(r *mention.Record) { r.Mention.Site = fmt.Sprintf("site%d.example", i%5) })
	}
	k.put()
	got := k.trends(mention.TrendSearch{})
	want := []string{
		"term Harbour", "term Lines", "hashtag #Strike", "entity Harbour Lines", "story Is the #Strike at Harbour Lines over? trains",
		"question Is the #Strike at Harbour Lines over?",
	}
	if diff := gocmp.Diff(want, told(got)); diff != "" {
		t.Errorf("Trends() tells (-want +got):\n%s", diff)
	}
	r := &got.Rows[0]
	if r.Count != 45 || r.Past != 0 || r.Authors != 45 || r.Sites != 5 || r.Growth < 20 || r.Score < 10 || !r.First.Equal(talkStart.AddDate(0, 0, 62)) || len(r.Examples) != 3 {
		t.Errorf("Trends() first row is %+v", r)
	}
	muted := k.trends(mention.TrendSearch{Muted: []string{" HARBOUR", "strike"}, Kinds: []string{mention.TrendTerm, mention.TrendHashtag}, Size: 1})
	if diff := gocmp.Diff([]string{"term Lines"}, told(muted)); diff != "" {
		t.Errorf("Trends() with muted terms tells (-want +got):\n%s", diff)
	}
	if quiet := k.trends(mention.TrendSearch{From: talkStart.AddDate(0, 0, 40), To: talkStart.AddDate(0, 0, 47)}); len(quiet.Rows) != 0 {
		t.Errorf("Trends() of quiet days tells %v", told(quiet))
	}
}

func TestTrendsKnowACollectionFromABurst(t *testing.T) {
	k := newTalk(t)
	k.usual("posts", 0, 90, 20)
	for day := 61; day < 90; day++ { // a source is added
		for n := range 30 {
			k.say("harbour-news", day, n, "Harbour Lines ferry timetable", func(r *mention.Record) { r.Linking.Brands = []mention.BrandMention{{Brand: "harbour"}} })
		}
	}
	k.put()
	got := k.trends(mention.TrendSearch{})
	if len(got.Rows) != 0 || !slices.ContainsFunc(got.Caveats, func(s string) bool { return strings.Contains(s, "harbour-news") }) {
		t.Errorf("Trends() tells %v with caveats %v, want nothing and why", told(got), got.Caveats)
	}
	got = k.trends(mention.TrendSearch{Query: "brand:harbour"})
	if len(got.Rows) != 0 || len(got.Caveats) == 0 {
		t.Errorf("Trends(brand:harbour) tells %v with caveats %v, want nothing and why", told(got), got.Caveats)
	}
	for _, q := range []string{"", "brand:harbour"} {
		if p := k.peaks(mention.PeakSearch{Query: q}); len(p.Rows) != 0 {
			t.Errorf("Peaks(%q) = %+v, want none", q, p.Rows)
		}
	}
}

func TestPeaksKnowABeginningAfterStrayMentions(t *testing.T) {
	k := newTalk(t)
	k.usual("posts", 0, 90, 20)
	brand := func(name string, from, to, each int) {
		for day := from; day < to; day++ {
			for n := range each {
				k.say("posts", day, n*5%48, name+" ferry timetable", func(r *mention.Record) { r.Linking.Brands = []mention.BrandMention{{Brand: name}} })
			}
		}
	}
	brand("harbour", 60, 65, 3) // named beside others,
	brand("harbour", 65, 68, 240)
	brand("quay", 40, 65, 3) // as much, with a past
	brand("quay", 65, 68, 240)
	k.put()
	for _, interval := range []string{index.Day, index.Hour} {
		from, to := talkStart, talkStart.AddDate(0, 0, 68)
		if p := k.peaks(mention.PeakSearch{Query: "brand:harbour", Interval: interval, From: from, To: to}); len(p.Rows) != 0 || len(p.Recipe.Caveats) == 0 {
			t.Errorf("Peaks of a beginning by %s = %+v with caveats %q, want none and why", interval, p.Rows, p.Recipe.Caveats)
		}
		if p := k.peaks(mention.PeakSearch{Query: "brand:quay", Interval: interval, From: from, To: to}); len(p.Rows) == 0 || p.Rows[0].Start.Before(talkStart.AddDate(0, 0, 65)) {
			t.Errorf("Peaks of a burst by %s = %+v, want those of day 65", interval, p.Rows)
		}
	}
}

func TestPeaksAreExplained(t *testing.T) {
	k := newTalk(t)
	k.usual("posts", 0, 90, 20)
	k.strike("posts")
	k.put()
	p := k.peaks(mention.PeakSearch{Zone: "UTC"})
	if len(p.Rows) != 1 || len(p.Series.Buckets) != 90 {
		t.Fatalf("Peaks() = %+v of %d buckets, want one of 90", p.Rows, len(p.Series.Buckets))
	}
	r := &p.Rows[0]
	if !r.Start.Equal(talkStart.AddDate(0, 0, 62)) || !r.End.Equal(talkStart.AddDate(0, 0, 65)) || r.Count != 108 {
		t.Errorf("Peaks() finds %s to %s with %d mentions", r.Start, r.End, r.Count)
	}
	want := "108 mentions from 2024-03-03 to 2024-03-05, 1.7 times the 63 that were usual; “#Strike” in 45 of them (0.1 expected), " +
		"the entity Harbour Lines in 45 of them (0.1 expected), the story “Is the #Strike at Harbour Lines over? trains” in 45 of them (0.1 expected)."
	if r.Sentence != want {
		t.Errorf("Peaks() says\n%s, want\n%s", r.Sentence, want)
	}
	checkTrends(t, k.x, r.Reasons)
	checkBucket(t, k.x, mention.Bucket{Count: r.Count, Query: r.Query})
}

func TestTrendsAndPeaksRefuse(t *testing.T) {
	x := open(t, "", book{})
	for _, s := range []mention.TrendSearch{{Query: "a OR ("}, {Kinds: []string{"fashion"}}, {Past: mention.Duration(4000 * 24 * time.Hour)}, {From: makerNow, To: makerNow.Add(-time.Hour)}} {
		if _, err := x.Trends(t.Context(), s, makerNow); !isQueryError(err) {
			t.Errorf("Trends(%+v) gave %v, want a *query.Error", s, err)
		}
	}
	for _, s := range []mention.PeakSearch{{Query: "a OR ("}, {Interval: "month"}, {Zone: "Mars"}, {From: makerNow, To: makerNow.Add(-time.Hour)}} {
		if _, err := x.Peaks(t.Context(), s, makerNow); !isQueryError(err) {
			t.Errorf("Peaks(%+v) gave %v, want a *query.Error", s, err)
		}
	}
}

func isQueryError(err error) bool {
	_, ok := errors.AsType[*query.Error](err)
	return ok
}

// TestTrendsCountThePast compares the past of each trend with what a search
// finds there: read ahead and not, where the months before the window are large
// enough to be looked up word by word.
func TestTrendsCountThePast(t *testing.T) {
	k := newTalk(t)
	k.usual("posts", 0, 90, 25)
	k.strike("posts")
	for n := range 30 { // now and then
		k.say("posts", 2*n, n, "a #strike of drivers, says Harbour Lines?", func(r *mention.Record) {
			r.Story = "harbour"
			r.Analysis.Entities = []mention.Entity{{Text: "Harbour Lines", Type: mention.Organization}}
		})
	}
	k.put()
	from := talkStart.AddDate(0, 0, 60)
	search := mention.TrendSearch{From: from, To: from.AddDate(0, 0, 7), Past: mention.Duration(59 * 24 * time.Hour)}
	first := k.trends(search)
	if err := k.x.Warm(t.Context(), talkStart); err != nil {
		t.Fatal(err)
	}
	again := k.trends(search)
	first.Recipe.At, again.Recipe.At = time.Time{}, time.Time{}
	if diff := gocmp.Diff(first, again); diff != "" {
		t.Errorf("trends read ahead differ (-not +read ahead):\n%s", diff)
	}
	kinds := map[string]bool{}
	for _, r := range again.Rows {
		var q string
		switch r.Kind {
		case mention.TrendTerm, mention.TrendHashtag:
			q = `"` + r.Key + `"`
		default:
			q = r.Kind + `:"` + r.Key + `"`
		}
		past := from.Add(-search.Past.Std())
		q += fmt.Sprintf(" AND time:[%s TO %s]", past.Format(time.RFC3339), from.Add(-time.Millisecond).Format("2006-01-02T15:04:05.000Z"))
		page, err := k.x.Search(t.Context(), mention.Search{Query: q}, talkStart.AddDate(1, 0, 0))
		if err != nil || page.Total != r.Past {
			t.Errorf("%s %q has a past of %d, %q finds %d, %v", r.Kind, r.Key, r.Past, q, page.Total, err)
		}
		if r.Past > 0 {
			kinds[r.Kind] = true
		}
	}
	for _, kind := range []string{mention.TrendTerm, mention.TrendHashtag, mention.TrendEntity, mention.TrendStory, mention.TrendQuestion} {
		if !kinds[kind] {
			t.Errorf("no %s with a past: %v", kind, told(again))
		}
	}
}
