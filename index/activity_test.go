package index_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"earshot/mention"
	"earshot/query"
)

// compareActivities asks what companies did: every telling of every brand is
// in one activity, and the query of each finds what it counts.
func compareActivities(t *testing.T, m maker, w *truth, x backend, text string) {
	t.Helper()
	s := mention.ActivitySearch{Query: text, Limit: 100_000}
	if m.IntN(2) == 0 {
		s.Brands = []string{pick(m, makerBrands)}
	}
	if m.IntN(3) == 0 {
		s.Types = []string{"Recall", "launch"}
	}
	got, err := x.Activities(t.Context(), s, makerNow)
	if err != nil {
		t.Errorf("Activities(%+v): %v", s, err)
		return
	}
	want := map[string]int{} // tellings by brand, type and mention
	q, _ := query.Parse(text)
	for _, id := range w.matching(q.At(makerNow), false) {
		r, row := w.book[id], w.rows[id]
		for _, e := range r.Analysis.Events {
			if !slices.Contains(row.Brands, e.Brand) && row.Own != e.Brand {
				continue
			}
			if (s.Brands == nil || s.Brands[0] == e.Brand) && (s.Types == nil || e.Type == "recall" || e.Type == "Launch") {
				want[e.Brand+" "+e.Type+" "+id] = 1
			}
		}
	}
	told := map[string]int{}
	for i := range got {
		a := &got[i]
		if i > 0 && got[i-1].At.Before(a.At) {
			t.Errorf("Activities(%+v): %s comes before %s", s, got[i-1].At, a.At)
		}
		for _, id := range a.Mentions {
			told[a.Brand+" "+a.Type+" "+id]++
		}
		checkBucket(t, x, mention.Bucket{Key: a.ID, Count: a.Count, Query: a.Query})
		if int(a.Count) < len(a.Mentions) || a.Sites > a.Count || a.Last.Before(a.At) {
			t.Errorf("Activities(%+v) gave %+v", s, a)
		}
	}
	if diff := gocmp.Diff(want, told); diff != "" {
		t.Errorf("Activities(%+v) (-want +got):\n%s", s, diff)
	}
}

// A teller makes mentions that tell events, an hour apart.
type teller struct {
	list []mention.Record
}

func (r *teller) tell(site, story, kind, title string, names ...string) *mention.Record {
	n := len(r.list)
	at := makerNow.Add(time.Duration(n-1000) * time.Hour)
	rec := mention.Record{
		Mention:  mention.Mention{ID: fmt.Sprintf("t%03d", n), Site: site, Title: title, Published: at, Seen: at, Kind: mention.KindNews},
		Analysis: mention.Analysis{Status: mention.StatusOK, Language: "en"},
		Linking:  mention.Linking{Brands: []mention.BrandMention{{Brand: "acme"}}},
		Story:    story,
	}
	if kind != "" {
		rec.Analysis.Events = []mention.Event{{Type: kind, Role: "subject", Evidence: title, Brand: "acme"}}
	}
	for _, name := range names {
		for i := 0; i+len(name) <= len(title); i++ {
			if title[i:i+len(name)] == name {
				rec.Analysis.Entities = append(rec.Analysis.Entities, mention.Entity{Text: name, Type: mention.Organization, Span: mention.Span{Field: "title", Start: i, End: i + len(name)}})
			}
		}
	}
	r.list = append(r.list, rec)
	return &r.list[n]
}

// An outline is an activity in short.
type outline struct {
	Type, Evidence string
	Count, Sites   uint64
	Mentions       []string
}

func activitiesOf(t *testing.T, s mention.ActivitySearch, list ...mention.Record) ([]outline, []mention.Activity) {
	t.Helper()
	b := book{}
	x := open(t, "", b)
	put(t, x, b, 1, mention.ChangeNew, list...)
	got, err := x.Activities(t.Context(), s, makerNow)
	if err != nil {
		t.Fatalf("Activities(%+v): %v", s, err)
	}
	var lines []outline
	for _, a := range slices.Backward(got) { // oldest first
		lines = append(lines, outline{a.Type, a.Evidence, a.Count, a.Sites, a.Mentions})
		if n, err := x.Count(t.Context(), a.Query, makerNow); err != nil || n != a.Count {
			t.Errorf("Count(%q) = %d, %v, but the activity shows %d", a.Query, n, err, a.Count)
		}
	}
	return lines, got
}

