package query_test

import (
	"strings"
	"testing"
	"time"

	"earshot/mention"
	"earshot/query"
)

func must(t testing.TB, text string) *query.Query {
	t.Helper()
	q, messages := query.Parse(text)
	if q == nil {
		t.Fatalf("Parse(%q) = %v", text, messages)
	}
	return q
}

func TestMatchInTexts(t *testing.T) {
	tests := []struct {
		name, query, text string
		want              bool
	}{
		{"any case", "ACME", "Acme recalls", true},
		{"whole words", "acme", "Acmes", false},
		{"possessive", "acme", "Acme’s jab", true},
		{"possessive asked for", "acme's", "Acme jab", false},
		{"tag by its word", "acme", "buy #acme", true},
		{"only the tag", "#acme", "buy acme", false},
		{"tag in one piece", "bio", "#AcmeBio", false},
		{"handle", "@acme", "ask @Acme!", true},
		{"ticker", "$ACM", "long $acm", true},
		{"accents left out", "resume", "my résumé", true},
		{"accents asked for", "résumé", "my resume", false},
		{"parts of a word make a phrase", "covid-19", "COVID 19 wave", true},
		{"phrase", `"side effect"`, "a side-effect", true},
		{"phrase with words between", `"side effect"`, "side and effect", false},
		{"phrase with wildcard", `"side effect*"`, "side effects", true},
		{"substring of a script without spaces", "疫苗", "新冠疫苗", true},
		{"a link is no word", "acme", "https://acme.com", false},
		{"a link breaks a phrase", `"a b"`, "a https://x.y b", false},
		{"exact", "{US}", "the US and us", true},
		{"exact in other case", "{US}", "tell us", false},
		{"exact of a tag", "{#Acme}", "#acme", false},
		{"exact without its tag", "{Acme}", "#Acme's", true},
		{"exact words in a row", "{New York}", "in New York", true},
		{"wildcard", "vaccin*", "Vaccination", true},
		{"wildcard of none", "vaccin*", "vaccin", true},
		{"open letter", "customi?e", "customise", true},
		{"open letter is one", "customi?e", "customie", false},
		{"question mark in a phrase", `"what is this?"`, "what is this", true},
		{"misspelling", "phizer~1", "phiser", true},
		{"misspelling with another first letter", "phizer~1", "fhizer", false},
		{"two edits", "hospitalisation~2", "hospitalizaton", true},
		{"raw", `raw:"C++"`, "in C++ and", true},
		{"raw keeps case", `raw:"c++"`, "in C++ and", false},
		{"and", "a AND b", "b a", true},
		{"or", "a OR b", "c b", true},
		{"not", "a NOT b", "a b", false},
		{"minus", "a -b", "a c", true},
		{"near", "drug NEAR/2 recall", "recall of the drug", true},
		{"too far", "drug NEAR/1 recall", "recall of the drug", false},
		{"near in order", "drug NEAR/5f recall", "recall of the drug", false},
		{"other name", "drug ONEAR/5 recall", "drug was recall", true},
		{"adjacent", "a NEAR/0 b", "b a", true},
		{"near itself needs two", "a NEAR/5 a", "a b", false},
		{"near group", "(drug OR vaccine) NEAR/1 (recall OR \"side effect\")", "side effect of vaccine", true},
		{"near in near", "(a NEAR/1 b) NEAR/0 c", "b x a c", true},
		{"one without", "apple NOT NEAR/2 pie", "apple pie and then many more apple", true},
		{"none without", "apple NOT NEAR/2 pie", "pie of apple", false},
		{"none after", "apple NOT NEAR/2f pie", "pie of apple", true},
		{"sentence", "a SENTENCE b", "c b. a", false},
		{"same sentence", "a SENTENCE b", "c. b and a", true},
		{"near over sentences", "a NEAR/1 b", "a. b", true},
		{"slop", `"drug recall europe"~3`, "europe sees a recall of drug", true},
		{"slop too wide", `"drug recall europe"~1`, "europe sees a recall of drug", false},
		{"slop needs a token each", `"a a"~3`, "a b", false},
		{"slop gives tokens cleverly", `"re* recall"~0`, "recall reader", true},
		{"repeat", "REPEAT/3:delay", "delay, delay. Delay", true},
		{"repeat too few", "REPEAT/3:delay", "delay delay", false},
		{"repeat counts starts", "REPEAT/2:(a NEAR/3 b)", "a b b", false},
		{"repeat of a phrase", `REPEAT/2:"side effect"`, "side effect side effect", true},
		{"comment", "a <<< note >>> OR b", "b", true},
		{"emoji of any skin", "👍", "yes 👍🏽", true},
		{"no emoji of a joined one", "👩", "👩‍⚕️", false},
		{"hangul", "백신", "화이자 백신", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			q := must(t, tt.query)
			if got := q.Match(query.NewDocument(&mention.Row{ID: "1", Text: tt.text})); got != tt.want {
				t.Errorf("%q on %q = %v, want %v", tt.query, tt.text, got, tt.want)
			}
		})
	}
}

