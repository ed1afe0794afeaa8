package mention_test

import (
	"testing"

	"earshot/mention"
)

func TestTowardTellsWhatIsSaidOfABrand(t *testing.T) {
	said := func(brand, product, label string) mention.BrandMention {
		b := mention.BrandMention{Brand: brand, Product: product}
		if label != "" {
			b.Sentiment = &mention.Sentiment{Label: label}
		}
		return b
	}
	whole := mention.Analysis{Sentiment: &mention.Sentiment{Label: mention.Neutral}}
	tests := []struct {
		name           string
		record         mention.Record
		brand, product string
		want           string
	}{
		{"its own", mention.Record{Analysis: whole, Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "", "positive"), said("b", "", "negative")}}}, "b", "", "negative"},
		{"its own before its product's", mention.Record{Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "x", "negative"), said("a", "", "positive")}}}, "a", "", "positive"},
		{"its product's", mention.Record{Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "x", "negative")}}}, "a", "", "negative"},
		{"products that differ", mention.Record{Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "x", "negative"), said("a", "y", "positive")}}}, "a", "", "mixed"},
		{"a product", mention.Record{Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "x", "negative"), said("a", "", "positive")}}}, "", "x", "negative"},
		{"the mention's", mention.Record{Analysis: whole, Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "", "")}}}, "a", "", "neutral"},
		{"none", mention.Record{Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "", "")}}}, "a", "", ""},
		{"given", mention.Record{Mention: mention.Mention{Given: &mention.Given{Sentiment: "mixed"}}, Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "", "positive")}}}, "a", "", "mixed"},
		{"corrected", mention.Record{Curation: mention.Curation{Sentiment: "negative"}, Linking: mention.Linking{Brands: []mention.BrandMention{said("a", "", "positive")}}}, "a", "", "negative"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.record.Toward(tt.brand, tt.product); got != tt.want {
				t.Errorf("Toward(%q, %q) = %q, want %q", tt.brand, tt.product, got, tt.want)
			}
		})
	}
}
