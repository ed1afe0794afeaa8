package nlp

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jdkato/prose/v2"
)

// plainSentences have no token twice: prose gives all occurrences of a
// repeated token the labels of the last one.
var plainSentences = []string{
	"Acme Pharma recalled two batches of Zoltrex tablets in Ohio on Monday .",
	"I met Barack Obama near the White House , Washington , and he said hello !",
	"FDA approves new treatment from Novo Nordisk for adults with type 2 diabetes",
	"Don't you think the CEO's plan won't work?",
	"@acme your app crashed again :( #fail http://example.com/x?y=1",
	"Shares of Globex rose 3.5% to $42.10 after-hours, analysts said.",
	"John lives at 10 Downing Street, London since 1999 (he moved from Paris).",
	"mail me: someone@example.org or visit www.example.org/page.",
	"\"Quoted text\" isn't [always] easy; 'single' quotes neither.",
	"RT This is GREAT!!!So happy 8-) xD",
	"naïve café owners in Zürich can't afford Ünïcode — really…",
	"-ABC- 0 * *T*-1 - 2024 007 U.S. Inc. Dr. Smith",
}

// proseSays runs prose itself.
func proseSays(t testing.TB, m *prose.Model, text string) []prose.Token {
	t.Helper()
	doc, err := prose.NewDocument(text, prose.UsingModel(m), prose.WithSegmentation(false))
	if err != nil {
		t.Fatal(err)
	}
	return doc.Tokens()
}

func TestTaggerGivesTheLabelsOfProse(t *testing.T) {
	b, err := loadBase()
	if err != nil {
		t.Fatal(err)
	}
	m := prose.ModelFromData("en")
	tg := newTagger(b)
	for _, text := range plainSentences {
		var c cleaned
		c.clean(text)
		toks := tg.tokenize(nil, &c)
		tg.tag(toks)
		tg.label(toks)
		want := proseSays(t, m, c.text)
		if len(want) != len(toks) {
			t.Errorf("%q: %d tokens, prose has %d", text, len(toks), len(want))
			continue
		}
		for i, w := range want {
			g := toks[i]
			if tag := b.classes[g.tag]; g.text != w.Text || tag != w.Tag && !strings.HasPrefix(w.Tag, "-A") || b.labels[g.label] != w.Label {
				t.Errorf("%q: token %d = %s/%s/%s, prose has %s/%s/%s", text, i, g.text, tag, b.labels[g.label], w.Text, w.Tag, w.Label)
			}
		}
	}
}

func TestTokensPointIntoTheOriginal(t *testing.T) {
	tests := []struct{ text, token, want string }{
		{"He said “yes’s” twice", "yes", "yes"},
		{"well!!!!!!!!! then", "then", "then"},
		{"bad \xff\xfe bytes here", "bytes", "bytes"},
		{"ȺȺȺ's tail", "tail", "tail"},
		{"İstanbul's sea", "sea", "sea"},
		{strings.Repeat("x", 500) + " end", "end", "end"},
		{"a&rsquo;s b", "b", "b"},
	}
	b, err := loadBase()
	if err != nil {
		t.Fatal(err)
	}
	tg := newTagger(b)
	for _, tt := range tests {
		var c cleaned
		c.clean(tt.text)
		found := false
		for _, tok := range tg.tokenize(nil, &c) {
			if tok.start < 0 || int(tok.end) > len(tt.text) || tok.start > tok.end {
				t.Fatalf("%q: token %q at %d..%d", tt.text, tok.text, tok.start, tok.end)
			}
			if tok.text == tt.token {
				found = true
				if got := tt.text[tok.start:tok.end]; got != tt.want {
					t.Errorf("%q: token %q stands at %q", tt.text, tok.text, got)
				}
			}
		}
		if !found {
			t.Errorf("%q: token %q is missing", tt.text, tt.token)
		}
	}
}

// emptyModel keeps prose from loading its own where it only cuts tokens.
var emptyModel prose.Model

// proseTokens runs prose's tokenizer.
func proseTokens(text string) (toks []prose.Token, err error) {
	defer func() {
		if r := recover(); r != nil {
			toks, err = nil, fmt.Errorf("nlp: tokenize: %v", r)
		}
	}()
	doc, err := prose.NewDocument(text, prose.UsingModel(&emptyModel),
		prose.WithSegmentation(false), prose.WithTagging(false), prose.WithExtraction(false))
	if err != nil {
		return nil, fmt.Errorf("nlp: tokenize: %w", err)
	}
	return doc.Tokens(), nil
}

// slowVote adds up as prose does.
func slowVote(b *base, refs *[tagFeatures]ref) int {
	var sums [maxClasses]float64
	var hit [maxClasses]bool
	for _, r := range refs {
		for _, w := range b.tagsOf(r) {
			sums[w.class()] += float64(w.thousandths()) / 1000
			hit[w.class()] = true
		}
	}
	at := -1
	for k := range sums {
		if hit[k] && (at < 0 || sums[k] > sums[at]) {
			at = k
		}
	}
	return max(at, 0)
}

func TestVotesAreThoseOfProseEvenWhenEven(t *testing.T) {
	b, err := loadBase()
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(1, 2))
	for i := range 100_000 {
		var refs [tagFeatures]ref
		for k := range refs {
			if i%3 > 0 || k < i%tagFeatures {
				refs[k] = ref(b.pos.slots[rnd.IntN(len(b.pos.slots))])
			}
		}
		var start tagStart
		for _, k := range []int{0, 4, 5, 6} {
			start.add(b.tagsOf(refs[k]))
		}
		if got, want := b.vote(&start, &refs), slowVote(b, &refs); got != want {
			t.Fatalf("vote(%v) = %d, want %d", refs, got, want)
		}
	}
}

func BenchmarkLoadBase(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readBase(nil); err != nil {
			b.Fatal(err)
		}
	}
}

// FuzzTokenize holds our way of cutting, run by run, against prose's own.
func FuzzTokenize(f *testing.F) {
	for _, s := range plainSentences {
		f.Add(s)
	}
	for _, s := range []string{"they'll (don't) \"x\" $100 :) :-( e.g. U.S. a'b'c ''' 's n't ,.!?", "ȺȺȺ's", "x\u00a0y\u2003z", "\x00\x01", "İn't"} {
		f.Add(s)
	}
	b, err := loadBase()
	if err != nil {
		f.Fatal(err)
	}
	tg := newTagger(b)
	f.Fuzz(func(t *testing.T, text string) {
		var c cleaned
		c.clean(text)
		toks := tg.tokenize(nil, &c)
		for i := range toks {
			if toks[i].start < 0 || toks[i].end < toks[i].start || int(toks[i].end) > len(text) {
				t.Errorf("%q: token %d at %d..%d of %d", text, i, toks[i].start, toks[i].end, len(text))
			}
		}
		want, err := proseTokens(c.text)
		if err != nil {
			return // prose itself cannot: there is nothing to hold ours against
		}
		if len(toks) != len(want) {
			t.Fatalf("%q: %d tokens, prose has %d: %v", c.text, len(toks), len(want), want)
		}
		for i := range toks {
			if toks[i].text != want[i].Text {
				t.Errorf("%q: token %d is %q, prose has %q", c.text, i, toks[i].text, want[i].Text)
			}
		}
	})
}
