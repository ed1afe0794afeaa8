package index_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"earshot/mention"
)

// A maker makes random records and queries out of few words, so that they
// often meet.
type maker struct {
	*rand.Rand
}

func newMaker(seed uint64) maker { return maker{rand.New(rand.NewPCG(seed, 7))} }

func pick[T any](m maker, list []T) T { return list[m.IntN(len(list))] }

var (
	makerWords = []string{
		"drug", "drug", "Drug", "DRUG", "recall", "Recall", "recalls", "recalled", "a", "a", "of", "the", "pfizer", "Pfizer", "PFIZER", "Pfizer's", "PFIZER’S",
		"#pfizer", "#Pfizer", "@pfizer", "@Pfizer_Inc", "$PFE", "pfe", "résumé", "resume", "Résumé", "Straße", "strasse", "İstanbul", "istanbul", "Istanbul",
		"ΣΊΣΥΦΟΣ", "σίσυφος", "新冠疫苗", "疫苗", "ワクチン", "👍🏽", "👍", "👩‍⚕️", "covid-19", "COVID", "don't", "don’t", "3.5", "1,000", "US", "us", "Us", "C++", "C#",
		"https://pfizer.com/News/recall?x=1", "http://t.co/drug", "www.bbc.co.uk/drug-recall.", "side", "effect", "effects", "side-effects", "foo_bar", "_hi_", "H₂O", "ＰＦＩＺＥＲ",
	}
	makerGaps   = []string{" ", " ", " ", " ", " ", ". ", "? ", "! ", ", ", "\n", " (", "-", ".) ", "… ", "/"}
	makerSites  = []string{"bbc.co.uk", "news.bbc.co.uk", "www.example.org", "Example.org", "m.example.org", "a.b.example.org", ""}
	makerBrands = []string{"pfizer", "Merck-US", "roche"}
	makerTags   = []string{"Urgent", "seen", "to do"}
	makerNames  = []string{"@Jane", "jane", "Jane Doe", "ÉMILE", "bot_7", ""}
	makerLangs  = []string{"en", "de", "en-US", "", "EN"}
)

func (m maker) text(most int) string {
	var b strings.Builder
	for range m.IntN(most + 1) {
		b.WriteString(pick(m, makerWords))
		b.WriteString(pick(m, makerGaps))
	}
	return b.String()
}

func (m maker) some(list []string) []string {
	var out []string
	for _, v := range list {
		if m.IntN(3) == 0 {
			out = append(out, v)
		}
	}
	return out
}

func (m maker) number(list ...float64) *float64 {
	if m.IntN(3) == 0 {
		return nil
	}
	v := pick(m, list)
	return &v
}

var makerNow = time.Date(2020, 5, 10, 12, 0, 0, 0, time.UTC)

func (m maker) time() time.Time {
	switch m.IntN(12) {
	case 0:
		return time.Time{}
	case 1:
		return time.Date(pick(m, []int{1975, 1985, 1999, 2009, 2150}), 3, 1, 0, 0, 0, 0, time.UTC)
	case 2: // ties
		return time.Date(2020, 4, 1+m.IntN(3), 0, 0, 0, 0, time.UTC)
	}
	return makerNow.Add(-time.Duration(m.IntN(100*24*3600*1000)) * time.Millisecond)
}

