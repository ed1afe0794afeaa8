package demo_test

import (
	"strings"
	"testing"
	"time"

	"earshot/internal/demo"
	"earshot/mention"
)

func TestLoadIsEndlessAndMixed(t *testing.T) {
	next, again := demo.Load(5), demo.Load(5)
	kinds, texts, ids := map[mention.Kind]int{}, map[string]bool{}, map[string]bool{}
	const n = 20000
	for range n {
		m := next()
		if other := again(); other.Text != m.Text || other.ID != m.ID {
			t.Fatalf("two streams of one seed differ at %s and %s", m.ID, other.ID)
		}
		kinds[m.Kind]++
		texts[m.Text], ids[m.ID] = true, true
		if m.Text == "" || m.Published.IsZero() || strings.ContainsAny(m.Text, "{}¶") {
			t.Fatalf("%+v is not whole", m)
		}
	}
	if kinds[mention.KindPost] != n*9/10 || kinds[mention.KindNews] != n/10 {
		t.Errorf("kinds are %v, want nine posts and one article in ten", kinds)
	}
	if len(ids) != n {
		t.Errorf("%d ids of %d mentions", len(ids), n)
	}
	if len(texts) < n*80/100 {
		t.Errorf("%d different texts of %d mentions", len(texts), n)
	}
	t.Logf("%d of %d texts differ", len(texts), n)
}

func BenchmarkNewWorld(b *testing.B) {
	for b.Loop() {
		demo.NewWorld(1, end)
	}
}

func BenchmarkLoad(b *testing.B) {
	next := demo.Load(1)
	b.ReportAllocs()
	for b.Loop() {
		next()
	}
}

func BenchmarkVisible(b *testing.B) {
	w := demo.NewWorld(1, end)
	w.Truth().VisibleAt(end.Add(time.Hour))
	b.ReportAllocs()
	for b.Loop() {
		w.Truth().VisibleAt(end.Add(time.Hour))
	}
}
