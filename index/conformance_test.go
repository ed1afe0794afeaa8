package index_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"earshot/index"
	"earshot/mention"
	"earshot/query"
)

var pairs = flag.Int("pairs", 0, "how many pairs of query and document to compare; 0 is a million where CI is set, else 200,000")

// A backend is what every store of the index must do alike.
type backend interface {
	Put(ctx context.Context, offset int64, changes []mention.Change) error
	Offset() int64
	Search(ctx context.Context, s mention.Search, now time.Time) (mention.Page, error)
	Count(ctx context.Context, q string, now time.Time) (uint64, error)
	Each(ctx context.Context, q string, now time.Time, fn func(mention.Row) error) error
	HistogramOf(ctx context.Context, q, interval string, zone *time.Location, v index.Volume, now time.Time) (mention.Series, error)
	FacetsOf(ctx context.Context, q string, fields []string, size int, v index.Volume, now time.Time) ([]mention.Facet, error)
	Aggregate(ctx context.Context, a mention.Aggregation, now time.Time) (mention.Table, error)
	Trends(ctx context.Context, s mention.TrendSearch, now time.Time) (mention.Trends, error)
	Peaks(ctx context.Context, s mention.PeakSearch, now time.Time) (mention.Peaks, error)
	Voices(ctx context.Context, s mention.VoiceSearch, now time.Time) ([]mention.Voice, error)
	Activities(ctx context.Context, s mention.ActivitySearch, now time.Time) ([]mention.Activity, error)
	Verify(ctx context.Context, ids []string, each func(fn func(mention.Record) error) error) (index.Difference, error)
	DocCount(ctx context.Context) (uint64, error)
	Close() error
}

// A truth is the ledger of a conformance run, and the answers by brute force.
type truth struct {
	book
	docs map[string]*query.Document
	rows map[string]*mention.Row
}

func (w *truth) set(r mention.Record) {
	row := r.Row()
	w.book[r.Mention.ID], w.rows[r.Mention.ID], w.docs[r.Mention.ID] = r, &row, query.NewDocument(&row)
}

func (w *truth) erase(id string) {
	delete(w.book, id)
	delete(w.rows, id)
	delete(w.docs, id)
}

// matching returns the ids that a query matches, newest first.
func (w *truth) matching(q *query.Query, irrelevant bool) []string {
	list := []string{}
	for id, d := range w.docs {
		if (irrelevant || !w.rows[id].Irrelevant) && q.Match(d) {
			list = append(list, id)
		}
	}
	slices.SortFunc(list, func(a, b string) int {
		return cmp.Or(w.rows[b].Time().Compare(w.rows[a].Time()), cmp.Compare(a, b))
	})
	return list
}

// conformance runs the suite against one backend. open is called again after
// a Close and must find what was there; reopens is false where nothing lasts.
func conformance(t *testing.T, reopens bool, open func(t *testing.T, b book) backend) {
	const documents, queries = 240, 125
	for seed := range uint64(max(1, *pairs/500_000)) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			m := newMaker(seed)
			w := &truth{book: book{}, docs: map[string]*query.Document{}, rows: map[string]*mention.Row{}}
			x := open(t, w.book)
			defer func() { x.Close() }()
			offset := fill(t, m, w, x, documents)
			if reopens {
				if err := x.Close(); err != nil {
					t.Fatal(err)
				}
				x = open(t, w.book)
			}
			if x.Offset() != offset {
				t.Errorf("Offset() = %d, want %d", x.Offset(), offset)
			}
			checkWhole(t, w, x)
			for range queries {
				compare(t, m, w, x, m.query())
			}
		})
	}
}

// fill writes history: new mentions, revisions, curation, erasure, and what a
// crash repeats.
func fill(t *testing.T, m maker, w *truth, x backend, documents int) int64 {
	var offset int64
	var log []mention.Change
	for i := range documents * 2 {
		id := madeID(m.IntN(documents))
		if i < documents {
			id = madeID(i)
		}
		offset++
		old, known := w.book[id]
		switch {
		case known && m.IntN(6) == 0:
			w.erase(id)
			log = append(log, mention.Change{Seq: offset, Kind: mention.ChangeErased, Record: mention.Record{Mention: mention.Mention{ID: id}}})
		case known:
			r := m.record(id)
			r.Mention.Seen = old.Mention.Seen // never moves
			if !old.Mention.Published.IsZero() {
				r.Mention.Published = old.Mention.Published // is only ever learned
			}
			w.set(r)
			log = append(log, mention.Change{Seq: offset, Kind: mention.ChangeRevised, Record: r})
		default:
			w.set(m.record(id))
			log = append(log, mention.Change{Seq: offset, Kind: mention.ChangeNew, Record: w.book[id]})
		}
		if len(log) > m.IntN(60) {
			putLog(t, m, w, x, offset, log)
			log = log[:0]
		}
	}
	putLog(t, m, w, x, offset, log)
	return offset
}

