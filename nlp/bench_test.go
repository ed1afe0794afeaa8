package nlp_test

import (
	"strings"
	"testing"

	"github.com/jdkato/prose/v2"
	"github.com/jonreiter/govader"

	"earshot/mention"
	"earshot/nlp"
)

// posts are written like what people post; none of them was posted.
var posts = []string{
	"@GlobexAir three hours on the tarmac in Denver and nobody tells us anything. Never again!! #fail",
	"Just tried the new Zoltrex app and honestly it's so much better than the old one :) http://example.com/a1",
	"Anyone else got a rash after the second dose of Nimbutol? My doctor says stop taking it",
	"RT @newsdesk: Acme Pharma to acquire Initech for $2.1 billion, sources say",
	"Monday morning, coffee, rain in London. Could be worse I guess 😂",
	"The battery of my Hooli phone died after two weeks but support replaced it the same day, great service",
	"Shares of Globex fell 4% after the company cut its full-year forecast",
	"can't wait for the match tonight!!! United will win this one",
	"Why is the price of insulin still going up? Explain that to me, @AcmePharma",
	"So happy to join the team at Umbrella Health as head of nursing, what a great place #newjob #grateful",
}

func BenchmarkAnalyzePost(b *testing.B) {
	a, err := nlp.New(nlp.Options{Brands: []mention.Brand{{ID: "acme", Name: "Acme Pharma", Handles: []string{"@AcmePharma"}}, {ID: "globex", Name: "Globex"}}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m := mention.Mention{ID: "1", Text: posts[i%len(posts)]}
		a.Analyze(&m)
		i++
	}
}

func BenchmarkAnalyzeArticle(b *testing.B) {
	a, err := nlp.New(nlp.Options{})
	if err != nil {
		b.Fatal(err)
	}
	m := mention.Mention{ID: "1", Title: "Acme Pharma recalls Zoltrex", Text: article()}
	b.ReportAllocs()
	for b.Loop() {
		a.Analyze(&m)
	}
}

// BenchmarkProsePost is what prose takes for entities alone, with a shared
// model and without its own sentences.
func BenchmarkProsePost(b *testing.B) {
	model := prose.ModelFromData("en")
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, err := prose.NewDocument(posts[i%len(posts)], prose.UsingModel(model), prose.WithSegmentation(false)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

// BenchmarkGovaderPost is what govader takes for the sentiment of what
// BenchmarkSentiment reads.
func BenchmarkGovaderPost(b *testing.B) {
	a := govader.NewSentimentIntensityAnalyzer()
	b.ReportAllocs()
	for b.Loop() {
		a.PolarityScores("@acme I really love the new app, but support is not helpful at all :( #fail http://example.com/x")
	}
}

// article is 400 words.
func article() string {
	var words []string
	for i := 0; len(words) < 400; i++ {
		words = append(words, strings.Fields(posts[i%len(posts)]+".")...)
	}
	return strings.Join(words[:400], " ")
}
