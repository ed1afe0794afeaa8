package nlp_test

import (
	"strings"
	"testing"

	"earshot/mention"
	"earshot/nlp"
)

var pharma = []mention.Brand{{ID: "velmora", Name: "Velmora", Products: []mention.ProductName{
	{Name: "Belquira", Aliases: []string{"Belquir Forte"}, Indication: "insomnia"},
	{Name: "Tensivane", Indication: "migraine"},
	{Name: "Slendora", Indication: "weight loss"},
}}}

func words(text string, spans []mention.Span) string {
	var out []string
	for _, sp := range spans {
		out = append(out, text[sp.Start:sp.End])
	}
	return strings.Join(out, ", ")
}

func TestSafetyKnowsWatchedProducts(t *testing.T) {
	a, err := nlp.New(nlp.Options{Brands: pharma})
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		text, product, reaction string
		flagged                 bool
	}{
		{"My neighbour got fainting spells after taking Belquira for two months", "Belquira", "fainting", true},
		{"My sister had terrible hives after taking Belquir Forte for a week", "Belquir Forte", "hives", true},
		{"I took Belquira for my insomnia and my doctor was nice", "Belquira", "", false},
		{"I take Belquira against insomnia and now I have nausea, nausea, Nausea", "Belquira", "nausea", true},
		{"Since I take Tensivane my migraines are gone", "Tensivane", "", false},
		{"I take Slendora for weight loss, and the weight loss is great", "Slendora", "", false},
		{"I lost weight on Slendora but I got terrible headaches", "Slendora", "headaches", true},
		{"I had a terrible migraine after taking Belquira", "Belquira", "migraine", true},
		{"She took Belquira for insomnia and died in hospital", "Belquira", "", true},
		{"I took too many pills of Belquira for my insomnia, an overdose", "pills, Belquira", "", true},
	}
	for _, tt := range tests {
		got, _ := a.Analyze(&mention.Mention{Text: tt.text})
		s := got.Safety
		product, reaction := words(tt.text, s.Elements.Product), words(tt.text, s.Elements.Reaction)
		if product != tt.product || reaction != tt.reaction || s.AdverseEvent != tt.flagged {
			t.Errorf("%s:\nproduct %q, reaction %q, flagged %v (%g); want %q, %q, %v",
				tt.text, product, reaction, s.AdverseEvent, s.Score, tt.product, tt.reaction, tt.flagged)
		}
	}
}

func TestNamesEndAtLineBreaks(t *testing.T) {
	a, err := nlp.New(nlp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"The mayor spoke in Haldenbrook.\nAnouk Lindbury reports from the town hall.",
		"A letter from Martin Keller\nAnouk Lindbury was not amused by it.",
		"The Bank of\r\nEngland met on Monday in London",
	} {
		got, _ := a.Analyze(&mention.Mention{Text: text})
		if len(got.Entities) == 0 {
			t.Errorf("%q: no names", text)
		}
		for _, e := range got.Entities {
			if strings.ContainsAny(e.Text, "\r\n") {
				t.Errorf("%q: the name %q runs across a line break", text, e.Text)
			}
		}
	}
}