// putLog puts changes, sometimes twice.
func putLog(t *testing.T, m maker, _ *truth, x backend, offset int64, log []mention.Change) {
	t.Helper()
	for range 1 + m.IntN(2) {
		if err := x.Put(t.Context(), offset, log); err != nil {
			t.Fatalf("Put: %v", err)
		}
	}
}

// checkWhole compares index and ledger.
func checkWhole(t *testing.T, w *truth, x backend) {
	t.Helper()
	if n, err := x.DocCount(t.Context()); err != nil || int(n) != len(w.book) {
		t.Errorf("DocCount() = %d, %v, want %d", n, err, len(w.book))
	}
	d, err := x.Verify(t.Context(), nil, w.each)
	if err != nil || d.Len() != 0 {
		t.Errorf("Verify() = %+v, %v", d, err)
	}
}

// compare asks one query in every way.
func compare(t *testing.T, m maker, w *truth, x backend, text string) {
	t.Helper()
	q, _ := query.Parse(text)
	if q == nil {
		return
	}
	want := w.matching(q.At(makerNow), false)
	page, err := x.Search(t.Context(), mention.Search{Query: text}, makerNow)
	if err != nil {
		t.Errorf("Search(%q): %v", text, err)
		return
	}
	if diff := gocmp.Diff(want, ids(page.Rows)); diff != "" {
		t.Errorf("Search(%q) (-want +got):\n%s", text, diff)
		return
	}
	if int(page.Total) != len(want) {
		t.Errorf("Search(%q).Total = %d, want %d", text, page.Total, len(want))
	}
	if n, err := x.Count(t.Context(), text, makerNow); err != nil || int(n) != len(want) {
		t.Errorf("Count(%q) = %d, %v, want %d", text, n, err, len(want))
	}
	var each []string
	err = x.Each(t.Context(), text, makerNow, func(r mention.Row) error { each = append(each, r.ID); return nil })
	if err != nil || !slices.Equal(each, want) {
		t.Errorf("Each(%q) = %v, %v, want %v", text, each, err, want)
	}
	switch m.IntN(8) {
	case 0:
		comparePages(t, m, w, x, text)
	case 1:
		compareHistogram(t, m, w, x, text)
	case 2:
		compareFacets(t, m, w, x, text)
	case 3:
		compareVoices(t, m, w, x, text)
	case 4:
		compareActivities(t, m, w, x, text)
	case 5, 6:
		compareTable(t, m, w, x, text)
	case 7:
		compareTrends(t, m, x, text)
	}
}

// comparePages reads a search page by page in each order.
func comparePages(t *testing.T, m maker, w *truth, x backend, text string) {
	t.Helper()
	q, _ := query.Parse(text)
	s := mention.Search{
		Query: text, Limit: 1 + m.IntN(12), Irrelevant: m.IntN(2) == 0,
		Order: pick(m, []string{"", mention.NewestFirst, mention.EngagementFirst, mention.RelevanceFirst}), Fold: m.IntN(2) == 0,
		Highlight: m.IntN(2) == 0,
	}
	want := w.matching(q.At(makerNow), s.Irrelevant)
	if s.Order == mention.EngagementFirst {
		value := func(id string) float64 {
			if v := w.rows[id].Engagement; v != nil {
				return *v
			}
			return -1
		}
		slices.SortStableFunc(want, func(a, b string) int { return cmp.Compare(value(b), value(a)) })
	}
	total := len(want)
	var counts map[string]uint64
	if s.Fold {
		want, counts = w.folded(want)
	}
	got := []string{}
	for range len(want) + 2 {
		page, err := x.Search(t.Context(), s, makerNow)
		if err != nil {
			t.Errorf("Search(%+v): %v", s, err)
			return
		}
		if int(page.Total) != total || len(page.Rows) > s.Limit || s.Fold && int(page.Folds) != len(want) {
			t.Errorf("Search(%+v) gave %d of %d rows, %d folded, want %d, %d", s, len(page.Rows), page.Total, page.Folds, total, len(want))
		}
		checkRows(t, s, page.Rows, counts)
		got = append(got, ids(page.Rows)...)
		if s.Cursor = page.Next; s.Cursor == "" {
			break
		}
	}
	if s.Order == mention.RelevanceFirst {
		if s.Fold { // which is its story's first is for the backend to say
			got, want = w.storiesOf(got), w.storiesOf(want)
		}
		slices.Sort(got)
		slices.Sort(want)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("pages of %+v (-want +got):\n%s", s, diff)
	}
}

var makerZones = []string{"UTC", "Europe/Zurich", "America/New_York", "Asia/Kathmandu", "America/Sao_Paulo"}

