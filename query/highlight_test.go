package query_test

import (
	"slices"
	"strings"
	"testing"

	"earshot/mention"
	"earshot/query"
)

// marked writes a row with what a query highlights in brackets.
func marked(q *query.Query, row *mention.Row) string {
	title, text := row.Title, row.Text
	for _, s := range slices.Backward(q.Highlights(query.NewDocument(row))) {
		field := &text
		if s.Field == "title" {
			field = &title
		}
		*field = (*field)[:s.Start] + "[" + (*field)[s.Start:s.End] + "]" + (*field)[s.End:]
	}
	if title == "" {
		return text
	}
	return title + " | " + text
}

func TestHighlights(t *testing.T) {
	tests := []struct{ query, title, text, want string }{
		{"recall", "Recall of X", "X's recall's over, recalls", "[Recall] of X | X's [recall's] over, recalls"},
		{"title:recall", "Recall", "recall", "[Recall] | recall"},
		{"text:recall", "Recall", "recall", "Recall | [recall]"},
		{`"side effect*"`, "", "Side-effects, effects on the side", "[Side-effects], effects on the side"},
		{`"a c"~2 OR x`, "", "a b c, then x", "[a] b [c], then [x]"},
		{"drug AND NOT recall", "", "a drug", "a [drug]"},
		{"drug OR recall", "", "a drug", "a [drug]"},
		{"(drug AND recall) OR cure", "", "drug cure", "drug [cure]"},
		{"drug NEAR/2 recall", "", "drug and then the recall of a drug", "drug and then the [recall] of a [drug]"},
		{"drug NEAR/2f recall", "", "recall of a drug by drug recall", "recall of a [drug] by [drug] [recall]"},
		{"(drug OR cure) NEAR/1 (recall OR stop)", "", "drug cure recall stop", "[drug] [cure] [recall] [stop]"},
		{"drug SENTENCE recall", "", "A drug. Its recall of a drug.", "A drug. Its [recall] of a [drug]."},
		{"drug NOT NEAR/1 old", "", "an old drug and, much later, a new drug", "an old drug and, much later, a new [drug]"},
		{"REPEAT/2:drug", "Drug", "a drug", "[Drug] | a [drug]"},
		{"{US}", "", "the US and us", "the [US] and us"},
		{"recal~1 OR #pf*", "", "recall #Pfizer now", "[recall] [#Pfizer] now"},
		{`raw:"++ i"`, "", "C++ is, C++ isn't", "C[++ i]s, C[++ i]sn't"},
		{"link:acme.example/news", "", "see https://acme.example/news/1 and https://other.example", "see [https://acme.example/news/1] and https://other.example"},
		{"url:acme", "", "see https://acme.example", "see https://acme.example"},
		{"lang:en drug", "", "drug", "drug"},
		{"疫苗", "", "新冠疫苗", "新冠[疫苗]"},
		{`"a b" OR b`, "", "a b b", "[a b] [b]"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			row := mention.Row{Title: tt.title, Text: tt.text}
			if got := marked(must(t, tt.query), &row); got != tt.want {
				t.Errorf("Highlights marks %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHighlightsAreBounded(t *testing.T) {
	row := mention.Row{Text: strings.Repeat("drug recall ", 20_000)}
	for _, text := range []string{"drug", "drug NEAR/20 recall", `"drug recall"~5`, `raw:"drug"`} {
		if n := len(must(t, text).Highlights(query.NewDocument(&row))); n != query.MaxHighlights {
			t.Errorf("Highlights(%s) gave %d spans, want %d", text, n, query.MaxHighlights)
		}
	}
}