// record makes a record with an id of its own or one that was there before.
func (m maker) record(id string) mention.Record {
	r := mention.Record{
		Mention: mention.Mention{
			ID: id, Revision: 1 + m.IntN(3), Source: pick(m, []string{"feed", "HN", "blog-1"}), GUID: "urn:" + strings.ToUpper(id),
			Title: m.text(6), Text: m.text(30), Author: pick(m, makerNames), Site: pick(m, makerSites),
			Country: pick(m, []string{"us", "gb", "", "DE"}), Kind: pick(m, mention.Kinds), Channel: pick(m, []string{"r/News", "pharma", ""}),
			Thread: pick(m, []string{"t1", "T2", ""}), Published: m.time(), Seen: makerNow.Add(-time.Duration(m.IntN(40*24)) * time.Hour),
			Engagement: m.number(0, 1, 10, 2.5, 1e6), Reach: m.number(0, 100, 1e5), Rating: m.number(1, 3.5, 5),
		},
		Analysis: mention.Analysis{Status: mention.StatusOK, Language: pick(m, makerLangs)},
		Linking:  mention.Linking{Labels: m.some([]string{"side-effects", "Crisis"})},
		Story:    pick(m, []string{"s1", "S2", ""}),
	}
	if m.IntN(2) == 0 {
		r.Mention.URL = pick(m, []string{"https://www.bbc.co.uk/health/drug-recall", "http://example.org/a?b=pfizer", "https://pfizer.com/news/" + id})
	}
	if m.IntN(2) == 0 {
		r.Analysis.Sentiment = &mention.Sentiment{Label: pick(m, []string{"positive", "negative", "neutral", "mixed"}), Score: float64(m.IntN(21)-10) / 10}
	}
	if r.Analysis.Sentiment == nil && m.IntN(2) == 0 {
		r.Analysis.Status = mention.StatusUnsupported
	}
	for _, name := range m.some([]string{"BioNTech", "Albert Bourla", "New York"}) {
		r.Analysis.Entities = append(r.Analysis.Entities, mention.Entity{Text: name, Type: mention.Misc})
	}
	for _, name := range m.some([]string{"recall", "Launch", "trial_result"}) {
		r.Analysis.Events = append(r.Analysis.Events, mention.Event{Type: name, Brand: pick(m, makerBrands)})
	}
	for _, name := range m.some(makerBrands) {
		said := mention.BrandMention{Brand: name, Product: pick(m, []string{"", "Eliquis", "comirnaty"})}
		if m.IntN(2) == 0 {
			said.Sentiment = &mention.Sentiment{Label: pick(m, []string{"positive", "negative", "neutral", "mixed"})}
		}
		r.Linking.Brands = append(r.Linking.Brands, said)
	}
	if m.IntN(10) == 0 {
		r.Linking.Own = "pfizer"
	}
	r.Curation = mention.Curation{Tags: m.some(makerTags), Irrelevant: m.IntN(12) == 0, Starred: m.IntN(5) == 0}
	return r
}

// query makes a query. Now and then it is not a good one.
func (m maker) query() string {
	switch m.IntN(8) {
	case 0, 1:
		return m.unit(2)
	case 2:
		return m.field()
	}
	return m.level(2)
}

func (m maker) level(depth int) string {
	n := 1 + m.IntN(3)
	join := pick(m, []string{" AND ", " OR ", " "})
	parts := make([]string, n)
	for i := range parts {
		switch k := m.IntN(10); {
		case k == 0 && depth > 0:
			parts[i] = "(" + m.level(depth-1) + ")"
		case k < 3:
			parts[i] = m.field()
		case k < 5:
			parts[i] = "(" + m.unit(depth) + " " + m.near() + " " + m.unit(depth) + ")"
		default:
			parts[i] = m.unit(depth)
		}
		if i > 0 && m.IntN(4) == 0 && join != " OR " {
			parts[i] = "NOT " + parts[i]
		}
	}
	return strings.Join(parts, join)
}

func (m maker) near() string {
	switch m.IntN(6) {
	case 0:
		return "SENTENCE"
	case 1:
		return fmt.Sprintf("NOT NEAR/%d", m.IntN(5))
	case 2:
		return fmt.Sprintf("NEAR/%df", m.IntN(8))
	case 3:
		return fmt.Sprintf("NOT NEAR/%df", m.IntN(5))
	}
	return fmt.Sprintf("NEAR/%d", m.IntN(12))
}

func (m maker) word() string {
	for {
		w := pick(m, makerWords)
		if !strings.Contains(w, "://") && !strings.HasPrefix(w, "www") && !strings.ContainsAny(w, "+") && w != "C#" {
			return w
		}
	}
}

