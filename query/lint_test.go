package query_test

import (
	"fmt"
	"strings"
	"testing"

	"earshot/query"
)

// codes writes messages as "code@place" with ! after errors.
func codes(messages []query.Message) string {
	var parts []string
	for _, m := range messages {
		mark := ""
		if m.Severity == query.SeverityError {
			mark = "!"
		}
		parts = append(parts, fmt.Sprintf("%s%s@%d", m.Code, mark, m.At))
	}
	return strings.Join(parts, " ")
}

func TestParseSaysWhatIsWrong(t *testing.T) {
	tests := []struct {
		query, want string
	}{
		{"", "empty-query!@0"},
		{" <<< note >>> ", "empty-query!@14"},
		{"a ()", "implicit-and@2 empty-group!@2"},
		{"NOT a", "only-not!@0"},
		{"a AND (NOT b)", ""},
		{"NOT a NOT b", "only-not!@0"},
		{"a OR NOT b", "or-not!@5"},
		{"a OR -b", "or-not!@5"},
		{"a OR (NOT b)", "or-not!@0"},
		{"a NOT NOT b", "double-not!@2"},
		{"a NOT (NOT b)", "double-not!@2"},
		{"a AND b OR c", "mixed-and-or!@8"},
		{"a b OR c", "mixed-and-or!@4 implicit-and@2"},
		{"a OR b -c", "mixed-and-or!@7"},
		{"a AND", "missing-operand!@5"},
		{"OR a", "missing-operand!@0"},
		{"a NEAR/3", "missing-operand!@2"},
		{"NEAR/3 a", "missing-operand!@0"},
		{"a NOT", "missing-operand!@2"},
		{"(a", "unbalanced-paren!@0"},
		{"a AND title:(b", "unbalanced-paren!@12"},
		{"a)", "unbalanced-paren!@1"},
		{`a "b`, `implicit-and@2 unbalanced-quote!@2`},
		{"{a", "unbalanced-brace!@0"},
		{"a }", "unbalanced-brace!@2 implicit-and@2"},
		{"a <<< b", "comment-open!@2"},
		{"a NEAR b", "near-number!@2"},
		{"a NEAR/101 b", "near-number!@2"},
		{"a NEAR/99999999999999999999 b", "near-number!@2"},
		{`"a b"~101`, "near-number!@0"},
		{"a NEAR/5 (b NOT c)", "near-not!@2"},
		{"a NEAR/5 NOT b", "near-not!@2"},
		{"a NOT SENTENCE b", "near-not!@6"},
		{"a NEAR/5 (b AND c)", "near-operand!@2"},
		{"a NEAR/5 site:b.org", "near-operand!@2"},
		{"a NEAR/5 raw:bcd", "near-operand!@2"},
		{"REPEAT/2:(a AND b)", "repeat-operand!@0"},
		{"REPEAT/2:REPEAT/2:a", "repeat-operand!@0"},
		{"REPEAT/1:a", "repeat-number!@0"},
		{"REPEAT/101:a", "repeat-number!@0"},
		{"repeat:a", "repeat-number!@0"},
		{"REPEAT/2: a", "empty-value!@0"},
		{"merck & co", "no-word!@6 implicit-and@6"},
		{`"..."`, "no-word!@0"},
		{`"` + strings.Repeat("a ", 33) + `"`, "phrase-long!@0"},
		{strings.Repeat("a", query.MaxBytes+1), "too-long!@32768"},
		{strings.Repeat("a OR ", 1024) + "a", "too-many-clauses!@5120"},
		{strings.Repeat("(", 33) + "a" + strings.Repeat(")", 33), "too-deep!@32"},
		{strings.Repeat("REPEAT/2:", 40) + "a", "too-deep!@288"},
		{strings.Repeat("(", 31) + "REPEAT/2:(a OR b)" + strings.Repeat(")", 31), ""},
		{strings.Repeat("(", 32) + "a" + strings.Repeat(")", 32), ""},
		{"*a", "wildcard-leading!@0"},
		{"*", "wildcard-leading!@0"},
		{"?ab", "wildcard-leading!@0"},
		{"a*", "wildcard-short!@0"},
		{"#a*", "wildcard-short!@0"},
		{"site:*", "wildcard-leading!@0"},
		{"author:a*", "wildcard-short!@0"},
		{"ab*c*d*e*", "wildcard-many!@0"},
		{"ab**c*d*", ""},
		{strings.Repeat("abx* OR ", 64) + "abx*", "wildcard-many!@512"},
		{"{A*}", "wildcard-exact!@0"},
		{`"a b" ~5`, `bad-tilde!@6 implicit-and@6`},
		{"(a OR b)~5", "bad-tilde!@8"},
		{"word~3", "bad-tilde!@0"},
		{"~1", "bad-tilde!@0"},
		{`"a b"~x`, "bad-tilde!@5"},
		{"wo*d~1", "bad-tilde!@0"},
		{"abc~1", "fuzzy-short!@0"},
		{"abcdefg~2", "fuzzy-short!@0"},
		{"languag:en", "unknown-field!@0"},
		{"gender:male", "field-not-collected!@0"},
		{"title:(site:a.org OR b)", "field-nested!@7"},
		{"title :a", "colon-space!@0"},
		{"a :b", "colon-space!@0"},
		{"title: a", "empty-value!@0"},
		{`author:" "`, "empty-value!@0"},
		{"site:www.", "empty-value!@0"},
		{"lang:english", "bad-value!@0"},
		{"kind:newz", "bad-value!@0"},
		{"published:tomorrow", "bad-value!@0"},
		{"time:tomorrow", "bad-value!@0"},
		{"time:[2021 TO 2020]", "range-reversed!@0"},
		{"flag:irrelevant", "bad-value!@0"},
		{"flag:unscored OR toward:acme:negative OR activity:recall OR time:-7d", ""},
		{"published:2020-02-30", "bad-value!@0"},
		{"score:high", "bad-value!@0"},
		{"score:2", "out-of-range!@0"},
		{"engagement:-1", "out-of-range!@0"},
		{"published:[2020-01-01]", "bad-range!@0"},
		{"published:[2020 TO", "bad-range!@0"},
		{"site:[a TO b]", "bad-range!@0"},
		{"engagement:[1e9 TO 5]", "bad-value!@0"},
		{"published:[2021 TO 2020]", "range-reversed!@0"},
		{"published:[now TO -7d]", "range-reversed!@0"},
		{"https://x.com", "url-in-query!@0"},
		{"raw:ab", "raw-short!@0"},
		{"a AROUND(5) b", "implicit-and@2 foreign-operator!@2"},
		{"a /5 b", "implicit-and@2 foreign-operator!@2"},
		{"a w/5 b", "implicit-and@2 foreign-operator!@2"},
		{"near/5:a,b", "foreign-operator!@0"},
		{"a b c", "implicit-and@2"},
		{"a or b", "implicit-and@2 lowercase-operator@2"},
		{"a AND b NEAR/3 c", "mixed-near@0"},
		{"a NEAR/3 b NEAR/3 c", "near-chain@11"},
		{`"a"~5`, "slop-single@0"},
		{"lang:EN", "lang-code@0"},
		{"(a OR b)^9", "weight-ignored@0"},
		{"a && b || c", "mixed-and-or!@7"},
		{"“a b”", ""},
		{"a <<< (note \" >>> AND b", ""},
		{"at&t", ""},
		{"x-y -z", ""},
	}
	for _, tt := range tests {
		name := tt.query
		if len(name) > 40 {
			name = name[:40]
		}
		t.Run(name, func(t *testing.T) {
			q, messages := query.Parse(tt.query)
			if got := codes(messages); got != sortedErrorFirst(tt.want) {
				t.Errorf("Parse(%q) = %s, want %s", name, got, tt.want)
			}
			if failed := strings.Contains(tt.want, "!"); (q == nil) != failed {
				t.Errorf("Parse(%q) gave query %v", name, q)
			}
			for _, m := range messages {
				if m.Message == "" || m.At < 0 || m.At > len(tt.query) {
					t.Errorf("Parse(%q) message %+v", name, m)
				}
			}
		})
	}
}

