package index_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earshot/index"
	"earshot/mention"
	"earshot/query"
)

func sample() []mention.Record {
	return []mention.Record{
		{Mention: mention.Mention{ID: "a", Source: "s1", Title: "Pfizer recall", Text: "A recall of batch 7 by Pfizer. See https://pfizer.com/news/recall ok", Published: at("2020-03-16T10:00:00Z"), Seen: at("2020-04-01T00:00:00Z"), Kind: mention.KindNews, URL: "https://news.bbc.co.uk/health/recall-7"}},
		{Mention: mention.Mention{ID: "b", Source: "s2", Text: "Merck in the US. Not us.", Published: at("2020-03-17T10:00:00Z"), Seen: at("2020-04-01T00:00:00Z"), Author: "@Jane Doe"}},
		{Mention: mention.Mention{ID: "c", Source: "s2", Text: "drug side effects reported after the recall of a drug", Seen: at("2020-04-02T00:00:00Z")}},
	}
}

func TestSearchFinds(t *testing.T) {
	b := book{}
	x := open(t, t.TempDir(), b)
	put(t, x, b, 3, mention.ChangeNew, sample()...)
	tests := []struct {
		query string
		want  []string
	}{
		{"", []string{"c", "b", "a"}},
		{"recall", []string{"c", "a"}},
		{"title:recall", []string{"a"}},
		{"recall NOT merck", []string{"c", "a"}},
		{`"side effects"`, []string{"c"}},
		{"drug NEAR/3 recall", []string{"c"}},
		{"pfizer SENTENCE batch", []string{"a"}},
		{"{US}", []string{"b"}},
		{"{us}", []string{"b"}},
		{"{Us}", []string{}},
		{"link:pfizer.com/news", []string{"a"}},
		{"url:health", []string{"a"}},
		{"site:bbc.co.uk", []string{"a"}},
		{`author:"jane doe"`, []string{"b"}},
		{"published:2020-03", []string{"b", "a"}},
		{"REPEAT/2:recall", []string{"a"}},
		{`raw:"batch 7 by"`, []string{"a"}},
		{"effec* OR merk~1", []string{"c", "b"}},
	}
	for _, tt := range tests {
		page, err := x.Search(t.Context(), mention.Search{Query: tt.query}, at("2020-05-01T00:00:00Z"))
		if err != nil {
			t.Errorf("Search(%q): %v", tt.query, err)
			continue
		}
		if diff := cmp.Diff(tt.want, ids(page.Rows)); diff != "" {
			t.Errorf("Search(%q) (-want +got):\n%s", tt.query, diff)
		}
		n, err := x.Count(t.Context(), tt.query, at("2020-05-01T00:00:00Z"))
		if err != nil || int(n) != len(tt.want) {
			t.Errorf("Count(%q) = %d, %v, want %d", tt.query, n, err, len(tt.want))
		}
	}
	if got := x.Offset(); got != 3 {
		t.Errorf("Offset() = %d, want 3", got)
	}
}

func TestSearchRefusesBadQueries(t *testing.T) {
	x := open(t, "", book{})
	_, err := x.Count(t.Context(), "a OR (", at("2020-05-01T00:00:00Z"))
	if _, ok := errors.AsType[*query.Error](err); !ok {
		t.Errorf("Count gave %v, want a *query.Error", err)
	}
	_, err = x.Search(t.Context(), mention.Search{Cursor: "x"}, at("2020-05-01T00:00:00Z"))
	if !errors.Is(err, index.ErrCursor) {
		t.Errorf("Search gave %v, want ErrCursor", err)
	}
}

// TestExportGoesOn goes on after every row of an export and gets the rest.
func TestExportGoesOn(t *testing.T) {
	b := book{}
	x, now := open(t, t.TempDir(), b), at("2020-05-01T00:00:00Z")
	twin := sample()[1] // at the same instant as another one
	twin.Mention.ID = "b2"
	put(t, x, b, 4, mention.ChangeNew, append(sample(), twin)...)
	var all []mention.Row
	if err := x.Each(t.Context(), "", now, func(r mention.Row) error { all = append(all, r); return nil }); err != nil || len(all) < 3 {
		t.Fatalf("%d rows, %v", len(all), err)
	}
	for i := range all {
		var rest []mention.Row
		e := mention.Export{AfterTime: all[i].Time(), AfterID: all[i].ID, Now: now}
		if err := x.Export(t.Context(), e, func(r mention.Row) error { rest = append(rest, r); return nil }); err != nil {
			t.Fatal(err)
		}
		if len(rest) != len(all)-i-1 || len(rest) > 0 && rest[0].ID != all[i+1].ID {
			t.Errorf("after row %d of %d: %d rows", i+1, len(all), len(rest))
		}
	}
}