func TestMatchInFields(t *testing.T) {
	half, five := 0.5, 5.0
	row := &mention.Row{
		ID: "Doc7", GUID: "g-1", Title: "Drug recall", Text: "Europe waits. See https://t.co/ab1 and www.acme.com/news/x",
		URL: "https://m.news.example.org/2024/drug-recall?id=7", Author: "@Hayley Example", Lang: "en-GB", Country: "GB",
		Kind: "news", Source: "Feed-1", Channel: "r/Drugs", Thread: "T9", Brands: []string{"Acme", "other-us"}, Products: []string{"Pill"},
		Entities: []string{"European Union"}, Labels: []string{"side-effects"}, Tags: []string{"To Do"}, Sentiment: "negative",
		Score: &half, Engagement: &five, Story: "s1", Published: time.Date(2024, 3, 16, 9, 30, 0, 0, time.UTC),
	}
	bare := &mention.Row{ID: "bare", Text: "drug"}
	now := time.Date(2024, 3, 20, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		query      string
		want, bare bool
	}{
		{"title:drug", true, false},
		{"text:drug", false, true},
		{"drug NEAR/5 europe", false, false},
		{"title:(drug recall)", true, false},
		{"text:(europe NEAR/3 see)", true, false},
		{`"recall europe"`, false, false},
		{"site:example.org", true, false},
		{"site:www.news.example.org", true, false},
		{"site:org", true, false},
		{"site:exam*", true, false},
		{"site:ample.org", false, false},
		{"url:drug-recall", true, false},
		{`url:"2024 drug rec*"`, true, false},
		{"link:t.co", true, false},
		{"link:acme.com/news", true, false},
		{`link:"ab1 www"`, false, false},
		{`author:"hayley example"`, true, false},
		{"author:hayley", false, false},
		{"author:@hay*", true, false},
		{"lang:en", true, false},
		{"lang:(de OR en)", true, false},
		{"drug NOT lang:en", false, true},
		{"country:gb AND kind:news AND source:feed-1 AND channel:r/drugs AND thread:t9", true, false},
		{"brand:acme AND product:pill AND entity:\"european union\" AND label:side* AND tag:\"to do\"", true, false},
		{"brand:other", false, false},
		{"sentiment:negative AND story:s1 AND guid:G-1 AND id:doc7", true, false},
		{"published:2024-03-16", true, false},
		{"published:2024-03", true, false},
		{"published:2024-03-16T09:30Z", true, false},
		{"published:2024-03-16T10:30+01:00", true, false},
		{"published:[2024-03-16 TO 2024-03-16]", true, false},
		{"published:[* TO 2024-03-15]", false, false},
		{"published:>2024-03-16", false, false},
		{"published:>=2024-03-16", true, false},
		{"published:<2024-03-17", true, false},
		{"published:<2024-03-16", false, false},
		{"published:<=2024-03-16", true, false},
		{"published:-7d", true, false},
		{"published:-3d", false, false},
		{"published:[-1w TO now]", true, false},
		{"published:>now", false, false},
		{"score:0.5", true, false},
		{"score:>0.5", false, false},
		{"score:[0.5 TO 1]", true, false},
		{"engagement:>=5", true, false},
		{"engagement:[* TO 4]", false, false},
		{"reach:>=0", false, false},
		{`raw:"Europe waits."`, true, false},
		{"drug NOT (published:<2030)", false, true},
		{"time:2024-03", true, false},
		{"time:[2024-03-16T09:30:00.000Z TO 2024-03-16T09:30:00.000Z]", true, false},
		{"flag:(own_channel OR starred)", false, false},
		{"flag:unscored", false, true},
		{"toward:acme:negative", false, false},
		{"question:drug", false, false},
	}
	for _, tt := range tests {
		q := must(t, tt.query).At(now)
		if got := q.Match(query.NewDocument(row)); got != tt.want {
			t.Errorf("%q = %v, want %v", tt.query, got, tt.want)
		}
		if got := q.Match(query.NewDocument(bare)); got != tt.bare {
			t.Errorf("%q on a bare document = %v, want %v", tt.query, got, tt.bare)
		}
	}
	if !query.All().Match(query.NewDocument(bare)) || query.All().Canonical() != "*" {
		t.Error("All does not match everything")
	}
}

func TestMatchIsBounded(t *testing.T) {
	row := &mention.Row{ID: "1", Text: strings.Repeat("a ", 3000)}
	for _, text := range []string{
		strings.Repeat("a NEAR/100 ", 200) + "q",
		`"` + strings.Repeat("a ", 31) + `b*"~100 OR (` + `"` + strings.Repeat("a ", 31) + `a"~100 NEAR/1 q)`,
		"REPEAT/100:((a NEAR/100 a) NOT NEAR/100f (q NEAR/100 a))",
	} {
		text = strings.ReplaceAll(text, "b*", "bb*")
		must(t, text).Match(query.NewDocument(row)) // ends, and soon
	}
}

func TestValues(t *testing.T) {
	row := &mention.Row{URL: "http://user@WWW.News.Example.org:80/x", Author: "@Ａcme", Lang: "EN_us", Brands: []string{"A", "b"}}
	for field, want := range map[string]string{
		"site": "news.example.org example.org org", "author": "acme", "lang": "en", "brand": "a b", "tag": "", "title": "",
	} {
		if got := strings.Join(query.Values(field, row), " "); got != want {
			t.Errorf("Values(%q) = %q, want %q", field, got, want)
		}
	}
}
