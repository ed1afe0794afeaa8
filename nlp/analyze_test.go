package nlp_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/txtar"
	"pgregory.net/rapid"

	"earshot/mention"
	"earshot/nlp"
)

var update = flag.Bool("update", false, "rewrite the want sections of testdata/*.txtar")

// answer is what a golden case shows of an analysis.
type answer struct {
	Language  string            `json:"language"`
	Status    string            `json:"status"`
	Sentiment string            `json:"sentiment,omitempty"`
	Because   []string          `json:"because,omitempty"` // the two strongest pieces of evidence
	Entities  []string          `json:"entities,omitempty"`
	Brands    []string          `json:"brands,omitempty"`
	Events    []mention.Event   `json:"events,omitempty"`
	Adverse   bool              `json:"adverse,omitempty"`
	Elements  map[string]string `json:"elements,omitempty"`
	Types     []string          `json:"types,omitempty"`
	Keys      []string          `json:"keyphrases,omitempty"`
	Rejected  map[string]string `json:"rejected,omitempty"`
}

func TestAnalyze(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var brands []mention.Brand
			var docs, want []byte
			for _, f := range a.Files {
				switch f.Name {
				case "brands.yaml":
					brands = readBrands(t, f.Data)
				case "in":
					docs = f.Data
				case "want":
					want = f.Data
				}
			}
			got := analyzeAll(t, brands, docs)
			if *update {
				rewrite(t, file, a, got)
				return
			}
			if d := cmp.Diff(string(want), string(got)); d != "" {
				t.Errorf("%s (-want +got):\n%s", file, d)
			}
		})
	}
}

// readBrands reads brands as the configuration has them.
func readBrands(t *testing.T, data []byte) []mention.Brand {
	t.Helper()
	var list []map[string]any
	if err := yaml.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(list)
	if err != nil {
		t.Fatal(err)
	}
	var brands []mention.Brand
	if err := json.Unmarshal(b, &brands); err != nil {
		t.Fatal(err)
	}
	return brands
}

func rewrite(t *testing.T, file string, a *txtar.Archive, got []byte) {
	t.Helper()
	for i := range a.Files {
		if a.Files[i].Name == "want" {
			a.Files[i].Data = got
		}
	}
	if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
		t.Fatal(err)
	}
}

