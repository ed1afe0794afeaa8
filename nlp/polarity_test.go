//go:build !race

package nlp

import "testing"

func TestSentimentAloneAllocatesNothing(t *testing.T) {
	m, err := loadModels()
	if err != nil {
		t.Fatal(err)
	}
	x := polarity{model: m.polarity, words: m.lexicon, known: newWordCache(m)}
	var s scanned
	text := "@acme I really love the new app, but support is not helpful at all :( #fail http://example.com/x"
	read := func() {
		s.scan(text)
		x.read(&s, m.words)
	}
	read()
	if n := testing.AllocsPerRun(100, read); n != 0 {
		t.Errorf("scoring a post takes %v allocations, want 0", n)
	}
}

func BenchmarkSentiment(b *testing.B) {
	m, err := loadModels()
	if err != nil {
		b.Fatal(err)
	}
	x := polarity{model: m.polarity, words: m.lexicon, known: newWordCache(m)}
	var s scanned
	b.ReportAllocs()
	for b.Loop() {
		s.scan("@acme I really love the new app, but support is not helpful at all :( #fail http://example.com/x")
		x.read(&s, m.words)
	}
}
