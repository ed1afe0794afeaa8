package query_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"earshot/query"
)

// treeText writes the tree of a query. (Comparing deep trees takes cmp too long.)
func treeText(t *testing.T, q *query.Query) string {
	t.Helper()
	text, err := json.Marshal(q.Explain().Tree)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// checkCanonical checks that the canonical form parses to the same tree, is
// its own, and draws no warning but for what cannot be written otherwise.
func checkCanonical(t *testing.T, q *query.Query) {
	t.Helper()
	text := q.Canonical()
	if len(text) > query.MaxBytes {
		return // AND written out may no longer fit
	}
	again, messages := query.Parse(text)
	if again == nil {
		t.Fatalf("canonical form of %q is %q: %v", q, text, messages)
	}
	for _, m := range messages {
		if m.Code != "near-chain" && m.Code != "mixed-near" || strings.Count(text, "(") < query.MaxDepth-1 {
			t.Fatalf("canonical form of %q is %q: %v", q, text, m)
		}
	}
	if want, got := treeText(t, q), treeText(t, again); want != got {
		t.Fatalf("canonical form of %q is %q, which differs:\nwant %s\ngot  %s", q, text, want, got)
	}
	if third := again.Canonical(); third != text {
		t.Fatalf("canonical form of %q is %q, and of that %q", q, text, third)
	}
}

func TestCanonical(t *testing.T) {
	tests := []struct {
		query, want string
	}{
		{"Drug", "drug"},
		{"a b", "a AND b"},
		{"a -b", "a AND NOT b"},
		{"((a)) && (b | c)", "a AND (b OR c)"},
		{"a NOT (b OR c)", "a AND NOT (b OR c)"},
		{"drug NEAR/5 recall", "(drug NEAR/5 recall)"},
		{"drug ONEAR/5 recall AND x", "(drug NEAR/5f recall) AND x"},
		{"a NEAR/3 b NEAR/4 c", "((a NEAR/3 b) NEAR/4 c)"},
		{"a NOT NEAR/5 (pie OR juice)", "(a NOT NEAR/5 (pie OR juice))"},
		{"a SENTENCE b", "(a SENTENCE b)"},
		{`covid-19 "Side Effect*"`, `"covid 19" AND "side effect*"`},
		{`"A b c"~3`, `"a b c"~3`},
		{`"a"~3`, "a"},
		{"Phizer~1^2", "phizer~1"},
		{"{US} {New York}", "{US} AND {New York}"},
		{`raw:C++`, `raw:"C++"`},
		{`repeat3:"x y" OR REPEAT/2:(a OR b)`, `REPEAT/3:"x y" OR REPEAT/2:(a OR b)`},
		{"a <<< note >>> OR b", "a OR b"},
		{"headline:X", "title:x"},
		{"title:(a OR b) c", "title:(a OR b) AND c"},
		{"title:a OR title:b", "title:(a OR b)"},
		{"title:a OR text:b", "title:a OR text:b"},
		{"title:(a NEAR/2 b)", "(title:a NEAR/2 title:b)"},
		{"language:(EN OR de)", "lang:(en OR de)"},
		{`from:"Hayley Example" site:www.bbc.co.uk`, `author:"hayley example" AND site:bbc.co.uk`},
		{"label:side-effects tag:xy*", "label:side-effects AND tag:xy*"},
		{"label:or", `label:"or"`},
		{"link:acme.com/news", `link:"acme com news"`},
		{"published:[2020..2021] date:>-7d score:<-0.5", "published:[2020 TO 2021] AND published:>-7d AND score:<-0.5"},
		{"hashtag:x mentions:@y cashtag:Z", "#x AND @y AND $z"},
		{"a or b", `a AND "or" AND b`},
		{"疫苗", `"疫 苗"`},
		{"ﷺ", "ﷺ"},
		{"👩🏽‍⚕️ 👍🏽", "👩🏽‍⚕️ AND 👍"},
	}
	for _, tt := range tests {
		t.Run(tt.query, func(t *testing.T) {
			q, messages := query.Parse(tt.query)
			if q == nil {
				t.Fatalf("Parse(%q) = %v", tt.query, messages)
			}
			if got := q.Canonical(); got != tt.want {
				t.Errorf("Canonical of %q = %q, want %q", tt.query, got, tt.want)
			}
			checkCanonical(t, q)
		})
	}
}

func TestCanonicalOfDeepQueries(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("a NEAR/3 ", 60) + "b",
		strings.Repeat("(a OR (b AND ", 16) + "c NEAR/2 d" + strings.Repeat("))", 16),
		"REPEAT/2:(" + strings.Repeat("a SENTENCE ", 40) + "b)",
	} {
		q, messages := query.Parse(text)
		if q == nil {
			t.Fatalf("Parse(%q) = %v", text, messages)
		}
		checkCanonical(t, q)
	}
}

func TestExplain(t *testing.T) {
	q, _ := query.Parse(`title:Drug NEAR/5 ("side effect" OR vaccin*) brand:acme`)
	want := query.Explain{
		Canonical: `(title:drug NEAR/5 ("side effect" OR vaccin*)) AND brand:acme`,
		Tree: query.Tree{Op: "and", Args: []any{
			query.Tree{Op: "near/5", Args: []any{
				query.Tree{Op: "title word", Args: []any{"drug"}},
				query.Tree{Op: "or", Args: []any{
					query.Tree{Op: "phrase", Args: []any{"side", "effect"}},
					query.Tree{Op: "wildcard", Args: []any{"vaccin*"}},
				}},
			}},
			query.Tree{Op: "brand", Args: []any{"acme"}},
		}},
		Words:    []string{"drug", "side", "effect", "vaccin*"},
		Fields:   []string{"title", "text", "brand"},
		Messages: q.Warnings(),
	}
	e := q.Explain()
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("Explain (-want +got):\n%s", diff)
	}
	lines := []string{
		"all of", "  both, at most 5 words between", "    title word: drug", "    any of",
		"      phrase: side effect", "      wildcard: vaccin*", "  brand: acme",
	}
	if diff := cmp.Diff(lines, e.Lines()); diff != "" {
		t.Errorf("Lines (-want +got):\n%s", diff)
	}
	for _, c := range q.Clauses() {
		if part, messages := query.Parse(c.Query); part == nil {
			t.Errorf("clause %q: %v", c.Query, messages)
		}
	}
	if n := len(q.Clauses()); n != 7 {
		t.Errorf("Clauses gave %d parts, want 7", n)
	}
}