func TestOneDealToldManyTimesIsOneActivity(t *testing.T) {
	tests := []struct {
		name string
		tell func(r *teller)
		want []outline
	}{
		{"one story", func(r *teller) {
			r.tell("a.example", "s1", "recall", "Acme recalls tablets")
			r.tell("b.example", "s1", "recall", "Nationwide recall of a drug made by Acme")
			r.tell("c.example", "s1", "", "What Acme said today")
			r.tell("c.example", "s2", "", "What else Acme said today")
		}, []outline{{"recall", "Acme recalls tablets", 3, 3, []string{"t000", "t001"}}}},
		{"the same other party", func(r *teller) {
			r.tell("a.example", "s1", "acquisition", "Acme to acquire Roadrunner Pharmaceuticals", "Roadrunner Pharmaceuticals")
			r.tell("b.example", "s2", "acquisition", "Roadrunner takeover by Acme worth 6 billion", "Roadrunner")
			r.tell("b.example", "s3", "acquisition", "Acme buys out Coyote Traps for a song", "Coyote Traps")
		}, []outline{
			{"acquisition", "Acme to acquire Roadrunner Pharmaceuticals", 2, 2, []string{"t000", "t001"}},
			{"acquisition", "Acme buys out Coyote Traps for a song", 1, 1, []string{"t002"}},
		}},
		{"the same words", func(r *teller) {
			r.tell("a.example", "s1", "launch", "Acme launches new rocket skates today")
			r.tell("b.example", "s2", "launch", "Acme launches rocket skates")
			r.tell("b.example", "s3", "launch", "Acme introduces giant magnet for collectors")
		}, []outline{
			{"launch", "Acme launches new rocket skates today", 2, 2, []string{"t000", "t001"}},
			{"launch", "Acme introduces giant magnet for collectors", 1, 1, []string{"t002"}},
		}},
		{"nearly the same words, another thing", func(r *teller) {
			r.tell("a.example", "s1", "recall", "Acme recalls all lots of Skatex tablets nationwide")
			r.tell("b.example", "s2", "recall", "Acme recalls all lots of Magnetol tablets nationwide")
		}, []outline{
			{"recall", "Acme recalls all lots of Skatex tablets nationwide", 1, 1, []string{"t000"}},
			{"recall", "Acme recalls all lots of Magnetol tablets nationwide", 1, 1, []string{"t001"}},
		}},
		{"another type", func(r *teller) {
			r.tell("a.example", "s1", "launch", "Acme launches new rocket skates")
			r.tell("b.example", "s1", "pricing", "Acme launches new rocket skates")
		}, []outline{
			{"launch", "Acme launches new rocket skates", 2, 2, []string{"t000"}},
			{"pricing", "Acme launches new rocket skates", 2, 2, []string{"t001"}},
		}},
		{"months apart", func(r *teller) {
			r.tell("a.example", "s1", "launch", "Acme launches new rocket skates")
			r.tell("b.example", "s2", "launch", "Acme launches new rocket skates")
			r.list[1].Mention.Published = r.list[1].Mention.Published.Add(30 * 24 * time.Hour)
		}, []outline{
			{"launch", "Acme launches new rocket skates", 1, 1, []string{"t000"}},
			{"launch", "Acme launches new rocket skates", 1, 1, []string{"t001"}},
		}},
		{"who approves is no party", func(r *teller) {
			r.tell("a.example", "s1", "approval", "FDA approves rocket skates of Acme for adults", "FDA")
			r.tell("b.example", "s2", "approval", "Giant magnet by Acme wins nod of FDA", "FDA")
		}, []outline{
			{"approval", "FDA approves rocket skates of Acme for adults", 1, 1, []string{"t000"}},
			{"approval", "Giant magnet by Acme wins nod of FDA", 1, 1, []string{"t001"}},
		}},
		{"results are told once a quarter", func(r *teller) {
			r.tell("a.example", "s1", "earnings", "Acme beats forecasts")
			r.tell("b.example", "s2", "earnings", "Second quarter revenue of anvil maker up")
		}, []outline{{"earnings", "Acme beats forecasts", 2, 2, []string{"t000", "t001"}}}},
		{"changes of a page", func(r *teller) {
			for _, after := range []string{"9 EUR", "12 EUR", "12 EUR"} {
				rec := r.tell("acme.example", "s1", "", "Pricing")
				rec.Mention.PageChange = &mention.PageChange{Type: "pricing", Severity: "high", Before: "8 EUR", After: after}
				rec.Linking = mention.Linking{Own: "acme"}
			}
		}, []outline{
			{"pricing", "9 EUR", 1, 1, []string{"t000"}},
			{"pricing", "12 EUR", 2, 1, []string{"t001", "t002"}},
		}},
		{"what a person took away", func(r *teller) {
			r.tell("a.example", "s1", "launch", "Acme launches new rocket skates").Curation.NoBrands = true
			r.tell("a.example", "s1", "launch", "Acme launches new rocket skates").Curation.Irrelevant = true
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r teller
			tt.tell(&r)
			got, _ := activitiesOf(t, mention.ActivitySearch{}, r.list...)
			if diff := gocmp.Diff(tt.want, got); diff != "" {
				t.Errorf("activities (-want +got):\n%s", diff)
			}
		})
	}
}

func TestActivitiesOfAWindowBeganInIt(t *testing.T) {
	var r teller
	r.tell("a.example", "s1", "launch", "Acme launches new rocket skates")
	r.tell("a.example", "s2", "launch", "Acme launches new rocket skates again")
	r.tell("a.example", "s3", "recall", "Acme recalls magnets")
	r.tell("a.example", "s4", "recall", "Magnets recalled by Acme")
	s := mention.ActivitySearch{From: r.list[1].Mention.Published, To: r.list[3].Mention.Published}
	got, list := activitiesOf(t, s, r.list...)
	want := []outline{{"recall", "Acme recalls magnets", 2, 1, []string{"t002", "t003"}}}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("activities (-want +got):\n%s", diff)
	}
	if a := list[0]; a.Severity != "high" || a.Role != "subject" || a.Own || !a.Last.Equal(r.list[3].Mention.Published) {
		t.Errorf("activity is %+v", a)
	}
}

func TestActivityKeepsItsID(t *testing.T) {
	var r teller
	r.tell("a.example", "s1", "launch", "Acme launches new rocket skates")
	_, before := activitiesOf(t, mention.ActivitySearch{}, r.list...)
	r.tell("a.example", "s1", "launch", "Acme launches rocket skates")
	r.tell("b.example", "s2", "launch", "Rocket skates launched by Acme")
	for i := range r.list[1:] { // collected later; one was published before
		r.list[i+1].Mention.Seen = makerNow
	}
	r.list[2].Mention.Published = r.list[0].Mention.Published.Add(-time.Hour)
	_, after := activitiesOf(t, mention.ActivitySearch{}, r.list...)
	if len(before) != 1 || len(after) != 1 || before[0].ID != after[0].ID || after[0].Mentions[0] != "t002" {
		t.Errorf("activities are %+v, then %+v", before, after)
	}
}
