package ledger_test

import (
	"testing"

	"earshot/internal/ledger"
	"earshot/mention"
)

// One batch may bring a mention twice; what the first one says counts.
func TestAppendTakesAMentionTwiceInOneBatch(t *testing.T) {
	l, err := ledger.Open(t.Context(), ledger.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	one := mention.Mention{ID: "a", Text: "thank you", Author: "ann"}
	other := one
	other.Text = "thank you all"
	got, err := l.Append(t.Context(), start, mention.Batch{Source: "s", Mentions: []mention.Mention{one, one, other}})
	if err != nil {
		t.Fatal(err)
	}
	if got.New != 1 || got.Unchanged != 2 {
		t.Errorf("Append = %+v, want one new, two unchanged", got)
	}
}