// sortedErrorFirst puts the error before the warnings that were met before it.
func sortedErrorFirst(want string) string {
	parts := strings.Fields(want)
	for i, p := range parts {
		if strings.Contains(p, "!") {
			return strings.Join(append([]string{p}, append(parts[:i:i], parts[i+1:]...)...), " ")
		}
	}
	return want
}

func TestParseHintsAtTheNearestName(t *testing.T) {
	tests := []struct {
		query, hint string
	}{
		{"languag:en", "did you mean language:?"},
		{"titl:x", "did you mean title:?"},
		{"sentiment:negativ", "did you mean sentiment:negative?"},
		{"kind:newz", "did you mean kind:news?"},
		{"zzzzzz:x", "put it in quotes"},
		{"merck & co", `"merck & co"`},
	}
	for _, tt := range tests {
		_, messages := query.Parse(tt.query)
		if len(messages) == 0 || !strings.HasPrefix(messages[0].Hint, tt.hint) && !strings.Contains(messages[0].Hint, tt.hint) {
			t.Errorf("Parse(%q) = %v, want a hint with %q", tt.query, messages, tt.hint)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`a AND (b OR "c d"~3) NOT {E}`, "REPEAT/2:(a OR b) NEAR/5f c*", "title:(x y) site:a.b published:[-7d TO now]",
		"raw:\"C++\" ^2 <<< x >>> \xff", "hashtag:x $A’s~1 -🇺🇸", "a NEAR/1 b NEAR/2 c SENTENCE d", `“a” lang:(EN OR "de")`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		q, messages := query.Parse(text)
		for _, m := range messages {
			if m.At < 0 || m.At > len(text) || m.Code == "" || m.Message == "" {
				t.Fatalf("Parse(%q) message %+v", text, m)
			}
		}
		if q != nil {
			checkCanonical(t, q)
		}
	})
}