func analyzeAll(t *testing.T, brands []mention.Brand, docs []byte) []byte {
	t.Helper()
	a, err := nlp.New(nlp.Options{Brands: brands})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for line := range bytes.Lines(docs) {
		var m mention.Mention
		if err := json.Unmarshal(line, &m); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		b, err := json.MarshalIndent(describe(a, &m), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		out.Write(b)
		out.WriteByte('\n')
	}
	return out.Bytes()
}

func describe(a *nlp.Analyzer, m *mention.Mention) answer {
	an, brands := a.Analyze(m)
	text := func(sp mention.Span) string {
		if sp.Field == "title" {
			return m.Title[sp.Start:sp.End]
		}
		return m.Text[sp.Start:sp.End]
	}
	out := answer{Language: an.Language, Status: an.Status, Events: an.Events, Keys: an.Keyphrases[:min(3, len(an.Keyphrases))]}
	if an.Sentiment != nil {
		out.Sentiment = an.Sentiment.Label
		for _, e := range an.Sentiment.Evidence[:min(2, len(an.Sentiment.Evidence))] {
			out.Because = append(out.Because, text(e.Span))
		}
	}
	for _, e := range an.Entities {
		out.Entities = append(out.Entities, e.Type+" "+text(e.Span))
	}
	for _, b := range brands {
		says := b.Brand
		if b.Product != "" {
			says += "/" + b.Product
		}
		for _, sp := range b.Spans {
			says = fmt.Sprint(says, " ", text(sp))
		}
		if b.Sentiment != nil {
			says += ": " + b.Sentiment.Label
		}
		out.Brands = append(out.Brands, says)
	}
	for _, c := range a.Preview(m) {
		if !c.Linked {
			if out.Rejected == nil {
				out.Rejected = map[string]string{}
			}
			out.Rejected[c.Brand+" "+text(c.Span)] = c.Why
		}
	}
	if s := an.Safety; s != nil && s.AdverseEvent {
		out.Adverse, out.Types = true, s.Types
		out.Elements = map[string]string{}
		for name, spans := range map[string][]mention.Span{"patient": s.Elements.Patient, "reporter": s.Elements.Reporter, "product": s.Elements.Product, "reaction": s.Elements.Reaction, "serious": s.Serious} {
			if len(spans) > 0 {
				out.Elements[name] = text(spans[0])
			}
		}
	}
	return out
}

func analyzer(t testing.TB) *nlp.Analyzer {
	t.Helper()
	a, err := nlp.New(nlp.Options{Brands: []mention.Brand{
		{ID: "acme", Name: "Acme Pharma", Aliases: []string{"Acme"}, Exact: []string{"ACM"}, Handles: []string{"@AcmePharma", "$ACM"}, Products: []mention.ProductName{{Name: "Zoltrex"}}, Domains: []string{"acme.example"}},
		{ID: "gap", Name: "Gap"},
		{ID: "ctx", Name: "Orbit", Context: &mention.Context{Any: []string{"gum"}, None: []string{"satellite"}, Within: 10}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// check holds for every answer: spans lie in their fields, in whole, and the
// weights of the evidence add up to the score.
func check(t interface{ Errorf(string, ...any) }, m *mention.Mention, an *mention.Analysis, brands []mention.BrandMention) {
	inside := func(what string, sp mention.Span) {
		text := m.Text
		if sp.Field == "title" {
			text = m.Title
		}
		if sp.Start < 0 || sp.End > len(text) || sp.Start > sp.End {
			t.Errorf("%s: span %+v outside of %d bytes", what, sp, len(text))
		}
	}
	if s := an.Sentiment; s != nil {
		sum := 0.0
		for _, e := range s.Evidence {
			inside("evidence", e.Span)
			sum += e.Weight
		}
		if math.Abs(s.Score) > 1 || len(s.Evidence) > 0 && math.Abs(sum-s.Score) > 1e-9 {
			t.Errorf("%q %q: evidence adds up to %v, score is %v", m.Title, m.Text, sum, s.Score)
		}
		if s.Score != 0 && len(s.Evidence) == 0 {
			t.Errorf("%q %q: score %v without evidence", m.Title, m.Text, s.Score)
		}
	}
	for _, e := range an.Entities {
		inside("entity", e.Span)
	}
	for _, b := range brands {
		for _, sp := range b.Spans {
			inside("brand", sp)
		}
	}
	if s := an.Safety; s != nil {
		for _, list := range [][]mention.Span{s.Serious, s.Elements.Patient, s.Elements.Product, s.Elements.Reaction, s.Elements.Reporter} {
			for _, sp := range list {
				inside("safety", sp)
			}
		}
	}
	for _, e := range an.Events {
		if !strings.Contains(m.Title, e.Evidence) && !strings.Contains(m.Text, e.Evidence) {
			t.Errorf("event evidence %q is not in the text", e.Evidence)
		}
	}
}

func TestEvidenceAddsUpToTheScore(t *testing.T) {
	a := analyzer(t)
	words := []string{"great", "terrible", "not", "good", "but", "bad", "very", "the", "Acme", "Zoltrex", "works", "?", "!!!", "😂", ":(", "profit", "fell", "rose", "sales", "http://a.example", "@user", "#Fail", "never", "SO", "happy", "\xff", "İ", "."}
	rapid.Check(t, func(t *rapid.T) {
		pick := rapid.SliceOfN(rapid.SampledFrom(words), 0, 30)
		m := mention.Mention{Title: strings.Join(pick.Draw(t, "title"), " "), Text: strings.Join(pick.Draw(t, "text"), " ")}
		an, brands := a.Analyze(&m)
		check(t, &m, &an, brands)
	})
}

// A negation is evidence for what it turns round: without it the text says the
// opposite, so the texts here have none.
func TestWithoutItsStrongestEvidenceTheScoreIsNearerToZero(t *testing.T) {
	a := analyzer(t)
	subjects := []string{"the new phone", "this airline", "my flight to Denver", "their support", "the whole day", "the update", "this book", "our hotel room"}
	verbs := []string{"is", "was", "seems", "looks"}
	degrees := []string{"", "really", "absolutely", "so", "quite", "very"}
	says := []string{"awful", "wonderful", "terrible", "great", "horrible", "amazing", "boring", "excellent", "disgusting", "perfect", "useless", "fantastic", "sad", "lovely"}
	ends := []string{"", "!", "!!", " :)", " :(", " today", " https://a.example/x", " again"}
	rapid.Check(t, func(t *rapid.T) {
		pick := func(name string, list []string) string { return rapid.SampledFrom(list).Draw(t, name) }
		var b strings.Builder
		for i := range rapid.IntRange(1, 3).Draw(t, "clauses") {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(strings.Join([]string{pick("subject", subjects), pick("verb", verbs), pick("degree", degrees), pick("says", says)}, " "))
		}
		text := b.String() + pick("end", ends)
		an, _ := a.Analyze(&mention.Mention{Text: text})
		if len(an.Sentiment.Evidence) == 0 {
			return
		}
		e := an.Sentiment.Evidence[0]
		if e.Weight*an.Sentiment.Score <= 0 || e.End-e.Start == len(text) {
			return // it speaks against the score, or it is the text as a whole
		}
		less, _ := a.Analyze(&mention.Mention{Text: text[:e.Start] + text[e.End:]})
		if s := math.Copysign(1, an.Sentiment.Score); (an.Sentiment.Score-less.Sentiment.Score)*s <= 0 {
			t.Fatalf("%q: score %v, without %q %v", text, an.Sentiment.Score, text[e.Start:e.End], less.Sentiment.Score)
		}
	})
}

func TestOwnChannels(t *testing.T) {
	a := analyzer(t)
	tests := []struct {
		name string
		m    mention.Mention
		want string
	}{
		{"domain", mention.Mention{URL: "https://acme.example/news/1"}, "acme"},
		{"subdomain", mention.Mention{URL: "https://news.acme.example/1"}, "acme"},
		{"another domain that ends alike", mention.Mention{URL: "https://notacme.example/1"}, ""},
		{"handle of the author", mention.Mention{Author: "@acmepharma"}, "acme"},
		{"author without the sigil", mention.Mention{Author: "AcmePharma"}, "acme"},
		{"somebody else", mention.Mention{URL: "https://other.example/acme.example", Author: "jo"}, ""},
		{"site alone", mention.Mention{Site: "acme.example"}, "acme"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := a.Own(&tt.m); got != tt.want {
				t.Errorf("Own(%+v) = %q, want %q", tt.m, got, tt.want)
			}
		})
	}
}

func TestTargetsAnswerForEverySpan(t *testing.T) {
	a := analyzer(t)
	text := "The pizza was wonderful but the waiter was rude and slow."
	at := func(w string) mention.Span {
		i := strings.Index(text, w)
		return mention.Span{Start: i, End: i + len(w)}
	}
	got := a.Targets(&mention.Mention{Text: text}, []mention.Span{at("pizza"), at("waiter"), {Start: 9999, End: 10000}, {Start: -5, End: -1}})
	var labels []string
	for _, s := range got {
		labels = append(labels, s.Label)
	}
	if len(labels) != 4 || labels[0] != mention.Positive || labels[1] != mention.Negative {
		t.Errorf("Targets(%q) = %v, want positive, negative and two more", text, labels)
	}
}

func TestNewRefusesWrongOptions(t *testing.T) {
	for _, o := range []nlp.Options{{Brands: []mention.Brand{{}}}, {SafetyThreshold: 2}} {
		if _, err := nlp.New(o); err == nil {
			t.Errorf("New(%+v) gave no error", o)
		}
	}
}

// hostile are inputs that a text program may die of.
var hostile = []string{
	"", " ", "\x00", "\xff\xfe\xfd", "ȺȺȺ's", "ok\xff\xff's", "İstanbul's",
	strings.Repeat("!", 100_000), strings.Repeat("x", 1<<20), strings.Repeat("😂", 20_000), strings.Repeat("#a@b$C ", 20_000),
	strings.Repeat("مرحبا ", 2000), strings.Repeat("漢字", 5000), "\u202eabc\u202d", strings.Repeat("'s", 5000), strings.Repeat("a.", 5000), strings.Repeat("(((", 9000),
	strings.Repeat("good but bad ", 9000), strings.Repeat("https://", 5000), "@", "#", "$", "&amp;&lt;3", "’s", strings.Repeat("recalls recall ", 3000), strings.Repeat("\n", 70_000),
}

func FuzzAnalyze(f *testing.F) {
	for _, s := range hostile {
		f.Add("", s)
		f.Add(s[:min(len(s), 2000)], "x")
	}
	for _, p := range posts {
		f.Add(p, p)
	}
	a := analyzer(f)
	f.Fuzz(func(t *testing.T, title, text string) {
		m := mention.Mention{Title: title, Text: text}
		an, brands := a.Analyze(&m)
		check(t, &m, &an, brands)
		again, _ := a.Analyze(&m)
		if d := cmp.Diff(an, again); d != "" {
			t.Errorf("a second answer differs:\n%s", d)
		}
		a.Own(&m)
		a.Preview(&m)
		if got := a.Targets(&m, []mention.Span{{Start: 0, End: len(text)}, {Start: -1, End: 1 << 30}}); len(got) != 2 {
			t.Errorf("Targets gave %d answers, want 2", len(got))
		}
	})
}
