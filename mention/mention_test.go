package mention_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"earshot/mention"
)

func TestParseDuration(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want time.Duration
		text string // what it prints; empty means an error is wanted
	}{
		{"seconds", "90s", 90 * time.Second, "1m30s"},
		{"days stay days", "400d", 400 * 24 * time.Hour, "400d"},
		{"weeks", "2w", 14 * 24 * time.Hour, "14d"},
		{"several units", "1h30m", 90 * time.Minute, "1h30m"},
		{"milliseconds", "500ms", 500 * time.Millisecond, "500ms"},
		{"nothing needs no unit", "0", 0, "0s"},
		{"a bare number", "15", 0, ""},
		{"an unknown unit", "3y", 0, ""},
		{"negative", "-3d", 0, ""},
		{"empty", "", 0, ""},
		{"more than fits", "99999999999w", 0, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := mention.ParseDuration(tt.in)
			if (err != nil) != (tt.text == "") {
				t.Fatalf("ParseDuration(%q) error = %v", tt.in, err)
			}
			if err == nil && (got.Std() != tt.want || got.String() != tt.text) {
				t.Errorf("ParseDuration(%q) = %v, %q, want %v, %q", tt.in, got.Std(), got, tt.want, tt.text)
			}
		})
	}
}

func TestRowLetsPeopleWin(t *testing.T) {
	half := 0.5
	rec := mention.Record{
		Mention: mention.Mention{
			ID: "a", Title: "t",
			Given: &mention.Given{Brands: []string{"given"}, Tags: []string{"imported"}},
		},
		Analysis: mention.Analysis{
			Language: "en", Status: mention.StatusOK,
			Sentiment: &mention.Sentiment{Label: mention.Positive, Score: half},
		},
		Linking: mention.Linking{Brands: []mention.BrandMention{{Brand: "found", Product: "pill"}}},
	}
	found := rec.Row()
	want := mention.Row{
		ID: "a", Title: "t", Lang: "en", Brands: []string{"given"}, Products: []string{"pill"},
		Tags: []string{"imported"}, Sentiment: mention.Positive, Score: &half,
		Toward: []string{"given:positive", "product/pill:positive"},
	}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("Row() of an import (-want +got):\n%s", diff)
	}
	rec.Curation = mention.Curation{Sentiment: mention.Negative, Brands: []string{"corrected"}, Tags: []string{"mine"}}
	want.Sentiment, want.Score, want.Brands = mention.Negative, nil, []string{"corrected"}
	want.Tags = []string{"mine", "imported"}
	want.Toward = []string{"corrected:negative", "product/pill:negative"}
	if diff := cmp.Diff(want, rec.Row()); diff != "" {
		t.Errorf("Row() of a curated mention (-want +got):\n%s", diff)
	}
}
