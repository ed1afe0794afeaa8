package ledger

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"earshot/mention"
)

// Whatever encoding/json writes is read as encoding/json reads it, by hand.
func TestDecode(t *testing.T) {
	analyses, linkings := rapid.Make[mention.Analysis](), rapid.Make[mention.Linking]()
	metas := rapid.Custom(func(t *rapid.T) mention.Mention {
		m := mention.Mention{
			Kind: mention.KindPost, URL: rapid.String().Draw(t, "url"), GUID: rapid.String().Draw(t, "guid"), Site: rapid.String().Draw(t, "site"),
			Categories: rapid.SliceOf(rapid.String()).Draw(t, "categories"), Given: rapid.Ptr(rapid.Make[mention.Given](), true).Draw(t, "given"),
			Engagement: rapid.Ptr(rapid.Float64(), true).Draw(t, "engagement"), Rating: rapid.Ptr(rapid.Float64Range(0, 5), true).Draw(t, "rating"),
		}
		if rapid.Bool().Draw(t, "updated") {
			m.Updated = time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "at")).UTC()
		}
		return m
	})
	rapid.Check(t, func(t *rapid.T) {
		decodeAs(t, analyses.Draw(t, "analysis"), decodeAnalysis)
		decodeAs(t, linkings.Draw(t, "linking"), decodeLinking)
		decodeAs(t, metas.Draw(t, "meta"), decodeMeta)
	})
}

func decodeAs[T any](t *rapid.T, v T, decode func([]byte, *T) error) {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var want, got T
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	if err := decode(data, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("decoded %s (-want +got):\n%s", data, diff)
	}
}

// The fast way is taken for what an analysis looks like, umlauts and quotes
// included: else it would be no use, and nobody would notice.
func TestDecodeKnowsItsWay(t *testing.T) {
	span := mention.Span{Field: "title", Start: 3, End: 9}
	s := &mention.Sentiment{Label: mention.Negative, Score: -1e-7, Confidence: 1, Evidence: []mention.Evidence{{Span: span, Weight: 0.25}}}
	data, err := json.Marshal(mention.Analysis{
		Models: "m", Language: "de", Status: mention.StatusOK, Sentiment: s, Keyphrases: []string{"Grüße <b>", `"q"`, "\x7f"},
		Entities: []mention.Entity{{Text: "Zürich", Type: mention.Location, Span: span}},
		Events:   []mention.Event{{Type: "recall", Role: "subject", Evidence: "e", Brand: "b"}},
		Safety: &mention.Safety{
			AdverseEvent: true, Score: 0.9, Serious: []mention.Span{span}, Types: []string{"overdose"},
			Elements: mention.SafetyElements{Patient: []mention.Span{span}, Reporter: []mention.Span{span}, Product: []mention.Span{span}, Reaction: []mention.Span{span}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	d := decoder{data: data}
	d.analysis(&mention.Analysis{})
	if d.bad || d.pos != len(data) {
		t.Errorf("analysis: lost at %d of %s", d.pos, data)
	}
	data, err = json.Marshal(mention.Linking{Config: "c", Own: "o", Labels: []string{"l"}, Brands: []mention.BrandMention{{Brand: "b", Product: "p", Sentiment: s, Spans: []mention.Span{span}, Why: "w"}}})
	if err != nil {
		t.Fatal(err)
	}
	d = decoder{data: data}
	d.linking(&mention.Linking{})
	if d.bad || d.pos != len(data) {
		t.Errorf("linking: lost at %d of %s", d.pos, data)
	}
}

func TestDecodeKnowsItsWayThroughMentions(t *testing.T) {
	n := 2.5
	text, err := metaOf(&mention.Mention{
		Origin: mention.OriginCollect, Kind: mention.KindNews, GUID: "g", URL: "https://x.example/a?b=1", Canonical: "x.example/a", Site: "x.example",
		Lang: "en", Country: "ch", Channel: "c", Thread: "t", Parent: "p", Categories: []string{"a"}, Updated: time.UnixMilli(1e12), Engagement: &n, Reach: &n, Rating: &n,
	})
	if err != nil {
		t.Fatal(err)
	}
	d := decoder{data: []byte(text)}
	d.meta(&mention.Mention{})
	if d.bad || d.pos != len(text) {
		t.Errorf("meta: lost at %d of %s", d.pos, text)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{}`, `{"models":"m","sentiment":{"label":"x","score":-0.5,"evidence":[{"start":1,"end":2,"weight":1}]}}`, `{"config":"c","brands":null,"new":1}`, `{"models":"\u00e9`, `{"safety":{"adverse_event":false,"elements":{}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzAs(t, data, decodeAnalysis)
		fuzzAs(t, data, decodeLinking)
		fuzzAs(t, data, decodeMeta)
	})
}

func fuzzAs[T any](t *testing.T, data []byte, decode func([]byte, *T) error) {
	var want, got T
	if json.Unmarshal(data, &want) != nil {
		return // what is stored is JSON
	}
	if err := decode(data, &got); err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("%s (-want +got):\n%s", data, diff)
	}
}