func (m maker) unit(depth int) string {
	switch m.IntN(16) {
	case 0:
		return `"` + m.word() + " " + m.word() + `"`
	case 1:
		return fmt.Sprintf(`"%s %s %s"~%d`, m.word(), m.word(), m.word(), m.IntN(6))
	case 2:
		return fmt.Sprintf(`"%s %s"~%d`, m.word(), m.word(), m.IntN(4))
	case 3:
		return "{" + m.word() + "}"
	case 4:
		return "{" + m.word() + " " + m.word() + "}"
	case 5:
		return pick(m, []string{"re*", "recal*", "pf*r", "#pf*", "ef*ts", "dru?", "re?all", `"side eff*"`, "cov*", "co*-19"})
	case 6:
		return pick(m, []string{"recal~1", "pfizr~1", "recalled~2", "efect~1", "drugs~1", "résume~1"})
	case 7:
		return fmt.Sprintf("REPEAT/%d:%s", 2+m.IntN(3), m.unit(0))
	case 8:
		return pick(m, []string{`raw:"C++"`, `raw:"drug recall"`, "raw:Pfizer", `raw:"ll. "`, `raw:"://t.co"`, `raw:"_hi_"`, `raw:"’S "`, `raw:"苗 疫"`})
	case 9:
		if depth > 0 {
			return "(" + m.unit(depth-1) + " " + m.near() + " " + m.unit(depth-1) + ")"
		}
	case 10:
		if depth > 0 {
			return "(" + m.unit(depth-1) + " OR " + m.unit(depth-1) + ")"
		}
	case 11:
		return pick(m, []string{"title:", "text:"}) + pick(m, []string{m.word(), `"` + m.word() + " " + m.word() + `"`, "{" + m.word() + "}", "(" + m.word() + " OR " + m.word() + ")"})
	}
	return m.word()
}

func (m maker) field() string {
	switch m.IntN(20) {
	case 0:
		return "site:" + pick(m, []string{"bbc.co.uk", "co.uk", "example.org", "www.example.org", "exam*", "b.example.org"})
	case 1:
		return "author:" + pick(m, []string{"jane", "@jane", `"Jane Doe"`, "ja*", "émile", "(jane OR bot_7)"})
	case 2:
		return "lang:" + pick(m, []string{"en", "de", "(en OR de)"})
	case 3:
		return "country:" + pick(m, []string{"us", "GB", "de"})
	case 4:
		return "kind:" + pick(m, []string{"news", "post", "(blog OR video)"})
	case 5:
		return "source:" + pick(m, []string{"feed", "hn", "blo*"})
	case 6:
		return pick(m, []string{"channel:r/news", "channel:pha*", "thread:t2", "story:s2", "story:S1", "guid:urn:*", "id:m1*", "id:m12", "id:mx3", "label:crisis", "label:side*", "toward:pfizer:negative", "toward:product/eliquis:*", "flag:own_channel", "question:recall", `question:"drug recall"`, "question:pf*", "flag:(starred OR unscored)", "flag:unsupported_language", "time:2020-04", "time:>=2020-04-10", "time:[* TO 1999]", "activity:launch", "activity:(recall OR tri*)"})
	case 7:
		return "brand:" + pick(m, []string{"pfizer", "merck-us", "(roche OR pfizer)", "mer*"})
	case 8:
		return pick(m, []string{"product:eliquis", "product:comirnaty", "tag:urgent", `tag:"to do"`, `entity:"albert bourla"`, "entity:biontech", "entity:new*"})
	case 9:
		return "sentiment:" + pick(m, []string{"positive", "(negative OR mixed)"})
	case 10:
		return "score:" + pick(m, []string{"<-0.5", "[-1 TO 0]", ">=0.3", "0.5", "[0.2 TO *]"})
	case 11:
		return pick(m, []string{"engagement:", "reach:"}) + pick(m, []string{">0", "[1 TO 100]", "<=10", "0", ">2.4"})
	case 12:
		return "rating:" + pick(m, []string{"[1 TO 3.5]", ">3", "5"})
	case 13:
		return "published:" + pick(m, []string{"2020", "2020-04", "2020-04-02", "[2020-03-15 TO 2020-04-20]", ">2020-04-02", "<2020-04-02", ">=2020-04-02", "<=2020-03-31"})
	case 14:
		return "published:" + pick(m, []string{"-7d", "-3w", "[-30d TO -7d]", "[* TO 1999]", "2020-04-01T00:00Z"})
	case 15:
		return "url:" + pick(m, []string{"drug-recall", "health", "pfizer", "bbc.co*", `"example org"`})
	case 16:
		return "link:" + pick(m, []string{"pfizer.com/news", "bbc.co.uk", "drug", "rec*", "t.co/drug", `"news recall x"`})
	case 17:
		return pick(m, []string{"hashtag:pfizer", "mentions:pfizer", "cashtag:pfe"})
	}
	return pick(m, []string{"title:", "text:"}) + m.word()
}
