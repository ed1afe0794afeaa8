package query_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"earshot/query"
)

// forms writes the tokens of a text as "forms | forms", a link as "(link)", a
// new sentence with / before it.
func forms(text string) string {
	var parts []string
	sentence := 0
	query.Tokenize(text, func(t query.Token) {
		s := strings.Join(t.Forms, " ")
		if t.Link {
			s = "(link)"
		}
		if t.Sentence != sentence {
			s, sentence = "/ "+s, t.Sentence
		}
		parts = append(parts, s)
	})
	return strings.Join(parts, " | ")
}

func TestTokenize(t *testing.T) {
	tests := []struct {
		name, text, want string
	}{
		{"possessive and tag", "Acme's #VAX19 jab", "acme's acme | vax19 #vax19 | jab"},
		{"curly apostrophe and handle", "@acme_inc’s reply", "acme_inc's acme_inc @acme_inc's @acme_inc | reply"},
		{"ticker and price", "long $ACM at $5.50", "long | acm $acm | at | 5.50"},
		{"ticker of seven letters is none", "$ACMEINC $ACM9 $ACM's", "acmeinc | acm9 | acm's acm $acm's $acm"},
		{"hyphen separates", "side-effect", "side | effect"},
		{"apostrophe inside only", "don’t users' 'quoted'", "don't | users | quoted"},
		{"ampersand and points separate letters", "AT&T U.S. end.Next", "at | t | u | s | / end | next"},
		{"sentences", "U.S. ban.Now! Yes (ok.) No\nline", "u | s | / ban | now | / yes | ok | / no | / line"},
		{"point without space ends nothing", "see a.b c", "see | a | b | c"},
		{"link", "see https://t.co/ab1?x=2. ok", "see | (link) | / ok"},
		{"link by www, not by a bare domain", "www.acme.com acme.com", "(link) | acme | com"},
		{"a link needs something after the prefix", "http:// www. www...", "http | www | / www"},
		{"no link inside a word", "xhttp://a.b", "xhttp | a | b"},
		{"mail", "a@b.org", "a | b | org"},
		{"accents", "résumé Straße Øre", "résumé resume | straße strasse | øre ore"},
		{"accents stay outside Latin and Greek", "й Ά", "й | ά α"},
		{"wide and styled letters", "ＡＣＭＥ 𝐀𝐜𝐦𝐞", "acme | acme"},
		{"final sigma", "ΟΔΟΣ οδος", "οδοσ | οδοσ"},
		{"emoji without skin, joined, flag", "👍🏽 👩‍⚕️ 🇺🇸 ❤️", "👍 | 👩⚕ | 🇺🇸 | ❤"},
		{"scripts without spaces", "新冠疫苗 ワクチン", "新 | 冠 | 疫 | 苗 | ワ | ク | チ | ン"},
		{"a tag takes the first of them", "#新冠", "新 #新 | 冠"},
		{"hangul has words", "화이자 백신", "화이자 | 백신"},
		{"signs that only separate", "#1 C# #3d @_ @7", "1 | c | 3d #3d | 7 @7"},
		{"low lines at the ends", "_hi_ foo_bar #_x_", "hi | foo_bar | _x_ #_x_"},
		{"numbers", "1,000.5 v1.2 10:30 3.", "1,000.5 | v1.2 | 10 | 30 | 3"},
		{"more numbers", "H₂O 5mg ZZ370’s", "h | o | 5mg | zz370's zz370"},
		{"invisible characters", "vac\u00adcine a\u200bb x\ufe0fy", "vaccine | a | b | xy"},
		{"marks", "e\u0301a", "éa ea"},
		{"nothing", " ._ -- \u0301 ", ""},
		{"bytes that are no text", "a\xffb", "a | b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, forms(tt.text)); diff != "" {
				t.Errorf("Tokenize(%q) (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestTokenizeGivesExactFormsAndPlaces(t *testing.T) {
	const text = "The #Ünder ‘Acme’s’ https://a.io/x"
	want := []query.Token{
		{Position: 0, Start: 0, End: 3, Exact: "The", Forms: []string{"the"}},
		{Position: 1, Start: 4, End: 11, Sigil: '#', Exact: "#Ünder", Forms: []string{"ünder", "under", "#ünder", "#under"}},
		{Position: 2, Start: 15, End: 23, Exact: "Acme's", Forms: []string{"acme's", "acme"}},
		{Position: 3, Start: 27, End: 41, Link: true},
	}
	var got []query.Token
	query.Tokenize(text, func(tok query.Token) {
		tok.Forms = slices.Clone(tok.Forms)
		if len(tok.Forms) == 0 {
			tok.Forms = nil
		}
		got = append(got, tok)
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Tokenize(%q) (-want +got):\n%s", text, diff)
	}
}

func TestTokenizeAddressHasNoLinks(t *testing.T) {
	var got []string
	query.TokenizeAddress("https://www.acme.com/news?id=7", func(tok query.Token) { got = append(got, tok.Exact) })
	if diff := cmp.Diff([]string{"https", "www", "acme", "com", "news", "id", "7"}, got); diff != "" {
		t.Errorf("TokenizeAddress (-want +got):\n%s", diff)
	}
}

func FuzzTokenize(f *testing.F) {
	for _, s := range []string{"a", "#x y's", "https://a.b/c. D", "👩‍⚕️ 🇺🇸🇺", "新 é\u0301 ß", "1,0.5_", "\xff’s", "www.é $A’s"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end, pos, sentence := 0, 0, 0
		query.Tokenize(text, func(tok query.Token) {
			if tok.Start < end || tok.End <= tok.Start || tok.End > len(text) || tok.Position != pos || tok.Sentence < sentence {
				t.Fatalf("Tokenize(%q): token %+v after byte %d, position %d, sentence %d", text, tok, end, pos, sentence)
			}
			if tok.Link != (len(tok.Forms) == 0) {
				t.Fatalf("Tokenize(%q): token %+v: a link and only a link has no forms", text, tok)
			}
			for _, form := range tok.Forms {
				if form == "" || utf8.ValidString(text) && !utf8.ValidString(form) {
					t.Fatalf("Tokenize(%q): form %q", text, form)
				}
			}
			end, pos, sentence = tok.End, tok.Position+1, tok.Sentence
		})
	})
}
