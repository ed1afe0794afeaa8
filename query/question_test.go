package query_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"earshot/query"
)

func TestQuestions(t *testing.T) {
	tests := []struct {
		name, text string
		want       map[string][]string
	}{
		{"none", "The side effects. No!", nil},
		{"one of two sentences", "I paid. When is the #refund due? Tell me", map[string][]string{"When is the #refund due?": {"refund", "due", "refund due"}}},
		{"pairs stand side by side", "Are side effects of Acme's pill known?!", map[string][]string{
			"Are side effects of Acme's pill known?": {"side", "effects", "side effects", "acme's", "acme", "pill", "acme pill", "known", "pill known"},
		}},
		{"common words alone", "What is it?", nil},
		{"a mark in a link", "see https://a.example/?q=1 now", nil},
		{"other marks", "Café fermé？", map[string][]string{"Café fermé？": {"café", "cafe", "fermé", "ferme", "café fermé"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got map[string][]string
			query.Questions(tt.text, func(s string, values []string) {
				if got == nil {
					got = map[string][]string{}
				}
				got[s] = values
			})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Questions(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}