// volume returns the rows that count.
func (w *truth) volume(text string, v index.Volume) []*mention.Row {
	q, _ := query.Parse(text)
	var list []*mention.Row
	for _, id := range w.matching(q.At(makerNow), v.Irrelevant) {
		if v.Own || w.rows[id].Own == "" {
			list = append(list, w.rows[id])
		}
	}
	return list
}

func compareHistogram(t *testing.T, m maker, w *truth, x backend, text string) {
	t.Helper()
	zone, err := time.LoadLocation(pick(m, makerZones))
	if err != nil {
		t.Fatal(err)
	}
	v := index.Volume{Own: m.IntN(2) == 0, Irrelevant: m.IntN(4) == 0}
	interval := pick(m, []string{index.Hour, index.Day, index.Week})
	want := map[string]uint64{}
	for _, row := range w.volume(text, v) {
		want[bucketKey(row.Time().In(zone), interval)]++
	}
	s, err := x.HistogramOf(t.Context(), text, interval, zone, v, makerNow)
	if err != nil {
		t.Errorf("HistogramOf(%q, %s): %v", text, interval, err)
		return
	}
	got := map[string]uint64{}
	for i, b := range s.Buckets {
		if i > 0 && !b.Start.After(s.Buckets[i-1].Start) {
			t.Errorf("HistogramOf(%q, %s): %s does not come after %s", text, interval, b.Key, s.Buckets[i-1].Key)
		}
		if b.Count > 0 {
			got[b.Key] = b.Count
		}
		checkBucket(t, x, b)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("HistogramOf(%q, %s, %s, %+v) (-want +got):\n%s", text, interval, zone, v, diff)
	}
}

func bucketKey(t time.Time, interval string) string {
	switch interval {
	case index.Hour:
		return t.Add(-time.Duration(t.Minute())*time.Minute - time.Duration(t.Second())*time.Second).Format(time.RFC3339)
	case index.Week:
		t = t.AddDate(0, 0, -int(t.Weekday()+6)%7)
	}
	return t.Format(time.DateOnly)
}

// checkBucket asks the query behind a number.
func checkBucket(t *testing.T, x backend, b mention.Bucket) {
	t.Helper()
	if b.Query == "" {
		return
	}
	if n, err := x.Count(t.Context(), b.Query, makerNow); err != nil || n != b.Count {
		t.Errorf("Count(%q) = %d, %v, but %s shows %d", b.Query, n, err, b.Key, b.Count)
	}
}

func compareFacets(t *testing.T, m maker, w *truth, x backend, text string) {
	t.Helper()
	v := index.Volume{Own: m.IntN(2) == 0}
	field := pick(m, []string{"site", "author", "lang", "brand", "entity", "tag", "sentiment", "story", "kind", "channel"})
	want := map[string]uint64{}
	for _, row := range w.volume(text, v) {
		for _, name := range dimension(row, field, time.UTC) {
			want[name]++
		}
	}
	facets, err := x.FacetsOf(t.Context(), text, []string{field}, 0, v, makerNow)
	if err != nil || len(facets) != 1 || facets[0].Field != field {
		t.Errorf("FacetsOf(%q, %s) = %v, %v", text, field, facets, err)
		return
	}
	got := map[string]uint64{}
	for _, b := range facets[0].Values {
		name := b.Key
		if _, ok := want[name]; !ok {
			name = folded(field, name)
		}
		got[name] += b.Count
		checkBucket(t, x, b)
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("FacetsOf(%q, %s, %+v) (-want +got):\n%s", text, field, v, diff)
	}
	top, err := x.FacetsOf(t.Context(), text, []string{field}, 2, v, makerNow)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(facets[0].Values[:min(2, len(facets[0].Values))], top[0].Values); diff != "" {
		t.Errorf("FacetsOf(%q, %s, 2) (-want +got):\n%s", text, field, diff)
	}
}

// folded returns a value as queries compare it.
func folded(field, name string) string {
	row := mention.Row{Author: name, Brands: []string{name}, Entities: []string{name}, Tags: []string{name}, Story: name, Channel: name}
	return append(query.Values(field, &row), name)[0]
}

func TestConformance(t *testing.T) {
	t.Run("on disk", func(t *testing.T) {
		dirs := map[string]string{}
		conformance(t, true, func(t *testing.T, b book) backend {
			if dirs[t.Name()] == "" {
				dirs[t.Name()] = t.TempDir()
			}
			return open(t, dirs[t.Name()], b)
		})
	})
	t.Run("in memory", func(t *testing.T) {
		conformance(t, false, func(t *testing.T, b book) backend { return open(t, "", b) })
	})
}

// madeID returns ids, some of which do not fold to themselves.
func madeID(i int) string {
	if i%7 == 3 {
		return fmt.Sprintf("MX%d", i)
	}
	return fmt.Sprintf("m%d", i)
}
